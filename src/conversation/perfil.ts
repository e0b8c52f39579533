/** The student's profile as it is stored, and whether a condition of the content fits it. */
import { z } from 'zod'
import type { Campo, Perfil as FlowPerfil } from '../../flows/shape.ts'
import type { Condicion } from '../content/schema.ts'

export const Perfil = z.object({
  nivel: z.enum(['medio-superior', 'superior', 'posgrado']).optional().catch(undefined),
  semestre: z.enum(['primero', 'posterior']).optional().catch(undefined),
  edad: z.enum(['menor', 'adulto']).optional().catch(undefined),
  otroServicio: z.enum(['si', 'no']).optional().catch(undefined),
  tratamiento: z.enum(['si', 'no']).optional().catch(undefined),
  plantel: z.string().optional().catch(undefined),
  tramite: z.enum(['alta', 'renuncia', 'cambio']).optional().catch(undefined),
}) satisfies z.ZodType<FlowPerfil>

/** True where every field that the condition names is known and fits. */
export function fits(si: Condicion, perfil: FlowPerfil): boolean {
  return Object.entries(si).every(([campo, wanted]) => {
    const known = perfil[campo as Campo]
    return known !== undefined && (Array.isArray(wanted) ? wanted.includes(known as never) : wanted === known)
  })
}
