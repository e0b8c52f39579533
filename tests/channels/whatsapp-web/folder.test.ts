/** What outlives a logout, and what does not. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Folder } from '../../../src/channels/whatsapp-web/folder.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigente-folder-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('the key is made once, by chance, and only its owner may read it', async () => {
  const key = new Folder(join(dir, 'a')).key()
  expect(new Folder(join(dir, 'a')).key()).toEqual(key)
  expect(new Folder(join(dir, 'b')).key()).not.toEqual(key)
  expect(key).toHaveLength(32)
  expect((await stat(join(dir, 'a', 'key'))).mode & 0o777).toBe(0o600)
})

test('a key that is cut short stops the start: nobody would be known any more', async () => {
  await writeFile(join(dir, 'key'), 'short')
  expect(() => new Folder(dir).key()).toThrow('not the 32 bytes')
})

test('after a logout the pairing is gone; the key and since when we listen are not', async () => {
  const folder = new Folder(dir)
  const key = folder.key()
  expect(folder.pairedAt).toBeUndefined()
  const first = new Date('2026-09-03T16:00:00Z')
  expect(folder.notePaired(first, 'one')).toBe(false)
  await mkdir(join(folder.profile, 'Default'), { recursive: true })
  await writeFile(join(folder.profile, 'Default', 'Cookies'), 'x')
  await folder.emptyProfile()
  expect(folder.notePaired(new Date('2026-09-04T16:00:00Z'), 'one')).toBe(false)
  await expect(readFile(join(folder.profile, 'Default', 'Cookies'))).rejects.toThrow('ENOENT')
  expect(new Folder(dir).pairedAt).toEqual(first)
  expect(folder.key()).toEqual(key)
})

test('another number begins anew: what its people wrote before is not for us', () => {
  const folder = new Folder(dir)
  folder.notePaired(new Date('2026-09-03T16:00:00Z'), 'one')
  const second = new Date('2026-09-04T16:00:00Z')
  expect(folder.notePaired(second, 'another')).toBe(true)
  expect(new Folder(dir).pairedAt).toEqual(second)
})
