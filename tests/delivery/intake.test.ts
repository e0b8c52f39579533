import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createIntake, type Intake } from '../../src/delivery/intake.ts'
import type { Inbox, InInbox } from '../../src/store/inbox.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { freshDatabase } from '../postgres.ts'

const channel = 'whatsapp-cloud'
const message = (person: string, n: number) => ({ id: `${person}${n}`, person, sealed: `${person}${n}` })

/** Opens an intake whose messages are handled as `handle` says, and remembers in which order. */
function open(inbox: Inbox, handle: (sealed: string) => Promise<void> = async () => {}) {
  const logged: unknown[] = []
  const intake = createIntake({ channel, inbox, log: { error: (it: unknown) => logged.push(it) } as never })
  const begun: string[] = []
  const ended: string[] = []
  const take = async (sealed: string) => {
    begun.push(sealed)
    await handle(sealed)
    ended.push(sealed)
  }
  return { intake, begun, ended, logged, start: () => intake.start(take) }
}

describe('what came', () => {
  let store: Store
  let opened: Intake[]
  const openHere = (handle?: (sealed: string) => Promise<void>) => {
    const one = open(store.inbox, handle)
    opened.push(one.intake)
    return one
  }
  const left = async () => (await store.inbox.waiting(channel, 10_000)).map(({ id }) => id)
  beforeEach(async () => {
    store = await openStore({ url: await freshDatabase() })
    opened = []
  })
  afterEach(async () => {
    for (const intake of opened) await intake.stop(1000)
    await store.close()
  })

  test('is handled in order for each person, people side by side, and is gone then', async () => {
    const { intake, begun, ended, start } = openHere(() => sleep(50))
    start()
    await intake.keep([message('a', 1), message('b', 1), message('a', 2), message('a', 1)])
    await expect.poll(() => ended.length).toBe(3)
    expect(begun).toEqual(['a1', 'b1', 'a2'])
    await expect.poll(left).toEqual([])
  })

  test('is stored when it is kept, however long it takes to be handled', async () => {
    const { intake, ended, start } = openHere(() => sleep(300))
    start()
    await intake.keep([message('a', 1), message('a', 2)])
    expect(ended).toEqual([])
    expect(await left()).toEqual(['a1', 'a2'])
  })

  test('is handled by the next start where this one stops', async () => {
    const first = openHere(() => sleep(200))
    first.start()
    await first.intake.keep([message('a', 1), message('a', 2)])
    await expect.poll(() => first.begun).toEqual(['a1'])
    await first.intake.stop(1000)
    expect(first.ended).toEqual(['a1'])
    const second = openHere()
    second.start()
    await expect.poll(() => second.ended).toEqual(['a2'])
  })

  test('waits, in its place, where it could not be handled', async () => {
    let faults = 2
    const { begun, ended, intake, logged, start } = openHere(async () => {
      if (faults-- > 0) throw new Error('the database is gone')
    })
    start()
    await intake.keep([message('a', 1), message('a', 2)])
    await expect.poll(() => ended, { timeout: 5000 }).toEqual(['a1', 'a2'])
    expect(begun).toEqual(['a1', 'a1', 'a1', 'a2'])
    expect(logged).toHaveLength(2)
  })

  test('may be a thousand at a time, each handled once', async () => {
    const { intake, ended, start } = openHere(() => sleep(1))
    start()
    const many = Array.from({ length: 1000 }, (_, n) => message(`p${n % 400}.`, n))
    await intake.keep(many)
    await intake.keep(many.toReversed())
    await expect.poll(() => ended.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(1000)
    await expect.poll(left, { timeout: 20_000 }).toEqual([])
    expect(new Set(ended).size).toBe(1000)
  })
})

test('what has waited for a day is told and left', async () => {
  const old: InInbox = { ...message('a', 1), n: '1', at: new Date(Date.now() - 25 * 60 * 60 * 1000) }
  const done: string[] = []
  const inbox: Inbox = {
    keep: async () => [],
    waiting: async () => (done.length > 0 ? [] : [old]),
    done: async (_, { id }) => void done.push(id),
  }
  const { intake, begun, logged, start } = open(inbox)
  start()
  await expect.poll(() => done).toEqual(['a1'])
  expect(begun).toEqual([])
  expect(logged).toHaveLength(1)
  await intake.stop(100)
})

test('what was handled between the look at the database and its answer is not handled again', async () => {
  const one: InInbox = { ...message('a', 1), n: '1', at: new Date() }
  const handled = Promise.withResolvers<void>()
  let looks = 0
  const inbox: Inbox = {
    keep: async () => [one],
    waiting: async () => {
      if (looks++ > 0) return []
      await handled.promise
      return [one]
    },
    done: async () => void setTimeout(handled.resolve, 50),
  }
  const { intake, begun, start } = open(inbox)
  start()
  await intake.keep([one])
  await expect.poll(() => looks, { timeout: 5000 }).toBe(2)
  expect(begun).toEqual(['a1'])
  await intake.stop(100)
})
