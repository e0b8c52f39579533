/**
 * All chats of the number, as WhatsApp's servers and the phone hold them: what people send goes to the page or waits for
 * it, what the page sends goes to people. Made by whatsapp-web.ts; knows nothing of HTTP and of pairing.
 */
import type { Happening } from './link.ts'
import { makeId, type OnePerson, People } from './people.ts'
import { readSent, type Sent } from './rules.ts'

export interface Key {
  readonly fromMe: boolean
  readonly remote: string
  readonly id: string
  readonly participant?: string
}

/** As the page is told it. */
export interface Message {
  readonly id: Key
  readonly from: string
  readonly to: string
  readonly type: string
  readonly t: number
  /** The order in which WhatsApp got them. */
  readonly seq: number
  ack: number
  readonly [field: string]: unknown
}

interface Stored {
  message: Message
  /** The page may know of it. */
  told: boolean
  /** What does not count as unread is so from the first. */
  read: boolean
  readonly author: OnePerson | undefined
}

/**
 * What becomes of a message that the page has taken, in place of an ack. lost: it never left. delivered: it arrived, only
 * the ack was lost. pending: it never left, and the page still has it after a reload. refused: the page hears that it
 * failed.
 */
export type Hang = 'lost' | 'delivered' | 'pending' | 'refused'

/** The number of the guide. */
export const own = { phone: '5215500000000@c.us', lid: '99000000000000@lid' }
const groupId = '120363000000000001@g.us'
const statusId = 'status@broadcast'
/** So many the page gets at once when it asks for earlier ones. */
const historyPage = 10

export const serialized = ({ fromMe, remote, id, participant }: Key) =>
  `${fromMe}_${remote}_${id}${participant === undefined ? '' : `_${participant}`}`

export interface Around {
  readonly live: () => boolean
  readonly tell: (happening: Happening) => void
  readonly changed: () => void
}

export class World {
  readonly people: People
  /** How far acks go by themselves: 1 the server, 2 the person's phone, 3 read. */
  acks: 1 | 2 | 3 = 2
  /** The page says that it is connected before whatsapp-web.js can listen. */
  syncEarly = false
  readonly #around: Around
  readonly #messages = new Map<string, Stored>()
  readonly #files = new Map<string, { readonly data: string; readonly type: string }>()
  /** What the page is to hear once it is there. */
  #waiting: Happening[] = []
  /** Messages that the page has taken while there was no connection. */
  #unsent: (() => void)[] = []
  #seq = 0
  #hang = { left: 0, as: 'lost' as Hang }
  #failures: string[] = []

  constructor(around: Around) {
    this.#around = around
    this.people = new People(this)
  }

  hang(times: number, as: Hang): void {
    this.#hang = { left: times, as }
  }

  fail(reason: string, times: number): void {
    this.#failures.push(...Array<string>(times).fill(reason))
  }

  // ---- what comes from people and from the phone ----

  /** A person's own; `fields` may hold an `id` that was there before. `counts`: as unread; WhatsApp's notices do not. */
  comes(author: OnePerson, chat: string, fields: Record<string, unknown>, counts = true): string {
    const shared = chat === groupId || chat === statusId
    const participant = shared ? { participant: author.chat } : {}
    const id = { fromMe: false, remote: chat, id: String(fields.id ?? makeId()), ...participant }
    const from = { from: chat, to: own.phone, ...(shared ? { author: author.chat } : {}) }
    this.#store({ ack: 1, ...fields, ...from, id }, author, counts)
    return id.id
  }

