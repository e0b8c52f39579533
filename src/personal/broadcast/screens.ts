/**
 * The screens of the desk in the chat, as replies with buttons: the list, a broadcast as it stands, and what is asked to
 * write one. Each has a way back. `desk.ts` chooses which is shown; pure.
 */
import { createHash } from 'node:crypto'
import type { Audience, Broadcast, Count, Preview, Progress, Report } from '../../broadcast/broadcasts.ts'
import { type Action, allowed, type Member } from '../../broadcast/staff.ts'
import type { AvisoButton, ChannelName, Choice, Outgoing } from '../../message.ts'
import { fill } from '../fill.ts'
import {
  audienceInWords,
  broadcastInWords,
  buttonInWords,
  countInWords,
  lineOf,
  momentInWords,
  previewsInWords,
  progressInWords,
  reportInWords,
  schoolsInWords,
  short,
  statusInWords,
  type View,
} from './show.ts'

/** What is typed next is this. */
export const awaited = ['texto', 'plantel', 'cuando'] as const
export type Awaited = (typeof awaited)[number]

export interface Screen {
  readonly replies: readonly Outgoing[]
  readonly espera?: Awaited
  /** The broadcast it is of; none yet for a new one. */
  readonly difusion?: number
}

export interface Face extends View {
  readonly by: Member
}

export const may = ({ by }: Face, action: Action) => allowed[by.rol].includes(action)

const words = ({ content }: View) => content.personal
type Label = Exclude<keyof View['content']['personal']['botones'], 'niveles'>

/** Choice ids have at most 40 bytes: `dif:12:falta.imprimir-polizas`. */
const idOf = (id: number, what?: string, value?: string) =>
  ['dif', String(id), what && (value === undefined ? what : `${what}.${value}`)].filter(Boolean).join(':')

const button = (view: View, label: Label, id: string): Choice => ({ id, label: words(view).botones[label] })
const toList = (view: View) => button(view, 'lista', 'dif:lista')
const toBroadcast = (view: View, id: number) => button(view, 'aviso', idOf(id))
const toAudience = (view: View, id: number) => button(view, 'aviso', idOf(id, 'quien'))
const marked = (view: View, label: string, is: boolean) =>
  is ? short(fill(words(view).botones.marcado, { boton: label }), maxLabel) : label
const maxLabel = 20

/** One message, which takes the place of the one whose button was pressed where a channel can do that. */
const one = (text: string, choices: readonly Choice[]): Pick<Screen, 'replies'> => ({
  replies: [{ text, choices, live: true }],
})

/** More were no list; older ones are opened by their number. */
const maxListed = 6

export function listScreen(face: Face, all: readonly Broadcast[]): Screen {
  const { mesa } = words(face)
  const shown = all.slice(0, maxListed)
  const lines = shown.map(broadcast => lineOf(face, broadcast))
  const older = all.length > shown.length ? [mesa.masViejos] : []
  return one([all.length > 0 ? mesa.lista : mesa.listaVacia, ...lines, ...older].join('\n'), [
    ...(may(face, 'escribir') ? [button(face, 'nueva', 'dif:nueva')] : []),
    ...shown.map(({ id, titulo }) => ({ id: idOf(id), label: short(`Aviso ${id} · ${titulo}`, maxLabel) })),
    button(face, 'salir', 'dif:salir'),
  ])
}

export const goodbye = (face: View): Screen => ({ replies: [{ text: words(face).mesa.cerrada }] })

export const welcome = (face: Face): Screen =>
  one(fill(words(face).mesa.hola, { nombre: face.by.nombre, rol: words(face).roles[face.by.rol] }), [
    toList(face),
  ])

/** Names what a press was made on: what was changed since must not be sent by it. */
export const markOf = ({ texto, boton, audiencia, control, cuando }: Broadcast) =>
  createHash('sha256')
    .update(JSON.stringify([texto, boton, audiencia, control, cuando]))
    .digest('hex')
    .slice(0, 8)

