/**
 * Keeps phone numbers out of the database and the log: names people by a keyed hash, which nobody can find again by
 * trying all numbers, and seals what must be read again. Made by the adapters of channels that know people by phone.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

const ivBytes = 12
const tagBytes = 16

export class Secret {
  readonly #naming: Buffer
  readonly #sealing: Buffer

  /** `key`: any secret of at least 16 bytes. What was named or sealed with another is not known any more. */
  constructor(key: string | Buffer) {
    const derive = (what: string) => Buffer.from(hkdfSync('sha256', key, '', `vigente ${what}`, 32))
    this.#naming = derive('names')
    this.#sealing = derive('seals')
  }

  /** The same for the same text, and nothing can be read from it. */
  name(text: string): string {
    return createHmac('sha256', this.#naming).update(text).digest('base64url').slice(0, 27)
  }

  /** AES-256-GCM, base64url; different each time. */
  seal(text: string): string {
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, iv)
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    )
  }

  /** Undefined where it was not sealed with this key, or was changed since. */
  open(sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < ivBytes + tagBytes) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#sealing, bytes.subarray(0, ivBytes))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    try {
      const text = decipher.update(bytes.subarray(ivBytes, -tagBytes))
      return Buffer.concat([text, decipher.final()]).toString('utf8')
    } catch {
      return undefined
    }
  }
}
