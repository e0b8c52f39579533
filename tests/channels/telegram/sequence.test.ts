import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sequence } from '../../../src/channels/telegram/sequence.ts'

function open(take: (id: number) => Promise<void> = async () => {}) {
  const taken: number[] = []
  const sequence = new Sequence(({ update_id }: { update_id: number }) => {
    taken.push(update_id)
    return take(update_id)
  })
  return { taken, add: (id: number) => sequence.add({ update_id: id }) }
}

test('the first one waits a moment for one that it may have overtaken', async () => {
  const { taken, add } = open()
  await Promise.all([add(8), add(7)])
  expect(taken).toEqual([7, 8])
})

test('one that comes in order goes at once', async () => {
  const { taken, add } = open()
  await add(1)
  const both = [add(2), add(3)]
  // Taken before any time could pass.
  expect(taken).toEqual([1, 2, 3])
  await Promise.all(both)
})

test('one that overtook another waits for it', async () => {
  const { taken, add } = open()
  await add(1)
  const early = add(3)
  await setTimeout(50)
  expect(taken).toEqual([1])
  await Promise.all([early, add(2)])
  expect(taken).toEqual([1, 2, 3])
})

test('one that never comes is not waited for long', async () => {
  const { taken, add } = open()
  await add(1)
  await Promise.all([add(3), add(5)])
  expect(taken).toEqual([1, 3, 5])
})

test('what comes late or again is taken as it comes', async () => {
  const { taken, add } = open()
  for (const id of [1, 3, 2, 3]) await add(id)
  expect(taken).toEqual([1, 3, 2, 3])
})

test('what waits and comes again meanwhile is taken once, in its place, and both are told', async () => {
  const { taken, add } = open()
  await add(1)
  await Promise.all([add(3), add(3), add(2)])
  expect(taken).toEqual([1, 2, 3])
})

test('whoever added it hears that it could not be taken, and the others go on', async () => {
  const { taken, add } = open(async id => {
    if (id === 2) throw new Error('no database')
  })
  await add(1)
  const third = add(3)
  await expect(add(2)).rejects.toThrow('no database')
  await third
  expect(taken).toEqual([1, 2, 3])
})

test('where other processes get the missing ones, nothing waits for them for long', async () => {
  const { taken, add } = open()
  for (let id = 0; id < 60; id += 4) await add(id)
  for (let id = 60; id < 140; id += 4) {
    const handled = add(id)
    // Taken before any time could pass.
    expect(taken.at(-1)).toBe(id)
    await handled
  }
})

test('a number chosen by chance after a quiet week begins anew', async () => {
  const { taken, add } = open()
  await add(900_000_000)
  await Promise.all([add(5_000_001), add(5_000_000)])
  await add(5_000_002)
  expect(taken).toEqual([900_000_000, 5_000_000, 5_000_001, 5_000_002])
})

test('any order of twenty that come at once is mended', async () => {
  const ids = Array.from({ length: 20 }, (_, n) => n)
  const shuffled = fc.shuffledSubarray(ids, { minLength: 20, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(shuffled, async order => {
      const { taken, add } = open()
      await Promise.all(order.map(add))
      expect(taken).toEqual(ids)
    }),
    { seed: 20261122, numRuns: 5 },
  )
}, 20_000)
