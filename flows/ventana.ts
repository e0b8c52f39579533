/** Today's state of the intake window (B27-32): the text is drawn from the calendar. */
import { flow, given, recordar } from './shape.ts'

export const ventana = flow.createMachine({
  id: 'ventana',
  description: 'Dice si hoy reciben la tarjeta del NSS y cuándo abre después.',
  context: given,
  initial: 'hoy',
  states: {
    hoy: {
      meta: {
        texto: 'ventana.hoy',
        opciones: ['que-llevo', 'ya-entregue', 'calendario', 'recordar', 'checklist'],
      },
      on: {
        'que-llevo': { actions: { type: 'responde', params: { pregunta: 'documento-entregar' } } },
        'ya-entregue': {
          target: 'entregada',
          actions: [
            { type: 'hecho', params: { paso: 'entregar-nss' } },
            { type: 'di', params: { clave: 'paso.hecho' } },
          ],
        },
        calendario: { actions: 'agenda' },
        recordar,
        checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } },
      },
    },
    entregada: {
      meta: { texto: 'ventana.entregada', opciones: ['vigencia', 'checklist'] },
      on: {
        vigencia: { actions: { type: 'ir', params: { flujo: 'vigencia' } } },
        checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } },
      },
    },
  },
})
