/**
 * Telegram: takes updates, by asking or by webhook, hands what people say to the conversation, and shows its replies:
 * buttons under a message, lists in pages, a checklist that changes in place. `main` makes it where there is a token.
 */
import { setTimeout } from 'node:timers/promises'
import type { Api } from 'grammy'
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Telegram as Words } from '../../content/schema.ts'
import type { Address, Turn } from '../../message.ts'
import { type Channel, type History, type Post, type Receive, SendError } from '../channel.ts'
import { type Signal, TelegramApi } from './api.ts'
import { poll } from './poll.ts'
import { sendPost } from './post.ts'
import { choiceOf, chosenKeyboard, keyboardOf, type Press } from './render.ts'
import { Sequence } from './sequence.ts'
import { Typing } from './typing.ts'
import { kinds, type News, read, type Self, Update } from './update.ts'
import { mountWebhook, webhookPath } from './webhook.ts'

export interface TelegramParts {
  readonly token: string
  readonly apiRoot?: string
  /** Where Telegram finds us; without it we ask for updates. */
  readonly webhook?: { readonly publicUrl: string; readonly secret: string }
  readonly app: Hono
  readonly words: Words
  readonly history: History
  readonly reach: (from: Address, reachable: boolean) => Promise<void>
  readonly clock: () => Date
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** Text: https://core.telegram.org/bots/api#sendmessage, after entities. Buttons come in pages, so there may be any number. */
export const limits = { text: 4096, buttons: Number.POSITIVE_INFINITY, buttonText: Number.POSITIVE_INFINITY }

/** https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: to many, about 30 a second. */
const rates = { perSecond: 30 }

/** What Telegram brings to a webhook at a time, by its own default. */
const maxConnections = 40
const firstPauseMs = 1000
const longestPauseMs = 60_000
/** How long `start` waits for Telegram before the rest of the program goes on without it. */
const patienceMs = 5000
/** Once we are to stop, what was taken may be handled for so long, and then what nobody waits for. */
const handlingMs = 3000
const graceMs = 1000

type Pressed = Extract<News, { kind: 'press' }>
type Choice = Extract<Press, { kind: 'choice' }>

export class Telegram implements Channel {
  readonly name = 'telegram'
  readonly limits = limits
  readonly rates = rates
  readonly #parts: TelegramParts
  readonly #api: TelegramApi
  readonly #typing: Typing
  readonly #stopping = new AbortController()
  /** Calls that nobody waits for. */
  readonly #besides = new Set<Promise<unknown>>()
  #self: Self | undefined
  #introduced = false
  #receive: Receive | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(parts: TelegramParts) {
    this.#parts = parts
    this.#api = new TelegramApi(parts)
    this.#typing = new Typing(chat => this.#doBesides(api => api.sendChatAction(chat, 'typing')))
    if (parts.webhook) {
      const sequence = new Sequence((update: Update) => this.#take(update))
      mountWebhook(parts.app, parts.webhook.secret, async given => {
        if (!this.#self) throw new Error('Telegram has not told us yet who we are')
        const update = this.#parse(given)
        if (update) await sequence.add(update)
      })
    }
  }

  /** Telegram knows us, takes our token, and knows how updates come to us. */
  get ready(): boolean {
    return this.#introduced && this.#api.takesToken
  }

  async start(receive: Receive): Promise<void> {
    this.#receive = receive
    this.#running = this.#run().catch(error => this.#parts.log.error({ err: error }, 'telegram stopped'))
    const patience = AbortSignal.timeout(patienceMs)
    while (!this.ready && !patience.aborted) await setTimeout(20)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#typing.stop()
    await within(handlingMs, this.#running)
    await within(graceMs, Promise.allSettled(this.#besides))
  }

  /** Telegram tells nothing of a message later. */
  async send(post: Post): Promise<undefined> {
    try {
      await sendPost(this.#api, post)
    } finally {
      this.#typing.done(Number.parseInt(post.to, 10))
    }
  }

  async #run(): Promise<void> {
    const { webhook, log } = this.#parts
    const { signal } = this.#stopping
    for (let tries = 0; !signal.aborted; tries++)
      try {
        await this.#introduce(signal)
        break
      } catch (error) {
        if (!(error instanceof SendError)) throw error
        const pauseMs = error.pauseMs ?? Math.min(firstPauseMs * 2 ** tries, longestPauseMs)
        // To be asked to wait is no fault.
        const level = error.pauseMs === undefined ? 'error' : 'warn'
        if (!signal.aborted) log[level]({ reason: error.message, pauseMs }, 'Telegram is not to be had')
        await setTimeout(pauseMs, undefined, { signal }).catch(() => {})
      }
    if (webhook || signal.aborted) return
    await poll({ api: this.#api, take: given => this.#polled(given), log }, signal)
  }

  /** Learns who we are, says how updates come to us, and shows people what we can do. */
  async #introduce(signal: AbortSignal): Promise<void> {
    const { webhook, words, log } = this.#parts
    const { id, username } = await this.#api.ask(api => api.getMe(signal as unknown as Signal))
    this.#self = { id, username, commands: Object.keys(words.comandos) }
    await this.#api.ask(api =>
      webhook
        ? api.setWebhook(webhook.publicUrl + webhookPath, {
            secret_token: webhook.secret,
            allowed_updates: kinds,
            max_connections: maxConnections,
          })
        : api.deleteWebhook(),
    )
    await this.#showCommands()
    this.#introduced = true
    log.info({ username, by: webhook ? 'webhook' : 'polling' }, 'telegram')
    // Set only where it differs: Telegram grants few changes of these a day.
    this.#doBesides(async api => {
      const { description } = await api.getMyDescription()
      if (description !== words.presentacion.trim()) await api.setMyDescription(words.presentacion.trim())
    })
    this.#doBesides(async api => {
      const { short_description } = await api.getMyShortDescription()
      if (short_description !== words.resumen) await api.setMyShortDescription(words.resumen)
    })
  }

