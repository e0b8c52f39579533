/**
 * The fake Cloud API keeps the published rules: asked with plain fetch, and by whatsapp-api-js, whose own checks of lengths
 * it must agree with and whose check of signatures it must pass.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { WhatsAppAPI } from 'whatsapp-api-js'
import {
  ActionButtons,
  ActionList,
  Body,
  Button,
  Footer,
  Header,
  ListSection,
  Row,
  Text,
} from 'whatsapp-api-js/messages'
import {
  type FakeWhatsApp,
  type Options,
  type Post,
  startFakeWhatsApp,
  type Trouble,
} from './whatsapp-cloud.ts'

const seed = 20261122
const phone = '5215512345678'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(options?: Options): Promise<FakeWhatsApp> {
  const fake = await startFakeWhatsApp(options)
  closing.push(() => fake.close())
  return fake
}

/** With one person who has just written. */
async function startOpen(options?: Options) {
  const fake = await start(options)
  const person = fake.person(phone)
  person.writes('hola')
  return { fake, person }
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what the platform answers differs by call.
  readonly body: any
}

async function ask(fake: FakeWhatsApp, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${fake.token}`, ...init.headers }
  const response = await fetch(`${fake.url}${path}`, { ...init, headers })
  return { status: response.status, body: await response.json() }
}

function post(fake: FakeWhatsApp, payload: object, headers: Record<string, string> = {}): Promise<Answer> {
  const body = JSON.stringify({ messaging_product: 'whatsapp', ...payload })
  return ask(fake, `/${fake.phoneId}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

const send = (fake: FakeWhatsApp, payload: object) => post(fake, { to: phone, ...payload })
const text = (body: unknown, more: object = {}) => ({ type: 'text', text: { body, ...more } })
const reply = (id: string, title: string) => ({ type: 'reply', reply: { id, title } })
const buttons = (given: readonly object[], more: object = {}) => ({
  type: 'interactive',
  interactive: { type: 'button', body: { text: 'Elige.' }, action: { buttons: given }, ...more },
})
const rows = (sections: readonly object[], button: unknown = 'Ver opciones', more: object = {}) => ({
  type: 'interactive',
  interactive: { type: 'list', body: { text: 'Elige.' }, action: { button, sections }, ...more },
})
const manyRows = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `${at}`, title: `${at}` }))
const template = (parameters: readonly unknown[], name = 'aviso', code = 'es_MX') => ({
  type: 'template',
  template: {
    name,
    language: { code },
    components: [{ type: 'body', parameters: parameters.map(text => ({ type: 'text', text })) }],
  },
})
const notice = { name: 'aviso', language: 'es_MX', body: 'Vigente: {{1}}', buttons: ['Seguir'] }

function holds(build: () => unknown): boolean {
  try {
    build()
    return true
  } catch {
    return false
  }
}

async function codeOf(answer: Promise<Answer>): Promise<number | 'ok'> {
  const { status, body } = await answer
  if (status === 200) return 'ok'
  expect(body.error).toMatchObject({ type: 'OAuthException', fbtrace_id: expect.any(String) })
  return body.error.code
}

interface Received {
  readonly bytes: Buffer
  readonly headers: IncomingHttpHeaders
  readonly atMs: number
}

