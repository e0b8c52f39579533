/** A reply in pieces: nothing lost, nothing empty, nothing torn. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitInto } from '../../src/channels/fit.ts'
import type { Outgoing } from '../../src/message.ts'
import { workMs } from '../work.ts'
import { inputs, oddTexts, replies, seed, texts } from './replies.ts'

console.info(`fit: fast-check seed ${seed}, INPUTS=${inputs}`)

const telegram = { text: 4096, buttons: 100, buttonText: Number.POSITIVE_INFINITY }
const split = (text: string, limit = 20) =>
  fitInto({ text }, { text: limit, buttons: 3, buttonText: Number.POSITIVE_INFINITY }).map(
    piece => piece.text,
  )
const choices = ['Sí', 'No', 'No sé'].map(label => ({ id: label, label }))

/** Whether a person sees anything of it, character by character. */
const seesSomething = (text: string) =>
  [...text].some(
    char =>
      !/\s|\p{Cc}|\p{Default_Ignorable_Code_Point}/u.test(char) &&
      !['\u2800', '\ufffc', '\u030a', '\u0333', '\u033f'].includes(char),
  )

/** Where characters, as a reader counts them, begin; of the whole text. */
function boundariesOf(text: string): Set<number> {
  const graphemes = new Intl.Segmenter('es', { granularity: 'grapheme' }).segment(text)
  return new Set([...Array.from(graphemes, ({ index }) => index), text.length])
}

const among = (set: ReadonlySet<number>, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i).some(at => set.has(at))

/** What is wrong with the pieces of a text. */
function faultsOf(text: string, pieces: readonly string[], limit: number): string[] {
  const whole = text.toWellFormed()
  const boundaries = boundariesOf(whole)
  const starts = [...boundaries]
  const faults: string[] = []
  let end = 0
  for (const [i, piece] of pieces.entries()) {
    const start = whole.indexOf(piece, end)
    const between = whole.slice(end, start)
    if (start < 0) return [`not in the text: ${JSON.stringify(piece)}`]
    if (piece.length > limit) faults.push(`${piece.length} long`)
    if (!seesSomething(piece)) faults.push(`nothing to see in ${JSON.stringify(piece)}`)
    if (!piece.isWellFormed()) faults.push('a code point torn')
    if (seesSomething(between)) faults.push(`lost: ${JSON.stringify(between)}`)
    // What nobody sees goes only where it would be most of a message.
    if (limit >= 1024 && i > 0 && between.trim() !== '' && between.length < limit / 2)
      faults.push(`dropped: ${JSON.stringify(between)}`)
    if (i > 0 && !among(boundaries, end, start)) {
      const next = starts.findIndex(at => at > end)
      const length = (starts[next] ?? 0) - (starts[next - 1] ?? 0)
      if (length <= limit) faults.push(`torn: ${JSON.stringify(whole.slice(starts[next - 1], starts[next]))}`)
    }
    end = start + piece.length
  }
  if (seesSomething(whole.slice(end))) faults.push(`lost at the end: ${JSON.stringify(whole.slice(end))}`)
  return faults
}

test.each([
  ['seen', texts],
  ['odd', oddTexts],
] as const)('of %s texts nothing is lost, torn or empty, whatever the limit', (_, textsAbout) => {
  const limited = fc
    .constantFrom(2, 3, 7, 20, 60, 1024, 4096)
    .chain(limit => fc.tuple(textsAbout(limit), fc.constant(limit)))
  fc.assert(
    fc.property(limited, ([text, limit]) => {
      const pieces = fitInto({ text }, { text: limit, buttons: 3, buttonText: Number.POSITIVE_INFINITY }).map(
        piece => piece.text,
      )
      expect(faultsOf(text, pieces, limit)).toEqual([])
    }),
    { seed, numRuns: inputs },
  )
})

