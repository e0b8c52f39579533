/**
 * `npm run unanswered`: the questions that were not answered outright, grouped by likeness, for the school's staff.
 * `--days 7` looks back a week instead of a month, `--json` is for a program. Works while the guide runs, too.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readConfig, usualDataDir } from './config.ts'
import { loadContent } from './content/load.ts'
import { askDoor, Days, isUnopened, maxQuestions, readUnanswered } from './personal/door.ts'
import { makeList, writeList } from './personal/list.ts'
import { FolderInUse } from './store/lock.ts'
import { openStore, type Unanswered } from './store/store.ts'

function readOptions(): { days: number; json: boolean } {
  const { values } = parseArgs({
    options: { days: { type: 'string', default: '30' }, json: { type: 'boolean', default: false } },
  })
  const days = Days.safeParse(values.days)
  if (!days.success) throw new Error(`--days: ${days.error.issues[0]?.message}`)
  return { days: days.data, json: values.json }
}

/** Of the database; where the running guide has it to itself, of the guide. */
async function read(days: number): Promise<Unanswered[]> {
  const { databaseUrl, dataDir = usualDataDir } = readConfig()
  if (!databaseUrl && !existsSync(dataDir))
    throw new Error(`DATA_DIR: there is no folder ${dataDir}, so nothing has been asked yet`)
  try {
    const store = await openStore(databaseUrl ? { url: databaseUrl } : { dir: dataDir })
    return await readUnanswered(store, days).finally(() => store.close())
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error
    return askDoor(dataDir, days).catch(cause => {
      // It is the terminal chat that is in the folder, or a guide that has not started up yet.
      throw isUnopened(cause) ? error : cause
    })
  }
}

async function list(): Promise<void> {
  const { days, json } = readOptions()
  const content = loadContent()
  const questions = await read(days)
  const examples = Object.values(content.examples()).flat()
  const made = makeList(questions, { days, max: maxQuestions, examples })
  console.log(json ? JSON.stringify(made) : writeList(made, content, new Date()))
}

list().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
