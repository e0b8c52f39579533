/**
 * What can be ordered of broadcasts at the command line, and the one function that carries an order out: in the running
 * program, which the command asks by its door, or in the command itself where it opens the database.
 */
import { z } from 'zod'
import type { Broadcast, Broadcasts, Draft } from '../../broadcast/broadcasts.ts'
import { draftFields } from '../../broadcast/draft.ts'
import { allowed, type Member, Refused, type Staff } from '../../broadcast/staff.ts'
import type { Content } from '../../content/load.ts'
import { channelNames, temas } from '../../message.ts'
import type { LogLine } from '../../store/log.ts'
import type { Rol } from '../../store/migrations.ts'
import { fill } from '../fill.ts'
import {
  broadcastInWords,
  countInWords,
  lineOf,
  momentInWords,
  previewsInWords,
  progressInWords,
  reportInWords,
  statusInWords,
  titleOf,
  type View,
} from './show.ts'

export const roles = Object.keys(allowed) as [Rol, ...Rol[]]

const Id = z.int().min(1)
const Names = z.array(z.string()).nullable().optional()
const Days = z.int().min(1).nullable().optional()

/** Of a draft what is to be changed; null takes a part of the audience away. */
const Changes = z.strictObject({
  ...draftFields,
  audiencia: z
    .strictObject({
      tema: z.enum(temas).optional(),
      plantel: Names,
      nivel: Names,
      semestre: z.enum(['primero', 'posterior']).nullable().optional(),
      falta: z.string().nullable().optional(),
      canal: z.array(z.enum(channelNames)).nullable().optional(),
      vistoDias: Days,
      ausenteDias: Days,
      sinDifusion: z.array(Id).nullable().optional(),
      sinPlantel: Names,
    })
    .optional(),
})
export type Changes = z.infer<typeof Changes>

export const plainOrders = ['vincular', 'personal', 'bitacora', 'lista'] as const
export const ordersOfOne = [
  'ver',
  'cuenta',
  'muestra',
  'probar',
  'enviar',
  'confirmar',
  'pausar',
  'seguir',
  'cancelar',
  'avance',
  'reporte',
] as const

export const Order = z.discriminatedUnion('orden', [
  z.strictObject({ orden: z.literal('invitar'), rol: z.enum(roles), nombre: z.string() }),
  z.strictObject({ orden: z.literal('entrar'), codigo: z.string().max(100) }),
  z.strictObject({ orden: z.enum(plainOrders) }),
  z.strictObject({ orden: z.literal('quitar'), id: Id }),
  z.strictObject({ orden: z.literal('rol'), id: Id, rol: z.enum(roles) }),
  z.strictObject({ orden: z.literal('nueva'), borrador: Changes }),
  z.strictObject({ orden: z.literal('editar'), id: Id, borrador: Changes }),
  z.strictObject({ orden: z.enum(ordersOfOne), id: Id }),
])
export type Order = z.infer<typeof Order>

/** Of no use where nothing runs: nobody would send, and whoever ordered it would think that somebody does. */
export const needsSending = ({ orden }: Order) => ['probar', 'enviar', 'confirmar', 'seguir'].includes(orden)

/** What came of an order. */
export const Done = z.strictObject({
  /** To be shown. */
  text: z.string(),
  /** The same for a program. */
  data: z.unknown().optional(),
  /** What the command line is known by from now on. */
  clave: z.string().optional(),
  /** Nothing of it changes any more. */
  ended: z.boolean().optional(),
})
export type Done = z.infer<typeof Done>

export interface OrderParts {
  readonly broadcasts: Broadcasts
  readonly staff: Staff
  readonly content: Content
  readonly clock: () => Date
}

const maxLogged = 50

/** Throws Refused where it cannot be done. */
export async function carryOut(
  { broadcasts, staff, content, clock }: OrderParts,
  clave: string | undefined,
  order: Order,
): Promise<Done> {
  const view: View = { content, now: clock() }
  const words = content.personal.orden
  const known = clave === undefined ? undefined : await staff.byKey(clave)
  // Nobody has to be known to come in, or to invite the first.
  if (order.orden === 'entrar') return enter(view, staff, order.codigo)
  if (order.orden === 'invitar') return invite(view, staff, known, order)
  if (!known) throw new Refused('clave')
  switch (order.orden) {
    case 'vincular':
      return { text: fill(words.vinculo, { codigo: (await staff.link(known)).code }) }
    case 'personal':
      return tellStaff(view, staff, known)
    case 'bitacora':
      return tellLog(view, staff, known)
    case 'quitar':
      await staff.remove(known, order.id)
      return { text: words.quitado }
    case 'rol':
      await staff.change(known, order.id, order.rol)
      return tellStaff(view, staff, known)
    case 'lista':
      return tellList(view, await broadcasts.list(known))
    case 'nueva':
      return tellWhole(view, broadcasts, known, await broadcasts.write(known, newDraft(order.borrador)))
    case 'editar': {
      const { audiencia } = await broadcasts.see(known, order.id)
      const draft = draftOf(order.borrador, audiencia)
      return tellWhole(view, broadcasts, known, await broadcasts.write(known, draft, order.id))
    }
    default:
      return carryOutOnOne(view, broadcasts, known, order.orden, order.id)
  }
}

