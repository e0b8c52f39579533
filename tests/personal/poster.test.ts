/** The poster as a school gets it: made by the command, printed by a real browser, read by a camera's decoder. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import decodeQR from 'qr/decode.js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { viewOfNobody } from '../../src/conversation/write.ts'
import { askBotName } from '../../src/personal/poster/bot.ts'
import { linkOf, renderPoster } from '../../src/personal/poster/page.ts'
import { tellUnknown } from '../../src/personal/poster/plantel.ts'
import { openBrowser } from '../browser.ts'
import { content } from '../guide.ts'
import { runCommand } from '../program.ts'

const view = viewOfNobody(content, new Date('2026-11-22T10:00:00-06:00'))
const planteles = [...new Set([...Object.keys(content.escuelas), ...Object.keys(content.planteles)])]
const token = '123456789:AAE-a_token-of-no_bot'

const folder = mkdtempSync(join(tmpdir(), 'vigente-cartel-'))
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

const runPoster = (args: readonly string[], environment: Record<string, string> = {}) =>
  runCommand('poster', args, environment)

/** A server that answers getMe so, and what was asked of it. */
async function serveMe(status: number, answer: unknown): Promise<{ apiRoot: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(String(request.url))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => new Promise(done => server.close(() => done())))
  return { apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const pixels = `async source => {
  const image = Object.assign(new Image(), { src: source })
  await image.decode()
  const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, image.width, image.height)
  let text = ''
  for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192))
  return { width: image.width, height: image.height, data: btoa(text) }
}`

/** What a camera reads in a picture. */
async function decode(png: Buffer): Promise<string> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const source = JSON.stringify(`data:image/png;base64,${png.toString('base64')}`)
  const { width, height, data } = await page.evaluate<{ width: number; height: number; data: string }>(
    `(${pixels})(${source})`,
  )
  return decodeQR({ width, height, data: new Uint8Array(Buffer.from(data, 'base64')) }, { timeLimit: 10_000 })
}

describe('the poster of a school', () => {
  test('holds a code that leads its students to the bot, the name of the school, and the link in letters', async () => {
    const out = join(folder, 'cartel.html')
    const { code, printed, faults } = await runPoster(['cecyt-6', '--bot', '@vigente_bot', '--out', out])
    expect({ code, faults }).toEqual({ code: 0, faults: '' })
    expect(printed).toContain(out)
    const page = await browser.newPage({ viewport: { width: 794, height: 1123 } })
    onTestFinished(() => page.close())
    const outside: string[] = []
    page.on('request', request => outside.push(request.url()))
    await page.goto(pathToFileURL(out).href)
    expect(outside).toEqual([pathToFileURL(out).href])
    const png = await page.screenshot({ fullPage: true, path: process.env.SHOT })
    expect(await decode(png)).toBe('https://t.me/vigente_bot?start=plantel-cecyt-6')
    const shown = (await page.locator('body').innerText()).replace(/\s+/g, ' ')
    expect(shown).toContain(content.escuelas['cecyt-6']?.nombre)
    expect(shown).toContain('t.me/vigente_bot?start=plantel-cecyt-6')
    expect(await page.locator('li').count()).toBe(3)
    const box = await page.locator('svg').boundingBox()
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThan(420)
  })

  test.each(['A4', 'Letter'] as const)(
    'prints on one sheet of %s, for the longest name too',
    async format => {
      const longest = planteles.reduce((one, other) =>
        content.plantel(one).nombre.length < content.plantel(other).nombre.length ? other : one,
      )
      const page = await browser.newPage()
      onTestFinished(() => page.close())
      await page.setContent(await renderPoster(view, longest, 'a'.repeat(32)))
      const pdf = (await page.pdf({ format, preferCSSPageSize: false })).toString('latin1')
      expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1)
    },
  )

  test('is read though a corner of it was torn off', async () => {
    const page = await browser.newPage({ viewport: { width: 794, height: 1123 } })
    onTestFinished(() => page.close())
    await page.setContent(await renderPoster(view, 'escom', 'vigente_bot'))
    await page.addStyleTag({
      content: `figure { position: relative }
        figure::after { content: ''; position: absolute; right: 9.5%; bottom: 9.5%; width: 27%; height: 27%; background: #fff }`,
    })
    expect(await decode(await page.screenshot())).toBe(linkOf('vigente_bot', 'escom'))
  })

  test('leads by a link that Telegram takes, whichever the school is', () => {
    const payloads = planteles.map(id => new URL(linkOf('vigente_bot', id)).searchParams.get('start') ?? '')
    expect(payloads.length).toBeGreaterThan(40)
    expect(payloads.filter(payload => !/^[A-Za-z0-9_-]{1,64}$/.test(payload))).toEqual([])
  })

  test('escapes the name of a school', async () => {
    const named = {
      ...content,
      plantel: () => ({ ...content.plantel('escom'), nombre: '<script>1</script>' }),
    }
    expect(await renderPoster({ ...view, content: named }, 'escom', 'vigente_bot')).not.toContain('<script>')
  })
})

