/**
 * A broadcast goes out as fast as the platform allows and never faster, and whoever writes meanwhile has their answer at
 * once. The fakes keep the rates to the letter.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { killAll } from '../program.ts'
import {
  full,
  type Ground,
  inside,
  type Place,
  places,
  platforms,
  prepare,
  type Send,
  start,
  subscribe,
} from './large.ts'

/** `FULL=1`: a minute of each platform on each database, at the speed that is promised; some four minutes. */
const seconds = full ? 60 : 4
/** Beside other tests no process has the machine to itself: how fast it is, the full form tells. */
const leastShare = full ? 0.97 : 0.1
const longestReplyMs = full ? 1000 : 5000
/** What is sent at the start is not what is sent in the long run: how long the way is has to be learnt, some 10 s. */
const warmUpMs = full ? 12_000 : 2000
const betweenMs = 300
/** Of a call, as the platforms need it as well. */
const latencyMs = Number(process.env.LATENCY ?? 50)
const firstStudent = 5_000_000
const timeLimitMs = 90_000 + seconds * 2000

let [ground, place]: [Ground?, Place?] = []
afterEach(async () => {
  killAll()
  await ground?.close()
  await place?.clear()
})

for (const database of full ? (['PGlite', 'PostgreSQL'] as const) : (['PostgreSQL'] as const))
  for (const platform of full ? (['Telegram', 'WhatsApp Cloud'] as const) : (['WhatsApp Cloud'] as const))
    test(
      `${platform}, ${database}: a broadcast goes out at the platform's own rate, and replies do not wait for it`,
      async () => {
        place = await places[database]()
        ground = await platforms[platform]()
        await expectPace(place, ground)
      },
      timeLimitMs,
    )

async function expectPace(place: Place, ground: Ground): Promise<void> {
  const { perSecond, countsIncoming } = ground
  const recipients = Math.ceil(perSecond * (seconds + warmUpMs / 1000 + 2))
  const people = Array.from({ length: recipients }, (_, n) => n + 1)
  for (const person of people) ground.meet(person)
  await inside(place, async office => {
    await subscribe(office, ground.channel, people.map(ground.subscriberOf))
    await prepare(office, recipients)
  })
  ground.rates = true
  ground.mishap = () => ({ kind: 'slow', ms: latencyMs })
  const program = await start(ground, place)
  await ground.waitFor(() => ground.sends.length > 0, 30_000)
  await sleep(warmUpMs)
  const fromMs = performance.now()
  const written = await writeMeanwhile(ground)
  const inTime = ({ atMs }: { readonly atMs: number }) => atMs >= fromMs && atMs < fromMs + seconds * 1000
  const taken = ground.sends.filter(send => inTime(send) && send.done)
  const counted = taken.length + (countsIncoming ? written.filter(inTime).length : 0)
  const answered = () => replyTimes(ground.sends, written).length === written.length
  await ground.waitFor(answered, longestReplyMs).catch(() => {})
  program.child.kill('SIGTERM')
  await program.ended
  const repliesMs = replyTimes(ground.sends, written)
  const [share, p95] = [
    counted / (perSecond * seconds),
    repliesMs[Math.floor(repliesMs.length * 0.95)] ?? Infinity,
  ]
  const perSecondTaken = Math.round((taken.length / seconds) * 10) / 10
  console.table({
    ...{ platform: ground.channel, database: place.database, seconds, latencyMs, perSecondTaken },
    ...{ shareOfAllowed: share.toFixed(3), students: written.length, p95ms: Math.round(p95) },
    ...{
      medianMs: Math.round(repliesMs[Math.floor(repliesMs.length / 2)] ?? 0),
      tooMuch: ground.excess.length,
    },
  })
  expect(program.printed() + program.faults()).not.toMatch(/"level":|Error/)
  // Beside other tests a call may be held up anywhere on its way.
  if (full) expect(ground.excess).toEqual([])
  if (full) expect(ground.sends.filter(({ done }) => done === false)).toEqual([])
  expect(share).toBeGreaterThanOrEqual(leastShare)
  expect(repliesMs).toHaveLength(written.length)
  expect(p95).toBeLessThan(longestReplyMs)
}

interface Written {
  readonly student: number
  readonly atMs: number
}

/** Each once: a first message is as good as any. */
async function writeMeanwhile(ground: Ground): Promise<Written[]> {
  const written: Written[] = []
  const untilMs = performance.now() + seconds * 1000
  for (let student = firstStudent; performance.now() < untilMs; student++) {
    written.push({ student, atMs: performance.now() })
    ground.say(student, 'cuánto cuesta')
    await sleep(betweenMs)
  }
  return written
}

/** From the message to the first call that answers it, shortest first; of those that were answered. */
function replyTimes(sends: readonly Send[], written: readonly Written[]): number[] {
  const bySend = Map.groupBy(sends, ({ person }) => person)
  return written
    .flatMap(({ student, atMs }) => {
      const [first] = bySend.get(student) ?? []
      return first ? [first.atMs - atMs] : []
    })
    .sort((a, b) => a - b)
}
