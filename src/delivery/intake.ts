/**
 * Handles what a platform pushes to us faster than it can be handled: all of it is stored, sealed, before the platform is
 * answered, and then each person's messages are handled one after the other, also after a crash. `main` puts it between
 * a channel that keeps and its `take`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Keep } from '../channels/channel.ts'
import type { ChannelName } from '../message.ts'
import type { Inbox, InInbox } from '../store/inbox.ts'

export interface Intake {
  readonly keep: Keep
  /** Handles what is there, from this process's life before too, and from now on what comes. */
  start(take: (sealed: string) => Promise<void>): void
  /** Takes no more; resolves when what is under way is handled, or after so long. The rest is the next start's. */
  stop(withinMs: number): Promise<void>
}

export interface IntakeParts {
  readonly channel: ChannelName
  readonly inbox: Inbox
  readonly log: Pick<Logger, 'error'>
}

/** People whose messages are handled at a time. */
const maxPersons = 64
const maxTaken = 5000
/** How often it is looked for what others left. */
const lookMs = 1000
const firstPauseMs = 500
const longestPauseMs = 60_000
/** Whoever has waited so long for an answer has asked somebody else. */
const tooLateMs = 24 * 60 * 60 * 1000

export function createIntake({ channel, inbox, log }: IntakeParts): Intake {
  let take: ((sealed: string) => Promise<void>) | undefined
  /** Of each person who waits or is being attended, in the order in which they came. */
  const queues = new Map<string, InInbox[]>()
  const taken = new Set<string>()
  /** While it is looked what is there: what was handled since may still be in what was read. */
  let handledMeanwhile: Set<string> | undefined
  const stopping = new AbortController()
  let attended = 0
  let waiting: string[] = []
  let looking: NodeJS.Timeout | undefined

  const keep: Keep = async arrived => {
    for (const one of await inbox.keep(channel, arrived)) add(one)
    // The platform waits for its answer: that goes out first.
    setImmediate(attend)
  }

  function add(one: InInbox): void {
    if (taken.has(one.n)) return
    taken.add(one.n)
    const queue = queues.get(one.person)
    if (queue) queue.push(one)
    else {
      queues.set(one.person, [one])
      waiting.push(one.person)
    }
  }

  function attend(): void {
    while (take && !stopping.signal.aborted && attended < maxPersons) {
      const person = waiting.shift()
      if (person === undefined) return
      attended++
      void run(person, queues.get(person) ?? []).finally(() => {
        attended--
        attend()
      })
    }
  }

  async function run(person: string, queue: InInbox[]): Promise<void> {
    for (let one = queue[0]; one && !stopping.signal.aborted; one = queue[0]) {
      const done = await handle(one)
      queue.shift()
      // What could not be noted as done is met again by the next look, and known to the conversation.
      if (!done) continue
      taken.delete(one.n)
      handledMeanwhile?.add(one.n)
    }
    queues.delete(person)
  }

  /** False where it is left for the next start. */
  async function handle(one: InInbox): Promise<boolean> {
    const { sealed, at } = one
    for (let tries = 0; ; tries++)
      try {
        if (Date.now() - at.getTime() < tooLateMs) await take?.(sealed)
        else log.error({ channel }, 'a message waited too long and is not answered')
        await inbox.done(channel, one)
        return true
      } catch (error) {
        log.error({ channel, err: error }, 'a message was not handled')
        const pauseMs = Math.min(firstPauseMs * 2 ** tries, longestPauseMs)
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
        if (stopping.signal.aborted) return false
      }
  }

  async function look(): Promise<void> {
    const since = new Set<string>()
    handledMeanwhile = since
    try {
      for (const one of await inbox.waiting(channel, maxTaken)) if (!since.has(one.n)) add(one)
      attend()
    } catch (error) {
      log.error({ channel, err: error }, 'inbox not read')
    }
    handledMeanwhile = undefined
    if (!stopping.signal.aborted) looking = setTimeout(() => void look(), lookMs)
  }

  return {
    keep,
    start(to) {
      take = to
      void look()
    },
    async stop(withinMs) {
      stopping.abort()
      clearTimeout(looking)
      waiting = []
      const late = AbortSignal.timeout(withinMs)
      while (attended > 0 && !late.aborted) await sleep(20)
    },
  }
}
