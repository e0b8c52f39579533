/** The five nearest examples by their pieces of three to five letters (tf-idf, cosine), each with a vote as strong as it is near. */
import { deserialize, serialize } from 'node:v8'
import type { Learner } from './contender.ts'
import { gramsOf, rarityOf, weighed } from './plain.ts'

const neighbours = 5

interface Stored {
  /** Of each document. */
  readonly labels: readonly string[]
  readonly rarity: Map<string, number>
  /** Of each gram: the documents that have it, and with what weight. */
  readonly documents: Map<string, Int32Array>
  readonly weights: Map<string, Float32Array>
}

/** Of length 1; what no example has is left out. */
function vectorOf(
  weights: ReadonlyMap<string, number>,
  rarity: ReadonlyMap<string, number>,
): [string, number][] {
  const known = [...weights].flatMap(([gram, weight]): [string, number][] => {
    const rare = rarity.get(gram)
    return rare === undefined ? [] : [[gram, weight * rare]]
  })
  const length = Math.hypot(...known.map(([, value]) => value))
  return known.map(([gram, value]) => [gram, value / length])
}

export const nearest: Learner = {
  async learn(examples) {
    const all = Object.entries(examples).flatMap(([label, texts]) =>
      texts.map(text => ({ label, weights: weighed(gramsOf(text)) })),
    )
    const rarity = rarityOf(all.map(({ weights }) => weights))
    const postings = new Map<string, [number, number][]>([...rarity.keys()].map(gram => [gram, []]))
    for (const [document, { weights }] of all.entries())
      for (const [gram, value] of vectorOf(weights, rarity)) postings.get(gram)?.push([document, value])
    const stored: Stored = {
      labels: all.map(({ label }) => label),
      rarity,
      documents: new Map(
        [...postings].map(([gram, of]) => [gram, Int32Array.from(of, ([document]) => document)]),
      ),
      weights: new Map(
        [...postings].map(([gram, of]) => [gram, Float32Array.from(of, ([, value]) => value)]),
      ),
    }
    return serialize(stored)
  },
  async load(learnt) {
    const { labels, rarity, documents, weights }: Stored = deserialize(learnt)
    return text => {
      const near = new Float64Array(labels.length)
      for (const [gram, value] of vectorOf(weighed(gramsOf(text)), rarity)) {
        const of = documents.get(gram) as Int32Array
        const their = weights.get(gram) as Float32Array
        for (let n = 0; n < of.length; n++)
          near[of[n] as number] = (near[of[n] as number] as number) + value * (their[n] as number)
      }
      return vote(near, labels)
    }
  },
}

function vote(near: Float64Array, labels: readonly string[]): [string, number][] {
  const votes = new Map<string, number>()
  for (const document of nearestOf(near)) {
    const label = labels[document] as string
    votes.set(label, (votes.get(label) ?? 0) + (near[document] as number) / neighbours)
  }
  return [...votes].sort(([, a], [, b]) => b - a)
}

/** The documents that are nearest, each put in its place among those found so far: quicker than to sort them all. */
function nearestOf(near: Float64Array): number[] {
  const best: number[] = []
  const of = (document: number | undefined) => near[document ?? -1] ?? 0
  for (let document = 0; document < near.length; document++) {
    if (of(document) <= of(best[neighbours - 1])) continue
    best.push(document)
    best.sort((a, b) => of(b) - of(a))
    best.length = Math.min(best.length, neighbours)
  }
  return best
}
