/**
 * A fake of WhatsApp Web for tests: whatsapp-web.js runs for real, in a real Chromium, against a page of ours
 * (whatsapp-web/page.js) that `writePage` puts where the library looks for a saved version. The world behind the page is
 * here, behind real HTTP, so it outlives reloads and killed browsers, and the program may be another process.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import chromium from '@sparticuz/chromium'
import { z } from 'zod'
import { Looks } from './looks.ts'
import { Link, type State } from './whatsapp-web/link.ts'
import type { Person, Who } from './whatsapp-web/people.ts'
import { type Hang, World } from './whatsapp-web/world.ts'

export type { State } from './whatsapp-web/link.ts'
export type { FileSort, Mapping, More, Person, Shown, Who } from './whatsapp-web/people.ts'
export type { Hang } from './whatsapp-web/world.ts'

export interface FakeWhatsAppWeb {
  /** Writes `<dir>/<webVersion>.html`, for `webVersionCache: {type: 'local', path: dir}`. */
  writePage(dir: string, webVersion: string): Promise<void>
  /**
   * Writes a script that becomes a Chromium which lets the page reach this server; its path is the one to start. Chromium
   * forbids pages of the Internet to ask for what is on the machine itself.
   */
  chrome(dir: string): Promise<string>

  /** What the QR code that is shown begins with; undefined while none is. */
  readonly qr: string | undefined
  /** A page is on, paired, and has its chats. */
  readonly connected: boolean
  /** How often one has come to be. */
  readonly connections: number
  /** A page is on, whatever its state. */
  readonly open: boolean
  /** How often a page in conflict has asked for the session. */
  readonly takeovers: number

  /** With the phone: the code that is shown, or what a camera read, which must still be that. */
  scan(code?: string): void
  /** The code that is shown gives way to the next; the sixth to none, until the page loads again or asks. */
  expireQr(times?: number): void
  /** The phone unlinks the browser. A page that is on is told, and loads again without a session. */
  logout(): void
  /** The session is opened in another window; a page that loads anew has it back. */
  conflict(): void
  /** What the page says of its connection. Until it is CONNECTED again nothing comes or goes. */
  state(state: State): void
  /** The page loads itself again, as it does for a new version. */
  reload(): void
  /** The page says that it has its chats before whatsapp-web.js can hear it: then the library is never ready. */
  syncEarly: boolean

  /** `phone`: digits, with the country's. */
  person(phone: string, who?: Who): Person
  /** Somebody writes to the person by hand, on the phone of the number; the chat is read then. Answers the id. */
  writeOnPhone(to: Person, text: string): string
  /** How far acks go by themselves: 1 the server, 2 the person's phone (as begun), 3 read. */
  acks: 1 | 2 | 3
  /** Any ack of any message, whatever came before; -1: it failed. */
  ack(id: string, ack: number): void
  /** The next messages sent get no ack, without a number all of them; 0 ends it. `as` is 'lost' unless said. */
  hang(times?: number, as?: Hang): void
  /** The next sends throw this in the page. */
  fail(reason: string, times?: number): void

  /** Resolves to what `look` sees as soon as it sees anything; it looks whenever something changes. */
  waitFor<Seen>(look: () => Seen | undefined | null | false, timeoutMs?: number): Promise<Seen>
  close(): Promise<void>
}

export async function startFakeWhatsAppWeb(): Promise<FakeWhatsAppWeb> {
  const fake = new Server()
  await fake.listen()
  return fake
}

const Call = z.looseObject({ page: z.string() })
const Calls = {
  synced: z.object({}),
  takeover: z.object({}),
  refresh: z.object({}),
  logout: z.object({}),
  paired: z.object({ token: z.string() }),
  messages: z.object({ ids: z.array(z.string()) }),
  earlier: z.object({ chat: z.string(), before: z.number().optional() }),
  chat: z.object({ id: z.string() }),
  exists: z.object({ id: z.string() }),
  seen: z.object({ chat: z.string(), seq: z.number() }),
  typing: z.object({ chat: z.string(), state: z.string() }),
  upload: z.object({ data: z.base64(), type: z.string() }),
  send: z.object({ page: z.string(), message: z.unknown() }),
}
type Calls = { [Name in keyof typeof Calls]: z.infer<(typeof Calls)[Name]> }
type Answers = { [Name in keyof Calls]: (call: Calls[Name]) => object }

