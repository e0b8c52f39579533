/**
 * The queue of updates of the fake Telegram and the two ways out of it, getUpdates and the webhook, of which one is open
 * at a time. telegram.ts calls it. Rules: https://core.telegram.org/bots/api#getting-updates, and what tdlib's Client.cpp
 * does (process_get_updates_query, do_get_updates, process_set_webhook_query).
 */
import type { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { Happening } from './chats.ts'
import { Delivery } from './delivery.ts'
import { integer, type Payload, parseJson, Refusal, readWebhook, type Webhook } from './rules.ts'

export type Update = Happening & { readonly update_id: number }

/** Only sent where allowed_updates names them; all others are sent where it does not say. */
const onlyWhenAsked = new Set(['chat_member', 'message_reaction', 'message_reaction_count'])
const longestPollS = 50
/** setWebhook with an address more often than this is refused with 429. */
const betweenWebhooksMs = 1_000

interface Poll {
  readonly limit: number
  readonly end: (answer: readonly Update[] | Refusal) => void
}

export class Updates {
  /** Where the webhook's posts go instead of its https address: the program behind the proxy that ends TLS. */
  proxy: string | undefined
  readonly #changed: () => void
  readonly #pending = new Map<number, Update>()
  #sorted = true
  #lastId: number
  #lastQueued = 0
  #confirmedBelow = 0
  #allowed: ReadonlySet<string> | undefined
  #poll: Poll | undefined
  #waking = false
  #delivery: Delivery | undefined
  #nextWebhookMs = 0

  constructor(firstId: number, changed: () => void) {
    this.#lastId = firstId - 1
    this.#changed = changed
  }

  /** How many are neither confirmed nor delivered. */
  get pending(): number {
    return this.#pending.size
  }

  get webhook(): Webhook | undefined {
    return this.#delivery?.webhook
  }

  number(what: Happening): Update {
    return { update_id: ++this.#lastId, ...what }
  }

  /** An update of a kind that was not asked for is never queued: allowed_updates counts when it comes to be. */
  queue(update: Update): number {
    const id = update.update_id
    if (id < this.#confirmedBelow)
      throw new Error(`update ${id} is below the confirmed ones: it would be lost`)
    const kind = Object.keys(update).find(key => key !== 'update_id') ?? ''
    if (!(this.#allowed?.has(kind) ?? !onlyWhenAsked.has(kind))) return id
    this.#sorted = this.#sorted && id > this.#lastQueued
    this.#lastQueued = Math.max(id, this.#lastQueued)
    this.#pending.set(id, update)
    if (this.#delivery) this.#delivery.add(update)
    else this.#wake()
    return id
  }

  // ---- polling ----

  /** `caller` emits close where it hangs up. */
  getUpdates(payload: Payload, caller: EventEmitter): Promise<readonly Update[]> | readonly Update[] {
    if (this.#delivery)
      throw conflict(
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      )
    const offset = integer(payload.offset, 0, -(2 ** 31), 2 ** 31 - 1)
    const limit = integer(payload.limit, 100, 1, 100)
    const timeoutS = integer(payload.timeout, 0, 0, longestPollS)
    this.#allow(payload)
    this.#confirm(offset)
    const updates = this.#take(limit)
    if (updates.length || !timeoutS) return updates
    this.#poll?.end(
      conflict('terminated by other getUpdates request; make sure that only one bot instance is running'),
    )
    return new Promise((resolve, reject) => {
      const poll = { limit, end }
      const timer = setTimeout(end, timeoutS * 1000, [])
      caller.once('close', () => end([]))
      this.#poll = poll
      const forget = () => {
        clearTimeout(timer)
        if (this.#poll === poll) this.#poll = undefined
      }
      function end(answer: readonly Update[] | Refusal): void {
        forget()
        if (answer instanceof Refusal) reject(answer)
        else resolve(answer)
      }
    })
  }

  /** Updates queued in the same breath go out together, as the platform waits a millisecond for more. */
  #wake(): void {
    if (!this.#poll || this.#waking) return
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      const updates = this.#poll ? this.#take(this.#poll.limit) : []
      if (updates.length) this.#poll?.end(updates)
    })
  }

  /** An offset confirms all below it; a negative one all but the last so many; one out of reach nothing. */
  #confirm(offset: number): void {
    this.#sort()
    const below = offset < 0 ? ([...this.#pending.keys()].at(offset) ?? 0) : offset
    // tdlib TQueue.cpp: "Specified from_id is in the future".
    if (below > this.#lastId + 11) return
    for (const id of this.#pending.keys()) {
      if (id >= below) break
      this.#pending.delete(id)
    }
    this.#confirmedBelow = Math.max(this.#confirmedBelow, below)
  }

  #take(limit: number): readonly Update[] {
    this.#sort()
    const taken: Update[] = []
    for (const update of this.#pending.values()) {
      if (taken.length >= limit) break
      taken.push(update)
    }
    return taken
  }

  #sort(): void {
    if (this.#sorted) return
    const all = [...this.#pending.values()].sort((a, b) => a.update_id - b.update_id)
    this.#pending.clear()
    for (const update of all) this.#pending.set(update.update_id, update)
    this.#sorted = true
  }

  /** "If not specified, the previous setting will be used"; an empty list is all but three kinds. */
  #allow({ allowed_updates: given }: Payload): void {
    const kinds: unknown = typeof given === 'string' && given ? parseJson(given, 'allowed_updates') : given
    if (!Array.isArray(kinds)) return
    this.#allowed = kinds.length ? new Set(kinds.map(String)) : undefined
  }

  // ---- webhook ----

  setWebhook(payload: Payload): true {
    if (payload.url && Date.now() < this.#nextWebhookMs)
      throw new Refusal(429, 'Too Many Requests: retry after 1', { retry_after: 1 })
    const webhook = readWebhook(payload)
    if (!webhook) return this.deleteWebhook(payload)
    this.#nextWebhookMs = Date.now() + betweenWebhooksMs
    const drop = isTrue(payload.drop_pending_updates)
    this.#allow(payload)
    // Set to what it was, nothing changes: what is under way stays under way.
    if (!drop && isDeepStrictEqual(webhook, this.webhook)) return true
    this.#poll?.end(conflict('terminated by setWebhook request'))
    this.deleteWebhook(payload)
    const delivered = (update: Update) => {
      this.#pending.delete(update.update_id)
    }
    this.#delivery = new Delivery(webhook, { origin: () => this.proxy, delivered, settled: this.#changed })
    this.#sort()
    for (const update of this.#pending.values()) this.#delivery.add(update)
    return true
  }

  deleteWebhook({ drop_pending_updates: drop }: Payload): true {
    this.#delivery?.stop()
    this.#delivery = undefined
    if (isTrue(drop)) this.#pending.clear()
    return true
  }

  getWebhookInfo(): Payload {
    const { webhook, lastError } = this.#delivery ?? {}
    return {
      url: webhook?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: this.#pending.size,
      ...lastError,
      ...(webhook ? { max_connections: webhook.maxConnections } : {}),
      ...(this.#allowed ? { allowed_updates: [...this.#allowed] } : {}),
    }
  }

  close(): void {
    this.#delivery?.stop()
    this.#poll?.end([])
  }
}

function isTrue(given: unknown): boolean {
  return given === true || given === 'true'
}

function conflict(reason: string): Refusal {
  return new Refusal(409, `Conflict: ${reason}`)
}
