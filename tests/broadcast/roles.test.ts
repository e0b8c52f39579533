/**
 * Everybody tries everything: each role, who lost theirs and who never had one, with every function of `Broadcasts` and
 * `Staff`, on both databases. What the role allows is done; all else is Refused, changes nothing and is in the log.
 */
import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect, type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broadcasts, createBroadcasts } from '../../src/broadcast/broadcasts.ts'
import { type Action, allowed, createStaff, type Member, type Staff } from '../../src/broadcast/staff.ts'
import { createBroadcastTables } from '../../src/store/broadcasts.ts'
import { openDatabase } from '../../src/store/database.ts'
import { type DifusionEstado, migrate, type Rol, roles, type Tables } from '../../src/store/migrations.ts'
import { createMembers } from '../../src/store/staff.ts'
import { content } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'

const now = new Date('2026-11-23T12:00:00-06:00')

const persons = [...roles, 'who was an owner and is a reader', 'who was an owner', 'a stranger'] as const
type Person = (typeof persons)[number]

/** What they have now; `by` is what they had when they signed in. */
const roleOf: Readonly<Record<Person, Rol | undefined>> = {
  owner: 'owner',
  editor: 'editor',
  sender: 'sender',
  reader: 'reader',
  'who was an owner and is a reader': 'reader',
  'who was an owner': undefined,
  'a stranger': undefined,
}

interface Parts {
  readonly broadcasts: Broadcasts
  readonly staff: Staff
  readonly by: Member
  /** A broadcast in the state that the function asks for. */
  readonly id: number
  /** A member to be looked after. */
  readonly other: Member
}

interface Act {
  readonly action: Action
  readonly changes: boolean
  readonly from?: DifusionEstado
  readonly does: (parts: Parts) => Promise<unknown>
}

const draft = {
  titulo: 'Aviso',
  texto: 'Hoy reciben hasta las 14:00.',
  audiencia: { tema: 'escuela' },
} as const

const looks = (does: Act['does'], action: Action = 'ver'): Act => ({ action, changes: false, does })
type Name = keyof Broadcasts | `staff.${keyof Staff}` | 'rewrite' | 'weigh confirm' | 'weigh cancel'
const acts: Readonly<Record<Name, Act | null>> = {
  list: looks(({ broadcasts, by }) => broadcasts.list(by)),
  see: looks(({ broadcasts, by, id }) => broadcasts.see(by, id)),
  count: looks(({ broadcasts, by, id }) => broadcasts.count(by, id)),
  preview: looks(({ broadcasts, by, id }) => broadcasts.preview(by, id)),
  progress: looks(({ broadcasts, by, id }) => broadcasts.progress(by, id)),
  report: looks(({ broadcasts, by, id }) => broadcasts.report(by, id)),
  write: { action: 'escribir', changes: true, does: ({ broadcasts, by }) => broadcasts.write(by, draft) },
  rewrite: {
    action: 'escribir',
    changes: true,
    does: ({ broadcasts, by, id }) => broadcasts.write(by, { texto: 'Otro texto.' }, id),
  },
  test: { action: 'probar', changes: true, does: ({ broadcasts, by, id }) => broadcasts.test(by, id) },
  weigh: looks(({ broadcasts, by, id }) => broadcasts.weigh(by, id, 'send'), 'enviar'),
  'weigh confirm': {
    ...looks(({ broadcasts, by, id }) => broadcasts.weigh(by, id, 'confirm'), 'confirmar'),
    from: 'por-confirmar',
  },
  'weigh cancel': looks(({ broadcasts, by, id }) => broadcasts.weigh(by, id, 'cancel'), 'parar'),
  send: { action: 'enviar', changes: true, does: ({ broadcasts, by, id }) => broadcasts.send(by, id) },
  confirm: {
    action: 'confirmar',
    changes: true,
    from: 'por-confirmar',
    does: ({ broadcasts, by, id }) => broadcasts.confirm(by, id),
  },
  pause: {
    action: 'parar',
    changes: true,
    from: 'enviando',
    does: ({ broadcasts, by, id }) => broadcasts.pause(by, id),
  },
  resume: {
    action: 'parar',
    changes: true,
    from: 'pausada',
    does: ({ broadcasts, by, id }) => broadcasts.resume(by, id),
  },
  cancel: {
    action: 'parar',
    changes: true,
    from: 'enviando',
    does: ({ broadcasts, by, id }) => broadcasts.cancel(by, id),
  },
  'staff.invite': {
    action: 'personal',
    changes: true,
    does: ({ staff, by }) => staff.invite(by, 'owner', 'Nadia'),
  },
  'staff.change': {
    action: 'personal',
    changes: true,
    does: ({ staff, by, other }) => staff.change(by, other.id, 'owner'),
  },
  'staff.remove': {
    action: 'personal',
    changes: true,
    does: ({ staff, by, other }) => staff.remove(by, other.id),
  },
  'staff.list': looks(({ staff, by }) => staff.list(by), 'personal'),
  'staff.log': looks(({ staff, by }) => staff.log(by, 5), 'bitacora'),
  'staff.checkLog': looks(({ staff, by }) => staff.checkLog(by), 'bitacora'),
  'staff.link': { action: 'ver', changes: true, does: ({ staff, by }) => staff.link(by) },
  'staff.admit': looks(({ staff, by }) => staff.admit(by, 'confirmar'), 'confirmar'),
  // Nobody has signed in yet; and what a member's own chat awaits of them.
  'staff.join': null,
  'staff.byChat': null,
  'staff.byKey': null,
  'staff.chats': null,
  'staff.draft': null,
  'staff.drafting': null,
}

