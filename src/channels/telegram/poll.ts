/**
 * Asks Telegram for updates (long polling): the adapter runs it where there is no webhook. An update is confirmed, by
 * asking for the next, only when it is handled; grammY's own loop handles one at a time, its runner confirms before.
 */
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { SendError } from '../channel.ts'
import { pollSeconds, type TelegramApi } from './api.ts'
import { kinds } from './update.ts'

export interface PollParts {
  readonly api: TelegramApi
  /** Rejects where the update could not be handled and is to come again. */
  readonly take: (update: { readonly update_id: number }) => Promise<void>
  readonly log: Pick<Logger, 'warn' | 'error'>
  /** Tells whether Telegram answers. */
  readonly tellReady: (ready: boolean) => void
}

const longestPauseMs = 30_000
const firstPauseMs = 1000

/** Runs until the signal; what was received by then is handled when it resolves, and confirmed as far as that goes. */
export async function poll({ api, take, log, tellReady }: PollParts, signal: AbortSignal): Promise<void> {
  let offset = 0
  let faults = 0
  while (!signal.aborted) {
    try {
      const updates = await api.ask(
        bot => bot.getUpdates({ offset, timeout: pollSeconds, allowed_updates: kinds }, signal as never),
        signal,
      )
      tellReady(true)
      const { handled, error } = await handleAll(updates, take)
      offset = handled ?? offset
      if (error) throw error
      faults = 0
    } catch (error) {
      if (signal.aborted) break
      const refused = error instanceof SendError ? error : undefined
      // A fault of the database is logged where it happened; that no update came in time is none.
      tellReady(refused === undefined || refused.pauseMs !== undefined)
      if (refused) log.warn({ reason: refused.message, pauseMs: refused.pauseMs }, 'no updates from Telegram')
      const pauseMs = refused?.pauseMs ?? Math.min(firstPauseMs * 2 ** faults++, longestPauseMs)
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
  await confirm(api, offset)
}

/** All at once, in the order of their numbers; `handled` is what to go on with: nothing behind a fault is confirmed. */
async function handleAll(
  updates: readonly { readonly update_id: number }[],
  take: PollParts['take'],
): Promise<{ handled?: number; error?: unknown }> {
  const sorted = updates.toSorted((a, b) => a.update_id - b.update_id)
  const results = await Promise.allSettled(sorted.map(update => take(update)))
  const failed = results.findIndex(({ status }) => status === 'rejected')
  const last = sorted[failed < 0 ? sorted.length - 1 : failed - 1]
  const fault = results[failed]
  return {
    ...(last ? { handled: last.update_id + 1 } : {}),
    ...(fault?.status === 'rejected' ? { error: fault.reason } : {}),
  }
}

/** So that the next start is not given again what this one handled. It would know them, so this may fail. */
async function confirm(api: TelegramApi, offset: number): Promise<void> {
  if (offset === 0) return
  await api
    .ask(bot => bot.getUpdates({ offset, limit: 1, timeout: 0 }), AbortSignal.timeout(confirmMs))
    .catch(() => {})
}
const confirmMs = 1000
