/**
 * One message: from what is stored of a conversation to what is stored next and what is said. Pure: `handle` loads
 * and saves around it, the tests walk it.
 */
import { type Campo, incompleto, type Meta, type Perfil } from '../../flows/shape.ts'
import { dayOf } from '../calendar.ts'
import type { Outgoing } from '../message.ts'
import type { Doubt } from '../store/turns.ts'
import { wants } from './avisos.ts'
import { metaOf, type Offer, offersAt } from './choices.ts'
import type { Intent } from './intent.ts'
import { interpret } from './interpret.ts'
import { isRepeated, reply } from './reply.ts'
import { home, type Saved, split, standable } from './saved.ts'
import { type Guide, isOnlyData, type Message, Walk } from './walk.ts'
import { factsInWords, moreOf } from './write.ts'

export interface Outcome {
  readonly saved: Saved
  readonly replies: readonly Outgoing[]
  readonly topics: readonly string[]
  /** Everything stored about the person is to be deleted. */
  readonly forget: boolean
  /** The label of the choice that was pressed. */
  readonly pressed?: string
  /** For the list of what was not answered outright. */
  readonly doubt?: Doubt
  /** The broadcast whose button was pressed. */
  readonly pulsed?: number
  /** The code told in the replies: it is to be good for this conversation. */
  readonly gives?: string
  /** The code that the message holds: the message is to come again with what it is good for, `Message.carried`. */
  readonly takes?: string
}

/** So many places back: more than anybody goes. */
const maxBack = 20

/** What one message does to a conversation. Never throws for anything a person can send. */
export function step(guide: Guide, saved: Saved, message: Message): Outcome {
  const walk = new Walk(guide, saved, message)
  const before = `${walk.saved.flow}.${walk.saved.state}`
  const { saved: offeredTo, snapshot } = walk
  if (message.masked) walk.note('tapado')
  if (message.body.kind === 'text' && message.body.beside) walk.note('archivo.junto')
  // Whoever writes on a school's page has not told us anything: nothing to be noted aloud.
  if (message.plantel) takePlantel(walk, message.plantel)
  // Not by the words of somebody else, nor by those that are not read.
  if (message.body.kind === 'text' && !message.body.how && speaksFormally(message.body.text))
    walk.saved = { ...walk.saved, usted: true }
  const meta = metaOf(walk.snapshot)
  const offers = () => offersAt(guide.content, offeredTo, snapshot)
  const intent = interpret(message.body, {
    ...guide,
    saved: walk.saved,
    hoy: dayOf(message.at),
    meta,
    offers,
  })
  if (meta.reposo && leaving.has(intent.kind)) walk.goto(home.flow, home.state)
  ;(acting[intent.kind] as (walk: Walk, intent: Intent) => void)(walk, intent)
  // Whoever wanted reminders was asked first what they go by.
  const known = incompleto(saved.perfil) && !incompleto(walk.saved.perfil)
  if (known && message.pushes && wants(walk.saved, 'tramite')) walk.note('recordatorio.sigue')
  remember(walk, before, intent)
  const { saved: next, topics, forget, gives } = walk
  const pressed =
    intent.kind === 'offer' && message.body.kind === 'choice' ? { pressed: intent.offer.label } : {}
  const pulsed = intent.kind === 'offer' && intent.offer.difusion ? { pulsed: intent.offer.difusion } : {}
  const codes = {
    ...(gives === undefined ? {} : { gives }),
    ...(intent.kind === 'codigo' && intent.code !== undefined ? { takes: intent.code } : {}),
  }
  const told = { ...pressed, ...pulsed, ...codes, doubt: doubtOf(intent) }
  return { saved: next, replies: reply(walk), topics, forget, ...told }
}

function doubtOf(intent: Intent): Doubt | undefined {
  if (intent.kind === 'suggest') return { decision: 'offer', topics: intent.topics }
  return intent.kind === 'unknown' || intent.kind === 'emergency'
    ? { decision: 'unknown', topics: [] }
    : undefined
}

/** By a school's page or poster: true where that is news. */
function takePlantel(walk: Walk, id: string): boolean {
  const { nivel, ...plantel } = walk.guide.content.plantel(id)
  if (plantel.id !== id || walk.saved.perfil.plantel) return false
  const perfil: Perfil = { plantel: id, ...(nivel ? { nivel } : {}), ...walk.saved.perfil }
  walk.saved = { ...walk.saved, perfil }
  return true
}

/** A parent, or whoever says usted: answered the same way from then on. */
const speaksFormally = (text: string) => /\b(?:mi hij[oa]|usted|disculpe|me podr[ií]a|oiga)\b/i.test(text)

