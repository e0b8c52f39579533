/**
 * A message on its way through the flows: holds what is known and said so far, steps the machines and carries out what
 * their actions ask for. Made by `step`, which decides what is done with it; `reply` writes what comes of it. Pure.
 */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { initialTransition, transition } from 'xstate'
import type { Context, FlowEvent } from '../../flows/shape.ts'
import { dayOf } from '../calendar.ts'
import type { Content } from '../content/load.ts'
import type { Body, FileOut, Tema } from '../message.ts'
import { unwant, want, wants } from './avisos.ts'
import { stepsOf } from './checklist.ts'
import { metaOf } from './choices.ts'
import { showCode } from './code.ts'
import { calendarOf, windowsOf } from './ics.ts'
import { carry, type FlowSet, home, type Saved } from './saved.ts'
import type { AspectOf } from './understanding/followups.ts'
import type { Understood } from './understanding/understand.ts'
import { type About, answerOf, daysLine, say, type View } from './write.ts'

/** What the guide knows: content/, and how it understands what people write. */
export interface Knowledge {
  readonly content: Content
  readonly understand: (text: string) => Understood
  readonly aspectOf: AspectOf
}

export interface Guide extends Knowledge {
  readonly flows: FlowSet
}

export interface Message {
  readonly at: Date
  /** Personal data in it already masked: `masked` says that there was some. */
  readonly body: Body
  readonly masked?: boolean
  readonly plantel?: string
  /** The channel can change a message that it has sent. */
  readonly inPlace?: boolean
  /** Something can be sent to them later, unasked. */
  readonly pushes?: boolean
  /** A code to give away, where the message asks for one: fresh, and the same each time. */
  readonly code?: () => string
  /** What the code in this message was good for. */
  readonly carried?: Carried
}

/** What goes along to another chat: the list, and nothing that was said. */
export type Carried = Pick<Saved, 'perfil' | 'hechos' | 'usted'>

/** Somebody who only typed their CURP has asked nothing that we do not know. */
export const isOnlyData = ({ masked, body }: Message): boolean =>
  masked === true && !(body.kind === 'text' && /[?¿]/.test(body.text))

/** At most so many flows in a row without a word from the person: more is a loop between flows. */
const maxHops = 8

/** A message on its way through: what has been gathered so far. */
export class Walk {
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
  /** The code that was given away. */
  gives: string | undefined
  /** Goes with the first message. */
  file: FileOut | undefined
  /** Say again where we were, after an answer in the middle of a flow. */
  resumes = false
  /** Do not ask the state's question again: the person is leaving, or only being polite. */
  quiet = false
  /** What was pressed stood under something said unasked, which stays as it is. */
  apart = false
  numeros: readonly number[] | undefined

  constructor(guide: Guide, saved: Saved, message: Message) {
    this.guide = guide
    this.message = message
    const carried = carry(saved, guide.flows)
    this.saved = carried.saved
    this.snapshot = this.restore()
    if (carried.how !== 'same' && saved.flow !== home.flow)
      this.notes.push(this.say(carried.how === 'moved' ? 'flujo.movido' : 'flujo.igual'))
    // A place that was moved may be one that this person has no business in: go on from it as if just come.
    if (carried.how === 'moved') this.send({ type: 'perfil' })
  }

  get machine(): AnyStateMachine {
    return this.guide.flows.machines[this.saved.flow] as AnyStateMachine
  }

  context(): Context {
    const { perfil, hechos, own } = this.saved
    const pasos = stepsOf(this.guide.content, perfil).map(paso => paso.id)
    const avisos = this.message.pushes ? { avisos: this.saved.avisos?.temas ?? [] } : {}
    return { ...own, perfil, hechos, pasos, hoy: dayOf(this.message.at), ...avisos } as Context
  }

  restore(): AnyMachineSnapshot {
    return this.machine.resolveState({ value: this.saved.state, context: this.context() })
  }

  view(): View {
    const { paso } = metaOf(this.snapshot)
    return { ...this.viewBetween(), ...(paso ? { paso } : {}) }
  }

  /** While between two states there is no step to show. */
  private viewBetween(): View {
    return {
      content: this.guide.content,
      at: this.message.at,
      context: this.context(),
      ...(this.saved.usted ? { usted: true } : {}),
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
    const { avisos } = this.saved
    let [next, todo] = [snapshot, actions]
    for (let hop = 0; hop < maxHops; hop++) {
      this.keep(next)
      const flujo = this.carryOut(todo)
      if (flujo === undefined && next.status !== 'done') {
        // What may be chosen goes by what is told unasked, which the flows do not keep.
        this.snapshot = this.saved.avisos === avisos ? next : this.restore()
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
        tema,
      } = (params ?? {}) as { clave?: string; pregunta?: string; flujo?: string; tema?: Tema }
      if (type === 'di' && clave) this.notes.push(say(this.viewBetween(), clave))
      else if (type === 'responde' && pregunta) this.answer(pregunta)
      else if (type === 'borra') this.forget = true
      else if (type === 'pasa') this.give()
      else if (type === 'agenda') this.attachCalendar()
      else if (type === 'avisa' && tema) this.want(tema)
      else if (type === 'calla') this.unwant(tema)
      else if (type === 'anuncia') this.announce('recordatorio.puesto')
      else if (type === 'ir') flujo = to
    }
    return flujo
  }

  /** A short line before the question. */
  note(clave: string, values: Record<string, string> = {}): void {
    this.notes.push(this.say(clave, values))
  }

  answer(topic: string, about: About = {}): void {
    const { text, more } = answerOf(this.viewBetween(), topic, about)
    this.answers.push(text)
    if (more) this.extra.push(`mas:${topic}`)
    this.topics = [...this.topics, topic]
  }

  /** A code for another chat, if there is anything to take along. */
  give(): void {
    const { perfil, hechos } = this.saved
    this.resumes = true
    if (Object.keys(perfil).length + Object.keys(hechos).length === 0) {
      this.notes.push(say(this.viewBetween(), 'pasar.nada'))
      return
    }
    if (!this.message.code) throw new Error('no code was brought along to be given')
    this.gives = this.message.code()
    this.notes.push(say(this.viewBetween(), 'pasar.codigo', { codigo: showCode(this.gives) }))
  }

  want(tema: Tema): void {
    this.saved = want(this.saved, tema, this.message.at)
    this.snapshot = this.restore()
  }

  /** All of it, where no theme is given. */
  unwant(tema?: Tema): void {
    this.saved = unwant(this.saved, tema, this.message.at)
    this.snapshot = this.restore()
  }

  /** Reminders are on: when the next one comes, and what else there is to be told of. */
  announce(clave: 'recordatorio.puesto' | 'recordatorio.yaPuesto'): void {
    this.topics = ['recordatorio']
    this.resumes = true
    this.notes.push(say(this.viewBetween(), clave))
    if (wants(this.saved, 'escuela')) return
    this.notes.push(say(this.viewBetween(), 'recordatorio.tambien'))
    this.extra = ['avisa:escuela']
  }

  /** The days on which the cards are received, for the person's own calendar. */
  attachCalendar(): void {
    const view = this.viewBetween()
    const fechas = windowsOf(view).map(run => daysLine(view, run))
    this.resumes = true
    this.file = calendarOf(view)
    this.notes.push(say(view, 'calendario.listo', { fechas: fechas.join('\n') }))
  }
}
