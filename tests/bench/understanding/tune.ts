/**
 * What a learner needs to decide as ours does, found by cross-validation on the examples: how its scores become
 * chances, from which chance on it answers, and from which score on two halves of a message are two questions.
 */
import { z } from 'zod'
import type { Examples } from '../../../src/conversation/understanding/learn.ts'
import { acts } from '../../../src/conversation/understanding/understand.ts'
import type { Answer } from '../../conversation/understanding/measure/score.ts'
import { createRandom } from '../measure.ts'
import type { Learner, Ranked } from './contender.ts'

export const Tuning = z.object({
  /** Chance = logistic(slope × logit(score) + shift), by Platt. */
  slope: z.number(),
  shift: z.number(),
  /** Below this chance the message is refused. */
  answerFrom: z.number(),
  secondFrom: z.number(),
})
export type Tuning = z.infer<typeof Tuning>

const folds = 3
/** To each fold: so many of the examples held back, and so many pairs of them, joined as people join two questions. */
const singles = 500
const pairs = 200
const outside = 'fuera'
/** Learnt like a topic, but told beside the answer: for the rest it is as `fuera`. */
const danger = 'emergencia'
const isOutside = (id: string) => id === outside || id === danger
const isTopic = (id: string) => id !== danger && !acts.has(id)

/** A message as a whole, and its halves where it has any. */
export interface Heard {
  readonly whole: Ranked
  readonly halves: readonly Ranked[]
}

interface Tried {
  readonly expected: readonly string[]
  readonly heard: Heard
}

type Rank = Awaited<ReturnType<Learner['load']>>

/** Where a second question may begin. */
const joints = /[?.!;,\n]+\s+|\s+(?:y|e|también|además)\s+/giu

/** Cut at the joint that is nearest to the middle. */
export async function hear(rank: Rank, text: string): Promise<Heard> {
  const middle = text.length / 2
  const [joint] = [...text.matchAll(joints)].sort(
    (a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle),
  )
  const whole = await rank(text)
  if (!joint) return { whole, halves: [] }
  const [before, after] = [text.slice(0, joint.index), text.slice(joint.index + joint[0].length)]
  return { whole, halves: [await rank(before), await rank(after)] }
}

export async function tune(learner: Learner, examples: Examples): Promise<Tuning> {
  const { single, double } = await crossValidate(learner, examples)
  const { slope, shift } = fitChances(single)
  const answerFrom = bestOf(candidates, from =>
    shareDecided(single, { slope, shift, answerFrom: from, secondFrom: never }),
  )
  const secondFrom = bestOf(candidates, from => sharePaired(single, double, from))
  return { slope, shift, answerFrom, secondFrom }
}

/** What examples of each third are taken for by who has learnt from the others. */
async function crossValidate({ learn, load }: Learner, examples: Examples) {
  const random = createRandom(7)
  const lines = Object.entries(examples).flatMap(([label, texts]) =>
    texts.map(text => ({ label, text, fold: Math.floor(random() * folds) })),
  )
  const single: Tried[] = []
  const double: Tried[] = []
  for (let fold = 0; fold < folds; fold++) {
    const others = lines.filter(line => line.fold !== fold)
    const textsOf = (id: string) => others.filter(({ label }) => label === id).map(({ text }) => text)
    const learnt = Object.fromEntries(Object.keys(examples).map(id => [id, textsOf(id)]))
    const rank = await load(await learn(learnt))
    const held = lines.filter(line => line.fold === fold)
    const topics = held.filter(({ label }) => isTopic(label))
    const any = (of: typeof held) => of[Math.floor(random() * of.length)] as (typeof held)[number]
    for (let n = 0; n < singles; n++) {
      const { label, text } = any(held)
      single.push({ expected: [label], heard: await hear(rank, text) })
    }
    for (let n = 0; n < pairs; n++) {
      const [one, other] = [any(topics), any(topics)]
      if (one.label === other.label) continue
      const expected = [one.label, other.label]
      const joint = random() < 0.5 ? ' y ' : '? '
      double.push({ expected, heard: await hear(rank, one.text + joint + other.text) })
    }
  }
  return { single, double }
}

