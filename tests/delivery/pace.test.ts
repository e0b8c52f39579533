import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace, type Slot } from '../../src/delivery/pace.ts'

let pace: Pace
beforeEach(() => {
  vi.useFakeTimers()
  pace = new Pace()
})
afterEach(() => {
  pace.close()
  vi.useRealTimers()
})

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

interface Gone {
  readonly what: 'unasked' | 'reply'
  readonly slot: Slot
  readonly atMs: number
}

/** Enters so many at once, and keeps who may go; each takes so long, or for ever. */
function enter(count: number, unasked: boolean, gone: Gone[], takesMs?: number): void {
  for (let n = 0; n < count; n++)
    void pace.enter(unasked).then(async slot => {
      if (!slot || !(await pace.ready(slot))) return
      slot.calledAt = performance.now()
      gone.push({ what: unasked ? 'unasked' : 'reply', slot, atMs: performance.now() })
      if (takesMs === undefined) return
      setTimeout(() => pace.leave(slot), takesMs)
    })
}

/** The most that began in any second. */
const mostInASecond = (gone: readonly Gone[]) =>
  Math.max(...gone.map(({ atMs }) => gone.filter(it => it.atMs >= atMs && it.atMs < atMs + 1000).length))

test('keeps room for replies, however many unasked messages there are', async () => {
  pace = new Pace({ perSecond: 500 })
  const gone: Gone[] = []
  enter(200, true, gone)
  await pass(500)
  expect(gone).toHaveLength(48)
  enter(16, false, gone)
  await pass(0)
  expect(gone.slice(48).map(({ what }) => what)).toEqual(Array(16).fill('reply'))
})

test('starts at most 25 unasked messages a second where a channel says nothing', async () => {
  const gone: Gone[] = []
  enter(200, true, gone, 0)
  await pass(1500)
  expect(gone.length).toBeGreaterThan(15)
  expect(mostInASecond(gone)).toBeLessThanOrEqual(25)
})

test('lets a reply go before unasked messages that have waited longer', async () => {
  const gone: Gone[] = []
  pace.pause(100)
  enter(3, true, gone)
  enter(2, false, gone)
  await pass(150)
  expect(gone.slice(0, 3).map(({ what }) => what)).toEqual(['reply', 'reply', 'unasked'])
})

test('lets 64 go at a time, and the next when one of them is done', async () => {
  const gone: Gone[] = []
  enter(70, false, gone)
  await pass(0)
  expect(gone).toHaveLength(64)
  pace.leave(gone[0]?.slot as Slot)
  await pass(0)
  expect(gone).toHaveLength(65)
})

test('starts nothing while it pauses, a shorter pause does not cut a longer one', async () => {
  const gone: Gone[] = []
  pace.pause(200)
  pace.pause(20)
  enter(2, false, gone)
  await pass(150)
  expect(gone).toEqual([])
  await pass(100)
  expect(gone).toHaveLength(2)
})

test('tells those who wait that nothing goes any more once it is closed', async () => {
  pace.pause(10_000)
  const waiting = pace.enter(false)
  pace.close()
  expect(await waiting).toBeUndefined()
  expect(await pace.enter(false)).toBeUndefined()
})

test('where replies are bound too, no more of all kinds start in any second, and nearly as many do', async () => {
  pace = new Pace({ perSecond: 80, bindsReplies: true })
  const gone: Gone[] = []
  for (let n = 0; n < 100; n++) enter(1, n % 3 === 0, gone, 5)
  await pass(2300)
  expect(mostInASecond(gone)).toBeLessThanOrEqual(80)
  expect(gone).toHaveLength(100)
})

test('a call that takes longer than others may have come later, and counts for longer', async () => {
  pace = new Pace({ perSecond: 30, bindsReplies: true })
  const gone: Gone[] = []
  enter(1, false, gone, 5)
  await pass(1100)
  enter(31, false, gone, 300)
  await pass(1250)
  expect(gone).toHaveLength(31)
  await pass(150)
  expect(gone).toHaveLength(32)
})

test('a way that is always long takes nothing from what may be sent in a second', async () => {
  pace = new Pace({ perSecond: 30, bindsReplies: true })
  const gone: Gone[] = []
  enter(600, false, gone, 200)
  await pass(11_000)
  const before = gone.length
  expect(before).toBeLessThan(0.95 * 11 * 30)
  await pass(5000)
  expect(gone.length - before).toBeGreaterThanOrEqual(0.98 * 5 * 30)
})

test('when a process has just begun its calls take longer than later, and the later ones do not come too soon', async () => {
  pace = new Pace({ perSecond: 30, bindsReplies: true })
  const gone: Gone[] = []
  enter(30, false, gone, 150)
  await pass(500)
  enter(60, false, gone, 5)
  await pass(2500)
  expect(gone).toHaveLength(90)
  expect(
    mostInASecond(gone.map(one => ({ ...one, atMs: one.atMs + (gone.indexOf(one) < 30 ? 148 : 2) }))),
  ).toBe(30)
})

test('replies alone go as they come; beside unasked messages they share what is allowed, and wait only for a moment', async () => {
  pace = new Pace({ perSecond: 30 })
  const gone: Gone[] = []
  enter(50, false, gone, 0)
  await pass(20)
  expect(gone).toHaveLength(50)
  await pass(1100)
  gone.length = 0
  enter(100, true, gone, 0)
  await pass(1200)
  const asked = performance.now()
  enter(5, false, gone, 0)
  await pass(400)
  const replies = gone.filter(({ what }) => what === 'reply')
  expect(replies).toHaveLength(5)
  expect((replies.at(-1)?.atMs ?? 0) - asked).toBeLessThan(350)
  expect(mostInASecond(gone)).toBeLessThanOrEqual(30)
})

test('what people write counts where the platform counts it', async () => {
  pace = new Pace({ perSecond: 10, bindsReplies: true, countsIncoming: true })
  pace.heard(6)
  const gone: Gone[] = []
  enter(10, false, gone, 0)
  await pass(100)
  expect(gone).toHaveLength(4)
})

test('a turn that was given back is as one never taken', async () => {
  pace = new Pace({ perSecond: 1, bindsReplies: true })
  const slot = await pace.enter(false)
  pace.leave(slot as Slot)
  const next = vi.fn()
  void pace.enter(false).then(next)
  await pass(200)
  expect(next).toHaveBeenCalled()
})
