import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { Where } from '../../src/store/database.ts'
import { type Random, randomOf } from '../conversation/talk.ts'
import { startFakeTelegram } from '../fakes/telegram.ts'
import { type Happening, startFakeWhatsApp } from '../fakes/whatsapp-cloud.ts'
import { freshDatabase } from '../postgres.ts'
import { killAll, type Program, startProgram } from '../program.ts'
import {
  type Compared,
  compareToClean,
  moveOf,
  type Platform,
  quiet,
  readHeld,
  type Said,
  type Send,
  seed,
} from './crash.ts'
import * as onTelegram from './on-telegram.ts'
import * as onWhatsApp from './on-whatsapp.ts'

/**
 * `npm run test:crash` is the full form; `npm run test:crash -- -t WhatsApp` that of one platform. The short form is on
 * a server only; store/kill.test.ts kills on a folder too.
 */
const full = process.env.KILLS !== undefined
const kills = Number(process.env.KILLS ?? 1)
const updates = Number(process.env.UPDATES ?? 60)
const chats = Number(process.env.CHATS ?? 12)
const timeLimitMs = 60_000 + kills * 20_000

/** A fake platform, with the people on it and the program that is killed under it. */
interface Ground {
  readonly platform: Platform
  readonly environment: Record<string, string>
  readonly calls: readonly unknown[]
  /** What people said and the program has not confirmed. */
  readonly pending: number
  /** Calls to send that are not answered. */
  readonly sending: number
  /** How often the program has asked for or taken what people said, and how often it has called to send. */
  count(what: 'heard' | 'said'): number
  /** Tells the platform where the program is, where that must be known. */
  connect(program: Program): Promise<void>
  /** Says something; nothing where this person has to wait for the platform first. */
  say(person: number): Said | undefined
  waitFor(look: () => boolean, timeoutMs: number): Promise<unknown>
  close(): Promise<void>
}

/** A platform takes its time, and that is when a kill is of interest. */
const slowly = (random: Random) => ({ delayMs: random.below(30) })

async function openTelegram(random: Random): Promise<Ground> {
  const fake = await startFakeTelegram()
  const { isSend, saidOf, shownTo, updateOf } = onTelegram
  fake.trouble = call => (isSend(call) ? slowly(random) : undefined)
  return {
    platform: onTelegram.onTelegram(fake),
    environment: { TELEGRAM_BOT_TOKEN: fake.token, TELEGRAM_API_ROOT: fake.root },
    calls: fake.calls,
    get pending() {
      return fake.pending
    },
    get sending() {
      return fake.calls.filter(call => isSend(call) && call.answered === undefined).length
    },
    count: what =>
      fake.calls.filter(({ method }) => method === (what === 'heard' ? 'getUpdates' : 'sendMessage')).length,
    connect: async () => {},
    say: person => {
      const update = updateOf(fake, person, moveOf(random, shownTo(fake, person)))
      fake.queue(update)
      return saidOf(update)
    },
    waitFor: (look, timeoutMs) => fake.waitFor(look, timeoutMs),
    close: () => fake.close(),
  }
}

async function openWhatsApp(random: Random): Promise<Ground> {
  const fake = await startFakeWhatsApp()
  const { isSend, make, personAt, saidOf, shownTo, verifyToken } = onWhatsApp
  fake.trouble = call => (isSend(call) ? slowly(random) : undefined)
  const posts = new PostsByMessage(fake)
  const newest = new Map<number, string>()
  return {
    platform: onWhatsApp.onWhatsApp(fake),
    environment: {
      WHATSAPP_CLOUD_TOKEN: fake.token,
      WHATSAPP_CLOUD_PHONE_ID: fake.phoneId,
      WHATSAPP_CLOUD_APP_SECRET: fake.appSecret,
      WHATSAPP_CLOUD_VERIFY_TOKEN: verifyToken,
      WHATSAPP_CLOUD_API_ROOT: fake.url,
    },
    calls: fake.calls,
    get pending() {
      return fake.pending
    },
    get sending() {
      return fake.calls.filter(call => isSend(call) && call.answered === undefined).length
    },
    count: what =>
      (what === 'heard' ? fake.posts.filter(({ taken }) => taken) : fake.calls.filter(isSend)).length,
    connect: program => fake.subscribe(`${program.url}/whatsapp/webhook`, verifyToken),
    say: number => {
      // Each comes in a POST of its own: of two at once nobody knows which was first.
      if (!posts.taken(newest.get(number))) return undefined
      const person = personAt(fake, number)
      const id = make(person, moveOf(random, shownTo(person)))
      newest.set(number, id)
      return at => saidOf(fake, posts.happening(id))(at)
    },
    waitFor: (look, timeoutMs) => fake.waitFor(look, timeoutMs),
    close: () => fake.close(),
  }
}

/** Finds the POST that brings a message. */
class PostsByMessage {
  readonly #fake: { readonly posts: readonly OnePost[] }
  readonly #byId = new Map<string, { readonly post: OnePost; readonly happening: Happening }>()
  #seen = 0

  constructor(fake: { readonly posts: readonly OnePost[] }) {
    this.#fake = fake
  }

  /** Also where there is no message. */
  taken(id: string | undefined): boolean {
    return id === undefined || this.#find(id)?.post.taken === true
  }

  happening(id: string): Happening {
    const found = this.#find(id)
    if (!found) throw new Error('never posted')
    return found.happening
  }

