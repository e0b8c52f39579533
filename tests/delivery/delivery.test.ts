import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Channel, type Post, type Rates, type Receipt, SendError } from '../../src/channels/channel.ts'
import { createDelivery, type Delivery, type Send } from '../../src/delivery/delivery.ts'
import type { Entry, Leave, Noted, Outbox, Sent, TurnedBack } from '../../src/store/outbox.ts'

/** A platform that takes everything, unless `fate` says otherwise of a text's n-th try. */
class Platform implements Channel {
  readonly name = 'telegram'
  readonly limits = { text: 4096, buttons: 10, buttonText: 4096 }
  readonly rates?: Rates
  constructor(rates?: Rates) {
    if (rates) this.rates = rates
  }
  readonly tried: { text: string; atMs: number }[] = []
  fate: (text: string, attempt: number) => SendError | Error | undefined = () => undefined
  answerMs = 0
  underWay = 0
  mostUnderWay = 0
  async start() {}
  async stop() {}
  async send({ message: { text } }: Post) {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
    this.tried.push({ text, atMs: performance.now() })
    const fate = this.fate(text, this.tried.filter(it => it.text === text).length)
    await setTimeout(this.answerMs)
    this.underWay--
    if (fate) throw fate
    return `r-${text}`
  }
  texts() {
    return this.tried.map(({ text }) => text)
  }
}

/** The outbox's rows as the real one keeps them; store/outbox.test.ts holds the real one to the same. */
class Rows implements Outbox {
  readonly ends: string[] = []
  rows: Send[] = []
  broken = 0
  #note(end: string) {
    if (this.broken-- > 0) throw new Error('the database is gone')
    this.ends.push(end)
  }
  async sent({ receipt, ...sent }: Sent) {
    this.#note(`${sent.chat} ${sent.version}.${sent.n} sent`)
    if (receipt) this.taken.set(receipt, sent)
  }
  async failed({ chat, version, n }: Send, how: string, reason: string) {
    this.#note(`${chat} ${version}.${n} ${how}: ${reason}`)
  }
  async unreachable(chat: string, since: Date | false, reason?: string) {
    this.#note(`${chat} ${since ? 'unreachable' : 'reachable'}: ${reason}`)
  }
  async waiting() {
    return this.rows
  }
  async waitingFor(chat: string) {
    return this.rows.filter(row => row.chat === chat)
  }
  #back: TurnedBack[] = []
  async noted(receipts: readonly Noted[]) {
    for (const { receipt, state, channel, at, refusal } of receipts) {
      this.#note(`${receipt} ${state}`)
      if (refusal) this.#back.push({ id: receipt, channel, at, ...refusal })
    }
  }
  async turnedBack() {
    return this.#back.filter(({ id }) => this.taken.has(id))
  }
  /** What a receipt that `sent` named is of, once. */
  async refused(receipt: string, how: string, reason: string) {
    const sent = this.taken.get(receipt)
    this.taken.delete(receipt)
    if (sent) this.#back = this.#back.filter(({ id }) => id !== receipt)
    if (sent) this.#note(`${receipt} ${how}: ${reason}`)
    return sent
  }
  readonly taken = new Map<string, Send>()
  /** What was asked right before unasked messages, and what it is told; `go` where nothing else is said. */
  readonly begun: string[] = []
  leaves: Leave[] = []
  readonly returned = async () => {}
  async begin({ chat }: Entry) {
    this.begun.push(chat)
    return this.leaves.shift() ?? 'go'
  }
  count = () => Promise.reject(new Error('not here'))
}

let delivery: Delivery
let platform: Platform
let outbox: Rows
let logged: unknown[]
let quiet = false
function open(rates?: Rates) {
  platform = new Platform(rates)
  outbox = new Rows()
  logged = []
  const log = {
    info: () => {},
    warn: (it: unknown) => logged.push(it),
    error: (it: unknown) => logged.push(it),
  }
  quiet = false
  delivery = createDelivery({
    channels: [platform],
    outbox,
    clock: () => new Date(),
    isQuiet: () => quiet,
    log: log as never,
  })
  return { platform, outbox, deliver: (...sends: Send[]) => delivery.deliver(sends, false) }
}
afterEach(() => delivery.stop(0))

