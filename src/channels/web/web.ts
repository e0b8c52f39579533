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
import { z } from 'zod'
import type { Address, Body, Turn } from '../../message.ts'
import type { History, Line, Receive } from '../channel.ts'
import { renderLines, renderPage } from './page.ts'
import { loadWords } from './words.ts'

export interface WebParts {
  readonly receive: Receive
  readonly history: History
  readonly clock: () => Date
}

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

const cookie = 'vigente'
const yearSeconds = 365 * 24 * 60 * 60
const chatId = /^[A-Za-z0-9_-]{22}$/
const mostTurns = 50
/** 100,000 characters are answered by the conversation; in UTF-8 and JSON they may take this much. */
const maxBodyBytes = 800_000
const heartbeatMs = 25_000
/** A person types no faster; a program would fill the database. */
const maxMessages = 30
const perMs = 10_000

export function mountWeb(app: Hono, { receive, history, clock }: WebParts): { close(): void } {
  const words = loadWords()
  const listeners = new Map<string, Set<(version: number) => void>>()
  const allowed = pace(clock)
  const address = (id: string): Address => ({ channel: 'web', id })
  const tell = (id: string, version: number) => {
    for (const listener of listeners.get(id) ?? []) listener(version)
  }

  app.get('/', async c => {
    const id = identify(c)
    const lines = await history(address(id), 0, mostTurns)
    const embedded = c.req.query('incrustado') !== undefined
    secure(c, embedded)
    const plantel = (c.req.query('plantel') ?? '').slice(0, 64)
    return c.html(
      renderPage({ words, lines, version: versionOf(lines), plantel, embedded, nextId: randomUUID() }),
    )
  })

  app.get('/historia', async c => {
    const after = z.coerce.number().int().min(0).catch(0).parse(c.req.query('despues'))
    const lines = await history(address(identify(c)), after, mostTurns)
    // Nothing new, or begun anew by /borrar: the whole tells which.
    const version = lines.length > 0 ? versionOf(lines) : versionOf(await history(address(identify(c)), 0, 1))
    return c.json({ version, html: String(await renderLines(words, lines)) })
  })

  app.post(
    '/mensaje',
    bodyLimit({ maxSize: maxBodyBytes, onError: c => c.json({ text: words.muyGrande }, 413) }),
    async c => {
      if (!sameSite(c)) return c.json({ text: words.malMensaje }, 403)
      const id = identify(c)
      if (!allowed(id)) return c.json({ text: words.muyRapido }, 429)
      const isForm = !c.req.header('content-type')?.startsWith('application/json')
      const given: unknown = await (isForm ? c.req.parseBody() : c.req.json()).catch(() => undefined)
      const message = Message.safeParse(given)
      if (!message.success) return c.json({ text: words.malMensaje }, 400)
      const { id: messageId, plantel } = message.data
      const known = plantel ? { plantel } : {}
      const turn = await receive({
        from: address(id),
        id: messageId,
        at: clock(),
        body: bodyOf(message.data),
        ...known,
      })
      if (!turn.duplicate) tell(id, turn.version)
      if (isForm) return c.redirect(plantel ? `/?plantel=${encodeURIComponent(plantel)}` : '/', 303)
      return c.json({ version: turn.version, html: String(await renderLines(words, linesOf(turn, clock()))) })
    },
  )

  app.get('/eventos', c => {
    const id = identify(c)
    // Proxies that gather answers before they pass them on must not gather this one.
    c.header('X-Accel-Buffering', 'no')
    return streamSSE(c, async stream => {
      const mine = listeners.get(id) ?? new Set()
      listeners.set(id, mine)
      const listener = (version: number) => void stream.writeSSE({ data: String(version) })
      mine.add(listener)
      stream.onAbort(() => {
        mine.delete(listener)
        if (mine.size === 0) listeners.delete(id)
      })
      // After a break: the page asks for what it lacks.
      listener(versionOf(await history(address(id), 0, 1)))
      while (!stream.aborted && !stream.closed) {
        await stream.sleep(heartbeatMs)
        await stream.write(': \n\n')
      }
    })
  })

  mountFiles(app)
  app.get('/embed.json', c => {
    c.header('Access-Control-Allow-Origin', '*')
    return c.json({ abrir: words.abrir, cerrar: words.cerrar, titulo: words.titulo })
  })
  app.notFound(c => c.text(words.noExiste, 404))
  app.onError((_, c) => c.json({ text: words.falla }, 500))
  return { close: () => listeners.clear() }
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
  return origin === undefined || new URL(origin).host === c.req.header('host')
}

function secure(c: Context, embedded: boolean): void {
  const frames = embedded ? '*' : "'self'"
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors ${frames}`,
  )
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'no-referrer')
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
