/** How calls of the fake Cloud API come in over HTTP and how they are answered, refused, cut off or left hanging. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { detailsOf, Refusal } from './errors.ts'
import { isObject, type Payload } from './rules.ts'

/**
 * What befalls a call. code: it is refused so, by the HTTP status that Meta documents or another one. status alone: a
 * gateway's page, no JSON. before: nothing is done; after: it is done, and nobody hears of it.
 */
export type Trouble =
  | {
      readonly code: number
      readonly status?: number
      readonly retryAfterS?: number
      /** It is told so this much later, when others are under way already. */
      readonly delayMs?: number
    }
  | { readonly status: 500 | 502 | 503 | 504 }
  /** It is taken, and a status tells of the failure. */
  | { readonly failsLater: number }
  /** It is carried out this much later. */
  | { readonly delayMs: number }
  | 'cut-before'
  | 'cut-after'
  | 'hang-before'
  | 'hang-after'

/** An error's code, or the HTTP status of a page. gone: the caller hung up first. */
export type Answered = 'ok' | number | 'cut-before' | 'cut-after' | 'gone'

/** A document of 100 MB in its form. */
const largestBody = 101 * 1024 * 1024

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > largestBody) throw new Refusal(100, 'Request is too large', { status: 413 })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** JSON, as Meta's examples all have it; nothing where it is none. */
export function readJson(body: Buffer, contentType: string | undefined): Payload {
  if (contentType?.split(';')[0]?.trim() !== 'application/json') return {}
  try {
    const payload: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return isObject(payload) ? payload : {}
  } catch {
    return {}
  }
}

/** A fault of the fake itself must show: no program takes it for an answer of the platform's rules. */
export function refusalOf(fault: unknown): Refusal {
  return fault instanceof Refusal ? fault : new Refusal(1, `the fake failed: ${fault}`, { status: 500 })
}

export function answer(response: ServerResponse, outcome: unknown): Answered {
  if (Buffer.isBuffer(outcome)) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    response.end(outcome)
    return 'ok'
  }
  const refused = outcome instanceof Refusal ? outcome : undefined
  response.writeHead(refused?.status ?? 200, {
    'content-type': 'application/json; charset=UTF-8',
    'facebook-api-version': 'v23.0',
    ...(refused?.status === 401 ? { 'www-authenticate': `OAuth "Facebook Platform" "invalid_token"` } : {}),
  })
  response.end(JSON.stringify(refused ? refused.body() : outcome))
  return refused ? refused.code : 'ok'
}

export function answerOrdered(
  response: ServerResponse,
  trouble: Extract<Trouble, { readonly status?: number }>,
): Answered {
  if ('code' in trouble) {
    const { code, status, retryAfterS } = trouble
    if (retryAfterS !== undefined) response.setHeader('retry-after', retryAfterS)
    const more = status === undefined ? {} : { status }
    return answer(response, new Refusal(code, code === 190 ? undefined : detailsOf(code), more))
  }
  const { status = 500 } = trouble
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' })
  response.end('<!DOCTYPE html><html lang="en"><head><title>Error</title></head></html>')
  return status
}

export function cut<How extends string>(response: ServerResponse, how: How): How {
  response.socket?.destroy()
  return how
}

/** Until the caller gives up. */
export async function hang(response: ServerResponse): Promise<'gone'> {
  if (!response.destroyed) await once(response, 'close')
  return 'gone'
}
