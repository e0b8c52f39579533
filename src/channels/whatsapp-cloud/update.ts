/**
 * What the webhook's POSTs mean to us: which messages came from whom, and what became of ours. Lenient, since Meta adds
 * fields and kinds at any time, and one that we cannot read must not cost the others. The adapter calls it; pure.
 */
import { hash } from 'node:crypto'
import { z } from 'zod'
import type { Body, FileKind } from '../../message.ts'
import type { Receipt, ReceiptState } from '../channel.ts'
import { refusalLater } from './refusal.ts'
import { decodePress } from './render.ts'

/**
 * Whom one can write to: by phone, or by the id that Meta gives a person for this business (BSUID), which is there
 * also where a user name hides the phone. At least one of them.
 */
export const Person = z
  .object({ phone: z.string().optional(), user: z.string().optional() })
  .refine(({ phone, user }) => phone !== undefined || user !== undefined)
export type Person = z.infer<typeof Person>

/** As it is kept until it is handled: dates do not outlive JSON, nor does a form that an older version wrote. */
export const KeptMessage = z.object({
  person: Person,
  wamid: z.string(),
  at: z.coerce.date(),
  body: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('text'),
      text: z.string(),
      how: z.enum(['edited', 'forwarded']).optional(),
      beside: z.literal(true).optional(),
    }),
    z.object({ kind: z.literal('choice'), choice: z.string(), turn: z.number().optional() }),
    z.object({ kind: z.literal('file'), file: z.enum(['sticker', 'photo', 'voice', 'document', 'other']) }),
  ]),
})

export interface Arrived {
  readonly person: Person
  /** As WhatsApp names it: the phone can be read from it. */
  readonly wamid: string
  readonly at: Date
  readonly body: Body
}

export interface News {
  readonly messages: readonly Arrived[]
  readonly receipts: readonly Receipt[]
  /** Not of the form that they should have. */
  readonly unreadable: number
}

const Timestamp = z.union([z.string(), z.number()]).transform(Number)
const Described = z.object({ caption: z.string().optional() }).optional().catch(undefined)
const Pressed = z.object({ id: z.string(), title: z.string() })

/** Of https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages what we look at. */
const Content = z.object({
  type: z.string(),
  text: z.object({ body: z.string() }).optional(),
  button: z.object({ text: z.string() }).optional(),
  interactive: z.object({ button_reply: Pressed.optional(), list_reply: Pressed.optional() }).optional(),
  image: Described,
  video: Described,
  document: Described,
})
type Content = z.infer<typeof Content>

const Message = Content.extend({
  id: z.string().min(1),
  timestamp: Timestamp,
  from: z.string().optional(),
  from_user_id: z.string().optional(),
  group_id: z.string().optional(),
  context: z
    .object({ forwarded: z.boolean().optional(), frequently_forwarded: z.boolean().optional() })
    .optional()
    .catch(undefined),
  edit: z.object({ message: Content }).optional(),
})
type Message = z.infer<typeof Message>

const Contact = z.object({ wa_id: z.string().optional(), user_id: z.string().optional() })
type Contact = z.infer<typeof Contact>

const Status = z.object({
  id: z.string().min(1),
  status: z.string(),
  timestamp: Timestamp,
  errors: z
    .array(z.object({ code: z.number() }))
    .optional()
    .catch(undefined),
})
type Status = z.infer<typeof Status>

const Things = z.array(z.unknown()).catch([])
const Value = z.object({
  metadata: z.object({ phone_number_id: z.string() }),
  contacts: Things,
  messages: Things,
  statuses: Things,
})
const Change = z.object({ field: z.literal('messages'), value: Value })
const Entry = z.object({ changes: Things })
const Posted = z.object({ entry: Things })

/** `now` is the receipt's or message's moment where theirs cannot be. */
export function read(posted: unknown, phoneId: string, now: Date): News {
  const entries = Posted.safeParse(posted).data?.entry ?? []
  const changes = entries.flatMap(entry => Entry.safeParse(entry).data?.changes ?? [])
  // Other fields of the same account are told here too: those we have nothing to do with.
  const all = changes.flatMap(change => Change.safeParse(change).data?.value ?? [])
  const news = all
    .filter(({ metadata }) => metadata.phone_number_id === phoneId)
    .map(value => readValue(value, now))
  return {
    messages: news.flatMap(({ messages }) => messages),
    receipts: news.flatMap(({ receipts }) => receipts),
    unreadable: news.reduce((sum, { unreadable }) => sum + unreadable, 0),
  }
}

function readValue(value: z.infer<typeof Value>, now: Date): News {
  const personOf = peopleIn(readable(Contact, value.contacts))
  const messages = readable(Message, value.messages)
  const statuses = readable(Status, value.statuses)
  const lost = value.messages.length - messages.length + (value.statuses.length - statuses.length)
  return {
    messages: messages.flatMap(message => arrivedOf(message, personOf(message), now) ?? []),
    receipts: statuses.flatMap(status => receiptOf(status, now) ?? []),
    unreadable: lost + messages.filter(message => !personOf(message)).length,
  }
}

