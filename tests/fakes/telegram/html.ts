/**
 * Telegram's HTML as its own parser reads it (tdlib, td/telegram/MessageEntity.cpp, `parse_html`): not a browser's HTML.
 * Called by rules.ts for every text sent with parse_mode HTML; what it refuses, it refuses in the platform's words.
 */

export interface Entity {
  readonly type: string
  /** In UTF-16 code units, as the Bot API counts. */
  readonly offset: number
  readonly length: number
  readonly url?: string
  readonly language?: string
  readonly custom_emoji_id?: string
}

export interface Formatted {
  readonly text: string
  readonly entities: readonly Entity[]
}

export class HtmlError extends Error {
  override readonly name = 'HtmlError'
}

/** https://core.telegram.org/bots/api#html-style; tg-time, which nobody sends, is left out. */
const typeOfTag: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  span: 'spoiler',
  'tg-spoiler': 'spoiler',
  'tg-emoji': 'custom_emoji',
  a: 'text_link',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
}

interface Open {
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  /** Where it begins in the text that is shown. */
  readonly offset: number
}

export function parseHtml(html: string): Formatted {
  const entities: Entity[] = []
  const open: Open[] = []
  let text = ''
  let at = 0
  while (at < html.length) {
    const next = nextMark(html, at)
    text += html.slice(at, next)
    at = next
    if (html[at] === '&') {
      const [decoded, end] = decodeEntity(html, at)
      text += decoded
      at = end
    } else if (html.startsWith('</', at)) {
      at = readEndTag(html, at, text, open, entities)
    } else if (html[at] === '<') {
      const [tag, end] = readStartTag(html, at, text.length)
      open.push(tag)
      at = end
    }
  }
  const unclosed = open.at(-1)
  if (unclosed) throw new HtmlError(`Can't find end tag corresponding to start tag "${unclosed.tag}"`)
  if (html.isWellFormed() && !text.isWellFormed())
    throw new HtmlError(
      'Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units',
    )
  // The platform lists what begins first, and of those the longest, first.
  return { text, entities: entities.sort((a, b) => a.offset - b.offset || b.length - a.length) }
}

function nextMark(html: string, from: number): number {
  const mark = /[<&]/g
  mark.lastIndex = from
  return mark.exec(html)?.index ?? html.length
}

/** Four names only; without `;` too. What it does not know stays as it is written: no refusal. */
function decodeEntity(html: string, at: number): [text: string, end: number] {
  const found = /&(?:#x([0-9a-f]*)|#([0-9]*)|([a-z]*));?/iy
  found.lastIndex = at
  const [all = '&', hex, decimal, name] = found.exec(html) ?? []
  const named = name === undefined ? undefined : { lt: '<', gt: '>', amp: '&', quot: '"' }[name]
  if (named) return [named, at + all.length]
  const code = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal ?? '', 10)
  if (code > 0 && code < 0x10ffff && all.length <= 11) return [String.fromCodePoint(code), at + all.length]
  return ['&', at + 1]
}

function readStartTag(html: string, begin: number, offset: number): [Open, end: number] {
  let at = skipUntil(html, begin + 1, />|\s/g)
  if (at >= html.length) throw new HtmlError(`Unclosed start tag at byte offset ${bytes(html, begin)}`)
  const tag = html.slice(begin + 1, at).toLowerCase()
  if (!Object.hasOwn(typeOfTag, tag))
    throw new HtmlError(`Unsupported start tag "${tag}" at byte offset ${bytes(html, begin)}`)
  const attributes = new Map<string, string>()
  while (html[at] !== '>') {
    at = skipUntil(html, at, /\S/g)
    if (html[at] === '>') break
    at = readAttribute(html, at, { tag, begin }, attributes)
  }
  if (tag === 'span' && attributes.get('class') !== 'tg-spoiler')
    throw new HtmlError(`Tag "span" must have class "tg-spoiler" at byte offset ${bytes(html, begin)}`)
  return [{ tag, attributes, offset }, at + 1]
}

