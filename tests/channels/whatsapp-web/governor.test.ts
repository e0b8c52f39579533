/** The governor that keeps WhatsApp from banning the number: to whom, when, how much, how fast, and not at all. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { dayOf } from '../../../src/calendar.ts'
import { type Post, SendError } from '../../../src/channels/channel.ts'
import { Governor, type Pace } from '../../../src/channels/whatsapp-web/governor.ts'
import { goOnSending, isStopped, stopSending } from '../../../src/channels/whatsapp-web/switch.ts'
import { localTime } from '../../../src/channels/whatsapp-web/tally.ts'
import { countLiveMs } from '../../work.ts'

const seed = Number(process.env.SEED ?? 20261122)
const noon = new Date('2026-11-22T12:00:00-06:00')
const dayMs = 24 * 60 * 60 * 1000
const atOnce: Pace = { gapMs: 0, readMs: 0, letterMs: 0, longestMs: 0 }
const slow: Pace = { gapMs: 0, readMs: 20_000, letterMs: 0, longestMs: 60_000 }

const home = mkdtempSync(join(tmpdir(), 'vigente-governor-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A number, its folder and its clock; `restart` is the next program's governor of the same number. */
function makeNumber(pace = atOnce) {
  const dir = mkdtempSync(join(home, 'n-'))
  const number = { dir, now: noon, told: [] as { level: string; text: string; of: object }[] }
  const write = (level: string) => (of: object, text: string) => void number.told.push({ level, text, of })
  const parts = { dir, clock: () => number.now, log: { warn: write('warn'), error: write('error') } as never }
  const restart = () => new Governor({ ...parts, pace })
  return Object.assign(number, { restart, governor: restart() })
}

const post = (over: Partial<Post> & { text?: string } = {}): Post => ({
  to: 'sealed',
  message: { text: over.text ?? 'hola' },
  turn: 1,
  unasked: false,
  heardAt: new Date(noon.getTime() - 1000),
  ...over,
})
const unasked = (over: Partial<Post> = {}) => post({ unasked: true, ...over })

const noTyping = async () => {}
/** `sent`, or what the refusal says; anything else is thrown. */
const outcome = (governor: Governor, of: Post) =>
  governor.send(of, noTyping, async () => 'sent').catch(refusalOf)

function refusalOf(error: unknown) {
  if (!(error instanceof SendError)) throw error
  return { kind: error.kind, pauseMs: error.pauseMs }
}

const never = { kind: 'rejected', pauseMs: undefined }
const later = { kind: 'retry', pauseMs: undefined }
const stopped = { kind: 'retry', pauseMs: 1000 }

async function sendMany(governor: Governor, of: Post, times: number): Promise<void> {
  for (let i = 0; i < times; i++) expect(await outcome(governor, of)).toBe('sent')
}

describe('only who wrote first is written to:', () => {
  test('nobody who was never heard of, or only in the future', async () => {
    const { governor } = makeNumber()
    const moments = fc.oneof(
      fc.date({ min: new Date(-1), max: new Date(1) }),
      fc.date({ noInvalidDate: false }),
      fc.date({ min: new Date(noon.getTime() - 20 * 60_000), max: new Date(noon.getTime() + 20 * 60_000) }),
    )
    await fc.assert(
      fc.asyncProperty(moments, async heardAt => {
        const at = heardAt.getTime()
        const wrote = at > 0 && at <= noon.getTime() + 10 * 60_000
        expect(await outcome(governor, post({ heardAt }))).toEqual(wrote ? 'sent' : never)
      }),
      { seed, numRuns: 200 },
    )
  })

  test('nobody unasked who has been silent for long; the answer to such a one goes out', async () => {
    const { governor } = makeNumber()
    const heardAt = (days: number) => new Date(noon.getTime() - days * dayMs)
    expect(await outcome(governor, unasked({ heardAt: heardAt(89) }))).toBe('sent')
    expect(await outcome(governor, unasked({ heardAt: heardAt(91) }))).toEqual(never)
    expect(await outcome(governor, post({ heardAt: heardAt(91) }))).toBe('sent')
  })
})