test('choices stand under the last piece, and only what is one piece stays live', () => {
  fc.assert(
    fc.property(replies(texts(200)), message => {
      const pieces = fitInto(message, { text: 200, buttons: 100, buttonText: Number.POSITIVE_INFINITY })
      expect(pieces.at(-1)?.choices).toEqual(pieces.length ? message.choices : undefined)
      expect(pieces.slice(0, -1).filter(({ choices, live }) => choices || live)).toEqual([])
      expect(pieces.at(-1)?.live).toBe(pieces.length === 1 ? message.live : undefined)
    }),
    { seed, numRuns: inputs },
  )
})

test('what fits is handed on as it is, so a piece is never fitted again', () => {
  fc.assert(
    fc.property(replies(oddTexts(200)), message => {
      for (const piece of fitInto(message, { text: 200, buttons: 100, buttonText: Number.POSITIVE_INFINITY }))
        expect(fitInto(piece, { text: 200, buttons: 100, buttonText: Number.POSITIVE_INFINITY })[0]).toBe(
          piece,
        )
    }),
    { seed, numRuns: inputs },
  )
  const message: Outgoing = { text: 'x'.repeat(4096), choices, live: true }
  expect(fitInto(message, telegram)).toEqual([message])
  expect(fitInto(message, telegram)[0]).toBe(message)
})

test.each([
  ['between paragraphs', 'Uno dos tres.\n\nDos\ncinco seis.', ['Uno dos tres.', 'Dos\ncinco seis.'], 20],
  [
    'between lines where a paragraph is longer',
    'Una sola línea\ny otra. Así.',
    ['Una sola línea', 'y otra. Así.'],
    20,
  ],
  [
    'between sentences where a line is longer',
    'Trae tu copia. Y ven el lunes.',
    ['Trae tu copia.', 'Y ven el lunes.'],
    20,
  ],
  [
    'between words where a sentence is longer',
    'trae tu comprobante firmado',
    ['trae tu comprobante', 'firmado'],
    20,
  ],
  ['at a far word rather than within one', 've comprobantefirmadoaqui', ['ve', 'comprobantefirmadoaqui'], 22],
  [
    'no more once the rest fits',
    'Trae tu comprobante.\n\nven el lunes por hoy',
    ['Trae tu comprobante.', 'ven el lunes por hoy'],
    20,
  ],
  [
    'in a word that is longer than a message',
    'comprobantedeinscripcion',
    ['comprobantedeinscrip', 'cion'],
    20,
  ],
  [
    'before the space that begins where a message is full',
    'comprobante firmado. Y ven.',
    ['comprobante firmado.', 'Y ven.'],
    20,
  ],
  [
    'not by a paragraph that would leave most of it empty',
    'Sí.\n\nUna copia de tu credencial',
    ['Sí.\n\nUna copia de tu', 'credencial'],
    20,
  ],
  [
    'with all the space about the cut taken off',
    'Una copia.   \n\n\n  Y ven el lunes.',
    ['Una copia.', 'Y ven el lunes.'],
    20,
  ],
  ['before a family that would be torn', `${'x'.repeat(15)}👨‍👩‍👧‍👦`, ['x'.repeat(15), '👨‍👩‍👧‍👦'], 20],
  ['between flags, not in one', '🇲🇽🇨🇺🇦🇷🇨🇱🇵🇪🇺🇾', ['🇲🇽🇨🇺🇦🇷🇨🇱', '🇵🇪🇺🇾'], 18],
  [
    'before a letter whose accent would be torn off',
    `${'x'.repeat(19)}n\u0303o`,
    ['x'.repeat(19), 'n\u0303o'],
    20,
  ],
  ['before a space that carries an accent', `${'x'.repeat(20)} \u0301y`, ['x'.repeat(20), ' \u0301y'], 20],
  [
    'in a letter under more accents than a message holds',
    `o${'\u0301'.repeat(30)}`,
    [`o${'\u0301'.repeat(19)}`, '\u0301'.repeat(11)],
    20,
  ],
])('a text is cut %s', (_, text, pieces, limit) => {
  expect(split(text, limit)).toEqual(pieces)
})

