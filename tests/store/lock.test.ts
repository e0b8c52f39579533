import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderInUse, lockFolder } from '../../src/store/lock.ts'

let dir: string
const children: ChildProcess[] = []
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'vigente-lock-')), 'data')
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(join(dir, '..'), { recursive: true })
})

/** What it said, once it has said it. */
async function startHolder(): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const [said] = await once(child.stdout as NodeJS.ReadableStream, 'data')
  return { child, said: String(said).trim() }
}

test('lets one of several processes that start at once have the folder', async () => {
  for (let round = 0; round < 3; round++) {
    const holders = await Promise.all([startHolder(), startHolder(), startHolder(), startHolder()])
    const locked = holders.filter(({ said }) => said === 'locked')
    expect(locked).toHaveLength(1)
    for (const { child, said } of holders) {
      if (said !== 'locked') expect(said).toContain('is in use by')
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
})

test('says in one line which folder, which process, and what to do', async () => {
  const { child } = await startHolder()
  const { said } = await startHolder()
  expect(said).toContain(dir)
  expect(said).toContain(`process ${child.pid} since `)
  expect(said).toContain('stop that one first')
  expect(said).not.toContain('\n')
})

test('is free again when its owner was killed', async () => {
  const { child, said } = await startHolder()
  expect(said).toBe('locked')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect((await startHolder()).said).toBe('locked')
})

test('is free again when its owner let go, and refuses the same process meanwhile', () => {
  const unlock = lockFolder(dir)
  expect(() => lockFolder(dir)).toThrow(FolderInUse)
  unlock()
  lockFolder(dir)()
})
