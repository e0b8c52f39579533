/** Leads through the steps of a procedure one at a time; primero.ts and posterior.ts say which. */
import type { Meta } from './shape.ts'
import { flow, given, recordar } from './shape.ts'

/** The flow that a step opens where a tick is not all there is to do: the option and where it goes. */
const opens: Readonly<Record<string, { opcion: string; flujo: string }>> = {
  beneficiarios: { opcion: 'repartir', flujo: 'beneficiarios' },
  'entregar-nss': { opcion: 'fechas', flujo: 'ventana' },
  vigencia: { opcion: 'revisar', flujo: 'vigencia' },
  clinica: { opcion: 'papeles', flujo: 'clinica' },
}

function step(paso: string, next: string) {
  const more = opens[paso]
  const meta: Meta = {
    texto: 'paso',
    opciones: [...(more ? [more.opcion] : []), 'listo', 'luego', 'checklist'],
    paso,
  }
  return {
    meta,
    always: { guard: { type: 'noToca' as const, params: paso }, target: next },
    on: {
      listo: {
        target: next,
        actions: [
          { type: 'hecho' as const, params: { paso } },
          { type: 'di' as const, params: { clave: 'paso.hecho' } },
        ],
      },
      luego: { target: next },
      ...(more ? { [more.opcion]: { actions: { type: 'ir' as const, params: { flujo: more.flujo } } } } : {}),
    },
  }
}

/**
 * A state for each step, in order: skipped where it does not concern this person or is done, so that starting
 * again resumes at the first open step. `otro` is the flow of those who turn out to be of another semester.
 */
export function recorrido(
  id: string,
  description: string,
  semestre: 'primero' | 'posterior',
  otro: string,
  steps: readonly string[],
) {
  const states = Object.fromEntries(steps.map((paso, i) => [paso, step(paso, steps[i + 1] ?? 'fin')]))
  const fin: Meta = { texto: 'recorrido.fin', opciones: ['checklist', 'vigencia', 'recordar'] }
  return flow.createMachine({
    id,
    description,
    context: given,
    initial: steps[0] ?? 'fin',
    on: {
      checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } },
      vigencia: { actions: { type: 'ir', params: { flujo: 'vigencia' } } },
      perfil: [
        { guard: { type: 'es', params: { semestre } } },
        { actions: { type: 'ir', params: { flujo: otro } } },
      ],
    },
    states: { ...states, fin: { meta: fin, on: { recordar } } },
  })
}
