/**
 * Texts made to break or to slow whatever reads them, and how long each reader takes over one. `hostile.test.ts` tries
 * some thousands of them, `npm run bench -- --hostile` 50,000.
 */
import { flowIds } from '../../../flows/index.ts'
import { newSaved, type Saved, standable } from '../../../src/conversation/saved.ts'
import { step } from '../../../src/conversation/step.ts'
import { readFacts } from '../../../src/conversation/understanding/facts.ts'
import { mask } from '../../../src/conversation/understanding/mask.ts'
import { normalise } from '../../../src/conversation/understanding/normalise.ts'
import { flows, guide, now, type Random, whole } from '../talk.ts'

/** What the conversation reads of a message; a longer one is only told to be too long. */
const mostChars = 2000
/** What `ask` may be handed. */
const hugeChars = 100_000

const { content } = guide
const words = [...new Set(Object.values(content.examples()).flat().join(' ').split(' '))]
const stepNames = content.pasos.flatMap(({ dichos }) => dichos)

/**
 * For each pattern and each loop that reads a text: a start that it takes, a part that it may read in several ways,
 * and an end at which it must fail and try again.
 */
const attacks: readonly (readonly [start: string, part: string, end: string])[] = [
  // mask: commands, e-mails, keys, numbers, dates, shares
  ['/', 'a', '!'],
  ['/a@', 'b', '!'],
  ['', ' ', '/a@b!'],
  ['', '@', ''],
  ['', 'a@', ''],
  ['', 'a @ ', ''],
  ['', `${'a.'.repeat(127)}@ `, ''],
  ['', `@${'.-'.repeat(127)}`, ''],
  ['', 'ABCD', '!'],
  ['', 'GOMC050812', '!'],
  ['', 'GOMC 050812 MDFNRR ', '!'],
  ['', 'g-o-m-c-0-5-0-8-1-2-', '!'],
  ['', 'A---', '!'],
  ['', '1', 'x'],
  ['', '1 ', 'x'],
  ['', '1    ', 'x'],
  ['', '123456789 ', 'x'],
  ['', '55 12 34 ', 'x'],
  ['', '2025 ', '1'],
  ['', '1/2/2025 ', 'x'],
  ['', '2025-1-2-', 'x'],
  ['', '1234567890 ', 'x'],
  ['', '12345678901234567890-', 'x'],
  ['', `${'12345 1234 '.repeat(15)}x `, ''],
  ['', '+(', '5'],
  ['', '33.33 ', 'x'],
  ['33.33', ' %', '33.33x'],
  ['', '١', 'x'],
  ['', '\u{1d7ff}', 'x'],
  // normalise: doubled letters, abbreviations, signs that come apart
  ['', 'a', 'b'],
  ['', 'll', 'rrr'],
  ['', 'xq ', ''],
  ['', 'por favor ', ''],
  ['', 'ﷺ', ''],
  ['', '㎧ﬃ½', ''],
  ['', 'İ', ''],
  ['a', '\u0301', ''],
  ['', 'a\u200b', ''],
  // facts: clauses, numbers of schools, accents, verbs without their thing, things without their verb
  ['', 'no.', ' 6'],
  ['', 'núm. ', '6'],
  ['', 'sí ', 'tengo'],
  ['', 'a.', ''],
  ['', '.', ''],
  ['', 'soy ', 'x'],
  ['soy ', 'de la ', 'voca'],
  ['', 'soy de la ', 'x'],
  ['', 'soy alumno de nuevo ', 'x'],
  ['', 'si tengo ', 'issste'],
  ['si ', 'tengo issste ', ''],
  ['', 'no tengo ningun ', 'x'],
  ['', 'mi mama me dio de ', 'x'],
  ['', 'tengo seguro de mi ', 'x'],
  ['', 'tengo 17 años. ', ''],
  ['', '1ro ', ''],
  ['', 'mi hijo va en 1ro, ', ''],
  ['mi hijo ', 'de 15 ', ''],
  ['', 'voca6', ''],
  ['', 'no no 1 ', ''],
  // understand: where a second question may begin, meanings that come together, words nearly known
  ['', 'y ', ''],
  ['', ' y e y además', ''],
  ['', '. y ', ''],
  ['', '¿?', 'x'],
  ['', ', ', ''],
  ['', 'cuanto cuesta? y ', ''],
  ['', '¿cuánto cuesta? ¿qué clínica me toca? ', ''],
  ['', 'primero persona ayuda vale seguro ', ''],
  ['', 'hacermelas ', ''],
  ['', 'a b c d e f g h i j k l m n o p q r s t u v w x z ', ''],
  // interpret: commands, keycaps, numbers, steps done, corrections
  ['/menu', '@', ''],
  ['/menu@', '\u2028', ''],
  ['', '1\ufe0f', '\u20e3'],
  ['', '1️⃣', ''],
  ['', '1,', 'x'],
  ['', '1.1', ','],
  ['', 'mitad y la otra ', 'x'],
  ['ya hice nss', ',', ''],
  ['ya hice nss', '\n', ''],
  ['ya hice nss', ' y ', ''],
  ['ya ', 'nss,', ''],
  ['ya hice ', 'a,', ''],
  ['', 'desmarca ', ''],
  ['', 'me confundi', ''],
  ['', 'mi hij', ''],
  ['no ', 'tengo ', ''],
  // choices: numbers of options, words nearly offered
  ['', 'opcion numero la ', '1'],
  ['la ', ' ', '2'],
  ['', 'no la teng', ''],
  ['', '{ventana}', ''],
]