describe('without --bot, the bot', () => {
  const me = { ok: true, result: { id: 1, is_bot: true, first_name: 'Vigente', username: 'de_veras_bot' } }

  test('is asked of Telegram with the token, and the poster leads there', async () => {
    const { apiRoot, asked } = await serveMe(200, me)
    const out = join(folder, 'asked.html')
    const telegram = { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: apiRoot }
    expect(await runPoster(['escom', '--out', out], telegram)).toMatchObject({ code: 0, faults: '' })
    expect(asked).toEqual([`/bot${token}/getMe`])
    expect(readFileSync(out, 'utf8')).toContain('t.me/de_veras_bot?start=plantel-escom')
  })

  test.each([
    ['a token that Telegram does not know', 401, { ok: false, error_code: 401, description: 'Unauthorized' }],
    ['an answer of another form', 200, { ok: true, result: { username: '<b>' } }],
  ])('is not made up after %s, and the token is not told', async (_, status, answer) => {
    const { apiRoot } = await serveMe(status, answer)
    const fault = await askBotName({ token, apiRoot }).catch(
      (error: Error) => `${error.stack} ${error.cause}`,
    )
    expect(fault).toContain(`Telegram answered ${status}`)
    expect(fault).not.toContain(token)
  })

  test('is not made up where nobody answers, and the token is not told', async () => {
    for (const apiRoot of ['http://127.0.0.1:1', 'nowhere']) {
      const fault = await askBotName({ token, apiRoot }).catch(
        (error: Error) => `${error.stack} ${error.cause}`,
      )
      expect(fault).toContain('cannot be reached')
      expect(fault).not.toContain(token)
    }
  })

  test('must be given where there is no token either', async () => {
    const { code, faults } = await runPoster(['escom'])
    expect(code).toBe(1)
    expect(faults).toContain('--bot')
  })
})

describe('what cannot be made is told plainly:', () => {
  test.each([
    ['sescom', 'escom'],
    ['voca 6', 'cecyt-6'],
    ['CECYT-09', 'cecyt-9'],
    ['constructor', ''],
    ['../../etc', ''],
  ])('there is no plantel %s', (wrong, meant) => {
    const told = tellUnknown(view, wrong)
    expect(told).toContain(`No hay un plantel ${wrong}.`)
    expect(told).toContain(meant)
    expect(told?.trim().split('\n')).toHaveLength(1)
  })

  test.each([
    [['../../etc', '--bot', 'vigente_bot'], 'No hay un plantel ../../etc.'],
    [['escom', 'esime'], 'npm run poster'],
    [['escom', '--bot', 'https://t.me/x'], '--bot'],
    [['escom', '--bot', 'vigente_bot', '--out', '/no/such/folder/x.html'], '/no/such/folder'],
  ])('%j', async (args, told) => {
    const { code, faults } = await runPoster(args)
    expect(code).toBe(1)
    expect(faults).toContain(told)
    expect(faults.trim().split('\n')).toHaveLength(1)
  })
})
