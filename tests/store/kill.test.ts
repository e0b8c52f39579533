import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Where } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import { freshDatabase } from '../postgres.ts'

const seed = 20261122
/** `KILLS=10 npx vitest run tests/store/kill.test.ts` is the full form. */
const kills = Number(process.env.KILLS ?? 2)

test('no turn that was acknowledged is lost when the process is killed, in a folder', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'vigente-kill-'))
  try {
    await expectNothingLost({ dir })
  } finally {
    await rm(dir, { recursive: true })
  }
}, 180_000)

test('no turn that was acknowledged is lost when the process is killed, on a server', async () => {
  await expectNothingLost({ url: await freshDatabase() })
}, 180_000)

async function expectNothingLost(where: Where): Promise<void> {
  const acknowledged: string[] = []
  const delaysMs = fc.sample(fc.integer({ min: 0, max: 150 }), { seed, numRuns: kills })
  for (const [round, delayMs] of delaysMs.entries()) {
    acknowledged.push(...(await writeUntilKilled(where, `r${round}`, delayMs)))
  }
  expect(acknowledged.length).toBeGreaterThan(kills)

  const store = await openStore(where)
  for (const chat of ['a', 'b', 'c', 'd']) {
    const { stored } = await store.read(chat, '')
    const state = stored?.state as string[]
    const lines = await store.history(chat, 0, state.length)
    expect(stored?.version).toBe(state.length)
    expect(lines.filter(line => line.from === 'persona').map(line => line.text)).toEqual(state)
    expect(lines.filter(line => line.from === 'guia')).toHaveLength(2 * state.length)
    const mine = acknowledged.filter(line => line.startsWith(`${chat} `)).map(line => line.slice(2))
    expect(mine.filter(message => !state.includes(message))).toEqual([])
  }
  await store.close()
}

/** Kills so long after the first turn, and gives what was acknowledged by then. */
async function writeUntilKilled(where: Where, prefix: string, delayMs: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'writer.ts')
  const child = spawn(process.execPath, [script, JSON.stringify(where), prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (acknowledged.push(line) === 1) setTimeout(() => child.kill('SIGKILL'), delayMs)
  }
  return acknowledged
}