/** A program with a webhook; `status` answers each POST. */
async function program(fake: FakeWhatsApp, status: (count: number) => number = () => 200) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.method === 'GET') {
      const right = url.searchParams.get('hub.verify_token') === 'verifica'
      response.writeHead(right ? 200 : 403).end(right ? url.searchParams.get('hub.challenge') : '')
      return
    }
    received.push({ bytes: Buffer.concat(chunks), headers: request.headers, atMs: performance.now() })
    response.writeHead(status(received.length)).end()
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  closing.push(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/whatsapp/webhook`
  await fake.subscribe(url, 'verifica')
  return { received, url }
}

/** Every `value` of the POSTs, in order. */
function values(posts: readonly { readonly bytes: Buffer }[]) {
  return posts.flatMap(({ bytes }) => {
    const { object, entry } = JSON.parse(bytes.toString())
    expect(object).toBe('whatsapp_business_account')
    // biome-ignore lint/suspicious/noExplicitAny: as Meta sends it.
    return entry.flatMap(({ changes }: any) => changes.map(({ value }: any) => value))
  })
}

const messagesOf = (posts: readonly { readonly bytes: Buffer }[]) =>
  values(posts).flatMap(({ messages = [] }) => messages)
const statusesOf = (posts: readonly { readonly bytes: Buffer }[]) =>
  values(posts).flatMap(({ statuses = [] }) => statuses)

/** What was POSTed once all of it was taken. */
async function settled(fake: FakeWhatsApp): Promise<readonly Post[]> {
  await fake.waitFor(() => fake.pending === 0)
  return fake.posts
}

describe('the door', () => {
  test('without a token it is 104, with a wrong or a revoked one 190, all by 401', async () => {
    const { fake } = await startOpen()
    const asked = (authorization: string) => post(fake, { to: phone, ...text('a') }, { authorization })
    expect(await asked('')).toMatchObject({ status: 401, body: { error: { code: 104 } } })
    expect(await asked('Bearer EAAwrong')).toMatchObject({
      status: 401,
      body: { error: { code: 190, type: 'OAuthException' } },
    })
    expect(await codeOf(asked(`Bearer ${fake.token}`))).toBe('ok')
    fake.revoke()
    expect(await asked(`Bearer ${fake.token}`)).toMatchObject({ status: 401, body: { error: { code: 190 } } })
    expect(fake.calls.map(({ answered }) => answered)).toEqual([104, 190, 'ok', 190])
  })

  test('what is no object of the address is told apart, and another number is not ours', async () => {
    const fake = await start()
    const missing = { status: 400, body: { error: { code: 100, error_subcode: 33 } } }
    expect(await ask(fake, '/999/messages', { method: 'POST' })).toMatchObject(missing)
    expect(await ask(fake, '/999')).toMatchObject(missing)
    expect(await ask(fake, `/${fake.phoneId}/nothing`)).toMatchObject(missing)
  })

  test('the number describes itself, by the fields that are asked for', async () => {
    const fake = await start()
    const { body } = await ask(fake, `/${fake.phoneId}?fields=verified_name,display_phone_number`)
    expect(body).toEqual({
      id: fake.phoneId,
      verified_name: 'Vigente',
      display_phone_number: '+5215550000001',
    })
    expect(await codeOf(ask(fake, `/${fake.phoneId}?fields=secret`))).toBe(100)
  })

  test('what is no JSON, not for WhatsApp or has a parameter too many is refused', async () => {
    const { fake } = await startOpen()
    const path = `/${fake.phoneId}/messages`
    const json = { 'content-type': 'application/json' }
    expect(await codeOf(ask(fake, path, { method: 'POST', headers: json, body: '{' }))).toBe(100)
    expect(await codeOf(send(fake, { messaging_product: 'sms', ...text('a') }))).toBe(100)
    expect(await codeOf(send(fake, { ...text('a'), priority: 'high' }))).toBe(100)
    expect(await codeOf(send(fake, text('a', { markdown: true })))).toBe(100)
    expect(await codeOf(send(fake, { type: 'poll' }))).toBe(131051)
  })
})

describe('who it goes to', () => {
  test('a phone is answered with wa_id, a BSUID with user_id, and of both the phone wins', async () => {
    const fake = await start()
    const person = fake.person({ phone, bsuid: 'MX.13491208655302741918' })
    person.writes('hola')
    const byPhone = await send(fake, { to: '+52 1 55 1234-5678', ...text('a') })
    expect(byPhone.body).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: '+52 1 55 1234-5678', wa_id: phone }],
      messages: [{ id: expect.stringMatching(/^wamid\.HBg/) }],
    })
    const { bsuid } = person
    expect((await post(fake, { recipient: bsuid, ...text('b') })).body.contacts).toEqual([
      { input: bsuid, user_id: bsuid },
    ])
    expect((await send(fake, { recipient: bsuid, ...text('c') })).body.contacts[0].wa_id).toBe(phone)
    expect(person.shown.map(({ text }) => text)).toEqual(['a', 'b', 'c'])
  })

  test('nobody, a BSUID as a phone, a phone as a BSUID, a group and oneself are refused', async () => {
    const fake = await start()
    expect(await codeOf(post(fake, text('a')))).toBe(100)
    expect(await codeOf(post(fake, { to: 'MX.1349', ...text('a') }))).toBe(100)
    expect(await codeOf(post(fake, { recipient: phone, ...text('a') }))).toBe(100)
    expect(await codeOf(send(fake, { recipient_type: 'group', ...text('a') }))).toBe(131009)
    expect(await codeOf(post(fake, { to: '5215550000001', ...text('a') }))).toBe(131021)
  })

  test('an id holds the phone in plain digits, as the real ones do', async () => {
    const { fake, person } = await startOpen()
    const { id } = (await send(fake, text('a'))).body.messages[0]
    for (const wamid of [id, person.writes('b')])
      expect(Buffer.from(wamid.slice(6), 'base64').toString('latin1')).toContain(phone)
  })
})

describe('texts and choices', () => {
  test('a text has 1 to 4096 characters and no half of one', async () => {
    const { fake, person } = await startOpen()
    for (const body of ['a', 'ñ'.repeat(4096), '🏟'.repeat(2048)])
      expect(await codeOf(send(fake, text(body)))).toBe('ok')
    for (const body of ['', ' ', '\n', 'ñ'.repeat(4097), 'a\ud83c', 7])
      expect(await codeOf(send(fake, text(body))), JSON.stringify(body)).toBe(100)
    expect(await codeOf(send(fake, { type: 'text', text: {} }))).toBe(131008)
    expect(await codeOf(send(fake, { type: 'text' }))).toBe(131008)
    expect(person.shown.map(({ text }) => text.length)).toEqual([1, 4096, 4096])
  })

  test('up to three buttons of 20 characters, ids of 256, none twice', async () => {
    const { fake, person } = await startOpen()
    const full = reply('x'.repeat(256), 'ñ'.repeat(20))
    const more = { header: { type: 'text', text: 'h'.repeat(60) }, footer: { text: 'f'.repeat(60) } }
    const body = { text: 'e'.repeat(1024) }
    const three = [full, reply('2', 'dos'), reply('3', 'tres')]
    expect(await codeOf(send(fake, buttons(three, { ...more, body })))).toBe('ok')
    expect(person.shown[0]).toMatchObject({ kind: 'button', header: 'h'.repeat(60), rows: [] })
    expect(person.shown[0]?.buttons).toHaveLength(3)
    const bad = [
      [],
      [...three, reply('4', 'cuatro')],
      [reply('1', 'ñ'.repeat(21))],
      [reply('1', '')],
      [reply('1', 'a\nb')],
      [reply(' 1', 'uno')],
      [reply('1', 'uno'), reply('1', 'dos')],
      [reply('1', 'uno'), reply('2', 'uno')],
    ]
    for (const given of bad)
      expect(await codeOf(send(fake, buttons(given))), JSON.stringify(given)).toBe(131009)
    expect(await codeOf(send(fake, buttons([reply('x'.repeat(257), 'uno')])))).toBe(100)
    const one = [reply('1', 'uno')]
    expect(await codeOf(send(fake, buttons(one, { body: { text: 'e'.repeat(1025) } })))).toBe(100)
    expect(await codeOf(send(fake, buttons(one, { footer: { text: 'f'.repeat(61) } })))).toBe(100)
    expect(await codeOf(send(fake, buttons(one, { header: { type: 'text', text: 'h'.repeat(61) } })))).toBe(
      100,
    )
    expect(person.shown).toHaveLength(1)
  })

  test('a list has ten rows in all, titles of 24, descriptions of 72, ids of 200, a button of 20', async () => {
    const { fake, person } = await startOpen()
    const full = { id: 'x'.repeat(200), title: 't'.repeat(24), description: 'd'.repeat(72) }
    expect(await codeOf(send(fake, rows([{ rows: [full, ...manyRows(9)] }], 'b'.repeat(20))))).toBe('ok')
    expect(person.shown[0]).toMatchObject({ kind: 'list', listButton: 'b'.repeat(20) })
    expect(person.shown[0]?.rows).toHaveLength(10)
    const bad = [
      [],
      [{ rows: [] }],
      [{ rows: manyRows(11) }],
      [
        { title: 'a', rows: manyRows(6) },
        { title: 'b', rows: manyRows(5) },
      ],
      [{ title: 'a', rows: manyRows(1) }, { rows: [{ id: 'x', title: 'x' }] }],
      [
        { title: 'a', rows: manyRows(1) },
        { title: 'b', rows: manyRows(1) },
      ],
      [{ title: 't'.repeat(25), rows: manyRows(1) }],
      [{ rows: [{ ...full, title: 't'.repeat(25) }] }],
      [{ rows: [{ ...full, description: 'd'.repeat(73) }] }],
    ]
    for (const given of bad) expect(await codeOf(send(fake, rows(given))), JSON.stringify(given)).toBe(131009)
    expect(await codeOf(send(fake, rows([{ rows: [{ ...full, id: 'x'.repeat(201) }] }])))).toBe(100)
    expect(await codeOf(send(fake, rows([{ rows: manyRows(1) }], 'b'.repeat(21))))).toBe(131009)
    const two = [
      { title: 'a', rows: manyRows(1) },
      { title: 'b', rows: [{ id: 'x', title: 'x' }] },
    ]
    expect(await codeOf(send(fake, rows(two)))).toBe('ok')
  })

  test('whatsapp-api-js and the fake agree on what is too long, too much or double', async () => {
    let atMs = 0
    const { fake } = await startOpen({ nowMs: () => (atMs += 60_000) })
    const near = (limit: number) =>
      fc.constantFrom(...Array(15).fill(limit), limit + 1).map((length: number) => 'x'.repeat(length))
    const button = fc.record({ id: near(256), title: near(20) })
    const row = fc.record({ id: near(200), title: near(24), description: near(72) })
    const message = fc.record({
      body: near(1024),
      header: near(60),
      footer: near(60),
      action: fc.oneof(
        fc.tuple(button, fc.integer({ min: 0, max: 3 })).map(([one, more]) => {
          const all = [one, ...manyRows(more)]
          return {
            type: 'button',
            given: { buttons: all.map(({ id, title }) => reply(id, title)) },
            build: () => new ActionButtons(...(all.map(one => new Button(one.id, one.title)) as [Button])),
          }
        }),
        fc
          .tuple(near(20), near(24), row, fc.integer({ min: 0, max: 11 }))
          .map(([opens, title, one, more]) => {
            const own = manyRows(more)
            return {
              type: 'list',
              given: { button: opens, sections: [{ title, rows: [one, ...own] }] },
              build: () => {
                const rows = [
                  new Row(one.id, one.title, one.description),
                  ...own.map(r => new Row(r.id, r.title)),
                ]
                return new ActionList(opens, new ListSection(title, ...(rows as [Row])))
              },
            }
          }),
      ),
    })
    const verdicts = new Set<boolean>()
    const agree = fc.asyncProperty(message, async ({ body, header, footer, action }) => {
      const interactive = {
        type: action.type,
        header: { type: 'text', text: header },
        body: { text: body },
        footer: { text: footer },
        action: action.given,
      }
      const fits = holds(() => [action.build(), new Body(body), new Header(header), new Footer(footer)])
      verdicts.add(fits)
      expect((await codeOf(send(fake, { type: 'interactive', interactive }))) === 'ok').toBe(fits)
    })
    await fc.assert(agree, { seed, numRuns: 300 })
    expect(verdicts.size).toBe(2)
  })

  test('a reaction is to a message of the chat, with one emoji or none', async () => {
    const { fake, person } = await startOpen()
    const message_id = person.writes('gracias')
    const react = (reaction: object) => codeOf(send(fake, { type: 'reaction', reaction }))
    expect(await react({ message_id, emoji: '👍🏽' })).toBe('ok')
    expect(await react({ message_id, emoji: '' })).toBe('ok')
    expect(await react({ message_id, emoji: '👍👍' })).toBe(131009)
    expect(await react({ message_id: 'wamid.no', emoji: '👍' })).toBe(131009)
    expect(person.reactions).toEqual([
      { to: message_id, emoji: '👍🏽' },
      { to: message_id, emoji: '' },
    ])
  })

  test('a reply is shown as a reply', async () => {
    const { fake, person } = await startOpen()
    const message_id = person.writes('¿cuánto cuesta?')
    await send(fake, { ...text('Nada.'), context: { message_id } })
    expect(person.shown[0]).toMatchObject({ text: 'Nada.', replyTo: message_id })
  })
})

describe('templates', () => {
  test('only what was approved, with as many parameters as it has', async () => {
    const { fake, person } = await startOpen({ templates: [notice] })
    const taken = await send(fake, template(['ya abrió la ventanilla.']))
    expect(taken.body.messages[0].message_status).toBe('accepted')
    expect(person.shown[0]).toMatchObject({ kind: 'template', text: 'Vigente: ya abrió la ventanilla.' })
    expect(await send(fake, template(['a'], 'otra'))).toMatchObject({
      status: 404,
      body: { error: { code: 132001 } },
    })
    expect(await codeOf(send(fake, template(['a'], 'aviso', 'es')))).toBe(132001)
    expect(await codeOf(send(fake, template([])))).toBe(132000)
    expect(await codeOf(send(fake, template(['a', 'b'])))).toBe(132000)
  })

  test('a parameter has no line break, tab or five spaces, and the whole no more than 1024 characters', async () => {
    const { fake } = await startOpen({ templates: [notice] })
    const told = (parameter: string) => codeOf(send(fake, template([parameter])))
    for (const bad of ['a\nb', 'a\tb', 'a\rb', 'a     b']) expect(await told(bad)).toBe(132018)
    expect(await told('a    b')).toBe('ok')
    expect(await told('')).toBe(131008)
    expect(await told('x'.repeat(1024 - 'Vigente: '.length))).toBe('ok')
    expect(await told('x'.repeat(1025 - 'Vigente: '.length))).toBe(132005)
  })

  test('its quick reply comes back as a button, not as an interactive reply', async () => {
    const { fake, person } = await startOpen({ templates: [notice] })
    await program(fake)
    await send(fake, template(['a']))
    person.presses('Seguir')
    expect(messagesOf(await settled(fake)).at(-1)).toMatchObject({
      type: 'button',
      button: { text: 'Seguir', payload: 'Seguir' },
      context: { from: '5215550000001', id: person.shown[0]?.id },
    })
  })
})

describe('the 24 hours', () => {
  const beganMs = Date.parse('2026-11-22T12:00:00Z')
  const dayMs = 24 * 3_600_000

  async function at(afterMs: number, more: Options = {}) {
    let nowMs = beganMs
    const opened = await startOpen({ clock: () => new Date(nowMs), templates: [notice], ...more })
    await program(opened.fake)
    nowMs += afterMs
    return opened
  }

  test('at 23:59:59 a free text goes out', async () => {
    const { fake, person } = await at(dayMs - 1_000)
    expect(await codeOf(send(fake, text('a')))).toBe('ok')
    expect(person.shown).toHaveLength(1)
  })

  test('at 24:00:01 it is taken, never shown and told as failed; a template goes', async () => {
    const { fake, person } = await at(dayMs + 1_000)
    const { id } = (await send(fake, text('a'))).body.messages[0]
    const [status, ...rest] = statusesOf(await settled(fake))
    expect(rest).toEqual([])
    expect(status).toMatchObject({
      id,
      status: 'failed',
      recipient_id: phone,
      errors: [{ code: 131047, title: 'Re-engagement message' }],
    })
    expect(status).not.toHaveProperty('recipient_user_id')
    expect(values(fake.posts).at(-1)).not.toHaveProperty('contacts')
    await post(fake, { recipient: person.bsuid, ...text('a') })
    expect(statusesOf(await settled(fake)).at(-1)).toMatchObject({ recipient_user_id: person.bsuid })
    await send(fake, template(['a']))
    expect(person.shown.map(({ kind }) => kind)).toEqual(['template'])
  })

  test('buttons and documents are no templates, and the next message opens it again', async () => {
    const { fake, person } = await at(dayMs)
    await send(fake, buttons([reply('1', 'uno')]))
    expect(person.shown).toEqual([])
    person.reacts('👍', { id: 'wamid.x', kind: 'text', text: '', buttons: [], rows: [] })
    await send(fake, text('a'))
    expect(person.shown).toEqual([])
    person.sends('sticker')
    await send(fake, text('a'))
    expect(person.shown).toHaveLength(1)
  })

  test('as an option it is refused at once', async () => {
    const { fake } = await at(dayMs, { refusesOutsideWindow: true })
    expect(await send(fake, text('a'))).toMatchObject({ status: 400, body: { error: { code: 131047 } } })
    expect(fake.accepted).toEqual([])
  })

  test('who never wrote has no window, and who is not on WhatsApp is told as undeliverable', async () => {
    const fake = await start({ templates: [notice] })
    await program(fake)
    const codes = async () => statusesOf(await settled(fake)).flatMap(({ errors = [] }) => errors[0].code)
    fake.person('5215500000002')
    await post(fake, { to: '5215500000002', ...text('a') })
    expect(await codes()).toEqual([131047])
    await post(fake, { to: '5215500000003', ...template(['a']) })
    const person = fake.person(phone)
    person.writes('adiós')
    person.leaves()
    await send(fake, text('a'))
    expect(await codes()).toEqual([131047, 131026, 131026])
    expect(person.shown).toEqual([])
  })
})

describe('the rates', () => {
  test('80 messages in a rolling second, whoever they go to', async () => {
    let atMs = 0
    const fake = await start({ nowMs: () => atMs })
    const to = Array.from({ length: 90 }, (_, at) => fake.person(`52155${String(at).padStart(8, '0')}`))
    fake.held = true
    for (const one of to) one.writes('hola')
    fake.held = false
    const sendTo = (at: number) => post(fake, { to: to[at]?.phone, ...text('a') })
    for (let at = 0; at < 40; at++) expect(await codeOf(sendTo(at))).toBe('ok')
    atMs = 500
    for (let at = 40; at < 80; at++) expect(await codeOf(sendTo(at))).toBe('ok')
    atMs = 999
    expect(await sendTo(80)).toMatchObject({ status: 429, body: { error: { code: 130429 } } })
    atMs = 1_000
    for (let at = 40; at < 80; at++) expect(await codeOf(sendTo(at))).toBe('ok')
    expect(await codeOf(sendTo(81))).toBe(130429)
    expect(fake.excess).toEqual([
      { of: 'number', to: to[80]?.phone, atMs: 999 },
      { of: 'number', to: to[81]?.phone, atMs: 1_000 },
    ])
  })

  test('what people write counts in the 80 as well, but what piled up has come before', async () => {
    let atMs = 0
    const fake = await start({ nowMs: () => atMs })
    const to = Array.from({ length: 40 }, (_, at) => fake.person(`52155${String(at).padStart(8, '0')}`))
    fake.held = true
    for (const one of to) one.writes('hola')
    fake.held = false
    atMs = 5_000
    for (const one of to.slice(0, 30)) for (const word of ['oye', 'una duda']) one.writes(word)
    for (const one of to.slice(0, 20))
      expect(await codeOf(post(fake, { to: one.phone, ...text('a') }))).toBe('ok')
    const sendOne = () => codeOf(post(fake, { to: to[39]?.phone, ...text('a') }))
    expect(await sendOne()).toBe(130429)
    atMs = 6_000
    expect(await sendOne()).toBe('ok')
    expect(fake.excess).toEqual([{ of: 'number', to: to[39]?.phone, atMs: 5_000 }])
  })

  test('no rate is kept once they are switched off', async () => {
    const { fake } = await startOpen({ nowMs: () => 0 })
    fake.rates = false
    for (let at = 0; at < 100; at++) expect(await codeOf(send(fake, text('a')))).toBe('ok')
    expect(fake.excess).toEqual([])
  })

  test('45 at once to one person, by phone or BSUID, then one for each 6 seconds that pass', async () => {
    let atMs = 0
    const { fake, person } = await startOpen({ nowMs: () => atMs })
    const { bsuid } = person
    for (let at = 0; at < 45; at++) {
      const to = at % 2 ? { to: phone } : { recipient: bsuid }
      expect(await codeOf(post(fake, { ...to, ...text('a') }))).toBe('ok')
    }
    expect(await send(fake, text('a'))).toMatchObject({ status: 429, body: { error: { code: 131056 } } })
    atMs = 5_999
    expect(await codeOf(post(fake, { recipient: bsuid, ...text('a') }))).toBe(131056)
    atMs = 6_000
    expect(await codeOf(send(fake, text('a')))).toBe('ok')
    expect(await codeOf(send(fake, text('a')))).toBe(131056)
    expect(fake.excess.map(({ of, atMs }) => [of, atMs])).toEqual([
      ['pair', 0],
      ['pair', 5_999],
      ['pair', 6_000],
    ])
    const other = fake.person('5215500000002')
    other.writes('hola')
    expect(await codeOf(post(fake, { to: other.phone, ...text('a') }))).toBe('ok')
  })

  test('what is refused for its form does not count', async () => {
    const { fake } = await startOpen({ nowMs: () => 0 })
    for (let at = 0; at < 50; at++) await send(fake, text(''))
    expect(await codeOf(send(fake, text('a')))).toBe('ok')
    expect(fake.excess).toEqual([])
  })
})

describe('files', () => {
  function upload(fake: FakeWhatsApp, bytes: Uint8Array<ArrayBuffer>, type: string, product = 'whatsapp') {
    const form = new FormData()
    form.set('messaging_product', product)
    form.set('type', type)
    form.set('file', new Blob([bytes], { type }), 'requisitos.pdf')
    return ask(fake, `/${fake.phoneId}/media`, { method: 'POST', body: form })
  }

  const pdf = new TextEncoder().encode('%PDF-1.7')

  test('uploaded, described, downloaded with the token, sent, deleted', async () => {
    const { fake, person } = await startOpen()
    const { id } = (await upload(fake, pdf, 'application/pdf')).body
    const { body } = await ask(fake, `/${id}`)
    expect(body).toMatchObject({
      id,
      messaging_product: 'whatsapp',
      mime_type: 'application/pdf',
      file_size: 8,
      sha256: createHash('sha256').update(pdf).digest('hex'),
    })
    expect((await fetch(body.url)).status).toBe(401)
    const downloaded = await fetch(body.url, { headers: { authorization: `Bearer ${fake.token}` } })
    expect(await downloaded.text()).toBe('%PDF-1.7')
    const document = { id, filename: 'requisitos.pdf', caption: 'Tus requisitos' }
    expect(await codeOf(send(fake, { type: 'document', document }))).toBe('ok')
    expect(person.shown[0]).toMatchObject({
      kind: 'document',
      text: 'Tus requisitos',
      file: { name: 'requisitos.pdf', type: 'application/pdf', bytes: Buffer.from(pdf) },
    })
    expect((await ask(fake, `/${id}`, { method: 'DELETE' })).body).toEqual({ success: true })
    expect(await codeOf(send(fake, { type: 'document', document }))).toBe(131009)
    expect((await ask(fake, `/${id}`)).status).toBe(400)
  })

  test('only the published types and sizes; a calendar is none of them', async () => {
    const fake = await start()
    const calendar = await upload(fake, pdf, 'text/calendar')
    expect(calendar.body.error).toMatchObject({ code: 100 })
    expect(calendar.body.error.message).toContain("Received file of type 'text/calendar'.")
    expect(await codeOf(upload(fake, pdf, 'text/plain'))).toBe('ok')
    expect(await codeOf(upload(fake, new Uint8Array(5 * 1024 * 1024), 'image/png'))).toBe('ok')
    expect(await codeOf(upload(fake, new Uint8Array(5 * 1024 * 1024 + 1), 'image/png'))).toBe(131053)
    expect(await codeOf(upload(fake, pdf, 'application/pdf', 'sms'))).toBe(100)
    const form = { 'content-type': 'multipart/form-data; boundary=x' }
    const broken = ask(fake, `/${fake.phoneId}/media`, { method: 'POST', headers: form, body: '--x--' })
    expect(await codeOf(broken)).toBe(100)
  })

  test('by link or by id, a caption of 1024, and a picture that is no picture fails later', async () => {
    const { fake, person } = await startOpen()
    await program(fake)
    const link = 'https://www.ipn.mx/requisitos.pdf'
    const told = (document: object) => codeOf(send(fake, { type: 'document', document }))
    expect(await told({ link, caption: 'c'.repeat(1024) })).toBe('ok')
    expect(await told({ link, caption: 'c'.repeat(1025) })).toBe(100)
    expect(await told({ link: 'ipn.mx' })).toBe(100)
    expect(await told({ link, id: '1' })).toBe(131008)
    expect(await told({})).toBe(131008)
    const { id } = (await upload(fake, pdf, 'application/pdf')).body
    expect(await codeOf(send(fake, { type: 'image', image: { id } }))).toBe('ok')
    const failed = statusesOf(await settled(fake)).filter(({ status }) => status === 'failed')
    expect(failed).toMatchObject([{ errors: [{ code: 131053 }] }])
    expect(person.shown).toHaveLength(1)
  })
})

describe('read marks', () => {
  test('a message that came is marked with all before it, and typing is seen until the answer', async () => {
    let nowMs = 0
    const { fake, person } = await startOpen({ clock: () => new Date(nowMs) })
    const ids = [person.writes('a'), person.writes('b')]
    const marked = await post(fake, {
      status: 'read',
      message_id: ids[0],
      typing_indicator: { type: 'text' },
    })
    expect(marked).toEqual({ status: 200, body: { success: true } })
    expect(person.read).toHaveLength(2)
    expect(person.read).toContain(ids[0])
    expect(person.read).not.toContain(ids[1])
    expect(person.typing).toBe(true)
    nowMs += 25_000
    expect(person.typing).toBe(false)
    await post(fake, { status: 'read', message_id: ids[1], typing_indicator: { type: 'text' } })
    await send(fake, text('c'))
    expect(person.typing).toBe(false)
    expect(fake.calls.map(({ what }) => what)).toEqual(['mark', 'mark', 'send'])
    expect(fake.accepted).toHaveLength(1)
  })

  test('no other status, no other indicator and no message that never came', async () => {
    const { fake, person } = await startOpen()
    const message_id = person.writes('a')
    const told = (payload: object) => codeOf(post(fake, payload))
    expect(await told({ status: 'delivered', message_id })).toBe(131009)
    expect(await told({ status: 'read', message_id, typing_indicator: { type: 'audio' } })).toBe(131009)
    expect(await told({ status: 'read', message_id: 'wamid.no' })).toBe(131009)
    expect(await told({ status: 'read' })).toBe(131008)
    expect(await told({ status: 'read', message_id, to: phone })).toBe(100)
  })
})

describe('the webhook', () => {
  test('it is verified first, and a wrong token is no subscription', async () => {
    const { fake } = await startOpen()
    const { received, url } = await program(fake)
    await expect(fake.subscribe(url, 'otro')).rejects.toThrow("couldn't be validated: 403")
    await settled(fake)
    expect(messagesOf(received)).toMatchObject([{ type: 'text', text: { body: 'hola' } }])
  })

  test('a text comes with who wrote it, in the form that Meta publishes', async () => {
    const clock = () => new Date('2026-11-22T12:00:00.900Z')
    const fake = await start({ clock })
    const { received } = await program(fake)
    const person = fake.person({ phone, bsuid: 'MX.13491208655302741918', username: 'ana.vigente' })
    const id = person.writes('¿Cuánto/cuesta? 🏟')
    await settled(fake)
    expect(values(received)).toEqual([
      {
        messaging_product: 'whatsapp',
        metadata: { display_phone_number: '5215550000001', phone_number_id: fake.phoneId },
        contacts: [
          {
            profile: { name: 'Persona 1', username: 'ana.vigente' },
            wa_id: phone,
            user_id: 'MX.13491208655302741918',
          },
        ],
        messages: [
          {
            from: phone,
            from_user_id: 'MX.13491208655302741918',
            id,
            timestamp: '1795348800',
            type: 'text',
            text: { body: '¿Cuánto/cuesta? 🏟' },
          },
        ],
      },
    ])
  })

  test('the signature is over the bytes, which no other serialiser makes again', async () => {
    const { fake } = await startOpen()
    const { received } = await program(fake)
    fake.person(phone).writes('¿Cuánto/cuesta? 🏟')
    await settled(fake)
    const { bytes, headers } =
      received.find(({ bytes }) => bytes.includes('Cu')) ?? received[0] ?? expect.fail()
    const digest = createHmac('sha256', fake.appSecret).update(bytes).digest()
    const given = Buffer.from(String(headers['x-hub-signature-256']).replace(/^sha256=/, ''), 'hex')
    expect(timingSafeEqual(digest, given)).toBe(true)
    expect(headers['x-hub-signature']).toMatch(/^sha1=[0-9a-f]{40}$/)
    expect(bytes.toString()).toContain('\\u00bfCu\\u00e1nto\\/cuesta? \\ud83c\\udfdf')
    expect(Buffer.from(JSON.stringify(JSON.parse(bytes.toString()))).equals(bytes)).toBe(false)
    expect(fake.sign(bytes)).toBe(headers['x-hub-signature-256'])
    expect(fake.posts.some(post => post.bytes.equals(bytes))).toBe(true)
  })

  test('a name hides the phone, and who has only a BSUID never shows one', async () => {
    const fake = await start()
    await program(fake)
    const person = fake.person({ phone, bsuid: 'MX.1', username: 'ana' })
    person.phoneShown = false
    const hidden = person.writes('a')
    fake.person({ bsuid: 'MX.2' }).writes('b')
    fake.person({ phone: '5215500000002' }).writes('c')
    const posts = await settled(fake)
    const byText = new Map(messagesOf(posts).map(one => [one.text.body, one]))
    expect(byText.get('a')).not.toHaveProperty('from')
    expect(byText.get('a')).toMatchObject({ from_user_id: 'MX.1', id: hidden })
    expect(byText.get('b')).toMatchObject({ from_user_id: 'MX.2' })
    expect(byText.get('c')).not.toHaveProperty('from_user_id')
    expect(posts.map(({ bytes }) => bytes.toString()).join()).not.toContain(phone)
    expect(Buffer.from(hidden.slice(6), 'base64').toString('latin1')).not.toContain(phone)
    expect(fake.person({ bsuid: 'MX.1' })).toBe(person)
  })

  test('a button and a row come back with the id that was sent, and what is not seen cannot be pressed', async () => {
    const { fake, person } = await startOpen()
    await program(fake)
    await send(fake, buttons([reply('1:si', 'Sí')]))
    await send(fake, rows([{ rows: [{ id: '2:costo', title: 'Costo', description: 'Cuánto' }] }]))
    person.presses('Sí')
    person.picks('Costo')
    const replies = messagesOf(await settled(fake)).filter(({ type }) => type === 'interactive')
    expect(replies.map(({ interactive }) => interactive)).toEqual(
      expect.arrayContaining([
        { type: 'button_reply', button_reply: { id: '1:si', title: 'Sí' } },
        { type: 'list_reply', list_reply: { id: '2:costo', title: 'Costo', description: 'Cuánto' } },
      ]),
    )
    expect(() => person.presses('No')).toThrow('no button «No»')
    expect(() => person.picks('Sí')).toThrow('no row «Sí»')
  })

  test('all other kinds come in their own form', async () => {
    const fake = await start()
    await program(fake)
    fake.held = true
    const person = fake.person(phone)
    const kinds = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const
    for (const kind of kinds) person.sends(kind, { caption: 'mi CURP' })
    for (const kind of ['location', 'contacts', 'order', 'system', 'unsupported'] as const) person.sends(kind)
    person.writes('reenviado', { forwarded: true })
    person.writes('muy reenviado', { forwarded: 'often' })
    person.does({ type: 'hologram', hologram: {} })
    const sent = messagesOf(await fake.flush({ perPost: 100 }))
    expect(sent.map(({ type }) => type)).toEqual([
      ...['image', 'video', 'audio', 'audio', 'document', 'sticker'],
      ...['location', 'contacts', 'order', 'system', 'unsupported', 'text', 'text', 'hologram'],
    ])
    expect(sent[0].image).toMatchObject({ caption: 'mi CURP', mime_type: 'image/jpeg' })
    expect(sent[3].audio).toMatchObject({ voice: true })
    expect(sent[10].errors).toMatchObject([{ code: 131051 }])
    expect(sent[11].context).toEqual({ forwarded: true })
    expect(sent[12].context).toEqual({ frequently_forwarded: true })
    const { url } = (await ask(fake, `/${sent[0].image.id}`)).body
    const headers = { authorization: `Bearer ${fake.token}` }
    expect(await (await fetch(url, { headers })).text()).toContain('una foto')
  })

  test('many go in one POST, spread over entries and changes, out of order and more than once', async () => {
    const fake = await start()
    const { received } = await program(fake)
    fake.held = true
    const ids = Array.from({ length: 1_000 }, (_, at) =>
      fake.person(`52155${10_000_000 + (at % 7)}`).writes(`${at}`),
    )
    await sleep(20)
    expect(received).toEqual([])
    expect(fake.pending).toBe(1_000)
    const [post, ...rest] = await fake.flush({ perPost: 1_000 })
    expect(rest).toEqual([])
    expect(messagesOf(received).map(({ id }) => id)).toEqual(ids)
    const { entry } = JSON.parse(post?.bytes.toString() ?? '')
    expect(entry).toHaveLength(2)
    expect(entry[0].changes).toHaveLength(5)
    expect(entry[0].changes[0].value.contacts).toHaveLength(7)
    const [a, b] = [fake.person(phone).writes('a'), fake.person(phone).writes('b')]
    await fake.flush({ perPost: 3, order: all => [...all].reverse().concat(all.slice(0, 1)) })
    expect(messagesOf(received.slice(1)).map(({ id }) => id)).toEqual([b, a, a])
    expect(fake.pending).toBe(0)
  })

  test('only 200 counts: anything else brings it again, after growing pauses', async () => {
    const fake = await start()
    const answers = [500, 503, 401, 204, 200]
    const { received } = await program(fake, count => answers[count - 1] ?? 200)
    fake.person(phone).writes('a')
    const [post] = await settled(fake)
    expect(post?.answers).toEqual(answers)
    expect(new Set(received.map(({ bytes }) => bytes.toString())).size).toBe(1)
    const pausesMs = received.slice(1).map((one, at) => one.atMs - (received[at]?.atMs ?? 0))
    for (const [at, leastMs] of [0, 45, 95, 195].entries())
      expect(pausesMs[at]).toBeGreaterThanOrEqual(leastMs)
    expect(post?.tookMs).toHaveLength(5)
  })

  test('a program that is away gets all of it when it is back, elsewhere if need be', async () => {
    const fake = await start()
    const away = createServer(request => request.socket.destroy())
    const { url } = await program(fake)
    await new Promise<void>(done => away.listen(0, '127.0.0.1', done))
    closing.push(() => away.close())
    expect(url).toContain('/whatsapp/webhook')
    const dead = `http://127.0.0.1:${(away.address() as AddressInfo).port}/`
    await expect(fake.subscribe(dead, 'verifica')).rejects.toThrow('fetch failed')
    const sick = await program(fake, () => 500)
    const id = fake.person(phone).writes('a')
    await fake.waitFor(() => sick.received.length > 2)
    expect(fake.pending).toBe(1)
    const { received } = await program(fake)
    await settled(fake)
    expect(messagesOf(received).map(one => one.id)).toEqual([id])
  })

  test('what was taken comes once more on demand, byte for byte', async () => {
    const fake = await start()
    const { received } = await program(fake)
    fake.person(phone).writes('a')
    const [post] = await settled(fake)
    expect(await fake.redeliver(post ?? expect.fail())).toBe(200)
    expect(received.map(({ bytes }) => bytes.toString())).toEqual(Array(2).fill(post?.bytes.toString()))
    expect(received[1]?.headers['x-hub-signature-256']).toBe(received[0]?.headers['x-hub-signature-256'])
  })

  test('nothing is flushed to nobody', async () => {
    const { fake } = await startOpen()
    await expect(fake.flush()).rejects.toThrow('nobody subscribed')
    expect(fake.pending).toBe(1)
  })
})

