/** How long the session waits before it starts again. */
import { expect, test } from 'vitest'
import { Pauses } from '../../../src/channels/whatsapp-web/pauses.ts'

const times = (count: number, pause: () => number) => Array.from({ length: count }, pause)

test('a client that worked comes back at once, and soon however often it ends', () => {
  const pauses = new Pauses(2000)
  expect(times(7, () => pauses.after('browser', true, 3000))).toEqual([0, 500, 1000, 2000, 4000, 5000, 5000])
  expect(pauses.after('browser', true, 60_001)).toBe(0)
})

test('a start that comes to nothing is tried again and again, at least once a minute', () => {
  const pauses = new Pauses(2000)
  const waited = times(20, () => pauses.after('failed', false, 100))
  expect(waited.slice(0, 3)).toEqual([0, 500, 1000])
  expect(waited.at(-1)).toBe(60_000)
  expect(pauses.after('failed', false, 100)).toBe(60_000)
})

test('who opened the session elsewhere is left some time, more each time, until it has been calm', () => {
  const pauses = new Pauses(2000)
  expect(times(6, () => pauses.after('conflict', true, 3000))).toEqual([
    2000, 4000, 8000, 16_000, 20_000, 20_000,
  ])
  expect(pauses.after('conflict', true, 60_001)).toBe(2000)
})

test('a new code is shown at once', () => {
  const pauses = new Pauses(2000)
  expect(times(5, () => pauses.after('qr-expired', false, 3000))).toEqual([0, 0, 0, 0, 0])
  expect(pauses.after('logout', true, 3000)).toBe(0)
})
