/**
 * When the next message of a channel may go out: not while the platform wants silence, not too many in a second or to one
 * person, and always with room left for replies. `delivery.ts` asks it before each send.
 */
import type { Rates } from '../channels/channel.ts'

/** At a time: a reply needs some 100 ms at a platform, so this is far more than any of them allows in a second. */
const maxUnderWay = 64
/** Of these, what only replies may use. */
const keptForReplies = 16
/** Where a channel says nothing of how often it may be called. */
const usualPerSecond = 25
/** Of time lost by late timers. */
const madeUpMs = 50
/** So much before its time an unasked message has its turn: longer than it takes to ask the database about it. */
const aheadMs = 100
const secondMs = 1000
/** Clocks tell whole milliseconds. */
const roundedMs = 2

/** One call in what a second may hold. It came to the platform some time between its start and its end. */
export interface Slot {
  /** When it no longer counts, as far as is known. */
  freeAt: number
  /** An unasked one is given its turn a little early, so that it can be asked whether it may go at all. */
  readonly notBefore: number
  /** When the call itself began; whoever has the slot sets it right before. */
  calledAt?: number
}

interface Waiting {
  readonly go: (slot: Slot | undefined) => void
}

export class Pace {
  readonly #perSecond: number
  readonly #rates: Rates | undefined
  readonly #toOne: Persons | undefined
  /** Of the calls that may still count at the platform, oldest first. */
  #slots: Slot[] = []
  readonly #ways = new Ways()
  #underWay = 0
  #pausedUntil = 0
  #nextUnasked = 0
  #lastUnasked = Number.NEGATIVE_INFINITY
  #closed = false
  readonly #replies: Waiting[] = []
  readonly #unasked: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(rates?: Rates) {
    this.#rates = rates
    this.#perSecond = rates?.perSecond ?? usualPerSecond
    this.#toOne = rates?.toOne && new Persons(rates.toOne)
  }

  /** How long the next message to this person has to wait; with 0 it counts as sent. */
  waitMsFor(person: string): number {
    return this.#toOne?.take(person, performance.now()) ?? 0
  }

  /** The platform has had too much for this person. */
  tire(person: string): void {
    this.#toOne?.empty(person, performance.now())
  }

  /** So many came in, which some platforms count as well. */
  heard(messages: number): void {
    if (!this.#rates?.countsIncoming) return
    const now = performance.now()
    const slots = Array.from({ length: messages }, () => ({ notBefore: now, freeAt: now + secondMs }))
    this.#slots.push(...slots)
  }

  /** Waits for its turn. Undefined once it is closed; else the slot is to be handed to `leave`. */
  enter(unasked: boolean): Promise<Slot | undefined> {
    return new Promise(go => {
      const line = unasked ? this.#unasked : this.#replies
      line.push({ go })
      this.#next()
    })
  }

  /**
   * A slot of which no call was made is as one never taken. What came back after so long arrived at the latest the shortest
   * way there and back before that; the next in its place needs at least the shortest way there. So two that share a place
   * never arrive within the same second, and the way itself costs no time; but for a way that is longer there and shorter
   * back than the quickest call's, for which a channel may say a rate below the platform's.
   */
  leave(slot: Slot): void {
    this.#underWay--
    const now = performance.now()
    // The call whose place it was to have may still count.
    if (slot.calledAt === undefined) slot.freeAt = slot.notBefore
    else {
      const wayMs = this.#ways.shortest(now - slot.calledAt, now)
      slot.freeAt = Math.min(slot.freeAt, now - wayMs + secondMs + roundedMs)
    }
    this.#next()
  }

  /** Waits until the call may be made; false where silence has come to be wanted meanwhile. */
  async ready({ notBefore }: Slot): Promise<boolean> {
    const waitMs = notBefore - performance.now()
    if (waitMs > 0) await new Promise<void>(done => void setTimeout(done, Math.ceil(waitMs)))
    return !this.#closed && performance.now() >= this.#pausedUntil
  }

  /** Nothing starts for so long. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + ms)
    this.#next()
  }

  close(): void {
    this.#closed = true
    for (const { go } of [...this.#replies.splice(0), ...this.#unasked.splice(0)]) go(undefined)
    clearTimeout(this.#timer)
  }

  #next(): void {
    clearTimeout(this.#timer)
    if (this.#closed) {
      this.close()
      return
    }
    const now = performance.now()
    if (now < this.#pausedUntil) {
      this.#wake(this.#pausedUntil - now)
      return
    }
    this.#slots = this.#slots.filter(({ freeAt }) => freeAt > now)
    while (this.#replies.length > 0 && this.#underWay < maxUnderWay && this.#mayReply(now))
      this.#start(this.#replies, now)
    if (this.#replies.length > 0) {
      if (this.#underWay < maxUnderWay) this.#wake((this.#nextFree()?.freeAt ?? now) - now)
      return
    }
    if (this.#unasked.length === 0 || this.#underWay >= maxUnderWay - keptForReplies) return
    const place = this.#slots.length < this.#perSecond ? undefined : this.#nextFree()
    const notBefore = Math.max(now, this.#nextUnasked, place?.freeAt ?? 0)
    if (notBefore - now > aheadMs) {
      this.#wake(notBefore - now - aheadMs)
      return
    }
    this.#slots = this.#slots.filter(slot => slot !== place)
    this.#nextUnasked = Math.max(this.#nextUnasked, notBefore - madeUpMs) + secondMs / this.#perSecond
    this.#lastUnasked = notBefore
    this.#start(this.#unasked, notBefore)
    this.#next()
  }

  /** Replies alone are not bound by what a platform allows for messages to many, unless it counts all alike. */
  #mayReply(now: number): boolean {
    const bound = this.#rates?.bindsReplies || now - this.#lastUnasked < secondMs
    return !bound || this.#slots.length < this.#perSecond
  }

  #nextFree(): Slot | undefined {
    return this.#slots.reduce<Slot | undefined>(
      (first, slot) => (first && first.freeAt <= slot.freeAt ? first : slot),
      undefined,
    )
  }

  /** Of one that hangs nobody knows when it arrived: it counts for two seconds. */
  #start(line: Waiting[], notBefore: number): void {
    const slot = { notBefore, freeAt: notBefore + 2 * secondMs }
    this.#underWay++
    this.#slots.push(slot)
    line.shift()?.go(slot)
  }

  /** A timer may come a little early. */
  #wake(afterMs: number): void {
    if (Number.isFinite(afterMs))
      this.#timer = setTimeout(() => this.#next(), Math.max(1, Math.ceil(afterMs)))
  }
}

