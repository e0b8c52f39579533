/** Broadcasts as they are kept: who is in an audience, how recipients are made, and how one ends; on both databases. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ChannelName } from '../../src/message.ts'
import { type Audience, isIn } from '../../src/store/audience.ts'
import { createBroadcastTables, type Written } from '../../src/store/broadcasts.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { DestinatarioEstado, DifusionEstado, Tables } from '../../src/store/migrations.ts'
import {
  databases,
  empty,
  hours,
  ledger,
  log,
  noon,
  type Office,
  openOffice,
  type Row,
  someone,
  subscribe,
} from '../broadcast/office.ts'
import { freshDatabase } from '../postgres.ts'

const seed = Number(process.env.SEED ?? 20261122)
const dayMs = 24 * 60 * 60 * 1000
const niveles = ['medio-superior', 'superior', 'posgrado']
const planteles = ['cecyt-6', 'escom', 'upiita']
const pasos = ['nss', 'sismi', 'entregar-nss']
const canales: ChannelName[] = ['telegram', 'whatsapp-web', 'whatsapp-cloud']
const many = 1_000_000

const draft: Written = {
  titulo: '',
  texto: 'Hola',
  boton: null,
  audiencia: { tema: 'escuela' },
  control: 0,
  cuando: noon,
  vence: hours(48),
}
const by = (accion: string) => ({ at: noon, quien: 1, nombre: 'Ana', accion, detalle: {} })

/** A broadcast in a state. */
async function given({ db, tables }: Office, estado: DifusionEstado, more: Partial<Written> = {}) {
  const id = await tables.add({ ...draft, ...more }, by('escribe'))
  await db.updateTable('difusion').set({ estado, empezada: noon }).where('id', '=', String(id)).execute()
  return id
}

async function address({ db }: Office, id: number, estados: readonly DestinatarioEstado[]) {
  const rows = estados.map(estado => ({
    ...{ difusion: String(id), chat: randomUUID(), canal: 'telegram' as const, estado },
    repetido: false,
  }))
  await sql`insert into destinatario
    select * from json_populate_recordset(null::destinatario, ${JSON.stringify(rows)}::json)`.execute(db)
  return rows.map(({ chat }) => chat)
}

const statesOf = async (office: Office, id: number) =>
  (await ledger(office, id)).map(({ estado }) => estado).sort()
const stateOf = async ({ tables }: Office, id: number) => (await tables.find(id))?.estado

// ---- who is in an audience: said once more, the plain way ----

interface Had {
  readonly difusion: number
  readonly chat: string
  readonly estado: DestinatarioEstado
}

function belongs(row: Row, audience: Audience, sent: readonly Had[]): boolean {
  const { tema, plantel, nivel, semestre, falta, canal, vistoDias, ausenteDias, sinDifusion, sinPlantel } =
    audience
  const silentDays = (noon.getTime() - row.vista.getTime()) / dayMs
  if (!row.temas.includes(tema) || row.inalcanzable) return false
  if (plantel && !(row.plantel && plantel.includes(row.plantel))) return false
  if (nivel && !(row.nivel && nivel.includes(row.nivel))) return false
  if (semestre && row.semestre !== semestre) return false
  if (falta && !row.faltan.includes(falta)) return false
  if (canal && !canal.includes(row.canal)) return false
  if (vistoDias && silentDays > vistoDias) return false
  if (ausenteDias && silentDays <= ausenteDias) return false
  if (sinPlantel && row.plantel && sinPlantel.includes(row.plantel)) return false
  const had = sent.filter(({ chat, difusion }) => chat === row.chat && sinDifusion?.includes(difusion))
  return !had.some(({ estado }) => ['enviado', 'incierto', 'enviando', 'pendiente'].includes(estado))
}

