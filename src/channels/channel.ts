/**
 * The port between a channel and the conversation. Web and terminal answer in the request that brought the message,
 * so all they need is `receive` and `history`; sending by ourselves comes with the channels that can.
 */
import type { Address, Incoming, Line, Turn } from '../message.ts'

/** Handles one message to its end: its replies are stored when this resolves. */
export type Receive = (message: Incoming) => Promise<Turn>

/** The newest `limit` turns after a version, oldest first. */
export type History = (from: Address, afterVersion: number, limit: number) => Promise<readonly Line[]>
