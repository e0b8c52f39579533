/**
 * What the tests of crashes, redelivery and several processes share, whatever the platform: people who talk by chance, what
 * the same words come to in one undisturbed conversation, and what a database and a fake platform hold against that.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import pino from 'pino'
import type { Limits } from '../../src/channels/channel.ts'
import { fitInto } from '../../src/channels/fit.ts'
import { chatKey, createConversation } from '../../src/conversation/handle.ts'
import type { Address, Incoming, Outgoing, Turn } from '../../src/message.ts'
import { openDatabase, type Where } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import type { Random } from '../conversation/talk.ts'
import { content, guide } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'

export const seed = Number(process.env.SEED ?? 20261122)
export const silent = pino({ level: 'silent' })

/** What tells one platform from another; people are numbers. */
export interface Platform {
  readonly limits: Limits
  addressOf(person: number): Address
  /** How a reply goes over the wire, where it is the text that tells it from others. */
  looksOf(reply: Outgoing, turn: number): string
  /** All calls that say something to this person, in the order in which they came. */
  sendsTo(person: number): readonly Send[]
}

export interface Send {
  readonly person: number
  readonly looks: string
  readonly atMs: number
  /** It was carried out, also where the caller was gone by then. */
  readonly done: boolean
}

/** Something that a person said or pressed, as the adapter makes it; `at` is when it was handled. */
export type Said = (at: Date) => Incoming

// ---- people ----

/** A button or row that may be pressed. */
export interface Offer {
  /** With the choice's id in it. */
  readonly data: string
}

export type Move<Button extends Offer> = { readonly text: string } | { readonly button: Button }

/**
 * A deletion takes the rows that are counted here: nobody goes where there is one, nor stays there. A code for another
 * chat is never the same twice.
 */
const harmless = (text: string) => !/borr|elimin|olvid|privacidad|datos guardados|pasar|otro chat/i.test(text)
const examples = Object.entries(content.examples())
const texts = {
  questions: examples.flatMap(([id, of]) => (id in content.preguntas ? of : [])).filter(harmless),
  words: Object.entries(content.mensajes.opciones)
    .filter(([id]) => harmless(id))
    .flatMap(([, { boton, dichos }]) => [boton, ...dichos])
    .filter(harmless),
  commands: ['/start', '/menu', '/checklist', '/ventana', '/vigencia', '/renuncia', '/cambio', '/persona'],
  facts: [
    'voy en primer semestre',
    'tengo 17 años',
    'soy de prepa',
    'estoy en tratamiento',
    'no tengo otro seguro',
  ],
  numbers: ['1', '2', '3', '17', '50 50', '0'],
}

/** A press of what is offered as often as not, else something that students write. */
export function moveOf<Button extends Offer>(random: Random, offered: readonly Button[]): Move<Button> {
  if (offered.some(({ data }) => /borrar/.test(data))) return { text: '/menu' }
  const buttons = offered.filter(({ data }) => harmless(data))
  if (buttons.length > 0 && random.next() < 0.5) return { button: random.of(buttons) }
  return { text: random.of(texts[random.of(Object.keys(texts) as (keyof typeof texts)[])]) }
}

// ---- the undisturbed conversation ----

/** What is kept of one chat. */
export interface Kept {
  readonly version: number
  readonly state: unknown
  /** In the order of their turns. */
  readonly messages: readonly { readonly id: string; readonly at: Date }[]
  /** By turn. */
  readonly replies: readonly (readonly Outgoing[])[]
}

export const nothing: Kept = { version: 0, state: null, messages: [], replies: [] }

export interface Clean {
  hear(incoming: Incoming): Promise<Turn>
  kept(from: Address): Promise<Kept>
  close(): Promise<void>
}

/** A conversation in this process that nothing disturbs: each message once and in order. */
export async function openClean(limits: Limits): Promise<Clean> {
  const store = await openStore({ url: await freshDatabase() })
  const delivery = { fit: (_: string, reply: Outgoing) => fitInto(reply, limits), deliver: async () => {} }
  const { handle } = createConversation({ ...guide, store, log: silent, delivery })
  const heard = new Map<string, { messages: Kept['messages'][number][]; replies: (readonly Outgoing[])[] }>()
  return {
    hear: async incoming => {
      const turn = await handle(incoming)
      const mine = heard.get(incoming.from.id) ?? { messages: [], replies: [] }
      heard.set(incoming.from.id, mine)
      if (!turn.duplicate) {
        mine.messages.push({ id: incoming.id, at: incoming.at })
        mine.replies.push(turn.replies)
      }
      return turn
    },
    kept: async from => {
      const { stored } = await store.read(chatKey(from), '')
      const mine = heard.get(from.id)
      return stored && mine ? { version: stored.version, state: stored.state, ...mine } : nothing
    },
    close: () => store.close(),
  }
}

// ---- what a database holds ----

export interface Held {
  kept(from: Address): Kept
  /** What is still in the outbox, by its state. */
  readonly unsent: readonly string[]
}

