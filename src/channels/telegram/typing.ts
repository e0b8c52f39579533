/** Shows people that their answer is being written, where it takes long: the adapter says when one is awaited and when it came. */

const afterMs = 1000
/** What is shown goes away by itself after 5 s. */
const againMs = 4500
/** Whoever has waited so long sees that something is wrong. */
const maxTimes = 3

export class Typing {
  readonly #show: (chat: number) => void
  readonly #timers = new Map<number, NodeJS.Timeout>()

  constructor(show: (chat: number) => void) {
    this.#show = show
  }

  expect(chat: number): void {
    if (!this.#timers.has(chat)) this.#later(chat, afterMs, 0)
  }

  done(chat: number): void {
    clearTimeout(this.#timers.get(chat))
    this.#timers.delete(chat)
  }

  stop(): void {
    for (const chat of this.#timers.keys()) this.done(chat)
  }

  #later(chat: number, ms: number, times: number): void {
    const timer = setTimeout(() => {
      this.#show(chat)
      if (times < maxTimes) this.#later(chat, againMs, times + 1)
      else this.done(chat)
    }, ms)
    this.#timers.set(chat, timer)
  }
}
