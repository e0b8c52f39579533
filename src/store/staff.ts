/**
 * The school's staff as they are kept: who is one, from which chat or by which key, and the invitations. Codes and keys are
 * kept as hashes only. `broadcast/staff.ts` decides what may be done and words what is refused.
 */
import { createHash } from 'node:crypto'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { ChannelName } from '../message.ts'
import { guard } from './error.ts'
import { checkLog, type LogEntry, type LogLine, type LogState, readLog, record } from './log.ts'
import type { Rol, Tables } from './migrations.ts'
import { storable } from './turns.ts'

/** As they are now, whatever they were when they signed in. */
export interface MemberRow {
  readonly id: number
  readonly nombre: string
  readonly rol: Rol
  readonly channel?: ChannelName
  /** They have signed in at a command line. */
  readonly clave: boolean
  readonly alta: Date
}

/** Whoever asks, and the roles that may. Who is none of them is refused, and that is logged. */
export interface Asking {
  readonly by: Pick<MemberRow, 'id' | 'nombre'>
  readonly roles: readonly Rol[]
  /** What for. */
  readonly accion: string
  readonly at: Date
}

export interface NewCode {
  readonly code: string
  readonly until: Date
}

/** Where a code is brought: in a chat, or at a command line that gets a key. */
export type Way =
  | { readonly chat: string; readonly channel: ChannelName; readonly to: string }
  | { readonly key: string }

export interface Joining {
  readonly code: string
  readonly way: Way
  /** Whose invitations are good. */
  readonly roles: readonly Rol[]
  readonly at: Date
}

/** `refused`: a reason, and nothing was changed but the log. */
export type Outcome<T, Reason extends string> = { readonly done: T } | { readonly refused: Reason }

export interface Members {
  byChat(chat: string): Promise<MemberRow | undefined>
  byKey(key: string): Promise<MemberRow | undefined>
  /** From which they write, hashed. */
  chats(): Promise<ReadonlySet<string>>
  list(): Promise<MemberRow[]>
  /** Whether they may. */
  admit(asking: Asking): Promise<Outcome<MemberRow, 'rol'>>
  invite(asking: Asking, code: NewCode, who: Pick<MemberRow, 'rol' | 'nombre'>): Promise<Outcome<void, 'rol'>>
  /** The first owner, whom nobody can invite. */
  install(code: NewCode, nombre: string, at: Date): Promise<Outcome<void, 'instalado'>>
  /** A code with which whoever asks gets a chat or a key, in place of the one they had. */
  link(asking: Asking, code: NewCode): Promise<Outcome<void, 'rol'>>
  /** `ya-miembro`: the chat is one's already. `intentos`: too many wrong codes came from there. */
  join(joining: Joining): Promise<Outcome<MemberRow, 'codigo' | 'intentos' | 'ya-miembro'>>
  change(asking: Asking, id: number, rol: Rol): Promise<Outcome<MemberRow, 'rol' | 'nadie' | 'ultimo-owner'>>
  remove(asking: Asking, id: number): Promise<Outcome<void, 'rol' | 'nadie' | 'ultimo-owner'>>
  /** What is awaited of a member in their chat, as it was put there; not logged. */
  drafting(id: number): Promise<object | null>
  draft(id: number, what: object | null): Promise<void>
  log(limit: number): Promise<LogLine[]>
  checkLog(): Promise<LogState>
}

/**
 * Of our advisory locks, beside outbox.ts, log.ts and broadcasts.ts. Changes among staff come one at a time: what one has
 * looked at is so until it has ended.
 */
const staffLock = 746_204
const triesAnHour = 10

