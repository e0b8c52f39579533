/**
 * One message: from what is stored of a conversation to what is stored next and what is said. Pure: `handle` loads
 * and saves around it, the tests walk it.
 */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { initialTransition, transition } from 'xstate'
import type { Campo, Context, FlowEvent, Perfil } from '../../flows/shape.ts'
import { dayOf } from '../calendar.ts'
import type { Content } from '../content/load.ts'
import type { Body, Choice, Outgoing } from '../message.ts'
import { stepsOf } from './checklist.ts'
import { metaOf, type Offer, offersAt } from './choices.ts'
import { type Intent, interpret } from './interpret.ts'
import { carry, type FlowSet, home, type Saved, split, standable } from './saved.ts'
import type { Understood } from './understanding/understand.ts'
import { answerOf, factsInWords, moreOf, say, type View } from './write.ts'

export interface Guide {
  readonly content: Content
  readonly flows: FlowSet
  readonly understand: (text: string) => Understood
}

export interface Message {
  readonly at: Date
  /** Personal data in it already masked: `masked` says that there was some. */
  readonly body: Body
  readonly masked?: boolean
  readonly plantel?: string
}

export interface Outcome {
  readonly saved: Saved
  readonly replies: readonly Outgoing[]
  readonly topics: readonly string[]
  /** Everything stored about the person is to be deleted. */
  readonly forget: boolean
  /** The label of the choice that was pressed. */
  readonly pressed?: string
}

/** At most so many flows in a row without a word from the person: more is a loop between flows. */
const maxHops = 8
/** So many places back: more than anybody goes. */
const maxBack = 20
/** A screen of a phone. */
const maxWords = 90
/** A longer question is not asked again word for word after an answer. */
const maxWordsRepeated = 35
/** Fewer words than this are not sent as a message of their own. */
const minWords = 16

/** A message on its way through: what has been gathered so far. */
class Walk {
  readonly guide: Guide
  readonly message: Message
  saved: Saved
  snapshot: AnyMachineSnapshot
  /** Short lines before the question: "✅ Anotado." */
  readonly notes: string[] = []
  /** Whole answers, a message each. */
  readonly answers: string[] = []
  extra: string[] = []
  topics: readonly string[] = []
  forget = false
  /** Say again where we were, after an answer in the middle of a flow. */
  resumes = false
  /** Do not ask the state's question again: the person is leaving, or only being polite. */
  quiet = false
  numeros: readonly number[] | undefined

  constructor(guide: Guide, saved: Saved, message: Message) {
    this.guide = guide
    this.message = message
    const carried = carry(saved, guide.flows)
    this.saved = carried.saved
    this.snapshot = this.restore()
    // A place that was moved may be one that this person has no business in: go on from it as if just come.
    if (carried.how === 'moved') this.send({ type: 'perfil' })
    if (carried.how !== 'same' && this.saved.flow !== home.flow)
      this.notes.push(this.say(carried.how === 'moved' ? 'flujo.movido' : 'flujo.igual'))
  }

  get machine(): AnyStateMachine {
    return this.guide.flows.machines[this.saved.flow] as AnyStateMachine
  }

  context(): Context {
    const { perfil, hechos, own } = this.saved
    const pasos = stepsOf(this.guide.content, perfil).map(paso => paso.id)
    return { ...own, perfil, hechos, pasos, hoy: dayOf(this.message.at) } as Context
  }

  restore(): AnyMachineSnapshot {
    return this.machine.resolveState({ value: this.saved.state, context: this.context() })
  }

  view(): View {
    const { paso } = metaOf(this.snapshot)
    return {
      content: this.guide.content,
      at: this.message.at,
      context: this.context(),
      ...(this.saved.usted ? { usted: true } : {}),
      ...(paso ? { paso } : {}),
      ...(this.numeros ? { numeros: this.numeros } : {}),
    }
  }

  say(clave: string, values: Record<string, string> = {}): string {
    return say(this.view(), clave, values)
  }

  /** Steps the flow where we are. */
  send(event: FlowEvent): void {
    this.settle(transition(this.machine, this.restore(), event))
  }

  /** Starts a flow; it skips what is known and done by itself. */
  start(flujo: string): void {
    this.place(flujo, String(this.guide.flows.machines[flujo]?.config.initial))
    this.settle(initialTransition(this.machine, this.context()))
  }

  /** Goes to a place as it is, without moving on from it. */
  goto(flow: string, state: string): void {
    this.place(flow, state)
    this.snapshot = this.restore()
  }

