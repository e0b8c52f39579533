/**
 * What the large runs of broadcasts share: the real program over a fake platform that counts each call, many people who
 * opted in, a broadcast to them, and what became of each by the ledger and by the platform.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { flows as machines, moved } from '../../flows/index.ts'
import { createStaff, type Member } from '../../src/broadcast/staff.ts'
import { chatKey } from '../../src/conversation/handle.ts'
import { flowSet, newSaved } from '../../src/conversation/saved.ts'
import { planOf } from '../../src/conversation/unasked.ts'
import { type ChannelName, temas } from '../../src/message.ts'
import { askBroadcast } from '../../src/personal/door.ts'
import { Secret } from '../../src/secret.ts'
import type { Where } from '../../src/store/database.ts'
import type { DestinatarioEstado } from '../../src/store/migrations.ts'
import { createMembers } from '../../src/store/staff.ts'
import { startFakeTelegram, type Trouble as TelegramTrouble } from '../fakes/telegram.ts'
import { startFakeWhatsApp, type Trouble as WhatsAppTrouble } from '../fakes/whatsapp-cloud.ts'
import { content } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'
import { type Program, startProgram } from '../program.ts'
import { type Office, openOffice } from './office.ts'

export const full = process.env.FULL === '1'

// ---- a place to keep everything ----

export interface Place {
  readonly database: 'PGlite' | 'PostgreSQL'
  readonly where: Where
  readonly environment: Record<string, string>
  clear(): Promise<void>
}

export const places: Readonly<Record<Place['database'], () => Promise<Place>>> = {
  PGlite: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vigente-broadcast-'))
    const clear = () => rm(dir, { recursive: true, force: true })
    return { database: 'PGlite', where: { dir }, environment: { DATA_DIR: dir }, clear }
  },
  PostgreSQL: async () => {
    const url = await freshDatabase()
    return {
      database: 'PostgreSQL',
      where: { url },
      environment: { DATABASE_URL: url },
      clear: async () => {},
    }
  },
}

/** While no program is on it, where it is a folder. */
export async function inside<T>({ where }: Place, use: (office: Office) => Promise<T>): Promise<T> {
  const office = await openOffice(where)
  try {
    return await use(office)
  } finally {
    await office.close()
  }
}

// ---- a platform ----

/** A call that says something to somebody. People are numbers. */
export interface Send {
  readonly person: number
  readonly atMs: number
  /** It was carried out; undefined while it is under way. */
  readonly done: boolean | undefined
}

/** What befalls a call, on any platform. */
export type Mishap =
  /** It is carried out this much later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Too often: nobody is to be sent anything for a second. It is told this much later. */
  | { readonly kind: 'busy'; readonly ms: number }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'error' }
  /** It is carried out, and nobody hears of it. */
  | { readonly kind: 'lost' }

export interface Ground {
  readonly channel: ChannelName
  readonly environment: Record<string, string>
  /** Messages in any second, as the platform says. */
  readonly perSecond: number
  /** What people write counts in that. */
  readonly countsIncoming: boolean
  /** Every call that sends, in the order in which they came. */
  readonly sends: readonly Send[]
  readonly excess: readonly unknown[]
  /** Whether the rates are kept. */
  rates: boolean
  /** Asked at each call that sends. */
  mishap: (person: number) => Mishap | undefined
  /** As they are stored. */
  subscriberOf(person: number): Subscriber
  /** They have written to the number or bot before. */
  meet(person: number): void
  /** Not to be had any more, which the platform tells in its own way. */
  lose(person: number): void
  /** Says something; the program is handed it now. */
  say(person: number, text: string): void
  /** Tells the platform where the program is, where that must be known. */
  connect(program: Program): Promise<void>
  /** Whether the program has taken all that it was to be told. */
  readonly settled: boolean
  waitFor(look: () => boolean, timeoutMs: number): Promise<unknown>
  close(): Promise<void>
}

export interface Subscriber {
  readonly chat: string
  readonly to: string
  /** Other names that lead to the chat. */
  readonly names: readonly string[]
}

const carriedOut = new Set<unknown>(['ok', 'gone', 'cut-after'])

