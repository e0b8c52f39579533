/**
 * What a broadcast may be: `broadcasts.ts` has what staff write checked here before it is kept, and the whole of it again
 * before it goes out. Each fault is told as Refused, by its field. Pure.
 */
import { z } from 'zod'
import { leadsTo } from '../../flows/index.ts'
import { isQuiet, momentOf } from '../calendar.ts'
import type { Content } from '../content/load.ts'
import { mask } from '../conversation/understanding/mask.ts'
import { type AvisoButton, channelNames, temas } from '../message.ts'
import type { Audience } from '../store/audience.ts'
import type { Written } from '../store/broadcasts.ts'
import { Refused } from './staff.ts'

const count = z.int().min(1)
const ids = z.array(z.string()).readonly().optional()

/** A day count above any conversation's life says nothing. */
const days = count.max(3650).optional()

const AudienceForm = z.strictObject({
  tema: z.enum(temas),
  plantel: ids,
  nivel: ids,
  semestre: z.enum(['primero', 'posterior']).optional(),
  falta: z.string().optional(),
  canal: z.array(z.enum(channelNames)).readonly().optional(),
  vistoDias: days,
  ausenteDias: days,
  sinDifusion: z.array(count).readonly().optional(),
  sinPlantel: ids,
}) satisfies z.ZodType<Audience>

/** All of a draft but whom it is for, which an order may also change by parts. */
export const draftFields = {
  titulo: z.string().optional(),
  texto: z.string().optional(),
  boton: z
    .strictObject({ does: z.enum(['paso', 'flujo']), id: z.string() })
    .nullable()
    .optional(),
  control: z.number().optional(),
  cuando: z.string().nullable().optional(),
  vence: z.string().nullable().optional(),
}

const DraftForm = z.strictObject({ ...draftFields, audiencia: AudienceForm.optional() })

/** What may be changed while it is a draft. `cuando`: Mexico City's time, `2026-12-01 10:00`; null: at once. */
export type Draft = z.infer<typeof DraftForm>

const maxTitle = 60
/** With what stands around it, still one message everywhere, and whole in the Cloud API's template (1,024). */
const maxText = 850
const maxControl = 50
const dayMs = 24 * 60 * 60 * 1000
const defaultLifeMs = 2 * dayMs
const maxLifeDays = 7

export const emptyDraft: Written = {
  titulo: '',
  texto: '',
  boton: null,
  audiencia: { tema: 'escuela' },
  control: 0,
  cuando: null,
  vence: null,
}

/** What came from a file, a form or a command. */
export function readDraft(draft: unknown): Draft {
  const read = DraftForm.safeParse(draft)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const path = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys : [])]
  throw new Refused('forma', { campo: path.join('.') })
}

/** The draft with these changes, of which each is as it may be. */
export function changeDraft(content: Content, before: Written, draft: Draft, now: Date): Written {
  const { titulo, texto, boton, audiencia, control, cuando, vence } = draft
  const after = {
    titulo: titulo === undefined ? before.titulo : checkTitle(titulo),
    texto: texto === undefined ? before.texto : checkText(texto),
    boton: boton === undefined ? before.boton : checkButton(content, boton),
    audiencia: audiencia ? checkAudience(content, audiencia) : before.audiencia,
    control: control === undefined ? before.control : checkControl(control),
    cuando: cuando === undefined ? before.cuando : readMoment(cuando, 'cuando'),
    vence: vence === undefined ? before.vence : readMoment(vence, 'vence'),
  }
  if (cuando && after.cuando) checkStart(content, after.cuando, now)
  const begins = after.cuando ?? now
  if (vence !== undefined) checkEnd(after.vence, begins)
  // An end that was set for another time goes with it.
  else if (cuando !== undefined && after.vence && !isEnd(after.vence, begins))
    return { ...after, vence: null }
  return after
}

/** Whole, and with its times, of which none is left open: what was good when it was written may not be any more. */
export function checkWhole(content: Content, draft: Written, now: Date): { cuando: Date; vence: Date } {
  checkTitle(draft.titulo)
  checkText(draft.texto)
  checkButton(content, draft.boton)
  checkAudience(content, draft.audiencia)
  if (draft.cuando) checkStart(content, draft.cuando, now)
  const cuando = draft.cuando ?? now
  checkQuiet(content, cuando)
  checkEnd(draft.vence, cuando)
  return { cuando, vence: draft.vence ?? new Date(cuando.getTime() + defaultLifeMs) }
}

