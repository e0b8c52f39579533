/**
 * What staff did, in the order in which they did it: rows can only be added, and each row's `huella` covers the row and the
 * `huella` before it, so that a change made past the program shows. Whatever staff change is recorded here in the
 * transaction that changes it (staff.ts, broadcasts.ts).
 */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { guard } from './error.ts'
import type { Tables } from './migrations.ts'
import { storable } from './turns.ts'

export interface LogEntry {
  readonly at: Date
  /** A member's id; null where nobody had signed in: the installation, or a stranger with a wrong code. */
  readonly quien: number | null
  /** Theirs at that time; empty where there is no `quien`. */
  readonly nombre: string
  readonly accion: string
  readonly difusion?: number
  /** Nothing of a student in it: it can never be deleted. */
  readonly detalle: object
}

export interface LogLine extends LogEntry {
  readonly id: number
}

/** Whoever keeps `head` elsewhere can tell later whether rows were cut off the end, which the chain alone cannot. */
export interface LogState {
  readonly rows: number
  /** The newest row's `huella`; empty where there is none. */
  readonly head: string
  /** The first row that is not as it was written, or does not follow the one that it was written after. */
  readonly wrong?: number
}

/** Of our advisory locks; the other is in outbox.ts, and of two numbers. */
const logLock = 746_202

/**
 * As the last in its transaction: from here to its end all others who record wait, and one that waited for a row of
 * theirs would wait for ever. Two statements: the second sees what was committed while the first waited.
 */
export async function record(trx: Transaction<Tables>, entry: LogEntry): Promise<void> {
  const { at, quien, nombre, accion, difusion = null, detalle } = entry
  await sql`select pg_advisory_xact_lock(${sql.lit(logLock)})`.execute(trx)
  const before = sql<string>`coalesce((select huella from bitacora order by id desc limit 1), '')`
  await sql`insert into bitacora (at, quien, nombre, accion, difusion, detalle, huella)
    select q.*, ${markAfter(before)}
    from (values (${at}::timestamptz, ${quien}::integer, ${storable(nombre)}, ${accion}, ${difusion}::bigint,
      ${JSON.stringify(detalle)}::json)) q (at, quien, nombre, accion, difusion, detalle)`.execute(trx)
}

/** The `huella` of the row at hand; the array keeps the fields apart, whatever is in them. */
const markAfter = (before: RawBuilder<string>) =>
  sql<string>`encode(sha256(convert_to(json_build_array(${before}, extract(epoch from at), quien, nombre, accion,
    difusion, detalle::text)::text, 'UTF8')), 'hex')`

/** The newest `limit`, newest first. */
export function readLog(db: Kysely<Tables>, limit: number): Promise<LogLine[]> {
  return guard('readLog', async () => {
    const rows = await db.selectFrom('bitacora').selectAll().orderBy('id', 'desc').limit(limit).execute()
    return rows.map(({ id, at, quien, nombre, accion, difusion, detalle }) => ({
      id: Number(id),
      at,
      quien,
      nombre,
      accion,
      detalle,
      ...(difusion !== null && { difusion: Number(difusion) }),
    }))
  })
}

export function checkLog(db: Kysely<Tables>): Promise<LogState> {
  return guard('checkLog', async () => {
    const { rows } = await sql<{ rows: number; head: string; wrong: number | null }>`
      with fila as (select *, lag(huella, 1, '') over (order by id) as antes from bitacora)
      select count(*)::integer as rows,
        coalesce((select huella from bitacora order by id desc limit 1), '') as head,
        min(id) filter (where huella <> ${markAfter(sql`antes`)})::float as wrong
      from fila`.execute(db)
    const { rows: count = 0, head = '', wrong = null } = rows[0] ?? {}
    return { rows: count, head, ...(wrong !== null && { wrong }) }
  })
}