  private place(flow: string, state: string): void {
    this.saved = { ...this.saved, flow, state, version: this.guide.flows.versions[flow] ?? '' }
  }

  /** Takes over a new snapshot and carries out the actions that came with it, from flow to flow. */
  private settle([snapshot, actions]: readonly [
    AnyMachineSnapshot,
    readonly { type: string; params?: unknown }[],
  ]): void {
    let [next, todo] = [snapshot, actions]
    for (let hop = 0; hop < maxHops; hop++) {
      this.keep(next)
      const flujo = this.carryOut(todo)
      if (flujo === undefined && next.status !== 'done') {
        this.snapshot = next
        return
      }
      const to = flujo ?? home.flow
      this.place(to, String(this.guide.flows.machines[to]?.config.initial))
      ;[next, todo] = initialTransition(this.machine, this.context())
    }
    throw new Error(`flows lead in a circle at ${this.saved.flow}`)
  }

  private keep(snapshot: AnyMachineSnapshot): void {
    const { perfil, hechos, paso, grupo, cuantos, partes } = snapshot.context as Context
    const own = { paso, grupo, cuantos, partes: partes && [...partes] }
    this.saved = { ...this.saved, state: String(snapshot.value), perfil, hechos: { ...hechos }, own }
  }

  /** Says and answers what the actions ask for; returns the flow they lead to. */
  private carryOut(actions: readonly { type: string; params?: unknown }[]): string | undefined {
    let flujo: string | undefined
    for (const { type, params } of actions) {
      const {
        clave,
        pregunta,
        flujo: to,
      } = (params ?? {}) as { clave?: string; pregunta?: string; flujo?: string }
      if (type === 'di' && clave) this.notes.push(say(this.plainView(), clave))
      else if (type === 'responde' && pregunta) this.answer(pregunta)
      else if (type === 'borra') this.forget = true
      else if (type === 'ir') flujo = to
    }
    return flujo
  }

  /** While between two states there is no step to show. */
  private plainView(): View {
    const view = { content: this.guide.content, at: this.message.at, context: this.context() }
    return {
      ...view,
      ...(this.saved.usted ? { usted: true } : {}),
      ...(this.numeros ? { numeros: this.numeros } : {}),
    }
  }

  /** A short line before the question. */
  note(clave: string, values: Record<string, string> = {}): void {
    this.notes.push(this.say(clave, values))
  }

  answer(topic: string): void {
    const { text, more } = answerOf(this.plainView(), topic)
    this.answers.push(text)
    if (more) this.extra.push(`mas:${topic}`)
    this.topics = [...this.topics, topic]
  }
}

/** What one message does to a conversation. Never throws for anything a person can send. */
export function step(guide: Guide, saved: Saved, message: Message): Outcome {
  const walk = new Walk(guide, saved, message)
  const before = `${walk.saved.flow}.${walk.saved.state}`
  const offers = offersAt(guide.content, walk.saved, walk.snapshot)
  if (message.masked) walk.note('tapado')
  if (message.plantel && !walk.saved.perfil.plantel) learn(walk, knownPlantel(guide, message.plantel))
  if (message.body.kind === 'text' && speaksFormally(message.body.text))
    walk.saved = { ...walk.saved, usted: true }
  const meta = metaOf(walk.snapshot)
  const intent = interpret(message.body, { ...guide, saved: walk.saved, meta, offers })
  ;(acting[intent.kind] as (walk: Walk, intent: Intent) => void)(walk, intent)
  remember(walk, before, intent)
  const { saved: next, topics, forget } = walk
  const pressed =
    intent.kind === 'offer' && message.body.kind === 'choice' ? { pressed: intent.offer.label } : {}
  return { saved: next, replies: write(walk), topics, forget, ...pressed }
}

const knownPlantel = ({ content }: Guide, id: string): Perfil => {
  const plantel = content.plantel(id)
  return plantel.id === id ? { plantel: id, ...(plantel.nivel ? { nivel: plantel.nivel } : {}) } : {}
}

/** A parent, or whoever says usted: answered the same way from then on. */
const speaksFormally = (text: string) => /\b(?:mi hij[oa]|usted|disculpe|me podr[ií]a|oiga)\b/i.test(text)

