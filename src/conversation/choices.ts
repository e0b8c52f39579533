/**
 * What can be chosen at a place, and which of it a typed text means: its number, its word, or nearly its word.
 * `step` offers with it and finds the answer with it; pure.
 */
import { distance } from 'fastest-levenshtein'
import type { AnyMachineSnapshot } from 'xstate'
import { leadsTo } from '../../flows/index.ts'
import type { FlowEvent, Meta } from '../../flows/shape.ts'
import { asked } from '../../flows/shape.ts'
import type { Content } from '../content/load.ts'
import type { AvisoButton, Choice } from '../message.ts'
import { stepsOf } from './checklist.ts'
import { home, type Saved } from './saved.ts'
import { normalise, normaliseOurs } from './understanding/normalise.ts'

/** Where a choice leads. */
export type Does =
  | { readonly kind: 'event'; readonly event: FlowEvent }
  | { readonly kind: 'menu' }
  | { readonly kind: 'volver' }
  | { readonly kind: 'flow'; readonly id: string }
  | { readonly kind: 'topic' | 'more'; readonly id: string }
  /** A step of the procedure is done. */
  | { readonly kind: 'done'; readonly id: string }
  /** What their school's office writes is wanted too. */
  | { readonly kind: 'school' }

export interface Offer extends Choice {
  readonly does: Does
  /** What people write instead of pressing it, normalised. */
  readonly words: readonly string[]
  /** It stands under something said unasked: the broadcast, 0 for a reminder. */
  readonly difusion?: number
}

/** All that may be pressed now, in the order shown. */
export function offersAt(content: Content, saved: Saved, snapshot: AnyMachineSnapshot): Offer[] {
  const place = `${saved.flow}.${saved.state}`
  const meta = metaOf(snapshot)
  const atHome = saved.flow === home.flow && saved.state === home.state
  const extra = saved.extra.flatMap(id => extraOffer(content, id))
  // After an answer at the menu only what follows from it is offered: six more buttons would bury it.
  const followed = atHome && extra.some(({ difusion }) => difusion === undefined)
  const own = followed ? [] : ownOffers(content, saved, snapshot, meta, place)
  const back =
    saved.back.length > 0 && meta.lista !== 'preguntas'
      ? [option(content, 'volver', 'volver', { kind: 'volver' })]
      : []
  const menu = atHome && !followed ? [] : [option(content, 'menu', 'menu', { kind: 'menu' })]
  // What the place offers itself is not offered twice.
  const besides = extra.filter(
    it => it.difusion !== undefined || own.every(({ label }) => label !== it.label),
  )
  return [...besides, ...own, ...(atHome ? [] : back), ...menu]
}

/** A state's `meta`, which every state that can be rested in has. */
export function metaOf(snapshot: AnyMachineSnapshot): Meta {
  const [meta] = Object.values(snapshot.getMeta()) as (Meta | undefined)[]
  if (!meta) throw new Error(`state ${JSON.stringify(snapshot.value)} says nothing`)
  return meta
}

function ownOffers(
  content: Content,
  saved: Saved,
  snapshot: AnyMachineSnapshot,
  meta: Meta,
  place: string,
): Offer[] {
  const listed = listOf(content, saved, meta).map(({ id, boton, words }) => ({
    id: `${place}:elige=${id}`,
    label: boton,
    words: [normaliseOurs(boton), ...words.map(normaliseOurs)],
    does: { kind: 'event' as const, event: { type: 'elige', valor: id } },
  }))
  const fixed = (meta.opciones ?? [])
    .filter(type => snapshot.can({ type }))
    .map(type => option(content, `${place}:${type}`, type, { kind: 'event', event: { type } }))
  return [...listed, ...fixed]
}

function listOf(
  content: Content,
  saved: Saved,
  meta: Meta,
): { id: string; boton: string; words: readonly string[] }[] {
  const steps = stepsOf(content, saved.perfil)
  const asItems = (of: typeof steps) => of.map(p => ({ id: p.id, boton: p.boton, words: [p.titulo] }))
  switch (meta.lista) {
    case undefined:
      return []
    case 'pendientes':
      return asItems(steps.filter(p => saved.hechos[p.id] === undefined))
    case 'hechos':
      return asItems(steps.filter(p => saved.hechos[p.id] !== undefined))
    case 'grupos':
      return Object.entries(content.mensajes.grupos).map(([id, g]) => ({
        id,
        boton: g.boton,
        words: [g.titulo],
      }))
    case 'preguntas':
      return Object.entries(content.preguntas)
        .filter(([, p]) => p.grupo === saved.own.grupo)
        .map(([id, p]) => ({ id, boton: p.boton, words: [p.titulo] }))
    case 'campos':
      return asked.map(campo => {
        const { boton, dichos } = content.mensajes.opciones[`campo.${campo}`] ?? { boton: campo, dichos: [] }
        return { id: campo, boton, words: dichos }
      })
  }
}

function option(content: Content, id: string, key: string, does: Does): Offer {
  const it = content.mensajes.opciones[key]
  if (!it) throw new Error(`mensajes.yaml has no option ${key}`)
  return { id, label: it.boton, words: [it.boton, ...it.dichos].map(normaliseOurs), does }
}

