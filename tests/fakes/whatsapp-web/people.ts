/**
 * Who writes to the number and is written to: what they do becomes happenings of the world, what they are sent is in
 * `shown`. Made by the world.
 */
import { randomUUID } from 'node:crypto'
import type { World } from './world.ts'

/** How a person's @lid and phone are known to belong together: from the first, once the page asks, or never. */
export type Mapping = 'known' | 'asked' | 'unknown'

export interface Who {
  /** Digits: they write from `@lid`. Without it from `@c.us`. */
  readonly lid?: string
  readonly mapping?: Mapping
}

/** A message as the person's phone shows it. */
export interface Shown {
  readonly id: string
  readonly kind: 'text' | 'poll' | 'document' | 'image' | 'video' | 'audio' | 'ptt' | 'sticker'
  /** Of a poll its question, of a file its caption. */
  readonly text: string
  readonly options?: readonly string[]
  /** More than one option may be chosen. */
  readonly many?: boolean
  /** `data`: base64. */
  readonly file?: { readonly name?: string; readonly type: string; readonly data: string }
}

export interface More {
  /** The id of an earlier one: the same message again. */
  readonly id?: string
  readonly forwarded?: true
  readonly at?: Date
  /** In a group that the number is in, or as a status; else in private. */
  readonly where?: 'group' | 'status'
  /** The address that it comes from; else `@lid` of those who have one. */
  readonly as?: 'lid' | 'phone'
}

export type FileSort = 'image' | 'video' | 'audio' | 'ptt' | 'sticker' | 'document' | 'location' | 'vcard'

export interface Person {
  /** The address that the phone has them under: `@lid` of those who have one, else `@c.us`. */
  readonly chat: string
  readonly shown: readonly Shown[]
  /** Ids of their own messages that we have marked as read. */
  readonly read: readonly string[]
  /** They see that we are writing. */
  readonly typing: boolean
  /** Each answers the id of the message, as `writes`' `more.id` takes it. */
  writes(text: string, more?: More): string
  sends(kind: FileSort, more?: More & { readonly caption?: string; readonly filename?: string }): string
  /** Anything else: `{type: 'e2e_notification'}`. Notices of WhatsApp's own do not count as unread. */
  does(fields: { readonly type: string; readonly [field: string]: unknown }, more?: More): string
  edits(id: string, text: string): void
  /** All that is chosen now, by name, in the newest poll or in `on`; nothing: the vote is taken back. */
  votes(options: string | readonly string[], on?: Shown): void
  reacts(text: string, on?: Shown): void
  /** Opens the chat: all that is shown has been read. */
  reads(): void
  /** Is not on WhatsApp any more. */
  leaves(): void
}

/** As an Android phone makes them. */
export const makeId = () => randomUUID().replaceAll('-', '').toUpperCase()

export class People {
  readonly #world: World
  readonly #all: OnePerson[] = []

  constructor(world: World) {
    this.#world = world
  }

  meet(phone: string, who: Who): OnePerson {
    const known = this.#all.find(person => person.phone === `${phone}@c.us`)
    if (known) return known
    const person = new OnePerson(phone, who, this.#world)
    this.#all.push(person)
    return person
  }

  /** By the address of a chat. */
  find(address: string): OnePerson | undefined {
    return this.#all.find(({ phone, lid }) => phone === address || lid === address)
  }

  /** Which @lid is which phone. */
  get known(): readonly { readonly lid: string; readonly phone: string }[] {
    return this.#all.flatMap(({ mapping }) => (mapping ? [mapping] : []))
  }
}

const notices = new Set([
  'e2e_notification',
  'gp2',
  'call_log',
  'notification_template',
  'protocol',
  'ciphertext',
])

export class OnePerson implements Person {
  readonly phone: string
  readonly lid: string | undefined
  readonly shown: Shown[] = []
  readonly read: string[] = []
  typing = false
  left = false
  #mapping: Mapping
  readonly #world: World

  constructor(phone: string, { lid, mapping = 'known' }: Who, world: World) {
    this.phone = `${phone}@c.us`
    this.lid = lid === undefined ? undefined : `${lid}@lid`
    this.#mapping = mapping
    this.#world = world
  }

