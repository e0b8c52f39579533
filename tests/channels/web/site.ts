/**
 * The web chat as it is served, for the tests of this folder: real HTTP, the real conversation, a real browser. On
 * PostgreSQL, which runs for all tests anyway: an embedded database takes seconds to start. main.test.ts has that one.
 */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { mountWeb } from '../../../src/channels/web/web.ts'
import { createConversation } from '../../../src/conversation/handle.ts'
import { createHttp, type Listening, listen, Meter } from '../../../src/http.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { openBrowser } from '../../browser.ts'
import { guide } from '../../guide.ts'
import { freshDatabase } from '../../postgres.ts'

/** A Sunday on which no office receives anything. It stands still unless a test moves it. */
const start = new Date('2026-11-22T10:00:00-06:00')

export const phone = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true } as const
export const desktop = { viewport: { width: 1280, height: 800 } } as const

export class Site {
  readonly guide = guide
  readonly words = this.guide.content.pagina
  now = start
  /** What the browser complained of; `visit` gathers it. */
  readonly faults: string[] = []
  readonly #store: Store
  #browser?: Promise<Browser>
  #server?: Listening & { end(): void }
  #port = 0
  #storeClosed = false

  static async open(): Promise<Site> {
    const site = new Site(await openStore({ url: await freshDatabase() }))
    await site.start()
    return site
  }

  private constructor(store: Store) {
    this.#store = store
  }

  get url(): string {
    return `http://localhost:${this.#port}/`
  }

  /** Again on the same port and the same store after `stop`. */
  async start(): Promise<void> {
    const log = { info() {}, error: (_: unknown, what?: string) => this.faults.push(`log: ${what}`) }
    const { handle, history } = createConversation({ ...this.guide, store: this.#store, log })
    const meter = new Meter()
    const app = createHttp({ database: () => this.#store.ping().then(() => true) }, async () =>
      meter.figures(),
    )
    const receive = meter.measure(handle)
    const { words } = this
    const { close: end } = mountWeb(app, { words, receive, history, clock: () => this.now, log })
    this.#server = { ...(await listen(app, this.#port)), end }
    this.#port = this.#server.port
  }

  async stop(): Promise<void> {
    this.#server?.end()
    await this.#server?.close()
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close()
    await this.stop()
    if (!this.#storeClosed) await this.closeStore()
  }

  closeStore(): Promise<void> {
    this.#storeClosed = true
    return this.#store.close()
  }

  /** A person with a browser of their own, before the page or, with `path`, on it. */
  async visit(options: BrowserContextOptions & { path?: string } = {}): Promise<Page> {
    const { path = '', ...context } = options
    this.#browser ??= openBrowser()
    const page = await (await (await this.#browser).newContext(context)).newPage()
    this.watch(page)
    await page.goto(new URL(path, this.url).href)
    return page
  }

  watch(page: Page): void {
    page.on('pageerror', error => this.faults.push(String(error)))
    page.on('console', message => {
      if (message.text().includes('Content Security Policy')) this.faults.push(message.text())
    })
  }

  /** What browser and log complained of since the last time. */
  takeFaults(): string[] {
    return this.faults.splice(0)
  }
}

/** Waits until nothing is on its way and the guide has spoken last. */
export async function answered(page: Page): Promise<void> {
  await page.locator('#platica:not(:has(.espera)) > .guia:last-child').waitFor({ state: 'attached' })
}

export async function say(page: Page, text: string): Promise<void> {
  await page.locator('#texto').fill(text)
  await page.locator('#texto').press('Enter')
  await answered(page)
}

export const lines = (page: Page): Locator => page.locator('#platica > article')
/** Without the buttons. */
export const texts = (page: Page): Promise<string[]> =>
  page.locator('#platica > article > p').allTextContents()
export const mine = (page: Page): Locator => page.locator('#platica > .persona > p')
export const choices = (page: Page): Locator => page.locator('.opciones button:visible')
/** As they read, without their numbers. */
export const labels = async (page: Page): Promise<string[]> =>
  (await choices(page).allTextContents()).map(text => text.replace(/^\d+/, ''))
export const lastText = async (page: Page): Promise<string> =>
  (await page.locator('#platica > .guia:last-child > p').textContent()) ?? ''

/** Waits for what comes by itself. */
export const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 10_000, interval: 100 })
