/** How the files of this folder put a named statement to the database: prepared once for each connection. */
import type { Database } from './database.ts'
import { guard } from './error.ts'

export type Ask = <Row>(name: string, text: string, values: unknown[]) => Promise<Row[]>

/** Faults are told as `StoreError`, by the statement's name. */
export const askIn =
  ({ pool }: Pick<Database, 'pool'>): Ask =>
  async <Row>(name: string, text: string, values: unknown[]) =>
    (await guard(name, () => pool.query({ name, text, values }))).rows as Row[]
