/**
 * The examples most like a message, by the rare words, pairs and ideas that they share. They correct the model where
 * few examples say a thing, and tell staff which example led there. `model.ts` asks them.
 */
import { type Features, kind } from './features.ts'

/** Which examples hold each feature, and what each example is of. */
export interface Neighbours {
  /** Row → where its examples begin in `examples`; one more, the end. */
  readonly starts: Int32Array
  readonly examples: Uint16Array
  /** Each example's length, as cosines need it. */
  readonly lengths: Float32Array
  readonly labels: Uint8Array
  /** Room for what a message shares with each example: a new one each time would keep the collector busy. */
  readonly shared: Float64Array
}

export interface Near {
  readonly example: number
  /** 0 to 1. */
  readonly likeness: number
}

interface Known {
  readonly of: { get(hash: number): number | undefined }
  readonly rarity: Float32Array
}

const kinds: ReadonlySet<number> = new Set([kind.word, kind.pair, kind.meaning])
/** What so many examples hold tells nothing of one of them, and would cost the most to go through. */
const mostExamples = 800
/** The square of what a feature weighs that no other example holds. */
const unknown = 60
/** What two bytes and one can count. */
const mostSamples = 65_535
const mostLabels = 255
const leastLikeness = 0.05
const mostNear = 25

/** Each once, of the kinds that tell one example from another. */
function tellingOf({ hashes, kinds: of }: Features): number[] {
  return [...new Set(hashes.filter((_, at) => kinds.has(of[at] as number)))]
}

export function learnNeighbours(
  samples: readonly Features[],
  labels: readonly number[],
  known: Known & { readonly rows: number },
): Neighbours {
  if (samples.length > mostSamples || Math.max(...new Set(labels)) > mostLabels)
    throw new Error(`at most ${mostSamples} examples of ${mostLabels} topics can be told apart`)
  const holders: number[][] = Array.from({ length: known.rows }, () => [])
  const features = samples.map(tellingOf)
  features.forEach((hashes, example) => {
    for (const hash of hashes) holders[known.of.get(hash) ?? -1]?.push(example)
  })
  const telling = holders.map(of => (of.length <= mostExamples ? of : []))
  const starts = new Int32Array(known.rows + 1)
  telling.forEach((of, row) => {
    starts[row + 1] = (starts[row] as number) + of.length
  })
  const neighbours = {
    starts,
    examples: Uint16Array.from(telling.flat()),
    lengths: new Float32Array(samples.length),
    labels: Uint8Array.from(labels),
    shared: new Float64Array(samples.length),
  }
  features.forEach((hashes, example) => {
    neighbours.lengths[example] = lengthOf(hashes, known, neighbours)
  })
  return neighbours
}

/** The square that a feature adds; 0 for what too many examples hold. */
function weightOf(row: number | undefined, { rarity }: Known, { starts }: Neighbours): number {
  if (row === undefined) return unknown
  return starts[row] === starts[row + 1] ? 0 : (rarity[row] as number) ** 2
}

const lengthOf = (hashes: readonly number[], known: Known, neighbours: Neighbours) =>
  Math.sqrt(hashes.reduce((sum, hash) => sum + weightOf(known.of.get(hash), known, neighbours), 0)) || 1

/** The most alike first. */
export function findNear(features: Features, known: Known, neighbours: Neighbours): Near[] {
  const hashes = tellingOf(features)
  const { starts, examples, lengths } = neighbours
  const shared = neighbours.shared.fill(0)
  const touched: number[] = []
  for (const hash of hashes) {
    const row = known.of.get(hash)
    if (row === undefined) continue
    const weight = weightOf(row, known, neighbours)
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
      const example = examples[at] as number
      if (shared[example] === 0) touched.push(example)
      shared[example] = (shared[example] as number) + weight
    }
  }
  const length = lengthOf(hashes, known, neighbours)
  const near: Near[] = []
  let least = leastLikeness
  for (const example of touched) {
    const likeness = (shared[example] as number) / (length * (lengths[example] as number))
    if (likeness < least) continue
    insert(near, { example, likeness })
    if (near.length === mostNear) least = (near.at(-1) as Near).likeness
  }
  return near
}

/** Keeps the most alike in order; of two as like, the earlier example. */
function insert(near: Near[], one: Near): void {
  let at = near.length
  const before = (it: Near) =>
    it.likeness > one.likeness || (it.likeness === one.likeness && it.example < one.example)
  while (at > 0 && !before(near[at - 1] as Near)) at--
  if (at >= mostNear) return
  near.splice(at, 0, one)
  if (near.length > mostNear) near.pop()
}

const least = 1e-3
const sharpness = 3

/** The chance of each label by the nearest alone. */
export function chancesOf(near: readonly Near[], { labels }: Neighbours, width: number): Float64Array {
  const chances = new Float64Array(width).fill(least)
  for (const { example, likeness } of near) {
    const label = labels[example] as number
    chances[label] = (chances[label] as number) + likeness ** sharpness
  }
  const sum = chances.reduce((total, chance) => total + chance, 0)
  return chances.map(chance => chance / sum)
}
