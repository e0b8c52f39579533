import { expect, test } from 'vitest'
import { readDay } from '../../../src/conversation/understanding/day.ts'

/** A Sunday. */
const hoy = '2026-11-22'

test.each([
  ['¿el lunes reciben?', '2026-11-23'],
  ['abren el domingo', '2026-11-29'],
  ['mañana abren?', '2026-11-23'],
  ['y pasado mañana', '2026-11-24'],
  ['el 5 de diciembre todavía?', '2026-12-05'],
  ['y el 3 de octubre?', '2027-10-03'],
  ['el 2 d setiembre', '2027-09-02'],
  ['el día 6 alcanzo?', '2026-12-06'],
  ['abren el sábado 28?', '2026-11-28'],
  ['el 1 de enero', '2027-01-01'],
  ['el 1ro de diciembre?', '2026-12-01'],
  ['el primero de diciembre', '2026-12-01'],
  ['y el 3/12?', '2026-12-03'],
])('%j is %s', (text, day) => {
  expect(readDay(text, hoy)).toBe(day)
})

test.each([
  '¿hoy reciben?',
  'el 22',
  'en la mañana reciben?',
  'del 1 al 5',
  'los lunes reciben?',
  'el 50/50',
  'el 30 de febrero',
  'el 32',
  'voy en el 3 de primaria',
  '¿cuándo abren?',
  '',
])('%j names no day', text => {
  expect(readDay(text, hoy)).toBeUndefined()
})
