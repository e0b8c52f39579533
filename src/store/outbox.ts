/**
 * The outbox: replies that are stored and not yet sent, each the business of one process. A turn puts them in
 * (turns.ts), `delivery` sends them and says here what came of it; what a process leaves behind, another takes over.
 */
import pg from 'pg'
import type { ChannelName, Outgoing } from '../message.ts'
import { askIn } from './ask.ts'
import { gather } from './crowd.ts'
import type { Database } from './database.ts'

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

/**
 * Whether an unasked message may go out this very moment. wait: not now (its broadcast is paused). no: never (they opted
 * out, the broadcast was cancelled, it is of no use any more); it is out of the outbox.
 */
export type Leave = 'go' | 'wait' | 'no'

/** What a platform may say of a message, weakest first: what is weaker than what it said before is old news. */
export const ranks = ['taken', 'sent', 'failed', 'delivered', 'read'] as const

export interface Noted {
  readonly receipt: string
  readonly channel: ChannelName
  readonly at: Date
  readonly state: (typeof ranks)[number]
  /** Why it failed. */
  readonly refusal?: Refusal
}

/** As `SendError` tells it: kind and reason. */
export interface Refusal {
  readonly kind: string
  readonly reason: string
}

/** failed: it never will be sent. uncertain: it may have arrived, so it is not sent again. */
export type Failure = 'failed' | 'uncertain'

export interface TurnedBack extends Refusal {
  readonly id: string
  readonly channel: ChannelName
  readonly at: Date
}

export interface Outbox {
  /** Asked right before each call with an unasked message; `go` is noted, and counts as under way from then on. */
  begin(entry: Entry, now: Date): Promise<Leave>
  /** The platform has not taken an unasked one: it waits again, and whoever dies now has not sent it. */
  returned(entry: Entry): Promise<void>
  /** The platform has taken it. */
  sent(sent: Sent): Promise<void>
  /** What platforms said later; the strongest stands. */
  noted(receipts: readonly Noted[]): Promise<void>
  /**
   * A message that was taken, and noted as failed later: waits again to be sent, or is counted as failed; once.
   * Undefined where that is done already, or `sent` has not named it yet: `turnedBack` tells it then.
   */
  refused(
    receipt: string,
    how: 'waiting' | 'failed' | 'unreachable',
    reason: string,
  ): Promise<Entry | undefined>
  /** What was taken and failed later, with nobody having seen to that yet. */
  turnedBack(channels: readonly ChannelName[]): Promise<TurnedBack[]>
  /** `reason` is for staff; no address in it. */
  failed(entry: Entry, how: Failure, reason: string): Promise<void>
  /**
   * Nothing more goes to this chat until they write: what waits for it has failed. Nothing changes where they have written
   * since. With false they are to be had again.
   */
  unreachable(chat: string, since: Date | false, reason?: string): Promise<void>
  /**
   * What is to be sent by this process, in the order of each chat, at most `limit`, replies first; before that it takes
   * over what processes that have ended left. `unasked`: with what may be said unasked now.
   */
  waiting(channels: readonly ChannelName[], limit: number, unasked: boolean): Promise<Waiting[]>
  /** What is to be sent by this process to one chat, in order. */
  waitingFor(chat: string): Promise<Waiting[]>
  /** How many have failed or are uncertain, and how many wait, in all processes. */
  count(): Promise<Counts>
}

export type Counts = Readonly<Record<'waiting' | 'failed' | 'uncertain', number>>

/** Of our advisory locks: a process holds one with its number while it lives. */
const lockClass = 746_201
/** Of the locks of who sends unasked, one for each channel. */
const leadClass = 746_202

const states = { failed: 'fallido', uncertain: 'incierto' } as const

export interface Enrolled {
  readonly me: number
  /** True where this process is, from now until it ends, the only one that sends unasked on the channel of this number. */
  lead(channel: number): Promise<boolean>
  leave(): Promise<void>
}

