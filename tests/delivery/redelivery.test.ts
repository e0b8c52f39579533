import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodePress } from '../../src/channels/telegram/render.ts'
import { Telegram } from '../../src/channels/telegram/telegram.ts'
import { createConversation } from '../../src/conversation/handle.ts'
import { createDelivery } from '../../src/delivery/delivery.ts'
import { createHttp, listen } from '../../src/http.ts'
import type { Turn } from '../../src/message.ts'
import type { Where } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import { randomOf } from '../conversation/talk.ts'
import { type FakeTelegram, startFakeTelegram, type Update } from '../fakes/telegram.ts'
import { guide } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'
import { differences, followReplies, type Kept, moveOf, openClean, readHeld, seed, silent } from './crash.ts'
import { addressOf, type Button, incomingOf, limits, onTelegram, post, secret } from './on-telegram.ts'

/**
 * `UPDATES=10000 npx vitest run tests/delivery/redelivery.test.ts` is the full form. The short form tries polling in a
 * folder and the webhook on a server, as each is mostly run.
 */
const full = process.env.UPDATES !== undefined
const updates = Number(process.env.UPDATES ?? 120)
const people = Math.ceil(updates / 50)
const timeLimitMs = 60_000 + updates * 60

const at = new Date()
const random = randomOf(seed)
/** What is said, in order, and what comes of it where each is heard once. */
let said: object[]
let undisturbed: Kept[]
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigente-redelivery-'))
  const clean = await openClean(limits)
  said = await talk(clean.hear)
  undisturbed = await Promise.all(personsOf().map(person => clean.kept(addressOf(person))))
  await clean.close()
}, timeLimitMs)
afterAll(() => rm(dir, { recursive: true, force: true }))

for (const way of ['polling', 'webhook'] as const) {
  if (full || way === 'polling')
    test(
      `updates that come again and out of order by ${way} end as the clean run does, in a folder`,
      () => expectAsClean({ dir: join(dir, way) }, way),
      timeLimitMs,
    )

  if (full || way === 'webhook')
    test(
      `updates that come again and out of order by ${way} end as the clean run does, on a server`,
      async () => expectAsClean({ url: await freshDatabase() }, way),
      timeLimitMs,
    )
}

const personsOf = () => Array.from({ length: people }, (_, n) => n + 1)

/** Buttons stand under messages that the fake does not know: those who press them were shown them by the clean run. */
const firstButtonMessage = 900_000_000

async function talk(hear: (incoming: ReturnType<typeof incomingOf>) => Promise<Turn>): Promise<object[]> {
  const offered = new Map<number, Button[]>()
  const all: object[] = []
  for (let n = 1; n <= updates; n++) {
    const id = 1 + random.below(people)
    const [from, chat] = [
      { id, is_bot: false, first_name: `Persona ${id}` },
      { id, type: 'private' },
    ]
    const move = moveOf(random, offered.get(id) ?? [])
    const update =
      'text' in move
        ? { message: { message_id: n, date: 0, from, chat, text: move.text } }
        : {
            callback_query: {
              id: String(n),
              from,
              message: { message_id: move.button.message, date: 0, chat },
              data: move.button.data,
            },
          }
    const { version, replies } = await hear(incomingOf({ update_id: n, ...update }, at))
    const { choices = [], live = false } = replies.at(-1) ?? {}
    const data = choices.map(({ id: choice }) => encodePress({ kind: 'choice', turn: version, choice, live }))
    if (data.length > 0)
      offered.set(
        id,
        data.map(one => ({ message: firstButtonMessage + n, data: one })),
      )
    all.push(update)
  }
  return all
}

async function expectAsClean(where: Where, way: 'polling' | 'webhook'): Promise<void> {
  const fake = await startFakeTelegram()
  try {
    const numbered = said.map(happening => fake.made(happening as Parameters<FakeTelegram['made']>[0]))
    const program = await openProgram(where, fake, way)
    const started = performance.now()
    const brought = await (way === 'webhook' ? push(program.port, numbered) : offer(fake, numbered))
    await program.stop()
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
    const held = await readHeld(where)
    const arrived = personsOf().map((person, i) =>
      followReplies(onTelegram(fake), person, undisturbed[i] as Kept),
    )
    const faults = personsOf().flatMap((person, i) =>
      differences(person, held.kept(addressOf(person)), undisturbed[i] as Kept),
    )
    const database = 'url' in where ? 'PostgreSQL' : 'PGlite'
    console.table({ seed, way, database, updates, brought, people, differences: faults.length, seconds })
    expect(faults).toEqual([])
    expect(arrived.flatMap(it => it.faults)).toEqual([])
    expect(arrived.flatMap(it => it.again)).toEqual([])
    expect(held.unsent).toEqual([])
  } finally {
    await fake.close()
  }
}

