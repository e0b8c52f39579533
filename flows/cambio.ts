/** Change of plantel, leaving or arriving, vigente or not (B21; for who was not vigente the sources say nothing). */
import { flow, given } from './shape.ts'

const done = <const Next extends string>(paso: string, next: Next) => ({
  target: next,
  actions: [
    { type: 'hecho' as const, params: { paso } },
    { type: 'di' as const, params: { clave: 'paso.hecho' } },
  ],
})

/** Whoever comes back here from the list of the alta takes up this one again. */
const ofChange = { type: 'sabe' as const, params: { tramite: 'cambio' as const } }

export const cambio = flow.createMachine({
  id: 'cambio',
  description:
    'Cambio de plantel, de ida o de llegada: baja donde estaba y alta en la nueva escuela, si estaba vigente.',
  context: given,
  initial: 'direccion',
  on: { checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } } },
  states: {
    direccion: {
      meta: { texto: 'cambio.direccion', opciones: ['me-voy', 'llegue'] },
      on: { 'me-voy': { target: 'seVa' }, llegue: { target: 'llega' } },
    },
    seVa: {
      meta: { texto: 'cambio.vigente', opciones: ['si', 'no', 'no-se'] },
      on: {
        si: { target: 'baja' },
        no: { target: 'sinVigencia' },
        'no-se': { target: 'averigua' },
      },
    },
    llega: {
      meta: { texto: 'cambio.vigente', opciones: ['si', 'no', 'no-se'] },
      on: {
        si: { target: 'bajaHecha' },
        no: { target: 'sinVigencia' },
        'no-se': { target: 'averigua' },
      },
    },
    averigua: {
      meta: { texto: 'cambio.averigua', opciones: ['si', 'no'] },
      on: {
        si: { target: 'bajaHecha' },
        no: { target: 'sinVigencia' },
      },
    },
    bajaHecha: {
      entry: ofChange,
      meta: { texto: 'cambio.bajaHecha', opciones: ['ya', 'todavia-no'] },
      on: {
        ya: done('baja-plantel', 'alta'),
        'todavia-no': { target: 'baja' },
      },
    },
    baja: {
      entry: ofChange,
      meta: { texto: 'paso', paso: 'baja-plantel', opciones: ['listo', 'checklist'] },
      on: { listo: done('baja-plantel', 'alta') },
    },
    alta: {
      entry: ofChange,
      meta: { texto: 'paso', paso: 'alta-plantel', opciones: ['listo', 'checklist'] },
      on: { listo: done('alta-plantel', 'hecho') },
    },
    sinVigencia: {
      meta: { texto: 'cambio.sinVigencia', opciones: ['tramite'] },
      on: {
        tramite: {
          actions: [
            { type: 'sabe', params: { tramite: 'alta' } },
            { type: 'ir', params: { flujo: 'perfil' } },
          ],
        },
      },
    },
    hecho: {
      meta: { texto: 'cambio.hecho', opciones: ['vigencia', 'checklist'] },
      on: { vigencia: { actions: { type: 'ir', params: { flujo: 'vigencia' } } } },
    },
  },
})
