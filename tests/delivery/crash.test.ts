import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { Where } from '../../src/store/database.ts'
import { type Random, randomOf } from '../conversation/talk.ts'
import { type Call, type FakeTelegram, startFakeTelegram, type Update } from '../fakes/telegram.ts'
import { freshDatabase } from '../postgres.ts'
import { killAll, type Program, startProgram } from '../program.ts'
import {
  type Compared,
  compareToClean,
  isSend,
  moveOf,
  quiet,
  readHeld,
  seed,
  shownTo,
  updateOf,
} from './crash.ts'

/** `npm run test:crash` is the full form. */
const kills = Number(process.env.KILLS ?? 2)
const updates = Number(process.env.UPDATES ?? 100)
const chats = Number(process.env.CHATS ?? 20)
const timeLimitMs = 60_000 + kills * 20_000

let fake: FakeTelegram | undefined
afterEach(async () => {
  killAll()
  await fake?.close()
})

test(
  'no update is lost and none acts twice when the process is killed again and again, in a folder',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vigente-crash-'))
    try {
      await expectNothingLost({ dir }, { DATA_DIR: dir })
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  },
  timeLimitMs,
)

test(
  'no update is lost and none acts twice when the process is killed again and again, on a server',
  async () => {
    const url = await freshDatabase()
    await expectNothingLost({ url }, { DATABASE_URL: url })
  },
  timeLimitMs,
)

async function expectNothingLost(where: Where, place: Record<string, string>): Promise<void> {
  fake = await startFakeTelegram()
  const random = randomOf(seed)
  const said = new Crowd(fake, random)
  const environment = {
    ...place,
    TELEGRAM_BOT_TOKEN: fake.token,
    TELEGRAM_API_ROOT: fake.root,
    LOG_LEVEL: 'error',
  }
  // A platform takes its time, and that is when a kill is of interest.
  fake.trouble = call => (isSend(call) ? { delayMs: random.below(30) } : undefined)
  const lives = await killAgainAndAgain(fake, random, said, () => startProgram(environment))
  const fromMs = performance.now()
  const last = await startProgram(environment)
  said.allow(updates)
  await fake.waitFor(() => said.count === updates && fake?.pending === 0, timeLimitMs)
  await quiet(fake)
  last.child.kill('SIGTERM')
  expect(await last.ended).toBe(0)
  const errors = [...lives, { program: last }].flatMap(({ program }) => [program.printed(), program.faults()])
  expect(errors.flatMap(text => text.split('\n')).filter(line => /"level":|Error/.test(line))).toEqual([])
  await check(fake, where, said, lives, fromMs)
}

/** A process from its start on, as long as it lived. */
interface Life {
  readonly program: Program
  readonly fromMs: number
  readonly killedMs: number
  /** Calls to send that were not answered when it was killed. */
  readonly underWay: number
}

async function killAgainAndAgain(
  fake: FakeTelegram,
  random: Random,
  said: Crowd,
  start: () => Promise<Program>,
): Promise<Life[]> {
  const lives: Life[] = []
  for (let n = 1; n <= kills; n++) {
    said.allow(Math.ceil((updates * n) / kills))
    const fromMs = performance.now()
    const starting = start()
    await killingPoint(fake, random, fromMs, starting)
    const underWay = fake.calls.filter(call => isSend(call) && call.answered === undefined).length
    const killedMs = performance.now()
    killAll()
    const program = await starting
    await program.ended
    lives.push({ program, fromMs, killedMs, underWay })
  }
  return lives
}

/** Anywhere in a start; or a moment after it asked for updates, or after it first replied. */
async function killingPoint(fake: FakeTelegram, random: Random, fromMs: number, starting: Promise<unknown>) {
  const [kind, ms] = [random.next(), random.next()]
  if (kind < 0.2) return sleep(ms * 1200)
  const awaited = kind < 0.4 ? 'getUpdates' : 'sendMessage'
  await starting
  const since = (call: { atMs: number; method: string }) => call.atMs > fromMs && call.method === awaited
  await fake.waitFor(() => fake.calls.findLast(since), 2000).catch(() => {})
  await sleep(ms * (kind < 0.4 ? 50 : 300))
}

/** The people, who go on writing and pressing as far as they are allowed to. */
class Crowd {
  count = 0
  readonly updates = new Map<number, Update[]>()
  readonly #fake: FakeTelegram
  readonly #random: Random
  #allowed = 0
  #timer: NodeJS.Timeout | undefined

  constructor(fake: FakeTelegram, random: Random) {
    this.#fake = fake
    this.#random = random
  }

  allow(count: number): void {
    this.#allowed = count
    this.#timer ??= setInterval(() => this.#goOn(), 5)
  }

  #goOn(): void {
    while (this.count < this.#allowed && this.#fake.pending < maxPending)
      this.#say(1 + (this.#next() % chats))
    if (this.count === updates) clearInterval(this.#timer)
  }

  /** All say equally much, in an order that changes. */
  #next(): number {
    return this.count + this.#random.below(3)
  }

  #say(person: number): void {
    const update = updateOf(this.#fake, person, moveOf(this.#random, shownTo(this.#fake, person)))
    this.#fake.queue(update)
    this.count++
    this.updates.set(person, [...(this.updates.get(person) ?? []), update])
  }
}
const maxPending = 40

async function check(
  fake: FakeTelegram,
  where: Where,
  crowd: Crowd,
  lives: readonly Life[],
  lastFromMs: number,
): Promise<void> {
  const held = await readHeld(where)
  const { turns, replies, faults, again } = await compareToClean(fake, held, crowd.updates)
  const { unexplained, longestMs } = explain(again, [
    ...lives,
    { fromMs: lastFromMs, killedMs: Number.POSITIVE_INFINITY },
  ])
  const underWay = lives.reduce((sum, life) => sum + life.underWay, 0)
  const database = 'url' in where ? 'PostgreSQL' : 'PGlite'
  const told = { seed, database, kills: lives.length, updates: crowd.count, chats, turns, replies }
  console.table({ ...told, underWay, repliesTwice: again.length, longestMs, faults: faults.length })
  expect(held.unsent).toEqual([])
  expect(faults).toEqual([])
  expect(unexplained).toEqual([])
}

/**
 * A kill explains one for each chat, whose messages go out one after the other: the one that was under way or not noted
 * yet. `longestMs`: from the first call of any of them to the kill.
 */
function explain(
  again: Compared['again'],
  lives: readonly Pick<Life, 'fromMs' | 'killedMs'>[],
): { unexplained: string[]; longestMs: number } {
  const lifeOf = ({ atMs }: Call) => lives.filter(({ fromMs }) => fromMs + bootMs < atMs).length
  const explained = new Set<string>()
  const unexplained: string[] = []
  let longestMs = 0
  for (const { person, first, call } of again) {
    const [killed, by] = [lives[lifeOf(first) - 1], lifeOf(call)]
    const kill = `${person} ${by}`
    if (by <= lifeOf(first) || explained.has(kill)) {
      const [atMs, sinceMs] = [first.atMs, lives[by - 1]?.fromMs ?? 0].map(ms => Math.round(call.atMs - ms))
      unexplained.push(
        `${person}: life ${lifeOf(first)} and ${by}, ${atMs} ms later, ${sinceMs} ms after a start`,
      )
    }
    explained.add(kill)
    longestMs = Math.max(longestMs, Math.round((killed?.killedMs ?? 0) - first.atMs))
  }
  return { unexplained, longestMs }
}

/** Nothing is sent so soon after a process was started; what came before was its forerunner's. */
const bootMs = 400
