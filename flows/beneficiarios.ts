/** Splitting the life and accident insurance: 1 to 3 beneficiaries, 100 in all (A117-123). No name is ever asked. */
import type { Context, FlowEvent } from './shape.ts'
import { flow, given } from './shape.ts'

/** To the hundredth: 33.33, 33.33 and 33.34 add up to a hair less in floating point. */
const adds100 = (numbers: readonly number[]) =>
  Math.round(numbers.reduce((sum, n) => sum + n, 0) * 100) === 100 * 100
const positive = (numbers: readonly number[]) => numbers.every(n => n > 0)
const isCount = ({ event }: { event: FlowEvent }) => {
  const [n, ...more] = event.numeros ?? []
  return more.length === 0 && (n === 1 || n === 2 || n === 3)
}
const isSplit = ({ event }: { event: FlowEvent }) => {
  const numbers = event.numeros ?? []
  return numbers.length >= 1 && numbers.length <= 3 && positive(numbers) && adds100(numbers)
}
const isSeveral = ({ event }: { event: FlowEvent }) => [2, 3].includes(event.numeros?.length ?? 0)
const fits = (arg: { context: Context; event: FlowEvent }) =>
  isSplit(arg) && arg.event.numeros?.length === arg.context.cuantos
const tooMany = ({ event }: { event: FlowEvent }) => (event.numeros?.length ?? 0) > 3
const otherCount = ({ context, event }: { context: Context; event: FlowEvent }) =>
  event.numeros?.length !== context.cuantos
const say = (clave: string) => ({ actions: { type: 'di' as const, params: { clave } } })

export const beneficiarios = flow.createMachine({
  id: 'beneficiarios',
  description:
    'Ayuda a repartir los seguros de vida entre 1 y 3 personas hasta que los porcentajes sumen 100; no pide nombres.',
  context: given,
  initial: 'cuantos',
  on: { checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } } },
  states: {
    cuantos: {
      meta: { texto: 'beneficiarios.cuantos', opciones: ['uno', 'dos', 'tres'], numeros: true },
      on: {
        uno: { target: 'reparto', actions: ['cuentaUno', 'parteIgual'] },
        dos: { target: 'partes', actions: 'cuentaDos' },
        tres: { target: 'partes', actions: 'cuentaTres' },
        numeros: [
          {
            description: 'uno',
            guard: ({ event }) => event.numeros?.[0] === 1 && isCount({ event }),
            target: 'reparto',
            actions: ['cuenta', 'parteIgual'],
          },
          { description: 'dos o tres', guard: isCount, target: 'partes', actions: 'cuenta' },
          {
            description: 'de 1 a 3 partes que suman 100',
            guard: isSplit,
            target: 'reparto',
            actions: 'reparte',
          },
          {
            description: 'alguna parte en cero',
            guard: arg => isSeveral(arg) && !positive(arg.event.numeros ?? []),
            ...say('beneficiarios.malCero'),
          },
          { description: '2 o 3 partes que no suman 100', guard: isSeveral, ...say('beneficiarios.malSuma') },
          say('beneficiarios.malCuantos'),
        ],
      },
    },
    partes: {
      meta: { texto: 'beneficiarios.partes', opciones: ['iguales', 'cambiar'], numeros: true },
      on: {
        iguales: { target: 'reparto', actions: 'parteIgual' },
        cambiar: { target: 'cuantos' },
        numeros: [
          {
            description: 'tantas como personas y suman 100',
            guard: fits,
            target: 'reparto',
            actions: 'reparte',
          },
          { description: 'más de 3', guard: tooMany, ...say('beneficiarios.malCuantos') },
          { description: 'más o menos que personas', guard: otherCount, ...say('beneficiarios.malNumero') },
          {
            description: 'alguna en cero',
            guard: ({ event }) => !positive(event.numeros ?? []),
            ...say('beneficiarios.malCero'),
          },
          say('beneficiarios.malSuma'),
        ],
      },
    },
    reparto: {
      meta: { texto: 'beneficiarios.reparto', opciones: ['listo', 'cambiar', 'checklist'] },
      on: {
        listo: {
          actions: [
            { type: 'hecho', params: { paso: 'beneficiarios' } },
            { type: 'di', params: { clave: 'paso.hecho' } },
            { type: 'ir', params: { flujo: 'checklist' } },
          ],
        },
        cambiar: { target: 'cuantos' },
      },
    },
  },
})
