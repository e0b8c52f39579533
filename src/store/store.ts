/**
 * Keeps the conversations: where each stands, what was said, and which messages were handled already. A turn is
 * one `read` and one `write`; `conversation/handle.ts` makes them, the web page reads the `history`.
 */
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import type { QueryConfig } from 'pg'
import type { Choice, Outgoing } from '../message.ts'
import { type Database, openDatabase, type Where } from './database.ts'
import { migrate, type Tables } from './migrations.ts'

/** A conversation as it was read. `version` counts its turns from 1; `life` tells it from one forgotten before. */
export interface Stored {
  readonly version: number
  readonly life: number
  /** JSON. */
  readonly state: unknown
}

export interface TurnRecord {
  /** Hashed. */
  readonly chat: string
  readonly message: string
  readonly at: Date
  /** Masked already. */
  readonly text: string
  /** What `read` gave; null for a new conversation. */
  readonly read: Pick<Stored, 'version' | 'life'> | null
  readonly state: unknown
  readonly replies: readonly Outgoing[]
}

export interface Line {
  readonly version: number
  readonly from: 'persona' | 'guia'
  readonly at: Date
  readonly text: string
  readonly choices?: readonly Choice[]
}

export interface Store {
  read(chat: string, message: string): Promise<{ seen: boolean; stored: Stored | null }>
  /** All of the turn or nothing. False: somebody wrote in between, or the conversation was forgotten: read again. */
  write(turn: TurnRecord): Promise<boolean>
  /** The newest `limit` turns after that version, oldest first. */
  history(chat: string, afterVersion: number, limit: number): Promise<Line[]>
  forget(chat: string): Promise<{ messages: number; replies: number; conversation: boolean }>
  /**
   * Retention: deletes messages and replies older than `before`, and conversations idle since `idleSince` with
   * all that is theirs. Two dates, since texts should go sooner than where a person stands in the procedure.
   */
  sweep(before: Date, idleSince: Date): Promise<number>
  ping(): Promise<void>
  close(): Promise<void>
}

/** Says what failed and the database's code for it, never with what: its own errors quote what people wrote. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: string
  constructor(action: string, error: unknown) {
    const { code, constraint } = error as { code?: string; constraint?: string }
    super(`store: ${action} failed: ${[code ?? 'unknown', constraint].filter(Boolean).join(' ')}`)
    this.code = code ?? 'unknown'
  }
}

export async function openStore(where: Where): Promise<Store> {
  const database = await openDatabase(where)
  const store = new PostgresStore(database)
  try {
    await store.prepare()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

const read = `
  select c.version, c.vida, c.estado,
    exists (select from entrada e where e.chat = q.chat and e.mensaje = q.mensaje) as vista
  from (values ($1::text, $2::text)) q (chat, mensaje) left join conversacion c on c.chat = q.chat`

/** The rest of a turn, from the row that `turno` put; where there is none, nothing is written. */
const rest = `
  marca as (insert into entrada (chat, mensaje, version, at, texto)
    select $1, $2, version, $3, $4 from turno),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select $1, version, n, $3, cuerpo from turno, json_array_elements($6::json) with ordinality r (cuerpo, n))
  select from turno`

const create = `
  with turno as (insert into conversacion (chat, version, estado, cambiada)
    values ($1, 1, $5, $3) on conflict do nothing returning version), ${rest}`

const change = `
  with turno as (update conversacion
    set version = version + 1, estado = $5, cambiada = greatest(cambiada, $3)
    where chat = $1 and version = $7 and vida = $8 returning version), ${rest}`

class PostgresStore implements Store {
  readonly #database: Database
  readonly #db: Kysely<Tables>

  constructor(database: Database) {
    this.#database = database
    this.#db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
  }

