/** `npm start`: wires the parts together and runs until it is told to stop. Only wiring. */
import pino from 'pino'
import { mountWeb } from './channels/web/web.ts'
import { readConfig, usualDataDir } from './config.ts'
import { createConversation } from './conversation/handle.ts'
import { keptDays } from './conversation/write.ts'
import { loadGuide } from './guide.ts'
import { createHttp, listen, Meter } from './http.ts'
import { openDoor } from './personal/door.ts'
import { openStore } from './store/store.ts'

const minuteMs = 60 * 1000
const dayMs = 24 * 60 * 60 * 1000

async function start(): Promise<void> {
  const { port, logLevel, databaseUrl, dataDir = usualDataDir } = readConfig()
  const log = pino({ level: logLevel })
  const guide = loadGuide(new Date())
  const store = await openStore(databaseUrl ? { url: databaseUrl } : { dir: dataDir })
  const { handle, history } = createConversation({ ...guide, store, log })

  const meter = new Meter()
  const app = createHttp({ ready: () => store.ping() }, meter)
  const web = mountWeb(app, {
    words: guide.content.pagina,
    receive: meter.measure(handle),
    history,
    clock: () => new Date(),
    log,
  })
  const server = await listen(app, port).catch(async error => {
    await store.close()
    throw error
  })

  // A folder that takes no socket (a network drive) costs one command, not the start.
  const door = databaseUrl
    ? undefined
    : await openDoor(dataDir, store).catch(error => void log.error({ err: error }, 'no local socket'))

  const sweep = () => {
    const now = Date.now()
    const [before, idleSince] = [keptDays.messages, keptDays.conversations].map(
      days => new Date(now - days * dayMs),
    )
    store.sweep(before as Date, idleSince as Date).catch(error => log.error({ err: error }, 'sweep failed'))
  }
  // Not at once: the first answers need the database, and most of all the embedded one.
  const firstSweep = setTimeout(sweep, minuteMs)
  const sweeping = setInterval(sweep, dayMs)

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    clearTimeout(firstSweep)
    clearInterval(sweeping)
    web.close()
    await Promise.all([server.close(), door?.close()])
    await store.close()
    log.info('stopped')
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  console.log(`Vigente answers at http://localhost:${server.port}`)
  console.log(
    `Database: ${databaseUrl ? 'PostgreSQL, by DATABASE_URL' : `embedded, in the folder ${dataDir}`}`,
  )
  console.log('Off: Telegram and WhatsApp, which are not in this version. In the terminal: npm run chat')
}

start().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
