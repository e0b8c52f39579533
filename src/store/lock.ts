/**
 * Keeps a second process out of an embedded database's folder: PGlite does not, and two processes on one folder
 * silently lose each other's rows. `database.ts` takes the lock before it opens the folder.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class FolderInUse extends Error {
  override readonly name = 'FolderInUse'
}

/** A lock that nobody holds on to would be closed, and so given up, with the next garbage collection. */
const held = new Set<DatabaseSync>()

/**
 * The lock is the operating system's own (fcntl, LockFileEx), reached through SQLite, which Node brings along.
 * It ends with its process however that dies and holds between containers of one host. A file with a pid does
 * neither: somebody must judge whether the owner lives, and in a container every owner is pid 1.
 * On a network file system it is only as good as that system's locks.
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true })
  const owner = join(dir, 'owner')
  const lock = new DatabaseSync(join(dir, 'lock'), { timeout: 0 })
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new FolderInUse(
      `${dir} is in use by ${readOwner(owner)}: stop that one first, or set DATA_DIR to another folder, or DATABASE_URL to a PostgreSQL that both may share`,
    )
  }
  held.add(lock)
  writeFileSync(owner, `process ${process.pid} since ${new Date().toISOString()}\n`)
  return () => {
    rmSync(owner, { force: true })
    lock.close()
    held.delete(lock)
  }
}

const SQLITE_BUSY = 5
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

/** Only to tell the operator; it may not be written yet, or be gone already. */
function readOwner(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || 'another process'
  } catch {
    return 'another process'
  }
}
