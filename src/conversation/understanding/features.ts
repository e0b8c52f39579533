/**
 * A message as a short list of numbers: its words, their stems, pairs of words, what they mean alike and the
 * pieces of each word, all hashed. The model is trained on these and reads messages through them.
 */
import { meaningsOf, stem } from './meanings.ts'

/** Each kind of feature has a share of its own in the length of the vector: pieces are many, words are few. */
export const kinds = ['word', 'pair', 'meaning', 'meaningPair', 'piece'] as const
export type Kind = (typeof kinds)[number]

/** Hash of each feature, and the index in `kinds` that it belongs to. */
export interface Features {
  readonly hashes: number[]
  readonly kinds: number[]
}

const seeds = {
  word: 0x811c9dc5,
  pair: 0x1b873593,
  meaning: 0x9e3779b1,
  meaningPair: 0x7feb352d,
  piece: 0x85ebca6b,
}
const space = 32
/** Ideas go together in any order, and with other words between. */
const meaningsBack = +(process.env.MB ?? 6)
const pieceFrom = 3
const pieceTo = 5

const step = (hash: number, code: number) => Math.imul(hash ^ code, 0x01000193)

function hashWord(seed: number, word: string): number {
  let hash = seed
  for (let at = 0; at < word.length; at++) hash = step(hash, word.charCodeAt(at))
  return hash
}

/** Two words as one feature; the space between them keeps `ab c` and `a bc` apart. */
const hashPair = (seed: number, first: string, second: string) =>
  hashWord(step(hashWord(seed, first), space), second)

function addPieces(word: string, add: (kind: number, hash: number) => void): void {
  const length = word.length + 2
  const codeAt = (at: number) => (at === 0 || at === length - 1 ? space : word.charCodeAt(at - 1))
  for (let start = 0; start <= length - pieceFrom; start++) {
    let hash = seeds.piece
    const end = Math.min(start + pieceTo, length)
    for (let at = start; at < end; at++) {
      hash = step(hash, codeAt(at))
      if (at - start >= pieceFrom - 1) add(4, hash >>> 0)
    }
  }
}

/** `words` are sounds, spelt right. */
export function readFeatures(words: readonly string[]): Features {
  const found: Features = { hashes: [], kinds: [] }
  const add = (kind: number, hash: number) => {
    found.hashes.push(hash >>> 0)
    found.kinds.push(kind)
  }
  let before = ''
  const meanings: string[] = []
  for (const word of words) {
    add(0, hashWord(seeds.word, word))
    add(1, hashPair(seeds.pair, before, word))
    add(2, hashWord(seeds.meaning, stem(word)))
    const own = meaningsOf(word)
    for (const meaning of own) {
      add(2, hashWord(seeds.meaning, meaning))
      for (const other of meanings.slice(-meaningsBack)) {
        if (other === meaning) continue
        const [first, second] = other < meaning ? [other, meaning] : [meaning, other]
        add(3, hashPair(seeds.meaningPair, first, second))
      }
    }
    meanings.push(...own)
    addPieces(word, add)
    before = word
  }
  if (words.length > 0) add(1, hashPair(seeds.pair, before, ''))
  return found
}
