/** All flows, and where a state that no longer exists went; the conversation steps and carries over by this list. */
import { beneficiarios } from './beneficiarios.ts'
import { cambio } from './cambio.ts'
import { checklist } from './checklist.ts'
import { clinica } from './clinica.ts'
import { menu } from './menu.ts'
import { perfil } from './perfil.ts'
import { persona } from './persona.ts'
import { posterior } from './posterior.ts'
import { preguntas } from './preguntas.ts'
import { primero } from './primero.ts'
import { privacidad } from './privacidad.ts'
import { recordatorios } from './recordatorios.ts'
import { renuncia } from './renuncia.ts'
import { ventana } from './ventana.ts'
import { vigencia } from './vigencia.ts'

export const flows = {
  menu,
  perfil,
  primero,
  posterior,
  checklist,
  ventana,
  vigencia,
  clinica,
  renuncia,
  cambio,
  beneficiarios,
  preguntas,
  persona,
  recordatorios,
  privacidad,
} as const

export type FlowId = keyof typeof flows
export const flowIds = Object.keys(flows) as FlowId[]

/** What an answer may lead to: `tramite` is no flow of its own, but the way through the profile to the alta's checklist. */
export const leadsTo: readonly string[] = [...flowIds, 'tramite']

/** The topic that a flow is about, for a short question asked in the middle of it; those of steps say it themselves. */
export const speaksOf: Readonly<Record<string, string>> = {
  ventana: 'ventana',
  vigencia: 'verificar-alta',
  clinica: 'registro-clinica',
  renuncia: 'renuncia',
  cambio: 'cambio-plantel',
  beneficiarios: 'beneficiarios',
} satisfies Partial<Record<FlowId, string>>

/**
 * `flow.state` that was renamed or dropped → the nearest that survives. Whoever renames or drops a state adds its
 * line here; what is not here goes to the start of its flow, or to the menu where the flow is gone too.
 */
export const moved: Readonly<Record<string, string>> = {}
