/**
 * What a change of the examples does to the understanding: the stored model beside one learnt anew, over questions
 * that neither was taught (content/medida/). `npm run check` tells it to whoever has just added an example.
 */
import type { Asked } from '../../content/load.ts'
import { type Examples, hashExample } from './learn.ts'
import type { Unpacked } from './model.ts'
import { createUnderstanding, readWith, type Understood } from './understand.ts'

/** A text and how it was read before and is read now. */
export interface Change extends Asked {
  readonly before: Understood
  readonly now: Understood
}

export interface Effect {
  /** Examples that the stored model has not learnt, with how it reads them without. */
  readonly added: readonly Change[]
  readonly removed: number
  readonly asked: number
  readonly rightBefore: number
  readonly rightNow: number
  readonly better: readonly Change[]
  readonly worse: readonly Change[]
}

/** Whether a text of `id` was understood: answered first with it, refused where it is of something else, or heard as danger. */
export function isRight(id: string, { decision, topics, emergency }: Understood): boolean {
  if (id === 'emergencia') return emergency
  return id === 'fuera' ? decision === 'unknown' : decision === 'answer' && topics[0] === id
}

/** Learns a model: some seconds. */
export function effectOf({ seen, model }: Unpacked, examples: Examples, asked: readonly Asked[]): Effect {
  const known = new Set(seen)
  const all = Object.entries(examples).flatMap(([id, of]) => of.map(text => ({ id, text })))
  const added = all.filter(it => !known.has(hashExample(it.id, it.text)))
  const readBefore = readWith(model)
  const readNow = createUnderstanding(examples)
  const changeOf = ({ id, text }: Asked): Change => ({
    id,
    text,
    before: readBefore(text),
    now: readNow(text),
  })
  const changes = asked.map(changeOf)
  const right = (when: 'before' | 'now') => changes.filter(it => isRight(it.id, it[when]))
  return {
    added: added.map(changeOf),
    removed: seen.length - (all.length - added.length),
    asked: asked.length,
    rightBefore: right('before').length,
    rightNow: right('now').length,
    better: right('now').filter(it => !isRight(it.id, it.before)),
    worse: right('before').filter(it => !isRight(it.id, it.now)),
  }
}
