/** What is due when: each rule as a sentence, and the clock run through two years beside a count made day by day. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Perfil } from '../../flows/shape.ts'
import { isOpen, type Run } from '../../src/calendar.ts'
import type { Content, PlantelConId } from '../../src/content/load.ts'
import { type Due, dueBy, nextDue, type Reminder } from '../../src/conversation/reminders.ts'
import { content as loaded } from '../guide.ts'

const seed = 20261122
// With 2,000 in one piece vitest never reported back.
const lives = process.env.FULL === '1' ? 500 : 90

const dicho = { quien: 'Servicios Escolares', cuando: '2026-11-22' }
const avisos = { ...loaded.avisos, hora: 10, silencio: { desde: 21, hasta: 8 } }
const content: Content = { ...loaded, avisos }

type Known = { readonly perfil: Perfil; readonly hechos: Readonly<Record<string, string>> }
type Inscripcion = PlantelConId['inscripcion']

/** Second semester in superior, at a plantel of which nothing is known: of windows only the NSS card's. */
const later: Perfil = {
  nivel: 'superior',
  semestre: 'posterior',
  edad: 'adulto',
  otroServicio: 'no',
  plantel: 'escom',
}
const first: Perfil = { ...later, semestre: 'primero' }
const person = (perfil: Perfil, hechos: Known['hechos'] = {}): Known => ({ perfil, hechos })
/** All windows are behind them, so that nothing but the rest is due. */
const delivered = { 'entregar-nss': '2026-11-05', 'entregar-cedula': '2026-08-05' }

/** A moment as clocks in Mexico City show it, six hours behind since October 2022. */
const at = (local: string) => new Date(`${local.replace(' ', 'T')}:00-06:00`)
const shown = (moment: Date) =>
  new Date(moment.getTime() - 6 * 60 * 60 * 1000).toISOString().slice(0, 16).replace('T', ' ')

const nameOf = (it: Reminder) =>
  it.kind === 'vigencia'
    ? `vigencia ${it.semanas}`
    : it.kind === 'clinica'
      ? it.kind
      : `${it.kind} ${it.paso} ${it.run.desde}/${it.run.hasta}`
const names = (due: Due | undefined) => due?.reminders.map(nameOf) ?? []

/** Everything from one moment to another, each line with when it is due and until when it is of use. */
function ahead(known: Known, from: string, to: string, of: Content = content): string[] {
  const lines: string[] = []
  let last = at(from)
  for (let due = nextDue(of, known, last); due && due.at <= at(to); due = nextDue(of, known, last)) {
    if (due.at <= last) throw new Error(`${names(due)} at ${shown(due.at)} is due again`)
    lines.push(`${shown(due.at)} ${names(due).join(' + ')} until ${shown(due.until)}`)
    last = due.at
  }
  return lines
}

/** The content with one plantel more, `mio`. */
function withPlantel(inscripcion: Inscripcion, own: Partial<PlantelConId> = {}): Content {
  const mio = { ...content.plantel(), id: 'mio', inscripcion, ...own }
  return { ...content, plantel: id => (id === 'mio' ? mio : content.plantel(id)) }
}

const enrolment = (proceso: Run, ...recepcion: Run[]): Inscripcion[number] => ({
  proceso,
  recepcion,
  ...dicho,
})
const days = (desde: string, hasta = desde): Run => ({ desde, hasta })

