/**
 * One contender alone in a process, so that its memory and its first moments are its own. `understanding.ts` starts it:
 * `learn <contender> <folder>` leaves there what was learnt, `answer` reads it and answers all lines of the folder's
 * `given.json`. What it has measured goes to the standard output, as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from '../../conversation/understanding/measure/score.ts'
import { type Contender, contenders } from './contender.ts'

/** The folder's `given.json`. */
export interface Given {
  readonly examples: Readonly<Record<string, readonly string[]>>
  /** Not measured: what comes before a program has become quick. */
  readonly warmUp: readonly string[]
  readonly lines: readonly string[]
}

export interface Learnt {
  readonly learnMs: number
  readonly modelMb: number
}

export interface Answered {
  /** From its code's import to its first answer. */
  readonly loadMs: number
  /** What it adds once it has answered all, garbage collected: to the heap and its buffers, and to the process. */
  readonly heapMb: number
  readonly rssMb: number
  /** Of each line, heard for the first time, in microseconds. */
  readonly tookUs: readonly number[]
  readonly answers: readonly Answer[]
}

const [, , work, name = '', folder = ''] = process.argv
const given: Given = JSON.parse(readFileSync(join(folder, 'given.json'), 'utf8'))
const modelPath = join(folder, 'learnt.bin')
const tuningPath = join(folder, 'tuning.json')
const open = contenders[name]
if (!open) throw new Error(`no contender ${name}`)
process.stdout.write(JSON.stringify(work === 'learn' ? await learn(open) : await answer(open)))

async function learn(open: () => Promise<Contender>): Promise<Learnt> {
  const contender = await open()
  const began = performance.now()
  const learnt = await contender.learn(given.examples)
  const learnMs = performance.now() - began
  writeFileSync(modelPath, learnt)
  writeFileSync(tuningPath, JSON.stringify((await contender.tune(given.examples)) ?? null))
  return { learnMs, modelMb: learnt.length / 2 ** 20 }
}

async function answer(open: () => Promise<Contender>): Promise<Answered> {
  const before = readMemory()
  const began = performance.now()
  const contender = await open()
  const tuning: unknown = JSON.parse(readFileSync(tuningPath, 'utf8'))
  const understand = await contender.load(readFileSync(modelPath), tuning, given.examples)
  await understand(given.warmUp[0] ?? '')
  const loadMs = performance.now() - began
  for (const text of given.warmUp) await understand(text)
  const tookUs: number[] = []
  const answers: Answer[] = []
  for (const text of given.lines) {
    const asked = performance.now()
    const understood = await understand(text)
    tookUs.push((performance.now() - asked) * 1000)
    answers.push(understood)
  }
  const after = readMemory()
  return { loadMs, heapMb: after.heap - before.heap, rssMb: after.rss - before.rss, tookUs, answers }
}

function readMemory() {
  // Twice: what the first leaves to be finalised goes with the second.
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss: rss / 2 ** 20, heap: (heapUsed + external) / 2 ** 20 }
}
