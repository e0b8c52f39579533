/**
 * Who is who: on channels that know a person by more than one name (a phone, a user name's id), each name leads to the
 * one conversation. `handle` asks before it takes a message of such a channel.
 */
import { askIn } from './ask.ts'
import type { Database } from './database.ts'

export interface Persons {
  /**
   * The chat of whoever has all these names, hashed, the surest first. Where two of them had a conversation each, the
   * one that was used last is the person's from now on.
   */
  chatOf(names: readonly [string, ...string[]]): Promise<string>
}

export function createPersons(database: Database): Persons {
  const ask = askIn(database)
  return {
    async chatOf(names) {
      const known = await ask<{ chat: string }>('known', 'select chat from persona where clave = any ($1)', [
        names,
      ])
      const [first] = known
      if (first && known.length === names.length && known.every(({ chat }) => chat === first.chat))
        return first.chat
      const [chosen] = await ask<{ chat: string }>('meet', meet, [names])
      return chosen?.chat ?? names[0]
    },
  }
}

/** In the order of the names, as all do: two who meet the same person never wait for each other's rows. */
const meet = `
  with nombres as (select * from unnest($1::text[]) with ordinality q (clave, orden)),
  antes as (select distinct chat from persona join nombres using (clave)),
  posibles as (select chat from antes union select clave from nombres),
  elegido as (
    select p.chat from posibles p left join conversacion c using (chat) left join nombres n on n.clave = p.chat
    order by c.cambiada desc nulls last, p.chat in (select chat from antes) desc, n.orden limit 1),
  todos as (select clave from nombres union select clave from persona where chat in (select chat from antes)),
  /* One person is written to unasked at one place. */
  uno as (delete from suscripcion s using todos where s.chat = todos.clave and s.chat <> (select chat from elegido)),
  puestos as (insert into persona as p (clave, chat) select clave, (select chat from elegido) from todos order by clave
    on conflict (clave) do update set chat = excluded.chat where p.chat <> excluded.chat)
  select chat from elegido`
