/**
 * Turns keys of mensajes.yaml, topics and steps into the text that a person reads, with today's window, their
 * checklist and their plantel put in. Called by `step` and `npm run ask`; pure.
 */
import { asked, type Campo, type Context, incompleto, type Perfil } from '../../flows/shape.ts'
import {
  cedula,
  type Day,
  dayOf,
  formatDay,
  formatMonth,
  hourOf,
  isOpen,
  type Run,
  shift,
  ventana,
} from '../calendar.ts'
import type { Content, PasoConId, PlantelConId } from '../content/load.ts'
import type { Pregunta } from '../content/schema.ts'
import { temas } from '../message.ts'
import { howOf, linksOf, stepsOf } from './checklist.ts'
import { codeLifeMinutes } from './code.ts'
import { fits } from './perfil.ts'
import { nextDue, type Reminder } from './reminders.ts'

/** Days that messages and idle conversations are kept: `privacidad.aviso` tells them, the sweep obeys them. */
export const keptDays = { messages: 90, conversations: 540 } as const

/** Everything a text may need to know. */
export interface View {
  readonly content: Content
  readonly at: Date
  readonly context: Context
  readonly usted?: boolean
  /** The step that the state shows. */
  readonly paso?: string
  /** Numbers that were typed. */
  readonly numeros?: readonly number[]
}

/** For what is said to somebody of whom nothing is known, or is kept any more. */
export const viewOfNobody = (content: Content, at: Date): View => ({
  content,
  at,
  context: { perfil: {}, hechos: {}, pasos: [], hoy: dayOf(at) },
})

type Values = Readonly<Record<string, string | undefined>>

/** The text of a key, filled in. Lines that end up empty go, and so do blank lines in a row. */
export function say(view: View, clave: string, values: Values = {}): string {
  const entry = view.content.mensajes.textos[clave]
  if (entry === undefined) throw new Error(`mensajes.yaml has no text ${clave}`)
  const text = typeof entry === 'string' ? entry : ((view.usted ? entry.usted : undefined) ?? entry.texto)
  return fill(view, text, values)
}

export function fill(view: View, text: string, values: Values = {}): string {
  if (!text.includes('{')) return text.trim()
  const lines: string[] = []
  for (const parts of partsOf(text)) {
    const line = parts.map((part, i) => (i % 2 === 0 ? part : (values[part] ?? placed(view, part)))).join('')
    if (parts.length === 1 || line.trim() !== '') lines.push(line)
  }
  return lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

const cut = new Map<string, readonly (readonly string[])[]>()

/** The lines of a text of content/, each cut at its braces: text, name, text, name, text. */
function partsOf(text: string): readonly (readonly string[])[] {
  let parts = cut.get(text)
  if (!parts) {
    parts = text.split('\n').map(line => line.split(/\{([^}]+)\}/))
    cut.set(text, parts)
  }
  return parts
}

function placed(view: View, name: string): string {
  const value = placeholders[name]
  if (!value) throw new Error(`no such placeholder: {${name}}`)
  return value(view)
}

const plantelOf = (view: View): PlantelConId => view.content.plantel(view.context.perfil.plantel)

