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

/** Word after word; a value where a phrase ends. */
interface Node<V> {
  readonly next: Map<string, Node<V>>
  value?: V | undefined
}

export class Phrases<V> {
  readonly #root: Node<V> = { next: new Map() }

  /** A phrase given twice keeps its first value. */
  add(phrase: string, value: V): this {
    let node = this.#root
    for (const word of readWords(phrase)) {
      let after = node.next.get(word)
      if (!after) {
        after = { next: new Map() }
        node.next.set(word, after)
      }
      node = after
    }
    node.value ??= value
    return this
  }

  get(phrase: string): V | undefined {
    return this.#node(phrase)?.value
  }

  drop(phrase: string): void {
    const node = this.#node(phrase)
    if (node) node.value = undefined
  }

  #node(phrase: string): Node<V> | undefined {
    let node: Node<V> | undefined = this.#root
    for (const word of readWords(phrase)) node = node?.next.get(word)
    return node
  }

  findAt(words: readonly string[], at: number): Found<V> | undefined {
    let found: Found<V> | undefined
    let node = this.#root.next.get(words[at] ?? '')
    for (let next = at + 1; node; node = node.next.get(words[next++] ?? '')) {
      if (node.value !== undefined) found = { value: node.value, next }
    }
    return found
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
