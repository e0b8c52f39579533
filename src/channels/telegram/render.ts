/**
 * How a reply looks on Telegram: its text as HTML, its choices as an inline keyboard, and what a pressed button sends
 * back. The Telegram adapter renders and decodes with it, nobody else; pure.
 */
import { createHash } from 'node:crypto'
import type { InlineKeyboardButton, InlineKeyboardMarkup } from 'grammy/types'
import type { Choice } from '../../message.ts'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** On one line; with what it quotes in its turn. */
const quote = /«(?:[^«»\n]|«[^«»\n]*»)*»/g

/** What is «quoted», a button or a document's own words, stands out. Tags do not count in Telegram's limit. */
export function toHtml(text: string): string {
  return text
    .replace(/[&<>]/g, sign => entities[sign] ?? sign)
    .replace(quote, quoted => (quoted.lastIndexOf('«') > 0 ? quoted : `<b>${quoted}</b>`))
}

/** What a button of ours says when it is pressed. A live message's choice changes that message. */
export type Press =
  | { readonly kind: 'choice'; readonly turn: number; readonly choice: string; readonly live: boolean }
  | { readonly kind: 'page'; readonly turn: number; readonly page: number }
  | { readonly kind: 'nothing' }

/** All that Telegram carries, in bytes. */
const maxData = 64
const maxTurn = 2 ** 31 - 1

/** `7b:menu` in turn 263; `7b*menu` in a live message; `7b>2` turns to its third page; `=` does nothing. */
export function encodePress(press: Press): string {
  if (press.kind === 'nothing') return '='
  const turn = press.turn.toString(36)
  if (press.kind === 'page') return `${turn}>${press.page}`
  const head = `${turn}${press.live ? '*' : ':'}`
  const plain = /^[!-~]+$/.test(press.choice) && !press.choice.startsWith('#')
  return plain && head.length + press.choice.length <= maxData
    ? head + press.choice
    : head + hashOf(press.choice)
}

const hashOf = (id: string) => `#${createHash('sha256').update(id).digest('base64url').slice(0, 12)}`

/** A client can send what it likes: whatever `encodePress` does not write is undefined. */
export function decodePress(data: string): Press | undefined {
  if (data === '=') return { kind: 'nothing' }
  const [, digits = '', kind, rest = ''] = /^([0-9a-z]{1,6})([:*>])([!-~]+)$/.exec(data) ?? []
  const turn = Number.parseInt(digits, 36)
  if (data.length > maxData || !(turn <= maxTurn) || turn.toString(36) !== digits) return undefined
  if (kind !== '>') return { kind: 'choice', turn, choice: rest, live: kind === '*' }
  return /^(?:0|[1-9]\d?)$/.test(rest) ? { kind: 'page', turn, page: Number(rest) } : undefined
}

/** Which of a turn's choices a press names, by its id or, where that is long, by its hash. */
export function choiceOf(press: { readonly choice: string }, choices: readonly Choice[]): Choice | undefined {
  return choices.find(({ id }) => (press.choice.startsWith('#') ? hashOf(id) : id) === press.choice)
}

const perPage = 8
/** Two labels of this many characters still stand side by side on a small phone. */
const maxBeside = 14
/** Where everybody looks for them: at the bottom of every page. */
const fixed = ['volver', 'menu']

/** A page that there is not is the nearest one. */
export function keyboardOf(
  choices: readonly Choice[],
  turn: number,
  page: number,
  live: boolean,
): InlineKeyboardMarkup {
  const paged = choices.filter(({ id }) => !fixed.includes(id))
  const pages = Math.max(1, Math.ceil(paged.length / perPage))
  const shown = Math.min(Math.max(page, 0), pages - 1)
  const rows = (of: readonly Choice[]) =>
    rowsOf(of).map(row =>
      row.map(({ id, label }) => button(label, { kind: 'choice', turn, choice: id, live })),
    )
  return {
    inline_keyboard: [
      ...rows(paged.slice(shown * perPage, (shown + 1) * perPage)),
      ...(pages > 1 ? [pager(turn, shown, pages)] : []),
      ...rows(choices.filter(({ id }) => fixed.includes(id))),
    ],
  }
}

function pager(turn: number, page: number, pages: number): InlineKeyboardButton[] {
  return [
    ...(page > 0 ? [button('‹', { kind: 'page', turn, page: page - 1 })] : []),
    button(`${page + 1}/${pages}`, { kind: 'nothing' }),
    ...(page < pages - 1 ? [button('›', { kind: 'page', turn, page: page + 1 })] : []),
  ]
}

/** Takes the place of the choices once one of them is made. */
export function chosenKeyboard(label: string): InlineKeyboardMarkup {
  return { inline_keyboard: [[button(`✓ ${label}`, { kind: 'nothing' })]] }
}

const button = (text: string, press: Press): InlineKeyboardButton => ({
  text,
  callback_data: encodePress(press),
})

function rowsOf(choices: readonly Choice[]): Choice[][] {
  const rows: Choice[][] = []
  for (const choice of choices) {
    const last = rows.at(-1)
    if (last?.length === 1 && [...last, choice].every(isShort)) last.push(choice)
    else rows.push([choice])
  }
  return rows
}

const segmenter = new Intl.Segmenter('es', { granularity: 'grapheme' })
const isShort = ({ label }: Choice) => [...segmenter.segment(label)].length <= maxBeside
