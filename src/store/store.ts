/**
 * Keeps the conversations: where each stands, what was said, and which messages were handled already. A turn is
 * one `read` and one `write`; `conversation/handle.ts` makes them, the web page reads the `history`, the school's
 * staff what was `unanswered`.
 */
import { Kysely, type NotNull, PostgresDialect, sql, type Transaction } from 'kysely'
import type { Line, Outgoing } from '../message.ts'
import { type BroadcastTables, createBroadcastTables } from './broadcasts.ts'
import { type Codes, createCodes } from './codes.ts'
import { type Database, openDatabase, type Where } from './database.ts'
import { guard } from './error.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { migrate, type Tables } from './migrations.ts'
import { createOutbox, enrol, goneProcess, type Outbox } from './outbox.ts'
import { createPersons, type Persons } from './persons.ts'
import { createMembers, type Members } from './staff.ts'
import { createSubscriptions, type Subscriptions, unaskedId } from './subscriptions.ts'
import {
  createTurns,
  type Doubt,
  type Read,
  type Stored,
  storable,
  type TurnRecord,
  type Turns,
  type Written,
} from './turns.ts'

export interface Forgotten {
  readonly messages: number
  readonly replies: number
  readonly conversation: boolean
}

/** The message that asks for a deletion, and what was read before it was understood so. */
export interface Cause {
  readonly message: string
  readonly read: Pick<Stored, 'version' | 'life'> | null
}

/** A message that was not answered outright, and how it was understood; not whose it is. */
export interface Unanswered extends Doubt {
  /** Masked. */
  readonly text: string
  readonly at: Date
}

const isSame = (read: Cause['read'], now: { version: number; vida: number }) =>
  read ? read.version === now.version && read.life === now.vida : now.version === 0

export interface Store {
  /** What the conversation is as far as this process knows; `write` tells whether that was so. */
  read(chat: string, message: string): Promise<Read>
  /** Surely, where `read` may guess: the message was handled before. */
  seen(chat: string, message: string): Promise<boolean>
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly persons: Persons
  readonly codes: Codes
  readonly subscriptions: Subscriptions
  readonly ledger: Ledger
  readonly broadcasts: BroadcastTables
  readonly members: Members
  /** What the jobs' own engine runs on. */
  readonly jobs: { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }
  /**
   * All of the turn or nothing. Null: somebody wrote in between, the conversation was forgotten, or the message
   * was handled before: read again, which then says which.
   */
  write(turn: TurnRecord): Promise<Written | null>
  /** The newest `limit` turns after that version, oldest first. */
  history(chat: string, afterVersion: number, limit: number): Promise<Line[]>
  /** The messages since that were not answered outright, the newest `limit`, newest first. */
  unanswered(since: Date, limit: number): Promise<Unanswered[]>
  /**
   * Deletes all of a chat. With a cause, only if nobody wrote in between and the message was not handled before;
   * else null: read again, as with `write`.
   */
  forget(chat: string, because?: Cause): Promise<Forgotten | null>
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
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
  try {
    await guard('migrate', () => migrate(db))
    return new PostgresStore(database, db, await guard('enrol', () => enrol(database)))
  } catch (error) {
    await db.destroy()
    await database.close()
    throw 'url' in where && error instanceof Error
      ? new Error(`DATABASE_URL: ${error.message}`, { cause: error })
      : error
  }
}

class PostgresStore implements Store {
  readonly #database: Database
  readonly #db: Kysely<Tables>
  readonly #turns: Turns
  readonly #leave: () => Promise<void>
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly persons: Persons
  readonly codes: Codes
  readonly subscriptions: Subscriptions
  readonly ledger: Ledger
  readonly broadcasts: BroadcastTables
  readonly members: Members
  readonly jobs: Store['jobs']

  constructor(
    database: Database,
    db: Kysely<Tables>,
    { me, lead, leave }: Awaited<ReturnType<typeof enrol>>,
  ) {
    this.#database = database
    this.#db = db
    this.#turns = createTurns(database, me)
    this.#leave = leave
    this.outbox = createOutbox(database, me)
    this.inbox = createInbox(database, me, goneProcess)
    this.persons = createPersons(database)
    this.codes = createCodes(database)
    this.subscriptions = createSubscriptions(database)
    this.ledger = createLedger(database, me, lead)
    this.broadcasts = createBroadcastTables(db)
    this.members = createMembers(db)
    this.jobs = { executeSql: (text, values) => executeAlone(database, text, values) }
  }

  read(chat: string, message: string): Promise<Read> {
    return this.#turns.read({ chat, message })
  }

  seen(chat: string, message: string): Promise<boolean> {
    return guard('seen', async () => {
      const marks = this.#db.selectFrom('entrada').select('chat').where('chat', '=', chat)
      return (await marks.where('mensaje', '=', storable(message)).executeTakeFirst()) !== undefined
    })
  }

  write(turn: TurnRecord): Promise<Written | null> {
    return this.#turns.write(turn)
  }

