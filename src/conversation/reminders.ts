/**
 * When a person is to be reminded of what, by the plantel's calendar and what they have done: `unasked.ts` says it,
 * `handle` keeps when the next one is due. Pure. Of quiet hours it knows only that what is due goes out in none:
 * whoever asks late waits until they are over.
 */
import {
  cedulaOn,
  type Day,
  dayOf,
  daysOf,
  hourOf,
  momentOf,
  type Run,
  runsFrom,
  shift,
} from '../calendar.ts'
import type { Content, PasoConId } from '../content/load.ts'
import { stepsOf } from './checklist.ts'
import type { Saved } from './saved.ts'

export type Reminder =
  /** Three days before a window opens, on its first day, on its last; a window of one day has no first. */
  | {
      readonly kind: 'antes' | 'primero' | 'ultimo'
      readonly paso: string
      readonly run: Run
    }
  /** So many weeks after the registration (A188, A288-290). */
  | { readonly kind: 'vigencia'; readonly semanas: 1 | 3 }
  /** VIGENTE: now the clinic. */
  | { readonly kind: 'clinica' }

/** What is to be said in one message. */
export interface Due {
  /** When the last of it fell due. */
  readonly at: Date
  /** From then on not all of it is right any more: what is said together ends with what ends first. */
  readonly until: Date
  /** At least one, as the steps follow each other. */
  readonly reminders: readonly Reminder[]
}

type Known = Pick<Saved, 'perfil' | 'hechos'>

/** A reminder in local days: it falls due on `day` at the hour of all. */
interface Planned {
  readonly day: Day
  readonly until: Clock
  readonly reminder: Reminder
}

/** A day and the hour that clocks show: the time zone's tables are slow, and most of these are never said. */
type Clock = readonly [day: Day, hour: number]

const noticeDays = 3
const weekDays = 7
/** What no window ends is of use for so long. */
const usefulDays = 14

/** The next moment after `from` at which something is due, as things stand; undefined where nothing ever will be. */
export function nextDue(content: Content, known: Known, from: Date): Due | undefined {
  const first = nextTime(content, from)
  const ahead = plan(content, known, first).filter(({ day }) => day >= first)
  const [soonest] = ahead.map(({ day }) => day).sort()
  return dueOf(
    content,
    ahead.filter(({ day }) => day === soonest),
  )
}

/**
 * What was due after `from` and by `now`, and is still of use. Of one step each kind only once: where windows of one
 * day follow each other closely, two may be about to open, and the one that opens first is said.
 */
export function dueBy(content: Content, known: Known, from: Date, now: Date): Due | undefined {
  const [first, next] = [nextTime(content, from), nextTime(content, now)]
  const due = plan(content, known, dayOf(now)).filter(
    ({ day, until }) => first <= day && day < next && momentOf(...until) > now,
  )
  const isSecond = ({ reminder }: Planned, i: number) =>
    due.slice(0, i).some(earlier => nameOf(earlier.reminder) === nameOf(reminder))
  return dueOf(
    content,
    due.filter((planned, i) => !isSecond(planned, i)),
  )
}

/** The day on which reminders go out next, after a moment. */
function nextTime({ avisos }: Content, after: Date): Day {
  const day = dayOf(after)
  return hourOf(after) < avisos.hora ? day : shift(day, 1)
}

function dueOf({ avisos }: Content, together: readonly Planned[]): Due | undefined {
  const last = together
    .map(({ day }) => day)
    .sort()
    .at(-1)
  if (last === undefined) return undefined
  const [day, hour] = together.map(({ until }) => until).reduce((a, b) => (isBefore(b, a) ? b : a))
  return {
    at: momentOf(last, avisos.hora),
    until: momentOf(day, hour),
    reminders: together.map(({ reminder }) => reminder),
  }
}

const isBefore = ([day, hour]: Clock, [otherDay, otherHour]: Clock) =>
  day < otherDay || (day === otherDay && hour < otherHour)

const nameOf = (reminder: Reminder) => `${reminder.kind} ${'paso' in reminder ? reminder.paso : ''}`

/**
 * All that falls due from a day on, and what fell due before and may still be of use then, but of windows only those of
 * the two that come first: no later one is told of before the first of them has closed.
 */
function plan(content: Content, { perfil, hechos }: Known, from: Day): Planned[] {
  return stepsOf(content, perfil)
    .filter(({ id }) => hechos[id] === undefined)
    .flatMap(paso => [
      ...windowsOf(content, paso, perfil, from).flatMap(run => aroundWindow(content, paso, run)),
      ...(paso.id === 'vigencia' ? afterRegistration(content, hechos) : []),
      ...(paso.id === 'clinica' ? afterVigencia(content, hechos) : []),
    ])
}

/** Those that a step waits for, the one of this day or the next to come first. Of the cédula, the months that are sure. */
function windowsOf(
  content: Content,
  { ventana }: PasoConId,
  { plantel: id, nivel }: Known['perfil'],
  from: Day,
): readonly Run[] {
  const plantel = content.plantel(id)
  if (ventana === 'nss') return runsFrom(from, plantel)
  const months = ventana && nivel && cedulaOn(from, nivel, plantel.dosIngresos?.valor)
  return months ? [daysOf(months.mes), daysOf(months.siguiente)] : []
}

/** Each is of use until the next of the same window; the last one until the evening, when people are let alone. */
function aroundWindow({ avisos }: Content, { id: paso }: PasoConId, run: Run): Planned[] {
  const { hora, silencio } = avisos
  const { desde, hasta } = run
  const evening: Clock = silencio.desde > hora ? [hasta, silencio.desde] : [shift(hasta, 1), 0]
  const told = (kind: 'antes' | 'primero' | 'ultimo', day: Day, until: Clock) => ({
    day,
    until,
    reminder: { kind, paso, run },
  })
  return [
    told('antes', shift(desde, -noticeDays), [desde, hora]),
    ...(desde < hasta ? [told('primero', desde, [hasta, hora])] : []),
    told('ultimo', hasta, evening),
  ]
}

/** The sources say one week and three, and that a registration is not one until it is saved (A99-102). */
function afterRegistration({ avisos: { hora } }: Content, { sismi, guardar }: Known['hechos']): Planned[] {
  const registered = [sismi, guardar].filter(isDay).sort().at(-1)
  if (registered === undefined) return []
  const [one, three] = [shift(registered, weekDays), shift(registered, 3 * weekDays)]
  return [
    { day: one, until: [three, hora], reminder: { kind: 'vigencia', semanas: 1 } },
    { day: three, until: [shift(three, usefulDays), hora], reminder: { kind: 'vigencia', semanas: 3 } },
  ]
}

function afterVigencia({ avisos: { hora } }: Content, { vigencia }: Known['hechos']): Planned[] {
  if (!isDay(vigencia)) return []
  const day = shift(vigencia, 1)
  return [{ day, until: [shift(day, usefulDays), hora], reminder: { kind: 'clinica' } }]
}

/** What was stored may be any text. */
const isDay = (text: string | undefined): text is Day =>
  /^\d{4}-\d{2}-\d{2}$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''))
