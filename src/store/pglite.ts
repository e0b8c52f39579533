/**
 * The embedded PostgreSQL (PGlite), spoken to by `pg` as if it were a server: `database.ts` gives `pg` the
 * `Wire` in place of a socket. So both databases have one driver, with one set of types and errors.
 */
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { Duplex } from 'node:stream'
import { PGlite } from '@electric-sql/pglite'

const packages = join(import.meta.dirname, '../../node_modules')

export async function openMemory(): Promise<PGlite> {
  return PGlite.create({ loadDataDir: await blank() })
}

/**
 * A database in which nothing is yet. PostgreSQL takes seconds to make one and a tenth of that to unpack it: the first one
 * made on a machine is kept beside the packages it was made with, where they may be written to.
 */
export async function blank(): Promise<Blob> {
  const { version } = JSON.parse(fs.readFileSync(join(packages, '@electric-sql/pglite/package.json'), 'utf8'))
  const file = join(packages, `.cache/vigente/pglite-${version}.tar`)
  if (fs.existsSync(file)) return new Blob([fs.readFileSync(file)])
  const lite = await PGlite.create()
  const made = await lite.dumpDataDir('none')
  await lite.close()
  // Others may read it at any moment, and the power may fail: under its name it is whole.
  const unfinished = `${file}.${process.pid}`
  try {
    fs.mkdirSync(dirname(file), { recursive: true })
    fs.writeFileSync(unfinished, Buffer.from(await made.arrayBuffer()))
    syncPath(unfinished)
    fs.renameSync(unfinished, file)
  } catch {
    // Read-only or full: it is made anew next time.
    fs.rmSync(unfinished, { force: true })
  }
  return made
}

/** The caller holds the folder's lock. */
export async function openFolder(dir: string): Promise<PGlite> {
  const data = join(dir, 'postgres')
  if (!fs.existsSync(data)) await createFolder(data)
  return openDurable(data)
}

/** Under another name until it is whole: a first start that dies halfway leaves nothing that looks like data. */
async function createFolder(data: string): Promise<void> {
  const unfinished = `${data}.new`
  fs.rmSync(unfinished, { recursive: true, force: true })
  fs.mkdirSync(unfinished, { recursive: true })
  const lite = await PGlite.create({ dataDir: unfinished, loadDataDir: await blank() })
  await lite.close()
  for (const entry of fs.readdirSync(unfinished, { recursive: true }))
    syncPath(join(unfinished, String(entry)))
  fs.renameSync(unfinished, data)
  syncPath(join(data, '..'))
}

/**
 * PGlite starts PostgreSQL with `-F` (never wait for the disk), and its file system has no fsync in any case:
 * a power cut would take back turns already answered. Here each commit waits for the disk, as on a server.
 */
async function openDurable(dataDir: string): Promise<PGlite> {
  const startParams = PGlite.defaultStartParams.filter(param => param !== '-F')
  // Emscripten's fdatasync does nothing; its fsync asks the file system.
  const lite = await PGlite.create({
    dataDir,
    startParams: [...startParams, '-c', 'wal_sync_method=fsync'],
  })
  const { node } = (lite.Module.FS as unknown as FolderFS).lookupPath('/pglite/data')
  const folder = node.mount.type
  folder.stream_ops.fsync = file => {
    if (file.nfd === undefined) syncPath(folder.realPath(file.node))
    else fs.fdatasyncSync(file.nfd)
    return 0
  }
  return lite
}

/** What is used here of Emscripten's file system over a real folder; it has no types of its own. */
interface FolderFS {
  lookupPath(path: string): {
    node: {
      mount: {
        type: {
          stream_ops: { fsync?: (file: { nfd?: number; node: unknown }) => number }
          realPath(node: unknown): string
        }
      }
    }
  }
}

function syncPath(path: string): void {
  // Windows cannot open a folder to sync it, and needs no such thing.
  if (process.platform === 'win32' && fs.statSync(path).isDirectory()) return
  const file = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
}

/**
 * What `pg` takes for its socket. A whole request (bind, execute, sync) goes in as one call: with prepared
 * statements that takes half the time of `PGlite.query`, which calls once for each message.
 */
export class Wire extends Duplex {
  readonly #lite: PGlite
  constructor(lite: PGlite) {
    super()
    this.#lite = lite
  }

  connect(): this {
    // There is one session for ever: nothing of an earlier connection may be left in it.
    this.#reset().then(
      () => this.emit('connect'),
      error => this.destroy(error),
    )
    return this
  }
  async #reset(): Promise<void> {
    await this.#lite.exec('rollback')
    await this.#lite.exec('discard all')
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#ask(chunk, done)
  }
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this.#ask(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }
  #ask(request: Buffer, done: (error?: Error) => void): void {
    // The answer comes a moment later: whoever asks again at once, inside a write, would be lost by the stream.
    this.#lite
      .execProtocolRaw(request)
      .then(({ buffer, byteOffset, byteLength }) => {
        this.push(Buffer.from(buffer, byteOffset, byteLength))
        done()
      })
      .catch(cause => done(new Error('the embedded database broke', { cause })))
  }
  override _read(): void {}
  override _final(done: () => void): void {
    this.push(null)
    done()
  }

  // The rest of a socket; a call within the process has none of it.
  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}
}
