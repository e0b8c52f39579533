/**
 * What the adapter keeps on disk, in a folder of its own: the browser's profile, which is the pairing with the phone,
 * the key that names and seals people, and since when the number is paired. The adapter and its session use it.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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
    try {
      writeFileSync(path, randomBytes(keyBytes), { flag: 'wx', mode: 0o600 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const key = readFileSync(path)
    if (key.length !== keyBytes) throw new Error(`${path}: not the ${keyBytes} bytes that were written there`)
    return key
  }

  /** The first time; what came before is nothing for us. Undefined where no phone ever was. It outlives a logout. */
  get pairedAt(): Date | undefined {
    try {
      const at = new Date(readFileSync(this.#paired, 'utf8').trim())
      return Number.isNaN(at.getTime()) ? new Date(0) : at
    } catch {
      return undefined
    }
  }

  notePaired(at: Date): void {
    if (!this.pairedAt) writeFileSync(this.#paired, `${at.toISOString()}\n`)
  }

  /** After a logout. Only once the browser is gone: it would write on. */
  async emptyProfile(): Promise<void> {
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}
