/**
 * What goes wrong with a browser that is WhatsApp to us: each time all is back within 30 s, nothing that people wrote
 * before, meanwhile or after is lost or answered twice, and no process is left behind. FULL=1 does each ten times, at the
 * program's own patience; else once, at a shorter one, and but one of those that the adapter meets by a new page.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Hang, Person } from '../../fakes/whatsapp-web.ts'
import { full, personal, Site, tellBack, words } from './site.ts'

const times = full ? 10 : 1
const backMs = 30_000
const shorter = full ? {} : { lookMs: 200, brokenMs: 1000, ackMs: 1000 }

interface Trouble {
  readonly name: string
  /** Before the trouble: what it takes to be in it. */
  readonly prepare?: (site: Site) => Promise<unknown>
  /** `time`: counted from 0. `someone`: who writes in the midst of it. */
  readonly strike: (site: Site, time: number, someone: Person) => unknown
  /** So many messages people write in it besides. */
  readonly writes?: number
  /** A code is to be scanned before anything goes on. */
  readonly scan?: true
  /** What WhatsApp Web has taken in that moment it may keep for ever: that is noted as uncertain. */
  readonly keeps?: true
  /** The browser may go on as it is. */
  readonly goesOn?: true
}

const logOut = async (site: Site) => {
  site.fake.logout()
  await site.fake.waitFor(() => site.fake.qr, backMs)
}

const hangs: readonly Hang[] = ['lost', 'delivered']

const troubles: readonly Trouble[] = [
  { name: 'a browser that is killed', strike: site => site.browsers.kill() },
  {
    name: 'an acknowledgement that never comes',
    strike: (site, time, someone) => {
      site.fake.hang(1, hangs[time % hangs.length])
      someone.writes('menu')
    },
    writes: 1,
  },
  ...(full ? [{ name: 'a page that loads again', strike: (site: Site) => site.fake.reload() }] : []),
  { name: 'WhatsApp opened elsewhere', strike: site => site.fake.conflict(), keeps: true },
  {
    name: 'a connection that is stuck',
    strike: (site, time) => site.fake.state(time % 2 === 0 ? 'TIMEOUT' : 'OPENING'),
    keeps: true,
  },
  {
    name: 'a code that nobody scanned',
    prepare: logOut,
    strike: site => site.fake.expireQr(6),
    scan: true,
  },
  { name: 'a logout', strike: site => site.fake.logout(), scan: true },
  {
    name: 'a message that comes twice',
    strike: (_, __, someone) => someone.writes('menu', { id: someone.writes('menu') }),
    writes: 1,
    goesOn: true,
  },
]

let site: Site

beforeAll(async () => {
  site = await Site.open(shorter, 60)
  await site.pair()
})

afterAll(() => site.close())

// First: after each new start the session waits a little longer for the next.
test('a message that WhatsApp keeps and never sends is uncertain, and what follows goes on', async () => {
  const [someone, other] = [site.somebody(), site.somebody()]
  const { uncertain } = await site.store.outbox.count()
  site.fake.hang(1, 'pending')
  someone.writes('menu')
  other.writes('menu')
  await site.settled(() => site.turnsOf(someone).length + site.turnsOf(other).length === 2, 60_000)
  expect((await site.store.outbox.count()).uncertain).toBe(uncertain + 1)
  expect(someone.shown.length + other.shown.length).toBe(1)
  expect(await site.say(someone, 'ver temas')).toHaveLength(1)
})

test.each(troubles)(
  `${times} times $name: back within 30 s, nothing lost, nothing left behind`,
  async trouble => {
    const tookMs: number[] = []
    for (let time = 0; time < times; time++) tookMs.push(await suffer(trouble, time))
    tellBack(trouble.name, tookMs)
    for (const ms of tookMs) expect(ms).toBeLessThan(backMs)
  },
  times * 180_000,
)

test('a logout is told to staff: by the log, with what to do, and by the status', async () => {
  const before = site.logged.length
  await logOut(site)
  await expect.poll(() => site.status.qr, { timeout: backMs }).toBeDefined()
  expect(site.status.state).toBe('logged-out')
  const told = site.logged
    .slice(before)
    .map(line => JSON.parse(line))
    .filter(({ todo }) => todo !== undefined)
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({ level: 50, todo: words.estados.cerrada })
  site.fake.scan()
  await expect.poll(() => site.status.state, { timeout: backMs }).toBe('ready')
})

test('of all that, no line of the log tells who wrote', () => {
  expect(site.logged.join('')).not.toMatch(personal)
})

/** Resolves to how long it was until somebody who wrote meanwhile had an answer, or there was a code to scan. */
async function suffer(trouble: Trouble, time: number): Promise<number> {
  await trouble.prepare?.(site)
  const people = ['before', 'during', 'after'].map(() => site.somebody()) as [Person, Person, Person]
  const [before, during, after] = people
  const due = site.turns
  const { uncertain: uncertainBefore } = await site.store.outbox.count()
  before.writes('menu')
  // Now before it is read, now while it is answered, now after it.
  await sleep(time * 20)
  const [root] = await site.browsers.roots()
  const struck = performance.now()
  await trouble.strike(site, time, during)
  during.writes('ver temas')
  if (trouble.scan) {
    const shown = () => site.fake.qr !== undefined && site.status.qr?.split(',')[0] === site.fake.qr
    await expect.poll(shown, { timeout: 2 * backMs }).toBe(true)
  } else await site.fake.waitFor(() => during.shown.length > 0, 2 * backMs)
  const tookMs = performance.now() - struck
  if (trouble.scan) {
    expect(site.status.state).toBe('logged-out')
    site.fake.scan()
  }
  await site.fake.waitFor(() => site.fake.connected, backMs)
  after.writes('menu')
  const written = people.length + (trouble.writes ?? 0)
  await site.settled(() => site.turns >= due + written, 2 * backMs)
  expect(site.turns).toBe(due + written)
  const uncertain = (await site.store.outbox.count()).uncertain - uncertainBefore
  expect(uncertain).toBeLessThanOrEqual(trouble.keeps ? 1 : 0)
  for (const someone of people) {
    expect(site.turnsOf(someone).length).toBeGreaterThan(0)
    const lost = someone === before ? uncertain : 0
    expect(someone.shown.map(({ text }) => text)).toEqual(site.saidTo(someone).slice(lost))
  }
  if (uncertain > 0) console.log(`${trouble.name}: a reply that WhatsApp Web keeps is uncertain`)
  expect(await site.browsers.orphans()).toEqual([])
  const roots = await site.browsers.roots()
  expect(roots).toHaveLength(1)
  if (!trouble.goesOn) expect(roots).not.toEqual([root])
  return tookMs
}
