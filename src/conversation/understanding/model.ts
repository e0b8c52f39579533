/**
 * The trained model: a weight for each feature and label, in whole numbers of a byte. Reads a message into a
 * chance per label, and goes into bytes and back. `learn.ts` makes it.
 */
import { type Features, kindCount, readFeatures } from './features.ts'
import { chancesOf, findNear, type Neighbours } from './neighbours.ts'
import { Spelling, soundOf } from './spelling.ts'

/** What a Map of numbers does; the stored model has one that is quicker to ask. */
export interface RowIndex {
  readonly size: number
  get(hash: number): number | undefined
  keys(): Iterable<number>
}

/** Which features are known, and how rare each is. */
export interface Rows {
  /** Feature hash → row. */
  readonly of: RowIndex
  readonly rarity: Float32Array
}

export interface Model extends Rows {
  readonly labels: readonly string[]
  /** Sounds of words, each with how often the examples say it. */
  readonly words: readonly (readonly [string, number])[]
  readonly spelling: Spelling
  /** Row after row, a weight for each label, in units of the row's scale. */
  readonly weights: Int8Array
  readonly scales: Float32Array
  readonly bias: Float32Array
  readonly neighbours: Neighbours
  /** What scores are multiplied by, so that of the messages read with 0.8 four in five are right. */
  readonly sharpness: number
}

/** A message as the model sees it: rows, each with its weight; the whole has length 1. */
export interface Vector {
  readonly rows: readonly number[]
  readonly values: Float64Array
}

export const soundsOf = (normal: string) => (normal === '' ? [] : normal.split(' ').map(soundOf))

/** Weighs by rarity; what no example holds says nothing. */
export function vectorOf(found: Features, known: Rows): Vector {
  const places = new Map<number, number>()
  const rows: number[] = []
  const kinds: number[] = []
  const counts: number[] = []
  for (let at = 0; at < found.hashes.length; at++) {
    const row = known.of.get(found.hashes[at] as number)
    if (row === undefined) continue
    const place = places.get(row)
    if (place === undefined) {
      places.set(row, rows.length)
      rows.push(row)
      kinds.push(found.kinds[at] as number)
      counts.push(1)
    } else counts[place] = (counts[place] as number) + 1
  }
  return { rows, values: weigh(rows, kinds, counts, known.rarity) }
}

function weigh(
  rows: readonly number[],
  kinds: readonly number[],
  counts: readonly number[],
  rarity: Float32Array,
) {
  const values = new Float64Array(rows.length)
  const squares = new Float64Array(kindCount)
  for (let at = 0; at < rows.length; at++) {
    const value = (1 + Math.log(counts[at] as number)) * (rarity[rows[at] as number] as number)
    values[at] = value
    squares[kinds[at] as number] = (squares[kinds[at] as number] as number) + value * value
  }
  let present = 0
  for (let of = 0; of < kindCount; of++) if ((squares[of] as number) > 0) present++
  for (let at = 0; at < rows.length; at++)
    values[at] = (values[at] as number) / Math.sqrt((squares[kinds[at] as number] as number) * present)
  return values
}

/** Turns scores into chances in place. */
export function softmax(scores: Float64Array): void {
  let highest = Number.NEGATIVE_INFINITY
  for (const score of scores) if (score > highest) highest = score
  let sum = 0
  for (let at = 0; at < scores.length; at++) {
    const grown = Math.exp((scores[at] as number) - highest)
    scores[at] = grown
    sum += grown
  }
  for (let at = 0; at < scores.length; at++) scores[at] = (scores[at] as number) / sum
}

/** How much the nearest examples count beside the weights. */
const nearShare = 0.4

/** A normalised text's words as they sound and are spelt right. */
export const wordsOf = (model: Model, normal: string): string[] =>
  soundsOf(normal).map(sound => model.spelling.correct(sound))

/** The chance of each label. `normal` is a text that `normalise` has gone over. */
export function read(model: Model, normal: string): Float64Array {
  const features = readFeatures(wordsOf(model, normal))
  const chances = readWeights(model, features)
  const near = findNear(features, model, model.neighbours)
  return near.length === 0
    ? chances
    : together(chances, chancesOf(near, model.neighbours, chances.length), nearShare)
}

/** Two readings as one; the second counts `share` times as much. Changes and returns the first. */
export function together(chances: Float64Array, others: Float64Array, share: number): Float64Array {
  let sum = 0
  for (let label = 0; label < chances.length; label++) {
    const both = (chances[label] as number) * (others[label] as number) ** share
    chances[label] = both
    sum += both
  }
  for (let label = 0; label < chances.length; label++) chances[label] = (chances[label] as number) / sum
  return chances
}

/** As `read`, by the weights alone: quicker, for the parts of a message. */
export const readPart = (model: Model, normal: string): Float64Array =>
  readWeights(model, readFeatures(wordsOf(model, normal)))

