/** `--memory`: the program as a process of its own, on an embedded database: its start and its memory. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { median } from './measure.ts'

const starts = 5
const turns = 100_000

export interface ProgramLine {
  readonly measure: string
  readonly value: number
  readonly goal: string
}

export async function benchProgram(home: string): Promise<ProgramLine[]> {
  const dir = join(home, 'program')
  const first = await startProgram(dir)
  const startMs = first.startMs
  await first.stop()
  const secondMs: number[] = []
  for (let n = 0; n < starts; n++) {
    const again = await startProgram(dir)
    secondMs.push(again.startMs)
    await again.stop()
  }
  const program = await startProgram(dir)
  const idle = program.rssMb()
  for (let n = 0; n < turns; n++) await program.say(`c${n % 1000}`)
  const used = program.rssMb()
  await program.stop()
  return [
    { measure: 'first start to first answer, ms', value: startMs, goal: '' },
    { measure: 'second start to first answer, ms', value: median(secondMs), goal: '< 2000' },
    { measure: 'memory after the start, MB', value: idle, goal: '' },
    { measure: `memory after ${turns.toLocaleString('en')} turns, MB`, value: used, goal: '' },
  ]
}

async function startProgram(dir: string) {
  const started = performance.now()
  const file = (name: string) => join(import.meta.dirname, '../../src', name)
  // As `npm run chat` does.
  const script = ['--import', pathToFileURL(file('cache.ts')).href, file('chat.ts'), '--json']
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, script, {
    env: { ...process.env, DATA_DIR: dir },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const say = async (chat: string) => {
    child.stdin.write(
      `${JSON.stringify({ chat, at: '2026-09-03T10:00:00-06:00', text: '¿qué cubre el seguro?' })}\n`,
    )
    const { value } = await answers.next()
    if (!value?.includes('"replies"')) throw new Error(`no answer: ${value}`)
  }
  await say('first')
  return {
    startMs: performance.now() - started,
    say,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: async () => {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
