/**
 * The desk in the chat, at which staff write to many: /difundir opens it, /personal with an invitation lets in. `handle`
 * shows it each private message first; what is not for the desk goes its usual way, as everything of a stranger's does.
 */
import { z } from 'zod'
import type { Audience, Broadcast, Broadcasts, Draft } from '../broadcast/broadcasts.ts'
import { type Member, type Desk as Place, Refused, type Staff } from '../broadcast/staff.ts'
import { fold } from '../content/fold.ts'
import type { Content } from '../content/load.ts'
import type { Choice, Incoming, Outgoing } from '../message.ts'
import { readMoment } from './broadcast/moment.ts'
import { readSchools } from './broadcast/schools.ts'
import {
  type AudiencePart,
  audienceParts,
  audienceScreen,
  awaited,
  buttonScreen,
  controlScreen,
  type Face,
  goodbye,
  listScreen,
  markOf,
  momentScreen,
  narrow,
  partScreen,
  previewScreen,
  progressScreen,
  reportScreen,
  type Screen,
  sureScreen,
  textScreen,
  waitingScreen,
  welcome,
} from './broadcast/screens.ts'
import { refusalInWords, short, titleOf } from './broadcast/show.ts'
import { fill } from './fill.ts'

export interface Desk {
  /** `chat`: hashed. Undefined: not for the desk. */
  take(
    chat: string,
    incoming: Incoming,
    /** The message was handled before: nothing is done again. */
    seen: () => Promise<boolean>,
  ): Promise<readonly Outgoing[] | undefined>
}

export interface DeskParts {
  readonly broadcasts: Broadcasts
  readonly staff: Staff
  readonly content: Content
  readonly clock: () => Date
}

/** What was offered last in a member's chat: a number or a label that is typed means it, and other texts `espera`. */
const Memory = z.object({
  espera: z.enum(awaited).optional(),
  difusion: z.number().optional(),
  ofrece: z.array(z.object({ id: z.string(), label: z.string() })),
  /** The message that was answered with it: it may come again where we ended before that was stored. */
  mensaje: z.string(),
})
type Memory = z.infer<typeof Memory>

const invitation = /^\/personal(?:@\w+)?\s+(\S.{0,99})$/i
const opening = /^\/difundir(?:@\w+)?(?:\s+(\d{1,9}))?$/i
const own = 'dif:'
const press = /^dif:(?:(lista|nueva|salir)|(\d{1,9})(?::([a-z]+)(?:\.([a-z0-9=+-]+))?)?)$/

/** Who is a member is asked anew so often: it is known without the database of all others who write. */
const chatsMs = 5000

