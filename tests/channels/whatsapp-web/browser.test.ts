/** Sweeping up a browser that nobody holds: ours, with its children, and nobody else's. Real processes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sweep, usesProfile } from '../../../src/channels/whatsapp-web/browser.ts'

const started: ChildProcess[] = []
let profile: string

beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'vigente-profile-'))
})

afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  await rm(profile, { recursive: true, force: true })
})

/** A process of that command line, once it has said something. */
async function run(program: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  started.push(child)
  await once(child.stdout, 'data')
  return child
}

/** Has a child of its own, which does not name the profile and writes where it writes. */
const fakeBrowser = (dir: string) =>
  run('sh', '-c', 'sleep 300 & echo up; wait', 'sh', `--user-data-dir=${dir}`)

test('kills the browser of the profile with its children, and no other', async () => {
  const [ours, other] = [await fakeBrowser(profile), await fakeBrowser(`${profile}-2`)]
  // When nobody holds its output any more, neither it nor its child.
  const closed = once(ours, 'close')
  await sweep(profile)
  expect(await closed).toEqual([null, 'SIGKILL'])
  expect(other.exitCode ?? other.signalCode).toBeNull()
  await sweep(`${profile}-2`)
})

test('takes away the locks of a machine that had another name', async () => {
  await symlink('other-host-4242', join(profile, 'SingletonLock'))
  await sweep(profile)
  expect(await readdir(profile)).toEqual([])
})

test('leaves the browser of another program that runs, and says so', async () => {
  const script = `require('node:child_process').spawn('sh', ['-c', 'echo up; sleep 300', 'sh', '--user-data-dir=${profile}'], { stdio: 'inherit' })`
  const program = await run(process.execPath, '-e', script)
  await expect(sweep(profile)).rejects.toThrow(`another program (process ${program.pid})`)
  program.kill('SIGKILL')
  await once(program, 'exit')
  // Now it is an orphan.
  await sweep(profile)
  await expect(sweep(profile)).resolves.toBeUndefined()
})

test('a profile is known by its whole path', () => {
  const command = (dir: string) => `/opt/chrome\0--headless\0--user-data-dir=${dir}\0about:blank\0`
  expect(usesProfile(command('/a/session'), '/a/session')).toBe(true)
  expect(usesProfile(command('/a/session-2'), '/a/session')).toBe(false)
  expect(usesProfile(command('/a/session/x'), '/a/session')).toBe(false)
  expect(usesProfile('"C:\\chrome.exe" --user-data-dir="C:\\a" x', '/a')).toBe(false)
  expect(usesProfile('/opt/chrome --user-data-dir=/a/session --x', '/a/session')).toBe(true)
})
