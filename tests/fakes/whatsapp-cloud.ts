/**
 * A strict fake of Meta's WhatsApp Cloud API over real HTTP, for tests that start, kill and restart the program against it:
 * the Graph side, which keeps the published rules and refuses in the platform's own form, and the webhook side, which signs
 * what people do and posts it until it is taken. What people do comes from the test.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Looks } from './looks.ts'
import { detailsOf, failureOf, noObject, noProduct, Refusal } from './whatsapp-cloud/errors.ts'
import { type Happening, Hook, type Post } from './whatsapp-cloud/hook.ts'
import {
  type Answered,
  answer,
  answerOrdered,
  cut,
  hang,
  readBody,
  readJson,
  refusalOf,
  type Trouble,
} from './whatsapp-cloud/http.ts'
import { type Media, Store } from './whatsapp-cloud/media.ts'
import { type OnePerson, People, type Person, type Shown, type Who } from './whatsapp-cloud/people.ts'
import { type Excess, Rates } from './whatsapp-cloud/rates.ts'
import {
  type Content,
  checkEnvelope,
  isObject,
  type Payload,
  type Recipient,
  readContent,
  readMark,
  readRecipient,
  type Template,
} from './whatsapp-cloud/rules.ts'
import { makeWamid } from './whatsapp-cloud/wamid.ts'

export type { Happening, Post } from './whatsapp-cloud/hook.ts'
export type { Trouble } from './whatsapp-cloud/http.ts'
export type { Person, Shown, Who } from './whatsapp-cloud/people.ts'
export type { Excess } from './whatsapp-cloud/rates.ts'
export type { Template } from './whatsapp-cloud/rules.ts'

export interface Options {
  /** Of the 24-hour window and of all times that are told. */
  readonly clock?: () => Date
  /** Of the rates; never goes back. */
  readonly nowMs?: () => number
  /** What was approved. */
  readonly templates?: readonly Template[]
  /**
   * Outside the window Meta takes a free text and tells by a status that it failed
   * (github.com/fabrahaingo/joel/pull/314); its page of errors knows both ways.
   */
  readonly refusesOutsideWindow?: true
}

export interface Call {
  readonly what: 'send' | 'mark' | 'upload' | 'describe' | 'download' | 'delete' | 'number' | 'unknown'
  /** The JSON of a `send` or a `mark`; else what the address says. */
  readonly payload: Payload
  /** On the clock of `performance.now()`. */
  readonly atMs: number
  /** Absent while it is under way. */
  readonly answered?: Answered
}

export type StatusName = 'sent' | 'delivered' | 'read' | 'played' | 'failed'

/** A message that was answered with an id. */
export interface Accepted {
  readonly id: string
  /** The phone or BSUID that it was sent to. */
  readonly to: string
  readonly payload: Payload
  readonly atMs: number
}

export interface Flush {
  /** How many things go in one POST; 1 unless told. */
  readonly perPost?: number
  /** May turn them around, repeat and leave out. */
  readonly order?: (happenings: readonly Happening[]) => readonly Happening[]
}