export function createDesk({ broadcasts, staff, content, clock }: DeskParts): Desk {
  const members = rememberChats(staff, clock)

  async function take(...[chat, incoming, seen]: Parameters<Desk['take']>): ReturnType<Desk['take']> {
    const { body, group, pushTo, from } = incoming
    if (group || pushTo === undefined) return undefined
    const typed = body.kind === 'text' && !body.how ? body.text.trim() : ''
    const [, code] = invitation.exec(typed) ?? []
    if (code) return (await seen()) ? undefined : join(code, { chat, channel: from.channel, to: pushTo })
    const pressed = body.kind === 'choice' && body.choice.startsWith(own) ? body.choice : undefined
    const open = opening.exec(typed)
    if (!pressed && !open && !(await members.has(chat))) return undefined
    const by = await staff.byChat(chat)
    if (!by || (await seen())) return undefined
    const face: Face = { content, now: clock(), by }
    const memory = await recall(by)
    // It was done already: it is shown as it stands now.
    const again = memory?.mensaje === incoming.id && memory.difusion
    const opened = open && (open[1] ? own + open[1] : `${own}lista`)
    const id = again ? own + again : (opened ?? pressed)
    const screen = id
      ? await safely(face, id, () => act(face, id))
      : memory && (await answer(face, memory, incoming))
    return screen ? keep(by, screen, incoming) : leave(by, memory)
  }

  async function join(code: string, desk: Place): Promise<readonly Outgoing[]> {
    try {
      const { member } = await staff.join(code, desk)
      members.forget()
      return welcome({ content, now: clock(), by: member }).replies
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const by = await staff.byChat(desk.chat)
      if (!by) return [{ text: content.personal.mesa.codigoNo }]
      const face: Face = { content, now: clock(), by }
      return above(refusalInWords(face, error), welcome(face)).replies
    }
  }

  /** What the desk awaits goes where a member turns to something else. */
  async function leave(by: Member, memory: Memory | undefined): Promise<undefined> {
    if (memory) await staff.draft(by, null)
  }

  async function recall(by: Member): Promise<Memory | undefined> {
    const read = Memory.safeParse(await staff.drafting(by))
    return read.success ? read.data : undefined
  }

  async function keep(by: Member, screen: Screen, { id }: Incoming): Promise<readonly Outgoing[]> {
    const { replies, espera, difusion } = screen
    const ofrece = replies.at(-1)?.choices ?? []
    const memory: Memory = { ofrece: [...ofrece], mensaje: id }
    const next = { ...memory, ...(espera && { espera }), ...(difusion !== undefined && { difusion }) }
    await staff.draft(by, ofrece.length > 0 ? next : null)
    return replies
  }

  /** A text, or a file, after a screen of the desk; undefined where it is not meant for it. */
  async function answer(face: Face, memory: Memory, { body }: Incoming): Promise<Screen | undefined> {
    const { espera, difusion, ofrece } = memory
    const of = difusion === undefined ? undefined : String(difusion)
    if (body.kind === 'text' && !body.beside) {
      const chosen = choiceIn(ofrece, body.text)
      if (chosen?.id.startsWith(own)) return safely(face, chosen.id, () => act(face, chosen.id))
      if (!espera || body.text.trimStart().startsWith('/') || body.how === 'edited') return undefined
      return safely(face, of, () => write(face, espera, body.text, difusion))
    }
    if (espera !== 'texto' || body.kind === 'choice') return undefined
    const asked = await safely(face, of, async () =>
      textScreen(face, difusion === undefined ? undefined : await broadcasts.see(face.by, difusion)),
    )
    return above(content.personal.mesa.soloTexto, asked)
  }

  async function write(
    face: Face,
    espera: NonNullable<Memory['espera']>,
    text: string,
    difusion: number | undefined,
  ): Promise<Screen> {
    if (espera === 'texto') return writeText(face, text, difusion)
    const broadcast = await broadcasts.see(face.by, difusion ?? 0)
    if (espera === 'cuando') {
      const cuando = readMoment(text, face.now)
      if (!cuando) return above(content.personal.mesa.cuandoNo, momentScreen(face, broadcast))
      return change(face, broadcast, { cuando }).catch(error => {
        if (!(error instanceof Refused)) throw error
        // Another hour is awaited.
        return above(refusalInWords(face, error), momentScreen(face, broadcast))
      })
    }
    const { known, unknown } = readSchools(content, text)
    if (unknown.length > 0 || known.length === 0) {
      const escuela = unknown[0] ?? text.trim()
      const notice = fill(content.personal.mesa.plantelNo, { escuela: short(escuela, 60) })
      return above(notice, partScreen(face, broadcast, 'plantel', []))
    }
    return aim(face, broadcast, { ...broadcast.audiencia, plantel: known })
  }

  /** Where it is refused, it is asked for again. */
  async function writeText(face: Face, texto: string, id: number | undefined): Promise<Screen> {
    const before = id === undefined ? undefined : await broadcasts.see(face.by, id)
    // A title of its own stays; one that was the old text's goes with it.
    const named = before && before.titulo !== titleOf(before.texto)
    const draft = { texto, ...(!named && { titulo: titleOf(texto) }) }
    try {
      if (before) return await change(face, before, draft)
      const made = await broadcasts.write(face.by, { ...draft, audiencia: { tema: 'escuela' } })
      return audienceScreen(face, made, await broadcasts.count(face.by, made.id))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return above(refusalInWords(face, error), textScreen(face, before))
    }
  }

  async function act(face: Face, id: string): Promise<Screen> {
    const [, place, number, what, value] = press.exec(id) ?? []
    if (place === 'salir') return goodbye(face)
    // Who may not write is told so at once, and not when the text is written.
    if (place === 'nueva') return textScreen({ ...face, by: await staff.admit(face.by, 'escribir') })
    if (number === undefined) return listScreen(face, await broadcasts.list(face.by))
    const broadcast = await broadcasts.see(face.by, Number(number))
    return what === undefined ? show(face, broadcast) : actOn(face, broadcast, what, value)
  }

  async function actOn(face: Face, broadcast: Broadcast, what: string, value?: string): Promise<Screen> {
    const { by } = face
    const { id } = broadcast
    const part = audienceParts.find(part => part === what)
    if (part) return actOnPart(face, broadcast, part, value)
    switch (what) {
      case 'muestra':
        return previewScreen(face, broadcast, await broadcasts.preview(by, id))
      case 'probar':
        await broadcasts.test(by, id)
        return above(content.personal.mesa.prueba, await show(face, broadcast))
      case 'manda':
        if (broadcast.estado === 'borrador' && value !== markOf(broadcast))
          return above(content.personal.mesa.cambio, await show(face, broadcast))
        return show(face, await broadcasts.send(by, id))
      case 'confirma':
        return show(face, await broadcasts.confirm(by, id))
      case 'pausar':
        return show(face, await broadcasts.pause(by, id))
      case 'seguir':
        return show(face, await broadcasts.resume(by, id))
      case 'cancela':
        return show(face, await broadcasts.cancel(by, id))
      case 'enviar':
      case 'confirmar':
      case 'cancelar':
        return sureScreen(face, broadcast, what, await broadcasts.weigh(by, id, grave[what]))
      default:
        return broadcast.estado === 'borrador' ? edit(face, broadcast, what, value) : show(face, broadcast)
    }
  }

  async function edit(face: Face, broadcast: Broadcast, what: string, value?: string): Promise<Screen> {
    switch (what) {
      case 'texto':
        return textScreen(face, broadcast)
      case 'quien':
        return audienceScreen(face, broadcast, await broadcasts.count(face.by, broadcast.id))
      case 'cuando':
        return value === 'ya' ? change(face, broadcast, { cuando: null }) : momentScreen(face, broadcast)
      case 'control':
        return value === undefined
          ? controlScreen(face, broadcast)
          : change(face, broadcast, { control: Number(value) })
      case 'boton': {
        if (value === undefined) return buttonScreen(face, broadcast)
        const [does = '', id = ''] = value.split('=')
        const boton = does === 'paso' || does === 'flujo' ? ({ does, id } as const) : null
        return change(face, broadcast, { boton })
      }
      // All is chosen: how it looks, and then what can be done with it.
      case 'lista': {
        const { replies } = previewScreen(face, broadcast, await broadcasts.preview(face.by, broadcast.id))
        const looks = replies.map(({ text }) => ({ text }))
        const shown = await show(face, broadcast)
        return { ...shown, replies: [...looks, ...shown.replies.map(unlive)] }
      }
      default:
        return show(face, broadcast)
    }
  }

  async function actOnPart(
    face: Face,
    broadcast: Broadcast,
    part: AudiencePart,
    value: string | undefined,
  ): Promise<Screen> {
    if (broadcast.estado !== 'borrador') return show(face, broadcast)
    const audience = value === undefined ? undefined : narrow(face, broadcast.audiencia, part, value)
    if (audience) return aim(face, broadcast, audience)
    const others = part === 'sin' ? (await broadcasts.list(face.by)).filter(hasBegun) : []
    return partScreen(face, broadcast, part, others)
  }

  async function aim(face: Face, { id }: Broadcast, audiencia: Audience): Promise<Screen> {
    const aimed = await broadcasts.write(face.by, { audiencia: audiencia as Draft['audiencia'] }, id)
    return audienceScreen(face, aimed, await broadcasts.count(face.by, id))
  }

  const change = async (face: Face, { id }: Broadcast, draft: Draft) =>
    show(face, await broadcasts.write(face.by, draft, id))

  /** As it stands now, whatever was pressed. */
  async function show(face: Face, broadcast: Broadcast): Promise<Screen> {
    const { id, estado } = broadcast
    if (estado === 'terminada' || estado === 'cancelada')
      return reportScreen(face, broadcast, await broadcasts.report(face.by, id))
    return hasBegun(broadcast)
      ? progressScreen(face, broadcast, await broadcasts.progress(face.by, id))
      : waitingScreen(face, broadcast, await broadcasts.count(face.by, id))
  }

  /** What is refused is told above the screen that fits: the broadcast's own, or the list where there is none. */
  async function safely(face: Face, asked: string | undefined, work: () => Promise<Screen>): Promise<Screen> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const notice = refusalInWords(face, error)
      const id = /\d+/.exec(asked ?? '')?.[0]
      const ways = [
        ...(id === undefined ? [] : [async () => show(face, await broadcasts.see(face.by, Number(id)))]),
        async () => listScreen(face, await broadcasts.list(face.by)),
        // Let go of meanwhile: there is nothing here for them any more.
        async () => goodbye(face),
      ]
      for (const way of ways) {
        const screen = await way().catch(again => {
          if (!(again instanceof Refused)) throw again
        })
        if (screen) return above(notice, screen)
      }
      throw error
    }
  }

  return { take }
}

