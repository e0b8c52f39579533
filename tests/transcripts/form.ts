/**
 * The form of a golden conversation (tests/transcripts/*.yaml, explained in LEEME.md), how its clock is read, and
 * how what the guide says now is written back into the file. tests/transcripts.test.ts runs them.
 */
import { add } from 'date-fns/add'
import { type Document, isMap, isSeq, parseDocument, Scalar, YAMLSeq } from 'yaml'
import { z } from 'zod'

/** What is expected of the guide after a message. */
const esperado = {
  /** The whole texts, one for each message of the guide. */
  guia: z.array(z.string()).optional(),
  /** Pieces that must be in the texts, and pieces that must not. */
  dice: z.array(z.string().min(1)).min(1).optional(),
  'no dice': z.array(z.string().min(1)).min(1).optional(),
  /** The labels of all choices, in order. */
  botones: z.array(z.string()).optional(),
  /** The state, dotted. */
  lugar: z.string().optional(),
  /** The topics or the act. */
  temas: z.array(z.string()).optional(),
}

const Momento = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/, 'un momento como 2026-08-28 10:00')
const Rato = z
  .string()
  .regex(/^\d+ (?:minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?)$/, 'un rato como 3 semanas')

/** What the guide says by itself. */
const Llega = z.union([
  z.literal('recordatorio'),
  z.strictObject({ aviso: z.string().min(1), paso: z.string().optional() }),
])
export type Llega = z.infer<typeof Llega>

const Turno = z.union([
  z.strictObject({ estudiante: z.string(), veces: z.int().positive().optional(), ...esperado }),
  z.strictObject({ toca: z.string(), ...esperado }),
  z.strictObject({ 'toca lo viejo': z.string(), ...esperado }),
  z.strictObject({ manda: z.enum(['sticker', 'foto', 'audio', 'documento']), ...esperado }),
  z.strictObject({ llega: Llega, ...esperado }),
  /** It is kept back. */
  z.strictObject({ 'no llega': Llega, porque: z.enum(['salio', 'tope', 'nada']) }),
  z.strictObject({ repite: z.literal('lo anterior') }),
  /** The same student, who is nobody known there. */
  z.strictObject({ 'sigue en': z.enum(['telegram', 'web', 'whatsapp-web', 'whatsapp-cloud']) }),
  z.strictObject({ pasan: Rato }),
  z.strictObject({ es: Momento }),
])
export type Turno = z.infer<typeof Turno>

const Platica = z.strictObject({
  titulo: z.string().min(5),
  empieza: Momento,
  /** The plantel on whose own page the conversation takes place. */
  plantel: z.string().optional(),
  platica: z.array(Turno).min(1),
})
export type Platica = z.infer<typeof Platica>

export function readPlatica(file: string, text: string): { document: Document; platica: Platica } {
  const document = parseDocument(text)
  const [wrong] = document.errors
  if (wrong) throw new Error(`${file}: ${wrong.message}`)
  const read = Platica.safeParse(document.toJS())
  if (!read.success) throw new Error(read.error.issues.map(issue => `${file}: ${faultOf(issue)}`).join('\n'))
  return { document, platica: read.data }
}

/** What is wrong with a turn, told by the kind of turn that it comes nearest to. */
function faultOf(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(part => (typeof part === 'number' ? `turno ${part + 1}` : String(part)))
  const place = path.join(', ').replace('platica, turno', 'turno')
  if (issue.code !== 'invalid_union') return `${place}: ${issue.message}`
  const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? []
  return nearest.map(it => `${[place, ...it.path].join(', ')}: ${it.message}`).join('; ')
}

/** Mexico City, which has had no summer time since 2022. */
export const momentOf = (written: string) => new Date(`${written.replace(' ', 'T')}:00-06:00`)

const units = { min: 'minutes', hor: 'hours', dia: 'days', sem: 'weeks', mes: 'months' } as const

export function later(now: Date, rato: string): Date {
  const [count = '', unit = ''] = rato.replace('í', 'i').split(' ')
  return add(now, { [units[unit.slice(0, 3) as keyof typeof units]]: Number(count) })
}

/** As a code stands in a file: another is drawn each time. */
export const shownCode = 'K7Q2-M9XD'

/** What the guide did, in the words of the form. */
export interface Dicho {
  readonly guia: readonly string[]
  readonly botones: readonly string[]
  readonly lugar: string
  readonly temas: readonly string[]
}

/** Puts what was said into a turn of the document, whole texts as blocks. */
export function writeTurn(document: Document, index: number, dicho: Dicho): void {
  const turn = document.getIn(['platica', index])
  if (!isMap(turn)) throw new Error(`no turn ${index}`)
  turn.set('guia', textsOf(dicho.guia))
  turn.set('botones', labelsOf(dicho.botones))
  turn.set('lugar', dicho.lugar)
  if (dicho.temas.length > 0) turn.set('temas', labelsOf(dicho.temas))
  else turn.delete('temas')
}

/** The same file for the same content, whoever wrote it. */
export function formatted(document: Document): string {
  const turns = document.get('platica')
  if (isSeq(turns)) for (const [i, turn] of turns.items.entries()) if (isMap(turn)) turn.spaceBefore = i > 0
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

/** What Biome leaves on one line. */
const maxLine = 90

function textsOf(texts: readonly string[]): YAMLSeq {
  const seq = new YAMLSeq()
  for (const text of texts) {
    const scalar = new Scalar(text)
    if (text.includes('\n')) scalar.type = Scalar.BLOCK_LITERAL
    seq.add(scalar)
  }
  return seq
}

/** On one line where it fits. */
function labelsOf(labels: readonly string[]): YAMLSeq {
  const seq = new YAMLSeq()
  seq.flow = labels.join(', ').length <= maxLine
  for (const label of labels) seq.add(new Scalar(label))
  return seq
}