describe('statuses', () => {
  test('sent, delivered and read are told with the price, by phone and by BSUID', async () => {
    const fake = await start()
    const person = fake.person({ phone, bsuid: 'MX.1', username: 'ana' })
    person.writes('hola')
    await program(fake)
    await settled(fake)
    fake.held = true
    const { id } = (await send(fake, { ...text('a'), biz_opaque_callback_data: 'x' })).body.messages[0]
    const byPhone = values(await fake.flush())
    expect(byPhone.map(({ statuses }) => statuses[0].status)).toEqual(['sent', 'delivered', 'read'])
    for (const { statuses, contacts } of byPhone) {
      expect(statuses[0]).toMatchObject({ id, recipient_id: phone, recipient_user_id: 'MX.1' })
      expect(statuses[0]).toMatchObject({ biz_opaque_callback_data: 'x', pricing: { category: 'service' } })
      expect(contacts[0]).toMatchObject({ wa_id: phone, user_id: 'MX.1' })
    }
    expect(byPhone.map(({ contacts }) => contacts[0].profile.username)).toEqual([undefined, 'ana', 'ana'])
    await post(fake, { recipient: 'MX.1', ...text('b') })
    const [first] = statusesOf(await fake.flush())
    expect(first).not.toHaveProperty('recipient_id')
    expect(first).toMatchObject({ recipient_user_id: 'MX.1' })
  })

  test('they can be turned around, repeated, withheld and told late', async () => {
    const { fake } = await startOpen()
    await program(fake)
    await settled(fake)
    fake.held = true
    fake.statuses = (_, usual) => [...usual, 'sent', 'sent'].reverse() as typeof usual
    await send(fake, text('a'))
    expect(statusesOf(await fake.flush({ perPost: 9 })).map(({ status }) => status)).toEqual([
      ...['sent', 'sent', 'read', 'delivered', 'sent'],
    ])
    fake.statuses = () => []
    const { id } = (await send(fake, text('b'))).body.messages[0]
    expect(fake.pending).toBe(0)
    fake.tell(id, 'played')
    fake.tell(id, 'failed', 131049)
    expect(statusesOf(await fake.flush())).toMatchObject([
      { id, status: 'played' },
      { id, status: 'failed', errors: [{ code: 131049 }] },
    ])
    expect(() => fake.tell('wamid.no', 'read')).toThrow('no such message')
  })

  test('messages and statuses never share a value', async () => {
    const { fake, person } = await startOpen()
    await program(fake)
    await settled(fake)
    fake.held = true
    await send(fake, text('a'))
    person.writes('b')
    const all = values(await fake.flush({ perPost: 9 }))
    expect(all.every(value => 'messages' in value !== 'statuses' in value)).toBe(true)
    expect(all.flatMap(({ statuses = [] }) => statuses)).toHaveLength(3)
  })
})

