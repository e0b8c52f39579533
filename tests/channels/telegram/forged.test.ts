/** The webhook's door: whoever does not know the secret is not let in, whatever they bring, and costs nothing. */
import { request } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startFakeTelegram } from '../../fakes/telegram.ts'
import { freshDatabase } from '../../postgres.ts'
import { killAll, startProgram } from '../../program.ts'
import { databases, person, publicUrl, Site, secret, seed } from './site.ts'

const path = '/telegram/webhook'
/** FULL=1 is as the issue has it, on both databases. */
const full = process.env.FULL !== undefined
const forged = full ? 1000 : 300
/** Of it memory is measured at the end of each. */
const part = 100
const manyLevels = 100_000
const tenMb = 10 * 1024 * 1024

let ids = 500_000_000
/** As Telegram would push it. */
const update = (id: number, more: object = {}) => ({
  update_id: ++ids,
  message: {
    message_id: ids,
    date: 1,
    from: person(id),
    chat: { id, type: 'private' },
    text: '/start',
    ...more,
  },
})
const genuine = () => JSON.stringify(update(7))
const deep = (inside = '1') => '['.repeat(manyLevels) + inside + ']'.repeat(manyLevels)
const big = Buffer.alloc(tenMb, `{"update_id":1,"message":"${'x'.repeat(1000)}"}`)

const bodies = {
  'a genuine update': genuine,
  'truncated JSON': () => genuine().slice(0, -9),
  'deep JSON': () => deep(),
  'no JSON': () => '\u0000\u0001\uFFFF{]',
  nothing: () => '',
  '10 MB': () => big,
} as const
type BodyName = keyof typeof bodies

const wrong = {
  none: undefined,
  empty: '',
  wrong: 'another-secret-altogether',
  'one character off': secret.replace('4', '5'),
  prefix: secret.slice(0, -1),
  longer: `${secret}4`,
  doubled: `${secret},${secret}`,
  lower: secret.toLowerCase(),
  upper: secret.toUpperCase(),
  quoted: `"${secret}"`,
  endless: secret.repeat(200),
} as const

interface Call {
  readonly method: string
  readonly secret: string | undefined
  readonly type: string | undefined
  readonly body: BodyName
  readonly length: boolean
}

const calls: fc.Arbitrary<Call> = fc.record({
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'PATCH', 'DELETE'),
  secret: fc.constantFrom(...Object.values(wrong)),
  type: fc.constantFrom(
    'application/json',
    'application/json',
    'text/plain',
    'multipart/form-data',
    undefined,
  ),
  body: fc.oneof(
    {
      weight: 20,
      arbitrary: fc.constantFrom(...(Object.keys(bodies) as BodyName[]).filter(name => name !== '10 MB')),
    },
    { weight: 1, arbitrary: fc.constant<BodyName>('10 MB') },
  ),
  length: fc.boolean(),
})

interface Answer {
  /** cut: the door was shut while the body still came. */
  readonly status: number | 'cut'
  readonly text: string
}

