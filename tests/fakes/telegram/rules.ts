/**
 * What Telegram takes and what it refuses, as far as no state is needed to tell; chats.ts and updates.ts call it.
 * Rules from https://core.telegram.org/bots/api, words of the refusals from tdlib/telegram-bot-api and tdlib/td (2026-05).
 */
import { checkedUrl, type Entity, type Formatted, HtmlError, parseHtml } from './html.ts'

export type Payload = Readonly<Record<string, unknown>>

/** `{ok: false, error_code, description, parameters?}`, the HTTP status being the error_code. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: number
  readonly parameters: Readonly<Record<string, number>> | undefined
  constructor(code: number, description: string, parameters?: Readonly<Record<string, number>>) {
    super(description)
    this.code = code
    this.parameters = parameters
  }
}

export interface Button {
  readonly text: string
  readonly callback_data?: string
  readonly url?: string
}

export type Keyboard = readonly (readonly Button[])[]

/** Client.cpp `get_formatted_text`: before entities are parsed. */
const rawBytes = 1 << 15
/** https://core.telegram.org/bots/api#sendmessage: 1-4096 characters after entities parsing. */
const textLength = 4096
/** https://core.telegram.org/bots/api#senddocument: 0-1024 characters after entities parsing. */
const captionLength = 1024

/** The text as it will be shown. */
export function readText(payload: Payload): Formatted {
  const { text = '', parse_mode: mode = '' } = payload
  if (text === '') throw bad('message text is empty')
  return readWords(text, mode, textLength, 'message is too long')
}

/** What is said with a file, which may be nothing. */
export function readCaption({ caption = '', parse_mode: mode = '' }: Payload): Formatted {
  if (caption === '') return { text: '', entities: [] }
  return readWords(caption, mode, captionLength, 'message caption is too long')
}

/** A file that comes along in the same form: `attach://` and the name of its part. */
export function readFile(payload: Payload, field: string): File {
  const [, part = ''] = /^attach:\/\/(.+)$/.exec(String(payload[field] ?? '')) ?? []
  const file = payload[part]
  if (!(file instanceof File)) throw bad(`there is no ${field} in the request`)
  if (file.size === 0) throw bad('file must be non-empty')
  return file
}

function readWords(text: unknown, mode: unknown, longest: number, tooLong: string): Formatted {
  if (typeof text !== 'string') throw bad('text must be a String')
  if (Buffer.byteLength(text) > rawBytes) throw bad('text is too long')
  if (!text.isWellFormed()) throw bad('strings must be encoded in UTF-8')
  const shown = clean(parse(text, String(mode).toLowerCase()))
  // UTF-16 code units, the strictest of the ways in which the published rule's "characters" may be counted.
  if (shown.text.length > longest) throw bad(tooLong)
  return shown
}

function parse(text: string, mode: string): Formatted {
  if (mode === '' || mode === 'none') return { text, entities: [] }
  if (mode !== 'html') throw bad('unsupported parse_mode')
  try {
    return parseHtml(text)
  } catch (error) {
    if (error instanceof HtmlError) throw bad(`can't parse entities: ${error.message}`)
    throw error
  }
}

