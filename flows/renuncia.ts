/**
 * Not wanting the insurance. Two papers that are never the same one: the carta de rechazo of whoever has another
 * service (A104, A111-113) and the Carta responsiva de Renuncia of whoever does not need it (B25).
 */
import { flow } from './shape.ts'

export const renuncia = flow.createMachine({
  id: 'renuncia',
  context: ({ input }) => input,
  initial: 'motivo',
  on: { checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } } },
  states: {
    motivo: {
      meta: { texto: 'renuncia.motivo', opciones: ['otro-servicio', 'no-lo-quiero', 'duda'] },
      on: {
        'otro-servicio': {
          target: 'rechazo',
          actions: { type: 'sabe', params: { otroServicio: 'si', tramite: 'alta' } },
        },
        'no-lo-quiero': { target: 'carta', actions: { type: 'sabe', params: { tramite: 'renuncia' } } },
        duda: { target: 'duda' },
      },
    },
    duda: {
      meta: { texto: 'renuncia.duda', opciones: ['otro-servicio', 'no-lo-quiero'] },
      on: {
        'otro-servicio': {
          target: 'rechazo',
          actions: { type: 'sabe', params: { otroServicio: 'si', tramite: 'alta' } },
        },
        'no-lo-quiero': { target: 'carta', actions: { type: 'sabe', params: { tramite: 'renuncia' } } },
      },
    },
    rechazo: {
      meta: { texto: 'renuncia.rechazo', opciones: ['listo', 'checklist'] },
      on: { listo: { target: 'hecho', actions: { type: 'hecho', params: { paso: 'carta-rechazo' } } } },
    },
    carta: {
      meta: { texto: 'renuncia.carta', opciones: ['listo', 'checklist'] },
      on: { listo: { target: 'hecho', actions: { type: 'hecho', params: { paso: 'carta-renuncia' } } } },
    },
    hecho: { meta: { texto: 'renuncia.hecho', opciones: ['checklist'] } },
  },
})
