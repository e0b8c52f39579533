import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { answered, choices, desktop, eventually, phone, Site, say } from './site.ts'

let site: Site
beforeAll(async () => {
  site = await Site.open()
})
afterEach(() => expect(site.takeFaults()).toEqual([]))
afterAll(() => site.close())

/** With links, choices, both speakers and a message that waits. */
async function talkOn(options: Parameters<Site['visit']>[0]): Promise<Page> {
  const page = await site.visit(options)
  await answered(page)
  await say(page, '¿cómo saco mi NSS?')
  return page
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

describe('axe finds nothing wrong', () => {
  const sizes = { phone, desktop }
  test.each([
    ['phone', 'light'],
    ['phone', 'dark'],
    ['desktop', 'light'],
    ['desktop', 'dark'],
  ] as const)('on a %s, %s', async (size, colorScheme) => {
    const page = await talkOn({ ...sizes[size], colorScheme })
    expect(await violations(page)).toEqual([])
    await page.context().setOffline(true)
    await page.locator('#texto').fill('cuánto cuesta')
    await page.locator('#texto').press('Enter')
    await eventually(() => page.locator('#estado').textContent()).toBe(site.words.sinConexion)
    expect(await violations(page)).toEqual([])
  })

  test('in a frame’s page, and without script', async () => {
    expect(await violations(await talkOn({ ...phone, path: '?incrustado=1' }))).toEqual([])
    const page = await site.visit({ ...phone, path: '?incrustado=1' })
    await page.route('**/chat.js', route => route.abort())
    await page.reload()
    expect(await violations(page)).toEqual([])
  })
})

describe('a screen reader', () => {
  test('finds a log that announces what comes, and who speaks', async () => {
    const page = await talkOn(desktop)
    const log = page.getByRole('log', { name: site.words.conversacion })
    expect(await log.getAttribute('aria-live')).toBe('polite')
    const heard = await log.ariaSnapshot()
    expect(heard).toContain(`${site.words.tu}:`)
    expect(heard).toContain(`${site.words.guia}:`)
    // The number is for the eye: it is said of no button.
    expect(heard).toMatch(/button "[^\d"]+"/)
    expect(await page.locator('.quien').first().boundingBox()).toMatchObject({ width: 1, height: 1 })
    expect(await page.getByRole('status').count()).toBe(1)
    expect(await page.getByRole('textbox', { name: site.words.escribe }).count()).toBe(1)
    expect(await page.getByRole('button', { name: site.words.enviar }).count()).toBe(1)
    expect(await page.locator('html').getAttribute('lang')).toBe('es-MX')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(site.words.titulo)
  })
})

describe('the keyboard', () => {
  test('reaches everything in order, and each shows that it is there', async () => {
    const page = await talkOn(desktop)
    await page.locator('#platica').focus()
    const stops: string[] = []
    const here = `(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
      const at = document.activeElement
      return { at: at.id || at.className || at.localName,
        seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 }
    })()`
    for (let last = ''; !last.includes('enviar') && stops.length < 30; ) {
      await page.keyboard.press('Tab')
      const { at, seen } = await page.evaluate<{ at: string; seen: boolean }>(here)
      last = seen ? at : `${at} is not seen to have the focus`
      stops.push(last)
    }
    const offered = await choices(page).count()
    const links = await page.locator('#platica a').count()
    expect(links).toBeGreaterThan(0)
    const expected = [...Array(links).fill('a'), ...Array(offered).fill('button'), 'texto', 'enviar']
    expect(stops).toEqual(expected)
  })

  test('begins in the box where there is a mouse, and not on a phone', async () => {
    const focused = '(() => document.activeElement.id)()'
    expect(await (await site.visit(desktop)).evaluate(focused)).toBe('texto')
    expect(await (await site.visit(phone)).evaluate(focused)).toBe('')
  })
})

describe('on a small screen', () => {
  test('what is touched is at least 44 px', async () => {
    const page = await talkOn({ ...phone, path: '?incrustado=1' })
    const targets = page.locator('button:visible, textarea, header a')
    expect(await targets.count()).toBeGreaterThan(4)
    for (const target of await targets.all()) {
      const box = await target.boundingBox()
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44)
    }
  })

  const cut = `(() => {
    const wide = document.documentElement.clientWidth
    const boxes = document.querySelectorAll('header *, main *, form *')
    return [...boxes].filter(box => !box.matches('.quien, .oculto, [type=hidden], svg, path'))
      .filter(box => { const { left, right } = box.getBoundingClientRect(); return left < 0 || right > wide + 0.5 })
      .map(box => box.outerHTML.slice(0, 80))
      .concat(document.documentElement.scrollWidth > wide ? ['the page scrolls sideways'] : [])
      .concat(document.getElementById('platica').scrollWidth > wide ? ['the log scrolls sideways'] : [])
  })()`

  test('nothing is cut at 320 px', async () => {
    const page = await talkOn({ ...phone, viewport: { width: 320, height: 568 } })
    await say(page, `${'a'.repeat(200)} https://ejemplo.mx/${'b'.repeat(200)}`)
    expect(await page.evaluate(cut)).toEqual([])
  })

  test('nothing is cut at 200 %, of the page or of the letters alone', async () => {
    const zoomed = await talkOn({ viewport: { width: 640, height: 400 } })
    expect(await zoomed.evaluate(cut)).toEqual([])
    const large = await talkOn(phone)
    await large.evaluate(`{ document.documentElement.style.fontSize = '200%' }`)
    expect(await large.evaluate(cut)).toEqual([])
    const box = await large.locator('#texto').boundingBox()
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(640)
    expect((await large.locator('#platica').boundingBox())?.height).toBeGreaterThan(200)
  })

  test('nothing glides for who wants no motion', async () => {
    const behaviour = `getComputedStyle(document.getElementById('platica')).scrollBehavior`
    expect(await (await site.visit({ reducedMotion: 'reduce' })).evaluate(behaviour)).toBe('auto')
    expect(await (await site.visit({ reducedMotion: 'no-preference' })).evaluate(behaviour)).toBe('smooth')
  })
})
