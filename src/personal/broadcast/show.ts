/**
 * What staff read of a broadcast, in Spanish: whom it concerns, how far it is, what came of it, why something was refused.
 * The desk in the chat and the orders of the command line write with it; pure.
 */
import type { Audience, Broadcast, Count, Preview, Progress, Report } from '../../broadcast/broadcasts.ts'
import { type Action, allowed, type Refused } from '../../broadcast/staff.ts'
import { dayOf, formatDay } from '../../calendar.ts'
import type { Content } from '../../content/load.ts'
import { mask } from '../../conversation/understanding/mask.ts'
import type { AvisoButton, ChannelName } from '../../message.ts'
import type { DestinatarioEstado, Rol } from '../../store/migrations.ts'
import { fill } from '../fill.ts'

export interface View {
  readonly content: Content
  readonly now: Date
}

const wordsOf = ({ content }: View) => content.personal

export const number = (n: number) => n.toLocaleString('es-MX')
const percent = (part: number, of: number) => String(of === 0 ? 0 : Math.round((100 * part) / of))
const list = (items: readonly string[]) => listFormat.format(items)
const listFormat = new Intl.ListFormat('es-MX', { type: 'conjunction' })

/** What was refused, and why; a role, an action and a state are said by their names. */
export function refusalInWords(view: View, { reason, values }: Pick<Refused, 'reason' | 'values'>): string {
  const words = wordsOf(view)
  const text = (words.no as Readonly<Record<string, string>>)[reason]
  // A running program may be newer than the command that asks it.
  if (text === undefined) return fill(words.no.orden, {})
  const named: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    rol: words.roles,
    accion: words.acciones,
    estado: words.estados,
  }
  return fill(
    text,
    Object.fromEntries(Object.entries(values).map(([gap, value]) => [gap, named[gap]?.[value] ?? value])),
  )
}

/** "el lunes 1 de diciembre a las 10:00" */
export function momentInWords(view: View, moment: Date): string {
  const dia = formatDay(dayOf(moment), dayOf(view.now))
  return fill(wordsOf(view).momento, { dia, hora: moment.toLocaleTimeString('es-MX', hourFormat) })
}
const hourFormat = {
  timeZone: 'America/Mexico_City',
  hour: 'numeric',
  minute: '2-digit',
  hourCycle: 'h23',
} as const

export function audienceInWords(view: View, audience: Audience): string {
  const { audiencia: words, niveles, semestres } = wordsOf(view)
  const { plantel, nivel, semestre, falta, canal, vistoDias, ausenteDias, sinDifusion, sinPlantel } = audience
  const any = <T>(of: readonly T[] | undefined) => of !== undefined && of.length > 0
  const parts = [
    words.temas[audience.tema],
    any(plantel) && fill(words.plantel, { planteles: schoolsInWords(view, plantel ?? []) }),
    any(nivel) &&
      fill(words.nivel, {
        niveles: list((nivel ?? []).map(of => niveles[of as keyof typeof niveles] ?? of)),
      }),
    semestre && fill(words.semestre, { semestre: semestres[semestre] }),
    falta && fill(words.falta, { paso: stepTitle(view, falta) }),
    any(canal) && fill(words.canal, { canales: channelsInWords(view, canal ?? []) }),
    vistoDias !== undefined && fill(words.visto, { dias: number(vistoDias) }),
    ausenteDias !== undefined && fill(words.ausente, { dias: number(ausenteDias) }),
    any(sinDifusion) && fill(words.sinDifusion, { avisos: list((sinDifusion ?? []).map(String)) }),
    any(sinPlantel) && fill(words.sinPlantel, { planteles: schoolsInWords(view, sinPlantel ?? []) }),
  ]
  return parts.filter(part => typeof part === 'string').join('; ')
}

export const schoolsInWords = ({ content }: View, ids: readonly string[]) =>
  list(ids.map(id => content.plantel(id).nombre))

const channelsInWords = (view: View, channels: readonly ChannelName[]) =>
  list(channels.map(channel => wordsOf(view).canales[channel]))

