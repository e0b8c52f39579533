import { expect, test } from 'vitest'
import { effectOf, isRight } from '../../../src/conversation/understanding/effect.ts'
import { type Unpacked, unpack } from '../../../src/conversation/understanding/model.ts'
import { packModel } from '../../../src/conversation/understanding/understand.ts'

const few = {
  costo: ['¿cuánto cuesta?', 'es gratis', 'hay que pagar algo', 'cuánto cobran'],
  clinica: ['qué clínica me toca', 'a qué UMF voy', 'dónde está mi clínica', 'cuál es mi unidad médica'],
  fuera: ['cuándo juega el américa', 'quiero una pizza', 'resuelve esta ecuación', 'chiste'],
}
const stored = unpack(packModel(few)) as Unpacked

test('a new example is told with how it was read without, and what it mended', () => {
  const taught = { ...few, costo: [...few.costo, 'cuánta marmota', 'una marmota'] }
  const { added, removed, asked, better, worse, rightBefore, rightNow } = effectOf(stored, taught, [
    { id: 'costo', text: 'marmota' },
    { id: 'clinica', text: 'qué clínica me toca a mí' },
  ])
  expect(added.map(({ id, text }) => [id, text])).toEqual([
    ['costo', 'cuánta marmota'],
    ['costo', 'una marmota'],
  ])
  expect({ removed, asked }).toEqual({ removed: 0, asked: 2 })
  expect(better.map(({ text }) => text)).toEqual(['marmota'])
  expect(worse).toEqual([])
  expect(rightNow - rightBefore).toBe(1)
})

test('danger counts as understood where it is heard, though no topic is', () => {
  const heard = { decision: 'unknown', topics: ['fuera'], confidence: 1, ranked: [] } as const
  expect(isRight('emergencia', { ...heard, topics: [...heard.topics], ranked: [], emergency: true })).toBe(
    true,
  )
  expect(isRight('emergencia', { ...heard, topics: [...heard.topics], ranked: [], emergency: false })).toBe(
    false,
  )
})

test('an example that breaks something is told', () => {
  const wrong = Array.from({ length: 8 }, (_, n) => `qué clínica me toca ${n}`)
  const { worse } = effectOf(stored, { ...few, fuera: [...(few.fuera ?? []), ...wrong] }, [
    { id: 'clinica', text: 'qué clínica me toca' },
  ])
  expect(worse.map(({ text }) => text)).toEqual(['qué clínica me toca'])
})

test('an example taken away is counted', () => {
  expect(effectOf(stored, { ...few, costo: few.costo.slice(1) }, []).removed).toBe(1)
})

test('a model of another form is not read at all', () => {
  const bytes = packModel(few)
  const at = Buffer.from(bytes).indexOf('"version":"') + '"version":"'.length
  bytes[at] = 'x'.charCodeAt(0)
  expect(unpack(bytes)).toBeUndefined()
})