/** What may stand between braces in content/. */
export const placeholders: Readonly<Record<string, (view: View) => string>> = {
  ventana: view => ventanaLine(view),
  'ventana.avisos': view => ventanaWarnings(view),
  'oficina.servicios': view => office(view, 'servicios'),
  'oficina.seguro': view => office(view, 'seguro'),
  checklist: view => checklistLines(view),
  avance: view => {
    const steps = stepsOf(view.content, view.context.perfil)
    return `${steps.filter(p => view.context.hechos[p.id]).length}/${steps.length}`
  },
  siguiente: view => nextStep(view),
  pendientes: view =>
    open(view)
      .map(p => `⬜ ${p.titulo}`)
      .join('\n'),
  'recorrido.fin': view => say(view, open(view).length > 0 ? 'recorrido.fin.quedan' : 'recorrido.fin.todo'),
  para: view => {
    const perfil = factsInWords(view, view.context.perfil)
    return perfil === '' ? '' : say(view, 'checklist.para', { perfil })
  },
  grupo: view => view.content.mensajes.grupos[view.context.grupo ?? '']?.titulo ?? '',
  cuantos: view => String(view.context.cuantos ?? ''),
  dados: view => String(view.numeros?.length ?? 0),
  suma: view => String(sum(view.numeros)),
  ajuste: view => {
    const n = inCents(100 - sum(view.numeros))
    return say(view, n > 0 ? 'beneficiarios.falta' : 'beneficiarios.sobra', { n: String(Math.abs(n)) })
  },
  partes: view => (view.context.partes ?? []).map(n => `${n}%`).join(', '),
  avisos: view => avisosLines(view),
  proximo: view => nextReminder(view),
  dias: () => String(keptDays.messages),
  diasLista: () => String(keptDays.conversations),
  minutos: () => String(codeLifeMinutes),
  'paso.titulo': view => shown(view)?.titulo ?? '',
  'paso.como': view => howText(view, shown(view)),
  'paso.enlaces': view => linksOf(howText(view, shown(view))).join('\n'),
  'paso.ventana': view => stepWindow(view, shown(view)),
  'paso.cedula': view => (shown(view)?.ventana === 'cedula' ? cedulaLine(view) : ''),
  'paso.n': view =>
    String(stepsOf(view.content, view.context.perfil).findIndex(p => p.id === shown(view)?.id) + 1),
  'paso.total': view => String(stepsOf(view.content, view.context.perfil).length),
}

/** Two decimals: 33.3 three times is 99.9. */
const inCents = (n: number) => Math.round(n * 100) / 100
const sum = (numbers: readonly number[] = []) => inCents(numbers.reduce((total, n) => total + n, 0))
const shown = (view: View) => view.content.pasos.find(p => p.id === (view.paso ?? view.context.paso))
const open = (view: View) =>
  stepsOf(view.content, view.context.perfil).filter(p => view.context.hechos[p.id] === undefined)

function howText(view: View, paso: PasoConId | undefined): string {
  if (!paso) return ''
  const plantel = plantelOf(view)
  const own = plantel.pasos[paso.id]
  const text = fill(view, howOf(paso, view.context.perfil, plantel))
  return own ? `${text}\n${saidBy(view, own)}` : text
}

const saidBy = (view: View, { quien, cuando }: { quien: string; cuando: string }) =>
  say(view, 'fuente.plantel', { quien, cuando: formatDay(cuando as Day, view.context.hoy as Day) })

export interface Answer {
  readonly text: string
  /** There is a second screen: `moreOf` tells it. */
  readonly more: boolean
}

/** What a question is about besides its topic. */
export interface About {
  /** Supposed of the person, not said: "¿y si soy menor?". */
  readonly supposed?: Perfil
  /** "¿Reciben el lunes?" */
  readonly day?: Day | undefined
  /** What the question leaned on, where the answer is of another topic. */
  readonly subject?: string
}

/** A topic's answer for this person: as their plantel settled it, else as their case, else as everybody's. */
export function answerOf(of: View, topic: string, { supposed, day }: About = {}): Answer {
  const { perfil } = of.context
  const other = Object.entries(supposed ?? {}).filter(([campo, valor]) => perfil[campo as Campo] !== valor)
  const news: Perfil = Object.fromEntries(other)
  const view = other.length > 0 ? { ...of, context: { ...of.context, perfil: { ...perfil, ...news } } } : of
  const { text, more } = wholeAnswer(view, topic)
  const days = day && tellsDays(of.content, topic) ? `${dayLine(view, day)}\n` : ''
  // An answer of its own for somebody whom the person has not said to be says for whom it is.
  const differs = view !== of && text !== wholeAnswer(of, topic).text
  const forWhom = differs ? `${say(of, 'supuesto', { datos: factsInWords(of, news) })}\n\n` : ''
  return { text: forWhom + days + text, more }
}

