import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Where } from '../../src/store/database.ts'
import { StoreError } from '../../src/store/error.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { TurnRecord } from '../../src/store/turns.ts'
import { freshDatabase } from '../postgres.ts'
import { type Messages, takeTurn } from './turns.ts'

const seed = 20261122
const dir = fs.mkdtempSync(join(tmpdir(), 'vigente-store-'))
afterAll(() => fs.rmSync(dir, { recursive: true }))

/** FULL=1 tries the embedded database in memory as well: it is the one in a folder, without a disk. */
const databases: { name: string; where: () => Promise<Where> }[] = [
  ...(process.env.FULL ? [{ name: 'PGlite in memory', where: async () => ({ memory: true as const }) }] : []),
  { name: 'PGlite in a folder', where: async () => ({ dir }) },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
]

function turn(fields: Pick<TurnRecord, 'chat' | 'message'> & Partial<TurnRecord>): TurnRecord {
  const at = new Date('2026-09-03T10:00:00-06:00')
  return { at, text: 'hola', read: null, state: { paso: 1 }, replies: [{ text: 'Hola' }], ...fields }
}

/** A turn alone and one that others are written with go different ways to the database. */
const alone = [
  { how: 'written alone', others: 0 },
  { how: 'written together with others', others: 3 },
]
async function writeAlong(store: Store, one: TurnRecord, others: number): Promise<boolean> {
  const written = store.write(one)
  const along = Array.from({ length: others }, () => store.write(turn({ chat: randomUUID(), message: 'm' })))
  await Promise.all(along)
  return (await written) !== null
}

