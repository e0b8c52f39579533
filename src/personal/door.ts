/**
 * The running program's door for the commands of its own machine: a socket in its data folder, since the embedded
 * database lets no second process in. `main.ts` opens it, `npm run unanswered` knocks.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join, relative, resolve } from 'node:path'
import { json } from 'node:stream/consumers'
import { Hono } from 'hono'
import { z } from 'zod'
import { type Listening, listen } from '../http.ts'
import type { Store, Unanswered } from '../store/store.ts'

const told = 'a whole number of days, 1 to 3650'
export const Days = z.coerce.number(told).int(told).min(1, told).max(3650, told)

const Answer = z.object({
  questions: z.array(
    z.object({
      text: z.string(),
      at: z.iso.datetime().transform(at => new Date(at)),
      decision: z.enum(['offer', 'unknown']),
      topics: z.array(z.string()),
    }),
  ),
})

const dayMs = 24 * 60 * 60 * 1000
/** More than anybody reads, and what can be grouped while one waits. */
export const maxQuestions = 10_000

/** What was not answered outright in the last days, the newest, newest first. */
export const readUnanswered = (store: Pick<Store, 'unanswered'>, days: number): Promise<Unanswered[]> =>
  store.unanswered(new Date(Date.now() - days * dayMs), maxQuestions)

/** Only the program that holds the folder's lock may call this: a socket that lies there is then of one that was killed. */
export function openDoor(dir: string, store: Pick<Store, 'unanswered'>): Promise<Pick<Listening, 'close'>> {
  const app = new Hono()
  app.get('/unanswered', async c => {
    const days = Days.safeParse(c.req.query('days'))
    if (!days.success) return c.json({ error: `days: ${told}` }, 400)
    return c.json({ questions: await readUnanswered(store, days.data) })
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

/** Rejects with the system's error where nobody opens. */
export async function askDoor(dir: string, days: number): Promise<Unanswered[]> {
  const path = `/unanswered?${new URLSearchParams({ days: String(days) })}`
  const asked = request({ socketPath: pathIn(dir), path }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`the running program answered ${response.statusCode}`)
  return Answer.parse(await json(response)).questions
}

const isWindows = process.platform === 'win32'

/** A socket's path may have some hundred characters, so the shorter of two: a folder may lie deep. */
function pathIn(dir: string): string {
  const path = resolve(dir, 'socket')
  if (isWindows) return join('\\\\.\\pipe', `vigente-${createHash('sha256').update(path).digest('hex')}`)
  const near = relative('', path)
  return near.length < path.length ? near : path
}
