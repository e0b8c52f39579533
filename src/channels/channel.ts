/**
 * The port between a channel and the conversation. Web and terminal answer in the request that brought the message,
 * so all they need is `receive` and `history`; sending by ourselves comes with the channels that can.
 */
import type { Address, Choice, Incoming, Turn } from '../message.ts'

/** Handles one message to its end: its replies are stored when this resolves. */
export type Receive = (message: Incoming) => Promise<Turn>

export interface Line {
  /** The turn that it belongs to, counted from 1. */
  readonly version: number
  readonly from: 'persona' | 'guia'
  readonly at: Date
  readonly text: string
  readonly choices?: readonly Choice[]
}

/** The newest `limit` turns after a version, oldest first. */
export type History = (from: Address, afterVersion: number, limit: number) => Promise<readonly Line[]>
