/**
 * A broadcast to many over a platform that fails in every way, by a program that is killed again and again: everybody
 * comes to an end, nobody is missed, and nobody has it twice but who was being sent to at a kill.
 *
 * What befalls a person's message is decided by seed and person: 5 % are not to be had, 3 % meet a fault of the platform
 * first, 2 % have it without the program ever hearing so. 10 % of the calls come too often; each such answer stops all
 * sending for a second, so they come ten in a row (one after the other they would make half an hour of nothing).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { type Random, randomOf } from '../conversation/talk.ts'
import { killAll, type Program } from '../program.ts'
import {
  entries,
  full,
  type Ground,
  inside,
  type Mishap,
  type Place,
  places,
  platforms,
  prepare,
  start,
  subscribe,
  underWay,
  untilEnded,
  untilGone,
} from './large.ts'

/** `RECIPIENTS=10000 KILLS=10 FULL=1` is the full form, `-t Telegram` or `-t PGlite` a part of it. */
const recipients = Number(process.env.RECIPIENTS ?? 150)
const kills = Number(process.env.KILLS ?? 1)
const seed = Number(process.env.SEED ?? 20261122)
const timeLimitMs = 60_000 + kills * 20_000 + recipients * 120

const people = Array.from({ length: recipients }, (_, n) => n + 1)

type Fate = 'fine' | 'unreachable' | 'error' | 'lost'

function fateOf(person: number): Fate {
  const chance = randomOf(seed ^ Math.imul(person, 0x9e3779b1)).next()
  if (chance < 0.05) return 'unreachable'
  if (chance < 0.08) return 'error'
  return chance < 0.1 ? 'lost' : 'fine'
}

/** So many calls in a row, of so many, come too often. */
const inRow = 10
const ofCalls = 100

/** Told late enough that those behind it are under way, too. */
function misfortune({ perSecond }: Ground, random: Random): Ground['mishap'] {
  let calls = 0
  const failed = new Set<number>()
  return (person): Mishap => {
    if (calls++ % ofCalls >= ofCalls - inRow) return { kind: 'busy', ms: (inRow * 1000) / perSecond }
    const fate = fateOf(person)
    // Of those who are not to be had, half are told of by the answer, and half as the platform likes.
    if (fate === 'unreachable' && person % 2 === 0) return { kind: 'unreachable' }
    if (fate === 'lost') return { kind: 'lost' }
    if (fate === 'error' && !failed.has(person)) {
      failed.add(person)
      return { kind: 'error' }
    }
    return { kind: 'slow', ms: random.below(60) }
  }
}

let [ground, place]: [Ground?, Place?] = []
afterEach(async () => {
  killAll()
  await ground?.close()
  await place?.clear()
})

for (const database of full ? (['PGlite', 'PostgreSQL'] as const) : (['PostgreSQL'] as const))
  for (const platform of full ? (['Telegram', 'WhatsApp Cloud'] as const) : (['Telegram'] as const))
    test(
      `${platform}, ${database}: all of many come to an end, whatever fails and whenever the program is killed`,
      async () => {
        place = await places[database]()
        ground = await platforms[platform]()
        await expectAllAtAnEnd(place, ground)
      },
      timeLimitMs,
    )

async function expectAllAtAnEnd(place: Place, ground: Ground): Promise<void> {
  const random = randomOf(seed)
  const subscribers = people.map(ground.subscriberOf)
  for (const person of people) {
    ground.meet(person)
    if (fateOf(person) === 'unreachable' && person % 2 === 1) ground.lose(person)
  }
  const id = await inside(place, async office => {
    await subscribe(office, ground.channel, subscribers)
    return prepare(office, recipients)
  })
  ground.mishap = misfortune(ground, random)
  const fromMs = performance.now()
  const deaths = await killAgainAndAgain(place, ground, random)
  const last = await start(ground, place)
  const called = new Set<number>()
  let seen = 0
  const allCalled = () => {
    for (; seen < ground.sends.length; seen++) called.add(ground.sends[seen]?.person ?? 0)
    return called.size === recipients
  }
  await ground.waitFor(allCalled, timeLimitMs)
  await untilEnded(place, ground, id)
  const seconds = Math.round((performance.now() - fromMs) / 1000)
  last.child.kill('SIGTERM')
  expect(await last.ended).toBe(0)
  expect(faultsOf([...deaths.map(({ program }) => program), last])).toEqual([])
  await check(place, ground, { id, deaths, chats: subscribers.map(({ chat }) => chat), seconds })
}

