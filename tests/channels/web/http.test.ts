import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttp, Meter } from '../../../src/http.ts'
import { Site } from './site.ts'

let site: Site
beforeAll(async () => {
  site = await Site.open()
})
afterAll(() => site.close())

type Headers_ = Record<string, string>
const get = (path: string, headers: Headers_ = {}) => fetch(new URL(path, site.url), { headers })
const person = (id: string) => ({ cookie: `vigente=${id.padEnd(22, '0')}` })

function post(body: string | object, headers: Headers_ = {}): Promise<Response> {
  const own = { 'content-type': 'application/json', ...person('post') }
  return fetch(new URL('mensaje', site.url), {
    method: 'POST',
    headers: { ...own, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
  })
}

describe('the page', () => {
  test('lets nothing run, load or send but its own, and nobody frame it', async () => {
    const { headers } = await get('/')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'self'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('may be framed by a school where it is asked for so', async () => {
    const { headers } = await get('/?incrustado=1&plantel=cecyt-6')
    expect(headers.get('content-security-policy')).toContain('frame-ancestors *')
  })

  test('keeps what is in its address from becoming HTML', async () => {
    const page = await (await get('/?plantel="><script>bad()</script>')).text()
    expect(page).not.toContain('<script>bad')
  })

  test.each(['chat.js', 'chat.css', 'embed.js'])(
    '%s comes with its type, and is not guessed at',
    async file => {
      const { status, headers } = await get(file)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(file.endsWith('js') ? /^text\/javascript/ : /^text\/css/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    },
  )

  test('an address where nothing is answers in words', async () => {
    const response = await get('/../../etc/passwd')
    expect(response.status).toBe(404)
    expect(await response.text()).toBe(site.words.noExiste)
  })
})

describe('the cookie', () => {
  test('is out of reach of scripts and new for each person', async () => {
    const [one, two] = [await get('/'), await get('/')].map(({ headers }) => headers.get('set-cookie') ?? '')
    expect(one).toMatch(/^vigente=[\w-]{22}; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(one?.slice(0, 30)).not.toBe(two?.slice(0, 30))
  })

  test('over https comes back inside a frame, each site for itself', async () => {
    const { headers } = await get('/', { 'x-forwarded-proto': 'https' })
    const cookie = headers.get('set-cookie') ?? ''
    for (const part of ['HttpOnly', 'Secure', 'SameSite=None', 'Partitioned']) expect(cookie).toContain(part)
  })

  test('is kept where it is right, and replaced where it is not one of ours', async () => {
    const id = 'abcdefghijklmnopqrstuv'
    expect((await get('/', { cookie: `vigente=${id}` })).headers.get('set-cookie')).toContain(id)
    const other = (await get('/', { cookie: "vigente=' or 1=1; a=b" })).headers.get('set-cookie')
    expect(other).toMatch(/^vigente=[\w-]{22};/)
  })

  test('is asked for: without it every message would be a stranger’s', async () => {
    const response = await post({ id: '1', text: 'hola' }, { cookie: '' })
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ text: site.words.sinCookies })
    expect(response.headers.get('set-cookie')).toContain('vigente=')
  })
})

describe('a message', () => {
  test('is answered with the lines to put in, and once', async () => {
    const message = { id: 'once', text: '/start' }
    const first = (await (await post(message, person('once'))).json()) as { version: number; html: string }
    expect(first.version).toBe(1)
    expect(first.html).toContain('<article class="guia"')
    const again = await (await post(message, person('once'))).json()
    expect(again).toEqual({ version: 1, html: '' })
  })

  test.each([
    ['no JSON', '{"id": "1", "text": ', {}],
    ['nothing', '', {}],
    ['a list', '[]', {}],
    ['no id', '{"text": "hola"}', {}],
    ['no text, choice or file', '{"id": "1"}', {}],
    ['a number as its text', '{"id": "1", "text": 7}', {}],
    ['an unknown kind of file', '{"id": "1", "file": "virus"}', {}],
    ['a type that is neither form nor JSON', '{"id": "1", "text": "hola"}', { 'content-type': 'text/plain' }],
  ])('that is %s is refused in words', async (_, body, headers) => {
    const response = await post(body, headers)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ text: site.words.malMensaje })
  })

  test.each([true, false])('over 800 kB is refused in words (its length told: %s)', async told => {
    const big = Buffer.from(JSON.stringify({ id: '1', text: 'x'.repeat(800_000) }))
    const headers = { 'content-type': 'application/json', ...person('big') }
    // Not by fetch, which would give the cut connection to the next test.
    const request = httpRequest(new URL('mensaje', site.url), { method: 'POST', agent: false, headers })
    if (told) request.setHeader('content-length', big.length)
    request.end(big)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    expect(await json(response)).toEqual({ text: site.words.muyGrande })
  })

  test('from another site is refused, and changes nothing', async () => {
    const mine = person('cross')
    const foreign: Headers_[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    for (const headers of foreign) {
      expect((await post({ id: '1', text: 'hola' }, { ...mine, ...headers })).status).toBe(403)
      const form = { 'content-type': 'application/x-www-form-urlencoded', ...mine, ...headers }
      expect((await post('id=1&text=/borrar', form)).status).toBe(403)
    }
    expect(await (await get('/historia', mine)).json()).toEqual({ version: 0, html: '' })
    const own = { ...mine, 'sec-fetch-site': 'same-origin', origin: site.url.slice(0, -1) }
    expect((await post({ id: '1', text: 'hola' }, own)).status).toBe(200)
    expect((await post({ id: '2', text: 'hola' }, { ...mine, origin: site.url.slice(0, -1) })).status).toBe(
      200,
    )
  })

  test('too many of them from one person wait, another’s do not', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 31; i++) statuses.push((await post({ id: `${i}`, text: '' }, person('fast'))).status)
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(200))
    expect(statuses[30]).toBe(429)
    expect((await post({ id: '1', text: '' }, person('slow'))).status).toBe(200)
  })
})