  #find(id: string) {
    for (const post of this.#fake.posts.slice(this.#seen))
      for (const happening of post.happenings)
        if (happening.field === 'messages')
          this.#byId.set((happening.what as { id: string }).id, { post, happening })
    this.#seen = this.#fake.posts.length
    return this.#byId.get(id)
  }
}
type OnePost = Awaited<ReturnType<typeof startFakeWhatsApp>>['posts'][number]

let ground: Ground | undefined
afterEach(async () => {
  killAll()
  await ground?.close()
})

for (const [name, open] of [
  ['Telegram', openTelegram],
  ['WhatsApp Cloud', openWhatsApp],
] as const) {
  if (full)
    test(
      `${name}: nothing is lost and nothing acts twice when the process is killed ${kills} times, in a folder`,
      async () => {
        const dir = await mkdtemp(join(tmpdir(), 'vigente-crash-'))
        try {
          await expectNothingLost(name, open, { dir }, { DATA_DIR: dir })
        } finally {
          await rm(dir, { recursive: true, force: true })
        }
      },
      timeLimitMs,
    )

  test(
    `${name}: nothing is lost and nothing acts twice when the process is killed ${kills} times, on a server`,
    async () => {
      const url = await freshDatabase()
      await expectNothingLost(name, open, { url }, { DATABASE_URL: url })
    },
    timeLimitMs,
  )
}

async function expectNothingLost(
  name: string,
  open: (random: Random) => Promise<Ground>,
  where: Where,
  place: Record<string, string>,
): Promise<void> {
  const random = randomOf(seed)
  const here = await open(random)
  ground = here
  const crowd = new Crowd(here, random)
  const start = async () => {
    const program = await startProgram({ ...place, ...here.environment, LOG_LEVEL: 'error' })
    // It may have been killed already.
    if (program.url) await here.connect(program).catch(() => {})
    return program
  }
  const lives = await killAgainAndAgain(here, random, crowd, start)
  const fromMs = performance.now()
  const last = await start()
  crowd.allow(updates)
  await here.waitFor(() => crowd.count === updates && here.pending === 0, timeLimitMs)
  await quiet(here)
  last.child.kill('SIGTERM')
  expect(await last.ended).toBe(0)
  const errors = [...lives, { program: last }].flatMap(({ program }) => [program.printed(), program.faults()])
  expect(errors.flatMap(text => text.split('\n')).filter(line => /"level":|Error/.test(line))).toEqual([])
  await check(name, here.platform, where, crowd, lives, fromMs)
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
  here: Ground,
  random: Random,
  crowd: Crowd,
  start: () => Promise<Program>,
): Promise<Life[]> {
  const lives: Life[] = []
  for (let n = 1; n <= kills; n++) {
    crowd.allow(Math.ceil((updates * n) / kills))
    const fromMs = performance.now()
    const starting = start()
    await killingPoint(here, random, starting)
    const underWay = here.sending
    const killedMs = performance.now()
    killAll()
    const program = await starting
    await program.ended
    lives.push({ program, fromMs, killedMs, underWay })
  }
  return lives
}

/** Anywhere in a start; or a moment after it heard of what people said, or after it first replied. */
async function killingPoint(here: Ground, random: Random, starting: Promise<unknown>): Promise<void> {
  const [kind, ms] = [random.next(), random.next()]
  if (kind < 0.2) return sleep(ms * 1200)
  const awaited = kind < 0.4 ? 'heard' : 'said'
  const before = here.count(awaited)
  await starting
  await here.waitFor(() => here.count(awaited) > before, 2000).catch(() => {})
  await sleep(ms * (kind < 0.4 ? 50 : 300))
}

/** The people, who go on writing and pressing as far as they are allowed to. */
class Crowd {
  count = 0
  readonly said = new Map<number, Said[]>()
  readonly #ground: Ground
  readonly #random: Random
  #allowed = 0
  #timer: NodeJS.Timeout | undefined

  constructor(ground: Ground, random: Random) {
    this.#ground = ground
    this.#random = random
  }

  allow(count: number): void {
    this.#allowed = count
    this.#timer ??= setInterval(() => this.#goOn(), 5)
  }

  #goOn(): void {
    while (this.count < this.#allowed && this.#ground.pending < maxPending)
      if (!this.#say(1 + (this.#next() % chats))) return
    if (this.count === updates) clearInterval(this.#timer)
  }

  /** All say equally much, in an order that changes. */
  #next(): number {
    return this.count + this.#random.below(3)
  }

  #say(person: number): boolean {
    const said = this.#ground.say(person)
    if (!said) return false
    this.count++
    this.said.set(person, [...(this.said.get(person) ?? []), said])
    return true
  }
}
const maxPending = 40

async function check(
  name: string,
  platform: Platform,
  where: Where,
  crowd: Crowd,
  lives: readonly Life[],
  lastFromMs: number,
): Promise<void> {
  const held = await readHeld(where)
  const { turns, replies, faults, again } = await compareToClean(platform, held, crowd.said)
  const { unexplained, longestMs } = explain(again, [
    ...lives,
    { fromMs: lastFromMs, killedMs: Number.POSITIVE_INFINITY },
  ])
  const underWay = lives.reduce((sum, life) => sum + life.underWay, 0)
  const database = 'url' in where ? 'PostgreSQL' : 'PGlite'
  const told = {
    platform: name,
    seed,
    database,
    kills: lives.length,
    updates: crowd.count,
    chats,
    turns,
    replies,
  }
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
  const lifeOf = ({ atMs }: Send) => lives.filter(({ fromMs }) => fromMs + bootMs < atMs).length
  const explained = new Set<string>()
  const unexplained: string[] = []
  let longestMs = 0
  for (const { first, call } of again) {
    const { person } = call
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
