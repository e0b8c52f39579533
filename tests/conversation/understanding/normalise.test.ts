import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalise } from '../../../src/conversation/understanding/normalise.ts'

test.each([
  ['¿CUÁNDO llevo mi NSS?', 'cuando llevo mi ns'],
  ['xq no m llega al correo 😭', 'porque no me llega al correo'],
  ['holaaaa, mañana q onda', 'hola manana que onda'],
  ['dond saco la ｃéｄula', 'donde saco la cedula'],
  ['del 1 al 5, 33 y 100 %', 'del 1 al 5 33 y 100'],
  ['grrrracias', 'gracias'],
  ['e\u200bs\u200bcuela', 'escuela'],
  ['👍🏽 ¡¡!!', ''],
])('writes %j as %j', (text, plain) => {
  expect(normalise(text)).toBe(plain)
})

test('leaves what it has written as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), text => {
      const once = normalise(text)
      expect(normalise(once)).toBe(once)
    }),
  )
})

test('gives small letters, digits and single spaces only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1500 }), text => {
      expect(normalise(text)).toMatch(/^(?:[a-z0-9]+(?: [a-z0-9]+)*)?$/)
    }),
  )
})

test('reads a thousand characters of a text and no more', () => {
  expect(normalise('ab '.repeat(50_000)).length).toBeLessThanOrEqual(1000)
})
