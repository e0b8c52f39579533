/**
 * What the tests of crashes, redelivery and several processes share: people who talk by chance, what the same words
 * come to in one undisturbed conversation, and what a database and the fake Telegram hold against that.
 */
import { type Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import pino from 'pino'
import { fitInto } from '../../src/channels/fit.ts'
import { decodePress, keyboardOf, toHtml } from '../../src/channels/telegram/render.ts'
import { Update as Parsed, read } from '../../src/channels/telegram/update.ts'
import { webhookPath } from '../../src/channels/telegram/webhook.ts'
import { chatKey, createConversation } from '../../src/conversation/handle.ts'
import { loadGuide } from '../../src/guide.ts'
import type { Incoming, Outgoing, Turn } from '../../src/message.ts'
import { openDatabase, type Where } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import type { Random } from '../conversation/talk.ts'
import type { Call, FakeTelegram, Update } from '../fakes/telegram.ts'
import { type Program, startProgram } from '../program.ts'

export const seed = Number(process.env.SEED ?? 20261122)
export const guide = loadGuide(new Date())
export const silent = pino({ level: 'silent' })

export const keyOf = (person: number) => chatKey({ channel: 'telegram', id: String(person) })

// ---- people ----

export interface Button {
  readonly message: number
  readonly data: string
}

export type Move = { readonly text: string } | { readonly button: Button }

const { content } = guide
/** A deletion takes the rows that are counted here: nobody goes where there is one, nor stays there. */
const harmless = (text: string) => !/borr|elimin|olvid|privacidad|datos guardados/i.test(text)
const examples = Object.entries(content.examples())
const texts = {
  questions: examples.flatMap(([id, of]) => (id in content.preguntas ? of : [])).filter(harmless),
  words: Object.values(content.mensajes.opciones)
    .flatMap(({ boton, dichos }) => [boton, ...dichos])
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
export function moveOf(random: Random, offered: readonly Button[]): Move {
  if (offered.some(({ data }) => /borrar/.test(data))) return { text: '/menu' }
  const buttons = offered.filter(({ data }) => decodePress(data)?.kind === 'choice' && harmless(data))
  if (buttons.length > 0 && random.next() < 0.5) return { button: random.of(buttons) }
  return { text: random.of(texts[random.of(Object.keys(texts) as (keyof typeof texts)[])]) }
}

/** What stands under the newest message that has any. */
export function shownTo(fake: FakeTelegram, person: number): Button[] {
  const shown = fake.messages(person).findLast(({ keyboard }) => keyboard.length > 0)
  const buttons = (shown?.keyboard.flat() ?? []) as readonly { readonly callback_data?: string }[]
  return buttons.map(({ callback_data: data = '' }) => ({ message: shown?.message_id ?? 0, data }))
}

export const updateOf = (fake: FakeTelegram, person: number, move: Move): Update =>
  'text' in move
    ? fake.written(person, move.text)
    : fake.pressed(person, move.button.message, move.button.data)

export const secret = 'secreto-de-la-prueba'

/** As Telegram pushes it; resolves to the status that it is answered with. */
export function post(url: string, agent: Agent, update: Update): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret }
  return new Promise((done, fail) => {
    const asked = request(new URL(webhookPath, url), { agent, method: 'POST', headers }, answer => {
      answer.resume().on('end', () => done(answer.statusCode ?? 0))
    })
    // The server may close a connection that was kept just as it is taken up: then nothing of this was read.
    const closed = ({ code }: NodeJS.ErrnoException) => asked.reusedSocket && code === 'ECONNRESET'
    asked.on('error', error => (closed(error) ? done(post(url, agent, update)) : fail(error)))
    asked.end(JSON.stringify(update))
  })
}

