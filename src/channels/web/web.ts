/**
 * The web chat: `mountWeb` puts its routes on the program's HTTP app. Decodes what the page sends, hands it to the
 * conversation and renders what comes back; knows people only by the random id in their cookie.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'
import { streamSSE } from 'hono/streaming'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Pagina } from '../../content/schema.ts'
import type { Address, Body, Line, Turn } from '../../message.ts'
import type { History, Receive } from '../channel.ts'
import { Listeners } from './listeners.ts'
import { type Page, pathOf, renderLines, renderPage } from './page.ts'

export interface WebParts {
  readonly words: Pagina
  readonly receive: Receive
  readonly history: History
  readonly clock: () => Date
  readonly log: Pick<Logger, 'error'>
}

type Asked = Pick<Page, 'plantel' | 'embedded'>

/** What the page sends, as JSON or, without script, as a form. */
const Message = z
  .object({
    id: z.string().min(1).max(64),
    text: z.string().optional(),
    choice: z.string().max(256).optional(),
    file: z.enum(['sticker', 'photo', 'voice', 'document']).optional(),
    plantel: z.string().max(64).optional(),
  })
  .refine(({ text, choice, file }) => text !== undefined || choice !== undefined || file !== undefined)

/** A turn's number, as far as the database counts. */
const Version = z.coerce.number().int().min(0).max(2_147_483_647).catch(0)

const cookie = 'vigente'
const yearSeconds = 365 * 24 * 60 * 60
const chatId = /^[A-Za-z0-9_-]{22}$/
const mostTurns = 50
/** 100,000 characters are answered by the conversation; in UTF-8 and JSON they may take this much. */
const maxBodyBytes = 800_000
/** A person types no faster. Per cookie, so no defence against whoever makes up cookies. */
const maxMessages = 30
const perMs = 10_000

export function mountWeb(app: Hono, { words, receive, history, clock, log }: WebParts): { close(): void } {
  const listeners = new Listeners()
  const allowed = pace(clock)
  const address = (id: string): Address => ({ channel: 'web', id })
  const newestVersion = async (id: string) => versionOf(await history(address(id), 0, 1))

  const page = async (c: Context, id: string, asked: Asked, trouble = '') => {
    const lines = await history(address(id), 0, mostTurns)
    secure(c, asked.embedded)
    const parts = { words, lines, version: versionOf(lines), nextId: randomUUID(), trouble }
    return renderPage({ ...parts, ...asked })
  }

  app.get('/', async c => {
    const plantel = (c.req.query('plantel') ?? '').slice(0, 64)
    const embedded = c.req.query('incrustado') !== undefined
    return c.html(await page(c, identify(c), { plantel, embedded }))
  })

  app.get('/historia', async c => {
    const id = identify(c)
    const after = Version.parse(c.req.query('despues'))
    const lines = await history(address(id), after, mostTurns)
    // None: nothing is new, or all was deleted, which the newest turn tells.
    const version = lines.length > 0 ? versionOf(lines) : await newestVersion(id)
    return c.json({ version, html: String(await renderLines(words, lines)) })
  })

  /** Without script the page itself is the answer. */
  const refuse = async (c: Context, text: string, status: ContentfulStatusCode) =>
    isForm(c)
      ? c.html(await page(c, identify(c), { plantel: '', embedded: false }, text), status)
      : c.json({ text }, status)

  const limit = bodyLimit({ maxSize: maxBodyBytes, onError: c => refuse(c, words.muyGrande, 413) })
  app.post('/mensaje', limit, async c => {
    if (!sameSite(c)) return c.json({ text: words.malMensaje }, 403)
    const given = getCookie(c, cookie)
    const id = identify(c)
    // The page gave one. Without it every message would be a stranger's.
    if (given === undefined) return refuse(c, words.sinCookies, 401)
    if (!allowed(id)) return refuse(c, words.muyRapido, 429)
    const message = Message.safeParse(await bodyIn(c))
    if (!message.success) return refuse(c, words.malMensaje, 400)
    const { id: messageId, plantel } = message.data
    const turn = await receive({
      from: address(id),
      id: messageId,
      at: clock(),
      body: bodyOf(message.data),
      ...(plantel ? { plantel } : {}),
    })
    if (!turn.duplicate) listeners.tell(id, turn.version)
    if (isForm(c)) return c.redirect(pathOf(plantel ?? ''), 303)
    return c.json({ version: turn.version, html: String(await renderLines(words, linesOf(turn, clock()))) })
  })

  app.get('/eventos', c => {
    const id = identify(c)
    // Proxies that gather answers before they pass them on must not gather this one.
    c.header('X-Accel-Buffering', 'no')
    // The newest at once: after a break the page asks for what it lacks.
    return streamSSE(c, stream => listeners.serve(id, stream, () => newestVersion(id)))
  })

  mountFiles(app)
  app.get('/embed.json', c => {
    c.header('Access-Control-Allow-Origin', '*')
    return c.json({ abrir: words.abrir, cerrar: words.cerrar, titulo: words.titulo })
  })
  app.notFound(c => c.text(words.noExiste, 404))
  app.onError((error, c) => {
    log.error({ path: c.req.path, err: error }, 'request failed')
    return isForm(c) || c.req.path === '/' ? c.text(words.falla, 500) : c.json({ text: words.falla }, 500)
  })
  return { close: () => listeners.close() }
}