/**
 * The shortest way to the platform and back of late. It is 0 until many calls have been seen over some time: the first ones,
 * which open their connections and crowd a process that has just begun, take longer than those that follow them.
 */
class Ways {
  #sinceMs: number | undefined
  #seen = 0
  #before = 0
  #now = Number.POSITIVE_INFINITY

  shortest(tookMs: number, nowMs: number): number {
    this.#sinceMs ??= nowMs
    if (nowMs - this.#sinceMs > lateMs && this.#seen >= manyCalls) {
      this.#before = this.#now
      this.#now = Number.POSITIVE_INFINITY
      this.#sinceMs = nowMs
      this.#seen = 0
    }
    this.#seen++
    this.#now = Math.min(this.#now, tookMs)
    return Math.min(this.#now, this.#before)
  }
}

const lateMs = 10_000
const manyCalls = 100

/** Messages to each person: a store that each one takes from and time fills up again. */
class Persons {
  readonly #rates: PersonRates
  /** Since when each would be full if nothing more were sent: a person whose time has passed need not be remembered. */
  readonly #fullAt = new Map<string, number>()

  constructor(rates: PersonRates) {
    this.#rates = rates
  }

  take(person: string, now: number): number {
    const { atOnce, everyMs } = this.#rates
    const fullAt = Math.max(this.#fullAt.get(person) ?? now, now)
    const waitMs = fullAt - now - (atOnce - 1) * everyMs
    if (waitMs > 0) return waitMs
    this.#set(person, fullAt + everyMs, now)
    return 0
  }

  empty(person: string, now: number): void {
    this.#set(person, now + this.#rates.atOnce * this.#rates.everyMs, now)
  }

  #set(person: string, fullAt: number, now: number): void {
    if (this.#fullAt.size >= maxPersons)
      for (const [other, at] of this.#fullAt) if (at <= now) this.#fullAt.delete(other)
    this.#fullAt.set(person, fullAt)
  }
}

type PersonRates = NonNullable<Rates['toOne']>

/** Swept when so many are remembered. */
const maxPersons = 10_000
