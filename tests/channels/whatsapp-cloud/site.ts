/**
 * The guide on WhatsApp's Cloud API for the tests of this folder: a fake Meta, the real conversation, store, delivery,
 * intake and HTTP, wired by src/channels.ts itself, in the test's own process. What is logged, at every level, is kept.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import pino from 'pino'
import { type Attached, attachChannels } from '../../../src/channels.ts'
import { type Conversation, createConversation } from '../../../src/conversation/handle.ts'
import { createDelivery, type Delivery } from '../../../src/delivery/delivery.ts'
import { createHttp, type Listening, listen } from '../../../src/http.ts'
import type { Incoming, Turn } from '../../../src/message.ts'
import type { Where } from '../../../src/store/database.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { type FakeWhatsApp, type Person, type Shown, startFakeWhatsApp } from '../../fakes/whatsapp-cloud.ts'
import { guide } from '../../guide.ts'
import { freshDatabase } from '../../postgres.ts'

export const databases = ['PGlite', 'PostgreSQL'] as const
export type DatabaseName = (typeof databases)[number]

export const verifyToken = 'palabra-de-las-pruebas-4242'
export const webhookPath = '/whatsapp/webhook'
export const seed = Number(process.env.SEED ?? 20_261_122)
export const full = process.env.FULL !== undefined

/** Long enough for whatever comes by itself on a busy machine. */
const patienceMs = 30_000

export class Site {
  readonly words = guide.content.whatsappNube
  readonly fake: FakeWhatsApp
  /** Each line as it was logged. */
  readonly logged: string[] = []
  /** Each message that the conversation was given, and what came of it. */
  readonly handled: { readonly incoming: Incoming; readonly turn: Turn }[] = []
  /** How long the conversation waits before it takes a message. */
  thinkMs = 0
  /** While true, and it was so at the start, replies are stored and not sent. */
  mute = false
  readonly #where: Where
  readonly #time: Time
  #store!: Store
  #delivery!: Delivery
  #attached!: Attached
  #server!: Listening
  #underWay = 0
  #open = false
  #lookedAt = 0

  /** `mute`: as the property, from the first moment on. */
  static async open(database: DatabaseName, { mute = false } = {}): Promise<Site> {
    const where = database === 'PGlite' ? { memory: true as const } : { url: await freshDatabase() }
    const time = { aheadMs: 0 }
    const { nombre: name, idioma: language, texto: body } = guide.content.whatsappNube.plantilla
    const fake = await startFakeWhatsApp({
      clock: () => timeOf(time),
      templates: [{ name, language, body: body.trim() }],
    })
    const site = new Site(fake, where, time)
    site.mute = mute
    await site.start()
    return site
  }

  private constructor(fake: FakeWhatsApp, where: Where, time: Time) {
    this.fake = fake
    this.#where = where
    this.#time = time
  }

  get store(): Store {
    return this.#store
  }

  get counts(): Delivery['counts'] {
    return this.#delivery.counts
  }

  get ready(): boolean {
    return this.#attached.channel.ready
  }

  get hookUrl(): string {
    return `http://127.0.0.1:${this.#server.port}${webhookPath}`
  }