describe.each(databases)('the store on $name', ({ where }) => {
  let store: Store
  /** A second process, where the database allows one; it is migrated at the same time as the first. */
  let other: Store
  /** One that has written nothing and so remembers nothing: it tells what the database holds. */
  let witness: Store
  beforeAll(async () => {
    const place = await where()
    if ('url' in place) {
      ;[store, other, witness] = await Promise.all([openStore(place), openStore(place), openStore(place)])
    } else store = other = witness = await openStore(place)
  })
  afterAll(async () => {
    for (const one of new Set([store, other, witness])) await one.close()
  })

  test('knows nothing of a chat that never wrote', async () => {
    const chat = randomUUID()
    expect(await store.read(chat, 'm1')).toEqual({ seen: false, stored: null })
    expect(await store.history(chat, 0, 10)).toEqual([])
  })

  test('gives back the state that was written, with every character', async () => {
    const chat = randomUUID()
    const state = { texto: 'ñ "comillas" \\ 🎓', nul: '\0', mitad: '\ud83c', lista: [1, null, true] }
    expect(await store.write(turn({ chat, message: 'm1', text: 'a\0b 🎓', state }))).not.toBeNull()
    const { seen, stored } = await store.read(chat, 'm2')
    expect(seen).toBe(false)
    expect(stored).toMatchObject({ version: 1, state })
    expect((await store.history(chat, 0, 1))[0]?.text).toBe('ab 🎓')
  })

  test('knows a message that was handled, in its own chat only', async () => {
    const chat = randomUUID()
    await store.write(turn({ chat, message: 'm1' }))
    expect((await store.read(chat, 'm1')).seen).toBe(true)
    expect((await store.read(randomUUID(), 'm1')).seen).toBe(false)
  })

  test('refuses a turn whose conversation was written in between, and keeps nothing of it', async () => {
    const chat = randomUUID()
    await store.write(turn({ chat, message: 'm1' }))
    const { stored } = await store.read(chat, 'm2')
    expect(await other.write(turn({ chat, message: 'm2', read: stored, state: 'dos' }))).not.toBeNull()
    expect(await store.write(turn({ chat, message: 'm3', read: stored, state: 'tres' }))).toBeNull()
    expect(await store.read(chat, 'm3')).toMatchObject({ seen: false, stored: { version: 2, state: 'dos' } })
    expect(await store.history(chat, 0, 10)).toHaveLength(4)
  })

  test.each(alone)(
    'refuses a message that was handled before, and then says so, $how',
    async ({ others }) => {
      const chat = randomUUID()
      for (const message of ['uno', 'dos']) await takeTurn(store, chat, message)
      const { stored } = await store.read(chat, 'dos')
      const again = turn({ chat, message: 'dos', read: stored, state: 'otra vez' })
      expect(await writeAlong(store, again, others)).toBe(false)
      expect(await store.read(chat, 'dos')).toMatchObject({
        seen: true,
        stored: { version: 2, state: ['uno', 'dos'] },
      })
      expect(await store.history(chat, 0, 10)).toHaveLength(6)
    },
  )

  test('sees what another process wrote, after at most one refusal', async () => {
    const chat = randomUUID()
    for (const message of ['uno', 'dos']) await takeTurn(store, chat, message)
    await takeTurn(other, chat, 'tres')
    await takeTurn(store, chat, 'cuatro')
    expect((await store.read(chat, '')).stored).toMatchObject({
      version: 4,
      state: ['uno', 'dos', 'tres', 'cuatro'],
    })
  })

  test('fails only the turn at fault among those that are written together', async () => {
    const chats = Array.from({ length: 8 }, () => randomUUID())
    await Promise.all(chats.map(chat => takeTurn(store, chat, 'uno')))
    const results = await Promise.allSettled(
      chats.map(async (chat, n) => {
        const { stored } = await store.read(chat, 'dos')
        return store.write(
          turn({ chat, message: 'dos', read: stored, ...(n === 3 ? { at: new Date(Number.NaN) } : {}) }),
        )
      }),
    )
    expect(results.map(result => result.status)).toEqual(
      chats.map((_, n) => (n === 3 ? 'rejected' : 'fulfilled')),
    )
    expect(results.every(result => result.status === 'rejected' || result.value)).toBe(true)
  })

  test('forgets nothing for a message that was handled before, or that was read before somebody wrote', async () => {
    const chat = randomUUID()
    await takeTurn(store, chat, 'uno')
    const { stored } = await store.read(chat, 'dos')
    await takeTurn(other, chat, 'dos')
    expect(await store.forget(chat, { message: 'tres', read: stored })).toBeNull()
    const now = (await store.read(chat, 'tres')).stored
    expect(await store.forget(chat, { message: 'dos', read: now })).toBeNull()
    expect(await store.history(chat, 0, 10)).not.toHaveLength(0)
    expect(await store.forget(chat, { message: 'tres', read: now })).toMatchObject({ conversation: true })
    expect(await store.forget(chat, { message: 'tres', read: null })).toMatchObject({ conversation: false })
    expect(await store.read(chat, 'cuatro')).toEqual({ seen: false, stored: null })
  })

  test('lets one of two create a chat', async () => {
    const chat = randomUUID()
    const written = await Promise.all([
      store.write(turn({ chat, message: 'm1' })),
      other.write(turn({ chat, message: 'm2' })),
    ])
    expect(written.map(it => it !== null).toSorted()).toEqual([false, true])
    expect(await store.history(chat, 0, 10)).toHaveLength(2)
  })

  test('tells what was said in order, the newest turns after a version', async () => {
    const chat = randomUUID()
    for (const message of ['uno', 'dos', 'tres']) await takeTurn(store, chat, message)
    const texts = (lines: { text: string }[]) => lines.map(line => line.text)
    expect(texts(await store.history(chat, 0, 2))).toEqual([
      'dos',
      're: dos',
      'y ahora',
      'tres',
      're: tres',
      'y ahora',
    ])
    expect(texts(await store.history(chat, 2, 10))).toEqual(['tres', 're: tres', 'y ahora'])
    const lines = await store.history(chat, 2, 10)
    expect(lines.map(line => line.from)).toEqual(['persona', 'guia', 'guia'])
    expect(lines[0]?.at).toBeInstanceOf(Date)
    expect(lines[2]).toMatchObject({ version: 3, choices: [{ id: 'si', label: 'Sí' }] })
  })

  test('forgets a chat whole, and no other', async () => {
    const [chat, neighbour] = [randomUUID(), randomUUID()]
    for (const message of ['uno', 'dos']) {
      await takeTurn(store, chat, message)
      await takeTurn(store, neighbour, message)
    }
    expect(await store.forget(chat)).toEqual({ messages: 2, replies: 4, conversation: true })
    expect(await store.read(chat, 'uno')).toEqual({ seen: false, stored: null })
    expect(await store.history(chat, 0, 10)).toEqual([])
    expect(await store.forget(chat)).toEqual({ messages: 0, replies: 0, conversation: false })
    expect(await store.history(neighbour, 0, 10)).toHaveLength(6)
  })

  test.each(alone)(
    'does not bring a forgotten conversation back with its old state, $how',
    async ({ others }) => {
      const chat = randomUUID()
      await takeTurn(store, chat, 'antes')
      const { stored } = await store.read(chat, 'tarde')
      const late = turn({ chat, message: 'tarde', read: stored, state: 'viejo' })
      await other.forget(chat)
      expect(await writeAlong(store, late, others)).toBe(false)
      // The new conversation has come to the very version of the old one.
      await takeTurn(other, chat, 'nuevo')
      expect(await writeAlong(store, late, others)).toBe(false)
      expect((await store.read(chat, 'tarde')).stored).toMatchObject({ version: 1, state: ['nuevo'] })
    },
  )

  test('sweeps what was said before a date, and conversations idle since another', async () => {
    const [idle, quiet, active] = [randomUUID(), randomUUID(), randomUUID()]
    const day = (d: number) => new Date(Date.UTC(2020, 0, d))
    await store.write(turn({ chat: idle, message: 'm', at: day(1) }))
    await store.write(turn({ chat: quiet, message: 'm', at: day(10) }))
    await store.write(turn({ chat: active, message: 'm1', at: day(10) }))
    const { stored } = await store.read(active, 'm2')
    await store.write(turn({ chat: active, message: 'm2', at: day(20), read: stored }))

    expect(await store.sweep(day(15), day(5))).toBe(3 + 2 + 2)
    expect((await store.read(idle, 'm')).stored).toBe(null)
    expect(await store.read(quiet, 'm')).toMatchObject({ seen: false, stored: { version: 1 } })
    expect((await store.history(active, 0, 10)).map(line => line.version)).toEqual([2, 2])
    expect(await store.sweep(day(15), day(5))).toBe(0)
  })

  test.each(alone)('lists what was not answered outright, newest first, $how', async ({ others }) => {
    const [chat, answered] = [randomUUID(), randomUUID()]
    const at = (minute: number) => new Date(Date.UTC(2031, others, 1, 0, minute))
    const offer = { decision: 'offer', topics: ['costo', 'que-es'] } as const
    const unknown = { decision: 'unknown', topics: [] } as const
    const first = turn({ chat, message: 'm1', at: at(1), text: 'uno', doubt: offer })
    expect(await writeAlong(store, first, others)).toBe(true)
    const { stored } = await store.read(chat, 'm2')
    const second = turn({ chat, message: 'm2', at: at(2), text: 'dos', read: stored, doubt: unknown })
    expect(await writeAlong(store, second, others)).toBe(true)
    await store.write(turn({ chat: answered, message: 'm1', at: at(3), text: 'tres' }))

    const listed = [
      { text: 'dos', at: at(2), ...unknown },
      { text: 'uno', at: at(1), ...offer },
    ]
    expect(await other.unanswered(at(0), 10)).toEqual(listed)
    expect(await other.unanswered(at(2), 10)).toEqual(listed.slice(0, 1))
    expect(await other.unanswered(at(0), 1)).toEqual(listed.slice(0, 1))
    expect(JSON.stringify(await other.unanswered(at(0), 10))).not.toContain(chat)
    await other.forget(chat)
    expect(await store.unanswered(at(0), 10)).toEqual([])
    await other.forget(answered)
  })

  test('sweeps what was not answered with the message itself', async () => {
    const at = new Date(0)
    const doubt = { decision: 'unknown', topics: [] } as const
    await store.write(turn({ chat: randomUUID(), message: 'm', at, doubt }))
    expect(await store.unanswered(at, 10)).toHaveLength(1)
    await store.sweep(new Date(1), at)
    expect(await store.unanswered(at, 10)).toEqual([])
    await store.sweep(new Date(1), new Date(1))
  })

  test('sweeps more than fits one piece', async () => {
    const chat = randomUUID()
    const replies = Array.from({ length: 1500 }, () => ({ text: 'x' }))
    await store.write(turn({ chat, message: 'm', at: new Date(0), replies }))
    expect(await store.sweep(new Date(1), new Date(1))).toBe(1502)
  })

  test('says what failed and not with what', async () => {
    const chat = 'chat-secreto'
    // PostgreSQL's own error for this quotes the whole row.
    const faulty = turn({ chat, message: 'mensaje-secreto', text: 'texto-secreto', state: undefined })
    const error = await store.write(faulty).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toMatchObject({ code: '23502', message: 'store: writeMany failed: 23502' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secreto')
  })

  test('answers a ping', async () => {
    await store.ping()
  })

  test('loses no write and marks no message twice, whatever the order of concurrent turns', async () => {
    const message = fc.record({
      chat: fc.constantFrom('a', 'b', 'c'),
      message: fc.integer({ min: 0, max: 6 }).map(n => `m${n}`),
      process: fc.constantFrom('store', 'other'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 2, maxLength: 16 }),
        fc.scheduler(),
        async (sent, s) => {
          const run = randomUUID()
          const first = new Set<string>()
          const turns = sent.map(async ({ chat, message, process }) => {
            const pause = () => s.schedule(Promise.resolve())
            await pause()
            const handled = await takeTurn(process === 'store' ? store : other, run + chat, message, pause)
            if (handled && first.has(chat + message)) throw new Error(`${chat} ${message} was handled twice`)
            if (handled) first.add(chat + message)
          })
          await s.waitFor(Promise.all(turns))
          for (const chat of new Set(sent.map(({ chat }) => chat))) {
            await expectWhole(
              witness,
              run + chat,
              new Set(sent.filter(m => m.chat === chat).map(m => m.message)),
            )
          }
        },
      ),
      { seed, numRuns: 30 },
    )
  })

  test('keeps what it says and where it stands together when a chat is forgotten meanwhile', async () => {
    const act = fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 20 }).map(n => `m${n}`) },
      { weight: 1, arbitrary: fc.constant('forget') },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 16 }), fc.scheduler(), async (acts, s) => {
        const chat = randomUUID()
        const pause = () => s.schedule(Promise.resolve())
        const running = acts.map(async (act, i) => {
          await pause()
          if (act === 'forget') await other.forget(chat)
          else await takeTurn(i % 2 ? store : other, chat, act, pause)
        })
        await s.waitFor(Promise.all(running))
        await expectWhole(witness, chat)
      }),
      { seed, numRuns: 30 },
    )
  })
})

