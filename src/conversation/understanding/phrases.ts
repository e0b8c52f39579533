/**
 * Finds known phrases in a list of words, the longest first, in time that grows with the words only.
 * `facts.ts` describes with it what people say about themselves.
 */
import { normalise } from './normalise.ts'

export interface Found<V> {
  readonly value: V
  /** The word after the phrase. */
  readonly next: number
}

export class Phrases<V> {
  readonly #values = new Map<string, V>()
  #longest = 1

  /** A phrase given twice keeps its first value. */
  add(phrase: string, value: V): this {
    const words = readWords(phrase)
    const key = words.join(' ')
    if (!this.#values.has(key)) this.#values.set(key, value)
    this.#longest = Math.max(this.#longest, words.length)
    return this
  }

  get(phrase: string): V | undefined {
    return this.#values.get(readWords(phrase).join(' '))
  }

  drop(phrase: string): void {
    this.#values.delete(readWords(phrase).join(' '))
  }

  findAt(words: readonly string[], at: number): Found<V> | undefined {
    for (let next = Math.min(words.length, at + this.#longest); next > at; next--) {
      const value = this.#values.get(words.slice(at, next).join(' '))
      if (value !== undefined) return { value, next }
    }
    return undefined
  }
}

/** Every way through alternatives: `ways(['seguro', 'imss'], ['de', 'por'], ['mi mamá'])`; '' leaves one out. */
export function ways(...parts: readonly (readonly string[])[]): string[] {
  let all = ['']
  for (const part of parts) all = all.flatMap(start => part.map(word => `${start} ${word}`.trim()))
  return all
}

const digits = new Map(
  `uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho
  diecinueve veinte veintiuno veintidos veintitres`
    .split(/\s+/)
    .map((word, index) => [word, String(index + 1)]),
)

/** Words as facts compare them: numbers in digits and apart from letters ("voca6", "cecyt no. seis" → voca 6). */
export function readWords(text: string): string[] {
  const words = normalise(text)
    .replace(/([a-z])(\d)/g, '$1 $2')
    .split(' ')
    .map(word => digits.get(word) ?? word)
  return words.filter((word, at) => word !== '' && !isNumberSign(word, words[at + 1]))
}

/** "cecyt no. 6", "voca número 6": the sign is no part of a name. */
const isNumberSign = (word: string, next: string | undefined) =>
  (word === 'numero' || word === 'no') && next !== undefined && /^\d+$/.test(next) && next.length < 3
