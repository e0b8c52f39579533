/**
 * `npm run ask`: only the understanding of free text, as contract/cli.md has it. With `--json` NDJSON goes in and
 * out; without, the arguments are the question and the answer is printed for a person.
 */
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { loadContent } from './content/load.ts'
import { loadModel } from './conversation/understanding/stored.ts'
import { createUnderstanding, type Understood } from './conversation/understanding/understand.ts'

const Question = z.object({ q: z.string(), at: z.iso.datetime({ offset: true }).optional() })

const content = loadContent()
const understand = createUnderstanding(content.examples(), loadModel())

const textOf = (understood: Understood) =>
  understood.topics
    .map(id => content.preguntas[id])
    .map(pregunta => [pregunta?.respuesta, pregunta?.mas].filter(Boolean).join('\n'))
    .join('\n\n')
    .trim()

function answerLine(line: string, number: number): unknown {
  const question = Question.safeParse(parseLine(line))
  if (!question.success) {
    const issue = question.error.issues[0]
    return { error: `${number}: ${[...(issue?.path ?? []), issue?.message].join(': ')}` }
  }
  const understood = understand(question.data.q)
  const text = understood.decision === 'answer' ? textOf(understood) : ''
  return { q: question.data.q, ...understood, text }
}

/** undefined, which no schema takes, where it is no JSON. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

async function answerLines(): Promise<void> {
  let number = 0
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(answerLine(line, ++number))}\n`)
}

function answerPerson(question: string): void {
  const understood = understand(question)
  const ranked = understood.ranked.map(([id, chance]) => `  ${chance.toFixed(3)} ${id}`).join('\n')
  console.log(
    `${understood.decision}: ${understood.topics.join(', ')}\n${ranked}\n\n${textOf(understood)}`.trimEnd(),
  )
}

if (process.argv.includes('--json')) await answerLines()
else answerPerson(process.argv.slice(2).join(' '))
