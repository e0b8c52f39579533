/** Codes that carry a list, on both databases: one message has one, and only while it is good. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Where } from '../../src/store/database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { freshDatabase } from '../postgres.ts'

const databases: { name: string; where: () => Promise<Where> }[] = [
  { name: 'PGlite', where: async () => ({ memory: true }) },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
]
const at = new Date('2026-11-22T10:00:00-06:00')
const later = (ms: number) => new Date(at.getTime() + ms)
const state = { perfil: { nivel: 'superior' }, texto: 'ñ' }

describe.each(databases)('a code kept in $name', ({ where }) => {
  let store: Store
  beforeAll(async () => {
    store = await openStore(await where())
  }, 60_000)
  afterAll(() => store.close())

  /** A chat that has something, and a code for it. */
  async function given(): Promise<{ chat: string; code: string }> {
    const [chat, code] = [randomUUID(), randomUUID()]
    await store.write({ chat, message: 'm', at, text: '', read: null, state, replies: [] })
    await store.codes.put(code, { chat, message: 'asks' }, later(1000))
    return { chat, code }
  }
  const by = (message = 'm1') => ({ chat: randomUUID(), message })

  test('gives what is kept of the chat that it was put for, as it is at that moment', async () => {
    const { chat, code } = await given()
    const read = (await store.read(chat, '')).stored
    const news = { perfil: {}, hechos: { nss: '2026-11-22' } }
    await store.write({ chat, message: 'm2', at, text: '', read, state: news, replies: [] })
    expect(await store.codes.take(code, by(), at)).toEqual({ state: news })
  })

  test('is good for the message that took it, also later, and for no other', async () => {
    const { code } = await given()
    const first = by()
    expect(await store.codes.take(code, first, later(999))).toEqual({ state })
    expect(await store.codes.take(code, first, later(99_000))).toEqual({ state })
    expect(await store.codes.take(code, { ...first, message: 'm2' }, at)).toBeNull()
    expect(await store.codes.take(code, by(), at)).toBeNull()
  })

  test('is good for one of many that bring it at once', async () => {
    const { code } = await given()
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.codes.take(code, by(), at)))
    expect(taken.filter(it => it !== null)).toEqual([{ state }])
  })

  test('is good for nobody once its time is over, in the chat itself, unknown, or when a newer was put', async () => {
    const { chat, code } = await given()
    expect(await store.codes.take(code, by(), later(1000))).toBeNull()
    expect(await store.codes.take(code, { chat, message: 'm9' }, at)).toBeNull()
    expect(await store.codes.take(randomUUID(), by(), at)).toBeNull()
    const newer = randomUUID()
    await store.codes.put(newer, { chat, message: 'asks' }, later(1000))
    expect(await store.codes.take(code, by(), at)).toBeNull()
    expect(await store.codes.take(newer, by(), at)).toEqual({ state })
  })

  test('put twice, as by a turn that is tried again, is one', async () => {
    const { chat, code } = await given()
    await store.codes.put(code, { chat, message: 'asks' }, later(1000))
    expect(await store.codes.take(code, by(), at)).toEqual({ state })
    await store.codes.put(code, { chat, message: 'asks' }, later(1000))
    expect(await store.codes.take(code, by(), at)).toBeNull()
  })

  test('goes with its chat', async () => {
    const { chat, code } = await given()
    await store.forget(chat)
    expect(await store.codes.take(code, by(), at)).toBeNull()
    // Nor for what begins anew under the same name.
    await store.write({ chat, message: 'm', at, text: '', read: null, state, replies: [] })
    expect(await store.codes.take(code, by(), at)).toBeNull()
  })
})
