/** The student's own checklist, made of the steps in content/tramite and what is known of the person. Pure. */
import type { Perfil } from '../../flows/shape.ts'
import type { Content, PasoConId, PlantelConId } from '../content/load.ts'
import { fits } from './perfil.ts'

/** The steps that concern this person, in the order in which they are done. */
export function stepsOf(content: Content, perfil: Perfil): readonly PasoConId[] {
  const tramite = perfil.tramite ?? 'alta'
  return content.pasos.filter(paso => paso.tramite === tramite && fits(paso.si, perfil))
}

/** How this person does a step: as their plantel says, else as their case, else as everybody. */
export function howOf(paso: PasoConId, perfil: Perfil, plantel: PlantelConId): string {
  const own = plantel.pasos[paso.id]
  if (own) return own.como
  return paso.casos?.find(caso => fits(caso.si, perfil))?.como ?? paso.como
}

/** The links in a text, each once, in order. */
export function linksOf(text: string): string[] {
  return [...new Set(text.match(/https?:\/\/\S+/g) ?? [])]
}