  get chat(): string {
    return this.lid ?? this.phone
  }

  get mapping(): { readonly lid: string; readonly phone: string } | undefined {
    const { lid, phone } = this
    return lid !== undefined && this.#mapping === 'known' ? { lid, phone } : undefined
  }

  asked(): void {
    if (this.#mapping === 'asked') this.#mapping = 'known'
  }

  show(message: Shown): void {
    this.typing = false
    this.shown.push(message)
  }

  writes(text: string, more: More = {}): string {
    return this.does({ type: 'chat', body: text }, more)
  }

  sends(
    kind: FileSort,
    { caption, filename, ...more }: More & { readonly caption?: string; readonly filename?: string } = {},
  ): string {
    const fields = {
      ...files[kind],
      ...(filename === undefined ? {} : { filename }),
      ...(caption === undefined ? {} : { caption }),
    }
    return this.does({ type: kind, ...fields }, more)
  }

  does(
    { type, ...fields }: { readonly type: string; readonly [field: string]: unknown },
    { id, forwarded, at, where, as }: More = {},
  ): string {
    const chats = { group: this.#world.groupId, status: this.#world.statusId }
    const chat = where ? chats[where] : as === 'phone' ? this.phone : this.chat
    const isNotice = notices.has(type)
    const all = {
      type,
      ...fields,
      ...(isNotice ? { isNotification: true } : {}),
      ...(forwarded ? { isForwarded: true, forwardingScore: 1 } : {}),
      ...(at ? { t: Math.floor(at.getTime() / 1000) } : {}),
      ...(id === undefined ? {} : { id }),
    }
    return this.#world.comes(this, chat, all, !isNotice)
  }

  edits(id: string, text: string): void {
    this.#world.edits(id, text)
  }

  votes(options: string | readonly string[], on = this.shown.findLast(({ kind }) => kind === 'poll')): void {
    const names = typeof options === 'string' ? [options] : options
    const localIds = names.map(name => on?.options?.indexOf(name) ?? -1)
    if (!on || localIds.includes(-1)) throw new Error(`no poll with «${names.join('», «')}» is seen`)
    if (names.length > 1 && !on.many) throw new Error('only one option may be chosen')
    this.#world.happened({
      kind: 'vote',
      poll: this.#world.keyOf(on.id),
      options: localIds,
      ...this.#signed(),
    })
  }

  reacts(text: string, on = this.shown.at(-1)): void {
    if (!on) throw new Error('there is nothing to react to')
    this.#world.happened({ kind: 'reaction', to: this.#world.keyOf(on.id), text, ...this.#signed() })
  }

  reads(): void {
    for (const { id } of this.shown) this.#world.ack(id, 3)
  }

  leaves(): void {
    this.left = true
  }

  #signed() {
    const id = { fromMe: false, remote: this.chat, id: makeId() }
    return { id, from: this.chat, at: Date.now() }
  }
}

const uploaded = { directPath: '/v/t62/de-la-persona', mediaKey: 'a2V5', size: 1234 }
/** WhatsApp's small picture of it, which is its `body`. */
const thumbnail = '/9j/4AAQSkZJRgABAQAAAQABAAD'

const files: Readonly<Record<FileSort, object>> = {
  image: { ...uploaded, mimetype: 'image/jpeg', body: thumbnail },
  video: { ...uploaded, mimetype: 'video/mp4', body: thumbnail },
  audio: { ...uploaded, mimetype: 'audio/mpeg' },
  ptt: { ...uploaded, mimetype: 'audio/ogg; codecs=opus', duration: '3' },
  sticker: { ...uploaded, mimetype: 'image/webp' },
  // Of a document without a caption WhatsApp gives the name as one.
  document: { ...uploaded, mimetype: 'application/pdf', filename: 'archivo.pdf', caption: 'archivo.pdf' },
  location: { lat: 19.5042, lng: -99.1469, loc: 'Zacatenco', body: thumbnail },
  vcard: { body: 'BEGIN:VCARD\nVERSION:3.0\nFN:Alguien\nEND:VCARD', vcardFormattedName: 'Alguien' },
}
