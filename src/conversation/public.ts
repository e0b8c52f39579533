/**
 * What is said in a group, where others read along: answers as for anybody, and for whatever is somebody's own the
 * way into the private conversation. `handle` calls it with a message said to the guide; nothing is kept. Pure.
 */
import { dayOf } from '../calendar.ts'
import type { Body, Outgoing } from '../message.ts'
import { metaOf } from './choices.ts'
import type { Intent } from './intent.ts'
import { interpret } from './interpret.ts'
import { newSaved } from './saved.ts'
import { type Guide, isOnlyData, type Message, Walk } from './walk.ts'
import { say, viewOfNobody } from './write.ts'

export interface Spoken {
  readonly topics: readonly string[]
  /** For the group. None where nothing was asked: a sticker, a lone emoji. */
  readonly replies: readonly Outgoing[]
  /** Somebody's own: what is to be handled in the private conversation, where there is one. */
  readonly aside?: Body
}

/** `link` opens a private conversation with the guide. */
export function speakInPublic(guide: Guide, message: Message, link: string): Spoken {
  const walk = new Walk(guide, newSaved(guide.flows), message)
  const { saved, snapshot } = walk
  // Nothing is offered here: a number or a yes is of a talk of their own.
  const place = { ...guide, saved, hoy: dayOf(message.at), meta: metaOf(snapshot), offers: () => [] }
  const intent = interpret(message.body, place)
  const said = (speaking[intent.kind] as (walk: Walk, intent: Intent, link: string) => Said)(
    walk,
    intent,
    link,
  )
  if (typeof said !== 'string') return { topics: walk.topics, replies: tell(walk, said) }
  const own = walk.say('grupo.privado', { liga: linkTo(link, said) })
  // Only what says something of the person goes there as it was said: of other words one might be a button's there.
  const aside: Body = telling.has(intent.kind) ? message.body : { kind: 'text', text: `/start ${said}` }
  return { topics: [], replies: tell(walk, [own]), aside }
}

const telling: ReadonlySet<Intent['kind']> = new Set([
  'answer',
  'facts',
  'done',
  'codigo',
  'recordar',
  'callar',
])

/** For the group, where the message was answered in the private conversation. `masked`: personal data was in it. */
export function answeredAside({ content }: Guide, at: Date, link: string, masked: boolean): string {
  const view = viewOfNobody(content, at)
  const told = say(view, 'grupo.contestado', { liga: link })
  return masked ? `${say(view, 'grupo.dato')}\n\n${told}` : told
}

/** In a group nothing can be masked any more: all have read it before us. */
function tell(walk: Walk, texts: readonly string[]): Outgoing[] {
  const all = walk.message.masked ? [walk.say('grupo.dato'), ...texts] : texts
  return all.map(text => ({ text }))
}

const linkTo = (link: string, payload: string) => `${link}?start=${payload}`

/** The texts for the group, or the payload of the link where it is somebody's own. */
type Said = readonly string[] | string

/** Flows that ask nothing of the person, and the topic that says the same to everybody. */
const everybodys: Readonly<Record<string, string>> = { ventana: 'ventana', persona: 'contacto' }

const speaking: {
  readonly [K in Intent['kind']]: (walk: Walk, intent: Extract<Intent, { kind: K }>, link: string) => Said
} = {
  start: (walk, { plantel }, link) => greet(walk, plantel ? linkTo(link, `plantel-${plantel}`) : link),
  menu: (walk, _, link) => greet(walk, link),
  flow: (walk, { flujo }) => {
    const topic = everybodys[flujo]
    if (topic === undefined) return `flujo-${flujo}`
    walk.answer(topic)
    return walk.answers
  },
  answer: (walk, { topics, facts, about }) => {
    if (!isEmpty(facts)) return `tema-${topics[0]}`
    for (const topic of topics) walk.answer(topic, about)
    return walk.answers
  },
  emergency: (walk, { topics }) => {
    for (const topic of topics) walk.answer(topic)
    if (topics.length === 0) walk.topics = ['fuera']
    return [walk.say('emergencia'), ...walk.answers]
  },
  suggest: (walk, { facts }, link) =>
    isEmpty(facts) ? [walk.say('grupo.noSeguro', { liga: link })] : tellLoose(walk, link),
  unknown: (walk, { facts }, link) => {
    if (!isEmpty(facts)) return tellLoose(walk, link)
    walk.topics = ['fuera']
    return isOnlyData(walk.message) ? [] : [walk.say('grupo.noSe', { liga: link })]
  },
  act: (walk, { act }, link) => {
    walk.topics = [act]
    if (act === 'saludo') return greet(walk, link)
    return [walk.say(act === 'gracias' ? act : 'grupo.adios')]
  },
  unreadable: (walk, { clave }, link) => {
    if (clave === 'vacio') return greet(walk, link)
    if (clave === 'soloEmoji' || clave === 'archivo.sticker') return []
    return clave === 'largo' || clave.startsWith('archivo.') ? [walk.say(clave)] : tellLoose(walk, link)
  },
  salir: walk => [walk.say('grupo.adios')],
  facts: () => 'flujo-tramite',
  pasar: () => 'flujo-pasar',
  // All have read it: it is taken at once where there is a conversation, and is in no link.
  codigo: () => 'flujo-pasar',
  calendario: () => 'flujo-calendario',
  recordar: () => 'flujo-recordatorios',
  callar: () => 'flujo-recordatorios',
  borrar: () => 'flujo-privacidad',
  correct: () => 'flujo-checklist',
  which: () => 'flujo-checklist',
  done: () => 'flujo-checklist',
  // What a choice, a number or a way back means, only a place of one's own can tell.
  offer: (walk, _, link) => tellLoose(walk, link),
  stale: (walk, _, link) => tellLoose(walk, link),
  numbers: (walk, _, link) => tellLoose(walk, link),
  volver: (walk, _, link) => tellLoose(walk, link),
}

/** Nothing that could be handed over: it is to be said again where there is a conversation. */
const tellLoose = (walk: Walk, liga: string): Said => [walk.say('grupo.suelto', { liga })]

const isEmpty = (facts: object) => Object.keys(facts).length === 0

function greet(walk: Walk, liga: string): Said {
  walk.topics = ['saludo']
  return [walk.say('grupo.saludo', { liga })]
}
