/** Durable turns a second: the program beside a plain transaction and, on a server, beside a grammY bot. */
import { join } from 'node:path'
import { createDatabase } from '../postgres.ts'
import { openGrammy } from './grammy.ts'
import { type Contender, type Measured, race } from './measure.ts'
import { openPlainPglite, openPlainPostgres } from './plain.ts'
import { openVigente, type Sizes } from './vigente.ts'

const rounds = 7
const roundMs = 1500
/** As many connections as our own pool has. */
const poolSize = 10

export interface TurnsLine extends Measured {
  readonly database: string
  readonly chats: number
}

export async function benchTurns(
  home: string,
  server: string,
  sizes: Sizes,
  seed: number,
): Promise<TurnsLine[]> {
  const embedded = [
    await openVigente({ dir: join(home, 'vigente') }, seed),
    await openPlainPglite(join(home, 'plain'), sizes),
  ]
  const lines = await compare('PGlite', embedded)
  const served = [
    await openVigente({ url: await createDatabase(server) }, seed),
    await openPlainPostgres(await createDatabase(server), sizes, poolSize),
    await openGrammy(await createDatabase(server), sizes, poolSize),
  ]
  return [...lines, ...(await compare('PostgreSQL', served))]
}

async function compare(database: string, contenders: readonly Contender[]): Promise<TurnsLine[]> {
  const lines: TurnsLine[] = []
  for (const chats of [1, 32]) {
    const measured = await race(contenders, { rounds, roundMs, chats })
    lines.push(...measured.map(line => ({ database, chats, ...line })))
  }
  for (const contender of contenders) await contender.close()
  return lines
}