/** Whether an answer tells today's window, to which a day that was asked after can be added. */
export const tellsDays = (content: Content, topic: string) =>
  content.preguntas[topic]?.respuesta.includes('{ventana}') ?? false

function dayLine(view: View, day: Day): string {
  const plantel = plantelOf(view)
  const dia = formatDay(day, view.context.hoy)
  if (!isOpen(day, plantel)) return say(view, 'ventana.dia.no', { dia })
  const off = plantel.inhabiles.find(({ desde, hasta }) => desde <= day && day <= hasta)
  if (off) return say(view, 'ventana.inhabil', { dia, motivo: off.motivo })
  return isWeekend(day) ? say(view, 'ventana.dia.finde', { dia }) : say(view, 'ventana.dia.si', { dia })
}

function wholeAnswer(view: View, topic: string): Answer {
  const pregunta = view.content.preguntas[topic]
  if (!pregunta) throw new Error(`no such topic: ${topic}`)
  const settled = plantelOf(view).respuestas[topic]
  if (settled) return { text: `${fill(view, settled.texto)}\n\n${saidBy(view, settled)}`, more: false }
  if (!isValid(pregunta, view.context.hoy)) return { text: say(view, 'vencida'), more: false }
  const own = pregunta.casos?.find(caso => fits(caso.si, view.context.perfil))
  const text = `${fill(view, own?.respuesta ?? pregunta.respuesta)}\n\n${sources(view, pregunta.fuentes)}`
  return { text, more: own === undefined && pregunta.mas !== undefined }
}

/** The check keeps expired texts from a start; this keeps them from a program that has been running since. */
const isValid = ({ desde, hasta }: Pregunta, hoy: Day) => (!desde || desde <= hoy) && (!hasta || hoy <= hasta)

/** The second screen of a topic's answer. */
export function moreOf(view: View, topic: string): string {
  return fill(view, view.content.preguntas[topic]?.mas ?? '')
}

function sources(view: View, fuentes: readonly string[]): string {
  const letters = [...new Set(fuentes.map(cite => cite.charAt(0)))].sort()
  const names = letters.map(letter => view.content.fuentes[letter]?.nombre ?? '')
  return say(view, 'fuente', { fuentes: names.join(` ${say(view, 'fuente.y')} `) })
}

function office(view: View, which: 'servicios' | 'seguro'): string {
  const it = plantelOf(view).oficinas[which]
  if (!it) return ''
  return it.donde ? `${it.nombre} (${it.donde})` : it.nombre
}

function checklistLines(view: View): string {
  const lines = stepsOf(view.content, view.context.perfil).map(
    p => `${view.context.hechos[p.id] === undefined ? '⬜' : '✅'} ${p.titulo}`,
  )
  return lines.join('\n')
}

/** What comes next, with its links and its window; or that all is done. Notes of the kind of list come last. */
function nextStep(view: View): string {
  const { perfil } = view.context
  const [next] = open(view)
  const parts = [
    next ? say({ ...view, paso: next.id }, 'checklist.siguiente') : say(view, 'checklist.completa'),
  ]
  if (perfil.tramite === 'renuncia') parts.push(say(view, 'checklist.renuncia'))
  else if (perfil.tramite !== 'cambio' && perfil.otroServicio === 'si')
    parts.push(say(view, 'checklist.nota.rechazo'))
  return parts.join('\n\n')
}

/** Whether the window that a step waits for is open today. */
function stepWindow(view: View, paso: PasoConId | undefined): string {
  if (paso?.ventana === 'nss')
    return [ventanaLine(view), ventanaWarnings(view)].filter(line => line !== '').join('\n')
  return paso?.ventana === 'cedula' ? cedulaLine(view) : ''
}

