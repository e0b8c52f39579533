/** Places in the two sources, written `A188` or `B27-30`: what stands there, and whether two of them meet. */
import type { Content } from './load.ts'

/** `A42-45` as its source's letter and lines. */
function placeOf(cite: string): { source: string; from: number; to: number } {
  const [from = '', to = from] = cite.slice(1).split('-')
  return { source: cite.slice(0, 1), from: Number(from), to: Number(to) }
}

export function standsIn({ fuentes }: Content, cite: string): boolean {
  const { source, from, to } = placeOf(cite)
  const lines = fuentes[source]?.lines ?? []
  return from >= 1 && from <= to && to <= lines.length && lines.slice(from - 1, to).some(line => line.trim())
}

export function overlap(some: readonly string[], others: readonly string[]): boolean {
  const places = others.map(placeOf)
  return some
    .map(placeOf)
    .some(one =>
      places.some(other => one.source === other.source && one.from <= other.to && other.from <= one.to),
    )
}

/** The cited lines, neighbours together: what goes on in the next line is one passage with it. */
export function passagesOf({ fuentes }: Content, cites: readonly string[]): string[] {
  const runs: { source: string; from: number; to: number }[] = []
  for (const place of cites.map(placeOf).toSorted((a, b) => a.from - b.from)) {
    const before = runs.find(run => run.source === place.source && place.from <= run.to + 1)
    if (before) before.to = Math.max(before.to, place.to)
    else runs.push(place)
  }
  return runs.map(({ source, from, to }) => (fuentes[source]?.lines ?? []).slice(from - 1, to).join('\n'))
}
