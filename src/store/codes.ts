/**
 * One-time codes that carry a checklist from one chat to another, kept only as hashes. `conversation/handle.ts` puts one
 * here before it is told, and takes it when somebody writes it; whatever deletes a chat deletes its codes.
 */
import { createHash } from 'node:crypto'
import type { Database } from './database.ts'
import { guard } from './error.ts'

export interface Codes {
  /** From now on the chat has this code and none other that is unused. */
  put(code: string, chat: string, until: Date): Promise<void>
  /**
   * What is kept of the chat that the code was given to: only for the first message that brings it, from another chat,
   * in time; and for that message again, which may come twice where we end before it is written down. Else null.
   */
  take(code: string, by: Bringer, at: Date): Promise<{ readonly state: unknown } | null>
}

export interface Bringer {
  /** Hashed. */
  readonly chat: string
  readonly message: string
}

export function createCodes({ pool }: Database): Codes {
  const ask = async <Row>(name: string, text: string, values: unknown[]): Promise<Row[]> =>
    (await guard(name, () => pool.query({ name, text, values }))).rows as Row[]
  return {
    put: async (code, chat, until) => {
      await ask('putCode', put, [hashOf(code), chat, until])
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
  with viejos as (delete from codigo where chat = $2 and codigo <> $1 and tomado is null)
  insert into codigo (codigo, chat, vence) values ($1, $2, $3) on conflict (codigo) do nothing`

const take = `
  update codigo k set tomado = $3 from conversacion c
  where k.codigo = $1 and k.chat <> $2 and (k.tomado = $3 or (k.tomado is null and k.vence > $4)) and c.chat = k.chat
  returning c.estado`
