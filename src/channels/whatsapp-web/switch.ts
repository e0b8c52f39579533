/**
 * The switch that stops all sending by whatsapp-web.js: a file, so that it works whatever else does not. The governor
 * looks at it before each message; `npm run whatsapp -- parar` makes it, `-- seguir` takes it away.
 */
import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the session, the count and the switch are kept, in the program's folder. */
export const sessionFolder = (dataDir: string) => join(dataDir, 'whatsapp-web')

const switchFile = (dir: string) => join(dir, 'parado')

/** Also where nobody can tell. */
export function isStopped(dir: string): boolean {
  try {
    return lstatSync(switchFile(dir), { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

export function stopSending(dir: string): void {
  mkdirSync(dir, { recursive: true })
  writeFileSync(switchFile(dir), '')
}

export function goOnSending(dir: string): void {
  rmSync(switchFile(dir), { force: true, recursive: true })
}
