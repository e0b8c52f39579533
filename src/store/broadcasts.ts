/**
 * Broadcasts as they are kept: drafts and their states for `broadcast/broadcasts.ts`, each change in one transaction with
 * its line in the log; recipients and the end for the runner. Sending itself is ledger.ts.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { AvisoButton, ChannelName } from '../message.ts'
import { type Audience, isControl, isIn } from './audience.ts'
import { guard } from './error.ts'
import { type Figures, figures, receipts, type Share, type StepSought, steps } from './figures.ts'
import { type LogEntry, record } from './log.ts'
import type { DestinatarioEstado, DifusionEstado, Tables } from './migrations.ts'

/** What staff write of it. */
export interface Written {
  readonly titulo: string
  readonly texto: string
  readonly boton: AvisoButton | null
  readonly audiencia: Audience
  /** How many of a hundred get nothing on purpose. */
  readonly control: number
  readonly cuando: Date | null
  readonly vence: Date | null
}

export interface BroadcastRow extends Written {
  readonly id: number
  readonly estado: DifusionEstado
  /** Names. */
  readonly escribe: string
  readonly pide: string | null
  readonly confirma: string | null
  /** Of those two, the ids. */
  readonly pideId: number | null
  readonly confirmaId: number | null
  readonly creada: Date
  readonly empezada: Date | null
  readonly terminada: Date | null
}

export interface Count {
  readonly total: number
  readonly canales: Readonly<Partial<Record<ChannelName, number>>>
  /** Of the total, how many will get nothing on purpose. */
  readonly control: number
}

export interface Change {
  readonly set: Partial<Written> & {
    readonly estado?: DifusionEstado
    /** Ids of staff. */
    readonly pide?: number
    readonly confirma?: number
  }
  readonly log: LogEntry
}

/** Looks at a broadcast that nobody else can change meanwhile. What it throws changes nothing and comes through. */
export type Decide = (row: BroadcastRow, count: () => Promise<Count>) => Promise<Change | undefined>

export interface BroadcastTables {
  list(): Promise<BroadcastRow[]>
  find(id: number): Promise<BroadcastRow | undefined>
  /** A draft; its id. */
  add(draft: Written, log: LogEntry): Promise<number>
  /** Undefined where there is none. */
  change(
    id: number,
    now: Date,
    decide: Decide,
  ): Promise<{ readonly row: BroadcastRow; readonly changed: boolean } | undefined>
  /** It is to go to the chat of whoever the log names; false where they have none. */
  test(id: number, log: LogEntry): Promise<boolean>
  count(row: Pick<BroadcastRow, 'id' | 'audiencia' | 'control'>, now: Date): Promise<Count>
  figures(id: number): Promise<Figures>
  /** How many people the platforms say have it, and how many have read it. */
  receipts(id: number): Promise<{ readonly entregados: number; readonly leidos: number }>
  /** Who did a step, of those who got it and of those who got nothing on purpose. */
  steps(id: number, sought: StepSought): Promise<{ readonly enviados: Share; readonly control: Share }>

  /** Those whose time to be prepared has come. */
  due(now: Date): Promise<number[]>
  /**
   * Makes a row of each recipient, and from then on it is being sent. Where they are more than `confirmAbove` and nobody
   * has confirmed, it goes back to wait for that instead. Null: it is not its time, it was cancelled meanwhile, or
   * another process is at it. One that dies here leaves it as `preparando` without recipients, and it is due again.
   */
  prepare(id: number, now: Date, confirmAbove: number): Promise<'enviando' | 'por-confirmar' | null>
  /**
   * Settles who will not be written to any more, since it was cancelled or its time is over, and ends those that have
   * nobody left; their ids.
   */
  finish(now: Date): Promise<number[]>
}

export function createBroadcastTables(db: Kysely<Tables>): BroadcastTables {
  return {
    list: () => guard('listBroadcasts', async () => (await selectRows(db).execute()).map(readRow)),
    find: id => guard('findBroadcast', () => find(db, id)),
    add: (draft, log) => guard('addBroadcast', () => add(db, draft, log)),
    change: (id, now, decide) => change(db, id, now, decide),
    test: (id, log) => guard('testBroadcast', () => test(db, id, log)),
    count: (row, now) => guard('countAudience', () => count(db, row, now)),
    figures: id => guard('figures', () => figures(db, id)),
    receipts: id => guard('receipts', () => receipts(db, id)),
    steps: (id, sought) => guard('steps', () => steps(db, id, sought)),
    due: now => guard('dueBroadcasts', () => due(db, now)),
    prepare: (id, now, confirmAbove) => guard('prepare', () => prepare(db, id, now, confirmAbove)),
    finish: now => guard('finish', () => finish(db, now)),
  }
}

type Db = Kysely<Tables>

