/** The calendar against a count made day by day, with the hours of Mexico City worked out by hand. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cedula,
  type Day,
  dayOf,
  formatDay,
  formatMonth,
  isQuiet,
  momentOf,
  type Run,
  ventana,
} from '../src/calendar.ts'
import type { Plantel } from '../src/content/schema.ts'

const seed = Date.now() % 2 ** 31
console.info(`calendar: fast-check seed ${seed}`)

type Calendario = Pick<Plantel, 'inscripcion' | 'inhabiles'>
const none: Calendario = { inscripcion: [], inhabiles: [] }
const dicho = { quien: 'Servicios Escolares', cuando: '2026-11-22' }
const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
const at = (text: string) => new Date(text)

/** Days since 1970, in the other direction. */
const nameOf = (day: number): Day => new Date(day * dayMs).toISOString().slice(0, 10)
const numberOf = (day: Day) => Date.parse(day) / dayMs

/** Until 2022 the clocks went forward on the first Sunday of April and back on the last of October, at 2:00. */
function localDay(moment: number): number {
  const year = new Date(moment - 6 * hourMs).getUTCFullYear()
  const sunday = (month: number, from: number) => {
    const first = new Date(Date.UTC(year, month, from))
    return Date.UTC(year, month, from + ((7 - first.getUTCDay()) % 7))
  }
  const summer = year <= 2022 && moment >= sunday(3, 1) + 8 * hourMs && moment < sunday(9, 25) + 7 * hourMs
  return Math.floor((moment - (summer ? 5 : 6) * hourMs) / dayMs)
}

const firstDay = numberOf('2008-01-01')
const lastDay = numberOf('2034-12-31')

/** Every day of 27 years, open or not. */
function countDays({ inscripcion }: Calendario): boolean[] {
  const open: boolean[] = []
  for (let day = firstDay; day <= lastDay; day++) open.push(new Date(day * dayMs).getUTCDate() < 6)
  const mark = ({ desde, hasta }: Run, value: boolean) => {
    for (let day = numberOf(desde); day <= numberOf(hasta); day++) open[day - firstDay] = value
  }
  for (const { proceso } of inscripcion) mark(proceso, false)
  for (const { recepcion } of inscripcion) for (const range of recepcion) mark(range, true)
  return open
}

/** All windows, by walking through the days once. */
function runsOf(open: readonly boolean[]): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = []
  open.forEach((is, i) => {
    const day = firstDay + i
    const last = runs.at(-1)
    if (is && last?.to === day - 1) last.to = day
    else if (is) runs.push({ from: day, to: day })
  })
  return runs
}

function expectSame(moment: number, plantel: Calendario, runs: ReturnType<typeof runsOf>): void {
  const day = localDay(moment)
  const i = runs.findIndex(run => run.to >= day)
  const [run, next] = [runs[i], runs[i + 1]]
  if (!run || !next) throw new Error('the count ends too early')
  const abierta = run.from <= day
  const got = ventana(new Date(moment), plantel)
  const overlapping = plantel.inhabiles.filter(
    off => !(numberOf(off.hasta) < run.from || numberOf(off.desde) > run.to),
  )
  const counted = {
    abierta,
    ultimoDia: abierta && run.to === day,
    hoy: nameOf(day),
    desde: nameOf(run.from),
    hasta: nameOf(run.to),
    siguiente: { desde: nameOf(next.from), hasta: nameOf(next.to) },
    inhabiles: overlapping,
    ...(got.diaInhabilHoy && { diaInhabilHoy: got.diaInhabilHoy }),
  }
  // Of tens of thousands, only a fault is worth what `expect` takes to tell it.
  if (!isDeepStrictEqual(got, counted)) expect(got).toEqual(counted)
  const offToday = plantel.inhabiles.some(off => numberOf(off.desde) <= day && day <= numberOf(off.hasta))
  if ((got.diaInhabilHoy !== undefined) !== offToday) expect(got.diaInhabilHoy).toBe(offToday)
}