/** A draft, or one that has not begun. */
export function waitingScreen(face: Face, broadcast: Broadcast, count: Count): Screen {
  const { id, estado } = broadcast
  const to = (label: Label, what: string = label) => button(face, label, idOf(id, what))
  const choices = [
    ...(estado === 'borrador' && may(face, 'escribir')
      ? [to('texto'), to('quien'), to('boton'), to('cuando'), to('control')]
      : []),
    to('muestra'),
    ...(estado === 'borrador' && may(face, 'enviar') ? [to('enviar')] : []),
    ...(estado === 'por-confirmar' && may(face, 'confirmar') ? [to('confirmar')] : []),
    ...(estado === 'borrador' ? [] : [button(face, 'actualizar', idOf(id))]),
    toList(face),
    ...(may(face, 'parar') ? [to('cancelar')] : []),
  ]
  return { ...one(broadcastInWords(face, broadcast, count), choices), difusion: id }
}

/** While it is sent. */
export function progressScreen(face: Face, broadcast: Broadcast, progress: Progress): Screen {
  const { id } = broadcast
  const now = { ...broadcast, estado: progress.estado }
  const to = (label: Label) => button(face, label, idOf(id, label))
  const stops = !may(face, 'parar')
    ? []
    : progress.estado === 'pausada'
      ? [to('seguir'), to('cancelar')]
      : [to('pausar'), to('cancelar')]
  return {
    ...one(statusInWords(face, now, progressInWords(face, progress)), [
      button(face, 'actualizar', idOf(id)),
      ...stops,
      to('muestra'),
      toList(face),
    ]),
    difusion: id,
  }
}

export const reportScreen = (face: Face, broadcast: Broadcast, report: Report): Screen => ({
  ...one(statusInWords(face, broadcast, reportInWords(face, report)), [
    button(face, 'actualizar', idOf(broadcast.id)),
    button(face, 'muestra', idOf(broadcast.id, 'muestra')),
    toList(face),
  ]),
  difusion: broadcast.id,
})

export function previewScreen(face: Face, broadcast: Broadcast, previews: readonly Preview[]): Screen {
  const looks: Outgoing[] = previewsInWords(face, previews).map(text => ({ text }))
  const choices = [
    ...(may(face, 'probar') ? [button(face, 'probar', idOf(broadcast.id, 'probar'))] : []),
    toBroadcast(face, broadcast.id),
  ]
  const last = looks.pop() as Outgoing
  return { replies: [...looks, { ...last, choices }], difusion: broadcast.id }
}

/** Undone it cannot be: it is asked once more. */
export function sureScreen(
  face: Face,
  broadcast: Broadcast,
  what: 'enviar' | 'confirmar' | 'cancelar',
  count: Count,
): Screen {
  const { id, cuando } = broadcast
  const { mesa } = words(face)
  const cuenta = countInWords(face, count)
  const many = count.total > face.content.avisos.confirmaDesde
  const when = cuando ? momentInWords(face, cuando) : mesa.cuandoAhora
  const asked = {
    enviar: [
      fill(many ? mesa.seguroOtra : mesa.seguroYa, { cuenta, cuando: when }),
      button(face, 'siEnviar', idOf(id, 'manda', markOf(broadcast))),
    ],
    confirmar: [fill(mesa.seguroConfirma, { cuenta }), button(face, 'siConfirmar', idOf(id, 'confirma'))],
    cancelar: [mesa.seguroCancela, button(face, 'siCancelar', idOf(id, 'cancela'))],
  } as const
  const [text, yes] = asked[what]
  return { ...one(text, [yes, toBroadcast(face, id)]), difusion: id }
}

/** What to write; of one that has a text already, in its place. */
export function textScreen(face: Face, broadcast?: Broadcast): Screen {
  const { mesa } = words(face)
  const text = broadcast ? fill(mesa.pideTextoOtra, { texto: broadcast.texto }) : mesa.pideTexto.trim()
  const back = broadcast ? toBroadcast(face, broadcast.id) : toList(face)
  return { ...one(text, [back]), espera: 'texto', ...(broadcast && { difusion: broadcast.id }) }
}

export function momentScreen(face: Face, { id }: Broadcast): Screen {
  const choices = [button(face, 'ya', idOf(id, 'cuando', 'ya')), toBroadcast(face, id)]
  return { ...one(words(face).mesa.cuando.trim(), choices), espera: 'cuando', difusion: id }
}

