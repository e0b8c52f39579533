import pino from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { type Broadcasts, createBroadcasts } from '../../src/broadcast/broadcasts.ts'
import { createRunner, type Runner } from '../../src/broadcast/runner.ts'
import { createStaff, type Member, type Staff } from '../../src/broadcast/staff.ts'
import { type Channel, type Post, SendError } from '../../src/channels/channel.ts'
import { type Conversation, chatKey, createConversation } from '../../src/conversation/handle.ts'
import { createDelivery, type Delivery } from '../../src/delivery/delivery.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { guide } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'

const silent = pino({ level: process.env.LOG_LEVEL ?? 'silent' })
const hourMs = 60 * 60 * 1000

/** Takes everything, unless `fate` says otherwise. */
class Platform implements Channel {
  readonly name = 'telegram'
  readonly limits = { text: 4096, buttons: 10, buttonText: 4096 }
  readonly rates = { perSecond: 15 }
  readonly sent: Post[] = []
  fate: (post: Post) => SendError | undefined = () => undefined
  async start() {}
  async stop() {}
  async send(post: Post) {
    const fate = this.fate(post)
    if (!fate || fate.kind === 'uncertain') this.sent.push(post)
    if (fate) throw fate
    return undefined
  }
  texts = () => this.sent.map(({ message }) => message.text)
}

/** The program but for its channels: people write to `conversation`, a clock is set by the test. */
class Site {
  readonly platform = new Platform()
  now = new Date('2026-11-23T12:00:00-06:00')
  readonly store: Store
  readonly conversation: Conversation
  readonly broadcasts: Broadcasts
  readonly delivery: Delivery
  readonly runner: Runner
  readonly staff: Staff
  readonly work = new Map<string, () => Promise<void>>()
  owner: Member = { id: 0, nombre: '', rol: 'owner' }

  constructor(store: Store) {
    this.store = store
    const { content } = guide
    const clock = () => this.now
    const isQuiet = () => false
    const parts = { channels: [this.platform], outbox: store.outbox, clock, isQuiet, log: silent }
    this.delivery = createDelivery(parts)
    this.conversation = createConversation({ ...guide, store, log: silent, delivery: this.delivery })
    const jobs = {
      work: async (name: string, _: string, run: () => Promise<void>) => void this.work.set(name, run),
      leave: async () => {},
    }
    const channels = ['telegram'] as const
    this.runner = createRunner({ ...this, store, jobs, channels, content, clock, log: silent })
    const staff = createStaff({ members: store.members, clock })
    const limits = { telegram: this.platform.limits }
    const wake = () => this.work.get('difusiones')?.()
    this.broadcasts = createBroadcasts({ store, staff, content, clock, wake: async () => wake(), limits })
    this.staff = staff
  }

  async start(): Promise<void> {
    const { code } = await this.staff.invite(null, 'owner', 'Ana Pérez')
    this.owner = (await this.staff.join(code)).member
    await this.delivery.start()
    await this.runner.start()
  }

  say(person: number, text: string) {
    const id = `${person}`
    const from = { channel: 'telegram', id } as const
    return this.conversation.handle({
      from,
      id: `${Math.random()}`,
      at: this.now,
      body: { kind: 'text', text },
      replyTo: id,
      pushTo: id,
    })
  }

  /** They want what the office writes, whatever words turn that on. */
  async subscribe(people: number, temas: ('tramite' | 'escuela')[] = ['tramite', 'escuela']): Promise<void> {
    for (let person = 1; person <= people; person++) {
      await this.say(person, 'hola')
      const chat = chatKey({ channel: 'telegram', id: `${person}` })
      const { stored } = await this.store.read(chat, 'x')
      const avisos = { temas, hasta: this.now.toISOString(), dados: [] }
      const state = { ...(stored?.state as object), avisos }
      const to = { channel: 'telegram', to: `${person}` } as const
      const subscription = this.conversation.reckon(state, to, this.now)
      const turn = { chat, message: `s${person}`, at: this.now, text: '', read: stored, state, replies: [] }
      await this.store.write({ ...turn, subscription })
    }
  }

  async broadcast(texto: string, more: object = {}): Promise<number> {
    const draft = { titulo: 'prueba', texto, audiencia: { tema: 'escuela' }, ...more } as const
    const { id } = await this.broadcasts.write(this.owner, draft)
    await this.broadcasts.send(this.owner, id)
    return id
  }

  tally = async (id: number) => {
    const { estado, cuentas } = await this.broadcasts.progress(this.owner, id)
    const counts = Object.entries(cuentas).filter(([, n]) => n > 0)
    return { estado, ...Object.fromEntries(counts) }
  }

  async close(): Promise<void> {
    await this.runner.stop()
    await this.delivery.stop(500)
    await this.store.close()
  }
}

let site: Site | undefined
afterEach(async () => {
  await site?.close()
  site = undefined
})

const places = {
  PGlite: () => openStore({ memory: true }),
  PostgreSQL: async () => openStore({ url: await freshDatabase() }),
}