/** While no program is on it, where it is a folder. */
export async function readHeld(where: Where): Promise<Held> {
  const { pool, close } = await openDatabase(where)
  const rows = async <Row>(text: string) => (await pool.query(text)).rows as (Row & { chat: string })[]
  const chats = await rows<{ version: number; estado: unknown }>(
    'select chat, version, estado from conversacion',
  )
  const heard = await rows<{ mensaje: string; at: Date }>('select * from entrada order by version')
  const said = await rows<{ version: number; cuerpo: Outgoing }>('select * from salida order by version, n')
  const unsent = await rows<{ estado: string; motivo: string | null }>('select * from envio')
  await pool.end()
  await close()
  const [heardBy, saidBy] = [Map.groupBy(heard, row => row.chat), Map.groupBy(said, row => row.chat)]
  const kept = chats.map(({ chat, version, estado }): [string, Kept] => {
    const byTurn = Map.groupBy(saidBy.get(chat) ?? [], row => row.version)
    const replies = Array.from({ length: version }, (_, n) =>
      (byTurn.get(n + 1) ?? []).map(({ cuerpo }) => cuerpo),
    )
    const messages = (heardBy.get(chat) ?? []).map(({ mensaje, at }) => ({ id: mensaje, at }))
    return [chat, { version, state: estado, messages, replies }]
  })
  const byChat = new Map(kept)
  return {
    kept: from => byChat.get(chatKey(from)) ?? nothing,
    unsent: unsent.map(({ estado, motivo }) => `${estado} ${motivo ?? ''}`.trim()),
  }
}

/** What differs from the undisturbed conversation, in words; the times of messages are their own. */
export function differences(person: number, held: Kept, clean: Kept): string[] {
  const ids = ({ messages }: Kept) => messages.map(({ id }) => id)
  const same = (name: string, a: unknown, b: unknown) =>
    isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))
      ? []
      : [
          `${person}: ${name}: ${JSON.stringify(a).slice(0, 300)} instead of ${JSON.stringify(b).slice(0, 300)}`,
        ]
  return [
    ...same('messages', ids(held), ids(clean)),
    ...same('version', held.version, clean.version),
    ...same('state', held.state, clean.state),
    ...same('replies', held.replies, clean.replies),
  ]
}

// ---- what arrived ----

export interface Arrived {
  readonly faults: string[]
  /** Calls that said what had been said already, each after the call that said it first. */
  readonly again: { readonly first: Send; readonly call: Send }[]
}

/** Whether each reply came, in order; one that came again came before the next. */
export function followReplies(platform: Platform, person: number, { replies }: Kept): Arrived {
  const expected = replies.flatMap((of, n) => of.map(message => platform.looksOf(message, n + 1)))
  const again: Arrived['again'] = []
  const came: Send[] = []
  for (const call of platform.sendsTo(person)) {
    const { looks, done } = call
    if (done && looks === expected[came.length]) came.push(call)
    else if (looks === expected[came.length - 1]) again.push({ first: came.at(-1) as Send, call })
    // An edit that is refused is followed by a new message.
    else if (done)
      return {
        faults: [`${person}: not what comes ${came.length + 1} of ${expected.length}: ${looks}`],
        again,
      }
  }
  const missing = expected.length - came.length
  return { faults: missing > 0 ? [`${person}: ${missing} of ${expected.length} never arrived`] : [], again }
}

/** Until nothing has been called for longer than the program takes to look for what is left. */
export async function quiet({ calls }: { readonly calls: readonly unknown[] }): Promise<void> {
  for (let seen = -1; seen !== calls.length; ) {
    seen = calls.length
    await sleep(2000)
  }
}

export interface Compared {
  readonly turns: number
  readonly replies: number
  readonly faults: string[]
  readonly again: Arrived['again']
}

/** What is held and arrived beside what the same messages, each chat's in order, come to undisturbed. */
export async function compareToClean(
  platform: Platform,
  held: Held,
  said: ReadonlyMap<number, readonly Said[]>,
): Promise<Compared> {
  const clean = await openClean(platform.limits)
  const people = [...said].map(async ([person, all]) => {
    const address = platform.addressOf(person)
    const kept = held.kept(address)
    const atOf = new Map(kept.messages.map(({ id, at }) => [id, at]))
    for (const one of all) {
      const { id } = one(new Date())
      // Answers tell the days: the undisturbed conversation is at the times of the disturbed one.
      await clean.hear(one(atOf.get(id) ?? new Date()))
    }
    const undisturbed = await clean.kept(address)
    const { faults, again } = followReplies(platform, person, undisturbed)
    return {
      turns: undisturbed.version,
      replies: undisturbed.replies.flat().length,
      faults: [...differences(person, kept, undisturbed), ...faults],
      again,
    }
  })
  const compared = await Promise.all(people)
  await clean.close()
  return {
    turns: compared.reduce((sum, { turns }) => sum + turns, 0),
    replies: compared.reduce((sum, { replies }) => sum + replies, 0),
    faults: compared.flatMap(({ faults }) => faults),
    again: compared.flatMap(({ again }) => again),
  }
}