describe('the window of the NSS cards', () => {
  // FULL=1: of 2010 to 2030. The short form still has years with a summer hour and years without.
  const [from, to] = process.env.FULL ? [2010, 2030] : [2021, 2025]

  test(`is the one counted by hand at every local midnight of ${from} to ${to}, a minute and an instant before and after`, () => {
    const runs = runsOf(countDays(none))
    for (let day = numberOf(`${from}-01-01`); day <= numberOf(`${to}-12-31`); day++) {
      // Noon of UTC is the same day in Mexico; from there back to its midnight.
      const summer = localDay(day * dayMs + 5 * hourMs) === day
      const midnight = day * dayMs + (summer ? 5 : 6) * hourMs
      for (const offset of [-60_000, -1, 0, 1, 60_000]) expectSame(midnight + offset, none, runs)
    }
  })

  test('is the one counted by hand for any calendar of a plantel at any moment', () => {
    const range = (longest: number) =>
      fc
        .tuple(fc.integer({ min: numberOf('2010-01-01'), max: numberOf('2030-12-01') }), fc.nat(longest))
        .map(([from, length]) => ({ desde: nameOf(from), hasta: nameOf(from + length) }))
    const enrolment = fc
      .tuple(range(70), fc.array(fc.tuple(fc.nat(70), fc.nat(70)), { minLength: 1, maxLength: 4 }))
      .map(([proceso, pairs]) => {
        const length = numberOf(proceso.hasta) - numberOf(proceso.desde) + 1
        const recepcion = pairs.map(([a, b]) => {
          const [from, to] = [a % length, b % length].sort((one, other) => one - other) as [number, number]
          const start = numberOf(proceso.desde)
          return { desde: nameOf(start + from), hasta: nameOf(start + to) }
        })
        return { proceso, recepcion, ...dicho }
      })
    const calendario = fc.record({
      inscripcion: fc.array(enrolment, { maxLength: 12 }),
      inhabiles: fc.array(
        range(20).map(days => ({ ...days, motivo: 'vacaciones', ...dicho })),
        { maxLength: 12 },
      ),
    })
    const moments = fc.array(fc.integer({ min: Date.parse('2010-01-01'), max: Date.parse('2031-01-01') }), {
      minLength: 20,
      maxLength: 20,
    })
    fc.assert(
      fc.property(calendario, moments, (plantel, when) => {
        const runs = runsOf(countDays(plantel))
        const edges = plantel.inscripcion.flatMap(({ proceso, recepcion }) =>
          [proceso, ...recepcion].flatMap(({ desde, hasta }) => [
            (numberOf(desde) + 0.25) * dayMs,
            (numberOf(hasta) + 0.25) * dayMs,
            (numberOf(hasta) + 1.25) * dayMs - 1,
          ]),
        )
        for (const moment of [...when, ...edges]) expectSame(moment, plantel, runs)
      }),
      { seed, numRuns: 150 },
    )
  })

  test('ends at local midnight of day 5', () => {
    const before = ventana(at('2026-09-05T23:59:59-06:00'), none)
    const after = ventana(at('2026-09-06T00:00:00-06:00'), none)
    expect(before).toMatchObject({ abierta: true, ultimoDia: true, desde: '2026-09-01', hasta: '2026-09-05' })
    expect(after).toMatchObject({
      abierta: false,
      ultimoDia: false,
      desde: '2026-10-01',
      hasta: '2026-10-05',
    })
  })

  test('keeps the summer hour of the years that had one', () => {
    expect(dayOf(at('2022-07-06T04:59:59Z'))).toBe('2022-07-05')
    expect(dayOf(at('2022-07-06T05:00:00Z'))).toBe('2022-07-06')
    expect(dayOf(at('2023-07-06T05:59:59Z'))).toBe('2023-07-05')
  })

  test('goes by the dates of an enrolment while it lasts, and joins them to days 1 to 5 where they touch', () => {
    const plantel = {
      inscripcion: [
        {
          proceso: { desde: '2026-08-03', hasta: '2026-08-31' },
          recepcion: [{ desde: '2026-08-28', hasta: '2026-08-31' }],
          ...dicho,
        },
      ],
      inhabiles: [{ desde: '2026-09-02', hasta: '2026-09-02', motivo: 'asueto', ...dicho }],
    }
    expect(ventana(at('2026-08-04T12:00:00-06:00'), plantel)).toMatchObject({
      abierta: false,
      desde: '2026-08-28',
      hasta: '2026-09-05',
      siguiente: { desde: '2026-10-01', hasta: '2026-10-05' },
    })
    const off = ventana(at('2026-09-02T12:00:00-06:00'), plantel)
    expect(off).toMatchObject({ abierta: true, diaInhabilHoy: { motivo: 'asueto' } })
    expect(off.inhabiles).toHaveLength(1)
    expect(ventana(at('2026-08-02T12:00:00-06:00'), plantel)).toMatchObject({
      abierta: true,
      ultimoDia: true,
    })
  })
})

