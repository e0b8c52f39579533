/**
 * What staff do with a message to many, from the first draft to the report. The desk in the chat, the command line and
 * the staff page call these same functions; each asks who may, changes the state at most once, and is logged.
 */
import { dayOf, shift } from '../calendar.ts'
import type { Limits } from '../channels/channel.ts'
import type { Content } from '../content/load.ts'
import type { AvisoButton, ChannelName } from '../message.ts'
import type { Audience } from '../store/audience.ts'
import type { BroadcastRow, Change, Count, Decide } from '../store/broadcasts.ts'
import type { Figures, Share, Tally } from '../store/figures.ts'
import type { LogEntry } from '../store/log.ts'
import type { DifusionEstado } from '../store/migrations.ts'
import type { Store } from '../store/store.ts'
import { changeDraft, checkWhole, type Draft, emptyDraft, readDraft } from './draft.ts'
import { type Preview, showOn } from './preview.ts'
import { type Action, type Member, Refused, type Staff } from './staff.ts'

export type { Audience, Count, Draft, Preview, Tally }

/** As staff see it. */
export interface Broadcast {
  readonly id: number
  readonly estado: DifusionEstado
  readonly titulo: string
  readonly texto: string
  readonly boton?: AvisoButton
  readonly audiencia: Audience
  /** How many of a hundred get nothing on purpose. */
  readonly control: number
  readonly cuando?: Date
  readonly vence?: Date
  /** Names. */
  readonly escribe: string
  readonly pide?: string
  readonly confirma?: string
  readonly creada: Date
  readonly empezada?: Date
  readonly terminada?: Date
}

export interface Progress {
  readonly estado: DifusionEstado
  readonly total: number
  readonly cuentas: Tally
}

export interface Report extends Progress, Omit<Figures, 'cuentas'> {
  /** Told by the platforms that tell. */
  readonly entregados: number
  readonly leidos: number
  /** Did the button's step within 7 days: of all it was meant for, and of those who got nothing on purpose. */
  readonly paso?: { readonly id: string; readonly enviados: Share; readonly control: Share }
}

export interface Broadcasts {
  list(by: Member): Promise<Broadcast[]>
  see(by: Member, id: number): Promise<Broadcast>
  /** A new draft, or changes to one. */
  write(by: Member, draft: Draft, id?: number): Promise<Broadcast>
  count(by: Member, id: number): Promise<Count>
  preview(by: Member, id: number): Promise<Preview[]>
  /** To the member's own chat. */
  test(by: Member, id: number): Promise<void>
  /**
   * Whether this press would be taken, before it is made: refused as the press itself would be,
   * and so is one that was made already; else how many it is for.
   */
  weigh(by: Member, id: number, what: Grave): Promise<Count>
  /** At its time, or at once; above the number of the rules it waits for somebody else's `confirm`. */
  send(by: Member, id: number): Promise<Broadcast>
  confirm(by: Member, id: number): Promise<Broadcast>
  pause(by: Member, id: number): Promise<Broadcast>
  resume(by: Member, id: number): Promise<Broadcast>
  cancel(by: Member, id: number): Promise<Broadcast>
  progress(by: Member, id: number): Promise<Progress>
  report(by: Member, id: number): Promise<Report>
}

/** What cannot be undone. */
export type Grave = 'send' | 'confirm' | 'cancel'

export interface BroadcastParts {
  readonly store: Pick<Store, 'broadcasts'>
  readonly staff: Pick<Staff, 'admit'>
  readonly content: Content
  readonly clock: () => Date
  /** The running program looks now what there is to do, not only in a while. */
  readonly wake: () => Promise<void> | void
  /** Of the channels that send by themselves. */
  readonly limits: Readonly<Partial<Record<ChannelName, Limits>>>
}

/** From which states a press leads on, and in which it has been done already. */
interface Move {
  readonly action: Action
  readonly accion: string
  readonly from: readonly DifusionEstado[]
  readonly done: readonly DifusionEstado[]
}

const underWay = ['programada', 'preparando', 'enviando'] as const
const moves = {
  send: { action: 'enviar', accion: 'envia', from: ['borrador'], done: ['por-confirmar', ...underWay] },
  confirm: { action: 'confirmar', accion: 'confirma', from: ['por-confirmar'], done: underWay },
  pause: { action: 'parar', accion: 'pausa', from: ['enviando'], done: ['pausada'] },
  resume: { action: 'parar', accion: 'sigue', from: ['pausada'], done: ['enviando'] },
  cancel: {
    action: 'parar',
    accion: 'cancela',
    from: ['borrador', 'por-confirmar', ...underWay, 'pausada'],
    done: ['cancelada'],
  },
} as const satisfies Record<string, Move>

/** In whole local days: so long after it began a step done may be its doing. */
const effectDays = 7