/** What takes one away from a place that waits for nothing. */
const leaving: ReadonlySet<Intent['kind']> = new Set([
  'act',
  'answer',
  'emergency',
  'suggest',
  'unknown',
  'facts',
  'done',
  'recordar',
  'callar',
])

/** Carries out what the message means. */
const acting: { readonly [K in Intent['kind']]: (walk: Walk, intent: Extract<Intent, { kind: K }>) => void } =
  {
    offer: (walk, { offer }) => take(walk, offer),
    stale: walk => refuse(walk, 'opcionVieja'),
    unreadable: (walk, { clave }) => refuse(walk, clave),
    start: (walk, { plantel }) => {
      if (plantel && takePlantel(walk, plantel))
        walk.note('saludo.plantel', { plantel: walk.guide.content.plantel(plantel).nombre })
      begin(walk)
    },
    menu: walk => {
      walk.topics = ['menu']
      walk.start(home.flow)
    },
    volver: walk => goBack(walk),
    salir: walk => leave(walk, 'salir'),
    borrar: walk => {
      walk.topics = ['privacidad']
      walk.forget = true
    },
    flow: (walk, { flujo, act }) => {
      if (act) walk.topics = [act]
      open(walk, flujo)
    },
    pasar: walk => {
      walk.topics = ['progreso']
      walk.give()
      if (walk.saved.flow === home.flow) walk.extra = ['flujo:checklist']
    },
    codigo: walk => bring(walk),
    calendario: walk => schedule(walk),
    recordar: walk => remind(walk),
    callar: walk => hush(walk),
    correct: walk => walk.goto('checklist', 'corregir'),
    // "Ya lo hice" where no step is shown: which of the list.
    which: walk => {
      walk.topics = ['progreso']
      walk.start('checklist')
      walk.send({ type: 'marcar' })
    },
    act: (walk, { act }) => courtesy(walk, act),
    numbers: (walk, { numeros }) => {
      walk.numeros = numeros
      walk.send({ type: 'numeros', numeros })
    },
    done: (walk, { pasos, done }) => tick(walk, pasos, done),
    facts: (walk, { facts }) => takeFacts(walk, facts),
    answer: (walk, { topics, facts, about }) => {
      hear(walk, facts)
      for (const topic of topics) walk.answer(topic, about)
      // Two "dime más" could not be told apart.
      if (topics.length > 1) walk.extra = []
      follow(walk, topics)
    },
    emergency: (walk, { topics }) => {
      walk.note('emergencia')
      for (const topic of topics) walk.answer(topic)
      if (topics.length === 0) walk.topics = ['fuera']
      walk.resumes = true
      walk.quiet = true
    },
    suggest: (walk, { topics, facts }) => {
      hear(walk, facts)
      walk.note('ofrece')
      walk.extra = topics.map(topic => `tema:${topic}`)
      walk.resumes = true
    },
    unknown: (walk, { clave, facts }) => admit(walk, clave, facts),
  }

/** Nothing to act on: says why, and that the place is kept. */
function refuse(walk: Walk, clave: string): void {
  walk.note(clave)
  walk.resumes = !isRepeated(walk.say(metaOf(walk.snapshot).texto))
}

/** A choice that was offered. */
function take(walk: Walk, { does, difusion }: Offer): void {
  walk.apart = difusion !== undefined
  if (does.kind === 'event') walk.send(does.event)
  else if (does.kind === 'menu') walk.start(home.flow)
  else if (does.kind === 'volver') goBack(walk)
  else if (does.kind === 'flow') open(walk, does.id)
  else if (does.kind === 'done') tickPressed(walk, does.id)
  else if (does.kind === 'school') tellOfSchool(walk)
  else {
    if (does.kind === 'topic') walk.answer(does.id)
    else walk.answers.push(moreOf(walk.view(), does.id))
    follow(walk, [does.id])
  }
}

/** What may be pressed after an answer: at rest the topic's own "sigue", in a flow only what the flow asks. */
function follow(walk: Walk, topics: readonly string[]): void {
  walk.resumes = true
  if (walk.saved.flow !== home.flow) return
  const { content, flows } = walk.guide
  const next = topics.flatMap(topic => content.preguntas[topic]?.sigue ?? [])
  const ids = next.map(id => (id === 'tramite' || flows.machines[id] ? `flujo:${id}` : `tema:${id}`))
  walk.extra = [...new Set([...walk.extra, ...ids])].slice(0, 4)
  if (walk.extra.length === 0) walk.extra = ['flujo:preguntas']
}

