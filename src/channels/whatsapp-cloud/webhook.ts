/**
 * Where Meta pushes to: one path on the program's HTTP app, whose GET shows that it is ours and whose POST is open only
 * to who signs with the app's secret. The adapter mounts it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'

export const webhookPath = '/whatsapp/webhook'

/** What Meta sends at most: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview */
const maxBodyBytes = 3 * 1024 * 1024

export interface WebhookParts {
  readonly appSecret: string
  readonly verifyToken: string
  /** Rejects where it could not be kept and is to be pushed again. */
  readonly take: (posted: unknown) => Promise<void>
}

export function mountWebhook(app: Hono, { appSecret, verifyToken, take }: WebhookParts): void {
  const expected = digest(verifyToken)
  app.get(webhookPath, c => {
    const { 'hub.mode': mode, 'hub.verify_token': token = '', 'hub.challenge': challenge } = c.req.query()
    const ours = timingSafeEqual(digest(token), expected) && mode === 'subscribe'
    return ours && challenge !== undefined ? c.text(challenge) : refuse(c, 403)
  })
  app.use(webhookPath, async (c, next) => {
    // Before anything of the body is read.
    if (c.req.method !== 'POST') return next()
    return signatureOf(c) === undefined ? refuse(c, 401) : next()
  })
  app.post(webhookPath, bodyLimit({ maxSize: maxBodyBytes, onError: c => refuse(c, 413) }), async c => {
    const body = await c.req.arrayBuffer().catch(() => undefined)
    if (!body) return refuse(c, 400)
    const bytes = Buffer.from(body)
    const given = signatureOf(c)
    const due = createHmac('sha256', appSecret).update(bytes).digest()
    if (!given || !timingSafeEqual(given, due)) return refuse(c, 401)
    const posted = parse(bytes)
    if (posted === undefined) return refuse(c, 400)
    // The error is logged where it happened; Meta only has to know that it must come again.
    return take(posted).then(
      () => c.body(null, 200),
      () => refuse(c, 500),
    )
  })
}

function signatureOf(c: Context): Buffer | undefined {
  const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(c.req.header('x-hub-signature-256') ?? '') ?? []
  return hex === undefined ? undefined : Buffer.from(hex, 'hex')
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Equal lengths, which timingSafeEqual asks for. */
const digest = (text: string) => createHash('sha256').update(text).digest()

const refuse = (c: Context, status: 400 | 401 | 403 | 413 | 500) => c.body(null, status)