/** This process's number. On a server it holds a lock by it, on a connection of its own, that ends when the process does. */
export async function enrol({ pool, embedded, url }: Database): Promise<Enrolled> {
  const { rows } = await pool.query<{ me: number }>(`select nextval('proceso')::integer as me`)
  const me = rows[0]?.me ?? 0
  // Nobody else is in the embedded database: whatever another number left, that process has ended.
  if (embedded) return { me, lead: async () => true, leave: async () => {} }
  let left = false
  let holding: pg.Client
  let led = new Set<number>()
  const hold = async () => {
    const client = new pg.Client({ connectionString: url, application_name: 'vigente', keepAlive: true })
    client.on('error', () => {})
    await client.connect()
    await client.query('select pg_advisory_lock($1, $2)', [lockClass, me])
    // The server restarted: until the lock is held again others may take over, and a reply may go out twice.
    client.on('end', () => left || again())
    holding = client
    led = new Set()
  }
  const again = () => void setTimeout(() => hold().catch(again), relockMs).unref()
  await hold()
  return {
    me,
    lead: async channel => {
      if (led.has(channel)) return true
      const { rows } = await holding.query<{ mine: boolean }>('select pg_try_advisory_lock($1, $2) as mine', [
        leadClass,
        channel,
      ])
      if (rows[0]?.mine) led.add(channel)
      return rows[0]?.mine ?? false
    },
    leave: async () => {
      left = true
      await holding.end()
    },
  }
}
const relockMs = 1000

