/**
 * `npm run ask`: only the understanding of free text, as contract/cli.md has it. With `--json` NDJSON goes in and
 * out; without, the arguments are the question and the answer is printed for a person.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parse } from 'yaml'
import { z } from 'zod'
import { createUnderstanding, type Understood } from './conversation/understanding/understand.ts'

const Question = z.object({ q: z.string(), at: z.iso.datetime({ offset: true }).optional() })

const root = new URL('../content/', import.meta.url)
const readYaml = (path: string) => parse(readFileSync(new URL(path, root), 'utf8'))
const topics: Record<string, { ejemplos: string[]; respuesta: string; mas?: string }> = {}
for (const file of readdirSync(new URL('preguntas/', root)))
  topics[file.replace('.yaml', '')] = readYaml(`preguntas/${file}`)
const acts: Record<string, { ejemplos: string[] }> = readYaml('actos.yaml')

const examples = Object.fromEntries(
  Object.entries({ ...topics, ...acts }).map(([id, { ejemplos }]) => [id, ejemplos] as const),
)
const understand = createUnderstanding(examples)

const answerOf = (understood: Understood) =>
  understood.topics
    .map(id => [topics[id]?.respuesta, topics[id]?.mas].filter(Boolean).join('\n'))
    .join('\n\n')

function answerLine(line: string, number: number): unknown {
  let given: unknown
  try {
    given = JSON.parse(line)
  } catch {
    return { error: `${number}: not JSON` }
  }
  const question = Question.safeParse(given)
  if (!question.success) {
    const issue = question.error.issues[0]
    return { error: `${number}: ${issue?.path.join('.') || 'line'}: ${issue?.message}` }
  }
  const understood = understand(question.data.q)
  return {
    q: question.data.q,
    ...understood,
    text: understood.decision === 'answer' ? answerOf(understood) : '',
  }
}

if (process.argv.includes('--json')) {
  let number = 0
  for await (const line of createInterface({ input: process.stdin }))
    if (line.trim() !== '') console.log(JSON.stringify(answerLine(line, ++number)))
    else number++
} else {
  const question = process.argv.slice(2).join(' ')
  const understood = understand(question)
  console.log(
    `${understood.decision}: ${understood.topics.join(', ')}  (${understood.confidence.toFixed(2)})`,
  )
  for (const [id, chance] of understood.ranked) console.log(`  ${chance.toFixed(3)}  ${id}`)
  console.log(`\n${answerOf(understood)}`)
}