/** The state lists each message once, the history tells the same, and the versions count them. */
async function expectWhole(store: Store, chat: string, messages?: Set<string>): Promise<void> {
  const { stored } = await store.read(chat, '')
  const state = (stored?.state ?? []) as Messages
  expect(stored?.version ?? 0).toBe(state.length)
  expect(new Set(state).size).toBe(state.length)
  if (messages) expect(new Set(state)).toEqual(messages)
  const lines = await store.history(chat, 0, 100)
  const said = lines.filter(line => line.from === 'persona')
  expect(said.map(line => line.text)).toEqual(state)
  expect(said.map(line => line.version)).toEqual(state.map((_, i) => i + 1))
  expect(lines).toHaveLength(3 * state.length)
}

describe('the store in a folder', () => {
  const place = { dir: join(dir, 'own') }

  test('keeps everything when it is closed and opened again', async () => {
    const before = await openStore(place)
    for (const message of ['uno', 'dos', 'tres']) await takeTurn(before, 'a', message)
    const { stored } = await before.read('a', 'cuatro')
    expect(stored).toMatchObject({ version: 3, state: ['uno', 'dos', 'tres'] })
    const lines = await before.history('a', 0, 10)
    await before.close()
    const after = await openStore(place)
    expect(await after.read('a', 'tres')).toEqual({ seen: true, stored })
    expect(await after.history('a', 0, 10)).toEqual(lines)
    await after.close()
  })

  test('is refused while it is open, and waits for the disk before it says that a turn is written', async () => {
    const store = await openStore(place)
    await expect(openStore(place)).rejects.toThrow(`${place.dir} is in use by process ${process.pid} since`)
    const sync = vi.spyOn(fs, 'fdatasyncSync')
    await takeTurn(store, 'b', 'uno')
    expect(sync).toHaveBeenCalled()
    sync.mockRestore()
    await store.close()
  })

  test('starts over where the first start died halfway', async () => {
    const place = { dir: join(dir, 'halfway') }
    fs.mkdirSync(join(place.dir, 'postgres.new', 'base'), { recursive: true })
    fs.writeFileSync(join(place.dir, 'postgres.new', 'PG_VERSION'), '18')
    const store = await openStore(place)
    expect(await takeTurn(store, 'a', 'uno')).toBe(true)
    await store.close()
  })
})