  /** Written by hand on the phone: whoever does so has read the chat. */
  writtenOnPhone(chat: string, text: string): string {
    const id = { fromMe: true, remote: chat, id: makeId() }
    for (const stored of this.#unreadOf(chat)) this.#read(stored)
    this.happened({ kind: 'seen', chat })
    this.#store({ type: 'chat', body: text, ack: 1, from: own.phone, to: chat, id }, undefined, false)
    this.people.find(chat)?.show({ id: id.id, kind: 'text', text })
    this.#around.changed()
    return id.id
  }

  /** Told at once, or when the page is there. */
  happened(happening: Happening): void {
    if (this.#around.live()) this.#tell(happening)
    else this.#waiting.push(happening)
    this.#around.changed()
  }

  edits(id: string, text: string): void {
    const [stored] = this.#named(id)
    if (!stored) throw new Error('nothing was written with this id')
    const { message } = stored
    stored.message = { ...message, [message.type === 'chat' ? 'body' : 'caption']: text }
    this.happened({ kind: 'edit', id: serialized(message.id), text, at: Date.now() })
  }

  /** -1: it failed. */
  ack(id: string, ack: number): void {
    for (const { message } of this.#named(id)) this.#ack(message, ack)
  }

  #ack(message: Message, ack: number): void {
    message.ack = ack
    this.happened({ kind: 'ack', id: serialized(message.id), ack })
  }

  #named(id: string): Stored[] {
    return [...this.#messages.values()].filter(({ message }) => message.id.id === id)
  }

  keyOf(id: string): Key {
    const [stored] = this.#named(id)
    if (!stored) throw new Error('there is no message with this id')
    return stored.message.id
  }

  get groupId(): string {
    return groupId
  }

  get statusId(): string {
    return statusId
  }

  /** The same id twice is one message, told twice. */
  #store(
    fields: Omit<Message, 'seq' | 't'> & { readonly t?: number },
    author: OnePerson | undefined,
    counts: boolean,
  ): Message {
    const message = { t: Math.floor(Date.now() / 1000), ...fields, seq: ++this.#seq } as Message
    const key = serialized(message.id)
    const known = this.#messages.get(key)
    if (!known) this.#messages.set(key, { message, told: false, read: !counts, author })
    this.happened({ kind: 'message', message: known?.message ?? message, counts, ...mappingOf(author) })
    return message
  }

  #tell(happening: Happening): void {
    const stored = happening.kind === 'message' && this.#messages.get(keyIn(happening))
    if (stored) stored.told = true
    this.#around.tell(happening)
  }

  // ---- the page is connected ----

  /**
   * To a page that was not there. As in reality the first of what came meanwhile are only found as unread in their
   * chats, since they are there before whatsapp-web.js listens; of the others it hears.
   */
  greeting(): Happening {
    const waiting = this.#waiting.filter(({ kind }) => kind !== 'ack' && kind !== 'seen')
    const messages = waiting.filter(({ kind }) => kind === 'message')
    const quiet = new Set(messages.slice(0, Math.ceil(messages.length / 2)))
    for (const happening of quiet) this.#markTold(happening)
    const chats = this.#chats()
    const late = waiting.filter(happening => !quiet.has(happening))
    for (const happening of late) this.#markTold(happening)
    this.#waiting = []
    this.#unsent = []
    const known = this.people.known
    return { kind: 'connected', own, known, chats, late, syncEarly: this.syncEarly }
  }

  /** To a page that was there all the time. */
  reconnected(): void {
    const [waiting, unsent] = [this.#waiting, this.#unsent]
    this.#waiting = []
    this.#unsent = []
    for (const happening of waiting) this.#tell(happening)
    for (const send of unsent) send()
  }

  #markTold(happening: Happening): void {
    const stored = happening.kind === 'message' ? this.#messages.get(keyIn(happening)) : undefined
    if (stored) stored.told = true
  }

  #chats(): object[] {
    const ids = new Set(this.#told().map(({ message }) => message.id.remote))
    return [...ids].filter(id => id !== statusId).map(id => this.#chat(id))
  }

  #chat(id: string): object {
    const all = this.#told().filter(({ message }) => message.id.remote === id)
    const last = all.at(-1)?.message
    const unreadCount = all.filter(({ read }) => !read).length
    const subject = id === groupId ? { subject: 'Grupo' } : {}
    return { id, t: last?.t ?? 0, seq: last?.seq ?? 0, unreadCount, ...(last ? { last } : {}), ...subject }
  }

  #told(): Stored[] {
    return [...this.#messages.values()].filter(({ told }) => told)
  }

  #unreadOf(chat: string): Stored[] {
    return this.#told().filter(({ message, read }) => !read && message.id.remote === chat)
  }