describe('the months of the cédula', () => {
  test.each([
    ['medio-superior', undefined, '2026-08-31T23:59:59-06:00', true, '2026-08', '2027-08'],
    ['medio-superior', true, '2026-02-10T12:00:00-06:00', false, '2026-08', '2027-08'],
    ['superior', false, '2026-09-01T00:00:00-06:00', false, '2027-08', '2028-08'],
    ['superior', true, '2026-09-01T00:00:00-06:00', false, '2027-02', '2027-08'],
    ['superior', true, '2027-02-28T23:59:59-06:00', true, '2027-02', '2027-08'],
    ['superior', undefined, '2026-12-31T23:59:59-06:00', false, '2027-08', '2028-08'],
  ] as const)('for %s with two intakes %s at %s', (nivel, twice, moment, abierta, mes, siguiente) => {
    expect(cedula(at(moment), nivel, twice)).toMatchObject({ abierta, mes, siguiente })
  })

  test('tell what holds with two intakes only where nobody has said whether there are', () => {
    expect(cedula(at('2027-02-10T12:00:00-06:00'), 'superior', undefined)?.siDosIngresos).toEqual({
      abierta: true,
      mes: '2027-02',
    })
    expect(cedula(at('2027-02-10T12:00:00-06:00'), 'superior', false)).not.toHaveProperty('siDosIngresos')
    expect(cedula(at('2027-02-10T12:00:00-06:00'), 'medio-superior', undefined)).not.toHaveProperty(
      'siDosIngresos',
    )
  })

  test('are not known for posgrado', () => {
    expect(cedula(at('2026-08-10T12:00:00-06:00'), 'posgrado', undefined)).toBeUndefined()
  })
})

describe('a day', () => {
  test('is said as people say it, with the year only where it is another', () => {
    expect(formatDay('2025-09-05', '2025-01-01')).toBe('viernes 5 de septiembre')
    expect(formatDay('2025-09-05', '2026-01-01')).toBe('viernes 5 de septiembre de 2025')
    expect(formatDay('2028-02-29', '2028-02-29')).toBe('martes 29 de febrero')
    expect(formatMonth('2027-08', '2026-12-31')).toBe('agosto de 2027')
    expect(formatMonth('2027-08', '2027-01-01')).toBe('agosto')
  })
})

describe('hours', () => {
  test('a moment by what clocks there show', () => {
    expect(momentOf('2026-12-31', 22, 30)).toEqual(at('2027-01-01T04:30:00Z'))
    expect(momentOf('2022-07-01', 10)).toEqual(at('2022-07-01T15:00:00Z'))
  })

  test.each([
    ['2026-11-23T20:59:59-06:00', false],
    ['2026-11-23T21:00:00-06:00', true],
    ['2026-11-24T00:00:00-06:00', true],
    ['2026-11-24T07:59:59-06:00', true],
    ['2026-11-24T08:00:00-06:00', false],
  ])('at %s nothing may be said unasked: %s', (moment, quiet) => {
    expect(isQuiet(at(moment), { desde: 21, hasta: 8 })).toBe(quiet)
  })
})