/** The chats of members, without asking the database at each message of everybody's. */
function rememberChats(staff: Pick<Staff, 'chats'>, clock: () => Date) {
  let known: Promise<ReadonlySet<string>> | undefined
  let until = 0
  const forget = () => {
    known = undefined
  }
  const has = async (chat: string) => {
    const now = clock().getTime()
    if (!known || now >= until) {
      until = now + chatsMs
      known = staff.chats()
      // Asked again at once where the database did not answer.
      known.catch(forget)
    }
    return (await known).has(chat)
  }
  return { has, forget }
}

/** The number of a choice, or what it says. */
function choiceIn(choices: readonly Choice[], text: string): Choice | undefined {
  const typed = fold(text)
  const [, number] = /^(\d{1,2})[.)]?$/.exec(typed) ?? []
  return number ? choices[Number(number) - 1] : choices.find(({ label }) => plain(label) === plain(typed))
}
const plain = (text: string) =>
  fold(text)
    .replace(/[^\p{L}\p{N} ]/gu, '')
    .trim()

const grave = { enviar: 'send', confirmar: 'confirm', cancelar: 'cancel' } as const

const begun: readonly Broadcast['estado'][] = ['preparando', 'enviando', 'pausada', 'terminada', 'cancelada']
const hasBegun = ({ estado }: Broadcast) => begun.includes(estado)

const unlive = ({ live: _, ...reply }: Outgoing): Outgoing => reply

/** In the same message, so that it is edited in place all the same. */
function above(notice: string, screen: Screen): Screen {
  const [first, ...others] = screen.replies
  return first
    ? { ...screen, replies: [{ ...first, text: `${notice}\n\n${first.text}` }, ...others] }
    : screen
}