  #read(stored: Stored): void {
    stored.read = true
    stored.author?.read.push(stored.message.id.id)
  }

  // ---- what the page asks for ----

  chat(id: string): object {
    if (id === groupId) return this.#chat(id)
    const person = this.people.find(id)
    if (!person || person.left) throw new Error('No LID for user')
    const known = this.#told().some(({ message }) => message.id.remote === id)
    return this.#chat(known ? id : person.chat)
  }

  exists(id: string): object {
    const person = this.people.find(id)
    if (!person || person.left) return { exists: false }
    person.asked()
    return { exists: true, ...mappingOf(person) }
  }

  messages(ids: readonly string[]): readonly Message[] {
    return ids.flatMap(id => {
      const stored = this.#messages.get(id)
      return stored?.told ? [stored.message] : []
    })
  }

  earlier(chat: string, before = Number.POSITIVE_INFINITY): readonly Message[] {
    const all = this.#told().map(({ message }) => message)
    return all.filter(({ id, seq }) => id.remote === chat && seq < before).slice(-historyPage)
  }

  /** Only what the page knew of when it said so. */
  seen(chat: string, seq: number): void {
    for (const stored of this.#unreadOf(chat)) if (stored.message.seq <= seq) this.#read(stored)
    this.#around.changed()
  }

  typing(chat: string, state: string): void {
    const person = this.people.find(chat)
    if (person) person.typing = state === 'composing'
    this.#around.changed()
  }

  upload(data: string, type: string): string {
    const path = `/v/t62/${this.#files.size + 1}`
    this.#files.set(path, { data, type })
    return path
  }

  /** The page has taken it; what becomes of it is told later. `current`: the page has the session. */
  send(raw: unknown, current: boolean): number {
    const failure = this.#failures.shift()
    if (failure !== undefined) throw new Error(failure)
    const sent = readSent(raw)
    const seq = ++this.#seq
    const hang = this.#hang.left > 0 ? this.#hang.as : undefined
    if (hang) this.#hang.left--
    if (!current || hang === 'lost') return seq
    const stored = {
      message: { ...sent, seq, ack: 0 },
      told: true,
      read: true,
      author: undefined,
    }
    this.#messages.set(serialized(sent.id), stored)
    if (hang === 'pending') return seq
    if (hang === 'refused') this.#ack(stored.message, -1)
    else if (hang === 'delivered') {
      stored.message.ack = 1
      this.#deliver(sent)
    } else if (this.#around.live()) this.#carry(sent, stored.message)
    else this.#unsent.push(() => this.#carry(sent, stored.message))
    this.#around.changed()
    return seq
  }

  #carry(sent: Sent, message: Message): void {
    this.#ack(message, 1)
    if (!this.#deliver(sent)) return
    if (this.acks >= 2) this.#ack(message, 2)
    if (this.acks >= 3) this.#ack(message, 3)
  }

  #deliver(sent: Sent): boolean {
    const person = this.people.find(sent.to)
    if (!person || person.left) return false
    person.show(this.#shown(sent))
    this.#around.changed()
    return true
  }

  #shown(sent: Sent) {
    const { id } = sent.id
    if (sent.type === 'chat') return { id, kind: 'text' as const, text: sent.body }
    if (sent.type === 'poll_creation') {
      const options = sent.pollOptions.map(({ name }) => name)
      return {
        id,
        kind: 'poll' as const,
        text: sent.pollName,
        options,
        many: sent.pollSelectableOptionsCount !== 1,
      }
    }
    const uploaded = this.#files.get(sent.directPath)
    if (!uploaded) throw new Error('this file was not uploaded')
    const file = {
      type: sent.mimetype,
      data: uploaded.data,
      ...(sent.filename ? { name: sent.filename } : {}),
    }
    return { id, kind: sent.type, text: sent.caption ?? '', file }
  }
}

const mappingOf = (person: OnePerson | undefined) => (person?.mapping ? { mapping: person.mapping } : {})

const keyIn = (happening: Happening) => serialized((happening.message as Message).id)