export function controlScreen(face: Face, { id, control }: Broadcast): Screen {
  const { botones, mesa } = words(face)
  const shares = [0, 10, 20] as const
  const choices = shares.map(share => ({
    id: idOf(id, 'control', String(share)),
    label: marked(face, botones[`control${share}`], control === share),
  }))
  return { ...one(mesa.control.trim(), [...choices, toBroadcast(face, id)]), difusion: id }
}

/** The back way comes first where there are so many that they go in pages. */
export function buttonScreen(face: Face, broadcast: Broadcast): Screen {
  const { id, boton } = broadcast
  const all: AvisoButton[] = [
    ...face.content.pasos.map(paso => ({ does: 'paso' as const, id: paso.id })),
    ...flowsOffered.map(flow => ({ does: 'flujo' as const, id: flow })),
  ]
  const choices = all.map(it => ({
    id: idOf(id, 'boton', `${it.does}=${it.id}`),
    // Of a step its button begins with the mark by itself, as its recipients see it.
    label: short(
      boton?.does === it.does && boton.id === it.id
        ? `› ${buttonInWords(face, it)}`
        : buttonInWords(face, it),
      maxLabel,
    ),
  }))
  const none = button(face, 'sinBoton', idOf(id, 'boton', 'no'))
  return { ...one(words(face).mesa.boton, [toBroadcast(face, id), none, ...choices]), difusion: id }
}

/** Where a broadcast most likely leads; the command line knows all flows. */
const flowsOffered = ['checklist', 'ventana', 'vigencia', 'clinica'] as const

export function audienceScreen(face: Face, { id, audiencia }: Broadcast, count: Count): Screen {
  const { mesa, botones } = words(face)
  const text = fill(mesa.quien, {
    audiencia: audienceInWords(face, audiencia),
    cuenta: countInWords(face, count),
  })
  const some = (of: readonly unknown[] | undefined) => of !== undefined && of.length > 0
  const parts: [Label, boolean][] = [
    ['tema', false],
    ['nivel', some(audiencia.nivel)],
    ['semestre', audiencia.semestre !== undefined],
    ['falta', audiencia.falta !== undefined],
    ['plantel', some(audiencia.plantel)],
    ['canal', some(audiencia.canal)],
    ['visto', audiencia.vistoDias !== undefined || audiencia.ausenteDias !== undefined],
    ['sin', some(audiencia.sinDifusion)],
  ]
  const choices = parts.map(([part, is]) => ({
    id: idOf(id, part),
    label: marked(face, botones[part] as string, is),
  }))
  return { ...one(text, [button(face, 'listo', idOf(id, 'lista')), ...choices]), difusion: id }
}

export const audienceParts = [
  'tema',
  'nivel',
  'semestre',
  'falta',
  'plantel',
  'canal',
  'visto',
  'sin',
] as const
export type AudiencePart = (typeof audienceParts)[number]

/** `others`: those whose recipients may be left out. */
export function partScreen(
  face: Face,
  { id, audiencia }: Broadcast,
  part: AudiencePart,
  others: readonly Broadcast[],
): Screen {
  const { mesa } = words(face)
  const options = optionsOf(face, part, audiencia, others)
  const choices = options.map(({ label, value, is }) => ({
    id: idOf(id, part, value),
    label: short(marked(face, label, is), maxLabel),
  }))
  const planteles = audiencia.plantel?.length ? schoolsInWords(face, audiencia.plantel) : mesa.plantelTodos
  const text = fill(mesa[part], { planteles }).trim()
  return {
    ...one(text, [toAudience(face, id), ...choices]),
    difusion: id,
    ...(part === 'plantel' && { espera: 'plantel' as const }),
  }
}

interface Option {
  readonly label: string
  /** What `narrow` takes. */
  readonly value: string
  readonly is: boolean
}