export interface Hostile {
  readonly kind: string
  readonly text: string
}

const repeat = (part: string, chars: number) => part.repeat(Math.ceil(chars / Math.max(1, part.length)))
const many = (chars: number, of: () => string) => {
  let text = ''
  while (text.length < chars) text += of()
  return text
}
const codes = (random: Random, from: number, to: number) => () =>
  String.fromCodePoint(from + random.below(to - from))
const signs = '.,;:?!¿¡()[]{}"\'`´-_/\\|*+#$%&=<>@^~«»…—\n\t '.split('')
const hidden =
  '\u200b\u200c\u200d\u200e\u202e\u2060\ufeff\u00ad\u0301\u0308\u0327\u20e3\ufe0f\u3164\u0000'.split('')
const joints = [' y ', ' e ', '. y ', ', ', '? ¿', ' además ', ' también ', ' tmb ', '\n', '; ']
const ofObjects = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'length',
  '/constructor',
]
const expanding = ['ﷺ', '㍿', 'ﬃ', '½', '㏂', 'Ⅷ', 'ｃ', 'İ', 'ß', '𝟘', '᾿', '가']

/** Each kind writes at least so many characters; the rest is cut off. */
const kinds: Readonly<Record<string, (random: Random, chars: number) => string>> = {
  'any code point': (random, chars) => many(chars, codes(random, 0, 0x110000)),
  'any code unit': (random, chars) => many(chars, () => String.fromCharCode(random.below(0x10000))),
  'Latin and its accents': (random, chars) => many(chars, codes(random, 0x20, 0x250)),
  'lone surrogates': (random, chars) => many(chars, codes(random, 0xd800, 0xe000)),
  'hidden and combining': (random, chars) =>
    many(chars, () => random.of(hidden) + (random.below(3) === 0 ? random.of(words) : '')),
  'signs that come apart': (random, chars) => many(chars, () => random.of(expanding)),
  emoji: (random, chars) => many(chars, codes(random, 0x1f300, 0x1fb00)),
  'one sign again and again': (random, chars) => repeat(codes(random, 0x20, 0x3000)(), chars),
  'one word again and again': (random, chars) => repeat(`${random.of(words)} `, chars),
  'runs of punctuation': (random, chars) => many(chars, () => random.of(signs).repeat(1 + random.below(40))),
  'punctuation between words': (random, chars) =>
    many(chars, () => random.of(words) + random.of(signs).repeat(random.below(4))),
  'one huge word': (random, chars) => many(chars, codes(random, 0x61, 0x7b)),
  'words of our length': (random, chars) =>
    many(chars, () => `${many(4 + random.below(20), codes(random, 0x61, 0x7b))} `),
  'short words': (random, chars) => many(chars, () => `${codes(random, 0x61, 0x7b)()} `),
  'words of ours, shuffled': (random, chars) => many(chars, () => `${random.of(words)} `),
  'words of ours, misspelt': (random, chars) => many(chars, () => `${mistyped(random, random.of(words))} `),
  joints: (random, chars) => many(chars, () => random.of(joints).repeat(1 + random.below(3))),
  'joints between words': (random, chars) => many(chars, () => random.of(words) + random.of(joints)),
  'runs of digits': (random, chars) =>
    many(chars, () => many(1 + random.below(14), codes(random, 0x30, 0x3a)) + random.of(signs)),
  'digits of every script': (random, chars) =>
    many(chars, () =>
      String.fromCodePoint(random.of([0x30, 0x660, 0x966, 0xff10, 0x1d7d8]) + random.below(10)),
    ),
  'names that objects have': (random, chars) => many(chars, () => `${random.of(ofObjects)} `),
  'steps done': (random, chars) => `ya ${many(chars, () => random.of(stepNames) + random.of(signs))}`,
  'pieces of attacks': (random, chars) =>
    many(chars, () => {
      const [start, part, end] = random.of(attacks)
      return start + part.repeat(1 + random.below(20)) + end
    }),
}

