/**
 * What a message asks: one topic, two, a few to choose from, an act (a greeting, thanks, the menu …) or nothing
 * of ours. `handle` and `npm run ask` call it for every text that is not a choice, a command or a value.
 */
import { type Examples, hashExamples, labelsOf, learn, samplesOf, usualSharpness } from './learn.ts'
import { type Model, pack, read, unpack } from './model.ts'
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

// Chosen by cross-validation over the examples.
const answerFrom = 0.38
/** A topic is not answered beside this much of `fuera`: one in 300 right answers lost, one in four wrong ones saved. */
const outsideFrom = 0.25
const offerFrom = 0.3
const offeredFrom = 0.06
const secondFrom = 0.17
/** A topic with less in the whole message is none of its two. */
const secondInWhole = 0.004
const mostSplits = 3
const longestSplit = 400

function rank(model: Model, chances: Float64Array): [string, number][] {
  const order = [...chances.keys()].sort((a, b) => (chances[b] as number) - (chances[a] as number))
  return order.slice(0, 5).map(label => [model.labels[label] as string, chances[label] as number])
}

function highest(chances: Float64Array): number {
  let best = 0
  for (let label = 1; label < chances.length; label++)
    if ((chances[label] as number) > (chances[best] as number)) best = label
  return best
}

/** Where a second question may begin. */
const joints =
  /(?:[.,;:?!¿¡\n()] ?)+(?:(?:y|e|ademas|además|tambien|también) )?| (?:y|e|ademas|además|aparte|tambien|también|tmb|tb) /giu

function split(text: string): [string, string][] {
  const short = text.slice(0, longestSplit)
  const found: [string, string][] = []
  for (const joint of short.matchAll(joints)) {
    const first = normalise(short.slice(0, joint.index))
    const second = normalise(short.slice(joint.index + joint[0].length))
    if (first.includes(' ') && second.includes(' ')) found.push([first, second])
    if (found.length === mostSplits) break
  }
  return found
}

/**
 * A second topic, where a part of the message speaks of it clearly, the other part of the first, and the whole
 * has something of it too.
 */
function findSecond(model: Model, text: string, whole: Float64Array): number | undefined {
  const first = highest(whole)
  const possible = model.labels.some(
    (id, label) => label !== first && !acts.has(id) && (whole[label] as number) >= secondInWhole,
  )
  if (!possible) return undefined
  let second: number | undefined
  let best = secondFrom
  for (const [left, right] of split(text)) {
    const halves = [read(model, left), read(model, right)] as const
    for (const [own, other] of [halves, [halves[1], halves[0]] as const]) {
      const label = highest(other)
      if (highest(own) !== first || label === first || acts.has(model.labels[label] as string)) continue
      if ((whole[label] as number) < secondInWhole) continue
      const contrast = (other[label] as number) - (other[first] as number)
      const clear = contrast * (whole[label] as number) ** 0.25 * Math.sqrt(own[first] as number)
      if (clear > best) {
        best = clear
        second = label
      }
    }
  }
  return second
}

function decide(model: Model, text: string): Understood {
  const whole = read(model, normalise(text))
  const ranked = rank(model, whole)
  const [top, confidence] = ranked[0] as [string, number]
  const understood = (decision: Understood['decision'], topics: string[]) => ({
    decision,
    topics,
    confidence,
    ranked,
  })
  if (top === outside) return understood('unknown', [outside])
  const outsideChance = whole[model.labels.indexOf(outside)] ?? 0
  if (!acts.has(top) && outsideChance >= outsideFrom) return understood('unknown', [outside])
  if (acts.has(top)) return confidence >= answerFrom ? understood('answer', [top]) : offer()
  const second = findSecond(model, text, whole)
  if (second !== undefined) return understood('answer', [top, model.labels[second] as string])
  return confidence >= answerFrom ? understood('answer', [top]) : offer()

  function offer(): Understood {
    const offered = ranked.filter(([id, chance]) => !acts.has(id) && chance >= offeredFrom).slice(0, 3)
    const sum = offered.reduce((total, [, chance]) => total + chance, 0)
    if (offered.length < 2 || sum < offerFrom) return understood('unknown', [outside])
    return understood(
      'offer',
      offered.map(([id]) => id),
    )
  }
}

/**
 * `stored` is what `npm run model` has written. Where it is of other examples (somebody has just changed a
 * text), the model is learnt anew, which takes a second or two.
 */
export function createUnderstanding(examples: Examples, stored?: Uint8Array): (text: string) => Understood {
  const kept = stored && unpack(stored)
  const model = kept?.examples === hashExamples(examples) ? kept.model : learnModel(examples)
  return text => decide(model, text)
}

/** The same bytes for the same examples. */
export const packModel = (examples: Examples): Uint8Array =>
  pack(learnModel(examples), hashExamples(examples))

/** Whether the stored model is of these examples. */
export const isOfExamples = (stored: Uint8Array, examples: Examples): boolean =>
  unpack(stored).examples === hashExamples(examples)

const learnModel = (examples: Examples) => learn(labelsOf(examples), samplesOf(examples), usualSharpness)
