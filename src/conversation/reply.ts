/** Puts together what is said after a message: notes, answers, the state's own question, and what can be pressed. Called by `step`; pure. */
import type { Choice, Outgoing } from '../message.ts'
import { metaOf, offersAt } from './choices.ts'
import { home } from './saved.ts'
import type { Walk } from './walk.ts'

/** A screen of a phone. */
const maxWords = 90
/** Only a question, and only one as short as this, is asked again word for word after an answer. */
const maxWordsRepeated = 35
/** Fewer words than this are not sent as a message of their own. */
const minWords = 16

/** Answers first, then the state's own question with everything that can be pressed. */
export function reply(walk: Walk): Outgoing[] {
  if (walk.forget) return []
  const offers = offersAt(walk.guide.content, walk.saved, walk.snapshot)
  const choices: Choice[] = offers.map(({ id, label }) => ({ id, label }))
  const resting = walk.saved.flow === home.flow && walk.extra.length > 0
  const asks = walk.quiet || resting ? '' : question(walk)
  const notes = walk.notes.join('\n\n')
  if (isLive(walk)) return [{ text: `${notes}\n\n${asks}`.trim(), choices, live: true }]
  const texts = walk.answers.length > 0 ? [notes, ...walk.answers, asks] : [`${notes}\n\n${asks}`]
  const [first, ...others] = closing(texts.flatMap(screens), choices)
  if (!first) return []
  return [walk.file ? { ...first, file: walk.file } : first, ...others]
}

/** The list itself and nothing besides: an answer or a refusal must not take its place. It is one message, however long. */
const isLive = ({ message, snapshot, answers, quiet, resumes, apart }: Walk) =>
  message.inPlace && metaOf(snapshot).vivo && answers.length === 0 && !quiet && !resumes && !apart

/** What the state asks. After an answer in the middle of a flow it says where we were, and repeats only a short question. */
function question(walk: Walk): string {
  const asks = walk.say(metaOf(walk.snapshot).texto)
  const answered = walk.resumes || (walk.answers.length > 0 && !isRepeated(asks))
  if (!answered || walk.saved.flow === home.flow) return asks
  return isRepeated(asks) ? `${whereWeWere(walk)}\n\n${asks}` : whereWeWere(walk)
}

function wordsIn(text: string): number {
  let words = 0
  let inside = false
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at) > space
    if (letter && !inside) words++
    inside = letter
  }
  return words
}
const space = 32

/** Whether a state's question is said again word for word after an answer. */
export const isRepeated = (asks: string) => asks.includes('?') && wordsIn(asks) <= maxWordsRepeated

/**
 * A text in pieces of one screen each, cut between paragraphs. What leads over to the next paragraph goes along
 * with it, and so does what comes before a lone last line.
 */
function screens(text: string): string[] {
  const pieces: string[][] = []
  for (const paragraph of text.trim().split('\n\n')) {
    const last = pieces.at(-1)
    if (last && wordsIn([...last, paragraph].join(' ')) <= maxWords) last.push(paragraph)
    else if (paragraph !== '')
      pieces.push(
        last && last.length > 1 && last.at(-1)?.endsWith(':') ? [last.pop() ?? '', paragraph] : [paragraph],
      )
  }
  const [before, last] = pieces.slice(-2)
  if (before && last && before.length > 1 && wordsIn(last.join(' ')) < minWords)
    last.unshift(before.pop() ?? '')
  return pieces.map(piece => piece.join('\n\n'))
}

/** The choices hang on the last message. */
function closing(texts: readonly string[], choices: readonly Choice[]): Outgoing[] {
  return texts.map((text, i) => (i === texts.length - 1 && choices.length > 0 ? { text, choices } : { text }))
}

function whereWeWere(walk: Walk): string {
  const { flow } = walk.saved
  const walking = flow === 'primero' || flow === 'posterior'
  const key = metaOf(walk.snapshot).paso ? 'donde.paso' : `donde.${walking ? 'recorrido' : flow}`
  return walk.say('seguimos', { donde: walk.say(key) })
}
