import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FrameLocator, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { desktop, eventually, phone, Site } from './site.ts'

let site: Site
let school: Server
/** Another origin, and with 127.0.0.1 another site, to which no cookie comes back over http. */
let schoolPort = 0
beforeAll(async () => {
  site = await Site.open()
  school = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    // The policy and the names are as bad as a school's page may have them.
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src 'unsafe-inline' ${site.url};
      connect-src ${site.url}; frame-src ${site.url}`.replaceAll('\n', ''),
    )
    response.end(`<!doctype html><html lang="es"><title>CECyT 6</title>
      <meta name="viewport" content="width=device-width"><h1>CECyT 6</h1>
      <script>const button = 1, frame = 2, words = 3, show = 4, host = 5, root = 6</script>
      <script src="${site.url}embed.js" data-plantel="cecyt-6" async></script>`)
  })
  await new Promise<void>(done => school.listen(0, done))
  schoolPort = (school.address() as AddressInfo).port
})
afterEach(() => expect(site.takeFaults()).toEqual([]))
afterAll(async () => {
  await site.close()
  await new Promise(done => school.close(done))
})

describe('on a school’s page, with one line of script', () => {
  const chatIn = (page: Page): FrameLocator => page.frameLocator('iframe')
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

  test('a button opens the chat, Escape inside or outside closes it, and the chat is kept', async () => {
    const page = await site.visit({ ...desktop, path: `http://localhost:${schoolPort}/` })
    const chat = chatIn(page)
    expect(await page.locator('iframe').isVisible()).toBe(false)
    await button(page, site.words.abrir).press('Enter')
    await chat.locator('.guia').first().waitFor()
    expect(await page.locator('iframe').getAttribute('title')).toBe(site.words.titulo)
    expect(await button(page, site.words.cerrar).getAttribute('aria-expanded')).toBe('true')

    await chat.locator('#texto').fill('cuánto cuesta')
    await chat.locator('#texto').press('Enter')
    await chat.locator('.persona:not(.espera) ~ .guia').first().waitFor()
    await chat.locator('#texto').press('Escape')
    await eventually(() => page.locator('iframe').isVisible()).toBe(false)
    // The focus is back on the button, not lost.
    await page.keyboard.press('Enter')
    await eventually(() => page.locator('iframe').isVisible()).toBe(true)
    expect(await chat.locator('.persona p').allTextContents()).toEqual(['cuánto cuesta'])
    await button(page, site.words.cerrar).focus()
    await page.keyboard.press('Escape')
    expect(await page.locator('iframe').isVisible()).toBe(false)
  })

  test('the school is passed on', async () => {
    const page = await site.visit({ ...phone, path: `http://localhost:${schoolPort}/` })
    const sent = page.waitForRequest('**/mensaje')
    await button(page, site.words.abrir).tap()
    expect((await sent).postDataJSON()).toMatchObject({ text: '/start', plantel: 'cecyt-6' })
    await chatIn(page).locator('.guia').first().waitFor()
    expect(await chatIn(page).getByRole('link', { name: site.words.aparte }).getAttribute('href')).toBe(
      '/?plantel=cecyt-6',
    )
    const frame = await page.locator('iframe').boundingBox()
    expect(frame?.width).toBe(360)
  })

  test('a browser that refuses the frame its cookie is told to open the chat apart, where it goes on', async () => {
    const page = await site.visit({ ...desktop, path: `http://127.0.0.1:${schoolPort}/` })
    await button(page, site.words.abrir).click()
    await eventually(() => chatIn(page).locator('#estado').textContent()).toBe(site.words.sinCookies)
    const opened = page.context().waitForEvent('page')
    await chatIn(page).getByRole('link', { name: site.words.aparte }).click()
    const apart = await opened
    await apart.locator('.guia').first().waitFor()
    expect(new URL(apart.url()).search).toBe('?plantel=cecyt-6')
  })

  test('nothing is seen where the chat does not answer', async () => {
    const page = await site.visit({ ...desktop, path: `http://localhost:${schoolPort}/` })
    await page.route('**/embed.json', route => route.abort())
    await page.reload()
    expect(await page.getByRole('button').count()).toBe(0)
  })
})

describe('without script', () => {
  const arrive = (path = '') => site.visit({ ...phone, javaScriptEnabled: false, path })
  /** Until the page that it leads to is there: without script nothing else tells. */
  const follow = (page: Page, button: Locator) => Promise.all([page.waitForEvent('load'), button.click()])
  const send = async (page: Page, text: string) => {
    await page.locator('#texto').fill(text)
    await follow(page, page.locator('.enviar'))
  }
  const shown = (page: Page) => page.locator('#platica > article > p').allTextContents()

  test('a conversation goes on by form: the greeting, what is written, what is pressed', async () => {
    const page = await arrive('?plantel=cecyt-6')
    const sent = page.waitForRequest('**/mensaje')
    await follow(page, page.getByRole('button', { name: site.words.empezar }))
    expect(Object.fromEntries(new URLSearchParams((await sent).postData() ?? ''))).toMatchObject({
      text: '/start',
      plantel: 'cecyt-6',
    })
    expect((await shown(page)).join()).toContain('soy Vigente')
    await send(page, '¿cómo saco mi NSS?')
    expect(await page.locator('.persona p').allTextContents()).toEqual(['¿cómo saco mi NSS?'])
    const choice = page.locator('.opciones button').first()
    const label = await choice.getAttribute('data-label')
    await follow(page, choice)
    expect(await page.locator('.persona p').last().textContent()).toBe(label)
    expect(new URL(page.url()).search).toBe('?plantel=cecyt-6')
    await page.reload()
    expect(await page.locator('.persona p').count()).toBe(2)
  })

  test('the form sent twice is one message', async () => {
    const page = await arrive()
    await page.locator('#texto').fill('cuánto cuesta')
    await page.locator('.enviar').dblclick()
    await page.locator('.guia').first().waitFor()
    await page.reload()
    expect(await page.locator('.persona p').allTextContents()).toEqual(['cuánto cuesta'])
  })

  test('what cannot be taken is said on the page', async () => {
    const page = await arrive()
    await page.context().clearCookies()
    await send(page, 'hola')
    expect(await page.getByRole('status').textContent()).toBe(site.words.sinCookies)
    await send(page, 'hola')
    expect((await shown(page)).length).toBeGreaterThan(1)
  })
})
