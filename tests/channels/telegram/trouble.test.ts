/**
 * What goes wrong between us and Telegram: silence asked for, faults of the server, connections that break, people who
 * are not to be had. Nothing is lost, nothing whose outcome is unknown is sent twice, the token is told to nobody.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createRandom } from '../../bench/measure.ts'
import type { Call } from '../../fakes/telegram.ts'
import { sayUnasked } from '../../store/unasked.ts'
import { openProxy, type Way } from './proxy.ts'
import { databases, keyOf, Site, seed } from './site.ts'

/** FULL=1 is as the issue has it; without it each way on one of the databases, one at a time on PostgreSQL alone. */
const silenceMs = process.env.FULL ? 30_000 : 3000
const backMs = 10_000
const person = { channel: 'telegram' } as const

const allWays = ['polling', 'webhook'] as const

describe.each(databases)('on %s', database => {
  const ways = process.env.FULL
    ? allWays
    : allWays.filter(way => (way === 'polling') === (database === 'PGlite'))
  describe.each(ways)('by %s', by => {
    let site: Site

    beforeAll(async () => {
      site = await Site.open(database, { by })
    }, 120_000)

    afterAll(() => site.close())

    test(`${silenceMs / 1000} s of 429 to every call: nothing lost, silence kept, all back within 10 s`, async () => {
      const chats = Array.from({ length: 40 }, (_, n) => 100 + n)
      await site.settled()
      const random = createRandom(seed)
      const from = site.fake.calls.length
      const started = performance.now()
      const told = new Map<Call, number>()
      site.fake.trouble = call => {
        if (performance.now() - started >= silenceMs) return undefined
        const retryAfter = 1 + Math.floor(random() * 3)
        told.set(call, retryAfter)
        return { status: 429, retryAfter }
      }
      for (let n = 0; n < 3; n++)
        for (const chat of chats) {
          await sleep(silenceMs / 150)
          site.fake.write(chat, ['/start', '/ventana', '/renuncia'][n] as string)
        }
      await sleep(started + silenceMs - performance.now())
      await site.settled(backMs)
      const backAfterMs = performance.now() - started - silenceMs
      site.fake.trouble = () => undefined
      expect(told.size).toBeGreaterThan(0)
      expect(backAfterMs).toBeLessThan(backMs)
      expectSilence(site.fake.calls.slice(from), told)
      for (const chat of chats) expectAllSaid(chat)
      console.log(
        `429 for ${silenceMs} ms, ${database}, ${by}, seed ${seed}: ${told.size} calls refused, all ${site.handled.length} turns answered ${Math.round(backAfterMs)} ms after it`,
      )
    }, 120_000)

    /** Each reply once, in the order of the turns. */
    function expectAllSaid(chat: number): void {
      const turns = site.handled.filter(({ incoming }) => incoming.from.id === String(chat))
      expect(turns).toHaveLength(3)
      const said = turns.flatMap(({ turn }) => turn.replies.map(({ text }) => text))
      expect(site.fake.messages(chat).map(({ text }) => text)).toEqual(said)
    }
  })

  const single = process.env.FULL || database === 'PostgreSQL' ? ['one at a time'] : []
  describe.each(single)('%s', () => {
    let site: Site
    let proxy: Way
    let ana = 1000

    beforeAll(async () => {
      proxy = await openProxy()
      site = await Site.open(database, { by: 'webhook', apiRoot: proxy.root })
      await proxy.open(site.fake.root)
      await site.fake.waitFor(() => site.fake.webhook, 30_000)
    }, 120_000)

    afterEach(() => {
      site.fake.trouble = () => undefined
    })

    afterAll(async () => {
      await site.close()
      await proxy.shut()
    })

    const sends = (chat: number) =>
      site.calls('sendMessage').filter(({ payload }) => payload.chat_id === chat)
    const texts = (chat: number) => site.fake.messages(chat).map(({ text }) => text)
    const saidTo = (chat: number) =>
      site.handled
        .filter(({ incoming }) => incoming.from.id === String(chat))
        .flatMap(({ turn }) => turn.replies.map(({ text }) => text))
    const failures = async () => {
      const { failed, uncertain } = await site.store.outbox.count()
      return { failed, uncertain }
    }
    /** The first sends to a chat meet these, one each. */
    const trouble = (chat: number, ...met: ReturnType<typeof site.fake.trouble>[]) => {
      site.fake.trouble = ({ method, payload }) =>
        method === 'sendMessage' && payload.chat_id === chat ? met.shift() : undefined
    }
    const write = (chat: number, ...said: string[]) =>
      site.after(chat, () => {
        for (const text of said) site.fake.write(chat, text)
      })

    test('faults of the server: sent again after pauses that grow, once, and what follows in order', async () => {
      const someone = ++ana
      trouble(someone, { status: 500 }, { status: 500 }, { status: 500 })
      await write(someone, '/start', '/ventana')
      const [a, b, c, d] = sends(someone).map(({ atMs }) => atMs) as [number, number, number, number]
      expect(
        sends(someone)
          .map(({ answered }) => answered)
          .slice(0, 4),
      ).toEqual([500, 500, 500, 'ok'])
      // Of 400 to 600 ms, of 800 to 1200, of 1600 to 2400; by how much a timer is late says nothing of them.
      expect(b - a).toBeGreaterThanOrEqual(390)
      expect(c - b).toBeGreaterThanOrEqual(790)
      expect(d - c).toBeGreaterThanOrEqual(1590)
      expect(texts(someone)).toEqual(saidTo(someone))
    })

    test.each(['cut-before', 'cut-after', { status: 502 }] as const)(
      'an answer that never came (%j): not sent again, marked incierto, what follows goes on',
      async how => {
        const someone = ++ana
        const before = await failures()
        trouble(someone, how)
        await write(someone, '/start', '/ventana')
        const said = saidTo(someone)
        expect(texts(someone)).toEqual(how === 'cut-after' ? said : said.slice(1))
        expect(sends(someone)).toHaveLength(said.length)
        expect(await failures()).toEqual({ ...before, uncertain: before.uncertain + 1 })
      },
    )

    test('a message that Telegram refuses fails alone; what follows goes on', async () => {
      const someone = ++ana
      const before = await failures()
      trouble(someone, { status: 400, reason: 'Bad Request: TEXT_INVALID_IN_A_NEW_WAY' })
      await write(someone, '/start', '/ventana')
      expect(texts(someone)).toEqual(saidTo(someone).slice(1))
      expect(sends(someone)).toHaveLength(saidTo(someone).length)
      expect(await failures()).toEqual({ ...before, failed: before.failed + 1 })
    })

    test('403: nobody is written to in vain, all that waited has failed, until they write again', async () => {
      const someone = ++ana
      await write(someone, '/menu')
      const [before, sent] = [await failures(), sends(someone).length]
      trouble(someone, { delayMs: 4000 })
      await site.after(someone, () => {
        for (const text of ['/start', '/ventana', '/renuncia']) site.fake.write(someone, text)
        setTimeout(blockUntold, 700, someone)
      })
      const lost = saidTo(someone).length - texts(someone).length
      expect(
        sends(someone)
          .slice(sent)
          .map(({ answered }) => answered),
      ).toEqual([403])
      expect(lost).toBeGreaterThanOrEqual(3)
      expect(await failures()).toEqual({ ...before, failed: before.failed + lost })
      expect(await unasked(someone)).toBeNull()
      expect(await write(someone, '/menu')).not.toEqual([])
      expect(await unasked(someone)).not.toBeNull()
    })

    /** Telegram tells only some bots, and may tell late. */
    const blockUntold = (chat: number) =>
      site.fake.made({
        my_chat_member: { chat: { id: chat, type: 'private' }, new_chat_member: { status: 'kicked' } },
      })

    const unasked = (chat: number) =>
      sayUnasked(site.store, {
        ...person,
        chat: keyOf(chat),
        at: new Date(),
        to: String(chat),
        message: { text: 'Nadie lo pidió.' },
      })

    test('connections refused: tried again until there is one, each reply once and in order', async () => {
      const chats = [++ana, ++ana, ++ana]
      const { retried } = site.counts
      await site.settled()
      await proxy.shut()
      for (const text of ['/start', '/ventana']) for (const chat of chats) site.fake.write(chat, text)
      await expect.poll(() => site.counts.retried, { timeout: 20_000 }).toBeGreaterThan(retried)
      await proxy.open(site.fake.root)
      await site.settled()
      for (const chat of chats) expect(texts(chat)).toEqual(saidTo(chat))
      expect(site.logged.join()).toContain('ECONNREFUSED')
    })

    test('neither a log nor an error, looked into, tells the token', async () => {
      const someone = ++ana
      await write(someone, '/menu')
      const post = {
        to: String(someone),
        message: { text: 'hola' },
        turn: 1,
        unasked: false,
        heardAt: new Date(),
      }
      const errors: unknown[] = []
      const fail = () =>
        site.telegram.send(post).then(
          () => expect.unreachable(),
          error => errors.push(error),
        )
      for (const how of [
        'cut-before',
        'cut-after',
        { status: 500 },
        { status: 502 },
        { status: 403, reason: 'Forbidden: bot was blocked by the user' },
        { status: 400, reason: 'Bad Request: no' },
      ] as const) {
        trouble(someone, how)
        await fail()
      }
      await proxy.shut()
      // A connection kept for later must be seen to be gone: who writes into it cannot know what became of it.
      await sleep(100)
      await fail()
      await proxy.open(site.fake.root)
      trouble(someone, { status: 429, retryAfter: 1 })
      await fail()
      await fail()
      expect(errors).toHaveLength(9)
      const told = inspect(errors, { depth: 20, showHidden: true, getters: true }) + site.logged.join('')
      expect(site.logged.length).toBeGreaterThan(10)
      expect(told).not.toContain(site.fake.token)
      expect(told).not.toContain(site.fake.token.slice(3, 20))
      expect(told).not.toContain('/bot')
    })
  })
})

/** As long as what was under way may come after the answer that asks for silence. */
const underWayMs = 1000

/** Between a 429's answer and its end no call starts, but for those that had started before it was read. */
function expectSilence(calls: readonly Call[], told: ReadonlyMap<Call, number>): void {
  let quietUntil = 0
  let quietFrom = 0
  for (const call of calls) {
    const { atMs, method } = call
    const silent = atMs > quietFrom + underWayMs && atMs < quietUntil - clockMs
    expect(silent, `${method} ${Math.round(quietUntil - atMs)} ms too early`).toBe(false)
    const retryAfter = told.get(call)
    if (retryAfter === undefined) continue
    if (atMs > quietUntil) quietFrom = atMs
    quietUntil = Math.max(quietUntil, atMs + retryAfter * 1000)
  }
}
/** Two clocks, one of which counts whole milliseconds. */
const clockMs = 3
