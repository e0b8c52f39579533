import { expect, test } from 'vitest'
import { normalise } from '../../../../src/conversation/understanding/normalise.ts'
import type { Understood } from '../../../../src/conversation/understanding/understand.ts'
import { content } from '../../../guide.ts'
import { type Question, readEmergencies, readHeldOut, readQuestions } from './lines.ts'
import { type Asked, calibrationOf, errorOf, isRight, scoreOf } from './score.ts'

test('no line that measures stands among the examples', () => {
  const { examples } = content
  const learnt = new Set(Object.values(examples()).flat().map(normalise))
  const lines = [...readQuestions(), ...readHeldOut(), ...readEmergencies()]
  expect(lines.length).toBeGreaterThan(1000)
  expect(lines.filter(({ q }) => learnt.has(normalise(q)))).toEqual([])
})

test('every line that measures expects what there is', () => {
  const { examples } = content
  const known = new Set(Object.keys(examples()))
  const lines = [...readQuestions(), ...readHeldOut()]
  expect(lines.filter(({ expect }) => !expect.every(id => known.has(id)))).toEqual([])
})

function asked(
  kind: Question['kind'],
  wanted: string[],
  decision: Understood['decision'],
  topics: string[],
  confidence = 0.5,
): Asked {
  const question = { q: '', kind, expect: wanted, style: 'corto' }
  const ranked = (topics.length > 0 ? topics : ['fuera']).map(id => [id, confidence] as [string, number])
  return { question, understood: { decision, topics, emergency: false, confidence, ranked } }
}

test.each([
  ['a topic answered', asked('faq', ['a', 'b'], 'answer', ['b']), true],
  ['the right topic second', asked('faq', ['a'], 'answer', ['b', 'a']), false],
  ['the right topic only offered', asked('faq', ['a'], 'offer', ['a', 'b']), false],
  ['both of two, the other way round', asked('multi', ['a', 'b'], 'answer', ['b', 'a']), true],
  ['one of two', asked('multi', ['a', 'b'], 'answer', ['a']), false],
  ['both of two offered', asked('multi', ['a', 'b'], 'offer', ['a', 'b']), false],
  ['an act', asked('act', ['saludo'], 'answer', ['saludo']), true],
  ['an act for a topic', asked('act', ['saludo'], 'answer', ['a']), false],
  ['something else refused', asked('fuera', ['fuera'], 'unknown', ['fuera']), true],
  ['something else answered', asked('fuera', ['fuera'], 'answer', ['a']), false],
  ['choices offered for something else', asked('fuera', ['fuera'], 'offer', ['a', 'b']), false],
])('%s', (_, line, right) => {
  expect(isRight(line)).toBe(right)
})

test('counts by kind and by style, and the wrong ones apart', () => {
  const rows = scoreOf([
    asked('faq', ['a'], 'answer', ['a']),
    asked('faq', ['a'], 'offer', ['b', 'a']),
    asked('faq', ['a'], 'answer', ['saludo', 'fuera', 'b', 'c', 'a']),
    asked('faq', ['a'], 'answer', ['b', 'c', 'd', 'a']),
    asked('fuera', ['fuera'], 'offer', ['a', 'b']),
    asked('fuera', ['fuera'], 'answer', ['a']),
  ])
  expect(rows).toEqual({
    faq: { right: 1, of: 4 },
    fuera: { right: 0, of: 2 },
    'style:corto': { right: 1, of: 6 },
    'faq in the best 3': { right: 3, of: 4 },
    'faq answered or rightly offered': { right: 2, of: 4 },
    'faq answered wrongly': { right: 2, of: 4 },
    'fuera answered as a topic': { right: 1, of: 2 },
  })
})

test('finds how far confidence is from the truth', () => {
  const claims = (confidence: number, right: number, of: number) =>
    Array.from({ length: of }, (_, n) => ({ confidence, right: n < right }))
  expect(errorOf(claims(0.75, 75, 100))).toBeCloseTo(0)
  expect(errorOf(claims(1, 9, 10))).toBeCloseTo(0.1)
  // 0.95 and 1 share a bin, in which too much and too little make up for each other; 0.25 has one of its own.
  expect(errorOf([...claims(0.95, 10, 10), ...claims(1, 9, 10), ...claims(0.25, 10, 20)])).toBeCloseTo(0.1375)
})

test('believes only answers; every question of a topic has one that is ranked first', () => {
  const { sure, answeredEce, faqEce } = calibrationOf([
    asked('faq', ['a'], 'answer', ['a'], 0.9),
    asked('act', ['saludo'], 'answer', ['a'], 0.95),
    asked('fuera', ['fuera'], 'unknown', ['fuera'], 0.99),
    asked('faq', ['a'], 'offer', ['b', 'a'], 0.4),
  ])
  expect(sure).toEqual({ right: 1, of: 2 })
  expect(answeredEce).toBeCloseTo((1.85 - 1) / 2)
  expect(faqEce).toBeCloseTo((0.1 + 0.4) / 2)
})