describe('the history', () => {
  test('takes any wish for its start', async () => {
    await post({ id: '1', text: '/start' }, person('wish'))
    for (const after of ['', '-1', 'x', '0', '1e3', '99999999999'])
      expect(await (await get(`/historia?despues=${after}`, person('wish'))).json()).toMatchObject({
        version: 1,
      })
  })
})

describe('for who runs it', () => {
  test('tells of the process, the database and the numbers', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ ok: true })
    const ready = await get('/readyz')
    expect([ready.status, await ready.json()]).toEqual([200, { database: true }])
    const numbers = await (await get('/metrics')).text()
    expect(numbers).toMatch(/^# TYPE vigente_turns_total counter\nvigente_turns_total [1-9]\d*$/m)
    expect(numbers).toMatch(/^vigente_duplicates_total 1$/m)
    for (const line of numbers.trim().split('\n'))
      expect(line).toMatch(/^(# TYPE \w+ (counter|gauge)|\w+ \d[\d.e+-]*)$/)
  })

  test('counts the turns that failed', async () => {
    const meter = new Meter()
    const failing = meter.measure(async () => {
      throw new Error('down')
    })
    await expect(failing({})).rejects.toThrow('down')
    expect([meter.turns, meter.errors]).toEqual([0, 1])
  })

  test('is not ready where the database does not answer', async () => {
    const app = createHttp({ database: () => Promise.reject(new Error('gone')) }, async () => [])
    const response = await app.request('/readyz')
    expect([response.status, await response.json()]).toEqual([503, { database: false }])
  })
})

describe('once the database is gone', () => {
  beforeAll(async () => {
    site.takeFaults()
    await site.closeStore()
  })

  test('the readiness says so', async () => {
    expect((await get('/readyz')).status).toBe(503)
    expect((await get('/healthz')).status).toBe(200)
  })

  test('a person is told in words, and the log has it', async () => {
    const page = await get('/')
    expect([page.status, await page.text()]).toEqual([500, site.words.falla])
    const answer = await post({ id: 'gone', text: 'hola' }, person('gone'))
    expect([answer.status, await answer.json()]).toEqual([500, { text: site.words.falla }])
    expect(site.takeFaults()).toContain('log: request failed')
  })
})