/** Carries out what the message means. */
const acting: { readonly [K in Intent['kind']]: (walk: Walk, intent: Extract<Intent, { kind: K }>) => void } =
  {
    offer: (walk, { offer }) => take(walk, offer),
    stale: walk => refuse(walk, 'opcionVieja'),
    unreadable: (walk, { clave }) => refuse(walk, clave),
    start: walk => begin(walk),
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
    correct: walk => walk.goto('checklist', 'corregir'),
    act: (walk, { act }) => courtesy(walk, act),
    numbers: (walk, { numeros }) => {
      walk.numeros = numeros
      walk.send({ type: 'numeros', numeros })
    },
    done: (walk, { pasos, done }) => tick(walk, pasos, done),
    facts: (walk, { facts }) => takeFacts(walk, facts),
    answer: (walk, { topics, facts }) => {
      hear(walk, facts)
      for (const topic of topics) walk.answer(topic)
      follow(walk, topics)
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
  walk.resumes = isLong(walk.say(metaOf(walk.snapshot).texto))
}

/** A choice that was offered. */
function take(walk: Walk, { does }: Offer): void {
  if (does.kind === 'event') walk.send(does.event)
  else if (does.kind === 'menu') walk.start(home.flow)
  else if (does.kind === 'volver') goBack(walk)
  else if (does.kind === 'flow') open(walk, does.id)
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

/** A flow by its id; `tramite` is the way to the checklist of the alta, whatever list there was before. */
function open(walk: Walk, flujo: string): void {
  if (flujo === 'tramite') walk.saved = { ...walk.saved, perfil: { ...walk.saved.perfil, tramite: 'alta' } }
  walk.start(flujo === 'tramite' ? 'perfil' : flujo)
}

function begin(walk: Walk): void {
  const known = Object.keys(walk.saved.hechos).length > 0
  walk.note(known ? 'saludo.regreso' : 'saludo')
  walk.start(home.flow)
}

function goBack(walk: Walk): void {
  const back = walk.saved.back.filter(place => standable(place, walk.guide.flows))
  const last = back.pop()
  walk.saved = { ...walk.saved, back }
  const [flow, state] = last ? split(last) : [home.flow, home.state]
  walk.goto(flow, state)
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

function admit(walk: Walk, clave: string, facts: Perfil): void {
  walk.topics = ['fuera']
  hear(walk, facts)
  walk.note(clave)
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
  walk.saved = { ...walk.saved, back, extra: walk.extra }
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

/** Answers first, then the state's own question with everything that can be pressed. */
function write(walk: Walk): Outgoing[] {
  if (walk.forget) return []
  const offers = offersAt(walk.guide.content, walk.saved, walk.snapshot)
  const choices: Choice[] = offers.map(({ id, label }) => ({ id, label }))
  const resting = walk.saved.flow === home.flow && walk.extra.length > 0
  const asks = walk.quiet || resting ? '' : question(walk)
  const notes = walk.notes.join('\n\n')
  const texts = walk.answers.length > 0 ? [notes, ...walk.answers, asks] : [`${notes}\n\n${asks}`]
  return closing(texts.flatMap(screens), choices)
}

/** What the state asks. After an answer in the middle of a flow it says where we were, and repeats only what is short. */
function question(walk: Walk): string {
  const asks = walk.say(metaOf(walk.snapshot).texto)
  const answered = walk.resumes || (walk.answers.length > 0 && isLong(asks))
  if (!answered || walk.saved.flow === home.flow) return asks
  return isLong(asks) ? whereWeWere(walk) : `${whereWeWere(walk)}\n\n${asks}`
}

const wordsIn = (text: string) => text.split(/\s+/).length
const isLong = (asks: string) => wordsIn(asks) > maxWordsRepeated

/** A text in pieces of one screen each, cut between paragraphs; a lone last line takes the paragraph before it along. */
function screens(text: string): string[] {
  const pieces: string[][] = []
  for (const paragraph of text.trim().split('\n\n')) {
    const last = pieces.at(-1)
    if (last && wordsIn([...last, paragraph].join(' ')) <= maxWords) last.push(paragraph)
    else if (paragraph !== '') pieces.push([paragraph])
  }
  const [before, last] = pieces.slice(-2)
  if (before && last && before.length > 1 && wordsIn(last.join(' ')) < minWords)
    last.unshift(before.pop() as string)
  return pieces.map(piece => piece.join('\n\n'))
}

/** The choices hang on the last message. */
function closing(texts: readonly string[], choices: readonly Choice[]): Outgoing[] {
  return texts.map((text, i) => (i === texts.length - 1 && choices.length > 0 ? { text, choices } : { text }))
}

function whereWeWere(walk: Walk): string {
  const { flow } = walk.saved
  const walking = flow === 'primero' || flow === 'posterior'
  const key = metaOf(walk.snapshot).paso ? 'donde.paso' : `donde.${walking ? 'recorrido' : flow}`
  return walk.say('seguimos', { donde: walk.say(key) })
}
