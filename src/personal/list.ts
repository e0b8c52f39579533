/** What the school's staff reads of the questions that were not answered outright: groups, as JSON or in Spanish. For `npm run unanswered`; pure. */
import { dayOf, formatDay } from '../calendar.ts'
import type { Content } from '../content/load.ts'
import { say, type View, viewOfNobody } from '../conversation/write.ts'
import type { Unanswered } from '../store/store.ts'
import { type Group, groupByLikeness } from './likeness.ts'

export interface List {
  readonly days: number
  readonly questions: number
  /** There may be older ones: only so many are read. */
  readonly more: boolean
  readonly groups: readonly Asked[]
}

/** Questions that ask the same. */
interface Asked {
  readonly questions: number
  readonly first: Date
  readonly last: Date
  /** Masked, and without signs that a terminal obeys. */
  readonly example: string
  readonly others: readonly string[]
  /** What was offered for them, the most frequent first. */
  readonly topics: readonly string[]
}

const maxOthers = 4
const maxShownChars = 200
const maxShownGroups = 50

export function makeList(
  questions: readonly Unanswered[],
  { days, max, examples }: { days: number; max: number; examples: readonly string[] },
): List {
  const groups = groupByLikeness(questions, examples).map(summarise)
  return { days, questions: questions.length, more: questions.length >= max, groups }
}

function summarise({ texts, questions }: Group): Asked {
  const all = texts.flat()
  const times = all.map(({ at }) => at.getTime())
  const [example = '', ...others] = texts.slice(0, 1 + maxOthers).map(([{ text }]) => printable(text))
  return {
    questions,
    first: new Date(times.reduce((a, b) => Math.min(a, b))),
    last: new Date(times.reduce((a, b) => Math.max(a, b))),
    example,
    others,
    topics: mostFrequent(all.flatMap(({ topics }) => topics)),
  }
}

function mostFrequent(topics: readonly string[]): string[] {
  const times = new Map<string, number>()
  for (const topic of topics) times.set(topic, (times.get(topic) ?? 0) + 1)
  return [...times].sort(([, a], [, b]) => b - a).map(([topic]) => topic)
}

/** In one line: a terminal obeys control characters, and formatting ones turn round what stands beside them. */
function printable(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}]/gu, '')
    .trim()
  return line.length > maxShownChars ? `${line.slice(0, maxShownChars).toWellFormed()}…` : line
}

export function writeList(list: List, content: Content, now: Date): string {
  const view = viewOfNobody(content, now)
  const n = String(list.days)
  if (list.questions === 0) return say(view, 'personal.sinRespuesta.ninguna', { n })
  const shown = list.groups.slice(0, maxShownGroups)
  const rest = list.groups.length - shown.length
  const numbers = { n, cuantos: String(list.questions), grupo: String(list.groups.length) }
  return [
    say(view, 'personal.sinRespuesta', numbers),
    ...(list.more ? [say(view, 'personal.sinRespuesta.tope')] : []),
    ...shown.map(asked => writeGroup(asked, view)),
    ...(rest > 0 ? [say(view, 'personal.sinRespuesta.resto', { n: String(rest) })] : []),
  ].join('\n\n')
}

function writeGroup({ questions, first, last, example, others, topics }: Asked, view: View): string {
  const day = (at: Date) => formatDay(dayOf(at), view.context.hoy)
  const temas = topics.map(id => view.content.preguntas[id]?.titulo ?? id).join('; ')
  const dates = { desde: day(first), hasta: day(last) }
  const about = [
    dates.desde === dates.hasta ? dates.desde : say(view, 'personal.sinRespuesta.fechas', dates),
    ...(temas === '' ? [] : [say(view, 'personal.sinRespuesta.ofrecidos', { temas })]),
    ...others.map(otro => say(view, 'personal.sinRespuesta.tambien', { otro })),
  ]
  const head = say(view, 'personal.sinRespuesta.grupo', { n: String(questions), ejemplo: example })
  return [head, ...about.map(line => `    ${line}`)].join('\n')
}
