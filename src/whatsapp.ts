/**
 * `npm run whatsapp`: how the unofficial WhatsApp fares, with the QR code to scan, for the school's staff; `-- parar`
 * stops all its sending within a second, `-- seguir` lets it go on. Works while the guide runs, or not.
 */
import { parseArgs } from 'node:util'
import pino from 'pino'
import { Governor } from './channels/whatsapp-web/governor.ts'
import { goOnSending, sessionFolder, stopSending } from './channels/whatsapp-web/switch.ts'
import { readDataDir } from './config.ts'
import { loadContent } from './content/load.ts'
import { askWhatsApp, isUnopened, type WhatsAppStatus } from './personal/door.ts'
import { fill } from './personal/fill.ts'
import { writeFiles, writeStatus } from './personal/whatsapp.ts'

const usage = 'npm run whatsapp [-- parar | seguir]'
const commands = ['parar', 'seguir'] as const
type Command = (typeof commands)[number]

/** Undefined: nothing runs. `without`: it runs without the unofficial WhatsApp. */
type Running = WhatsAppStatus | 'without' | undefined

function readCommand(): Command | undefined {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [first, ...more] = positionals
  const command = commands.find(command => command === first)
  if (more.length > 0 || (first !== undefined && command === undefined)) throw new Error(usage)
  return command
}

const ask = (dataDir: string): Promise<Running> =>
  askWhatsApp(dataDir).then(
    status => status ?? 'without',
    error => {
      if (isUnopened(error)) return undefined
      throw error
    },
  )

function tellState(running: Running, dataDir: string): string {
  const { whatsappWeb: words } = loadContent()
  const now = new Date()
  if (running === 'without') return words.estados.sinWhatsapp
  if (running) return writeStatus(running, words, now)
  const { status } = new Governor({ dir: sessionFolder(dataDir), clock: () => now, log: pino() })
  return writeFiles(dataDir, status, words, now)
}

/** The file is there or gone already; whether anybody obeys is told by who runs. */
function tellDone(command: Command, running: Running, dataDir: string): string {
  const { hecho, estados } = loadContent().whatsappWeb
  if (running === 'without') return estados.sinWhatsapp
  if (!running) return fill(hecho[`${command}Apagada`], { carpeta: dataDir })
  if (running.stopped !== (command === 'parar'))
    throw new Error(`DATA_DIR: the running program does not see what was changed in ${dataDir}`)
  return hecho[command]
}

async function run(): Promise<void> {
  const command = readCommand()
  const dataDir = readDataDir()
  const dir = sessionFolder(dataDir)
  // Before anything that may fail.
  if (command === 'parar') stopSending(dir)
  if (command === 'seguir') goOnSending(dir)
  const running = await ask(dataDir)
  console.log((command ? tellDone(command, running, dataDir) : tellState(running, dataDir)).trimEnd())
}

run().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