export function createBroadcasts({ store, staff, content, clock, wake, limits }: BroadcastParts): Broadcasts {
  const { broadcasts } = store

  async function find(id: number): Promise<BroadcastRow> {
    const row = await broadcasts.find(id)
    return row ?? notThere(id)
  }

  async function look(by: Member, id: number): Promise<BroadcastRow> {
    await staff.admit(by, 'ver')
    return find(id)
  }

  const entry = (by: Member, accion: string, detalle: object = {}): LogEntry => ({
    at: clock(),
    quien: by.id,
    nombre: by.nombre,
    accion,
    detalle,
  })

  /** What a press comes to, where it fits the state. */
  const decisions: Readonly<
    Record<keyof typeof moves, (by: Member, ...of: Parameters<Decide>) => Promise<Change['set']>>
  > = {
    async send(by, row, count) {
      const times = checkWhole(content, row, clock())
      const { total } = await count()
      const estado = total > content.avisos.confirmaDesde ? 'por-confirmar' : 'programada'
      return { ...times, estado, pide: by.id }
    },
    async confirm(by, { pideId, vence }) {
      if (pideId === by.id) throw new Refused('misma-persona')
      if (vence && vence <= clock()) throw new Refused('vencida')
      return { estado: 'programada', confirma: by.id }
    },
    pause: async () => ({ estado: 'pausada' }),
    resume: async () => ({ estado: 'enviando' }),
    cancel: async () => ({ estado: 'cancelada' }),
  }

  /** Where it was made already, all stays as it is. */
  async function press(by: Member, id: number, what: keyof typeof moves): Promise<Broadcast> {
    const move: Move = moves[what]
    const me = await staff.admit(by, move.action)
    const result = await broadcasts.change(id, clock(), async (row, count) => {
      if (move.done.includes(row.estado)) return undefined
      expectFit(row, move)
      const set = await decisions[what](by, row, count)
      return { set, log: entry(me, move.accion, set) }
    })
    if (!result) return notThere(id)
    if (result.changed) await wake()
    return asSeen(result.row)
  }

  async function write(by: Member, draft: Draft, id?: number): Promise<Broadcast> {
    const me = await staff.admit(by, 'escribir')
    const given = readDraft(draft)
    for (const other of given.audiencia?.sinDifusion ?? [])
      if (!(await broadcasts.find(other)))
        throw new Refused('audiencia-difusion', { difusion: String(other) })
    if (id === undefined) {
      const whole = changeDraft(content, emptyDraft, given, clock())
      return asSeen(await find(await broadcasts.add(whole, entry(me, 'escribe', whole))))
    }
    const result = await broadcasts.change(id, clock(), async row => {
      if (row.estado !== 'borrador') throw new Refused('estado', { estado: row.estado })
      return { set: changeDraft(content, row, given, clock()), log: entry(me, 'escribe', given) }
    })
    return result ? asSeen(result.row) : notThere(id)
  }

  async function weigh(by: Member, id: number, what: Grave): Promise<Count> {
    const me = await staff.admit(by, moves[what].action)
    const row = await find(id)
    expectFit(row, moves[what])
    const count = await broadcasts.count(row, clock())
    await decisions[what](me, row, async () => count)
    return count
  }

  async function test(by: Member, id: number): Promise<void> {
    const me = await staff.admit(by, 'probar')
    const row = await find(id)
    if (row.texto === '') throw new Refused('texto-falta')
    if (!(await broadcasts.test(id, entry(me, 'prueba')))) throw new Refused('sin-chat')
    await wake()
  }

  async function report(by: Member, id: number): Promise<Report> {
    const { estado, boton, empezada } = await look(by, id)
    const figures = await broadcasts.figures(id)
    const common = { estado, total: totalOf(figures.cuentas), ...figures, ...(await broadcasts.receipts(id)) }
    if (boton?.does !== 'paso' || !empezada) return common
    const desde = dayOf(empezada)
    const sought = { paso: boton.id, desde, hasta: shift(desde, effectDays) }
    return { ...common, paso: { id: boton.id, ...(await broadcasts.steps(id, sought)) } }
  }

  return {
    async list(by) {
      await staff.admit(by, 'ver')
      return (await broadcasts.list()).map(asSeen)
    },
    see: async (by, id) => asSeen(await look(by, id)),
    write,
    count: async (by, id) => broadcasts.count(await look(by, id), clock()),
    preview: async (by, id) => showOn(content, limits, await look(by, id), clock()),
    test,
    weigh,
    send: (by, id) => press(by, id, 'send'),
    confirm: (by, id) => press(by, id, 'confirm'),
    pause: (by, id) => press(by, id, 'pause'),
    resume: (by, id) => press(by, id, 'resume'),
    cancel: (by, id) => press(by, id, 'cancel'),
    async progress(by, id) {
      const { estado } = await look(by, id)
      const { cuentas } = await broadcasts.figures(id)
      return { estado, total: totalOf(cuentas), cuentas }
    },
    report,
  }
}

function expectFit({ estado }: BroadcastRow, { from }: Move): void {
  if (!from.includes(estado)) throw new Refused('estado', { estado })
}

function notThere(id: number): never {
  throw new Refused('no-hay', { id: String(id) })
}

const totalOf = (tally: Tally) => Object.values(tally).reduce((sum, n) => sum + n, 0)

function asSeen({
  pideId: _,
  confirmaId: __,
  boton,
  cuando,
  vence,
  pide,
  confirma,
  empezada,
  terminada,
  ...row
}: BroadcastRow): Broadcast {
  return {
    ...row,
    ...(boton && { boton }),
    ...(cuando && { cuando }),
    ...(vence && { vence }),
    ...(pide !== null && { pide }),
    ...(confirma !== null && { confirma }),
    ...(empezada && { empezada }),
    ...(terminada && { terminada }),
  }
}