async function begin(people: number, where: keyof typeof places = 'PostgreSQL'): Promise<Site> {
  site = new Site(await places[where]())
  await site.start()
  await site.subscribe(people)
  site.platform.sent.length = 0
  return site
}

describe.each(['PGlite', 'PostgreSQL'] as const)('on %s', where => {
  test('a broadcast goes once to each who wants it, and ends', async () => {
    const site = await begin(30, where)
    await site.say(31, 'hola')
    site.platform.sent.length = 0
    const id = await site.broadcast('Mañana cierra la ventanilla a las 12.')
    await expect.poll(() => site.tally(id), { timeout: 50_000 }).toEqual({ estado: 'terminada', enviado: 30 })
    expect(new Set(site.platform.sent.map(({ to }) => to)).size).toBe(30)
    expect(site.platform.sent).toHaveLength(30)
    expect(site.platform.sent.every(({ unasked }) => unasked)).toBe(true)
    expect(site.platform.texts()[0]).toContain('Mañana cierra la ventanilla')
  })

  test('what becomes of each stands in the ledger', async () => {
    const site = await begin(8, where)
    const fates: Record<string, SendError> = {
      1: new SendError('unreachable', 'blocked'),
      2: new SendError('rejected', 'never'),
      3: new SendError('uncertain', 'the connection broke'),
    }
    site.platform.fate = ({ to }) => fates[to]
    const id = await site.broadcast('hola')
    const ends = { enviado: 5, inalcanzable: 1, fallido: 1, incierto: 1 }
    await expect.poll(() => site.tally(id), { timeout: 50_000 }).toEqual({ estado: 'terminada', ...ends })
    expect(site.platform.sent.filter(({ to }) => to === '3')).toHaveLength(1)
  })
})

describe('whatever anybody presses', () => {
  test('whoever had so many this week already is left out, and so is who opted out at the last moment', async () => {
    const site = await begin(3)
    for (let n = 0; n < guide.content.avisos.porSemana; n++) {
      const id = await site.broadcast(`número ${n}`)
      await expect
        .poll(() => site.tally(id), { timeout: 50_000 })
        .toMatchObject({ estado: 'terminada', enviado: 3 })
      site.now = new Date(site.now.getTime() + hourMs)
    }
    const tooMany = await site.broadcast('uno más')
    await expect
      .poll(() => site.tally(tooMany), { timeout: 50_000 })
      .toEqual({ estado: 'terminada', omitido: 3 })
    site.now = new Date(site.now.getTime() + 7 * 24 * hourMs)
    const again = await site.broadcast('otra semana')
    await expect
      .poll(() => site.tally(again), { timeout: 50_000 })
      .toEqual({ estado: 'terminada', enviado: 3 })
  }, 180_000)

  test('paused, nothing more begins; going on, everybody gets it once; cancelled, nobody else does', async () => {
    const site = await begin(40)
    const id = await site.broadcast('hola')
    await expect.poll(() => site.platform.sent.length, { timeout: 50_000 }).toBeGreaterThan(0)
    await site.broadcasts.pause(site.owner, id)
    await new Promise(done => setTimeout(done, 1000))
    const paused = site.platform.sent.length
    expect(paused).toBeLessThan(40)
    await new Promise(done => setTimeout(done, 1500))
    expect(site.platform.sent).toHaveLength(paused)
    await site.broadcasts.resume(site.owner, id)
    await expect.poll(() => site.tally(id), { timeout: 50_000 }).toEqual({ estado: 'terminada', enviado: 40 })
    expect(site.platform.sent).toHaveLength(40)

    const other = await site.broadcast('y otra')
    await expect.poll(() => site.platform.sent.length, { timeout: 50_000 }).toBeGreaterThan(40)
    await site.broadcasts.cancel(site.owner, other)
    await new Promise(done => setTimeout(done, 1000))
    const cancelled = site.platform.sent.length
    expect(cancelled).toBeLessThan(80)
    await site.work.get('difusiones')?.()
    await expect
      .poll(() => site.tally(other), { timeout: 50_000 })
      .toMatchObject({
        estado: 'cancelada',
        enviado: cancelled - 40,
        cancelado: 80 - cancelled,
      })
  }, 180_000)

  test('a member sees it in their own chat before it goes to anybody', async () => {
    const site = await begin(2)
    const { code } = await site.staff.link(site.owner)
    const chat = chatKey({ channel: 'telegram', id: '7' })
    await site.staff.join(code, { chat, channel: 'telegram', to: '7' })
    const draft = { texto: 'Mañana cierra la ventanilla.', audiencia: { tema: 'escuela' } } as const
    const { id } = await site.broadcasts.write(site.owner, draft)
    await site.broadcasts.test(site.owner, id)
    await expect.poll(() => site.platform.sent.map(({ to }) => to), { timeout: 50_000 }).toEqual(['7'])
    expect(site.platform.texts()[0]).toContain('Mañana cierra la ventanilla.')
    expect(await site.tally(id)).toEqual({ estado: 'borrador' })
  })
})
