/**
 * Posts what happens to the program's webhook as Meta does: signed over the exact bytes, many things in one POST or each
 * in its own, several POSTs at once, each again after growing pauses until it is answered 200; whatsapp-cloud.ts makes one.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview,
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
import { createHmac, randomInt } from 'node:crypto'
import { Agent, request } from 'node:http'

/** One message or one status, with whom it is about, as it stands in a webhook's `value`. */
export interface Happening {
  readonly field: 'messages' | 'statuses'
  readonly what: object
  readonly contacts: readonly object[]
}

/** One POST. What is in `headers` and `bytes` went over the wire just so. */
export interface Post {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly happenings: readonly Happening[]
  /** Of each try: an HTTP status, or why there was none. */
  readonly answers: readonly (number | string)[]
  /** How long each try took. */
  readonly tookMs: readonly number[]
  /** Answered with 200, which alone counts. */
  readonly taken: boolean
}

type Open<T> = { -readonly [Key in keyof T]: T[Key] }
type OpenPost = Open<Post> & { answers: (number | string)[]; tookMs: number[] }

/** Meta takes minutes and goes on for up to 7 days where a test should take milliseconds. */
const firstPauseMs = 50
const longestPauseMs = 1_000
const answerMs = 10_000
const atOnce = 50

interface Around {
  readonly appSecret: string
  /** The business account's id, and which of its numbers. */
  readonly accountId: string
  readonly metadata: object
  changed(): void
}

export class Hook {
  readonly posts: OpenPost[] = []
  readonly #around: Around
  readonly #agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  readonly #timers = new Set<NodeJS.Timeout>()
  #waiting: Happening[] = []
  #url: string | undefined
  #held = false
  #stopped = false

  constructor(around: Around) {
    this.#around = around
  }

