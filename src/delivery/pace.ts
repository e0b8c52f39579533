/**
 * When the next message of a channel may go out: not while the platform wants silence, not too many at a time or to one
 * person, and always with room left for replies. `delivery.ts` asks it before each send.
 */
import type { Rates } from '../channels/channel.ts'

/** At a time: a reply needs some 100 ms at a platform, so this is far more than any of them allows in a second. */
const maxUnderWay = 32
/** Of these, what only replies may use. */
const keptForReplies = 8
/** Unasked messages start at most so often: the platforms allow some 30 a second to many, and replies count too. */
const unaskedEveryMs = 1000 / 25
/** Of time lost by late timers. */
const madeUpMs = 50

type Go = (may: boolean) => void

export class Pace {
  /** Between the starts of two messages of any kind. */
  readonly #everyMs: number
  readonly #toOne: Persons | undefined
  #nextAny = 0
  #underWay = 0
  #pausedUntil = 0
  #nextUnasked = 0
  #closed = false
  readonly #replies: Go[] = []
  readonly #unasked: Go[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(rates?: Rates) {
    this.#everyMs = rates ? 1000 / rates.perSecond : 0
    this.#toOne = rates && new Persons(rates.toOne)
  }

  /** How long the next message to this person has to wait; with 0 it counts as sent. */
  waitMsFor(person: string): number {
    return this.#toOne?.take(person, Date.now()) ?? 0
  }

  /** The platform has had too much for this person. */
  tire(person: string): void {
    this.#toOne?.empty(person, Date.now())
  }

  /** Waits for its turn. False once it is closed; after true `leave` is to be called. */
  enter(unasked: boolean): Promise<boolean> {
    return new Promise(go => {
      const line = unasked ? this.#unasked : this.#replies
      line.push(go)
      this.#next()
    })
  }

  leave(): void {
    this.#underWay--
    this.#next()
  }

  /** Nothing starts for so long. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + ms)
    this.#next()
  }

  close(): void {
    this.#closed = true
    for (const go of [...this.#replies.splice(0), ...this.#unasked.splice(0)]) go(false)
    clearTimeout(this.#timer)
  }

  #next(): void {
    clearTimeout(this.#timer)
    if (this.#closed) {
      this.close()
      return
    }
    const now = Date.now()
    if (now < this.#pausedUntil) {
      this.#wake(this.#pausedUntil - now)
      return
    }
    while (this.#replies.length > 0 && this.#underWay < maxUnderWay && now >= this.#nextAny)
      this.#start(this.#replies, now)
    if (this.#replies.length > 0 && this.#underWay < maxUnderWay) {
      this.#wake(this.#nextAny - now)
      return
    }
    if (this.#unasked.length === 0 || this.#underWay >= maxUnderWay - keptForReplies) return
    if (now >= Math.max(this.#nextUnasked, this.#nextAny)) {
      this.#nextUnasked = now + unaskedEveryMs
      this.#start(this.#unasked, now)
    }
    this.#wake(Math.max(this.#nextUnasked, this.#nextAny) - now)
  }

  #start(line: Go[], now: number): void {
    this.#underWay++
    // A timer that comes late is made up for, but not more than a few messages' worth of it.
    this.#nextAny = Math.max(this.#nextAny, now - madeUpMs) + this.#everyMs
    line.shift()?.(true)
  }

  /** A timer may come a little early. */
  #wake(afterMs: number): void {
    this.#timer = setTimeout(() => this.#next(), Math.max(1, Math.ceil(afterMs)))
  }
}

/** Messages to each person: a store that each one takes from and time fills up again. */
class Persons {
  readonly #rates: Rates['toOne']
  /** Since when each would be full if nothing more were sent: a person whose time has passed need not be remembered. */
  readonly #fullAt = new Map<string, number>()

  constructor(rates: Rates['toOne']) {
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

/** Swept when so many are remembered. */
const maxPersons = 10_000
