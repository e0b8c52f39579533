/**
 * What whatsapp-web.js's messages, edits and votes mean to us: parses what it hands over with zod and says who wrote what
 * in private, or nothing. Intake calls it with whatever came; pure.
 */
import { z } from 'zod'
import type { Body, Choice, FileKind } from '../../message.ts'

/** An id as the library gives it: as text, or as an object of WhatsApp's own. */
const Wid = z
  .union([z.string(), z.looseObject({ _serialized: z.string() })])
  .transform(id => (typeof id === 'string' ? id : id._serialized))

/** Of a message's own data what we look at. */
const Message = z.looseObject({
  id: z.looseObject({ id: z.string(), fromMe: z.boolean(), remote: Wid, _serialized: z.string().optional() }),
  type: z.string(),
  t: z.number(),
  body: z.string().optional().catch(undefined),
  caption: z.string().optional().catch(undefined),
  filename: z.string().optional().catch(undefined),
  isForwarded: z.boolean().optional().catch(undefined),
  broadcast: z.boolean().optional().catch(undefined),
  latestEditSenderTimestampMs: z.number().optional().catch(undefined),
})
type Message = z.infer<typeof Message>

/** An object with a vote that comes, a text (`true_<chat>_<id>`) with one that is looked up. */
const PollKey = z.union([
  z.string().transform(key => {
    const [fromMe, remote = '', id = ''] = key.split('_')
    return { fromMe: fromMe === 'true', remote, id }
  }),
  z.looseObject({ fromMe: z.boolean(), remote: Wid, id: z.string() }),
])

const Vote = z.looseObject({
  voter: Wid,
  selectedOptions: z.array(z.looseObject({ name: z.string() })),
  parentMsgKey: PollKey,
  interractedAtTs: z.number().optional().catch(undefined),
  parentMessage: z.looseObject({ body: z.string(), from: Wid.optional() }),
})

/** Something that one person wrote to us alone. */
export interface Said {
  /** The person's own chat, by phone (`@c.us`) or without (`@lid`). */
  readonly chat: string
  /** The same where it comes twice. */
  readonly id: string
  readonly at: Date
  readonly body: Body
}

/** A choice made in a poll of ours. */
export interface Voted {
  readonly chat: string
  readonly id: string
  /** Absent where WhatsApp does not tell. */
  readonly at?: Date
  readonly poll: string
  readonly option: string
}

/** `raw`: a message's own data. */
export function readMessage(raw: unknown): Said | undefined {
  const message = Message.safeParse(raw).data
  if (!message || !isPrivate(message)) return undefined
  const body = bodyOf(message, captionOf(message))
  return body && said(message, message.id.id, body)
}

/** The texts before and after. WhatsApp Web says the same of a text that was only now deciphered: that is no edit. */
export function readEdit(raw: unknown, after: unknown, before: unknown): Said | undefined {
  const message = Message.safeParse(raw).data
  if (!message || !isPrivate(message)) return undefined
  if (typeof after !== 'string' || typeof before !== 'string') return undefined
  // A picture's body is a small picture of it, which comes and goes.
  const own = message.type === 'chat' ? message.body : captionOf(message)
  if (after === before || before === '' || after !== own) return undefined
  const beside = message.type === 'chat' ? {} : { beside: true as const }
  return said(message, `${message.id.id} ${after}`, { kind: 'text', text: after, how: 'edited', ...beside })
}

/** The whole id of a poll of ours, by which its votes are looked up. */
export function readPoll(raw: unknown): string | undefined {
  const message = Message.safeParse(raw).data
  if (message?.type !== 'poll_creation' || !message.id.fromMe) return undefined
  return message.id._serialized
}

/** Said from this number, by us or by hand on the phone. */
export const isOurs = (raw: unknown) => Message.safeParse(raw).data?.id.fromMe ?? false

/** One option of one poll counts once, however often it is chosen. */
export function readVote(raw: unknown): Voted | undefined {
  const vote = Vote.safeParse(raw).data
  const [option] = vote?.selectedOptions ?? []
  if (!vote || !option) return undefined
  const { voter, parentMsgKey: key, parentMessage: poll, interractedAtTs: ms } = vote
  const asked = key.fromMe && isOnePerson(key.remote) && isOnePerson(voter)
  // On the paired phone somebody may vote in our own name.
  if (!asked || voter === poll.from) return undefined
  const at = ms === undefined ? {} : { at: new Date(ms) }
  return { chat: voter, id: `${key.id} ${option.name}`, ...at, poll: poll.body, option: option.name }
}

/** Labels stand in a poll with their numbers: options must differ, and in words of theirs people name the number. */
export const optionOf = ({ label }: Choice, index: number) => `${index + 1}. ${label}`

const said = ({ id, t }: Message, own: string, body: Body): Said => ({
  chat: id.remote,
  id: own,
  at: new Date(t * 1000),
  body,
})

/** No group, status, channel or mailing list; nor WhatsApp's own number 0. */
const isPrivate = ({ id, broadcast }: Message) => !id.fromMe && !broadcast && isOnePerson(id.remote)

export const isOnePerson = (id: string) => /^[1-9]\d*@(?:c\.us|lid)$/.test(id)

const files: Readonly<Record<string, FileKind>> = {
  sticker: 'sticker',
  image: 'photo',
  video: 'photo',
  ptv: 'photo',
  ptt: 'voice',
  audio: 'voice',
  document: 'document',
  location: 'other',
  vcard: 'other',
  multi_vcard: 'other',
  poll_creation: 'other',
  event_creation: 'other',
  scheduled_event_creation: 'other',
  groups_v4_invite: 'other',
  product: 'other',
  order: 'other',
  payment: 'other',
  interactive: 'other',
  unknown: 'other',
}

/** None of what WhatsApp writes there by itself: notices, calls, reactions, what was deleted. */
function bodyOf({ type, body, isForwarded }: Message, caption: string | undefined): Body | undefined {
  const how = isForwarded ? { how: 'forwarded' as const } : {}
  if (type === 'chat') return body ? { kind: 'text', text: body, ...how } : undefined
  const file = Object.hasOwn(files, type) ? files[type] : undefined
  if (!file) return undefined
  return caption ? { kind: 'text', text: caption, beside: true, ...how } : { kind: 'file', file }
}

/** WhatsApp gives a document's name where nobody wrote anything beside it. */
const captionOf = ({ caption, filename }: Message) => (caption === filename ? undefined : caption)
