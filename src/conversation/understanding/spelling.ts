/**
 * Words as they sound, and the known word that a misspelt one stands for: "serbisio", "gartis", "trmite". The
 * model learns its words from the examples and reads every message through them.
 */

const soft = new Set(['e', 'i'])

/** Spanish spells one sound in many ways, and students in all of them. `word` is normalised. */
export function soundOf(word: string): string {
  let out = ''
  for (let at = 0; at < word.length; at++) {
    const letter = word[at] as string
    const next = word[at + 1] ?? ''
    let sound = letter
    if (letter === 'c' && next === 'h') {
      sound = 'x'
      at++
    } else if (letter === 'h') sound = ''
    else if (letter === 'v') sound = 'b'
    else if (letter === 'z' || letter === 'x') sound = 's'
    else if (letter === 'c') sound = soft.has(next) ? 's' : 'k'
    else if (letter === 'q') {
      sound = 'k'
      if (next === 'u') at++
    } else if (letter === 'g' && soft.has(next)) sound = 'j'
    else if (letter === 'g' && next === 'u') {
      sound = 'g'
      at++
    } else if (letter === 'l' && next === 'l') {
      sound = 'i'
      at++
    } else if (letter === 'y') sound = 'i'
    else if (letter === 'm' && (next === 'b' || next === 'p' || next === 'v')) sound = 'n'
    else if (letter === 'w') sound = 'u'
    if (sound !== out.at(-1) || (sound >= '0' && sound <= '9')) out += sound
  }
  return out
}

const shortest = 4
const longest = 24

function* shorter(word: string): Generator<string> {
  for (let at = 0; at < word.length; at++) yield word.slice(0, at) + word.slice(at + 1)
}

/** One letter more, less, other, or two swapped. */
export function isOneSlip(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let ends = 0
  const most = Math.min(a.length, b.length) - start
  while (ends < most && a[a.length - 1 - ends] === b[b.length - 1 - ends]) ends++
  const left = a.slice(start, a.length - ends)
  const right = b.slice(start, b.length - ends)
  if (left.length <= 1 && right.length <= 1) return true
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0]
}

export class Spelling {
  readonly #known: ReadonlyMap<string, number>
  readonly #near = new Map<string, string[]>()

  /** Sounds of the words that are spelt right, each with how often it is said. */
  constructor(known: ReadonlyMap<string, number>) {
    this.#known = known
    for (const word of known.keys()) {
      if (word.length < shortest || word.length > longest) continue
      for (const key of [word, ...shorter(word)]) {
        const words = this.#near.get(key)
        if (words) words.push(word)
        else this.#near.set(key, [word])
      }
    }
  }

  correct(sound: string): string {
    if (this.#known.has(sound) || sound.length < shortest || sound.length > longest) return sound
    let best = sound
    let bestTimes = 0
    for (const key of [sound, ...shorter(sound)])
      for (const word of this.#near.get(key) ?? []) {
        const times = this.#known.get(word) as number
        if (word[0] === sound[0] && times > bestTimes && isOneSlip(sound, word)) {
          best = word
          bestTimes = times
        }
      }
    return best
  }
}
