/**
 * The flows as they might have been two years ago: states of another name, states and a flow that are gone, the
 * same state in another flow. carry.test.ts stores conversations with them and goes on with today's.
 */
import { flows as today } from '../../flows/index.ts'
import { flow } from '../../flows/shape.ts'
import { flowSet } from '../../src/conversation/saved.ts'
import type { Guide } from '../../src/conversation/walk.ts'
import { guide, flows as now } from './talk.ts'

const ir = (flujo: string) => ({ actions: { type: 'ir' as const, params: { flujo } } })

const menu = flow.createMachine({
  id: 'menu',
  context: ({ input }) => input,
  initial: 'inicio',
  states: {
    inicio: {
      meta: { texto: 'menu.inicio', opciones: ['tramite', 'clinica', 'vigencia', 'persona', 'privacidad'] },
      on: {
        tramite: ir('perfil'),
        clinica: ir('citas'),
        vigencia: ir('vigencia'),
        persona: ir('persona'),
        privacidad: ir('privacidad'),
      },
    },
  },
})

/** `seguro` is `otroServicio` today, `escuela` is `plantel`, and nobody asks for the `turno` any more. */
const perfil = flow.createMachine({
  id: 'perfil',
  context: ({ input }) => input,
  initial: 'escuela',
  states: {
    escuela: {
      meta: { texto: 'perfil.plantel', opciones: ['ipn'], campo: 'plantel' },
      always: { guard: { type: 'sabido', params: 'plantel' }, target: 'semestre' },
      on: { ipn: { target: 'semestre', actions: { type: 'sabe', params: { plantel: 'ipn' } } } },
    },
    semestre: {
      meta: { texto: 'perfil.semestre', opciones: ['primero', 'posterior'], campo: 'semestre' },
      always: { guard: { type: 'sabido', params: 'semestre' }, target: 'turno' },
      on: {
        primero: { target: 'turno', actions: { type: 'sabe', params: { semestre: 'primero' } } },
        posterior: { target: 'turno', actions: { type: 'sabe', params: { semestre: 'posterior' } } },
      },
    },
    turno: {
      meta: { texto: 'cambio.direccion', opciones: ['uno', 'dos'] },
      on: { uno: { target: 'seguro' }, dos: { target: 'seguro' } },
    },
    seguro: {
      meta: { texto: 'perfil.otroServicio', opciones: ['si', 'no'], campo: 'otroServicio' },
      always: { guard: { type: 'sabido', params: 'otroServicio' }, target: 'listo' },
      on: {
        si: { target: 'listo', actions: { type: 'sabe', params: { otroServicio: 'si' } } },
        no: { target: 'listo', actions: { type: 'sabe', params: { otroServicio: 'no' } } },
      },
    },
    listo: { type: 'final', entry: { type: 'ir', params: { flujo: 'primero' } } },
  },
})

const step = (paso: string, next: string) => ({
  meta: { texto: 'paso', opciones: ['listo', 'luego'], paso },
  on: {
    listo: { target: next, actions: { type: 'hecho' as const, params: { paso } } },
    luego: { target: next },
  },
})

/** `hoja` is `imprimir-cedula` today; `copias` became `hoja` first; `sello` is gone without a word. */
const primero = flow.createMachine({
  id: 'primero',
  context: ({ input }) => input,
  initial: 'nss',
  states: {
    nss: step('nss', 'hoja'),
    hoja: step('imprimir-cedula', 'copias'),
    copias: step('imprimir-cedula', 'sello'),
    sello: step('imprimir-polizas', 'entregar-nss'),
    'entregar-nss': step('entregar-nss', 'fin'),
    fin: { meta: { texto: 'recorrido.fin', opciones: ['vigencia'] }, on: { vigencia: ir('vigencia') } },
  },
})

/** The states of today, with other choices in them. */
const vigencia = flow.createMachine({
  id: 'vigencia',
  context: ({ input }) => input,
  initial: 'estado',
  states: {
    estado: {
      meta: { texto: 'vigencia.estado', opciones: ['vigente', 'baja'] },
      on: { vigente: { target: 'vigente' }, baja: { target: 'baja' } },
    },
    vigente: {
      meta: { texto: 'vigencia.vigente', opciones: ['clinica'] },
      on: { clinica: ir('citas') },
    },
    baja: {
      meta: { texto: 'vigencia.baja', opciones: ['otra-vez'] },
      on: { 'otra-vez': { target: 'estado' } },
    },
  },
})

/** A flow that is gone: `papeles` went to the clinic's, `telefono` went nowhere. */
const citas = flow.createMachine({
  id: 'citas',
  context: ({ input }) => input,
  initial: 'papeles',
  states: {
    papeles: {
      meta: { texto: 'clinica.papeles', opciones: ['luego'] },
      on: { luego: { target: 'telefono' } },
    },
    telefono: { meta: { texto: 'persona.donde', opciones: ['volver'] } },
  },
})

/** Two that are as they were. */
const { persona, privacidad } = today

export const older = flowSet({ menu, perfil, primero, vigencia, citas, persona, privacidad }, {})

const { mensajes } = guide.content
const textos = { ...mensajes.textos, 'donde.citas': 'íbamos en las citas' }
export const olderGuide: Guide = {
  ...guide,
  content: { ...guide.content, mensajes: { ...mensajes, textos } },
  flows: older,
}

/** What whoever renamed and dropped all this would have written into flows/index.ts. */
export const sinceThen = {
  ...now,
  moved: {
    'perfil.escuela': 'perfil.plantel',
    'perfil.seguro': 'perfil.otroServicio',
    'primero.copias': 'primero.hoja',
    'primero.hoja': 'primero.imprimir-cedula',
    'citas.papeles': 'clinica.papeles',
    // Two slips: these go round, and this leads to what never was.
    'perfil.a': 'perfil.b',
    'perfil.b': 'perfil.a',
    'citas.otra': 'citas.nunca',
  },
}
