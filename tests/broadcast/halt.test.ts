/**
 * Whoever pauses or cancels a broadcast has it stopped: within a second no message of it starts any more. What was paused
 * goes on where it was. `FULL=1` also sends of a million for a minute, and watches the program's memory.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type Random, randomOf } from '../conversation/talk.ts'
import { killAll, type Program } from '../program.ts'
import {
  addOwner,
  type Control,
  type Entry,
  entries,
  full,
  type Ground,
  inside,
  openControl,
  type Place,
  places,
  platforms,
  prepare,
  start,
  subscribe,
} from './large.ts'

const seed = Number(process.env.SEED ?? 20261122)
/** Of each. */
const moments = full ? 10 : 1
/** Of sending: whatever the moment and the platform's rate, somebody is left to be sent to. */
const secondsOfEach = 2
/** From the answer to the press on. */
const graceMs = 1000
const watchedMs = full ? 2500 : 500
const timeLimitMs = 90_000 + moments * 20_000

let [ground, place, control]: [Ground?, Place?, Control?] = []
afterEach(async () => {
  killAll()
  await control?.close()
  await ground?.close()
  await place?.clear()
})

const groups = Array.from({ length: moments + 1 }, (_, n) => `grupo-${n}`)
const membersOf = (group: number, perSecond: number) =>
  Array.from(
    { length: secondsOfEach * perSecond * (group === 0 ? moments : 1) },
    (_, n) => 1 + group * 10_000 + n,
  )
const groupOf = (person: number) => Math.floor((person - 1) / 10_000)

for (const database of full ? (['PGlite', 'PostgreSQL'] as const) : (['PostgreSQL'] as const))
  for (const platform of full ? (['Telegram', 'WhatsApp Cloud'] as const) : (['Telegram'] as const))
    test(
      `${platform}, ${database}: at whatever moment a broadcast is paused or cancelled, it stops within a second`,
      async () => {
        place = await places[database]()
        ground = await platforms[platform]()
        await expectHalts(place, ground)
      },
      timeLimitMs,
    )

/** The first broadcast is paused and goes on again and again; each of the others is cancelled once. */
async function expectHalts(place: Place, ground: Ground): Promise<void> {
  const random = randomOf(seed)
  const members = groups.map((_, group) => membersOf(group, ground.perSecond))
  for (const person of members.flat()) ground.meet(person)
  const { ids, owner } = await inside(place, async office => {
    const ids: number[] = []
    for (const [n, plantel] of groups.entries()) {
      const people = members[n] ?? []
      await subscribe(office, ground.channel, people.map(ground.subscriberOf), plantel)
      ids.push(await prepare(office, people.length, { plantel, paused: true }))
    }
    return { ids, owner: await addOwner(office) }
  })
  ground.mishap = misfortune(random)
  const program = await start(ground, place)
  const presses = await openControl(place, owner)
  control = presses
  const late: string[] = []
  for (let n = 0; n < moments; n++)
    late.push(...(await halt(ground, presses, random, 'pausar', ids[0] ?? 0, 0)))
  for (const [n, id] of ids.entries())
    if (n > 0) late.push(...(await halt(ground, presses, random, 'cancelar', id, n)))
  expect(late).toEqual([])
  await presses.press('seguir', ids[0] ?? 0)
  await ground.waitFor(() => arrivedOf(ground, 0).length >= (members[0]?.length ?? 0), timeLimitMs)
  // Who would have it twice would have it by then.
  await sleep(graceMs)
  await stop(program)
  await check(place, ground, ids)
}

async function stop(program: Program): Promise<void> {
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(program.printed() + program.faults()).not.toMatch(/"level":|Error/)
}

/** Some have to be sent again, which is a start as any other. */
function misfortune(random: Random): Ground['mishap'] {
  const failed = new Set<number>()
  return person => {
    if (person % 10 !== 0 || failed.has(person)) return { kind: 'slow', ms: random.below(150) }
    failed.add(person)
    return { kind: 'error' }
  }
}