function readWeights(model: Model, features: Features): Float64Array {
  const { rows, values } = vectorOf(features, model)
  const { weights, sharpness } = model
  const scores = new Float64Array(model.bias)
  const width = scores.length
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number
    const value = (values[at] as number) * (model.scales[row] as number)
    const from = row * width
    for (let label = 0; label < width; label++)
      scores[label] = (scores[label] as number) + value * (weights[from + label] as number)
  }
  for (let label = 0; label < width; label++) scores[label] = (scores[label] as number) * sharpness
  softmax(scores)
  return scores
}

/** Goes up when the features, the training or the form change: then a stored model no longer fits. */
export const modelVersion = '4'

/** What stands before the numbers, in JSON; its length stands before it. */
interface Header {
  readonly version: string
  readonly examples: string
  readonly labels: readonly string[]
  readonly words: Model['words']
  readonly sharpness: number
  readonly rows: number
  readonly seen: number
  readonly near: number
}

const bytesOf = (array: Float32Array | Int8Array | Uint8Array | Uint16Array | Int32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** `examples` is the hash of all that it was trained on, `seen` those of each. */
export function pack(model: Model, examples: string, seen: readonly number[]): Uint8Array {
  const { labels, words, sharpness, neighbours } = model
  const header: Header = {
    version: modelVersion,
    examples,
    labels,
    words,
    sharpness,
    rows: model.of.size,
    seen: seen.length,
    near: neighbours.examples.length,
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const padded = new Uint8Array(Math.ceil((json.length + 4) / 4) * 4).fill(space)
  padded.set(json, 4)
  new DataView(padded.buffer).setUint32(0, padded.length - 4, true)
  const parts = [
    padded,
    bytesOf(Int32Array.from(model.of.keys())),
    bytesOf(model.rarity),
    bytesOf(model.scales),
    bytesOf(model.bias),
    bytesOf(Int32Array.from(seen)),
    bytesOf(neighbours.starts),
    bytesOf(neighbours.lengths),
    bytesOf(neighbours.examples),
    bytesOf(neighbours.labels),
    bytesOf(model.weights),
  ]
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const space = 32

export interface Unpacked {
  readonly model: Model
  readonly examples: string
  readonly seen: Int32Array
}

/** Undefined where it was stored in another form, or learnt in another way. */
export function unpack(packed: Uint8Array): Unpacked | undefined {
  const bytes = packed.slice().buffer
  const end = 4 + new DataView(bytes).getUint32(0, true)
  const header: Header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, end - 4)))
  if (header.version !== modelVersion) return undefined
  const { labels, words, sharpness, rows, seen, near } = header
  let at = end
  const take = <T>(
    Kind: { new (buffer: ArrayBuffer, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
    length: number,
  ): T => {
    const taken = new Kind(bytes, at, length)
    at += length * Kind.BYTES_PER_ELEMENT
    return taken
  }
  // In the order in which `pack` put them.
  const hashes = take(Int32Array, rows)
  const [rarity, scales, bias] = [
    take(Float32Array, rows),
    take(Float32Array, rows),
    take(Float32Array, labels.length),
  ]
  const examples = take(Int32Array, seen)
  const neighbours = {
    starts: take(Int32Array, rows + 1),
    lengths: take(Float32Array, seen),
    examples: take(Uint16Array, near),
    labels: take(Uint8Array, seen),
    shared: new Float64Array(seen),
  }
  const weights = take(Int8Array, rows * labels.length)
  const spelling = new Spelling(new Map(words))
  const of = indexRows(hashes)
  const model = { labels, words, sharpness, spelling, of, rarity, scales, bias, weights, neighbours }
  return { model, examples: header.examples, seen: examples }
}

/**
 * Rows by hash in two flat lists, searched onwards from the hash's own place: a message asks for hundreds, and in a
 * Map of tens of thousands each costs several times as much.
 */
function indexRows(hashes: Int32Array): RowIndex {
  const places = 2 ** Math.ceil(Math.log2(hashes.length * 2 + 1))
  const keys = new Int32Array(places)
  const rows = new Int32Array(places).fill(-1)
  const placeOf = (hash: number) => {
    let place = (Math.imul(hash, 0x9e3779b1) >>> 0) & (places - 1)
    while (rows[place] !== -1 && keys[place] !== hash) place = (place + 1) & (places - 1)
    return place
  }
  for (const [row, hash] of hashes.entries()) {
    const place = placeOf(hash)
    keys[place] = hash
    rows[place] = row
  }
  return {
    size: hashes.length,
    get(hash) {
      const row = rows[placeOf(hash)] as number
      return row === -1 ? undefined : row
    },
    keys: () => hashes,
  }
}