  prepare(): Promise<void> {
    return guard('migrate', () => migrate(this.#db))
  }

  async read(chat: string, message: string) {
    const [row] = (await this.#ask('read', read, [chat, message])) as [ReadRow]
    if (row.version === null) return { seen: row.vista, stored: null }
    return { seen: row.vista, stored: { version: row.version, life: row.vida, state: row.estado } }
  }

  async write({ chat, message, at, text, read, state, replies }: TurnRecord): Promise<boolean> {
    // NUL is the one character that PostgreSQL's text cannot hold.
    const texto = text.replaceAll('\0', '')
    const values = [chat, message, at, texto, JSON.stringify(state), JSON.stringify(replies)]
    const rows = await (read
      ? this.#ask('change', change, [...values, read.version, read.life])
      : this.#ask('create', create, values))
    return rows.length > 0
  }

  /**
   * The two statements of a turn go past Kysely, which cannot name them: prepared once for each connection they
   * cost half of what they do when the database plans them anew each time.
   */
  async #ask(name: string, text: string, values: unknown[]): Promise<unknown[]> {
    const query: QueryConfig = { name, text, values }
    const { rows } = await guard(name, () => this.#database.pool.query(query))
    return rows
  }

  history(chat: string, afterVersion: number, limit: number): Promise<Line[]> {
    return guard('history', async () => {
      const { rows } = await sql<HistoryRow>`
        with desde as (select greatest(version - ${limit}::int, ${afterVersion}::int) as version
          from conversacion where chat = ${chat})
        select e.version, 0 as n, e.at, e.texto, null as cuerpo
          from entrada e, desde where e.chat = ${chat} and e.version > desde.version
        union all
        select s.version, s.n, s.at, null, s.cuerpo
          from salida s, desde where s.chat = ${chat} and s.version > desde.version
        order by version, n`.execute(this.#db)
      return rows.map(readLine)
    })
  }

  forget(chat: string) {
    return guard('forget', () =>
      this.#db.transaction().execute(async trx => {
        // Takes the row, made if need be: a turn on its way is over before the deletions look, or comes after.
        await sql`insert into conversacion (chat, version, estado, cambiada) values (${chat}, 0, 'null', now())
          on conflict (chat) do update set version = conversacion.version`.execute(trx)
        return erase(trx, [chat])
      }),
    )
  }

  async sweep(before: Date, idleSince: Date): Promise<number> {
    const deleted = await guard('sweep', async () => {
      const messages = await untilNone(() => this.#sweepOld('entrada', before))
      const replies = await untilNone(() => this.#sweepOld('salida', before))
      return messages + replies + (await untilNone(() => this.#sweepIdle(idleSince)))
    })
    // A server does this by itself; the embedded database has nobody to do it.
    if (this.#database.embedded) await guard('vacuum', () => this.#database.pool.query('vacuum analyze'))
    return deleted
  }

  async #sweepOld(table: 'entrada' | 'salida', before: Date): Promise<number> {
    const { numAffectedRows } = await sql`delete from ${sql.table(table)} where ctid = any (array(
      select ctid from ${sql.table(table)} where at < ${before} limit ${sweepRows}))`.execute(this.#db)
    return Number(numAffectedRows)
  }

  #sweepIdle(since: Date): Promise<number> {
    return this.#db.transaction().execute(async trx => {
      const idle = await trx
        .selectFrom('conversacion')
        .select('chat')
        .where('cambiada', '<', since)
        .limit(sweepRows)
        .forUpdate()
        .skipLocked()
        .execute()
      if (idle.length === 0) return 0
      const { messages, replies } = await erase(
        trx,
        idle.map(({ chat }) => chat),
      )
      return idle.length + messages + replies
    })
  }

  async ping(): Promise<void> {
    await guard('ping', () => this.#database.pool.query('select'))
  }

  async close(): Promise<void> {
    await this.#db.destroy()
    await this.#database.close()
  }
}

/** A sweep goes in pieces, so that the turns of the moment need not wait for all of it. */
const sweepRows = 1000
async function untilNone(piece: () => Promise<number>): Promise<number> {
  let total = 0
  for (let deleted = await piece(); deleted > 0; deleted = await piece()) total += deleted
  return total
}

/** The conversations first: their rows are held from then on, and no turn adds to what is deleted next. */
async function erase(trx: Transaction<Tables>, chats: string[]) {
  const conversations = await trx
    .deleteFrom('conversacion')
    .where('chat', 'in', chats)
    .returning('version')
    .execute()
  const messages = await trx.deleteFrom('entrada').where('chat', 'in', chats).executeTakeFirst()
  const replies = await trx.deleteFrom('salida').where('chat', 'in', chats).executeTakeFirst()
  return {
    messages: Number(messages.numDeletedRows),
    replies: Number(replies.numDeletedRows),
    conversation: conversations.some(({ version }) => version > 0),
  }
}

type ReadRow =
  | { readonly version: null; readonly vida: null; readonly estado: null; readonly vista: boolean }
  | { readonly version: number; readonly vida: number; readonly estado: unknown; readonly vista: boolean }

type HistoryRow = { readonly version: number; readonly at: Date } & (
  | { readonly texto: string; readonly cuerpo: null }
  | { readonly texto: null; readonly cuerpo: Outgoing }
)

function readLine({ version, at, texto, cuerpo }: HistoryRow): Line {
  return cuerpo ? { version, from: 'guia', at, ...cuerpo } : { version, from: 'persona', at, text: texto }
}

async function guard<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StoreError(action, error)
  }
}
