/**
 * What the Cloud API takes and what it refuses, as far as no state but the registered templates is needed to tell;
 * whatsapp-cloud.ts calls it. Each rule names its page below
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/. Where Meta's words for a refusal
 * are not published they are ours; lengths are counted in UTF-16 units, the strictest reading of "characters".
 */
import { Refusal } from './errors.ts'

export type Payload = Readonly<Record<string, unknown>>

export interface Button {
  /** Absent of a template's. */
  readonly id?: string
  readonly title: string
}

export interface Row {
  readonly id: string
  readonly title: string
  readonly description?: string
}

/** What a message shows, once it is read. */
export interface Content {
  readonly kind: 'text' | 'button' | 'list' | 'template' | 'reaction' | MediaMessage
  /** The body, the caption; of a reaction the emoji, empty where it takes one away. */
  readonly text: string
  readonly header?: string
  readonly footer?: string
  readonly buttons: readonly Button[]
  /** What opens the rows. */
  readonly listButton?: string
  readonly rows: readonly Row[]
  readonly file?: FileSent
  /** What a reaction is to. */
  readonly messageId?: string
}

export type MediaMessage = 'document' | 'image' | 'audio' | 'video' | 'sticker'

export interface FileSent {
  readonly id?: string
  readonly link?: string
  readonly name?: string
}

export interface Template {
  readonly name: string
  readonly language: string
  /** With `{{1}}`, `{{2}}` … */
  readonly body: string
  /** Quick replies. */
  readonly buttons?: readonly string[]
}

const bare = { buttons: [], rows: [] } as const
const interactiveText = 1_024
const edgeText = 60

export function readContent(payload: Payload, templates: readonly Template[]): Content {
  const { type = 'text' } = payload
  const reading = typeof type === 'string' ? readers.get(type) : undefined
  if (!reading) throw new Refusal(131051, `Unsupported message type ${String(type)}`)
  const given = payload[String(type)]
  if (given === undefined) throw new Refusal(131008, `Required parameter ${String(type)} is missing`)
  return reading(object(given, String(type)), templates)
}

const readers = new Map<string, (given: Payload, templates: readonly Template[]) => Content>([
  ['text', readText],
  ['interactive', readInteractive],
  ['template', readTemplate],
  ['reaction', readReaction],
  ...(['document', 'image', 'audio', 'video', 'sticker'] as const).map(
    kind => [kind, (given: Payload) => readFile(kind, given)] as const,
  ),
])

/** text-messages: body "Maximum 4096 characters". */
function readText(given: Payload): Content {
  only(given, 'text', ['body', 'preview_url'])
  const { preview_url: preview = false } = given
  if (typeof preview !== 'boolean') throw invalid("Param text['preview_url'] must be a boolean.")
  return { ...bare, kind: 'text', text: string(given.body, "text['body']", 4_096) }
}

// ---- interactive-reply-buttons-messages, interactive-list-messages ----

function readInteractive(given: Payload): Content {
  only(given, 'interactive', ['type', 'header', 'body', 'footer', 'action'])
  const { type, header, body, footer } = given
  if (type !== 'button' && type !== 'list')
    throw invalid(`the fake knows no interactive message of type ${String(type)}`)
  const text = only(object(body, "interactive['body']"), "interactive['body']", ['text'])
  const action = object(given.action, "interactive['action']")
  return {
    ...bare,
    kind: type,
    text: string(text.text, "interactive['body']['text']", interactiveText),
    ...(header === undefined ? {} : { header: readHeader(header) }),
    ...(footer === undefined ? {} : { footer: readFooter(footer) }),
    ...(type === 'button' ? { buttons: readButtons(action) } : readList(action)),
  }
}

function readHeader(given: unknown): string {
  const header = only(object(given, "interactive['header']"), "interactive['header']", ['type', 'text'])
  if (header.type !== 'text') throw invalid('the fake knows no header but a text')
  return string(header.text, "interactive['header']['text']", edgeText)
}