describe('the card of the NSS', () => {
  test('is told three days before, on the first and on the last day, each of use until the next', () => {
    expect(ahead(person(later), '2026-11-22 10:00', '2026-12-27 10:00')).toEqual([
      '2026-11-28 10:00 antes entregar-nss 2026-12-01/2026-12-05 until 2026-12-01 10:00',
      '2026-12-01 10:00 primero entregar-nss 2026-12-01/2026-12-05 until 2026-12-05 10:00',
      '2026-12-05 10:00 ultimo entregar-nss 2026-12-01/2026-12-05 until 2026-12-05 21:00',
    ])
  })

  test('is told across the end of the year', () => {
    expect(ahead(person(later), '2026-12-27 10:00', '2027-01-05 09:59')).toEqual([
      '2026-12-29 10:00 antes entregar-nss 2027-01-01/2027-01-05 until 2027-01-01 10:00',
      '2027-01-01 10:00 primero entregar-nss 2027-01-01/2027-01-05 until 2027-01-05 10:00',
    ])
  })

  test('is told three days before a month, however long the one before is', () => {
    const noticeIn = (from: string, to: string) =>
      ahead(person(later), from, to).map(line => line.slice(0, 22))
    expect(noticeIn('2027-02-06 00:00', '2027-02-28 23:00')).toEqual(['2027-02-26 10:00 antes'])
    expect(noticeIn('2028-02-06 00:00', '2028-02-29 23:00')).toEqual(['2028-02-27 10:00 antes'])
    expect(noticeIn('2027-04-06 00:00', '2027-04-30 23:00')).toEqual(['2027-04-28 10:00 antes'])
    expect(noticeIn('2027-07-06 00:00', '2027-07-31 23:00')).toEqual(['2027-07-29 10:00 antes'])
  })

  test('is told by the enrolment of the plantel, not on days 1 to 5 while it lasts', () => {
    const known = person({ ...later, plantel: 'ejemplo-superior' })
    expect(ahead(known, '2027-01-06 00:00', '2027-02-10 00:00')).toEqual([
      '2027-01-24 10:00 antes entregar-nss 2027-01-27/2027-01-29 until 2027-01-27 10:00',
      '2027-01-27 10:00 primero entregar-nss 2027-01-27/2027-01-29 until 2027-01-29 10:00',
      '2027-01-29 10:00 ultimo entregar-nss 2027-01-27/2027-01-29 until 2027-01-29 21:00',
      '2027-01-31 10:00 antes entregar-nss 2027-02-03/2027-02-05 until 2027-02-03 10:00',
      '2027-02-03 10:00 primero entregar-nss 2027-02-03/2027-02-05 until 2027-02-05 10:00',
      '2027-02-05 10:00 ultimo entregar-nss 2027-02-03/2027-02-05 until 2027-02-05 21:00',
    ])
  })

  test('has no first day where the window has but one', () => {
    const of = withPlantel([enrolment(days('2027-03-01', '2027-03-31'), days('2027-03-15'))])
    expect(ahead(person({ ...later, plantel: 'mio' }), '2027-02-06 00:00', '2027-03-28 00:00', of)).toEqual([
      '2027-03-12 10:00 antes entregar-nss 2027-03-15/2027-03-15 until 2027-03-15 10:00',
      '2027-03-15 10:00 ultimo entregar-nss 2027-03-15/2027-03-15 until 2027-03-15 21:00',
    ])
  })

  test('is one window where an enrolment touches days 1 to 5', () => {
    const of = withPlantel([enrolment(days('2027-03-15', '2027-03-31'), days('2027-03-30', '2027-03-31'))])
    const known = person({ ...later, plantel: 'mio' })
    expect(ahead(known, '2027-03-06 00:00', '2027-04-20 00:00', of).map(line => line.slice(0, 24))).toEqual([
      '2027-03-27 10:00 antes e',
      '2027-03-30 10:00 primero',
      '2027-04-05 10:00 ultimo ',
    ])
  })

  test('is told in one message where one window closes three days before the next opens', () => {
    const of = withPlantel([
      enrolment(days('2027-03-06', '2027-03-31'), days('2027-03-10', '2027-03-12'), days('2027-03-15')),
    ])
    const known = person({ ...later, plantel: 'mio' })
    expect(ahead(known, '2027-03-10 10:00', '2027-03-16 00:00', of)).toEqual([
      '2027-03-12 10:00 ultimo entregar-nss 2027-03-10/2027-03-12 + antes entregar-nss 2027-03-15/2027-03-15 until 2027-03-12 21:00',
      '2027-03-15 10:00 ultimo entregar-nss 2027-03-15/2027-03-15 until 2027-03-15 21:00',
    ])
  })

  test('that is handed in every other day is told of each, and of two about to open only the first', () => {
    const each = ['2027-03-15', '2027-03-17', '2027-03-19'].map(day => days(day))
    const of = withPlantel([enrolment(days('2027-03-06', '2027-03-31'), ...each)])
    const known = person({ ...later, plantel: 'mio' })
    expect(ahead(known, '2027-03-06 00:00', '2027-03-20 00:00', of).map(line => line.slice(0, 46))).toEqual([
      '2027-03-12 10:00 antes entregar-nss 2027-03-15',
      '2027-03-14 10:00 antes entregar-nss 2027-03-17',
      '2027-03-15 10:00 ultimo entregar-nss 2027-03-1',
      '2027-03-16 10:00 antes entregar-nss 2027-03-19',
      '2027-03-17 10:00 ultimo entregar-nss 2027-03-1',
      '2027-03-19 10:00 ultimo entregar-nss 2027-03-1',
    ])
    expect(names(dueBy(of, known, at('2027-03-11 00:00'), at('2027-03-14 12:00')))).toEqual([
      'antes entregar-nss 2027-03-15/2027-03-15',
    ])
  })

  test('is not told once handed in, nor to who does not hand it in, nor to who has not said', () => {
    const until = '2028-11-22 10:00'
    const nothing = { otroServicio: 'si' } as const
    const { otroServicio: _, ...unsaid } = later
    for (const known of [
      person(later, { 'entregar-nss': '2026-11-05' }),
      person({ ...later, ...nothing }),
      person(unsaid),
      person({ ...later, tramite: 'renuncia' }),
      person({ ...later, tramite: 'cambio' }),
      person({}),
    ])
      expect(ahead(known, '2026-11-22 10:00', until)).toEqual([])
  })
})

