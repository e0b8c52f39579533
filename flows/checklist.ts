/** The student's own list: what is done, what is left, what is next; ticking, unticking, correcting the profile. */
import { flow, given, recordarConocido } from './shape.ts'

const ir = (flujo: string) => ({ actions: { type: 'ir' as const, params: { flujo } } })

export const checklist = flow.createMachine({
  id: 'checklist',
  description:
    'La lista de pasos de la persona: qué hizo, qué sigue, marcar, desmarcar y corregir sus datos.',
  context: given,
  initial: 'lista',
  states: {
    lista: {
      always: { guard: 'incompleto', target: 'falta' },
      meta: {
        texto: 'checklist.lista',
        opciones: ['siguiente', 'marcar', 'desmarcar', 'corregir', 'pasar', 'recordar'],
        vivo: true,
      },
      on: {
        siguiente: [
          { guard: 'quedaDeOtroTramite', target: 'paso', actions: 'vePaso' },
          { guard: 'quedaDePrimero', ...ir('primero') },
          { guard: 'quedan', ...ir('posterior') },
        ],
        marcar: { guard: 'quedan', target: 'marcar' },
        desmarcar: { guard: 'algunHecho', target: 'desmarcar' },
        corregir: { target: 'corregir' },
        pasar: { actions: 'pasa' },
        recordar: recordarConocido,
      },
    },
    falta: {
      type: 'final',
      entry: [
        { type: 'di', params: { clave: 'checklist.falta' } },
        { type: 'ir', params: { flujo: 'perfil' } },
      ],
    },
    marcar: {
      meta: { texto: 'checklist.marcar', lista: 'pendientes', opciones: ['lista'], vivo: true },
      on: {
        elige: { guard: 'enLista', target: 'lista', actions: { type: 'hecho', params: {} } },
        lista: { target: 'lista' },
      },
    },
    desmarcar: {
      meta: { texto: 'checklist.desmarcar', lista: 'hechos', opciones: ['lista'], vivo: true },
      on: {
        elige: { guard: 'esHecho', target: 'lista', actions: 'deshecho' },
        lista: { target: 'lista' },
      },
    },
    paso: {
      meta: { texto: 'paso', opciones: ['listo', 'lista'], vivo: true },
      on: { listo: { target: 'lista', actions: { type: 'hecho', params: {} } }, lista: { target: 'lista' } },
    },
    corregir: {
      meta: { texto: 'checklist.corregir', lista: 'campos', opciones: ['lista'], vivo: true },
      on: {
        elige: { actions: ['olvidaCampo', { type: 'ir', params: { flujo: 'perfil' } }] },
        lista: { target: 'lista' },
      },
    },
  },
})
