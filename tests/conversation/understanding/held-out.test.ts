/** Questions that the model has never seen (held-out/*.yaml): how many it answers right, and that they stay unseen. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { loadContent } from '../../../src/content/load.ts'
import { normalise } from '../../../src/conversation/understanding/normalise.ts'
import { loadModel } from '../../../src/conversation/understanding/stored.ts'
import {
  acts,
  createUnderstanding,
  isOfExamples,
} from '../../../src/conversation/understanding/understand.ts'

const folder = new URL('./held-out/', import.meta.url)
const HeldOut = z.record(z.string(), z.array(z.string()))
const lines = readdirSync(folder)
  .flatMap(file => Object.entries(HeldOut.parse(parse(readFileSync(new URL(file, folder), 'utf8')))))
  .flatMap(([id, of]) => of.map(text => ({ id, text })))

const content = loadContent()
const understand = createUnderstanding(content.examples(), loadModel())

test('the stored model is of the examples in content/: npm run model', () => {
  expect(isOfExamples(loadModel() ?? new Uint8Array(), content.examples())).toBe(true)
})

test('no held-out line stands among the examples', () => {
  const seen = new Set(Object.values(content.examples()).flat().map(normalise))
  expect(lines.filter(({ text }) => seen.has(normalise(text)))).toEqual([])
})

// Floors, some points under what was measured: a change that costs more than noise must be looked at.
test.each([
  ['topics answered right', 0.72, (id: string) => !acts.has(id)],
  ['acts recognised', 0.8, (id: string) => acts.has(id) && id !== 'fuera'],
  ['questions of something else refused', 0.75, (id: string) => id === 'fuera'],
])('%s: at least %f of those never seen', (name, floor, of) => {
  const asked = lines.filter(({ id }) => of(id))
  const right = asked.filter(({ id, text }) => {
    const { decision, topics } = understand(text)
    return id === 'fuera' ? decision === 'unknown' : decision === 'answer' && topics[0] === id
  })
  const share = right.length / asked.length
  console.log(`${name}: ${right.length}/${asked.length} = ${(100 * share).toFixed(1)} %`)
  expect(share).toBeGreaterThanOrEqual(floor)
})
