/**
 * The lines that the understanding is measured on, none of which it may learn from: `questions.jsonl`, a copy of the
 * questions we were given to measure with, and our own of content/medida/ and `../held-out/`. The bench and the tests
 * read them here.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { readMeasure } from '../../../../src/content/load.ts'
import { acts } from '../../../../src/conversation/understanding/understand.ts'

const Question = z.object({
  q: z.string(),
  /** The topics or the act that it asks for: any of them, or in a `multi` all. */
  expect: z.array(z.string()).min(1),
  kind: z.enum(['faq', 'act', 'multi', 'fuera']),
  /** How it is written; ours are not sorted by it. */
  style: z.string().optional(),
})
export type Question = z.infer<typeof Question>

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

export const readQuestions = (): Question[] =>
  read('questions.jsonl')
    .trim()
    .split('\n')
    .map(line => Question.parse(JSON.parse(line)))

const Doubles = z.array(z.strictObject({ ids: z.array(z.string()).length(2), text: z.string() }))

export function readHeldOut(): Question[] {
  const { asked, faults } = readMeasure()
  if (faults.length > 0) throw new Error(`content/medida cannot be read: ${JSON.stringify(faults[0])}`)
  const doubles = Doubles.parse(parse(read('../held-out/multi.yaml')))
  return [
    ...asked.map(({ id, text }) => ({ q: text, expect: [id], kind: kindOf(id) })),
    ...doubles.map(({ ids, text }) => ({ q: text, expect: ids, kind: 'multi' as const })),
  ]
}

function kindOf(id: string): Question['kind'] {
  if (id === 'fuera') return 'fuera'
  return acts.has(id) ? 'act' : 'faq'
}

const Emergencies = z.strictObject({ emergencia: z.array(z.string()), 'no-emergencia': z.array(z.string()) })

/** Somebody in danger; and what only sounds so. */
export function readEmergencies(): { q: string; emergency: boolean }[] {
  const { emergencia, 'no-emergencia': none } = Emergencies.parse(parse(read('../held-out/emergencia.yaml')))
  return [...emergencia.map(q => ({ q, emergency: true })), ...none.map(q => ({ q, emergency: false }))]
}
