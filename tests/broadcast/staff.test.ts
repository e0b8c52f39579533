/** Staff on both databases: how one becomes a member, from where, until when, and that each of it is in the log. */
import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createStaff, type Desk, type Member, type Staff } from '../../src/broadcast/staff.ts'
import { openDatabase } from '../../src/store/database.ts'
import { migrate, type Rol, roles, type Tables } from '../../src/store/migrations.ts'
import { createMembers } from '../../src/store/staff.ts'
import { freshDatabase } from '../postgres.ts'

const start = new Date('2026-11-22T10:00:00-06:00')
const hourMs = 3600_000
const desk = (): Desk => ({ chat: randomUUID(), channel: 'telegram', to: '4711' })
const refused = (reason: string) => ({ name: 'Refused', reason })

describe.each([
  { name: 'PGlite', where: async () => ({ memory: true }) as const },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
])('staff on $name', ({ where }) => {
  let db: Kysely<Tables>
  let close: () => Promise<void>
  let now = start
  let staff: Staff
  let owner: Member
  const pass = (ms: number) => {
    now = new Date(now.getTime() + ms)
  }

  beforeAll(async () => {
    const database = await openDatabase(await where())
    db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
    await migrate(db)
    staff = createStaff({ members: createMembers(db), clock: () => now })
    close = async () => {
      await db.destroy()
      await database.close()
    }
    const { code } = await staff.invite(null, 'owner', 'Ana')
    owner = (await staff.join(code)).member
  })
  afterAll(() => close())
  // The tries of one test are not counted in the next.
  beforeEach(() => pass(3 * hourMs))

  const invited = async (rol: Rol, nombre = 'Beto') => (await staff.invite(owner, rol, nombre)).code
  const joined = async (rol: Rol, where?: Desk) => (await staff.join(await invited(rol), where)).member
  const newest = async (count: number) =>
    (await staff.log(owner, count)).map(({ quien, nombre, accion, detalle }) => ({
      quien,
      nombre,
      accion,
      detalle,
    }))
  const everything = async () => ({
    personal: await db.selectFrom('personal').selectAll().orderBy('id').execute(),
    invitacion: await db.selectFrom('invitacion').selectAll().orderBy('codigo').execute(),
  })

  describe('an invitation', () => {
    test.each(roles)('makes a member with the role that it was written for: %s', async rol => {
      const here = desk()
      const { code } = await staff.invite(owner, rol, '  Beto\tde  la\n O ')
      const { member, key } = await staff.join(code, here)
      expect(member).toEqual({ id: expect.any(Number), nombre: 'Beto de la O', rol })
      expect(key).toBeUndefined()
      expect(await staff.byChat(here.chat)).toEqual(member)
      expect(await newest(2)).toEqual([
        {
          quien: member.id,
          nombre: 'Beto de la O',
          accion: 'entra',
          detalle: { por: 'telegram', nuevo: true },
        },
        { quien: owner.id, nombre: 'Ana', accion: 'invita', detalle: { rol, nombre: 'Beto de la O' } },
      ])
    })

    test('gives a key at a command line, by which the member is known, and of neither is more kept than a hash', async () => {
      const code = await invited('sender')
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{3}-){2}[0-9A-HJKMNP-TV-Z]{3}$/)
      const { member, key = '' } = await staff.join(code)
      expect(Buffer.from(key, 'base64url')).toHaveLength(32)
      expect(await staff.byKey(key)).toEqual(member)
      expect(await staff.byKey(`${key}x`)).toBeUndefined()
      const kept = JSON.stringify([await everything(), await staff.log(owner, 1000)])
      for (const secret of [code, code.replaceAll('-', ''), key]) expect(kept).not.toContain(secret)
    })

    test('may be typed in any case, apart or together, with look-alikes', async () => {
      const forms = [
        (code: string) => code.toLowerCase(),
        (code: string) => ` ${code.replaceAll('-', ' ')}. `,
        (code: string) => code.replaceAll('-', '').replaceAll('0', 'o').replaceAll('1', 'l'),
        (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'I').replaceAll('-', '–'),
      ]
      for (const form of forms)
        expect((await staff.join(form(await invited('reader')), desk())).member.rol).toBe('reader')
    })

    test('is good once', async () => {
      const code = await invited('editor')
      await staff.join(code, desk())
      const before = await everything()
      await expect(staff.join(code, desk())).rejects.toMatchObject(refused('codigo'))
      await expect(staff.join(code)).rejects.toMatchObject(refused('codigo'))
      expect(await everything()).toEqual(before)
    })

    test('is good for one of twenty who bring it at once', async () => {
      const code = await invited('editor', 'Uno')
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => staff.join(code, n % 2 ? desk() : undefined)),
      )
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const { personal } = await everything()
      expect(personal.filter(({ nombre }) => nombre === 'Uno')).toHaveLength(1)
    })

    test('is good for 48 hours', async () => {
      const { code, until } = await staff.invite(owner, 'reader', 'A')
      expect(until).toEqual(new Date(now.getTime() + 48 * hourMs))
      const late = await invited('reader')
      pass(48 * hourMs - 1)
      await staff.join(code, desk())
      pass(1)
      await expect(staff.join(late, desk())).rejects.toMatchObject(refused('codigo'))
    })

    test('is good no longer than who wrote it may invite', async () => {
      for (const end of [
        (id: number) => staff.change(owner, id, 'editor'),
        (id: number) => staff.remove(owner, id),
      ]) {
        const other = await joined('owner')
        const { code } = await staff.invite(other, 'owner', 'C')
        await end(other.id)
        await expect(staff.join(code, desk())).rejects.toMatchObject(refused('codigo'))
      }
    })

    test('is of no use in the chat of a member, and stays good', async () => {
      const here = desk()
      await joined('reader', here)
      const code = await invited('owner')
      const before = await everything()
      await expect(staff.join(code, here)).rejects.toMatchObject(refused('ya-miembro'))
      expect(await everything()).toEqual(before)
      await staff.join(code, desk())
    })

    test('has a name, of at most 60 characters', async () => {
      const before = await everything()
      for (const nombre of ['', ' \n\u0007', 'x'.repeat(61)])
        await expect(staff.invite(owner, 'reader', nombre)).rejects.toMatchObject(refused('nombre'))
      expect(await everything()).toEqual(before)
      expect((await staff.join(await invited('reader', 'x'.repeat(60)))).member.nombre).toHaveLength(60)
    })
  })

  describe('wrong codes', () => {
    const wrong = (here?: Desk) => staff.join('AAA-AAA-AAA', here).catch(({ reason }) => reason)

    test('are ten from one chat in an hour; then a right one is not taken either', async () => {
      const here = desk()
      const code = await invited('reader')
      for (let n = 0; n < 10; n++) expect(await wrong(here)).toBe('codigo')
      expect(await wrong(here)).toBe('intentos')
      await expect(staff.join(code, here)).rejects.toMatchObject(refused('intentos'))
      pass(hourMs)
      expect((await staff.join(code, here)).member.rol).toBe('reader')
    })

    test('are ten also where thirty come at once', async () => {
      const here = desk()
      const all = await Promise.all(Array.from({ length: 30 }, () => wrong(here)))
      expect(all.filter(reason => reason === 'codigo')).toHaveLength(10)
      expect(all.filter(reason => reason === 'intentos')).toHaveLength(20)
    })

    test('do not keep who tried: the log names nobody, and a box that many chats fall into', async () => {
      const here = desk()
      await wrong(here)
      await wrong()
      const [atLine, inChat] = await newest(2)
      expect(atLine).toEqual({ quien: null, nombre: '', accion: 'codigo-malo', detalle: { casilla: null } })
      expect(inChat).toMatchObject({ quien: null, nombre: '', accion: 'codigo-malo' })
      expect(Object.entries(inChat?.detalle ?? {})).toEqual([['casilla', expect.any(Number)]])
    })

    test('at a command line, which is its own, are not counted', async () => {
      for (let n = 0; n < 12; n++) expect(await wrong()).toBe('codigo')
      expect((await staff.join(await invited('reader'))).member.rol).toBe('reader')
    })
  })

  describe('another way in', () => {
    test('leads from a chat to the member of a command line, who keeps their key', async () => {
      const { member, key = '' } = await staff.join(await invited('editor'))
      const here = desk()
      const { code } = await staff.link(member)
      expect(await staff.join(code, here)).toEqual({ member })
      expect(await staff.byChat(here.chat)).toEqual(member)
      expect(await staff.byKey(key)).toEqual(member)
      expect(await newest(2)).toMatchObject([
        { quien: member.id, accion: 'entra', detalle: { por: 'telegram', nuevo: false } },
        { quien: member.id, accion: 'enlaza' },
      ])
    })

    test('takes the place of the one before: of the chat, and of the key', async () => {
      const [first, second] = [desk(), desk()]
      const member = await joined('editor', first)
      await staff.join((await staff.link(member)).code, second)
      expect(await staff.byChat(first.chat)).toBeUndefined()
      expect(await staff.byChat(second.chat)).toEqual(member)
      const { key: old = '' } = await staff.join((await staff.link(member)).code)
      const { key = '' } = await staff.join((await staff.link(member)).code)
      expect(await staff.byKey(old)).toBeUndefined()
      expect(await staff.byKey(key)).toEqual(member)
    })

    test('does not lead from the chat of another, and may be brought again from one’s own', async () => {
      const [mine, theirs] = [desk(), desk()]
      const member = await joined('editor', mine)
      const other = await joined('reader', theirs)
      const { code } = await staff.link(member)
      await expect(staff.join(code, theirs)).rejects.toMatchObject(refused('ya-miembro'))
      expect(await staff.byChat(theirs.chat)).toEqual(other)
      expect((await staff.join(code, mine)).member).toEqual(member)
    })

    test('is gone with the member', async () => {
      const member = await joined('editor')
      const { code } = await staff.link(member)
      await staff.remove(owner, member.id)
      await expect(staff.join(code, desk())).rejects.toMatchObject(refused('codigo'))
    })
  })

  describe('a member', () => {
    test('has the role that they were given last', async () => {
      const here = desk()
      const member = await joined('reader', here)
      expect(await staff.change(owner, member.id, 'sender')).toEqual({ ...member, rol: 'sender' })
      expect(await staff.byChat(here.chat)).toEqual({ ...member, rol: 'sender' })
      expect((await staff.chats()).has(here.chat)).toBe(true)
      const told = { quien: owner.id, nombre: 'Ana', accion: 'rol' }
      expect(await newest(1)).toEqual([
        { ...told, detalle: { id: member.id, antes: 'reader', rol: 'sender' } },
      ])
    })

    test('who is removed is known by neither chat nor key, is told nothing, and may be invited anew', async () => {
      const here = desk()
      const member = await joined('editor', here)
      const { key = '' } = await staff.join((await staff.link(member)).code)
      await staff.draft(member, { espera: 'texto' })
      await staff.remove(owner, member.id)
      expect(await staff.byChat(here.chat)).toBeUndefined()
      expect((await staff.chats()).has(here.chat)).toBe(false)
      expect(await staff.byKey(key)).toBeUndefined()
      expect((await staff.list(owner)).map(({ id }) => id)).not.toContain(member.id)
      const row = (await everything()).personal.find(({ id }) => id === member.id)
      expect(row).toMatchObject({ nombre: 'Beto', chat: null, destino: null, clave: null, redaccion: null })
      const again = await joined('reader', here)
      expect(again.id).not.toBe(member.id)
    })

    test('is listed with the ways by which they come', async () => {
      const member = await joined('editor', desk())
      const listed = async () => (await staff.list(owner)).find(({ id }) => id === member.id)
      expect(await listed()).toEqual({ ...member, channel: 'telegram', clave: false, alta: now })
      await staff.join((await staff.link(member)).code)
      expect(await listed()).toEqual({ ...member, channel: 'telegram', clave: true, alta: now })
    })

    test('has what is awaited of them kept, until it is taken away', async () => {
      const member = await joined('editor')
      expect(await staff.drafting(member)).toBeNull()
      await staff.draft(member, { difusion: 7, espera: 'texto' })
      expect(await staff.drafting(member)).toEqual({ difusion: 7, espera: 'texto' })
      await staff.draft(member, null)
      expect(await staff.drafting(member)).toBeNull()
    })

    test('whom nobody knows cannot be changed or removed', async () => {
      await expect(staff.change(owner, 999_999, 'owner')).rejects.toMatchObject(refused('nadie'))
      await expect(staff.remove(owner, 999_999)).rejects.toMatchObject(refused('nadie'))
    })
  })

  describe('the last owner', () => {
    const others = async () => {
      for (const { id, rol } of await staff.list(owner))
        if (rol === 'owner' && id !== owner.id) await staff.remove(owner, id)
    }
    beforeEach(others)

    test('is neither removed nor made anything else, also by themselves', async () => {
      const before = await everything()
      await expect(staff.remove(owner, owner.id)).rejects.toMatchObject(refused('ultimo-owner'))
      await expect(staff.change(owner, owner.id, 'reader')).rejects.toMatchObject(refused('ultimo-owner'))
      expect(await everything()).toEqual(before)
    })

    test('is one of five who remove each other and themselves at once', async () => {
      const all = [owner]
      for (let n = 1; n < 5; n++) all.push(await joined('owner'))
      await Promise.allSettled(
        all.flatMap((by, n) =>
          all.map(({ id }, m) => ((n + m) % 2 ? staff.remove(by, id) : staff.change(by, id, 'reader'))),
        ),
      )
      const { personal } = await everything()
      const left = personal.filter(({ rol, baja }) => rol === 'owner' && baja === null)
      expect(left).toHaveLength(1)
      owner = left[0] as Member
    })

    test('is not installed beside another', async () => {
      const before = await everything()
      for (const rol of roles)
        await expect(staff.invite(null, rol, 'X')).rejects.toMatchObject(
          refused(rol === 'owner' ? 'instalado' : 'instala'),
        )
      expect(await everything()).toEqual(before)
    })
  })

  test('the log is whole after all of this', async () => {
    const state = await staff.checkLog(owner)
    expect(state).toEqual({ rows: expect.any(Number), head: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(state.rows).toBeGreaterThan(100)
  })
})