describe('at night', () => {
  test.each([
    ['21:59', false],
    ['22:00', true],
    ['23:59', true],
    ['00:00', true],
    ['07:59', true],
    ['08:00', false],
  ])('at %s in Mexico City what nobody asked for is held: %s', async (time, quiet) => {
    const number = makeNumber()
    number.now = new Date(`2026-11-21T${time}:00-06:00`)
    const heardAt = new Date(number.now.getTime() - 1000)
    expect(number.governor.status.quiet).toBe(quiet)
    // No pause: it would hold the replies to others.
    expect(await outcome(number.governor, unasked({ heardAt }))).toEqual(quiet ? later : 'sent')
    expect(await outcome(number.governor, post({ heardAt }))).toBe('sent')
  })

  test('what waits its turn when the night comes is held too', async () => {
    const number = makeNumber(slow)
    const waiting = outcome(number.governor, unasked())
    number.now = new Date('2026-11-22T22:00:00-06:00')
    expect(await waiting).toEqual(later)
  })
})

describe('a day has its caps:', () => {
  test('what is wanted no more when its turn comes does not go out and does not count', async () => {
    const { governor } = makeNumber()
    expect(await outcome(governor, unasked({ stillWanted: async () => false }))).toEqual(later)
    expect(governor.status.unaskedToday).toBe(0)
    expect(await outcome(governor, unasked({ stillWanted: async () => true }))).toBe('sent')
    expect(governor.status.unaskedToday).toBe(1)
  })

  test('20 unasked on the first, and none more, while replies go on', async () => {
    const { governor } = makeNumber()
    await sendMany(governor, unasked(), 20)
    expect(await outcome(governor, unasked())).toEqual(later)
    expect(await outcome(governor, post())).toBe('sent')
    expect(governor.status).toMatchObject({
      unaskedToday: 20,
      unaskedCapToday: 20,
      sentToday: 1,
      capToday: 500,
    })
  })

  test('500 replies on the first, and then everybody waits a minute', async () => {
    const { governor } = makeNumber()
    await sendMany(governor, post(), 500)
    expect(await outcome(governor, post())).toEqual({ kind: 'retry', pauseMs: 60_000 })
    expect(governor.status).toMatchObject({ sentToday: 500, capToday: 500 })
  })

  test('they grow from the day of the first message, through restarts, up to a highest', async () => {
    const number = makeNumber()
    const capsAfter = (days: number) => {
      number.now = new Date(noon.getTime() + days * dayMs)
      const { capToday, unaskedCapToday, firstDay } = number.restart().status
      return [capToday, unaskedCapToday, firstDay]
    }
    // Not from the day of the first start.
    expect(capsAfter(0)).toEqual([500, 20, undefined])
    expect(capsAfter(30)).toEqual([500, 20, undefined])
    await sendMany(number.restart(), post({ heardAt: number.now }), 1)
    const first = '2026-12-22'
    expect(capsAfter(30)).toEqual([500, 20, first])
    expect(capsAfter(31)).toEqual([600, 30, first])
    expect(capsAfter(55)).toEqual([3000, 270, first])
    expect(capsAfter(900)).toEqual([3000, 300, first])
    // A clock that was wrong once makes no number old.
    expect(capsAfter(-900)).toEqual([500, 20, first])
  })

  test('a day begins at midnight in Mexico City, also for a program that runs on', async () => {
    const number = makeNumber()
    number.now = new Date('2026-11-22T15:00:00-06:00')
    await sendMany(number.governor, unasked(), 5)
    number.now = new Date('2026-11-23T05:59:59Z')
    expect(number.governor.status.unaskedToday).toBe(5)
    expect(number.restart().status.unaskedToday).toBe(5)
    number.now = new Date('2026-11-23T06:00:00Z')
    expect(number.governor.status).toMatchObject({ unaskedToday: 0, unaskedCapToday: 30 })
    expect(number.restart().status).toEqual(number.governor.status)
  })

  test('a day is the calendar’s, whatever the moment', () => {
    const moments = fc.date({ min: new Date('1997-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
    const holds = (moment: Date) => {
      expect(localTime(moment).day).toBe(dayOf(moment))
    }
    fc.assert(fc.property(moments, holds), { seed, numRuns: 300 })
  })

  test('what did not go out does not count, what may have does', async () => {
    const { governor } = makeNumber()
    const fail = (error: Error) =>
      expect(governor.send(post(), noTyping, () => Promise.reject(error))).rejects.toBe(error)
    for (const kind of ['retry', 'rejected', 'unreachable', 'misconfigured'] as const)
      await fail(new SendError(kind, 'no'))
    expect(governor.status.sentToday).toBe(0)
    expect(governor.status.firstDay).toBe(undefined)
    await fail(new SendError('uncertain', 'perhaps'))
    await fail(new Error('a fault'))
    expect(governor.status.sentToday).toBe(2)
    expect(await governor.send(post(), noTyping, async () => 'its name')).toBe('its name')
  })

  test('80 % is warned of and 100 % told as an error, once a day, through restarts', async () => {
    const number = makeNumber()
    const levels = () => number.told.splice(0).map(({ level, of }) => ({ level, ...of }))
    await sendMany(number.governor, unasked(), 15)
    expect(levels()).toEqual([])
    await sendMany(number.governor, unasked(), 1)
    const of = { kind: 'unasked', cap: 20 }
    expect(levels()).toEqual([{ level: 'warn', ...of, sent: 16 }])
    await sendMany(number.restart(), unasked(), 3)
    expect(levels()).toEqual([])
    const next = number.restart()
    await sendMany(next, unasked(), 1)
    expect(levels()).toEqual([{ level: 'error', ...of, sent: 20 }])
    await outcome(next, unasked())
    await outcome(number.restart(), unasked())
    expect(levels()).toEqual([])

    number.now = new Date(noon.getTime() + dayMs)
    await sendMany(number.restart(), unasked(), 24)
    expect(levels()).toEqual([{ level: 'warn', kind: 'unasked', cap: 30, sent: 24 }])
  })
})

describe('the count', () => {
  const file = (dir: string) => join(dir, 'cuenta.json')

  test.each([
    '',
    '{',
    'null',
    '[]',
    '{"firstDay":"2020-01-01"}',
    '{"firstDay":"2020-13-01","day":"2026-11-22","replies":{"sent":1,"told":0},"unasked":{"sent":1,"told":0}}',
    '{"firstDay":"2020-01-01","day":"2026-11-22","replies":{"sent":-9,"told":0},"unasked":{"sent":1,"told":0}}',
  ])(
    'that is broken (%j) is told, without what stood there, and begins anew with the lowest caps',
    async text => {
      const number = makeNumber()
      writeFileSync(file(number.dir), text)
      const next = number.restart()
      expect(number.told).toMatchObject([{ level: 'error', text: expect.stringContaining('begins anew') }])
      expect(JSON.stringify(number.told)).not.toContain('2020')
      expect(next.status).toMatchObject({ capToday: 500, unaskedCapToday: 20, sentToday: 0 })
      await sendMany(next, post(), 1)
      expect(number.restart().status).toMatchObject({ sentToday: 1, firstDay: '2026-11-22' })
      expect(number.told).toHaveLength(1)
    },
  )

  test('holds no person and no word, and leaves nothing beside it', async () => {
    const number = makeNumber()
    await sendMany(number.governor, post({ to: '5215512345678', text: 'secreto' }), 3)
    expect(readdirSync(number.dir)).toEqual(['cuenta.json'])
    expect(readFileSync(file(number.dir), 'utf8')).not.toMatch(/secreto|55123/)
  })

  test('is whole at every moment for whoever reads it', async () => {
    const number = makeNumber()
    await sendMany(number.governor, post(), 1)
    const reader = new Worker(
      `const { readFileSync } = require('node:fs')
      const { parentPort, workerData } = require('node:worker_threads')
      let [reads, torn, ended] = [0, 0, false]
      parentPort.once('message', () => { ended = true })
      const read = () => {
        for (let i = 0; i < 50; i++, reads++) try { JSON.parse(readFileSync(workerData, 'utf8')) } catch { torn++ }
        if (ended) { parentPort.postMessage({ reads, torn }) } else setImmediate(read)
      }
      read()`,
      { eval: true, workerData: file(number.dir) },
    )
    const told = new Promise<{ reads: number; torn: number }>(done => reader.once('message', done))
    await new Promise(done => reader.once('online', done))
    await sendMany(number.governor, post(), 300)
    reader.postMessage('end')
    const { reads, torn } = await told
    await reader.terminate()
    expect(reads).toBeGreaterThan(100)
    expect(torn).toBe(0)
  })

  test('that cannot be written goes on in memory, and is told', async () => {
    const number = makeNumber()
    mkdirSync(file(number.dir))
    await sendMany(number.governor, post(), 2)
    expect(number.governor.status.sentToday).toBe(2)
    expect(number.told.map(({ level }) => level)).toEqual(['error', 'error'])
  })
})

describe('the switch', () => {
  test('stops all that waits within a second, and nothing of it is sent', async () => {
    const { governor, dir } = makeNumber(slow)
    let sent = 0
    const ended: number[] = []
    const liveMs = countLiveMs()
    const all = Array.from({ length: 12 }, (_, i) =>
      governor
        .send(i % 3 === 0 ? unasked() : post(), noTyping, async () => sent++)
        .catch(error => {
          ended.push(liveMs())
          return refusalOf(error)
        }),
    )
    await sleep(300)
    expect(ended).toEqual([])
    const at = liveMs()
    stopSending(dir)
    expect(await Promise.all(all)).toEqual(all.map(() => stopped))
    expect(Math.max(...ended) - at).toBeLessThan(1000)
    expect(sent).toBe(0)
  })

  test('lets nothing begin while it is there, also after a restart, and everything when it is gone', async () => {
    const number = makeNumber()
    stopSending(number.dir)
    stopSending(number.dir)
    for (const governor of [number.governor, number.restart()]) {
      expect(await outcome(governor, post())).toEqual(stopped)
      expect(governor.status.stopped).toBe(true)
    }
    goOnSending(number.dir)
    goOnSending(number.dir)
    expect(number.governor.status.stopped).toBe(false)
    expect(await outcome(number.governor, post())).toBe('sent')
  })

  test('is looked at after the message before it went out', async () => {
    const { governor, dir } = makeNumber()
    const first = governor.send(post(), noTyping, async () => stopSending(dir))
    const second = outcome(governor, post())
    await first
    expect(await second).toEqual(stopped)
  })

  test('says never of what never may go out only once it is gone', async () => {
    const { governor, dir } = makeNumber()
    stopSending(dir)
    expect(await outcome(governor, post({ heardAt: new Date(0) }))).toEqual(stopped)
  })

  test('is whatever lies there by that name; a folder that cannot be looked into stops too', () => {
    const { dir } = makeNumber()
    expect(isStopped(join(dir, 'no-folder'))).toBe(false)
    expect(isStopped(`${dir}/${'x'.repeat(5000)}`)).toBe(true)
    mkdirSync(join(dir, 'parado'))
    expect(isStopped(dir)).toBe(true)
    goOnSending(dir)
    expect(isStopped(dir)).toBe(false)
  })
})

describe('the pace is a person’s:', () => {
  /** What is sent, and when it began and ended. */
  async function sendAll(governor: Governor, posts: readonly Post[], takesMs = 0) {
    const sent: { text: string; began: number; ended: number }[] = []
    const one = (of: Post) =>
      governor.send(of, noTyping, async () => {
        const began = performance.now()
        await sleep(takesMs)
        sent.push({ text: of.message.text, began, ended: performance.now() })
      })
    await Promise.all(posts.map(one))
    return sent
  }

  test('one message after the other, in the order in which they came, replies first', async () => {
    const kinds = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })
    const check = async (all: boolean[]) => {
      const { governor } = makeNumber({ gapMs: 4, readMs: 8, letterMs: 0, longestMs: 16 })
      const posts = all.map((unasked, i) => post({ unasked, text: String(i) }))
      const sent = await sendAll(governor, posts, 2)
      const inOrder = [...posts.filter(of => !of.unasked), ...posts.filter(of => of.unasked)]
      expect(sent.map(({ text }) => text)).toEqual(inOrder.map(of => of.message.text))
      // A timer may come a millisecond early.
      for (const [i, { began }] of sent.slice(1).entries())
        expect(began - (sent[i]?.ended ?? 0)).toBeGreaterThanOrEqual(3)
    }
    await fc.assert(fc.asyncProperty(kinds, check), { seed, numRuns: 15 })
  })

  test('no two pauses and no two gaps are the same', async () => {
    const pauses = async (pace: Pace, before: number) => {
      const typed: number[] = []
      const due: number[] = []
      const one = async () => {
        const { governor } = makeNumber(pace)
        let began = performance.now()
        for (let i = 0; i < before; i++)
          await governor.send(post(), noTyping, async () => {
            began = performance.now()
          })
        const typing = async (ms: number) => {
          typed.push(ms)
          // What has passed when typing begins is of the pause as well.
          due.push(ms + performance.now() - began)
        }
        await governor.send(post(), typing, noTyping)
      }
      await Promise.all(Array.from({ length: 12 }, one))
      expect(Math.min(...due)).toBeGreaterThanOrEqual(298)
      expect(Math.max(...typed)).toBeLessThanOrEqual(600)
      expect(Math.max(...due) - Math.min(...due)).toBeGreaterThan(60)
    }
    await pauses({ gapMs: 0, readMs: 300, letterMs: 0, longestMs: 1000 }, 0)
    await pauses({ gapMs: 300, readMs: 0, letterMs: 0, longestMs: 0 }, 1)
  })

  test('a reply goes before what nobody asked for and came earlier', async () => {
    const { governor } = makeNumber({ gapMs: 0, readMs: 0, letterMs: 400, longestMs: 5000 })
    const order: string[] = []
    const send = (of: Post, name: string) => governor.send(of, noTyping, async () => order.push(name))
    const all = [send(unasked({ message: { text: 'xx' } }), 'unasked')]
    await sleep(100)
    all.push(send(post({ message: { text: '' } }), 'reply'))
    await Promise.all(all)
    expect(order).toEqual(['reply', 'unasked'])
  })

  test('typing is shown once, for longer before a longer text, up to a longest; who has waited writes no more', async () => {
    const { governor } = makeNumber({ gapMs: 0, readMs: 100, letterMs: 2, longestMs: 700 })
    const typed: number[] = []
    const due: number[] = []
    const typing = async (ms: number) => {
      typed.push(ms)
      due.push(ms + performance.now() - before)
    }
    const send = (text: string) => governor.send(post({ text }), typing, async () => performance.now())
    const before = performance.now()
    const [short, middle, long] = await Promise.all(['', 'x'.repeat(100), 'x'.repeat(9000), ''].map(send))
    expect(typed).toHaveLength(3)
    const times = [short, middle, long].map(at => (at as number) - before)
    expect(times[0]).toBeGreaterThanOrEqual(98)
    expect(times[1]).toBeGreaterThanOrEqual(298)
    expect(times[2]).toBeGreaterThanOrEqual(698)
    // By its letters it would take 18 s at least.
    expect(times[2]).toBeLessThan(6000)
    expect(due[0]).toBeGreaterThan(98)
    expect(typed[0]).toBeLessThanOrEqual(200)
    for (const ms of typed) expect(ms).toBeLessThanOrEqual(700)
  })

  test('typing that fails or never ends holds up nothing', async () => {
    const { governor } = makeNumber({ gapMs: 0, readMs: 10, letterMs: 0, longestMs: 20 })
    const bad = [() => Promise.reject(new Error('no')), () => new Promise<void>(() => {})]
    for (const typing of bad) expect(await governor.send(post(), typing, async () => 'sent')).toBe('sent')
  })

  test('no typing is shown where all is stopped, or to somebody who may not be written to', async () => {
    const { governor, dir } = makeNumber(slow)
    let shown = 0
    const typing = async () => void shown++
    await governor.send(post({ heardAt: new Date(0) }), typing, noTyping).catch(refusalOf)
    stopSending(dir)
    await governor.send(post(), typing, noTyping).catch(refusalOf)
    expect(shown).toBe(0)
  })

  test('one that fails does not stop those behind it', async () => {
    const { governor } = makeNumber({ gapMs: 2, readMs: 2, letterMs: 0, longestMs: 9 })
    const first = governor.send(post(), noTyping, () => Promise.reject(new SendError('retry', 'offline')))
    const second = outcome(governor, post())
    await expect(first).rejects.toThrow('offline')
    expect(await second).toBe('sent')
    expect(await outcome(governor, post())).toBe('sent')
  })
})

test('once it is closed, nothing goes out any more, of what waits either', async () => {
  const { governor } = makeNumber(slow)
  const waiting = outcome(governor, post())
  await sleep(20)
  governor.close()
  expect(await waiting).toEqual(later)
  expect(await outcome(governor, post())).toEqual(later)
})
