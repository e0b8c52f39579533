/** Who understands free text side by side, and what each of them must be able to do. The bench runs each in a process of its own. */
import type { Examples } from '../../../src/conversation/understanding/learn.ts'
import type { Answer } from '../../conversation/understanding/measure/score.ts'

/** Labels, best first, each with a score between 0 and 1. */
export type Ranked = readonly (readonly [label: string, score: number])[]

/** A way of learning labels from examples that knows nothing of acts, refusals or second topics. */
export interface Learner {
  learn(examples: Examples): Promise<Uint8Array>
  /** From what it has learnt, as it is stored. */
  load(learnt: Uint8Array): Promise<(text: string) => Ranked | Promise<Ranked>>
}

export type Understand = (text: string) => Answer | Promise<Answer>

export interface Contender {
  learn(examples: Examples): Promise<Uint8Array>
  /** Settings found by cross-validation, as JSON; undefined where there is nothing to be set. */
  tune(examples: Examples): Promise<unknown>
  load(learnt: Uint8Array, tuning: unknown, examples: Examples): Promise<Understand>
}

/** Imported only by who runs: what a contender brings along is part of its load. The first is the one compared to. */
export const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
  vigente: async () => (await import('./vigente.ts')).vigente,
  'nlp.js': async () => tunedOf((await import('./nlpjs.ts')).nlpjs),
  MiniSearch: async () => tunedOf((await import('./minisearch.ts')).minisearch),
  'n-gram kNN': async () => tunedOf((await import('./nearest.ts')).nearest),
  softmax: async () => tunedOf((await import('./softmax.ts')).softmax),
}

async function tunedOf({ learn, load }: Learner): Promise<Contender> {
  const { tune, hear, decideBy, Tuning } = await import('./tune.ts')
  return {
    learn,
    tune: examples => tune({ learn, load }, examples),
    async load(learnt, tuning) {
      const rank = await load(learnt)
      const settings = Tuning.parse(tuning)
      return async text => decideBy(settings, await hear(rank, text))
    },
  }
}