function optionsOf(
  face: Face,
  part: AudiencePart,
  audience: Audience,
  others: readonly Broadcast[],
): Option[] {
  const { botones, canales } = words(face)
  const option = (label: Label, value: string, is: boolean): Option => ({ label: botones[label], value, is })
  /** Says which way it goes, so that pressed twice it does the same. */
  const toggle = (label: string, value: string, is: boolean): Option => ({
    label,
    value: `${is ? '-' : '+'}${value}`,
    is,
  })
  const { tema, nivel = [], semestre, falta, plantel = [], canal = [], vistoDias, ausenteDias } = audience
  switch (part) {
    case 'tema':
      return [
        option('temaEscuela', 'escuela', tema === 'escuela'),
        option('temaTramite', 'tramite', tema === 'tramite'),
      ]
    case 'nivel':
      return Object.entries(botones.niveles).map(([id, label]) => toggle(label, id, nivel.includes(id)))
    case 'semestre':
      return [
        option('todos', 'no', semestre === undefined),
        option('primero', 'primero', semestre === 'primero'),
        option('posterior', 'posterior', semestre === 'posterior'),
      ]
    case 'falta':
      return [
        option('cualquiera', 'no', falta === undefined),
        ...face.content.pasos.map(({ id, boton }) => ({ label: boton, value: id, is: falta === id })),
      ]
    case 'plantel':
      return [option('todos', 'no', plantel.length === 0)]
    case 'canal':
      return pushing.map(channel => toggle(canales[channel], channel, canal.includes(channel)))
    case 'visto':
      return [
        option('cualquiera', 'no', vistoDias === undefined && ausenteDias === undefined),
        option('visto7', '7', vistoDias === 7),
        option('visto30', '30', vistoDias === 30),
        option('ausente30', 'mas30', ausenteDias === 30),
        option('ausente90', 'mas90', ausenteDias === 90),
      ]
    case 'sin':
      return [
        option('ninguno', 'no', (audience.sinDifusion ?? []).length === 0),
        ...others
          .slice(0, maxListed)
          .map(({ id, titulo }) =>
            toggle(`${id}. ${titulo}`, String(id), audience.sinDifusion?.includes(id) ?? false),
          ),
      ]
  }
}

/** Channels by which something can be sent unasked. */
export const pushing = [
  'telegram',
  'whatsapp-cloud',
  'whatsapp-web',
] as const satisfies readonly ChannelName[]

/** The audience with one of its parts as a button says; undefined where that says nothing that we know. */
export function narrow(
  { content }: View,
  audience: Audience,
  part: AudiencePart,
  value: string,
): Audience | undefined {
  const [sign, of] = [value.slice(0, 1), value.slice(1)]
  const flip = <T>(list: readonly T[] = [], item: T) => {
    const others = list.filter(it => it !== item)
    return sign === '+' ? [...others, item] : others
  }
  if (value === 'no') return part === 'tema' ? undefined : without(audience, keysOf[part])
  switch (part) {
    case 'tema':
      return value === 'escuela' || value === 'tramite' ? { ...audience, tema: value } : undefined
    case 'semestre':
      return value === 'primero' || value === 'posterior' ? { ...audience, semestre: value } : undefined
    case 'falta':
      return content.pasos.some(({ id }) => id === value) ? { ...audience, falta: value } : undefined
    case 'nivel':
      return Object.hasOwn(content.personal.niveles, of)
        ? { ...audience, nivel: flip(audience.nivel, of) }
        : undefined
    case 'canal': {
      const channel = pushing.find(it => it === of)
      return channel && { ...audience, canal: flip(audience.canal, channel) }
    }
    case 'visto': {
      const [, more, days] = /^(mas)?(\d{1,3})$/.exec(value) ?? []
      const seen = without(audience, keysOf.visto)
      if (days === undefined) return undefined
      return more ? { ...seen, ausenteDias: Number(days) } : { ...seen, vistoDias: Number(days) }
    }
    case 'sin':
      return /^\d{1,9}$/.test(of)
        ? { ...audience, sinDifusion: flip(audience.sinDifusion, Number(of)) }
        : undefined
    case 'plantel':
      return undefined
  }
}

/** What is left out where a part does not matter. */
const keysOf = {
  nivel: ['nivel'],
  semestre: ['semestre'],
  falta: ['falta'],
  plantel: ['plantel'],
  canal: ['canal'],
  visto: ['vistoDias', 'ausenteDias'],
  sin: ['sinDifusion'],
} as const satisfies Record<Exclude<AudiencePart, 'tema'>, readonly (keyof Audience)[]>

const without = (audience: Audience, keys: readonly string[]): Audience => ({
  ...(Object.fromEntries(Object.entries(audience).filter(([key]) => !keys.includes(key))) as object),
  tema: audience.tema,
})
