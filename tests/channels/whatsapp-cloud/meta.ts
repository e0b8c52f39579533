/** A Meta that answers what a test orders and keeps what it was asked: far less than the fake, and so free to lie. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Asked {
  readonly path: string
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly raw: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the program sent, to be looked at
  readonly body: any
}

export type Answer = (asked: Asked, response: ServerResponse) => void

export const taken: Answer = ({ path, body }, response) => {
  if (path.endsWith('/media')) return say(200, { id: 'media-1' })({ path } as Asked, response)
  if (body?.status === 'read') return say(200, { success: true })({ path } as Asked, response)
  if (!path.endsWith('/messages')) return say(200, { id: '1' })({ path } as Asked, response)
  say(200, { messaging_product: 'whatsapp', contacts: [{}], messages: [{ id: 'wamid.new' }] })(
    { path } as Asked,
    response,
  )
}

export const say =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

export const refuse = (code: number, status = 400, more: object = {}, headers = {}): Answer =>
  say(
    status,
    { error: { message: `(#${code}) ${secrets.phone}`, type: 'OAuthException', code, ...more } },
    headers,
  )

/** What may be in no error and in no log. */
export const secrets = {
  token: 'EAAtoken-of-the-tests-only',
  phone: '5215512345678',
  user: 'MX.13491208655302741918',
  text: 'mi texto es mío',
}

export async function startMeta() {
  const asked: Asked[] = []
  const meta = { root: '', asked, answer: taken, close: () => {} }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('latin1')
      const { url: path = '', method = '', headers } = request
      const json = headers['content-type'] === 'application/json'
      const one = {
        path,
        method,
        headers,
        raw,
        body: json ? JSON.parse(Buffer.concat(chunks).toString()) : undefined,
      }
      asked.push(one)
      meta.answer(one, response)
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  meta.root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v26.0`
  meta.close = () => {
    server.close()
    server.closeAllConnections()
  }
  onTestFinished(() => meta.close())
  return meta
}
