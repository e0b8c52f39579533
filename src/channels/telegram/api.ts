/**
 * Telegram's Bot API as the adapter calls it: grammY's client behind one gate, which closes for as long as a 429 says,
 * and every way in which a call can fail as a SendError.
 */
import http from 'node:http'
import https from 'node:https'
import { Api, GrammyError, HttpError } from 'grammy'
import { SendError } from '../channel.ts'

/** As long as the platform lets a call of `getUpdates` wait. */
export const pollSeconds = 50
/** Longer than any answer takes that still comes. */
const timeoutSeconds = 20

export interface ApiParts {
  readonly token: string
  readonly apiRoot?: string
}

export class TelegramApi {
  readonly #api: Api
  #quietUntil = 0
  /** As Telegram said last. */
  takesToken = true

  constructor({ token, apiRoot }: ApiParts) {
    this.#api = new Api(token, {
      ...(apiRoot ? { apiRoot } : {}),
      timeoutSeconds: pollSeconds + timeoutSeconds,
      baseFetchConfig: { agent: agentFor(apiRoot) },
    })
    this.#api.config.use(async (call, method, payload, signal) => {
      const waitMs = this.quietMs
      if (waitMs > 0) throw new SendError('retry', 'Telegram asked for silence', waitMs)
      const answer = await call(method, payload, signal ?? timeLimit(timeoutSeconds))
      this.takesToken = answer.ok || !isUnknownToken(answer)
      if (!answer.ok && answer.error_code === tooMany) {
        const { retry_after = 1 } = answer.parameters ?? {}
        this.#quietUntil = Math.max(this.#quietUntil, Date.now() + retry_after * 1000)
      }
      return answer
    })
  }

  /** How long no call at all may be made with this token. */
  get quietMs(): number {
    return Math.max(0, this.#quietUntil - Date.now())
  }

  /** Whatever goes wrong in the call comes out as a SendError. It ends after 20 s, unless it brings a signal of its own. */
  async ask<T>(call: (api: Api) => Promise<T>): Promise<T> {
    try {
      return await call(this.#api)
    } catch (error) {
      throw this.#refusalOf(error)
    }
  }

  #refusalOf(error: unknown): SendError {
    if (error instanceof SendError) return error
    if (error instanceof GrammyError) return refusalOf(error, this.quietMs)
    if (error instanceof HttpError) return brokenOf(error)
    throw error
  }
}

/** grammY has a type of its own for what Node has as well. */
export type Signal = NonNullable<Parameters<Api['getMe']>[0]>
export const timeLimit = (seconds: number) => AbortSignal.timeout(seconds * 1000) as unknown as Signal

/**
 * An idle connection that a router on the way has forgotten would swallow a reply: none is used again after 15 s.
 * The limit is on idle ones; a call that waits may take longer.
 */
const agentFor = (apiRoot = 'https:') =>
  new (apiRoot.startsWith('https:') ? https : http).Agent({ keepAlive: true, timeout: 15_000 })

const tooMany = 429

/** Codes and texts of https://core.telegram.org/bots/api#making-requests and of the Bot API server's own source. */
function refusalOf(error: GrammyError, quietMs: number): SendError {
  const { error_code: code, description } = error
  if (code === tooMany) return new SendError('retry', description, quietMs)
  // A gateway that waited in vain does not know whether it was done.
  if (code === 504) return new SendError('uncertain', description)
  if (code >= 500) return new SendError('retry', description)
  if (isUnknownToken(error))
    return new SendError('misconfigured', `TELEGRAM_BOT_TOKEN: Telegram does not take it: ${description}`)
  if (code === 403 || /chat not found|user not found|PEER_ID_INVALID/.test(description))
    return new SendError('unreachable', description)
  // 409: somebody else asks for this bot's updates.
  return new SendError(code === 409 ? 'retry' : 'rejected', description)
}

/** 404 is also a method that the server does not know. */
const isUnknownToken = ({ error_code: code, description }: { error_code: number; description: string }) =>
  code === 401 || (code === 404 && !description.includes('method'))

/** Where no connection came about, nothing was delivered; where one broke, nobody knows. */
const unconnected =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPROTO|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|ERR_TLS_.*)$/

/** The error itself names the address that was called, and so the token: only its code is told. */
function brokenOf({ error }: HttpError): SendError {
  const { code = 'no answer', message = '' } = error as { code?: string; message?: string }
  const connecting =
    unconnected.test(code) || (code === 'ETIMEDOUT' && /reason: (?:connect |$)/.test(message))
  return new SendError(connecting ? 'retry' : 'uncertain', `the connection to Telegram broke: ${code}`)
}
