/**
 * What the contract asks of a channel's stage: how a person does things there, what that person sees, and what the channel
 * cannot have, with the reason. Each file beside this one has one stage; contract.ts holds them to the same tests.
 */

import type { Channel, Post, SendErrorKind } from '../../../src/channels/channel.ts'
import type { Attached } from '../../../src/channels.ts'
import type { FileKind, Incoming, Turn } from '../../../src/message.ts'

/** A message as it is seen now. */
export interface Seen {
  readonly text: string
  /** What can be pressed under it, without the numbers. */
  readonly buttons: readonly string[]
}

export interface Person {
  readonly seen: readonly Seen[]
  write(text: string): Promise<void>
  /** False where there is no such button to be had. */
  press(label: string): Promise<boolean>
  /** The platform brings the last message once more. */
  readonly again?: () => Promise<void>
  readonly send?: (kind: FileKind, caption?: string) => Promise<void>
  /** Somebody writes to this person in the guide's own name: the channel tells us of it too. */
  readonly echo?: (text: string) => Promise<void>
}

/** What a channel may lack. */
export const parts = [
  'own messages',
  'redelivery',
  'files',
  'other files',
  'captions',
  'sending',
  'retry with a pause',
  'retry',
  'rejected',
  'unreachable',
  'uncertain',
  'misconfigured',
] as const
export type Part = (typeof parts)[number]
export type Lacks = Partial<Readonly<Record<Part, string>>>

export type Trouble = Extract<Part, SendErrorKind | 'retry with a pause'>

/** How one chooses from so many: by button, or by writing its number or, where it has none, its word. */
export type Way = 'button' | 'number' | 'word'

export interface Stage {
  /** A new one each time. */
  person(): Promise<Person>
  /** Resolves when all that `act` makes of turns is answered, and seen. */
  after(turns: number, act: () => Promise<unknown>): Promise<void>
  readonly handled: readonly Handled[]
  /** How long the conversation waits before it takes a message. */
  thinkMs: number
  /** Messages that are being handled. */
  readonly underWay: number
  readonly logged: readonly string[]
  /** What must be in no log. */
  readonly secrets: readonly string[]
  readonly sending?: Sending
  /** Takes no more messages; resolves when those that came are handled. */
  stop(): Promise<void>
  close(): Promise<void>
}

export interface Handled {
  readonly incoming: Incoming
  readonly turn: Turn
}

export interface Sending {
  readonly channel: Channel
  /** While it is set: how many replies waited in the database at each send. */
  watch: number[] | undefined
  readonly troubles: Troubles
}

/** Each brings it about on the platform, for the next message to this person. */
export type Troubles = Partial<Readonly<Record<Trouble, (person: Person) => Promise<Ordered>>>>

export interface Ordered {
  /** Another address than the person's: of somebody who is not there. */
  readonly to?: string
  readonly end?: () => void | Promise<void>
}

export interface StageMaker {
  readonly name: string
  readonly lacks: Lacks
  /** The ways of choosing, by how many there are to choose from. */
  readonly ways: Readonly<Record<number, readonly Way[]>>
  /** The most letters of a message; the platform makes several of more. */
  readonly longest: number
  open(): Promise<Stage>
}

export const postTo = (to: string, text: string): Post => ({
  to,
  message: { text },
  turn: 0,
  unasked: false,
  heardAt: new Date(),
})

/** As src/channels.ts makes them. */
export type Attach = Omit<Attached, 'title' | 'way' | 'status'>
