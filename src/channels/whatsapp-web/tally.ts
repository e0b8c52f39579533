/**
 * How much the number has sent today, and how much it may: the caps grow from the day that it first sent. Kept in a
 * small file beside the session, so that neither a restart nor a logout makes the number young or the day empty.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'

export type Kind = 'replies' | 'unasked'

/** Messages a day: on the first, so many more on each that follows, and at most. */
const caps = {
  // Some 50 students on the first day: who asks is to be answered, and is not who reports a number.
  replies: { first: 500, more: 100, most: 3000 },
  unasked: { first: 20, more: 10, most: 300 },
} as const
/** Of a cap, in percent: who reads the log should know before it is reached. */
const warnedAt = 80
const reached = 100

const Count = z.object({ sent: z.int().min(0), told: z.literal([0, warnedAt, reached]) })
const Kept = z.object({ firstDay: z.iso.date(), day: z.iso.date(), replies: Count, unasked: Count })
type Kept = z.infer<typeof Kept>

const none = { sent: 0, told: 0 } as const
const dayMs = 24 * 60 * 60 * 1000

export class Tally {
  readonly #dir: string
  readonly #clock: () => Date
  readonly #log: Pick<Logger, 'warn' | 'error'>
  #kept: Kept | undefined

  constructor(parts: { dir: string; clock: () => Date; log: Pick<Logger, 'warn' | 'error'> }) {
    this.#dir = parts.dir
    this.#clock = parts.clock
    this.#log = parts.log
    this.#kept = this.#read()
  }

  /** Local, YYYY-MM-DD; none where it never sent. */
  get firstDay(): string | undefined {
    return this.#kept?.firstDay
  }

  today(kind: Kind): { readonly sent: number; readonly cap: number } {
    const { firstDay, day, [kind]: count } = this.#now()
    const { first, more, most } = caps[kind]
    const age = (Date.parse(day) - Date.parse(firstDay)) / dayMs
    return { sent: count.sent, cap: Math.min(first + more * age, most) }
  }

  /** Another number has sent nothing yet. */
  beginAnew(): void {
    const { day } = localTime(this.#clock())
    this.#kept = { firstDay: day, day, replies: none, unasked: none }
    this.#write(this.#kept)
  }

  add(kind: Kind): void {
    const kept = this.#now()
    const sent = kept[kind].sent + 1
    const { cap } = this.today(kind)
    const percent = (100 * sent) / cap
    const told = percent >= reached ? reached : percent >= warnedAt ? warnedAt : 0
    if (told > kept[kind].told) {
      const much = { kind, sent, cap }
      if (told === reached) this.#log.error(much, 'WhatsApp: the cap of today is reached')
      else this.#log.warn(much, 'WhatsApp: the cap of today is near')
    }
    this.#kept = { ...kept, [kind]: { sent, told: Math.max(told, kept[kind].told) } }
    this.#write(this.#kept)
  }

  /** What was kept, if it is of today. A first day that has not come yet was told by a wrong clock. */
  #now(): Kept {
    const { day } = localTime(this.#clock())
    const kept = this.#kept
    const firstDay = kept && kept.firstDay < day ? kept.firstDay : day
    return kept?.day === day ? { ...kept, firstDay } : { firstDay, day, replies: none, unasked: none }
  }

  #read(): Kept | undefined {
    try {
      return Kept.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch (error) {
      if (isMissing(error)) return undefined
      // The fault, and nothing of what stands there.
      const why = error instanceof Error ? error.name : undefined
      this.#log.error(
        { file: this.#file, why },
        'WhatsApp: the count is broken and begins anew, as on day one',
      )
      return undefined
    }
  }

  /** Whole or not at all. What cannot be written counts on until the program ends. */
  #write(kept: Kept): void {
    try {
      mkdirSync(this.#dir, { recursive: true })
      writeFileSync(`${this.#file}.new`, JSON.stringify(kept), { flush: true })
      renameSync(`${this.#file}.new`, this.#file)
    } catch (error) {
      this.#log.error({ err: error }, 'WhatsApp: the count could not be written')
    }
  }

  get #file(): string {
    return join(this.#dir, 'cuenta.json')
  }
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

const mexico = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'America/Mexico_City',
  dateStyle: 'short',
  timeStyle: 'short',
})

/** Where the students are. */
export function localTime(moment: Date): { readonly day: string; readonly hour: number } {
  const [day = '', time = ''] = mexico.format(moment).split(' ')
  return { day, hour: Number.parseInt(time, 10) }
}
