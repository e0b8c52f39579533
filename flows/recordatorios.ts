/** What the person is told unasked, and changing it: reminders of their own procedure, what their school's office writes. */
import { flow, given, recordar } from './shape.ts'

const off = (tema: 'tramite' | 'escuela') => ({
  guard: { type: 'avisado' as const, params: tema },
  actions: { type: 'calla' as const, params: { tema } },
})

export const recordatorios = flow.createMachine({
  id: 'recordatorios',
  description:
    'Qué se le avisa a la persona sin que pregunte: los recordatorios de su trámite y los avisos de su escuela.',
  context: given,
  initial: 'hoy',
  states: {
    hoy: {
      meta: {
        texto: 'recordatorios.hoy',
        opciones: [
          'recordar',
          'no-recordar',
          'avisar-escuela',
          'no-avisar-escuela',
          'callar',
          'calendario',
          'checklist',
        ],
      },
      on: {
        recordar,
        'no-recordar': off('tramite'),
        'avisar-escuela': {
          guard: { type: 'avisable', params: 'escuela' },
          actions: { type: 'avisa', params: { tema: 'escuela' } },
        },
        'no-avisar-escuela': off('escuela'),
        callar: { guard: 'avisadoDeTodo', actions: { type: 'calla', params: {} } },
        calendario: { actions: 'agenda' },
        checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } },
      },
    },
  },
})