describe('the cédula PREVENIMSS', () => {
  const card = { 'entregar-nss': '2026-07-05' }
  const dueFor = (perfil: Perfil, from: string, to: string) => ahead(person(perfil, card), from, to)

  test('is told by its month, from the first to the last day', () => {
    expect(dueFor(first, '2026-07-06 00:00', '2027-07-28 00:00')).toEqual([
      '2026-07-29 10:00 antes entregar-cedula 2026-08-01/2026-08-31 until 2026-08-01 10:00',
      '2026-08-01 10:00 primero entregar-cedula 2026-08-01/2026-08-31 until 2026-08-31 10:00',
      '2026-08-31 10:00 ultimo entregar-cedula 2026-08-01/2026-08-31 until 2026-08-31 21:00',
    ])
  })

  test('is told in February only where the plantel is known to begin twice a year, and in superior only', () => {
    const there = { ...first, plantel: 'ejemplo-superior' }
    expect(dueFor(there, '2027-01-06 00:00', '2027-07-01 00:00')).toEqual([
      '2027-01-29 10:00 antes entregar-cedula 2027-02-01/2027-02-28 until 2027-02-01 10:00',
      '2027-02-01 10:00 primero entregar-cedula 2027-02-01/2027-02-28 until 2027-02-28 10:00',
      '2027-02-28 10:00 ultimo entregar-cedula 2027-02-01/2027-02-28 until 2027-02-28 21:00',
    ])
    expect(dueFor(there, '2028-02-02 00:00', '2028-07-01 00:00')).toEqual([
      '2028-02-29 10:00 ultimo entregar-cedula 2028-02-01/2028-02-29 until 2028-02-29 21:00',
    ])
    for (const perfil of [first, { ...there, nivel: 'medio-superior' as const }])
      expect(dueFor(perfil, '2027-01-06 00:00', '2027-07-28 00:00')).toEqual([])
  })

  test('is not told in posgrado, where no month is known, nor while the level is not', () => {
    const { nivel: _, ...unsaid } = first
    expect(dueFor({ ...first, nivel: 'posgrado' }, '2026-07-06 00:00', '2028-07-06 00:00')).toEqual([])
    expect(dueFor(unsaid, '2026-07-06 00:00', '2028-07-06 00:00')).toEqual([])
  })

  test('is told in one message with the card, which ends with what ends first', () => {
    expect(ahead(person(first), '2026-07-06 00:00', '2026-08-05 10:00')).toEqual([
      '2026-07-29 10:00 antes entregar-nss 2026-08-01/2026-08-05 + antes entregar-cedula 2026-08-01/2026-08-31 until 2026-08-01 10:00',
      '2026-08-01 10:00 primero entregar-nss 2026-08-01/2026-08-05 + primero entregar-cedula 2026-08-01/2026-08-31 until 2026-08-05 10:00',
      '2026-08-05 10:00 ultimo entregar-nss 2026-08-01/2026-08-05 until 2026-08-05 21:00',
    ])
  })
})

