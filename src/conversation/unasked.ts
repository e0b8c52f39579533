/**
 * What the guide says by itself: reminders that are due, and what staff write to many. `handle` calls it with what is
 * stored of a person, as it calls `step` with what they write. Pure.
 */
import { createHash } from 'node:crypto'
import { dayOf } from '../calendar.ts'
import type { Content } from '../content/load.ts'
import type { Announcement, AvisoButton, Choice, Outgoing, Unasked, Unsaid } from '../message.ts'
import type { Destination, Subscription } from '../store/turns.ts'
import { roomAt, told, wants } from './avisos.ts'
import { stepsOf } from './checklist.ts'
import { isLasting, lastingId, lastingOffer } from './choices.ts'
import { dueBy, nextDue, type Reminder } from './reminders.ts'
import type { Saved } from './saved.ts'
import type { Guide } from './walk.ts'
import { reminderLine, say, type View, viewOfNobody } from './write.ts'

export { isLasting }

export interface Spoken {
  /** To be stored, also where nothing is said. */
  readonly saved: Saved
  readonly replies: readonly Outgoing[]
  /** Why nothing is said. */
  readonly unsaid?: Unsaid
  /** What is said is of no use any more from then on. */
  readonly until: Date
}

export function speakUnasked({ content }: Guide, saved: Saved, at: Date, what: Unasked): Spoken {
  const unsaid = (why: Unsaid, kept = saved): Spoken => ({ saved: kept, replies: [], unsaid: why, until: at })
  const { avisos } = saved
  const tema = what.kind === 'recordatorio' ? 'tramite' : what.tema
  if (!avisos || !wants(saved, tema)) return unsaid('salio')
  const due = what.kind === 'recordatorio' ? dueBy(content, saved, new Date(avisos.hasta), at) : what
  const hasta = what.kind === 'recordatorio' ? at.toISOString() : avisos.hasta
  if (!due || due.until <= at) return unsaid('nada', { ...saved, avisos: { ...avisos, hasta } })
  // A reminder comes when there is room again, if it is of use then.
  if (roomAt(content, avisos, at) > at) return unsaid('tope')
  const message = 'reminders' in due ? remind(content, saved, at, due.reminders) : announce(content, due)
  const offered = (message.choices ?? []).map(({ id }) => id)
  // What was offered before goes on to be: nobody has answered it.
  const extra = [...offered, ...saved.extra.filter(id => !isLasting(id))]
  const kept = { ...saved, extra, avisos: told({ ...avisos, hasta }, at) }
  return { saved: kept, replies: [message], until: due.until }
}

/** What is due, what to do now, and how to say that it is done. */
function remind(content: Content, saved: Saved, at: Date, reminders: readonly Reminder[]): Outgoing {
  const { perfil, hechos, usted } = saved
  const pasos = stepsOf(content, perfil).map(({ id }) => id)
  const context = { perfil, hechos, pasos, hoy: dayOf(at) }
  const view: View = { content, at, context, ...(usted ? { usted } : {}) }
  const [paso = ''] = reminders.map(it => ownStep(it) ?? pasos.find(id => hechos[id] === undefined) ?? '')
  const lines = [...new Set(reminders.map(reminder => reminderLine(view, reminder)))]
  const texts = [
    lines.join('\n'),
    say({ ...view, paso }, 'recordatorio.toca'),
    say(view, 'recordatorio.paraParar'),
  ]
  const steps = [paso, ...reminders.map(it => ('paso' in it ? it.paso : it.kind))]
  const done = [...new Set(steps)].slice(0, maxDone).map(id => ({ does: 'paso', id }) as const)
  const leads = reminders.some(({ kind }) => kind === 'vigencia') && done.length < maxDone ? ['vigencia'] : []
  const buttons = [...done, ...[...leads, 'checklist'].map(id => ({ does: 'flujo', id }) as const)]
  return { text: texts.join('\n\n'), choices: buttons.flatMap(button => choiceOf(content, 0, button)) }
}

/** With the list there are three, as many as WhatsApp shows as buttons. */
const maxDone = 2

/** What is to be done now: the step that a reminder is of, where nothing comes before it. */
const ownStep = ({ kind }: Reminder) => (kind === 'vigencia' || kind === 'clinica' ? kind : undefined)

/** A broadcast as everybody gets it: who writes, what they wrote, how to be written no more. */
export function announce(content: Content, { difusion, tema, text, button, until }: Announcement): Outgoing {
  const view = viewOfNobody(content, until)
  const texts = [say(view, `difusion.${tema}`), text.trim(), say(view, 'recordatorio.paraParar')]
  const choices = button ? choiceOf(content, difusion, button) : []
  return { text: texts.join('\n\n'), ...(choices.length > 0 ? { choices } : {}) }
}

/** None where what it led to is no longer in content/. */
function choiceOf(content: Content, difusion: number, button: AvisoButton): Choice[] {
  const offer = lastingOffer(content, lastingId(difusion, button))
  return offer ? [{ id: offer.id, label: offer.label }] : []
}

/** What the store is to know of who wants to be told something; null where nobody. */
export function subscriptionOf(
  content: Content,
  saved: Saved,
  at: Date,
  to: Destination,
): Subscription | null {
  const { avisos, perfil, hechos } = saved
  if (!avisos || avisos.temas.length === 0) return null
  const { nivel, semestre, plantel } = perfil
  const due = wants(saved, 'tramite') ? nextDue(content, saved, new Date(avisos.hasta)) : undefined
  const room = roomAt(content, avisos, at)
  return {
    ...to,
    temas: avisos.temas,
    ...(nivel ? { nivel } : {}),
    ...(semestre ? { semestre } : {}),
    ...(plantel ? { plantel } : {}),
    faltan: stepsOf(content, perfil).flatMap(({ id }) => (hechos[id] === undefined ? [id] : [])),
    ...(due ? { proximo: room > at && room > due.at ? room : due.at } : {}),
    plan: planOf(content),
  }
}

const plans = new WeakMap<Content, string>()

/** Names what dates are reckoned with, so that it is seen where that has changed. */
export function planOf(content: Content): string {
  let plan = plans.get(content)
  if (plan === undefined) {
    const { planteles, pasos, avisos } = content
    const all = JSON.stringify([planteles, pasos, avisos])
    plan = createHash('sha256').update(all).digest('base64url').slice(0, 12)
    plans.set(content, plan)
  }
  return plan
}
