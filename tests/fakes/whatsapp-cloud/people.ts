/**
 * Who is on the fake WhatsApp: what each person sees on the phone, and what they do, which becomes webhooks. Made by
 * whatsapp-cloud.ts; knows nothing of HTTP. Shapes of messages and persons:
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages and
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids (March 2026).
 */
import { createHash } from 'node:crypto'
import type { Happening } from './hook.ts'
import type { Button, Content, Recipient, Row } from './rules.ts'
import { makeWamid } from './wamid.ts'

/** At least one of phone and BSUID. A BSUID alone: who took a user name and was never known by phone. */
export interface Who {
  readonly phone?: string
  readonly bsuid?: string
  readonly username?: string
}

/** A message of the business as the phone shows it; formatting marks stand as they were sent. */
export interface Shown {
  readonly id: string
  readonly kind: Exclude<Content['kind'], 'reaction'>
  /** Of a file, its caption. */
  readonly text: string
  readonly header?: string
  readonly footer?: string
  readonly buttons: readonly Button[]
  readonly listButton?: string
  readonly rows: readonly Row[]
  readonly file?: {
    readonly name?: string
    readonly type?: string
    readonly bytes?: Buffer
    readonly link?: string
  }
  /** The message that it is a reply to. */
  readonly replyTo?: string
}

export interface More {
  readonly forwarded?: true | 'often'
  /** A message of the business that it is a reply to. */
  readonly replyTo?: string
  readonly at?: Date
  /** Of an earlier message, for doubles. */
  readonly id?: string
}

export type FileSort = 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker'
export type OtherSort = 'location' | 'contacts' | 'order' | 'system' | 'unsupported'

export interface Person {
  readonly phone: string | undefined
  readonly bsuid: string | undefined
  /** Whether the business is told the phone: no longer, where the person takes a user name and the 30 days are over. */
  phoneShown: boolean
  readonly shown: readonly Shown[]
  readonly reactions: readonly { readonly to: string; readonly emoji: string }[]
  /** Their own messages that the business marked as read. */
  readonly read: readonly string[]
  /** Whether "typing…" is seen: until the next message, for 25 seconds at most. */
  readonly typing: boolean
  /** Each returns the id of the message, which is on its way to the webhook. */
  writes(text: string, more?: More): string
  /** A button with this label, of the newest message that has one or of `on`. */
  presses(label: string, on?: Shown): string
  /** A row of a list, by its title. */
  picks(title: string, on?: Shown): string
  sends(
    kind: FileSort | OtherSort,
    more?: More & { readonly caption?: string; readonly filename?: string },
  ): string
  reacts(emoji: string, on?: Shown): string
  /** Any other message: `{type: 'x', x: {…}}`; what is common to all is added. */
  does(message: object, more?: More): string
  /** Is not on WhatsApp any more. */
  leaves(): void
}

interface Around {
  now(): Date
  businessPhone: string
  keepFile(bytes: Buffer, type: string): string
  happened(happening: Happening): void
}

const windowMs = 24 * 3_600_000
const typingMs = 25_000

export class People {
  readonly #around: Around
  readonly #all: OnePerson[] = []

  constructor(around: Around) {
    this.#around = around
  }

  meet(who: string | Who): OnePerson {
    // Since April 2026 everybody comes with a BSUID, those known by phone too.
    const given = typeof who === 'string' ? { phone: who, bsuid: bsuidOf(who) } : who
    if (!given.phone && !given.bsuid) throw new Error('a person needs a phone or a BSUID')
    const known = this.#all.find(
      ({ phone, bsuid }) =>
        (phone !== undefined && phone === given.phone) || (bsuid !== undefined && bsuid === given.bsuid),
    )
    if (known) return known
    const person = new OnePerson(given, this.#all.length + 1, this.#around)
    this.#all.push(person)
    return person
  }

