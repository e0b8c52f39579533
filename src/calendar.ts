/**
 * When the school receives the NSS cards (B27-32) and the cédulas (A140-156), in Mexico City's days. Pure: the
 * conversation asks with the moment of the message and the plantel, and says what comes back.
 */
import { TZDate } from '@date-fns/tz'
// By its own path: the whole of date-fns takes longer to import than the rest of the program.
import { formatISO } from 'date-fns/formatISO'
import type { Avisos, Plantel } from './content/schema.ts'

/** A local day, YYYY-MM-DD: as text, days compare and sort as they follow each other. */
export type Day = string
/** YYYY-MM. */
export type Month = string

/** Both days included. */
export interface Run {
  readonly desde: Day
  readonly hasta: Day
}

export interface Ventana extends Run {
  readonly abierta: boolean
  /** The window ends at midnight: no source says at what hour they close. */
  readonly ultimoDia: boolean
  readonly hoy: Day
  /** The next after the one told. */
  readonly siguiente: Run
  readonly diaInhabilHoy?: Inhabil
  /** Days without work inside the window told: a warning, since no source says that they close on them. */
  readonly inhabiles: readonly Inhabil[]
}

export interface Cedula {
  readonly abierta: boolean
  /** This month where open, else the next one. */
  readonly mes: Month
  readonly siguiente: Month
  /** Only where nobody has said whether first semester starts twice a year: what holds if it does. */
  readonly siDosIngresos?: { readonly abierta: boolean; readonly mes: Month }
}

type Calendario = Pick<Plantel, 'inscripcion' | 'inhabiles'>
type Inhabil = Plantel['inhabiles'][number]
type Nivel = NonNullable<Plantel['nivel']>

const zone = 'America/Mexico_City'
const dayMs = 24 * 60 * 60 * 1000
const lastOpenDay = 5
const august = 8
const february = 2

export function dayOf(moment: Date): Day {
  const minute = Math.floor(moment.getTime() / 60_000)
  if (minute !== lastMinute) {
    lastDay = formatISO(new TZDate(moment.getTime(), zone), { representation: 'date' })
    lastMinute = minute
  }
  return lastDay
}

/** The hour that clocks show there, 0 to 23. */
export const hourOf = (moment: Date): number => new TZDate(moment.getTime(), zone).getHours()

/** When clocks there show this hour (and minute) of a day. */
export function momentOf(day: Day, hour: number, minute = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(new TZDate(year, month - 1, date, hour, minute, 0, zone).getTime())
}

/** Whether nothing may be said unasked now: from the one hour to the other, over midnight. */
export function isQuiet(moment: Date, { desde, hasta }: Avisos['silencio']): boolean {
  const hour = hourOf(moment)
  return hour >= desde || hour < hasta
}

// A day begins on a whole minute, and a turn asks for its day several times; the time zone's tables are slow.
let lastMinute = Number.NaN
let lastDay: Day = ''

/** A window is a run of open days as long as it gets: enrolment dates that touch days 1 to 5 are one with them. */
export function ventana(moment: Date, plantel: Calendario): Ventana {
  const hoy = dayOf(moment)
  const abierta = isOpen(hoy, plantel)
  const [run, siguiente] = runsFrom(hoy, plantel)
  const diaInhabilHoy = plantel.inhabiles.find(off => within(hoy, off))
  return {
    abierta,
    ultimoDia: abierta && hoy === run.hasta,
    hoy,
    ...run,
    siguiente,
    ...(diaInhabilHoy && { diaInhabilHoy }),
    inhabiles: plantel.inhabiles.filter(off => off.desde <= run.hasta && run.desde <= off.hasta),
  }
}

/** The window that a day is in, else the one to come; and the next after it. */
export function runsFrom(day: Day, plantel: Calendario): readonly [Run, Run] {
  const last = walked.get(plantel)
  if (last && last.from <= day && day <= last.runs[0].hasta) return last.runs
  const run = isOpen(day, plantel)
    ? { desde: endOf(day, -1, plantel), hasta: endOf(day, 1, plantel) }
    : nextRun(day, plantel)
  const runs = [run, nextRun(run.hasta, plantel)] as const
  walked.set(plantel, { from: day, runs })
  return runs
}

