/**
 * The outbox: replies that are stored and not yet sent, each the business of one process. A turn puts them in
 * (turns.ts), `delivery` sends them and says here what came of it; what a process leaves behind, another takes over.
 */
import pg from 'pg'
import type { ChannelName, Outgoing } from '../message.ts'
import { gather } from './crowd.ts'
import type { Database } from './database.ts'
import { guard, type StoreError } from './error.ts'

/** A reply by its turn and its place in it, counted from 1. */
export interface Entry {
  /** Hashed. */
  readonly chat: string
  readonly version: number
  readonly n: number
  /** Of its turn: once all is forgotten, versions begin anew. */
  readonly at: Date
}

export interface Waiting extends Entry {
  readonly channel: ChannelName
  readonly to: string
  readonly message: Outgoing
  /** Nobody asked for it: replies go first. */
  readonly unasked: boolean
  /** When the person was last heard of. */
  readonly heardAt: Date
}

/** `receipt`: the name under which the platform will tell what became of it, if it will. */
export type Sent = Waiting & { readonly receipt: string | undefined }

/** What a platform may say of a message, weakest first: what is weaker than what it said before is old news. */
export const ranks = ['taken', 'sent', 'failed', 'delivered', 'read'] as const

export interface Noted {
  readonly receipt: string
  readonly channel: ChannelName
  readonly at: Date
  readonly state: (typeof ranks)[number]
}

/** failed: it never will be sent. uncertain: it may have arrived, so it is not sent again. */
export type Failure = 'failed' | 'uncertain'

export interface Outbox {
  /** The platform has taken it. */
  sent(sent: Sent): Promise<void>
  /** What platforms said later; the strongest stands. */
  noted(receipts: readonly Noted[]): Promise<void>
  /**
   * A message that was taken, and noted as failed later: waits again to be sent, or is counted as failed; once.
   * Undefined where that is done already, or `sent` has not named it yet.
   */
  refused(receipt: string, how: 'waiting' | 'failed', reason: string): Promise<Entry | undefined>
  /** `reason` is for staff; no address in it. */
  failed(entry: Entry, how: Failure, reason: string): Promise<void>
  /**
   * Nothing more goes to this chat until they write: what waits for it has failed. Nothing changes where they have written
   * since. With false they are to be had again.
   */
  unreachable(chat: string, since: Date | false, reason?: string): Promise<void>
  /**
   * Adds a message that nobody asked for; null where the chat is unreachable or unknown. `mine`: to be sent by this
   * process, not by another that sends to this chat.
   */
  add(
    message: Omit<Waiting, 'version' | 'n' | 'unasked' | 'heardAt'>,
  ): Promise<(Waiting & { mine: boolean }) | null>
  /** What is to be sent by this process, in the order of each chat, at most `limit`; first takes over what processes that have ended left. */
  waiting(channels: readonly ChannelName[], limit: number): Promise<Waiting[]>
  /** What is to be sent by this process to one chat, in order. */
  waitingFor(chat: string): Promise<Waiting[]>
  /** How many have failed or are uncertain, and how many wait, in all processes. */
  count(): Promise<Counts>
}

export type Counts = Readonly<Record<'waiting' | 'failed' | 'uncertain', number>>

/** Of our advisory locks: a process holds one with its number while it lives. */
const lockClass = 746_201

const uniqueViolation = '23505'

const states = { failed: 'fallido', uncertain: 'incierto' } as const

