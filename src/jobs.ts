/**
 * What is done by the clock, on pg-boss: once a minute or an hour by one process of all, whichever is there. Jobs hold no
 * state, they only wake: what is to be done stands in the tables, and a job that ran twice or died does no harm.
 */
import { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Store } from './store/store.ts'

export interface Jobs {
  start(): Promise<void>
  /** By a cron expression, and whenever somebody wakes it. */
  work(name: string, cron: string, run: () => Promise<void>): Promise<void>
  /** This process does it no more. */
  leave(name: string): Promise<void>
  /** Within some two seconds, in whatever process does it. */
  wake(name: string): Promise<void>
  stop(): Promise<void>
}

/** After so long another process may do it again. */
const expireInSeconds = 300
const keptSeconds = 3600
const pollingIntervalSeconds = 2

export function createJobs(
  { jobs: db }: Pick<Store, 'jobs'>,
  log: Pick<Logger, 'error' | 'info'>,
  /** A command that only wakes others. */
  { quiet = false } = {},
): Jobs {
  const boss = new PgBoss({ db, supervise: !quiet, schedule: !quiet })
  boss.on('error', error => log.error({ err: error }, 'jobs'))
  const queue = (name: string) => boss.createQueue(name, { policy: 'short', expireInSeconds, retryLimit: 0 })
  return {
    start: async () => {
      await boss.start()
    },
    work: async (name, cron, run) => {
      await queue(name)
      await boss.work(name, { pollingIntervalSeconds }, async () => {
        await run().catch(error => log.error({ job: name, err: error }, 'job failed'))
      })
      const times = { tz: 'America/Mexico_City', missed: 'once' } as const
      await boss.schedule(name, cron, null, { ...times, deleteAfterSeconds: keptSeconds })
    },
    leave: name => boss.offWork(name),
    wake: async name => {
      await queue(name)
      await boss.send(name, null, { deleteAfterSeconds: keptSeconds })
    },
    stop: () => boss.stop({ graceful: false, close: false }),
  }
}
