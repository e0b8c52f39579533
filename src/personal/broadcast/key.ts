/** The key by which a command line is known, in a file that only its user can read. For `npm run broadcast`. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Undefined where there is none. */
export function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

export function keepKey(path: string, key: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, `${key}\n`, { mode: 0o600 })
  // One that was there keeps its mode.
  chmodSync(path, 0o600)
}