function ventanaLine(view: View): string {
  const it = ventana(view.at, plantelOf(view))
  const day = (d: Day) => formatDay(d, it.hoy)
  const key = it.ultimoDia ? 'ventana.ultimo' : it.abierta ? 'ventana.abierta' : 'ventana.cerrada'
  return say(view, it.abierta && it.diaInhabilHoy ? 'ventana.inhabilHoy' : key, {
    motivo: it.diaInhabilHoy?.motivo,
    desde: firstDay(it, it.hoy),
    hasta: day(it.hasta),
    siguiente: day(it.siguiente.desde),
    'siguiente.desde': firstDay(it.siguiente, it.hoy),
    'siguiente.hasta': day(it.siguiente.hasta),
  })
}

/** Days in the window told that the sources leave in doubt: weekends, and what the plantel calls non-working. */
function ventanaWarnings(view: View): string {
  const it = ventana(view.at, plantelOf(view))
  const first = it.abierta ? it.hoy : it.desde
  const told = it.ultimoDia ? [first, it.siguiente.desde, it.siguiente.hasta] : [first, it.hasta]
  const weekend = [...new Set(told)].filter(isWeekend)
  const off = it.inhabiles.filter(off => off.hasta > it.hoy)
  return [...weekendLines(view, weekend), ...offLines(view, off)].join('\n')
}

/** The same of each day of a window by itself. */
export function warningsOf(view: View, { desde, hasta }: Run): string[] {
  const days: Day[] = []
  for (let day = desde; day <= hasta; day = shift(day, 1)) days.push(day)
  return doubtsOf(view, { desde, hasta }, days)
}

/** Of these days of a window those that fall on a weekend, and what the plantel calls non-working in it. */
function doubtsOf(view: View, { desde, hasta }: Run, days: readonly Day[]): string[] {
  const off = plantelOf(view).inhabiles.filter(off => off.desde <= hasta && desde <= off.hasta)
  return [...weekendLines(view, days.filter(isWeekend)), ...offLines(view, off)]
}

const weekendLines = (view: View, days: readonly Day[]) =>
  days.map(day => say(view, 'ventana.finde', { dia: formatDay(day, view.context.hoy) }))

const offLines = (view: View, off: readonly (Run & { motivo: string })[]) =>
  off.map(({ motivo, ...run }) => {
    const [desde, hasta] = [formatDay(run.desde, view.context.hoy), formatDay(run.hasta, view.context.hoy)]
    const key = run.desde === run.hasta ? 'ventana.inhabil' : 'ventana.inhabiles'
    return say(view, key, { dia: desde, desde, hasta, motivo })
  })

/** "Del jueves 1 al lunes 5 de octubre" */
export function daysLine(view: View, run: Run): string {
  const { hoy } = view.context
  const hasta = formatDay(run.hasta, hoy)
  return run.desde === run.hasta
    ? say(view, 'calendario.dia', { dia: hasta })
    : say(view, 'calendario.dias', { desde: firstDay(run, hoy), hasta })
}

/** "Abre el jueves 1 y cierra el lunes 5 de octubre": a month that is the same is said once. */
const firstDay = ({ desde, hasta }: Run, hoy: Day) =>
  desde.slice(0, 7) === hasta.slice(0, 7)
    ? formatDay(desde, hoy).replace(/ de .*/, '')
    : formatDay(desde, hoy)

const isWeekend = (day: Day) => [0, 6].includes(new Date(`${day}T12:00:00Z`).getUTCDay())