/** A flow by its id, or what is offered like one; `tramite` is the way to the checklist of the alta, whatever list there was before. */
function open(walk: Walk, flujo: string): void {
  if (flujo === 'tramite') walk.saved = { ...walk.saved, perfil: { ...walk.saved.perfil, tramite: 'alta' } }
  const id = flujo === 'tramite' ? 'perfil' : flujo
  if (flujo === 'calendario') schedule(walk)
  // What was offered long ago may be gone.
  else if (Object.hasOwn(walk.guide.flows.machines, id)) walk.start(id)
  else refuse(walk, 'opcionVieja')
}

/** What is not known of the person, and dates go by, is asked first. */
function remind(walk: Walk): void {
  walk.topics = ['recordatorio']
  if (!walk.message.pushes) {
    walk.note('recordatorio.noAqui')
    walk.resumes = true
    if (walk.saved.flow === home.flow) walk.extra = ['flujo:calendario']
    return
  }
  const had = wants(walk.saved, 'tramite')
  walk.want('tramite')
  if (!incompleto(walk.saved.perfil)) walk.announce(had ? 'recordatorio.yaPuesto' : 'recordatorio.puesto')
  else {
    walk.note('recordatorio.falta')
    if (walk.saved.flow !== 'perfil') walk.start('perfil')
  }
}

function tellOfSchool(walk: Walk): void {
  walk.topics = ['recordatorio']
  walk.want('escuela')
  walk.note('recordatorio.escuela')
  walk.resumes = true
  if (walk.saved.flow === home.flow) walk.extra = ['flujo:recordatorios']
}

/** Nothing unasked any more. */
function hush(walk: Walk): void {
  walk.topics = ['recordatorio']
  const some = walk.saved.avisos && walk.saved.avisos.temas.length > 0
  walk.unwant()
  walk.note(some ? 'recordatorio.alto' : 'recordatorio.ninguno')
  walk.resumes = true
  if (walk.saved.flow === home.flow) walk.extra = ['flujo:recordatorios']
}

/** A file of the days; whoever asked for it with the words of a reminder has asked for a reminder. */
function schedule(walk: Walk): void {
  walk.topics = ['recordatorio']
  walk.attachCalendar()
  if (walk.saved.flow === home.flow) walk.extra = ['flujo:ventana']
}

/** The list of another chat comes here: what is known there wins, what was done in either is done. */
function bring(walk: Walk): void {
  const { carried } = walk.message
  if (!carried) {
    refuse(walk, 'pasar.noSirve')
    return
  }
  const { perfil, hechos, usted } = carried
  walk.saved = {
    ...walk.saved,
    perfil: { ...walk.saved.perfil, ...perfil },
    hechos: { ...walk.saved.hechos, ...hechos },
    ...(usted ? { usted } : {}),
  }
  walk.note('pasar.traida', { n: String(Object.keys(hechos).length) })
  walk.start('checklist')
}

function begin(walk: Walk): void {
  const known = Object.keys(walk.saved.hechos).length > 0
  walk.note(known ? 'saludo.regreso' : 'saludo')
  walk.start(home.flow)
}

function goBack(walk: Walk): void {
  const back = walk.saved.back.filter(place => concerns(walk, place))
  const last = back.pop()
  walk.saved = { ...walk.saved, back }
  const [flow, state] = last ? split(last) : [home.flow, home.state]
  walk.goto(flow, state)
}

/** Whether a place is one for this person still: the step that it shows may have left their list, or the list may wait. */
function concerns(walk: Walk, place: string): boolean {
  if (!standable(place, walk.guide.flows)) return false
  if (place === 'checklist.lista' && incompleto(walk.saved.perfil)) return false
  const [flow, state] = split(place)
  const meta: Meta | undefined = walk.guide.flows.machines[flow]?.states[state]?.meta
  const paso = meta?.paso ?? walk.saved.own.paso
  return meta?.texto !== 'paso' || (paso !== undefined && walk.context().pasos.includes(paso))
}

/** Says good-bye without leaving the place: the next message finds it. */
function leave(walk: Walk, clave: string): void {
  walk.note(clave)
  walk.quiet = true
  if (walk.saved.flow === home.flow) walk.extra = ['flujo:checklist']
}

function courtesy(walk: Walk, which: string): void {
  walk.topics = [which]
  walk.resumes = true
  const { campo, paso, numeros } = metaOf(walk.snapshot)
  const waits = campo !== undefined || paso !== undefined || numeros !== undefined
  if (which === 'saludo' && walk.saved.flow === home.flow) begin(walk)
  else if (which === 'despedida' || (which === 'gracias' && !waits)) leave(walk, which)
  else walk.note(which === 'saludo' ? 'saludo.regreso' : which)
}

