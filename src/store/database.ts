/**
 * Opens the database that `store.ts` works on: the embedded one, in memory or in a folder, or a PostgreSQL
 * server. Both come out as a pool of `pg`.
 */
import pg from 'pg'
import { lockFolder } from './lock.ts'
import { openFolder, openMemory, Wire } from './pglite.ts'

export type Where = { readonly memory: true } | { readonly dir: string } | { readonly url: string }

export interface Database {
  readonly pool: pg.Pool
  readonly embedded: boolean
  /** Of the server. */
  readonly url?: string
  /** How many statements of a kind go at once: on a server, one that waits for a row must not hold up all others. */
  readonly lanes: number
  /** After the pool has ended. */
  close(): Promise<void>
}

export async function openDatabase(where: Where): Promise<Database> {
  if ('url' in where)
    return {
      pool: openPool(where.url),
      url: where.url,
      embedded: false,
      lanes: 2,
      close: async () => {},
    }
  const unlock = 'dir' in where ? lockFolder(where.dir) : () => {}
  try {
    const lite = await ('dir' in where ? openFolder(where.dir) : openMemory())
    // The one session is never given up.
    const pool = new pg.Pool({
      stream: () => new Wire(lite) as never,
      user: 'postgres',
      database: 'postgres',
      max: 1,
      idleTimeoutMillis: 0,
    })
    pool.on('error', ignore)
    return {
      pool,
      embedded: true,
      lanes: 1,
      close: async () => {
        await lite.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'vigente',
    max: 10,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  })
  pool.on('error', ignore)
  // Nor may one end us that breaks while it is in use: whoever uses it is told.
  pool.on('connect', client => client.on('error', ignore))
  return pool
}

/** An idle connection broke: the next query opens another, and tells where that fails. Unheard it would end us. */
function ignore(): void {}
