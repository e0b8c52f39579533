/**
 * A strict fake of Telegram's Bot API over real HTTP, for tests that start, kill and restart the program against it.
 * It keeps the published rules and refuses in the platform's own form; where the platform changes something without a
 * word (drops a button, wraps a row), it refuses, so that nothing vanishes unseen. What people do comes from the test.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Looks } from './looks.ts'
import { type Bot, Chats, type Happening, type Sent } from './telegram/chats.ts'
import { answer, cut, readPayload, refusalOf, type Trouble, troubleOf } from './telegram/http.ts'
import { type Excess, Rates } from './telegram/rates.ts'
import {
  checkCommands,
  checkDescription,
  isObject,
  type Payload,
  Refusal,
  type Webhook,
} from './telegram/rules.ts'
import { type Update, Updates } from './telegram/updates.ts'

export type { Sent } from './telegram/chats.ts'
export type { Trouble } from './telegram/http.ts'
export type { Excess } from './telegram/rates.ts'
export type { Update } from './telegram/updates.ts'

export interface Call {
  /** As the Bot API writes it: sendMessage. */
  readonly method: string
  readonly payload: Payload
  /** On the clock of `performance.now()`. */
  readonly atMs: number
  /** An error_code; gone: the caller hung up first. Absent while it is under way. */
  readonly answered?: 'ok' | number | 'cut-before' | 'cut-after' | 'gone'
}

export interface FakeTelegram {
  readonly root: string
  readonly token: string
  readonly bot: Bot
  /** Every call in the order in which it came, long polls too. */
  readonly calls: readonly Call[]
  /** As setWebhook set it. */
  readonly webhook: Webhook | undefined
  /** Updates neither confirmed by an offset nor taken by the webhook. */
  readonly pending: number
  /** Decides each call's fate before it is carried out. */
  trouble: (call: Call) => Trouble | undefined
  /** Whether more messages are refused than Telegram says it takes; off until told, most tests send at any speed. */
  rates: boolean
  /** Messages over the rates. */
  readonly excess: readonly Excess[]
  /** Where the webhook's posts go: the program behind the proxy that ends TLS, say http://127.0.0.1:3000. */
  proxy: string | undefined
  /** A text said in private, or in `more.chat` ({id: -5, type: 'group'}); with `text: undefined` in `more`, anything. */
  written(from: number, text: string, more?: object): Update
  /** A button of a message, which may have been altered: any data, any message id. */
  pressed(from: number, messageId: number, data: string, more?: { chat?: number }): Update
  /** Any other: {edited_message: …}, {my_chat_member: …}; a message gets the id and the date that it lacks. */
  made(what: Happening): Update
  /** What `written`, `pressed` and `made` built is queued for the program; returns its update_id. */
  queue(update: Update): number
  write(from: number, text: string, more?: object): number
  press(from: number, messageId: number, data: string, more?: { chat?: number }): number
  push(what: Happening): number
  /** Also for a group that throws the bot out. The platform tells the bot with my_chat_member, which is queued. */
  block(chat: number): number
  unblock(chat: number): number
  deactivate(user: number): void
  /** The group becomes a supergroup; its two service messages are queued. */
  migrate(group: number, to: number): void
  /** The token is good for nothing from now on. */
  revoke(): void
  /** The bot's messages in a chat as they are seen now, in order. */
  messages(chat: number): readonly Sent[]
  /** Resolves to what `look` sees as soon as it sees anything; it looks as each call comes and as it is dealt with. */
  waitFor<Seen>(look: () => Seen | undefined | null | false, timeoutMs?: number): Promise<Seen>
  close(): Promise<void>
}

const firstUpdateId = 700_000_001
/** Of the methods that are known here, those that send a message. */
const counted = new Set(['sendMessage', 'sendDocument'])

export interface Options {
  /** Of the rates; never goes back. */
  readonly nowMs?: () => number
}

export async function startFakeTelegram(options: Options = {}): Promise<FakeTelegram> {
  const fake = new Server(options)
  await fake.listen()
  return fake
}

