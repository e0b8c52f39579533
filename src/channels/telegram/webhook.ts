/**
 * Where Telegram pushes updates to: one route on the program's HTTP app, open only to who knows the secret. The adapter
 * mounts it where there is a public address.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'

export const webhookPath = '/telegram/webhook'

/** Far more than an update takes. */
const maxBodyBytes = 1_000_000

/** `take` rejects where the update could not be handled and is to be pushed again. */
export function mountWebhook(app: Hono, secret: string, take: (update: unknown) => Promise<void>): void {
  const expected = digest(secret)
  app.use(webhookPath, async (c, next) => {
    // Before anything of the body is read.
    const given = c.req.header('x-telegram-bot-api-secret-token')
    if (given === undefined || !timingSafeEqual(digest(given), expected)) return refuse(c, 401)
    if (!/^application\/json\b/.test(c.req.header('content-type') ?? '')) return refuse(c, 415)
    return next()
  })
  app.post(webhookPath, bodyLimit({ maxSize: maxBodyBytes, onError: c => refuse(c, 413) }), async c => {
    const update = await c.req.json().catch(() => undefined)
    if (update === undefined) return refuse(c, 400)
    // The error is logged where it happened; Telegram only has to know that it must come again.
    return take(update).then(
      () => c.body(null, 200),
      () => refuse(c, 500),
    )
  })
}

/** Equal lengths, which timingSafeEqual asks for. */
const digest = (text: string) => createHash('sha256').update(text).digest()

const refuse = (c: Context, status: 400 | 401 | 413 | 415 | 500) => c.body(null, status)
