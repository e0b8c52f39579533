/**
 * Meta's Graph API as the adapter calls it: one gate, which closes while Meta wants silence, and every way in which a call
 * can fail as a SendError, without a word of what was sent or answered.
 */
import { z } from 'zod'
import { SendError } from '../channel.ts'
import { refusalOf } from './refusal.ts'
import type { Rendered } from './render.ts'
import type { Person } from './update.ts'

/** The newest: https://developers.facebook.com/docs/graph-api/changelog, of July 2026. */
const usualRoot = 'https://graph.facebook.com/v26.0'
/** Longer than any answer takes that still comes. */
const timeoutMs = 20_000

const firstPauseMs = 1000
const longestPauseMs = 60_000
/** Whoever wants longer is asked again in between. */
const longestAskedMs = 15 * 60_000

export interface ApiParts {
  readonly token: string
  readonly phoneId: string
  readonly apiRoot?: string
}

/** https://developers.facebook.com/docs/graph-api/guides/error-handling */
const Failed = z.object({
  error: z.object({
    code: z.number(),
    error_subcode: z.number().optional(),
    is_transient: z.boolean().optional(),
  }),
})
const Sent = z.object({ messages: z.array(z.object({ id: z.string().min(1) })).min(1) })
const Uploaded = z.object({ id: z.string().min(1) })
const Known = z.object({ id: z.string() })
const Done = z.object({ success: z.literal(true) })

interface Call<T> {
  readonly path: string
  readonly body?: object | FormData
  readonly answer: z.ZodType<T>
  /** Done twice it is the same as done once: what may have arrived may be tried again. */
  readonly harmless: boolean
  readonly signal?: AbortSignal
}

export class GraphApi {
  readonly #root: string
  readonly #phoneId: string
  readonly #headers: Readonly<Record<string, string>>
  #quietUntil = 0
  /** How often in a row Meta wanted silence. */
  #throttled = 0
  /** As Meta said last. */
  takesToken = true

  constructor({ token, phoneId, apiRoot = usualRoot }: ApiParts) {
    this.#root = apiRoot.replace(/\/+$/, '')
    this.#phoneId = phoneId
    this.#headers = { authorization: `Bearer ${token}` }
  }

  /** How long no call at all may be made. */
  get quietMs(): number {
    return Math.max(0, this.#quietUntil - Date.now())
  }

  /** That the token is good for the number; rejects where it is not. */
  async check(signal: AbortSignal): Promise<void> {
    await this.#call({
      path: `${this.#phoneId}?fields=id,verified_name,quality_rating`,
      answer: Known,
      harmless: true,
      signal,
    })
  }

  /** The message's name. */
  async send({ phone, user }: Person, message: Rendered): Promise<string> {
    // By phone where there is one: Meta itself prefers it where both are given.
    const whom = phone === undefined ? { recipient: user } : { to: phone }
    const { messages } = await this.#call({
      path: `${this.#phoneId}/messages`,
      body: { messaging_product: 'whatsapp', recipient_type: 'individual', ...whom, ...message },
      answer: Sent,
      harmless: false,
    })
    return messages[0]?.id ?? ''
  }

  /** Meta keeps it for 30 days. */
  async upload(name: string, type: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const form = new FormData()
    form.set('messaging_product', 'whatsapp')
    form.set('type', type)
    form.set('file', new Blob([bytes], { type }), name)
    const path = `${this.#phoneId}/media`
    return (await this.#call({ path, body: form, answer: Uploaded, harmless: true })).id
  }

  /** Also shows that an answer is being written: until it comes, at most for 25 s. */
  async markRead(wamid: string): Promise<void> {
    await this.#call({
      path: `${this.#phoneId}/messages`,
      body: {
        messaging_product: 'whatsapp',
        status: 'read',
        message_id: wamid,
        typing_indicator: { type: 'text' },
      },
      answer: Done,
      harmless: true,
    })
  }

  async #call<T>(call: Call<T>): Promise<T> {
    const waitMs = this.quietMs
    if (waitMs > 0) throw new SendError('retry', 'Meta asked for silence', waitMs)
    try {
      return await this.#ask(call)
    } catch (error) {
      if (call.harmless && error instanceof SendError && error.kind === 'uncertain')
        throw new SendError('retry', error.message)
      throw error
    }
  }

  async #ask<T>({ path, body, answer, signal }: Call<T>): Promise<T> {
    const limit = AbortSignal.timeout(timeoutMs)
    const json = body === undefined || body instanceof FormData ? undefined : JSON.stringify(body)
    const response = await fetch(`${this.#root}/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { ...this.#headers, ...(json ? { 'content-type': 'application/json' } : {}) },
      body: json ?? (body as FormData | undefined),
      redirect: 'manual',
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    }).catch(brokenBy)
    const said: unknown = await response.json().catch(() => undefined)
    if (!response.ok) throw this.#refusalIn(response, said)
    this.takesToken = true
    this.#throttled = 0
    const read = answer.safeParse(said)
    if (!read.success)
      throw new SendError('uncertain', `an answer that is none of Meta's (${response.status})`)
    return read.data
  }

  #refusalIn({ status, headers }: Response, said: unknown): SendError {
    const error = Failed.safeParse(said).data?.error
    if (!error) return this.#strange(status, retryAfterMs(headers))
    // "Object with ID … does not exist": ours is the only one that an address names.
    const { code, error_subcode: subcode, is_transient: transient = status >= 500 } = error
    const refusal = refusalOf(code === 100 && subcode === 33 ? subcode : code, transient)
    this.takesToken = refusal.kind !== 'misconfigured'
    // Only the one person waits for the code of a pair; delivery sees to that.
    if (refusal.throttled !== 'all') return refusal
    return refusalOf(code, transient, this.#pause(retryAfterMs(headers)))
  }

  /** Somebody on the way answered in Meta's place. */
  #strange(status: number, askedMs: number | undefined): SendError {
    const why = `no answer of Meta's (${status})`
    if (status === 429 || status === 503) return new SendError('retry', why, this.#pause(askedMs))
    // A gateway that waited in vain does not know whether it was done.
    if (status >= 500 || status === 408) return new SendError('uncertain', why)
    if (status === 413) return new SendError('rejected', why)
    this.takesToken = false
    return new SendError('misconfigured', `WHATSAPP_CLOUD_API_ROOT: ${why}`)
  }

  #pause(askedMs: number | undefined): number {
    // Calls that were under way together are told together.
    if (this.quietMs === 0) this.#throttled++
    const grownMs = Math.min(firstPauseMs * 2 ** (this.#throttled - 1), longestPauseMs)
    const pauseMs = Math.min(Math.max(askedMs ?? 0, grownMs), longestAskedMs)
    this.#quietUntil = Math.max(this.#quietUntil, Date.now() + pauseMs)
    return pauseMs
  }
}

function retryAfterMs(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return seconds > 0 ? seconds * 1000 : undefined
}

/** Where no connection came about, nothing was delivered; where one broke, nobody knows. */
const unconnected =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPROTO|UND_ERR_CONNECT_TIMEOUT|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|ERR_TLS_.*)$/

/** Only the code is told: the error itself may hold the address that was called. */
function brokenBy(error: unknown): never {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  const code = cause?.code ?? (name === 'TimeoutError' ? 'no answer' : 'broken')
  throw new SendError(unconnected.test(code) ? 'retry' : 'uncertain', `the connection to Meta broke: ${code}`)
}
