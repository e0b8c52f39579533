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
  /** The longest text beside buttons, in the same units; beside a longer one they become a numbered list too. */
  readonly buttonText: number
}

/** How often a platform may be called, as it says itself. Without it there is only the answer that says too often. */
export interface Rates {
  /** Messages of all kinds together. */
  readonly perSecond: number
  /** Replies too, always; else only while something is sent unasked. */
  readonly bindsReplies?: true
  /** What people write counts as well. */
  readonly countsIncoming?: true
  /** To one person: so many at once, and one more for each `everyMs` that passes. */
  readonly toOne?: { readonly atOnce: number; readonly everyMs: number }
}

/** One message on its way out. */
export interface Post {
  /** The channel's own address: what `Incoming.replyTo` said. */
  readonly to: string
  readonly message: Outgoing
  /** The turn that it belongs to; 0 where none was kept. */
  readonly turn: number
  /** Nobody asked for it. */
  readonly unasked: boolean
  /** Of what nobody asked for: a channel that lets it wait asks again, right before it goes out. */
  readonly stillWanted?: () => Promise<boolean>
  /** When the person was last heard of: platforms forbid to write to those who have not written, or not lately. */
  readonly heardAt: Date
}

/** What the platform says later of a message that it took, in any order and more than once. */
export interface Receipt {
  readonly channel: ChannelName
  /** What `send` resolved with. */
  readonly id: string
  readonly at: Date
  readonly state: ReceiptState
  /** Why it failed. */
  readonly refusal?: SendError
}

export type ReceiptState = 'sent' | 'failed' | 'delivered' | 'read'

/** A message as it came, kept until it is handled; sealed, since it holds a person's own words. */
export interface Kept {
  /** Hashed: the same id twice is one message. */
  readonly id: string
  /** Messages of one person are handled in order. */
  readonly person: string
  readonly sealed: string
}

/** Resolves once they are stored: from then on each is handled, whatever happens to this process. */
export type Keep = (messages: readonly Kept[]) => Promise<void>

/** Resolves once they are noted. */
export type NoteReceipts = (receipts: readonly Receipt[]) => Promise<void>

export interface Channel {
  readonly name: ChannelName
  readonly limits: Limits
  readonly rates?: Rates
  /** Resolves once it is under way; what the platform refuses from then on is logged and tried again. */
  start(receive: Receive): Promise<void>
  /**
   * Resolves once the platform has taken it, or throws a SendError. Where the platform tells later what became of it,
   * with the name that its receipts will have; nothing personal can be read from that.
   */
  send(post: Post): Promise<string | undefined>
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