/** Adds to the profile and says so; says it differently where something known has changed. True: it was news. */
function learn(walk: Walk, facts: Perfil): boolean {
  const { perfil: known, hechos } = walk.saved
  const fresh = Object.entries(facts).filter(([campo, valor]) => known[campo as Campo] !== valor)
  if (fresh.length === 0) return false
  const news = Object.fromEntries(fresh) as Perfil
  const changed = fresh.some(([campo]) => known[campo as Campo] !== undefined)
  walk.saved = { ...walk.saved, perfil: { ...known, ...news } }
  const datos = factsInWords(walk.view(), news)
  const someDone = Object.keys(hechos).length > 0
  walk.note(changed ? (someDone ? 'cambie.hechos' : 'cambie') : 'anote', { datos })
  return true
}

/** Learns what was said besides a question; the step where we are may not concern the person any more. */
function hear(walk: Walk, facts: Perfil): void {
  if (learn(walk, facts) && walk.saved.flow !== home.flow) walk.send({ type: 'perfil' })
}

/** Something about the person, and nothing asked: it fills what the flow asks, or opens the way to the checklist. */
function takeFacts(walk: Walk, facts: Perfil): void {
  learn(walk, facts)
  if (walk.saved.flow === home.flow) walk.start('perfil')
  else walk.send({ type: 'perfil' })
}

function tick(walk: Walk, pasos: readonly string[], done: boolean): void {
  walk.topics = ['progreso']
  const others = Object.entries(walk.saved.hechos).filter(([paso]) => !pasos.includes(paso))
  const ticked = done ? pasos.map(paso => [paso, dayOf(walk.message.at)]) : []
  walk.saved = { ...walk.saved, hechos: Object.fromEntries([...others, ...ticked]) }
  const titles = walk.guide.content.pasos.filter(p => pasos.includes(p.id)).map(p => p.titulo)
  walk.note(done ? 'paso.marcado' : 'paso.desmarcado', { titulo: titles.join('; ') })
  if (walk.saved.flow === home.flow) walk.extra = ['flujo:checklist']
  else walk.send({ type: 'perfil' })
}

/** The button of a reminder or a broadcast, which may be pressed more than once and long after. */
function tickPressed(walk: Walk, paso: string): void {
  if (walk.saved.hechos[paso] === undefined) tick(walk, [paso], true)
  else {
    walk.topics = ['progreso']
    const titulo = walk.guide.content.pasos.find(({ id }) => id === paso)?.titulo ?? ''
    walk.note('paso.yaMarcado', { titulo })
    if (walk.saved.flow === home.flow) walk.extra = ['flujo:checklist']
  }
  walk.resumes = true
}

function admit(walk: Walk, clave: string, facts: Perfil): void {
  walk.topics = ['fuera']
  hear(walk, facts)
  if (!isOnlyData(walk.message)) walk.note(clave)
  if (walk.saved.flow === home.flow) walk.extra = ['flujo:preguntas', 'flujo:persona']
  // The text about the school asks for it again in its own words.
  walk.quiet = clave === 'perfil.noPlantel'
  walk.resumes = true
}

/** Where we were, for "volver"; what was offered besides, for the next message. */
function remember(walk: Walk, before: string, intent: Intent): void {
  const now = `${walk.saved.flow}.${walk.saved.state}`
  const wentBack =
    intent.kind === 'volver' || (intent.kind === 'offer' && intent.offer.does.kind === 'volver')
  let { back } = walk.saved
  if (now === `${home.flow}.${home.state}`) back = []
  else if (now !== before && !wentBack)
    back = [...back.filter(place => place !== now), before].slice(-maxBack)
  const { tema: _, ...saved } = walk.saved
  const tema = subjectOf(walk, intent)
  walk.saved = { ...saved, back, extra: walk.extra, ...(tema === undefined ? {} : { tema }) }
}

/** A courtesy or a question that was not understood leaves what was spoken of; whatever leads elsewhere ends it. */
function subjectOf(walk: Walk, intent: Intent): string | undefined {
  if (intent.kind === 'answer' && intent.about?.subject) return intent.about.subject
  const answered = walk.topics.filter(id => walk.guide.content.preguntas[id]).at(-1)
  return answered ?? (keepsSubject.has(intent.kind) ? walk.saved.tema : undefined)
}
const keepsSubject: ReadonlySet<Intent['kind']> = new Set(['act', 'suggest', 'unknown', 'unreadable'])
