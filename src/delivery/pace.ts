/**
 * When the next message of a channel may go out: not while the platform wants silence, not too many at a time, and
 * always with room left for replies. `delivery.ts` asks it before each send.
 */

/** At a time: a reply needs some 100 ms at a platform, so this is far more than any of them allows in a second. */
const maxUnderWay = 32
/** Of these, what only replies may use. */
const keptForReplies = 8
/** Unasked messages start at most so often: the platforms allow some 30 a second to many, and replies count too. */
const unaskedEveryMs = 1000 / 25

type Go = (may: boolean) => void

export class Pace {
  #underWay = 0
  #pausedUntil = 0
  #nextUnasked = 0
  #closed = false
  readonly #replies: Go[] = []
  readonly #unasked: Go[] = []
  #timer: NodeJS.Timeout | undefined

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
    while (this.#replies.length > 0 && this.#underWay < maxUnderWay) this.#start(this.#replies)
    if (this.#unasked.length === 0 || this.#underWay >= maxUnderWay - keptForReplies) return
    if (now >= this.#nextUnasked) {
      this.#nextUnasked = now + unaskedEveryMs
      this.#start(this.#unasked)
    }
    this.#wake(this.#nextUnasked - now)
  }

  #start(line: Go[]): void {
    this.#underWay++
    line.shift()?.(true)
  }

  /** A timer may come a little early. */
  #wake(afterMs: number): void {
    this.#timer = setTimeout(() => this.#next(), Math.max(1, Math.ceil(afterMs)))
  }
}