const faultsOf = (programs: readonly Program[]) =>
  programs
    .flatMap(program => [program.printed(), program.faults()])
    .flatMap(text => text.split('\n'))
    .filter(line => /"level":|Error/.test(line))

// ---- killing ----

interface Death {
  readonly program: Program
  /** Calls that the platform had not answered. */
  readonly unanswered: number
  /** Chats that were being sent to, as far as the program had noted. */
  readonly chats: readonly string[]
}

async function killAgainAndAgain(place: Place, ground: Ground, random: Random): Promise<Death[]> {
  const deaths: Death[] = []
  for (let n = 1; n <= kills; n++) {
    const starting = start(ground, place)
    await killingPoint(ground, random, starting, Math.floor((recipients * n) / (kills + 1)))
    const unanswered = ground.sends.filter(({ done }) => done === undefined).length
    killAll()
    const program = await starting
    await program.ended
    const chats = await inside(place, async office => {
      await untilGone(place, office)
      return underWay(office)
    })
    deaths.push({ program, unanswered, chats })
  }
  return deaths
}

/** Now and then anywhere in a start, else a moment after it has got so far. */
async function killingPoint(
  ground: Ground,
  random: Random,
  starting: Promise<unknown>,
  calls: number,
): Promise<void> {
  const [chance, ms] = [random.next(), random.next()]
  if (chance < 0.15) return sleep(ms * 3000)
  await starting
  const before = ground.sends.length
  await ground.waitFor(() => ground.sends.length >= Math.max(calls, before + 1), timeLimitMs)
  await sleep(ms * 400)
}

// ---- what became of them ----

const estadoOf = {
  fine: 'enviado',
  error: 'enviado',
  lost: 'incierto',
  unreachable: 'inalcanzable',
} as const

interface Run {
  readonly id: number
  readonly deaths: readonly Death[]
  /** Of each person, in order. */
  readonly chats: readonly string[]
  readonly seconds: number
}

async function check(place: Place, ground: Ground, { id, deaths, chats, seconds }: Run): Promise<void> {
  const [all, state, left] = await inside(place, async office => {
    const { rows } = await sql<{ estado: string }>`select estado from difusion where id = ${id}`.execute(
      office.db,
    )
    const waiting = await sql`select estado from envio where estado in ('pendiente', 'enviando')`.execute(
      office.db,
    )
    return [await entries(office, id), rows[0]?.estado, waiting.rows.length] as const
  })
  const byChat = new Map(all.map(entry => [entry.chat, entry]))
  const sends = Map.groupBy(ground.sends, ({ person }) => person)
  const atKills = new Set(deaths.flatMap(death => death.chats))
  const faults: string[] = []
  let twice = 0
  for (const person of people) {
    const [fate, chat] = [fateOf(person), chats[person - 1] ?? '']
    const { estado, repetido = false } = byChat.get(chat) ?? {}
    const got = (sends.get(person) ?? []).filter(({ done }) => done).length
    const fault = (what: string) => faults.push(`${person}, ${fate}: ${what}, ${estado}`)
    if (estado !== estadoOf[fate]) fault('came to another end')
    if (fate !== 'unreachable' && got === 0) fault('never got it')
    if (got > 1) twice += got - 1
    if (got > 1 && !(atKills.has(chat) && repetido)) fault(`got it ${got} times`)
  }
  const busy = ground.sends.length - people.length
  const inFlight = deaths.reduce((sum, death) => sum + death.chats.length, 0)
  const unanswered = deaths.reduce((sum, death) => sum + death.unanswered, 0)
  const told = {
    platform: ground.channel,
    database: place.database,
    recipients,
    kills,
    seconds,
    calls: busy + people.length,
  }
  console.table({ ...told, twice, inFlight, unanswered, faults: faults.length })
  expect(all).toHaveLength(recipients)
  expect([state, left]).toEqual(['terminada', 0])
  expect(faults).toEqual([])
  expect(twice).toBeLessThanOrEqual(inFlight)
}
