/** How calls of the Bot API come in over HTTP and how they are answered, refused and cut off; telegram.ts calls it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bad, isObject, type Payload, Refusal } from './rules.ts'

/** cut-before: the socket is destroyed and nothing done; cut-after: it is done, and the socket destroyed. */
export type Trouble =
  /** `delayMs`: it is told so this much later, when others are under way already. */
  | { readonly status: 429; readonly retryAfter: number; readonly delayMs?: number }
  | { readonly status: 500 | 502 }
  /** The platform's own words: what our rules have no case for. */
  | { readonly status: 400 | 403; readonly reason: string }
  /** It is carried out this much later. */
  | { readonly delayMs: number }
  /** It is answered so, and nothing done: for answers that the platform never gives. */
  | { readonly result: unknown }
  | 'cut-before'
  | 'cut-after'

const largestBody = 10 * 1024 * 1024

/** URL query, form, JSON, or form with files: a file's part is a File. */
export async function readPayload(request: IncomingMessage): Promise<Payload> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > largestBody) throw new Refusal(413, 'Request Entity Too Large')
    chunks.push(chunk)
  }
  const type = request.headers['content-type']?.split(';')[0]?.trim() ?? ''
  if (!size) return {}
  if (type === 'multipart/form-data')
    return readParts(Buffer.concat(chunks), String(request.headers['content-type']))
  const text = decode(Buffer.concat(chunks))
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(text))
  if (type !== 'application/json') return {}
  try {
    const payload: unknown = JSON.parse(text)
    if (isObject(payload)) return payload
  } catch {
    // Said below.
  }
  throw bad('JSON object expected')
}

async function readParts(bytes: Buffer, type: string): Promise<Payload> {
  const form = new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  const parts = await form.catch(() => {
    throw bad("can't parse the multipart/form-data")
  })
  return Object.fromEntries(parts)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw bad('strings must be encoded in UTF-8')
  }
}

export function troubleOf(trouble: Extract<Trouble, { readonly status: number }>): Refusal {
  if (trouble.status === 429) {
    const { retryAfter } = trouble
    return new Refusal(429, `Too Many Requests: retry after ${retryAfter}`, { retry_after: retryAfter })
  }
  if ('reason' in trouble) return new Refusal(trouble.status, trouble.reason)
  return new Refusal(trouble.status, trouble.status === 500 ? 'Internal Server Error' : 'Bad Gateway')
}

/** A fault of the fake itself must show: no program takes it for an answer of the platform's rules. */
export function refusalOf(fault: unknown): Refusal {
  return fault instanceof Refusal
    ? fault
    : new Refusal(500, `Internal Server Error: the fake failed: ${fault}`)
}

export function cut<How extends string>(response: ServerResponse, how: How): How {
  response.socket?.destroy()
  return how
}

export function answer(response: ServerResponse, outcome: unknown): 'ok' | number {
  if (!(outcome instanceof Refusal)) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ok: true, result: outcome }))
    return 'ok'
  }
  const { code, message: description, parameters } = outcome
  if (parameters?.retry_after) response.setHeader('retry-after', parameters.retry_after)
  // api.telegram.org's 502 is its proxy's own page, not JSON: github.com/yagop/node-telegram-bot-api/issues/86.
  const page = '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>\r\n'
  response.writeHead(code, { 'content-type': code === 502 ? 'text/html' : 'application/json' })
  response.end(code === 502 ? page : JSON.stringify({ ok: false, error_code: code, description, parameters }))
  return code
}
