import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { answered, choices, desktop, labels, lastText, lines, mine, phone, Site, say, texts } from './site.ts'

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

describe('a conversation', () => {
  test('begins with a greeting, once', async () => {
    const page = await arrive()
    expect(await lastText(page)).toContain('soy Vigente')
    await page.reload()
    await answered(page)
    expect(await lines(page).count()).toBe(1)
    expect(await mine(page).count()).toBe(0)
  })

  test('goes on with what is typed and sent with Enter; Shift+Enter is a new line', async () => {
    const page = await arrive()
    const box = page.locator('#texto')
    await box.press('h')
    await box.press('Shift+Enter')
    await box.pressSequentially('ola')
    expect(await box.inputValue()).toBe('h\nola')
    await say(page, '¿cuánto cuesta el seguro?')
    expect(await mine(page).allTextContents()).toEqual(['¿cuánto cuesta el seguro?'])
    expect(await texts(page)).toContainEqual(expect.stringMatching(/gratis|gratuit/i))
    expect(await box.inputValue()).toBe('')
  })

  test('does not send an empty message', async () => {
    const page = await arrive()
    await page.locator('#texto').fill('  \n ')
    await page.locator('.enviar').click()
    expect(await lines(page).count()).toBe(1)
  })

  test('takes a choice by touch, by its number and by keyboard alike', async () => {
    const replies: string[] = []
    const touching = await arrive(phone)
    await choices(touching).filter({ hasText: 'Ver temas' }).tap()
    await answered(touching)
    replies.push(await lastText(touching))
    expect(await mine(touching).allTextContents()).toEqual(['Ver temas'])

    const typing = await arrive()
    await say(typing, String((await labels(typing)).indexOf('Ver temas') + 1))
    replies.push(await lastText(typing))

    const tabbing = await arrive()
    await tabbing.locator('#platica').focus()
    const onTemas = tabbing.locator('.opciones button:focus', { hasText: 'Ver temas' })
    for (let i = 0; i < 10 && (await onTemas.count()) === 0; i++) await tabbing.keyboard.press('Tab')
    await tabbing.keyboard.press('Enter')
    await answered(tabbing)
    replies.push(await lastText(tabbing))
    expect(await tabbing.locator('.guia:focus').textContent()).toContain(replies[2])

    expect(new Set(replies).size).toBe(1)
    expect(replies[0]).not.toContain('soy Vigente')
  })

  test('lets only the choices of the last message be pressed, before and after a reload', async () => {
    const page = await arrive()
    const before = await labels(page)
    await choices(page).first().click()
    await answered(page)
    const after = await labels(page)
    expect(after).not.toEqual(before)
    expect(await page.locator('.opciones').count()).toBe(2)
    await page.reload()
    expect(await labels(page)).toEqual(after)
    expect(await page.locator('.opciones').count()).toBe(1)
  })

  test('is not moved by a choice that is not offered', async () => {
    const page = await arrive()
    const stale = await choices(page).first().getAttribute('value')
    await choices(page).filter({ hasText: 'Hacer mi trámite' }).click()
    await answered(page)
    const offered = await labels(page)
    for (const choice of [stale, 'renuncia.rechazo', "'; drop table", '']) {
      const headers = { 'content-type': 'application/json' }
      const data = { id: `by hand ${choice}`, choice }
      const response = await page.request.post(`${site.url}mensaje`, { headers, data })
      expect(response.status()).toBe(200)
    }
    await page.reload()
    expect(await labels(page)).toEqual(offered)
    expect(await mine(page).allTextContents()).toEqual(['Hacer mi trámite'])
  })
})

