/**
 * The inbox: messages that a platform was told are with us, and that are not handled yet; each the business of one
 * process, and one person's all of the same one. `delivery/intake.ts` fills and empties it.
 */
import type { ChannelName } from '../message.ts'
import { askIn } from './ask.ts'
import { gather } from './crowd.ts'
import type { Database } from './database.ts'

export interface Arrived {
  /** Hashed: the same twice is one message. */
  readonly id: string
  /** Hashed: whose messages are handled one after the other. */
  readonly person: string
  readonly sealed: string
}

export interface InInbox extends Arrived {
  /** Its place in the order in which they came. */
  readonly n: string
  readonly at: Date
}

export interface Inbox {
  /** Resolves, once they are stored, with those that are new and this process's to handle. */
  keep(channel: ChannelName, arrived: readonly Arrived[]): Promise<InInbox[]>
  /** What is this process's to handle, in order, at most `limit`; first takes over what processes that have ended left. */
  waiting(channel: ChannelName, limit: number): Promise<InInbox[]>
  done(channel: ChannelName, handled: Pick<Arrived, 'id' | 'person'>): Promise<void>
}

/** `gone` tells in SQL, of processes other than this one, which have ended. */
export function createInbox(database: Database, me: number, gone: string): Inbox {
  const { lanes } = database
  const ask = askIn(database)
  const adopt = `
    with ajenos as materialized (select distinct proceso from buzon where proceso <> $1 and canal = $2)
    update buzon set proceso = $1 where canal = $2 and proceso in (select proceso from ajenos where ${gone})`

  const finish = gather(lanes, async (all: readonly { channel: ChannelName; id: string; chat: string }[]) => {
    await ask('done', done, [all.map(({ channel }) => channel), all.map(({ id }) => id)])
    return all.map(() => undefined)
  })

  return {
    keep: async (channel, arrived) => {
      if (arrived.length === 0) return []
      const values = [
        channel,
        arrived.map(a => a.id),
        arrived.map(a => a.person),
        arrived.map(a => a.sealed),
        me,
      ]
      const rows = await ask<InInbox & { proceso: number }>('keep', keep, values)
      return rows.filter(({ proceso }) => proceso === me).sort(byPlace)
    },
    waiting: async (channel, limit) => {
      await ask('adoptArrived', adopt, [me, channel])
      return ask<InInbox>('arrived', arrivedRows, [me, channel, limit])
    },
    done: (channel, { id, person }) => finish({ channel, id, chat: person }),
  }
}

const byPlace = (a: InInbox, b: InInbox) => Number(BigInt(a.n) - BigInt(b.n))

const columns = `mensaje as id, persona as person, sobre as sealed, n, at`

const keep = `
  insert into buzon (canal, mensaje, persona, sobre, proceso, at)
  select $1, mensaje, persona, sobre,
    coalesce((select proceso from buzon b where b.canal = $1 and b.persona = q.persona limit 1), $5::integer), now()
  from unnest($2::text[], $3::text[], $4::text[]) with ordinality q (mensaje, persona, sobre, orden) order by orden
  on conflict do nothing
  returning ${columns}, proceso`

const arrivedRows = `
  select ${columns} from buzon where proceso = $1 and canal = $2 order by buzon.n limit $3`

const done = `
  delete from buzon b using unnest($1::text[], $2::text[]) q (canal, mensaje)
  where b.canal = q.canal and b.mensaje = q.mensaje`
