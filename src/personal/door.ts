/**
 * The running program's door for the commands of its own machine: a socket in its data folder, since the embedded
 * database lets no second process in. `main.ts` opens it; `npm run unanswered`, `whatsapp` and `broadcast` knock.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join, relative, resolve } from 'node:path'
import { json } from 'node:stream/consumers'
import { Hono } from 'hono'
import { z } from 'zod'
import { Refused } from '../broadcast/staff.ts'
import { type Listening, listen } from '../http.ts'
import type { Store, Unanswered } from '../store/store.ts'
import { Done, Order } from './broadcast/orders.ts'

const told = 'a whole number of days, 1 to 3650'
export const Days = z.coerce.number(told).int(told).min(1, told).max(3650, told)

const Moment = z.iso.datetime().transform(at => new Date(at))

const Answer = z.object({
  questions: z.array(
    z.object({
      text: z.string(),
      at: Moment,
      decision: z.enum(['offer', 'unknown']),
      topics: z.array(z.string()),
    }),
  ),
})

const Messages = z.int().min(0)

/** How the unofficial WhatsApp fares: what its session and its governor say. */
const WhatsAppStatus = z.object({
  state: z.enum(['starting', 'qr', 'ready', 'waiting', 'logged-out']),
  since: Moment,
  /** To be scanned, as text. */
  qr: z.string().optional(),
  stopped: z.boolean(),
  quiet: z.boolean(),
  sentToday: Messages,
  capToday: Messages,
  unaskedToday: Messages,
  unaskedCapToday: Messages,
  firstDay: z.iso.date().optional(),
})
export type WhatsAppStatus = z.infer<typeof WhatsAppStatus>

/** An order about broadcasts, and the key of who gives it; or why it was not carried out. */
const Asked = z.strictObject({ clave: z.string().max(100).optional(), orden: Order })
const Carried = z.union([
  z.strictObject({ ok: Done }),
  z.strictObject({ no: z.strictObject({ reason: z.string(), values: z.record(z.string(), z.string()) }) }),
])
export type CarryOut = (clave: string | undefined, order: Order) => Promise<Done>

const maxWaitMs = 20_000
const dayMs = 24 * 60 * 60 * 1000
/** More than anybody reads, and what can be grouped while one waits. */
export const maxQuestions = 10_000

/** What was not answered outright in the last days, the newest, newest first. */
export const readUnanswered = (store: Pick<Store, 'unanswered'>, days: number): Promise<Unanswered[]> =>
  store.unanswered(new Date(Date.now() - days * dayMs), maxQuestions)

/** Only the program that holds the folder's lock may call this: a socket that lies there is then of one that was killed. */
export function openDoor(
  dir: string,
  store: Pick<Store, 'unanswered'>,
  whatsapp?: () => WhatsAppStatus,
  carryOut?: CarryOut,
): Promise<Pick<Listening, 'close'>> {
  const app = new Hono()
  app.get('/unanswered', async c => {
    const days = Days.safeParse(c.req.query('days'))
    if (!days.success) return c.json({ error: `days: ${told}` }, 400)
    return c.json({ questions: await readUnanswered(store, days.data) })
  })
  // Nothing, where it is not switched on.
  app.get('/whatsapp', c => c.json({ whatsapp: whatsapp?.() }))
  app.post('/broadcast', async c => {
    if (!carryOut) return c.notFound()
    const asked = Asked.safeParse(await c.req.json().catch(() => undefined))
    if (!asked.success) return c.json({ no: { reason: 'orden', values: {} } })
    const { clave, orden } = asked.data
    return c.json(await carryOut(clave, orden).then(ok => ({ ok }), tellRefused))
  })
  const path = pathIn(dir)
  if (!isWindows) rmSync(path, { force: true })
  // Only the program's own user may knock, from the moment on that the socket is there: `listen` makes it at once.
  const before = process.umask(0o177)
  try {
    return listen(app, path)
  } finally {
    process.umask(before)
  }
}

/** Both reject with the system's error where nobody opens. */
export async function askDoor(dir: string, days: number): Promise<Unanswered[]> {
  const path = `/unanswered?${new URLSearchParams({ days: String(days) })}`
  return Answer.parse(await knock(dir, path)).questions
}

/** Undefined where the running program has it not switched on. */
export const askWhatsApp = async (dir: string): Promise<WhatsAppStatus | undefined> =>
  z.object({ whatsapp: WhatsAppStatus.optional() }).parse(await knock(dir, '/whatsapp')).whatsapp

const tellRefused = (error: unknown) => {
  if (!(error instanceof Refused)) throw error
  return { no: { reason: error.reason, values: error.values } }
}

/** Throws Refused as whoever carried it out did. */
export async function askBroadcast(dir: string, clave: string | undefined, orden: Order): Promise<Done> {
  const asked = JSON.stringify({ ...(clave !== undefined && { clave }), orden })
  const carried = Carried.parse(await knock(dir, '/broadcast', asked))
  if ('no' in carried) throw new Refused(carried.no.reason, carried.no.values)
  return carried.ok
}

/** Nobody opens: nothing runs there, or something that has no door, or not yet. */
export const isUnopened = (error: unknown) => error instanceof Error && 'syscall' in error

/** With a body it is a POST. */
async function knock(dir: string, path: string, body?: string): Promise<unknown> {
  const how = { socketPath: pathIn(dir), path, timeout: maxWaitMs }
  const asked = request({ ...how, method: body === undefined ? 'GET' : 'POST' }).end(body)
  asked.on('timeout', () => asked.destroy(new Error('the running program does not answer')))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`the running program answered ${response.statusCode}`)
  return json(response)
}

const isWindows = process.platform === 'win32'

/** A socket's path may have some hundred characters, so the shorter of two: a folder may lie deep. */
function pathIn(dir: string): string {
  const path = resolve(dir, 'socket')
  if (isWindows) return join('\\\\.\\pipe', `vigente-${createHash('sha256').update(path).digest('hex')}`)
  const near = relative('', path)
  return near.length < path.length ? near : path
}