test.each([4095, 4096, 4097])('a text of %i characters is one message as long as it may be', length => {
  const pieces = split(`${'ñ'.repeat(length - 2)}😀`, 4096)
  expect(pieces).toHaveLength(length <= 4096 ? 1 : 2)
  expect(pieces.join('')).toBe(`${'ñ'.repeat(length - 2)}😀`)
})

test('more choices than a platform shows become a numbered list under the text', () => {
  const many = [...choices, { id: 'menu', label: 'Menú' }]
  expect(
    fitInto(
      { text: '¿Cuál?', choices: many, live: true },
      { text: 4096, buttons: 3, buttonText: Number.POSITIVE_INFINITY },
    ),
  ).toEqual([{ text: '¿Cuál?\n\n1. Sí\n2. No\n3. No sé\n4. Menú', live: true }])
  expect(
    fitInto({ text: 'Di cuál', choices }, { text: 20, buttons: 0, buttonText: Number.POSITIVE_INFINITY }),
  ).toEqual([{ text: 'Di cuál\n\n1. Sí\n2. No' }, { text: '3. No sé' }])
})

test('half a surrogate pair, which no platform takes, is replaced', () => {
  expect(split('a\ud83d')).toEqual(['a\ufffd'])
  expect(split(`${'\ude00'.repeat(25)}`)).toEqual(['\ufffd'.repeat(20), '\ufffd'.repeat(5)])
})

test.each([
  '',
  ' \n\t ',
  '\u200b',
  '\ufeff\u2060\u00ad',
  '\u2800',
  '\u030a',
  '\u{e0041}',
  '\n'.repeat(5000),
  '\u200b'.repeat(5000),
])('nothing is sent of a text that shows nothing (case %#)', text => {
  expect(fitInto({ text, choices }, telegram)).toEqual([])
})

test('a stretch longer than a message that shows nothing is not sent as one', () => {
  expect(split(`Hola${'\u200b'.repeat(50)}tú`)).toEqual([
    `Hola${'\u200b'.repeat(16)}`,
    `${'\u200b'.repeat(14)}tú`,
  ])
  expect(split(`Hola${'\n'.repeat(50)}tú`)).toEqual(['Hola', 'tú'])
})

test('the choices of a text that ends in nothing stand under the last piece that is seen', () => {
  const text = `${'x'.repeat(20)}${'\u200b'.repeat(50)}`
  expect(fitInto({ text, choices }, { text: 20, buttons: 3, buttonText: Number.POSITIVE_INFINITY })).toEqual([
    { text: 'x'.repeat(20), choices },
  ])
})

test.each(['x', 'ñandú ', '🇲🇽', '👨‍👩‍👧‍👦', '\u0301', '\u200b', '\n', ' \u0301', '. ', '«', 'a\n\n'])(
  '100,000 characters of %j are split within a second',
  part => {
    const text = `a${part.repeat(100_000 / part.length)}z`
    for (const limit of [4096, 1024, 20]) {
      let pieces: string[] = []
      const tookMs = workMs(() => {
        pieces = split(text, limit)
      })
      expect(tookMs).toBeLessThan(1000)
      expect(pieces.at(-1)).toMatch(/z$/)
    }
  },
)

test('lists choices beside a longer text than the platform shows with buttons', () => {
  const choices = [{ id: 'a', label: 'Sí' }]
  const limits = { text: 100, buttons: 3, buttonText: 10 }
  expect(fitInto({ text: 'diez letra', choices }, limits)).toEqual([{ text: 'diez letra', choices }])
  expect(fitInto({ text: 'once letras', choices }, limits)).toEqual([{ text: 'once letras\n\n1. Sí' }])
})

test('a file goes with the last piece', () => {
  const file = { name: 'a.ics', type: 'text/calendar', data: '' }
  const pieces = fitInto({ text: 'uno dos', file }, { text: 4, buttons: 3, buttonText: 4 })
  expect(pieces).toEqual([{ text: 'uno' }, { text: 'dos', file }])
})
