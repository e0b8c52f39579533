/**
 * Takes CURP, NSS, RFC, e-mails and phone numbers out of a text, however they are spelt. Everything that goes to
 * the database or to a log passes here first; so it takes rather too much than too little, but leaves alone what
 * the procedure itself speaks of: percentages, dates, years, ages, semesters.
 */

/** The text without what hides a number (fullwidth, zero-width, case), each sign with its place in the original. */
interface Plain {
  readonly signs: string[]
  /** Where sign n begins in the original; one more at the end. */
  readonly starts: number[]
  readonly ends: number[]
}

interface Span {
  readonly from: number
  /** The sign after the last. */
  readonly to: number
  readonly label: string
}

const invisible = /^[\p{Cf}\p{M}\p{Cc}\u115f\u1160\u3164\uffa0\u2800]$/u
const lineBreaks = new Set(['\n', '\r', '\t'])

/** Digits of every script: each has its ten in a row, and NFKC has dealt with the odd ones. */
function readDigit(sign: string): string {
  let value = 0
  let code = sign.codePointAt(0) as number
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1))) {
    code--
    value++
  }
  return String(value)
}

function readPlain(text: string): Plain {
  const plain: Plain = { signs: [], starts: [], ends: [] }
  let at = 0
  for (const original of text) {
    const end = at + original.length
    if (original >= ' ' && original <= '~') push(plain, original.toUpperCase(), at, end)
    else if (lineBreaks.has(original)) push(plain, ' ', at, end)
    else if (!invisible.test(original)) {
      for (const folded of original.normalize('NFKD').toUpperCase())
        if (!invisible.test(folded))
          push(plain, /\p{Nd}/u.test(folded) && folded > '9' ? readDigit(folded) : folded, at, end)
    }
    at = end
  }
  return plain
}

function push(plain: Plain, sign: string, start: number, end: number): void {
  plain.signs.push(sign)
  plain.starts.push(start)
  plain.ends.push(end)
}

const isDigit = (sign: string | undefined) => sign !== undefined && sign >= '0' && sign <= '9'
const isLetter = (sign: string | undefined) =>
  sign !== undefined && ((sign >= 'A' && sign <= 'Z') || sign === '&')
const isName = (sign: string | undefined) => isDigit(sign) || isLetter(sign)

// ── e-mail ───────────────────────────────────────────────────────────────────────────────────────────────

const mailSigns = new Set("._%+-'!#$/=?^`{|}~".split(''))
const longestMail = 254

function findMails(signs: readonly string[]): Span[] {
  const found: Span[] = []
  let free = 0
  for (let at = signs.indexOf('@'); at >= 0; at = signs.indexOf('@', at + 1)) {
    const least = Math.max(free, at - longestMail)
    let from = signs[at - 1] === ' ' ? at - 1 : at
    while (from > least && (isWide(signs[from - 1]) || mailSigns.has(signs[from - 1] as string))) from--
    let to = signs[at + 1] === ' ' ? at + 2 : at + 1
    const hostFrom = to
    while (to < at + longestMail && (isWide(signs[to]) || signs[to] === '.' || signs[to] === '-')) to++
    while (to > hostFrom && (signs[to - 1] === '.' || signs[to - 1] === '-')) to--
    if (signs[from] === ' ' || from === at || to <= hostFrom) continue
    found.push({ from, to, label: '[correo]' })
    free = to
  }
  return found
}

const isWide = (sign: string | undefined) => sign !== undefined && (isName(sign) || sign > '\u007f')

// ── CURP and RFC ─────────────────────────────────────────────────────────────────────────────────────────

const separators = new Set([' ', '-', '.', '_', '/', '\u00a0', ',', '·', '*', '–', '—', '−', '‐', '‑', '|'])
const mostBetween = 3
const mostWrittenOn = 4

