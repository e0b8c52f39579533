/** What staff write of a broadcast: what may stand in it, and how each fault is told. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeDraft, checkWhole, type Draft, emptyDraft, readDraft } from '../../src/broadcast/draft.ts'
import { Refused } from '../../src/broadcast/staff.ts'
import type { Written } from '../../src/store/broadcasts.ts'
import { content } from '../guide.ts'
import { hours, noon } from './office.ts'

const seed = Number(process.env.SEED ?? 20261122)
const write = (draft: Draft, before: Written = emptyDraft, now = noon) =>
  changeDraft(content, before, draft, now)
const whole: Written = { ...emptyDraft, texto: 'Hoy reciben hasta las 14:00.' }

/** The reason and its values, as staff are told. */
function refusal(work: () => unknown): readonly [string, Readonly<Record<string, string>>] | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return [error.reason, error.values]
  }
}

describe('is kept as it was written:', () => {
  const safe = [
    'Hoy reciben hasta las 14:00. Lleva tu tarjeta.',
    'Mira https://www.ipn.mx/seguro?a=1#b y https://forms.gle/Ab3dE',
    'Abre el 1.5 de la lista.Luego firma. Son 33.33 % y $1,500.00',
    'Ya está... ¿listo?',
    'En www. no; en el piso 2, oficina A.B',
  ]
  test.each(safe)('%s', texto => {
    expect(write({ texto }).texto).toBe(texto)
  })

  test('but for the space around it and what cannot be stored', () => {
    expect(write({ texto: '  Hoy\0 \n', titulo: ' Uno ' })).toMatchObject({ texto: 'Hoy', titulo: 'Uno' })
    expect(write({ texto: `a\ud800` }).texto).toBe('a\ufffd')
  })

  test('a part of it leaves the rest as it was', () => {
    const before = write({ texto: 'Hola', control: 20, boton: { does: 'paso', id: 'nss' } })
    expect(write({ titulo: 'Uno' }, before)).toEqual({ ...before, titulo: 'Uno' })
    expect(write({ boton: null }, before).boton).toBeNull()
  })

  test('an empty list in an audience is as none', () => {
    const audiencia = { tema: 'escuela', plantel: [], canal: ['telegram'] } satisfies Draft['audiencia']
    expect(write({ audiencia }).audiencia).toEqual({ tema: 'escuela', canal: ['telegram'] })
  })
})

const faults: readonly (readonly [string, Draft, string, Record<string, string>])[] = [
  ['no text', { texto: ' \n ' }, 'texto-falta', {}],
  ['a text of signs only', { texto: '⚠️ …' }, 'texto-falta', {}],
  ['851 characters', { texto: 'a'.repeat(851) }, 'texto-largo', { maximo: '850', largo: '851' }],
  ['http', { texto: 'Ve http://ipn.mx ya' }, 'texto-liga', { liga: 'http://ipn.mx' }],
  ['another scheme', { texto: 'tg://resolve?domain=x' }, 'texto-liga', { liga: 'tg://resolve?domain=x' }],
  ['a script', { texto: 'a javascript:alert(1)' }, 'texto-liga', { liga: 'javascript:alert(1)' }],
  ['www.', { texto: 'Ve www.ipn.mx' }, 'texto-liga', { liga: 'www.ipn.mx' }],
  ['a bare name', { texto: 'Ve a ipn.mx.' }, 'texto-liga', { liga: 'ipn.mx' }],
  ['a bare path', { texto: 'Ve t.me/vigente' }, 'texto-liga', { liga: 't.me/vigente' }],
  [
    'a name before the host',
    { texto: 'https://ipn.mx@x.com/a' },
    'texto-liga',
    { liga: 'https://ipn.mx@x.com/a' },
  ],
  ['a CURP', { texto: 'Tu CURP es PEPJ000101HDFRRN09' }, 'texto-datos', {}],
  ['a phone', { texto: 'Llama al 55 1234 5678' }, 'texto-datos', {}],
  ['an e-mail', { texto: 'Escribe a ana@example.org' }, 'texto-datos', {}],
  ['a long title', { titulo: 'a'.repeat(61) }, 'titulo-largo', { maximo: '60' }],
  ['a title with an NSS', { titulo: 'NSS 12345678901' }, 'titulo-datos', {}],
  ['a step that there is not', { boton: { does: 'paso', id: 'volar' } }, 'boton-paso', { paso: 'volar' }],
  ['a flow that there is not', { boton: { does: 'flujo', id: 'volar' } }, 'boton-flujo', { flujo: 'volar' }],
  [
    'a flow of no own',
    { boton: { does: 'flujo', id: 'constructor' } },
    'boton-flujo',
    { flujo: 'constructor' },
  ],
  [
    'an unknown school',
    { audiencia: { tema: 'escuela', plantel: ['unam'] } },
    'audiencia-plantel',
    { plantel: 'unam' },
  ],
  [
    'a school of no own',
    { audiencia: { tema: 'escuela', plantel: ['toString'] } },
    'audiencia-plantel',
    { plantel: 'toString' },
  ],
  [
    'an unknown school left out',
    { audiencia: { tema: 'escuela', sinPlantel: ['unam'] } },
    'audiencia-plantel',
    { plantel: 'unam' },
  ],
  [
    'an unknown level',
    { audiencia: { tema: 'escuela', nivel: ['kinder'] } },
    'audiencia-nivel',
    { nivel: 'kinder' },
  ],
  [
    'an unknown step',
    { audiencia: { tema: 'escuela', falta: 'volar' } },
    'audiencia-falta',
    { paso: 'volar' },
  ],
  ['too large a share', { control: 51 }, 'control', { maximo: '50' }],
  ['a share below nothing', { control: -1 }, 'control', { maximo: '50' }],
  ['half a person', { control: 0.5 }, 'control', { maximo: '50' }],
  ['no time', { cuando: 'mañana' }, 'cuando-forma', {}],
  ['a day that there is not', { cuando: '2027-02-30 10:00' }, 'cuando-forma', {}],
  ['an hour that there is not', { cuando: '2026-12-01 24:00' }, 'cuando-forma', {}],
  ['a time that is over', { cuando: '2026-11-23 12:00' }, 'cuando-paso', {}],
  ['the night', { cuando: '2026-11-23 21:00' }, 'silencio', { desde: '21', hasta: '8' }],
  ['early morning', { cuando: '2026-11-24 7:59' }, 'silencio', { desde: '21', hasta: '8' }],
  ['no time for the end', { vence: '10:00' }, 'vence-forma', {}],
  ['an end before now', { vence: '2026-11-23 12:00' }, 'vence-antes', {}],
  ['an end at its start', { cuando: '2026-11-24 10:00', vence: '2026-11-24 10:00' }, 'vence-antes', {}],
  ['a late end', { cuando: '2026-11-24 10:00', vence: '2026-12-01 10:01' }, 'vence-tarde', { dias: '7' }],
]
test.each(faults)('%s is refused by its field and why', (_, draft, reason, values) => {
  expect(refusal(() => write(draft))).toEqual([reason, values])
})

