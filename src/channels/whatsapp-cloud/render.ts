/**
 * How a reply looks on WhatsApp: as text, with up to three buttons, with a list, with a document, or as the template that
 * may be sent at any time; and what a pressed button sends back. The adapter renders and decodes with it; pure.
 */
import type { WhatsAppNube as Words } from '../../content/schema.ts'
import type { Choice, Outgoing } from '../../message.ts'

/** In characters (here in UTF-16 units, which are never fewer); a caption of a document has as many as a body. */
export const maxText = 4096
export const maxBody = 1024
export const maxRows = 10
const maxButtons = 3
const maxButtonTitle = 20
const maxRowTitle = 24
/** Of a row: a button's may be longer. */
const maxId = 200

/** As the messages endpoint takes it, but for whom it is for. */
export type Rendered =
  | { readonly type: 'text'; readonly text: { readonly body: string; readonly preview_url: false } }
  | { readonly type: 'interactive'; readonly interactive: Interactive }
  | { readonly type: 'document'; readonly document: Document & { readonly caption?: string } }
  | { readonly type: 'template'; readonly template: Template }

interface Document {
  readonly id: string
  readonly filename: string
}

interface Interactive {
  readonly type: 'button' | 'list'
  readonly body: { readonly text: string }
  readonly footer?: { readonly text: string }
  readonly action: object
}

interface Template {
  readonly name: string
  readonly language: { readonly code: string }
  readonly components: readonly object[]
}

export interface RenderedReply {
  readonly message: Outgoing
  readonly turn: number
  readonly words: Words
  /** The name under which Meta has the message's file. */
  readonly mediaId?: string
}

/** One message for each call, in order; the file before its text where they cannot be one. */
export function render({ message, turn, words, mediaId }: RenderedReply): Rendered[] {
  const { text, choices = [], file } = message
  const shown = choices.length > 0 ? withChoices(text, actionOf(choices, turn, words)) : textMessage(text)
  if (!file || mediaId === undefined) return [shown]
  const document = { id: mediaId, filename: file.name }
  if (choices.length > 0 || text.length > maxBody) return [{ type: 'document', document }, shown]
  return [{ type: 'document', document: { ...document, caption: emphasize(text, maxBody) } }]
}

const textMessage = (text: string): Rendered => ({
  type: 'text',
  text: { body: emphasize(text, maxText), preview_url: false },
})

const withChoices = (text: string, { type, ...rest }: Action): Rendered => ({
  type: 'interactive',
  interactive: { type, body: { text: emphasize(text, maxBody) }, ...rest },
})

type Action = Pick<Interactive, 'type' | 'action' | 'footer'>

/** What is understood everywhere when it is written: a yes or no is worth more as buttons than these in a list. */
const written = ['volver', 'menu']

function actionOf(choices: readonly Choice[], turn: number, words: Words): Action {
  const all = choices.map(({ id, label }, i) => ({
    id: encodePress(turn, id) ?? `?${i}`,
    label,
    title: cut(label, maxButtonTitle),
    spare: written.includes(id),
  }))
  const asked = all.filter(({ spare }) => !spare)
  const spared = all.length > maxButtons && asked.length > 1 && asked.length <= maxButtons
  const shown = spared ? asked : all
  // Buttons that say the same are refused, rows are not.
  if (shown.length > maxButtons || new Set(shown.map(({ title }) => title)).size < shown.length) {
    const rows = all.map(({ id, label }) => ({ id, title: cut(label, maxRowTitle) }))
    return { type: 'list', action: { button: words.lista, sections: [{ rows }] } }
  }
  const buttons = shown.map(({ id, title }) => ({ type: 'reply', reply: { id, title } }))
  return { type: 'button', ...(spared ? { footer: { text: words.pie } } : {}), action: { buttons } }
}

const segmenter = new Intl.Segmenter('es', { granularity: 'grapheme' })

/** Between two characters as people see them. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const end = segmenter.segment(text).containing(limit - 1)?.index ?? 0
  const kept = end > 0 ? text.slice(0, end) : text.slice(0, limit - 1)
  return `${kept.toWellFormed().trimEnd()}…`
}

/** On one line, with what it quotes in its turn, and where WhatsApp takes a star for a sign: between words. */
const quote = /(?<![^\s([¿¡"])«(?:[^«»*\n]|«[^«»*\n]*»)+»(?![^\s)\].,;:!?"…])/gu

/**
 * What is «quoted», a button or a document's own words, stands out in bold, where there is room for its stars. WhatsApp
 * has no way to say that a sign is none, and our texts hold no pairs of them, so nothing else is touched.
 */
export function emphasize(text: string, limit: number): string {
  const marked = text.replace(quote, '*$&*')
  return marked.length <= limit ? marked : text
}

export function renderTemplate(text: string, words: Words): Rendered {
  const { nombre, idioma } = words.plantilla
  const parameters = [{ type: 'text', text: parameterOf(text, words) }]
  return {
    type: 'template',
    template: {
      name: nombre,
      language: { code: idioma },
      components: [{ type: 'body', parameters }],
    },
  }
}

/** What a person reads of it. */
export const templateText = (text: string, words: Words): string =>
  words.plantilla.texto.replace(parameter, () => parameterOf(text, words))

/** In it no line may end and no four spaces stand together. */
function parameterOf(text: string, { plantilla }: Words): string {
  const line = text.toWellFormed().replace(/\s+/g, ' ').trim()
  return cutAtWord(line, maxBody - (plantilla.texto.length - parameter.length))
}

const parameter = '{{1}}'

function cutAtWord(line: string, limit: number): string {
  if (line.length <= limit) return line
  const space = line.lastIndexOf(' ', limit - 1)
  return space > limit / 2 ? `${line.slice(0, space)}…` : cut(line, limit)
}

/** `7b:menu` in turn 263. Undefined where WhatsApp could not carry it. */
export function encodePress(turn: number, choice: string): string | undefined {
  const id = `${turn.toString(36)}:${choice}`
  return id.length <= maxId && /^[!-~]+$/.test(id) ? id : undefined
}

const maxTurn = 2 ** 31 - 1

/** A client can send what it likes: whatever `encodePress` does not write is undefined. */
export function decodePress(id: string): { readonly turn: number; readonly choice: string } | undefined {
  const [, digits = '', choice = ''] = /^([0-9a-z]{1,6}):([!-~]+)$/.exec(id) ?? []
  const turn = Number.parseInt(digits, 36)
  if (id.length > maxId || !(turn <= maxTurn) || turn.toString(36) !== digits) return undefined
  return { choice, turn }
}
