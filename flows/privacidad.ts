/** What is kept about the person, and deleting it. */
import { flow, given } from './shape.ts'

export const privacidad = flow.createMachine({
  id: 'privacidad',
  description: 'Qué datos se guardan y cómo borrarlos.',
  context: given,
  initial: 'aviso',
  states: {
    aviso: {
      meta: { texto: 'privacidad.aviso', opciones: ['borrar'], reposo: true },
      on: { borrar: { target: 'confirma' } },
    },
    confirma: {
      meta: { texto: 'privacidad.confirma', opciones: ['si-borrar', 'no-borrar'] },
      on: { 'si-borrar': { target: 'aviso', actions: 'borra' }, 'no-borrar': { target: 'aviso' } },
    },
  },
})
