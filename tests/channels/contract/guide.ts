/**
 * The real guide with another menu, for the contract's tests: places with so many choices, and one that says more than any
 * platform takes in one message. Words, numbers and buttons are understood by the real conversation.
 */
import { flows as machines, moved } from '../../../flows/index.ts'
import { flow, given } from '../../../flows/shape.ts'
import { type FlowSet, flowSet } from '../../../src/conversation/saved.ts'
import type { Knowledge } from '../../../src/conversation/walk.ts'
import { guide } from '../../guide.ts'

/** How many may be chosen from at a time: none but the menu, WhatsApp's buttons, those and the way back, its list, more than a poll, and many. */
export const counts = [1, 3, 5, 10, 13, 30] as const

const names = [
  ...['Aguascalientes', 'Baja California', 'Campeche', 'Chiapas', 'Chihuahua', 'Ciudad de México'],
  ...['Coahuila', 'Colima', 'Durango', 'Guanajuato', 'Guerrero', 'Hidalgo', 'Jalisco', 'Michoacán'],
  ...['Morelos', 'Nayarit', 'Nuevo León', 'Oaxaca', 'Puebla', 'Querétaro', 'Quintana Roo', 'Sinaloa'],
  ...['San Luis Potosí', 'Sonora', 'Tabasco', 'Tamaulipas', 'Tlaxcala', 'Veracruz'],
]

/** Besides, everywhere but at the start, «Volver» and «Menú» are offered; where there is one choice, only this. */
const besides = 2
const ownOf = (count: number) => names.slice(0, Math.max(0, count - besides))

export const opening = 'Estás en la entrada. ¿Qué quieres ver?'
export const question = (count: number) => `¿Cuál de estas ${count} eliges?`
const taken = (label: string) => `Elegiste ${label}. ¿Y ahora?`
/** All of a list, made one after the other, with what is said after each. */
export function choicesOf(count: number): (readonly [label: string, said: string])[] {
  const own = ownOf(count)
  const before = own.at(-2)
  const back = ['Volver', before === undefined ? question(count) : taken(before)] as const
  const made = own.map(name => [name, taken(name)] as const)
  return [...made, ...(count === 1 ? [] : [back]), ['Menú', opening]]
}
/** Leads to a place, written or pressed. */
export const wayTo = (count: number) => `Elegir de ${count}`
export const wayToLong = 'Texto largo'
const longLetters = 12_000
/** Accents, emoji of several code units, no line ends and nothing quoted. */
export const longText = Array.from({ length: longLetters / 60 }, (_, i) =>
  `La línea ${i} habla del trámite, ñandú y 👩‍👩‍👧‍👦 de la clínica. `.padEnd(60, 'x '),
)
  .join('')
  .trim()

type State = {
  meta: { texto: string; opciones: string[]; lista?: 'preguntas' }
  on: Record<string, { target: string }>
}

/** Where a list is, and where one is after each choice from it: there it is offered again. */
function statesOf(count: number): Record<string, State> {
  const own = ownOf(count)
  const on = Object.fromEntries(own.map((_, i) => [`elige${i}`, { target: `de${count}con${i}` }]))
  const state = (texto: string): State => ({
    // A list of the questions of no group: it is empty, and there is no way back from it but the menu.
    meta: { texto, opciones: Object.keys(on), ...(count === 1 ? { lista: 'preguntas' as const } : {}) },
    on,
  })
  const after = own.map((_, i) => [`de${count}con${i}`, state(`contrato.tomada${i}`)] as const)
  return { [`de${count}`]: state(`contrato.de${count}`), ...Object.fromEntries(after) }
}

const ways = [...counts.map(count => `de${count}`), 'largo']

const menu = flow.createMachine({
  id: 'menu',
  context: given,
  initial: 'inicio',
  states: {
    inicio: {
      meta: { texto: 'contrato.inicio', opciones: ways },
      on: Object.fromEntries(ways.map(way => [way, { target: way }])),
    },
    largo: { meta: { texto: 'contrato.largo', opciones: [] } },
    ...Object.assign({}, ...counts.map(statesOf)),
  },
})

const textos = {
  'contrato.inicio': opening,
  'contrato.largo': longText,
  ...Object.fromEntries(counts.map(count => [`contrato.de${count}`, question(count)])),
  ...Object.fromEntries(names.map((name, i) => [`contrato.tomada${i}`, taken(name)])),
}
const option = (boton: string) => ({ boton, dichos: [] })
const opciones = {
  largo: option(wayToLong),
  ...Object.fromEntries(counts.map(count => [`de${count}`, option(wayTo(count))])),
  ...Object.fromEntries(names.map((name, i) => [`elige${i}`, option(name)])),
}

function load(): Knowledge & { readonly flows: FlowSet } {
  const { mensajes } = guide.content
  const content = {
    ...guide.content,
    mensajes: {
      ...mensajes,
      textos: { ...mensajes.textos, ...textos },
      opciones: { ...mensajes.opciones, ...opciones },
    },
  }
  return { ...guide, content, flows: flowSet({ ...machines, menu }, moved) }
}

export const contractGuide = load()