/** This process's number. On a server it holds a lock by it, on a connection of its own, that ends when the process does. */
export async function enrol({
  pool,
  embedded,
  url,
}: Database): Promise<{ me: number; leave(): Promise<void> }> {
  const { rows } = await pool.query<{ me: number }>(`select nextval('proceso')::integer as me`)
  const me = rows[0]?.me ?? 0
  // Nobody else is in the embedded database: whatever another number left, that process has ended.
  if (embedded) return { me, leave: async () => {} }
  let left = false
  let holding: pg.Client
  const hold = async () => {
    const client = new pg.Client({ connectionString: url, application_name: 'vigente', keepAlive: true })
    client.on('error', () => {})
    await client.connect()
    await client.query('select pg_advisory_lock($1, $2)', [lockClass, me])
    // The server restarted: until the lock is held again others may take over, and a reply may go out twice.
    client.on('end', () => left || again())
    holding = client
  }
  const again = () => void setTimeout(() => hold().catch(again), relockMs).unref()
  await hold()
  return {
    me,
    leave: async () => {
      left = true
      await holding.end()
    },
  }
}
const relockMs = 1000

export function createOutbox({ pool, lanes }: Database, me: number): Outbox {
  const ask = async <Row>(name: string, text: string, values: unknown[]): Promise<Row[]> =>
    (await guard(name, () => pool.query({ name, text, values }))).rows as Row[]

  return {
    sent: gather(lanes, async (all: readonly Sent[]) => {
      const columns = ['receipt', 'chat', 'version', 'n', 'at', 'channel', 'to', 'unasked'] as const
      await ask(
        'sent',
        sent,
        columns.map(column => all.map(one => one[column] ?? null)),
      )
      return all.map(() => undefined)
    }),
    noted: async receipts => {
      const strongest = new Map<string, Noted>()
      for (const one of receipts) {
        const other = strongest.get(one.receipt)
        if (!other || rankOf(other) < rankOf(one)) strongest.set(one.receipt, one)
      }
      const all = [...strongest.values()]
      const values = [all.map(r => r.receipt), all.map(r => r.channel), all.map(r => r.at), all.map(rankOf)]
      await ask('noted', noted, values)
    },
    refused: async (receipt, how, reason) => {
      const state = how === 'waiting' ? 'pendiente' : 'fallido'
      const [entry] = await ask<Entry>('refused', refused, [receipt, state, reason, me])
      return entry
    },
    failed: async ({ chat, version, n, at }, how, reason) => {
      await ask('failed', failed, [chat, version, n, states[how], reason, at])
    },
    unreachable: async (chat, since, reason = '') => {
      await ask('unreachable', unreachable, [chat, since || null, reason])
    },
    add: async message => {
      const { chat, at, channel, to } = message
      const values = [chat, at, channel, to, me, JSON.stringify(message.message)]
      for (;;)
        try {
          const [entry] = await ask<Entry & { heardAt: Date; proceso: number }>('add', add, values)
          if (!entry) return null
          const { proceso, ...place } = entry
          return { ...message, ...place, unasked: true, mine: proceso === me }
        } catch (error) {
          // Another message for this chat took the place meanwhile: the next one is free.
          if ((error as StoreError).code !== uniqueViolation) throw error
        }
    },
    waiting: async (channels, limit) => {
      await ask('adopt', adopt, [me, channels])
      return ask<Waiting>('waiting', waiting, [me, channels, limit])
    },
    waitingFor: chat => ask<Waiting>('waitingFor', waitingFor, [me, chat]),
    count: async () => {
      const [counts] = await ask<Counts>('count', count, [])
      return counts as Counts
    },
  }
}

const rankOf = ({ state }: Noted) => ranks.indexOf(state)

/**
 * What was deleted meanwhile (/borrar) leaves nothing. What the platform says may have come before. In order, as `noted`:
 * no two of them wait for each other's rows.
 */
const sent = `
  with q as (select * from unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::timestamptz[], $6::text[],
    $7::text[], $8::boolean[]) q (mensaje, chat, version, n, at, canal, destino, aviso)),
  hecho as (delete from envio e using q
    where e.chat = q.chat and e.version = q.version and e.n = q.n and e.at = q.at returning q.*)
  insert into acuse (mensaje, chat, version, n, turno, canal, destino, aviso, at, estado)
  select mensaje, chat, version, n, at, canal, destino, aviso, now(), 0 from hecho where mensaje is not null order by 1
  on conflict (mensaje) do update set chat = excluded.chat, version = excluded.version, n = excluded.n,
    turno = excluded.turno, aviso = excluded.aviso,
    destino = case when acuse.estado > ${ranks.indexOf('failed')} then null else excluded.destino end`