export function createOutbox(database: Database, me: number): Outbox {
  const { lanes } = database
  const ask = askIn(database)

  const begun = gather(lanes, async (all: readonly (Entry & { now: Date })[]) => {
    const columns = ['chat', 'version', 'n', 'at', 'now'] as const
    const values = columns.map(column => all.map(one => one[column]))
    return (await ask<{ que: Leave }>('begin', begin, [...values, me])).map(({ que }) => que)
  })

  // One statement for all that platforms say at the moment; what they say of one message, in its order.
  const notedTogether = gather(lanes, async (all: readonly (Noted & { chat: string })[]) => {
    const told = [all.map(r => r.receipt), all.map(r => r.channel), all.map(r => r.at), all.map(rankOf)]
    const why = [all.map(r => r.refusal?.kind ?? null), all.map(r => r.refusal?.reason ?? null)]
    await ask('noted', noted, [...told, ...why])
    return all.map(() => undefined)
  })

  return {
    begin: (entry, now) => begun({ ...entry, now }),
    returned: async ({ chat, version, n, at }) => {
      await ask('returned', returned, [chat, version, n, at])
    },
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
      await Promise.all(receipts.map(one => notedTogether({ ...one, chat: one.receipt })))
    },
    turnedBack: channels => ask('turnedBack', turnedBack, [channels]),
    refused: async (receipt, how, reason) => {
      const state = { waiting: 'pendiente', failed: 'fallido', unreachable: 'inalcanzable' }[how]
      const [entry] = await ask<Entry>('refused', refused, [receipt, state, reason, me])
      return entry
    },
    failed: async ({ chat, version, n, at }, how, reason) => {
      await ask('failed', failed, [chat, version, n, states[how], reason, at])
    },
    unreachable: async (chat, since, reason = '') => {
      await ask('unreachable', unreachable, [chat, since || null, reason])
    },
    waiting: async (channels, limit, unasked) => {
      await ask('adopt', adopt, [me, channels])
      return ask<Waiting>('waiting', waiting, [me, channels, limit, unasked])
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
    where e.chat = q.chat and e.version = q.version and e.n = q.n and e.at = q.at returning q.*, e.vence, e.difusion),
  llego as (update destinatario d set estado = 'enviado', at = h.at, proceso = null from hecho h
    where d.difusion = h.difusion and d.chat = h.chat)
  insert into acuse (mensaje, chat, version, n, turno, canal, destino, aviso, vence, difusion, at, estado)
  select mensaje, chat, version, n, at, canal, destino, aviso, vence, difusion, now(), 0
  from hecho where mensaje is not null order by 1
  on conflict (mensaje) do update set chat = excluded.chat, version = excluded.version, n = excluded.n,
    turno = excluded.turno, aviso = excluded.aviso, vence = excluded.vence, difusion = excluded.difusion,
    destino = case when acuse.estado > ${ranks.indexOf('failed')} then null else excluded.destino end`

/** What has arrived is not sent again: where to is forgotten then. */
const noted = `
  insert into acuse as a (mensaje, canal, at, estado, clase, motivo)
  select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::smallint[], $5::text[], $6::text[]) order by 1
  on conflict (mensaje) do update set estado = excluded.estado, at = excluded.at, clase = excluded.clase,
    motivo = excluded.motivo,
    destino = case when excluded.estado > ${ranks.indexOf('failed')} then null else a.destino end
  where a.estado < excluded.estado`

const turnedBack = `
  select mensaje as id, canal as channel, at, coalesce(clase, 'rejected') as kind, coalesce(motivo, '') as reason
  from acuse where estado = ${ranks.indexOf('failed')} and chat is not null and canal = any ($1::text[]) limit 100`

/** Its text may be gone: then there is nothing to send again. Whose it was is taken away, so that it is done once. */
const refused = `
  with antes as (select * from acuse where mensaje = $1 and estado = ${ranks.indexOf('failed')} and chat is not null
    for update),
  suyo as (update acuse a set chat = null, destino = null from antes where a.mensaje = antes.mensaje returning antes.*),
  cuenta as (update destinatario d set motivo = $3,
      estado = case $2 when 'pendiente' then 'enviando' else $2 end, proceso = case $2 when 'pendiente' then $4::integer end
    from suyo where d.difusion = suyo.difusion and d.chat = suyo.chat),
  abierta as (update difusion d set estado = 'enviando', terminada = null from suyo
    where d.id = suyo.difusion and d.estado = 'terminada' and $2 = 'pendiente'),
  puesto as (insert into envio (chat, version, n, at, canal, destino, proceso, aviso, vence, difusion, estado, motivo)
    select chat, version, n, turno, canal, case $2 when 'pendiente' then destino else '' end, $4, aviso, vence, difusion,
      case $2 when 'pendiente' then $2 else 'fallido' end, $3
    from suyo where exists (select from salida s
      where (s.chat, s.version, s.n, s.at) = (suyo.chat, suyo.version, suyo.n, suyo.turno))
    on conflict do nothing)
  select chat, version, n, turno as at from suyo`

const returned = `
  update envio set estado = 'pendiente'
  where chat = $1 and version = $2 and n = $3 and at = $4 and estado = 'enviando'`

/** Nobody is to be written to there any more, so where that was is not kept. */
const failed = `
  with hecho as (update envio set estado = $4, motivo = $5, destino = ''
    where chat = $1 and version = $2 and n = $3 and at = $6 returning difusion, chat)
  update destinatario d set estado = $4, motivo = $5, at = $6, proceso = null from hecho
  where d.difusion = hecho.difusion and d.chat = hecho.chat`

const unreachable = `
  with hecho as (update conversacion set inalcanzable = $2
    where chat = $1 and ($2::timestamptz is null or cambiada <= $2) returning chat),
  suya as (update suscripcion s set inalcanzable = $2 from hecho where s.chat = hecho.chat),
  dejado as (update envio set estado = 'fallido', motivo = $3, destino = ''
    where chat in (select chat from hecho) and estado in ('pendiente', 'enviando') and $2::timestamptz is not null
    returning difusion, chat, at)
  update destinatario d set estado = 'inalcanzable', motivo = $3, at = dejado.at, proceso = null from dejado
  where d.difusion = dejado.difusion and d.chat = dejado.chat`

/** Each row is held while it is judged: whoever pauses, cancels or opts out comes before or after, not in between. */
const begin = `
  with q as (select * from unnest($1::text[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[])
    with ordinality q (chat, version, n, at, ahora, orden)),
  visto as materialized (
    select q.*, e.difusion, case
      when e.chat is null then 'ido'
      when e.vence <= q.ahora then 'vencio'
      when d.estado = 'cancelada' then 'cancelado'
      when s.inalcanzable is not null then 'lejos'
      when s.chat is null or not coalesce(d.audiencia->>'tema', 'tramite') = any (s.temas) then 'salio'
      when d.estado <> 'enviando' then 'espera'
      else 'va' end as que
    from q left join lateral (select * from envio e where e.chat = q.chat and e.version = q.version and e.n = q.n
        and e.at = q.at and e.estado in ('pendiente', 'enviando') and e.proceso = $6 limit 1 for update) e on true
      left join suscripcion s on s.chat = q.chat left join difusion d on d.id = e.difusion),
  marca as (update envio e set estado = case v.que when 'va' then 'enviando' else 'pendiente' end from visto v
    where v.que in ('va', 'espera') and e.chat = v.chat and e.version = v.version and e.n = v.n),
  fuera as (delete from envio e using visto v
    where v.que in ('vencio', 'cancelado', 'salio', 'lejos') and e.chat = v.chat and e.version = v.version and e.n = v.n),
  cuenta as (update destinatario d set at = v.at, proceso = null,
      estado = case v.que when 'cancelado' then 'cancelado' when 'lejos' then 'inalcanzable' else 'omitido' end,
      motivo = case when v.que in ('vencio', 'salio') then v.que end
    from visto v where v.que in ('vencio', 'cancelado', 'salio', 'lejos') and d.difusion = v.difusion and d.chat = v.chat)
  select case que when 'va' then 'go' when 'espera' then 'wait' else 'no' end as que from visto order by orden`

/** A lock that can be taken is one that nobody holds: its process has ended. It is given back at once. */
export const goneProcess = `pg_try_advisory_xact_lock(${lockClass}, proceso)`

/** What was under way as its process ended may have arrived: it goes out again, and the ledger says so. */
const adopt = `
  with ajenos as materialized (
    select distinct proceso from envio
    where estado in ('pendiente', 'enviando') and proceso <> $1 and canal = any ($2::text[])),
  idos as materialized (select proceso from ajenos where ${goneProcess}),
  suyos as (select chat, version, n, estado from envio
    where estado in ('pendiente', 'enviando') and canal = any ($2::text[]) and proceso in (select proceso from idos)
    for update),
  mios as (update envio e set proceso = $1, estado = 'pendiente' from suyos s
    where e.chat = s.chat and e.version = s.version and e.n = s.n
    returning e.chat, e.difusion, s.estado)
  update destinatario d set proceso = $1, repetido = d.repetido or m.estado = 'enviando' from mios m
  where d.difusion = m.difusion and d.chat = m.chat`

const columns = `
  select e.chat, e.version, e.n, e.at, e.canal as channel, e.destino as "to", e.aviso as unasked, s.cuerpo as message,
    c.cambiada as "heardAt"
  from envio e join salida s using (chat, version, n) join conversacion c using (chat)
  where e.estado in ('pendiente', 'enviando') and e.proceso = $1`

const waiting = `${columns} and e.canal = any ($2::text[]) and (not e.aviso or ($4 and (e.estado = 'enviando'
    or not exists (select from difusion d where d.id = e.difusion and d.estado <> 'enviando'))))
  order by e.aviso, e.chat, e.version, e.n limit $3`
const waitingFor = `${columns} and e.chat = $2 order by e.version, e.n`

const count = `
  select count(*) filter (where estado in ('pendiente', 'enviando'))::integer as waiting,
    count(*) filter (where estado = 'fallido')::integer as failed,
    count(*) filter (where estado = 'incierto')::integer as uncertain
  from envio`
