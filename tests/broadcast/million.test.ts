/**
 * A broadcast to very many: their rows are made inside the database, in little time and without passing through this
 * process. `FULL=1`: a million on PostgreSQL.
 */
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { databases, hours, noon, type Office, openOffice } from './office.ts'

const full = process.env.FULL === '1'
const sizes = databases.map(({ name, where }) => ({
  name,
  where,
  people: full && name === 'PostgreSQL' ? 1_000_000 : 5_000,
}))
const mostMs = 60_000
const mostGrowthMb = 30

const megabytes = () => process.memoryUsage().rss / 2 ** 20

let office: Office | undefined
afterEach(() => office?.close())

/** Their names in no order, as hashes have none; nine of ten opted in. */
async function crowd({ db }: Office, people: number): Promise<void> {
  await sql`insert into suscripcion
    select encode(sha256(i::text::bytea), 'base64'),
      (array['telegram', 'whatsapp-cloud', 'whatsapp-web'])[1 + i % 3], 'address ' || i,
      case when i % 10 = 0 then array['tramite'] else array['tramite', 'escuela'] end,
      (array['medio-superior', 'superior', 'posgrado'])[1 + i % 3], 'primero', 'escom', array['nss', 'sismi'],
      null, '', ${noon}, ${noon}, null
    from generate_series(1, ${people}::integer) i`.execute(db)
}

test.each(sizes)(
  '$people people on $name are prepared in time, in the database alone',
  async ({ name, where, people }) => {
    office = await openOffice(await where())
    const { tables, db } = office
    await crowd(office, people)
    const log = { at: noon, quien: 1, nombre: '', accion: 'escribe', detalle: {} }
    const id = await tables.add(
      {
        ...{ titulo: '', texto: 'Hola', boton: null, audiencia: { tema: 'escuela', falta: 'nss' } },
        ...{ control: 10, cuando: noon, vence: hours(48) },
      },
      log,
    )
    await sql`update difusion set estado = 'programada' where id = ${id}`.execute(db)

    const before = megabytes()
    const started = performance.now()
    expect(await tables.prepare(id, noon, people)).toBe('enviando')
    const tookMs = performance.now() - started
    // The embedded database is in this process: its memory is not ours.
    const grown = megabytes() - before
    console.log(
      `${name}: ${people} people prepared in ${Math.round(tookMs)} ms; this process: ${Math.round(before)} MB before, ${Math.round(grown)} more after`,
    )
    const { cuentas } = await tables.figures(id)
    expect(cuentas.pendiente + cuentas.control).toBe(people * 0.9)
    expect(tookMs).toBeLessThan(mostMs)
    // Of few people it is as little as what other tests in this process leave to be collected.
    if (full && name === 'PostgreSQL') expect(grown).toBeLessThan(mostGrowthMb)

    // And all of it is called off again in pieces.
    await sql`update difusion set estado = 'cancelada' where id = ${id}`.execute(db)
    const cancelled = performance.now()
    await tables.finish(noon)
    console.log(`${name}: called off in ${Math.round(performance.now() - cancelled)} ms`)
    expect((await tables.figures(id)).cuentas).toMatchObject({ pendiente: 0, control: cuentas.control })
  },
  300_000,
)
