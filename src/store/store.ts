/**
 * Keeps the conversations: where each stands, what was said, and which messages were handled already. A turn is
 * one `read` and one `write`; `conversation/handle.ts` makes them, the web page reads the `history`.
 */
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import type { QueryConfig } from 'pg'
import type { Choice, Outgoing } from '../message.ts'
import { gather } from './crowd.ts'
import { type Database, openDatabase, type Where } from './database.ts'
import { StoreError } from './error.ts'
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
  read(chat: string, message: string): Promise<Read>
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

/**
 * The statements of a turn. One for a lone turn of a known chat, the usual one, and one for any number of them
 * over arrays, which costs a lone turn twice as much. Every table is reached by its key, row by row (the limits
 * inside `lateral` see to that): a plan made while the tables were small stays right when they have grown.
 */
const readOne = `
  select c.version, c.vida, c.estado,
    exists (select from entrada e where e.chat = q.chat and e.mensaje = q.mensaje) as vista
  from (values ($1::text, $2::text)) q (chat, mensaje) left join conversacion c on c.chat = q.chat`

const readMany = `
  select c.version, c.vida, c.estado, e.mensaje is not null as vista
  from unnest($1::text[], $2::text[]) with ordinality q (chat, mensaje, n)
    left join lateral (select * from conversacion c where c.chat = q.chat limit 1) c on true
    left join lateral (select mensaje from entrada e
      where e.chat = q.chat and e.mensaje = q.mensaje limit 1) e on true
  order by q.n`

/** The mark and the replies come from the row that was changed: without it, nothing is written. */
const changeOne = `
  with puesta as (
    update conversacion set version = version + 1, estado = $5, cambiada = greatest(cambiada, $3)
    where chat = $1 and version = $7 and vida = $8 returning version),
  marca as (insert into entrada (chat, mensaje, version, at, texto)
    select $1, $2, version, $3, $4 from puesta),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select $1, version, n, $3, cuerpo
    from puesta, json_array_elements($6::json) with ordinality r (cuerpo, n))
  select from puesta`

/** `hay` holds each conversation as it is now, and no other process may change or forget it from there on. */
const writeMany = `
  with q as (
    select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::json[], $6::json[],
      $7::integer[], $8::integer[]) q (chat, mensaje, at, texto, estado, cuerpos, version, vida)),
  hay as (
    select q.*, c.version as ahora, c.vida as suya
    from q left join lateral (select * from conversacion c where c.chat = q.chat limit 1 for update) c on true),
  puesta as (
    insert into conversacion as c (chat, version, estado, cambiada)
    select chat, version + 1, estado, at from hay
    where ahora = version and suya = vida or ahora is null and version = 0
    on conflict (chat) do update
    set version = excluded.version, estado = excluded.estado, cambiada = greatest(c.cambiada, excluded.cambiada)
    where c.version = excluded.version - 1
    returning chat, version),
  marca as (insert into entrada (chat, mensaje, version, at, texto)
    select chat, mensaje, puesta.version, at, texto from puesta join q using (chat)),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select chat, puesta.version, n, at, cuerpo
    from puesta join q using (chat), json_array_elements(cuerpos) with ordinality r (cuerpo, n))
  select chat from puesta`

class PostgresStore implements Store {
  readonly #database: Database
  readonly #db: Kysely<Tables>
  readonly #read: (asked: Asked) => Promise<Read>
  readonly #write: (turn: TurnRecord) => Promise<boolean>

  constructor(database: Database) {
    this.#database = database
    this.#db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
    this.#read = gather(database.lanes, asks => this.#readMany(asks))
    this.#write = gather(database.lanes, turns => this.#writeMany(turns))
  }

