/**
 * The fake WhatsApp Web does what the real one does, as whatsapp-web.js sees it: its own Client in a real Chromium. One
 * browser goes from test to test; a test that ends it leaves the next to open another.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import whatsapp, { type Client, type Message } from 'whatsapp-web.js'
import { type FakeWhatsAppWeb, type Person, startFakeWhatsAppWeb } from './whatsapp-web.ts'

const version = '2.3000.1017054665'

let dir: string
let fake: FakeWhatsAppWeb
let client: Client | undefined
let people = 0

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fake-whatsapp-'))
  fake = await startFakeWhatsAppWeb()
  await fake.writePage(join(dir, 'version'), version)
})

afterAll(async () => {
  await close()
  await fake.close()
  await rm(dir, { recursive: true, force: true, maxRetries: 5 })
})

async function make(): Promise<Client> {
  const auth = new whatsapp.LocalAuth({ dataPath: dir })
  // It would delete the profile under the running browser.
  auth.logout = async () => {}
  client = new whatsapp.Client({
    authStrategy: auth,
    webVersion: version,
    webVersionCache: { type: 'local', path: join(dir, 'version'), strict: true },
    puppeteer: {
      executablePath: await fake.chrome(dir),
      headless: true,
      pipe: true,
      // In a container we are root, for whom Chromium's sandbox does not start.
      args: ['--no-sandbox'],
    },
  })
  const made = client as Client & { inject(): Promise<void> }
  const inject = made.inject.bind(made)
  // It is begun anew with each page that loads, and whoever kills the browser then is told by nobody's rejection.
  made.inject = () =>
    inject().catch(error => {
      if (made.pupBrowser?.connected) throw error
    })
  return made
}

/** Kills it, as the machine does when memory runs out. */
async function close(): Promise<void> {
  client?.removeAllListeners()
  client?.pupBrowser?.process()?.kill('SIGKILL')
  client = undefined
  await fake.waitFor(() => !fake.open)
}

/** A new browser with the profile that is there. */
async function open(): Promise<Client> {
  await close()
  const made = await make()
  const ready = next(made, 'ready')
  await made.initialize()
  await fake.waitFor(() => fake.qr ?? fake.connected)
  if (fake.qr) fake.scan()
  await ready
  return made
}

async function connected(): Promise<Client> {
  client?.removeAllListeners()
  return client && fake.connected ? client : await open()
}

// biome-ignore lint/suspicious/noExplicitAny: what the library hands over differs by event.
const next = (client: Client, event: string) => new Promise<any>(done => client.once(event, done))

/** Everything that the library says from now on, in order. */
function heard(client: Client, event: string): Message[] {
  const all: Message[] = []
  client.on(event, (message: Message) => void all.push(message))
  return all
}

const somebody = (who?: { lid?: string; mapping?: 'known' | 'asked' | 'unknown' }) =>
  fake.person(`52155000${String(++people).padStart(5, '0')}`, who)

const until = (look: () => unknown) => expect.poll(look, { interval: 10, timeout: 5000 }).toBeTruthy()

async function reload(client: Client): Promise<void> {
  const ready = next(client, 'ready')
  fake.reload()
  await ready
}

const sendTo = (client: Client, to: Person, text: string) => client.sendMessage(to.chat, text)
const ackOf = async (client: Client, id: string) => (await client.getMessageById(id))?.ack

