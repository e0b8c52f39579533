/** Every way in which a call of Meta's API can fail, and what delivery is told of it; nothing of it tells of anybody. */
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { SendError } from '../../../src/channels/channel.ts'
import { GraphApi } from '../../../src/channels/whatsapp-cloud/api.ts'
import { type Answer, refuse, say, secrets, startMeta } from './meta.ts'

const person = { phone: secrets.phone, user: secrets.user }
const message = { type: 'text', text: { body: secrets.text, preview_url: false } } as const

async function apiAnswering(...answers: readonly Answer[]) {
  const meta = await startMeta()
  let next = 0
  meta.answer = (asked, response) => answers[Math.min(next++, answers.length - 1)]?.(asked, response)
  const api = new GraphApi({ token: secrets.token, phoneId: '42', apiRoot: meta.root })
  return { meta, api }
}

async function refusalOf(work: Promise<unknown>): Promise<SendError> {
  const error = await work.then(
    () => undefined,
    error => error,
  )
  if (!(error instanceof SendError)) throw new Error(`no SendError but ${error}`)
  const told = `${error.message} ${JSON.stringify(error)} ${String(error.cause ?? '')}`
  for (const secret of Object.values(secrets)) expect(told).not.toContain(secret)
  return error
}

const failing = async (...answers: readonly Answer[]) => {
  const { meta, api } = await apiAnswering(...answers)
  return { meta, api, error: await refusalOf(api.send(person, message)) }
}

/** The date stands still until the test moves it: by it the silence is counted. */
function holdDate(): void {
  vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
}

const throttling = [4, 80007, 130429, 131048, 131057, 133016]

describe('a code of Meta', () => {
  test.each([
    [0, 'misconfigured'],
    [1, 'retry'],
    [2, 'retry'],
    [3, 'misconfigured'],
    [10, 'misconfigured'],
    [33, 'misconfigured'],
    [100, 'rejected'],
    [190, 'misconfigured'],
    [200, 'misconfigured'],
    [230, 'misconfigured'],
    [299, 'misconfigured'],
    [300, 'rejected'],
    [368, 'misconfigured'],
    [130472, 'rejected'],
    [130497, 'rejected'],
    [131000, 'retry'],
    [131005, 'misconfigured'],
    [131008, 'rejected'],
    [131009, 'rejected'],
    [131016, 'retry'],
    [131021, 'rejected'],
    [131026, 'unreachable'],
    [131030, 'rejected'],
    [131031, 'misconfigured'],
    [131037, 'misconfigured'],
    [131042, 'misconfigured'],
    [131045, 'misconfigured'],
    [131047, 'rejected'],
    [131049, 'rejected'],
    [131050, 'rejected'],
    [131051, 'rejected'],
    [131053, 'rejected'],
    [131056, 'retry'],
    [131062, 'rejected'],
    [132000, 'rejected'],
    [132001, 'rejected'],
    [132015, 'rejected'],
    [133004, 'retry'],
    [133010, 'misconfigured'],
    ...throttling.map((code): [number, string] => [code, 'retry']),
  ] as [number, string][])('%i is %s whatever the HTTP status', async (code, kind) => {
    for (const status of [400, 403, 429, 500]) {
      const { error, api } = await failing(refuse(code, status, { is_transient: false }))
      expect(error.kind).toBe(kind)
      expect(error.message).toContain(`(${code})`)
      expect(error.pauseMs !== undefined).toBe(throttling.includes(code))
      expect(api.takesToken).toBe(kind !== 'misconfigured')
    }
  })

  test('that is not known here is tried again where Meta says that it passes, or by the HTTP status', async () => {
    expect((await failing(refuse(999_999, 400))).error.kind).toBe('rejected')
    expect((await failing(refuse(999_999, 400, { is_transient: true }))).error.kind).toBe('retry')
    expect((await failing(refuse(999_999, 500))).error.kind).toBe('retry')
    expect((await failing(refuse(999_999, 500, { is_transient: false }))).error.kind).toBe('rejected')
  })

  test('names the variable that is wrong', async () => {
    expect((await failing(refuse(190, 401))).error.message).toMatch(/^WHATSAPP_CLOUD_TOKEN: /)
    const { error } = await failing(refuse(100, 400, { error_subcode: 33 }))
    expect(error).toMatchObject({ kind: 'misconfigured' })
    expect(error.message).toMatch(/^WHATSAPP_CLOUD_PHONE_ID: /)
  })
})