const readable = <T>(schema: z.ZodType<T>, things: readonly unknown[]): T[] =>
  things.flatMap(thing => {
    const read = schema.safeParse(thing)
    return read.success ? [read.data] : []
  })

/** Two letters for the country, a dot, and perhaps that of a business with several (ENT). */
const userId = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/
const phoneNumber = /^\+?\d{5,20}$/

const phoneIn = (...given: (string | undefined)[]) =>
  given.find(text => text !== undefined && phoneNumber.test(text))?.replace('+', '')
const userIn = (...given: (string | undefined)[]) =>
  given.find(text => text !== undefined && userId.test(text))

/** What the contacts of a POST tell besides about whoever wrote. */
function peopleIn(contacts: readonly Contact[]): (message: Message) => Person | undefined {
  const byPhone = new Map(contacts.map(contact => [contact.wa_id, contact]))
  const byUser = new Map(contacts.map(contact => [contact.user_id, contact]))
  return ({ from, from_user_id: user }) => {
    const known =
      (from === undefined ? undefined : byPhone.get(from)) ??
      (user === undefined ? undefined : byUser.get(user)) ??
      (from === undefined && user === undefined && contacts.length === 1 ? contacts[0] : undefined)
    const person = {
      phone: phoneIn(from, known?.wa_id),
      user: userIn(user, known?.user_id, from, known?.wa_id),
    }
    return Person.safeParse(person).data
  }
}

function arrivedOf(message: Message, person: Person | undefined, now: Date): Arrived | undefined {
  // What is said in a group is not said to us alone.
  if (!person || message.group_id !== undefined) return undefined
  const at = momentOf(message.timestamp, now)
  // What was signed once stays signed: older than this it is only played back.
  if (now.getTime() - at.getTime() > longestAgoMs) return undefined
  const body = bodyOf(message)
  return body && { person, wamid: message.id, at, body }
}

/** Redelivery goes on for 7 days. */
const longestAgoMs = 8 * 24 * 60 * 60 * 1000

/** Nothing comes from the future. */
function momentOf(seconds: number, now: Date): Date {
  const ms = seconds * 1000
  return ms > 0 && ms <= now.getTime() ? new Date(ms) : now
}

const files: Readonly<Record<string, FileKind>> = {
  sticker: 'sticker',
  image: 'photo',
  video: 'photo',
  audio: 'voice',
  voice: 'voice',
  document: 'document',
  interactive: 'other',
  location: 'other',
  contacts: 'other',
  order: 'other',
  unsupported: 'other',
  unknown: 'other',
}

/** None for what is no message: a reaction, a change of number, one taken back, and kinds that we do not know. */
function bodyOf(message: Message): Body | undefined {
  const { context, edit } = message
  // Only numbers that are used in WhatsApp's own app as well are told of these.
  if (message.type === 'edit') {
    const said = edit && textOf(edit.message)
    return said && { kind: 'text', text: said.text, how: 'edited' }
  }
  const pressed = message.interactive?.button_reply ?? message.interactive?.list_reply
  const press = pressed && decodePress(pressed.id)
  if (press) return { kind: 'choice', ...press }
  // Of another program that used the number, or one whose id was too long: its words say as much.
  if (pressed) return { kind: 'text', text: pressed.title }
  const said = textOf(message)
  if (said) {
    const forwarded = context?.forwarded || context?.frequently_forwarded
    return { kind: 'text', ...said, ...(forwarded ? { how: 'forwarded' } : {}) }
  }
  const file = Object.hasOwn(files, message.type) ? files[message.type] : undefined
  return file && { kind: 'file', file }
}

/** What a picture's caption asks is read; the picture never is. */
function textOf(content: Content): { readonly text: string; readonly beside?: true } | undefined {
  if (content.type === 'text') return content.text && { text: content.text.body }
  if (content.type === 'button') return content.button
  const caption = [content.image, content.video, content.document].find(Boolean)?.caption
  return caption ? { text: caption, beside: true } : undefined
}

const states: Readonly<Record<string, ReceiptState>> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'failed',
}

function receiptOf({ id, status, timestamp, errors }: Status, now: Date): Receipt | undefined {
  const state = Object.hasOwn(states, status) ? states[status] : undefined
  if (!state) return undefined
  const refusal = state === 'failed' ? refusalLater(errors?.[0]?.code) : undefined
  return {
    channel: 'whatsapp-cloud',
    id: idOf(id),
    at: momentOf(timestamp, now),
    state,
    ...(refusal ? { refusal } : {}),
  }
}

/**
 * What a message is called outside of here: its own name holds the number of who wrote or got it, and chance enough that
 * a plain hash tells nothing.
 */
export const idOf = (wamid: string) => hash('sha256', wamid, 'base64url').slice(0, 27)
