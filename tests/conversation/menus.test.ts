/**
 * Choices shown as a numbered list: wherever one is offered its number, its label and its label with a slip are the same
 * as pressing it. Places and people are all there are of the one and enough kinds of the other.
 */
import { describe, expect, test } from 'vitest'
import type { AnyStateNode } from 'xstate'
import { type FlowId, flows as machines } from '../../flows/index.ts'
import type { Meta, Perfil } from '../../flows/shape.ts'
import { stepsOf } from '../../src/conversation/checklist.ts'
import { type Offer, offersAt } from '../../src/conversation/choices.ts'
import { home, newSaved, type Saved } from '../../src/conversation/saved.ts'
import { type Outcome, step } from '../../src/conversation/step.ts'
import { Walk } from '../../src/conversation/walk.ts'
import type { Body } from '../../src/message.ts'
import { flows, guide, now, throughJson, whole } from './talk.ts'

const { content } = guide

/** What is known of somebody who stands at a place; with what they could go back to, and without. */
const people: readonly Partial<Saved>[] = [
  {},
  { perfil: whole, back: ['menu.inicio'] },
  {
    perfil: { ...whole, semestre: 'posterior', edad: 'menor', otroServicio: 'si', tratamiento: 'si' },
    hechos: { nss: '2026-09-01' },
  },
  { perfil: { ...whole, tramite: 'cambio' }, back: ['menu.otros'] },
  { extra: ['mas:cuando-vigencia'] },
  // A reminder came last.
  { perfil: whole, extra: ['aviso:0:paso=nss', 'aviso:0:paso=entregar-nss', 'aviso:0:flujo=checklist'] },
]
const allDone = (perfil: Perfil): Partial<Saved> => ({
  perfil,
  hechos: Object.fromEntries(stepsOf(content, perfil).map(({ id }) => [id, '2026-09-01'])),
})

interface Place {
  readonly name: string
  readonly saved: Saved
  readonly meta: Meta
  readonly offers: readonly Offer[]
}

const message = (body: Body) => ({ at: now, body, pushes: true, code: () => 'K7Q2M9XD' })
const act = (saved: Saved, body: Body): Outcome => step(guide, throughJson(saved), message(body))

function placesOf(flow: FlowId): Place[] {
  const nodes = (Object.values(machines[flow].states) as AnyStateNode[]).filter(
    ({ type }) => type !== 'final',
  )
  return nodes.flatMap(node => {
    const meta = node.meta as Meta
    const groups = meta.lista === 'preguntas' ? Object.keys(content.mensajes.grupos) : [undefined]
    const atHome = flow === home.flow ? [{ extra: ['tema:costo', 'flujo:calendario', 'flujo:tramite'] }] : []
    return [...people, allDone(whole), ...atHome].flatMap((person, i) =>
      groups.map(grupo => {
        const version = flows.versions[flow] ?? ''
        const own = { paso: 'nss', cuantos: 2, partes: [50, 50], ...(grupo ? { grupo } : {}) }
        const saved: Saved = { ...newSaved(flows), own, ...person, flow, state: node.key, version }
        const walk = new Walk(guide, saved, message({ kind: 'text', text: '' }))
        const all = offersAt(content, walk.saved, walk.snapshot)
        // "Ya lo hice" means the reminder that came last, though the place offers it too.
        const reminded = all.filter(({ difusion }) => difusion !== undefined)
        const offers = reminded.length > 0 ? reminded : all
        return { name: `${flow}.${node.key}${grupo ? ` ${grupo}` : ''} (person ${i})`, saved, meta, offers }
      }),
    )
  })
}

/** One of those who are offered the same at a place, if FULL=1 does not ask for each. */
function differently(places: readonly Place[]): Place[] {
  const seen = new Set<string>()
  return places.filter(({ saved, offers }) => {
    const { size } = seen
    seen.add(JSON.stringify([saved.state, saved.own, offers]))
    return seen.size > size
  })
}

const words =
  'uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis'.split(' ')
const byNumber = (n: number) => [
  `${n}`,
  `${n}.`,
  `${n})`,
  `la ${n}`,
  `opción ${n}`,
  `la opcion ${n}`,
  words[n - 1] ?? '',
]
const plain = (label: string) => label.normalize('NFD').replace(/\p{M}/gu, '')

/** A letter of the longest word left out, another in its place, two changed about: one slip each. */
function slips(label: string): string[] {
  const [longest = ''] = plain(label)
    .split(/[^\p{L}]+/u)
    .sort((a, b) => b.length - a.length)
  if (longest.length < 5) return []
  const at = Math.floor(longest.length / 2)
  const [before, here = '', next = ''] = [longest.slice(0, at), longest[at], longest[at + 1]]
  const wrong = [longest.slice(at + 1), `x${longest.slice(at + 1)}`, next + here + longest.slice(at + 2)]
  // A letter twice is a letter: "Cliica" is as far from "Clínica" as "Clica".
  return wrong
    .map(rest => before + rest)
    .filter(word => !/([a-z])\1/i.test(word))
    .map(word => plain(label).replace(longest, word))
}

/** What an outcome is to the person: where they stand then, and what they read. */
const seen = ({ saved: { tema: _, ...saved }, replies, forget }: Outcome) => ({ saved, replies, forget })

function differing(
  { name, saved, offers }: Place,
  textsOf: (offer: Offer, n: number) => readonly string[],
): string[] {
  return offers.flatMap((offer, i) => {
    const pressed = seen(act(saved, { kind: 'choice', choice: offer.id }))
    return textsOf(offer, i + 1)
      .filter(text => JSON.stringify(seen(act(saved, { kind: 'text', text }))) !== JSON.stringify(pressed))
      .map(text => `${name}: «${text}» is not «${offer.label}»`)
  })
}

/**
 * Where a semester or an age is asked for, a number that can be one is one, unless it stands beside an answer to just
 * that. The only numbers that collide: whoever wants "Volver" there writes its word, or "la opción 3".
 */
const isValue = ({ meta: { campo } }: Place, { does }: Offer, n: number) =>
  does.kind !== 'event' && (campo === 'semestre' || (campo === 'edad' && n >= 5))

describe('at every place of', () => {
  describe.each(Object.keys(machines) as FlowId[])('%s', flow => {
    const places = process.env.FULL ? placesOf(flow) : differently(placesOf(flow))

    test('a number, bare, with a point, by its word, is the choice that it stands beside', () => {
      const asking = places.filter(({ meta }) => !meta.numeros)
      const forms = (place: Place) => (offer: Offer, n: number) =>
        isValue(place, offer, n) ? [`la opción ${n}`] : byNumber(n)
      expect(asking.flatMap(place => differing(place, forms(place)))).toEqual([])
    })

    test('a label, also without its accents or with a slip, is the choice that it names', () => {
      const forms = ({ label }: Offer) => [label, plain(label), label.toUpperCase(), ...slips(label)]
      expect(places.flatMap(place => differing(place, forms))).toEqual([])
    })
  })
})
