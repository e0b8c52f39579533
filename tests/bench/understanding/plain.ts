/** What anybody would do to a text first: small letters, no accents, words. For all contenders but ours, which has its own. */

export const plainOf = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

export const wordsOf = (text: string): readonly string[] => plainOf(text).match(/[\p{L}\p{N}]+/gu) ?? []

const from = 3
const to = 5

/** All pieces of three to five letters, over the ends of words too. */
export function gramsOf(text: string): string[] {
  const line = ` ${wordsOf(text).join(' ')} `
  const grams: string[] = []
  for (let length = from; length <= to; length++)
    for (let at = 0; at + length <= line.length; at++) grams.push(line.slice(at, at + length))
  return grams
}

/** How often each is there, less than proportionally. */
export function weighed(features: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1)
  for (const [feature, count] of counts) counts.set(feature, 1 + Math.log(count))
  return counts
}

/** What is in few of the texts tells more. */
export function rarityOf(texts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const times = new Map<string, number>()
  for (const text of texts)
    for (const feature of text.keys()) times.set(feature, (times.get(feature) ?? 0) + 1)
  return new Map(
    [...times].map(([feature, count]) => [feature, Math.log((texts.length + 1) / (count + 0.5))]),
  )
}
