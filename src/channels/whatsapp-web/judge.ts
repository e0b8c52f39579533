/**
 * Says of one client of WhatsApp Web, by what was heard of it and what its page says, whether it goes on or must be
 * thrown away. The session asks every second or so. Pure.
 */

/** Why a client's life ended. */
export type Why =
  | 'browser'
  | 'conflict'
  | 'logout'
  | 'stuck'
  | 'qr-expired'
  | 'reload'
  | 'failed'
  | 'asked'
  | 'stopped'

export interface Signs {
  /** When something last came that leads on: the start, a QR code, a part of the chats. */
  progressAt: number
  initialised: boolean
  ready: boolean
  /** The library knows that WhatsApp Web is ready; if need be it was we who said so. */
  told: boolean
  qrAt?: number
  /** Since when the page has said that there is no connection. */
  brokenSince?: number
  /** How often in a row the page has not answered. */
  unanswered: number
}

export interface Page {
  readonly state: string
  readonly synced: boolean
}

export interface Patience {
  /** For the next sign of progress while it starts. */
  readonly startMs: number
  /** For a connection that broke. */
  readonly brokenMs: number
  /** WhatsApp shows a code for 20 s, the first for a minute. */
  readonly qrMs: number
  /** For the library to see by itself that WhatsApp Web is ready. */
  readonly nudgeMs: number
}

export const newSigns = (now: number): Signs => ({
  progressAt: now,
  initialised: false,
  ready: false,
  told: false,
  unanswered: 0,
})

const maxUnanswered = 2

/** `page`: what it answered; undefined where it did not. Notes in `signs` what the next look needs to know. */
export function judge(
  signs: Signs,
  page: Page | undefined,
  now: number,
  patience: Patience,
): 'fine' | 'nudge' | 'takeover' | Extract<Why, 'stuck' | 'qr-expired'> {
  if (!signs.initialised) return now - signs.progressAt > patience.startMs ? 'stuck' : 'fine'
  signs.unanswered = page ? 0 : signs.unanswered + 1
  if (!page) return signs.unanswered >= maxUnanswered ? 'stuck' : 'fine'
  if (page.state === 'UNPAIRED_IDLE') return 'qr-expired'
  // Patience for becoming ready begins with the connection.
  if (page.state !== 'CONNECTED') signs.progressAt = now
  if (page.state === 'UNPAIRED') {
    signs.qrAt ??= now
    return now - signs.qrAt > patience.qrMs ? 'qr-expired' : 'fine'
  }
  if (page.state !== 'CONNECTED') {
    signs.brokenSince ??= now
    if (now - signs.brokenSince > patience.brokenMs) return 'stuck'
    return page.state === 'CONFLICT' ? 'takeover' : 'fine'
  }
  delete signs.brokenSince
  if (signs.ready) return 'fine'
  const waitedMs = now - signs.progressAt
  if (waitedMs > patience.startMs) return 'stuck'
  if (page.synced && !signs.told && waitedMs > patience.nudgeMs) {
    signs.told = true
    return 'nudge'
  }
  return 'fine'
}
