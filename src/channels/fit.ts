/**
 * Brings a reply into the form that a platform takes: long text in pieces, too many choices as a numbered list. Called
 * with a channel's limits where replies are stored for sending; the only place that splits. Pure.
 */
import type { Choice, Outgoing } from '../message.ts'
import type { Limits } from './channel.ts'

/** The same message where there is nothing to do; none at all where nobody would see anything of it. */
export function fitInto(message: Outgoing, limits: Limits): Outgoing[] {
  const { choices, live, file } = message
  const listed =
    choices !== undefined && (choices.length > limits.buttons || message.text.length > limits.buttonText)
  // A platform refuses half a character.
  const text = (listed ? `${message.text}\n\n${numbered(choices)}` : message.text).toWellFormed()
  if (text === message.text && text.length <= limits.text && visible.test(text)) return [message]
  const texts = split(text, limits.text)
  return texts.map((text, i) => ({
    text,
    ...(choices && !listed && i === texts.length - 1 ? { choices } : {}),
    ...(live && texts.length === 1 ? { live } : {}),
    ...(file && i === texts.length - 1 ? { file } : {}),
  }))
}

const numbered = (choices: readonly Choice[]) =>
  choices.map(({ label }, i) => `${i + 1}. ${label}`).join('\n')

/**
 * Something to see. A platform refuses a message without: spaces, characters that have no form of their own, the empty
 * Braille pattern, and three marks that Telegram takes away (clean_input_string in TDLib).
 */
const visible = /(?![\u2800\ufffc]|\u030a|\u0333|\u033f)[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]/u

const segmenter = new Intl.Segmenter('es', { granularity: 'grapheme' })

/** Whitespace that goes at a cut; not a space that carries an accent, which is a character of its own. */
const gap = /\s*(?![\p{Grapheme_Extend}\p{Mc}\p{Emoji_Modifier}\u200d])/uy

function split(text: string, limit: number): string[] {
  const pieces: string[] = []
  let from = 0
  while (text.length - from > limit) {
    const cut = from + cutOf(text.slice(from, from + limit + 2), limit)
    pieces.push(text.slice(from, cut).trimEnd())
    gap.lastIndex = cut
    from = gap.test(text) ? gap.lastIndex : cut
  }
  pieces.push(text.slice(from))
  return pieces.filter(piece => visible.test(piece))
}

/** Where to cut what stands before `limit`. The two units after it tell whether something goes on there. */
function cutOf(text: string, limit: number): number {
  const graphemes = segmenter.segment(text)
  const starts = [wishedCut(text, limit), limit].map(at => graphemes.containing(at)?.index ?? at)
  // One character longer than a message, a letter under a thousand accents: cut it, but no code point.
  return starts.find(start => start > 0) ?? ((text.codePointAt(limit - 1) ?? 0) > 0xffff ? limit - 1 : limit)
}

/** What a reader minds least first: between paragraphs, lines, sentences, words. The spaces go with the cut. */
const breaks = [['\n\n'], ['\n'], ['. ', '? ', '! ', '… '], [' ']] as const

/** The last good place; one that leaves more than half a message empty only rather than cut a word. */
function wishedCut(text: string, limit: number): number {
  const cuts = breaks.map(marks => Math.max(...marks.map(mark => lastBefore(text, mark, limit))))
  return cuts.find(cut => cut > limit / 2) ?? cuts.find(cut => cut > 0) ?? limit
}

/** Where the mark's own spaces begin. */
function lastBefore(text: string, mark: string, limit: number): number {
  const kept = mark.trimEnd().length
  const at = text.lastIndexOf(mark, limit - kept)
  return at < 0 ? at : at + kept
}
