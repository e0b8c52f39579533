/** Ours, as the program has it: its thresholds are in it. */
import {
  createUnderstanding,
  isOfExamples,
  packModel,
} from '../../../src/conversation/understanding/understand.ts'
import type { Contender } from './contender.ts'

export const vigente: Contender = {
  learn: async examples => packModel(examples),
  tune: async () => undefined,
  async load(learnt, _, examples) {
    // It would be learnt anew, and that be taken for the load.
    if (!isOfExamples(learnt, examples)) throw new Error('the code has changed since the model was learnt')
    return createUnderstanding(examples, learnt)
  },
}
