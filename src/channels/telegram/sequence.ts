/**
 * Puts updates that overtook each other back in order: pushed to a webhook on many connections, the second of two
 * messages may come first, and their numbers tell. The adapter's webhook hands every update through it.
 */

/** A connection that is so much slower than another is broken. Nobody waits that long for a number that others got. */
const holdMs = 250
/** After so many waits for nothing, numbers are missing for good: other processes get them. */
const maxVain = 10

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
  #vain = 0

  /** `take` is called in order, and not waited for between two updates. */
  constructor(take: (update: Update) => Promise<void>) {
    this.#take = take
  }

  /** Resolves when the update is handled, rejects with what `take` rejects with. */
  add(update: Update): Promise<void> {
    const { update_id: id } = update
    // Late, or here again: whether it was handled already is not for us to know.
    if (this.#next !== undefined && id < this.#next && !this.#isAnew(id)) return this.#take(update)
    // Here again while it waits: it must not overtake what it waits for.
    const held = this.#held.get(id)
    if (held) return held.handled
    const { promise: handled, resolve, reject } = Promise.withResolvers<void>()
    this.#held.set(id, { update, handled, start: work => void work.then(resolve, reject) })
    if (this.#isAnew(id)) this.#next = undefined
    if (id === this.#next) this.#vain = Math.max(0, this.#vain - 1)
    if (this.#vain >= maxVain) this.#skip()
    else this.#drain()
    return handled
  }

  /** After a week without updates Telegram counts on from a number chosen by chance. */
  #isAnew(id: number): boolean {
    return this.#next !== undefined && id < this.#next - farBehind
  }

  #drain(): void {
    let filled = false
    while (this.#next !== undefined && this.#held.size > 0) {
      const held = this.#held.get(this.#next)
      if (!held) break
      this.#held.delete(this.#next)
      this.#next++
      held.start(this.#take(held.update))
      filled = true
    }
    if (this.#held.size === 0 || filled) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    if (this.#held.size > 0)
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#vain++
        this.#skip()
      }, holdMs)
  }

  /** Goes on without what is missing. */
  #skip(): void {
    this.#next = Math.min(...this.#held.keys())
    this.#drain()
  }
}
const farBehind = 100_000
