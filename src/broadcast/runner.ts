/**
 * Says what is to be said unasked: reminders as they fall due, and broadcasts to one recipient after the other, as fast as
 * each channel allows and never more than it can take up at once. `main` starts it; on each channel one process of all.
 */
import type { Logger } from 'pino'
import { isQuiet } from '../calendar.ts'
import type { Content } from '../content/load.ts'
import type { Conversation } from '../conversation/handle.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Jobs } from '../jobs.ts'
import type { ChannelName } from '../message.ts'
import type { Recipient } from '../store/ledger.ts'
import type { Store } from '../store/store.ts'
import { type Subscriber, unaskedId } from '../store/subscriptions.ts'
import { dueOf } from './due.ts'

export interface RunnerParts {
  readonly store: Pick<Store, 'subscriptions' | 'ledger' | 'broadcasts'>
  readonly conversation: Pick<Conversation, 'prompt' | 'reckon' | 'show' | 'plan'>
  readonly delivery: Pick<Delivery, 'unasked' | 'deliver'>
  readonly jobs: Pick<Jobs, 'work' | 'leave'>
  readonly channels: readonly ChannelName[]
  readonly content: Content
  readonly clock: () => Date
  readonly log: Pick<Logger, 'info' | 'error'>
}

export interface Runner {
  start(): Promise<void>
  /** Begins nothing more; resolves when what it had begun is stored. */
  stop(): Promise<void>
}

/** So many unasked messages of a channel are in this process at a time: little to lose, and never nothing to send. */
const window = 40
const lookMs = 1000
const refillMs = 50
const page = 100
/** So long what is due waits for room before it is left to the next minute. */
const patienceMs = 30_000
const dueJob = (channel: ChannelName) => `recordatorios-${channel}`
export const broadcastsJob = 'difusiones'
const everyMinute = '* * * * *'

export function createRunner(parts: RunnerParts): Runner {
  const { store, conversation, delivery, jobs, channels, content, clock, log } = parts
  const { subscriptions, ledger, broadcasts } = store
  /** Each lead of a channel is one of its own: what a former one began ends. */
  const leading = new Map<ChannelName, object>()
  const reminding = new Set<ChannelName>()
  /** To whom a broadcast is being said and not stored yet. */
  const saying = new Set<string>()
  const begun = new Set<Promise<unknown>>()
  let stopping = false

  const room = (channel: ChannelName) => window - delivery.unasked(channel)
  const isStill = () => isQuiet(clock(), content.avisos.silencio)

  // ---- reminders ----

  /** As many as there is room for: who is left is still due with the next call, a minute later at most. */
  async function remind(channel: ChannelName): Promise<void> {
    if (reminding.has(channel)) return
    reminding.add(channel)
    let last: Subscriber | undefined
    for (let left = patienceMs; left > 0 && !stopping && leading.has(channel) && !isStill(); ) {
      if (room(channel) < window / 2) {
        await sleep(refillMs)
        left -= refillMs
        continue
      }
      const due = await subscriptions.due(clock(), [channel], room(channel), last).catch(failed)
      if (!due || due.length === 0) break
      left = patienceMs
      last = due.at(-1)
      await Promise.all(due.map(say => conversation.prompt(dueOf(say, clock())).catch(failed)))
    }
    reminding.delete(channel)
  }

  /** The content has changed since: what was reckoned with the old one is reckoned anew. */
  async function replan(): Promise<void> {
    for (let after = ''; !stopping; ) {
      const stale = await subscriptions.stale(conversation.plan, page, after)
      for (const { state, ...one } of stale) {
        const now = conversation.reckon(state, { channel: one.channel, to: one.to }, clock())
        if (now) await subscriptions.replan(one, now.proximo, now.faltan, now.plan)
      }
      after = stale.at(-1)?.chat ?? ''
      if (stale.length < page) return
    }
  }

  // ---- broadcasts ----

  /** True where there was something to say. */
  async function sayNext(channel: ChannelName): Promise<boolean> {
    const free = room(channel)
    if (free < window / 2) return true
    const recipients = await ledger.claim(channel, free, clock())
    await Promise.all(recipients.map(sayOne))
    return recipients.length > 0
  }

  async function sayOne(recipient: Recipient): Promise<void> {
    const { announcement, ...subscriber } = recipient
    const { chat } = recipient
    const { difusion } = announcement
    saying.add(chat)
    try {
      const id = `${unaskedId}d${difusion}`
      const at = clock()
      const what = { kind: 'difusion', ...announcement } as const
      const { unsaid } = await conversation.prompt({ ...subscriber, id, at, what })
      if (unsaid) await ledger.skip(difusion, chat, unsaid, at)
    } catch (error) {
      failed(error)
      // Not at once again and again, and nobody else waits for it.
      begin(async () => {
        await sleep(lookMs)
        await ledger.release(difusion, chat)
      })
    } finally {
      saying.delete(chat)
    }
  }

  async function pump(channel: ChannelName, mine: object): Promise<void> {
    for (let was = false; !stopping && leading.get(channel) === mine; ) {
      const busy = !isStill() && (await sayNext(channel).catch(failed))
      const some = delivery.unasked(channel) > 0
      // What was begun last has come to its end.
      if (was && !busy && !some) await turnOver().catch(failed)
      was = busy || some
      await sleep(busy ? refillMs : lookMs)
    }
  }

  /** Begins what is due, ends what is done, and shows members what they want to see first. */
  async function turnOver(): Promise<void> {
    const now = clock()
    // One that cannot be prepared holds up no other.
    for (const id of await broadcasts.due(now))
      await broadcasts.prepare(id, now, content.avisos.confirmaDesde).catch(failed)
    await broadcasts.finish(now).catch(failed)
    for (const { channel, chat, to, announcement } of await ledger.tests(channels)) {
      const at = clock()
      const common = { chat, version: 0, at, channel, to, unasked: false, heardAt: at }
      const messages = conversation.show(announcement, channel)
      void delivery.deliver(
        messages.map((message, i) => ({ ...common, n: i + 1, message })),
        false,
      )
    }
  }

  // ---- who does it ----

  /** On each channel one process; it goes on until it loses the database. */
  async function keepLeading(): Promise<void> {
    while (!stopping) {
      await ledger.adopt([...saying], clock()).catch(failed)
      for (const channel of channels) {
        const leads = await ledger.leads(channel).catch(() => false)
        if (leads && !leading.has(channel)) await lead(channel).catch(failed)
        if (!leads && leading.delete(channel)) await jobs.leave(dueJob(channel)).catch(failed)
      }
      await sleep(lookMs)
    }
  }

  async function lead(channel: ChannelName): Promise<void> {
    await jobs.work(dueJob(channel), everyMinute, () => begin(() => remind(channel)))
    const mine = {}
    leading.set(channel, mine)
    log.info({ channel }, 'this process sends what nobody asked for')
    begin(() => pump(channel, mine))
  }

  /** What is to be over before we stop. */
  function begin(work: () => Promise<void>): Promise<void> {
    const done: Promise<void> = work()
      .catch(error => void failed(error))
      .finally(() => begun.delete(done))
    begun.add(done)
    return done
  }

  function failed(error: unknown): false {
    log.error({ err: error }, 'saying something unasked failed')
    return false
  }

  return {
    start: async () => {
      await jobs.work(broadcastsJob, everyMinute, () => begin(turnOver))
      begin(replan)
      begin(keepLeading)
    },
    stop: async () => {
      stopping = true
      while (begun.size > 0) await Promise.allSettled(begun)
    },
  }
}

const sleep = (ms: number) => new Promise<void>(done => void setTimeout(done, ms))
