/**
 * How far our messages have come, as WhatsApp tells: acknowledged by its server, on the phone, read. The adapter notes
 * what comes, sending waits for the first of it.
 */
import { setTimeout } from 'node:timers/promises'
import type { ReceiptState } from '../channel.ts'

const maxRemembered = 1000
const lookMs = 20

/** WhatsApp's own numbers: -1 refused, 0 not yet there, 1 with the server, 2 on the phone, 3 read, 4 played. */
export function stateOf(ack: number): ReceiptState | undefined {
  if (ack < 0) return 'failed'
  return (['sent', 'delivered', 'read', 'read'] as const)[ack - 1]
}

/** The part of `true_<chat>_<id>` that stays the same when WhatsApp names the chat otherwise. */
export const shortId = (id: string) => id.split('_')[2] ?? id

export class Acks {
  readonly #acks = new Map<string, number>()
  readonly #claimed = new Set<string>()

  note(id: string, ack: number): void {
    const key = shortId(id)
    this.#acks.delete(key)
    this.#acks.set(key, ack)
    for (const oldest of this.#acks.keys()) {
      if (this.#acks.size <= maxRemembered) break
      this.#acks.delete(oldest)
    }
  }

  /** This one is known to be what was sent; not to be taken for another that says the same. */
  claim(id: string): void {
    this.#claimed.add(shortId(id))
    for (const oldest of this.#claimed) {
      if (this.#claimed.size <= maxRemembered) break
      this.#claimed.delete(oldest)
    }
  }

  isClaimed(id: string): boolean {
    return this.#claimed.has(shortId(id))
  }

  /** What WhatsApp said of it; undefined where it says nothing in that time, or `going` turns false. */
  async reach(id: string, withinMs: number, going: () => boolean): Promise<ReceiptState | undefined> {
    const late = AbortSignal.timeout(withinMs)
    for (;;) {
      const state = stateOf(this.#acks.get(shortId(id)) ?? 0)
      if (state || late.aborted || !going()) return state
      await setTimeout(lookMs)
    }
  }
}