const at = new Date()
const send = (chat: string, version: number, n: number, more: Partial<Send> = {}): Send => ({
  chat,
  version,
  n,
  at,
  channel: 'telegram',
  to: chat,
  message: { text: `${chat}${version}.${n}` },
  unasked: false,
  heardAt: at,
  ...more,
})

describe('delivery', () => {
  test("sends a chat's messages in their order, one after the other, and chats side by side", async () => {
    const { platform, outbox, deliver } = open()
    platform.answerMs = 20
    await deliver(send('a', 1, 1), send('a', 1, 2), send('b', 1, 1), send('a', 2, 1))
    expect(platform.texts().filter(text => text.startsWith('a'))).toEqual(['a1.1', 'a1.2', 'a2.1'])
    expect(platform.mostUnderWay).toBe(2)
    expect(outbox.ends).toHaveLength(4)
  })

  test('sends nothing twice that is handed to it twice, also after it was sent', async () => {
    const { platform, outbox, deliver } = open()
    outbox.rows = [send('a', 1, 1)]
    await Promise.all([deliver(send('a', 1, 1)), deliver(send('a', 1, 1)), delivery.start()])
    await deliver(send('a', 1, 1))
    expect(platform.texts()).toEqual(['a1.1'])
  })

  test('sends again what was not taken, with growing pauses, before what comes after it', async () => {
    const { platform, deliver } = open()
    platform.fate = (text, attempt) =>
      text === 'a1.1' && attempt < 3 ? new SendError('retry', 'error 500') : undefined
    await deliver(send('a', 1, 1), send('a', 1, 2))
    expect(platform.texts()).toEqual(['a1.1', 'a1.1', 'a1.1', 'a1.2'])
    const [first, second, third] = platform.tried.map(({ atMs }) => atMs) as [number, number, number]
    expect(second - first).toBeGreaterThan(350)
    // The first is of 600 ms at most, the second of 800 at least; by how much a timer is late says nothing of either.
    expect(third - second).toBeGreaterThan(790)
  })

  test('stops the whole channel for as long as the platform asks', async () => {
    const { platform, deliver } = open()
    platform.fate = (text, attempt) =>
      text === 'a1.1' && attempt === 1 ? new SendError('retry', 'too many', 600) : undefined
    const first = deliver(send('a', 1, 1))
    await setTimeout(50)
    await Promise.all([first, deliver(send('b', 1, 1), send('c', 1, 1))])
    const [refused = 0, ...others] = platform.tried.map(({ atMs }) => atMs)
    expect(others).toHaveLength(3)
    for (const at of others) expect(at - refused).toBeGreaterThanOrEqual(599)
  })

  test('never sends again what may have arrived, notes it as uncertain, and goes on', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = text => (text === 'a1.1' ? new SendError('uncertain', 'the connection broke') : undefined)
    await deliver(send('a', 1, 1), send('a', 1, 2))
    expect(platform.texts()).toEqual(['a1.1', 'a1.2'])
    expect(outbox.ends).toEqual(['a 1.1 uncertain: the connection broke', 'a 1.2 sent'])
  })

  test('takes a fault of its own for uncertain, and logs it', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = () => new TypeError('not a number')
    await deliver(send('a', 1, 1))
    expect(outbox.ends).toEqual(['a 1.1 uncertain: a fault in the program'])
    expect(logged).toContainEqual(expect.objectContaining({ err: expect.any(TypeError) }))
  })

  test('notes what is refused for good, and goes on', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = text => (text === 'a1.1' ? new SendError('rejected', 'too long') : undefined)
    await deliver(send('a', 1, 1), send('a', 1, 2))
    expect(outbox.ends).toEqual(['a 1.1 failed: too long', 'a 1.2 sent'])
  })

  test('writes no more to somebody who is not to be had', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = text => (text.startsWith('a') ? new SendError('unreachable', 'blocked') : undefined)
    await deliver(send('a', 1, 1), send('a', 1, 2), send('b', 1, 1))
    expect(platform.texts()).toEqual(['a1.1', 'b1.1'])
    expect(outbox.ends.toSorted()).toEqual(['a unreachable: blocked', 'b 1.1 sent'])
  })

  test('writes nothing at all while the token is not taken, and loses nothing', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = () => new SendError('misconfigured', 'unknown token')
    void deliver(send('a', 1, 1))
    await setTimeout(20)
    void deliver(send('b', 1, 1))
    await setTimeout(100)
    expect(platform.texts()).toEqual(['a1.1'])
    expect(outbox.ends).toEqual([])
  })

  test('gives up what could not be said for a day', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = () => new SendError('retry', 'error 500')
    await deliver(send('a', 1, 1, { at: new Date(Date.now() - 25 * 60 * 60 * 1000) }))
    expect(outbox.ends).toEqual(['a 1.1 failed: error 500'])
  })

  test('notes what was sent as soon as the database takes it, and sends nothing more to that chat before', async () => {
    const { platform, outbox, deliver } = open()
    outbox.broken = 1
    const both = deliver(send('a', 1, 1), send('a', 1, 2))
    await setTimeout(100)
    expect(platform.texts()).toEqual(['a1.1'])
    await both
    expect(outbox.ends).toEqual(['a 1.1 sent', 'a 1.2 sent'])
  })

  test('notes nothing of what nothing is kept of', async () => {
    const { platform, outbox, deliver } = open()
    await deliver(send('a', 0, 1), send('a', 0, 2))
    expect(platform.texts()).toEqual(['a0.1', 'a0.2'])
    expect(outbox.ends).toEqual([])
  })

  test('sends what was left by others, and what comes to be there meanwhile', async () => {
    const { platform, outbox } = open()
    outbox.rows = [send('a', 1, 1), send('a', 1, 2)]
    await delivery.start()
    await expect.poll(() => platform.texts()).toEqual(['a1.1', 'a1.2'])
    outbox.rows = [send('a', 2, 1)]
    await expect.poll(() => platform.texts()).toEqual(['a1.1', 'a1.2', 'a2.1'])
  })

  test('sends first what another process stored before, as ours to send', async () => {
    const { platform, outbox, deliver } = open()
    platform.answerMs = 30
    const first = deliver(send('a', 1, 1))
    outbox.rows = [send('a', 1, 1), send('a', 2, 1), send('a', 3, 1)]
    await Promise.all([
      first,
      delivery.deliver([send('a', 3, 1)], true),
      delivery.deliver([send('a', 4, 1)], true),
    ])
    expect(platform.texts()).toEqual(['a1.1', 'a2.1', 'a3.1'])
  })

  test('asks nobody where the turn before is in its lane still', async () => {
    const { platform, outbox, deliver } = open()
    outbox.waitingFor = () => Promise.reject(new Error('asked'))
    platform.answerMs = 30
    await Promise.all([deliver(send('a', 1, 1)), delivery.deliver([send('a', 2, 1)], true)])
    expect(platform.texts()).toEqual(['a1.1', 'a2.1'])
  })

  test('says how many ended how', async () => {
    const { platform, deliver } = open()
    const fates = ['rejected', 'uncertain', 'retry'] as const
    platform.fate = (text, attempt) => {
      const kind = fates[Number(text.at(-1)) - 1]
      return kind && attempt === 1 ? new SendError(kind, kind) : undefined
    }
    await deliver(send('a', 1, 1), send('a', 1, 2), send('a', 1, 3), send('a', 1, 4))
    expect(delivery.counts).toEqual({ sent: 2, retried: 1, failed: 1, uncertain: 1 })
  })

  test('fits a reply to the platform before it is stored', () => {
    open()
    const choices = Array.from({ length: 11 }, (_, n) => ({ id: `o${n}`, label: `Opción ${n}` }))
    expect(delivery.fit('telegram', { text: 'x'.repeat(5000) })).toHaveLength(2)
    expect(delivery.fit('telegram', { text: '¿Cuál?', choices })[0]?.text).toContain('11. Opción 10')
    const reply = { text: 'x'.repeat(5000) }
    expect(delivery.fit('web', reply)).toEqual([reply])
  })
})