/** Up to `count` letters and digits from `from`, with at most a few separators between two of them. */
function gather(signs: readonly string[], from: number, count: number): { word: string; ats: number[] } {
  const ats: number[] = []
  let word = ''
  let gap = 0
  for (let at = from; at < signs.length && word.length < count && gap <= mostBetween; at++) {
    const sign = signs[at] as string
    if (isName(sign)) {
      word += sign
      ats.push(at)
      gap = 0
    } else if (separators.has(sign)) gap++
    else break
  }
  return { word, ats }
}

const month = '(?:0[1-9]|1[0-2])'
const day = '(?:0[1-9]|[12]\\d|3[01])'
const born = `\\d{2}${month}${day}`
const states =
  'AS|BC|BS|CC|CL|CM|CS|CH|DF|DG|GT|GR|HG|JC|MC|MN|MS|NT|NL|OC|PL|QT|QR|SP|SL|SR|TC|TS|TL|VZ|YN|ZS|NE'
/** As it must be; and as somebody mistypes it, where it stands in one piece. */
const curp = new RegExp(`^[A-Z]{4}${born}[HMX](?:${states})[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9]\\d$`)
const likeCurp = /^[A-Z]{4}\d{6}[A-Z]{6}[A-Z0-9]{2}$/
const curpStart = /^[A-Z]{4}\d{6}[A-Z]{6}/
const rfc = new RegExp(`^[A-Z&]{3,4}${born}[A-Z0-9]{3}$`)
const rfcStart = new RegExp(`^[A-Z&]{3,4}${born}$`)

const inOnePiece = (ats: readonly number[]) => (ats.at(-1) as number) - (ats[0] as number) === ats.length - 1

/** The end of a key that begins at `from`, or undefined. */
function endOfKey(signs: readonly string[], from: number): Span | undefined {
  const { word, ats } = gather(signs, from, 18)
  const span = (length: number, label: string): Span => ({
    from,
    to: endOfPiece(signs, ats[length - 1] as number),
    label,
  })
  if (curp.test(word)) return span(18, '[CURP]')
  if (!/^[A-Z&]{3,4}\d{6}/.test(word)) return undefined
  const piece = (length: number) => ats.length >= length && isKeyPiece(signs, ats, length)
  if (piece(18) && likeCurp.test(word)) return span(18, '[CURP]')
  if (piece(16) && curpStart.test(word)) return span(16, '[CURP]')
  for (const length of [13, 12])
    if (piece(length) && rfc.test(word.slice(0, length)) && isNoWord(signs, ats, length))
      return span(length, '[RFC]')
  for (const length of [10, 9])
    if (ats.length >= length && rfcStart.test(word.slice(0, length)) && inOnePiece(ats.slice(0, length)))
      return span(length, '[RFC]')
  return undefined
}

/**
 * Letters, six digits and the rest, each in one piece ("GODE-561231-GR8") or every sign apart: so "entre tres 50
 * 12 25 por ciento" is none.
 */
function isKeyPiece(signs: readonly string[], ats: readonly number[], length: number): boolean {
  const used = ats.slice(0, length)
  const gaps = used.slice(1).map((at, index) => at - (used[index] as number) - 1)
  if (gaps.every(gap => gap > 0)) return true
  const digitsFrom = used.findIndex(at => isDigit(signs[at]))
  const inside = gaps.filter((_, index) => index !== digitsFrom - 1 && index !== digitsFrom + 5)
  return inside.every(gap => gap === 0)
}

/** "para 051225 que" is a date among words: after a space the last three hold a digit. */
const isNoWord = (signs: readonly string[], ats: readonly number[], length: number) =>
  signs[(ats[length - 3] as number) - 1] !== ' ' ||
  ats.slice(length - 3, length).some(at => isDigit(signs[at]))

/** What is written on to a key without a gap goes with it. */
function endOfPiece(signs: readonly string[], last: number): number {
  let to = last + 1
  while (to <= last + mostWrittenOn && isName(signs[to])) to++
  return to
}