describe('pairing', () => {
  test('a code is shown, gives way to the next, and only the one that is shown can be scanned', async () => {
    await close()
    fake.logout()
    const client = await make()
    const codes: string[] = []
    client.on('qr', code => void codes.push(code))
    await client.initialize()
    await until(() => codes.length === 1)
    expect(codes[0]?.split(',')[0]).toBe(fake.qr)
    fake.expireQr()
    await until(() => codes.length === 2)
    expect(codes[1]).not.toBe(codes[0])
    expect(() => fake.scan(codes[0])).toThrow('not valid any more')
    const ready = next(client, 'ready')
    fake.scan(codes[1])
    await ready
    expect([fake.connected, fake.qr]).toEqual([true, undefined])
    expect(() => fake.scan()).toThrow('no QR code')
    expect(client.info.wid._serialized).toMatch(/^\d+@c\.us$/)
  })

  test('the codes run out, and there are new ones when the page is asked or loads again', async () => {
    const client = await connected()
    const codes = heard(client, 'qr')
    fake.logout()
    await until(() => codes.length === 1)
    fake.expireQr(6)
    await until(async () => (await client.getState()) === 'UNPAIRED_IDLE')
    expect([fake.qr, codes.length]).toEqual([undefined, 6])
    await client.pupPage?.evaluate("window.require('WAWebCmd').Cmd.refreshQR()")
    await until(() => codes.length === 7)
    fake.expireQr(6)
    fake.reload()
    await fake.waitFor(() => fake.qr)
    await until(async () => (await client.getState()) === 'UNPAIRED')
  })

  test('a session outlives a reload and a killed browser, without a code', async () => {
    const first = await connected()
    const codes = heard(first, 'qr')
    await reload(first)
    expect([fake.connected, codes.length]).toEqual([true, 0])
    first.pupBrowser?.process()?.kill('SIGKILL')
    await fake.waitFor(() => !fake.open)
    expect(fake.connected).toBe(false)
    const { connections } = fake
    const second = await make()
    codes.push(...heard(second, 'qr'))
    const ready = next(second, 'ready')
    await second.initialize()
    await ready
    expect([fake.connected, codes.length, fake.connections]).toEqual([true, 0, connections + 1])
  })

  test('the phone unlinks the browser: the library says so and shows a code, also where it was off', async () => {
    const client = await connected()
    const [reason, code] = [next(client, 'disconnected'), next(client, 'qr')]
    fake.logout()
    expect(await reason).toBe('LOGOUT')
    expect((await code).split(',')[0]).toBe(fake.qr)
    await close()
    await open()
    await close()
    fake.logout()
    const again = await make()
    const shown = next(again, 'qr')
    await again.initialize()
    expect((await shown).split(',')[0]).toBe(fake.qr)
  })

  test('a page that has its chats before the library listens leaves it waiting for ever', async () => {
    await connected()
    await close()
    fake.syncEarly = true
    const client = await make()
    const ready = heard(client, 'ready')
    await client.initialize()
    await fake.waitFor(() => fake.connected)
    fake.syncEarly = false
    await new Promise(done => setTimeout(done, 300))
    expect(ready).toHaveLength(0)
    await client.pupPage?.evaluate('window.onAppStateHasSyncedEvent()')
    await until(() => client.info)
  })
})

describe('the connection', () => {
  test('opened elsewhere is a conflict, at which the library ends the browser; a new one has it back', async () => {
    const client = await connected()
    const reason = next(client, 'disconnected')
    fake.conflict()
    expect(await reason).toBe('CONFLICT')
    await fake.waitFor(() => !fake.open)
    await connected()
    expect(fake.connected).toBe(true)
  })

  test('a second window with the session takes it from the first', async () => {
    const client = await connected()
    const [state, window] = [next(client, 'change_state'), await client.pupBrowser?.newPage()]
    const body = await readFile(join(dir, 'version', `${version}.html`), 'utf8')
    await window?.setRequestInterception(true)
    window?.on('request', request =>
      request.url().startsWith('https:')
        ? void request.respond({ contentType: 'text/html', body })
        : void request.continue(),
    )
    await window?.goto('https://web.whatsapp.com/')
    expect(await state).toBe('CONFLICT')
  })

  test('a page in conflict that asks for the session gets it', async () => {
    const client = await connected()
    const { options } = client as Client & { readonly options: object }
    Object.assign(options, { takeoverOnConflict: true, takeoverTimeoutMs: 10 })
    fake.conflict()
    await fake.waitFor(() => fake.connected)
    Object.assign(options, { takeoverOnConflict: false })
    expect(fake.takeovers).toBe(1)
  })

  test('while it is broken nothing comes or goes, and all of it once it stands again', async () => {
    const client = await connected()
    const [ana, messages] = [somebody(), heard(client, 'message')]
    await sendTo(client, ana, 'antes')
    const states = heard(client, 'change_state')
    fake.state('TIMEOUT')
    const id = ana.writes('¿hola?')
    const sent = await sendTo(client, ana, 'durante')
    await client.sendSeen(ana.chat)
    await until(() => states.length === 1)
    expect([messages.length, sent.ack, ana.shown.length, ana.read]).toEqual([0, 0, 1, []])
    let found = false
    const lookup = client.getChatById(somebody().chat).finally(() => {
      found = true
    })
    await new Promise(done => setTimeout(done, 100))
    expect(found).toBe(false)
    fake.state('OPENING')
    fake.state('CONNECTED')
    await until(() => messages.length === 1)
    expect(states).toEqual(['TIMEOUT', 'OPENING', 'CONNECTED'])
    expect([messages[0]?.id.id, ana.shown.at(-1)?.text]).toEqual([id, 'durante'])
    expect((await lookup).unreadCount).toBe(0)
  })
})

