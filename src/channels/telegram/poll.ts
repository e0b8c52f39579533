/**
 * Asks Telegram for updates (long polling): the adapter runs it where there is no webhook. An update is confirmed, by
 * asking for the next, only when it is handled; grammY's own loop handles one at a time, its runner confirms before.
 */
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { SendError } from '../channel.ts'
import { pollSeconds, type Signal, type TelegramApi, timeLimit } from './api.ts'
import { kinds } from './update.ts'

interface Numbered {
  readonly update_id: number
}

export interface PollParts {
  readonly api: TelegramApi
  /** Rejects where the update could not be handled and is to come again. */
  readonly take: (update: Numbered) => Promise<void>
  readonly log: Pick<Logger, 'warn' | 'error'>
}

const longestPauseMs = 30_000
/** An update that fails so often while others are handled will never do, and holds up all behind it. */
const maxFailures = 3
const firstPauseMs = 1000

/** Runs until the signal; what was received by then is handled when it resolves, and confirmed as far as that goes. */
export async function poll({ api, take, log }: PollParts, signal: AbortSignal): Promise<void> {
  const failures = new Map<number, number>()
  let offset = 0
  let faults = 0
  while (!signal.aborted) {
    try {
      const updates = await api.ask(bot =>
        bot.getUpdates({ offset, timeout: pollSeconds, allowed_updates: kinds }, signal as unknown as Signal),
      )
      const { handled, error } = await handleAll(updates, take, failures)
      offset = handled ?? offset
      if (error) throw error
      faults = 0
    } catch (error) {
      if (signal.aborted) break
      const refused = error instanceof SendError ? error : undefined
      if (refused) log.warn({ reason: refused.message, pauseMs: refused.pauseMs }, 'no updates from Telegram')
      else log.error({ err: error }, 'updates not handled')
      const pauseMs = refused?.pauseMs ?? Math.min(firstPauseMs * 2 ** faults++, longestPauseMs)
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
  await confirm(api, offset)
}

/**
 * All at once, in the order of their numbers; `handled` is what to go on with: nothing behind a fault is confirmed.
 * `failures` counts how often each has failed while another was handled.
 */
async function handleAll(
  updates: readonly Numbered[],
  take: PollParts['take'],
  failures: Map<number, number>,
): Promise<{ handled?: number; error?: unknown }> {
  const sorted = updates.toSorted((a, b) => a.update_id - b.update_id)
  const results = await Promise.allSettled(sorted.map(update => take(update)))
  const working = results.some(({ status }) => status === 'fulfilled')
  let handled: number | undefined
  for (const [i, { update_id: id }] of sorted.entries()) {
    const result = results[i]
    if (result?.status === 'rejected') {
      const times = (failures.get(id) ?? 0) + (working ? 1 : 0)
      failures.set(id, times)
      if (times < maxFailures) return { ...(handled ? { handled } : {}), error: result.reason }
    }
    failures.delete(id)
    handled = id + 1
  }
  return handled ? { handled } : {}
}

/** So that the next start is not given again what this one handled. It would know them, so this may fail. */
async function confirm(api: TelegramApi, offset: number): Promise<void> {
  if (offset === 0) return
  await api.ask(bot => bot.getUpdates({ offset, limit: 1, timeout: 0 }, timeLimit(1))).catch(() => {})
}
