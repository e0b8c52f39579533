/** What the bench uses of nlp.js, which has no types of its own. */
declare module '@nlpjs/core' {
  interface Container {
    use(plugin: unknown): unknown
  }
  export function containerBootstrap(): Promise<Container>
}
declare module '@nlpjs/lang-es' {
  export const LangEs: unknown
}
declare module '@nlpjs/nlu' {
  export class NluNeural {
    constructor(settings: Readonly<Record<string, unknown>>)
    train(corpus: readonly { utterance: string; intent: string }[], settings: object): Promise<unknown>
    process(text: string): Promise<{ classifications: { intent: string; score: number }[] }>
    toJSON(): object
    fromJSON(stored: object): void
  }
}
