/** A person of the school: where to find one (A304, B15). */
import { flow } from './shape.ts'

export const persona = flow.createMachine({
  id: 'persona',
  description: 'Dice en qué oficina de la escuela atiende una persona.',
  context: ({ input }) => input,
  initial: 'donde',
  states: { donde: { meta: { texto: 'persona.donde', reposo: true } } },
})