const selectRows = (db: Db) =>
  db
    .selectFrom('difusion as d')
    .leftJoin('personal as e', 'e.id', 'd.escribe')
    .leftJoin('personal as p', 'p.id', 'd.pide')
    .leftJoin('personal as c', 'c.id', 'd.confirma')
    .selectAll('d')
    .select(['e.nombre as escribeNombre', 'p.nombre as pideNombre', 'c.nombre as confirmaNombre'])
    .orderBy('d.id', 'desc')

type Selected = Awaited<ReturnType<ReturnType<typeof selectRows>['execute']>>[number]

function readRow({ escribeNombre, pideNombre, confirmaNombre, ...row }: Selected): BroadcastRow {
  return {
    ...row,
    id: Number(row.id),
    audiencia: row.audiencia as Audience,
    escribe: escribeNombre ?? '',
    pide: pideNombre,
    confirma: confirmaNombre,
    pideId: row.pide,
    confirmaId: row.confirma,
  }
}

async function find(db: Db, id: number): Promise<BroadcastRow | undefined> {
  const row = await selectRows(db).where('d.id', '=', String(id)).executeTakeFirst()
  return row && readRow(row)
}

const columnsOf = ({ boton, audiencia, ...rest }: Change['set']) => ({
  ...rest,
  ...(boton !== undefined && { boton: boton && JSON.stringify(boton) }),
  ...(audiencia && { audiencia: JSON.stringify(audiencia) }),
})