function readFooter(given: unknown): string {
  const footer = only(object(given, "interactive['footer']"), "interactive['footer']", ['text'])
  return string(footer.text, "interactive['footer']['text']", edgeText)
}

/** "Supports up to 3 buttons"; title 20, id 256, both unique within the message. */
function readButtons(action: Payload): Button[] {
  only(action, "interactive['action']", ['buttons'])
  const given = list(action.buttons, "interactive['action']['buttons']")
  if (given.length < 1 || given.length > 3)
    throw badValue('Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3')
  const buttons = given.map((one, at) => {
    const path = `interactive['action']['buttons'][${at}]`
    const button = only(object(one, path), path, ['type', 'reply'])
    if (button.type !== 'reply') throw badValue(`${path}['type'] must be reply`)
    const reply = only(object(button.reply, `${path}['reply']`), `${path}['reply']`, ['id', 'title'])
    return { id: readId(reply.id, path, 256), title: readTitle(reply.title, 'Button title', 20) }
  })
  unique(
    buttons.map(({ id }) => id),
    'button id',
  )
  unique(
    buttons.map(({ title }) => title),
    'button title',
  )
  return buttons
}

/** "Up to 10 sections, with up to 10 rows for all sections combined". */
function readList(action: Payload): Pick<Content, 'listButton' | 'rows'> {
  only(action, "interactive['action']", ['button', 'sections'])
  const listButton = readTitle(action.button, 'List button', 20)
  const sections = list(action.sections, "interactive['action']['sections']")
  if (!sections.length || sections.length > 10) throw badValue('Section count must be between 1 and 10')
  const rows = sections.flatMap((one, at) => readSection(one, at, sections.length > 1))
  if (rows.length > 10) throw badValue('Total row count exceed max allowed count: 10')
  unique(
    rows.map(({ id }) => id),
    'row id',
  )
  return { listButton, rows }
}

function readSection(given: unknown, at: number, titled: boolean): Row[] {
  const path = `interactive['action']['sections'][${at}]`
  const section = only(object(given, path), path, ['title', 'rows'])
  if (titled && section.title === undefined)
    throw badValue('Section title is required if there is more than one section')
  if (section.title !== undefined) readTitle(section.title, 'Section title', 24)
  const rows = list(section.rows, `${path}['rows']`)
  if (!rows.length) throw badValue('A section must have at least one row')
  return rows.map((one, row) => {
    const rowPath = `${path}['rows'][${row}]`
    const { id, title, description } = only(object(one, rowPath), rowPath, ['id', 'title', 'description'])
    const seen = { id: readId(id, rowPath, 200), title: readTitle(title, 'Row title', 24) }
    return description === undefined
      ? seen
      : { ...seen, description: readTitle(description, 'Row description', 72) }
  })
}

function readId(given: unknown, path: string, longest: number): string {
  const id = string(given, `${path}['id']`, longest)
  // "You cannot have leading or trailing spaces when setting the ID."
  if (id !== id.trim()) throw badValue(`${path}['id'] must not have leading or trailing spaces`)
  return id
}

function readTitle(given: unknown, what: string, longest: number): string {
  if (given === undefined) throw new Refusal(131008, `${what} is missing`)
  const fits = typeof given === 'string' && given.isWellFormed() && given.trim() && !/[\r\n]/.test(given)
  if (!fits || given.length > longest)
    throw badValue(`${what} length invalid. Min length: 1, Max length: ${longest}`)
  return given
}

function unique(values: readonly string[], what: string): void {
  if (new Set(values).size < values.length) throw badValue(`Duplicated ${what}`)
}

// ---- template-messages ----