/** Programs on one server that are pushed to; none of them is pushed to by the fake itself. */
export function startPushed(fake: FakeTelegram, databaseUrl: string, count: number): Promise<Program[]> {
  const environment = {
    DATABASE_URL: databaseUrl,
    TELEGRAM_BOT_TOKEN: fake.token,
    TELEGRAM_API_ROOT: fake.root,
    TELEGRAM_WEBHOOK_SECRET: secret,
    PUBLIC_URL: 'https://vigente.example',
    LOG_LEVEL: 'error',
  }
  return Promise.all(Array.from({ length: count }, () => startProgram(environment)))
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

const self = { id: 42, username: 'vigente_prueba_bot', commands: [] }
const limits = { text: 4096, buttons: Number.POSITIVE_INFINITY }

/** The message that an update is, as the adapter makes it. */
export function incomingOf(update: unknown, at: Date): Incoming {
  const news = read(Parsed.parse(update), self, at)
  if (news.kind === 'message') return news.incoming
  if (news.kind !== 'press' || news.press?.kind !== 'choice') throw new Error(`no message: ${news.kind}`)
  const { chat, message, data, press } = news
  const { choice, turn } = press
  const from = { channel: 'telegram', id: String(chat) } as const
  return {
    from,
    id: `p${message}.${data}`,
    at,
    body: { kind: 'choice', choice, turn },
    replyTo: String(chat),
  }
}

export interface Clean {
  hear(incoming: Incoming): Promise<Turn>
  kept(person: number): Promise<Kept>
  close(): Promise<void>
}

/** A conversation in this process that nothing disturbs: each message once and in order. */
export async function openClean(): Promise<Clean> {
  const store = await openStore({ memory: true })
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
    kept: async person => {
      const { stored } = await store.read(keyOf(person), '')
      const mine = heard.get(String(person))
      return stored && mine ? { version: stored.version, state: stored.state, ...mine } : nothing
    },
    close: () => store.close(),
  }
}

// ---- what a database holds ----

export interface Held {
  kept(person: number): Kept
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
    kept: person => byChat.get(keyOf(person)) ?? nothing,
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
  readonly again: { readonly first: Call; readonly call: Call }[]
}

export const isSend = ({ method }: Call) => method === 'sendMessage' || method === 'editMessageText'

/** Whether each reply came, in order; one that came again came before the next. */
export function followReplies(fake: FakeTelegram, person: number, { replies }: Kept): Arrived {
  const expected = replies.flatMap((of, n) => of.map(message => looksOf(message, n + 1)))
  const again: Arrived['again'] = []
  const came: Call[] = []
  const mine = fake.calls.filter(call => isSend(call) && Number(call.payload.chat_id) === person)
  for (const call of mine) {
    const { payload, answered } = call
    const looks = JSON.stringify([payload.text, payload.reply_markup ?? null])
    // Carried out also where the caller was gone by then.
    const done = answered === 'ok' || answered === 'gone'
    if (done && looks === expected[came.length]) came.push(call)
    else if (looks === expected[came.length - 1]) again.push({ first: came.at(-1) as Call, call })
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

function looksOf({ text, choices = [], live }: Outgoing, turn: number): string {
  const keyboard = choices.length > 0 ? keyboardOf(choices, turn, 0, live ?? false) : null
  return JSON.stringify([toHtml(text), keyboard])
}

/** Until nothing has been called for longer than the program takes to look for what is left. */
export async function quiet(fake: FakeTelegram): Promise<void> {
  for (let seen = -1; seen !== fake.calls.length; ) {
    seen = fake.calls.length
    await sleep(2000)
  }
}

export interface Compared {
  readonly turns: number
  readonly replies: number
  readonly faults: string[]
  readonly again: readonly (Arrived['again'][number] & { readonly person: number })[]
}

/** What is held and arrived beside what the same updates, each chat's in order, come to undisturbed. */
export async function compareToClean(
  fake: FakeTelegram,
  held: Held,
  said: ReadonlyMap<number, readonly Update[]>,
): Promise<Compared> {
  const clean = await openClean()
  const people = [...said].map(async ([person, updates]) => {
    const kept = held.kept(person)
    const atOf = new Map(kept.messages.map(({ id, at }) => [id, at]))
    for (const update of updates) {
      const { id } = incomingOf(update, new Date())
      // Answers tell the days: the undisturbed conversation is at the times of the disturbed one.
      await clean.hear(incomingOf(update, atOf.get(id) ?? new Date()))
    }
    const undisturbed = await clean.kept(person)
    const { faults, again } = followReplies(fake, person, undisturbed)
    return {
      turns: undisturbed.version,
      replies: undisturbed.replies.flat().length,
      faults: [...differences(person, kept, undisturbed), ...faults],
      again: again.map(one => ({ ...one, person })),
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
