/**
 * How long the session waits before it starts the next client: not at all where that is enough, longer and longer where
 * starts come to nothing, or where somebody else opens the session again and again. One for all of a session's clients.
 */
import type { Why } from './judge.ts'

const firstPauseMs = 500
const longestPauseMs = 60_000
/** After one that worked: to be back within 30 s. */
const longestAfterWorkMs = 5000
const longestConflictMs = 20_000
/** Who lived so long was well. */
const goodLifeMs = 60_000

export class Pauses {
  readonly #conflictMs: number
  #inRow = 0
  #conflicts = 0

  constructor(conflictMs: number) {
    this.#conflictMs = conflictMs
  }

  /** `worked`: it had been connected. */
  after(why: Why, worked: boolean, livedMs: number): number {
    if (livedMs > goodLifeMs) this.#inRow = this.#conflicts = 0
    this.#inRow++
    if (why === 'conflict') return Math.min(this.#conflictMs * 2 ** this.#conflicts++, longestConflictMs)
    if (why === 'qr-expired' || why === 'logout' || this.#inRow === 1) return 0
    const longestMs = worked ? longestAfterWorkMs : longestPauseMs
    return Math.min(firstPauseMs * 2 ** (this.#inRow - 2), longestMs)
  }
}
