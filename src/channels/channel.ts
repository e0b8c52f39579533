/**
 * The port between a channel and the rest. Web and terminal answer in the request that brought the message, so all
 * they need is `receive` and `history`; a channel that sends by itself implements `Channel`, and delivery drives it.
 */
import type { Address, ChannelName, Incoming, Line, Outgoing, Turn } from '../message.ts'

/** Handles one message to its end: its replies are stored when this resolves. */
export type Receive = (message: Incoming) => Promise<Turn>

/** The newest `limit` turns after a version, oldest first. */
export type History = (from: Address, afterVersion: number, limit: number) => Promise<readonly Line[]>

/** What a platform takes. `fitInto` brings a reply into this form before it is stored. */
export interface Limits {
  /** Of one message, in UTF-16 code units. */
  readonly text: number
  /** How many choices it shows as buttons; more become a numbered list in the text. */
  readonly buttons: number
}

/** One message on its way out. */
export interface Post {
  /** The channel's own address: what `Incoming.replyTo` said. */
  readonly to: string
  readonly message: Outgoing
  /** The turn that it belongs to; 0 where none was kept. */
  readonly turn: number
}

export interface Channel {
  readonly name: ChannelName
  readonly limits: Limits
  /** Resolves once it is under way; what the platform refuses from then on is logged and tried again. */
  start(receive: Receive): Promise<void>
  /** Resolves once the platform has taken it, or throws a SendError. */
  send(post: Post): Promise<void>
  /** Takes no more messages; resolves when those that came are handled. Sending goes on to work. */
  stop(): Promise<void>
}

/**
 * retry: not taken, may be tried again. rejected: never will be taken. unreachable: the person is not to be had.
 * misconfigured: no message at all goes out until staff mend it. uncertain: it may have arrived or not.
 */
export type SendErrorKind = 'retry' | 'rejected' | 'unreachable' | 'misconfigured' | 'uncertain'

/** Why a message did not go out. The text is for staff: no address, no secret, no text of the message in it. */
export class SendError extends Error {
  override readonly name = 'SendError'
  readonly kind: SendErrorKind
  /** How long the platform wants nobody to be written to. */
  readonly pauseMs: number | undefined
  constructor(kind: SendErrorKind, reason: string, pauseMs?: number) {
    super(reason)
    this.kind = kind
    this.pauseMs = pauseMs
  }
}