describe('where Meta wants silence', () => {
  test('nothing at all is called until it is over', async () => {
    holdDate()
    const { meta, api, error } = await failing(refuse(130429, 429), refuse(1))
    expect(error.pauseMs).toBe(1000)
    const early = await refusalOf(api.send(person, message))
    expect(early.kind).toBe('retry')
    expect(early.pauseMs).toBeGreaterThan(0)
    expect(meta.asked).toHaveLength(1)
    vi.setSystemTime(Date.now() + 1001)
    await refusalOf(api.send(person, message))
    expect(meta.asked).toHaveLength(2)
  })

  test('the pause grows, once for all that were under way together, and not without end', async () => {
    const { api } = await apiAnswering(refuse(130429, 400))
    holdDate()
    const pauses: (number | undefined)[] = []
    for (let i = 0; i < 9; i++) {
      const all = await Promise.all([1, 2, 3].map(() => refusalOf(api.send(person, message))))
      pauses.push(...new Set(all.map(({ pauseMs }) => pauseMs)))
      vi.setSystemTime(Date.now() + 100_000)
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  test('it is as long as Meta says, but no day', async () => {
    expect((await failing(refuse(80007, 429, {}, { 'retry-after': '90' }))).error.pauseMs).toBe(90_000)
    expect((await failing(refuse(80007, 429, {}, { 'retry-after': '86400' }))).error.pauseMs).toBe(900_000)
    expect((await failing(refuse(80007, 429, {}, { 'retry-after': 'mañana' }))).error.pauseMs).toBe(1000)
  })

  test('a pair that is too fast stops nobody else', async () => {
    const { meta, api, error } = await failing(refuse(131056, 429), say(200, { messages: [{ id: 'w' }] }))
    expect(error).toMatchObject({ kind: 'retry', pauseMs: undefined })
    expect(await api.send(person, message)).toBe('w')
    expect(meta.asked).toHaveLength(2)
  })
})

describe('an answer that is none of Meta', () => {
  test.each([
    [503, 'retry'],
    [429, 'retry'],
    [500, 'uncertain'],
    [502, 'uncertain'],
    [504, 'uncertain'],
    [408, 'uncertain'],
    [413, 'rejected'],
    [404, 'misconfigured'],
    [302, 'misconfigured'],
  ])('%i is %s', async (status, kind) => {
    const { error } = await failing(say(status, '<html>', { location: 'http://127.0.0.1:1/' }))
    expect(error.kind).toBe(kind)
  })

  test.each(['', '<html>', '{}', '{"messages":[]}', '{"messages":[{}]}'])(
    '200 with %j may have arrived',
    async body => {
      expect((await failing(say(200, body))).error.kind).toBe('uncertain')
    },
  )
})

describe('a connection', () => {
  test('that is refused delivered nothing', async () => {
    const { meta, api } = await apiAnswering(say(200, {}))
    meta.close()
    const error = await refusalOf(api.send(person, message))
    expect(error.kind).toBe('retry')
    expect(error.message).toContain('ECONNREFUSED')
  })

  test('that broke after sending may have delivered; a read mark is only made again', async () => {
    const { api } = await apiAnswering((_, response) => response.socket?.destroy())
    expect((await refusalOf(api.send(person, message))).kind).toBe('uncertain')
    expect((await refusalOf(api.markRead('wamid.x'))).kind).toBe('retry')
    expect((await refusalOf(api.upload('a.ics', 'text/plain', new Uint8Array([1])))).kind).toBe('retry')
  })

  test('that broke in the middle of the answer may have delivered', async () => {
    const { error } = await failing((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"mess')
      response.socket?.end()
    })
    expect(error.kind).toBe('uncertain')
  })

  test('without a word of HTTP may have delivered', async () => {
    const server = createServer(socket => socket.end('¿?'))
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const api = new GraphApi({ token: secrets.token, phoneId: '42', apiRoot: `http://127.0.0.1:${port}` })
    expect((await refusalOf(api.send(person, message))).kind).toBe('uncertain')
    server.close()
  })

  test('that never answers is given up, and may have delivered', async () => {
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(new DOMException('late', 'TimeoutError')), ms / 200)
      return controller.signal
    })
    onTestFinished(() => spy.mockRestore())
    const begun = performance.now()
    const { error } = await failing(() => {})
    expect(error).toMatchObject({ kind: 'uncertain', message: 'the connection to Meta broke: no answer' })
    expect(performance.now() - begun).toBeGreaterThan(95)
  })
})

describe('a call', () => {
  const ok = say(200, { id: 'media-1', success: true, messages: [{ id: 'wamid.new' }] })

  test('goes to the number, with the token, by phone where there is one and else by BSUID', async () => {
    const { meta, api } = await apiAnswering(ok)
    expect(await api.send(person, message)).toBe('wamid.new')
    expect(await api.send({ user: secrets.user }, message)).toBe('wamid.new')
    expect(meta.asked.map(({ path, method, headers }) => [method, path, headers.authorization])).toEqual(
      Array(2).fill(['POST', '/v26.0/42/messages', `Bearer ${secrets.token}`]),
    )
    const common = { messaging_product: 'whatsapp', recipient_type: 'individual', ...message }
    expect(meta.asked.map(({ body }) => body)).toEqual([
      { ...common, to: secrets.phone },
      { ...common, recipient: secrets.user },
    ])
  })

  test('of a read mark names the message and shows that an answer is being written', async () => {
    const { meta, api } = await apiAnswering(ok)
    await api.markRead('wamid.x')
    expect(meta.asked[0]?.body).toEqual({
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: 'wamid.x',
      typing_indicator: { type: 'text' },
    })
  })

  test('of a file brings it as a form', async () => {
    const { meta, api } = await apiAnswering(ok)
    expect(await api.upload('fechas.ics', 'text/plain', new TextEncoder().encode('BEGIN'))).toBe('media-1')
    const [asked] = meta.asked
    expect(asked?.path).toBe('/v26.0/42/media')
    expect(asked?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(asked?.raw).toMatch(/name="messaging_product"\r\n\r\nwhatsapp\r\n/)
    expect(asked?.raw).toMatch(
      /name="file"; filename="fechas.ics"\r\nContent-Type: text\/plain\r\n\r\nBEGIN\r\n/,
    )
  })

  test('that succeeds shows that the token is good again', async () => {
    const { api, error } = await failing(refuse(190, 401), ok)
    expect([error.kind, api.takesToken]).toEqual(['misconfigured', false])
    await api.check(new AbortController().signal)
    expect(api.takesToken).toBe(true)
  })
})