  /** How many things that happened the program has not taken yet. */
  get pending(): number {
    const posted = this.posts.filter(({ taken }) => !taken).map(({ happenings }) => happenings.length)
    return posted.reduce((sum, count) => sum + count, this.#waiting.length)
  }

  /** While it is held, nothing is posted but by `flush`. */
  set held(held: boolean) {
    this.#held = held
    this.#postAll()
  }

  get held(): boolean {
    return this.#held
  }

  /** "Verification requests": the program must answer 200 with the challenge and nothing else. */
  async subscribe(url: string, verifyToken: string): Promise<void> {
    const challenge = String(randomInt(1_000_000_000, 2_000_000_000))
    const asked = new URL(url)
    asked.searchParams.set('hub.mode', 'subscribe')
    asked.searchParams.set('hub.challenge', challenge)
    asked.searchParams.set('hub.verify_token', verifyToken)
    const response = await fetch(asked)
    const body = await response.text()
    if (response.status !== 200 || body !== challenge)
      throw new Error(`The callback URL or verify token couldn't be validated: ${response.status}`)
    this.#url = url
    this.#postAll()
  }

  add(...happenings: readonly Happening[]): void {
    this.#waiting.push(...happenings)
    this.#postAll()
  }

  /**
   * Posts what is held, `perPost` things each, in the order that `order` makes of them; it may leave some out and repeat
   * others. Resolves to the POSTs once each was answered with 200.
   */
  async flush(
    perPost: number,
    order: (happenings: readonly Happening[]) => readonly Happening[],
  ): Promise<readonly Post[]> {
    if (this.#url === undefined) throw new Error('nobody subscribed: there is nowhere to post to')
    const happenings = order(this.#waiting.splice(0))
    const posts: OpenPost[] = []
    for (let at = 0; at < happenings.length; at += perPost)
      posts.push(this.#make(happenings.slice(at, at + perPost)))
    await Promise.all(posts.map(post => this.#deliver(post)))
    return posts
  }

  /** Once more, whether it was taken or not; Meta warns that this happens. Resolves to the answer. */
  redeliver(post: Post): Promise<number | string> {
    return this.#send(post as OpenPost)
  }

  /** As X-Hub-Signature-256 has it. */
  sign(bytes: Buffer): string {
    return `sha256=${createHmac('sha256', this.#around.appSecret).update(bytes).digest('hex')}`
  }

  close(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#agent.destroy()
  }

  #postAll(): void {
    if (this.#held || this.#url === undefined) return
    for (const happening of this.#waiting.splice(0)) void this.#deliver(this.#make([happening]))
  }

  #make(happenings: readonly Happening[]): OpenPost {
    const { accountId, metadata, appSecret } = this.#around
    const bytes = encode({
      object: 'whatsapp_business_account',
      entry: pack(happenings, accountId, metadata),
    })
    const headers = {
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'user-agent': 'facebookexternalua',
      'x-hub-signature': `sha1=${createHmac('sha1', appSecret).update(bytes).digest('hex')}`,
      'x-hub-signature-256': this.sign(bytes),
    }
    const post = { bytes, headers, happenings, answers: [], tookMs: [], taken: false }
    this.posts.push(post)
    return post
  }

  /** The first time again at once, then after pauses that double. */
  async #deliver(post: OpenPost): Promise<void> {
    for (let failures = 0; !this.#stopped; failures++) {
      if ((await this.#send(post)) === 200) return
      const pauseMs = failures ? Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)) : 0
      await new Promise<void>(done => {
        const timer = setTimeout(() => {
          this.#timers.delete(timer)
          done()
        }, pauseMs)
        this.#timers.add(timer)
      })
    }
  }

  async #send(post: OpenPost): Promise<number | string> {
    const beganMs = performance.now()
    const answered = await this.#post(post)
    post.tookMs.push(performance.now() - beganMs)
    post.answers.push(answered)
    post.taken ||= answered === 200
    this.#around.changed()
    return answered
  }

  #post({ bytes, headers }: Post): Promise<number | string> {
    const url = this.#url
    if (url === undefined) return Promise.resolve('not subscribed')
    const options = { method: 'POST', headers, timeout: answerMs, agent: this.#agent }
    return new Promise(done => {
      const sent = request(new URL(url), options, response => {
        response.resume().on('end', () => done(response.statusCode ?? 0))
        response.on('error', error => done(error.message))
      })
      sent.on('timeout', () => sent.destroy(new Error('timeout')))
      sent.on('error', error => done(error.message))
      sent.end(bytes)
    })
  }
}

/**
 * Messages and statuses never share a `value`. Of more than one thing there are two entries, and no more than so many in
 * one change, so that whoever reads only the first of anything loses some.
 */
function pack(happenings: readonly Happening[], id: string, metadata: object): object[] {
  const half = Math.ceil(happenings.length / 2)
  return [happenings.slice(0, half), happenings.slice(half)]
    .filter(part => part.length)
    .map(part => ({
      id,
      changes: runs(part).map(run => ({ value: valueWith(run, metadata), field: 'messages' })),
    }))
}

const mostInChange = 100

function runs(happenings: readonly Happening[]): Happening[][] {
  const found: Happening[][] = []
  for (const one of happenings) {
    const last = found.at(-1)
    if (last && last[0]?.field === one.field && last.length < mostInChange) last.push(one)
    else found.push([one])
  }
  return found
}

function valueWith(run: readonly Happening[], metadata: object): object {
  // A person who wrote twice is described once.
  const contacts = [
    ...new Map(run.flatMap(({ contacts }) => contacts).map(one => [JSON.stringify(one), one])),
  ]
  return {
    messaging_product: 'whatsapp',
    metadata,
    ...(contacts.length ? { contacts: contacts.map(([, contact]) => contact) } : {}),
    [run[0]?.field ?? 'messages']: run.map(({ what }) => what),
  }
}

/** "an escaped unicode version of the payload, with lowercase hex digits"; slashes are escaped too. */
function encode(payload: object): Buffer {
  const escaped = JSON.stringify(payload)
    .replaceAll('/', '\\/')
    .replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return Buffer.from(escaped)
}