describe('the vigencia', () => {
  const dueAfter = (hechos: Known['hechos'], perfil = later) =>
    ahead(person(perfil, { ...delivered, ...hechos }), '2026-11-01 00:00', '2028-11-01 00:00')
  const weeks = [
    '2026-11-17 10:00 vigencia 1 until 2026-12-01 10:00',
    '2026-12-01 10:00 vigencia 3 until 2026-12-15 10:00',
  ]

  test('is told one week and three weeks after the registration was saved', () => {
    expect(dueAfter({ sismi: '2026-11-03', guardar: '2026-11-10' })).toEqual(weeks)
    expect(dueAfter({ guardar: '2026-11-10' })).toEqual(weeks)
  })

  test('is told after the registration alone where nothing is known of its saving', () => {
    expect(dueAfter({ sismi: '2026-11-10' })).toEqual(weeks)
    expect(dueAfter({ sismi: '2026-11-10', guardar: '2026-11-03' })).toEqual(weeks)
  })

  test('is not told without a registration, nor once looked at, nor to who has no need of it', () => {
    expect(dueAfter({ nss: '2026-11-10' })).toEqual([])
    expect(dueAfter({ guardar: '2026-11-10', vigencia: '2026-11-10', clinica: '2026-11-10' })).toEqual([])
    expect(dueAfter({ guardar: '2026-11-10' }, { ...later, otroServicio: 'si' })).toEqual([])
    expect(dueAfter({ guardar: '2026-11-10' }, { ...later, tramite: 'renuncia' })).toEqual([])
  })

  test('is told where a day that was stored is none: not at all', () => {
    expect(dueAfter({ sismi: 'ayer', guardar: '2026-13-45' })).toEqual([])
  })
})

describe('the clinic', () => {
  const dueAfter = (hechos: Known['hechos'], perfil = later) =>
    ahead(person(perfil, { ...delivered, ...hechos }), '2026-11-01 00:00', '2028-11-01 00:00')

  test('is told the day after the vigencia, across the end of a month', () => {
    expect(dueAfter({ guardar: '2026-11-01', vigencia: '2026-11-30' })).toEqual([
      '2026-12-01 10:00 clinica until 2026-12-15 10:00',
    ])
  })

  test('is not told once gone to, nor to who has another service', () => {
    expect(dueAfter({ vigencia: '2026-11-30', clinica: '2026-11-30' })).toEqual([])
    expect(dueAfter({ vigencia: '2026-11-30' }, { ...later, otroServicio: 'si' })).toEqual([])
    expect(dueAfter({ vigencia: '' })).toEqual([])
  })
})

describe('a moment', () => {
  test('that is the very one of a reminder is over; an instant before, it is still to come', () => {
    const next = (moment: string) =>
      shown(nextDue(content, person(later), new Date(moment))?.at ?? new Date(0))
    expect(next('2026-11-28T09:59:59.999-06:00')).toBe('2026-11-28 10:00')
    expect(next('2026-11-28T10:00:00.000-06:00')).toBe('2026-12-01 10:00')
    const by = (from: string, now: string) =>
      names(dueBy(content, person(later), new Date(from), new Date(now)))
    expect(by('2026-11-28T09:59:59.999-06:00', '2026-11-28T09:59:59.999-06:00')).toEqual([])
    expect(by('2026-11-28T09:59:59.999-06:00', '2026-11-28T10:00:00-06:00')).toHaveLength(1)
    expect(by('2026-11-28T10:00:00-06:00', '2026-11-28T23:00:00-06:00')).toEqual([])
  })

  test('is that of the hour in avisos.yaml, and the last day ends at midnight where its evening is not quiet', () => {
    const of = { ...content, avisos: { ...avisos, hora: 17, silencio: { desde: 1, hasta: 7 } } }
    expect(ahead(person(later), '2026-12-01 17:00', '2026-12-06 00:00', of)).toEqual([
      '2026-12-05 17:00 ultimo entregar-nss 2026-12-01/2026-12-05 until 2026-12-06 00:00',
    ])
  })
})

