/**
 * The whole program on WhatsApp Web, as `npm start` runs it: what staff sees, and that it comes back when it is killed.
 * FULL=1 kills it ten times and wants it back within 30 s, for which a small machine with other tests on it has a minute.
 * That nothing of the library is loaded without WHATSAPP_WEB=1 is in tests/main.test.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askWhatsApp } from '../../../src/personal/door.ts'
import type { Person } from '../../fakes/whatsapp-web.ts'
import { killAll } from '../../program.ts'
import { full, personal, tellBack, Whole, words } from './site.ts'

const times = full ? 10 : 1
const backMs = full ? 30_000 : 60_000

let whole: Whole

beforeAll(async () => {
  whole = await Whole.open()
})

afterAll(async () => {
  await whole.close()
  killAll()
})

test('staff is warned and shown the code, in the terminal and at their door, and people are answered', async () => {
  const program = await whole.start()
  expect(program.printed()).toContain(words.aviso.trim())
  await whole.fake.waitFor(() => whole.fake.qr, backMs)
  await expect.poll(program.printed, { timeout: 10_000 }).toContain(words.estados.caduca)
  const status = await askWhatsApp(whole.dataDir)
  expect(status?.qr?.split(',')[0]).toBe(whole.fake.qr)
  expect(program.printed()).not.toContain(status?.qr)
  whole.fake.scan(status?.qr)
  await whole.fake.waitFor(() => whole.fake.connected, backMs)
  const ana = whole.somebody()
  ana.writes('hola')
  await whole.fake.waitFor(() => ana.shown.length > 0, backMs)
  expect(ana.shown[0]?.kind).toBe('poll')
  await expect.poll(() => askWhatsApp(whole.dataDir)).toMatchObject({ state: 'ready', sentToday: 1 })
}, 240_000)

test(
  `${times} times it is killed: its browser is swept, it is back within ${backMs / 1000} s, nothing is lost`,
  async () => {
    const tookMs: number[] = []
    for (let time = 0; time < times; time++) tookMs.push(await killOnce(time))
    tellBack('the program killed', tookMs)
    for (const ms of tookMs) expect(ms).toBeLessThan(backMs)
  },
  times * 180_000,
)

async function killOnce(time: number): Promise<number> {
  const { fake, browsers } = whole
  const people = ['before', 'during', 'after'].map(() => whole.somebody())
  const [before, during, after] = people as [Person, Person, Person]
  before.writes('menu')
  // Now while it is handled, now while the answer is written, now while it is sent.
  await sleep(time * 400)
  // A browser that stands still does not see that nobody holds it any more.
  const held = await browsers.kill('SIGSTOP')
  const [root] = await browsers.roots()
  await whole.kill('SIGKILL')
  expect(held).toBeGreaterThan(2)
  expect(await browsers.pids()).toHaveLength(held)
  const struck = performance.now()
  during.writes('ver temas')
  await whole.start()
  await fake.waitFor(() => during.shown.length > 0, 2 * backMs)
  const tookMs = performance.now() - struck
  after.writes('menu')
  await fake.waitFor(() => people.every(({ shown }) => shown.length > 0), 2 * backMs)
  await expect
    .poll(async () => (await fetch(`${whole.url}/metrics`)).text(), { timeout: backMs })
    .toMatch(/^vigente_outbox_waiting 0$/m)
  // Only what was on its way when it died may have gone out twice.
  expect(before.shown.length).toBeLessThanOrEqual(2)
  expect([during.shown.length, after.shown.length]).toEqual([1, 1])
  expect(await browsers.orphans()).toEqual([])
  const roots = await browsers.roots()
  expect(roots).toHaveLength(1)
  expect(roots).not.toEqual([root])
  return tookMs
}

test('told to stop, it ends with its browser; nothing that it ever printed tells who wrote', async () => {
  await whole.kill('SIGTERM')
  expect([await whole.browsers.roots(), await whole.browsers.orphans()]).toEqual([[], []])
  expect(whole.printed).toContain('"msg":"turn"')
  expect(whole.printed).not.toMatch(personal)
})
