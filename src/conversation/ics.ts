/**
 * The next days on which the cards are received, as a file that calendars take (RFC 5545). `step` attaches it where
 * somebody wants it; pure.
 */
import { type Run, shift, ventana } from '../calendar.ts'
import type { FileOut } from '../message.ts'
import { daysLine, say, type View, warningsOf } from './write.ts'

/** The window told and the next after it. */
export function windowsOf({ content, at, context }: View): readonly [Run, Run] {
  const it = ventana(at, content.plantel(context.perfil.plantel))
  return [{ desde: it.desde, hasta: it.hasta }, it.siguiente]
}

export function calendarOf(view: View): FileOut {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Vigente//Seguro Facultativo//ES',
    'METHOD:PUBLISH',
    ...windowsOf(view).flatMap(run => eventOf(view, run)),
    'END:VCALENDAR',
  ]
  return {
    name: say(view, 'calendario.archivo'),
    type: 'text/calendar',
    data: Buffer.from(lines.map(line => `${folded(line)}\r\n`).join('')).toString('base64'),
  }
}

/** Whole days, in no time zone. Imported twice it is one event: the name goes by the day on which it begins. */
function eventOf(view: View, run: Run): string[] {
  const note = [say(view, 'calendario.nota'), daysLine(view, run), ...warningsOf(view, run)].join('\n')
  return [
    'BEGIN:VEVENT',
    `UID:entrega-nss-${run.desde}@vigente`,
    `DTSTAMP:${basic(view.at.toISOString().slice(0, 19))}Z`,
    `DTSTART;VALUE=DATE:${basic(run.desde)}`,
    // The day after the last.
    `DTEND;VALUE=DATE:${basic(shift(run.hasta, 1))}`,
    `SUMMARY:${escaped(say(view, 'calendario.titulo'))}`,
    `DESCRIPTION:${escaped(note)}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ]
}

const basic = (moment: string) => moment.replace(/[-:]/g, '')

const escaped = (text: string) => text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n')

const maxBytes = 75

/** A long line goes on in the next after a space; no character is cut. */
function folded(line: string): string {
  const rows: string[] = []
  let row = ''
  for (const sign of line)
    if (Buffer.byteLength(row + sign) > maxBytes) {
      rows.push(row)
      row = ` ${sign}`
    } else row += sign
  return [...rows, row].join('\r\n')
}