describe('trouble', () => {
  test('any code comes with its own status or another, so many times, and nothing is done', async () => {
    const { fake, person } = await startOpen()
    const codes = [4, 80007, 130429, 131048, 131056, 133016]
    for (const code of codes)
      for (const status of [undefined, 400, 429, 500]) {
        fake.order({ code, retryAfterS: 7, ...(status ? { status } : {}) }, 1)
        const refused = await send(fake, text('a'))
        expect(refused.status).toBe(status ?? 429)
        expect(refused.body.error).toMatchObject({ code, error_data: { messaging_product: 'whatsapp' } })
      }
    expect(person.shown).toEqual([])
    expect(await codeOf(send(fake, text('a')))).toBe('ok')
    fake.order({ code: 131016 })
    const retried = await fetch(`${fake.url}/${fake.phoneId}/messages`, { method: 'POST' })
    expect([retried.status, retried.headers.get('retry-after')]).toEqual([500, null])
    fake.order(undefined)
    expect(await codeOf(send(fake, text('a')))).toBe('ok')
  })

  test('a gateway answers with a page', async () => {
    const { fake, person } = await startOpen()
    for (const status of [500, 502, 503, 504] as const) {
      fake.order({ status }, 1)
      await expect(send(fake, text('a'))).rejects.toThrow('JSON')
    }
    expect(person.shown).toEqual([])
    expect(fake.calls.map(({ answered }) => answered)).toEqual([500, 502, 503, 504])
  })

  test('cut before does nothing, cut after does it, and the caller knows neither', async () => {
    const { fake, person } = await startOpen()
    for (const trouble of ['cut-before', 'cut-after'] as const) {
      fake.order(trouble, 1)
      await expect(send(fake, text(trouble))).rejects.toThrow('fetch failed')
    }
    expect(person.shown.map(({ text }) => text)).toEqual(['cut-after'])
    expect(fake.accepted).toHaveLength(1)
  })

  test('a call may hang for ever, done or not', async () => {
    const { fake, person } = await startOpen()
    for (const trouble of ['hang-before', 'hang-after'] as const) {
      fake.order(trouble, 1)
      const body = JSON.stringify({ messaging_product: 'whatsapp', to: phone, ...text(trouble) })
      const caller = new AbortController()
      const { signal } = caller
      const headers = { 'content-type': 'application/json' }
      const before = fake.calls.length
      const hanging = ask(fake, `/${fake.phoneId}/messages`, { method: 'POST', headers, body, signal })
      await fake.waitFor(() => fake.calls.length > before)
      caller.abort()
      await expect(hanging).rejects.toThrow('aborted')
    }
    await fake.waitFor(() => fake.calls.every(({ answered }) => answered === 'gone'))
    expect(person.shown.map(({ text }) => text)).toEqual(['hang-after'])
  })

  test('a slow call is overtaken, and one may be taken that fails later', async () => {
    const { fake, person } = await startOpen()
    await program(fake)
    const troubles: Record<string, Trouble> = { slow: { delayMs: 1000 }, blocked: { failsLater: 131049 } }
    fake.trouble = ({ payload }) => troubles[(payload.text as { body: string }).body]
    await Promise.all([send(fake, text('slow')), send(fake, text('fast')), send(fake, text('blocked'))])
    expect(person.shown.map(({ text }) => text)).toEqual(['fast', 'slow'])
    const failed = statusesOf(await settled(fake)).filter(({ status }) => status === 'failed')
    expect(failed).toMatchObject([{ errors: [{ code: 131049 }] }])
  })

  test('waiting resolves to what is seen, and says where it waited in vain', async () => {
    const { fake, person } = await startOpen()
    const waiting = fake.waitFor(() => person.shown[0]?.text)
    await send(fake, text('a'))
    expect(await waiting).toBe('a')
    await expect(fake.waitFor(() => false, 50)).rejects.toThrow('not seen within 50 ms')
  })
})

