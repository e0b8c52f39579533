/**
 * `npm run broadcast -- <orden>`: broadcasts from the command line, for the school's staff. Works while the guide runs, by
 * its door where the database is embedded; where nothing runs it opens the folder itself.
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import pino from 'pino'
import { createBroadcasts } from './broadcast/broadcasts.ts'
import { broadcastsJob } from './broadcast/runner.ts'
import { createStaff, Refused } from './broadcast/staff.ts'
import { limitsOfAll } from './channels.ts'
import { readConfig, readKeyPath, usualDataDir } from './config.ts'
import { type Content, loadContent } from './content/load.ts'
import { createJobs } from './jobs.ts'
import { keepKey, readKey } from './personal/broadcast/key.ts'
import { OptionFault, readOptions, usage } from './personal/broadcast/options.ts'
import { carryOut, type Done, needsSending, type Order } from './personal/broadcast/orders.ts'
import { refusalInWords } from './personal/broadcast/show.ts'
import { askBroadcast, type CarryOut, isUnopened } from './personal/door.ts'
import { fill } from './personal/fill.ts'
import { openStore, type Store } from './store/store.ts'

/** How orders are carried out, and whether what they set going is seen to meanwhile. */
interface Way {
  readonly carry: CarryOut
  readonly runs: boolean
  close(): Promise<void>
}

const followMs = 1000
const clock = () => new Date()

async function openWay(content: Content, order: Order): Promise<Way> {
  const { databaseUrl, dataDir = usualDataDir } = readConfig()
  const words = content.personal.orden
  if (databaseUrl) {
    const store = await openStore({ url: databaseUrl })
    const jobs = createJobs(store, pino({ level: 'silent' }), { quiet: true })
    const close = async () => {
      await jobs.stop()
      await store.close()
    }
    const wake = async () => {
      await jobs.start()
      await jobs.wake(broadcastsJob)
    }
    return { carry: carryIn(store, content, wake), runs: true, close }
  }
  if (!existsSync(dataDir)) throw new OptionFault(fill(words.sinCarpeta, { carpeta: dataDir }))
  const byDoor: CarryOut = (clave, order) => askBroadcast(dataDir, clave, order)
  if (await answers(byDoor)) return { carry: byDoor, runs: true, close: async () => {} }
  if (needsSending(order)) throw new OptionFault(words.sinGuia)
  const store = await openStore({ dir: dataDir })
  return { carry: carryIn(store, content, () => {}), runs: false, close: () => store.close() }
}

/** An order that a stranger may give and that is refused: whoever refuses is there. */
const answers = (carry: CarryOut) =>
  carry(undefined, { orden: 'lista' }).then(
    () => true,
    error => {
      if (isUnopened(error)) return false
      if (error instanceof Refused) return true
      throw error
    },
  )

function carryIn(store: Store, content: Content, wake: () => Promise<void> | void): CarryOut {
  const staff = createStaff({ members: store.members, clock })
  const broadcasts = createBroadcasts({ store, staff, content, clock, wake, limits: limitsOfAll })
  return (clave, order) => carryOut({ broadcasts, staff, content, clock }, clave, order)
}

/** Where the output is a terminal what was shown before is drawn over. */
async function follow(way: Way, clave: string | undefined, order: Order): Promise<void> {
  let before = ''
  for (;;) {
    const { text, ended = false } = await way.carry(clave, order)
    const lines = before.split('\n').length
    const over = before !== '' && process.stdout.isTTY ? `\u001b[${lines}A\u001b[0J` : ''
    if (text !== before) console.log(over + text)
    before = text
    if (ended) return
    await setTimeout(followMs)
  }
}

function show({ text, data, clave }: Done, json: boolean): void {
  if (clave !== undefined) keepKey(readKeyPath(), clave)
  console.log(json ? JSON.stringify(data) : text.trimEnd())
}

async function run(content: Content): Promise<void> {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const read = readOptions(process.argv.slice(2), { content, now: clock(), readFile })
  if (!read) return console.log(usage(content))
  const { order, json } = read
  const clave = readKey(readKeyPath())
  const way = await openWay(content, order)
  try {
    if (read.follow && way.runs) await follow(way, clave, order)
    else show(await way.carry(clave, order), json)
  } finally {
    await way.close()
  }
}

const content = loadContent()
run(content).catch(error => {
  const told = error instanceof Refused ? refusalInWords({ content, now: clock() }, error) : undefined
  console.error(told ?? (error instanceof Error ? error.message : error))
  process.exitCode = 1
})
