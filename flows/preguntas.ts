/** The FAQ by groups, for who would rather look than ask. */
import { flow, given } from './shape.ts'

export const preguntas = flow.createMachine({
  id: 'preguntas',
  description: 'Las preguntas frecuentes por temas, para quien prefiere buscar que escribir.',
  context: given,
  initial: 'grupos',
  states: {
    grupos: {
      meta: { texto: 'preguntas.grupos', lista: 'grupos' },
      on: { elige: { target: 'lista', actions: 'veGrupo' } },
    },
    lista: {
      meta: { texto: 'preguntas.lista', lista: 'preguntas', opciones: ['grupos'] },
      on: {
        elige: { actions: { type: 'responde', params: ({ event }) => ({ pregunta: event.valor ?? '' }) } },
        grupos: { target: 'grupos' },
      },
    },
  },
})