const some = <T>(of: readonly T[]) => fc.subarray([...of], { minLength: 1 })
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
const rows: fc.Arbitrary<Row> = fc.record({
  chat: fc.uuid(),
  canal: fc.constantFrom(...canales),
  temas: fc.subarray(['tramite', 'escuela'] as const).map(temas => [...temas]),
  nivel: fc.constantFrom(null, ...niveles),
  semestre: fc.constantFrom(null, 'primero', 'posterior'),
  plantel: fc.constantFrom(null, ...planteles),
  faltan: fc.subarray(pasos),
  proximo: fc.constant(null),
  vista: fc.integer({ min: 0, max: 60 }).map(days => new Date(noon.getTime() - days * dayMs)),
  inalcanzable: fc.constantFrom(null, null, null, noon),
})
const audiences: fc.Arbitrary<Audience> = fc
  .record({
    tema: fc.constantFrom('tramite', 'escuela'),
    plantel: maybe(some(planteles)),
    nivel: maybe(some(niveles)),
    semestre: maybe(fc.constantFrom('primero', 'posterior')),
    falta: maybe(fc.constantFrom(...pasos)),
    canal: maybe(some(canales)),
    vistoDias: maybe(fc.integer({ min: 1, max: 60 })),
    ausenteDias: maybe(fc.integer({ min: 1, max: 60 })),
    sinDifusion: maybe(some([901, 902, 903])),
    sinPlantel: maybe(some(planteles)),
  })
  // Few filters at a time: with all of them nobody is ever left.
  .chain(all => fc.subarray(Object.keys(all)).map(keys => ({ all, keys })))
  .map(({ all, keys }) => ({
    ...Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key))),
    tema: all.tema,
  })) as fc.Arbitrary<Audience>

