/**
 * The guide on WhatsApp Web for the tests of this folder: a fake WhatsApp behind a real Chromium, the real conversation,
 * store, delivery and governor, wired as src/main.ts does, in the test's own process. What is logged, at every level, is
 * kept. `Whole` is the same with the whole program as a process of its own.
 */
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { Post } from '../../../src/channels/channel.ts'
import { webVersion } from '../../../src/channels/whatsapp-web/client.ts'
import { Folder } from '../../../src/channels/whatsapp-web/folder.ts'
import { Governor, type Pace } from '../../../src/channels/whatsapp-web/governor.ts'
import { optionOf } from '../../../src/channels/whatsapp-web/read.ts'
import { sessionFolder } from '../../../src/channels/whatsapp-web/switch.ts'
import {
  WhatsAppWeb,
  type WhatsAppWebParts,
  type WhatsAppWebStatus,
} from '../../../src/channels/whatsapp-web/whatsapp-web.ts'
import { type Conversation, createConversation } from '../../../src/conversation/handle.ts'
import { createDelivery, type Delivery } from '../../../src/delivery/delivery.ts'
import type { Incoming, Outgoing, Turn } from '../../../src/message.ts'
import { Secret } from '../../../src/secret.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import {
  type FakeWhatsAppWeb,
  type Person,
  type Shown,
  startFakeWhatsAppWeb,
} from '../../fakes/whatsapp-web.ts'
import { guide } from '../../guide.ts'
import { freshDatabase } from '../../postgres.ts'
import { type Program, startProgram } from '../../program.ts'
import { Browsers } from './processes.ts'

export const seed = Number(process.env.SEED ?? 20_261_122)
/** The full forms of the tests, as the issue has them. */
export const full = Boolean(process.env.FULL)

export const words = guide.content.whatsappWeb
/** Long enough for whatever comes by itself on a busy machine. */
const patienceMs = 30_000
const firstPhone = 5_215_512_340_000
/** Numbers of people, and what stands behind them, as they are in these tests. */
export const personal = /52155\d{8}|@c\.us|@lid|8800000\d/
const dayMs = 24 * 60 * 60 * 1000

export const atOnce: Pace = { gapMs: 0, readMs: 0, letterMs: 0, longestMs: 0 }

type Tempo = WhatsAppWebParts['pace']

/** The world around the number, whoever answers there. */
class Around {
  readonly fake: FakeWhatsAppWeb
  readonly dataDir: string
  readonly browsers: Browsers
  #people = 0

  constructor(fake: FakeWhatsAppWeb, dataDir: string) {
    this.fake = fake
    this.dataDir = dataDir
    this.browsers = new Browsers(new Folder(this.dir).profile)
  }

  /** Of the session. */
  get dir(): string {
    return sessionFolder(this.dataDir)
  }