/** tdlib `fix_formatted_text`: what is never shown is taken out, the ends are trimmed, and something must be left. */
function clean(given: Formatted): Formatted {
  const { text, placeOf } = dropUnshown(given.text)
  const moved = given.entities.map(entity => move(entity, placeOf))
  const firstEntity = Math.min(text.length, ...moved.map(entity => entity.offset))
  let end = text.length
  while (end > 0 && ' \n'.includes(text.charAt(end - 1))) end--
  const begin = Math.min(text.search(/[^ \n]|$/), firstEntity)
  if (end === 0 || isBlank(text)) throw bad('text must be non-empty')
  const entities = moved
    .map(entity => ({ ...entity, length: Math.min(entity.offset + entity.length, end) - entity.offset }))
    .filter(entity => entity.length > 0)
    .map(entity => ({ ...entity, offset: entity.offset - begin }))
  return { text: text.slice(begin, end), entities }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
const unshown = /[\0-\x09\x0b-\x1f\u200e\u200f\u2028-\u202e]|\u0333|\u033f|\u030a/

/** tdlib `clean_input_string`: controls become spaces, CR and some marks go; tells where each place has gone. */
function dropUnshown(given: string): { text: string; placeOf: (place: number) => number } {
  if (!unshown.test(given)) return { text: given, placeOf: place => place }
  const places = new Int32Array(given.length + 1)
  let text = ''
  for (let at = 0; at < given.length; at++) {
    places[at] = text.length
    const unit = given.charCodeAt(at)
    if (unit < 32 && unit !== 10 && unit !== 13) text += ' '
    else if (unit !== 13 && !(unit >= 0x2028 && unit <= 0x202e) && ![0x333, 0x33f, 0x30a].includes(unit))
      text += given[at]
  }
  places[given.length] = text.length
  // Of several marks of direction in a row only the last is kept.
  const shown = text.replace(/[\u200e\u200f](?=[\u200e\u200f])/g, '\u200c')
  return { text: shown, placeOf: place => places[place] ?? 0 }
}

function move(entity: Entity, placeOf: (place: number) => number): Entity {
  const offset = placeOf(entity.offset)
  return { ...entity, offset, length: placeOf(entity.offset + entity.length) - offset }
}

/** tdlib `is_empty_string`: nothing but spaces of all sorts and characters without width. */
function isBlank(text: string): boolean {
  return /^[ \n\u00a0\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc\u{e0000}-\u{e01ff}]*$/u.test(
    text,
  )
}

/** https://core.telegram.org/bots/api#inlinekeyboardmarkup; another kind of markup is not sent by anybody here. */
export function readKeyboard(payload: Payload): Keyboard | undefined {
  const { reply_markup: given } = payload
  if (given === undefined || given === '') return undefined
  const markup = typeof given === 'string' ? parseJson(given, 'reply keyboard markup') : given
  if (!isObject(markup)) throw bad('object expected as reply markup')
  const { inline_keyboard: rows } = markup
  if (rows === undefined) throw bad('the fake knows no reply markup but inline_keyboard')
  if (!Array.isArray(rows) || !rows.every(Array.isArray))
    throw bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
  const keyboard = (rows as unknown[][]).map(row => row.map(readButton))
  // Telegram drops or wraps what is over without a word; the server's own limit is 100. Nothing may vanish unseen.
  if (keyboard.some(row => row.length > 8) || keyboard.flat().length > 100)
    throw bad('reply markup is too long')
  return keyboard.flat().length ? keyboard : undefined
}

function readButton(given: unknown): Button {
  const cannot = (why: string) => bad(`can't parse inline keyboard button: ${why}`)
  if (!isObject(given)) throw cannot('InlineKeyboardButton must be an Object')
  const { text, callback_data: data, url, ...rest } = given
  if (typeof text !== 'string') throw cannot('Field "text" must be of type String')
  // Telegram drops a button without text without a word; here it is refused, so that none vanishes unseen.
  if (!text.trim()) throw bad('inline keyboard button text must be non-empty')
  if (!text.isWellFormed()) throw bad('inline keyboard button text must be encoded in UTF-8')
  const others = Object.keys(rest).filter(name => name !== 'style' && name !== 'icon_custom_emoji_id')
  if (others.length) throw cannot(`the fake knows no button with ${others.join()}`)
  if (!data && !url) throw cannot('Text buttons are unallowed in the inline keyboard')
  // "Exactly one of the fields other than text, icon_custom_emoji_id, and style must be used."
  if (data !== undefined && url !== undefined) throw cannot('Exactly one action must be used')
  if (url !== undefined) {
    if (typeof url !== 'string') throw cannot('Field "url" must be of type String')
    const checked = checkedUrl(url)
    if (!checked) throw bad(`inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`)
    return { text, url: checked }
  }
  if (typeof data !== 'string') throw cannot('Field "callback_data" must be of type String')
  // "Data to be sent in a callback query to the bot when the button is pressed, 1-64 bytes."
  if (Buffer.byteLength(data) > 64 || !data.isWellFormed()) throw bad('BUTTON_DATA_INVALID')
  return { text, callback_data: data }
}

/** https://core.telegram.org/bots/api#setmycommands, tdlib BotCommand.cpp; the last two are the server's. */
export function checkCommands(payload: Payload): true {
  checkLanguage(payload)
  const { commands: given = [] } = payload
  const commands = typeof given === 'string' ? parseJson(given, 'commands') : given
  if (!Array.isArray(commands)) throw bad('expected an Array of BotCommand')
  for (const command of commands as unknown[]) {
    if (!isObject(command)) throw bad("can't parse BotCommand: expected an Object")
    const { command: name, description } = command
    if (typeof name !== 'string' || typeof description !== 'string')
      throw bad("can't parse BotCommand: Can't find field")
    const bare = name.trim().replace(/^\//, '')
    if (!bare) throw bad('command must be non-empty')
    if ([...bare].length > 32) throw bad('command length must not exceed 32')
    if (!description.trim()) throw bad('command description must be non-empty')
    if ([...description.trim()].length > 256) throw bad('command description length must not exceed 256')
    if (!/^[a-z0-9_]+$/.test(bare)) throw bad('BOT_COMMAND_INVALID')
  }
  if (commands.length > 100) throw bad('BOT_COMMANDS_TOO_MUCH')
  return true
}

/** setMyDescription: 0-512 characters, setMyShortDescription: 0-120; how it is refused is not published. */
export function checkDescription(payload: Payload, field: string, longest: number): true {
  checkLanguage(payload)
  const { [field]: text = '' } = payload
  if (typeof text !== 'string' || [...text].length > longest) throw bad('ABOUT_TOO_LONG')
  return true
}

function checkLanguage({ language_code: code = '' }: Payload): void {
  if (!/^([a-z]{2})?$/.test(String(code))) throw bad('invalid language code specified')
}

/** https://core.telegram.org/bots/api#sendchataction */
const actions =
  /^(typing|(upload|record)_(video|voice|video_note)|upload_(photo|document)|choose_sticker|find_location)$/

export function checkAction({ action = '' }: Payload): void {
  if (!actions.test(String(action))) throw bad('wrong parameter action in request')
}

export interface Webhook {
  readonly url: string
  readonly secret: string
  readonly maxConnections: number
}

/** https://core.telegram.org/bots/api#setwebhook; undefined: an empty url removes it. */
export function readWebhook(payload: Payload): Webhook | undefined {
  const { url = '', secret_token: secret = '', max_connections: most } = payload
  if (url === '') return undefined
  const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  if (!address) throw bad('invalid webhook URL specified')
  if (typeof secret !== 'string' || secret.length > 256) throw bad('secret token is too long')
  if (!/^[\w-]*$/.test(secret)) throw bad('secret token contains unallowed characters')
  if (address.protocol !== 'https:') throw bad('bad webhook: An HTTPS URL must be provided for webhook')
  if (!['', '80', '88', '8443'].includes(address.port))
    throw bad('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443')
  return { url: String(url), secret, maxConnections: integer(most, 40, 1, 100) }
}

/** tdlib `get_integer_arg`: what is no number is the usual one, and what is out of range is brought into it. */
export function integer(given: unknown, usual: number, least: number, most: number): number {
  const number = given === undefined || given === '' ? Number.NaN : Number(given)
  return Math.min(most, Math.max(least, Number.isInteger(number) ? number : usual))
}

export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw bad(`can't parse ${what} JSON object`)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function bad(reason: string): Refusal {
  return new Refusal(400, `Bad Request: ${reason}`)
}
