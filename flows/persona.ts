/** A person of the school: where to find one (A304, B15). */
import { flow, given } from './shape.ts'

export const persona = flow.createMachine({
  id: 'persona',
  description: 'Dice en qué oficina de la escuela atiende una persona.',
  context: given,
  initial: 'donde',
  states: { donde: { meta: { texto: 'persona.donde', reposo: true } } },
})
