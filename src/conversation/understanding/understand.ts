/**
 * What a message asks: one topic, two, a few to choose from, an act (a greeting, thanks, the menu …) or nothing
 * of ours. `handle` and `npm run ask` call it for every text that is not a choice, a command or a value.
 */
import { readFeatures } from './features.ts'
import {
  type Examples,
  hashExample,
  hashExamples,
  labelsOf,
  learn,
  samplesOf,
  usualSharpness,
} from './learn.ts'
import { ideasIn, meaningsOf } from './meanings.ts'
import { type Model, pack, read, readPart, together, unpack } from './model.ts'
import { findNear } from './neighbours.ts'
import { normalise } from './normalise.ts'
import { soundOf } from './spelling.ts'

export interface Understood {
  readonly decision: 'answer' | 'offer' | 'unknown'
  readonly topics: string[]
  /** Somebody is in danger now: comes before whatever else was understood. */
  readonly emergency: boolean
  /** The chance of the first of the topics. */
  readonly confidence: number
  /** The best five, acts and `fuera` included. */
  readonly ranked: [string, number][]
}

export const acts: ReadonlySet<string> = new Set(
  'saludo gracias despedida menu persona recordatorio progreso privacidad fuera'.split(' '),
)
const outside = 'fuera'
/** Learnt like an act, told apart from `fuera`, and no question that the sources answer. */
const danger = 'emergencia'
const isTopic = (id: string) => id !== danger && !acts.has(id)

// Chosen on content/medida/ and the double questions beside the tests: of ours, none is taught.
const answerFrom = 0.48
/** Nothing is answered beside this much of `fuera`. */
const outsideFrom = 0.2
/** A false alarm costs a line to read; a missed one may cost more. */
const dangerFrom = 0.3
const offerFrom = 0.3
const offeredFrom = 0.06
/** One single question in twelve is answered twice so, and of double ones all but one in eight. */
const twoFrom = 0.7
/** Of the whole message's topics, those that may be one of its two. */
const mostTopics = 7
const mostSplits = 3
/** On either side of where it is cut: what is further away is the story. */
const mostPartWords = 16
const longestSplit = 400
const longestStory = 1000

/** The labels, the likeliest first. */
const inOrder = (chances: Float64Array) =>
  [...chances.keys()].sort((a, b) => (chances[b] as number) - (chances[a] as number))

const rank = ({ labels }: Model, chances: Float64Array, order: readonly number[]): [string, number][] =>
  order.slice(0, 5).map(label => [labels[label] as string, chances[label] as number])

const leastWords = 3
/** How much the question of a story counts beside the whole of it. */
const questionShare = 0.5

/** A story is full of other topics' words: the sentence that asks is read once more by itself. */
function readWhole(model: Model, text: string): Float64Array {
  const whole = read(model, normalise(text))
  const sentences = text
    .slice(0, longestStory)
    .split(/(?<=[.?!;\n])\s+/)
    .map(sentence => ({ asks: sentence.includes('?'), normal: normalise(sentence) }))
    .filter(({ normal }) => normal.split(' ').length >= leastWords)
  const asking = sentences.findLast(({ asks }) => asks) ?? sentences.at(-1)
  if (!asking || sentences.length < 2) return whole
  return together(whole, readPart(model, asking.normal), questionShare)
}

/** Where a second question may begin. */
const joints =
  /(?:[.,;:?!¿¡\n()] ?)+(?:(?:y|e|ademas|además|tambien|también) )?| (?:y|e|ademas|además|aparte|tambien|también|tmb|tb) /giu

/** Who somebody is ("soy de la ESIME y…") and words without a meaning of their own are no question. */
function asksSomething(part: string): boolean {
  const words = part.split(' ')
  if (words.length < 2 || tellsWho.test(part)) return false
  return words.some(word => meaningsOf(soundOf(word)).length > 0)
}
const tellsWho =
  /^(?:hola |oye |oigan |disculpe )?(?:ya |apenas )?(?:soy|voy|estaba|era|tenia|mi \S+ es) \S+(?: \S+){0,4}$/

