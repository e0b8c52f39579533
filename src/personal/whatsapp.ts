/** What the school's staff reads of how the unofficial WhatsApp fares, in Spanish. For `npm run whatsapp`; pure. */
import { dayOf, formatDay } from '../calendar.ts'
import type { WhatsAppWeb } from '../content/schema.ts'
import type { WhatsAppStatus } from './door.ts'
import { fill } from './fill.ts'
import { drawQr } from './qr.ts'

type Counted = Omit<WhatsAppStatus, 'state' | 'since' | 'qr'>

/** Of a program that runs. */
export function writeStatus(status: WhatsAppStatus, words: WhatsAppWeb, now: Date): string {
  const { estados, momento } = words
  const hour = status.since.toLocaleTimeString('es-MX', hourFormat)
  const since = { desde: fill(momento, { hora: hour, dia: dayIn(status.since, now) }) }
  const code = status.qr === undefined ? [] : [drawQr(status.qr), estados.caduca]
  const written = {
    starting: [fill(estados.arranca, since)],
    qr: [estados.escanea, ...code],
    ready: [fill(estados.lista, since)],
    waiting: [fill(estados.espera, since)],
    'logged-out': [estados.cerrada, ...code],
  }[status.state]
  return [...written, ...countIn(status, words, now)].map(part => part.trimEnd()).join('\n')
}

/** Where no program runs: what its files tell. */
export const writeFiles = (dataDir: string, counted: Counted, words: WhatsAppWeb, now: Date): string =>
  [fill(words.estados.apagada, { carpeta: dataDir }), ...countIn(counted, words, now)]
    .map(part => part.trimEnd())
    .join('\n')

function countIn(counted: Counted, { estados, cuenta }: WhatsAppWeb, now: Date): string[] {
  const { stopped, quiet, firstDay, sentToday, capToday, unaskedToday, unaskedCapToday } = counted
  const today = fill(cuenta.hoy, {
    respuestas: String(sentToday),
    topeRespuestas: String(capToday),
    avisos: String(unaskedToday),
    topeAvisos: String(unaskedCapToday),
  })
  const since =
    firstDay === undefined ? cuenta.nunca : fill(cuenta.desde, { dia: formatDay(firstDay, dayOf(now)) })
  return [...(stopped ? [estados.parada] : []), today, since, ...(quiet ? [cuenta.noche] : [])]
}

const dayIn = (moment: Date, now: Date) => formatDay(dayOf(moment), dayOf(now))
const hourFormat = {
  timeZone: 'America/Mexico_City',
  hour: 'numeric',
  minute: '2-digit',
  hourCycle: 'h23',
} as const
