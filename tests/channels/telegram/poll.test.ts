import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { TelegramApi } from '../../../src/channels/telegram/api.ts'
import { poll } from '../../../src/channels/telegram/poll.ts'

/** Telegram as far as polling knows it: what is not confirmed is given again. */
function openQueue(ids: number[]) {
  const stopping = new AbortController()
  const asked: number[] = []
  const getUpdates = async ({ offset, limit = 100 }: { offset: number; limit?: number }) => {
    asked.push(offset)
    await setTimeout(1)
    return ids
      .filter(id => id >= offset)
      .slice(0, limit)
      .map(update_id => ({ update_id }))
  }
  const api = {
    ask: (call: (bot: unknown) => Promise<unknown>) => call({ getUpdates }),
  } as unknown as TelegramApi
  const log = { warn: () => {}, error: () => {} }
  const run = (take: (id: number) => Promise<void>) =>
    poll({ api, take: ({ update_id }) => take(update_id), log }, stopping.signal)
  return { asked, run, stop: () => stopping.abort(), ids }
}

test('what could not be handled is not confirmed, and comes again until it can', async () => {
  const queue = openQueue([1, 2, 3])
  const handled: number[] = []
  let broken = true
  await queue.run(async id => {
    if (id === 2 && broken) {
      broken = false
      throw new Error('no database')
    }
    handled.push(id)
    if (id === 2) queue.stop()
  })
  expect(handled).toEqual([1, 3, 2, 3])
  expect(queue.asked).toEqual([0, 2, 4])
})

test('while nothing can be handled, nothing is given up', async () => {
  const queue = openQueue([1])
  let tries = 0
  await queue.run(async () => {
    if (++tries === 3) queue.stop()
    throw new Error('no database')
  })
  expect(queue.asked.every(offset => offset === 0)).toBe(true)
})

test('one that never can be handled, while others can, does not hold them up for ever', async () => {
  const queue = openQueue([1, 2])
  const handled: number[] = []
  const tried: number[] = []
  const running = queue.run(async id => {
    tried.push(id)
    if (id === 1) throw new Error('this one is poison')
    handled.push(id)
    if (tried.filter(it => it === 1).length === 3) queue.stop()
  })
  await running
  expect(handled).toHaveLength(3)
  // Both are confirmed at the end.
  expect(queue.asked.at(-1)).toBe(3)
}, 40_000)
