/**
 * `--understanding`: what a message asks, by ours and by four others that learn from the same examples and decide by
 * thresholds found on them; on lines that none of them has learnt, each contender in processes of its own.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { loadContent } from '../../src/content/load.ts'
import {
  type Question,
  readEmergencies,
  readHeldOut,
  readQuestions,
} from '../conversation/understanding/measure/lines.ts'
import {
  type Answer,
  type Asked,
  calibrationOf,
  scoreOf,
  type Tally,
} from '../conversation/understanding/measure/score.ts'
import { createRandom, median, quantile } from './measure.ts'
import type { Answered, Given, Learnt } from './understanding/child.ts'
import { contenders } from './understanding/contender.ts'

const rounds = 3
const warmUps = 500

type Line = Readonly<Record<string, string | number>>

export interface UnderstandingReport {
  readonly lines: readonly Line[]
  /** The same, cut into tables that a person can read. */
  readonly tables: readonly (readonly Line[])[]
}

interface Run {
  readonly name: string
  readonly learnt: Learnt
  readonly answered: Answered[]
}

export async function benchUnderstanding(home: string, seed: number): Promise<UnderstandingReport> {
  const sets = { questions: readQuestions(), 'held-out': readHeldOut() }
  const alarms = readEmergencies()
  const texts = [...Object.values(sets).flat(), ...alarms].map(({ q }) => q)
  const runs = await runAll(home, givenOf(texts, seed))
  const right = Object.entries(sets).flatMap(([set, questions]) =>
    runs.map(run => ({ contender: run.name, set, ...figuresOf(answersOf(run, texts), questions) })),
  )
  const costs = runs.map(run => ({
    contender: run.name,
    ...costOf(run, runs[0] as Run),
    ...alarmsOf(answersOf(run, texts), alarms),
  }))
  const isStyle = (key: string) => key.startsWith('style:')
  const styled = right.filter(line => Object.keys(line).some(isStyle))
  return {
    lines: right.map(line => ({ ...line, ...costs.find(({ contender }) => contender === line.contender) })),
    tables: [
      right.map(line => pick(line, key => !isStyle(key))),
      styled.map(line => pick(line, key => key === 'contender' || isStyle(key), 'style:')),
      costs,
    ],
  }
}

function givenOf(lines: readonly string[], seed: number): Given {
  const examples = loadContent().examples()
  const all = Object.values(examples).flat()
  const random = createRandom(seed)
  const warmUp = Array.from({ length: warmUps }, () => all[Math.floor(random() * all.length)] as string)
  return { examples, warmUp, lines }
}

/** All learn first; then A B C A B C …, since a machine is never as quick twice. */
async function runAll(home: string, given: Given): Promise<Run[]> {
  const runs: Run[] = []
  for (const name of Object.keys(contenders)) {
    const folder = join(home, name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'given.json'), JSON.stringify(given))
    runs.push({ name, learnt: await runChild<Learnt>('learn', name, folder), answered: [] })
  }
  for (let round = 0; round < rounds; round++)
    for (const { name, answered } of runs)
      answered.push(await runChild<Answered>('answer', name, join(home, name)))
  return runs
}

const execute = promisify(execFile)

async function runChild<T>(work: string, name: string, folder: string): Promise<T> {
  const file = (path: string) => join(import.meta.dirname, path)
  // The compiled modules are kept between starts, as the program does.
  const cache = ['--import', pathToFileURL(file('../../src/cache.ts')).href]
  const script = ['--expose-gc', ...cache, file('understanding/child.ts'), work, name, folder]
  const { stdout } = await execute(process.execPath, script, { maxBuffer: 2 ** 28 })
  return JSON.parse(stdout)
}

type Answers = ReadonlyMap<string, Answer>

/** By text; every round answers alike, so the first is enough. */
const answersOf = ({ answered: [first] }: Run, texts: readonly string[]): Answers =>
  new Map(texts.map((text, at) => [text, first?.answers[at] as Answer]))

const share = ({ right, of }: Tally) => right / of

/** Shares of 1. */
function figuresOf(answers: Answers, questions: readonly Question[]): Line {
  const asked = questions.map(
    (question): Asked => ({ question, understood: answers.get(question.q) as Answer }),
  )
  const { sure, answeredEce, faqEce } = calibrationOf(asked)
  const shares = Object.entries(scoreOf(asked)).map(([row, tally]) => [row, share(tally)] as const)
  return {
    ...Object.fromEntries(shares),
    'right of those from 0.9 on': share(sure),
    'how many': sure.of,
    'ECE of answers': answeredEce,
    'ECE of faq': faqEce,
  }
}

/** Shares of 1: of emergencies that are noticed, of what only sounds so that is taken for one. */
function alarmsOf(answers: Answers, lines: ReturnType<typeof readEmergencies>): Line {
  const noticed = (emergency: boolean) => {
    const all = lines.filter(line => line.emergency === emergency)
    return all.filter(({ q }) => answers.get(q)?.emergency).length / all.length
  }
  return { emergencies: noticed(true), 'false alarms': noticed(false) }
}

/** Medians over the rounds; the ratio is that of the rounds' means to the first contender's. */
function costOf({ learnt, answered }: Run, first: Run): Line {
  const mean = ({ tookUs }: Answered) => tookUs.reduce((sum, us) => sum + us, 0) / tookUs.length
  const at = (q: number) => (of: Answered) =>
    quantile(
      of.tookUs.toSorted((a, b) => a - b),
      q,
    )
  const middle = (of: (one: Answered) => number) => median(answered.map(of))
  return {
    learnMs: learnt.learnMs,
    modelMb: learnt.modelMb,
    loadMs: middle(({ loadMs }) => loadMs),
    meanUs: middle(mean),
    p50Us: middle(at(0.5)),
    p99Us: middle(at(0.99)),
    meanRatio: median(answered.map((own, n) => mean(own) / mean(first.answered[n] as Answered))),
    heapMb: middle(({ heapMb }) => heapMb),
    rssMb: middle(({ rssMb }) => rssMb),
  }
}

const pick = (line: Line, wanted: (key: string) => boolean, without = ''): Line =>
  Object.fromEntries(
    Object.entries(line).flatMap(([key, value]) => (wanted(key) ? [[key.replace(without, ''), value]] : [])),
  )
