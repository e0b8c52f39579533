/**
 * Keeps WhatsApp from banning the number: writes only to those who wrote first, at a person's pace, not too much a day,
 * not at night unasked, and not at all while the switch is off. The adapter hands it every message before it sends it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Post, SendError } from '../channel.ts'
import { isStopped } from './switch.ts'
import { type Kind, localTime, Tally } from './tally.ts'

/** All of it is lengthened by chance. */
export interface Pace {
  /** Between the end of a message and the next one, to whomever. */
  readonly gapMs: number
  /** Until one has read what came. */
  readonly readMs: number
  /** For each letter that is written. */
  readonly letterMs: number
  /** Nobody waits longer for the writing of a message. */
  readonly longestMs: number
}

/** Some 30 messages a minute, where many ask at once. */
const usualPace: Pace = { gapMs: 1200, readMs: 900, letterMs: 12, longestMs: 6000 }

export interface GovernorStatus {
  readonly stopped: boolean
  /** Replies. */
  readonly sentToday: number
  readonly capToday: number
  readonly unaskedToday: number
  readonly unaskedCapToday: number
  /** When the number first sent: local, YYYY-MM-DD. */
  readonly firstDay?: string
  /** Nothing unasked goes out for now. */
  readonly quiet: boolean
}

/** How often whoever waits looks at the switch, and whether a reply has come that goes first. */
const lookMs = 250
const stoppedMs = 1000
/** What is under way when the program ends may be acknowledged for so long. */
const endingMs = 6000
const fullMs = 60_000
const quietFrom = 22
const quietUntil = 8
const dayMs = 24 * 60 * 60 * 1000
/** Who was last heard of longer ago has forgotten us, and reports who writes. */
const rememberedMs = 90 * dayMs
/** The platform's clock may be ahead of ours. */
const aheadMs = 10 * 60 * 1000

interface Waiting {
  readonly post: Post
  /** Written by then, by `performance.now()`. */
  readonly readyAt: number
  showTyping(ms: number): void
  go(): Promise<void>
  refuse(why: SendError): void
  typing: boolean
}

export class Governor {
  readonly #dir: string
  readonly #clock: () => Date
  readonly #pace: Pace
  readonly #tally: Tally
  readonly #lines: Readonly<Record<Kind, Waiting[]>> = { replies: [], unasked: [] }
  #nextAt = 0
  #running = false
  #closed = false

  /** `dir`: where the count is kept and the switch is looked for; it outlives the session. */
  constructor(parts: {
    readonly dir: string
    readonly clock: () => Date
    readonly log: Pick<Logger, 'warn' | 'error'>
    readonly pace?: Pace
  }) {
    this.#dir = parts.dir
    this.#clock = parts.clock
    this.#pace = parts.pace ?? usualPace
    this.#tally = new Tally(parts)
  }

  /**
   * Runs `send` when it may, one at a time; throws a SendError where it may not now, or never. `typing` is called once,
   * if one waits, with for how long it may be shown.
   */
  send<T>(post: Post, typing: (ms: number) => Promise<void>, send: () => Promise<T>): Promise<T> {
    const refusal = this.#refusalOf(post)
    if (refusal) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      this.#lines[kindOf(post)].push({
        post,
        readyAt: performance.now() + this.#writingMs(post.message.text),
        // Only for the looks: it may fail, or never come to its end.
        showTyping: ms => void typing(ms).catch(() => {}),
        go: () => this.#attempt(post, send).then(resolve, reject),
        refuse: reject,
        typing: false,
      })
      if (!this.#running) void this.#run()
    })
  }

  get status(): GovernorStatus {
    const [replies, unasked] = [this.#tally.today('replies'), this.#tally.today('unasked')]
    const { firstDay } = this.#tally
    return {
      stopped: isStopped(this.#dir),
      sentToday: replies.sent,
      capToday: replies.cap,
      unaskedToday: unasked.sent,
      unaskedCapToday: unasked.cap,
      ...(firstDay === undefined ? {} : { firstDay }),
      quiet: isQuiet(this.#clock()),
    }
  }

  /** For another number: its caps are those of the first day. */
  beginAnew(): void {
    this.#tally.beginAnew()
  }

  /** Nothing more begins; what waits is left to the next start. Resolves when what is under way has ended, or after a while. */
  async close(): Promise<void> {
    this.#closed = true
    const late = AbortSignal.timeout(endingMs)
    while (this.#running && !late.aborted) await sleep(20)
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let next = this.#next(); next; next = this.#next()) await this.#handle(next)
    this.#running = false
  }

  #next(): Waiting | undefined {
    return this.#lines.replies[0] ?? this.#lines.unasked[0]
  }

  /** Sends it, refuses it, or waits a little: then another may be next. */
  async #handle(next: Waiting): Promise<void> {
    const line = this.#lines[kindOf(next.post)]
    const refusal = this.#refusalOf(next.post)
    if (refusal) {
      line.shift()
      next.refuse(refusal)
      return
    }
    const waitMs = Math.max(next.readyAt, this.#nextAt) - performance.now()
    if (waitMs <= 0) {
      line.shift()
      await next.go()
      this.#nextAt = performance.now() + lengthened(this.#pace.gapMs)
      return
    }
    if (!next.typing) next.showTyping(waitMs)
    next.typing = true
    await sleep(Math.min(waitMs, lookMs))
  }

  /** What may have arrived counts. */
  async #attempt<T>(post: Post, send: () => Promise<T>): Promise<T> {
    if (post.stillWanted && !(await post.stillWanted()))
      throw new SendError('retry', 'not wanted any more, or not now')
    try {
      const sent = await send()
      this.#tally.add(kindOf(post))
      return sent
    } catch (error) {
      if (!(error instanceof SendError) || error.kind === 'uncertain') this.#tally.add(kindOf(post))
      throw error
    }
  }

  /** Why it may not go out at this moment. A pause holds every message; without one, only this person's. */
  #refusalOf(post: Post): SendError | undefined {
    if (this.#closed) return new SendError('retry', 'the program is ending')
    if (isStopped(this.#dir)) return new SendError('retry', 'all sending is switched off', stoppedMs)
    const now = this.#clock()
    const silentMs = now.getTime() - post.heardAt.getTime()
    // Whoever never wrote was last heard of in 1970, or at no time at all.
    if (!(post.heardAt.getTime() > 0 && silentMs >= -aheadMs))
      return new SendError('rejected', 'to somebody who has not written to this number')
    const { sent, cap } = this.#tally.today(kindOf(post))
    if (!post.unasked)
      return sent < cap ? undefined : new SendError('retry', "today's cap of replies is reached", fullMs)
    if (silentMs > rememberedMs) return new SendError('rejected', 'unasked, to somebody long silent')
    if (isQuiet(now)) return new SendError('retry', 'unasked, in the quiet hours')
    return sent < cap ? undefined : new SendError('retry', "today's cap of unasked messages is reached")
  }

  #writingMs(text: string): number {
    const { readMs, letterMs, longestMs } = this.#pace
    return Math.min(lengthened(readMs + letterMs * text.length), longestMs)
  }
}

const kindOf = ({ unasked }: Post): Kind => (unasked ? 'unasked' : 'replies')

/** No two times the same, as with a person. */
const lengthened = (ms: number) => ms * (1 + Math.random())

function isQuiet(moment: Date): boolean {
  const { hour } = localTime(moment)
  return hour >= quietFrom || hour < quietUntil
}