  find(recipient: Recipient): OnePerson | undefined {
    return this.#all.find(person =>
      'phone' in recipient ? person.phone === recipient.phone : person.bsuid === recipient.bsuid,
    )
  }

  /** Whose message it is. */
  author(messageId: string): OnePerson | undefined {
    return this.#all.find(person => person.wrote(messageId))
  }
}

function bsuidOf(phone: string): string {
  const digits = BigInt(`0x${createHash('sha256').update(phone).digest('hex').slice(0, 16)}`)
  return `MX.${String(digits).padStart(20, '1')}`
}

export class OnePerson implements Person {
  readonly phone: string | undefined
  readonly bsuid: string | undefined
  phoneShown = true
  readonly shown: Shown[] = []
  readonly reactions: { readonly to: string; readonly emoji: string }[] = []
  readonly read: string[] = []
  readonly #username: string | undefined
  readonly #name: string
  readonly #around: Around
  readonly #written = new Set<string>()
  #lastWrittenMs = Number.NEGATIVE_INFINITY
  #typingUntilMs = 0
  #left = false

  constructor({ phone, bsuid, username }: Who, number: number, around: Around) {
    this.phone = phone
    this.bsuid = bsuid
    this.#username = username
    this.#name = `Persona ${number}`
    this.#around = around
  }

  // ---- what the platform knows ----

  get typing(): boolean {
    return this.#around.now().getTime() < this.#typingUntilMs
  }

  get reachable(): boolean {
    return !this.#left
  }

  /** The customer service window: 24 hours from the person's last message. */
  get windowOpen(): boolean {
    return this.#around.now().getTime() - this.#lastWrittenMs < windowMs
  }

  wrote(messageId: string): boolean {
    return this.#written.has(messageId)
  }