export interface FakeWhatsApp {
  /** With the version, as the program is told it: `${url}/${phoneId}/messages`. */
  readonly url: string
  readonly token: string
  readonly phoneId: string
  readonly appSecret: string
  /** Every call in the order in which it came. */
  readonly calls: readonly Call[]
  readonly accepted: readonly Accepted[]
  /** Whether more messages are refused than Meta says it takes; on until told. */
  rates: boolean
  /** Messages over the rates. */
  readonly excess: readonly Excess[]
  /** Decides each call's fate before it is carried out. */
  trouble: (call: Call) => Trouble | undefined
  /** Of the next so many sends; `order(undefined)` ends it. */
  order(trouble: Trouble | undefined, times?: number): void
  /** Which statuses a message is told with, in order: more, fewer or others than usual. */
  statuses: (message: Accepted, usual: readonly StatusName[]) => readonly StatusName[]
  /** One more status of a message, late. */
  tell(messageId: string, status: StatusName, code?: number): void
  /** Who writes with this phone, or is known as this. The same person each time. */
  person(who: string | Who): Person
  /** Verifies the webhook and posts there from now on; what happened before goes first. */
  subscribe(hookUrl: string, verifyToken: string): Promise<void>
  /** While true, what happens waits for `flush`. */
  held: boolean
  /** Posts what waits; resolves once it is taken. */
  flush(how?: Flush): Promise<readonly Post[]>
  /** The same POST once more; resolves to the answer's status. */
  redeliver(post: Post): Promise<number | string>
  /** Every POST to the webhook, byte for byte. */
  readonly posts: readonly Post[]
  /** How much of what happened was not taken yet. */
  readonly pending: number
  /** The header X-Hub-Signature-256 for these bytes. */
  sign(bytes: Buffer): string
  /** The token is good for nothing from now on. */
  revoke(): void
  /** Resolves to what `look` sees as soon as it sees anything; it looks as each call and each answer of the webhook comes. */
  waitFor<Seen>(look: () => Seen | undefined | null | false, timeoutMs?: number): Promise<Seen>
  close(): Promise<void>
}

export async function startFakeWhatsApp(options: Options = {}): Promise<FakeWhatsApp> {
  const fake = new Server(options)
  await fake.listen()
  return fake
}

const accountId = '102290129340398'
const businessPhone = '5215550000001'
const usualStatuses = ['sent', 'delivered', 'read'] as const

type OpenCall = { -readonly [Key in keyof Call]: Call[Key] }

interface Route {
  readonly what: Call['what']
  readonly method: string
  /** Of the object in the address. */
  readonly id: string
}

