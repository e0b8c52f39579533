/**
 * How a reply gets to WhatsApp: what it looks like there, and when it counts as sent. `sendMessage` resolves before the
 * message has left; sent is what WhatsApp's server acknowledged. Where that does not come, the session is started anew
 * and looked at: what it then holds is the truth. The adapter's `send`; throws only SendError.
 */
import type { Logger } from 'pino'
import type { Client, Message, MessageContent, MessageSendOptions } from 'whatsapp-web.js'
import { z } from 'zod'
import type { Outgoing } from '../../message.ts'
import { type Post, SendError } from '../channel.ts'
import { type Acks, shortId } from './acks.ts'
import { loadLibrary } from './client.ts'
import { optionOf } from './read.ts'
import { reasonOf } from './rejections.ts'
import type { Session } from './session.ts'
import { TooLate, within } from './within.ts'

export interface PostParts {
  readonly session: Pick<Session, 'connected' | 'giveUp' | 'isAlive'>
  readonly acks: Acks
  readonly log: Pick<Logger, 'warn'>
  /** For the server's acknowledgement; for tests shorter. */
  readonly ackMs?: number
}

const usualAckMs = 10_000
/** Without a connection it is tried again after so long. */
const waitMs = 5000
/** A page that takes longer for one message has come to a stop. */
const pageMs = 20_000
/** A session that was thrown away is back within 30 s. */
const backMs = 60_000
/** Our own newest messages of a chat, among which one is looked for. */
const newest = 10
/** WhatsApp counts whole seconds, and by another clock than ours. */
const slackMs = 120_000

/** What was tried: how it is known again, where the page did not tell its id. */
interface Attempt {
  readonly chat: string
  readonly text: string
  readonly since: number
  readonly id: string | undefined
}

interface Written {
  readonly content: MessageContent
  readonly options: MessageSendOptions
  /** As it is read back. */
  readonly text: string
}

/** Resolves with WhatsApp's id of the message. */
export async function sendPost(parts: PostParts, chat: string, post: Post): Promise<string> {
  const id = await deliver(parts, chat, post)
  parts.acks.claim(id)
  return shortId(id)
}

async function deliver(parts: PostParts, chat: string, { message, unasked }: Post): Promise<string> {
  const { session, ackMs = usualAckMs } = parts
  // Nobody waits here: the governor has looked at the switch just now.
  const client = await session.connected(0)
  if (!client) throw notConnected()
  const written = await write(message)
  const since = Date.now()
  const given = await give(client, chat, written)
  if (given.unknown) throw new SendError(unasked ? 'unreachable' : 'retry', 'WhatsApp knows no such person')
  const attempt: Attempt = { chat, text: written.text, since, id: given.id }
  // A page that took too long may still do it, until it is closed.
  const here: Fate = given.late ? { fate: 'unknown' } : await fateOf(parts, client, attempt, ackMs)
  if (here.fate === 'sent') return here.id
  if (here.fate === 'absent') throw new SendError('retry', `the page did not take it: ${given.reason}`)
  session.giveUp(client, 'a message without acknowledgement')
  const next = await session.connected(backMs)
  const after = next && (await fateOf(parts, next, attempt, 0))
  // What WhatsApp Web kept it sends when it is back.
  const last = after?.fate === 'pending' ? await fateOf(parts, next as Client, attempt, ackMs) : after
  if (last?.fate === 'sent') return last.id
  if (last?.fate === 'absent') throw new SendError('retry', 'WhatsApp never got it')
  throw new SendError('uncertain', 'no acknowledgement from WhatsApp')
}

export const notConnected = () => new SendError('retry', 'WhatsApp Web is not connected', waitMs)

/** One message: a poll where something is asked, a document where a file goes with it, else a text with its choices. */
async function write({ text, choices = [], file }: Outgoing): Promise<Written> {
  const { MessageMedia, Poll } = await loadLibrary()
  const options = choices.map(optionOf)
  // Before a poll is read its question is trimmed; one option alone is no poll.
  if (options.length > 1 && !file && text.includes('¿'))
    return { content: new Poll(text, options), options: common, text: text.trim() }
  const whole = options.length > 0 ? `${text}\n\n${options.join('\n')}` : text
  if (!file) return { content: whole, options: common, text: whole }
  const media = new MessageMedia(file.type, file.data, file.name)
  return { content: media, options: { ...common, caption: whole, sendMediaAsDocument: true }, text: whole }
}

/** Read marks are the intake's; a preview would be asked of the linked page, and a text that looks like a contact is a text. */
const common: MessageSendOptions = { sendSeen: false, linkPreview: false, parseVCards: false }

interface Given {
  readonly id?: string
  readonly reason: string
  /** The page has not come to an end with it. */
  readonly late?: boolean
  /** The page knows no such person; in some versions of it nobody at all, so who wrote just now is tried again. */
  readonly unknown?: boolean
}

async function give(client: Client, chat: string, { content, options }: Written): Promise<Given> {
  try {
    const sent = await within(pageMs, client.sendMessage(chat, content, options))
    return { id: sent?.id._serialized, reason: 'it said nothing' }
  } catch (error) {
    const reason = reasonOf(error)
    const unknown = /No LID for user|invalid wid/i.test(reason)
    return { reason, unknown, late: error instanceof TooLate }
  }
}

type Fate =
  | { readonly fate: 'sent'; readonly id: string }
  | { readonly fate: 'absent' | 'pending' | 'unknown' }

/** What a client says became of it, within the time that an acknowledgement takes. */
async function fateOf(
  { acks, session, log }: PostParts,
  client: Client,
  attempt: Attempt,
  ackMs: number,
): Promise<Fate> {
  const known = attempt.id ?? (await find(acks, client, attempt).catch(() => 'unknown' as const))
  if (known === undefined) return { fate: 'absent' }
  if (known === 'unknown') return { fate: 'unknown' }
  const state = await acks.reach(known, ackMs, () => session.isAlive(client))
  if (state === 'failed') throw new SendError('rejected', 'WhatsApp refused it')
  if (state) return { fate: 'sent', id: known }
  try {
    const message = await within(pageMs, client.getMessageById(known))
    if (!message) return { fate: 'absent' }
    if (message.ack < 0) throw new SendError('rejected', 'WhatsApp refused it')
    return message.ack >= 1 ? { fate: 'sent', id: known } : { fate: 'pending' }
  } catch (error) {
    if (error instanceof SendError) throw error
    log.warn({ reason: reasonOf(error) }, 'WhatsApp Web could not be asked for a message')
    return { fate: 'unknown' }
  }
}

const Captioned = z.looseObject({ caption: z.string().optional().catch(undefined) })

/** Our message in the chat that says this and was not there before. */
async function find(acks: Acks, client: Client, { chat, text, since }: Attempt): Promise<string | undefined> {
  const messages = await within(
    pageMs,
    client.getChatById(chat).then(found => found.fetchMessages({ limit: newest, fromMe: true })),
  )
  const isIt = (message: Message) =>
    message.timestamp * 1000 >= since - slackMs &&
    !acks.isClaimed(message.id._serialized) &&
    // A document's body may be a small picture of it.
    [message.body, Captioned.parse(message.rawData).caption].includes(text)
  return messages.findLast(isIt)?.id._serialized
}
