/** One POST with a thousand messages: answered before they are handled, and each handled once, in its person's order. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type FakeWhatsApp, startFakeWhatsApp } from '../../fakes/whatsapp-cloud.ts'
import { freshDatabase } from '../../postgres.ts'
import { killAll, startProgram } from '../../program.ts'
import { type DatabaseName, databases, full, phoneOf, Site, verifyToken, webhookPath } from './site.ts'

/** `FULL=1` is the full form. */
const messages = full ? 1000 : 100
const people = full ? 300 : 30
const rounds = 2
const timeLimitMs = full ? 300_000 : 60_000

let fake: FakeWhatsApp | undefined
afterEach(async () => {
  killAll()
  await fake?.close()
})

test.each(full ? databases : (['PostgreSQL'] as const))(
  `of ${messages} messages in one POST each is handled once and in order and answered, on %s`,
  async database => {
    const site = await Site.open(database)
    fake = site.fake
    const begun = performance.now()
    for (let round = 0; round < rounds; round++) {
      await post(site.fake, round)
      await site.settled(timeLimitMs)
    }
    const seconds = (performance.now() - begun) / 1000
    console.info(
      `${rounds} POSTs of ${messages} messages, ${database}: all replied in ${seconds.toFixed(1)} s`,
    )
    for (let round = 0; round < rounds; round++) expectOnceInOrder(site, round)
    expect(site.handled).toHaveLength(rounds * messages)
    expect(site.fake.excess).toEqual([])
    expect(site.fake.calls.filter(({ answered }) => typeof answered === 'number')).toEqual([])
    for (let n = 0; n < people; n++)
      expect(site.fake.person(phoneOf(n)).shown).toHaveLength(rounds * textsOf(n, 0).length)
    await site.close()
  },
  timeLimitMs,
)

/** As they are on this machine: nothing else should be running on it. */
test.each(full ? databases : [])(
  `the program answers a POST of ${messages} messages within 250 ms, at the median, on %s`,
  async database => {
    fake = await startFakeWhatsApp()
    const { place, clear } = await placeOf(database)
    const program = await startProgram({ ...place, ...environmentOf(fake), LOG_LEVEL: 'error' })
    await fake.subscribe(program.url + webhookPath, verifyToken)
    const answeredMs: number[] = []
    for (let round = 0; round < 9; round++) {
      answeredMs.push(await post(fake, round))
      await expect.poll(() => turnsOf(program.url), { timeout: 60_000 }).toBe((round + 1) * messages)
      // What was noted of each goes before the next.
      await sleep(1000)
    }
    const median = answeredMs.toSorted((a, b) => a - b)[4] ?? 0
    const told = answeredMs.map(ms => Math.round(ms)).join(' ')
    console.info(
      `${messages} messages a POST, the program on ${database}: ${told} ms; median ${Math.round(median)}`,
    )
    killAll()
    await program.ended
    await clear()
    expect(program.printed()).not.toContain('"level"')
    expect(median).toBeLessThan(250)
  },
  timeLimitMs,
)

interface Place {
  readonly place: Record<string, string>
  clear(): Promise<void>
}

async function placeOf(database: DatabaseName): Promise<Place> {
  if (database === 'PostgreSQL')
    return { place: { DATABASE_URL: await freshDatabase() }, clear: async () => {} }
  const dir = await mkdtemp(join(tmpdir(), 'vigente-whatsapp-'))
  return { place: { DATA_DIR: dir }, clear: () => rm(dir, { recursive: true, force: true }) }
}

const environmentOf = ({ token, phoneId, appSecret, url }: FakeWhatsApp) => ({
  WHATSAPP_CLOUD_TOKEN: token,
  WHATSAPP_CLOUD_PHONE_ID: phoneId,
  WHATSAPP_CLOUD_APP_SECRET: appSecret,
  WHATSAPP_CLOUD_VERIFY_TOKEN: verifyToken,
  WHATSAPP_CLOUD_API_ROOT: url,
})

/** How many the program has handled. */
async function turnsOf(url: string): Promise<number> {
  const figures = await (await fetch(`${url}/metrics`)).text()
  return Number(/^vigente_turns_total (\d+)/m.exec(figures)?.[1])
}

/** Some write three or four times. */
const personOf = (n: number) => (n * 7) % people

const textOf = (round: number, n: number) => `gracias ${round} ${n}`

const textsOf = (person: number, round: number) =>
  Array.from({ length: messages }, (_, n) => n)
    .filter(n => personOf(n) === person)
    .map(n => textOf(round, n))

/** All of a round at once. How long it took to be answered. */
async function post(fake: FakeWhatsApp, round: number): Promise<number> {
  // What Meta says of earlier ones is not for this POST.
  await fake.waitFor(() => fake.pending === 0)
  fake.held = true
  for (let n = 0; n < messages; n++) fake.person(phoneOf(personOf(n))).writes(textOf(round, n))
  const posts = await fake.flush({ perPost: messages })
  fake.held = false
  expect(posts.map(({ answers, happenings }) => [answers, happenings.length])).toEqual([[[200], messages]])
  return posts[0]?.tookMs[0] ?? Number.POSITIVE_INFINITY
}

function expectOnceInOrder(site: Site, round: number): void {
  const mine = site.handled.flatMap(({ incoming: { from, body } }) =>
    body.kind === 'text' && body.text.startsWith(`gracias ${round} `)
      ? { from: from.id, text: body.text }
      : [],
  )
  expect(mine).toHaveLength(messages)
  const byPerson = Map.groupBy(mine, ({ from }) => from)
  const heard = [...byPerson.values()].map(all => all.map(({ text }) => text))
  const said = Array.from({ length: people }, (_, person) => textsOf(person, round))
  const byFirst = (a: readonly string[], b: readonly string[]) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)
  expect(heard.sort(byFirst)).toEqual(said.sort(byFirst))
}