  /** `wa_id` is there where the business may know the phone. */
  contact(named: boolean): object {
    const username = named && this.#username !== undefined ? { username: this.#username } : {}
    return {
      profile: { name: this.#name, ...username },
      ...(this.phone !== undefined && this.phoneShown ? { wa_id: this.phone } : {}),
      ...(this.bsuid === undefined ? {} : { user_id: this.bsuid }),
    }
  }

  show(message: Shown): void {
    this.#typingUntilMs = 0
    this.shown.push(message)
  }

  react(to: string, emoji: string): void {
    this.reactions.push({ to, emoji })
  }

  /** "Marking a message as read will also mark earlier messages in the conversation as read." */
  mark(messageId: string, typing: boolean): void {
    const all = [...this.#written]
    this.read.splice(
      0,
      this.read.length,
      ...new Set([...this.read, ...all.slice(0, all.indexOf(messageId) + 1)]),
    )
    if (typing) this.#typingUntilMs = this.#around.now().getTime() + typingMs
  }

  // ---- what the person does ----

  writes(text: string, more: More = {}): string {
    return this.does({ type: 'text', text: { body: text } }, more)
  }

  presses(label: string, on?: Shown): string {
    const message = this.#newest(on, ({ buttons }) => buttons.some(({ title }) => title === label))
    const button = message?.buttons.find(({ title }) => title === label)
    if (!message || !button) throw new Error(`no button «${label}» is seen`)
    const { id, title } = button
    const context = { replyTo: message.id }
    // A template's quick reply comes as another type.
    if (id === undefined)
      return this.does({ type: 'button', button: { text: title, payload: title } }, context)
    const interactive = { type: 'button_reply', button_reply: { id, title } }
    return this.does({ type: 'interactive', interactive }, context)
  }

  picks(title: string, on?: Shown): string {
    const message = this.#newest(on, ({ rows }) => rows.some(row => row.title === title))
    const row = message?.rows.find(one => one.title === title)
    if (!message || !row) throw new Error(`no row «${title}» is seen`)
    const interactive = { type: 'list_reply', list_reply: row }
    return this.does({ type: 'interactive', interactive }, { replyTo: message.id })
  }

  sends(
    kind: FileSort | OtherSort,
    { caption, filename, ...more }: More & { readonly caption?: string; readonly filename?: string } = {},
  ): string {
    if (kind in others) return this.does(others[kind as OtherSort], more)
    const { type, mime, bytes, extra } = files[kind as FileSort]
    const file = {
      ...(caption === undefined ? {} : { caption }),
      ...(kind === 'document' ? { filename: filename ?? 'archivo.pdf' } : {}),
      mime_type: mime,
      sha256: createHash('sha256').update(bytes).digest('base64'),
      id: this.#around.keepFile(bytes, mime.split(';')[0] ?? ''),
      ...extra,
    }
    return this.does({ type, [type]: file }, more)
  }

  reacts(emoji: string, on: Shown | undefined = this.shown.at(-1)): string {
    if (!on) throw new Error('there is nothing to react to')
    return this.does({ type: 'reaction', reaction: { message_id: on.id, emoji } })
  }

  does(message: object, more: More = {}): string {
    const { phone, phoneShown, bsuid } = this
    const at = more.at ?? this.#around.now()
    const id = more.id ?? makeWamid((phoneShown ? phone : undefined) ?? bsuid ?? '', 'person')
    const context = this.#contextOf(more)
    this.#written.add(id)
    // A reaction and what the platform says of a person open no window: nobody wrote.
    if (!('type' in message && (message.type === 'reaction' || message.type === 'system')))
      this.#lastWrittenMs = Math.max(this.#lastWrittenMs, at.getTime())
    const what = {
      ...(context ? { context } : {}),
      ...(phone !== undefined && phoneShown ? { from: phone } : {}),
      ...(bsuid === undefined ? {} : { from_user_id: bsuid }),
      id,
      timestamp: String(Math.floor(at.getTime() / 1000)),
      ...message,
    }
    this.#around.happened({ field: 'messages', what, contacts: [this.contact(true)] })
    return id
  }

  leaves(): void {
    this.#left = true
  }

  #contextOf({ forwarded, replyTo }: More): object | undefined {
    if (forwarded) return forwarded === 'often' ? { frequently_forwarded: true } : { forwarded: true }
    return replyTo === undefined ? undefined : { from: this.#around.businessPhone, id: replyTo }
  }

  #newest(on: Shown | undefined, has: (message: Shown) => boolean): Shown | undefined {
    return on ?? this.shown.findLast(has)
  }
}

/** Bytes of a size that a test need not mind. */
const files: Readonly<Record<FileSort, { type: string; mime: string; bytes: Buffer; extra?: object }>> = {
  image: { type: 'image', mime: 'image/jpeg', bytes: Buffer.from('\xff\xd8\xff una foto', 'latin1') },
  video: { type: 'video', mime: 'video/mp4', bytes: Buffer.from('un video') },
  audio: { type: 'audio', mime: 'audio/mpeg', bytes: Buffer.from('una canción'), extra: { voice: false } },
  voice: {
    type: 'audio',
    mime: 'audio/ogg; codecs=opus',
    bytes: Buffer.from('una voz'),
    extra: { voice: true },
  },
  document: { type: 'document', mime: 'application/pdf', bytes: Buffer.from('%PDF-1.7 un papel') },
  sticker: {
    type: 'sticker',
    mime: 'image/webp',
    bytes: Buffer.from('un dibujo'),
    extra: { animated: false },
  },
}

const unsupported = {
  code: 131051,
  title: 'Message type unknown',
  message: 'Message type unknown',
  error_data: { details: 'Message type is currently not supported.' },
}

const others: Readonly<Record<OtherSort, object>> = {
  location: { type: 'location', location: { latitude: 19.5042, longitude: -99.1469, name: 'Zacatenco' } },
  contacts: { type: 'contacts', contacts: [{ name: { formatted_name: 'Alguien', first_name: 'Alguien' } }] },
  order: { type: 'order', order: { catalog_id: '1', text: '', product_items: [] } },
  system: { type: 'system', system: { body: 'User changed number', type: 'user_changed_number' } },
  unsupported: { type: 'unsupported', unsupported: { type: 'poll_creation' }, errors: [unsupported] },
}