  /** Both the guide's clock and Meta's. */
  get now(): Date {
    return timeOf(this.#time)
  }

  /** Moves both clocks on. */
  pass(ms: number): void {
    this.#time.aheadMs += ms
  }

  /** Also again, after `stop`, on the same database. */
  async start(): Promise<void> {
    const log = pino({ level: 'trace' }, { write: line => this.logged.push(line) })
    this.#store = await openStore(this.#where)
    this.#open = true
    const app = createHttp({ whatsapp: async () => this.ready }, async () => [])
    let conversation!: Conversation
    const { attached } = attachChannels({
      config: { port: 0, logLevel: 'trace', whatsappCloud: this.#credentials() },
      dir: '',
      app,
      content: guide.content,
      store: this.#store,
      note: receipts => this.#delivery.note(receipts),
      heard: (...told) => this.#delivery.heard(...told),
      history: (...asked) => conversation.history(...asked),
      reach: (...told) => conversation.reach(...told),
      clock: () => this.now,
      log,
    })
    this.#attached = attached[0] as Attached
    const { outbox } = this.#store
    const delivery = createDelivery({
      channels: [this.#attached.channel],
      outbox,
      clock: () => new Date(),
      isQuiet: () => false,
      log,
    })
    this.#delivery = delivery
    const deliver: Delivery['deliver'] = async (...sends) =>
      this.mute ? undefined : delivery.deliver(...sends)
    conversation = createConversation({
      ...guide,
      store: this.#store,
      log,
      delivery: { fit: delivery.fit, deliver },
    })
    this.#server = await listen(app, 0)
    if (!this.mute) await delivery.start()
    await this.#attached.start(incoming => this.#receive(incoming, conversation))
    await this.fake.subscribe(this.hookUrl, verifyToken)
  }

  #credentials() {
    const { token, phoneId, appSecret, url: apiRoot } = this.fake
    return { token, phoneId, appSecret, verifyToken, apiRoot }
  }

  async #receive(incoming: Incoming, { handle }: Conversation): Promise<Turn> {
    this.#underWay++
    try {
      if (this.thinkMs > 0) await sleep(this.thinkMs)
      const turn = await handle(incoming)
      this.handled.push({ incoming, turn })
      return turn
    } finally {
      this.#underWay--
    }
  }

  /** As `main` does. */
  async stop(sendingMs = 5000): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await Promise.all([this.#attached.stop(), this.#server.close()])
    await this.#delivery.stop(sendingMs)
    await this.#attached.close()
    await this.#store.close()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.fake.close()
  }

  /** Resolves when all that people did is handled and answered, and nothing is on its way; what is held stays. */
  async settled(withinMs = patienceMs): Promise<void> {
    const late = performance.now() + withinMs
    for (let [quiet, calls] = [0, -1]; quiet < 2; calls = this.fake.calls.length) {
      if (performance.now() > late) throw new Error(`not settled within ${withinMs} ms`)
      await sleep(15)
      const busy = this.#underWay > 0 || this.#posting() || this.#calling()
      const still = !busy && calls === this.fake.calls.length
      quiet = still && (await this.#waiting()) === 0 ? quiet + 1 : 0
    }
  }

  #posting(): boolean {
    return this.fake.held ? this.fake.posts.some(({ taken }) => !taken) : this.fake.pending > 0
  }

  async #waiting(): Promise<number> {
    const left = await this.#store.inbox.waiting('whatsapp-cloud', 1)
    return left.length + (this.mute ? 0 : (await this.#store.outbox.count()).waiting)
  }

  #calling(): boolean {
    const { calls } = this.fake
    while (this.#lookedAt < calls.length && calls[this.#lookedAt]?.answered !== undefined) this.#lookedAt++
    return this.#lookedAt < calls.length
  }

  /** What the person is shown in answer to what `act` does. */
  async after(person: Person, act: () => unknown): Promise<readonly Shown[]> {
    await this.settled()
    const before = person.shown.length
    act()
    await this.settled()
    return person.shown.slice(before)
  }

  say(person: Person, text: string): Promise<readonly Shown[]> {
    return this.after(person, () => person.writes(text))
  }

  /** Asked of the server itself, besides the guide. */
  async query<Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> {
    if (!('url' in this.#where)) throw new Error('only of a server')
    const client = new pg.Client({ connectionString: this.#where.url })
    await client.connect()
    const { rows } = await client.query<Row>(text, values)
    await client.end()
    return rows
  }

  /** Every column of every row of every table. */
  async dump(): Promise<string> {
    const tables = await this.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
    )
    const rows = tables.map(async ({ name }) => [name, await this.query(`select * from ${name}`)])
    return JSON.stringify(await Promise.all(rows))
  }
}

interface Time {
  aheadMs: number
}

const timeOf = ({ aheadMs }: Time) => new Date(Date.now() + aheadMs)

export const textsOf = (shown: readonly Shown[]) => shown.map(({ text }) => text).join('\n')

/** What the guide says under this key. */
export function wordsOf(key: string): string {
  const words = guide.content.mensajes.textos[key]
  if (typeof words !== 'string') throw new Error(`no plain text «${key}»`)
  return words.trim()
}

/** What a person may tap, whichever way it is shown. */
export const labelsOf = ({ buttons, rows }: Shown) => [...buttons, ...rows].map(({ title }) => title)

/** Digits of nobody. */
export const phoneOf = (n: number) => `52155${String(10_000_000 + n)}`
