import { describe, expect, test } from 'vitest'
import { readContent } from '../../src/content/load.ts'
import { type Group, groupByLikeness } from '../../src/personal/likeness.ts'
import { type Random, randomOf } from '../conversation/talk.ts'
import { alone, chosenBy, heldOut } from './kinds.ts'

const examples = Object.values(readContent().content.examples()).flat()
const seed = 20261122

const group = (texts: readonly string[]) =>
  groupByLikeness(
    texts.map((text, i) => ({ text, at: new Date(i * 1000), decision: 'unknown', topics: [] })),
    examples,
  )
const textsOf = (groups: readonly Group[]) => groups.map(({ texts }) => texts.map(([{ text }]) => text))

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map(it => ({ it, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ it }) => it)
}

interface Pairs {
  /** Of the pairs put together, how many belong together; of those that belong together, how many were. */
  readonly right: number
  readonly found: number
}

/** The mean over several orders, since the first of a kind begins its group. */
function measure(kinds: Readonly<Record<string, readonly string[]>>, singles: readonly string[]): Pairs {
  const random = randomOf(seed)
  const kindOf = new Map(singles.map(text => [text, text]))
  for (const [kind, texts] of Object.entries(kinds)) for (const text of texts) kindOf.set(text, kind)
  const rounds = 2
  let [both, together, belong] = [0, 0, 0]
  for (let round = 0; round < rounds; round++) {
    const groups = textsOf(group(shuffled([...kindOf.keys()], random)))
    const groupOf = new Map(groups.flatMap((texts, i) => texts.map(text => [text, i] as const)))
    for (const [a, kindA] of kindOf)
      for (const [b, kindB] of kindOf) {
        if (a >= b) continue
        if (kindA === kindB) belong++
        if (groupOf.get(a) !== groupOf.get(b)) continue
        together++
        if (kindA === kindB) both++
      }
  }
  return { right: both / together, found: both / belong }
}

describe('questions that ask the same', () => {
  // Measured: 1.00 right and 0.75 found of those that the threshold was chosen by, 0.98 and 0.83 of the others, 0.94 and 0.75 of both.
  test.each([
    ['which the threshold was chosen by', chosenBy, alone.slice(0, 6)],
    ['which it has never seen', heldOut, alone.slice(6)],
    ['which are both', { ...chosenBy, ...heldOut }, alone],
  ] as const)('are together, and no others, of those %s', (_, kinds, singles) => {
    const { right, found } = measure(kinds, singles)
    expect(right).toBeGreaterThan(0.85)
    expect(found).toBeGreaterThan(0.7)
  })

  test('are counted in one text where only case, accents or chat spelling differ', () => {
    const texts = ['Como saco mi credencial', 'cómo saco mi credencial??', 'komo saco mi credencial']
    const [first, ...others] = group([...texts, 'va a temblar hoy?'])
    expect(first?.questions).toBe(3)
    expect(first?.texts).toHaveLength(1)
    expect(first?.texts[0]?.map(({ text }) => text)).toEqual(texts.toReversed())
    expect(others).toHaveLength(1)
  })

  test('come in the largest group first, the most central text in front', () => {
    const central = 'como saco mi credencial de estudiante'
    const texts = [...(chosenBy.credencial ?? []), 'va a temblar hoy?', 'va a temblar hoy']
    const [first, second] = group(texts)
    expect(first?.questions).toBe(chosenBy.credencial?.length)
    expect(first?.texts[0]?.[0].text).toBe(central)
    expect(second?.questions).toBe(2)
  })

  test('may be none, and may have no words at all', () => {
    expect(group([])).toEqual([])
    const texts = ['', '🎓🎓', '你好', '\u202e\u0000', 'a'.repeat(5000), '\ud83c']
    expect(group(texts).reduce((sum, { questions }) => sum + questions, 0)).toBe(texts.length)
  })
})

/** FULL=1 is as many as the list takes at most. */
const many = process.env.FULL ? 3000 : 1000

describe(`${many} questions`, () => {
  const random = randomOf(seed)
  const words = [...new Set(examples.join(' ').split(' '))].slice(0, 100)
  const letters = 'abcdefghijklmnopqrstuvwxyz    '
  const floods: [string, () => string][] = [
    ['of students', () => random.of(examples)],
    ['made of the same hundred words', () => Array.from({ length: 40 }, () => random.of(words)).join(' ')],
    ['of any letters', () => Array.from({ length: 2000 }, () => letters[random.below(30)]).join('')],
    ['of one letter', () => 'a'.repeat(random.below(2000))],
  ]
  // Milliseconds of the processor's, since others may have it meanwhile. Measured of ten thousand: 3500 of students, 5300 of any letters.
  test.each(floods)('%s are grouped while one waits', (_, make) => {
    const texts = Array.from({ length: many }, make)
    const before = process.threadCpuUsage()
    const groups = group(texts)
    const { user, system } = process.threadCpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(many === 3000 ? 8000 : 2700)
    expect(groups.reduce((sum, { questions }) => sum + questions, 0)).toBe(texts.length)
  })
})
