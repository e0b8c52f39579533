/** A process that locks a folder, says how that went, and holds the lock until its input ends. See lock.test.ts. */
import { FolderInUse, lockFolder } from '../../src/store/lock.ts'

const [dir = ''] = process.argv.slice(2)
try {
  lockFolder(dir)
  console.log('locked')
  process.stdin.resume()
} catch (error) {
  console.log(error instanceof FolderInUse ? error.message : String(error))
}