describe('what comes', () => {
  test('each kind of message, with what the library makes of it', async () => {
    const client = await connected()
    const [ana, messages] = [somebody(), heard(client, 'message')]
    const at = new Date('2026-11-20T18:00:00Z')
    ana.writes('Hola ñ 😀 <b>', { at })
    ana.writes('reenviado', { forwarded: true })
    ana.sends('image', { caption: 'mira' })
    for (const kind of ['sticker', 'ptt', 'document', 'location', 'vcard'] as const) ana.sends(kind)
    ana.does({ type: 'e2e_notification', subtype: 'encrypt' })
    await until(() => messages.length === 9)
    expect(messages.map(({ type, body, hasMedia }) => [type, hasMedia, body])).toMatchObject([
      ['chat', false, 'Hola ñ 😀 <b>'],
      ['chat', false, 'reenviado'],
      ['image', true, 'mira'],
      ['sticker', true, ''],
      ['ptt', true, ''],
      ['document', true, 'archivo.pdf'],
      ['location', false, expect.any(String)],
      ['vcard', false, expect.stringContaining('BEGIN:VCARD')],
      ['e2e_notification', false, ''],
    ])
    expect(messages.map(({ from, fromMe }) => [from, fromMe])).toEqual(Array(9).fill([ana.chat, false]))
    expect(messages[0]?.timestamp).toBe(at.getTime() / 1000)
    expect(messages.map(({ isForwarded }) => isForwarded === true).indexOf(true)).toBe(1)
    expect((await client.getChatById(ana.chat)).unreadCount).toBe(8)
  })

  test('in a group and as a status it comes from there, and its author is told', async () => {
    const client = await connected()
    const [ana, messages] = [somebody({ lid: '7001' }), heard(client, 'message')]
    ana.writes('a todos', { where: 'group' })
    ana.writes('mi día', { where: 'status' })
    await until(() => messages.length === 2)
    expect(messages.map(({ from, author, isStatus }) => [from, author, isStatus])).toEqual([
      [expect.stringMatching(/@g\.us$/), '7001@lid', false],
      ['status@broadcast', '7001@lid', true],
    ])
    expect((await messages[0]?.getChat())?.isGroup).toBe(true)
  })

  test('a person with a lid may come by phone too; whose it is is known, told when asked, or never', async () => {
    const client = await connected()
    const known = somebody({ lid: '7101' })
    const asked = somebody({ lid: '7102', mapping: 'asked' })
    const unknown = somebody({ lid: '7103', mapping: 'unknown' })
    const messages = heard(client, 'message')
    for (const person of [known, asked, unknown]) person.writes('hola')
    known.writes('hola', { as: 'phone' })
    await until(() => messages.length === 4)
    expect(messages.map(({ from }) => from)).toEqual([
      '7101@lid',
      '7102@lid',
      '7103@lid',
      expect.stringMatching(/^52155\d+@c\.us$/),
    ])
    const lookUp = (from = '') => client.getContactLidAndPhone([from])
    const phone = messages[3]?.from
    expect(await lookUp(phone)).toEqual([{ lid: '7101@lid', pn: phone }])
    expect(await lookUp('7101@lid')).toEqual([{ lid: '7101@lid', pn: phone }])
    expect(await lookUp('7102@lid')).toEqual([{ lid: '7102@lid', pn: expect.stringMatching(/@c\.us$/) }])
    expect(await lookUp('7103@lid')).toEqual([{ lid: '7103@lid' }])
  })

  test('the same id twice is heard twice and is one message', async () => {
    const client = await connected()
    const [ana, messages] = [somebody(), heard(client, 'message')]
    const id = ana.writes('doble')
    ana.writes('doble', { id })
    await until(() => messages.length === 2)
    expect(messages.map(message => message.id.id)).toEqual([id, id])
    const chat = await client.getChatById(ana.chat)
    expect([chat.unreadCount, (await chat.fetchMessages({ limit: 9 })).length]).toEqual([1, 1])
    await chat.sendSeen()
    ana.writes('doble', { id })
    await until(() => messages.length === 3)
    await reload(client)
    expect([(await client.getChatById(ana.chat)).unreadCount, ana.read]).toEqual([0, [id]])
  })

  test('an edit and a reaction come as such', async () => {
    const client = await connected()
    const ana = somebody()
    await sendTo(client, ana, '¿ya?')
    const [edit, reaction, messages] = [
      next(client, 'message_edit'),
      next(client, 'message_reaction'),
      heard(client, 'message'),
    ]
    const id = ana.writes('quiero incribirme')
    ana.edits(id, 'quiero inscribirme')
    ana.reacts('👍')
    expect(await edit).toMatchObject({ id: { id }, body: 'quiero inscribirme' })
    expect(await reaction).toMatchObject({
      reaction: '👍',
      msgId: { id: ana.shown[0]?.id },
      senderId: ana.chat,
    })
    expect(messages.map(({ body }) => body)).toEqual(['quiero incribirme'])
  })

  test('what is written by hand on the phone is told as our own, and the chat is read', async () => {
    const client = await connected()
    const [ana, messages, created] = [somebody(), heard(client, 'message'), heard(client, 'message_create')]
    const id = ana.writes('¿hay alguien?')
    fake.writeOnPhone(ana, 'sí, diga')
    await until(() => created.length === 2)
    expect(messages.map(({ body }) => body)).toEqual(['¿hay alguien?'])
    expect(created[1]).toMatchObject({ fromMe: true, to: ana.chat, body: 'sí, diga' })
    expect([ana.read, (await client.getChatById(ana.chat)).unreadCount]).toEqual([[id], 0])
  })

  test('of what came while nobody was there the first half is only found unread, the rest is heard', async () => {
    await connected()
    await close()
    const ana = somebody()
    for (let i = 1; i <= 25; i++) ana.writes(`mensaje ${i}`)
    const client = await make()
    const [ready, messages] = [next(client, 'ready'), heard(client, 'message')]
    await client.initialize()
    await fake.waitFor(() => fake.connected)
    // The library does not listen yet: what comes now waits behind the others.
    ana.writes('mensaje 26')
    await ready
    await until(() => messages.length === 13)
    expect(messages.map(({ body }) => body)).toEqual(
      Array.from({ length: 13 }, (_, i) => `mensaje ${i + 14}`),
    )
    const chat = await client.getChatById(ana.chat)
    expect(chat.unreadCount).toBe(26)
    const all = await chat.fetchMessages({ limit: chat.unreadCount })
    expect(all.map(({ body }) => body)).toEqual(Array.from({ length: 26 }, (_, i) => `mensaje ${i + 1}`))
    await chat.sendSeen()
    expect(ana.read).toHaveLength(26)
    await reload(client)
    expect((await client.getChatById(ana.chat)).unreadCount).toBe(0)
  })
})