function mistyped(random: Random, word: string): string {
  const at = random.below(word.length)
  return random.of([
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + codes(random, 0x61, 0x7b)() + word.slice(at),
    word.slice(0, at) + codes(random, 0x61, 0x7b)() + word.slice(at + 1),
  ])
}

/** Every attack, so many characters long. */
const attacksOf = (chars: number): Hostile[] =>
  attacks.map(([start, part, end]) => {
    const room = chars - start.length - end.length
    const kind = `${start}${part.slice(0, 20)}…${end}`
    return { kind, text: start + repeat(part, room).slice(0, room) + end }
  })

/** Texts of every kind in turn, half of them short. */
function* hostileTexts(random: Random, count: number): Generator<Hostile> {
  const all = Object.entries(kinds)
  for (let n = 0; n < count; n++) {
    const [kind, write] = all[n % all.length] as (typeof all)[number]
    const chars = random.below(2) === 0 ? random.below(mostChars + 1) : random.below(60)
    yield { kind, text: write(random, chars).slice(0, chars) }
  }
}

type Readers = Readonly<Record<string, (text: string) => unknown>>

const readers: Readers = {
  mask,
  normalise,
  readFacts: text => readFacts(text, content.escuelas),
  understand: guide.understand,
}

const standing = flowIds.flatMap(flow =>
  Object.keys(flows.machines[flow]?.states ?? {}).flatMap(state =>
    standable(`${flow}.${state}`, flows) ? [{ flow, state }] : [],
  ),
)

/** Somebody at every place in turn, who speaks for a child: then the facts of a text are read twice. */
const people: readonly Saved[] = standing.map(({ flow, state }) => ({
  ...newSaved(flows),
  flow,
  state,
  version: flows.versions[flow] ?? '',
  perfil: { ...whole, tramite: 'alta' },
  hechos: Object.fromEntries(content.pasos.slice(0, 3).map(({ id }) => [id, '2026-10-01'])),
  own: { paso: 'nss', grupo: Object.keys(content.mensajes.grupos)[0], cuantos: 2, partes: [60, 40] },
  back: ['menu.inicio'],
  usted: true,
}))

