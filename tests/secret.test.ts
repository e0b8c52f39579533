import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Secret } from '../src/secret.ts'

const phone = '5215512345678@c.us'
const secret = new Secret('a key of the tests')

test('a name is the same each time, another with another key, and shows nothing', () => {
  const name = secret.name(phone)
  expect(new Secret('a key of the tests').name(phone)).toBe(name)
  expect(new Secret('a key of others').name(phone)).not.toBe(name)
  expect(secret.name('5215512345679@c.us')).not.toBe(name)
  expect(name).toMatch(/^[\w-]{27}$/)
})

test('what is sealed is read again with the same key only, and differs each time', () => {
  const sealed = secret.seal(`á😀 ${phone}`)
  expect(new Secret('a key of the tests').open(sealed)).toBe(`á😀 ${phone}`)
  expect(new Secret(randomBytes(32)).open(sealed)).toBeUndefined()
  expect(secret.seal(phone)).not.toBe(secret.seal(phone))
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('5512345678')
})

test('what was changed or cut is not read', () => {
  const bytes = Buffer.from(secret.seal(phone), 'base64url')
  for (let n = 0; n < bytes.length; n++) {
    const bent = Buffer.from(bytes)
    bent[n] = (bent[n] ?? 0) ^ 1
    expect(secret.open(bent.toString('base64url'))).toBeUndefined()
    expect(secret.open(bytes.subarray(0, n).toString('base64url'))).toBeUndefined()
  }
  expect(secret.open('not sealed at all')).toBeUndefined()
})
