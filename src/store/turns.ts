/**
 * The statements of a turn, for `store.ts`: read a conversation, write what came of a message, one chat or many. They go past
 * Kysely, which cannot name a statement: prepared once for each connection it costs half of what it does when
 * the database plans it anew each time.
 */
import type { ChannelName, Outgoing, Tema } from '../message.ts'
import { askIn } from './ask.ts'
import { gather } from './crowd.ts'
import type { Database } from './database.ts'

/** A conversation as it was read. `version` counts its turns from 1; `life` tells it from one forgotten before. */
export interface Stored {
  readonly version: number
  readonly life: number
  /** JSON; as it was written, where this process wrote it. Nobody changes it. */
  readonly state: unknown
}

export interface Read {
  /** This message was handled before. */
  readonly seen: boolean
  readonly stored: Stored | null
}

/** How a question was understood that was not answered outright; the topics that were offered, if any. */
export interface Doubt {
  readonly decision: 'offer' | 'unknown'
  readonly topics: readonly string[]
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
  readonly doubt?: Doubt
  /** Where the replies are to be sent: with it they are put into the outbox too. */
  readonly send?: Destination
  /** What they want to be told unasked from now on; null where nothing any more. Absent where that is as it was. */
  readonly subscription?: Subscription | null
  /** Nobody wrote: the guide speaks by itself. */
  readonly unasked?: UnaskedTurn
}

export interface UnaskedTurn {
  /** It is not to be sent any more from then on. */
  readonly until: Date
  readonly broadcast?: number
}

/** Whom something may be said to unasked, what an audience is chosen by, and when their next reminder is due. */
export interface Subscription extends Destination {
  readonly temas: readonly Tema[]
  readonly nivel?: string
  readonly semestre?: string
  readonly plantel?: string
  /** The steps of their list that are not done. */
  readonly faltan: readonly string[]
  readonly proximo?: Date
  /** Names the content that this was reckoned with. */
  readonly plan: string
}

/** A channel, and its own address there. */
export interface Destination {
  readonly channel: ChannelName
  readonly to: string
}

/** `mine`: the replies, if they are to be sent, are this process's to send, not another's that still sends earlier ones. */
export interface Written {
  readonly mine: boolean
  /** Earlier ones of this chat are still to be sent. */
  readonly behind: boolean
}

export interface Turns {
  read(ask: Ask): Promise<Read>
  write(turn: TurnRecord): Promise<Written | null>
  /** Lets go of what it remembers of a chat. */
  forget(chat: string): void
}

interface Ask {
  readonly chat: string
  readonly message: string
}

/**
 * One statement for a lone turn of a known chat, the usual one, and one over arrays for any number of turns, which
 * costs a lone one twice as much. Every table is reached by its key, row by row (`limit 1` and `offset 0` see to
 * that): a plan made while the tables were small stays right when they have grown.
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

/**
 * The mark and the replies come from the row that was changed: where none was, nothing is written. Replies that wait to
 * be sent go to whoever sends this chat's earlier ones still, so that they keep their order.
 */
const changeOne = `
  with puesta as (
    update conversacion
    set version = version + 1, estado = $5, cambiada = greatest(cambiada, $3), inalcanzable = null
    where chat = $1 and version = $7 and vida = $8
      and not exists (select from entrada where chat = $1 and mensaje = $2)
    returning version),
  marca as (insert into entrada (chat, mensaje, version, at, texto, duda)
    select $1, $2, version, $3, $4, $9::json from puesta),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select $1, version, n, $3, cuerpo
    from puesta, json_array_elements($6::json) with ordinality r (cuerpo, n)
    returning version, n),
  manda as (insert into envio (chat, version, n, at, canal, destino, proceso)
    select $1, version, n, $3, $10::text, $11::text, coalesce(
      (select proceso from envio where chat = $1 and estado = 'pendiente' and not aviso limit 1), $12::integer)
    from dicho where $10::text is not null
    returning proceso)
  select (select proceso from manda limit 1),
    exists (select from envio where chat = $1 and estado = 'pendiente' and not aviso) as tras from puesta`

/**
 * `hay` holds each conversation as it is now, and no other process may change or forget it from there on. What is said
 * unasked leaves untouched when the person was last heard of, and waits for nobody's replies.
 */