// The walk from day to day is long, and up to the end of the window each turn of every day asks for the same.
const walked = new WeakMap<Calendario, { from: Day; runs: readonly [Run, Run] }>()

/** The months in which first semester hands in the cédula; of posgrado the sources say nothing. */
export const cedula = (moment: Date, nivel: Nivel, dosIngresos: boolean | undefined): Cedula | undefined =>
  cedulaOn(dayOf(moment), nivel, dosIngresos)

/** The same on a day. */
export function cedulaOn(day: Day, nivel: Nivel, dosIngresos: boolean | undefined): Cedula | undefined {
  if (nivel === 'posgrado') return undefined
  const now = day.slice(0, 7)
  const twice = nivel === 'superior' && dosIngresos === true
  const months = twice ? [february, august] : [august]
  const mes = monthFrom(now, months)
  const told = { abierta: mes === now, mes, siguiente: monthFrom(monthAfter(mes), months) }
  if (nivel === 'medio-superior' || dosIngresos !== undefined) return told
  const inFebruary = monthFrom(now, [february])
  return { ...told, siDosIngresos: { abierta: inFebruary === now, mes: inFebruary } }
}

/** As people say it; the year only where it is not today's. */
export function formatDay(day: Day, now: Day): string {
  const format = sameYear(day, now) ? dayFormat : dayYearFormat
  // Without the comma after the weekday, which nobody says.
  return format.format(Date.parse(day)).replace(',', '')
}

export function formatMonth(month: Month, now: Day): string {
  return (sameYear(month, now) ? monthFormat : monthYearFormat).format(Date.parse(month))
}

const sameYear = (one: string, other: string) => one.slice(0, 4) === other.slice(0, 4)

/** Days are formatted as midnights of UTC, whatever the host's zone. */
const inSpanish = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('es-MX', { ...options, timeZone: 'UTC' })
const dayFormat = inSpanish({ weekday: 'long', day: 'numeric', month: 'long' })
const dayYearFormat = inSpanish({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const monthFormat = inSpanish({ month: 'long' })
const monthYearFormat = inSpanish({ month: 'long', year: 'numeric' })

/** While an enrolment lasts only its own dates count; else the first days of the month (B27-30). */
export function isOpen(day: Day, { inscripcion }: Calendario): boolean {
  const enrolments = inscripcion.filter(({ proceso }) => within(day, proceso))
  if (enrolments.length === 0) return Number(day.slice(8)) <= lastOpenDay
  return enrolments.some(({ recepcion }) => recepcion.some(range => within(day, range)))
}

const within = (day: Day, { desde, hasta }: Run) => desde <= day && day <= hasta

function nextRun(after: Day, plantel: Calendario): Run {
  let desde = shift(after, 1)
  while (!isOpen(desde, plantel)) desde = shift(desde, 1)
  return { desde, hasta: endOf(desde, 1, plantel) }
}

/** The end of the run of open days, backwards or forwards. */
function endOf(open: Day, step: 1 | -1, plantel: Calendario): Day {
  let day = open
  for (let next = shift(day, step); isOpen(next, plantel); next = shift(next, step)) day = next
  return day
}

/** Whole days of UTC, which all have 24 hours: local ones had 23 or 25 twice a year until October 2022. */
export function shift(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)
}

/** The first of `months` (1 to 12) at or after a month. */
function monthFrom(month: Month, months: readonly number[]): Month {
  return months.includes(Number(month.slice(5))) ? month : monthFrom(monthAfter(month), months)
}

const monthAfter = (month: Month) => shift(`${month}-28`, 4).slice(0, 7)

/** From its first to its last. */
export const daysOf = (month: Month): Run => ({
  desde: `${month}-01`,
  hasta: shift(`${monthAfter(month)}-01`, -1),
})
