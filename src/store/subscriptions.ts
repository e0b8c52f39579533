/**
 * Who wants to be told something unasked, and when: turns write it (turns.ts), the runner asks here whose reminder is due,
 * and whose has to be reckoned anew because the content has changed.
 */
import type { ChannelName } from '../message.ts'
import { askIn } from './ask.ts'
import type { Database } from './database.ts'

/** Ids of turns that nobody's message made begin with this; no platform's do. */
export const unaskedId = 'aviso '

export interface Subscriber {
  readonly chat: string
  readonly channel: ChannelName
  readonly to: string
  readonly heardAt: Date
  /** When their next reminder is due; absent where none is. */
  readonly due: Date | null
}

export interface Subscriptions {
  /** Whose reminder is due by `now`, the longest overdue first; `after` the last that was given. */
  due(
    now: Date,
    channels: readonly ChannelName[],
    limit: number,
    after?: Pick<Subscriber, 'chat' | 'due'>,
  ): Promise<Subscriber[]>
  /** Of whom the next reminder was not reckoned with this content, after a chat. */
  stale(plan: string, limit: number, after: string): Promise<(Subscriber & { readonly state: unknown })[]>
  /** Only where it is still as it was read. */
  replan(one: Subscriber, due: Date | undefined, missing: readonly string[], plan: string): Promise<void>
}

export function createSubscriptions(database: Database): Subscriptions {
  const ask = askIn(database)
  return {
    due: (now, channels, limit, after) =>
      ask('due', due, [now, channels, limit, after?.due ?? '-infinity', after?.chat ?? '']),
    stale: (plan, limit, after) => ask('stale', stale, [plan, limit, after]),
    replan: async ({ chat, due }, next, missing, plan) => {
      await ask('replan', replan, [chat, due, next ?? null, missing, plan])
    },
  }
}

const columns = `s.chat, s.canal as channel, s.destino as "to", s.vista as "heardAt", s.proximo as due`

const due = `
  select ${columns} from suscripcion s
  where s.proximo <= $1 and s.canal = any ($2::text[]) and s.inalcanzable is null
    and (s.proximo, s.chat) > ($4::timestamptz, $5::text)
  order by s.proximo, s.chat limit $3`

const stale = `
  select ${columns}, c.estado as state from suscripcion s join conversacion c using (chat)
  where s.plan <> $1 and s.chat > $3 order by s.chat limit $2`

const replan = `
  update suscripcion set proximo = $3, faltan = $4, plan = $5
  where chat = $1 and proximo is not distinct from $2`