const writeMany = `
  with q as (
    select * from json_to_recordset($1::json) q (chat text, mensaje text, at timestamptz, texto text, estado text,
      cuerpos text, version integer, vida integer, duda text, canal text, destino text, aviso boolean,
      vence timestamptz, difusion bigint, suscripcion text, calla boolean)),
  hay as (
    select q.*, c.version as ahora, c.vida as suya, c.cambiada, c.inalcanzable
    from q left join lateral (select * from conversacion c where c.chat = q.chat limit 1 for update) c on true
    where not exists (select from entrada e where e.chat = q.chat and e.mensaje = q.mensaje offset 0)),
  puesta as (
    insert into conversacion as c (chat, version, estado, cambiada, inalcanzable)
    select chat, version + 1, estado::json, case when aviso then cambiada else at end,
      case when aviso then inalcanzable end
    from hay where (ahora = version and suya = vida) or (ahora is null and version = 0 and not aviso)
    on conflict (chat) do update
    set version = excluded.version, estado = excluded.estado, cambiada = greatest(c.cambiada, excluded.cambiada),
      inalcanzable = excluded.inalcanzable
    where c.version = excluded.version - 1
    returning chat, version, inalcanzable),
  marca as (insert into entrada (chat, mensaje, version, at, texto, duda)
    select chat, mensaje, puesta.version, at, texto, duda::json from puesta join q using (chat)),
  dicho as (insert into salida (chat, version, n, at, cuerpo)
    select chat, puesta.version, n, at, cuerpo
    from puesta join q using (chat), json_array_elements(cuerpos::json) with ordinality r (cuerpo, n)
    returning chat, version, n),
  manda as (insert into envio (chat, version, n, at, canal, destino, proceso, aviso, vence, difusion)
    select chat, dicho.version, n, at, canal, destino, coalesce(
      (select proceso from envio e where e.chat = q.chat and e.estado = 'pendiente' and not e.aviso and not q.aviso
        limit 1), $2::integer), aviso, vence, difusion
    from dicho join q using (chat) where canal is not null
    returning chat, proceso),
  quiere as (insert into suscripcion as s
      (chat, canal, destino, temas, nivel, semestre, plantel, faltan, proximo, plan, desde, vista, inalcanzable)
    select chat, d.channel, d."to", d.temas, d.nivel, d.semestre, d.plantel, d.faltan, d.proximo, d.plan, at,
      case when aviso then '-infinity' else at end, puesta.inalcanzable
    from puesta join q using (chat), json_to_record(q.suscripcion::json) d (channel text, "to" text, temas text[],
      nivel text, semestre text, plantel text, faltan text[], proximo timestamptz, plan text)
    where suscripcion is not null
    on conflict (chat) do update
    set canal = excluded.canal, destino = excluded.destino, temas = excluded.temas, nivel = excluded.nivel,
      semestre = excluded.semestre, plantel = excluded.plantel, faltan = excluded.faltan,
      proximo = excluded.proximo, plan = excluded.plan, vista = greatest(s.vista, excluded.vista),
      inalcanzable = excluded.inalcanzable),
  sale as (delete from suscripcion s using puesta join q using (chat) where s.chat = q.chat and calla),
  dejo as (update destinatario d set salio = q.at from puesta join q using (chat)
    where calla and d.chat = q.chat and d.at > q.at - interval '7 days' and d.salio is null)
  select chat, (select proceso from manda where manda.chat = puesta.chat limit 1),
    exists (select from envio e where e.chat = puesta.chat and e.estado = 'pendiente' and not e.aviso) as tras
  from puesta`