function mountFiles(app: Hono): void {
  const types = { 'chat.css': 'text/css', 'chat.js': 'text/javascript', 'embed.js': 'text/javascript' }
  for (const [name, type] of Object.entries(types)) {
    const text = readFileSync(new URL(`public/${name}`, import.meta.url), 'utf8')
    app.get(`/${name}`, c => {
      c.header('Cache-Control', 'public, max-age=300')
      c.header('X-Content-Type-Options', 'nosniff')
      return c.body(text, 200, { 'Content-Type': `${type}; charset=utf-8` })
    })
  }
}

const versionOf = (lines: readonly Line[]) => lines.at(-1)?.version ?? 0

const linesOf = ({ version, replies }: Turn, at: Date): Line[] =>
  replies.map(reply => ({ version, from: 'guia', at, ...reply }))

const isForm = (c: Context) =>
  /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/.test(c.req.header('content-type') ?? '')

/** Undefined, which no schema takes, where it cannot be read. */
async function bodyIn(c: Context): Promise<unknown> {
  const isJson = c.req.header('content-type')?.startsWith('application/json')
  try {
    if (isForm(c)) return await c.req.parseBody()
    return isJson ? await c.req.json() : undefined
  } catch {
    return undefined
  }
}

function bodyOf({ text, choice, file }: z.infer<typeof Message>): Body {
  if (choice !== undefined) return { kind: 'choice', choice }
  return file ? { kind: 'file', file } : { kind: 'text', text: text ?? '' }
}

/** The person's id, out of the cookie or new. In a frame on another site only a partitioned cookie comes back, and only over https. */
function identify(c: Context): string {
  const given = getCookie(c, cookie)
  const id = given && chatId.test(given) ? given : randomBytes(16).toString('base64url')
  const secure = c.req.header('x-forwarded-proto') === 'https' || new URL(c.req.url).protocol === 'https:'
  const common = { httpOnly: true, path: '/', maxAge: yearSeconds }
  if (secure) setCookie(c, cookie, id, { ...common, secure: true, sameSite: 'None', partitioned: true })
  else setCookie(c, cookie, id, { ...common, sameSite: 'Lax' })
  return id
}

/** A browser says where a request comes from; what is no browser says nothing and has no cookie of anybody's. */
function sameSite(c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const origin = c.req.header('origin')
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === c.req.header('host'))
}

function secure(c: Context, embedded: boolean): void {
  const frames = embedded ? '*' : "'self'"
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors ${frames}`,
  )
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'same-origin')
  c.header('Cache-Control', 'no-store')
}

/** At most `maxMessages` in `perMs` for each person. */
function pace(clock: () => Date): (id: string) => boolean {
  let window = 0
  let counts = new Map<string, number>()
  return id => {
    const now = Math.floor(clock().getTime() / perMs)
    if (now !== window) [window, counts] = [now, new Map()]
    const count = (counts.get(id) ?? 0) + 1
    counts.set(id, count)
    return count <= maxMessages
  }
}
