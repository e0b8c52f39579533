/** MiniSearch: every example a document; of the ten found first each label has the share of their scores. */
import MiniSearch from 'minisearch'
import type { Learner } from './contender.ts'
import { plainOf, wordsOf } from './plain.ts'

/** Words of more than this share of the examples are not searched for: they find nearly all, and take their time. */
const commonFrom = 0.08
const hits = 10

/** Short words begin, and nearly are, too many others. */
const isLong = (word: string) => word.length > 3

const optionsOf = (common: ReadonlySet<string>) => ({
  fields: ['text'],
  storeFields: ['label'],
  processTerm: (term: string) => {
    const plain = plainOf(term)
    return common.has(plain) ? null : plain
  },
  searchOptions: { prefix: isLong, fuzzy: (word: string) => (isLong(word) ? 0.2 : false) },
})

function findCommon(texts: readonly string[]): string[] {
  const times = new Map<string, number>()
  for (const text of texts)
    for (const word of new Set(wordsOf(text))) times.set(word, (times.get(word) ?? 0) + 1)
  return [...times].filter(([, count]) => count > commonFrom * texts.length).map(([word]) => word)
}

export const minisearch: Learner = {
  async learn(examples) {
    const documents = Object.entries(examples).flatMap(([label, texts]) =>
      texts.map(text => ({ label, text })),
    )
    const common = findCommon(documents.map(({ text }) => text))
    const index = new MiniSearch(optionsOf(new Set(common)))
    index.addAll(documents.map((document, id) => ({ id, ...document })))
    return new TextEncoder().encode(JSON.stringify({ common, index }))
  },
  async load(learnt) {
    const { common, index: stored } = JSON.parse(new TextDecoder().decode(learnt))
    const index = MiniSearch.loadJS(stored, optionsOf(new Set(common)))
    return text => {
      const found = index.search(text).slice(0, hits)
      const sum = found.reduce((total, { score }) => total + score, 0)
      const shares = new Map<string, number>()
      for (const { label, score } of found) shares.set(label, (shares.get(label) ?? 0) + score / sum)
      return [...shares].sort(([, a], [, b]) => b - a)
    }
  },
}