function readTemplate(given: Payload, templates: readonly Template[]): Content {
  only(given, 'template', ['name', 'language', 'components'])
  const name = string(given.name, "template['name']", 512)
  const language = only(object(given.language, "template['language']"), "template['language']", [
    'code',
    'policy',
  ])
  const named = templates.find(one => one.name === name && one.language === language.code)
  if (!named) throw new Refusal(132001, `template name (${name}) does not exist in ${String(language.code)}`)
  const values = readParameters(given.components)
  const expected = new Set(named.body.match(/\{\{\d+\}\}/g)).size
  if (values.length !== expected)
    throw new Refusal(
      132000,
      `body: number of localizable_params (${values.length}) does not match the expected number of params (${expected})`,
    )
  const text = named.body.replace(/\{\{(\d+)\}\}/g, (_, at) => values[Number(at) - 1] ?? '')
  if (text.length > interactiveText)
    throw new Refusal(132005, `Translated text too long: body has ${text.length} characters`)
  const buttons = (named.buttons ?? []).map(title => ({ title }))
  return { ...bare, kind: 'template', text, buttons }
}

function readParameters(given: unknown): string[] {
  const components = given === undefined ? [] : list(given, "template['components']")
  if (components.length > 1) throw invalid('the fake knows one component of a template, its body')
  return components.flatMap(one => {
    const path = "template['components'][0]"
    const component = only(object(one, path), path, ['type', 'parameters'])
    if (component.type !== 'body') throw invalid('the fake knows one component of a template, its body')
    return list(component.parameters, `${path}['parameters']`).map(readParameter)
  })
}

function readParameter(given: unknown): string {
  const { type, text } = only(object(given, 'parameters'), 'parameters', ['type', 'text'])
  if (type !== 'text') throw new Refusal(132012, 'body: parameter format does not match: TEXT is expected')
  if (typeof text !== 'string' || !text.trim())
    throw new Refusal(131008, 'Parameter of type text is missing text value')
  if (!text.isWellFormed()) throw badValue('Parameter is not valid UTF-8')
  // github.com/netflie/whatsapp-cloud-api/issues/201
  if (/[\n\r\t]| {5}/.test(text))
    throw new Refusal(
      132018,
      'Param text cannot have new-line/tab characters or more than 4 consecutive spaces',
    )
  return text
}

// ---- document-messages, image-messages …, reaction-messages ----

const fileFields: Readonly<Record<MediaMessage, readonly string[]>> = {
  document: ['id', 'link', 'caption', 'filename'],
  image: ['id', 'link', 'caption'],
  video: ['id', 'link', 'caption'],
  audio: ['id', 'link', 'voice'],
  sticker: ['id', 'link'],
}

/** "caption: Maximum 1024 characters"; by id or by link. */
function readFile(kind: MediaMessage, given: Payload): Content {
  only(given, kind, fileFields[kind])
  const { id, link, caption, filename } = given
  if ((id === undefined) === (link === undefined))
    throw new Refusal(131008, `Parameter id or link is required for ${kind}, and not both`)
  if (link !== undefined && !(typeof link === 'string' && /^https?:$/.test(protocolOf(link))))
    throw invalid(`Param ${kind}['link'] is not a valid URI.`)
  const text = caption === undefined ? '' : string(caption, `${kind}['caption']`, interactiveText)
  const file = {
    ...(id === undefined ? {} : { id: string(id, `${kind}['id']`, 100) }),
    ...(link === undefined ? {} : { link: String(link) }),
    ...(filename === undefined ? {} : { name: string(filename, `${kind}['filename']`, 240) }),
  }
  return { ...bare, kind, text, file }
}

function protocolOf(link: string): string {
  return URL.canParse(link) ? new URL(link).protocol : ''
}

function readReaction(given: Payload): Content {
  only(given, 'reaction', ['message_id', 'emoji'])
  const { emoji } = given
  if (typeof emoji !== 'string' || [...new Intl.Segmenter().segment(emoji)].length > 1)
    throw badValue('emoji must be one emoji, or an empty string')
  const messageId = string(given.message_id, "reaction['message_id']", 512)
  return { ...bare, kind: 'reaction', text: emoji, messageId }
}