function readAttribute(
  html: string,
  begin: number,
  of: { readonly tag: string; readonly begin: number },
  attributes: Map<string, string>,
): number {
  const where = `the tag "${of.tag}" at byte offset ${bytes(html, of.begin)}`
  const unclosed = () =>
    new HtmlError(`Unclosed start tag "${of.tag}" at byte offset ${bytes(html, of.begin)}`)
  let at = skipUntil(html, begin, /[\s=>/"']/g)
  const name = html.slice(begin, at)
  if (!name) throw new HtmlError(`Empty attribute name in ${where}`)
  at = skipUntil(html, at, /\S/g)
  if (at >= html.length) throw unclosed()
  if (html[at] !== '=') {
    attributes.set(name, '1')
    return at
  }
  at = skipUntil(html, at + 1, /\S/g)
  if (at >= html.length) throw unclosed()
  const quote = html[at]
  if (quote !== '"' && quote !== "'") {
    const end = skipUntil(html, at, /[^a-z0-9.-]/gi)
    if (end < html.length && !/[\s>]/.test(html[end] ?? ''))
      throw new HtmlError(`Unexpected end of name token at byte offset ${bytes(html, at)}`)
    attributes.set(name, html.slice(at, end).toLowerCase())
    if (end >= html.length)
      throw new HtmlError(`Unexpected end of name token at byte offset ${bytes(html, at)}`)
    return end
  }
  let value = ''
  at += 1
  while (at < html.length && html[at] !== quote) {
    const [decoded, end] = html[at] === '&' ? decodeEntity(html, at) : [html[at] ?? '', at + 1]
    value += decoded
    at = end
  }
  if (at + 1 >= html.length) throw new HtmlError(`Unclosed start tag at byte offset ${bytes(html, of.begin)}`)
  attributes.set(name, value)
  return at + 1
}

function readEndTag(html: string, begin: number, text: string, open: Open[], entities: Entity[]): number {
  const current = open.at(-1)
  if (!current) throw new HtmlError(`Unexpected end tag at byte offset ${bytes(html, begin)}`)
  let at = skipUntil(html, begin + 2, />|\s/g)
  const tag = html.slice(begin + 2, at).toLowerCase()
  at = skipUntil(html, at, /\S/g)
  if (html[at] !== '>') throw new HtmlError(`Unclosed end tag at byte offset ${bytes(html, begin)}`)
  if (tag && tag !== current.tag)
    throw new HtmlError(
      `Unmatched end tag at byte offset ${bytes(html, begin)}, expected "</${current.tag}>", found "</${tag}>"`,
    )
  open.pop()
  const entity = text.length > current.offset ? entityOf(current, text) : undefined
  if (entity) entities.push(entity)
  return at + 1
}

function entityOf({ tag, attributes, offset }: Open, text: string): Entity | undefined {
  const entity = { type: typeOfTag[tag] ?? tag, offset, length: text.length - offset }
  if (tag === 'a') {
    // A link that is none is dropped without a word, and the text stays.
    const url = checkedUrl(attributes.get('href') || text.slice(offset))
    return url ? { ...entity, url } : undefined
  }
  if (tag === 'tg-emoji') {
    const id = attributes.get('emoji-id') ?? ''
    if (!/^-?[1-9][0-9]{0,18}$/.test(id)) throw new HtmlError('Invalid custom emoji identifier specified')
    return { ...entity, custom_emoji_id: id }
  }
  if (tag === 'blockquote' && attributes.has('expandable'))
    return { ...entity, type: 'expandable_blockquote' }
  const language = /^language-(.+)/.exec(attributes.get('class') ?? '')?.[1]
  return tag === 'code' && language ? { ...entity, language } : entity
}

/** tdlib, LinkManager::check_link: http, https, tg, ton, tonsite; a host has a dot; without a scheme it is http. */
export function checkedUrl(link: string): string | undefined {
  const written = /^(tg|ton|tonsite):/i.test(link) || /^https?:\/\//i.test(link) ? link : `http://${link}`
  if (!URL.canParse(written) || /\s/.test(link)) return undefined
  const url = new URL(written)
  if (/^https?:$/.test(url.protocol) && !url.hostname.includes('.') && !url.hostname.startsWith('['))
    return undefined
  return url.href
}

function skipUntil(text: string, from: number, stop: RegExp): number {
  stop.lastIndex = from
  return stop.exec(text)?.index ?? text.length
}

/** The platform counts places in bytes of UTF-8. */
function bytes(html: string, end: number): number {
  return Buffer.byteLength(html.slice(0, end))
}
