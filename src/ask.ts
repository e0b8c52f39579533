/**
 * `npm run ask`: only the understanding of free text, as contract/cli.md has it. With `--json` NDJSON goes in and
 * out; without, the arguments are the question and the answer is printed for a person.
 */
import { z } from 'zod'
import type { Understood } from './conversation/understanding/understand.ts'
import { answerOf, moreOf, say, viewOfNobody } from './conversation/write.ts'
import { loadGuide } from './guide.ts'
import { linesOf } from './lines.ts'

const Question = z.object({ q: z.string(), at: z.iso.datetime({ offset: true }).optional() })

const { content, understand } = loadOrLeave()

function loadOrLeave(): ReturnType<typeof loadGuide> {
  try {
    return loadGuide(new Date())
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}

/** What somebody of whom nothing is known would read: both screens of each topic, or that we are not sure. */
function textOf({ decision, topics }: Understood, at: Date): string {
  const view = viewOfNobody(content, at)
  if (decision !== 'answer') return say(view, decision === 'offer' ? 'ofrece' : 'noSe')
  const answered = topics.filter(id => content.preguntas[id])
  return answered
    .flatMap(id => [answerOf(view, id).text, moreOf(view, id)])
    .join('\n\n')
    .trim()
}

function answerLine(line: string, number: number): unknown {
  const question = Question.safeParse(parseLine(line))
  if (!question.success) {
    const issue = question.error.issues[0]
    return { error: `${number}: ${[...(issue?.path ?? []), issue?.message].join(': ')}` }
  }
  const { q, at } = question.data
  const understood = understand(q)
  const text = textOf(understood, at ? new Date(at) : new Date())
  return { q, ...understood, text }
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
  for await (const line of linesOf(process.stdin))
    process.stdout.write(`${JSON.stringify(answerLine(line, ++number))}\n`)
}

function answerPerson(question: string): void {
  const understood = understand(question)
  const ranked = understood.ranked.map(([id, chance]) => `  ${chance.toFixed(3)} ${id}`).join('\n')
  console.log(
    `${understood.decision}: ${understood.topics.join(', ')}\n${ranked}\n\n${textOf(understood, new Date())}`.trimEnd(),
  )
}

if (process.argv.includes('--json')) await answerLines()
else answerPerson(process.argv.slice(2).join(' '))
