/**
 * Puts updates that overtook each other back in order: pushed to a webhook on many connections, the second of two
 * messages may come first, and their numbers tell. The adapter's webhook hands every update through it.
 */

/** A connection that is so much slower than another is broken. Nobody waits that long for a number that others got. */
const holdMs = 500
/** A timer that comes so late says that it was us who were slow: what is missing may lie unread. */
const stalledMs = 30
/** After so many waits for nothing, numbers are missing for good: other processes get them. */
const maxVain = 4
/** So many in a row, and all numbers come to us again. */
const enoughInRow = 100
/** No update is so much late: Telegram counts anew. */
const farBehind = 100_000

interface Held<Update> {
  readonly update: Update
  readonly handled: Promise<void>
  readonly start: (work: Promise<void>) => void
}

export class Sequence<Update extends { readonly update_id: number }> {
  readonly #take: (update: Update) => Promise<void>
  /** The number awaited; unknown before the first. */
  #next: number | undefined
  readonly #held = new Map<number, Held<Update>>()
  #timer: NodeJS.Timeout | undefined
  /** Waits for nothing, and updates that each came right after the one before. */
  #vain = 0
  #inRow = 0

  /** `take` is called in order, and not waited for between two updates. */
  constructor(take: (update: Update) => Promise<void>) {
    this.#take = take
  }

  /** Resolves when the update is handled, rejects with what `take` rejects with. */
  add(update: Update): Promise<void> {
    const { update_id: id } = update
    // After a week without updates Telegram counts on from a number chosen by chance.
    if (this.#next !== undefined && id < this.#next - farBehind) this.#next = undefined
    // Late, or here again: whether it was handled already is not for us to know.
    if (this.#next !== undefined && id < this.#next) return this.#take(update)
    // Here again while it waits: it must not overtake what it waits for.
    const held = this.#held.get(id)
    if (held) return held.handled
    const { promise: handled, resolve, reject } = Promise.withResolvers<void>()
    this.#held.set(id, { update, handled, start: work => void work.then(resolve, reject) })
    this.#inRow = id === this.#next ? this.#inRow + 1 : 0
    if (this.#inRow >= enoughInRow) this.#vain = 0
    this.#go(true)
    return handled
  }

  /** Starts what is in order. Impatient, it goes on without what is missing before the first. */
  #go(patient: boolean): void {
    let mayWait = patient
    let started = false
    for (const id of [...this.#held.keys()].sort((a, b) => a - b)) {
      if (id !== this.#next && mayWait && this.#vain < maxVain) break
      const { update, start } = this.#held.get(id) as Held<Update>
      this.#held.delete(id)
      this.#next = id + 1
      start(this.#take(update))
      mayWait = true
      started = true
    }
    if (started) clearTimeout(this.#timer)
    if (started || this.#timer === undefined) this.#timer = this.#held.size > 0 ? this.#wait() : undefined
  }

  #wait(): NodeJS.Timeout {
    const due = performance.now() + holdMs
    return setTimeout(() => {
      this.#timer = undefined
      const stalled = performance.now() > due + stalledMs
      if (stalled) this.#timer = this.#wait()
      else {
        this.#vain++
        this.#go(false)
      }
    }, holdMs)
  }
}
