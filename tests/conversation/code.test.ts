/** A code is read however it is typed, nothing else is taken for one, and none is left in what is kept. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hideCodes, makeCode, readBareCode, readCode, showCode } from '../../src/conversation/code.ts'
import { mask } from '../../src/conversation/understanding/mask.ts'
import { content } from '../guide.ts'
import { randomOf } from './talk.ts'

const seed = 20261122

const codes = fc.integer().map(from => {
  const { below } = randomOf(from)
  return makeCode(bytes => Uint8Array.from({ length: bytes }, () => below(256)))
})

/** The ways in which people copy what they were shown. */
const typings: readonly ((code: string) => string)[] = [
  showCode,
  code => code,
  code => code.toLowerCase(),
  code => showCode(code).replace('-', ' ').toLowerCase(),
  code => showCode(code).replace('-', ' - '),
  code => showCode(code).replace('-', '–'),
  code => ` ${showCode(code)}\n`,
  code => `*${showCode(code)}*`,
  code => [...code].join(' '),
  code => showCode(code).replaceAll('0', 'o').replaceAll('1', 'l'),
  code => showCode(code).replaceAll('0', 'O').replaceAll('1', 'I'),
]
const sentences: readonly ((typed: string) => string)[] = [
  typed => `mi codigo es ${typed}`,
  typed => `Mi código: ${typed}.`,
  typed => `aquí está ${typed} gracias`,
  typed => `me diste ${typed}, ¿ya?`,
  typed =>
    `Tu código: ${typed}\nEscríbemelo desde el otro chat antes de quince minutos y tu lista aparece allá. Sirve una vez.`,
]

describe('a code', () => {
  test('is drawn from all that there are, none twice', () => {
    const drawn = Array.from({ length: 5000 }, () => makeCode(randomBytes))
    expect(new Set(drawn).size).toBe(drawn.length)
    expect(drawn.join('')).not.toMatch(/[^0-9A-HJKMNP-TV-Z]/)
    expect(new Set(drawn.join('')).size).toBe(32)
    expect(drawn.every(it => it.length === 8)).toBe(true)
  })

  test('is read however it is typed, alone or in a sentence, after personal data is masked', () => {
    fc.assert(
      fc.property(codes, code => {
        for (const type of typings) expect(readCode(mask(type(code))), type(code)).toBe(code)
      }),
      { seed },
    )
    fc.assert(
      fc.property(
        codes,
        fc.constantFrom(...typings.filter((_, i) => i !== 6)),
        fc.constantFrom(...sentences),
        (code, type, say) => {
          const text = say(type(code))
          expect(readCode(mask(text)), text).toBe(code)
        },
      ),
      { seed, numRuns: 500 },
    )
  })

  test('is left to read beside what is masked', () => {
    fc.assert(
      fc.property(codes, code => {
        const text = `mi codigo es ${showCode(code)} y mi cel 55 1234 5678, ana@example.com`
        expect(mask(text)).toContain('[teléfono]')
        expect(readCode(mask(text))).toBe(code)
      }),
      { seed },
    )
  })

  test('is in nothing that is kept', () => {
    fc.assert(
      fc.property(
        codes,
        fc.constantFrom(...typings),
        fc.constantFrom(...sentences, (it: string) => it),
        (code, type, say) => {
          const kept = hideCodes(say(type(code)))
          expect(readBareCode(kept)).toBeUndefined()
          expect(kept.replace(/[^0-9a-z]/gi, '').toUpperCase()).not.toContain(code)
        },
      ),
      { seed, numRuns: 500 },
    )
    expect(hideCodes('mi código es K7Q2-M9XD, no T4B8 W6RX')).toBe('mi código es [código], no [código]')
    expect(hideCodes('/start codigo-K7Q2M9XD')).toBe('/start codigo-[código]')
    expect(hideCodes('¿cuánto cuesta?')).toBe('¿cuánto cuesta?')
  })

  test.each([
    'hospital',
    'consulta',
    'mi código postal',
    'el código del hospital',
    '2024630123',
    '55 1234 5678',
    '20mg 40mg',
    'tomó 500m 250m',
    '24hr-48hr',
    'voy en 10mo 12vo',
    'cecyt 9, voca 5',
    'GODE561231HDFLRS09',
    'K7Q2-M9XDA',
    'K7Q2-M9X',
    '33 33 34',
  ])('is not read in «%s»', text => {
    expect(readCode(text)).toBeUndefined()
    expect(hideCodes(text)).toBe(text)
  })

  test('is read in none of the texts that people write about the procedure', () => {
    const { preguntas, actos } = content
    const texts = [...Object.values(preguntas), ...Object.values(actos)].flatMap(({ ejemplos }) => ejemplos)
    expect(texts.length).toBeGreaterThan(10_000)
    expect(texts.filter(text => readCode(text) !== undefined)).toEqual([])
  })
})

test('letters that take two units do not hold it up', () => {
  for (const text of ['𝐀𝐁𝐂𝐃 𝐄𝐅𝐆𝐇', 'código 𐐀𐐁𐐂𐐃-𐐄𐐅𐐆𐐇 k7q2-m9xd']) {
    expect(() => hideCodes(text)).not.toThrow()
    expect(readCode(text) === undefined || readCode(text) === 'K7Q2M9XD').toBe(true)
  }
  expect(readCode('código 𐐀𐐁𐐂𐐃-𐐄𐐅𐐆𐐇 k7q2-m9xd')).toBe('K7Q2M9XD')
})