test('times are those of Mexico City, up to the last minute that is allowed', () => {
  const { cuando, vence } = write({ cuando: '2026-11-24 8:00', vence: '2026-12-01 08:00' })
  expect(cuando).toEqual(new Date('2026-11-24T08:00:00-06:00'))
  expect(vence).toEqual(new Date('2026-12-01T08:00:00-06:00'))
  expect(write({ cuando: '2026-11-23 20:59' }).cuando).toEqual(new Date('2026-11-23T20:59:00-06:00'))
  expect(write({ cuando: null }, { ...emptyDraft, cuando: noon }).cuando).toBeNull()
})

test('an end that fits no more goes when only the start is changed', () => {
  const before = write({ cuando: '2026-11-24 10:00', vence: '2026-11-25 10:00' })
  expect(write({ cuando: '2026-11-24 11:00' }, before).vence).toEqual(before.vence)
  expect(write({ cuando: '2026-11-26 10:00' }, before).vence).toBeNull()
  expect(refusal(() => write({ texto: 'Otro' }, before))).toBeUndefined()
})

test.each([
  [{ asunto: 'x' }, 'asunto'],
  [{ audiencia: { tema: 'otro' } }, 'audiencia.tema'],
  [{ audiencia: { tema: 'escuela', vistoDias: 0 } }, 'audiencia.vistoDias'],
  [{ audiencia: { tema: 'escuela', sinDifusion: 'todas' } }, 'audiencia.sinDifusion'],
  [{ audiencia: { tema: 'escuela', edad: 'menor' } }, 'audiencia.edad'],
  [{ boton: { does: 'url', id: 'x' } }, 'boton.does'],
  [{ texto: 3 }, 'texto'],
  ['hola', ''],
])('%j is told by the field that has another form', (draft, campo) => {
  expect(refusal(() => readDraft(draft))).toEqual(['forma', { campo }])
})

describe('on its way out', () => {
  test('it gets a start, now, and an end two days later, where none are said', () => {
    expect(checkWhole(content, whole, noon)).toEqual({ cuando: noon, vence: hours(48) })
    const later = { ...whole, cuando: hours(24) }
    expect(checkWhole(content, later, noon)).toEqual({ cuando: hours(24), vence: hours(72) })
    const said = { ...later, vence: hours(30) }
    expect(checkWhole(content, said, noon)).toEqual({ cuando: hours(24), vence: hours(30) })
  })

  test.each<readonly [string, Written, Date, string]>([
    ['nothing to say', emptyDraft, noon, 'texto-falta'],
    ['at night', whole, hours(10), 'silencio'],
    ['its hour over', { ...whole, cuando: hours(1) }, hours(2), 'cuando-paso'],
    ['its end over', { ...whole, vence: hours(1) }, hours(2), 'vence-antes'],
    ['a step gone', { ...whole, boton: { does: 'paso', id: 'ido' } }, noon, 'boton-paso'],
    [
      'a school gone',
      { ...whole, audiencia: { tema: 'escuela', plantel: ['ida'] } },
      noon,
      'audiencia-plantel',
    ],
  ])('it is refused with %s', (_, draft, now, reason) => {
    expect(refusal(() => checkWhole(content, draft, now))?.[0]).toBe(reason)
  })
})

test('whatever is typed is kept or refused, in little time, and what is kept is good on its way out', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom(
      'https://',
      'http://',
      'www.',
      'ipn.mx',
      '.',
      '/',
      '@',
      ':',
      '5512345678',
      ' ',
      '\n',
      '\0',
    ),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      let texto = ''
      const started = performance.now()
      if (refusal(() => ({ texto } = write({ texto: pieces.join('') }))) === undefined) {
        expect(refusal(() => checkWhole(content, { ...emptyDraft, texto }, noon))).toBeUndefined()
        expect(/http:\/\/\S|www\.\S/i.test(texto.replace(/https:\/\/\S+/gi, ''))).toBe(false)
      }
      expect(performance.now() - started).toBeLessThan(1000)
    }),
    { seed, numRuns: 300 },
  )
})