/** What has arrived is not sent again: where to is forgotten then. */
const noted = `
  insert into acuse as a (mensaje, canal, at, estado)
  select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::smallint[]) order by 1
  on conflict (mensaje) do update set estado = excluded.estado, at = excluded.at,
    destino = case when excluded.estado > ${ranks.indexOf('failed')} then null else a.destino end
  where a.estado < excluded.estado`

/** Its text may be gone: then there is nothing to send again. Whose it was is taken away, so that it is done once. */
const refused = `
  with antes as (select * from acuse where mensaje = $1 and estado = ${ranks.indexOf('failed')} and chat is not null
    for update),
  suyo as (update acuse a set chat = null, destino = null from antes where a.mensaje = antes.mensaje returning antes.*),
  puesto as (insert into envio (chat, version, n, at, canal, destino, proceso, aviso, estado, motivo)
    select chat, version, n, turno, canal, case $2 when 'pendiente' then destino else '' end, $4, aviso, $2, $3
    from suyo where exists (select from salida s
      where (s.chat, s.version, s.n, s.at) = (suyo.chat, suyo.version, suyo.n, suyo.turno))
    on conflict do nothing)
  select chat, version, n, turno as at from suyo`

/** Nobody is to be written to there any more, so where that was is not kept. */
const failed = `
  update envio set estado = $4, motivo = $5, destino = ''
  where chat = $1 and version = $2 and n = $3 and at = $6`

const unreachable = `
  with hecho as (update conversacion set inalcanzable = $2
    where chat = $1 and ($2::timestamptz is null or cambiada <= $2) returning chat)
  update envio set estado = 'fallido', motivo = $3, destino = ''
  where chat in (select chat from hecho) and estado = 'pendiente' and $2::timestamptz is not null`

/** After what the chat's newest turn said. */
const add = `
  with suya as (select chat, version, cambiada from conversacion where chat = $1 and inalcanzable is null),
  sitio as (select suya.chat, suya.version, coalesce(
      (select max(n) from salida s where s.chat = suya.chat and s.version = suya.version), 0) + 1 as n from suya),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select chat, version, n, $2, $6::json from sitio returning chat, version, n)
  insert into envio (chat, version, n, at, canal, destino, proceso, aviso)
  select chat, version, n, $2, $3, $4, coalesce(
    (select proceso from envio e where e.chat = dicho.chat and e.estado = 'pendiente' limit 1), $5::integer), true
  from dicho returning chat, version, n, at, proceso, (select cambiada from suya) as "heardAt"`

/** A lock that can be taken is one that nobody holds: its process has ended. It is given back at once. */
export const goneProcess = `pg_try_advisory_xact_lock(${lockClass}, proceso)`

const adopt = `
  with ajenos as materialized (
    select distinct proceso from envio where estado = 'pendiente' and proceso <> $1 and canal = any ($2::text[])),
  idos as materialized (select proceso from ajenos where ${goneProcess})
  update envio set proceso = $1
  where estado = 'pendiente' and canal = any ($2::text[]) and proceso in (select proceso from idos)`

const columns = `
  select e.chat, e.version, e.n, e.at, e.canal as channel, e.destino as "to", e.aviso as unasked, s.cuerpo as message,
    c.cambiada as "heardAt"
  from envio e join salida s using (chat, version, n) join conversacion c using (chat)
  where e.estado = 'pendiente' and e.proceso = $1`

const waiting = `${columns} and e.canal = any ($2::text[]) order by e.chat, e.version, e.n limit $3`
const waitingFor = `${columns} and e.chat = $2 order by e.version, e.n`

const count = `
  select count(*) filter (where estado = 'pendiente')::integer as waiting,
    count(*) filter (where estado = 'fallido')::integer as failed,
    count(*) filter (where estado = 'incierto')::integer as uncertain
  from envio`
