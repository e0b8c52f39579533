/**
 * Telegram's Bot API as the adapter calls it: grammY's client behind one gate, which closes for as long as a 429 says,
 * and every way in which a call can fail as a SendError.
 */
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
  readonly api: Api
  #quietUntil = 0

  constructor({ token, apiRoot }: ApiParts) {
    this.api = new Api(token, {
      ...(apiRoot ? { apiRoot } : {}),
      timeoutSeconds: pollSeconds + timeoutSeconds,
    })
    this.api.config.use(async (call, method, payload, signal) => {
      const waitMs = this.quietMs
      if (waitMs > 0) throw new SendError('retry', 'Telegram asked for silence', waitMs)
      const answer = await call(method, payload, signal)
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

  /** Throws only SendError. `signal` ends it early; by itself it ends after 20 s. */
  async ask<T>(call: (api: Api, signal: Signal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await call(this.api, (signal ?? AbortSignal.timeout(timeoutSeconds * 1000)) as Signal)
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

/** grammY's own type of it. */
type Signal = NonNullable<Parameters<Api['getMe']>[0]>

const tooMany = 429

/** Codes and texts of https://core.telegram.org/bots/api#making-requests and of the Bot API server's own source. */
function refusalOf({ error_code: code, description }: GrammyError, quietMs: number): SendError {
  if (code === tooMany) return new SendError('retry', description, quietMs)
  if (code >= 500) return new SendError('retry', description)
  if (code === 401 || (code === 404 && !description.includes('method')))
    return new SendError('misconfigured', `TELEGRAM_BOT_TOKEN: Telegram does not take it: ${description}`)
  if (code === 403 || /chat not found|user not found|PEER_ID_INVALID/.test(description))
    return new SendError('unreachable', description)
  // 409: somebody else asks for this bot's updates.
  return new SendError(code === 409 ? 'retry' : 'rejected', description)
}

/** Where no connection came about, nothing was delivered; where one broke, nobody knows. */
const unconnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** The error itself names the address that was called, and so the token: only its code is told. */
function brokenOf({ error }: HttpError): SendError {
  const { code = 'no answer', message = '' } = error as { code?: string; message?: string }
  const connecting = unconnected.has(code) || (code === 'ETIMEDOUT' && /reason: (?:connect |$)/.test(message))
  return new SendError(connecting ? 'retry' : 'uncertain', `the connection to Telegram broke: ${code}`)
}
