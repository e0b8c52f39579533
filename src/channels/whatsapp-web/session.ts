/**
 * Keeps a client of WhatsApp Web alive: starts one, watches it, throws it away with its browser when it has come to an
 * end (browser killed, page reloaded, opened elsewhere, logged out, stuck, QR code expired) and starts the next. The
 * adapter makes one and asks it for the client that is connected.
 */
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Client } from 'whatsapp-web.js'
import { z } from 'zod'
import { sweep } from './browser.ts'
import { makeClient, pageState, sayReady, takeOver } from './client.ts'
import type { Folder } from './folder.ts'
import { judge, newSigns, type Patience, type Signs, type Why } from './judge.ts'
import { Pauses } from './pauses.ts'
import { catchDropped, reasonOf } from './rejections.ts'
import { within } from './within.ts'

export interface SessionStatus {
  /** waiting: for a moment without connection. logged-out: the phone unpaired us; a new code is to be scanned. */
  readonly state: 'starting' | 'qr' | 'ready' | 'waiting' | 'logged-out'
  readonly since: Date
  /** To be scanned, as text. Who has it can pair: it is shown to staff and never logged. */
  readonly qr?: string
}

export interface Pace extends Patience {
  /** Between two looks at the page. */
  readonly lookMs: number
  /** Before the first start after a conflict; doubles with each that follows soon. */
  readonly conflictMs: number
}

const usualPace: Pace = {
  startMs: 45_000,
  brokenMs: 12_000,
  qrMs: 90_000,
  nudgeMs: 500,
  lookMs: 1000,
  conflictMs: 2000,
}

export interface SessionParts {
  readonly folder: Folder
  readonly chromePath: string
  readonly clock: () => Date
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** What staff is to do when the phone has unpaired us. */
  readonly whenLoggedOut: string
  readonly showQr?: (qr: string) => void
  /** Called with each client before it starts: who wants its events listens now. */
  readonly onClient: (client: Client) => void
  /** Called when it is connected, with when the phone paired us at the earliest; and when it is so again. */
  readonly onReady: (client: Client, pairedAt: Date) => void
  /** For tests. */
  readonly pace?: Partial<Pace>
}

interface End {
  readonly why: Why
  readonly reason?: string
  /** It had been connected. */
  readonly worked?: boolean
}

interface Life {
  readonly client: Client
  readonly signs: Signs
  readonly end: (end: End) => void
  over: boolean
}

/** A page that does not answer for so long will not. */
const answerMs = 5000
const closeMs = 3000

const Page = z.object({ state: z.string(), synced: z.boolean() })