describe('what is shown', () => {
  test('has links for http and https only, without the full stop after them', async () => {
    const page = await arrive()
    await say(page, '¿cómo saco mi NSS?')
    const link = page.locator('.guia a').first()
    expect(await link.getAttribute('href')).toMatch(/^https:\/\//)
    expect(await link.getAttribute('target')).toBe('_blank')
    expect(await link.getAttribute('rel')).toContain('noopener')
    await say(page, 'mira https://ejemplo.mx/a?b=1. o javascript:alert(1) o ftp://ejemplo.mx')
    await page.reload()
    expect(
      await page.evaluate(`[...document.querySelectorAll('.persona a')].map(a => a.getAttribute('href'))`),
    ).toEqual(['https://ejemplo.mx/a?b=1'])
  })

  test('keeps HTML that somebody writes as text', async () => {
    const page = await arrive()
    const nasty = `<script>window.bad = 1</script><img src=x onerror="window.bad = 1"> "&amp; <b>hola</b>`
    await say(page, nasty)
    expect(await mine(page).allTextContents()).toEqual([nasty])
    await page.reload()
    expect(await mine(page).allTextContents()).toEqual([nasty])
    expect(await page.evaluate('window.bad')).toBeUndefined()
    expect(await page.locator('#platica :is(script, img, b)').count()).toBe(0)
  })

  test('comes back after a reload: what was written, the labels of what was pressed, the buttons', async () => {
    const page = await arrive()
    await say(page, 'qué es el seguro facultativo')
    await choices(page).first().click()
    await answered(page)
    const [said, offered] = [await texts(page), await labels(page)]
    await page.reload()
    expect(await texts(page)).toEqual(said)
    expect(await labels(page)).toEqual(offered)
  })

  test('shows a CURP masked once it is history', async () => {
    const page = await arrive()
    await say(page, 'mi curp es GODE561231HDFRRL09, ¿y ahora?')
    await page.reload()
    expect(await mine(page).allTextContents()).toEqual(['mi curp es [CURP], ¿y ahora?'])
    expect(await page.content()).not.toContain('GODE')
  })

  test('is gone after /borrar, save for what that says; a reload greets anew', async () => {
    const page = await arrive()
    await say(page, 'qué es el seguro')
    await say(page, '/borrar')
    expect(await lines(page).count()).toBe(1)
    expect(await lastText(page)).toMatch(/borré/i)
    await say(page, '¿cuánto cuesta el seguro?')
    expect(await lines(page).count()).toBeGreaterThan(2)
    await say(page, '/borrar')
    await page.reload()
    await answered(page)
    expect(await lines(page).count()).toBe(1)
    expect(await lastText(page)).toContain('soy Vigente')
  })

  test('begins at the question where the answer is longer than the screen, also after a reload', async () => {
    const page = await arrive(phone)
    await say(page, 'ya tengo el seguro de mi mamá, ¿qué hago?')
    const place = `(() => {
      const log = document.getElementById('platica')
      const asked = log.querySelector('.persona')
      return { top: asked.getBoundingClientRect().top - log.getBoundingClientRect().top,
        below: log.scrollHeight - log.clientHeight - log.scrollTop }
    })()`
    const read = () => page.evaluate<{ top: number; below: number }>(place)
    await expect.poll(async () => (await read()).top, { timeout: 10_000 }).toBeLessThan(30)
    expect((await read()).top).toBeGreaterThanOrEqual(0)
    expect((await read()).below).toBeGreaterThan(50)
    await page.reload()
    await expect.poll(async () => (await read()).top, { timeout: 10_000 }).toBeLessThan(30)
    expect((await read()).top).toBeGreaterThanOrEqual(0)
  })
})

describe('what is too much', () => {
  test('100,000 characters are answered kindly, and kept short', async () => {
    const page = await arrive()
    const long = 'á¿ñ '.repeat(25_000)
    await say(page, long)
    expect(await lastText(page)).not.toBe('')
    await page.reload()
    expect((await mine(page).textContent())?.length).toBeLessThanOrEqual(2000)
  })

  test('a message over 800 kB is refused in words, and what follows goes through', async () => {
    const page = await arrive()
    // By hand: the box itself takes no more than 100,000 characters.
    await page.evaluate(`{
      const box = document.getElementById('texto')
      box.removeAttribute('maxlength')
      box.value = 'x'.repeat(900_000)
    }`)
    await page.locator('#texto').press('Enter')
    await answered(page)
    expect(await lastText(page)).toBe(site.words.muyGrande)
    await say(page, '¿cuánto cuesta el seguro?')
    expect(await lastText(page)).not.toBe(site.words.muyGrande)
  })

  test.each([
    ['image/png', 'foto'],
    ['audio/ogg', 'voz'],
    ['application/pdf', 'archivo'],
  ] as const)('a dropped %s is answered kindly, and none of its bytes leave', async (type, word) => {
    const page = await arrive()
    const sent: string[] = []
    page.on('request', request => sent.push(request.postData() ?? ''))
    await page.evaluate(`(() => {
      const files = new DataTransfer()
      files.items.add(new File(['secret'.repeat(100_000)], 'mi-curp.png', { type: '${type}' }))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }))
    })()`)
    await answered(page)
    expect(await mine(page).allTextContents()).toEqual([site.words[word]])
    const bytes = sent.join('')
    expect(bytes).not.toMatch(/secret|curp/)
    expect(bytes.length).toBeLessThan(200)
    await page.reload()
    expect(await mine(page).allTextContents()).toEqual([site.words[word]])
  })
})

test('a file can be downloaded, also after a reload', async () => {
  const page = await arrive()
  await say(page, '/calendario')
  for (const again of [false, true]) {
    if (again) await page.reload()
    const link = page.locator('.archivo')
    expect(await link.textContent()).toBe(`${site.words.descargar} entrega-nss.ics`)
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    expect(download.suggestedFilename()).toBe('entrega-nss.ics')
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^BEGIN:VCALENDAR\r\n/)
  }
})