describe('what nobody asked for', () => {
  const unasked = (chat: string, version: number) => send(chat, version, 1, { unasked: true })

  test('is judged right before each call, replies are not', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = (text, attempt) =>
      text === 'a1.1' && attempt === 1 ? new SendError('retry', 'busy') : undefined
    await Promise.all([deliver(unasked('a', 1)), deliver(send('b', 1, 1))])
    expect(outbox.begun).toEqual(['a', 'a'])
    expect(platform.texts().toSorted()).toEqual(['a1.1', 'a1.1', 'b1.1'])
  })

  test('that is not to be said any more is not, and is no failure', async () => {
    const { platform, outbox, deliver } = open()
    outbox.leaves = ['no']
    await deliver(unasked('a', 1))
    expect(platform.tried).toEqual([])
    expect(outbox.ends).toEqual([])
  })

  test('that is to wait is met again by a later look', async () => {
    const { platform, outbox, deliver } = open()
    outbox.leaves = ['wait']
    outbox.rows = [unasked('a', 1)]
    await deliver(unasked('a', 1))
    expect(platform.tried).toEqual([])
    await delivery.start()
    await expect.poll(() => platform.texts()).toEqual(['a1.1'])
  })

  test('waits in quiet hours without a question, and holds no reply to the same chat', async () => {
    const { platform, outbox, deliver } = open()
    quiet = true
    await Promise.all([deliver(unasked('a', 1)), deliver(send('a', 2, 1))])
    expect(platform.texts()).toEqual(['a2.1'])
    expect(outbox.begun).toEqual([])
  })

  test('does not hold the replies behind it while the platform has no time for it', async () => {
    const { platform, deliver } = open()
    platform.fate = text => (text === 'a1.1' ? new SendError('retry', 'not now') : undefined)
    void deliver(unasked('a', 1))
    await deliver(send('a', 2, 1))
    expect(platform.texts()).toContain('a2.1')
  })

  test('is counted while it is here', async () => {
    const { platform, deliver } = open()
    platform.answerMs = 50
    const all = ['a', 'b', 'c'].map(chat => deliver(unasked(chat, 1)))
    expect(delivery.unasked('telegram')).toBe(3)
    await Promise.all(all)
    expect(delivery.unasked('telegram')).toBe(0)
  })
})

