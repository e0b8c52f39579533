import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { Pace } from '../../src/delivery/pace.ts'

let pace = new Pace()
afterEach(() => {
  pace.close()
  pace = new Pace()
})

/** Enters so many at once, and keeps the names of those who may go. */
function enter(count: number, unasked: boolean, gone: string[]): void {
  for (let n = 0; n < count; n++)
    void pace.enter(unasked).then(may => may && gone.push(unasked ? 'unasked' : 'reply'))
}

test('keeps room for replies, however many unasked messages there are', async () => {
  const gone: string[] = []
  enter(200, true, gone)
  await setTimeout(1500)
  const before = gone.length
  expect(before).toBe(24)
  enter(8, false, gone)
  await setTimeout(0)
  expect(gone.slice(before)).toEqual(Array(8).fill('reply'))
})

test('starts at most 25 unasked messages a second', async () => {
  const gone: string[] = []
  const started = performance.now()
  for (let n = 0; n < 200; n++)
    void pace.enter(true).then(may => {
      if (may) gone.push('unasked')
      pace.leave()
    })
  await setTimeout(1000)
  const seconds = (performance.now() - started) / 1000
  expect(gone.length).toBeGreaterThan(10)
  expect(gone.length).toBeLessThanOrEqual(25 * seconds + 1)
})

test('lets a reply go before unasked messages that have waited longer', async () => {
  const gone: string[] = []
  pace.pause(100)
  enter(3, true, gone)
  enter(2, false, gone)
  await setTimeout(150)
  expect(gone.slice(0, 3)).toEqual(['reply', 'reply', 'unasked'])
})

test('lets 32 go at a time, and the next when one of them is done', async () => {
  const gone: string[] = []
  enter(40, false, gone)
  await setTimeout(0)
  expect(gone).toHaveLength(32)
  pace.leave()
  await setTimeout(0)
  expect(gone).toHaveLength(33)
})

test('starts nothing while it pauses, a shorter pause does not cut a longer one', async () => {
  const gone: string[] = []
  pace.pause(200)
  pace.pause(20)
  enter(2, false, gone)
  await setTimeout(150)
  expect(gone).toEqual([])
  await setTimeout(100)
  expect(gone).toHaveLength(2)
})

test('tells those who wait that nothing goes any more once it is closed', async () => {
  pace.pause(10_000)
  const waiting = pace.enter(false)
  pace.close()
  expect(await waiting).toBe(false)
  expect(await pace.enter(false)).toBe(false)
})

test('starts no more a second than the platform allows, replies or not', async () => {
  pace = new Pace({ perSecond: 80, toOne: { atOnce: 45, everyMs: 6000 } })
  const starts: number[] = []
  for (let n = 0; n < 200; n++)
    void pace.enter(n % 3 === 0).then(may => {
      if (may) starts.push(performance.now())
      pace.leave()
    })
  await expect.poll(() => starts.length, { timeout: 1600, interval: 20 }).toBeGreaterThan(80)
  await setTimeout(300)
  const inASecond = starts.map(from => starts.filter(at => at >= from && at < from + 1000).length)
  // And a few that make up for a timer that came late.
  expect(Math.max(...inASecond)).toBeLessThanOrEqual(80 + 5)
})