function add(db: Db, draft: Written, log: LogEntry): Promise<number> {
  return db.transaction().execute(async trx => {
    const { audiencia, boton, ...rest } = draft
    const { id } = await trx
      .insertInto('difusion')
      .values({
        ...rest,
        audiencia: JSON.stringify(audiencia),
        boton: boton && JSON.stringify(boton),
        escribe: log.quien ?? 0,
        creada: log.at,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await record(trx, { ...log, difusion: Number(id) })
    return Number(id)
  })
}

async function change(db: Db, id: number, now: Date, decide: Decide) {
  let thrown: { readonly error: unknown } | undefined
  const judge: Decide = (row, count) =>
    decide(row, count).catch(error => {
      thrown = { error }
      throw error
    })
  try {
    return await guard('changeBroadcast', () =>
      db.transaction().execute(async trx => {
        await trx.selectFrom('difusion').select('id').where('id', '=', String(id)).forUpdate().execute()
        const row = await find(trx, id)
        if (!row) return undefined
        const asked = await judge(row, () => count(trx, row, now))
        if (!asked) return { row, changed: false }
        await apply(trx, id, asked)
        return { row: (await find(trx, id)) ?? row, changed: true }
      }),
    )
  } catch (error) {
    throw thrown ? thrown.error : error
  }
}

async function apply(trx: Transaction<Tables>, id: number, { set, log }: Change): Promise<void> {
  await trx.updateTable('difusion').set(columnsOf(set)).where('id', '=', String(id)).execute()
  await record(trx, { ...log, difusion: id })
}

function test(db: Db, id: number, log: LogEntry): Promise<boolean> {
  return db.transaction().execute(async trx => {
    const { numUpdatedRows } = await trx
      .updateTable('personal')
      .set({ prueba: String(id) })
      .where('id', '=', log.quien ?? 0)
      .where('chat', 'is not', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await record(trx, { ...log, difusion: id })
    return true
  })
}

async function count(
  db: Db,
  { id, audiencia, control }: Pick<BroadcastRow, 'id' | 'audiencia' | 'control'>,
  now: Date,
): Promise<Count> {
  const { rows } = await sql<{ canal: ChannelName; n: number; control: number }>`
    select s.canal, count(*)::integer as n, (count(*) filter (where ${isControl(id, control)}))::integer as control
    from suscripcion s where ${isIn(audiencia, now)} group by s.canal order by s.canal`.execute(db)
  return {
    total: rows.reduce((total, { n }) => total + n, 0),
    canales: Object.fromEntries(rows.map(({ canal, n }) => [canal, n])),
    control: rows.reduce((total, row) => total + row.control, 0),
  }
}

async function due(db: Db, now: Date): Promise<number[]> {
  const rows = await db
    .selectFrom('difusion')
    .select('id')
    .where(({ eb, or, and }) =>
      or([eb('estado', '=', 'preparando'), and([eb('estado', '=', 'programada'), eb('cuando', '<=', now)])]),
    )
    .orderBy('cuando')
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => Number(id))
}

/** Of our advisory locks, beside outbox.ts and log.ts: a broadcast is prepared by one process. */
const prepareLock = 746_204

/**
 * The state is written by itself before and after: a press that cancels need not wait for a million rows, and finds the
 * broadcast as `preparando`. What was prepared of one that is cancelled meanwhile is taken back.
 */
async function prepare(db: Db, id: number, now: Date, confirmAbove: number) {
  const begun = await sql`update difusion set estado = 'preparando'
    where id = ${id} and (estado = 'preparando' or (estado = 'programada' and cuando <= ${now}))`.execute(db)
  if (begun.numAffectedRows === 0n) return null
  let outcome: 'enviando' | 'many' | null = null
  try {
    await db.transaction().execute(async trx => {
      outcome = await addRecipients(trx, id, now, confirmAbove)
      if (outcome !== 'enviando') throw new Error('taken back')
    })
  } catch (error) {
    if (outcome === 'enviando' || !(error instanceof Error && error.message === 'taken back')) throw error
  }
  if (outcome !== 'enviando') return outcome === 'many' ? sendBack(db, id, now, confirmAbove) : outcome
  // Plans that were made for an empty table took half a minute where seconds do.
  await sql`analyze destinatario`.execute(db)
  return outcome
}

async function addRecipients(trx: Transaction<Tables>, id: number, now: Date, confirmAbove: number) {
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(${sql.lit(prepareLock)}, ${id % 2 ** 31}::integer) as mine`.execute(trx)
  const row = rows[0]?.mine ? await find(trx, id) : undefined
  if (row?.estado !== 'preparando') return null
  const { audiencia, control, confirmaId } = row
  // In the order of the key: its index grows at its end, which takes a fraction of the time.
  const { numAffectedRows: total = 0n } = await sql`
    insert into destinatario (difusion, chat, canal, estado)
    select ${id}::bigint, s.chat, s.canal, case when ${isControl(id, control)} then 'control' else 'pendiente' end
    from suscripcion s where ${isIn(audiencia, now)} order by s.chat
    on conflict do nothing`.execute(trx)
  if (confirmaId === null && total > BigInt(confirmAbove)) return 'many'
  const { numAffectedRows } = await sql`update difusion set estado = 'enviando', empezada = ${now}
    where id = ${id} and estado = 'preparando'`.execute(trx)
  return numAffectedRows === 1n ? 'enviando' : null
}

/** The audience has grown since it was sent off. */
function sendBack(db: Db, id: number, now: Date, confirmAbove: number) {
  return db.transaction().execute(async trx => {
    const { numAffectedRows } = await sql`update difusion set estado = 'por-confirmar'
      where id = ${id} and estado = 'preparando'`.execute(trx)
    if (numAffectedRows === 0n) return null
    const detalle = { mas: confirmAbove }
    await record(trx, { at: now, quien: null, nombre: '', accion: 'crece', difusion: id, detalle })
    return 'por-confirmar' as const
  })
}

/** Of a million rows as of ten: what is settled at once is soon done, and no row is held for long. */
const pieceRows = 5000

async function finish(db: Db, now: Date): Promise<number[]> {
  const { rows: over } = await sql<{ id: string; estado: DifusionEstado }>`
    select id, estado from difusion d
    where (estado in ('enviando', 'pausada') and vence <= ${now})
      or (estado = 'cancelada' and (
        exists (select from destinatario r where r.difusion = d.id and r.estado = 'pendiente')
        or exists (select from envio e where e.difusion = d.id and e.estado = 'pendiente')))
    order by id`.execute(db)
  for (const { id, estado } of over) {
    const end: End = estado === 'cancelada' ? ['cancelado', null] : ['omitido', 'vencio']
    await untilNone(() => settlePiece(db, id, end, now))
    await untilNone(() => takeBackPiece(db, id, end, now))
  }
  const { rows: ended } = await sql<{ id: string }>`
    update difusion d set estado = 'terminada', terminada = ${now}
    where (estado = 'enviando' or (estado = 'pausada' and vence <= ${now}))
      and not exists (select from destinatario r where r.difusion = d.id and r.estado = 'pendiente')
      and not exists (select from destinatario r where r.difusion = d.id and r.estado = 'enviando')
    returning id`.execute(db)
  return ended.map(({ id }) => Number(id))
}

async function untilNone(piece: () => Promise<boolean>): Promise<void> {
  for (let some = true; some; ) some = await piece()
}

type End = readonly [DestinatarioEstado, string | null]

async function settlePiece(db: Db, id: string, [estado, motivo]: End, now: Date): Promise<boolean> {
  const { numAffectedRows: n = 0n } = await sql`
    update destinatario set estado = ${estado}, motivo = ${motivo}, at = ${now}
    where ctid = any (array(select ctid from destinatario where difusion = ${id} and estado = 'pendiente'
      limit ${pieceRows} for update skip locked))`.execute(db)
  return n > 0n
}

/** What is in the outbox already and not under way. */
async function takeBackPiece(db: Db, id: string, [estado, motivo]: End, now: Date): Promise<boolean> {
  const { rows } = await sql<{ n: number }>`
    with fuera as (delete from envio where ctid = any (array(
        select ctid from envio where difusion = ${id} and estado = 'pendiente'
        limit ${pieceRows} for update skip locked)) returning chat),
      cuenta as (update destinatario r set estado = ${estado}, motivo = ${motivo}, at = ${now}, proceso = null
        from fuera where r.difusion = ${id} and r.chat = fuera.chat and r.estado = 'enviando')
    select count(*)::integer as n from fuera`.execute(db)
  return (rows[0]?.n ?? 0) > 0
}
