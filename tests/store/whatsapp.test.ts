/** What the channels by phone need of the store: who is who, what came, and what became of what was sent. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../src/store/store.ts'
import { freshDatabase } from '../postgres.ts'
import { sayUnasked } from './unasked.ts'

const channel = 'whatsapp-cloud'
const at = new Date('2026-09-03T10:00:00-06:00')

/** The chat's next turn, said on a platform that tells later what became of it. */
async function say(store: Store, chat: string, text: string, when = at) {
  const { stored } = await store.read(chat, '')
  const send = { channel, to: `at ${chat}` } as const
  const common = { chat, message: randomUUID(), at: when, text: 'hola', read: stored, state: {} }
  await store.write({ ...common, replies: [{ text }], send })
  return (await store.outbox.waitingFor(chat)).at(-1) as Awaited<
    ReturnType<Store['outbox']['waitingFor']>
  >[number]
}

describe.each([
  { name: 'PGlite', where: async () => ({ memory: true }) as const },
  { name: 'PostgreSQL', where: async () => ({ url: await freshDatabase() }) },
])('on $name', ({ name, where }) => {
  let place: Awaited<ReturnType<typeof where>>
  let store: Store
  beforeAll(async () => {
    place = await where()
    store = await openStore(place)
  })
  afterAll(() => store.close())

  describe('a person', () => {
    const chatOf = (...names: string[]) => store.persons.chatOf(names as [string, ...string[]])

    test('has the chat of the first name that was heard, by whichever they come later', async () => {
      const [phone, user] = [randomUUID(), randomUUID()]
      expect(await chatOf(phone)).toBe(phone)
      expect(await chatOf(phone, user)).toBe(phone)
      expect(await chatOf(user)).toBe(phone)
      expect(await chatOf(user, phone)).toBe(phone)
      expect(await chatOf(randomUUID())).not.toBe(phone)
    })

    test('has the chat that was used last where two names had one each', async () => {
      const [phone, user, third] = [randomUUID(), randomUUID(), randomUUID()]
      await chatOf(phone, third)
      await chatOf(user)
      await say(store, phone, 'a', new Date('2026-09-01T00:00:00Z'))
      await say(store, user, 'b', new Date('2026-09-02T00:00:00Z'))
      expect(await chatOf(phone, user)).toBe(user)
      for (const one of [phone, user, third]) expect(await chatOf(one)).toBe(user)
    })

    test('has the chat that there is where it began under the other name', async () => {
      const [phone, user] = [randomUUID(), randomUUID()]
      await say(store, phone, 'a')
      expect(await chatOf(user, phone)).toBe(phone)
    })

    test('is one also where both names come at the same time', async () => {
      const [phone, user] = [randomUUID(), randomUUID()]
      const chats = await Promise.all(Array.from({ length: 20 }, () => chatOf(user, phone)))
      expect(new Set(chats).size).toBe(1)
    })

    test('is forgotten under all names, with a chat of before', async () => {
      const [phone, user] = [randomUUID(), randomUUID()]
      await say(store, phone, 'a', new Date('2026-09-01T00:00:00Z'))
      await say(store, user, 'b', new Date('2026-09-02T00:00:00Z'))
      const chat = await chatOf(phone, user)
      expect(await store.forget(chat)).toMatchObject({ messages: 2, replies: 2 })
      expect((await store.read(phone, '')).stored).toBeNull()
      expect(await chatOf(phone)).toBe(phone)
    })
  })

  describe('what came', () => {
    const arrived = (id: string, person = 'p', sealed = `sealed ${id}`) => ({ id, person, sealed })

    test('is there until it is done, in order, each once', async () => {
      const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()]
      const kept = await store.inbox.keep(channel, [arrived(one), arrived(two), arrived(one)])
      expect(kept.map(({ id, sealed }) => [id, sealed])).toEqual([
        [one, `sealed ${one}`],
        [two, `sealed ${two}`],
      ])
      expect((await store.inbox.keep(channel, [arrived(two), arrived(three)])).map(({ id }) => id)).toEqual([
        three,
      ])
      const idsOf = async () => (await store.inbox.waiting(channel, 100)).map(({ id }) => id)
      expect(await idsOf()).toEqual([one, two, three])
      await Promise.all([store.inbox.done(channel, arrived(one)), store.inbox.done(channel, arrived(three))])
      expect(await idsOf()).toEqual([two])
      expect(await store.inbox.waiting('whatsapp-web', 100)).toEqual([])
      await store.inbox.done(channel, arrived(two))
    })

    test('may be a thousand at a time', async () => {
      const many = Array.from({ length: 1000 }, (_, n) => arrived(`n${n}`, `person ${n % 300}`))
      const kept = await store.inbox.keep(channel, many)
      expect(kept.map(({ id }) => id)).toEqual(many.map(({ id }) => id))
      await Promise.all(many.map(one => store.inbox.done(channel, one)))
      expect(await store.inbox.waiting(channel, 5000)).toEqual([])
    })

    // Nobody else is in the embedded database.
    if (name === 'PostgreSQL')
      test('is the business of one process, and of another once that has ended', async () => {
        const other = await openStore(place)
        const [one, two] = [arrived(randomUUID(), 'shared'), arrived(randomUUID(), 'shared')]
        await other.inbox.keep(channel, [one])
        // The same person's next message goes to whoever has the first.
        expect(await store.inbox.keep(channel, [two])).toEqual([])
        expect(await store.inbox.waiting(channel, 10)).toEqual([])
        expect((await other.inbox.waiting(channel, 10)).map(({ id }) => id)).toEqual([one.id, two.id])
        await other.close()
        expect((await store.inbox.waiting(channel, 10)).map(({ id }) => id)).toEqual([one.id, two.id])
        await Promise.all([one, two].map(it => store.inbox.done(channel, it)))
      })
  })

  describe('what became of a message', () => {
    const noted = (receipt: string, state: 'sent' | 'failed' | 'delivered' | 'read') =>
      store.outbox.noted([{ receipt, channel, at, state }])
    const refused = (receipt: string, how: 'waiting' | 'failed' = 'waiting') =>
      store.outbox.refused(receipt, how, 'why')

    test('is sent again where it failed later, once', async () => {
      const chat = randomUUID()
      const receipt = randomUUID()
      await store.outbox.sent({ ...(await say(store, chat, 'uno')), receipt })
      expect(await store.outbox.waitingFor(chat)).toEqual([])
      await noted(receipt, 'failed')
      expect(await refused(receipt)).toEqual({ chat, version: 1, n: 1, at })
      const [again] = await store.outbox.waitingFor(chat)
      expect(again).toMatchObject({ to: `at ${chat}`, version: 1, n: 1, message: { text: 'uno' } })
      expect(await refused(receipt)).toBeUndefined()
      await store.outbox.sent({ ...(again as NonNullable<typeof again>), receipt: randomUUID() })
      await noted(receipt, 'failed')
      expect(await refused(receipt)).toBeUndefined()
      expect(await store.outbox.waitingFor(chat)).toEqual([])
    })

    test.each(['delivered', 'read'] as const)('never goes back from %s', async state => {
      const chat = randomUUID()
      const receipt = randomUUID()
      await store.outbox.sent({ ...(await say(store, chat, 'uno')), receipt })
      await noted(receipt, state)
      await noted(receipt, 'sent')
      await noted(receipt, 'failed')
      expect(await refused(receipt)).toBeUndefined()
      expect(await store.outbox.waitingFor(chat)).toEqual([])
    })

    test('may be told several times in one go, and before we know the message', async () => {
      const chat = randomUUID()
      const receipt = randomUUID()
      const states = ['failed', 'sent', 'failed'] as const
      await store.outbox.noted(states.map(state => ({ receipt, channel, at, state })))
      expect(await refused(receipt)).toBeUndefined()
      await store.outbox.sent({ ...(await say(store, chat, 'uno')), receipt })
      expect(await refused(receipt, 'failed')).toEqual({ chat, version: 1, n: 1, at })
      expect(await store.outbox.waitingFor(chat)).toEqual([])
      expect((await store.outbox.count()).failed).toBeGreaterThan(0)
    })

    test('may be told of many at once, in any order', async () => {
      const receipts = Array.from({ length: 200 }, (_, n) => `receipt ${n}`)
      const states = ['sent', 'delivered', 'read'] as const
      const inOrder = states.flatMap(state => [receipts, receipts.toReversed()].map(all => ({ all, state })))
      const telling = inOrder.map(({ all, state }) =>
        store.outbox.noted(all.map(receipt => ({ receipt, channel, at, state }))),
      )
      await expect(Promise.all(telling)).resolves.toBeDefined()
    })

    test('leaves nothing where all was forgotten while it was on its way', async () => {
      const chat = randomUUID()
      const receipt = randomUUID()
      const going = await say(store, chat, 'uno')
      await store.forget(chat)
      await store.outbox.sent({ ...going, receipt })
      await noted(receipt, 'failed')
      expect(await refused(receipt)).toBeUndefined()
    })

    test('takes nobody for gone who has written since', async () => {
      const chat = randomUUID()
      await say(store, chat, 'uno', new Date('2026-09-02T00:00:00Z'))
      await store.outbox.unreachable(chat, new Date('2026-09-01T00:00:00Z'), 'gone')
      expect(await store.outbox.waitingFor(chat)).toHaveLength(1)
      await store.outbox.unreachable(chat, new Date('2026-09-03T00:00:00Z'), 'gone')
      expect(await store.outbox.waitingFor(chat)).toEqual([])
    })

    test('is nothing to send again once all is forgotten', async () => {
      const chat = randomUUID()
      const receipt = randomUUID()
      await store.outbox.sent({ ...(await say(store, chat, 'uno')), receipt })
      await store.forget(chat)
      await noted(receipt, 'failed')
      expect(await refused(receipt)).toBeUndefined()
    })
  })

  test('one person who came by two names is written to unasked at one place only', async () => {
    const [one, two] = [randomUUID(), randomUUID()]
    for (const chat of [one, two]) {
      await say(store, chat, 'uno', at)
      expect(
        await sayUnasked(store, { chat, at, channel, to: chat, message: { text: 'aviso' } }),
      ).not.toBeNull()
    }
    const chosen = await store.persons.chatOf([one, two])
    const other = chosen === one ? two : one
    const [waiting] = await store.outbox.waitingFor(other)
    expect(waiting && (await store.outbox.begin(waiting, at))).toBe('no')
    const [kept] = await store.outbox.waitingFor(chosen)
    expect(kept && (await store.outbox.begin(kept, at))).toBe('go')
  })

  test('a message knows when the person was last heard of', async () => {
    const chat = randomUUID()
    await say(store, chat, 'uno', new Date('2026-09-01T00:00:00Z'))
    await say(store, chat, 'dos', new Date('2026-09-02T00:00:00Z'))
    const aviso = await sayUnasked(store, { chat, at, channel, to: 'there', message: { text: 'aviso' } })
    expect(aviso?.heardAt).toEqual(new Date('2026-09-02T00:00:00Z'))
    for (const { heardAt } of await store.outbox.waitingFor(chat))
      expect(heardAt).toEqual(new Date('2026-09-02T00:00:00Z'))
  })
})
