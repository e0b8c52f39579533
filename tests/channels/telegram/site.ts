/**
 * The guide on Telegram for the tests of this folder: a fake Telegram, the real conversation, store, delivery and HTTP,
 * wired as src/main.ts does, in the test's own process. What is logged, at every level, is kept to be looked at.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { Telegram } from '../../../src/channels/telegram/telegram.ts'
import { type Conversation, chatKey, createConversation } from '../../../src/conversation/handle.ts'
import { readSaved, type Saved } from '../../../src/conversation/saved.ts'
import { createDelivery, type Delivery } from '../../../src/delivery/delivery.ts'
import { createHttp, type Listening, listen } from '../../../src/http.ts'
import type { Incoming, Turn } from '../../../src/message.ts'
import { openDatabase, type Where } from '../../../src/store/database.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { type FakeTelegram, type Sent, startFakeTelegram } from '../../fakes/telegram.ts'
import { guide } from '../../guide.ts'
import { freshDatabase } from '../../postgres.ts'

export const databases = ['PGlite', 'PostgreSQL'] as const
export type DatabaseName = (typeof databases)[number]

export const secret = 'Secret-of_the-tests-only-4242'
export const publicUrl = 'https://seguro.example'

export const seed = Number(process.env.SEED ?? 20_261_122)

/** Long enough for whatever comes by itself on a busy machine. */
const patienceMs = 30_000

interface Options {
  readonly by?: 'polling' | 'webhook'
  readonly token?: string
  /** Another address than the fake's: a proxy, or nobody. */
  readonly apiRoot?: string
  /** The database outlives `stop`; a folder takes much longer to make than memory. */
  readonly kept?: boolean
}

export class Site {
  readonly words = guide.content.telegram
  readonly fake: FakeTelegram
  /** Each line as it was logged. */
  readonly logged: string[] = []
  /** Each message that the conversation was given, and what came of it. */
  readonly handled: { readonly incoming: Incoming; readonly turn: Turn }[] = []
  /** How long the conversation waits before it takes a message. */
  thinkMs = 0
  readonly #options: Options
  readonly #where: Where
  #store!: Store
  #telegram!: Telegram
  #delivery!: Delivery
  #server!: Listening
  #underWay = 0
  #open = true
  #lookedAt = 0

  static async open(database: DatabaseName, options: Options = {}): Promise<Site> {
    const site = new Site(await startFakeTelegram(), await whereOf(database, options), options)
    await site.start()
    return site
  }

  private constructor(fake: FakeTelegram, where: Where, options: Options) {
    this.fake = fake
    this.#where = where
    this.#options = options
  }

  get store(): Store {
    return this.#store
  }

  get telegram(): Telegram {
    return this.#telegram
  }

