/**
 * Trains the model on the examples: multinomial logistic regression by gradient descent, the same result on
 * every machine. `npm run model` calls it; `createUnderstanding` too, when the stored model is of other examples.
 */
import { type Features, kind, readFeatures } from './features.ts'
import { ideasInOne, ideaWords } from './meanings.ts'
import { type Model, modelVersion, type Rows, softmax, soundsOf, type Vector, vectorOf } from './model.ts'
import { learnNeighbours } from './neighbours.ts'
import { normalise } from './normalise.ts'
import { Spelling } from './spelling.ts'

export type Examples = Readonly<Record<string, readonly string[]>>

export interface Sample {
  /** Normalised. */
  readonly text: string
  readonly label: number
}

const rounds = 6
const firstRate = 6
const biasRate = 0.02
/** What cross-validation finds the chances to be calibrated at. */
export const usualSharpness = 1.08

export const labelsOf = (examples: Examples) => Object.keys(examples).sort()

export const samplesOf = (examples: Examples): Sample[] =>
  labelsOf(examples).flatMap((id, label) =>
    (examples[id] ?? []).map(text => ({ text: normalise(text), label })),
  )

const lineEnd = 10

/** FNV-1a over lines. */
function hashLines(lines: Iterable<string>): number {
  let hash = 0x811c9dc5
  for (const text of lines)
    for (let at = 0; at <= text.length; at++)
      hash = Math.imul(hash ^ (at < text.length ? text.charCodeAt(at) : lineEnd), 0x01000193)
  return hash | 0
}

/** Over what the model is made of. */
export function hashExamples(examples: Examples): string {
  const parts = labelsOf(examples).flatMap(id => [id, ...(examples[id] ?? [])])
  return (hashLines([modelVersion, ideasInOne, ...parts]) >>> 0).toString(16).padStart(8, '0')
}

export const hashExample = (id: string, text: string): number => hashLines([id, text])

/** Words said twice are spelt right; words of the ideas too, though no example holds them. */
function learnWords(samples: readonly (readonly string[])[]): Map<string, number> {
  const times = new Map<string, number>()
  for (const words of samples) for (const word of new Set(words)) times.set(word, (times.get(word) ?? 0) + 1)
  const ideas = new Set(ideaWords)
  const known = new Map(ideaWords.map(word => [word, 1 + (times.get(word) ?? 0)]))
  for (const [word, count] of times) if (count >= 2 && !ideas.has(word)) known.set(word, count)
  return known
}

interface Counted extends Rows {
  readonly of: ReadonlyMap<number, number>
  /** Seen once, and of a kind that has so many that these hardly tell: they help to learn, not to read. */
  readonly passing: ReadonlySet<number>
}

function countRows(samples: readonly Features[]): Counted {
  const times = new Map<number, number>()
  const many = new Set<number>()
  for (const { hashes, kinds } of samples) {
    for (const hash of new Set(hashes)) times.set(hash, (times.get(hash) ?? 0) + 1)
    hashes.forEach((hash, at) => {
      if (kinds[at] !== kind.word && kinds[at] !== kind.meaning) many.add(hash)
    })
  }
  const of = new Map([...times.keys()].map((hash, row) => [hash, row]))
  const rarity = Float32Array.from(times.values(), count => Math.log((samples.length + 1) / (count + 0.5)))
  const passing = new Set(
    [...of].filter(([hash]) => times.get(hash) === 1 && many.has(hash)).map(([, row]) => row),
  )
  return { of, rarity, passing }
}

/** A generator of its own: training must give the same model everywhere and every time. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffle(order: Int32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = order[last] as number
    order[last] = order[other] as number
    order[other] = kept
  }
}

function scoreInto(scores: Float64Array, vector: Vector, weights: Float32Array, bias: Float32Array): void {
  const width = scores.length
  scores.set(bias)
  for (let at = 0; at < vector.rows.length; at++) {
    const value = vector.values[at] as number
    const from = (vector.rows[at] as number) * width
    for (let label = 0; label < width; label++)
      scores[label] = (scores[label] as number) + value * (weights[from + label] as number)
  }
}

/** An error this small moves nothing that anybody would see. */
const leastError = 5e-4

/** One step down the gradient; `errors` is chance minus truth, and most of it next to nothing. */
function correct(weights: Float32Array, vector: Vector, errors: Float64Array, rate: number): void {
  const width = errors.length
  const wrong: number[] = []
  for (let label = 0; label < width; label++)
    if (Math.abs(errors[label] as number) >= leastError) wrong.push(label)
  for (let at = 0; at < vector.rows.length; at++) {
    const size = rate * (vector.values[at] as number)
    const from = (vector.rows[at] as number) * width
    for (let n = 0; n < wrong.length; n++) {
      const label = wrong[n] as number
      weights[from + label] = (weights[from + label] as number) - size * (errors[label] as number)
    }
  }
}

function descend(samples: readonly Sample[], vectors: readonly Vector[], width: number, rows: number) {
  const weights = new Float32Array(rows * width)
  const bias = new Float32Array(width)
  const order = Int32Array.from(samples.keys())
  const random = createRandom(1987)
  const scores = new Float64Array(width)
  let done = 0
  for (let round = 0; round < rounds; round++) {
    shuffle(order, random)
    for (const index of order) {
      const rate = firstRate * (1 - done++ / (rounds * samples.length))
      const vector = vectors[index] as Vector
      scoreInto(scores, vector, weights, bias)
      softmax(scores)
      scores[(samples[index] as Sample).label] = (scores[(samples[index] as Sample).label] as number) - 1
      correct(weights, vector, scores, rate)
      for (let label = 0; label < width; label++)
        bias[label] = (bias[label] as number) - rate * biasRate * (scores[label] as number)
    }
  }
  return { weights, bias }
}

/** Leaves the passing rows out and puts each weight into a byte. */
function squeeze(counted: Counted, weights: Float32Array, width: number) {
  const kept = [...counted.of].filter(([, row]) => !counted.passing.has(row))
  const scales = new Float32Array(kept.length)
  const bytes = new Int8Array(kept.length * width)
  kept.forEach(([, row], at) => {
    const own = weights.subarray(row * width, (row + 1) * width)
    const scale = own.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127 || 1
    scales[at] = scale
    for (let label = 0; label < width; label++)
      bytes[at * width + label] = Math.round((own[label] as number) / scale)
  })
  return {
    of: new Map(kept.map(([hash], at) => [hash, at] as const)),
    rarity: Float32Array.from(kept, ([, row]) => counted.rarity[row] as number),
    scales,
    weights: bytes,
  }
}

export function learn(labels: readonly string[], samples: readonly Sample[], sharpness = 1): Model {
  const sounds = samples.map(sample => soundsOf(sample.text))
  const known = learnWords(sounds)
  const spelling = new Spelling(known)
  const words = sounds.map(all => all.map(sound => spelling.correct(sound)))
  const features = words.map(readFeatures)
  const counted = countRows(features)
  const vectors = features.map(found => vectorOf(found, counted))
  const { weights, bias } = descend(samples, vectors, labels.length, counted.of.size)
  const squeezed = squeeze(counted, weights, labels.length)
  const neighbours = learnNeighbours(
    features,
    samples.map(({ label }) => label),
    { ...squeezed, rows: squeezed.of.size },
  )
  return { labels, words: [...known], spelling, bias, sharpness, neighbours, ...squeezed }
}