const stepTitle = ({ content }: View, id: string) => content.pasos.find(paso => paso.id === id)?.titulo ?? id

/** What the button says, as the recipients read it: that the step is done, or where it leads. */
export function buttonInWords({ content }: View, { does, id }: AvisoButton): string {
  if (does === 'flujo') return content.mensajes.opciones[id]?.boton ?? id
  const label = content.pasos.find(paso => paso.id === id)?.boton ?? id
  return fill(content.personal.botones.marcado, { boton: label })
}

/** "1,204 personas: Telegram 800, WhatsApp 404" */
export function countInWords(view: View, { total, canales }: Count): string {
  const words = wordsOf(view)
  if (total === 0) return words.cuentaNadie
  const each = (Object.entries(canales) as [ChannelName, number][])
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([channel, n]) => `${words.canales[channel]} ${number(n)}`)
  return fill(words.cuenta, { total: number(total), canales: each.join(', ') })
}

const head = (view: View, { id, estado, titulo }: Pick<Broadcast, 'id' | 'estado' | 'titulo'>) =>
  fill(wordsOf(view).aviso.cabeza, { id: String(id), estado: wordsOf(view).estados[estado], titulo })

/** All that was decided of it; `count` where it is not sent yet. */
export function broadcastInWords(view: View, broadcast: Broadcast, count?: Count): string {
  const { aviso: words } = wordsOf(view)
  const { audiencia, control, cuando, vence, boton, escribe, pide, confirma, texto, estado } = broadcast
  const when = cuando ? fill(words.cuando, { momento: momentInWords(view, cuando) }) : words.cuandoYa
  const lines = [
    head(view, broadcast),
    fill(words.para, { audiencia: audienceInWords(view, audiencia) }),
    count && fill(words.cuenta, { cuenta: countInWords(view, count) }),
    count && control > 0 && fill(words.control, { por: String(control), n: number(count.control) }),
    boton && fill(words.boton, { boton: buttonInWords(view, boton) }),
    (cuando || estado === 'borrador') && when,
    vence && fill(words.vence, { momento: momentInWords(view, vence) }),
    fill(words.escribe, { nombre: escribe }),
    pide && fill(words.pide, { nombre: pide }),
    confirma && fill(words.confirma, { nombre: confirma }),
    estado === 'por-confirmar' &&
      fill(words.porConfirmar, { roles: rolesWith(view, 'confirmar'), id: String(broadcast.id) }),
    `\n${fill(words.texto, { texto })}`,
  ]
  return joined(lines)
}

const joined = (lines: readonly (string | false | undefined)[]) =>
  lines
    .filter(line => typeof line === 'string' && line !== '')
    .join('\n')
    .trim()

/** Members are not named: only who looks after them sees who they are. */
function rolesWith(view: View, action: Action): string {
  const roles = (Object.keys(allowed) as Rol[]).filter(rol => allowed[rol].includes(action))
  return new Intl.ListFormat('es-MX', { type: 'disjunction' }).format(
    roles.map(rol => wordsOf(view).roles[rol]),
  )
}

const cells = 10
/** In the order in which they are told. */
const told = [
  'enviado',
  'enviando',
  'pendiente',
  'fallido',
  'incierto',
  'inalcanzable',
  'omitido',
  'cancelado',
] as const satisfies readonly DestinatarioEstado[]

const toReach = ({ cuentas }: Progress) => told.reduce((sum, estado) => sum + cuentas[estado], 0)

/** "▓▓▓▓▓░░░░░ 52 %", and how many came to what. */
export function progressInWords(view: View, progress: Progress): string {
  const { avance: words, destinos } = wordsOf(view)
  const { cuentas } = progress
  const total = toReach(progress)
  const done = total - cuentas.pendiente - cuentas.enviando
  // Rounded down: a bar is full, and says 100 %, only when nobody is left.
  const whole = progress.estado === 'terminada' ? 1 : 0
  const shareOf = (parts: number) => (total > 0 ? Math.floor((parts * done) / total) : parts * whole)
  const filled = shareOf(cells)
  const por = String(shareOf(100))
  const parts = told
    .filter(estado => cuentas[estado] > 0)
    .map(estado => fill(words.parte, { destino: destinos[estado], n: number(cuentas[estado]) }))
  return joined([
    fill(words.barra, { barra: '▓'.repeat(filled) + '░'.repeat(cells - filled), por }),
    fill(words.cuenta, { hechos: number(done), total: number(total) }),
    parts.join(', '),
  ])
}

