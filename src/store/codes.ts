/**
 * One-time codes that carry a checklist from one chat to another, kept only as hashes. `conversation/handle.ts` puts one
 * here before it is told, and takes it when somebody writes it; whatever deletes a chat deletes its codes.
 */
import { createHash } from 'node:crypto'
import { askIn } from './ask.ts'
import type { Database } from './database.ts'
import { storable } from './turns.ts'

export interface Codes {
  /**
   * From now on the chat has this code and none other that is unused. Nothing changes where the message that asks for it
   * was handled before: what that was told stays good.
   */
  put(code: string, by: Writer, until: Date): Promise<void>
  /**
   * What is kept of the chat that the code was given to: only for the first message that brings it, from another chat,
   * in time; and for that message again, which may come twice where we end before it is written down. Else null.
   */
  take(code: string, by: Writer, at: Date): Promise<{ readonly state: unknown } | null>
}

export interface Writer {
  /** Hashed. */
  readonly chat: string
  readonly message: string
}

export function createCodes(database: Database): Codes {
  const ask = askIn(database)
  return {
    put: async (code, { chat, message }, until) => {
      await ask('putCode', put, [hashOf(code), chat, until, storable(message)])
    },
    take: async (code, { chat, message }, at) => {
      const taker = hashOf(`${chat}\n${message}`)
      const [taken] = await ask<{ estado: unknown }>('takeCode', take, [hashOf(code), chat, taker, at])
      return taken ? { state: taken.estado } : null
    },
  }
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')

const put = `
  with nuevo as (select where not exists (select from entrada where chat = $2 and mensaje = $4)),
  viejos as (delete from codigo
    where chat = $2 and codigo <> $1 and tomado is null and exists (select from nuevo))
  insert into codigo (codigo, chat, vence) select $1, $2, $3 from nuevo on conflict (codigo) do nothing`

const take = `
  update codigo k set tomado = $3 from conversacion c
  where k.codigo = $1 and k.chat <> $2 and (k.tomado = $3 or (k.tomado is null and k.vence > $4)) and c.chat = k.chat
  returning c.estado`