// ---- who it goes to ----

/** Digits of a phone number, or a business-scoped user id. */
export type Recipient = { readonly phone: string } | { readonly bsuid: string }

/**
 * business-scoped-user-ids: `to` is a phone number, `recipient` a BSUID ("US.13491208655302741918") or a parent BSUID; of
 * both, `to` takes precedence.
 */
export function readRecipient({ to, recipient, recipient_type: type = 'individual' }: Payload): Recipient {
  if (type !== 'individual') throw badValue('the fake knows no groups')
  if (to !== undefined) {
    const phone = typeof to === 'string' ? to.replace(/[+\s()-]/g, '') : ''
    if (!/^\d{7,15}$/.test(phone)) throw invalid('Param to must be a phone number.')
    return { phone }
  }
  if (recipient === undefined) throw invalid('The parameter to is required.')
  if (typeof recipient !== 'string' || !/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(recipient))
    throw invalid('Param recipient must be a business-scoped user ID.')
  return { bsuid: recipient }
}

const sendFields = [
  ...[
    'messaging_product',
    'recipient_type',
    'to',
    'recipient',
    'type',
    'context',
    'biz_opaque_callback_data',
  ],
  ...readers.keys(),
]

/** The envelope of a message; the parameters that nobody here sends are refused, not overlooked. */
export function checkEnvelope(payload: Payload): void {
  only(payload, 'message', sendFields)
  const { context, biz_opaque_callback_data: tag } = payload
  if (context !== undefined) {
    const { message_id: id } = only(object(context, 'context'), 'context', ['message_id'])
    string(id, "context['message_id']", 512)
  }
  if (tag !== undefined) string(tag, 'biz_opaque_callback_data', 512)
}

/** typing-indicators, mark-message-as-read. */
export function readMark(payload: Payload): { readonly messageId: string; readonly typing: boolean } {
  only(payload, 'message', ['messaging_product', 'status', 'message_id', 'typing_indicator'])
  if (payload.status !== 'read') throw badValue('status must be read')
  const { typing_indicator: indicator } = payload
  if (indicator !== undefined) {
    const { type } = only(object(indicator, 'typing_indicator'), 'typing_indicator', ['type'])
    if (type !== 'text') throw badValue("typing_indicator['type'] must be text")
  }
  const messageId = string(payload.message_id, 'message_id', 512)
  return { messageId, typing: indicator !== undefined }
}

// ---- shapes ----

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function object(value: unknown, path: string): Payload {
  if (value === undefined) throw new Refusal(131008, `Required parameter ${path} is missing`)
  if (!isObject(value)) throw invalid(`Param ${path} must be a JSON object.`)
  return value
}

function list(value: unknown, path: string): readonly unknown[] {
  if (value === undefined) throw new Refusal(131008, `Required parameter ${path} is missing`)
  if (!Array.isArray(value)) throw invalid(`Param ${path} must be an array.`)
  return value
}

/** Something to see, no half of a character, at most so long. */
function string(value: unknown, path: string, longest: number): string {
  if (value === undefined) throw new Refusal(131008, `Required parameter ${path} is missing`)
  if (typeof value !== 'string') throw invalid(`Param ${path} must be a string.`)
  if (!value.trim()) throw invalid(`Param ${path} cannot be empty.`)
  if (!value.isWellFormed()) throw invalid(`Param ${path} is not valid UTF-8.`)
  if (value.length > longest) throw invalid(`Param ${path} must be at most ${longest} characters long.`)
  return value
}

function only(given: Payload, path: string, known: readonly string[]): Payload {
  const other = Object.keys(given).find(key => !known.includes(key))
  if (other !== undefined) throw invalid(`Unexpected key "${other}" on param "${path}".`)
  return given
}

const invalid = (details: string) => new Refusal(100, details)
const badValue = (details: string) => new Refusal(131009, details)
