import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  answered,
  choices,
  desktop,
  eventually,
  labels,
  lastText,
  lines,
  mine,
  phone,
  Site,
  say,
  texts,
} from './site.ts'

let site: Site
beforeAll(async () => {
  site = await Site.open()
})
afterEach(() => expect(site.takeFaults()).toEqual([]))
afterAll(() => site.close())

async function arrive(options: Parameters<Site['visit']>[0] = desktop): Promise<Page> {
  const page = await site.visit(options)
  await answered(page)
  return page
}

const waiting = (page: Page) => page.locator('.espera')
const status = (page: Page) => page.locator('#estado')

/** Without waiting for an answer. */
async function type(page: Page, text: string): Promise<void> {
  await page.locator('#texto').fill(text)
  await page.locator('#texto').press('Enter')
}

/** What the server has of it, as a reload shows it. */
async function kept(page: Page): Promise<string[]> {
  await page.reload()
  await answered(page)
  return mine(page).allTextContents()
}

/** The next message arrives, but its answer is lost on the way back. */
async function loseAnswer(page: Page): Promise<void> {
  await page.route(
    '**/mensaje',
    async route => {
      await route.fetch()
      await route.abort('connectionreset')
    },
    { times: 1 },
  )
}

describe('a message survives', () => {
  test('being written without a connection: it waits, says so, and is sent once', async () => {
    const page = await arrive(phone)
    await page.context().setOffline(true)
    await type(page, 'cuánto cuesta')
    await type(page, 'qué clínica me toca')
    await eventually(() => status(page).textContent()).toBe(site.words.sinConexion)
    expect(await waiting(page).allTextContents()).toHaveLength(2)
    expect(await choices(page).count()).toBe(0)
    await page.context().setOffline(false)
    await answered(page)
    expect(await status(page).textContent()).toBe('')
    const shown = await texts(page)
    const order = await lines(page).evaluateAll(all =>
      all.map(line => (line as { className: string }).className),
    )
    expect(order.join(' ')).toMatch(/^(guia )+persona (guia )+persona (guia ?)+$/)
    expect(await kept(page)).toEqual(['cuánto cuesta', 'qué clínica me toca'])
    expect(await texts(page)).toEqual(shown)
  })

  test('losing the answer: no second turn, and the reply appears', async () => {
    const page = await arrive()
    await loseAnswer(page)
    await type(page, 'cuánto cuesta')
    await answered(page)
    await eventually(() => status(page).textContent()).toBe('')
    const shown = await texts(page)
    expect(await mine(page).allTextContents()).toEqual(['cuánto cuesta'])
    expect(await kept(page)).toEqual(['cuánto cuesta'])
    expect(await texts(page)).toEqual(shown)
  })

  test('losing the answer of a choice that was pressed', async () => {
    const page = await arrive()
    await loseAnswer(page)
    await choices(page).filter({ hasText: 'Ver temas' }).click()
    await answered(page)
    const offered = await labels(page)
    expect(offered).not.toContain('Ver temas')
    expect(await kept(page)).toEqual(['Ver temas'])
    expect(await labels(page)).toEqual(offered)
  })

  test('a reload before it was sent', async () => {
    const page = await arrive()
    await page.route('**/mensaje', route => route.abort())
    await type(page, 'cuánto cuesta')
    await eventually(() => status(page).textContent()).toBe(site.words.otraVez)
    await page.reload()
    expect(await waiting(page).locator('p').allTextContents()).toEqual(['cuánto cuesta'])
    await page.unroute('**/mensaje')
    await answered(page)
    expect(await mine(page).allTextContents()).toEqual(['cuánto cuesta'])
    expect(await kept(page)).toEqual(['cuánto cuesta'])
  })

  test('a reload after it was handled and its answer lost', async () => {
    const page = await arrive()
    await loseAnswer(page)
    await page.route('**/eventos', route => route.abort())
    await type(page, 'cuánto cuesta')
    await page.reload()
    await answered(page)
    expect(await mine(page).allTextContents()).toEqual(['cuánto cuesta'])
    expect(await kept(page)).toEqual(['cuánto cuesta'])
  })

  test('a proxy that answers with a page of its own', async () => {
    const page = await arrive()
    let times = 0
    await page.route('**/mensaje', route =>
      times++ === 0 ? route.fulfill({ status: 200, body: '<h1>Wi-Fi: acepta</h1>' }) : route.continue(),
    )
    await say(page, 'cuánto cuesta')
    expect(times).toBe(2)
    expect(await kept(page)).toEqual(['cuánto cuesta'])
  })

  test('a restart of the server: the page goes on by itself', async () => {
    const page = await arrive()
    const other = await page.context().newPage()
    await other.goto(site.url)
    await say(page, 'qué es el seguro')
    await site.stop()
    await type(page, 'cuánto cuesta')
    await eventually(() => status(page).textContent()).toBe(site.words.otraVez)
    expect(await waiting(page).count()).toBe(1)
    await site.start()
    await answered(page)
    expect(await mine(page).allTextContents()).toEqual(['qué es el seguro', 'cuánto cuesta'])
    // The other tab hears of it over a stream that it opened anew.
    await eventually(() => mine(other).allTextContents()).toEqual(['qué es el seguro', 'cuánto cuesta'])
  })
})

describe('two tabs of one person', () => {
  test('show the same, whichever of them speaks', async () => {
    const one = await arrive()
    const two = await one.context().newPage()
    site.watch(two)
    await two.goto(site.url)
    await say(one, 'cuánto cuesta')
    await eventually(() => texts(two)).toEqual(await texts(one))
    await choices(two).first().click()
    await answered(two)
    await say(two, 'qué es el seguro')
    await eventually(() => texts(one)).toEqual(await texts(two))
    expect(await labels(one)).toEqual(await labels(two))
    await say(one, '/borrar')
    await eventually(() => texts(two)).toEqual([])
    await say(two, 'cuánto cuesta')
    await eventually(() => mine(one).allTextContents()).toEqual(['cuánto cuesta'])
  })

  test('are not mixed with another person', async () => {
    const [one, other] = [await arrive(), await arrive()]
    await say(one, 'cuánto cuesta')
    await say(other, 'qué clínica me toca')
    expect(await kept(one)).toEqual(['cuánto cuesta'])
    expect(await kept(other)).toEqual(['qué clínica me toca'])
  })
})

describe('who goes too fast', () => {
  test('is told so, and is answered once the seconds have passed', async () => {
    const page = await arrive()
    for (let i = 0; i < 30; i++)
      await page.request.post(`${site.url}mensaje`, { data: { id: `fast ${i}`, text: 'hola' } })
    await type(page, 'cuánto cuesta')
    await eventually(() => status(page).textContent()).toBe(site.words.muyRapido)
    expect(await waiting(page).count()).toBe(1)
    site.now = new Date(site.now.getTime() + 10_000)
    await answered(page)
    expect(await status(page).textContent()).toBe('')
    expect(await lastText(page)).not.toBe('')
    expect((await kept(page)).filter(text => text === 'cuánto cuesta')).toHaveLength(1)
  })
})
