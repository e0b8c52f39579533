/**
 * Sends what the outbox holds, for every channel that sends by itself: at once after the turn, in order for each chat,
 * and decides alone what a SendError means. `handle` hands it the replies, `main` starts and stops it.
 */
import type { Logger } from 'pino'
import type { Channel, NoteReceipts, Receipt, SendError as Refusal } from '../channels/channel.ts'
import { SendError } from '../channels/channel.ts'
import { fitInto } from '../channels/fit.ts'
import type { ChannelName, Outgoing } from '../message.ts'
import type { Entry, Outbox, Sent, TurnedBack, Waiting } from '../store/outbox.ts'
import { Pace, type Slot } from './pace.ts'

/** One message on its way; `version` 0 where nothing of it is kept (all was just deleted). */
export type Send = Waiting

export interface Delivery {
  /** A reply in the form that the channel takes: before it is stored, so that each row is one message. */
  fit(channel: ChannelName, reply: Outgoing): readonly Outgoing[]
  /**
   * What one turn says. Resolves when all of it has come to an end, good or bad. `behind`: earlier replies of the chat
   * were still to be sent when it was stored.
   */
  deliver(sends: readonly Send[], behind: boolean): Promise<void>
  /** What platforms say later of what they took. What they had no time for is sent again. */
  readonly note: NoteReceipts
  /** Takes over what was left by processes that have ended, now and from time to time. */
  start(): Promise<void>
  /** Goes on with what waits for at most so long, and leaves the rest to the next start. */
  stop(withinMs: number): Promise<void>
  /** So many messages came in just now. */
  heard(channel: ChannelName, messages: number): void
  /** How many unasked messages of a channel are here to be sent: whoever hands in more keeps it small. */
  unasked(channel: ChannelName): number
  /** Since the start. */
  readonly counts: Readonly<Record<'sent' | 'retried' | 'failed' | 'uncertain', number>>
}

export interface DeliveryParts {
  readonly channels: readonly Channel[]
  readonly outbox: Outbox
  readonly clock: () => Date
  /** Nothing is to be said unasked at this moment. */
  readonly isQuiet: (at: Date) => boolean
  readonly log: Pick<Logger, 'warn' | 'error' | 'info'>
}

const firstPauseMs = 500
const longestPauseMs = 60_000
/** What could not be said for a day is of no use any more: Telegram drops what it could not hand to us as well. */
const tooLateMs = 24 * 60 * 60 * 1000
/** How often it is looked for what others left, or what was put in our way while we sent for the same chat. */
const lookMs = 1000
const maxTaken = 5000
/** So often a message goes out again that was taken and not delivered. */
const maxResent = 3
const maxRemembered = 10_000
/** Longer than a look at the outbox takes. */
const rememberedMs = 30_000

interface Back extends TurnedBack {
  readonly pauseMs?: number | undefined
}

/** It is there while it runs. */
interface Lane {
  readonly queue: { readonly send: Send; readonly done: () => void }[]
}