function knock(url: string, { method, secret, type, body, length }: Call): Promise<Answer> {
  const bytes = Buffer.from(bodies[body]())
  const headers = {
    ...(secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': secret }),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(length ? { 'content-length': bytes.length } : { 'transfer-encoding': 'chunked' }),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers, agent: false, timeout: 10_000 }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', data => {
        text += data
      })
      const end = () => {
        resolve({ status: response.statusCode as number, text })
        sent.destroy()
      }
      response.on('end', end).on('error', end)
    })
    sent.on('timeout', () => reject(new Error('no answer within 10 s')))
    sent.on('error', () => resolve({ status: 'cut', text: '' }))
    sent.end(bytes)
  })
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** In MB, after what is garbage is gone; of us who knock as well. */
function heapMb(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** Ten at once; gives what `measure` says after each hundred. The first hundred also makes what is made once. */
async function knockAll(
  url: string,
  measure: () => number | Promise<number>,
): Promise<{
  readonly all: readonly Call[]
  readonly answers: readonly Answer[]
  readonly mb: [first: number, last: number]
}> {
  const all = fc.sample(calls, { seed, numRuns: forged + part })
  const answers: Answer[] = []
  const measured: number[] = []
  for (let from = 0; from < all.length; from += part) {
    for (let at = from; at < from + part; at += 10)
      answers.push(...(await Promise.all(all.slice(at, at + 10).map(call => knock(url, call)))))
    measured.push(await measure())
  }
  return { all, answers, mb: [measured[1] as number, measured.at(-1) as number] }
}

describe.each(full ? databases : (['PostgreSQL'] as const))('on %s', database => {
  let site: Site

  beforeAll(async () => {
    site = await Site.open(database, { by: 'webhook', kept: true })
  }, 120_000)

  afterAll(() => site.close())

  const bring = (body: string, more: Partial<Call> = {}) => {
    const headers = {
      'content-type': 'application/json',
      'x-telegram-bot-api-secret-token': more.secret ?? secret,
    }
    return fetch(site.url + path, { method: more.method ?? 'POST', headers, body })
  }

  test(`${forged} forged calls: none accepted, nothing written, sent or logged, heap flat; the true secret still opens`, async () => {
    await site.settled()
    const [made, lines] = [site.fake.calls.length, site.logged.length]
    const { all, answers, mb } = await knockAll(site.url, heapMb)
    const statuses = Object.groupBy(answers, ({ status }) => String(status))
    const counts = Object.fromEntries(Object.entries(statuses).map(([status, of]) => [status, of?.length]))
    // Of 10 MB the rest may come after the door was shut.
    for (const [at, { status, text }] of answers.entries()) {
      if (status === 'cut') expect(all[at]?.body).toBe('10 MB')
      else expect(status).toBe(401)
      expect(text).toBe('')
    }
    expect(site.handled).toEqual([])
    expect(site.fake.calls).toHaveLength(made)
    expect(site.logged.slice(lines)).toEqual([])
    const [first, last] = mb
    console.log(
      `forged, ${database}, seed ${seed}: ${JSON.stringify(counts)}; heap after the first and the last hundred ${first.toFixed(1)} and ${last.toFixed(1)} MB`,
    )
    expect(last - first).toBeLessThan(5)
    expect(JSON.parse(await site.dump())).toEqual([[], [], [], []])
    await site.start()
    expect((await bring(genuine())).status).toBe(200)
    expect(site.handled).toHaveLength(1)
  }, 180_000)

  test.each<[string, string, number]>([
    ['deep JSON', deep(), 200],
    ['deep JSON in a message', `{"update_id":1,"message":${deep()}}`, 200],
    ['truncated JSON', genuine().slice(0, -5), 400],
    ['nothing', '', 400],
    ['10 MB', big.toString(), 413],
    ['a number', '7', 200],
    ['null', 'null', 200],
    ['an update of no number', JSON.stringify({ message: update(7).message }), 200],
  ])('with the true secret, %s neither stops nor tells anything', async (_, body, status) => {
    const [handled, lines] = [site.handled.length, site.logged.length]
    const answer = await bring(body)
    expect([answer.status, await answer.text()]).toEqual([status, ''])
    expect(site.handled).toHaveLength(handled)
    expect(site.logged.slice(lines).join('')).not.toMatch(/Ana|start|\[\[/)
    const someone = 1000 + site.handled.length
    expect((await bring(JSON.stringify(update(someone)))).status).toBe(200)
    expect(site.handled).toHaveLength(handled + 1)
  })

  test('with the true secret, 10 MB that do not say how many they are: refused before they are all read', async () => {
    const call = { method: 'POST', secret, type: 'application/json', body: '10 MB', length: false } as const
    expect([413, 'cut']).toContain((await knock(site.url, call)).status)
  })

  test('with the true secret, fields of next year, however deep, are looked past', async () => {
    const text = JSON.stringify(update(2000)).replace('"text"', `"soon":${deep('{"a":null}')},"text"`)
    expect((await bring(text)).status).toBe(200)
    expect(site.handled.at(-1)?.incoming.from.id).toBe('2000')
  })

  test('with the true secret, another method or another type is no update', async () => {
    const handled = site.handled.length
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      expect((await bring(genuine(), { method })).status).toBe(404)
    for (const type of ['text/plain', 'application/jsonx', undefined])
      for (const method of ['POST', 'GET'])
        expect(
          await knock(site.url, { method, secret, type, body: 'a genuine update', length: true }),
        ).toEqual({
          status: 415,
          text: '',
        })
    expect(site.handled).toHaveLength(handled)
  })

  test('neither answers nor logs hold the secret', async () => {
    const answer = await bring(genuine(), { secret: 'wrong' })
    expect(answer.status).toBe(401)
    const headers = JSON.stringify([...answer.headers])
    for (const told of [headers, site.logged.join('')]) expect(told).not.toContain(secret.slice(0, 12))
  })
})

// FULL=1: how the heap of the process fares is tried above.
if (full)
  test('the whole program, knocked at so, keeps its size', async () => {
    const fake = await startFakeTelegram()
    try {
      const program = await startProgram({
        DATABASE_URL: await freshDatabase(),
        TELEGRAM_BOT_TOKEN: fake.token,
        TELEGRAM_API_ROOT: fake.root,
        TELEGRAM_WEBHOOK_SECRET: secret,
        PUBLIC_URL: publicUrl,
      })
      const rssMb = async () => {
        const figures = await (await fetch(`${program.url}/metrics`)).text()
        return Number(/^process_resident_memory_bytes (\d+)/m.exec(figures)?.[1]) / 2 ** 20
      }
      const { answers, mb } = await knockAll(program.url, rssMb)
      const [first, last] = mb
      console.log(`forged, the program, seed ${seed}: rss ${first.toFixed(0)} and ${last.toFixed(0)} MB`)
      expect(answers.filter(({ status }) => status !== 401 && status !== 'cut')).toEqual([])
      // It breathes by some 50 MB between two collections, as heapMb does not; the bodies are more than 400 MB.
      expect(last - first).toBeLessThan(100)
      program.child.kill('SIGTERM')
      expect(await program.ended).toBe(0)
      expect(program.printed() + program.faults()).not.toContain(secret)
    } finally {
      killAll()
      await fake.close()
    }
  }, 180_000)