  async #showCommands(): Promise<void> {
    const { words, log } = this.#parts
    const commands = Object.entries(words.comandos).map(([command, description]) => ({
      command,
      description,
    }))
    await this.#api
      .ask(api => api.setMyCommands(commands))
      .catch((error: SendError) => {
        // What may work later is tried again with all the rest.
        if (error.kind !== 'rejected') throw error
        log.warn({ reason: error.message }, 'no commands menu')
      })
  }

  /** Nothing depends on it: it is not tried again, and not at all while Telegram wants silence. */
  #doBesides(call: (api: Api) => Promise<unknown>): void {
    const made = this.#api
      .ask(call)
      .catch(error => this.#parts.log.info({ reason: (error as Error).message }, 'a call besides failed'))
    this.#besides.add(made)
    void made.finally(() => this.#besides.delete(made))
  }

  /** None where we cannot read it: it would never be another, so it is not to come again. */
  #parse(given: unknown): Update | undefined {
    const update = Update.safeParse(given)
    if (update.success) return update.data
    const fields = update.error.issues.map(({ path }) => path.join('.'))
    this.#parts.log.warn({ fields }, 'an update that we cannot read')
    return undefined
  }

  async #polled(given: unknown): Promise<void> {
    const update = this.#parse(given)
    if (update) await this.#take(update)
  }

  /** Resolves when it is handled to its end; what is called here without a wait keeps the order of the updates. */
  async #take(update: Update): Promise<void> {
    const news = read(update, this.#self as Self, this.#parts.clock())
    if (news.kind === 'message') await this.#handle(news.incoming)
    else if (news.kind === 'press') await this.#press(news)
    else if (news.kind === 'reach') await this.#parts.reach(address(news.chat), news.reachable)
  }

  async #handle(incoming: Parameters<Receive>[0]): Promise<Turn> {
    const chat = Number.parseInt(incoming.group?.replyTo ?? incoming.replyTo ?? '', 10)
    this.#typing.expect(chat)
    const turn = await (this.#receive as Receive)(incoming).catch(error => {
      this.#typing.done(chat)
      throw error
    })
    if (turn.replies.length === 0) this.#typing.done(chat)
    return turn
  }

  async #press(pressed: Pressed): Promise<void> {
    const { press, query } = pressed
    if (press?.kind === 'choice') return this.#choose(pressed, press)
    if (press?.kind === 'page' && (await this.#turnPage(pressed, press))) return
    this.#answer(query, press?.kind !== 'nothing')
  }

  /** One button of one message acts once, however often it is pressed: that is the id of the message it makes. */
  async #choose({ query, chat, message, data, label }: Pressed, press: Choice): Promise<void> {
    const { turn: offered, live } = press
    const choice = press.choice.startsWith('#') ? await this.#nameOf(chat, press) : press.choice
    const turn = await this.#handle({
      from: address(chat),
      id: `p${message}.${data}`,
      at: this.#parts.clock(),
      body: { kind: 'choice', choice, turn: offered },
      replyTo: live ? `${chat}#${message}` : String(chat),
      pushTo: String(chat),
    })
    this.#answer(query, false)
    const replaced = live && turn.replies.length === 1 && turn.replies[0]?.live
    // After a fault of ours (the version is what it was) the button may be pressed again.
    if (turn.duplicate || replaced || turn.version === offered) return
    // What was asked is answered: the buttons go, the answer stays to be read. 0: it had all deleted.
    const taken = turn.version === offered + 1 || turn.version === 0
    const keyboard = taken && label !== '' ? { reply_markup: chosenKeyboard(label) } : {}
    this.#doBesides(api => api.editMessageReplyMarkup(chat, message, keyboard))
  }

  async #turnPage(
    { query, chat, message }: Pressed,
    { turn, page }: Extract<Press, { kind: 'page' }>,
  ): Promise<boolean> {
    const last = await this.#offeredAt(chat, turn)
    if (!last?.choices) return false
    this.#answer(query, false)
    const keyboard = keyboardOf(last.choices, turn, page, last.live ?? false)
    this.#doBesides(api => api.editMessageReplyMarkup(chat, message, { reply_markup: keyboard }))
    return true
  }

  async #nameOf(chat: number, press: Choice): Promise<string> {
    const offered = await this.#offeredAt(chat, press.turn)
    return choiceOf(press, offered?.choices ?? [])?.id ?? press.choice
  }

  /** What a turn's last message was; none where the conversation has gone on or was forgotten. */
  async #offeredAt(chat: number, turn: number) {
    const lines = await this.#parts.history(address(chat), turn - 1, 1)
    return lines.findLast(({ version, from }) => version === turn && from === 'guia')
  }

  /** The button that was pressed shows that it waits until it is answered. */
  #answer(query: string, old: boolean): void {
    const text = this.#parts.words.avisos.vieja
    this.#doBesides(api => api.answerCallbackQuery(query, old ? { text } : {}))
  }
}

const within = (ms: number, work: Promise<unknown>) =>
  Promise.race([work, setTimeout(ms, undefined, { ref: false })])

const address = (chat: number): Address => ({ channel: 'telegram', id: String(chat) })