export class Session {
  readonly #parts: SessionParts
  readonly #pace: Pace
  readonly #stopping = new AbortController()
  #status: SessionStatus
  #life: Life | undefined
  /** When the newest code was shown: a phone can have paired us since. */
  #codeAt: Date | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#pace = { ...usualPace, ...parts.pace }
    this.#status = { state: 'starting', since: parts.clock() }
  }

  get status(): SessionStatus {
    return this.#status
  }

  start(): void {
    const { log } = this.#parts
    const release = catchDropped(reason => log.info({ reason }, 'whatsapp-web.js gave something up'))
    this.#running = this.#run()
      .catch(error => log.error({ err: error }, 'WhatsApp Web stopped'))
      .finally(release)
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    this.#stopping.abort()
    this.#life?.end({ why: 'stopped' })
    await this.#running
  }

  /** The client that is connected, waited for at most so long. */
  async connected(withinMs: number): Promise<Client | undefined> {
    const late = AbortSignal.timeout(withinMs)
    for (;;) {
      const life = this.#status.state === 'ready' && !this.#life?.over ? this.#life : undefined
      if (life || late.aborted || this.#stopping.signal.aborted) return life?.client
      await setTimeout(20)
    }
  }

  isAlive(client: Client): boolean {
    return this.#life?.client === client && !this.#life.over
  }

  /** Throws this client away, if it is still the one that lives. */
  giveUp(client: Client, reason: string): void {
    if (this.#life?.client === client) this.#life.end({ why: 'asked', reason })
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const pauses = new Pauses(this.#pace.conflictMs)
    while (!signal.aborted) {
      const begun = performance.now()
      const end = await this.#live().catch((error): End => ({ why: 'failed', reason: reasonOf(error) }))
      if (signal.aborted) return
      const pauseMs = pauses.after(end.why, end.worked ?? false, performance.now() - begun)
      await this.#tell(end, pauseMs)
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {})
    }
  }

  async #tell({ why, reason }: End, pauseMs: number): Promise<void> {
    const { folder, log, whenLoggedOut } = this.#parts
    if (why !== 'logout') {
      const level = why === 'qr-expired' ? 'info' : 'warn'
      return log[level]({ why, reason, pauseMs }, 'WhatsApp Web starts again')
    }
    log.error({ todo: whenLoggedOut }, 'the phone has logged WhatsApp Web out')
    await folder.emptyProfile().catch(error => log.error({ reason: reasonOf(error) }, 'old session left'))
  }

  /** One client from its start to its end; its browser is gone when this resolves. */
  async #live(): Promise<End> {
    const { folder, chromePath, onClient } = this.#parts
    await sweep(folder.profile)
    const { promise: ended, resolve } = Promise.withResolvers<End>()
    const client = await makeClient({
      folder,
      chromePath,
      onBrowser: browser => {
        browser.once('disconnected', () => life.end({ why: 'browser' }))
        if (life.over) browser.process()?.kill('SIGKILL')
      },
    })
    const end = (how: End) => {
      life.over = true
      resolve(how)
    }
    const life: Life = { client, signs: newSigns(performance.now()), end, over: false }
    this.#life = life
    if (this.#stopping.signal.aborted) end({ why: 'stopped' })
    else {
      this.#listen(life)
      onClient(client)
      void this.#initialise(life)
      void this.#watch(life)
    }
    const how = await ended
    this.#life = undefined
    const lost = how.why === 'logout' || this.#status.state === 'logged-out'
    this.#become(lost ? 'logged-out' : 'waiting')
    await within(closeMs, client.destroy()).catch(() => {})
    client.removeAllListeners()
    await sweep(folder.profile)
    return { ...how, worked: life.signs.ready }
  }

  async #initialise({ client, signs, end }: Life): Promise<void> {
    try {
      await client.initialize()
      signs.initialised = true
      client.pupPage?.on('domcontentloaded', () => end({ why: 'reload' }))
    } catch (error) {
      end({ why: 'failed', reason: reasonOf(error) })
    }
  }

  #listen({ client, signs, end }: Life): void {
    const { folder, clock, log, showQr, onReady } = this.#parts
    const progress = () => {
      signs.progressAt = performance.now()
    }
    // What people write while it connects is for us.
    const tellReady = () => onReady(client, this.#codeAt ?? clock())
    client.on('loading_screen', progress)
    client.on('authenticated', () => {
      progress()
      signs.told = true
    })
    client.on('qr', qr => {
      progress()
      signs.qrAt = performance.now()
      this.#codeAt = clock()
      const lost = folder.pairedAt !== undefined
      if (lost && this.#status.state !== 'logged-out')
        log.error({ todo: this.#parts.whenLoggedOut }, 'the phone has logged WhatsApp Web out')
      this.#become(lost || this.#status.state === 'logged-out' ? 'logged-out' : 'qr', qr)
      showQr?.(qr)
    })
    client.on('ready', () => {
      // Nudged, the library may say so twice, at first before it knows whose number it is or hears what comes.
      if (!this.isAlive(client) || !client.info) return
      if (!signs.ready) {
        signs.ready = true
        this.#become('ready')
        log.info('WhatsApp Web is ready')
      }
      tellReady()
    })
    client.on('change_state', state => {
      if (!signs.ready || !this.isAlive(client)) return
      const connected = (state as string) === 'CONNECTED'
      this.#become(connected ? 'ready' : 'waiting')
      if (connected) tellReady()
    })
    client.on('disconnected', reason => {
      if (reason === 'LOGOUT' || reason === 'UNPAIRED') end({ why: 'logout' })
      else if (reason === 'CONFLICT') end({ why: 'conflict' })
      else end({ why: 'failed', reason: reasonOf(reason) })
    })
  }

  async #watch(life: Life): Promise<void> {
    const { client, signs, end } = life
    while (!life.over) {
      await setTimeout(this.#pace.lookMs)
      const page = signs.initialised ? await this.#ask(client, pageState) : undefined
      if (life.over) return
      const verdict = judge(signs, Page.safeParse(page).data, performance.now(), this.#pace)
      if (verdict === 'nudge') void this.#ask(client, sayReady)
      else if (verdict === 'takeover') void this.#ask(client, takeOver)
      else if (verdict !== 'fine') end({ why: verdict })
    }
  }

  /** Undefined where the page does not answer. */
  #ask(client: Client, what: string): Promise<unknown> {
    return within(answerMs, client.pupPage?.evaluate(what) ?? Promise.resolve()).catch(() => undefined)
  }

  #become(state: SessionStatus['state'], qr?: string): void {
    const since = state === this.#status.state ? this.#status.since : this.#parts.clock()
    this.#status = { state, since, ...(qr === undefined ? {} : { qr }) }
  }
}