describe.each(databases)('broadcasts kept in $name', ({ where }) => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await where())
  })
  afterAll(() => office.close())
  beforeEach(() => empty(office))

  const chatsIn = async (audience: Audience) => {
    const found = await sql<{ chat: string }>`select chat from suscripcion s where ${isIn(audience, noon)}
      order by chat`.execute(office.db)
    return found.rows.map(({ chat }) => chat)
  }

  describe('an audience', () => {
    let people: Row[]
    let sent: Had[]
    beforeEach(async () => {
      people = fc.sample(rows, { numRuns: 300, seed })
      await subscribe(office, people)
      const states = [
        'enviado',
        'incierto',
        'enviando',
        'pendiente',
        'fallido',
        'control',
        'omitido',
      ] as const
      sent = fc
        .sample(
          fc.tuple(fc.integer({ min: 901, max: 903 }), fc.nat(people.length - 1), fc.constantFrom(...states)),
          { numRuns: 200, seed },
        )
        .map(([difusion, at, estado]) => ({ difusion, chat: people[at]?.chat ?? '', estado }))
        .filter((one, i, all) => all.findIndex(o => o.difusion === one.difusion && o.chat === one.chat) === i)
      const nothing = { motivo: null, proceso: null, at: null, pulsado: null, salio: null }
      await office.db
        .insertInto('destinatario')
        .values(sent.map(one => ({ ...one, ...nothing, difusion: String(one.difusion), canal: 'telegram' })))
        .execute()
    })
    const expected = (audience: Audience) =>
      people
        .filter(row => belongs(row, audience, sent))
        .map(({ chat }) => chat)
        .sort()

    test('is exactly whom its filters describe, whichever are given together', async () => {
      await fc.assert(
        fc.asyncProperty(audiences, async audience => {
          expect(await chatsIn(audience)).toEqual(expected(audience))
        }),
        { seed, numRuns: 150 },
      )
    })

    test.each<Omit<Audience, 'tema'>>([
      { plantel: ['escom', 'upiita'] },
      { nivel: ['superior'] },
      { semestre: 'primero' },
      { falta: 'nss' },
      { canal: ['telegram', 'whatsapp-web'] },
      { vistoDias: 7 },
      { ausenteDias: 30 },
      { sinDifusion: [901, 903] },
      { sinPlantel: ['cecyt-6'] },
    ])('by %o has somebody in it and leaves somebody out', async filter => {
      const all = await chatsIn({ tema: 'escuela' })
      const chosen = await chatsIn({ tema: 'escuela', ...filter })
      expect(chosen).toEqual(expected({ tema: 'escuela', ...filter }))
      expect(chosen.length).toBeGreaterThan(5)
      expect(chosen.length).toBeLessThan(all.length - 5)
    })

    test('is counted by channel, with those of it who get nothing on purpose', async () => {
      const audiencia: Audience = { tema: 'escuela', nivel: ['superior', 'posgrado'] }
      const id = await given(office, 'programada', { audiencia, control: 30 })
      const count = await office.tables.count({ id, audiencia, control: 30 }, noon)
      const chosen = people.filter(row => belongs(row, audiencia, sent))
      const by = (canal: ChannelName) => chosen.filter(row => row.canal === canal).length
      expect(count.total).toBe(chosen.length)
      expect(count.canales).toEqual(Object.fromEntries(canales.map(canal => [canal, by(canal)])))
      await office.tables.prepare(id, noon, many)
      const made = await ledger(office, id)
      expect(made.map(({ chat, canal }) => [chat, canal])).toEqual(
        chosen.map(({ chat, canal }) => [chat, canal]).sort(),
      )
      expect(count.control).toBe(made.filter(({ estado }) => estado === 'control').length)
      expect(count.control).toBeGreaterThan(0)
    })
  })

  describe('prepared', () => {
    test('has nobody who did not opt in to what it is about, or cannot be had', async () => {
      const [wants, neither, other, gone] = [
        someone({ temas: ['escuela'] }),
        someone({ temas: [] }),
        someone({ temas: ['tramite'] }),
        someone({ temas: ['escuela'], inalcanzable: noon }),
      ]
      await subscribe(office, [wants, neither, other, gone])
      const id = await given(office, 'programada')
      expect(await office.tables.prepare(id, noon, many)).toBe('enviando')
      expect((await ledger(office, id)).map(({ chat, estado }) => [chat, estado])).toEqual([
        [wants.chat, 'pendiente'],
      ])
      expect(await office.tables.find(id)).toMatchObject({ estado: 'enviando', empezada: noon })
    })

    test('a second time changes nothing', async () => {
      await subscribe(office, [someone(), someone()])
      const id = await given(office, 'programada')
      await office.tables.prepare(id, noon, many)
      const before = await ledger(office, id)
      await subscribe(office, [someone()])
      expect(await office.tables.prepare(id, hours(1), many)).toBeNull()
      expect(await ledger(office, id)).toEqual(before)
      expect(await office.tables.find(id)).toMatchObject({ estado: 'enviando', empezada: noon })
    })

    test('by several at once is prepared once', async () => {
      await subscribe(
        office,
        Array.from({ length: 500 }, () => someone()),
      )
      const id = await given(office, 'programada')
      const all = await Promise.all([1, 2, 3, 4].map(() => office.tables.prepare(id, noon, many)))
      expect(all.filter(outcome => outcome !== null)).toEqual(['enviando'])
      expect(await ledger(office, id)).toHaveLength(500)
    })

    test('halfway when the program dies has no recipients, and is due again', async () => {
      await subscribe(office, [someone(), someone()])
      const id = await given(office, 'programada')
      await sql`create function muere() returns trigger language plpgsql as $$
        begin raise exception 'dies here'; end $$`.execute(office.db)
      await sql`create trigger muere before update on difusion for each row
        when (new.estado = 'enviando') execute function muere()`.execute(office.db)
      try {
        await expect(office.tables.prepare(id, noon, many)).rejects.toThrow('store: prepare failed: P0001')
      } finally {
        await sql`drop function muere cascade`.execute(office.db)
      }
      expect(await ledger(office, id)).toEqual([])
      expect(await stateOf(office, id)).toBe('preparando')
      expect(await office.tables.due(noon)).toEqual([id])
      expect(await office.tables.prepare(id, noon, many)).toBe('enviando')
      expect(await ledger(office, id)).toHaveLength(2)
    })

    test('before its time, or in any other state, stays as it is', async () => {
      await subscribe(office, [someone()])
      const early = await given(office, 'programada', { cuando: hours(1) })
      expect(await office.tables.prepare(early, noon, many)).toBeNull()
      expect(await stateOf(office, early)).toBe('programada')
      const states = ['borrador', 'por-confirmar', 'enviando', 'pausada', 'terminada', 'cancelada'] as const
      for (const estado of states) {
        const id = await given(office, estado)
        expect(await office.tables.prepare(id, noon, many)).toBeNull()
        expect(await stateOf(office, id)).toBe(estado)
        expect(await ledger(office, id)).toEqual([])
      }
      expect(await office.tables.prepare(987_654, noon, many)).toBeNull()
    })

    test('of more than may be written to unconfirmed, it waits for somebody to confirm', async () => {
      await subscribe(office, [someone(), someone(), someone()])
      const id = await given(office, 'programada')
      expect(await office.tables.prepare(id, noon, 2)).toBe('por-confirmar')
      expect(await stateOf(office, id)).toBe('por-confirmar')
      expect(await ledger(office, id)).toEqual([])
      expect((await log(office, id)).at(-1)).toEqual({ accion: 'crece', nombre: '', detalle: { mas: 2 } })
      const enough = await given(office, 'programada')
      expect(await office.tables.prepare(enough, noon, 3)).toBe('enviando')
      const confirmed = await given(office, 'programada')
      await sql`update difusion set confirma = 7 where id = ${confirmed}`.execute(office.db)
      expect(await office.tables.prepare(confirmed, noon, 2)).toBe('enviando')
    })

    test('is due once its time has come, the one that has waited longest first', async () => {
      const later = await given(office, 'programada', { cuando: hours(2) })
      const sooner = await given(office, 'programada', { cuando: hours(1) })
      await given(office, 'por-confirmar')
      await given(office, 'enviando')
      expect(await office.tables.due(noon)).toEqual([])
      expect(await office.tables.due(hours(1))).toEqual([sooner])
      expect(await office.tables.due(hours(3))).toEqual([sooner, later])
    })
  })

  test('the share that gets nothing is the one asked for, the same again, and another in another broadcast', async () => {
    const people = fc.sample(fc.uuid(), { numRuns: 4000, seed }).map(chat => someone({ chat }))
    await subscribe(office, people)
    const held = async (control: number) => {
      const id = await given(office, 'programada', { control })
      await office.tables.prepare(id, noon, many)
      const left = async () =>
        (await ledger(office, id)).filter(({ estado }) => estado === 'control').map(({ chat }) => chat)
      const first = await left()
      await sql`delete from destinatario where difusion = ${id}`.execute(office.db)
      await sql`update difusion set estado = 'programada' where id = ${id}`.execute(office.db)
      await office.tables.prepare(id, noon, many)
      expect(await left()).toEqual(first)
      return first
    }
    // Four deviations of 4,000 draws: 63 in a million would miss it, and these are always the same.
    const of = (share: number) => share * 4000
    const off = (share: number) => 4 * Math.sqrt(4000 * share * (1 - share))
    const [one, other] = [await held(10), await held(10)]
    for (const [chats, share] of [[one, 0.1] as const, [other, 0.1] as const, [await held(50), 0.5] as const])
      expect(Math.abs(chats.length - of(share))).toBeLessThan(off(share))
    expect(await held(0)).toEqual([])
    const both = one.filter(chat => other.includes(chat)).length
    expect(both).toBeLessThan(one.length / 4)
  })

  describe('finished', () => {
    test('is a broadcast without anybody left to be written to', async () => {
      const over = await given(office, 'enviando')
      await address(office, over, ['enviado', 'fallido', 'incierto', 'inalcanzable', 'omitido', 'control'])
      const waiting = await given(office, 'enviando')
      await address(office, waiting, ['enviado', 'pendiente'])
      const flying = await given(office, 'enviando')
      await address(office, flying, ['enviado', 'enviando'])
      const nobody = await given(office, 'enviando')
      const paused = await given(office, 'pausada')
      expect(await office.tables.finish(hours(1)).then(ids => ids.sort((a, b) => a - b))).toEqual([
        over,
        nobody,
      ])
      expect(await office.tables.find(over)).toMatchObject({ estado: 'terminada', terminada: hours(1) })
      expect(await stateOf(office, waiting)).toBe('enviando')
      expect(await stateOf(office, flying)).toBe('enviando')
      expect(await stateOf(office, paused)).toBe('pausada')
      expect(await office.tables.finish(hours(1))).toEqual([])
    })

    test('once its time is over, who was still to get it is left out, also while it is paused', async () => {
      for (const estado of ['enviando', 'pausada'] as const) {
        const id = await given(office, estado)
        await address(office, id, ['enviado', 'control', 'pendiente', 'pendiente'])
        expect(await office.tables.finish(hours(47))).toEqual([])
        expect(await office.tables.finish(hours(48))).toEqual([id])
        const left = (await ledger(office, id)).filter(row => row.estado === 'omitido')
        expect(left.map(({ motivo, at }) => [motivo, at])).toEqual([
          ['vencio', hours(48)],
          ['vencio', hours(48)],
        ])
        expect(await statesOf(office, id)).toEqual(['control', 'enviado', 'omitido', 'omitido'])
      }
    })

    test('once its time is over waits for those whose message is under way', async () => {
      const id = await given(office, 'enviando')
      await address(office, id, ['enviando', 'pendiente'])
      expect(await office.tables.finish(hours(48))).toEqual([])
      expect(await statesOf(office, id)).toEqual(['enviando', 'omitido'])
      await sql`update destinatario set estado = 'enviado' where estado = 'enviando'`.execute(office.db)
      expect(await office.tables.finish(hours(49))).toEqual([id])
    })

    test('a cancelled one is settled in pieces, with what was in the outbox, but for what is under way', async () => {
      const id = await given(office, 'cancelada')
      const other = await given(office, 'enviando')
      const states = Array.from({ length: 12_000 }, () => 'pendiente' as const)
      await address(office, id, states)
      const [waits = '', flies = ''] = await address(office, id, ['enviando', 'enviando', 'enviado'])
      await address(office, other, ['pendiente'])
      const entry = { version: 1, n: 1, at: noon, canal: 'telegram', destino: 'x', proceso: 1 } as const
      for (const [chat, estado] of [[waits, 'pendiente'] as const, [flies, 'enviando'] as const])
        await office.db
          .insertInto('envio')
          .values({ ...entry, chat, estado, aviso: true, difusion: String(id) })
          .execute()
      expect(await office.tables.finish(noon)).toEqual([])
      const { cuentas } = await office.tables.figures(id)
      expect(cuentas).toMatchObject({ cancelado: 12_001, enviando: 1, enviado: 1, pendiente: 0 })
      const left = await office.db.selectFrom('envio').select('chat').execute()
      expect(left).toEqual([{ chat: flies }])
      expect(await statesOf(office, other)).toEqual(['pendiente'])
      expect(await stateOf(office, id)).toBe('cancelada')
    })
  })
})

