/**
 * What a message asks: one topic, two, a few to choose from, an act (a greeting, thanks, the menu …) or nothing
 * of ours. `handle` and `npm run ask` call it for every text that is not a choice, a command or a value.
 */
import { type Model, read, type Sample, train } from './model.ts'
import { normalise } from './normalise.ts'

export interface Understood {
  readonly decision: 'answer' | 'offer' | 'unknown'
  readonly topics: string[]
  readonly confidence: number
  /** The best five, acts and `fuera` included. */
  readonly ranked: [string, number][]
}

export const acts: ReadonlySet<string> = new Set(
  'saludo gracias despedida menu persona recordatorio progreso privacidad fuera'.split(' '),
)
const outside = 'fuera'

const sharpness = 1
const answerFrom = 0.35
const offerFrom = 0.3
const offeredFrom = 0.08
const twoFrom = 0.55
const twoInWholeFrom = 0.08
const mostSplits = 8

type Ranked = [string, number][]

function rank(model: Model, normal: string): Ranked {
  const { chances } = read(model, normal, sharpness)
  const order = [...chances.keys()].sort((a, b) => (chances[b] as number) - (chances[a] as number))
  return order.slice(0, 5).map(label => [model.labels[label] as string, chances[label] as number])
}

const joints = /[.,;:?!¿¡\n()]+|\s(?:y|e|ademas|además|aparte|tambien|también)\s/giu

/** Every way to cut the message in two where a second question may begin. */
function splits(text: string): [string, string][] {
  const found: [string, string][] = []
  for (const joint of text.slice(0, 1000).matchAll(joints)) {
    const first = normalise(text.slice(0, joint.index))
    const second = normalise(text.slice(joint.index + joint[0].length))
    if (first.includes(' ') && second.includes(' ')) found.push([first, second])
    if (found.length === mostSplits) break
  }
  return found
}

function findTwo(model: Model, text: string, whole: Ranked): [string, string] | undefined {
  const chanceInWhole = new Map(whole)
  let best: [string, string] | undefined
  let bestChance = twoFrom
  for (const [left, right] of splits(text)) {
    const [first, firstChance] = rank(model, left)[0] as [string, number]
    const [second, secondChance] = rank(model, right)[0] as [string, number]
    if (first === second || acts.has(first) || acts.has(second)) continue
    if ((chanceInWhole.get(first) ?? 0) < twoInWholeFrom || (chanceInWhole.get(second) ?? 0) < twoInWholeFrom)
      continue
    const chance = Math.min(firstChance, secondChance)
    if (chance > bestChance) {
      best = [first, second]
      bestChance = chance
    }
  }
  return best
}

function decide(model: Model, text: string): Understood {
  const ranked = rank(model, normalise(text))
  const [top, confidence] = ranked[0] as [string, number]
  if (top === outside) return { decision: 'unknown', topics: [outside], confidence, ranked }
  const two = acts.has(top) ? undefined : findTwo(model, text, ranked)
  if (two) return { decision: 'answer', topics: two, confidence, ranked }
  if (confidence >= answerFrom) return { decision: 'answer', topics: [top], confidence, ranked }
  const offered = ranked.filter(([id, chance]) => !acts.has(id) && chance >= offeredFrom).slice(0, 3)
  const sum = offered.reduce((total, [, chance]) => total + chance, 0)
  if (offered.length >= 2 && sum >= offerFrom)
    return { decision: 'offer', topics: offered.map(([id]) => id), confidence, ranked }
  return { decision: 'unknown', topics: [outside], confidence, ranked }
}

export function createUnderstanding(
  examples: Readonly<Record<string, readonly string[]>>,
): (text: string) => Understood {
  const labels = Object.keys(examples).sort()
  const samples: Sample[] = labels.flatMap((id, label) =>
    (examples[id] ?? []).map(text => ({ text: normalise(text), label })),
  )
  const model = train(labels, samples)
  return text => decide(model, text)
}