function findKeys(signs: readonly string[]): Span[] {
  const found: Span[] = []
  for (let at = 0; at < signs.length; at++) {
    if (!isLetter(signs[at])) continue
    const key = endOfKey(signs, at)
    // Letters before a spaced key belong to a word: "boleta 201225 a12".
    if (!key || (isName(signs[at - 1]) && !signs.slice(key.from, key.to).every(isName))) continue
    found.push(key)
    at = key.to - 1
  }
  return found
}

// ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────

interface Group {
  readonly from: number
  readonly to: number
}

const numberSeparators = new Set([...separators, '(', ')', '+', '\\'])
const mostApart = 4
/** Nobody writes more numbers in a row; what does is taken out whole. */
const mostGroups = 32

/** Runs of digit groups with only separators between. */
function findRuns(signs: readonly string[]): Group[][] {
  const runs: Group[][] = []
  let run: Group[] = []
  for (let at = 0; at < signs.length; at++) {
    if (!isDigit(signs[at])) continue
    const from = at
    while (isDigit(signs[at + 1])) at++
    const last = run.at(-1)
    const apart = last && signs.slice(last.to, Math.min(from, last.to + mostApart + 1))
    if (apart && apart.length <= mostApart && apart.every(sign => numberSeparators.has(sign)))
      run.push({ from, to: at + 1 })
    else {
      if (run.length > 0) runs.push(run)
      run = [{ from, to: at + 1 }]
    }
  }
  if (run.length > 0) runs.push(run)
  return runs
}

const digitsOf = (signs: readonly string[], groups: readonly Group[]) =>
  groups.map(group => signs.slice(group.from, group.to).join('')).join('')
const sizeOf = (groups: readonly Group[]) => groups.reduce((sum, group) => sum + group.to - group.from, 0)

const isYear = (text: string) => /^(?:19|20)\d{2}$/.test(text)
const isDay = (text: string) => /^(?:0?[1-9]|[12]\d|3[01])$/.test(text)
const isMonth = (text: string) => /^(?:0?[1-9]|1[0-2])$/.test(text)

/** A date with its year in four digits, its parts joined by one and the same sign, and no more joined to it. */
function isDate(signs: readonly string[], run: readonly Group[], at: number): boolean {
  const three = run.slice(at, at + 3)
  if (three.length < 3) return false
  const [a, b, c] = three.map(group => signs.slice(group.from, group.to).join('')) as [string, string, string]
  if (!((isYear(a) && isMonth(b) && isDay(c)) || (isDay(a) && isMonth(b) && isYear(c)))) return false
  const between = (index: number) => {
    const before = run[index]
    const after = run[index + 1]
    return before && after ? signs.slice(before.to, after.from).join('') : ''
  }
  const sign = between(at)
  const joins = (index: number) => between(index) === sign
  return /^[-/.]$/.test(sign) && joins(at + 1) && !joins(at + 2) && !(at > 0 && joins(at - 1))
}

/** Cuts a run at its dates, which stay. */
function withoutDates(signs: readonly string[], run: readonly Group[]): Group[][] {
  const parts: Group[][] = [[]]
  for (let at = 0; at < run.length; at++)
    if (isDate(signs, run, at)) {
      parts.push([])
      at += 2
    } else parts.at(-1)?.push(run[at] as Group)
  return parts.filter(part => part.length > 0)
}

const phone = /^(?:\d{10}|52\d{10}|521\d{10}|04[45]\d{10}|01\d{10}|1\d{10}|0052\d{10})$/

function labelOf(digits: string): string | undefined {
  if (digits.length === 11) return '[NSS]'
  return phone.test(digits) ? '[teléfono]' : undefined
}

const spanOf = (groups: readonly Group[], label: string): Span => ({
  from: (groups[0] as Group).from,
  to: (groups.at(-1) as Group).to,
  label,
})

/**
 * The numbers in a run. A group long enough is one alone; else the run as a whole; else the first stretch of
 * groups that has the right length; else, where ten digits and more are left over, all of it.
 */