  prepare(): Promise<void> {
    return guard('migrate', () => migrate(this.#db))
  }

  read(chat: string, message: string) {
    return this.#read({ chat, message })
  }
  async #readMany(asks: readonly Asked[]): Promise<Read[]> {
    const [one] = asks
    const rows = (await (asks.length === 1 && one
      ? this.#ask('readOne', readOne, [one.chat, one.message])
      : this.#ask('readMany', readMany, [asks.map(a => a.chat), asks.map(a => a.message)]))) as ReadRow[]
    return rows.map(({ version, vida, estado, vista }) => ({
      seen: vista,
      stored: version === null ? null : { version, life: vida, state: estado },
    }))
  }

  write(turn: TurnRecord): Promise<boolean> {
    return this.#write(turn)
  }
  async #writeMany(turns: readonly TurnRecord[]): Promise<boolean[]> {
    const [one] = turns
    if (turns.length === 1 && one?.read)
      return [(await this.#ask('changeOne', changeOne, columns(one))).length === 1]
    const rows = turns.map(columns)
    const values = rows[0]?.map((_, column) => rows.map(row => row[column])) ?? []
    const written = new Set(
      (await this.#ask('writeMany', writeMany, values)).map(row => (row as { chat: string }).chat),
    )
    return turns.map(turn => written.has(turn.chat))
  }

  /**
   * Past Kysely, which cannot name a statement: prepared once for each connection it costs half of what it does
   * when the database plans it anew each time.
   */
  async #ask(name: string, text: string, values: unknown[]): Promise<unknown[]> {
    const { rows } = await guard(name, () => this.#database.pool.query({ name, text, values } as QueryConfig))
    return rows
  }

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

/**
 * The statements of a turn. One for a lone turn of a known chat, the usual one, and one for any number of them
 * over arrays, which costs a lone turn twice as much. Every table is reached by its key, row by row (the limits
 * inside `lateral` see to that): a plan made while the tables were small stays right when they have grown.
 */
const readOne = `
  select c.version, c.vida, c.estado,
    exists (select from entrada e where e.chat = q.chat and e.mensaje = q.mensaje) as vista
  from (values ($1::text, $2::text)) q (chat, mensaje) left join conversacion c on c.chat = q.chat`

const readMany = `
  select c.version, c.vida, c.estado, e.mensaje is not null as vista
  from unnest($1::text[], $2::text[]) with ordinality q (chat, mensaje, n)
    left join lateral (select * from conversacion c where c.chat = q.chat limit 1) c on true
    left join lateral (select mensaje from entrada e
      where e.chat = q.chat and e.mensaje = q.mensaje limit 1) e on true
  order by q.n`

/** The mark and the replies come from the row that was changed: without it, nothing is written. */
const changeOne = `
  with puesta as (
    update conversacion set version = version + 1, estado = $5, cambiada = greatest(cambiada, $3)
    where chat = $1 and version = $7 and vida = $8 returning version),
  marca as (insert into entrada (chat, mensaje, version, at, texto)
    select $1, $2, version, $3, $4 from puesta),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select $1, version, n, $3, cuerpo
    from puesta, json_array_elements($6::json) with ordinality r (cuerpo, n))
  select from puesta`

/** `hay` holds each conversation as it is now, and no other process may change or forget it from there on. */
const writeMany = `
  with q as (
    select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::json[], $6::json[],
      $7::integer[], $8::integer[]) q (chat, mensaje, at, texto, estado, cuerpos, version, vida)),
  hay as (
    select q.*, c.version as ahora, c.vida as suya
    from q left join lateral (select * from conversacion c where c.chat = q.chat limit 1 for update) c on true),
  puesta as (
    insert into conversacion as c (chat, version, estado, cambiada)
    select chat, version + 1, estado, at from hay
    where ahora = version and suya = vida or ahora is null and version = 0
    on conflict (chat) do update
    set version = excluded.version, estado = excluded.estado, cambiada = greatest(c.cambiada, excluded.cambiada)
    where c.version = excluded.version - 1
    returning chat, version),
  marca as (insert into entrada (chat, mensaje, version, at, texto)
    select chat, mensaje, puesta.version, at, texto from puesta join q using (chat)),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select chat, puesta.version, n, at, cuerpo
    from puesta join q using (chat), json_array_elements(cuerpos) with ordinality r (cuerpo, n))
  select chat from puesta`

class PostgresStore implements Store {
  readonly #database: Database
  readonly #db: Kysely<Tables>
  readonly #read: (asked: Asked) => Promise<Read>
  readonly #write: (turn: TurnRecord) => Promise<boolean>

  constructor(database: Database) {
    this.#database = database
    this.#db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
    this.#read = gather(database.lanes, asks => this.#readMany(asks))
    this.#write = gather(database.lanes, turns => this.#writeMany(turns))
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

/** In the order of the parameters of `changeOne` and `writeMany`. */
function columns({ chat, message, at, text, read, state, replies }: TurnRecord): unknown[] {
  // NUL is the one character that PostgreSQL's text cannot hold.
  const texto = text.replaceAll('\0', '')
  const said = [chat, message, at, texto, JSON.stringify(state), JSON.stringify(replies)]
  return [...said, read?.version ?? 0, read?.life ?? 0]
}

interface Asked {
  readonly chat: string
  readonly message: string
}
interface Read {
  readonly seen: boolean
  readonly stored: Stored | null
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