export async function openTelegram(): Promise<Ground> {
  const fake = await startFakeTelegram()
  const sends = new Sends(fake.calls, ({ method, payload }) =>
    method === 'sendMessage' || method === 'sendDocument' ? Number(payload.chat_id) : undefined,
  )
  const ground: Ground = {
    channel: 'telegram',
    environment: { TELEGRAM_BOT_TOKEN: fake.token, TELEGRAM_API_ROOT: fake.root },
    perSecond: 30,
    countsIncoming: false,
    get sends() {
      return sends.all
    },
    get excess() {
      return fake.excess
    },
    get rates() {
      return fake.rates
    },
    set rates(on) {
      fake.rates = on
    },
    mishap: () => undefined,
    subscriberOf: person => {
      const id = String(person)
      return { chat: chatKey({ channel: 'telegram', id }), to: id, names: [] }
    },
    meet: person => void fake.written(person, 'hola'),
    lose: person => void fake.deactivate(person),
    say: (person, text) => void fake.write(person, text),
    connect: async () => {},
    get settled() {
      return fake.pending === 0
    },
    waitFor: (look, timeoutMs) => fake.waitFor(look, timeoutMs),
    close: () => fake.close(),
  }
  fake.trouble = call => {
    const person = sends.personOf(call)
    const mishap = person === undefined ? undefined : ground.mishap(person)
    return mishap && onTelegram[mishap.kind](mishap)
  }
  return ground
}

const msOf = (mishap: Mishap) => ('ms' in mishap ? mishap.ms : 0)

const onTelegram: Readonly<Record<Mishap['kind'], (mishap: Mishap) => TelegramTrouble>> = {
  slow: mishap => ({ delayMs: msOf(mishap) }),
  busy: mishap => ({ status: 429, retryAfter: 1, delayMs: msOf(mishap) }),
  unreachable: () => ({ status: 403, reason: 'Forbidden: bot was blocked by the user' }),
  error: () => ({ status: 500 }),
  lost: () => 'cut-after',
}

const verifyToken = 'palabra-de-la-prueba'
const firstPhone = 10_000_000
const phoneOf = (person: number) => `52155${firstPhone + person}`
const numberOf = (phone: unknown) => Number(String(phone).slice(5)) - firstPhone

export async function openWhatsApp(): Promise<Ground> {
  const fake = await startFakeWhatsApp()
  const sends = new Sends(fake.calls, ({ what, payload }) =>
    what === 'send' ? numberOf(payload.to) : undefined,
  )
  const secret = new Secret(fake.appSecret)
  const known = new Map<number, ReturnType<typeof fake.person>>()
  const personAt = (person: number) => {
    const found = known.get(person) ?? fake.person(phoneOf(person))
    known.set(person, found)
    return found
  }
  // What people wrote before the program came is not for the program.
  fake.held = true
  let connected = false
  const ground: Ground = {
    channel: 'whatsapp-cloud',
    environment: {
      WHATSAPP_CLOUD_TOKEN: fake.token,
      WHATSAPP_CLOUD_PHONE_ID: fake.phoneId,
      WHATSAPP_CLOUD_APP_SECRET: fake.appSecret,
      WHATSAPP_CLOUD_VERIFY_TOKEN: verifyToken,
      WHATSAPP_CLOUD_API_ROOT: fake.url,
    },
    perSecond: 80,
    countsIncoming: true,
    get sends() {
      return sends.all
    },
    get excess() {
      return fake.excess
    },
    get rates() {
      return fake.rates
    },
    set rates(on) {
      fake.rates = on
    },
    mishap: () => undefined,
    meet: person => void personAt(person).writes('hola'),
    subscriberOf: person => {
      const { phone = '', bsuid = '' } = personAt(person)
      const names = [bsuid, phone].map(id => chatKey({ channel: 'whatsapp-cloud', id: secret.name(id) }))
      return { chat: names[0] ?? '', to: secret.seal(JSON.stringify({ phone, user: bsuid })), names }
    },
    lose: person => personAt(person).leaves(),
    say: (person, text) => void personAt(person).writes(text),
    connect: async ({ url }) => {
      await fake.subscribe(`${url}/whatsapp/webhook`, verifyToken)
      if (connected) return
      connected = true
      await fake.flush({ order: () => [] })
      fake.held = false
    },
    get settled() {
      return fake.pending === 0
    },
    waitFor: (look, timeoutMs) => fake.waitFor(look, timeoutMs),
    close: () => fake.close(),
  }
  fake.trouble = call => {
    const person = sends.personOf(call)
    const mishap = person === undefined ? undefined : ground.mishap(person)
    return mishap && onWhatsApp[mishap.kind](mishap)
  }
  return ground
}

