import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Where } from '../../src/store/database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { TurnRecord } from '../../src/store/turns.ts'
import { freshDatabase } from '../postgres.ts'
import { sayUnasked } from './unasked.ts'

const databases: { name: string; where: () => Promise<Where> }[] = [
  { name: 'PGlite', where: async () => ({ memory: true }) },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
]
const at = new Date('2026-09-03T10:00:00-06:00')
const channels = ['telegram'] as const

/** The chat's next turn, with replies that are to be sent. */
async function say(store: Store, chat: string, texts: string[], more: Partial<TurnRecord> = {}) {
  const { stored } = await store.read(chat, '')
  return store.write({
    chat,
    message: randomUUID(),
    at,
    text: 'hola',
    read: stored,
    state: {},
    replies: texts.map(text => ({ text })),
    send: { channel: 'telegram', to: `at ${chat}` },
    ...more,
  })
}

const textsOf = async (store: Store, chat?: string) =>
  (await store.outbox.waiting(channels, 100, true))
    .filter(it => chat === undefined || it.chat === chat)
    .map(({ message }) => message.text)

describe.each(databases)('the outbox on $name', ({ where }) => {
  let place: Where
  let store: Store
  beforeAll(async () => {
    place = await where()
    store = await openStore(place)
  })
  afterAll(() => store.close())

  test('holds what a turn says until it is sent, in the order of the chat', async () => {
    const chat = randomUUID()
    expect(await say(store, chat, ['uno', 'dos'])).toEqual({ mine: true, behind: false })
    expect(await say(store, chat, ['tres'])).toEqual({ mine: true, behind: true })
    const [same] = await Promise.all([say(store, chat, ['cuatro']), say(store, randomUUID(), ['uno'])])
    expect(same).toEqual({ mine: true, behind: true })
    expect(await textsOf(store, chat)).toEqual(['uno', 'dos', 'tres', 'cuatro'])
    expect((await store.outbox.waitingFor(chat)).map(it => it.message.text)).toEqual(
      await textsOf(store, chat),
    )
    const [first, , third] = await store.outbox.waitingFor(chat)
    expect(first).toEqual({
      chat,
      version: 1,
      n: 1,
      at,
      channel: 'telegram',
      to: `at ${chat}`,
      unasked: false,
      heardAt: at,
      message: { text: 'uno' },
    })
    if (first && third)
      await Promise.all([
        store.outbox.sent({ ...first, receipt: undefined }),
        store.outbox.sent({ ...third, receipt: undefined }),
      ])
    expect(await textsOf(store, chat)).toEqual(['dos', 'cuatro'])
    expect(await store.history(chat, 0, 10)).toHaveLength(7)
  })

  test('holds nothing for channels that answer in the request', async () => {
    const chat = randomUUID()
    const { send: _, ...turn } = { chat, message: 'm', at, text: 'a', read: null, state: {}, send: 0 }
    await store.write({ ...turn, replies: [{ text: 'uno' }] })
    expect(await textsOf(store, chat)).toEqual([])
  })

  test('holds nothing of a turn that was not written', async () => {
    const chat = randomUUID()
    await say(store, chat, ['uno'], { message: 'm1' })
    const { stored } = await store.read(chat, '')
    expect(await say(store, chat, ['otra vez'], { message: 'm1' })).toBeNull()
    expect(await say(store, chat, ['tarde'], { read: stored && { ...stored, version: 7 } })).toBeNull()
    expect(await textsOf(store, chat)).toEqual(['uno'])
  })

  test('keeps what failed and what is uncertain, with the reason, and gives it out no more', async () => {
    const chat = randomUUID()
    const before = await store.outbox.count()
    await say(store, chat, ['uno', 'dos', 'tres'])
    const [first, second] = (await store.outbox.waiting(channels, 100, true)).filter(it => it.chat === chat)
    if (first) await store.outbox.failed(first, 'failed', 'too long')
    if (second) await store.outbox.failed(second, 'uncertain', 'the connection broke')
    expect(await textsOf(store, chat)).toEqual(['tres'])
    const after = await store.outbox.count()
    expect(after.failed - before.failed).toBe(1)
    expect(after.uncertain - before.uncertain).toBe(1)
    expect(after.waiting - before.waiting).toBe(1)
  })

  test('lets an unreachable chat wait for nothing, until they write again', async () => {
    const chat = randomUUID()
    const message = { chat, at, channel: 'telegram', to: chat, message: { text: 'aviso' } } as const
    await say(store, chat, ['uno', 'dos'])
    await store.outbox.unreachable(chat, at, 'blocked')
    expect(await textsOf(store, chat)).toEqual([])
    expect(await sayUnasked(store, message)).toBeNull()
    await say(store, chat, ['de vuelta'])
    expect(await sayUnasked(store, message)).toMatchObject({ version: 4, n: 1, unasked: true })
    expect(await textsOf(store, chat)).toEqual(['de vuelta', 'aviso'])
  })

  test('takes a chat for reachable again where the platform says so', async () => {
    const chat = randomUUID()
    const message = { chat, at, channel: 'telegram', to: chat, message: { text: 'aviso' } } as const
    await say(store, chat, [])
    await store.outbox.unreachable(chat, at)
    await store.outbox.unreachable(chat, false)
    expect(await sayUnasked(store, message)).not.toBeNull()
  })

  test('adds nothing for a chat that nobody knows, and gives each message its own place', async () => {
    const [chat, stranger] = [randomUUID(), randomUUID()]
    const message = (to: string) =>
      ({ chat: to, at, channel: 'telegram', to, message: { text: 'aviso' } }) as const
    expect(await sayUnasked(store, message(stranger))).toBeNull()
    await say(store, chat, ['uno'])
    const added = await Promise.all(Array.from({ length: 5 }, () => sayUnasked(store, message(chat))))
    expect(added.map(it => it?.version).toSorted()).toEqual([2, 3, 4, 5, 6])
  })

  test('ends nothing of a conversation begun anew by what is told of the one before', async () => {
    const chat = randomUUID()
    await say(store, chat, ['antes'])
    const [before] = await store.outbox.waitingFor(chat)
    await store.forget(chat)
    await say(store, chat, ['después'], { at: new Date(at.getTime() + 1000) })
    if (before) await store.outbox.sent({ ...before, receipt: undefined })
    if (before) await store.outbox.failed(before, 'failed', 'too late')
    expect(await textsOf(store, chat)).toEqual(['después'])
  })

  test('is deleted with all that is theirs, and with what is old', async () => {
    const [chat, other] = [randomUUID(), randomUUID()]
    await say(store, chat, ['uno'])
    await say(store, other, ['uno'])
    await store.forget(chat)
    expect(await textsOf(store, chat)).toEqual([])
    await store.sweep(new Date(at.getTime() + 5000), new Date(0))
    expect(await textsOf(store)).toEqual([])
  })
})