/** The last places where a message can be cut in two: a story comes before its questions. */
function split(text: string): [string, string][] {
  const short = text.slice(0, longestSplit)
  const found: [string, string][] = []
  for (const joint of [...short.matchAll(joints)].reverse()) {
    const first = normalise(short.slice(0, joint.index)).split(' ').slice(-mostPartWords).join(' ')
    const second = normalise(short.slice(joint.index + joint[0].length))
      .split(' ')
      .slice(0, mostPartWords)
      .join(' ')
    if (asksSomething(first) && asksSomething(second)) found.push([first, second])
    if (found.length === mostSplits) break
  }
  return found
}

/**
 * A second topic, where one part of the message speaks of it and not of the first, and the other of the first and
 * not of it.
 */
function findSecond(model: Model, text: string, order: readonly number[]): string | undefined {
  // However unlikely in the whole: "¿cuánto cuesta y a qué clínica voy?" may leave the clinic one in ten thousand.
  const topics = order.filter(label => isTopic(model.labels[label] as string))
  const [first = 0, ...others] = topics.slice(0, mostTopics)
  let second: number | undefined
  let best = twoFrom
  for (const [left, right] of split(text)) {
    const [before, after] = [readPart(model, left), readPart(model, right)]
    for (const other of others) {
      const clear = Math.max(apart(before, first, after, other), apart(after, first, before, other))
      if (clear > best) {
        best = clear
        second = other
      }
    }
  }
  return second === undefined ? undefined : model.labels[second]
}

/** How clearly one part is of `first` and the other of `second`, 0 to 1. */
function apart(own: Float64Array, first: number, other: Float64Array, second: number): number {
  const [a, b] = [own[first] as number, other[second] as number]
  const [notA, notB] = [own[second] as number, other[first] as number]
  return (a / (a + notA + 0.02)) * (b / (b + notB + 0.02)) * Math.sqrt(a * b)
}

/** The chance of an emergency; `fuera` has it from then on. */
function takeDanger(model: Model, chances: Float64Array): number {
  const [from, to] = [model.labels.indexOf(danger), model.labels.indexOf(outside)]
  const chance = chances[from] ?? 0
  if (from < 0 || to < 0) return 0
  chances[from] = 0
  chances[to] = (chances[to] as number) + chance
  return chance
}

/** Why it was decided so: the end of a key of mensajes.yaml. */
export const reasons = ['segura', 'dos', 'fuera', 'quizaFuera', 'insegura', 'nada'] as const
export type Reason = (typeof reasons)[number]

interface Decided {
  readonly understood: Understood
  readonly reason: Reason
}

function decide(model: Model, text: string): Decided {
  const whole = readWhole(model, text)
  const emergency = takeDanger(model, whole) >= dangerFrom
  const order = inOrder(whole)
  const ranked = rank(model, whole, order)
  const [top, confidence] = ranked[0] as [string, number]
  const chanceOf = (id = '') => whole[model.labels.indexOf(id)] ?? 0
  const decided = (reason: Reason, decision: Understood['decision'], topics: string[]): Decided => ({
    understood: { decision, topics, emergency, confidence: chanceOf(topics[0]), ranked },
    reason,
  })
  if (top === outside) return decided('fuera', 'unknown', [outside])
  const second = isTopic(top) ? findSecond(model, text, order) : undefined
  if (second !== undefined) return decided('dos', 'answer', [top, second])
  if (chanceOf(outside) >= outsideFrom) return decided('quizaFuera', 'unknown', [outside])
  if (confidence >= answerFrom) return decided('segura', 'answer', [top])
  const offered = ranked.filter(([id, chance]) => isTopic(id) && chance >= offeredFrom).slice(0, 3)
  const sum = offered.reduce((total, [, chance]) => total + chance, 0)
  if (offered.length < 2 || sum < offerFrom) return decided('nada', 'unknown', [outside])
  const topics = offered.map(([id]) => id)
  return decided('insegura', 'offer', topics)
}

