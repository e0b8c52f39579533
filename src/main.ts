/** `npm start`: wires the parts together and runs until it is told to stop. Only wiring. */
import pino from 'pino'
import { Telegram } from './channels/telegram/telegram.ts'
import { mountWeb } from './channels/web/web.ts'
import { readConfig, usualDataDir } from './config.ts'
import { createConversation } from './conversation/handle.ts'
import { keptDays } from './conversation/write.ts'
import { createDelivery, type Delivery } from './delivery/delivery.ts'
import { loadGuide } from './guide.ts'
import { createHttp, type Figure, listen, Meter } from './http.ts'
import { openDoor } from './personal/door.ts'
import { openStore, type Store } from './store/store.ts'

const minuteMs = 60 * 1000
const dayMs = 24 * 60 * 60 * 1000
/** What is on its way has so long to arrive; what is left goes out with the next start. */
const sendingMs = 5000

async function start(): Promise<void> {
  const { port, logLevel, databaseUrl, dataDir = usualDataDir, telegram: telegramConfig } = readConfig()
  const log = pino({ level: logLevel })
  const guide = loadGuide(new Date())
  const store = await openStore(databaseUrl ? { url: databaseUrl } : { dir: dataDir })
  const clock = () => new Date()

  const meter = new Meter()
  const app = createHttp(
    {
      database: () => store.ping().then(() => true),
      ...(telegramConfig ? { telegram: async () => telegram?.ready ?? false } : {}),
    },
    async () => [...meter.figures(), ...figuresOf(delivery), ...(await outboxOf(store))],
  )
  const telegram = telegramConfig
    ? new Telegram({
        ...telegramConfig,
        app,
        words: guide.content.telegram,
        history: (...asked) => history(...asked),
        reach: (...told) => reach(...told),
        clock,
        log,
      })
    : undefined
  const delivery = createDelivery({ channels: telegram ? [telegram] : [], outbox: store.outbox, log })
  const { handle, history, reach } = createConversation({ ...guide, store, log, delivery })
  const receive = meter.measure(handle)
  const web = mountWeb(app, { words: guide.content.pagina, receive, history, clock, log })
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
    await Promise.all([telegram?.stop(), server.close(), door?.close()])
    await delivery.stop(sendingMs)
    await store.close()
    log.info('stopped')
    // A call to a platform that does not answer must not keep us.
    setTimeout(() => process.exit(), 500).unref()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  await delivery.start()
  await telegram?.start(receive)

  console.log(`Vigente answers at http://localhost:${server.port}`)
  console.log(
    `Database: ${databaseUrl ? 'PostgreSQL, by DATABASE_URL' : `embedded, in the folder ${dataDir}`}`,
  )
  const by = telegramConfig?.webhook ? 'by webhook' : 'by asking for updates'
  if (telegram) console.log(`Telegram: ${telegram.ready ? 'on' : 'not to be had yet, tried again'}, ${by}`)
  const off = telegram ? [] : ['Telegram (no TELEGRAM_BOT_TOKEN)']
  console.log(`Off: ${[...off, 'WhatsApp (not in this version)'].join(', ')}. In the terminal: npm run chat`)
}

const figuresOf = ({ counts }: Delivery): Figure[] =>
  Object.entries(counts).map(([end, value]) => [`vigente_sends_${end}_total`, 'counter', value])

/** Of all processes; none while the database does not answer, which the readiness tells. */
const outboxOf = ({ outbox }: Store): Promise<Figure[]> =>
  outbox.count().then(
    counts => Object.entries(counts).map(([state, value]) => [`vigente_outbox_${state}`, 'gauge', value]),
    () => [],
  )

start().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
