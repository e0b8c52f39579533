/** Checking the alta: VIGENTE, BAJA, nothing yet, or not asked for yet (A188-213, A289, B15-17). */
import { flow, given, recordar } from './shape.ts'

export const vigencia = flow.createMachine({
  id: 'vigencia',
  description:
    'Según lo que dice la constancia de vigencia (VIGENTE, BAJA, nada o todavía sin pedir), qué toca hacer.',
  context: given,
  initial: 'estado',
  states: {
    estado: {
      meta: { texto: 'vigencia.estado', opciones: ['vigente', 'baja', 'nada', 'no-pedida'] },
      on: {
        vigente: { target: 'vigente', actions: { type: 'hecho', params: { paso: 'vigencia' } } },
        baja: { target: 'baja' },
        nada: { target: 'nada' },
        'no-pedida': { target: 'pedirla' },
      },
    },
    vigente: {
      meta: { texto: 'vigencia.vigente', opciones: ['clinica', 'que-debe-decir'] },
      on: {
        clinica: { actions: { type: 'ir', params: { flujo: 'clinica' } } },
        'que-debe-decir': { actions: { type: 'responde', params: { pregunta: 'datos-constancia' } } },
      },
    },
    baja: {
      meta: { texto: 'vigencia.baja', opciones: ['otra-vez'] },
      on: { 'otra-vez': { target: 'estado' } },
    },
    nada: {
      meta: { texto: 'vigencia.nada', opciones: ['otra-vez', 'como-pedirla', 'recordar'] },
      on: { 'otra-vez': { target: 'estado' }, 'como-pedirla': { target: 'pedirla' }, recordar },
    },
    pedirla: {
      meta: { texto: 'vigencia.pedirla', opciones: ['otra-vez', 'que-debe-decir'] },
      on: {
        'otra-vez': { target: 'estado' },
        'que-debe-decir': { actions: { type: 'responde', params: { pregunta: 'datos-constancia' } } },
      },
    },
  },
})