describe('whoever was down', () => {
  const by = (from: string, now: string, known = person(later)) =>
    names(dueBy(content, known, at(from), at(now)))
  const november = '2026-11-22 10:00'

  test('on the first day says it on the third, and the notice before it no more', () => {
    expect(by(november, '2026-12-01 09:00')).toEqual(['antes entregar-nss 2026-12-01/2026-12-05'])
    expect(by(november, '2026-12-03 12:00')).toEqual(['primero entregar-nss 2026-12-01/2026-12-05'])
  })

  test('on the last day says that it is the last until its evening, and nothing from then on', () => {
    expect(by(november, '2026-12-05 10:00')).toEqual(['ultimo entregar-nss 2026-12-01/2026-12-05'])
    expect(by(november, '2026-12-05 20:59')).toEqual(['ultimo entregar-nss 2026-12-01/2026-12-05'])
    expect(by(november, '2026-12-05 21:00')).toEqual([])
    expect(by(november, '2026-12-06 10:00')).toEqual([])
  })

  test('for months says only what is of use today', () => {
    expect(by('2026-01-01 00:00', '2026-12-03 12:00')).toEqual(['primero entregar-nss 2026-12-01/2026-12-05'])
    expect(by('2026-01-01 00:00', '2026-12-12 12:00')).toEqual([])
  })

  test('says of the vigencia the third week where the first has passed, for two weeks', () => {
    const known = person(later, { ...delivered, guardar: '2026-11-10' })
    expect(by(november.replace('22', '11'), '2026-12-01 09:59', known)).toEqual(['vigencia 1'])
    expect(by(november.replace('22', '11'), '2026-12-15 09:59', known)).toEqual(['vigencia 3'])
    expect(by(november.replace('22', '11'), '2026-12-15 10:00', known)).toEqual([])
  })

  test('says of the clinic for two weeks', () => {
    const known = person(later, { ...delivered, vigencia: '2026-11-10' })
    expect(by('2026-11-10 12:00', '2026-11-25 09:59', known)).toEqual(['clinica'])
    expect(by('2026-11-10 12:00', '2026-11-25 10:00', known)).toEqual([])
  })

  test('says all that is still of use in one message, which ends with what ends first', () => {
    const known = person(first, { guardar: '2026-07-26' })
    const due = dueBy(content, known, at('2026-07-27 10:00'), at('2026-08-03 12:00'))
    expect(names(due)).toEqual([
      'primero entregar-nss 2026-08-01/2026-08-05',
      'primero entregar-cedula 2026-08-01/2026-08-31',
      'vigencia 1',
    ])
    expect(due && [shown(due.at), shown(due.until)]).toEqual(['2026-08-02 10:00', '2026-08-05 10:00'])
  })

  test('says nothing of a step that was done meanwhile', () => {
    expect(by(november, '2026-12-03 12:00', person(later, { 'entregar-nss': '2026-12-02' }))).toEqual([])
  })
})

