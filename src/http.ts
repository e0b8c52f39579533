/** The program's one HTTP app: health and metrics, on which the channels mount their routes. Called by main. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { Turn } from './message.ts'

/** What the program cannot do its work without, by name, and whether it is there: false or a rejection if not. */
export type Health = Readonly<Record<string, () => Promise<boolean>>>

/** A line of Prometheus text. */
export type Figure = readonly [name: string, type: 'counter' | 'gauge', value: number]

export class Meter {
  turns = 0
  duplicates = 0
  errors = 0
  seconds = 0

  /** Counts the turns that go through `receive`, and the time they take. */
  measure<T>(receive: (message: T) => Promise<Turn>): (message: T) => Promise<Turn> {
    return async message => {
      const started = performance.now()
      try {
        const turn = await receive(message)
        this.turns++
        if (turn.duplicate) this.duplicates++
        return turn
      } catch (error) {
        this.errors++
        throw error
      } finally {
        this.seconds += (performance.now() - started) / 1000
      }
    }
  }

  figures(): Figure[] {
    return [
      ['vigente_turns_total', 'counter', this.turns],
      ['vigente_duplicates_total', 'counter', this.duplicates],
      ['vigente_turn_errors_total', 'counter', this.errors],
      ['vigente_turn_seconds_total', 'counter', this.seconds],
      ['process_resident_memory_bytes', 'gauge', process.memoryUsage().rss],
      ['process_uptime_seconds', 'gauge', process.uptime()],
    ]
  }
}

export function createHttp(health: Health, figures: () => Promise<readonly Figure[]>): Hono {
  const app = new Hono()
  app.get('/healthz', c => c.json({ ok: true }))
  app.get('/readyz', async c => {
    const asked = Object.entries(health).map(
      async ([name, is]) => [name, await is().catch(() => false)] as const,
    )
    const ready = await Promise.all(asked)
    return c.json(Object.fromEntries(ready), ready.every(([, is]) => is) ? 200 : 503)
  })
  app.get('/metrics', async c => {
    const told = await figures()
    return c.text(told.map(([name, type, value]) => `# TYPE ${name} ${type}\n${name} ${value}\n`).join(''))
  })
  return app
}

export interface Listening {
  /** The port it listens on, also where 0 was asked for. */
  readonly port: number
  /** Stops taking requests; what is being answered has 3 s. */
  close(): Promise<void>
}

const graceMs = 3000

/** At a port, or at the path of a socket. Throws an Error that says what to do where the port is taken. */
export function listen(app: Hono, at: number | string): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createAdaptorServer({ fetch: app.fetch }) as Server
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(new Error(taken ? `PORT: ${at} is taken by another program; choose another` : error.message))
    })
    server.listen(at, () => {
      const { port } = server.address() as AddressInfo
      resolve({ port, close: () => closeServer(server) })
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise(done => {
    // A connection whose last answer goes out after the call of `close` would be kept for the next request.
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    const late = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(late)
      done()
    })
  })
}