export function createDelivery({ channels, outbox, clock, isQuiet, log }: DeliveryParts): Delivery {
  const byName = new Map(channels.map(channel => [channel.name, { channel, pace: new Pace(channel.rates) }]))
  const lanes = new Map<string, Lane>()
  const counts = { sent: 0, retried: 0, failed: 0, uncertain: 0 }
  /** What came into a lane of ours, and for a while what left it: it may be met again in what was read meanwhile. */
  const taken = new Map<string, Send>()
  const unasked = new Map<ChannelName, number>()
  /** How often the platform has taken one and then not delivered it. */
  const resent = new Map<string, number>()
  const stopping = new AbortController()
  let looking: NodeJS.Timeout | undefined
  let ending = false

  async function deliver(sends: readonly Send[], behind: boolean): Promise<void> {
    const [first] = sends
    if (!first) return
    // What comes before may have been stored by another process, as ours to send, and not be in the lane yet.
    const last = lanes.get(first.chat)?.queue.at(-1)?.send.version
    const known = !behind || last === first.version - 1
    const all = known ? sends : await outbox.waitingFor(first.chat).catch(unread)
    await Promise.all(all.map(enqueue))
  }

  function enqueue(send: Send): Promise<void> {
    const name = nameOf(send)
    if (stopping.signal.aborted || taken.has(name)) return Promise.resolve()
    if (send.version > 0) taken.set(name, send)
    // What nobody asked for may have to wait for long, and no reply waits behind it.
    const key = send.unasked ? `${send.chat} unasked` : send.chat
    const running = lanes.get(key)
    const lane: Lane = running ?? { queue: [] }
    lanes.set(key, lane)
    if (send.unasked) count(send.channel, 1)
    return new Promise(done => {
      const end = () => {
        // Taken back meanwhile, it may be here for the second time.
        setTimeout(() => taken.get(name) === send && taken.delete(name), rememberedMs).unref()
        if (send.unasked) count(send.channel, -1)
        done()
      }
      lane.queue.push({ send, done: end })
      if (!running) void run(key, lane)
    })
  }

  const count = (channel: ChannelName, by: number) => unasked.set(channel, (unasked.get(channel) ?? 0) + by)

  /** One chat's messages, one after the other. */
  async function run(key: string, lane: Lane): Promise<void> {
    for (let next = lane.queue[0]; next; next = lane.queue[0]) {
      const left = await take(next.send)
      lane.queue.shift()
      next.done()
      // Nothing behind it may overtake what is left for the next start; nobody is there any more to read the rest.
      if (!left) continue
      for (const { send, done } of lane.queue.splice(0)) {
        if (send.unasked) taken.delete(nameOf(send))
        done()
      }
    }
    lanes.delete(key)
  }

  /** Tries until it has an end. True where the rest of the chat's queue has come to an end with it. */
  async function take(send: Send): Promise<boolean> {
    const way = byName.get(send.channel)
    if (!way) return true
    for (let tries = 0; ; tries++) {
      const slot = await enter(way.pace, send)
      if (!slot) return true
      if (send.unasked && !(await mayBegin(send))) {
        way.pace.leave(slot)
        return true
      }
      if (!(await way.pace.ready(slot))) {
        way.pace.leave(slot)
        continue
      }
      slot.calledAt = performance.now()
      const done = await attempt(way.channel, send)
      const refusal = done instanceof SendError ? done : undefined
      const pauseMs = refusal && pauseOf(refusal, tries)
      const forAll = refusal?.pauseMs !== undefined || refusal?.kind === 'misconfigured'
      // Before the next one may start.
      if (pauseMs !== undefined && forAll) way.pace.pause(pauseMs)
      way.pace.leave(slot)
      if (!(done instanceof SendError)) return !(await settleSent({ ...send, ...done }))
      // What nobody asked for says itself until when it is of use.
      const late = !send.unasked && clock().getTime() - send.at.getTime() >= tooLateMs
      if (pauseMs === undefined || late) return giveUp(send, done)
      if (send.unasked) await outbox.returned(send).catch(unread)
      if (tries === 0) counts.retried++
      if (done.kind === 'misconfigured' || tries === 0) tell(send, done)
      if (!forAll) await sleep(pauseMs, stopping.signal)
      if (stopping.signal.aborted) return true
    }
  }

  /** Waits until it may go out, to this person and at all. Undefined where it is not to go out any more. */
  async function enter(pace: Pace, { chat, unasked }: Send): Promise<Slot | undefined> {
    for (let waitMs = pace.waitMsFor(chat); waitMs > 0; waitMs = pace.waitMsFor(chat)) {
      await sleep(waitMs, stopping.signal)
      if (stopping.signal.aborted) return undefined
    }
    return pace.enter(unasked)
  }

  /** What nobody asked for is judged at the last moment. What is only to wait is met again with a later look. */
  async function mayBegin(send: Send): Promise<boolean> {
    const now = clock()
    const leave = isQuiet(now) ? 'wait' : await outbox.begin(send, now).catch(unjudged)
    if (leave === 'wait') taken.delete(nameOf(send))
    return leave === 'go'
  }

  function unjudged(error: unknown): 'wait' {
    log.error({ err: error }, 'whether something may be said unasked is not known')
    return 'wait'
  }

  async function attempt(channel: Channel, send: Send): Promise<Pick<Sent, 'receipt'> | Refusal> {
    const { to, message, version: turn, unasked, heardAt } = send
    try {
      const wanted = unasked ? { stillWanted: () => mayBegin(send) } : {}
      const receipt = await channel.send({ to, message, turn, unasked, heardAt, ...wanted })
      counts.sent++
      return { receipt }
    } catch (error) {
      if (error instanceof SendError) return error
      // A fault of ours, and nobody knows how far it came.
      log.error({ channel: channel.name, err: error }, 'send failed')
      return new SendError('uncertain', 'a fault in the program')
    }
  }

  const settleSent = (sent: Sent) => settle(() => (sent.version > 0 ? outbox.sent(sent) : Promise.resolve()))

  async function giveUp(send: Send, refusal: Refusal): Promise<boolean> {
    const uncertain = refusal.kind === 'uncertain'
    counts[uncertain ? 'uncertain' : 'failed']++
    tell(send, refusal)
    if (refusal.kind === 'unreachable') {
      await settle(() => outbox.unreachable(send.chat, clock(), refusal.message))
      return true
    }
    if (send.version === 0) return false
    return !(await settle(() => outbox.failed(send, uncertain ? 'uncertain' : 'failed', refusal.message)))
  }

  /** What is not noted would be sent again by the next start. False where it could not be. */
  async function settle(note: () => Promise<void>): Promise<boolean> {
    for (let tries = 0; ; tries++)
      try {
        await note()
        return true
      } catch (error) {
        log.error({ err: error }, 'what came of a message could not be noted')
        if (stopping.signal.aborted) return false
        await sleep(Math.min(firstPauseMs * 2 ** tries, longestPauseMs), stopping.signal)
      }
  }

  const tell = ({ chat, channel }: Send, { kind, message, pauseMs }: Refusal) =>
    log.warn({ chat, channel, kind, reason: message, pauseMs }, 'not sent')

  async function note(receipts: readonly Receipt[]): Promise<void> {
    const noted = receipts.map(({ id, channel, at, state, refusal }) => ({
      receipt: id,
      channel,
      at,
      state,
      ...(refusal ? { refusal: { kind: refusal.kind, reason: refusal.message } } : {}),
    }))
    await outbox.noted(noted)
    const back = receipts.flatMap(({ id, channel, at, refusal }) =>
      refusal ? [{ id, channel, at, ...refusal, reason: refusal.message }] : [],
    )
    await Promise.all(back.map(takeBack))
  }

  /** It was taken, and came to nothing. What is not named by our own call yet is met again with a later look. */
  async function takeBack({ id, channel, at, kind, reason, pauseMs }: Back): Promise<void> {
    const passing = kind === 'retry' || kind === 'misconfigured'
    const how = passing ? 'waiting' : kind === 'unreachable' ? 'unreachable' : 'failed'
    const entry = await outbox.refused(id, how, reason)
    if (!entry) return
    const { chat } = entry
    log.warn({ chat, channel, kind, reason }, 'taken, and not delivered')
    const again = passing && mayGoAgain(entry)
    counts[again ? 'retried' : 'failed']++
    if (passing && !again) await outbox.failed(entry, 'failed', reason)
    if (kind === 'unreachable') await outbox.unreachable(chat, at, reason)
    if (!again) return
    const pace = byName.get(channel)?.pace
    if (kind === 'misconfigured' || pauseMs !== undefined) pace?.pause(pauseMs ?? longestPauseMs)
    pace?.tire(chat)
    // Sent once, it is to be met again.
    taken.delete(nameOf(entry))
  }

  /** Not for ever: each time costs money, and the platform's patience. */
  function mayGoAgain(entry: Entry): boolean {
    const name = nameOf(entry)
    const times = (resent.get(name) ?? 0) + 1
    resent.set(name, times)
    const [oldest = ''] = resent.size > maxRemembered ? resent.keys() : []
    resent.delete(oldest)
    return times <= maxResent && clock().getTime() - entry.at.getTime() < tooLateMs
  }

  /** It will be, with the next look. */
  function unread(error: unknown): [] {
    log.error({ err: error }, 'outbox not read')
    return []
  }

  /** All that waits for us and is not on its way already. */
  async function look(): Promise<void> {
    const names = [...byName.keys()]
    for (const back of await outbox.turnedBack(names)) await takeBack(back)
    for (const send of await outbox.waiting(names, maxTaken, !isQuiet(clock()))) void enqueue(send)
  }

  /** Now, and again and again. */
  async function keepLooking(): Promise<void> {
    await look().catch(unread)
    if (!ending) looking = setTimeout(() => void keepLooking(), lookMs)
  }

  return {
    fit: (name, reply) => {
      const way = byName.get(name)
      return way ? fitInto(reply, way.channel.limits) : [reply]
    },
    deliver,
    note,
    heard: (name, messages) => byName.get(name)?.pace.heard(messages),
    unasked: channel => unasked.get(channel) ?? 0,
    counts,
    start: async () => {
      if (byName.size > 0) await keepLooking()
    },
    stop: async withinMs => {
      ending = true
      clearTimeout(looking)
      const late = AbortSignal.timeout(withinMs)
      while (lanes.size > 0 && !late.aborted) await sleep(20, late)
      stopping.abort()
      // What is under way when time is up is left to itself: it was not noted as sent, so it will be sent again.
      for (const { pace } of byName.values()) pace.close()
    },
  }
}

const nameOf = ({ chat, version, n, at }: Entry) => `${chat} ${version} ${n} ${at.getTime()}`

/** Growing, and never the same for two chats: those that failed together must not come back together. None where it is no use. */
function pauseOf({ kind, pauseMs }: Refusal, tries: number): number | undefined {
  if (kind === 'misconfigured') return longestPauseMs
  if (kind !== 'retry') return undefined
  if (pauseMs !== undefined) return pauseMs
  return Math.min(firstPauseMs * 2 ** tries, longestPauseMs) * (0.8 + 0.4 * Math.random())
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    if (signal.aborted) return done()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
