/** `--processes`: turns a second of one, two and four programs on one PostgreSQL, pushed to by Telegram's webhook. */
import { Agent } from 'node:http'
import { randomOf } from '../conversation/talk.ts'
import { moveOf } from '../delivery/crash.ts'
import { post, shownTo, startPushed, updateOf } from '../delivery/on-telegram.ts'
import { startFakeTelegram } from '../fakes/telegram.ts'
import { createDatabase } from '../postgres.ts'
import { type Contender, race } from './measure.ts'

const rounds = 5
const roundMs = 4000
const chats = 100

export interface ProcessesLine {
  readonly processes: string
  readonly perSecond: number
  /** This many times the turns a second of one. */
  readonly toOne: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export async function benchProcesses(server: string, seed: number): Promise<ProcessesLine[]> {
  const contenders: Contender[] = []
  for (const count of [1, 2, 4]) contenders.push(await openPrograms(server, count, seed))
  const measured = await race(contenders, { rounds, roundMs, chats })
  for (const contender of contenders) await contender.close()
  return measured.map(({ name, perSecond, speedup, p50Ms, p99Ms }) => ({
    processes: name,
    perSecond,
    toOne: 1 / speedup,
    p50Ms,
    p99Ms,
  }))
}

/** A turn is an update that is taken with 200 by any of them; its replies go out besides. */
async function openPrograms(server: string, count: number, seed: number): Promise<Contender> {
  const fake = await startFakeTelegram()
  const programs = await startPushed(fake, await createDatabase(server), count)
  const random = randomOf(seed)
  const agent = new Agent({ keepAlive: true })
  return {
    name: String(count),
    turn: async chat => {
      const person = chat + 1
      const update = updateOf(fake, person, moveOf(random, shownTo(fake, person)))
      const status = await post(random.of(programs).url, agent, update)
      if (status !== 200) throw new Error(`an update was answered with ${status}`)
    },
    close: async () => {
      for (const { child } of programs) child.kill('SIGTERM')
      await Promise.all(programs.map(({ ended }) => ended))
      agent.destroy()
      await fake.close()
    },
  }
}