function numbersIn(signs: readonly string[], run: readonly Group[]): Span[] {
  if (isYears(signs, run) || sizeOf(run) < 10) return []
  if (run.length > mostGroups) return [spanOf(run, '[NSS]')]
  const whole = labelOf(digitsOf(signs, run))
  const long = run.findIndex(group => group.to - group.from >= 10)
  if (long >= 0 && !(whole && isJoined(signs, run))) {
    const group = [run[long] as Group]
    return [
      ...numbersIn(signs, run.slice(0, long)),
      spanOf(group, labelOf(digitsOf(signs, group)) ?? '[NSS]'),
      ...numbersIn(signs, run.slice(long + 1)),
    ]
  }
  if (whole) return [spanOf(run, whole)]
  for (let from = 0; from < run.length; from++)
    for (let to = from + 1; to <= run.length && sizeOf(run.slice(from, to)) <= 14; to++) {
      const stretch = run.slice(from, to)
      const label = labelOf(digitsOf(signs, stretch))
      if (label)
        return [
          ...numbersIn(signs, run.slice(0, from)),
          spanOf(stretch, label),
          ...numbersIn(signs, run.slice(to)),
        ]
    }
  return [spanOf(run, '[NSS]')]
}

/** "2024 2025 2026" */
const isYears = (signs: readonly string[], run: readonly Group[]) =>
  run.every(group => isYear(signs.slice(group.from, group.to).join('')))

/** No two groups apart by a space only: "+52-5512345678", "1234567890-1". */
const isJoined = (signs: readonly string[], run: readonly Group[]) =>
  run.every(
    (group, at) => at === 0 || signs[group.from - 1] !== ' ' || signs[(run[0] as Group).from - 1] === '+',
  )

const findNumbers = (signs: readonly string[]) =>
  findRuns(signs).flatMap(run => withoutDates(signs, run).flatMap(part => numbersIn(signs, part)))

// ── all ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Blanks what was found, so that the next search does not run into it. */
function blank(signs: string[], spans: readonly Span[]): Span[] {
  for (const span of spans) signs.fill('\n', span.from, span.to)
  return [...spans]
}

/** "/menu@vigente_bot", as Telegram writes a command in a group, is no e-mail. */
const command = /^\s*\/\w+@\w+(?!\S)/

/** Every kind has a digit in it or an @: most messages have neither and need not be searched. */
const plain = /^[\p{L}\s.,;:!?¿¡'"()-]*$/u

/** "33.33 33.33 33.34", the shares of beneficiaries, has as many digits as a phone number. */
const shares = /^\s*\d{1,2}[.,]\d{1,2}(?:[\s,;/%-]+\d{1,2}[.,]\d{1,2}){1,2}[\s%.]*$/

function areShares(text: string): boolean {
  if (text.length > maxSharesChars || !shares.test(text)) return false
  const numbers = text.match(/\d{1,2}[.,]\d{1,2}/g) ?? []
  const sum = numbers.reduce((total, number) => total + Number(number.replace(',', '.')), 0)
  return Math.abs(sum - 100) < 1
}
const maxSharesChars = 60

export function mask(text: string): string {
  if (plain.test(text) || areShares(text)) return text
  const [name = ''] = command.exec(text) ?? []
  return name + maskAll(text.slice(name.length))
}

function maskAll(text: string): string {
  const { signs, starts, ends } = readPlain(text)
  const spans = [
    ...blank(signs, findMails(signs)),
    ...blank(signs, findKeys(signs)),
    ...findNumbers(signs),
  ].sort((a, b) => a.from - b.from)
  let masked = ''
  let done = 0
  for (const span of spans) {
    const opens = signs[span.from - 1] === '+' || signs[span.from - 1] === '('
    masked += text.slice(done, starts[opens ? span.from - 1 : span.from]) + span.label
    done = ends[span.to - 1] as number
  }
  return masked + text.slice(done)
}
