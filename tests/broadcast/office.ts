/** A school's staff at work on broadcasts, on either database: for the tests of what they do and of what is kept of it. */
import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Broadcasts, createBroadcasts } from '../../src/broadcast/broadcasts.ts'
import { createStaff, type Member } from '../../src/broadcast/staff.ts'
import { type BroadcastTables, createBroadcastTables } from '../../src/store/broadcasts.ts'
import { openDatabase, type Where } from '../../src/store/database.ts'
import { migrate, type Rol, type Tables } from '../../src/store/migrations.ts'
import { createMembers } from '../../src/store/staff.ts'
import { content } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'

export const databases: { name: string; where: () => Promise<Where> }[] = [
  { name: 'PGlite', where: async () => ({ memory: true }) },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
]

export const noon = new Date('2026-11-23T12:00:00-06:00')
const hourMs = 60 * 60 * 1000
export const hours = (n: number) => new Date(noon.getTime() + n * hourMs)

export interface Office {
  readonly db: Kysely<Tables>
  readonly tables: BroadcastTables
  readonly broadcasts: Broadcasts
  /** What the clock shows; a test sets it. */
  now: Date
  /** How often the program was woken. */
  woken: number
  member(rol: Rol, chat?: string): Promise<Member>
  close(): Promise<void>
}

export async function openOffice(where: Where): Promise<Office> {
  const database = await openDatabase(where)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
  await migrate(db)
  const tables = createBroadcastTables(db)
  const clock = () => office.now
  const office: Office = {
    db,
    tables,
    broadcasts: createBroadcasts({
      store: { broadcasts: tables },
      staff: createStaff({ members: createMembers(db), clock }),
      content,
      clock,
      wake: () => void office.woken++,
      limits: {
        telegram: { text: 4096, buttons: Number.POSITIVE_INFINITY, buttonText: Number.POSITIVE_INFINITY },
        'whatsapp-cloud': { text: 4096, buttons: 10, buttonText: 1024 },
        'whatsapp-web': { text: 4096, buttons: 0, buttonText: 255 },
      },
    }),
    now: noon,
    woken: 0,
    async member(rol, chat) {
      const nombre = `${rol} ${randomUUID().slice(0, 4)}`
      const place = chat ? { chat, canal: 'telegram' as const, destino: chat } : {}
      const { id } = await db
        .insertInto('personal')
        .values({ nombre, rol, alta: noon, ...place })
        .returning('id')
        .executeTakeFirstOrThrow()
      return { id, nombre, rol }
    },
    async close() {
      await db.destroy()
      await database.close()
    },
  }
  return office
}

export type Row = Omit<Tables['suscripcion'], 'destino' | 'plan' | 'desde'>

export const someone = (row: Partial<Row> = {}): Row => ({
  chat: randomUUID(),
  canal: 'telegram',
  temas: ['tramite', 'escuela'],
  nivel: null,
  semestre: null,
  plantel: null,
  faltan: [],
  proximo: null,
  vista: noon,
  inalcanzable: null,
  ...row,
})

export async function subscribe({ db }: Office, rows: readonly Row[]): Promise<void> {
  await sql`insert into suscripcion
    select chat, canal, '', temas, nivel, semestre, plantel, faltan, proximo, '', vista, vista, inalcanzable
    from json_populate_recordset(null::suscripcion, ${JSON.stringify(rows)}::json)`.execute(db)
}

/** Everybody who is subscribed, and all that was sent, gone. */
export async function empty({ db }: Office): Promise<void> {
  await sql`truncate suscripcion, destinatario, difusion, envio, acuse, conversacion`.execute(db)
}

export const ledger = ({ db }: Office, id: number) =>
  db.selectFrom('destinatario').selectAll().where('difusion', '=', String(id)).orderBy('chat').execute()

export const log = ({ db }: Office, id: number) =>
  db
    .selectFrom('bitacora')
    .select(['accion', 'nombre', 'detalle'])
    .where('difusion', '=', String(id))
    .orderBy('id')
    .execute()
