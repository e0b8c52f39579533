import { Agent } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { randomOf } from '../conversation/talk.ts'
import { type FakeTelegram, startFakeTelegram } from '../fakes/telegram.ts'
import { freshDatabase } from '../postgres.ts'
import { killAll, type Program } from '../program.ts'
import { compareToClean, moveOf, quiet, readHeld, type Said, seed } from './crash.ts'
import { onTelegram, post, saidOf, shownTo, startPushed, updateOf } from './on-telegram.ts'

/** `CHATS=100 MESSAGES=50 npx vitest run tests/delivery/processes.test.ts` is the full form, with four processes. */
const chats = Number(process.env.CHATS ?? 10)
const messages = Number(process.env.MESSAGES ?? 5)
const processes = process.env.CHATS ? 4 : 2
const timeLimitMs = 120_000 + chats * messages * 60

let fake: FakeTelegram | undefined
afterEach(async () => {
  killAll()
  await fake?.close()
})

test(
  `${processes} processes on one server lose no write of ${chats} chats at once and keep the order of each`,
  async () => {
    fake = await startFakeTelegram()
    const url = await freshDatabase()
    const programs = await startPushed(fake, url, processes)
    const started = performance.now()
    const { said, tookMs } = await talk(fake, programs)
    const seconds = (performance.now() - started) / 1000
    await quiet(fake)
    for (const { child } of programs) child.kill('SIGTERM')
    expect(await Promise.all(programs.map(({ ended }) => ended))).toEqual(Array(processes).fill(0))
    const held = await readHeld({ url })
    const { turns, replies, faults, again } = await compareToClean(onTelegram(fake), held, said)
    const [p50, p99] = [0.5, 0.99].map(q => Math.round(tookMs[Math.floor(tookMs.length * q)] ?? 0))
    const perSecond = Math.round(tookMs.length / seconds)
    console.table({
      seed,
      processes,
      chats,
      messages,
      turns,
      replies,
      faults: faults.length,
      perSecond,
      p50,
      p99,
    })
    const logged = programs.flatMap(program => program.printed().split('\n'))
    expect(logged.filter(line => line.includes('"level":'))).toEqual([])
    expect(faults).toEqual([])
    expect(again).toEqual([])
    expect(held.unsent).toEqual([])
  },
  timeLimitMs,
)

/** All chats at once; in each the next message goes to any process when the last was taken. */
async function talk(fake: FakeTelegram, programs: readonly Program[]) {
  const random = randomOf(seed)
  const agent = new Agent({ keepAlive: true })
  const said = new Map<number, Said[]>()
  const tookMs: number[] = []
  const chat = async (person: number) => {
    for (let n = 0; n < messages; n++) {
      const update = updateOf(fake, person, moveOf(random, shownTo(fake, person)))
      said.set(person, [...(said.get(person) ?? []), saidOf(update)])
      const askedMs = performance.now()
      expect(await post(random.of(programs).url, agent, update)).toBe(200)
      tookMs.push(performance.now() - askedMs)
    }
  }
  await Promise.all(Array.from({ length: chats }, (_, n) => chat(n + 1)))
  agent.destroy()
  return { said, tookMs: tookMs.sort((a, b) => a - b) }
}
