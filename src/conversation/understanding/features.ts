/**
 * A message as a short list of numbers: its words, pairs of words, what they mean, ideas that come together and
 * the pieces of each word, all hashed. The model is trained on these and reads messages through them.
 */
import { meaningsOf, stem } from './meanings.ts'

/** Each kind has the same share in a message's vector, however many features it has. */
export const kind = { word: 0, pair: 1, meaning: 2, together: 3, piece: 4 } as const
export const kindCount = 5

/** The hash of each feature and its kind, place by place. */
export interface Features {
  readonly hashes: number[]
  readonly kinds: number[]
}

const seeds = [0x811c9dc5, 0x1b873593, 0x9e3779b1, 0x7feb352d, 0x85ebca6b] as const
const space = 32
const pieceFrom = 3
const pieceTo = 5
/** Ideas come together in any order and with other words between. */
const meaningsBack = 6

const step = (hash: number, code: number) => Math.imul(hash ^ code, 0x01000193)

function hashWord(seed: number, word: string): number {
  let hash = seed
  for (let at = 0; at < word.length; at++) hash = step(hash, word.charCodeAt(at))
  return hash
}

/** Two hashes as one; the order counts. */
function join(seed: number, first: number, second: number): number {
  const mixed = Math.imul(seed ^ first, 0x85ebca6b)
  return Math.imul((mixed ^ (mixed >>> 15)) + second, 0xc2b2ae35) | 0
}

/** What a word says by itself. */
interface Word {
  readonly hash: number
  readonly stem: number
  readonly meanings: readonly number[]
  readonly pieces: readonly number[]
}

/** The same words come again and again. A full memory starts anew. */
const memory = new Map<string, Word>()
const mostRemembered = 8000

function readWord(word: string): Word {
  const remembered = memory.get(word)
  if (remembered) return remembered
  const read: Word = {
    hash: hashWord(seeds[kind.word], word) | 0,
    stem: hashWord(seeds[kind.meaning], stem(word)) | 0,
    meanings: meaningsOf(word).map(meaning => hashWord(seeds[kind.meaning], meaning) | 0),
    pieces: piecesOf(word),
  }
  if (memory.size >= mostRemembered) memory.clear()
  memory.set(word, read)
  return read
}

function piecesOf(word: string): number[] {
  const pieces: number[] = []
  const length = word.length + 2
  for (let start = 0; start <= length - pieceFrom; start++) {
    let hash: number = seeds[kind.piece]
    const end = Math.min(start + pieceTo, length)
    for (let at = start; at < end; at++) {
      hash = step(hash, at === 0 || at === length - 1 ? space : word.charCodeAt(at - 1))
      if (at - start >= pieceFrom - 1) pieces.push(hash | 0)
    }
  }
  return pieces
}

/** `words` are sounds, spelt right. */
export function readFeatures(words: readonly string[]): Features {
  const found: Features = { hashes: [], kinds: [] }
  const meanings: number[] = []
  let before = 0
  for (const word of words) {
    const read = readWord(word)
    add(found, kind.word, read.hash)
    add(found, kind.pair, join(seeds[kind.pair], before, read.hash))
    add(found, kind.meaning, read.stem)
    for (const hash of read.meanings) add(found, kind.meaning, hash)
    addTogether(meanings, read.meanings, found)
    for (const hash of read.pieces) add(found, kind.piece, hash)
    before = read.hash
  }
  if (words.length > 0) add(found, kind.pair, join(seeds[kind.pair], before, 0))
  return found
}

/** Joins a word's meanings to those of the words before it, which they then follow. */
function addTogether(meanings: number[], own: readonly number[], found: Features): void {
  const from = Math.max(0, meanings.length - meaningsBack)
  for (const meaning of own)
    for (let at = from; at < meanings.length; at++) {
      const other = meanings[at] as number
      if (other !== meaning)
        add(
          found,
          kind.together,
          join(seeds[kind.together], Math.min(other, meaning), Math.max(other, meaning)),
        )
    }
  meanings.push(...own)
}

function add(found: Features, of: number, hash: number): void {
  found.hashes.push(hash)
  found.kinds.push(of)
}
