/** When a client of WhatsApp Web is thrown away, moment by moment. */
import { expect, test } from 'vitest'
import { judge, newSigns, type Page, type Signs } from '../../../src/channels/whatsapp-web/judge.ts'

const patience = { startMs: 30_000, brokenMs: 15_000, qrMs: 90_000, nudgeMs: 500 }
const connected: Page = { state: 'CONNECTED', synced: true }
const page = (state: string): Page => ({ state, synced: false })

const life = (given: Partial<Signs> = {}): Signs => ({ ...newSigns(0), initialised: true, ...given })
const at = (signs: Signs, ms: number, shown: Page | undefined) => judge(signs, shown, ms, patience)

test('a start may take half a minute, and as long again after each sign of progress', () => {
  const signs = newSigns(0)
  expect(at(signs, 30_000, undefined)).toBe('fine')
  expect(at(signs, 30_001, undefined)).toBe('stuck')
  signs.progressAt = 30_000
  expect(at(signs, 60_000, undefined)).toBe('fine')
})

test('a page that does not answer twice in a row is stuck', () => {
  const signs = life({ ready: true })
  expect(at(signs, 1000, undefined)).toBe('fine')
  expect(at(signs, 2000, connected)).toBe('fine')
  expect(at(signs, 3000, undefined)).toBe('fine')
  expect(at(signs, 4000, undefined)).toBe('stuck')
})

test('a connection may be gone for a quarter of a minute, each time anew', () => {
  const signs = life({ ready: true })
  expect(at(signs, 100_000, page('TIMEOUT'))).toBe('fine')
  expect(at(signs, 115_000, page('OPENING'))).toBe('fine')
  expect(at(signs, 116_000, connected)).toBe('fine')
  expect(at(signs, 117_000, page('TIMEOUT'))).toBe('fine')
  expect(at(signs, 132_001, page('TIMEOUT'))).toBe('stuck')
})

test('where somebody else has the session before we are ready, we take it over', () => {
  expect(at(life(), 1000, page('CONFLICT'))).toBe('takeover')
})

test('a code that WhatsApp does not renew is no code any more', () => {
  const signs = life({ qrAt: 1000 })
  expect(at(signs, 91_000, page('UNPAIRED'))).toBe('fine')
  expect(at(signs, 91_001, page('UNPAIRED'))).toBe('qr-expired')
  expect(at(life({ qrAt: 1000 }), 1500, page('UNPAIRED_IDLE'))).toBe('qr-expired')
})

test('a code that is scanned after minutes leaves as much time to become ready as any', () => {
  const signs = life({ qrAt: 200_000 })
  expect(at(signs, 240_000, page('UNPAIRED'))).toBe('fine')
  expect(at(signs, 241_000, page('PAIRING'))).toBe('fine')
  expect(at(signs, 242_000, { state: 'CONNECTED', synced: false })).toBe('fine')
  expect(at(signs, 271_000, { state: 'CONNECTED', synced: false })).toBe('fine')
  expect(at(signs, 271_001, { state: 'CONNECTED', synced: false })).toBe('stuck')
})

test('the library is told once that WhatsApp Web is ready, where it did not see it', () => {
  const signs = life()
  expect(at(signs, 500, connected)).toBe('fine')
  expect(at(signs, 501, connected)).toBe('nudge')
  expect(at(signs, 1500, connected)).toBe('fine')
  expect(at(life({ told: true }), 1500, connected)).toBe('fine')
})
