/** The log of what staff did, on both databases: rows are only ever added, and each vouches for the one before. */
import { Kysely, PostgresDialect, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { checkLog, type LogEntry, readLog, record } from '../../src/store/log.ts'
import { migrate, type Tables } from '../../src/store/migrations.ts'
import { freshDatabase } from '../postgres.ts'

const at = new Date('2026-11-22T10:00:00.123-06:00')
const entry = (n: number): LogEntry => ({
  at: new Date(at.getTime() + n * 1001),
  quien: n,
  nombre: 'Ana "La" Ñandú, \\ 🙂',
  accion: 'escribe',
  difusion: n * 7,
  detalle: { n, de: ['uno', null], nul: 'a\0b' },
})

describe.each([
  { name: 'PGlite', where: async () => ({ memory: true }) as const },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
])('the log on $name', ({ where }) => {
  let db: Kysely<Tables>
  let close: () => Promise<void>
  beforeAll(async () => {
    const database = await openDatabase(await where())
    db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
    await migrate(db)
    close = async () => {
      await db.destroy()
      await database.close()
    }
  })
  afterAll(() => close())
  // The owner of the table can take the trigger away, as no statement of the program does.
  afterEach(async () => {
    await sql`alter table bitacora disable trigger bitacora_fija`.execute(db)
    await sql`truncate bitacora restart identity`.execute(db)
    await sql`alter table bitacora enable trigger bitacora_fija`.execute(db)
  })

  const write = (one: LogEntry) => db.transaction().execute(trx => record(trx, one))
  const writeAll = async (count: number) => {
    for (let n = 1; n <= count; n++) await write(entry(n))
  }
  async function past(statement: ReturnType<typeof sql>) {
    await sql`alter table bitacora disable trigger bitacora_fija`.execute(db)
    await statement.execute(db)
    await sql`alter table bitacora enable trigger bitacora_fija`.execute(db)
  }

  test('gives back what was recorded, the newest first, and its chain is whole', async () => {
    expect(await checkLog(db)).toEqual({ rows: 0, head: '' })
    await writeAll(3)
    await write({ at, quien: null, nombre: '', accion: 'rechazada', detalle: {} })
    const lines = await readLog(db, 3)
    expect(lines).toEqual([
      { id: 4, at, quien: null, nombre: '', accion: 'rechazada', detalle: {} },
      { id: 3, ...entry(3) },
      { id: 2, ...entry(2) },
    ])
    expect(await checkLog(db)).toEqual({ rows: 4, head: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  test.each([
    ['changed', sql`update bitacora set nombre = 'x'`],
    ['changed where there is none', sql`update bitacora set nombre = 'x' where false`],
    ['deleted', sql`delete from bitacora where id = 1`],
    ['emptied', sql`truncate bitacora`],
    [
      'written over',
      sql`insert into bitacora overriding system value select * from bitacora
      on conflict (id) do update set nombre = 'x'`,
    ],
  ])('cannot be %s by the program', async (_what, statement) => {
    await writeAll(2)
    const before = await readLog(db, 9)
    await expect(statement.execute(db)).rejects.toThrow('rows can only be added')
    expect(await readLog(db, 9)).toEqual(before)
  })

  test.each([
    ['its time', sql`at = at + interval '1 microsecond'`],
    ['who it was', sql`quien = 3`],
    ['that there was anybody', sql`quien = null`],
    ['their name', sql`nombre = nombre || ' '`],
    ['what they did', sql`accion = 'lee'`],
    ['with what', sql`difusion = difusion + 1`],
    ['a detail', sql`detalle = '{"n":2}'`],
    ['its mark', sql`huella = upper(huella)`],
  ])('a row of which somebody changed %s is found', async (_what, change) => {
    await writeAll(4)
    await past(sql`update bitacora set ${change} where id = 2`)
    expect(await checkLog(db)).toMatchObject({ rows: 4, wrong: 2 })
  })

  test('a row that somebody took out, put in or moved is found by the next one', async () => {
    await writeAll(5)
    await past(sql`delete from bitacora where id = 3`)
    expect(await checkLog(db)).toMatchObject({ rows: 4, wrong: 4 })
    await past(sql`insert into bitacora overriding system value
      select 3, at, quien, nombre, accion, difusion, detalle, huella from bitacora where id = 2`)
    expect(await checkLog(db)).toMatchObject({ rows: 5, wrong: 3 })
    await past(sql`with suya as (delete from bitacora where id = 2 returning *)
      insert into bitacora overriding system value
      select -id, at, quien, nombre, accion, difusion, detalle, huella from suya`)
    expect(await checkLog(db)).toMatchObject({ rows: 5, wrong: -2 })
  })

  test('a row that was taken off the end shows in the head', async () => {
    await writeAll(3)
    const { head } = await checkLog(db)
    await past(sql`delete from bitacora where id = 3`)
    const after = await checkLog(db)
    expect(after).toEqual({ rows: 2, head: expect.any(String) })
    expect(after.head).not.toBe(head)
  })

  test('fifty who write at once, some of whom fail, make one chain', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        db.transaction().execute(async trx => {
          await record(trx, entry(n))
          if (n % 5 === 0) throw new Error('changed its mind')
          if (n % 5 === 1) await record(trx, entry(n + 100))
        }),
      ),
    )
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(10)
    expect(await checkLog(db)).toEqual({ rows: 50, head: expect.any(String) })
    const who = (await readLog(db, 99)).map(({ quien }) => quien)
    expect(who.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 50 }, (_, n) => n)
        .flatMap(n => (n % 5 === 0 ? [] : n % 5 === 1 ? [n, n + 100] : [n]))
        .toSorted((a, b) => a - b),
    )
  })
})
