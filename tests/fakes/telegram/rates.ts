/**
 * How often the fake Telegram lets itself be sent with, once that is switched on; telegram.ts asks as a message arrives.
 * https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this speaks of messages that are sent: some
 * 30 a second in all, some one a second in a chat with "short bursts" above it. So edits, answers to presses and
 * "typing…" are free here. How long a burst may be is not published, nor is what a group has (20 a minute) kept here:
 * nobody writes to many groups.
 */
import { Refusal } from './rules.ts'

const perSecond = 30
const chatEveryMs = 1_000
const chatBurst = 20

/** A message over what is allowed; it was refused and does not count. */
export interface Excess {
  readonly of: 'bot' | 'chat'
  readonly to: string
  readonly atMs: number
}

export class Rates {
  readonly excess: Excess[] = []
  #lastSecond: number[] = []
  /** When what each chat had in advance is made up for. */
  readonly #paidAtMs = new Map<string, number>()

  /** `atMs` never goes back. */
  spend(to: string, atMs: number): void {
    this.#lastSecond = this.#lastSecond.filter(earlierMs => atMs - earlierMs < 1_000)
    const [oldestMs = atMs] = this.#lastSecond
    if (this.#lastSecond.length >= perSecond) this.#refuse({ of: 'bot', to, atMs }, oldestMs + 1_000)
    const paidAtMs = Math.max(atMs, this.#paidAtMs.get(to) ?? 0) + chatEveryMs
    const freeAtMs = paidAtMs - chatBurst * chatEveryMs
    if (freeAtMs > atMs) this.#refuse({ of: 'chat', to, atMs }, freeAtMs)
    this.#lastSecond.push(atMs)
    this.#paidAtMs.set(to, paidAtMs)
  }

  /** In whole seconds, as the platform tells it. */
  #refuse(excess: Excess, untilMs: number): never {
    this.excess.push(excess)
    const retryAfter = Math.max(1, Math.ceil((untilMs - excess.atMs) / 1_000))
    throw new Refusal(429, `Too Many Requests: retry after ${retryAfter}`, { retry_after: retryAfter })
  }
}