class Server implements FakeWhatsAppWeb {
  #root = ''
  readonly #looks = new Looks()
  readonly #world = new World({
    live: () => this.#link.live,
    tell: happening => this.#link.tell(happening),
    changed: () => this.#looks.now(),
  })
  readonly #link = new Link(
    () => this.#world.greeting(),
    () => this.#world.reconnected(),
  )
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  async listen(): Promise<void> {
    await new Promise<void>(done => this.#server.listen(0, '127.0.0.1', done))
    this.#root = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async writePage(dir: string, webVersion: string): Promise<void> {
    const script = await readFile(new URL('whatsapp-web/page.js', import.meta.url), 'utf8')
    const own = JSON.stringify({ root: this.#root, version: webVersion })
    const html = `<!doctype html><meta charset="utf-8"><title>WhatsApp</title>
<script>window.fakeWhatsApp = ${own}</script><script>${script}</script>`
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, `${webVersion}.html`), html)
  }

  async chrome(dir: string): Promise<string> {
    const path = join(dir, 'chrome')
    const flag = `--ip-address-space-overrides=${new URL(this.#root).host}=public`
    await mkdir(dir, { recursive: true })
    const script = `#!/bin/sh\nexec '${await chromium.executablePath()}' ${flag} "$@"\n`
    await writeFile(path, script, { mode: 0o755 })
    return path
  }

  // ---- the phone ----

  get qr(): string | undefined {
    return this.#link.isOpen ? this.#link.ref : undefined
  }

  get connected(): boolean {
    return this.#link.connected
  }

  get connections(): number {
    return this.#link.connections
  }

  get open(): boolean {
    return this.#link.isOpen
  }

  get takeovers(): number {
    return this.#link.takeovers
  }

  scan(code?: string): void {
    this.#link.scan(code)
  }

  expireQr(times = 1): void {
    for (let left = times; left > 0; left--) this.#link.expireCode()
  }

  logout(): void {
    this.#link.logOut()
    this.#looks.now()
  }

  conflict(): void {
    this.state('CONFLICT')
  }

  state(state: State): void {
    this.#link.become(state)
    this.#looks.now()
  }

  reload(): void {
    this.#link.tell({ kind: 'reload' })
  }

  get syncEarly(): boolean {
    return this.#world.syncEarly
  }

  set syncEarly(early: boolean) {
    this.#world.syncEarly = early
  }

  // ---- people ----

  person(phone: string, who: Who = {}): Person {
    return this.#world.people.meet(phone, who)
  }

  writeOnPhone(to: Person, text: string): string {
    return this.#world.writtenOnPhone(to.chat, text)
  }

  get acks(): 1 | 2 | 3 {
    return this.#world.acks
  }

  set acks(acks: 1 | 2 | 3) {
    this.#world.acks = acks
  }

  ack(id: string, ack: number): void {
    this.#world.ack(id, ack)
  }

  hang(times = Number.POSITIVE_INFINITY, as: Hang = 'lost'): void {
    this.#world.hang(times, as)
  }

  fail(reason: string, times = 1): void {
    this.#world.fail(reason, times)
  }

  // ---- waiting ----

  waitFor<Seen>(look: () => Seen | undefined | null | false, timeoutMs?: number): Promise<Seen> {
    return this.#looks.waitFor(look, timeoutMs)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(done => this.#server.close(done))
  }

  // ---- HTTP ----

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.#root)
    response.setHeader('access-control-allow-origin', '*')
    if (url.pathname === '/events') this.#stream(url.searchParams, response)
    else response.end(JSON.stringify(await this.#answer(url.pathname.slice(1), await text(request))))
    this.#looks.now()
  }

  /** What the page is told, for as long as it is there. */
  #stream(query: URLSearchParams, response: ServerResponse): void {
    const id = query.get('page') ?? ''
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.on('close', () => {
      this.#link.closed(id)
      this.#looks.now()
    })
    const tell = (happening: object) => void response.write(`data: ${JSON.stringify(happening)}\n\n`)
    this.#link.open({ id, tell }, query.get('token') ?? '')
  }

  async #answer(name: string, body: string): Promise<object> {
    try {
      if (!Object.hasOwn(this.#answers, name)) throw new Error(`the page asks for "${name}"`)
      const call: unknown = JSON.parse(body)
      const { page } = Call.parse(call)
      if (changing.has(name) && !this.#link.isCurrent(page)) return {}
      if (asking.has(name)) await this.#looks.until(() => this.#link.live)
      return answer(this.#answers, name as keyof Calls, call)
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }

  readonly #answers: Answers = {
    synced: () => done(() => this.#link.synced()),
    takeover: () => done(() => this.#link.takeOver()),
    refresh: () => done(() => this.#link.refresh()),
    logout: () => done(() => this.#link.forget()),
    paired: ({ token }) => done(() => this.#link.paired(token)),
    messages: ({ ids }) => ({ messages: this.#world.messages(ids) }),
    earlier: ({ chat, before }) => ({ messages: this.#world.earlier(chat, before) }),
    chat: ({ id }) => ({ chat: this.#world.chat(id) }),
    exists: ({ id }) => this.#world.exists(id),
    seen: ({ chat, seq }) => done(() => this.#world.seen(chat, seq)),
    typing: ({ chat, state }) => done(() => this.#world.typing(chat, state)),
    upload: ({ data, type }) => ({ directPath: this.#world.upload(data, type) }),
    send: ({ page, message }) => ({ seq: this.#world.send(message, this.#link.isCurrent(page)) }),
  }
}

/** Without a connection there is no answer to these. */
const asking = new Set(['chat', 'exists'])
/** Only the page that has the session can do these. */
const changing = new Set(['synced', 'refresh', 'logout', 'paired', 'seen', 'typing'])

const answer = <Name extends keyof Calls>(answers: Answers, name: Name, call: unknown) =>
  answers[name](Calls[name].parse(call) as Calls[Name])

function done(act: () => void): object {
  act()
  return {}
}
