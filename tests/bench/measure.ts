/** How the benchmarks measure: contenders side by side in rounds, since a machine is never as quick twice. */

/** One way of handling a message. `turn` resolves once the turn is safe on disk. */
export interface Contender {
  readonly name: string
  /** One message of that chat; the chats are numbered from 0, each takes its turns one after another. */
  turn(chat: number): Promise<void>
  close(): Promise<void>
}

export interface Measured {
  readonly name: string
  /** Medians over the rounds. */
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The first contender's turns a second over this one's, and its p99; medians of the rounds' ratios. */
  readonly speedup: number
  readonly p99Ratio: number
}

interface Round {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface Load {
  readonly rounds: number
  readonly roundMs: number
  /** How many chats at once. */
  readonly chats: number
  /** Which chat each of them is in its next turn; itself where not given. */
  readonly pick?: (chat: number) => number
}

/** A B C A B C …, after one round of each that does not count. */
export async function race(contenders: readonly Contender[], load: Load): Promise<Measured[]> {
  const rounds = contenders.map((): Round[] => [])
  for (let round = 0; round <= load.rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const measured = await runRound(contender, load)
      if (round > 0) rounds[i]?.push(measured)
    }
  }
  const [first = []] = rounds
  return contenders.map(({ name }, i) => {
    const mine = rounds[i] ?? []
    const over = (of: (round: Round) => number) =>
      median(mine.map((round, n) => (first[n] ? of(first[n]) : Number.NaN) / of(round)))
    return {
      name,
      perSecond: median(mine.map(round => round.perSecond)),
      p50Ms: median(mine.map(round => round.p50Ms)),
      p99Ms: median(mine.map(round => round.p99Ms)),
      speedup: over(round => round.perSecond),
      p99Ratio: over(round => round.p99Ms),
    }
  })
}

async function runRound(contender: Contender, { roundMs, chats, pick = chat => chat }: Load): Promise<Round> {
  const latenciesMs: number[] = []
  const started = performance.now()
  const talk = async (chat: number) => {
    while (performance.now() - started < roundMs) {
      const asked = performance.now()
      await contender.turn(pick(chat))
      latenciesMs.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: chats }, (_, chat) => talk(chat)))
  const seconds = (performance.now() - started) / 1000
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  return { perSecond: sorted.length / seconds, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
}

export const median = (values: readonly number[]) =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
}

/** mulberry32: the same numbers from the same seed. */
export function createRandom(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