/** A whole turn of somebody at the nth place. */
const turnAt = (n: number) => (text: string) => {
  const saved = people[n % people.length] as Saved
  const masked = mask(text)
  return step(guide, saved, {
    at: now,
    body: { kind: 'text', text: masked },
    masked: masked !== text,
    code: () => 'K7Q2M9XD',
  })
}

/** Nothing takes longer over what the conversation reads. */
const slowMs = 20
const tries = 3

/** Only `mask` reads all of a huge text, in time that grows with it; the others read its beginning. */
const allowedMs = (reader: string, chars: number) =>
  reader === 'mask' ? slowMs * Math.max(1, chars / mostChars) : slowMs

export interface Reading extends Hostile {
  readonly reader: string
  /** How long it took: by the clock at the first try; where that was slow, what its pattern is to blame for. */
  readonly ms: number
  readonly firstMs: number
  /** What it threw, if it did. */
  readonly error?: unknown
}

/**
 * One reader and one text. A pause to collect garbage, code that is not compiled yet or another process is not the
 * pattern's fault, while a pattern that can be made slow is slow every time, and on the processor: so after a slow try
 * the best of three counts, each by the clock or by this thread's time on the processor, whichever is less. (The latter
 * comes in steps of some milliseconds. The words that the first try has remembered spare the others little: a text has a
 * thousand characters' worth.)
 */
function tryReading(reader: string, read: (text: string) => unknown, hostile: Hostile): Reading {
  const allowed = allowedMs(reader, hostile.text.length)
  const once = () => {
    const used = process.threadCpuUsage()
    const began = performance.now()
    read(hostile.text)
    const clockMs = performance.now() - began
    const { user, system } = process.threadCpuUsage(used)
    return { clockMs, leastMs: Math.min(clockMs, (user + system) / 1000) }
  }
  try {
    const { clockMs: firstMs, leastMs } = once()
    let ms = firstMs > allowed ? leastMs : firstMs
    for (let again = 1; ms > allowed && again < tries; again++) ms = Math.min(ms, once().leastMs)
    return { ...hostile, reader, ms, firstMs }
  } catch (error) {
    return { ...hostile, reader, ms: 0, firstMs: 0, error }
  }
}

export const isFault = ({ reader, text, ms, error }: Reading) =>
  error !== undefined || ms > allowedMs(reader, text.length)

/** Turns are tried with every so many texts, besides every attack. */
const turnEvery = 5

/** Every reader over every attack and over other texts, so many in all; a whole turn over some. */
export function* readAll(random: Random, count: number): Generator<Reading> {
  const attacking = attacksOf(mostChars)
  for (const [n, hostile] of attacking.entries()) {
    yield* readOne(hostile)
    yield tryReading('turn', turnAt(n), hostile)
  }
  let n = attacking.length
  for (const hostile of hostileTexts(random, count - attacking.length)) {
    yield* readOne(hostile)
    if (n % turnEvery === 0) yield tryReading('turn', turnAt(n), hostile)
    n++
  }
}

function* readOne(hostile: Hostile): Generator<Reading> {
  for (const [name, reader] of Object.entries(readers)) yield tryReading(name, reader, hostile)
}

/** Every reader over huge texts: so many of the attacks. */
export function* readHuge(random: Random, count: number): Generator<Reading> {
  const all = attacksOf(hugeChars)
  const begin = random.below(all.length)
  for (let n = 0; n < Math.min(count, all.length); n++)
    yield* readOne(all[(begin + n) % all.length] as Hostile)
}

/** A fault as whoever mends it must see it. */
export const tell = ({ reader, kind, text, ms, error }: Reading) =>
  `${reader}, ${kind}: ${error === undefined ? `${ms.toFixed(1)} ms` : String(error)} over ${text.length} characters of ${JSON.stringify(text.slice(0, 200))}`