class Server implements FakeWhatsApp {
  url = ''
  readonly token = `EAAFake${'TokenOfTheTestsOnly'.repeat(8)}ZD`
  readonly phoneId = '106540352242922'
  readonly appSecret = 'fa4e0f7e57505ec4e7fa4e0f7e57505e'
  readonly calls: OpenCall[] = []
  readonly accepted: Accepted[] = []
  trouble: FakeWhatsApp['trouble'] = () => undefined
  statuses: FakeWhatsApp['statuses'] = (_, usual) => usual
  rates = true
  readonly #clock: () => Date
  readonly #options: Options
  readonly #rates: Rates
  readonly #media = new Store()
  readonly #people: People
  readonly #hook: Hook
  #revoked = false
  #origin = ''
  readonly #looks = new Looks()
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  constructor(options: Options) {
    this.#options = options
    this.#clock = options.clock ?? (() => new Date())
    this.#rates = new Rates(options.nowMs ?? (() => performance.now()))
    const metadata = { display_phone_number: businessPhone, phone_number_id: this.phoneId }
    const changed = () => this.#looks.soon()
    this.#hook = new Hook({ appSecret: this.appSecret, accountId, metadata, changed })
    this.#people = new People({
      now: this.#clock,
      businessPhone,
      keepFile: (bytes, type) => this.#media.keep(bytes, type),
      happened: happening => {
        // What is held is what has piled up while nobody took it: it came over a longer time than the test took for it.
        if (happening.field === 'messages' && !this.held) this.#rates.receive()
        this.#hook.add(happening)
      },
    })
    // A client that kept a connection for later must not find it closed just then: that is trouble of its own kind.
    this.#server.keepAliveTimeout = 0
  }

  async listen(): Promise<void> {
    await new Promise<void>(done => this.#server.listen(0, '127.0.0.1', done))
    this.#origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.url = `${this.#origin}/v23.0`
  }

  get excess(): readonly Excess[] {
    return this.#rates.excess
  }

  // ---- people and the webhook ----

  person(who: string | Who): Person {
    return this.#people.meet(who)
  }

  subscribe(hookUrl: string, verifyToken: string): Promise<void> {
    return this.#hook.subscribe(hookUrl, verifyToken)
  }

  get held(): boolean {
    return this.#hook.held
  }

  set held(held: boolean) {
    this.#hook.held = held
  }

  flush(how: Flush = {}): Promise<readonly Post[]> {
    return this.#hook.flush(how.perPost ?? 1, how.order ?? (happenings => happenings))
  }

  redeliver(post: Post): Promise<number | string> {
    return this.#hook.redeliver(post)
  }

  get posts(): readonly Post[] {
    return this.#hook.posts
  }

  get pending(): number {
    return this.#hook.pending
  }

  sign(bytes: Buffer): string {
    return this.#hook.sign(bytes)
  }

  tell(messageId: string, status: StatusName, code = 131026): void {
    const message = this.accepted.find(({ id }) => id === messageId)
    if (!message) throw new Error('no such message was taken')
    this.#tell(message, status, code)
  }

  revoke(): void {
    this.#revoked = true
  }

  order(trouble: Trouble | undefined, times = Number.POSITIVE_INFINITY): void {
    let left = times
    this.trouble = ({ what }) => (what === 'send' && left-- > 0 ? trouble : undefined)
  }

  // ---- waiting ----

  waitFor<Seen>(look: () => Seen | undefined | null | false, timeoutMs?: number): Promise<Seen> {
    return this.#looks.waitFor(look, timeoutMs)
  }

  async close(): Promise<void> {
    this.#hook.close()
    this.#server.closeAllConnections()
    await new Promise(done => this.#server.close(done))
  }

  // ---- HTTP ----

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = performance.now()
    const url = new URL(request.url ?? '', this.#origin)
    const body = await readBody(request).catch(refusalOf)
    const json = Buffer.isBuffer(body) ? readJson(body, request.headers['content-type']) : {}
    const route = this.#route(request.method ?? '', url.pathname, json)
    const asked = { id: route.id, ...Object.fromEntries(url.searchParams) }
    const payload = route.what === 'send' || route.what === 'mark' ? json : asked
    const call: OpenCall = { what: route.what, payload, atMs }
    this.calls.push(call)
    this.#looks.soon()
    call.answered =
      body instanceof Refusal
        ? answer(response, body)
        : await this.#dealWith(call, { ...route, request, body }, response)
    this.#looks.soon()
  }

  #route(method: string, path: string, json: Payload): Route {
    const [, id = '', edge = ''] = /^\/v\d+\.\d+\/(\d+)(\/\w+)?$/.exec(path) ?? []
    const [, file = ''] = /^\/lookaside\/(\d+)$/.exec(path) ?? []
    const to = (what: Call['what'], of = id) => ({ what, method, id: of })
    if (method === 'GET' && file) return to('download', file)
    if (method === 'POST' && edge === '/messages') return to('status' in json ? 'mark' : 'send')
    if (method === 'POST' && edge === '/media') return to('upload')
    if (method === 'DELETE' && id && !edge) return to('delete')
    if (method === 'GET' && id && !edge) return to(id === this.phoneId ? 'number' : 'describe')
    return to('unknown')
  }

  async #dealWith(
    call: Call,
    asked: Route & { readonly request: IncomingMessage; readonly body: Buffer },
    response: ServerResponse,
  ): Promise<Answered> {
    const trouble = this.trouble(call)
    if (trouble === 'cut-before') return cut(response, trouble)
    if (trouble === 'hang-before') return hang(response)
    let gone = false
    response.once('close', () => {
      gone = true
    })
    if (isObject(trouble) && 'delayMs' in trouble)
      await new Promise(done => setTimeout(done, trouble.delayMs))
    if (isObject(trouble) && ('code' in trouble || 'status' in trouble))
      return gone ? 'gone' : answerOrdered(response, trouble)
    const failsLater = isObject(trouble) && 'failsLater' in trouble ? trouble.failsLater : undefined
    const outcome = await this.#carryOut(call, asked, failsLater).catch(refusalOf)
    if (trouble === 'cut-after') return cut(response, trouble)
    if (trouble === 'hang-after') {
      this.#looks.soon()
      return hang(response)
    }
    return gone ? 'gone' : answer(response, outcome)
  }

  async #carryOut(
    { what, payload }: Call,
    { method, id, request, body }: Route & { readonly request: IncomingMessage; readonly body: Buffer },
    failsLater: number | undefined,
  ): Promise<unknown> {
    this.#authorize(request.headers.authorization)
    const ofNumber = what === 'send' || what === 'mark' || what === 'upload' || what === 'number'
    if (what === 'unknown' || (ofNumber && id !== this.phoneId)) throw noObject(method, id)
    if (what === 'send') return this.#send(payload, failsLater)
    if (what === 'mark') return this.#mark(payload)
    if (what === 'upload')
      return this.#media.upload(body, request.headers['content-type'] ?? '', payload.messaging_product)
    if (what === 'number') return this.#describeNumber(payload)
    if (what === 'delete') return this.#media.delete(id)
    const found = this.#media.describe(id, `${this.#origin}/lookaside/${id}`)
    return what === 'describe' ? found : this.#media.find(id)?.bytes
  }

  #authorize(header = ''): void {
    const [, token] = /^Bearer (\S+)$/i.exec(header) ?? []
    if (!token) throw new Refusal(104)
    if (token !== this.token) throw new Refusal(190)
    if (this.#revoked)
      throw new Refusal(190, undefined, {
        message: 'Error validating access token: The session has been invalidated.',
        subcode: 460,
      })
  }

  /** The fields that are asked for, and always the id. */
  #describeNumber({ fields }: Payload): object {
    const all: Readonly<Record<string, string>> = {
      verified_name: 'Vigente',
      display_phone_number: `+${businessPhone}`,
      quality_rating: 'GREEN',
      code_verification_status: 'VERIFIED',
      platform_type: 'CLOUD_API',
    }
    const asked = typeof fields === 'string' ? fields.split(',') : Object.keys(all)
    const unknown = asked.find(name => name !== 'id' && !(name in all))
    if (unknown !== undefined)
      throw new Refusal(100, undefined, { message: `(#100) Tried accessing nonexisting field (${unknown})` })
    return { ...Object.fromEntries(asked.map(name => [name, all[name]])), id: this.phoneId }
  }

  // ---- what the business does ----

  #send(payload: Payload, failsLater: number | undefined): object {
    checkProduct(payload)
    checkEnvelope(payload)
    const recipient = readRecipient(payload)
    const content = readContent(payload, this.#options.templates ?? [])
    const to = 'phone' in recipient ? recipient.phone : recipient.bsuid
    if (to === businessPhone) throw new Refusal(131021, 'Recipient cannot be sender')
    const person = this.#people.find(recipient)
    const file = this.#fileOf(content)
    this.#checkReaction(content)
    const failure = failsLater ?? failureToReach(content, person, file)
    if (failure === 131047 && this.#options.refusesOutsideWindow) throw new Refusal(131047, detailsOf(131047))
    // By phone or by BSUID, it is one person.
    if (this.rates) this.#rates.spend(person?.phone ?? to)
    const id = makeWamid(to, 'business')
    const message = { id, to, payload, atMs: performance.now() }
    this.accepted.push(message)
    if (person && failure === undefined) deliver(person, id, content, file, payload)
    for (const status of this.statuses(message, failure === undefined ? usualStatuses : ['failed']))
      this.#tell(message, status, failure ?? 131026)
    return taken(recipient, payload, id)
  }

  #fileOf({ kind, file }: Content): Media | undefined {
    if (file?.id === undefined) return undefined
    const found = this.#media.find(file.id)
    if (!found)
      throw new Refusal(
        131009,
        `Param ${kind}['id'] is not a valid whatsapp business account media attachment ID`,
      )
    return found
  }

  #checkReaction({ messageId }: Content): void {
    if (messageId === undefined || this.#people.author(messageId)) return
    if (!this.accepted.some(({ id }) => id === messageId))
      throw new Refusal(131009, "reaction['message_id'] is of no message in this chat")
  }

  #mark(payload: Payload): { success: true } {
    checkProduct(payload)
    const { messageId, typing } = readMark(payload)
    const person = this.#people.author(messageId)
    if (!person) throw new Refusal(131009, 'message_id is not of a message that was received')
    person.mark(messageId, typing)
    return { success: true }
  }

  /** https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status */
  #tell({ id, payload }: Accepted, status: StatusName, code: number): void {
    const recipient = readRecipient(payload)
    const person = this.#people.find(recipient)
    const failed = status === 'failed'
    const byPhone = 'phone' in recipient
    const bsuid = byPhone ? person?.bsuid : recipient.bsuid
    const tag = payload.biz_opaque_callback_data
    const what = {
      id,
      status,
      timestamp: String(Math.floor(this.#clock().getTime() / 1000)),
      ...(byPhone ? { recipient_id: recipient.phone } : {}),
      // "omitted if the failed message was sent to a phone number"
      ...(bsuid === undefined || (failed && byPhone) ? {} : { recipient_user_id: bsuid }),
      ...(failed ? { errors: [failureOf(code)] } : priceOf(payload)),
      ...(tag === undefined ? {} : { biz_opaque_callback_data: tag }),
    }
    // A failure comes without contacts, and `sent` without the user name.
    const contacts = person && !failed ? [person.contact(status !== 'sent')] : []
    this.#hook.add({ field: 'statuses', what, contacts })
  }
}