  history(chat: string, afterVersion: number, limit: number): Promise<Line[]> {
    return guard('history', async () => {
      const { rows } = await sql<HistoryRow>`
        with desde as (select greatest(version - ${limit}::int, ${afterVersion}::int) as version
          from conversacion where chat = ${chat})
        select e.version, 0 as n, e.at, e.texto, null as cuerpo
          from entrada e, desde where e.chat = ${chat} and e.version > desde.version
            and e.mensaje not like ${`${unaskedId}%`}
        union all
        select s.version, s.n, s.at, null, s.cuerpo
          from salida s, desde where s.chat = ${chat} and s.version > desde.version
        order by version, n`.execute(this.#db)
      return rows.map(readLine)
    })
  }

  unanswered(since: Date, limit: number): Promise<Unanswered[]> {
    return guard('unanswered', async () => {
      const rows = await this.#db
        .selectFrom('entrada')
        .select(['texto', 'at', 'duda'])
        .where('duda', 'is not', null)
        .where('at', '>=', since)
        .orderBy('at', 'desc')
        .limit(limit)
        .$narrowType<{ duda: NotNull }>()
        .execute()
      return rows.map(({ texto, at, duda }) => ({ text: texto, at, ...duda }))
    })
  }

  async forget(chat: string, because?: Cause): Promise<Forgotten | null> {
    let stale = false
    try {
      return await guard('forget', () =>
        this.#db.transaction().execute(async trx => {
          // Takes the row, made if need be: a turn on its way is over before the deletions look, or comes after.
          const { rows } = await sql<Pick<Stored, 'version'> & { vida: number; vista: boolean }>`
            insert into conversacion as c (chat, version, estado, cambiada) values (${chat}, 0, 'null', now())
            on conflict (chat) do update set version = c.version
            returning version, vida, exists (select from entrada
              where chat = ${chat} and mensaje = ${because ? storable(because.message) : null}) as vista`.execute(
            trx,
          )
          const [now] = rows
          stale = because !== undefined && (now === undefined || now.vista || !isSame(because.read, now))
          if (stale) throw new Error('stale')
          return erase(trx, await chatsOf(trx, chat))
        }),
      )
    } catch (error) {
      if (stale) return null
      throw error
    } finally {
      this.#turns.forget(chat)
    }
  }

  async sweep(before: Date, idleSince: Date): Promise<number> {
    const deleted = await guard('sweep', async () => {
      const messages = await untilNone(() => this.#sweepOld('entrada', before))
      await untilNone(() => this.#sweepOld('envio', before))
      await untilNone(() => this.#sweepOld('acuse', before))
      await this.#db.deleteFrom('codigo').where('vence', '<', sql<Date>`now()`).execute()
      const replies = await untilNone(() => this.#sweepOld('salida', before))
      return messages + replies + (await untilNone(() => this.#sweepIdle(idleSince)))
    })
    // A server does this by itself; the embedded database has nobody to do it.
    if (this.#database.embedded) await guard('vacuum', () => this.#database.pool.query('vacuum analyze'))
    return deleted
  }

  async #sweepOld(table: 'entrada' | 'salida' | 'envio' | 'acuse', before: Date): Promise<number> {
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
      const chats = idle.map(({ chat }) => chat)
      const { messages, replies } = await erase(trx, chats)
      return idle.length + messages + replies
    })
  }

  async ping(): Promise<void> {
    await guard('ping', () => this.#database.pool.query('select'))
  }

  async close(): Promise<void> {
    await this.#leave()
    await this.#db.destroy()
    await this.#database.close()
  }
}

/** What fails in the middle of its transaction must not leave that open for whoever has the connection next. */
async function executeAlone({ pool }: Database, text: string, values?: unknown[]) {
  const client = await pool.connect()
  try {
    return await client.query(text, values)
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

/** A sweep goes in pieces, so that the turns of the moment need not wait for all of it. */
const sweepRows = 1000
async function untilNone(piece: () => Promise<number>): Promise<number> {
  let total = 0
  for (let deleted = await piece(); deleted > 0; deleted = await piece()) total += deleted
  return total
}

/** Where a person was met by several names, each may have had a conversation of its own once. */
async function chatsOf(trx: Transaction<Tables>, chat: string): Promise<string[]> {
  const names = await trx.selectFrom('persona').select('clave').where('chat', '=', chat).execute()
  return [...new Set([chat, ...names.map(({ clave }) => clave)])]
}

/** The conversations first: their rows are held from then on, and no turn adds to what is deleted next. */
async function erase(trx: Transaction<Tables>, chats: string[]) {
  const conversations = await trx
    .deleteFrom('conversacion')
    .where('chat', 'in', chats)
    .returning('version')
    .execute()
  // The guide's own turns are no messages of theirs.
  await trx
    .deleteFrom('entrada')
    .where('chat', 'in', chats)
    .where('mensaje', 'like', `${unaskedId}%`)
    .execute()
  const messages = await trx.deleteFrom('entrada').where('chat', 'in', chats).executeTakeFirst()
  for (const table of ['envio', 'acuse', 'codigo', 'persona', 'suscripcion'] as const)
    await trx.deleteFrom(table).where('chat', 'in', chats).execute()
  // A broadcast's figures stay, and nobody is to be found in them.
  await trx
    .updateTable('destinatario')
    .set({
      chat: sql`gen_random_uuid()::text`,
      estado: sql`case when estado in ('pendiente', 'enviando') then 'omitido' else estado end`,
      motivo: sql`case when estado in ('pendiente', 'enviando') then 'salio' else motivo end`,
    })
    .where('chat', 'in', chats)
    .execute()
  const replies = await trx.deleteFrom('salida').where('chat', 'in', chats).executeTakeFirst()
  return {
    messages: Number(messages.numDeletedRows),
    replies: Number(replies.numDeletedRows),
    conversation: conversations.some(({ version }) => version > 0),
  }
}

type HistoryRow = { readonly version: number; readonly at: Date } & (
  | { readonly texto: string; readonly cuerpo: null }
  | { readonly texto: null; readonly cuerpo: Outgoing }
)

function readLine({ version, at, texto, cuerpo }: HistoryRow): Line {
  return cuerpo ? { version, from: 'guia', at, ...cuerpo } : { version, from: 'persona', at, text: texto }
}