describe.each([
  { name: 'PGlite', where: async () => ({ memory: true }) as const },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
])('where nobody is a member yet, on $name', ({ where }) => {
  test('an owner comes by an invitation of nobody; of several the first', async () => {
    const database = await openDatabase(await where())
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool }) })
    await migrate(db)
    const staff = createStaff({ members: createMembers(db), clock: () => start })
    for (const rol of ['editor', 'sender', 'reader'] as const)
      await expect(staff.invite(null, rol, 'X')).rejects.toMatchObject(refused('instala'))
    const codes = [await staff.invite(null, 'owner', 'Lost'), await staff.invite(null, 'owner', 'Ana')]
    const all = await Promise.allSettled(codes.map(({ code }) => staff.join(code)))
    const came = all.flatMap(it => (it.status === 'fulfilled' ? [it.value.member] : []))
    expect(came).toHaveLength(1)
    const [owner] = came as [Member]
    expect(owner.rol).toBe('owner')
    expect((await staff.log(owner, 9)).map(({ quien, accion }) => [quien, accion])).toEqual(
      expect.arrayContaining([
        [null, 'instala'],
        [null, 'instala'],
        [owner.id, 'entra'],
        [null, 'codigo-malo'],
      ]),
    )
    await db.destroy()
    await database.close()
  })
})
