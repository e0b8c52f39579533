/**
 * Posts updates to a webhook as Telegram does (tdlib, WebhookActor.cpp): several at once, those of one chat one after the
 * other, and each again, after pauses that grow, until it is answered with 2xx. updates.ts makes one for each webhook set.
 */
import { Agent, request } from 'node:http'
import type { Webhook } from './rules.ts'
import type { Update } from './updates.ts'

/** The platform takes seconds where a test should take milliseconds. */
const firstPauseMs = 50
const longestPauseMs = 1_000
const answerMs = 60_000

interface Lane {
  readonly updates: Update[]
  failures: number
}

interface Around {
  /** Where the program is to be found now. */
  origin(): string | undefined
  delivered(update: Update): void
  settled(): void
}

export class Delivery {
  readonly webhook: Webhook
  lastError: { readonly last_error_date: number; readonly last_error_message: string } | undefined
  readonly #around: Around
  readonly #lanes = new Map<string, Lane>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #agent = new Agent({ keepAlive: true })
  #ready: string[] = []
  #underWay = 0
  #stopped = false

  constructor(webhook: Webhook, around: Around) {
    this.webhook = webhook
    this.#around = around
  }

  add(update: Update): void {
    const key = laneOf(update)
    const lane = this.#lanes.get(key)
    if (lane) {
      lane.updates.push(update)
      return
    }
    this.#lanes.set(key, { updates: [update], failures: 0 })
    this.#ready.push(key)
    this.#deliver()
  }

  /** What is under way and unanswered counts as not delivered, whether it arrived or not. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#agent.destroy()
  }

  #deliver(): void {
    while (!this.#stopped && this.#underWay < this.webhook.maxConnections) {
      const key = this.#ready.shift()
      const lane = this.#lanes.get(key ?? '')
      const [update] = lane?.updates ?? []
      if (key === undefined || !lane || !update) return
      this.#underWay++
      void this.#post(update).then(fault => {
        if (this.#stopped) return
        this.#underWay--
        if (fault === undefined) this.#leave(key, lane, update)
        else this.#retry(key, lane, fault)
        this.#deliver()
        this.#around.settled()
      })
    }
  }

  #leave(key: string, lane: Lane, update: Update): void {
    lane.updates.shift()
    lane.failures = 0
    if (lane.updates.length) this.#ready.push(key)
    else this.#lanes.delete(key)
    this.#around.delivered(update)
  }

  /** The first time at once, then after pauses that double. */
  #retry(key: string, lane: Lane, fault: string): void {
    this.lastError = { last_error_date: Math.floor(Date.now() / 1000), last_error_message: fault }
    const pauseMs = lane.failures ? Math.min(longestPauseMs, firstPauseMs * 2 ** (lane.failures - 1)) : 0
    lane.failures++
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#ready.push(key)
      this.#deliver()
    }, pauseMs)
    this.#timers.add(timer)
  }

  /** Resolves to what went wrong; anything but 2xx is wrong. */
  #post(update: Update): Promise<string | undefined> {
    const asked = new URL(this.webhook.url)
    const origin = this.#around.origin()
    // The fake ends no TLS itself: without the proxy nobody is there.
    if (!origin) return Promise.resolve('Connection refused')
    const body = JSON.stringify(update)
    const headers = {
      host: asked.host,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(this.webhook.secret ? { 'x-telegram-bot-api-secret-token': this.webhook.secret } : {}),
    }
    const options = { method: 'POST', headers, timeout: answerMs, agent: this.#agent }
    return new Promise(done => {
      const sent = request(new URL(asked.pathname + asked.search, origin), options, response => {
        const code = response.statusCode ?? 0
        const wrong = `Wrong response from the webhook: ${code} ${response.statusMessage}`
        response.resume().on('end', () => done(code >= 200 && code <= 299 ? undefined : wrong))
        response.on('error', error => done(error.message))
      })
      sent.on('timeout', () => sent.destroy(new Error('Read timeout expired')))
      sent.on('error', error => done(error.message))
      sent.end(body)
    })
  }
}

/** tdlib `webhook_queue_id`: a message waits for those of its chat, a press for those of its person. */
function laneOf(update: Update): string {
  const [kind = '', value] = Object.entries(update).find(([key]) => key !== 'update_id') ?? []
  const about = value as {
    readonly from?: { readonly id?: unknown }
    readonly chat?: { readonly id?: unknown }
  }
  if (kind === 'callback_query') return `press ${about.from?.id}`
  return /(message|post)$/.test(kind)
    ? `chat ${about.chat?.id}`
    : `${kind} ${about.chat?.id ?? about.from?.id}`
}
