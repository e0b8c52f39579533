/**
 * What the adapter keeps on disk, in a folder of its own: the browser's profile, which is the pairing with the phone,
 * the key that names and seals people, and since when the number is paired. The adapter and its session use it.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const keyBytes = 32

export class Folder {
  readonly path: string
  readonly #paired: string

  constructor(path: string) {
    this.path = resolve(path)
    this.#paired = join(this.path, 'vinculado')
    mkdirSync(this.path, { recursive: true })
  }

  /** Where `LocalAuth` has Chromium keep its profile. */
  get profile(): string {
    return join(this.path, 'session')
  }

  /** Pages of WhatsApp Web, as whatsapp-web.js keeps them. */
  get versions(): string {
    return join(this.path, 'version')
  }

  /** Made once; it outlives a logout, so that people are still who they were. */
  key(): Buffer {
    const path = join(this.path, 'key')
    if (!existsSync(path)) {
      // Whole or not at all: half a key would be the last of this folder.
      writeFileSync(`${path}.new`, randomBytes(keyBytes), { mode: 0o600, flush: true })
      renameSync(`${path}.new`, path)
    }
    const key = readFileSync(path)
    if (key.length !== keyBytes) throw new Error(`${path}: not the ${keyBytes} bytes that were written there`)
    return key
  }

  /** This number's first time; what came before is nothing for us. Undefined where no phone ever was. It outlives a logout. */
  get pairedAt(): Date | undefined {
    const [moment] = this.#readPaired()
    if (moment === undefined) return undefined
    const at = new Date(moment)
    return Number.isNaN(at.getTime()) ? new Date(0) : at
  }

  /** `number`: its name, not the number itself. True where another was paired before. */
  notePaired(at: Date, number: string): boolean {
    const [before, other] = this.#readPaired()
    if (before !== undefined && other === number) return false
    writeFileSync(this.#paired, `${at.toISOString()} ${number}\n`, { flush: true })
    return before !== undefined
  }

  #readPaired(): string[] {
    try {
      return readFileSync(this.#paired, 'utf8').trim().split(' ')
    } catch {
      return []
    }
  }

  /** After a logout. Only once the browser is gone: it would write on. */
  async emptyProfile(): Promise<void> {
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}