/** What came of it, with those beside who got nothing on purpose. */
export function reportInWords(view: View, report: Report): string {
  const { reporte: words } = wordsOf(view)
  const { cuentas, entregados, leidos, repetidos, pulsaron, salieron, paso } = report
  const share = (part: { hicieron: number; de: number }) => ({
    hicieron: number(part.hicieron),
    de: number(part.de),
    por: percent(part.hicieron, part.de),
  })
  const some = (n: number, text: string) => n > 0 && fill(text, { n: number(n) })
  return joined([
    fill(words.enviados, { n: number(cuentas.enviado), total: number(toReach(report)) }),
    entregados + leidos > 0 && fill(words.acuses, { entregados: number(entregados), leidos: number(leidos) }),
    ...report.motivos.map(why => reasonInWords(view, why)),
    some(repetidos, words.repetidos),
    some(cuentas.control, words.control),
    fill(words.pulsaron, { n: number(pulsaron), por: percent(pulsaron, cuentas.enviado) }),
    fill(words.salieron, { n: number(salieron) }),
    paso && fill(words.paso, { paso: stepTitle(view, paso.id) }),
    paso && fill(words.conAviso, share(paso.enviados)),
    paso && paso.control.de > 0 && fill(words.sinAviso, share(paso.control)),
  ])
}

function reasonInWords(view: View, { estado, motivo, n }: Report['motivos'][number]): string {
  const { reporte, destinos, motivos } = wordsOf(view)
  const destino = destinos[estado as DestinatarioEstado] ?? estado
  const why = motivos[motivo] ?? motivo
  return fill(why === '' ? reporte.sinMotivo : reporte.motivo, { destino, n: number(n), motivo: why })
}

/** Broadcasts that are over are told by what came of them, others by how far they are. */
export const statusInWords = (view: View, broadcast: Broadcast, status: string): string =>
  joined([head(view, broadcast), status])

/** "12. Mañana cierra la entrega (programado)" */
export const lineOf = (view: View, { id, titulo, estado }: Broadcast) =>
  fill(wordsOf(view).mesa.renglon, { id: String(id), titulo, estado: wordsOf(view).estados[estado] })

/** At a word, with a sign that it goes on. */
export function short(text: string, chars: number): string {
  const all = [...text]
  if (all.length <= chars) return text
  const cut = all.slice(0, chars - 1).join('')
  const space = cut.lastIndexOf(' ')
  return `${(space > chars / 2 ? cut.slice(0, space) : cut).trimEnd()}…`
}

/** For one that was given none. What may not be in a text is told of the text, not of its title. */
export const titleOf = (text: string) => short(mask(text).trim().split('\n')[0]?.trim() ?? '', maxTitle)
const maxTitle = 40

/** As each channel shows it; channels that show it alike are told together. */
export function previewsInWords(view: View, previews: readonly Preview[]): string[] {
  const { muestra: words } = wordsOf(view)
  if (previews.length === 0) return [words.nadie]
  const looks = Map.groupBy(previews, ({ messages, template = false }) =>
    JSON.stringify([
      template,
      messages.map(({ text, choices = [] }) => joined([text, buttons(view, choices)])).join('\n\n'),
    ]),
  )
  return [...looks].map(([key, alike]) => {
    const [template, look] = JSON.parse(key) as [boolean, string]
    const canales = channelsInWords(
      view,
      alike.map(({ channel }) => channel),
    )
    return `${fill(template ? words.plantilla : words.cabeza, { canales })}\n\n${look}`
  })
}

const buttons = (view: View, choices: readonly { readonly label: string }[]) =>
  choices.map(({ label }) => fill(wordsOf(view).muestra.boton, { boton: label })).join('\n')