describe('on a server', () => {
  test('a press that cancels does not wait until all are prepared, and nobody is left prepared', async () => {
    const url = await freshDatabase()
    const office = await openOffice({ url })
    const second = await openDatabase({ url })
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: second.pool }) })
    try {
      await subscribe(office, [someone(), someone()])
      const id = await given(office, 'programada')
      const client = await second.pool.connect()
      // Nothing can be written there now: as if there were a million.
      await client.query('begin; lock table destinatario in exclusive mode')
      const preparing = office.tables.prepare(id, noon, many)
      const blocked = () =>
        sql<{ n: number }>`select count(*)::integer as n from pg_locks
          where not granted and relation = 'destinatario'::regclass`.execute(db)
      while ((await blocked()).rows[0]?.n !== 1) await new Promise(done => setTimeout(done, 5))
      const pressed = await createBroadcastTables(db).change(id, noon, async row => {
        expect(row.estado).toBe('preparando')
        return { set: { estado: 'cancelada' }, log: by('cancela') }
      })
      expect(pressed?.row.estado).toBe('cancelada')
      await client.query('commit')
      client.release()
      expect(await preparing).toBeNull()
      expect(await stateOf(office, id)).toBe('cancelada')
      expect(await ledger(office, id)).toEqual([])
    } finally {
      await db.destroy()
      await office.close()
    }
  })
})
