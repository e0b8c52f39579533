/** nlp.js: its neural classifier with its Spanish tokenizer, stemmer, stop words and normaliser. */
import { containerBootstrap } from '@nlpjs/core'
import { LangEs } from '@nlpjs/lang-es'
import { NluNeural } from '@nlpjs/nlu'
import type { Learner } from './contender.ts'

/** As it comes (a rate of 0.6, all words) it has two in five held-back examples right; so, three in five. */
const settings = { keepStopwords: false, learningRate: 0.005, iterations: 60, useNoneFeature: true }

async function createNlu(): Promise<NluNeural> {
  const container = await containerBootstrap()
  container.use(LangEs)
  return new NluNeural({ locale: 'es', container, log: false, ...settings })
}

export const nlpjs: Learner = {
  async learn(examples) {
    const nlu = await createNlu()
    const corpus = Object.entries(examples).flatMap(([intent, texts]) =>
      texts.map(utterance => ({ utterance, intent })),
    )
    await nlu.train(corpus, {})
    return new TextEncoder().encode(JSON.stringify(nlu.toJSON()))
  },
  async load(learnt) {
    const nlu = await createNlu()
    nlu.fromJSON(JSON.parse(new TextDecoder().decode(learnt)))
    return async text => {
      const { classifications } = await nlu.process(text)
      // Its own word for what is none of the labels.
      return classifications.map(
        ({ intent, score }) => [intent === 'None' ? 'fuera' : intent, score] as const,
      )
    }
  },
}
