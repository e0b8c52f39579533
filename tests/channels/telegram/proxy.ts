/** A way to the fake Telegram that can be shut, so that connections are refused, and opened again at the same place. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Way {
  readonly root: string
  /** Where it leads from now on. */
  open(to: string): Promise<void>
  shut(): Promise<void>
}

/** Leads nowhere yet. */
export async function openProxy(): Promise<Way> {
  const sockets = new Set<Socket>()
  let target = new URL('http://127.0.0.1:9')
  const server = createServer(here => {
    const there = connect(Number(target.port), target.hostname)
    here.pipe(there).pipe(here)
    const end = () => {
      here.destroy()
      there.destroy()
    }
    for (const socket of [here, there]) {
      sockets.add(socket)
      socket.on('error', end).on('close', end)
    }
    here.on('close', () => [here, there].map(socket => sockets.delete(socket)))
  })
  const listen = (port: number) => new Promise<void>(done => server.listen(port, '127.0.0.1', done))
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    root: `http://127.0.0.1:${port}`,
    open: async to => {
      target = new URL(to)
      if (!server.listening) await listen(port)
    },
    shut: async () => {
      const closed = new Promise(done => server.close(done))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
