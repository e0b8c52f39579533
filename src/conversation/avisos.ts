/**
 * What a person wants to be told unasked, and how much they have been told of late: `Saved.avisos`, which only these
 * change. Pure.
 */
import type { Content } from '../content/load.ts'
import { type Tema, temas } from '../message.ts'
import type { Saved } from './saved.ts'

type Avisos = NonNullable<Saved['avisos']>

export const wants = ({ avisos }: Saved, tema: Tema): boolean => avisos?.temas.includes(tema) === true

/** From now on: no reminder that was due before. */
export function want(saved: Saved, tema: Tema, at: Date): Saved {
  if (wants(saved, tema)) return saved
  const { avisos } = saved
  const hasta = avisos && tema !== 'tramite' ? avisos.hasta : at.toISOString()
  const all = temas.filter(it => it === tema || wants(saved, it))
  return { ...saved, avisos: { temas: all, hasta, dados: avisos?.dados ?? [] } }
}

/** Of a theme, or of all; what was told this week still counts for whoever comes back. */
export function unwant(saved: Saved, tema: Tema | undefined, at: Date): Saved {
  const { avisos, ...others } = saved
  if (!avisos) return saved
  const left = tema === undefined ? [] : avisos.temas.filter(it => it !== tema)
  const dados = ofWeek(avisos, at)
  return left.length + dados.length === 0 ? others : { ...others, avisos: { ...avisos, temas: left, dados } }
}

/** Something was told now. */
export const told = (avisos: Avisos, at: Date): Avisos => ({
  ...avisos,
  dados: [...ofWeek(avisos, at), at.toISOString()],
})

const weekMs = 7 * 24 * 60 * 60 * 1000

/** When they were told something, of the last seven days, oldest first. */
const ofWeek = ({ dados }: Avisos, at: Date) =>
  dados.filter(then => Date.parse(then) > at.getTime() - weekMs).sort()

/** When something may be told again; `at` where it may now. */
export function roomAt({ avisos: { porSemana } }: Content, avisos: Avisos, at: Date): Date {
  const oldest = ofWeek(avisos, at).at(-porSemana)
  return oldest === undefined ? at : new Date(Date.parse(oldest) + weekMs)
}