describe('between processes, on a server', () => {
  async function openTwo(): Promise<[Store, Store]> {
    const url = await freshDatabase()
    return [await openStore({ url }), await openStore({ url })]
  }

  test('is the business of who wrote it, not of the others', async () => {
    const [one, other] = await openTwo()
    await say(one, 'a', ['uno'])
    expect(await textsOf(other)).toEqual([])
    expect(await textsOf(one)).toEqual(['uno'])
    await Promise.all([one.close(), other.close()])
  })

  test('passes to another when its process has ended', async () => {
    const [one, other] = await openTwo()
    await say(one, 'a', ['uno', 'dos'])
    await one.close()
    expect(await textsOf(other)).toEqual(['uno', 'dos'])
    await other.close()
  })

  test("goes to the process that still sends the chat's earlier replies", async () => {
    const [one, other] = await openTwo()
    await say(one, 'a', ['uno'])
    await say(one, 'b', ['uno'])
    // Alone, and together with others: two statements.
    expect(await say(other, 'a', ['dos'])).toEqual({ mine: false, behind: true })
    const both = await Promise.all([say(other, 'b', ['dos']), say(other, 'c', ['uno'])])
    expect(both).toEqual([
      { mine: false, behind: true },
      { mine: true, behind: false },
    ])
    expect(await textsOf(one)).toEqual(['uno', 'dos', 'uno', 'dos'])
    expect(await textsOf(other)).toEqual(['uno'])
    await Promise.all([one.close(), other.close()])
  })

  test('is left alone by a process that has not the channel', async () => {
    const [one, other] = await openTwo()
    await say(one, 'a', ['uno'])
    await one.close()
    expect(await other.outbox.waiting(['web'], 10, true)).toEqual([])
    expect(await textsOf(other)).toEqual(['uno'])
    await other.close()
  })
})
