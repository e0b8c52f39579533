/**
 * The day that a message names: "¿el lunes reciben?", "¿y el 3 de octubre?". `interpret` asks it for what depends on
 * the day; today is none, since every answer tells it.
 */
import { type Day, shift } from '../../calendar.ts'
import { normalise } from './normalise.ts'

const weekdays = 'domingo lunes martes miercoles jueves viernes sabado'.split(' ')
const months =
  'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'.split(' ')
/** The day of the calendar; undefined where there is none such. */
function dateOf(year: number, month: number, day: number): Day | undefined {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && day > 0 ? date.toISOString().slice(0, 10) : undefined
}

const anyMonth = months.join('|')
const withMonth = new RegExp(`\\b(\\d{1,2})(?:ro|ero|o)? (?:de )?(?:el mes de )?(${anyMonth}|setiembre)\\b`)
/** 3/10, 3-10-2026. */
const inFigures = /(?<!\d)(\d{1,2})[/-](\d{1,2})(?![\d%])/
/** One Monday; "los lunes" are all of them. */
const weekday = new RegExp(`(?<!\\blos )\\b(${weekdays.join('|')})\\b`)

/** The next such day after `hoy`: a date that has passed is next year's. */
export function readDay(text: string, hoy: Day): Day | undefined {
  const [, figure, ofMonth] = inFigures.exec(text) ?? []
  if (figure && Number(ofMonth) >= 1 && Number(ofMonth) <= 12)
    return nextYearly(Number(figure), Number(ofMonth), hoy)
  const said = normalise(text).replace(/\bprimero de /, '1 de ')
  const [, day, month] = withMonth.exec(said) ?? []
  if (day && month)
    return nextYearly(Number(day), months.indexOf(month.replace('setiembre', 'septiembre')) + 1, hoy)
  if (/\bpasado manana\b/.test(said)) return shift(hoy, 2)
  if (/(?<!\b(?:la|de|por) )\bmanana\b/.test(said)) return shift(hoy, 1)
  const [, name] = weekday.exec(said) ?? []
  if (name) return shift(hoy, ((weekdays.indexOf(name) - new Date(hoy).getUTCDay() + 6) % 7) + 1)
  const [, alone] = /\b(?:el|dia|este) (\d{1,2})\b(?! (?:al?|y|o|de) \d| (?:de|al)\b)/.exec(said) ?? []
  return alone && !/\bdel? \d{1,2} al? \d/.test(said) ? nextMonthly(Number(alone), hoy) : undefined
}

function nextYearly(day: number, month: number, hoy: Day): Day | undefined {
  const year = Number(hoy.slice(0, 4))
  const found = dateOf(year, month, day)
  return found && found < hoy ? dateOf(year + 1, month, day) : unlessToday(found, hoy)
}

function nextMonthly(day: number, hoy: Day): Day | undefined {
  const [year, month] = [Number(hoy.slice(0, 4)), Number(hoy.slice(5, 7))]
  const found = dateOf(year, month, day)
  if (found && found >= hoy) return unlessToday(found, hoy)
  return dateOf(year + Math.floor(month / 12), (month % 12) + 1, day)
}

const unlessToday = (day: Day | undefined, hoy: Day) => (day === hoy ? undefined : day)
