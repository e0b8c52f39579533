/** The open pages of each person, told by web.ts which turn is the newest, over server-sent events. */
import type { SSEStreamingApi } from 'hono/streaming'

/** Shorter than the patience of usual proxies, 30 to 60 s. */
const heartbeatMs = 25_000

interface Listener {
  tell(version: number): void
  end(): void
}

export class Listeners {
  readonly #byPerson = new Map<string, Set<Listener>>()

  /** Resolves when the page has gone, or at `close`. */
  async serve(id: string, stream: SSEStreamingApi, newest: () => Promise<number>): Promise<void> {
    const { promise: gone, resolve: end } = Promise.withResolvers<void>()
    stream.onAbort(end)
    const listener = { tell: (version: number) => void stream.writeSSE({ data: String(version) }), end }
    const mine = this.#byPerson.get(id) ?? new Set()
    this.#byPerson.set(id, mine.add(listener))
    const heartbeat = setInterval(() => void stream.write(': \n\n'), heartbeatMs)
    try {
      listener.tell(await newest())
      await gone
    } finally {
      clearInterval(heartbeat)
      mine.delete(listener)
      if (mine.size === 0) this.#byPerson.delete(id)
    }
  }

  tell(id: string, version: number): void {
    for (const listener of this.#byPerson.get(id) ?? []) listener.tell(version)
  }

  close(): void {
    for (const mine of this.#byPerson.values()) for (const listener of mine) listener.end()
  }
}
