/** How well the questions that were never taught are understood, ours and those we are measured with: floors, and the figures. */
import { describe, expect, test } from 'vitest'
import { loadModel } from '../../../src/conversation/understanding/stored.ts'
import { createUnderstanding, isOfExamples } from '../../../src/conversation/understanding/understand.ts'
import { content } from '../../guide.ts'
import { type Question, readEmergencies, readHeldOut, readQuestions } from './measure/lines.ts'
import { calibrationOf, scoreOf } from './measure/score.ts'

const understand = createUnderstanding(content.examples(), loadModel())
const ask = (questions: readonly Question[]) =>
  questions.map(question => ({ question, understood: understand(question.q) }))

test('the stored model is of the examples in content/: npm run model', () => {
  expect(isOfExamples(loadModel() ?? new Uint8Array(), content.examples())).toBe(true)
})

// Two points under what was measured: a change that costs more than noise must be looked at.
const floors = {
  'the questions we are measured with': [
    readQuestions(),
    { faq: 0.91, 'faq in the best 3': 0.97, act: 0.93, multi: 0.82, fuera: 0.93 },
    { 'faq answered wrongly': 0.055, 'fuera answered as a topic': 0.06 },
  ],
  'our own, half of them harder': [
    readHeldOut(),
    { faq: 0.88, 'faq in the best 3': 0.96, act: 0.93, multi: 0.83, fuera: 0.9 },
    { 'faq answered wrongly': 0.065, 'fuera answered as a topic': 0.08 },
  ],
} as const

describe.each(Object.entries(floors))('of %s', (name, [questions, least, most]) => {
  const asked = ask(questions)
  const score = scoreOf(asked)
  const share = (row: string) => {
    const { right = 0, of = 1 } = score[row] ?? {}
    return right / of
  }
  const figures = [...Object.keys(least), ...Object.keys(most)]
  console.log(`${name}: ${figures.map(row => `${row} ${(100 * share(row)).toFixed(1)} %`).join(', ')}`)

  test.each(Object.entries(least))('%s: at least %f', (row, floor) => {
    expect(share(row)).toBeGreaterThanOrEqual(floor)
  })
  test.each(Object.entries(most))('%s: at most %f', (row, roof) => {
    expect(share(row)).toBeLessThanOrEqual(roof)
  })
  test('what is answered with confidence 0.9 and more is right 97 times in 100, and the confidence is true', () => {
    const { sure, answeredEce, faqEce } = calibrationOf(asked)
    expect(sure.right / sure.of).toBeGreaterThanOrEqual(0.97)
    expect(answeredEce).toBeLessThan(0.05)
    expect(faqEce).toBeLessThan(0.05)
  })
})

test('somebody in danger is heard, and hardly anybody else taken for one', () => {
  const lines = readEmergencies()
  const heard = (emergency: boolean) => {
    const all = lines.filter(line => line.emergency === emergency)
    return all.filter(({ q }) => understand(q).emergency).length / all.length
  }
  expect(heard(true)).toBeGreaterThanOrEqual(0.9)
  expect(heard(false)).toBeLessThanOrEqual(0.05)
  const others = [...readQuestions(), ...readHeldOut()].filter(({ q }) => understand(q).emergency)
  expect(others.length).toBeLessThanOrEqual(6)
})