const sendsOf = (ground: Ground, group: number) =>
  ground.sends.filter(({ person }) => groupOf(person) === group)
const arrivedOf = (ground: Ground, group: number) => sendsOf(ground, group).filter(({ done }) => done)

/** Lets it go, halts it at some moment, and tells what started too late. */
async function halt(
  ground: Ground,
  { press }: Control,
  random: Random,
  how: 'pausar' | 'cancelar',
  id: number,
  group: number,
): Promise<string[]> {
  const before = sendsOf(ground, group).length
  await press('seguir', id)
  await ground.waitFor(() => sendsOf(ground, group).length > before, 30_000)
  await sleep(random.below(1000))
  await press(how, id)
  const haltedMs = performance.now()
  await sleep(graceMs + watchedMs)
  const after = sendsOf(ground, group).map(({ atMs }) => atMs - haltedMs)
  const last = Math.round(Math.max(...after))
  console.info(`${how} ${id}: ${after.length - before} sent, the last ${last} ms after it was halted`)
  return after.filter(ms => ms > graceMs).map(ms => `${how} ${id}: a send ${Math.round(ms)} ms after`)
}

/** Everybody has what was paused once; of what was cancelled nobody has it twice, and the rest is counted so. */
async function check(place: Place, ground: Ground, ids: readonly number[]): Promise<void> {
  const ledgers = await inside(place, async office => {
    const all: Entry[][] = []
    for (const id of ids) all.push(await entries(office, id))
    return all
  })
  for (const [group, all] of ledgers.entries()) {
    const arrived = arrivedOf(ground, group).map(({ person }) => person)
    expect(new Set(arrived).size).toBe(arrived.length)
    const counted = Map.groupBy(all, ({ estado }) => estado)
    expect(counted.get('enviado')).toHaveLength(arrived.length)
    if (group === 0) expect(arrived).toHaveLength(all.length)
    else expect((counted.get('cancelado')?.length ?? 0) + arrived.length).toBe(all.length)
  }
}

// ---- very many ----

const million = 1_000_000
const sendingMs = 60_000
const settlingMs = 10_000
const mostDriftMb = 30

if (full)
  test('the program needs no more memory for a million than it has in the first ten seconds', async () => {
    place = await places.PostgreSQL()
    ground = await platforms.Telegram()
    const { meet, subscriberOf } = ground
    // The fake need know only those who are reached.
    ground.mishap = person => void meet(person)
    await inside(place, async office => {
      await subscribe(office, 'telegram', everybody(subscriberOf))
      const begunMs = performance.now()
      await prepare(office, million)
      console.info(`${million} rows prepared in ${Math.round(performance.now() - begunMs)} ms`)
    })
    const program = await start(ground, place)
    const here = ground
    await here.waitFor(() => here.sends.length > 0, 60_000)
    const fromMs = performance.now()
    const samples: { readonly atMs: number; readonly mb: number }[] = []
    while (performance.now() - fromMs < sendingMs) {
      samples.push({ atMs: performance.now() - fromMs, mb: residentMb(program) })
      await sleep(500)
    }
    const settled = samples.filter(({ atMs }) => atMs >= settlingMs).map(({ mb }) => mb)
    const [least, most] = [Math.min(...settled), Math.max(...settled)]
    console.info(`${here.sends.length} sent in a minute; ${least} to ${most} MB, at last ${settled.at(-1)}`)
    await stop(program)
    expect(here.sends.length).toBeGreaterThan(1500)
    expect(most - least).toBeLessThanOrEqual(2 * mostDriftMb)
  }, 900_000)

function* everybody(subscriberOf: Ground['subscriberOf']) {
  for (let person = 1; person <= million; person++) yield subscriberOf(person)
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function residentMb({ child }: Program): number {
  const [, kb = 'NaN'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kb) / 1024)
}