describe('whatsapp-api-js', () => {
  function client(fake: FakeWhatsApp) {
    const redirected: typeof fetch = (input, init) =>
      fetch(String(input).replace('https://graph.facebook.com', fake.url.replace(/\/v[^/]*$/, '')), init)
    return new WhatsAppAPI({
      token: fake.token,
      appSecret: fake.appSecret,
      v: 'v23.0',
      ponyfill: { fetch: redirected, subtle: crypto.subtle },
    })
  }

  test('it sends, marks and reads what the fake answers', async () => {
    const { fake, person } = await startOpen()
    const api = client(fake)
    const sent = await api.sendMessage(fake.phoneId, { phone, bsuid: String(person.bsuid) }, new Text('hola'))
    expect(sent).toMatchObject({ messages: [{ id: person.shown[0]?.id }] })
    expect(await api.markAsRead(fake.phoneId, person.writes('a'), 'text')).toEqual({ success: true })
    expect(person.typing).toBe(true)
    const refused = await api.sendMessage(fake.phoneId, { bsuid: 'MX.unknown!' }, new Text('hola'))
    expect(refused).toMatchObject({ error: { code: 100 } })
  })

  test('it takes the signature of every POST and finds the message and the status in it', async () => {
    const { fake, person } = await startOpen()
    await program(fake)
    await send(fake, text('ñandú'))
    person.writes('¿y/o?')
    const api = client(fake)
    const seen: string[] = []
    api.on.message = ({ message }) => {
      seen.push(message.type)
    }
    api.on.status = ({ status }) => {
      seen.push(status)
    }
    for (const { bytes, headers } of await settled(fake))
      await api.post(JSON.parse(bytes.toString()), bytes.toString(), String(headers['x-hub-signature-256']))
    expect(seen.sort()).toEqual(['delivered', 'read', 'sent', 'text', 'text'])
    const [post] = fake.posts
    const bent = Buffer.from(post?.bytes ?? '')
    bent[40] = (bent[40] ?? 0) ^ 1
    await expect(
      api.post(
        JSON.parse(String(post?.bytes)),
        bent.toString(),
        String(post?.headers['x-hub-signature-256']),
      ),
    ).rejects.toThrow()
  })
})