/** None where what it led to is no longer in content/. */
function extraOffer(content: Content, id: string): Offer[] {
  const [kind, of] = [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)]
  if (isLasting(id)) return [lastingOffer(content, id) ?? []].flat()
  if (kind === 'avisa') return [option(content, id, 'avisar-escuela', { kind: 'school' })]
  if (kind === 'flujo')
    return Object.hasOwn(content.mensajes.opciones, of)
      ? [option(content, id, of, { kind: 'flow', id: of })]
      : []
  const pregunta = content.preguntas[of]
  if (!pregunta) return []
  if (kind === 'mas') return [option(content, id, 'mas', { kind: 'more', id: of })]
  return [
    { id, label: pregunta.boton, words: [normaliseOurs(pregunta.boton)], does: { kind: 'topic', id: of } },
  ]
}

/** Whether a choice is one of a message that nobody asked for: it is good at any time, whatever was said since. */
export const isLasting = (id: string): boolean => id.startsWith('aviso:')
const lastingForm = /^aviso:(\d{1,15}):(paso|flujo)=([a-z0-9-]+)$/
export const lastingId = (difusion: number, { does, id }: AvisoButton) => `aviso:${difusion}:${does}=${id}`

/** Undefined where nobody offered it, or what it led to is no longer in content/. */
export function lastingOffer(content: Content, id: string): Offer | undefined {
  const [, difusion, does, of = ''] = lastingForm.exec(id) ?? []
  const offer = does === 'paso' ? doneOffer(content, id, of) : leadOffer(content, id, of)
  return offer && { ...offer, difusion: Number(difusion) }
}

const maxLabel = 20

function doneOffer(content: Content, id: string, of: string): Offer | undefined {
  const paso = content.pasos.find(it => it.id === of)
  if (!paso) return undefined
  const { boton, titulo } = paso
  const marked = `✅ ${boton}`
  const words = [boton, titulo, ...(content.mensajes.opciones.listo?.dichos ?? [])].map(normaliseOurs)
  return { id, label: marked.length > maxLabel ? boton : marked, words, does: { kind: 'done', id: of } }
}

/** Step by step goes only whoever's steps are known: to others these two mean nothing. */
const leading = new Set([...leadsTo, 'calendario'].filter(id => id !== 'primero' && id !== 'posterior'))

const leadOffer = (content: Content, id: string, of: string): Offer | undefined =>
  leading.has(of) && Object.hasOwn(content.mensajes.opciones, of)
    ? option(content, id, of, { kind: 'flow', id: of })
    : undefined

const places = 'primera segunda tercera cuarta quinta sexta septima octava novena decima'.split(' ')
const numberWords =
  'uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte'.split(
    ' ',
  )

/** The offer that a text means, or none. A number counts from 1 as shown. */
export function chosen(text: string, offered: () => readonly Offer[]): Offer | undefined {
  const typed = normalise(text)
  if (typed === '' || typed.length > 40) return undefined
  const offers = offered()
  const exact = offers.find(offer => offer.words.includes(typed))
  if (exact) return exact
  const number = numberOf(typed)
  if (number !== undefined) return offers[number - 1]
  return nearest(typed, offers)
}

function numberOf(typed: string): number | undefined {
  const word = typed
    .replace(/^(?:(?:opcion|numero|la|el|es|inciso|quiero|elijo|escojo) )+/, '')
    .replace(/ por favor$/, '')
  if (/^\d{1,2}$/.test(word)) return Number(word)
  const place = Math.max(places.indexOf(word), numberWords.indexOf(word))
  return place >= 0 ? place + 1 : undefined
}

/** Two letters beside each other changed places: one slip, which `distance` counts as two. */
function swapped(typed: string, word: string): boolean {
  if (typed.length !== word.length) return false
  let at = 0
  while (at < word.length && typed[at] === word[at]) at++
  return typed === word.slice(0, at) + (word[at + 1] ?? '') + (word[at] ?? '') + word.slice(at + 2)
}

const denies = /\b(?:no|ni|nada|ninguno|ninguna|sin)\b/

/** The one offer within a slip or two of the keyboard; none where two are as near, but by the same word the first. */
function nearest(typed: string, offers: readonly Offer[]): Offer | undefined {
  if (typed.length < 4) return undefined
  const slips = typed.length < 7 ? 1 : 2
  let best: Offer | undefined
  let bestWord = ''
  let bestSlips = slips + 1
  for (const offer of offers)
    for (const word of offer.words) {
      if (Math.abs(word.length - typed.length) > slips || word.length < 4) continue
      // "ya la tengo" is two slips from "no la tengo".
      if (denies.test(word) !== denies.test(typed)) continue
      const d = swapped(typed, word) ? 1 : distance(typed, word)
      if (d < bestSlips) [best, bestWord, bestSlips] = [offer, word, d]
      else if (d === bestSlips && best !== offer && bestWord !== word) best = undefined
    }
  return best
}