/**
 * `stored` is what `npm run model` has written. Where it is of other examples (somebody has just changed a
 * text), the model is learnt anew, which takes some fifteen seconds.
 */
export function createUnderstanding(examples: Examples, stored?: Uint8Array): (text: string) => Understood {
  return readWith(modelOf(examples, stored))
}

/** One turn may ask of the same text more than once. */
export function readWith(model: Model): (text: string) => Understood {
  let last: { readonly text: string; readonly understood: Understood } | undefined
  return text => {
    if (last?.text !== text) last = { text, understood: decide(model, text).understood }
    return last.understood
  }
}

function modelOf(examples: Examples, stored?: Uint8Array): Model {
  const kept = stored && unpack(stored)
  return kept?.examples === hashExamples(examples) ? kept.model : learnModel(examples)
}

/** What led to a decision, for staff who ask why. */
export interface Explained extends Decided {
  /** Words as they were read, where they were written otherwise. */
  readonly spelt: [written: string, read: string][]
  /** The words without which the first would be less likely, or the runner-up, the most telling first. */
  readonly first: string[]
  readonly second: string[]
  /** Words and the idea that each shares with others. */
  readonly ideas: [word: string, idea: string][]
  /** The example most like the question, where any is. */
  readonly nearest?: { readonly id: string; readonly text: string }
}

const mostTelling = 4
/** Between certain and more than certain there is nothing to tell by the chance, by its odds there is. */
const oddsOf = (chance: number) => Math.log((chance + 1e-9) / (1 - chance + 1e-9))
/** A word that moves the odds less than this tells nothing. */
const tellingFrom = 0.15

/** `npm run ask -- --why`: leaves out each word in turn and sees what becomes of the chances. */
export function createExplanation(examples: Examples, stored?: Uint8Array): (text: string) => Explained {
  const model = modelOf(examples, stored)
  const all = listed(examples)
  const chanceOf = (words: readonly string[], id: string) =>
    read(model, words.join(' '))[model.labels.indexOf(id)] ?? 0

  function tellingFor(words: readonly string[], id: string): string[] {
    const whole = chanceOf(words, id)
    const told = new Map<string, number>()
    words.forEach((word, at) => {
      const moved = oddsOf(whole) - oddsOf(chanceOf(words.toSpliced(at, 1), id))
      if (moved >= tellingFrom) told.set(word, Math.max(moved, told.get(word) ?? 0))
    })
    return [...told]
      .sort((a, b) => b[1] - a[1])
      .slice(0, mostTelling)
      .map(([word]) => word)
  }

  return text => {
    const decided = decide(model, text)
    const words = normalise(text)
      .split(' ')
      .filter(word => word !== '')
    const sounds = words.map(soundOf)
    const read = sounds.map(sound => model.spelling.correct(sound))
    const [first = '', second = ''] = decided.understood.ranked.map(([id]) => id)
    const nearest = all[findNear(readFeatures(read), model, model.neighbours)[0]?.example ?? -1]
    return {
      ...decided,
      ...(nearest ? { nearest } : {}),
      spelt: words.flatMap((word, at) => (read[at] === sounds[at] ? [] : [[word, read[at] as string]])),
      first: tellingFor(words, first),
      second: tellingFor(words, second),
      ideas: words.flatMap((word, at) =>
        ideasIn(read[at] as string).map((idea): [string, string] => [word, idea]),
      ),
    }
  }
}

/** In the order in which they are learnt. */
const listed = (examples: Examples) =>
  labelsOf(examples).flatMap(id => (examples[id] ?? []).map(text => ({ id, text })))

/** The same bytes for the same examples. */
export const packModel = (examples: Examples): Uint8Array =>
  pack(
    learnModel(examples),
    hashExamples(examples),
    listed(examples).map(({ id, text }) => hashExample(id, text)),
  )

/** Whether the stored model is of these examples. */
export const isOfExamples = (stored: Uint8Array, examples: Examples): boolean =>
  unpack(stored)?.examples === hashExamples(examples)

const learnModel = (examples: Examples) => learn(labelsOf(examples), samplesOf(examples), usualSharpness)
