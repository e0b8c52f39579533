/** `npm start`: wires the parts together and runs until it is told to stop. Only wiring. */
import pino from 'pino'
import { mountWeb } from './channels/web/web.ts'
import { type Attached, attachChannels } from './channels.ts'
import { readConfig, usualDataDir } from './config.ts'
import { createConversation } from './conversation/handle.ts'
import { keptDays } from './conversation/write.ts'
import { createDelivery, type Delivery } from './delivery/delivery.ts'
import { loadGuide } from './guide.ts'
import { createHttp, type Figure, listen, Meter } from './http.ts'
import { openDoor } from './personal/door.ts'
import { lockFolder } from './store/lock.ts'
import { openStore, type Store } from './store/store.ts'

const minuteMs = 60 * 1000
const dayMs = 24 * 60 * 60 * 1000
/** What is on its way has so long to arrive; what is left goes out with the next start. */
const sendingMs = 5000

async function start(): Promise<void> {
  const config = readConfig()
  const { port, logLevel, databaseUrl, dataDir = usualDataDir } = config
  const log = pino({ level: logLevel })
  const guide = loadGuide(new Date())
  // The embedded database locks its folder itself; a session of WhatsApp must not be opened twice either.
  const unlock = databaseUrl && config.whatsappWeb ? lockFolder(dataDir) : () => {}
  const store = await openStore(databaseUrl ? { url: databaseUrl } : { dir: dataDir })
  const clock = () => new Date()

  const meter = new Meter()
  const health: Record<string, () => Promise<boolean>> = { database: () => store.ping().then(() => true) }
  const app = createHttp(health, async () => [
    ...meter.figures(),
    ...figuresOf(delivery),
    ...(await outboxOf(store)),
  ])
  const { attached, off } = attachChannels({
    config,
    dir: dataDir,
    app,
    content: guide.content,
    store,
    note: receipts => delivery.note(receipts),
    history: (...asked) => history(...asked),
    reach: (...told) => reach(...told),
    clock,
    log,
  })
  const channels = attached.map(({ channel }) => channel)
  for (const channel of channels) health[channel.name] = async () => channel.ready
  const delivery = createDelivery({ channels, outbox: store.outbox, log })
  const { handle, history, reach } = createConversation({ ...guide, store, log, delivery })
  const receive = meter.measure(handle)
  const web = mountWeb(app, { words: guide.content.pagina, receive, history, clock, log })
  const server = await listen(app, port).catch(async error => {
    await store.close()
    throw error
  })

  // A folder that takes no socket (a network drive) costs one command, not the start.
  const status = attached.find(one => one.status)?.status
  const door =
    databaseUrl && !status
      ? undefined
      : await openDoor(dataDir, store, status).catch(
          error => void log.error({ err: error }, 'no local socket'),
        )

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
    await Promise.all([...attached.map(one => one.stop()), server.close(), door?.close()])
    await delivery.stop(sendingMs)
    await Promise.all(attached.map(one => one.close()))
    await store.close()
    unlock()
    log.info('stopped')
    // A call to a platform that does not answer must not keep us.
    setTimeout(() => process.exit(), 500).unref()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  await delivery.start()
  const started = attached.map(one =>
    // One that does not come up takes nothing from the others; the readiness tells.
    one.start(receive).catch(error => log.error({ channel: one.channel.name, err: error }, 'not started')),
  )
  await Promise.all(started)

  console.log(`Vigente answers at http://localhost:${server.port}`)
  console.log(
    `Database: ${databaseUrl ? 'PostgreSQL, by DATABASE_URL' : `embedded, in the folder ${dataDir}`}`,
  )
  for (const one of attached) console.log(toldOf(one))
  console.log(`Off: ${off.length > 0 ? off.join(', ') : 'nothing'}. In the terminal: npm run chat`)
}

const toldOf = ({ channel, title, way }: Attached) =>
  `${title}: ${channel.ready ? 'on' : 'not to be had yet, tried again'}, ${way}`

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
