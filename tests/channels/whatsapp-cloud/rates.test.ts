/** How often Meta is called when there is much to say: never more than it allows, to anybody or in all. */
import fc from 'fast-check'
import { Hono } from 'hono'
import pino from 'pino'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { WhatsAppCloud } from '../../../src/channels/whatsapp-cloud/whatsapp-cloud.ts'
import { Pace } from '../../../src/delivery/pace.ts'
import { Rates } from '../../fakes/whatsapp-cloud/rates.ts'
import { guide } from '../../guide.ts'
import { full, phoneOf, Site, seed } from './site.ts'

/** `FULL=1` is the full form. */
const people = full ? 100 : 20
const each = 5
const timeLimitMs = full ? 400_000 : 60_000

let site: Site | undefined
afterEach(async () => {
  await site?.close()
  site = undefined
})

/** Handled, but nothing of it sent: it waits for the next start, and then all at once. */
async function leaveUnsent(counts: readonly number[]): Promise<Site> {
  site = await Site.open('PostgreSQL', { mute: true })
  site.fake.held = true
  for (const [n, count] of counts.entries())
    for (let i = 0; i < count; i++) site.fake.person(phoneOf(n)).writes('gracias')
  await site.fake.flush({ perPost: 500 })
  await site.settled(timeLimitMs)
  await site.stop()
  site.mute = false
  site.fake.held = false
  return site
}

/** The most messages that Meta took in any second. */
function busiestSecond({ fake }: Site): number {
  const at = fake.accepted.map(({ atMs }) => atMs)
  return Math.max(...at.map(from => at.filter(ms => ms >= from && ms < from + 1000).length))
}

async function sendAll(counts: readonly number[]): Promise<Site> {
  const opened = await leaveUnsent(counts)
  const begun = performance.now()
  await opened.start()
  await opened.settled(timeLimitMs)
  const seconds = (performance.now() - begun) / 1000
  const total = counts.reduce((sum, count) => sum + count, 0)
  console.info(
    `${total} replies to ${counts.length}: ${seconds.toFixed(1)} s, at most ${busiestSecond(opened)} in a second`,
  )
  const { excess, calls } = opened.fake
  expect(counts.map((_, n) => opened.fake.person(phoneOf(n)).shown.length)).toEqual(counts)
  expect(excess).toEqual([])
  expect(calls.filter(({ answered }) => typeof answered === 'number')).toEqual([])
  expect(opened.counts).toMatchObject({ sent: total, retried: 0, failed: 0, uncertain: 0 })
  return opened
}

test(`${people * each} replies that wait to go out keep the rate of the number`, {
  timeout: timeLimitMs,
}, async () => {
  const opened = await sendAll(Array(people).fill(each))
  // They were enough to break it.
  expect(busiestSecond(opened)).toBeGreaterThan(30)
})

if (full)
  test('60 replies to one person keep the rate of the pair', { timeout: timeLimitMs }, async () => {
    await sendAll([60])
  })

/** The adapter's own, of which nothing is started. */
function ratesOfAdapter() {
  const secret = 'nothing-is-sent-with-this'
  const nothing = async () => {}
  const { rates } = new WhatsAppCloud({
    token: secret,
    phoneId: '1',
    appSecret: secret,
    verifyToken: secret,
    app: new Hono(),
    words: guide.content.whatsappNube,
    keep: nothing,
    note: nothing,
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  })
  return rates
}

/** Both clocks are one, at 0 until the test moves it. */
function holdClocks(): void {
  vi.useFakeTimers({ now: 0, toFake: ['Date'] })
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => Date.now())
  onTestFinished(() => {
    spy.mockRestore()
    vi.useRealTimers()
  })
}

test('whatever is to be said to some people in whatever order, no pair is too fast', () => {
  const rates = ratesOfAdapter()
  const says = fc.record({
    to: fc.integer({ min: 0, max: 1 }),
    afterMs: fc.oneof(fc.constant(0), fc.nat(3000)),
  })
  holdClocks()
  let waited = 0
  const passMs = (ms: number) => vi.setSystemTime(Date.now() + ms)
  fc.assert(
    fc.property(fc.array(says, { minLength: 100, maxLength: 200 }), all => {
      const [pace, meta] = [new Pace(rates), new Rates(() => Date.now())]
      for (const { to, afterMs } of all) {
        // Between any two as much as the number's own rate asks for.
        passMs(afterMs + Math.ceil(1000 / rates.perSecond))
        for (let waitMs = pace.waitMsFor(`${to}`); waitMs > 0; waitMs = pace.waitMsFor(`${to}`)) {
          waited++
          passMs(waitMs)
        }
        meta.spend(`${to}`)
      }
      expect(meta.excess).toEqual([])
      pace.close()
    }),
    { seed, numRuns: 100 },
  )
  expect(waited).toBeGreaterThan(100)
})

test('60 in a row to one person: 40 at once, the rest one every 6.2 s, and an hour later the same', () => {
  const [pace, meta] = [new Pace(ratesOfAdapter()), new Rates(() => Date.now())]
  holdClocks()
  for (const startMs of [0, 3_600_000]) {
    vi.setSystemTime(startMs)
    const at = Array.from({ length: 60 }, () => {
      for (let waitMs = pace.waitMsFor('a'); waitMs > 0; waitMs = pace.waitMsFor('a'))
        vi.setSystemTime(Date.now() + waitMs)
      meta.spend('a')
      return Date.now() - startMs
    })
    expect(at).toEqual(Array.from({ length: 60 }, (_, n) => 6200 * Math.max(0, n - 39)))
  }
})
