/**
 * Lets those who ask at the same time ask together: while one statement is on its way, the next questions gather
 * and go as one. Alone, a question goes at once. The turns of `store.ts` use it, for reading and for writing.
 */
import { StoreError } from './error.ts'

interface Waiting<Ask, Answer> {
  readonly ask: Ask
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

const maxSize = 64

/** `answer` gives the answers in the order of the questions, of which no two concern the same chat. */
export function gather<Ask extends { readonly chat: string }, Answer>(
  lanes: number,
  answer: (asks: readonly Ask[]) => Promise<readonly Answer[]>,
): (ask: Ask) => Promise<Answer> {
  let waiting: Waiting<Ask, Answer>[] = []
  let underWay = 0
  let scheduled = false

  function send(): void {
    scheduled = false
    while (waiting.length > 0 && underWay < lanes) {
      const crowd = new Map<string, Waiting<Ask, Answer>>()
      const later: Waiting<Ask, Answer>[] = []
      for (const one of waiting) {
        if (crowd.size === maxSize || crowd.has(one.ask.chat)) later.push(one)
        else crowd.set(one.ask.chat, one)
      }
      waiting = later
      underWay++
      // In the order of the chats, as all processes do: two crowds never wait for each other's rows.
      const sorted = [...crowd.values()].sort((a, b) => (a.ask.chat < b.ask.chat ? -1 : 1))
      void settle(sorted).finally(() => {
        underWay--
        send()
      })
    }
  }

  async function settle(crowd: readonly Waiting<Ask, Answer>[]): Promise<void> {
    try {
      const answers = await answer(crowd.map(one => one.ask))
      for (const [i, one] of crowd.entries()) one.resolve(answers[i] as Answer)
    } catch (error) {
      // The database refused and nothing is written: each alone, so that only whoever is at fault fails.
      if (crowd.length > 1 && error instanceof StoreError && error.refused) {
        for (const one of crowd) await settle([one])
      } else {
        for (const one of crowd) one.reject(error)
      }
    }
  }

  return ask =>
    new Promise((resolve, reject) => {
      waiting.push({ ask, resolve, reject })
      if (scheduled) return
      scheduled = true
      setImmediate(send)
    })
}