describe('what goes', () => {
  test('a text, a poll and a file are shown to the person, who votes', async () => {
    const client = await connected()
    const ana = somebody({ lid: '7201' })
    const vote = next(client, 'vote_update')
    await sendTo(client, ana, '*Hola* ñ')
    await client.sendMessage(ana.chat, new whatsapp.Poll('¿Cuál?', ['1. Uno', '2. Dos']))
    const file = new whatsapp.MessageMedia('text/calendar', Buffer.from('día').toString('base64'), 'x.ics')
    await client.sendMessage(ana.chat, file, { caption: 'Tu calendario', sendMediaAsDocument: true })
    expect(ana.shown.map(({ id: _, ...shown }) => shown)).toEqual([
      { kind: 'text', text: '*Hola* ñ' },
      { kind: 'poll', text: '¿Cuál?', options: ['1. Uno', '2. Dos'], many: false },
      {
        kind: 'document',
        text: 'Tu calendario',
        file: { type: 'text/calendar', name: 'x.ics', data: file.data },
      },
    ])
    expect(() => ana.votes('3. Tres')).toThrow('no poll')
    expect(() => ana.votes(['1. Uno', '2. Dos'])).toThrow('only one')
    ana.votes('2. Dos')
    expect(await vote).toMatchObject({
      voter: ana.chat,
      selectedOptions: [{ name: '2. Dos' }],
      parentMessage: { body: '¿Cuál?' },
      parentMsgKey: { id: ana.shown[1]?.id },
    })
  })

  test('typing is seen until it ends or the message comes, and a chat that we open is read', async () => {
    const client = await connected()
    const ana = somebody()
    const id = ana.writes('hola')
    const chat = await client.getChatById(ana.chat)
    await chat.sendStateTyping()
    await fake.waitFor(() => ana.typing)
    await chat.clearState()
    await fake.waitFor(() => !ana.typing)
    expect(ana.read).toEqual([])
    await chat.sendSeen()
    expect(ana.read).toEqual([id])
    await chat.sendStateTyping()
    await fake.waitFor(() => ana.typing)
    await sendTo(client, ana, 'hola')
    expect(ana.typing).toBe(false)
  })

  test('only what the page knew of is read with its chat', async () => {
    const client = await connected()
    const [ana, messages] = [somebody(), heard(client, 'message')]
    const first = ana.writes('uno')
    await until(() => messages.length === 1)
    const chat = `window.require('WAWebCollections').Chat.get('${ana.chat}')`
    const seq = await client.pupPage?.evaluate(`${chat}.seq`)
    ana.writes('dos')
    await until(() => messages.length === 2)
    // As if the second had crossed it on its way.
    await client.pupPage?.evaluate(`${chat}.seq = ${seq}`)
    await client.sendSeen(ana.chat)
    expect(ana.read).toEqual([first])
  })

  test('a message has no ack at first, and each ack comes by itself', async () => {
    const client = await connected()
    const [ana, acks] = [somebody(), [] as number[]]
    // Those of the test before may still be on their way.
    client.on('message_ack', ({ to }, ack) => void (to === ana.chat && acks.push(ack)))
    const sent = await sendTo(client, ana, 'hola')
    expect(sent.ack).toBe(0)
    await until(() => acks.length === 2)
    ana.reads()
    fake.ack(sent.id.id, -1)
    await until(() => acks.length === 4)
    expect(acks).toEqual([1, 2, 3, -1])
    fake.acks = 1
    await sendTo(client, ana, 'y más')
    await until(() => acks.length === 5)
    fake.acks = 2
    ana.leaves()
    await sendTo(client, ana, 'y nada')
    await until(() => acks.length === 6)
    expect([acks.slice(4), ana.shown.length]).toEqual([[1, 1], 2])
  })

  test('a message that hangs was lost, had arrived, or waits; after a reload the page can tell', async () => {
    const client = await connected()
    const [ana, ids, acked] = [somebody(), [] as string[], [] as string[]]
    client.on('message_ack', ({ to, id }) => void (to === ana.chat && acked.push(id._serialized)))
    for (const as of ['lost', 'delivered', 'pending'] as const) {
      fake.hang(1, as)
      ids.push((await sendTo(client, ana, as)).id._serialized)
    }
    const before = await Promise.all(ids.map(id => ackOf(client, id)))
    expect([before, ana.shown.map(({ text }) => text)]).toEqual([[0, 0, 0], ['delivered']])
    const other = await sendTo(client, ana, 'otro')
    await until(() => acked.length === 2)
    await reload(client)
    expect(await Promise.all(ids.map(id => ackOf(client, id)))).toEqual([undefined, 1, 0])
    expect(acked).toEqual(Array(2).fill(other.id._serialized))
    expect(ana.shown.map(({ text }) => text)).toEqual(['delivered', 'otro'])
  })

  test('a message may be refused after the page has taken it', async () => {
    const client = await connected()
    const ana = somebody()
    fake.hang(1, 'refused')
    const { id } = await sendTo(client, ana, 'x')
    await until(async () => (await ackOf(client, id._serialized)) === -1)
    expect(ana.shown).toEqual([])
  })

  test('a send may fail in the page, and a number without WhatsApp is none', async () => {
    const client = await connected()
    const ana = somebody()
    fake.fail('boom')
    await expect(sendTo(client, ana, 'x')).rejects.toThrow('boom')
    await expect(client.sendMessage('5215599999999@c.us', 'x')).rejects.toThrow('No LID for user')
    expect(await client.getNumberId('5215599999999')).toBeNull()
    await sendTo(client, ana, 'y')
    expect(ana.shown.map(({ text }) => text)).toEqual(['y'])
  })

  test('what WhatsApp would drop without a word is refused', async () => {
    const client = await connected()
    const ana = somebody()
    const options = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)
    const refused = [
      '',
      ' \n',
      'x'.repeat(65_537),
      new whatsapp.Poll('x', options(13)),
      new whatsapp.Poll('x', options(1)),
      new whatsapp.Poll('x', ['a', 'a']),
      new whatsapp.Poll('x'.repeat(256), options(2)),
      new whatsapp.Poll('x', ['a', 'x'.repeat(101)]),
    ]
    for (const content of refused)
      await expect(client.sendMessage(ana.chat, content)).rejects.toThrow('would not take')
    expect(ana.shown).toEqual([])
  })
})
