/**
 * The program around one channel, wired as src/main.ts does, in the test's own process: database, HTTP, conversation with
 * the contract's menu, delivery. What is logged, at every level, is kept. The stages build on it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import pino from 'pino'
import type { Channel } from '../../../src/channels/channel.ts'
import type { ChannelParts } from '../../../src/channels.ts'
import { type Conversation, createConversation } from '../../../src/conversation/handle.ts'
import { createDelivery } from '../../../src/delivery/delivery.ts'
import { createHttp, type Listening, listen } from '../../../src/http.ts'
import type { Incoming, Turn } from '../../../src/message.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { freshDatabase } from '../../postgres.ts'
import { contractGuide as guide } from './guide.ts'
import type { Attach, Handled, Sending, Stage, Troubles } from './stage.ts'

/** Long enough for whatever comes by itself on a busy machine. */
const patienceMs = 20_000
/** The first answer also waits for what a platform's program (a Chromium) does only once. */
const firstPatienceMs = 60_000

/** What a channel's stage adds to the rig's own. */
interface OwnStage {
  readonly person: Stage['person']
  readonly after?: Stage['after']
  readonly secrets?: readonly string[]
  readonly troubles?: Troubles
  /** Where the channel is not an attached one. */
  readonly stop?: () => Promise<void>
  /** When all of ours has ended. */
  readonly closed?: () => Promise<void>
}

export class Rig {
  readonly content = guide.content
  readonly logged: string[] = []
  readonly handled: Handled[] = []
  readonly log = pino({ level: 'trace' }, { write: line => this.logged.push(line) })
  readonly app: Hono = createHttp({}, async () => [])
  readonly dir: string
  thinkMs = 0
  underWay = 0
  watch: number[] | undefined
  readonly #store: Store
  #conversation!: Conversation
  #attached: Attach | undefined
  #endDelivery = async () => {}
  #server!: Listening
  #closed: Promise<void> | undefined

  /** Without `attach`, for a channel that answers in the request. */
  static async open(attach?: (rig: Rig) => Attach): Promise<Rig> {
    const dir = await mkdtemp(join(tmpdir(), 'vigente-contract-'))
    const rig = new Rig(dir, await openStore({ url: await freshDatabase() }))
    await rig.#start(attach)
    return rig
  }

  private constructor(dir: string, store: Store) {
    this.dir = dir
    this.#store = store
  }

  async #start(attach?: (rig: Rig) => Attach): Promise<void> {
    const { log } = this
    const { outbox } = this.#store
    // The delivery is made of the channel, and the channel's parts call the delivery: as in `main`.
    this.#attached = attach?.(this)
    const channels = this.#attached ? [this.#watched(this.#attached.channel)] : []
    const delivery = createDelivery({ channels, outbox, clock: () => new Date(), isQuiet: () => false, log })
    this.#note = delivery.note
    this.#endDelivery = () => delivery.stop(3000)
    this.#conversation = createConversation({ ...guide, store: this.#store, log, delivery })
    this.#server = await listen(this.app, 0)
    await delivery.start()
    await this.#attached?.start(this.receive)
  }

  #note: ChannelParts['note'] = async () => {}

  /** For src/channels.ts, but for the config. */
  get parts(): Omit<ChannelParts, 'config'> {
    return {
      dir: this.dir,
      app: this.app,
      content: this.content,
      store: this.#store,
      note: receipts => this.#note(receipts),
      heard: () => {},
      history: (...asked) => this.#conversation.history(...asked),
      reach: (...told) => this.#conversation.reach(...told),
      clock: () => new Date(),
      log: this.log,
    }
  }

  #watched(channel: Channel): Channel {
    const { name, limits, rates } = channel
    return {
      name,
      limits,
      ...(rates ? { rates } : {}),
      start: receive => channel.start(receive),
      send: async post => {
        this.watch?.push((await this.#store.outbox.count()).waiting)
        return channel.send(post)
      },
      stop: () => channel.stop(),
    }
  }

  /** As the channel says itself. */
  get ready(): boolean {
    return this.#attached?.channel.ready ?? true
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  readonly receive = async (incoming: Incoming): Promise<Turn> => {
    this.underWay++
    try {
      if (this.thinkMs > 0) await sleep(this.thinkMs)
      const turn = await this.#conversation.handle(incoming)
      this.handled.push({ incoming, turn })
      return turn
    } finally {
      this.underWay--
    }
  }

  /** So many turns more than before, all of it sent. */
  async after(turns: number, act: () => Promise<unknown>, busy = () => false): Promise<void> {
    const due = this.#turns + turns
    await act()
    const waitMs = this.#turns === 0 ? firstPatienceMs : patienceMs
    const late = performance.now() + waitMs
    for (;;) {
      const still = this.#turns >= due && this.underWay === 0 && !busy()
      if (still && (await this.#store.outbox.count()).waiting === 0) return
      if (performance.now() > late)
        throw new Error(`after ${waitMs} ms ${due - this.#turns} of ${turns} turns were missing`)
      await sleep(10)
    }
  }

  get #turns(): number {
    return this.handled.filter(({ turn }) => !turn.duplicate).length
  }

  /** `after`: what answers in the request needs no waiting. */
  stage(own: OwnStage): Stage {
    const rig = this
    const { after = async (_, act) => void (await act()), stop = () => rig.#stop(), closed } = own
    let stopped: Promise<void> | undefined
    const stopOnce = () => {
      stopped ??= stop()
      return stopped
    }
    return {
      person: own.person,
      after,
      handled: rig.handled,
      get thinkMs() {
        return rig.thinkMs
      },
      set thinkMs(ms) {
        rig.thinkMs = ms
      },
      get underWay() {
        return rig.underWay
      },
      logged: rig.logged,
      secrets: own.secrets ?? [],
      ...(own.troubles ? { sending: rig.#sending(own.troubles) } : {}),
      stop: stopOnce,
      async close() {
        await stopOnce()
        await rig.#close()
        await closed?.()
      },
    }
  }

  #sending(troubles: Troubles): Sending {
    const rig = this
    if (!this.#attached) throw new Error('it does not send')
    return {
      channel: this.#attached.channel,
      troubles,
      get watch() {
        return rig.watch
      },
      set watch(waiting) {
        rig.watch = waiting
      },
    }
  }

  /** Once is enough. */
  closeHttp(): Promise<void> {
    this.#closed ??= this.#server.close()
    return this.#closed
  }

  async #stop(): Promise<void> {
    await this.#attached?.stop()
  }

  async #close(): Promise<void> {
    await this.closeHttp()
    await this.#endDelivery()
    await this.#attached?.close()
    await this.#store.close()
    await rm(this.dir, { recursive: true, force: true })
  }
}