export function createMembers(db: Kysely<Tables>): Members {
  const one = async (column: 'chat' | 'clave', value: string) => {
    const row = await guard('member', () => active(db).where(column, '=', value).executeTakeFirst())
    return row && readMember(row)
  }
  const change = <T>(action: string, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
    guard(action, () =>
      db.transaction().execute(async trx => {
        await sql`select pg_advisory_xact_lock(${sql.lit(staffLock)})`.execute(trx)
        return work(trx)
      }),
    )
  const asMember = <T, Reason extends string>(
    asking: Asking,
    work: (trx: Transaction<Tables>, me: MemberRow) => Promise<Outcome<T, Reason>>,
  ) =>
    change(asking.accion, async (trx): Promise<Outcome<T, Reason | 'rol'>> => {
      const me = await admitted(trx, asking)
      return me ? work(trx, me) : refuse(trx, asking)
    })

  return {
    byChat: chat => one('chat', chat),
    byKey: key => one('clave', hashOf(key)),
    chats: () =>
      guard('memberChats', async () => {
        const rows = await active(db).where('chat', 'is not', null).execute()
        return new Set(rows.flatMap(({ chat }) => chat ?? []))
      }),
    list: () => guard('members', async () => (await active(db).orderBy('id').execute()).map(readMember)),
    admit: async asking => {
      const me = await guard('admit', () => admitted(db, asking))
      return me ? { done: me } : guard('admit', () => db.transaction().execute(trx => refuse(trx, asking)))
    },
    invite: (asking, code, who) =>
      asMember(asking, async (trx, me) => {
        await putCode(trx, code, { ...who, invita: me.id }, asking.at)
        await record(trx, logged(asking, 'invita', { rol: who.rol, nombre: who.nombre }))
        return done
      }),
    install: (code, nombre, at) =>
      change('install', async trx => {
        if ((await ownersBeside(trx, 0)) > 0) return { refused: 'instalado' }
        await putCode(trx, code, { rol: 'owner', nombre, invita: null }, at)
        await record(trx, { at, ...nobody, accion: 'instala', detalle: { rol: 'owner', nombre } })
        return done
      }),
    link: (asking, code) =>
      asMember(asking, async (trx, me) => {
        await putCode(trx, code, { rol: me.rol, nombre: oneself, invita: me.id }, asking.at)
        await record(trx, logged(asking, 'enlaza', {}))
        return done
      }),
    join: joining => change('join', trx => join(trx, joining)),
    change: (asking, id, rol) => asMember(asking, trx => setRole(trx, asking, id, rol)),
    remove: (asking, id) => asMember(asking, trx => dismiss(trx, asking, id)),
    drafting: id =>
      guard('drafting', async () => {
        const row = await active(db).where('id', '=', id).executeTakeFirst()
        return row?.redaccion ?? null
      }),
    draft: (id, what) =>
      guard('draft', async () => {
        const redaccion = what && JSON.stringify(what)
        await db
          .updateTable('personal')
          .set({ redaccion })
          .where('id', '=', id)
          .where('baja', 'is', null)
          .execute()
      }),
    log: limit => readLog(db, limit),
    checkLog: () => checkLog(db),
  }
}

const done = { done: undefined }
const nobody = { quien: null, nombre: '' }

/** In place of the name in an invitation: no new member comes by it, but another way in for who made it. */
const oneself = ''

const active = (db: Kysely<Tables>) => db.selectFrom('personal').selectAll().where('baja', 'is', null)

const readMember = ({ id, nombre, rol, canal, clave, alta }: Selectable<Tables['personal']>): MemberRow => ({
  id,
  nombre,
  rol,
  ...(canal && { channel: canal }),
  clave: clave !== null,
  alta,
})

async function admitted(db: Kysely<Tables>, { by, roles }: Asking): Promise<MemberRow | undefined> {
  const row = await active(db).where('id', '=', by.id).executeTakeFirst()
  return row && roles.includes(row.rol) ? readMember(row) : undefined
}

async function refuse(trx: Transaction<Tables>, asking: Asking): Promise<{ refused: 'rol' }> {
  await record(trx, logged(asking, 'rechazada', { accion: asking.accion }))
  return { refused: 'rol' }
}

const logged = ({ by, at }: Asking, accion: string, detalle: object): LogEntry => ({
  at,
  quien: by.id,
  nombre: by.nombre,
  accion,
  detalle,
})

async function setRole(
  trx: Transaction<Tables>,
  asking: Asking,
  id: number,
  rol: Rol,
): Promise<Outcome<MemberRow, 'nadie' | 'ultimo-owner'>> {
  const who = await active(trx).where('id', '=', id).executeTakeFirst()
  if (!who) return { refused: 'nadie' }
  if (who.rol === rol) return { done: readMember(who) }
  if (who.rol === 'owner' && (await ownersBeside(trx, id)) === 0) return { refused: 'ultimo-owner' }
  await trx.updateTable('personal').set({ rol }).where('id', '=', id).execute()
  await record(trx, logged(asking, 'rol', { id, antes: who.rol, rol }))
  return { done: { ...readMember(who), rol } }
}

/** The row stays for its name; nothing leads to it any more, and it leads to nobody. */
async function dismiss(
  trx: Transaction<Tables>,
  asking: Asking,
  id: number,
): Promise<Outcome<void, 'nadie' | 'ultimo-owner'>> {
  const who = await active(trx).where('id', '=', id).executeTakeFirst()
  if (!who) return { refused: 'nadie' }
  if (who.rol === 'owner' && (await ownersBeside(trx, id)) === 0) return { refused: 'ultimo-owner' }
  const nothing = { chat: null, canal: null, destino: null, clave: null, redaccion: null, prueba: null }
  await trx
    .updateTable('personal')
    .set({ baja: asking.at, ...nothing })
    .where('id', '=', id)
    .execute()
  await record(trx, logged(asking, 'quita', { id, rol: who.rol }))
  return done
}

async function ownersBeside(trx: Transaction<Tables>, id: number): Promise<number> {
  return (await active(trx).where('rol', '=', 'owner').where('id', '<>', id).execute()).length
}

/** Those that are of no use any more go then. */
async function putCode(
  trx: Transaction<Tables>,
  { code, until }: NewCode,
  invitation: { rol: Rol; nombre: string; invita: number | null },
  at: Date,
): Promise<void> {
  await trx.deleteFrom('invitacion').where('vence', '<=', at).execute()
  const nombre = storable(invitation.nombre)
  await trx
    .insertInto('invitacion')
    .values({ ...invitation, nombre, codigo: hashOf(code), vence: until })
    .execute()
}

async function join(
  trx: Transaction<Tables>,
  joining: Joining,
): Promise<Outcome<MemberRow, 'codigo' | 'intentos' | 'ya-miembro'>> {
  const { way, at } = joining
  const box = 'chat' in way ? boxOf(way.chat) : null
  if (box !== null && (await wrongTries(trx, box, at)) >= triesAnHour) return { refused: 'intentos' }
  const here = 'chat' in way ? await active(trx).where('chat', '=', way.chat).executeTakeFirst() : undefined
  const taken = await takeCode(trx, joining, here?.id ?? null)
  if (!taken && here) return { refused: 'ya-miembro' }
  if (!taken) {
    await record(trx, { at, ...nobody, accion: 'codigo-malo', detalle: { casilla: box } })
    return { refused: 'codigo' }
  }
  const place =
    'chat' in way ? { chat: way.chat, canal: way.channel, destino: way.to } : { clave: hashOf(way.key) }
  const { rol, nombre, invita } = taken
  const row = await (nombre === oneself
    ? trx.updateTable('personal').set(place).where('id', '=', invita).returningAll()
    : trx
        .insertInto('personal')
        .values({ rol, nombre, alta: at, ...place })
        .returningAll()
  ).executeTakeFirstOrThrow()
  const detalle = { por: 'chat' in way ? way.channel : 'clave', nuevo: nombre !== oneself }
  await record(trx, { at, quien: row.id, nombre: row.nombre, accion: 'entra', detalle })
  return { done: readMember(row) }
}

/**
 * The first of all who bring the code takes it. Who invited must still be one who may, and nobody is installed beside an
 * owner. In a chat that is a member's (`here`) only their own is good.
 */
async function takeCode(trx: Transaction<Tables>, { code, at, roles }: Joining, here: number | null) {
  const { rows } = await sql<{ rol: Rol; nombre: string; invita: number | null }>`
    update invitacion i set usada = ${at}
    where codigo = ${hashOf(code)} and usada is null and vence > ${at}
      and (${here}::integer is null or (nombre = ${oneself} and invita = ${here}))
      and case when invita is null
        then not exists (select from personal p where p.baja is null and p.rol = 'owner')
        else exists (select from personal p where p.id = i.invita and p.baja is null
          and (i.nombre = ${oneself} or p.rol = any (${roles}::text[]))) end
    returning rol, nombre, invita`.execute(trx)
  return rows[0]
}

/** The log keeps of a stranger's chat only into which of 256 boxes it falls: it could never be taken out again. */
const boxOf = (chat: string) => createHash('sha256').update(chat).digest()[0] ?? 0

async function wrongTries(trx: Transaction<Tables>, box: number, at: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from bitacora
    where accion = 'codigo-malo' and at > ${at}::timestamptz - interval '1 hour'
      and detalle->>'casilla' = ${String(box)}`.execute(trx)
  return rows[0]?.n ?? 0
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