async function enter({ content }: View, staff: Staff, codigo: string): Promise<Done> {
  const { member, key } = await staff.join(codigo)
  return {
    text: fill(content.personal.orden.entro, { nombre: member.nombre }),
    ...(key !== undefined && { clave: key }),
  }
}

async function invite(
  { content }: View,
  staff: Staff,
  known: Member | undefined,
  { rol, nombre }: Extract<Order, { orden: 'invitar' }>,
): Promise<Done> {
  const { code } = await staff.invite(known ?? null, rol, nombre)
  const { orden, roles } = content.personal
  return { text: fill(orden.invitado, { nombre, rol: roles[rol], codigo: code }), data: { codigo: code } }
}

async function tellStaff({ content }: View, staff: Staff, known: Member): Promise<Done> {
  const { orden, roles, canales } = content.personal
  const all = await staff.list(known)
  const lines = all.map(({ id, nombre, rol, channel }) =>
    fill(orden.persona, {
      id: String(id),
      nombre,
      rol: roles[rol],
      chat: channel ? fill(orden.conChat, { canal: canales[channel] }) : '',
    }),
  )
  return { text: lines.join('\n') }
}

async function tellLog(view: View, staff: Staff, known: Member): Promise<Done> {
  const { orden } = view.content.personal
  const lines = await staff.log(known, maxLogged)
  const { rows, wrong } = await staff.checkLog(known)
  const state =
    wrong === undefined
      ? fill(orden.bitacoraBien, { n: String(rows) })
      : fill(orden.bitacoraMal, { id: String(wrong) })
  return { text: [...lines.map(line => writeLine(view, line)), state].join('\n'), data: lines }
}

function writeLine(view: View, { at, nombre, accion, difusion, detalle }: LogLine): string {
  const { orden } = view.content.personal
  const detail = JSON.stringify(detalle)
  return fill(orden.asiento, {
    momento: momentInWords(view, at),
    nombre: nombre === '' ? orden.instalacion : nombre,
    accion,
    difusion: difusion === undefined ? '' : fill(orden.deAviso, { id: String(difusion) }),
    detalle: detail === '{}' ? '' : ` · ${detail}`,
  })
}

function tellList(view: View, all: readonly Broadcast[]): Done {
  const lines = all.map(broadcast => lineOf(view, broadcast))
  return { text: lines.length > 0 ? lines.join('\n') : view.content.personal.orden.listaVacia }
}

async function tellWhole(
  view: View,
  broadcasts: Broadcasts,
  known: Member,
  broadcast: Broadcast,
): Promise<Done> {
  const count = await broadcasts.count(known, broadcast.id)
  return { text: broadcastInWords(view, broadcast, count), data: { id: broadcast.id } }
}

const newDraft = (changes: Changes): Draft => ({ titulo: titleOf(changes.texto ?? ''), ...draftOf(changes) })

/** The audience is one: what is not said of it stays as it is. */
function draftOf(
  { audiencia, ...rest }: Changes,
  before: Broadcast['audiencia'] = { tema: 'escuela' },
): Draft {
  if (!audiencia) return rest
  const merged = Object.entries({ ...before, ...audiencia }).filter(
    ([, value]) => value !== null && value !== undefined,
  )
  return { ...rest, audiencia: Object.fromEntries(merged) as unknown as NonNullable<Draft['audiencia']> }
}

async function carryOutOnOne(
  view: View,
  broadcasts: Broadcasts,
  by: Member,
  orden: (typeof ordersOfOne)[number],
  id: number,
): Promise<Done> {
  const whole = (broadcast: Broadcast) => tellWhole(view, broadcasts, by, broadcast)
  switch (orden) {
    case 'ver':
      return whole(await broadcasts.see(by, id))
    case 'cuenta': {
      const count = await broadcasts.count(by, id)
      return { text: countInWords(view, count), data: count }
    }
    case 'muestra':
      return { text: previewsInWords(view, await broadcasts.preview(by, id)).join('\n\n') }
    case 'probar':
      await broadcasts.test(by, id)
      return { text: view.content.personal.orden.prueba }
    case 'enviar':
      return whole(await broadcasts.send(by, id))
    case 'confirmar':
      return whole(await broadcasts.confirm(by, id))
    case 'pausar':
      return tellProgress(view, broadcasts, by, await broadcasts.pause(by, id))
    case 'seguir':
      return tellProgress(view, broadcasts, by, await broadcasts.resume(by, id))
    case 'cancelar':
      return tellProgress(view, broadcasts, by, await broadcasts.cancel(by, id))
    case 'avance':
      return tellProgress(view, broadcasts, by, await broadcasts.see(by, id))
    case 'reporte': {
      const broadcast = await broadcasts.see(by, id)
      const report = await broadcasts.report(by, id)
      return { text: statusInWords(view, broadcast, reportInWords(view, report)), data: { id, ...report } }
    }
  }
}

async function tellProgress(
  view: View,
  broadcasts: Broadcasts,
  by: Member,
  broadcast: Broadcast,
): Promise<Done> {
  const progress = await broadcasts.progress(by, broadcast.id)
  const now = { ...broadcast, estado: progress.estado }
  return {
    text: statusInWords(view, now, progressInWords(view, progress)),
    data: { id: broadcast.id, ...progress },
    ended: progress.estado === 'terminada' || progress.estado === 'cancelada',
  }
}