const tries = persons.flatMap(person =>
  Object.entries(acts).flatMap(([name, act]) => {
    const rol = roleOf[person]
    const may = rol !== undefined && allowed[rol].includes(act?.action ?? 'ver')
    return act ? [{ person, can: may ? 'may' : 'may not', name, act, may }] : []
  }),
)

describe.each([
  { name: 'PGlite', where: async () => ({ memory: true }) as const },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
])('on $name', ({ where }) => {
  let db: Kysely<Tables>
  let close: () => Promise<void>
  let broadcasts: Broadcasts
  let staff: Staff
  /** Does what has to be there before. */
  let first: Member
  let woken = 0
  let tables: RawBuilder<unknown>[]
  const who = new Map<Person, Member>()

  async function join(rol: Rol, nombre: string): Promise<Member> {
    const { code } = await staff.invite(first, rol, nombre)
    return (await staff.join(code, { chat: randomUUID(), channel: 'telegram', to: '4711' })).member
  }

  beforeAll(async () => {
    const database = await openDatabase(await where())
    db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
    await migrate(db)
    const names = await sql<{ name: string }>`select tablename as name from pg_tables
      where schemaname = 'public' and tablename <> 'bitacora'`.execute(db)
    tables = names.rows.map(({ name }) => sql`select ${name} || t::text as fila from ${sql.table(name)} t`)
    const clock = () => now
    staff = createStaff({ members: createMembers(db), clock })
    const store = { broadcasts: createBroadcastTables(db) }
    const wake = () => {
      woken++
    }
    const limits = { telegram: { text: 4096, buttons: 100, buttonText: 4096 } }
    broadcasts = createBroadcasts({ store, staff, content, clock, wake, limits })
    close = async () => {
      await db.destroy()
      await database.close()
    }
    first = (await staff.join((await staff.invite(null, 'owner', 'Primera')).code)).member
    for (const rol of roles) who.set(rol, await join(rol, rol))
    const [demoted, removed] = [await join('owner', 'D'), await join('owner', 'R')]
    await staff.change(first, demoted.id, 'reader')
    await staff.remove(first, removed.id)
    who.set('who was an owner and is a reader', demoted)
    who.set('who was an owner', removed)
    who.set('a stranger', { id: 999_999, nombre: 'X', rol: 'owner' })
  })
  afterAll(() => close())

  async function broadcastIn(estado: DifusionEstado): Promise<number> {
    const { id } = await broadcasts.write(first, draft)
    const set = { estado, ...(estado !== 'borrador' && { pide: first.id, cuando: now }) }
    await db.updateTable('difusion').set(set).where('id', '=', String(id)).execute()
    return id
  }

  const lastLine = async () => (await staff.log(first, 1))[0]
  const linesSince = async (id = 0) => (await staff.log(first, 100)).filter(line => line.id > id).toReversed()

  /** Every row of every table but the log. */
  async function everything(): Promise<string[]> {
    const { rows } = await sql<{ fila: string }>`${sql.join(tables, sql` union all `)} order by 1`.execute(db)
    return rows.map(({ fila }) => fila)
  }

  test.each(tries)('$person $can $name', async ({ person, act, may }) => {
    const by = who.get(person) as Member
    const id = await broadcastIn(act.from ?? 'borrador')
    const other = await join('reader', 'Otra')
    const [before, logged] = [await everything(), await lastLine()]

    const result = await act.does({ broadcasts, staff, by, id, other }).then(
      () => 'done',
      error => error,
    )

    const lines = await linesSince(logged?.id)
    const after = await everything()
    if (may) {
      expect(result).toBe('done')
      expect(lines).toHaveLength(act.changes ? 1 : 0)
      for (const line of lines) expect(line).toMatchObject({ quien: by.id, nombre: by.nombre, at: now })
      if (act.changes) expect(after).not.toEqual(before)
      else expect(after).toEqual(before)
    } else {
      expect(result).toMatchObject({ name: 'Refused', reason: 'rol', values: { accion: act.action } })
      expect(after).toEqual(before)
      expect(lines).toMatchObject([
        { quien: by.id, nombre: by.nombre, accion: 'rechazada', detalle: { accion: act.action } },
      ])
    }
  })

  test('who is none any more, or never was, has nothing awaited of them', async () => {
    const before = await everything()
    for (const person of ['who was an owner', 'a stranger'] as const) {
      const by = who.get(person) as Member
      await staff.draft(by, { espera: 'texto' })
      expect(await staff.drafting(by)).toBeNull()
    }
    expect(await everything()).toEqual(before)
  })

  describe('pressed twice at once, by one and by two,', () => {
    const presses = [
      { press: 'send', from: 'borrador', to: 'programada', accion: 'envia' },
      { press: 'confirm', from: 'por-confirmar', to: 'programada', accion: 'confirma' },
      { press: 'pause', from: 'enviando', to: 'pausada', accion: 'pausa' },
      { press: 'resume', from: 'pausada', to: 'enviando', accion: 'sigue' },
      { press: 'cancel', from: 'enviando', to: 'cancelada', accion: 'cancela' },
    ] as const

    test.each(presses)('$press acts once', async ({ press, from, to, accion }) => {
      const [owner, sender] = [who.get('owner') as Member, who.get('sender') as Member]
      for (const pair of [
        [sender, sender],
        [owner, sender],
      ] as const) {
        const id = await broadcastIn(from)
        const [logged, before] = [await lastLine(), woken]
        const shown = await Promise.all(pair.map(by => broadcasts[press](by, id)))
        expect(shown.map(({ estado }) => estado)).toEqual([to, to])
        expect(await linesSince(logged?.id)).toMatchObject([{ accion, difusion: id }])
        expect(woken - before).toBe(1)
      }
    })

    test('an invitation and a role, too', async () => {
      const other = await join('reader', 'Otra')
      const { code } = await staff.invite(first, 'editor', 'Una')
      const logged = await lastLine()
      const twice = <T>(work: () => Promise<T>) => Promise.allSettled([work(), work()])
      await twice(() => staff.change(first, other.id, 'editor'))
      await twice(() => staff.remove(first, other.id))
      await twice(() => staff.join(code))
      expect((await linesSince(logged?.id)).map(({ accion }) => accion)).toEqual([
        'rol',
        'quita',
        'entra',
        'codigo-malo',
      ])
    })
  })

  test('the log is whole after all of this', async () => {
    const state = await staff.checkLog(first)
    expect(state).not.toHaveProperty('wrong')
    expect(state.rows).toBeGreaterThan(tries.length)
  })
})

test('who writes does not send, who sends does not write, who reads does neither; an owner does all', () => {
  expect(allowed).toEqual({
    reader: ['ver'],
    editor: ['ver', 'escribir', 'probar'],
    sender: ['ver', 'probar', 'enviar', 'confirmar', 'parar'],
    owner: ['ver', 'escribir', 'probar', 'enviar', 'confirmar', 'parar', 'personal', 'bitacora'],
  })
})
