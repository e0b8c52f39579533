/**
 * What a text claims that a source can confirm: links, numbers, months, quoted words and the papers that must not
 * be mixed up. The check asks of each whether the cited lines hold it.
 */
import { fold } from './fold.ts'

export interface Fact {
  readonly kind: 'enlace' | 'numero' | 'mes' | 'comillas' | 'papel'
  readonly value: string
}

const url =
  /(?:https?:\/\/|www\.)[^\s<>«»]+|[^\s<>«»@]+@[^\s<>«»@]+|(?:[a-z0-9-]+\.)+(?:mx|com|org|net|edu|gob)\b(?:\/[^\s<>«»]*)?/giu
/** A source wraps its links in signs and full stops; in our texts nothing may follow one. */
const afterUrl = /[.,;:)]+$/
const placeholder = /\{[^}]*\}/g
const listNumber = /^[ \t]*(?:#+[ \t]*)?\d{1,2}(?:\.-|[.)-])(?=\s)/gm
const quoted = /«([^«»]*)»/g

/** Two papers of which the sources never say that they are one (A104, B25). */
const papers = ['carta de rechazo', 'carta responsiva'] as const

/** The link as it stands, case and all: a path may depend on it. */
const urlsOf = (text: string) => text.match(url) ?? []

export function factsIn(text: string): Fact[] {
  const own = text.replace(placeholder, ' ')
  const rest = own.replace(url, ' ')
  const folded = fold(rest)
  return [
    ...urlsOf(own).map(value => ({ kind: 'enlace', value }) as const),
    ...numbersOf(rest).map(value => ({ kind: 'numero', value }) as const),
    ...monthsOf(folded).map(value => ({ kind: 'mes', value }) as const),
    ...[...own.matchAll(quoted)]
      .map(([, said = '']) => said.trim())
      .filter(said => said !== '')
      .map(value => ({ kind: 'comillas', value }) as const),
    ...papers.filter(paper => folded.includes(paper)).map(value => ({ kind: 'papel', value }) as const),
  ]
}

/** Which facts the cited passages hold, each a run of neighbouring lines: a quote may go across their breaks. */
export function supports(passages: readonly string[]): (fact: Fact) => boolean {
  const plain = passages.map(passage => passage.replaceAll('**', ''))
  const links = new Set(plain.flatMap(urlsOf).map(link => link.replace(afterUrl, '')))
  const numbers = new Set(plain.flatMap(passage => numbersOf(passage.replace(url, ' '))))
  const folded = plain.map(fold)
  const months = new Set(folded.flatMap(monthsOf))
  return ({ kind, value }) => {
    if (kind === 'enlace') return links.has(value)
    if (kind === 'numero') return numbers.has(value)
    if (kind === 'mes') return months.has(value)
    const words = fold(value)
    return folded.some(passage => holdsWords(passage, words))
  }
}

/** The numbers between two that a source gives as the ends of a choice: `1 a 3` lets one choose 2. */
export function choosable(passages: readonly string[]): string[] {
  return passages
    .flatMap(passage => [...passage.matchAll(/(\d+) a (\d+)/g)])
    .flatMap(([, from, to]) => {
      const [first, last] = [Number(from), Number(to)]
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => String(first + i))
    })
}

/** Whole words only: «SI» is not in «asignación». */
function holdsWords(text: string, words: string): boolean {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const around = (text[at - 1] ?? ' ') + (text[at + words.length] ?? ' ')
    if (!/[\p{L}\p{N}]/u.test(around)) return true
  }
  return false
}

function monthsOf(folded: string): string[] {
  return (folded.match(/\p{L}+/gu) ?? []).filter(word => monthNames.has(word))
}

/** By value, in digits and in words, cardinal and ordinal; not `un`, `una`, `uno`, nor the numbering of a list. */
function numbersOf(text: string): string[] {
  const folded = fold(text.replace(listNumber, ' ')).replaceAll('por ciento', ' ')
  const digits = (folded.match(/\d+(?:[.,]\d+)*/g) ?? []).map(trimZeros)
  const tens: string[] = []
  const words = folded.replace(tensAndUnits, (_, ten: string, unit: string) => {
    tens.push(String((numberWords[ten] ?? 0) + (numberWords[unit] ?? 1)))
    return ' '
  })
  const named = (words.match(/\p{L}+/gu) ?? []).flatMap(word => numberWords[word] ?? []).map(String)
  return [...digits, ...tens, ...named]
}

const trimZeros = (digits: string) => digits.replace(/^0+(?=\d)/, '')

const monthFormat = new Intl.DateTimeFormat('es-MX', { month: 'long', timeZone: 'UTC' })
const monthNames: ReadonlySet<string> = new Set(
  Array.from({ length: 12 }, (_, month) => fold(monthFormat.format(Date.UTC(2026, month)))),
)

/** Number words by value. */
const wordsByNumber: Readonly<Record<number, string>> = {
  0: 'cero',
  1: 'primer primero primera primeros primeras',
  2: 'dos segundo segunda segundos segundas',
  3: 'tres tercer tercero tercera terceros terceras',
  4: 'cuatro cuarto cuarta',
  5: 'cinco quinto quinta',
  6: 'seis sexto sexta',
  7: 'siete septimo septima',
  8: 'ocho octavo octava',
  9: 'nueve noveno novena',
  10: 'diez decimo decima',
  11: 'once',
  12: 'doce docena',
  13: 'trece',
  14: 'catorce',
  15: 'quince quincena',
  16: 'dieciseis',
  17: 'diecisiete',
  18: 'dieciocho',
  19: 'diecinueve',
  20: 'veinte',
  21: 'veintiuno veintiun veintiuna',
  22: 'veintidos',
  23: 'veintitres',
  24: 'veinticuatro',
  25: 'veinticinco',
  26: 'veintiseis',
  27: 'veintisiete',
  28: 'veintiocho',
  29: 'veintinueve',
  30: 'treinta',
  40: 'cuarenta',
  50: 'cincuenta',
  60: 'sesenta',
  70: 'setenta',
  80: 'ochenta',
  90: 'noventa',
  100: 'cien ciento',
  200: 'doscientos doscientas',
  500: 'quinientos quinientas',
  1000: 'mil miles',
}
const numberWords: Readonly<Record<string, number>> = Object.assign(
  Object.create(null),
  Object.fromEntries(
    Object.entries(wordsByNumber).flatMap(([value, words]) =>
      words.split(' ').map(word => [word, Number(value)]),
    ),
  ),
)
const tensAndUnits =
  /\b(treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa) y (un|uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve)\b/g
