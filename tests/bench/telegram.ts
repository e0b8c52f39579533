/**
 * `--telegram`: from an update that Telegram has for the bot to the reply that reaches Telegram, by polling: the program
 * as `npm start` runs it, on both databases, beside a bare echo bot, each a process of its own with a fake of its own.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadContent } from '../../src/content/load.ts'
import { type FakeTelegram, startFakeTelegram } from '../fakes/telegram.ts'
import { createDatabase } from '../postgres.ts'
import { startProgram } from '../program.ts'
import { createRandom, median, quantile } from './measure.ts'

const rounds = 5
const roundMs = 10_000
const perSecond = 50
/** More than any of them comes twice to before its answer is there. */
const chats = 200
/** Who has no answer by then has none. */
const lostMs = 10_000

export interface TelegramLine {
  readonly contender: string
  /** Medians over the rounds. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Over the echo bot's in the same round; medians of the rounds. */
  readonly p50OverEchoMs: number
  readonly p99OverEchoMs: number
  readonly p50Ratio: number
  readonly p99Ratio: number
  /** Of all rounds together. */
  readonly allP99Ms: number
  readonly allP99OverEchoMs: number
  readonly updates: number
  readonly unanswered: number
}

interface Contender {
  readonly name: string
  readonly fake: FakeTelegram
  readonly close: () => Promise<unknown>
  /** Of each round, sorted. */
  readonly rounds: number[][]
  unanswered: number
}

export async function benchTelegram(home: string, server: string, seed: number): Promise<TelegramLine[]> {
  const echo = await openEcho()
  const ours = [
    await openProgram('vigente, PGlite', { DATA_DIR: join(home, 'telegram') }),
    await openProgram('vigente, PostgreSQL', { DATABASE_URL: await createDatabase(server) }),
  ]
  const contenders = [echo, ...ours]
  try {
    // The first round does not count.
    for (let round = 0; round <= rounds; round++)
      for (const contender of contenders) {
        const { latenciesMs, unanswered } = await runRound(contender.fake, seed + round)
        if (round === 0) continue
        contender.rounds.push(latenciesMs.toSorted((a, b) => a - b))
        contender.unanswered += unanswered
      }
  } finally {
    for (const { close, fake } of contenders) {
      await close()
      await fake.close()
    }
  }
  return contenders.map(contender => lineOf(contender, echo))
}

/** The same moments, chats and texts for each contender. */
async function runRound(
  fake: FakeTelegram,
  seed: number,
): Promise<{ readonly latenciesMs: number[]; readonly unanswered: number }> {
  const random = createRandom(seed)
  const latenciesMs: number[] = []
  const asked = new Map<number, number>()
  // Sees each call as it comes.
  fake.trouble = ({ method, payload, atMs }) => {
    const chat = Number(payload.chat_id)
    const since = asked.get(chat)
    if (method !== 'sendMessage' || since === undefined) return undefined
    asked.delete(chat)
    latenciesMs.push(atMs - since)
    return undefined
  }
  const started = performance.now()
  for (let [n, dueMs] = [0, 0]; dueMs < roundMs; n++) {
    dueMs += (-Math.log(1 - random()) * 1000) / perSecond
    const text = phrases[Math.floor(random() * phrases.length)] ?? ''
    await sleep(Math.max(0, started + dueMs - performance.now()))
    const update = fake.written(1 + (n % chats), text)
    asked.set(1 + (n % chats), performance.now())
    fake.queue(update)
  }
  const late = performance.now() + lostMs
  while (asked.size > 0 && performance.now() < late) await sleep(20)
  // What a reply has besides its first message must not be taken for the next one's.
  await sleep(500)
  return { latenciesMs, unanswered: asked.size }
}

const phrases = Object.values(loadContent().examples()).flat()

function lineOf({ name, rounds: mine, unanswered }: Contender, echo: Contender): TelegramLine {
  const at = (q: number) => mine.map(round => quantile(round, q))
  const echoed = (q: number) => echo.rounds.map(round => quantile(round, q))
  const over = (q: number) => median(at(q).map((ms, n) => ms - (echoed(q)[n] ?? Number.NaN)))
  const ratio = (q: number) => median(at(q).map((ms, n) => ms / (echoed(q)[n] ?? Number.NaN)))
  const all = (of: readonly number[][]) =>
    quantile(
      of.flat().toSorted((a, b) => a - b),
      0.99,
    )
  return {
    contender: name,
    p50Ms: median(at(0.5)),
    p99Ms: median(at(0.99)),
    p50OverEchoMs: over(0.5),
    p99OverEchoMs: over(0.99),
    p50Ratio: ratio(0.5),
    p99Ratio: ratio(0.99),
    allP99Ms: all(mine),
    allP99OverEchoMs: all(mine) - all(echo.rounds),
    updates: mine.flat().length,
    unanswered,
  }
}

async function openEcho(): Promise<Contender> {
  const fake = await startFakeTelegram()
  const script = join(import.meta.dirname, 'echo.ts')
  const child = spawn(process.execPath, [script, fake.token, fake.root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const close = async () => {
    const ended = once(child, 'close')
    child.kill('SIGTERM')
    await ended
  }
  await once(child.stdout, 'data')
  return { name: 'grammY echo bot', fake, close, rounds: [], unanswered: 0 }
}

async function openProgram(name: string, database: Record<string, string>): Promise<Contender> {
  const fake = await startFakeTelegram()
  const program = await startProgram({
    TELEGRAM_BOT_TOKEN: fake.token,
    TELEGRAM_API_ROOT: fake.root,
    ...database,
  })
  const close = () => {
    program.child.kill('SIGTERM')
    return program.ended
  }
  return { name, fake, close, rounds: [], unanswered: 0 }
}
