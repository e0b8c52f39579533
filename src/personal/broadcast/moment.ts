/**
 * The day and hour, of Mexico City, that staff type for when a broadcast goes out: "mañana 10:00", "lunes a las 9:30",
 * "2026-12-01 10:00". The desk and the command line read with it; pure.
 */
import { type Day, dayOf } from '../../calendar.ts'
import { fold } from '../../content/fold.ts'
import { readDay } from '../../conversation/understanding/day.ts'

/** As `Draft.cuando` wants it, `2026-12-01 10:00`; undefined where the text does not say both plainly. */
export function readMoment(text: string, now: Date): string | undefined {
  const typed = fold(text)
  const [, date, rest = typed] = /^(\d{4}-\d{2}-\d{2})[ t]+(.*)$/.exec(typed) ?? []
  const [found, figures = '', minutes = '00', half] =
    /(?:^|\s)(?:a las? |las? )?(\d{1,2})(?:[:.](\d{2}))? ?(am|pm|a\.m\.|p\.m\.|hrs?|horas|de la manana|de la tarde)?$/.exec(
      rest,
    ) ?? []
  // "Mañana 10" may be the 10th: without minutes the hour is named as one.
  const plain = half !== undefined || /[:.]\d{2}/.test(found ?? '') || /\blas? \d/.test(found ?? '')
  const hour = hourOf(Number(figures), half)
  if (found === undefined || !plain || hour === undefined || Number(minutes) > 59) return undefined
  const day = date ?? dayIn(rest.slice(0, rest.length - found.length).trim(), dayOf(now))
  return day && `${day} ${String(hour).padStart(2, '0')}:${minutes}`
}

function dayIn(text: string, hoy: Day): Day | undefined {
  return /^(?:hoy)?$/.test(text) ? hoy : readDay(text, hoy)
}

function hourOf(said: number, half: string | undefined): number | undefined {
  if (said > 23) return undefined
  if (/^p|tarde$/.test(half ?? '')) return said === 0 ? undefined : said < 12 ? said + 12 : said
  return /^a|manana$/.test(half ?? '') && said === 12 ? 0 : said
}