function checkTitle(titulo: string): string {
  const title = clean(titulo)
  if (title.length > maxTitle) throw new Refused('titulo-largo', { maximo: String(maxTitle) })
  if (mask(title) !== title) throw new Refused('titulo-datos')
  return title
}

function checkText(texto: string): string {
  const text = clean(texto)
  if (!/[\p{L}\p{N}]/u.test(text)) throw new Refused('texto-falta')
  if (text.length > maxText)
    throw new Refused('texto-largo', { maximo: String(maxText), largo: String(text.length) })
  for (const [link] of text.matchAll(links))
    if (!isSafe(link)) throw new Refused('texto-liga', { liga: link.slice(0, 80) })
  if (mask(text) !== text) throw new Refused('texto-datos')
  return text
}

/** PostgreSQL's text cannot hold NUL, nor half of a character that takes two. */
const clean = (text: string) => text.replaceAll('\0', '').toWellFormed().trim()

/** What a phone makes a link of: with a scheme, with www., with a path, or a name under a domain that is common here. */
const links =
  /(?:[a-z][a-z0-9+.-]*:\/\/|(?:javascript|data|tel|sms|intent):|www\.)\S+|(?<![@\p{L}\p{N}.-])(?:[\p{L}\p{N}-]+\.)+(?:\p{L}{2,}\/\S*|(?:mx|com|org|net|edu|gob|io|me|ly|app|link)(?![\p{L}\p{N}-]))/giu

/** A name before the host shows another host than the one that it leads to. */
function isSafe(link: string): boolean {
  const url = URL.canParse(link) ? new URL(link) : undefined
  return url?.protocol === 'https:' && url.username === '' && url.password === ''
}

function checkButton(content: Content, button: AvisoButton | null): AvisoButton | null {
  if (button?.does === 'paso' && !content.pasos.some(({ id }) => id === button.id))
    throw new Refused('boton-paso', { paso: button.id })
  if (button?.does === 'flujo' && !leadsTo.includes(button.id))
    throw new Refused('boton-flujo', { flujo: button.id })
  return button
}

const niveles = ['medio-superior', 'superior', 'posgrado']

/** An empty list is as none. */
function checkAudience(content: Content, audience: Audience): Audience {
  const { plantel = [], sinPlantel = [], nivel = [], falta } = audience
  const { escuelas, planteles } = content
  const wrong = [...plantel, ...sinPlantel].find(
    id => !Object.hasOwn(escuelas, id) && !Object.hasOwn(planteles, id),
  )
  if (wrong !== undefined) throw new Refused('audiencia-plantel', { plantel: wrong })
  const level = nivel.find(id => !niveles.includes(id))
  if (level !== undefined) throw new Refused('audiencia-nivel', { nivel: level })
  if (falta !== undefined && !content.pasos.some(({ id }) => id === falta))
    throw new Refused('audiencia-falta', { paso: falta })
  const given = Object.entries(audience).filter(
    ([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0),
  )
  return Object.fromEntries(given) as unknown as Audience
}

function checkControl(control: number): number {
  if (!Number.isInteger(control) || control < 0 || control > maxControl)
    throw new Refused('control', { maximo: String(maxControl) })
  return control
}

function readMoment(text: string | null, campo: 'cuando' | 'vence'): Date | null {
  if (text === null) return null
  const [, day = '', hour = '', minute = ''] =
    /^(\d{4}-\d\d-\d\d) ([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? []
  if (!z.iso.date().safeParse(day).success) throw new Refused(`${campo}-forma`)
  return momentOf(day, Number(hour), Number(minute))
}

function checkStart(content: Content, cuando: Date, now: Date): void {
  if (cuando <= now) throw new Refused('cuando-paso')
  checkQuiet(content, cuando)
}

function checkQuiet({ avisos: { silencio } }: Content, at: Date): void {
  if (isQuiet(at, silencio))
    throw new Refused('silencio', { desde: String(silencio.desde), hasta: String(silencio.hasta) })
}

const lifeMs = (vence: Date, cuando: Date) => vence.getTime() - cuando.getTime()
const isEnd = (vence: Date, cuando: Date) => vence > cuando && lifeMs(vence, cuando) <= maxLifeDays * dayMs

function checkEnd(vence: Date | null, cuando: Date): void {
  if (!vence || isEnd(vence, cuando)) return
  if (vence <= cuando) throw new Refused('vence-antes')
  throw new Refused('vence-tarde', { dias: String(maxLifeDays) })
}