describe('the store on a server', () => {
  test.each(alone)('waits for another process that is forgetting the chat, $how', async ({ others }) => {
    const url = await freshDatabase()
    const store = await openStore({ url })
    await takeTurn(store, 'a', 'uno')
    const { stored } = await store.read('a', 'dos')
    const forgetting = new pg.Client({ connectionString: url })
    await forgetting.connect()
    await forgetting.query('begin')
    await forgetting.query("delete from conversacion where chat = 'a'")
    const written = writeAlong(store, turn({ chat: 'a', message: 'dos', read: stored }), others)
    await expect(Promise.race([written, setTimeout(300, 'waiting')])).resolves.toBe('waiting')
    await forgetting.query('commit')
    expect(await written).toBe(false)
    expect(await store.read('a', 'dos')).toEqual({ seen: false, stored: null })
    await forgetting.end()
    await store.close()
  })

  test('takes a database of before doubts and sending were kept, with all that is in it', async () => {
    const url = await freshDatabase()
    const before = await openStore({ url })
    await takeTurn(before, 'a', 'uno')
    const lines = await before.history('a', 0, 10)
    await before.close()
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('alter table entrada drop column duda')
    await client.query('drop table envio, persona, acuse, buzon, codigo; drop sequence proceso')
    await client.query('drop table suscripcion, difusion, destinatario, personal, invitacion, bitacora')
    await client.query('drop function bitacora_fija')
    await client.query('alter table conversacion drop column inalcanzable')
    await client.query("delete from kysely_migration where name > '2026-11-22-conversaciones'")
    await client.end()

    const after = await openStore({ url })
    expect(await after.history('a', 0, 10)).toEqual(lines)
    expect(await after.unanswered(new Date(0), 10)).toEqual([])
    const doubt = { decision: 'unknown', topics: [] } as const
    await after.write(turn({ chat: 'b', message: 'm', doubt }))
    expect(await after.unanswered(new Date(0), 10)).toMatchObject([{ text: 'hola', ...doubt }])
    await after.close()
  })

  test('says that it cannot be reached, without the password', async () => {
    const error = await openStore({ url: 'postgres://ana:secreto@127.0.0.1:1/x' }).catch(
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ message: 'DATABASE_URL: store: migrate failed: ECONNREFUSED' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secreto')
  })
})
