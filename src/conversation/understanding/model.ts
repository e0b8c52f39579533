/**
 * Multinomial logistic regression over `features.ts`: trains, reads a message into a probability per label,
 * and packs itself into bytes. The same examples give the same bytes on every machine.
 */
import { kinds, readFeatures } from './features.ts'
import { ideaWords } from './meanings.ts'
import { Spelling, soundOf } from './spelling.ts'

export interface Sample {
  readonly text: string
  readonly label: number
}

/** A message as the model sees it: which features, each with its weight; the whole has length 1. */
interface Vector {
  readonly at: Int32Array
  readonly value: Float32Array
  /** Share of the words that no example holds, 0 to 1. */
  readonly unknown: number
}

export interface Model {
  readonly labels: readonly string[]
  readonly spelling: Spelling
  /** Feature hash → row. */
  readonly rows: ReadonlyMap<number, number>
  readonly rarity: Float32Array
  /** Row after row, one weight a label; the last row is the bias. */
  readonly weights: Float32Array
}

const shares: readonly number[] = JSON.parse(process.env.SH ?? '[1, 1, 1, 1, 1]')

/** Weighs by rarity, each kind of feature to its own share of the length. Unknown features count in the length. */
function vectorOf(words: readonly string[], rows: ReadonlyMap<number, number>, rarity: Float32Array): Vector {
  const found = readFeatures(words)
  const counts = new Map<number, number>()
  const kindOf = new Map<number, number>()
  let all = 0
  let unknown = 0
  for (let at = 0; at < found.hashes.length; at++) {
    const hash = found.hashes[at] as number
    const kind = found.kinds[at] as number
    const row = rows.get(hash)
    if (kind === 0) {
      all++
      if (row === undefined) unknown++
    }
    if (row === undefined) continue
    counts.set(row, (counts.get(row) ?? 0) + 1)
    kindOf.set(row, kind)
  }
  const at = new Int32Array(counts.size)
  const value = new Float32Array(counts.size)
  const kindAt = new Int8Array(counts.size)
  const squares = new Float64Array(kinds.length)
  let next = 0
  for (const [row, count] of counts) {
    const weight = (1 + Math.log(count)) * (rarity[row] as number)
    const kind = kindOf.get(row) as number
    at[next] = row
    value[next] = weight
    kindAt[next++] = kind
    squares[kind] = (squares[kind] as number) + weight * weight
  }
  let total = 0
  for (let kind = 0; kind < kinds.length; kind++)
    if ((squares[kind] as number) > 0) total += (shares[kind] as number) ** 2
  for (let index = 0; index < value.length; index++) {
    const kind = kindAt[index] as number
    value[index] =
      ((value[index] as number) * (shares[kind] as number)) / Math.sqrt((squares[kind] as number) * total)
  }
  return { at, value, unknown: all === 0 ? 1 : unknown / all }
}

const soundsOf = (normal: string) => (normal === '' ? [] : normal.split(' ').map(soundOf))

function learnSpelling(samples: readonly (readonly string[])[]): Spelling {
  const times = new Map<string, number>()
  for (const words of samples) for (const word of new Set(words)) times.set(word, (times.get(word) ?? 0) + 1)
  const known = new Map<string, number>(ideaWords.map(word => [word, 1]))
  for (const [word, count] of times)
    if (count >= 2 || known.has(word)) known.set(word, count + (known.get(word) ?? 0))
  return new Spelling(known)
}

function countRows(samples: readonly (readonly string[])[], leastTimes: number) {
  const times = new Map<number, number>()
  for (const sample of samples)
    for (const hash of new Set(readFeatures(sample).hashes)) times.set(hash, (times.get(hash) ?? 0) + 1)
  const rows = new Map<number, number>()
  const rarity: number[] = []
  for (const [hash, count] of times) {
    if (count < leastTimes) continue
    rows.set(hash, rows.size)
    rarity.push(Math.log((samples.length + 1) / (count + 0.5)))
  }
  return { rows, rarity: Float32Array.from(rarity) }
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

/** Turns scores into probabilities in place. */
function softmax(scores: Float64Array): void {
  let highest = Number.NEGATIVE_INFINITY
  for (const score of scores) if (score > highest) highest = score
  let sum = 0
  for (let label = 0; label < scores.length; label++) {
    const grown = Math.exp((scores[label] as number) - highest)
    scores[label] = grown
    sum += grown
  }
  for (let label = 0; label < scores.length; label++) scores[label] = (scores[label] as number) / sum
}

function scoreInto(scores: Float64Array, vector: Vector, weights: Float32Array, bias: number): void {
  const width = scores.length
  for (let label = 0; label < width; label++) scores[label] = weights[bias * width + label] as number
  for (let index = 0; index < vector.at.length; index++) {
    const value = vector.value[index] as number
    const from = (vector.at[index] as number) * width
    for (let label = 0; label < width; label++)
      scores[label] = (scores[label] as number) + value * (weights[from + label] as number)
  }
}

export interface TrainOptions {
  readonly rounds: number
  readonly rate: number
  readonly decay: number
  readonly leastTimes: number
}
export const usual: TrainOptions = { rounds: 6, rate: 6, decay: 0, leastTimes: 1 }

export function train(labels: readonly string[], samples: readonly Sample[], options = usual): Model {
  const sounds = samples.map(sample => soundsOf(sample.text))
  const spelling = learnSpelling(sounds)
  const words = sounds.map(all => all.map(sound => spelling.correct(sound)))
  const { rows, rarity } = countRows(words, options.leastTimes)
  const width = labels.length
  const weights = new Float32Array((rows.size + 1) * width)
  const vectors = words.map(all => vectorOf(all, rows, rarity))
  const order = Int32Array.from(samples.keys())
  const random = createRandom(1987)
  const scores = new Float64Array(width)
  let done = 0
  for (let round = 0; round < options.rounds; round++) {
    shuffle(order, random)
    for (const index of order) {
      const vector = vectors[index] as Vector
      const rate = options.rate * (1 - done++ / (options.rounds * samples.length))
      scoreInto(scores, vector, weights, rows.size)
      softmax(scores)
      const label = (samples[index] as Sample).label
      scores[label] = (scores[label] as number) - 1
      learn(weights, vector, scores, rate, rows.size)
    }
  }
  return { labels, spelling, rows, rarity, weights }
}

/** One step down the gradient, `errors` being probability minus truth. */
function learn(
  weights: Float32Array,
  vector: Vector,
  errors: Float64Array,
  rate: number,
  bias: number,
): void {
  const width = errors.length
  for (let index = 0; index < vector.at.length; index++) {
    const size = rate * (vector.value[index] as number)
    const from = (vector.at[index] as number) * width
    for (let label = 0; label < width; label++)
      weights[from + label] = (weights[from + label] as number) - size * (errors[label] as number)
  }
  for (let label = 0; label < width; label++)
    weights[bias * width + label] =
      (weights[bias * width + label] as number) - rate * 0.02 * (errors[label] as number)
}

export interface Reading {
  readonly chances: Float64Array
  readonly unknown: number
}

export function read(model: Model, normal: string, sharpness = 1): Reading {
  const vector = vectorOf(
    soundsOf(normal).map(sound => model.spelling.correct(sound)),
    model.rows,
    model.rarity,
  )
  const chances = new Float64Array(model.labels.length)
  scoreInto(chances, vector, model.weights, model.rows.size)
  for (let label = 0; label < chances.length; label++) chances[label] = (chances[label] as number) * sharpness
  softmax(chances)
  return { chances, unknown: vector.unknown }
}