  /** Somebody new. */
  somebody(who?: Parameters<FakeWhatsAppWeb['person']>[1]): Person {
    return this.fake.person(String(firstPhone + ++this.#people), who)
  }

  /** With the phone, as soon as there is a code. */
  async pair(): Promise<void> {
    await this.fake.waitFor(() => this.fake.qr ?? this.fake.connected, patienceMs)
    if (!this.fake.connected) this.fake.scan()
    await this.fake.waitFor(() => this.fake.connected, patienceMs)
  }

  async end(): Promise<void> {
    await this.fake.close()
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function openAround(): Promise<{ around: [FakeWhatsAppWeb, string]; chromePath: string }> {
  const fake = await startFakeWhatsAppWeb()
  const dataDir = await mkdtemp(join(tmpdir(), 'vigente-whatsapp-web-'))
  await fake.writePage(new Folder(sessionFolder(dataDir)).versions, webVersion)
  return { around: [fake, dataDir], chromePath: await fake.chrome(dataDir) }
}

export class Site extends Around {
  /** Each line as it was logged. */
  readonly logged: string[] = []
  /** Each message that the conversation was given, and what came of it. */
  readonly handled: { readonly incoming: Incoming; readonly turn: Turn }[] = []
  /** Codes as staff were shown them. */
  readonly codes: string[] = []
  /** How long the conversation waits before it takes a message. */
  thinkMs = 0
  /** The governor's; may be changed while it runs. */
  readonly pace: { -readonly [Name in keyof Pace]: Pace[Name] } = { ...atOnce }
  readonly #chromePath: string
  readonly #url: string
  readonly #tempo: Tempo
  #store!: Store
  #channel!: WhatsAppWeb
  #delivery!: Delivery
  #governor!: Governor
  #underWay = 0
  #open = false

  /** Not paired yet. `tempo`: how patient the session is; as usual unless said. `days`: since when the number sends. */
  static async open(tempo: Tempo = {}, days = 0): Promise<Site> {
    const { around, chromePath } = await openAround()
    const site = new Site(around, chromePath, await freshDatabase(), tempo)
    writeFileSync(join(site.dir, 'cuenta.json'), countSince(days))
    await site.start()
    return site
  }

  private constructor(around: [FakeWhatsAppWeb, string], chromePath: string, url: string, tempo: Tempo) {
    super(...around)
    this.#chromePath = chromePath
    this.#url = url
    this.#tempo = tempo
  }

  get store(): Store {
    return this.#store
  }

  override async pair(): Promise<void> {
    await super.pair()
    while (this.status.state !== 'ready') await sleep(10)
  }

  get status(): WhatsAppWebStatus {
    return this.#channel.status()
  }

  get counts(): Delivery['counts'] {
    return this.#delivery.counts
  }

  /** Also again, after `stop`, on the same database and with the same session. */
  async start(): Promise<void> {
    const log = pino({ level: 'trace' }, { write: line => this.logged.push(line) })
    const clock = () => new Date()
    const { dir, pace } = this
    this.#store = await openStore({ url: this.#url })
    this.#open = true
    let conversation!: Conversation
    this.#governor = new Governor({ dir, clock, log, pace })
    this.#channel = new WhatsAppWeb({
      ...{ dir, clock, log, words, chromePath: this.#chromePath, governor: this.#governor },
      history: (...asked) => conversation.history(...asked),
      note: receipts => this.#delivery.note(receipts),
      showQr: code => this.codes.push(code),
      ...(this.#tempo ? { pace: this.#tempo } : {}),
    })
    const { outbox } = this.#store
    this.#delivery = createDelivery({
      channels: [this.#channel],
      outbox,
      clock: () => new Date(),
      isQuiet: () => false,
      log,
    })
    conversation = createConversation({ ...guide, store: this.#store, log, delivery: this.#delivery })
    await this.#delivery.start()
    await this.#channel.start(incoming => this.#receive(incoming, conversation))
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

  async stop(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#channel.stop()
    await this.#delivery.stop(5000)
    this.#governor.close()
    await this.#channel.close()
    await this.#store.close()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.end()
  }

  /** As if no phone had ever been paired. It is stopped before. */
  async forget(): Promise<void> {
    await rm(this.dir, { recursive: true })
    await this.fake.writePage(new Folder(this.dir).versions, webVersion)
  }

  send(post: Post): Promise<string> {
    return this.#channel.send(post)
  }

  /** The turns that were made of what a person wrote. */
  turnsOf({ chat }: Person): readonly (typeof this.handled)[number][] {
    const secret = new Secret(new Folder(this.dir).key())
    return this.handled.filter(
      ({ incoming, turn }) => !turn.duplicate && secret.open(incoming.replyTo ?? '') === chat,
    )
  }

  /** All that a person is to have seen, in order. */
  saidTo(person: Person): readonly string[] {
    return this.turnsOf(person).flatMap(({ turn }) =>
      turn.replies.flatMap(reply => this.#delivery.fit('whatsapp-web', reply)).map(seenAs),
    )
  }

  /** How many were made so far. */
  get turns(): number {
    return this.handled.filter(({ turn }) => !turn.duplicate).length
  }

  /** What a person sees of so many turns that `act` makes. */
  async after(person: Person, act: () => unknown, turns = 1): Promise<readonly Shown[]> {
    const [due, seen] = [this.turns + turns, person.shown.length]
    act()
    await this.settled(() => this.turns >= due)
    return person.shown.slice(seen)
  }

  say(person: Person, text: string): Promise<readonly Shown[]> {
    return this.after(person, () => person.writes(text))
  }

  /** Resolves when `done`, and all that came is handled and answered. */
  async settled(done = () => true, withinMs = patienceMs): Promise<void> {
    const late = performance.now() + withinMs
    for (;;) {
      if (done() && this.#underWay === 0 && (await this.#store.outbox.count()).waiting === 0) return
      if (performance.now() > late) throw new Error(`not settled within ${withinMs} ms`)
      await sleep(10)
    }
  }

  /** All that the database holds, as one text. The site is stopped for it. */
  async dump(): Promise<string> {
    await this.stop()
    const { pool, close } = await openDatabase({ url: this.#url })
    const { rows: tables } = await pool.query(
      `select table_name as name from information_schema.tables where table_schema = current_schema()`,
    )
    const rows: unknown[] = []
    for (const { name } of tables) rows.push((await pool.query(`select * from "${name}"`)).rows)
    await pool.end()
    await close()
    return JSON.stringify(rows)
  }
}

/** Caps grow with the days. */
function countSince(days: number): string {
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const none = { sent: 0, told: 0 }
  const [firstDay, day] = [Date.now() - days * dayMs, Date.now()].map(dayOf)
  return JSON.stringify({ firstDay, day, replies: none, unasked: none })
}

/** A file has its words beside it; what is chosen from stands in a poll, or numbered in the text. */
function seenAs({ text, choices = [], file }: Outgoing): string {
  if (choices.length > 1 && !file) return text.trim()
  return choices.length > 0 ? `${text}\n\n${choices.map(optionOf).join('\n')}` : text
}

/** The whole program, as `npm start` runs it. */
export class Whole extends Around {
  #program: Program | undefined
  readonly #chromePath: string
  #before = ''

  static async open(): Promise<Whole> {
    const { around, chromePath } = await openAround()
    return new Whole(around, chromePath)
  }

  private constructor(around: [FakeWhatsAppWeb, string], chromePath: string) {
    super(...around)
    this.#chromePath = chromePath
  }

  async start(environment: Record<string, string> = {}): Promise<Program> {
    this.#program = await startProgram({
      WHATSAPP_WEB: '1',
      CHROME_PATH: this.#chromePath,
      DATA_DIR: this.dataDir,
      ...environment,
    })
    if (this.#program.url === '') throw new Error(`it did not start: ${this.#program.faults()}`)
    return this.#program
  }

  get url(): string {
    return this.#program?.url ?? ''
  }

  /** Of all its lives. */
  get printed(): string {
    return this.#before + (this.#program ? this.#program.printed() + this.#program.faults() : '')
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const program = this.#program
    if (!program) return
    program.child.kill(signal)
    await program.ended
    this.#before = this.printed
    this.#program = undefined
  }

  async close(): Promise<void> {
    await this.kill('SIGTERM')
    await this.end()
  }
}

/** The figures of the issue. */
export function tellBack(what: string, tookMs: readonly number[]): void {
  const sorted = [...tookMs].sort((a, b) => a - b)
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map(ms =>
    Math.round(ms ?? 0),
  )
  console.log(`${what}, ${tookMs.length} times: back after ${median} ms (median), ${worst} ms (worst)`)
}
