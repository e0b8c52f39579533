/** `npm run chat`: the conversation in the terminal, for a person or, with `--json`, for a program. Only wiring. */
import pino from 'pino'
import { sayDueBy } from './broadcast/due.ts'
import { serveNdjson } from './channels/terminal/ndjson.ts'
import { talkInTerminal } from './channels/terminal/person.ts'
import { readConfig } from './config.ts'
import { createConversation } from './conversation/handle.ts'
import { loadGuide } from './guide.ts'
import { openStore } from './store/store.ts'

async function chat(): Promise<void> {
  const { databaseUrl, dataDir, logLevel } = readConfig()
  const guide = loadGuide(new Date())
  const store = await openStore(
    databaseUrl ? { url: databaseUrl } : dataDir ? { dir: dataDir } : { memory: true },
  )
  // Standard output belongs to the conversation; only what goes wrong is worth a line beside it.
  const log = pino({ level: logLevel === 'info' ? 'error' : logLevel }, pino.destination(2))
  const { handle: receive, prompt } = createConversation({ ...guide, store, log })
  const fallDue = (by: Date) => sayDueBy({ subscriptions: store.subscriptions, prompt }, 'terminal', by)
  const pipe = { input: process.stdin, output: process.stdout }
  await (process.argv.includes('--json')
    ? serveNdjson({ receive, fallDue }, pipe)
    : talkInTerminal(receive, pipe))
  await store.close()
}

chat().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