describe('stopping', () => {
  test('ends what waits in the order of its chat, if there is time', async () => {
    const { platform, outbox, deliver } = open()
    platform.answerMs = 30
    void deliver(send('a', 1, 1), send('a', 1, 2), send('a', 1, 3))
    await delivery.stop(1000)
    expect(outbox.ends).toHaveLength(3)
  })

  test('leaves the rest to the next start when time is up, also what the platform wants to wait for', async () => {
    const { platform, outbox, deliver } = open()
    platform.fate = () => new SendError('retry', 'too many', 60_000)
    const done = deliver(send('a', 1, 1), send('a', 1, 2), send('b', 1, 1))
    await setTimeout(20)
    const started = performance.now()
    await delivery.stop(200)
    await done
    // And not the minute that the platform wants.
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(outbox.ends).toEqual([])
    await deliver(send('c', 1, 1))
    expect(platform.texts()).not.toContain('c1.1')
  })
})

describe('what a platform says later', () => {
  const receipt = (text: string, more: Partial<Receipt> = {}): Receipt => ({
    channel: 'telegram',
    id: `r-${text}`,
    at,
    state: 'delivered',
    ...more,
  })
  const failed = (text: string, refusal: SendError) => receipt(text, { state: 'failed', refusal })

  test('is noted', async () => {
    const { outbox, deliver } = open()
    await deliver(send('a', 1, 1))
    await delivery.note([receipt('a1.1', { state: 'sent' }), receipt('a1.1', { state: 'read' })])
    expect(outbox.ends).toEqual(['a 1.1 sent', 'r-a1.1 sent', 'r-a1.1 read'])
  })

  test('puts back what the platform had no time for, and does not write to that person for a while', async () => {
    const { outbox, platform, deliver } = open({ perSecond: 1000, toOne: { atOnce: 2, everyMs: 100 } })
    await deliver(send('a', 1, 1))
    await delivery.note([failed('a1.1', new SendError('retry', 'too often'))])
    expect(outbox.ends.at(-1)).toBe('r-a1.1 waiting: too often')
    const started = performance.now()
    await deliver(send('a', 2, 1))
    expect(performance.now() - started).toBeGreaterThan(80)
    expect(platform.texts()).toEqual(['a1.1', 'a2.1'])
    expect(delivery.counts.retried).toBe(1)
    outbox.rows = [send('a', 1, 1)]
    await delivery.start()
    await expect.poll(() => platform.texts()).toEqual(['a1.1', 'a2.1', 'a1.1'])
  })

  test('puts a message back once, however long it then waits for its second turn', async () => {
    const { outbox, platform, deliver } = open()
    platform.fate = (_, attempt) =>
      attempt === 2 ? new SendError('retry', 'silence is wanted', 40_000) : undefined
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    await deliver(send('a', 1, 1))
    await delivery.note([failed('a1.1', new SendError('retry', 'too often'))])
    outbox.rows = [send('a', 1, 1)]
    await delivery.start()
    for (let second = 0; second < 45; second++) {
      await vi.advanceTimersByTimeAsync(1000)
      // The platform's answer takes real time.
      await setTimeout(5)
    }
    expect(platform.texts()).toEqual(['a1.1', 'a1.1', 'a1.1'])
  })

  test('does not go on for ever, nor for what is too old', async () => {
    const { outbox } = open()
    for (let n = 0; n < 4; n++) {
      outbox.taken.set('r-a1.1', send('a', 1, 1))
      await delivery.note([failed('a1.1', new SendError('retry', 'too often'))])
    }
    expect(outbox.ends.filter(end => end === 'r-a1.1 waiting: too often')).toHaveLength(4)
    expect(outbox.ends.at(-1)).toBe('a 1.1 failed: too often')
    outbox.taken.set('r-b1.1', send('b', 1, 1, { at: new Date(Date.now() - 25 * 60 * 60 * 1000) }))
    await delivery.note([failed('b1.1', new SendError('retry', 'too often'))])
    expect(outbox.ends.at(-1)).toBe('b 1.1 failed: too often')
  })

  test('holds everybody where the platform wants silence of all', async () => {
    const { platform, deliver } = open()
    await deliver(send('a', 1, 1))
    await delivery.note([failed('a1.1', new SendError('retry', 'blocked by many', 300))])
    const started = performance.now()
    await deliver(send('b', 1, 1))
    expect(performance.now() - started).toBeGreaterThan(250)
    expect(platform.texts()).toEqual(['a1.1', 'b1.1'])
  })

  test('gives up what never will be delivered, and the person where that is why', async () => {
    const { outbox, deliver } = open()
    await deliver(send('a', 1, 1))
    await delivery.note([failed('a1.1', new SendError('unreachable', 'no WhatsApp'))])
    expect(outbox.ends.slice(-2)).toEqual(['r-a1.1 unreachable: no WhatsApp', 'a unreachable: no WhatsApp'])
    expect(delivery.counts.failed).toBe(1)
  })

  test('may come before the answer to our own call', async () => {
    const { outbox, platform, deliver } = open()
    platform.answerMs = 300
    const sending = deliver(send('a', 1, 1))
    await delivery.note([failed('a1.1', new SendError('rejected', 'no'))])
    await sending
    expect(outbox.ends.at(-1)).toBe('a 1.1 sent')
    await delivery.start()
    await expect.poll(() => outbox.ends.at(-1)).toBe('r-a1.1 failed: no')
  })
})

test('to one person go so many messages at once, and then one for each while that passes', async () => {
  const { platform, deliver } = open({ perSecond: 1000, toOne: { atOnce: 3, everyMs: 1500 } })
  await deliver(...[1, 2, 3, 4, 5].map(n => send('a', 1, n)), send('b', 1, 1))
  const [first] = platform.tried
  const after = (text: string) =>
    (platform.tried.find(it => it.text === text)?.atMs ?? 0) - (first?.atMs ?? 0)
  expect(after('a1.3')).toBeLessThan(1000)
  expect(after('b1.1')).toBeLessThan(1000)
  expect(after('a1.4')).toBeGreaterThan(1490)
  expect(after('a1.5')).toBeGreaterThan(2990)
})
