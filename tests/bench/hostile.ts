/** `--hostile`: 50,000 texts made to break or to slow the readers of a text; `SEED=n` for others. A fault ends it with 1. */

import { randomOf } from '../conversation/talk.ts'
import { isFault, type Reading, readAll, readHuge, tell } from '../conversation/understanding/hostile.ts'
import { median } from './measure.ts'

const texts = 50_000

export interface HostileLine {
  readonly reader: string
  readonly chars: string
  readonly texts: number
  /** Where a first try was slow, the best of three (see `tryReading`). */
  readonly medianMs: number
  readonly slowestMs: number
  /** By the clock, with whatever else the machine had to do. */
  readonly slowestFirstMs: number
  readonly of: string
  readonly faults: number
}

export function benchHostile(seed: number): HostileLine[] {
  const random = randomOf(seed)
  return [
    ...linesOf('up to 2,000', readAll(random, texts)),
    ...linesOf('100,000', readHuge(random, Number.POSITIVE_INFINITY)),
  ]
}

/** A reading without its text: there are a quarter of a million. */
type Brief = Pick<Reading, 'kind' | 'ms' | 'firstMs'> & { readonly fault: boolean }

function linesOf(chars: string, readings: Iterable<Reading>): HostileLine[] {
  const byReader = new Map<string, Brief[]>()
  for (const reading of readings) {
    const { reader, kind, ms, firstMs } = reading
    const fault = isFault(reading)
    if (fault) {
      console.error(tell(reading))
      process.exitCode = 1
    }
    const all = byReader.get(reader) ?? []
    all.push({ kind, ms, firstMs, fault })
    byReader.set(reader, all)
  }
  return [...byReader].map(([reader, all]) => {
    const slowest = all.reduce((most, one) => (one.ms > most.ms ? one : most))
    return {
      reader,
      chars,
      texts: all.length,
      medianMs: median(all.map(({ ms }) => ms)),
      slowestMs: slowest.ms,
      slowestFirstMs: all.reduce((most, { firstMs }) => Math.max(most, firstMs), 0),
      of: slowest.kind,
      faults: all.filter(({ fault }) => fault).length,
    }
  })
}