/** As `main` wires it. */
async function openProgram(where: Where, fake: FakeTelegram, way: 'polling' | 'webhook') {
  const store = await openStore(where)
  const app = createHttp({}, async () => [])
  const telegram: Telegram = new Telegram({
    token: fake.token,
    apiRoot: fake.root,
    ...(way === 'webhook' ? { webhook: { publicUrl: 'https://vigente.example', secret } } : {}),
    app,
    words: guide.content.telegram,
    history: (...asked) => conversation.history(...asked),
    reach: (...told) => conversation.reach(...told),
    clock: () => at,
    log: silent,
  })
  const delivery = createDelivery({
    channels: [telegram],
    outbox: store.outbox,
    clock: () => new Date(),
    isQuiet: () => false,
    log: silent,
  })
  const conversation = createConversation({ ...guide, store, log: silent, delivery })
  const server = await listen(app, 0)
  await delivery.start()
  await telegram.start(conversation.handle)
  return {
    port: server.port,
    stop: async () => {
      await Promise.all([telegram.stop(), server.close()])
      await delivery.stop(timeLimitMs)
      await store.close()
    },
  }
}

/** Of three in ten, how often they come again: once to five times. */
const repeats = () => (random.next() < 0.3 ? 1 + random.below(5) : 0)
const outOfOrder = () => random.next() < 0.2

interface Journey {
  readonly update: Update
  /** So many that set out later arrive earlier. */
  readonly overtakenBy: number
}

/** In the order in which they set out. A fifth is overtaken by up to twenty; repeats come soon or much later. */
function journeysOf(all: readonly Update[]): Journey[] {
  const placed = all.flatMap((update, n) => {
    const again = Array.from({ length: repeats() }, () =>
      random.next() < 0.5 ? n + 1 + random.below(10) : n + 50 + random.below(all.length),
    )
    const first = { place: n, update, overtakenBy: outOfOrder() ? 1 + random.below(20) : 0 }
    return [first, ...again.map(place => ({ place, update, overtakenBy: 0 }))]
  })
  return placed.toSorted((a, b) => a.place - b.place)
}

/** On as many connections as Telegram opens; whoever is answered takes the next. */
async function push(port: number, all: readonly Update[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 40 })
  const journeys = journeysOf(all)
  const refused: number[] = []
  let setOut = 0
  const bring = async () => {
    for (let own = setOut++; own < journeys.length; own = setOut++) {
      const { update, overtakenBy } = journeys[own] as Journey
      const late = performance.now() + slowestMs
      while (performance.now() < late && setOut <= own + overtakenBy) await sleep(1)
      const status = await post(`http://127.0.0.1:${port}`, agent, update)
      if (status !== 200) refused.push(status)
    }
  }
  await Promise.all(Array.from({ length: 40 }, bring))
  agent.destroy()
  expect(refused).toEqual([])
  return journeys.length
}
/** Where all others wait for it, a connection is only so much slower. */
const slowestMs = 50

/** Batches of any size up to a hundred, unsorted; what came before comes again as if its offset had never arrived. */
async function offer(fake: FakeTelegram, all: readonly Update[]): Promise<number> {
  let [next, count] = [0, 0]
  const again: { update: Update; from: number }[] = []
  const answer = () => {
    if (next >= all.length && again.length === 0) return undefined
    const fresh = all.slice(next, next + 1 + random.below(100))
    next += fresh.length
    const due = again.filter(({ from }) => from <= next || next >= all.length)
    for (const one of due) again.splice(again.indexOf(one), 1)
    for (const update of fresh)
      for (let n = repeats(); n > 0; n--)
        again.push({ update, from: next + random.below(random.of([1, 1000])) })
    const batch = [...fresh, ...due.map(({ update }) => update)]
    count += batch.length
    return { result: shuffled(batch) }
  }
  const asks = () => fake.calls.filter(({ method }) => method === 'getUpdates').length
  fake.trouble = call =>
    call.method === 'getUpdates' && Number(call.payload.timeout) > 0 ? answer() : undefined
  const before = asks()
  // The poll that is under way would wait its 50 s: news that concern nobody end it.
  fake.push({ my_chat_member: { chat: { id: -1, type: 'group' }, new_chat_member: { status: 'member' } } })
  await fake.waitFor(
    () => asks() > before && next >= all.length && again.length === 0 && idle(fake),
    timeLimitMs,
  )
  return count
}

/** Asks for updates and there are none: all that came before are handled. */
const idle = (fake: FakeTelegram) => {
  const last = fake.calls.findLast(({ method }) => method === 'getUpdates')
  return last !== undefined && last.answered === undefined
}

function shuffled(batch: readonly Update[]): Update[] {
  const moved = batch.map((update, n) => ({ update, place: n + (outOfOrder() ? 1 + random.below(20) : 0) }))
  return moved.toSorted((a, b) => a.place - b.place).map(({ update }) => update)
}