function cedulaLine(view: View): string {
  const { perfil, hoy } = view.context
  const it = perfil.nivel && cedula(view.at, perfil.nivel, plantelOf(view).dosIngresos?.valor)
  if (!it) return ''
  if (it.abierta) return say(view, 'cedula.abierta')
  if (it.siDosIngresos?.abierta) return say(view, 'cedula.quizaHoy', { mes: formatMonth(it.mes, hoy) })
  // Next year's August is of no use to who is in first semester now; February may be.
  const passed = it.mes.endsWith('-08') && it.mes.slice(0, 4) !== hoy.slice(0, 4)
  const mes = formatMonth(it.mes, passed ? it.mes : hoy)
  if (!it.siDosIngresos) return say(view, passed ? 'cedula.yaPaso' : 'cedula.cerrada', { mes })
  const otro = formatMonth(it.siDosIngresos.mes, hoy)
  return say(view, passed ? 'cedula.quizaYaPaso' : 'cedula.quiza', { mes, otro })
}

/** What they are told unasked. */
function avisosLines(view: View): string {
  const { avisos } = view.context
  if (!avisos) return say(view, 'recordatorio.noAqui')
  const [tramite, escuela] = temas.map(tema => avisos.includes(tema))
  return [
    say(view, tramite ? 'recordatorios.tramite.si' : 'recordatorios.tramite.no'),
    say(view, escuela ? 'recordatorios.escuela.si' : 'recordatorios.escuela.no'),
  ].join('\n')
}

/** When the next reminder comes and of what; or why none does. */
function nextReminder(view: View): string {
  const { context, content, at } = view
  if (incompleto(context.perfil)) return say(view, 'recordatorio.faltan')
  const due = nextDue(content, context, at)
  if (!due) return say(view, open(view).length > 0 ? 'recordatorio.sinFecha' : 'recordatorio.nada')
  const motivo = due.reminders.map(reminder => motivoOf(view, reminder)).join('; ')
  return say(view, 'recordatorio.proximo', {
    dia: formatDay(dayOf(due.at), context.hoy),
    hora: String(hourOf(due.at)),
    motivo,
  })
}

function motivoOf(view: View, reminder: Reminder): string {
  const que = 'paso' in reminder ? doneInDays(view, reminder.paso) : ''
  return say(view, `recordatorio.motivo.${reminder.kind}`, { que })
}

/** The first lines of a reminder. Right for as long as it may be said: no "hoy", which is wrong some hours late. */
export function reminderLine(view: View, reminder: Reminder): string {
  if (reminder.kind === 'clinica') return say(view, 'recordatorio.clinica')
  if (reminder.kind === 'vigencia')
    return say(view, reminder.semanas === 1 ? 'recordatorio.vigencia.una' : 'recordatorio.vigencia.tres')
  const { run, paso, kind } = reminder
  const { hoy } = view.context
  const values = {
    que: doneInDays(view, paso),
    desde: firstDay(run, hoy),
    hasta: formatDay(run.hasta, hoy),
  }
  const told = [...new Set(kind === 'antes' ? [run.desde, run.hasta] : [run.hasta])]
  // Of a month that the cédula has every weekend would be one to ask about.
  const doubts =
    ventanaOf(view, paso) === 'nss' ? doubtsOf(view, { ...run, desde: later(run.desde, hoy) }, told) : []
  return [say(view, `recordatorio.${kind}`, values), ...doubts].join('\n')
}

const ventanaOf = ({ content }: View, paso: string) => content.pasos.find(({ id }) => id === paso)?.ventana

/** What is done in the days of a step's window. */
const doneInDays = (view: View, paso: string) =>
  say(view, ventanaOf(view, paso) === 'cedula' ? 'recordatorio.que.cedula' : 'recordatorio.que.nss')

const later = (one: Day, other: Day) => (one < other ? other : one)

export function factsInWords(view: View, perfil: Perfil): string {
  return asked
    .flatMap(campo => (perfil[campo] === undefined ? [] : [[campo, perfil[campo]]]))
    .map(([campo, valor]) =>
      campo === 'plantel' ? view.content.plantel(valor).nombre : say(view, `dato.${campo}.${valor}`),
    )
    .join(', ')
}