const onWhatsApp: Readonly<Record<Mishap['kind'], (mishap: Mishap) => WhatsAppTrouble>> = {
  slow: mishap => ({ delayMs: msOf(mishap) }),
  busy: mishap => ({ code: 130429, retryAfterS: 1, delayMs: msOf(mishap) }),
  unreachable: () => ({ code: 131026 }),
  error: () => ({ code: 131000 }),
  lost: () => 'cut-after',
}

export const platforms = { Telegram: openTelegram, 'WhatsApp Cloud': openWhatsApp } as const

interface Call {
  readonly atMs: number
  readonly answered?: unknown
}

/** Of a fake's calls those that send, each looked at once however often it is asked. */
class Sends<One extends Call> {
  readonly personOf: (call: One) => number | undefined
  readonly #calls: readonly One[]
  readonly #found: Send[] = []
  #seen = 0

  constructor(calls: readonly One[], personOf: (call: One) => number | undefined) {
    this.#calls = calls
    this.personOf = personOf
  }

  get all(): readonly Send[] {
    for (; this.#seen < this.#calls.length; this.#seen++) {
      const call = this.#calls[this.#seen] as One
      const person = this.personOf(call)
      if (person !== undefined) this.#found.push(sendOf(person, call))
    }
    return this.#found
  }
}

/** The fake writes down later how it answered. */
const sendOf = (person: number, call: Call): Send => ({
  person,
  atMs: call.atMs,
  get done() {
    return call.answered === undefined ? undefined : carriedOut.has(call.answered)
  },
})

export const start = async (
  ground: Ground,
  place: Place,
  more: Record<string, string> = {},
): Promise<Program> => {
  const program = await startProgram({
    NODE_OPTIONS: '--import ./tests/awake.ts',
    ...place.environment,
    ...ground.environment,
    LOG_LEVEL: 'error',
    ...more,
  })
  // It may have been killed already.
  if (program.url) await ground.connect(program).catch(() => {})
  return program
}

// ---- many people who opted in ----

const flows = flowSet(machines, moved)
const pieceRows = 2000

/** People who want to be told everything, as their turns would have stored them; `plantel` tells groups of them apart. */
export async function subscribe(
  { db }: Office,
  channel: ChannelName,
  all: Iterable<Subscriber>,
  plantel: string | null = null,
): Promise<void> {
  const now = new Date()
  const state = { ...newSaved(flows), avisos: { temas, hasta: now.toISOString(), dados: [] } }
  for (const piece of pieces(all)) {
    const given = sql`json_to_recordset(${JSON.stringify(piece)}::json) q (chat text, "to" text, names json)`
    await sql`insert into conversacion (chat, version, estado, cambiada)
      select chat, 1, ${JSON.stringify(state)}::json, ${now}::timestamptz from ${given}`.execute(db)
    await sql`insert into suscripcion (chat, canal, destino, temas, plantel, faltan, plan, desde, vista)
      select chat, ${channel}, "to", ${[...temas]}::text[], ${plantel}::text, '{}', ${planOf(content)},
        ${now}::timestamptz, ${now}::timestamptz from ${given}`.execute(db)
    await sql`insert into persona (clave, chat)
      select n.clave, q.chat from ${given}, json_array_elements_text(q.names) n (clave)`.execute(db)
  }
}

function* pieces<T>(all: Iterable<T>): Generator<T[]> {
  let piece: T[] = []
  for (const one of all) {
    if (piece.push(one) < pieceRows) continue
    yield piece
    piece = []
  }
  if (piece.length > 0) yield piece
}

