/** Replies of every shape, for fast-check: scripts, emoji, edges of length, of ids and of HTML. fit and render are tested with them. */
import fc from 'fast-check'
import type { Choice, Outgoing } from '../../src/message.ts'

/** `INPUTS=20000 npx vitest run tests/channels` is the full form. */
export const inputs = Number(process.env.INPUTS ?? 400)
export const seed = Number(process.env.SEED ?? 20261122)

/** All of it is seen as it was sent; what Telegram takes away or changes is in `unseen`. */
const seen = [
  'trámite',
  'año',
  'n\u0303andu\u0301',
  'El Seguro Facultativo es gratis. ',
  '¿Y tú? ',
  'a',
  ' ',
  '  ',
  '\n',
  '\n\n',
  '\n \n   \n',
  '\n\n\n\n\n',
  '\u00a0',
  'https://www.imss.gob.mx/a?b=1&c=<2>',
  '<b>',
  '</b>',
  '&lt;',
  '&#60;',
  '&',
  '<',
  '>',
  '"',
  '«Dar de alta»',
  '«de «dos» en dos»',
  '«',
  '»',
  '«&»',
  '«\n»',
  '😀',
  '👨‍👩‍👧‍👦',
  '🏳️‍🌈',
  '👍🏽',
  '❤️',
  '2️⃣',
  '🇲🇽',
  '🇲🇽🇨🇺🇦🇷',
  'مرحبا بكم',
  'שלום',
  'क्षि',
  '한글',
  '日本語',
  '各\u{e0101}',
  '\u0600 12',
  ' \u0301',
  '\u200b',
  '\u2060',
  `o${'\u0335\u0316'.repeat(40)}`,
] as const

const unseen = [
  '\t',
  '\r\n',
  '\r',
  '\u200b'.repeat(30),
  '\ufeff',
  '\u2028',
  '\u202e',
  '\ud83d',
  '\ude00',
  '\0',
] as const

/** Any code points, halves of surrogate pairs too. fast-check's own `binary` takes seconds to begin. */
export const anything = (maxLength: number) =>
  fc
    .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength })
    .map(points => String.fromCodePoint(...points))

const textOf = (...parts: readonly string[]) =>
  fc
    .array(
      fc
        .tuple(fc.constantFrom(...parts), fc.constantFrom(1, 1, 1, 2, 5))
        .map(([part, times]) => part.repeat(times)),
      { minLength: 1, maxLength: 30 },
    )
    .map(all => all.join(''))

/** Filled up until one of the parts lies across the limit, or one before, or one after. */
function edgeOf(limit: number, ...parts: readonly string[]) {
  return fc
    .tuple(
      fc.constantFrom('x', 'ñ ', 'una línea\n', 'Un párrafo. Y otro.\n\n', ...parts),
      fc.constantFrom(1, 1, 2, 3),
      fc.integer({ min: -12, max: 3 }),
      textOf(...parts),
      fc.boolean(),
    )
    .map(([filler, times, off, end, exact]) => {
      const length = Math.max(1, limit * times + off)
      const text = filler.repeat(Math.ceil(length / filler.length)).slice(0, length)
      return (exact ? text : text + end).toWellFormed()
    })
}

/** A short one, one about the limit, and now and then one of a single character. */
export const texts = (limit: number) =>
  fc.oneof({ weight: 3, arbitrary: textOf(...seen) }, { weight: 1, arbitrary: edgeOf(limit, ...seen) })

export const oddTexts = (limit: number) =>
  fc.oneof(textOf(...seen, ...unseen), edgeOf(limit, ...seen, ...unseen), anything(100))

const label = fc.oneof(
  fc.constantFrom(
    'Sí',
    'No',
    'Hacer mi trámite',
    'Días de entrega',
    'Fe de erratas <&>',
    '👨‍👩‍👧‍👦',
    'مرحبا بكم',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(text => text.trim() !== ''),
)

/** About what fits into 64 bytes beside the turn, in one byte a character and in two. */
export const ids = fc.oneof(
  fc.constantFrom(
    'tema:costo',
    'checklist.lista:elige=nss',
    'perfil.nivel:dice=superior',
    '#',
    '#3dfg_-8ASdf0',
    'a:b*c>1',
  ),
  fc.integer({ min: 50, max: 70 }).map(length => 'x'.repeat(length)),
  fc.integer({ min: 25, max: 35 }).map(length => 'ñ'.repeat(length)),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }).map(id => id.toWellFormed()),
)

const own = fc.record({ id: ids, label })
const nav = fc.subarray([
  { id: 'volver', label: 'Volver' },
  { id: 'menu', label: 'Menú' },
])

export const choiceLists: fc.Arbitrary<Choice[]> = fc
  .tuple(fc.uniqueArray(own, { selector: ({ id }) => id, maxLength: 27, size: 'max' }), nav)
  .map(([choices, last]) => [...choices.filter(({ id }) => id !== 'volver' && id !== 'menu'), ...last])

export const turns = fc.oneof(
  fc.constantFrom(0, 35, 36, 2 ** 31 - 1),
  fc.integer({ min: 0, max: 2 ** 31 - 1 }),
)

export const replies = (text: fc.Arbitrary<string>): fc.Arbitrary<Outgoing> =>
  fc.record({ text, choices: choiceLists, live: fc.constant(true as const) }, { requiredKeys: ['text'] })
