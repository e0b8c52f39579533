/** Telegram for the tests of this folder: how people write and press there, and how updates are pushed to programs. */
import { type Agent, request } from 'node:http'
import type { Limits } from '../../src/channels/channel.ts'
import { decodePress, keyboardOf, toHtml } from '../../src/channels/telegram/render.ts'
import { Update as Parsed, read } from '../../src/channels/telegram/update.ts'
import { webhookPath } from '../../src/channels/telegram/webhook.ts'
import type { Incoming, Outgoing } from '../../src/message.ts'
import type { Call, FakeTelegram, Update } from '../fakes/telegram.ts'
import { type Program, startProgram } from '../program.ts'
import type { Move, Platform, Said, Send } from './crash.ts'

export const limits: Limits = {
  text: 4096,
  buttons: Number.POSITIVE_INFINITY,
  buttonText: Number.POSITIVE_INFINITY,
}

export const addressOf = (person: number) => ({ channel: 'telegram', id: String(person) }) as const

export const onTelegram = (fake: FakeTelegram): Platform => ({
  limits,
  addressOf,
  looksOf,
  sendsTo: person =>
    fake.calls.filter(call => isSend(call) && Number(call.payload.chat_id) === person).map(sendOf),
})

export interface Button {
  readonly message: number
  readonly data: string
}

/** What may be chosen under the newest message that has buttons. */
export function shownTo(fake: FakeTelegram, person: number): Button[] {
  const shown = fake.messages(person).findLast(({ keyboard }) => keyboard.length > 0)
  const buttons = (shown?.keyboard.flat() ?? []) as readonly { readonly callback_data?: string }[]
  const all = buttons.map(({ callback_data: data = '' }) => ({ message: shown?.message_id ?? 0, data }))
  return all.filter(({ data }) => decodePress(data)?.kind === 'choice')
}

export const updateOf = (fake: FakeTelegram, person: number, move: Move<Button>): Update =>
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

const self = { id: 42, username: 'vigente_prueba_bot', commands: [] }
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
    pushTo: String(chat),
  }
}

export const saidOf =
  (update: Update): Said =>
  at =>
    incomingOf(update, at)

export const isSend = ({ method }: Call) => method === 'sendMessage' || method === 'editMessageText'

function sendOf({ payload, answered, atMs }: Call): Send {
  const looks = JSON.stringify([payload.text, payload.reply_markup ?? null])
  return { person: Number(payload.chat_id), looks, atMs, done: answered === 'ok' || answered === 'gone' }
}

function looksOf({ text, choices = [], live }: Outgoing, turn: number): string {
  const keyboard = choices.length > 0 ? keyboardOf(choices, turn, 0, live ?? false) : null
  return JSON.stringify([toHtml(text), keyboard])
}
