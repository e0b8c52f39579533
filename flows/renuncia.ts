/**
 * Not wanting the insurance. Two papers that are never the same one: the carta de rechazo of whoever has another
 * service (A104, A111-113) and the Carta responsiva de Renuncia of whoever does not need it (B25).
 */
import { flow, given } from './shape.ts'

const done = (paso: string) => ({
  target: 'hecho',
  actions: [
    { type: 'hecho' as const, params: { paso } },
    { type: 'di' as const, params: { clave: 'paso.hecho' } },
  ],
})

/** "Tengo ISSSTE" answers as well as the button does. */
const saidOther = {
  guard: { type: 'es' as const, params: { otroServicio: 'si' as const } },
  target: 'rechazo',
  actions: { type: 'sabe' as const, params: { tramite: 'alta' as const } },
}

export const renuncia = flow.createMachine({
  id: 'renuncia',
  description:
    'Para quien no quiere el seguro: la carta de rechazo si tiene otro servicio, o la carta de renuncia si no lo necesita.',
  context: given,
  initial: 'motivo',
  on: { checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } } },
  states: {
    motivo: {
      meta: {
        texto: 'renuncia.motivo',
        opciones: ['otro-servicio', 'no-lo-quiero', 'duda'],
        campo: 'otroServicio',
      },
      on: {
        perfil: saidOther,
        'otro-servicio': {
          target: 'rechazo',
          actions: { type: 'sabe', params: { otroServicio: 'si', tramite: 'alta' } },
        },
        'no-lo-quiero': { target: 'carta', actions: { type: 'sabe', params: { tramite: 'renuncia' } } },
        duda: { target: 'duda' },
      },
    },
    duda: {
      meta: { texto: 'renuncia.duda', opciones: ['otro-servicio', 'no-lo-quiero'], campo: 'otroServicio' },
      on: {
        perfil: saidOther,
        'otro-servicio': {
          target: 'rechazo',
          actions: { type: 'sabe', params: { otroServicio: 'si', tramite: 'alta' } },
        },
        'no-lo-quiero': { target: 'carta', actions: { type: 'sabe', params: { tramite: 'renuncia' } } },
      },
    },
    rechazo: {
      meta: { texto: 'renuncia.rechazo', opciones: ['listo', 'checklist'] },
      on: { listo: done('carta-rechazo') },
    },
    carta: {
      meta: { texto: 'renuncia.carta', opciones: ['listo', 'checklist'] },
      on: { listo: done('carta-renuncia') },
    },
    hecho: { meta: { texto: 'renuncia.hecho', opciones: ['checklist'], reposo: true } },
  },
})
