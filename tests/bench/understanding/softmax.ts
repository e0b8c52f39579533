/** The plainest thing that learns: softmax regression over words and pieces of three to five letters (tf-idf), by gradient descent. */
import { deserialize, serialize } from 'node:v8'
import { createRandom } from '../measure.ts'
import type { Learner } from './contender.ts'
import { gramsOf, rarityOf, weighed, wordsOf } from './plain.ts'

const rounds = 8
const firstRate = 4
const leastTimes = 2

interface Stored {
  readonly labels: readonly string[]
  /** Where its weights are, and how rare it is. */
  readonly features: Map<string, { readonly row: number; readonly rarity: number }>
  /** Row after row, a weight for each label. */
  readonly weights: Float32Array
}

/** A text as rows and values, of length 1. */
type Vector = readonly (readonly [row: number, value: number])[]

const featuresOf = (text: string) => weighed([...wordsOf(text).map(word => `=${word}`), ...gramsOf(text)])

function vectorOf(text: string, features: Stored['features']): Vector {
  const known = [...featuresOf(text)].flatMap(([feature, weight]): [number, number][] => {
    const found = features.get(feature)
    return found ? [[found.row, weight * found.rarity]] : []
  })
  const length = Math.hypot(...known.map(([, value]) => value))
  return known.map(([row, value]) => [row, value / length])
}

function chancesOf(vector: Vector, weights: Float32Array, width: number): Float64Array {
  const scores = new Float64Array(width)
  for (const [row, value] of vector)
    for (let label = 0; label < width; label++)
      scores[label] = (scores[label] as number) + value * (weights[row * width + label] as number)
  const highest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY)
  const grown = scores.map(score => Math.exp(score - highest))
  const sum = grown.reduce((total, one) => total + one, 0)
  return grown.map(one => one / sum)
}

function descend(
  samples: readonly { vector: Vector; label: number }[],
  weights: Float32Array,
  width: number,
): void {
  const random = createRandom(1987)
  let done = 0
  for (let round = 0; round < rounds; round++)
    for (let step = 0; step < samples.length; step++) {
      const { vector, label: right } = samples[
        Math.floor(random() * samples.length)
      ] as (typeof samples)[number]
      const rate = firstRate * (1 - done++ / (rounds * samples.length))
      const errors = chancesOf(vector, weights, width)
      errors[right] = (errors[right] as number) - 1
      for (const [row, value] of vector)
        for (let label = 0; label < width; label++)
          weights[row * width + label] =
            (weights[row * width + label] as number) - rate * value * (errors[label] as number)
    }
}

export const softmax: Learner = {
  async learn(examples) {
    const labels = Object.keys(examples)
    const texts = Object.entries(examples).flatMap(([id, all]) =>
      all.map(text => ({ text, label: labels.indexOf(id), features: featuresOf(text) })),
    )
    // Rarer still are those that only one text has: they are left out.
    const once = Math.log((texts.length + 1) / (leastTimes - 0.5))
    const kept = [...rarityOf(texts.map(({ features }) => features))].filter(([, rarity]) => rarity < once)
    const features = new Map(kept.map(([feature, rarity], row) => [feature, { row, rarity }]))
    const weights = new Float32Array(kept.length * labels.length)
    const samples = texts.map(({ text, label }) => ({ vector: vectorOf(text, features), label }))
    descend(samples, weights, labels.length)
    return serialize({ labels, features, weights } satisfies Stored)
  },
  async load(learnt) {
    const { labels, features, weights }: Stored = deserialize(learnt)
    return text => {
      const chances = chancesOf(vectorOf(text, features), weights, labels.length)
      return labels.map((label, at) => [label, chances[at] as number] as const).sort(([, a], [, b]) => b - a)
    }
  },
}
