import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createRandom,
  type Examples,
  labelsOf,
  learn,
  samplesOf,
} from '../../../src/conversation/understanding/learn.ts'
import { read } from '../../../src/conversation/understanding/model.ts'
import { isOneSlip, soundOf } from '../../../src/conversation/understanding/spelling.ts'
import { loadModel } from '../../../src/conversation/understanding/stored.ts'
import {
  acts,
  createUnderstanding,
  isOfExamples,
  packModel,
} from '../../../src/conversation/understanding/understand.ts'
import { content } from '../../guide.ts'
import { workMs } from '../../work.ts'

const examples = content.examples()
const understand = createUnderstanding(examples, loadModel())

const few: Examples = {
  costo: ['¿cuánto cuesta?', 'es gratis', 'hay que pagar algo', 'cuánto cobran'],
  clinica: ['qué clínica me toca', 'a qué UMF voy', 'dónde está mi clínica', 'cuál es mi unidad médica'],
  saludo: ['hola', 'buenas tardes', 'qué tal', 'buenos días'],
  fuera: ['cuándo juega el américa', 'quiero una pizza', 'resuelve esta ecuación', 'chiste'],
}

describe('understands', () => {
  test.each([
    ['cuanto cuesta el seguro', ['costo']],
    ['kuanto kuesta el segro', ['costo']],
    ['ola', ['saludo']],
    ['BUENAS TARDES', ['saludo']],
    ['muchas gracias', ['gracias']],
    ['ke dias resiven el nss', ['ventana']],
    ['¿cuánto cuesta el trámite? ¿y qué documentos llevo a la clínica?', ['costo', 'documentos-clinica']],
  ])('%j', (text, topics) => {
    const understood = understand(text)
    expect(understood.decision).toBe('answer')
    expect(understood.topics.toSorted()).toEqual(topics)
  })

  test.each(['asdfgh qwerty', '¿quién ganó el partido de anoche?', '👍', ''])(
    '%j as nothing of ours',
    text => {
      expect(understand(text)).toMatchObject({ decision: 'unknown', topics: ['fuera'] })
    },
  )
})

test('keeps its promises about any text', () => {
  const known = new Set(Object.keys(examples))
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), text => {
      const { decision, topics, confidence, ranked } = understand(text)
      expect(ranked).toHaveLength(5)
      if (decision !== 'unknown') expect(ranked.find(([id]) => id === topics[0])?.[1]).toBe(confidence)
      expect(confidence).toBeLessThanOrEqual(ranked[0]?.[1] ?? 0)
      expect(ranked.every(([id, chance], at) => known.has(id) && chance <= (ranked[at - 1]?.[1] ?? 1))).toBe(
        true,
      )
      if (decision === 'unknown') expect(topics).toEqual(['fuera'])
      if (decision === 'offer') expect([2, 3]).toContain(topics.length)
      if (decision === 'answer') expect([1, 2]).toContain(topics.length)
      if (topics.length > 1) expect(topics.some(id => acts.has(id))).toBe(false)
    }),
  )
})

test('learns the same bytes from the same examples, in whatever order the topics come', () => {
  const reversed = Object.fromEntries(Object.entries(few).reverse())
  expect(Buffer.from(packModel(few)).equals(packModel(reversed))).toBe(true)
})

test('understands alike from the stored model and from a new one', () => {
  const stored = createUnderstanding(few, packModel(few))
  const learnt = createUnderstanding(few)
  for (const text of [
    'cuánto se paga',
    'mi clinica',
    'buenas',
    'una pizza',
    '¿cuánto cuesta? ¿qué clínica me toca?',
  ])
    expect(stored(text)).toEqual(learnt(text))
})

test('does not use a model of other examples', () => {
  const other = {
    ...few,
    horario: ['a qué hora abren', 'qué horario tienen', 'horas de atención', 'a qué hora cierran'],
  }
  expect(isOfExamples(packModel(few), other)).toBe(false)
  expect(createUnderstanding(other, packModel(few))('qué horario tienen').topics).toEqual(['horario'])
})

/** A fifth of the examples is kept from the model and then asked of it. */
test('answers questions it has not learnt', () => {
  const labels = labelsOf(examples)
  const random = createRandom(5)
  const samples = samplesOf(examples)
    .map(sample => ({ ...sample, asked: random() < 0.2 }))
    .filter((_, at) => at % 3 === 0)
  const model = learn(
    labels,
    samples.filter(sample => !sample.asked),
  )
  const asked = samples.filter(sample => sample.asked && !acts.has(labels[sample.label] as string))
  const best = (chances: Float64Array) =>
    [...chances.keys()].sort((a, b) => (chances[b] as number) - (chances[a] as number))
  const readings = asked.map(sample => ({ right: sample.label, ranked: best(read(model, sample.text)) }))
  const first = readings.filter(({ right, ranked }) => ranked[0] === right).length / asked.length
  const three =
    readings.filter(({ right, ranked }) => ranked.slice(0, 3).includes(right)).length / asked.length
  expect(first).toBeGreaterThan(0.75)
  expect(three).toBeGreaterThan(0.89)
})

test('reads a message in some tenths of a millisecond', () => {
  const texts = Object.values(examples).flatMap(of => of.slice(0, 20))
  for (const text of texts) understand(text)
  const tookMs = workMs(() => {
    for (const text of texts) understand(text)
  })
  expect(tookMs / texts.length).toBeLessThan(2)
})

test.each(['como puedo y donde ', 'a, b c, d e, ', '¿?', 'x', ' y ', 'ﷺ', '. y '])(
  'is done with 100,000 characters of %j in half a second',
  part => {
    const text = part.repeat(100_000 / part.length)
    expect(workMs(() => understand(text))).toBeLessThan(500)
  },
)

test.each([
  ['serbisio', 'servicio'],
  ['kuanto', 'cuanto'],
  ['yebar', 'llevar'],
  ['ora', 'hora'],
  ['canbio', 'cambio'],
])('hears %j as %j', (wrong, right) => {
  expect(soundOf(wrong)).toBe(soundOf(right))
})

test.each([
  ['gartis', 'gratis', true],
  ['trmite', 'tramite', true],
  ['cosa', 'casa', true],
  ['pagar', 'pegado', false],
  ['firma', 'firma', true],
])('%j and %j are one slip apart: %j', (a, b, one) => {
  expect(isOneSlip(a, b)).toBe(one)
})