function checkProduct({ messaging_product: product }: Payload): void {
  if (product !== 'whatsapp') throw noProduct()
}

/** The code of the status that will tell of it. */
function failureToReach(
  content: Content,
  person: OnePerson | undefined,
  file: Media | undefined,
): number | undefined {
  if (!person?.reachable) return 131026
  // Any document type may be sent as a document, a picture only as a picture.
  if (file && content.kind !== 'document' && file.kind !== content.kind) return 131053
  if (content.kind !== 'template' && !person.windowOpen) return 131047
  return undefined
}

function deliver(
  person: OnePerson,
  id: string,
  { kind, file, messageId, ...content }: Content,
  media: Media | undefined,
  { context }: Payload,
): void {
  if (kind === 'reaction') {
    person.react(messageId ?? '', content.text)
    return
  }
  const { name, link } = file ?? {}
  const shownFile: Shown['file'] = {
    ...(name === undefined ? {} : { name }),
    ...(link === undefined ? {} : { link }),
    ...(media ? { type: media.type, bytes: media.bytes } : {}),
  }
  const replyTo = isObject(context) ? String(context.message_id) : undefined
  person.show({
    id,
    kind,
    ...content,
    ...(file ? { file: shownFile } : {}),
    ...(replyTo === undefined ? {} : { replyTo }),
  })
}

/** `wa_id` of who was reached by phone, `user_id` of who was reached by BSUID. */
function taken(recipient: Recipient, { to, recipient: bsuid, type }: Payload, id: string): object {
  const contact =
    'phone' in recipient ? { input: to, wa_id: recipient.phone } : { input: bsuid, user_id: recipient.bsuid }
  const message = type === 'template' ? { id, message_status: 'accepted' } : { id }
  return { messaging_product: 'whatsapp', contacts: [contact], messages: [message] }
}

function priceOf({ type }: Payload): object {
  const category = type === 'template' ? 'utility' : 'service'
  const kind = type === 'template' ? 'regular' : 'free_customer_service'
  return {
    conversation: { id: '0fa4e0f7e57505ec4e7fa4e0f7e57505', origin: { type: category } },
    pricing: { billable: type === 'template', pricing_model: 'PMP', category, type: kind },
  }
}
