/**
 * The sending side of broadcasts: which of their recipients are to be written to next, by one process a channel, and what
 * came of those to whom nothing was said. The runner claims here; what was sent is noted by the outbox's own statements.
 */
import type { Announcement, AvisoButton, ChannelName, Tema, Unsaid } from '../message.ts'
import { askIn } from './ask.ts'
import type { Database } from './database.ts'
import { guard } from './error.ts'
import { type Enrolled, goneProcess } from './outbox.ts'
import type { Subscriber } from './subscriptions.ts'

export interface Recipient extends Omit<Subscriber, 'due'> {
  readonly announcement: Announcement
}

export interface Ledger {
  /** True where this process is the one that sends unasked on this channel: there is one, so that nobody sends too fast. */
  leads(channel: ChannelName): Promise<boolean>
  /**
   * The next recipients of broadcasts that are being sent, at most `limit`; from now on theirs is `enviando`, and this
   * process's. Whoever opted out or cannot be reached is counted as such instead.
   */
  claim(channel: ChannelName, limit: number, now: Date): Promise<Recipient[]>
  /**
   * Gives back what was claimed and not stored: by processes that have ended, and by this one where the answer or what was to
   * be done with it got lost; not `saying`, the chats of which it is being stored.
   */
  adopt(saying: readonly string[], now: Date): Promise<void>
  /** Nothing was said to them. */
  skip(difusion: number, chat: string, why: Unsaid, now: Date): Promise<void>
  /** Back to those who wait: something failed here. */
  release(difusion: number, chat: string): Promise<void>
  /** What members of the staff want to see in their own chats, once. */
  tests(channels: readonly ChannelName[]): Promise<Recipient[]>
  /** The button was pressed; the first time counts. */
  pressed(difusion: number, chat: string, at: Date): Promise<void>
}

/** Longer than a claim takes to be answered. */
const lostMs = 60_000

/** As numbers of locks. */
const channelNumbers = {
  terminal: 1,
  web: 2,
  telegram: 3,
  'whatsapp-web': 4,
  'whatsapp-cloud': 5,
} as const satisfies Record<ChannelName, number>

interface ClaimRow extends Omit<Subscriber, 'due'> {
  readonly difusion: string
  readonly tema: Tema
  readonly texto: string
  readonly boton: AvisoButton | null
  readonly vence: Date
}

export function createLedger(database: Database, me: number, lead: Enrolled['lead']): Ledger {
  const ask = askIn(database)
  return {
    leads: channel => guard('lead', () => lead(channelNumbers[channel])),
    claim: async (channel, limit, now) => {
      const rows = await ask<ClaimRow>('claim', claim, [channel, limit, me, now])
      return rows.map(recipientOf)
    },
    tests: async channels => (await ask<ClaimRow>('tests', tests, [channels])).map(recipientOf),
    adopt: async (saying, now) => {
      await ask('adoptClaimed', adopt, [me, saying, new Date(now.getTime() - lostMs)])
    },
    skip: async (difusion, chat, why, now) => {
      await ask('skip', skip, [difusion, chat, why, now])
    },
    release: async (difusion, chat) => {
      await ask('release', release, [difusion, chat])
    },
    pressed: async (difusion, chat, at) => {
      await ask('pressed', pressed, [difusion, chat, at])
    },
  }
}

function recipientOf({ difusion, tema, texto, boton, vence, ...subscriber }: ClaimRow): Recipient {
  const button = boton ? { button: boton } : {}
  return {
    ...subscriber,
    announcement: { difusion: Number(difusion), tema, text: texto, until: vence, ...button },
  }
}

const tests = `
  with suyos as (select id, prueba from personal where prueba is not null and baja is null and canal = any ($1::text[])
    for update skip locked),
  hechos as (update personal p set prueba = null from suyos where p.id = suyos.id
    returning p.chat, p.canal, p.destino, suyos.prueba)
  select h.chat, h.canal as channel, h.destino as "to", now() as "heardAt", d.id as difusion,
    d.audiencia->>'tema' as tema, d.texto, d.boton, coalesce(d.vence, now()) as vence
  from hechos h join difusion d on d.id = h.prueba`

/** The oldest broadcast first. Rows are held only where nobody else holds them, so two never have the same one. */
const claim = `
  with elegidos as materialized (
    select t.difusion, t.chat from difusion d cross join lateral (
      select difusion, chat from destinatario t
      where t.difusion = d.id and t.canal = $1 and t.estado = 'pendiente' limit $2 for update skip locked) t
    where d.estado = 'enviando' and d.vence > $4 order by d.empezada, d.id limit $2),
  vistos as (
    select e.difusion, e.chat, s.destino, s.vista, s.chat is not null and d.audiencia->>'tema' = any (s.temas) as quiere,
      s.inalcanzable is not null as lejos
    from elegidos e join difusion d on d.id = e.difusion left join suscripcion s on s.chat = e.chat),
  puestos as (update destinatario t set proceso = $3,
      estado = case when v.lejos then 'inalcanzable' when v.quiere then 'enviando' else 'omitido' end,
      motivo = case when v.lejos or v.quiere then null else 'salio' end, at = $4
    from vistos v where t.difusion = v.difusion and t.chat = v.chat)
  select v.chat, $1 as channel, v.destino as "to", v.vista as "heardAt", v.difusion, d.audiencia->>'tema' as tema,
    d.texto, d.boton, d.vence
  from vistos v join difusion d on d.id = v.difusion where v.quiere and not v.lejos`

const adopt = `
  with ajenos as materialized (select distinct proceso from destinatario where estado = 'enviando' and proceso <> $1),
  idos as materialized (select proceso from ajenos where ${goneProcess})
  update destinatario d set estado = 'pendiente', proceso = null
  where d.estado = 'enviando' and (d.proceso in (select proceso from idos)
      or d.proceso = $1 and d.at < $3 and not d.chat = any ($2::text[]))
    and not exists (select from envio e where e.difusion = d.difusion and e.chat = d.chat)`

/** Unless it was stored all the same: then the outbox tells. */
const skip = `
  update destinatario d set estado = 'omitido', motivo = $3, at = $4, proceso = null
  where d.difusion = $1 and d.chat = $2 and d.estado = 'enviando'
    and not exists (select from envio e where e.difusion = d.difusion and e.chat = d.chat)`

const release = `
  update destinatario set estado = 'pendiente', proceso = null
  where difusion = $1 and chat = $2 and estado = 'enviando'`

const pressed = `
  update destinatario set pulsado = $3 where difusion = $1 and chat = $2 and pulsado is null`
