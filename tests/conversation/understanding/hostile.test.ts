/** Nothing that anybody can write breaks the readers of a text or holds them up. SEED=n repeats a run. */
import { expect, test } from 'vitest'
import { randomOf } from '../talk.ts'
import { isFault, type Reading, readAll, readHuge, tell } from './hostile.ts'

/** `npm run bench -- --hostile` reads twenty times as many, and all of the huge ones. */
const texts = process.env.FULL ? 2_500 : 500
const huge = 20
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)

function faultsOf(readings: Iterable<Reading>): string[] {
  const faults: string[] = []
  for (const reading of readings) if (isFault(reading)) faults.push(tell(reading))
  return faults
}

test(`${texts} hostile texts: none throws, none takes longer than 20 ms (seed ${seed})`, {
  timeout: 120_000,
}, () => {
  console.log(`hostile.test.ts: SEED=${seed}`)
  expect(faultsOf(readAll(randomOf(seed), texts))).toEqual([])
})

test(`hostile texts of 100,000 characters take no longer than they are long (seed ${seed})`, () => {
  expect(faultsOf(readHuge(randomOf(seed), huge))).toEqual([])
})
