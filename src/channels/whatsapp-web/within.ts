/** A time limit for what asks WhatsApp Web's page: a page may hang, and then nothing that asks it ever ends. */
import { setTimeout } from 'node:timers/promises'

/** Whoever was asked may still be at it. */
export class TooLate extends Error {
  override readonly name = 'TooLate'
}

/** Rejects with TooLate when time is up. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const stop = new AbortController()
  const late = setTimeout(ms, undefined, { signal: stop.signal }).then(() => {
    throw new TooLate(`no answer within ${ms} ms`)
  })
  late.catch(() => {})
  return Promise.race([work, late]).finally(() => stop.abort())
}
