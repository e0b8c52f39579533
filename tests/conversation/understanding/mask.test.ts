import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mask } from '../../../src/conversation/understanding/mask.ts'
import { workMs } from '../../work.ts'

describe('takes out', () => {
  test.each([
    ['mi curp es GOMC050812MDFNRR09 ok', 'mi curp es [CURP] ok'],
    ['gomc050812mdfnrr09', '[CURP]'],
    ['GOMC 050812 MDFNRR 09', '[CURP]'],
    ['G.O.M.C.0.5.0.8.1.2.M.D.F.N.R.R.0.9', '[CURP]'],
    ['GOMC050812HDFLRN0 (le falta uno)', '[CURP] (le falta uno)'],
    ['nss 12345678901', 'nss [NSS]'],
    ['12-34-56-7890-1', '[NSS]'],
    ['12 34 56 7890 1', '[NSS]'],
    ['１２３４５６７８９０１', '[NSS]'],
    ['12\u200b345\u200b678901', '[NSS]'],
    ['1 2 3 4 5 6 7 8 9 0 1', '[NSS]'],
    ['GODE561231GR8', '[RFC]'],
    ['gode-561231-gr8', '[RFC]'],
    ['escríbeme a juan.perez+x@gmail.com.', 'escríbeme a [correo].'],
    ['niño.peña@alumno.ipn.mx', '[correo]'],
    ['juan @ gmail.com', '[correo]'],
    ['5512345678', '[teléfono]'],
    ['55 1234 5678', '[teléfono]'],
    ['(55) 1234-5678', '[teléfono]'],
    ['+52 55 1234 5678', '[teléfono]'],
    ['5215512345678', '[teléfono]'],
    ['tengo 17 y mi cel es 55 12 34 56 78', 'tengo 17 y mi cel es [teléfono]'],
    ['50 25 25 5512345678', '50 25 25 [teléfono]'],
    ['12345678901 5512345678', '[NSS] [teléfono]'],
    ['5512345678 2do semestre', '[teléfono] 2do semestre'],
    ['٠١٢٣٤٥٦٧٨٩', '[teléfono]'],
  ])('%j', (text, masked) => {
    expect(mask(text)).toBe(masked)
  })
})

describe('leaves', () => {
  test.each([
    '50 25 25',
    '33.33 33.33 33.34',
    '33,33 33,33 33,34',
    '33 33 34',
    'mamá 50%, papá 25%, tía 25%',
    '2026-09-03',
    '18/08/2025',
    'del 18/08/2025 al 22/08/2025',
    '2026-09-03 10:30',
    '1 al 5 de cada mes',
    '3er semestre, 17 años',
    'de 2025 a 2026',
    '2024-2025',
    'mi boleta termina en 2023',
    'entre tres: 50 12 25 por ciento',
    'voca 6, cecyt 13',
    '@ipn_oficial',
    'B7 y A188-190',
  ])('%j', text => {
    expect(mask(text)).toBe(text)
  })
})

const digit = fc.integer({ min: 0, max: 9 }).map(String)
const separator = fc.constantFrom('', ' ', '-', '.', '\u200b', ' - ', '\u00a0', '\n')
/** Digits with a separator of any kind after each, some of them fullwidth. */
const spelt = (length: number) =>
  fc.array(fc.tuple(digit, separator, fc.boolean()), { minLength: length, maxLength: length }).map(all =>
    all
      .map(([sign, gap, wide], at) => {
        const shown = wide ? String.fromCodePoint(0xff10 + Number(sign)) : sign
        return at === length - 1 ? shown : shown + gap
      })
      .join(''),
  )
const prose = fc.constantFrom('mi número es', 'hola', '¿sirve?', 'soy de la voca', 'ok', '')
const plainDigits = (text: string) => text.normalize('NFKC').replace(/\D/g, '')
/** A number that also reads as a date and something more is left for a date. */
const holdsDate = /(?:19|20)\d\d[-/.]\d|\d[-/.](?:19|20)\d\d/

test('takes out every NSS and phone, however its digits are spelt', () => {
  fc.assert(
    fc.property(prose, fc.constantFrom(10, 11).chain(spelt), prose, (before, number, after) => {
      fc.pre(!holdsDate.test(number.normalize('NFKC').replace(/\u200b/g, '')))
      const masked = mask(`${before} ${number} ${after}`)
      expect(plainDigits(masked)).toBe('')
    }),
    { numRuns: 2000 },
  )
})

const letters = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), minLength: length, maxLength: length })
const consonants = fc.string({
  unit: fc.constantFrom(...'BCDFGHJKLMNPQRSTVWXYZ'),
  minLength: 3,
  maxLength: 3,
})
const born = fc
  .date({ min: new Date('1960-01-01'), max: new Date('2015-01-01'), noInvalidDate: true })
  .map(date => date.toISOString().slice(2, 10).replaceAll('-', ''))
const curp = fc
  .tuple(
    letters(4),
    born,
    fc.constantFrom('H', 'M'),
    fc.constantFrom('DF', 'MC', 'NE', 'JC'),
    consonants,
    digit,
    digit,
  )
  .map(parts => parts.join(''))

test('takes out every CURP, in any case and cut by any sign', () => {
  fc.assert(
    fc.property(
      curp,
      fc.constantFrom('', ' ', '-', '.', '\u200b'),
      fc.boolean(),
      fc.integer({ min: 1, max: 17 }),
      (key, gap, lower, cut) => {
        const shown = key.slice(0, cut) + gap + key.slice(cut)
        expect(mask(`curp: ${lower ? shown.toLowerCase() : shown}`)).toBe('curp: [CURP]')
      },
    ),
    { numRuns: 1000 },
  )
})

test('never touches shares that add up to a hundred', () => {
  const shares = fc
    .tuple(fc.integer({ min: 1, max: 98 }), fc.integer({ min: 1, max: 98 }))
    .filter(([a, b]) => a + b < 100)
  fc.assert(
    fc.property(shares, fc.constantFrom(' ', ', ', '% ', '-', '/', ' y '), ([a, b], gap) => {
      const text = `quiero ${[a, b, 100 - a - b].join(gap)}`
      expect(mask(text)).toBe(text)
    }),
  )
})

test('finds nothing more in what it has masked', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(prose, spelt(11), spelt(10), curp, fc.emailAddress())), parts => {
      const once = mask(parts.join(' '))
      expect(mask(once)).toBe(once)
    }),
  )
})

test.each(['5 ', '@', 'a@', 'GOMC050812', '1-', 'A', '12/12/2025 ', '55 12 ', '1234567890 ', '1', '\u200b'])(
  'is done with 100,000 characters of %j in a second',
  part => {
    const text = part.repeat(100_000 / part.length)
    expect(workMs(() => mask(text))).toBeLessThan(1000)
  },
)
