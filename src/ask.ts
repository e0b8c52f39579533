/**
 * `npm run ask`: only the understanding of free text, as contract/cli.md has it. With `--json` NDJSON goes in and
 * out; without, the arguments are the question and the answer is printed for a person; with `--why`, the reasons.
 */
import { z } from 'zod'
import { readDay } from './conversation/understanding/day.ts'
import { readFacts } from './conversation/understanding/facts.ts'
import { loadModel } from './conversation/understanding/stored.ts'
import { createExplanation, type Understood } from './conversation/understanding/understand.ts'
import { answerOf, moreOf, say, viewOfNobody } from './conversation/write.ts'
import { loadGuide } from './guide.ts'
import { linesOf } from './lines.ts'
import { whyInWords } from './personal/why.ts'

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

/** What somebody would read of whom only the question is known: both screens of each topic, or that we are not sure. */
function textOf(q: string, { decision, topics, emergency }: Understood, at: Date): string {
  const view = viewOfNobody(content, at)
  const supposed = readFacts(q, content.escuelas)
  const answered = decision === 'answer' ? topics.filter(id => content.preguntas[id]) : []
  const answers = answered.flatMap(id => {
    const { text, more } = answerOf(view, id, { supposed, day: readDay(q, view.context.hoy) })
    return more ? [text, moreOf(view, id)] : [text]
  })
  const unsure = decision === 'answer' ? [] : [say(view, decision === 'offer' ? 'ofrece' : 'noSe')]
  return [...(emergency ? [say(view, 'emergencia')] : unsure), ...answers].join('\n\n').trim()
}

function answerLine(line: string, number: number): unknown {
  const question = Question.safeParse(parseLine(line))
  if (!question.success) {
    const issue = question.error.issues[0]
    return { error: `${number}: ${[...(issue?.path ?? []), issue?.message].join(': ')}` }
  }
  const { q, at } = question.data
  const { emergency, ...understood } = understand(q)
  const text = textOf(q, { emergency, ...understood }, at ? new Date(at) : new Date())
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
    `${understood.decision}: ${understood.topics.join(', ')}\n${ranked}\n\n${textOf(question, understood, new Date())}`.trimEnd(),
  )
}

const words = process.argv.slice(2)
const question = words.filter(word => word !== '--why').join(' ')
if (words.includes('--json')) await answerLines()
else if (question.trim() === '') console.error('npm run ask -- [--why] "una pregunta"')
else if (words.includes('--why'))
  console.log(whyInWords(question, createExplanation(content.examples(), loadModel())(question), content))
else answerPerson(question)