/** To all of a group, prepared; it is sent from now on, or once it is resumed. */
export async function prepare(
  { db, tables }: Office,
  people: number,
  { plantel, paused = false }: { plantel?: string; paused?: boolean } = {},
): Promise<number> {
  const now = new Date()
  const vence = new Date(now.getTime() + 2 * dayMs)
  const audiencia = { tema: 'escuela', ...(plantel === undefined ? {} : { plantel: [plantel] }) } as const
  const id = await tables.add(
    { titulo: 'Prueba', texto: words, boton: null, audiencia, control: 0, cuando: now, vence },
    { at: now, quien: 1, nombre: '', accion: 'escribe', detalle: {} },
  )
  await sql`update difusion set estado = 'programada' where id = ${id}`.execute(db)
  const prepared = await tables.prepare(id, now, people)
  if (prepared !== 'enviando') throw new Error(`not prepared: ${prepared}`)
  if (paused) await sql`update difusion set estado = 'pausada' where id = ${id}`.execute(db)
  return id
}
const dayMs = 24 * 60 * 60 * 1000
export const words = 'La ventanilla abre el lunes a las nueve.'

// ---- what became of them ----

export interface Entry {
  readonly chat: string
  readonly estado: DestinatarioEstado
  readonly motivo: string | null
  readonly repetido: boolean
}

export const entries = async ({ db }: Office, id: number): Promise<Entry[]> =>
  (
    await sql<Entry>`select chat, estado, motivo, repetido from destinatario where difusion = ${id}`.execute(
      db,
    )
  ).rows

/** Chats whose unasked message was under way: noted before the call, and what came of it not noted yet. */
export const underWay = async ({ db }: Office): Promise<string[]> =>
  (
    await sql<{ chat: string }>`select chat from envio where aviso and estado = 'enviando'`.execute(db)
  ).rows.map(({ chat }) => chat)

/** Until a program that was killed has nothing under way in the database any more. */
export async function untilGone({ where }: Place, { db }: Office): Promise<void> {
  if (!('url' in where)) return
  const left = () =>
    sql<{ n: number }>`select count(*)::integer as n from pg_stat_activity
      where datname = current_database() and application_name = 'vigente' and state <> 'idle'
        and pid <> pg_backend_pid()`.execute(db)
  while (((await left()).rows[0]?.n ?? 0) > 0) await sleep(20)
}

/** Until nobody is left to be sent to, the broadcast knows it, and the program has been told all that it is to be told. */
export async function untilEnded(place: Place, ground: Ground, id: number): Promise<void> {
  if ('url' in place.where)
    await inside(place, async ({ db }) => {
      const ended = () => sql`select from difusion where id = ${id} and estado = 'terminada'`.execute(db)
      while ((await ended()).rows.length === 0) await sleep(100)
    })
  // Nobody looks into a folder while the program runs. It is longer than a fault is waited out.
  else
    for (let seen = -1; seen !== ground.sends.length; ) {
      seen = ground.sends.length
      await sleep(4000)
    }
  await ground.waitFor(() => ground.settled, 60_000)
  // What was told quicker than it was noted is looked at once more.
  await sleep(1500)
}

// ---- staff ----

/** Whoever may do everything. */
export interface Owner {
  readonly member: Member
  /** Known by it at the command line. */
  readonly key: string
}

export async function addOwner({ db }: Office): Promise<Owner> {
  const staff = createStaff({ members: createMembers(db), clock: () => new Date() })
  const { code } = await staff.invite(null, 'owner', 'Prueba')
  const { member, key = '' } = await staff.join(code)
  return { member, key }
}

/** What staff do while the program runs. */
export interface Control {
  press(what: 'pausar' | 'seguir' | 'cancelar', id: number): Promise<unknown>
  close(): Promise<void>
}

/** On a server from another process, in a folder by the program's door. */
export async function openControl({ where }: Place, { member, key }: Owner): Promise<Control> {
  if ('dir' in where)
    return { press: (orden, id) => askBroadcast(where.dir, key, { orden, id }), close: async () => {} }
  const office = await openOffice(where)
  const { pause, resume, cancel } = office.broadcasts
  const presses = { pausar: pause, seguir: resume, cancelar: cancel }
  return {
    press: (what, id) => {
      office.now = new Date()
      return presses[what](member, id)
    },
    close: () => office.close(),
  }
}