/** Scores of 0 and 1 have no bounds otherwise. */
const surest = 0.999
const logit = (score: number) => {
  const inside = Math.min(surest, Math.max(1 - surest, score))
  return Math.log(inside / (1 - inside))
}
const logistic = (x: number) => 1 / (1 + Math.exp(-x))

/** Logistic regression of "the first is right" on its score, by Newton's method. */
function fitChances(tried: readonly Tried[]): { slope: number; shift: number } {
  const points = tried.map(({ expected, heard: { whole } }) => ({
    x: logit(whole[0]?.[1] ?? 0),
    right: whole[0]?.[0] === expected[0] ? 1 : 0,
  }))
  let [slope, shift] = [0, 0]
  for (let step = 0; step < 20; step++) {
    // The gradient and the Hessian; a little is added to the latter, so that it can always be inverted.
    let [bySlope, byShift, xx, x1, oneOne] = [0, 0, 1e-3, 0, 1e-3]
    for (const { x, right } of points) {
      const chance = logistic(slope * x + shift)
      const bend = chance * (1 - chance)
      bySlope += (chance - right) * x
      byShift += chance - right
      xx += bend * x * x
      x1 += bend * x
      oneOne += bend
    }
    const size = xx * oneOne - x1 * x1
    slope -= (oneOne * bySlope - x1 * byShift) / size
    shift -= (xx * byShift - x1 * bySlope) / size
  }
  return { slope, shift }
}

const mostRanked = 5

export function decideBy({ slope, shift, answerFrom, secondFrom }: Tuning, { whole, halves }: Heard): Answer {
  const [[top, score], ...others] = whole.length > 0 ? (whole as [Ranked[0], ...Ranked]) : nothing
  const confidence = logistic(slope * logit(score) + shift)
  // What the first gains or loses, the others lose or gain.
  const rest = (1 - confidence) / Math.max(1e-9, 1 - score)
  const ranked = [
    [top, confidence] as [string, number],
    ...others.slice(0, mostRanked - 1).map(([id, of]): [string, number] => [id, of * rest]),
  ]
  const answer = { emergency: top === danger, confidence, ranked }
  const tops = halves.flatMap(([first]) => (first && first[1] >= secondFrom ? [first[0]] : []))
  const second = tops.find(id => id !== top)
  if (second && tops.length === 2 && tops.includes(top) && isTopic(top) && isTopic(second))
    return { decision: 'answer', topics: [top, second], ...answer }
  if (isOutside(top) || confidence < answerFrom) return { decision: 'unknown', topics: [outside], ...answer }
  return { decision: 'answer', topics: [top], ...answer }
}

const nothing: readonly [Ranked[0], ...Ranked] = [[outside, 0]]

/** No score is as high. */
const never = 2
const candidates = Array.from({ length: 100 }, (_, n) => n / 100)

const bestOf = (all: readonly number[], worth: (candidate: number) => number) =>
  all.reduce((best, candidate) => (worth(candidate) > worth(best) ? candidate : best))

/** The mean of three shares: topics answered right, acts recognised, others refused. */
function shareDecided(tried: readonly Tried[], tuning: Tuning): number {
  const kinds = { topic: [0, 0], act: [0, 0], fuera: [0, 0] } as Record<string, [number, number]>
  for (const { expected, heard } of tried) {
    const [id] = expected as [string]
    const kind = kinds[isOutside(id) ? 'fuera' : acts.has(id) ? 'act' : 'topic'] as [number, number]
    kind[1]++
    if (decideBy(tuning, heard).topics[0] === (isOutside(id) ? outside : id)) kind[0]++
  }
  return Object.values(kinds).reduce((sum, [right, of]) => sum + right / of, 0)
}

/** Pairs of which both are named, and single topics that are named alone. */
function sharePaired(single: readonly Tried[], double: readonly Tried[], secondFrom: number): number {
  const tuning = { slope: 1, shift: 0, answerFrom: 0, secondFrom }
  const both = double.filter(({ expected, heard }) => {
    const { topics } = decideBy(tuning, heard)
    return expected.every(id => topics.includes(id))
  })
  const topics = single.filter(({ expected }) => isTopic(expected[0] as string))
  const alone = topics.filter(({ heard }) => decideBy(tuning, heard).topics.length === 1)
  return both.length / double.length + alone.length / topics.length
}