  get counts(): Delivery['counts'] {
    return this.#delivery.counts
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  /** Also again, after `stop`, on the same database. */
  async start(): Promise<void> {
    const { by = 'polling', token = this.fake.token, apiRoot = this.fake.root } = this.#options
    const log = pino({ level: 'trace' }, { write: line => this.logged.push(line) })
    this.#store = await openStore(this.#where)
    this.#open = true
    const app = createHttp(
      {
        database: () => this.#store.ping().then(() => true),
        telegram: async () => this.#telegram.ready,
      },
      async () => [],
    )
    let conversation!: Conversation
    this.#telegram = new Telegram({
      token,
      apiRoot,
      ...(by === 'webhook' ? { webhook: { publicUrl, secret } } : {}),
      app,
      words: this.words,
      history: (...asked) => conversation.history(...asked),
      reach: (...told) => conversation.reach(...told),
      clock: () => new Date(),
      log,
    })
    const { outbox } = this.#store
    this.#delivery = createDelivery({
      channels: [this.#telegram],
      outbox,
      clock: () => new Date(),
      isQuiet: () => false,
      log,
    })
    conversation = createConversation({ ...guide, store: this.#store, log, delivery: this.#delivery })
    this.#server = await listen(app, 0)
    if (by === 'webhook') this.fake.proxy = this.url
    await this.#delivery.start()
    await this.#telegram.start(incoming => this.#receive(incoming, conversation))
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

  async stop(sendingMs = 5000): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await Promise.all([this.#telegram.stop(), this.#server.close()])
    await this.#delivery.stop(sendingMs)
    await this.#store.close()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.fake.close()
    if ('dir' in this.#where) await rm(this.#where.dir, { recursive: true })
  }

  /** Resolves when all that people did is handled and answered, and nothing is on its way. */
  async settled(withinMs = patienceMs): Promise<void> {
    const late = performance.now() + withinMs
    for (let [quiet, calls] = [0, -1]; quiet < 2; calls = this.fake.calls.length) {
      if (performance.now() > late) throw new Error(`not settled within ${withinMs} ms`)
      await sleep(15)
      const busy = this.#underWay > 0 || this.fake.pending > 0 || this.#calling()
      const still = !busy && calls === this.fake.calls.length
      quiet = still && (await this.#store.outbox.count()).waiting === 0 ? quiet + 1 : 0
    }
  }

  /** Whether a call is under way besides the long poll. */
  #calling(): boolean {
    const { calls } = this.fake
    const ended = (call: (typeof calls)[number] | undefined) =>
      call !== undefined && (call.answered !== undefined || call.method === 'getUpdates')
    while (ended(calls[this.#lookedAt])) this.#lookedAt++
    return this.#lookedAt < calls.length
  }

  /** What the guide wrote to a chat in answer to what `act` does. */
  async after(chat: number, act: () => unknown): Promise<readonly Sent[]> {
    await this.settled()
    const before = this.fake.messages(chat).length
    act()
    await this.settled()
    return this.fake.messages(chat).slice(before)
  }

  say(person: number, text: string, more?: object): Promise<readonly Sent[]> {
    return this.after(person, () => this.fake.write(person, text, more))
  }

  press(person: number, label: string): Promise<readonly Sent[]> {
    const { message, data } = this.button(person, label)
    return this.after(person, () => this.fake.press(person, message.message_id, data))
  }

  /** The newest that says so. */
  button(chat: number, label: string): { readonly message: Sent; readonly data: string } {
    for (const message of this.fake.messages(chat).toReversed()) {
      const found = message.keyboard.flat().find(({ text }) => text === label)
      if (typeof found?.callback_data === 'string') return { message, data: found.callback_data }
    }
    throw new Error(`no button «${label}» in chat ${chat}`)
  }

  /** How often the program called a method. */
  calls(method: string) {
    return this.fake.calls.filter(call => call.method === method)
  }

  /** Where a person's conversation stands; undefined where there is none. */
  async saved(person: number): Promise<Saved | undefined> {
    const { stored } = await this.#store.read(keyOf(person), '')
    return stored ? readSaved(stored.state, undefined as never) : undefined
  }

  /** All that the database holds, as one text. The site is stopped for it. */
  async dump(): Promise<string> {
    await this.stop()
    const { pool, close } = await openDatabase(this.#where)
    const tables = ['conversacion', 'entrada', 'salida', 'envio']
    const rows: unknown[] = []
    for (const table of tables) rows.push((await pool.query(`select * from ${table}`)).rows)
    await pool.end()
    await close()
    return JSON.stringify(rows)
  }
}

async function whereOf(database: DatabaseName, { kept = false }: Options): Promise<Where> {
  if (database === 'PostgreSQL') return { url: await freshDatabase() }
  return kept ? { dir: await mkdtemp(join(tmpdir(), 'vigente-telegram-')) } : { memory: true }
}

export const keyOf = (chat: number) => chatKey({ channel: 'telegram', id: String(chat) })

export const labels = ({ keyboard }: Sent) => keyboard.flat().map(({ text }) => text)

export const person = (id: number) => ({ id, is_bot: false, first_name: 'Ana' })
