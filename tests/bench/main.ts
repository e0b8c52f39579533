/**
 * `npm run bench`: durable turns a second, from message to stored reply, beside what they are compared to.
 * `-- --large` instead: with a million conversations stored; `-- --memory`: start and memory; `-- --understanding`:
 * what a message asks; `-- --hostile`: texts made to break or to slow it;
 * `-- --telegram`: from update to reply beside an echo bot; `-- --processes`: several programs on one server.
 * `--json` for a program.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '../postgres.ts'
import { benchHostile } from './hostile.ts'
import { benchLarge } from './large.ts'
import { benchProcesses } from './processes.ts'
import { benchProgram } from './program.ts'
import { benchTelegram } from './telegram.ts'
import { benchTurns } from './turns.ts'
import { benchUnderstanding } from './understanding.ts'
import { measureSizes } from './vigente.ts'

const seed = 20261122
const { values: asked } = parseArgs({
  options: {
    json: { type: 'boolean' },
    large: { type: 'boolean' },
    memory: { type: 'boolean' },
    understanding: { type: 'boolean' },
    hostile: { type: 'boolean' },
    processes: { type: 'boolean' },
    telegram: { type: 'boolean' },
  },
})
const home = mkdtempSync(join(tmpdir(), 'vigente-bench-'))
try {
  const report = await run()
  const { tables: _, ...told } = report
  if (asked.json) console.log(JSON.stringify(told, null, 2))
  else print(report)
} finally {
  rmSync(home, { recursive: true })
}

interface Report {
  readonly seed: number
  readonly about: string
  readonly lines: readonly object[]
  /** The lines for a person, where there is too much in one for a row. */
  readonly tables?: readonly (readonly object[])[]
}

async function run(): Promise<Report> {
  if (asked.memory) {
    return { seed, about: 'the program on an embedded database', lines: await benchProgram(home) }
  }
  if (asked.understanding) {
    const about =
      'goals: right of those from 0.9 on at least 0.97, ECE under 0.05, p99 under 3000 µs, load under 300 ms, memory under 60 MB'
    return { seed, about, ...(await benchUnderstanding(home, seed)) }
  }
  if (asked.hostile) {
    const own = Number(process.env.SEED ?? seed)
    return { seed: own, about: 'goal: no faults (none throws, none over 20 ms)', lines: benchHostile(own) }
  }
  const postgres = await startPostgres()
  try {
    if (asked.large) {
      const about = '32 chats at once on PostgreSQL; goal: p99Ratio of the small one at most 1.5'
      return { seed, about, lines: await benchLarge(postgres.url, seed) }
    }
    if (asked.telegram) {
      const about = '50 updates a second of 200 chats, by polling; goal: p99OverEchoMs at most 15'
      return { seed, about, lines: await benchTelegram(home, postgres.url, seed) }
    }
    if (asked.processes) {
      const about = `100 chats at once, on ${availableParallelism()} processors that the programs share with PostgreSQL and Telegram's fake`
      return { seed, about, lines: await benchProcesses(postgres.url, seed) }
    }
    const sizes = await measureSizes(seed)
    const about = `a state of ${sizes.state} and replies of ${sizes.reply} characters; goal: speedup over the plain transaction at least 1.3`
    return { seed, about, lines: await benchTurns(home, postgres.url, sizes, seed) }
  } finally {
    await postgres.stop()
  }
}

function print({ seed, about, lines, tables = [lines] }: Report): void {
  console.log(`seed ${seed}; ${about}`)
  const short = (value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
  for (const table of tables)
    console.table(
      table.map(line => Object.fromEntries(Object.entries(line).map(([key, value]) => [key, short(value)]))),
    )
}
