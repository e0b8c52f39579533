/** Whom a broadcast concerns, as a condition on `suscripcion s`; broadcasts.ts counts and prepares with it. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ChannelName, Tema } from '../message.ts'

/** All that is given must fit; a list means any of them. Only who opted in to `tema` ever. */
export interface Audience {
  readonly tema: Tema
  readonly plantel?: readonly string[]
  readonly nivel?: readonly string[]
  readonly semestre?: 'primero' | 'posterior'
  /** A step of theirs that is not done. */
  readonly falta?: string
  readonly canal?: readonly ChannelName[]
  /** Seen within so many days; not seen for so many. */
  readonly vistoDias?: number
  readonly ausenteDias?: number
  /** Not who was written to by these broadcasts. */
  readonly sinDifusion?: readonly number[]
  readonly sinPlantel?: readonly string[]
}

export function isIn(audience: Audience, now: Date): RawBuilder<SqlBool> {
  const { tema, plantel, nivel, semestre, falta, canal, vistoDias, ausenteDias, sinDifusion, sinPlantel } =
    audience
  const conditions = [sql<SqlBool>`s.inalcanzable is null`, sql<SqlBool>`s.temas @> array[${tema}::text]`]
  const also = (condition: RawBuilder<SqlBool>) => void conditions.push(condition)
  if (plantel) also(sql`s.plantel = any (${plantel}::text[])`)
  if (nivel) also(sql`s.nivel = any (${nivel}::text[])`)
  if (semestre) also(sql`s.semestre = ${semestre}`)
  if (falta) also(sql`s.faltan @> array[${falta}::text]`)
  if (canal) also(sql`s.canal = any (${canal}::text[])`)
  if (vistoDias) also(sql`s.vista >= ${daysBefore(now, vistoDias)}`)
  if (ausenteDias) also(sql`s.vista < ${daysBefore(now, ausenteDias)}`)
  if (sinPlantel) also(sql`coalesce(s.plantel <> all (${sinPlantel}::text[]), true)`)
  if (sinDifusion)
    also(sql`not exists (select from destinatario d where d.chat = s.chat
      and d.difusion = any (${sinDifusion}::bigint[]) and d.estado in ('enviado', 'incierto', 'enviando', 'pendiente'))`)
  return sql.join(conditions, sql` and `)
}

/** Chosen by the person and the broadcast alone: whoever counts or prepares again finds the same ones. */
export const isControl = (difusion: number, share: number) =>
  sql<SqlBool>`(hashtextextended(s.chat, ${difusion}::bigint) & 2147483647) % 100 < ${share}::integer`

const dayMs = 24 * 60 * 60 * 1000
const daysBefore = (now: Date, days: number) => new Date(now.getTime() - days * dayMs)