/** `me`: this process, as the outbox names it. */
export function createTurns(database: Database, me: number): Turns {
  const { lanes } = database
  const ask = askIn(database)

  async function read(asks: readonly Ask[]): Promise<Read[]> {
    const [one] = asks
    const rows =
      one && asks.length === 1
        ? await ask<ReadRow>('readOne', readOne, [one.chat, one.message])
        : await ask<ReadRow>('readMany', readMany, [asks.map(a => a.chat), asks.map(a => a.message)])
    return rows.map(({ version, vida, estado, vista }) => ({
      seen: vista,
      stored: version === null ? null : { version, life: vida, state: estado },
    }))
  }

  const told = (row: Sender | undefined) =>
    row ? { mine: (row.proceso ?? me) === me, behind: row.tras } : null

  async function write(turns: readonly TurnRecord[]): Promise<(Written | null)[]> {
    const rows = turns.map(rowOf)
    const [one] = rows
    if (one && rows.length === 1 && turns[0]?.read && isUsual(one))
      return [told((await ask<Sender>('changeOne', changeOne, [...parametersOf(one), me]))[0])]
    const written = await ask<Sender & { chat: string }>('writeMany', writeMany, [JSON.stringify(rows), me])
    const byChat = new Map(written.map(row => [row.chat, row]))
    return turns.map(turn => told(byChat.get(turn.chat)))
  }

  return remember({ read: gather(lanes, read), write: gather(lanes, write) })
}

/** Chats, of about half a kilobyte each. */
const maxRemembered = 10_000

/**
 * Answers a read from what this process wrote last, and so saves one of the two trips to the database: it is only
 * a guess, which `write` puts to the test. Where another process wrote, or this message was handled before,
 * nothing is written, the guess is dropped, and the next read asks the database.
 */
function remember({ read, write }: Pick<Turns, 'read' | 'write'>): Turns {
  const known = new Map<string, Stored>()
  return {
    async read(ask) {
      const stored = known.get(ask.chat)
      return stored ? { seen: false, stored } : read({ ...ask, message: storable(ask.message) })
    },
    async write(turn) {
      const { chat, read, state } = turn
      known.delete(chat)
      const written = await write(turn)
      if (written && read) {
        known.set(chat, { version: read.version + 1, life: read.life, state })
        // The one that wrote longest ago goes: a Map keeps the order in which its keys came.
        const [oldest = ''] = known.size > maxRemembered ? known.keys() : []
        known.delete(oldest)
      }
      return written
    },
    forget: chat => void known.delete(chat),
  }
}

/** Who is to send the replies; null where they are not to be sent. */
interface Sender {
  readonly proceso: number | null
  readonly tras: boolean
}

type ReadRow =
  | { readonly version: null; readonly vida: null; readonly estado: null; readonly vista: boolean }
  | { readonly version: number; readonly vida: number; readonly estado: unknown; readonly vista: boolean }

/** As `writeMany` takes it: one JSON for all of a crowd costs us far less than an array for each column. */
interface Row {
  readonly chat: string
  readonly mensaje: string
  readonly at: Date
  readonly texto: string
  /** JSON in a text: taken apart with the rest, a NUL inside it would be refused. */
  readonly estado: string
  readonly cuerpos: string
  readonly version: number
  readonly vida: number
  readonly duda: string | null
  readonly canal: string | null
  readonly destino: string | null
  readonly aviso: boolean
  readonly vence: Date | null
  readonly difusion: number | null
  readonly suscripcion: string | null
  readonly calla: boolean
}

const isUsual = ({ aviso, suscripcion, calla }: Row) => !aviso && suscripcion === null && !calla

function rowOf(turn: TurnRecord): Row {
  const { chat, message, at, text, read, state, replies, doubt, send, subscription, unasked } = turn
  const { version = 0, life = 0 } = read ?? {}
  return {
    chat,
    mensaje: storable(message),
    at,
    texto: storable(text),
    estado: JSON.stringify(state),
    cuerpos: JSON.stringify(replies),
    version,
    vida: life,
    duda: doubt ? JSON.stringify(doubt) : null,
    canal: send?.channel ?? null,
    destino: send?.to ?? null,
    aviso: unasked !== undefined,
    vence: unasked?.until ?? null,
    difusion: unasked?.broadcast ?? null,
    suscripcion: subscription ? JSON.stringify(subscription) : null,
    calla: subscription === null,
  }
}

/** PostgreSQL's text cannot hold NUL, nor half of a character that takes two. */
export const storable = (text: string) => text.replaceAll('\0', '').toWellFormed()

/** In the order of the parameters of `changeOne`. */
function parametersOf(row: Row): unknown[] {
  const { chat, mensaje, at, texto, estado, cuerpos, version, vida, duda, canal, destino } = row
  return [chat, mensaje, at, texto, estado, cuerpos, version, vida, duda, canal, destino]
}
