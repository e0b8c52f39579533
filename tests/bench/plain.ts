/** What anybody would write first: one transaction of four statements, sent raw, with nothing around it. */
import pg from 'pg'
import { openFolder } from '../../src/store/pglite.ts'
import type { Contender } from './measure.ts'
import type { Sizes } from './vigente.ts'

/** No more than it takes: without the indexes for the sweep that ours carry. */
const tables = `
  create table conversation (chat text primary key, version integer not null, state json not null, at timestamptz not null);
  create table message (chat text, id text, at timestamptz not null, text text not null, primary key (chat, id));
  create table reply (chat text, version integer, at timestamptz not null, body json not null, primary key (chat, version))`

type Query = (sql: string, values?: unknown[]) => Promise<{ rows: unknown[] }>

export async function openPlainPostgres(url: string, sizes: Sizes, poolSize: number): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: url, max: poolSize })
  // What breaks when the server stops is no news.
  pool.on('error', () => {})
  await pool.query(tables)
  const turn = createTurn(sizes)
  return {
    name: 'plain transaction',
    turn: async chat => {
      const client = await pool.connect()
      await client.query('begin')
      await turn((sql, values) => client.query(sql, values), chat)
      await client.query('commit')
      client.release()
    },
    close: () => pool.end(),
  }
}

/** On the same PGlite that our store opens: one that waits for the disk. */
export async function openPlainPglite(dir: string, sizes: Sizes): Promise<Contender> {
  const lite = await openFolder(dir)
  await lite.exec(tables)
  const turn = createTurn(sizes)
  return {
    name: 'plain transaction',
    turn: chat => lite.transaction(tx => turn((sql, values) => tx.query(sql, values), chat)),
    close: () => lite.close(),
  }
}

function createTurn(sizes: Sizes): (query: Query, chat: number) => Promise<void> {
  const state = jsonOf(sizes.state)
  const reply = jsonOf(sizes.reply)
  let sent = 0
  return async (query, number) => {
    const chat = `chat-${number}-of-twenty-seven`.slice(0, 27)
    const at = new Date()
    const text = '¿cómo me doy de alta en el seguro?'
    await query('insert into message (chat, id, at, text) values ($1, $2, $3, $4)', [
      chat,
      `m${sent++}`,
      at,
      text,
    ])
    const { rows } = await query('select version, state from conversation where chat = $1 for update', [chat])
    const version = ((rows[0] as { version: number } | undefined)?.version ?? 0) + 1
    await query(
      `insert into conversation (chat, version, state, at) values ($1, $2, $3, $4)
        on conflict (chat) do update set version = excluded.version, state = excluded.state, at = excluded.at`,
      [chat, version, state, at],
    )
    await query('insert into reply (chat, version, at, body) values ($1, $2, $3, $4)', [
      chat,
      version,
      at,
      reply,
    ])
  }
}

/** A JSON text of about so many characters, with fields as a state has them. */
function jsonOf(length: number): string {
  const fields = Array.from({ length: Math.round(length / 32) }, (_, n) => [`campo${n}`, `valor número ${n}`])
  return JSON.stringify(Object.fromEntries(fields))
}
