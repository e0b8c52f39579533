/** `npm start`: wires the parts together and runs until it is told to stop. Only wiring. */
import { setTimeout } from 'node:timers/promises'
import pino from 'pino'
import { createBroadcasts } from './broadcast/broadcasts.ts'
import { broadcastsJob, createRunner } from './broadcast/runner.ts'
import { createStaff } from './broadcast/staff.ts'
import { isQuiet } from './calendar.ts'
import { mountWeb } from './channels/web/web.ts'
import { type Attached, attachChannels } from './channels.ts'
import { readConfig, usualDataDir } from './config.ts'
import { createConversation } from './conversation/handle.ts'
import { keptDays } from './conversation/write.ts'
import { createDelivery, type Delivery } from './delivery/delivery.ts'
import { loadGuide } from './guide.ts'
import { createHttp, type Figure, listen, Meter } from './http.ts'
import { createJobs } from './jobs.ts'
import { carryOut } from './personal/broadcast/orders.ts'
import { createDesk } from './personal/desk.ts'
import { openDoor } from './personal/door.ts'
import { lockFolder } from './store/lock.ts'
import { openStore, type Store } from './store/store.ts'

const dayMs = 24 * 60 * 60 * 1000
/** When what is kept no longer is deleted; after a night without us, at once. */
const atNight = '23 4 * * *'
/** What is on its way has so long to arrive; what is left goes out with the next start. */
const sendingMs = 5000
const retryMs = 5000

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
    heard: (...told) => delivery.heard(...told),
    history: (...asked) => history(...asked),
    reach: (...told) => reach(...told),
    clock,
    log,
  })
  const channels = attached.map(({ channel }) => channel)
  for (const channel of channels) health[channel.name] = async () => channel.ready
  const { content } = guide
  const delivery = createDelivery({
    channels,
    outbox: store.outbox,
    clock,
    isQuiet: at => isQuiet(at, content.avisos.silencio),
    log,
  })
  const jobs = createJobs(store, log)
  const staff = createStaff({ members: store.members, clock })
  const wake = () => jobs.wake(broadcastsJob)
  const limits = Object.fromEntries(channels.map(({ name, limits }) => [name, limits]))
  const broadcasts = createBroadcasts({ store, staff, content, clock, wake, limits })
  const desk = createDesk({ broadcasts, staff, content, clock }).take
  const conversation = createConversation({ ...guide, store, log, delivery, desk })
  const { handle, history, reach } = conversation
  const names = channels.map(({ name }) => name)
  const runner = createRunner({ store, conversation, delivery, jobs, channels: names, content, clock, log })
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
      : await openDoor(dataDir, store, status, (clave, order) =>
          carryOut({ broadcasts, staff, content, clock }, clave, order),
        ).catch(error => void log.error({ err: error }, 'no local socket'))

  const sweep = async () => {
    const [before, idleSince] = [keptDays.messages, keptDays.conversations].map(
      days => new Date(Date.now() - days * dayMs),
    )
    await store.sweep(before as Date, idleSince as Date)
  }
  let stopping = false
  /** Without them nobody is reminded: tried until the database takes it. */
  const keepStarting = async () => {
    for (const steps = [jobs.start, () => jobs.work('limpieza', atNight, sweep), runner.start]; !stopping; )
      try {
        for (let step = steps[0]; step; step = steps[0]) {
          await step()
          steps.shift()
        }
        return
      } catch (error) {
        log.error({ err: error }, 'jobs not started')
        await setTimeout(retryMs)
      }
  }

  let startingJobs = Promise.resolve()
  const stop = async () => {
    if (stopping) return
    stopping = true
    web.close()
    await startingJobs
    await Promise.all([jobs.stop(), runner.stop()])
    await Promise.all([...attached.map(one => one.stop()), server.close(), door?.close()])
    await delivery.stop(sendingMs)
    await Promise.all(attached.map(one => one.close()))
    await store.close()
    unlock()
    log.info('stopped')
    // A call to a platform that does not answer must not keep us.
    globalThis.setTimeout(() => process.exit(), 500).unref()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  await delivery.start()
  const started = attached.map(one =>
    // One that does not come up takes nothing from the others; the readiness tells.
    one.start(receive).catch(error => log.error({ channel: one.channel.name, err: error }, 'not started')),
  )
  await Promise.all(started)
  // Nobody who writes waits for these.
  startingJobs = keepStarting()

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
