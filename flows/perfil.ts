/** Asks what is not known yet of the person, one thing at a time, and goes on to their checklist. */
import type { Campo, Meta, Perfil } from './shape.ts'
import { flow, given } from './shape.ts'

/** A state that asks for one field: skipped where it is known, filled by a press or by what was written. */
function asks<const Next extends string>(campo: Campo, opciones: readonly string[], next: Next) {
  return {
    meta: { texto: `perfil.${campo}`, opciones, campo } satisfies Meta,
    always: { guard: { type: 'sabido' as const, params: campo }, target: next },
    on: Object.fromEntries(
      opciones.map(opcion => [
        opcion,
        { target: next, actions: { type: 'sabe' as const, params: { [campo]: opcion } as Perfil } },
      ]),
    ),
  }
}

export const perfil = flow.createMachine({
  id: 'perfil',
  description:
    'Pregunta, de uno en uno, los datos que faltan para armar la lista; lo que ya se sabe se salta.',
  context: given,
  initial: 'nivel',
  states: {
    nivel: asks('nivel', ['medio-superior', 'superior', 'posgrado'], 'semestre'),
    semestre: asks('semestre', ['primero', 'posterior'], 'edad'),
    edad: asks('edad', ['menor', 'adulto'], 'otroServicio'),
    otroServicio: asks('otroServicio', ['si', 'no'], 'tratamiento'),
    tratamiento: asks('tratamiento', ['si', 'no'], 'plantel'),
    plantel: asks('plantel', ['ipn'], 'listo'),
    listo: {
      type: 'final',
      entry: [
        { type: 'di', params: { clave: 'perfil.listo' } },
        { type: 'ir', params: { flujo: 'checklist' } },
      ],
    },
  },
})
