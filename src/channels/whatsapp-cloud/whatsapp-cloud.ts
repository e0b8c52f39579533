/**
 * WhatsApp by Meta's Cloud API: keeps what is pushed to us before Meta has its answer, hands it to the conversation when
 * its turn has come, and sends replies, or where the person has been silent for a day only the approved template. `main`
 * makes it where there is a token.
 */
import { setTimeout } from 'node:timers/promises'
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import type { WhatsAppNube as Words } from '../../content/schema.ts'
import type { Address, FileOut, Outgoing } from '../../message.ts'
import { Secret } from '../../secret.ts'
import {
  type Channel,
  type Keep,
  type Kept,
  type NoteReceipts,
  type Post,
  type Receive,
  SendError,
} from '../channel.ts'
import { GraphApi } from './api.ts'
import { outsideWindow, Refusal } from './refusal.ts'
import { maxBody, maxRows, maxText, render, renderTemplate } from './render.ts'
import { type Arrived, idOf, KeptMessage, Person, read } from './update.ts'
import { mountWebhook } from './webhook.ts'

export interface WhatsAppCloudParts {
  readonly token: string
  readonly phoneId: string
  /** Signs what Meta pushes; people are named and sealed with what is derived from it. */
  readonly appSecret: string
  readonly verifyToken: string
  readonly apiRoot?: string
  readonly app: Hono
  readonly words: Words
  readonly keep: Keep
  readonly note: NoteReceipts
  readonly clock: () => Date
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

export const limits = { text: maxText, buttons: maxRows, buttonText: maxBody }

/**
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput: 80 a second of a number, what
 * comes in counted too; to one person one every 6 s, of which 45 may be had in advance, here with a margin.
 */
const rates = {
  // One less: what comes in counts there a moment before we hear of it.
  perSecond: 79,
  bindsReplies: true,
  countsIncoming: true,
  toOne: { atOnce: 40, everyMs: 6200 },
} as const

/** So long after a person wrote they may be written to freely. */
const windowMs = 24 * 60 * 60 * 1000

const firstPauseMs = 1000
const longestPauseMs = 60_000
/** How long `start` waits for Meta before the rest of the program goes on without it. */
const patienceMs = 5000
/** Once we are to stop, what nobody waits for has so long. */
const graceMs = 1000
/** Calls that nobody waits for, at a time: where more are wanted, replies need the connections. */
const maxBesides = 32

export class WhatsAppCloud implements Channel {
  readonly name = 'whatsapp-cloud'
  readonly limits = limits
  readonly rates = rates
  readonly #parts: WhatsAppCloudParts
  readonly #api: GraphApi
  readonly #secret: Secret
  readonly #stopping = new AbortController()
  readonly #besides = new Set<Promise<unknown>>()
  /** Of a message that is several at Meta: how many of them are out. Delivery tries again with the same object. */
  readonly #begun = new WeakMap<Outgoing, { mediaId?: string; gone: number }>()
  #introduced = false
  #receive: Receive | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(parts: WhatsAppCloudParts) {
    this.#parts = parts
    this.#api = new GraphApi(parts)
    this.#secret = new Secret(parts.appSecret)
    mountWebhook(parts.app, { ...parts, take: posted => this.#keep(posted) })
  }

  /** Meta knows the number and takes our token. */
  get ready(): boolean {
    return this.#introduced && this.#api.takesToken
  }

  async start(receive: Receive): Promise<void> {
    this.#receive = receive
    this.#running = this.#run(this.#stopping.signal)
    const enough = AbortSignal.any([AbortSignal.timeout(patienceMs), this.#stopping.signal])
    while (!this.ready && !enough.aborted) await setTimeout(20)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.race([Promise.allSettled(this.#besides), setTimeout(graceMs, undefined, { ref: false })])
  }

  /** Handles one message that was kept, by this process or by another with the same secret. */
  async take(sealed: string): Promise<void> {
    if (!this.#receive) throw new Error('WhatsApp has not been started')
    const kept = KeptMessage.safeParse(this.#open(sealed)).data
    if (!kept) {
      // It would never be another.
      this.#parts.log.error('a kept message cannot be read: WHATSAPP_CLOUD_APP_SECRET has changed')
      return
    }
    const { person, wamid, at, body } = kept
    this.#showRead(wamid)
    const replyTo = this.#secret.seal(JSON.stringify(person))
    await this.#receive({
      from: this.#addressOf(person),
      id: idOf(wamid),
      at,
      body,
      replyTo,
      pushTo: replyTo,
    })
  }

  async send({ to, message, turn, heardAt }: Post): Promise<string> {
    const person = Person.safeParse(this.#open(to)).data
    if (!person)
      throw new SendError('rejected', 'the address cannot be read: WHATSAPP_CLOUD_APP_SECRET has changed')
    const open = this.#parts.clock().getTime() - heardAt.getTime() < windowMs
    const wamid = open
      ? await this.#sendFree(person, message, turn).catch(error => {
          if (!(error instanceof Refusal) || error.code !== outsideWindow) throw error
          return this.#sendTemplate(person, message)
        })
      : await this.#sendTemplate(person, message)
    return idOf(wamid)
  }

  /** The name of the last, which holds the text. */
  async #sendFree(person: Person, message: Outgoing, turn: number): Promise<string> {
    const { words } = this.#parts
    const begun = this.#begun.get(message) ?? { gone: 0 }
    this.#begun.set(message, begun)
    if (message.file) begun.mediaId ??= await this.#upload(message.file)
    let wamid = ''
    // Where the text behind a file has to be tried again, the file is not.
    for (const rendered of render({ message, turn, words, ...begun }).slice(begun.gone)) {
      wamid = await this.#api.send(person, rendered)
      begun.gone++
    }
    this.#begun.delete(message)
    return wamid
  }

  #sendTemplate(person: Person, { text }: Outgoing): Promise<string> {
    return this.#api.send(person, renderTemplate(text, this.#parts.words))
  }

  /** Meta takes few types: of text only the plain one. The phone goes by the name's ending. */
  #upload({ name, type, data }: FileOut): Promise<string> {
    const taken = type.startsWith('text/') ? 'text/plain' : type
    return this.#api.upload(name, taken, Uint8Array.from(Buffer.from(data, 'base64')))
  }

  /** Nothing is handled yet: Meta waits. */
  async #keep(posted: unknown): Promise<void> {
    const { phoneId, clock, keep, note, log } = this.#parts
    const { messages, receipts, unreadable } = read(posted, phoneId, clock())
    if (unreadable > 0) log.warn({ unreadable }, 'messages of WhatsApp that we cannot read')
    try {
      if (messages.length > 0) await keep(this.#seal(messages))
      if (receipts.length > 0) await note(receipts)
    } catch (error) {
      log.error({ err: error }, 'what WhatsApp pushed was not kept')
      throw error
    }
  }

  /** A thousand at a time, and Meta waits: no more is worked out than is needed, and each person's name once. */
  #seal(messages: readonly Arrived[]): Kept[] {
    const names = new Map<string, string>()
    return messages.map(message => {
      const { user = '', phone } = message.person
      const known = phone ?? user
      const person = names.get(known) ?? this.#secret.name(known)
      names.set(known, person)
      return { id: idOf(message.wamid), person, sealed: this.#secret.seal(JSON.stringify(message)) }
    })
  }

  #open(sealed: string): unknown {
    const text = this.#secret.open(sealed)
    return text === undefined ? undefined : JSON.parse(text)
  }

  #addressOf({ user, phone }: Person): Address {
    const [id = '', ...also] = [user, phone].flatMap(known =>
      known === undefined ? [] : this.#secret.name(known),
    )
    return { channel: 'whatsapp-cloud', id, also }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { log } = this.#parts
    for (let tries = 0; !signal.aborted && !this.#introduced; tries++)
      try {
        await this.#api.check(signal)
        this.#introduced = true
        log.info('whatsapp cloud')
      } catch (error) {
        const { message: reason, pauseMs: askedMs } = error as SendError
        const pauseMs = askedMs ?? Math.min(firstPauseMs * 2 ** tries, longestPauseMs)
        // To be asked to wait is no fault.
        const level = askedMs === undefined ? 'error' : 'warn'
        if (!signal.aborted) log[level]({ reason, pauseMs }, 'WhatsApp is not to be had')
        await setTimeout(pauseMs, undefined, { signal }).catch(() => {})
      }
  }

  /** Nothing depends on it: it is not tried again, and not at all while Meta wants silence or much is under way. */
  #showRead(wamid: string): void {
    if (this.#besides.size >= maxBesides || this.#api.quietMs > 0) return
    const made = this.#api
      .markRead(wamid)
      .catch(error => this.#parts.log.info({ reason: (error as Error).message }, 'a call besides failed'))
    this.#besides.add(made)
    void made.finally(() => this.#besides.delete(made))
  }
}