class Server implements FakeTelegram {
  root = ''
  readonly token = `42:${'AAFakeTokenOfTheTestsOnly'.padEnd(35, '0')}`
  readonly bot = { id: 42, is_bot: true, first_name: 'Vigente', username: 'vigente_prueba_bot' } as const
  readonly calls: { -readonly [Key in keyof Call]: Call[Key] }[] = []
  trouble: FakeTelegram['trouble'] = () => undefined
  rates = false
  readonly #rates = new Rates()
  readonly #nowMs: () => number
  readonly #chats = new Chats(this.bot)
  readonly #updates = new Updates(firstUpdateId, () => this.#looks.soon())
  /** What it says of itself. */
  readonly #said = new Map<string, string>()
  #revoked = false
  readonly #looks = new Looks()
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  constructor({ nowMs = () => performance.now() }: Options) {
    this.#nowMs = nowMs
    // A client that kept a connection for later must not find it closed just then: that is trouble of its own kind.
    this.#server.keepAliveTimeout = 0
  }

  async listen(): Promise<void> {
    await new Promise<void>(done => this.#server.listen(0, '127.0.0.1', done))
    this.root = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get excess(): readonly Excess[] {
    return this.#rates.excess
  }

  get webhook(): Webhook | undefined {
    return this.#updates.webhook
  }

  get pending(): number {
    return this.#updates.pending
  }

  get proxy(): string | undefined {
    return this.#updates.proxy
  }

  set proxy(origin: string | undefined) {
    this.#updates.proxy = origin
  }

  // ---- people ----

  written(from: number, text: string, more: object = {}): Update {
    return this.#updates.number(this.#chats.written(from, text, more))
  }

  pressed(from: number, messageId: number, data: string, more: { chat?: number } = {}): Update {
    return this.#updates.number(this.#chats.pressed(from, messageId, data, more))
  }

  made(what: Happening): Update {
    return this.#updates.number(this.#chats.happened(what))
  }

  queue(update: Update): number {
    return this.#updates.queue(update)
  }

  write(from: number, text: string, more?: object): number {
    return this.queue(this.written(from, text, more))
  }

  press(from: number, messageId: number, data: string, more?: { chat?: number }): number {
    return this.queue(this.pressed(from, messageId, data, more))
  }

  push(what: Happening): number {
    return this.queue(this.made(what))
  }

  block(chat: number): number {
    return this.queue(this.#updates.number(this.#chats.membership(chat, 'kicked')))
  }

  unblock(chat: number): number {
    return this.queue(this.#updates.number(this.#chats.membership(chat, 'member')))
  }

  deactivate(user: number): void {
    this.#chats.deactivate(user)
  }

  migrate(group: number, to: number): void {
    for (const happening of this.#chats.migrate(group, to)) this.queue(this.#updates.number(happening))
  }

  revoke(): void {
    this.#revoked = true
  }

  messages(chat: number): readonly Sent[] {
    return this.#chats.messages(chat)
  }

  // ---- waiting ----

  waitFor<Seen>(look: () => Seen | undefined | null | false, timeoutMs?: number): Promise<Seen> {
    return this.#looks.waitFor(look, timeoutMs)
  }

  async close(): Promise<void> {
    this.#updates.close()
    this.#server.closeAllConnections()
    await new Promise(done => this.#server.close(done))
  }

  // ---- HTTP ----

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.root)
    const [token, method] = this.#route(url.pathname)
    const body = await readPayload(request).catch((fault: unknown) => refusalOf(fault))
    const refused = body instanceof Refusal
    const payload = { ...Object.fromEntries(url.searchParams), ...(refused ? {} : body) }
    const call: Server['calls'][number] = { method, payload, atMs: performance.now() }
    this.calls.push(call)
    const answered = refused ? answer(response, body) : this.#dealWith(call, token, response)
    // A long poll changes what is pending as it comes, and is dealt with much later.
    this.#looks.soon()
    call.answered = await answered
    this.#looks.soon()
  }

  /** Method names are case-insensitive. What is no token at all finds nothing, as at api.telegram.org. */
  #route(path: string): [token: string | undefined, method: string] {
    const [, token, method = ''] = /^\/bot(\d+:[\w-]{30,})\/(\w+)$/.exec(path) ?? []
    const known = [...this.#methods.keys()].find(name => name.toLowerCase() === method.toLowerCase())
    return [token, known ?? method]
  }

  async #dealWith(
    call: Call,
    token: string | undefined,
    response: ServerResponse,
  ): Promise<Call['answered']> {
    const trouble = this.trouble(call)
    if (trouble === 'cut-before') return cut(response, trouble)
    const tooMuch = this.#tooMuch(call, trouble)
    if (tooMuch) return answer(response, tooMuch)
    let gone = false
    response.once('close', () => {
      gone = true
    })
    if (isObject(trouble) && 'delayMs' in trouble)
      await new Promise(done => setTimeout(done, trouble.delayMs))
    const outcome = await this.#outcomeOf(call, token, trouble, response)
    if (trouble === 'cut-after') return cut(response, trouble)
    if (gone) return 'gone'
    return answer(response, outcome)
  }

  /** As it arrives, however long it takes to be carried out; what is not carried out at all does not count. */
  #tooMuch({ method, payload }: Call, trouble: Trouble | undefined): Refusal | undefined {
    const dropped = isObject(trouble) && ('status' in trouble || 'result' in trouble)
    if (!this.rates || dropped || !counted.has(method)) return undefined
    try {
      this.#rates.spend(String(payload.chat_id), this.#nowMs())
      return undefined
    } catch (fault) {
      return refusalOf(fault)
    }
  }

  async #outcomeOf(
    call: Call,
    token: string | undefined,
    trouble: Trouble | undefined,
    response: ServerResponse,
  ): Promise<unknown> {
    try {
      if (isObject(trouble) && 'status' in trouble) throw troubleOf(trouble)
      if (isObject(trouble) && 'result' in trouble) return trouble.result
      if (!token) throw new Refusal(404, 'Not Found')
      if (token !== this.token || this.#revoked) throw new Refusal(401, 'Unauthorized')
      const carryOut = this.#methods.get(call.method)
      if (!carryOut) throw new Refusal(404, 'Not Found: method not found')
      return await carryOut(call.payload, response)
    } catch (fault) {
      return refusalOf(fault)
    }
  }

  #describe(payload: Payload, field: string, longest: number): true {
    checkDescription(payload, field, longest)
    this.#said.set(field, String(payload[field] ?? ''))
    return true
  }

  readonly #methods = new Map<string, (payload: Payload, caller: ServerResponse) => unknown>([
    ['getMe', () => ({ ...this.bot, can_join_groups: true, can_read_all_group_messages: false })],
    ['getUpdates', (payload, caller) => this.#updates.getUpdates(payload, caller)],
    ['setWebhook', payload => this.#updates.setWebhook(payload)],
    ['deleteWebhook', payload => this.#updates.deleteWebhook(payload)],
    ['getWebhookInfo', () => this.#updates.getWebhookInfo()],
    ['sendMessage', payload => this.#chats.sendMessage(payload)],
    ['sendDocument', payload => this.#chats.sendDocument(payload)],
    ['editMessageText', payload => this.#chats.editMessageText(payload)],
    ['editMessageReplyMarkup', payload => this.#chats.editMessageReplyMarkup(payload)],
    ['answerCallbackQuery', payload => this.#chats.answerCallbackQuery(payload)],
    ['sendChatAction', payload => this.#chats.sendChatAction(payload)],
    ['setMyCommands', checkCommands],
    ['setMyDescription', payload => this.#describe(payload, 'description', 512)],
    ['setMyShortDescription', payload => this.#describe(payload, 'short_description', 120)],
    ['getMyDescription', () => ({ description: this.#said.get('description') ?? '' })],
    ['getMyShortDescription', () => ({ short_description: this.#said.get('short_description') ?? '' })],
  ])
}
