/**
 * How often the fake Cloud API lets itself be called; whatsapp-cloud.ts asks before it takes a message.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput: 80 messages a second and number,
 * those that come in counted too; one message to a person in 6 seconds, in a burst up to 45, "borrowed" from what may be
 * sent later.
 */
import { detailsOf, Refusal } from './errors.ts'

const perSecond = 80
const pairEveryMs = 6_000
const pairBurst = 45

/** A message over what is allowed; it was refused and does not count. */
export interface Excess {
  readonly of: 'number' | 'pair'
  readonly to: string
  readonly atMs: number
}

export class Rates {
  readonly excess: Excess[] = []
  readonly #nowMs: () => number
  #lastSecond: number[] = []
  /** When each person's borrowed messages are paid back. */
  readonly #paidAtMs = new Map<string, number>()

  /** `nowMs` never goes back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Somebody wrote: it counts, and is never refused. */
  receive(): void {
    this.#lastSecond.push(this.#nowMs())
  }

  spend(to: string): void {
    const atMs = this.#nowMs()
    this.#lastSecond = this.#lastSecond.filter(earlierMs => atMs - earlierMs < 1_000)
    if (this.#lastSecond.length >= perSecond) this.#refuse(130429, { of: 'number', to, atMs })
    const paidAtMs = Math.max(atMs, this.#paidAtMs.get(to) ?? 0) + pairEveryMs
    if (paidAtMs - atMs > pairBurst * pairEveryMs) this.#refuse(131056, { of: 'pair', to, atMs })
    this.#lastSecond.push(atMs)
    this.#paidAtMs.set(to, paidAtMs)
  }

  #refuse(code: number, excess: Excess): never {
    this.excess.push(excess)
    throw new Refusal(code, detailsOf(code))
  }
}