describe('the clock through two years', () => {
  // Whole hours since 1970 as clocks in Mexico City count them.
  type Hour = number
  const hourMs = 60 * 60 * 1000
  const dateOf = (hour: Hour) => new Date((hour + 6) * hourMs)
  const hourOf = (moment: Date) => moment.getTime() / hourMs - 6
  const dayName = (day: number) => new Date(day * 24 * hourMs).toISOString().slice(0, 10)
  const dayNumber = (name: string) => Date.parse(name) / (24 * hourMs)
  const start = dayNumber('2026-11-22') * 24
  const end = start + 731 * 24

  type Change =
    | { readonly hour: Hour; readonly toggles: string }
    | { readonly hour: Hour; readonly learns: Perfil }

  interface Life {
    readonly planteles: Readonly<Record<string, PlantelConId>>
    readonly perfil: Perfil
    readonly changes: readonly Change[]
    /** When the program was down: from and for how many hours. */
    readonly outages: readonly (readonly [Hour, number])[]
  }

  /** What chance makes a life of. */
  type Lot = Omit<Life, 'planteles'> & { readonly inscripcion: Inscripcion; readonly twice: boolean }

  /** What was said, when, and of whom it was known then. */
  interface Said {
    readonly hour: Hour
    readonly until: Hour
    readonly names: readonly string[]
    readonly known: Known
  }

  // ---- the count, day by day ----

  interface Expected {
    readonly name: string
    readonly kind: string
    readonly until: Hour
  }

  /** Which days are open, looked up once for each plantel. */
  const lookedUp = new WeakMap<PlantelConId, (day: number) => boolean>()
  function openDays(plantel: PlantelConId): (day: number) => boolean {
    const from = start / 24 - 60
    const open = Array.from({ length: 900 }, (_, i) => isOpen(dayName(from + i), plantel))
    return day => open[day - from] as boolean
  }
  function openAt(plantel: PlantelConId): (day: number) => boolean {
    const open = lookedUp.get(plantel) ?? openDays(plantel)
    lookedUp.set(plantel, open)
    return open
  }

  function aroundRun(paso: string, open: (day: number) => boolean, day: number): Expected[] {
    const told = (kind: string, begins: number, until: Hour) => {
      let ends = begins
      while (open(ends + 1)) ends++
      let opened = begins
      while (open(opened - 1)) opened--
      const name = `${kind} ${paso} ${dayName(opened)}/${dayName(ends)}`
      return { name, kind: `${kind} ${paso}`, until: until || ends * 24 + 10 }
    }
    if (!open(day))
      return open(day + 3) && !open(day + 2) ? [told('antes', day + 3, (day + 3) * 24 + 10)] : []
    const next = open(day + 3) && !open(day + 2) ? [told('antes', day + 3, (day + 3) * 24 + 10)] : []
    if (!open(day + 1)) return [told('ultimo', day, day * 24 + 21), ...next]
    return open(day - 1) ? next : [told('primero', day, 0), ...next]
  }

  /** All that falls due on a day for somebody of whom this is known. */
  function expectedOn(day: number, { perfil, hechos }: Known, { planteles }: Life): Expected[] {
    const plantel = planteles[perfil.plantel ?? ''] as PlantelConId
    const expected: Expected[] = []
    if ((perfil.tramite ?? 'alta') !== 'alta') return expected
    const isDue = (paso: string) => hechos[paso] === undefined
    if (perfil.otroServicio === 'no' && isDue('entregar-nss'))
      expected.push(...aroundRun('entregar-nss', openAt(plantel), day))
    if (perfil.semestre === 'primero' && isDue('entregar-cedula') && perfil.nivel) {
      const months = {
        'medio-superior': [7],
        superior: plantel.dosIngresos?.valor ? [1, 7] : [7],
        posgrado: [],
      }[perfil.nivel]
      const inMonth = (of: number) => months.includes(new Date(of * 24 * hourMs).getUTCMonth() as never)
      expected.push(...aroundRun('entregar-cedula', inMonth, day))
    }
    const since = (name: string | undefined) => (name === undefined ? Number.NaN : day - dayNumber(name))
    const registered = [hechos.sismi, hechos.guardar].filter(it => it !== undefined).map(since)
    const days = registered.length > 0 ? Math.min(...registered) : Number.NaN
    if (perfil.otroServicio === 'no' && isDue('vigencia')) {
      if (days === 7) expected.push({ name: 'vigencia 1', kind: 'vigencia 1', until: (day + 14) * 24 + 10 })
      if (days === 21) expected.push({ name: 'vigencia 3', kind: 'vigencia 3', until: (day + 14) * 24 + 10 })
    }
    if (perfil.otroServicio === 'no' && isDue('clinica') && since(hechos.vigencia) === 1)
      expected.push({ name: 'clinica', kind: 'clinica', until: (day + 14) * 24 + 10 })
    return expected
  }

  /** The changes fall between two hours: those of before an hour are known at it. */
  function* knownOf(life: Life): Generator<Known, never, Hour> {
    let { perfil } = life
    let hechos: Known['hechos'] = {}
    let i = 0
    for (let known: Known = { perfil, hechos }; ; ) {
      const hour = yield known
      for (let change = life.changes[i]; change && change.hour < hour; change = life.changes[++i]) {
        if ('learns' in change) perfil = { ...perfil, ...change.learns }
        else {
          const { [change.toggles]: done, ...rest } = hechos
          hechos = done ? rest : { ...rest, [change.toggles]: dayName(Math.floor(change.hour / 24)) }
        }
        known = { perfil, hechos }
      }
    }
  }

  const isUp = (hour: Hour, { outages }: Life) =>
    outages.every(([from, length]) => hour < from || hour >= from + length)
  const isAwake = (hour: Hour) => hour % 24 >= 8 && hour % 24 < 21

  /** Hour by hour: what has fallen due since something was said last, and is of use now. */
  function count(life: Life): Said[] {
    const said: Said[] = []
    const knownAt = knownOf(life)
    let known = knownAt.next().value
    let told = start
    let waiting: Expected[] = []
    for (let hour = start + 1; hour < end; hour++) {
      const before = known
      known = knownAt.next(hour).value
      if (known !== before) waiting = []
      // What falls due now; all of it since then, where another thing is known than before.
      const fromDay = known === before ? Math.ceil((hour - 10) / 24) : Math.ceil((told + 1 - 10) / 24)
      for (let day = fromDay; day * 24 + 10 <= hour; day++) waiting.push(...expectedOn(day, known, life))
      if (waiting.length === 0 || !isUp(hour, life) || !isAwake(hour)) continue
      const useful = waiting.filter(({ until }) => until > hour)
      const once = useful.filter(({ kind }, i) => useful.findIndex(other => other.kind === kind) === i)
      const until = Math.min(...once.map(it => it.until))
      if (once.length > 0) said.push({ hour, until, names: once.map(({ name }) => name).sort(), known })
      told = hour
      waiting = []
    }
    return said
  }

  // ---- the code, from due to due ----

  function run(life: Life): Said[] {
    const of: Content = { ...content, plantel: id => life.planteles[id ?? ''] as PlantelConId }
    const said: Said[] = []
    const knownAt = knownOf(life)
    let known = knownAt.next().value
    let told = start
    let hour = start
    const changes = life.changes.map(change => Math.ceil(change.hour))
    while (hour < end) {
      const next = nextDue(of, known, dateOf(told))
      if (next && next.at <= dateOf(told)) throw new Error(`${names(next)} is due again`)
      let wake = next ? Math.max(hourOf(next.at), hour) : end
      while (wake < end && !(isUp(wake, life) && isAwake(wake))) wake++
      const change = changes.find(at => at > hour && at <= wake)
      hour = change ?? wake
      known = knownAt.next(hour).value
      if (change !== undefined || hour >= end) continue
      const due = dueBy(of, known, dateOf(told), dateOf(hour))
      told = hour
      if (due) said.push({ hour, until: hourOf(due.until), names: due.reminders.map(nameOf).sort(), known })
    }
    return said
  }

  // ---- lives ----

  const range = (longest: number) =>
    fc
      .tuple(fc.integer({ min: start / 24 - 10, max: end / 24 }), fc.nat(longest))
      .map(([from, length]) => days(dayName(from), dayName(from + length)))
  const enrolments = fc.array(
    fc
      .tuple(range(40), fc.array(fc.tuple(fc.nat(40), fc.nat({ max: 2 })), { minLength: 1, maxLength: 5 }))
      .map(([proceso, parts]) => {
        const [from, to] = [dayNumber(proceso.desde), dayNumber(proceso.hasta)]
        const parted = parts.map(([offset, length]) => {
          const begins = from + (offset % (to - from + 1))
          return days(dayName(begins), dayName(Math.min(to, begins + length)))
        })
        return enrolment(proceso, ...parted)
      }),
    { maxLength: 8 },
  )
  const real = ['escom', 'ejemplo-superior', 'ejemplo-medio-superior']
  const some = <T>(...values: readonly T[]) => fc.constantFrom(...values)
  const perfiles: fc.Arbitrary<Perfil> = fc.record({
    nivel: some('medio-superior', 'superior', 'superior', 'posgrado'),
    semestre: some('primero', 'primero', 'posterior'),
    otroServicio: some('no', 'no', 'no', 'si'),
    tramite: some('alta', 'alta', 'alta', 'alta', 'renuncia', 'cambio'),
    plantel: some('mio', 'mio', ...real),
  } as const)
  /** Half past, so that nothing happens at the very hour. */
  const someTime = fc.integer({ min: start, max: end }).map(hour => hour + 0.5)
  const learnt = perfiles.chain(perfil =>
    fc.subarray(Object.entries(perfil), { maxLength: 2 }).map(fields => Object.fromEntries(fields) as Perfil),
  )
  const toggled = some('sismi', 'guardar', 'vigencia', 'clinica', 'entregar-nss', 'entregar-cedula')
  const changes: fc.Arbitrary<Change[]> = fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ hour: someTime, toggles: toggled }) },
        { weight: 1, arbitrary: fc.record({ hour: someTime, learns: learnt }) },
      ),
      { maxLength: 24 },
    )
    .map(all => all.sort((one, other) => one.hour - other.hour))
  const outage = fc.tuple(
    fc.integer({ min: start, max: end }),
    fc.oneof(
      fc.integer({ min: 1, max: 24 }),
      fc.integer({ min: 24, max: 24 * 6 }),
      fc.integer({ min: 1, max: 24 * 40 }),
    ),
  )
  const livesWith = (outages: fc.Arbitrary<[Hour, number][]>) =>
    fc.record({ inscripcion: enrolments, twice: fc.boolean(), perfil: perfiles, changes, outages })
  const realOnes = Object.fromEntries(real.map(id => [id, content.plantel(id)]))
  function lifeOf({ inscripcion, twice, ...life }: Lot): Life {
    const dosIngresos = { valor: twice, ...dicho }
    return {
      ...life,
      planteles: { ...realOnes, mio: { ...content.plantel(), id: 'mio', inscripcion, dosIngresos } },
    }
  }

  /** What nobody may ever be told, whatever the count says. */
  function expectRight({ hour, until, names, known }: Said): void {
    expect(isAwake(hour), `${names} in quiet hours`).toBe(true)
    expect(until).toBeGreaterThan(hour)
    for (const name of names) {
      const [kind = '', paso = kind, run = ''] = name.split(' ')
      const [desde = '', hasta = ''] = run.split('/')
      const today = dayName(Math.floor(hour / 24))
      expect(known.hechos[kind === 'vigencia' ? 'vigencia' : paso], `${name}, which is done`).toBeUndefined()
      expect(known.perfil.tramite).toBe('alta')
      if (kind === 'antes') expect(today <= desde, `${name} on ${today}`).toBe(true)
      if (kind === 'primero') expect(desde <= today && today <= hasta, `${name} on ${today}`).toBe(true)
      if (kind === 'ultimo') expect(today).toBe(hasta)
    }
  }

  const seen = new Map<string, number>()
  function expectSame(lot: Lot): readonly Said[] {
    const life = lifeOf(lot)
    const said = run(life)
    expect(said).toEqual(count(life))
    said.forEach(expectRight)
    const once = said.flatMap(({ names }) => names.filter(name => name.includes('/')))
    expect(new Set(once).size).toBe(once.length)
    for (const name of said.flatMap(({ names }) => names)) {
      const kind = name.replace(/ [\d-]+\/.*/, '')
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
    }
    return said
  }

  const everything = [
    'antes entregar-cedula',
    'antes entregar-nss',
    'clinica',
    'primero entregar-cedula',
    'primero entregar-nss',
    'ultimo entregar-cedula',
    'ultimo entregar-nss',
    'vigencia 1',
    'vigencia 3',
  ]
  // The search for a smaller life that fails takes minutes.
  const endOnFailure = true
  const never = fc.constant<[Hour, number][]>([])
  const isLate = ({ hour }: Said) => hour % 24 !== avisos.hora

  test('says each reminder once, at its hour, and none that is done, closed or not theirs', () => {
    seen.clear()
    const property = fc.property(livesWith(never), lot => {
      // At another hour only what came to be theirs after it: a step undone, another plantel.
      const changed = lot.changes.map(({ hour }) => hour)
      for (const { hour } of expectSame(lot).filter(isLate))
        expect(changed.some(at => at < hour && at > hour - 12)).toBe(true)
    })
    fc.assert(property, { seed, numRuns: lives, endOnFailure })
    expect([...seen.keys()].sort()).toEqual(everything)
  })

  test('says each at its very hour to who changes nothing', () => {
    const property = fc.property(livesWith(never), lot => {
      expect(expectSame({ ...lot, changes: [] }).filter(isLate)).toEqual([])
    })
    fc.assert(property, { seed, numRuns: Math.floor(lives / 3), endOnFailure })
  })

  test('after hours and weeks down says late only what is still of use', () => {
    seen.clear()
    let late = 0
    const outages = fc.array(outage, { minLength: 10, maxLength: 60, size: 'max' })
    const property = fc.property(livesWith(outages), lot => {
      late += expectSame(lot).filter(isLate).length
    })
    fc.assert(property, { seed, numRuns: lives, endOnFailure })
    expect([...seen.keys()].sort()).toEqual(everything)
    expect(late).toBeGreaterThan(lives)
  })
})
