/** From WhatsApp Web to the conversation: in order, each once, nothing marked as read that is not handled. */
import { EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Client } from 'whatsapp-web.js'
import { privateChats } from '../../../src/channels/whatsapp-web/client.ts'
import { Folder } from '../../../src/channels/whatsapp-web/folder.ts'
import { Intake } from '../../../src/channels/whatsapp-web/intake.ts'
import type { Incoming, Line, Turn } from '../../../src/message.ts'
import { Secret } from '../../../src/secret.ts'

const seed = Number(process.env.SEED ?? 20_261_122)
const runs = Number(process.env.INPUTS ?? 25)
console.info(`intake: fast-check seed ${seed}, INPUTS=${runs}`)

const ana = '5215511111111@c.us'
const anaLid = '111@lid'
const beto = '5215522222222@c.us'
const now = new Date('2026-09-03T16:00:00Z')
const seconds = now.getTime() / 1000
const done: Turn = { duplicate: false, version: 1, state: '', topics: [], replies: [] }

/** WhatsApp Web as the intake sees it. */
class FakeClient extends EventEmitter {
  readonly seen: string[] = []
  readonly chats = new Map<string, { unread: number; at: number; messages: unknown[] }>()
  readonly pairs = new Map([[ana, anaLid]])
  asked = 0
  readonly votes = new Map<string, unknown[]>()
  readonly pupPage = {
    evaluate: async (script: string) =>
      script === privateChats
        ? [...this.chats].map(([id, { unread, at }]) => ({ id, unread, at }))
        : [...this.chats].find(([id]) => script.includes(`"${id}"`))?.[1].messages,
  }
  async getContactLidAndPhone([id]: [string]) {
    this.asked++
    await sleep(1)
    for (const [pn, lid] of this.pairs) if (id === pn || id === lid) return [{ lid, pn }]
    throw new Error('not known')
  }
  async sendSeen(chat: string) {
    this.seen.push(chat)
  }
  async getPollVotes(poll: string) {
    return this.votes.get(poll) ?? []
  }
  writes(chat: string, text: string, id = text) {
    this.emit('message', message(chat, text, id))
  }
  /** While nobody listens. */
  missed(chat: string, text: string, t = seconds, fromMe = false) {
    const of = this.chats.get(chat) ?? { unread: 0, at: t, messages: [] }
    of.messages.push(message(chat, text, text, t, fromMe).rawData)
    this.chats.set(chat, { ...of, unread: of.unread + (fromMe ? 0 : 1), at: t })
  }
}

const message = (remote: string, body: string, id: string, t = seconds, fromMe = false) => ({
  rawData: { id: { id, fromMe, remote, _serialized: `${fromMe}_${remote}_${id}` }, type: 'chat', t, body },
})

let dir: string
let client: FakeClient
let handled: Incoming[]
let lines: Line[]
let receive: (incoming: Incoming) => Promise<Turn>
let intake: Intake
const secret = new Secret('a key for the tests only')

const textsOf = () => handled.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigente-intake-'))
  open()
})

function open() {
  handled = []
  lines = []
  receive = async incoming => {
    handled.push(incoming)
    return done
  }
  client = new FakeClient()
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  intake = new Intake({ folder: new Folder(dir), secret, history: async () => lines, clock: () => now, log })
  intake.start(incoming => receive(incoming))
  intake.listen(client as unknown as Client)
}

const ready = () => intake.catchUp(client as unknown as Client)

afterEach(async () => {
  await intake.stop()
  await rm(dir, { recursive: true, force: true })
})

test('a person is named by hashes, and only the sealed address leads back', async () => {
  await ready()
  client.writes(ana, 'hola')
  await expect.poll(() => handled.length).toBe(1)
  const [incoming] = handled
  expect(incoming?.from).toEqual({
    channel: 'whatsapp-web',
    id: secret.name(anaLid),
    also: [secret.name(ana)],
  })
  expect(secret.open(incoming?.replyTo ?? '')).toBe(ana)
  expect(JSON.stringify(handled)).not.toMatch(/5215511111111|111@/)
})

test('by phone or by lid it is one person, and WhatsApp is asked once for each', async () => {
  await ready()
  for (const chat of [ana, anaLid, ana, anaLid])
    client.writes(chat, chat, `${chat}${client.asked}${Math.random()}`)
  await expect.poll(() => handled.length).toBe(4)
  expect(new Set(handled.map(({ from }) => from.id)).size).toBe(1)
  expect(client.asked).toBe(2)
})

test('who is known by one name only is that one', async () => {
  await ready()
  client.writes(beto, 'hola')
  await expect.poll(() => handled.length).toBe(1)
  expect(handled[0]?.from).toEqual({ channel: 'whatsapp-web', id: secret.name(beto), also: [] })
})

test('the same message twice is handled once', async () => {
  await ready()
  client.writes(ana, 'hola', 'DUP')
  client.writes(ana, 'hola', 'DUP')
  client.writes(ana, 'fin')
  await expect.poll(() => textsOf()).toEqual(['hola', 'fin'])
})

test('a chat is read when all that came in it is handled, not before', async () => {
  await ready()
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  receive = async incoming => {
    await gates[handled.push(incoming) - 1]?.promise
    return done
  }
  client.writes(ana, 'uno')
  client.writes(ana, 'dos')
  await expect.poll(() => textsOf()).toEqual(['uno'])
  gates[0]?.resolve()
  await expect.poll(() => textsOf()).toEqual(['uno', 'dos'])
  await sleep(20)
  expect(client.seen).toEqual([])
  gates[1]?.resolve()
  await expect.poll(() => client.seen).toEqual([ana])
})

test('what could not be handled is handled again, before what came after it, and others do not wait', async () => {
  await ready()
  let failures = 1
  receive = async incoming => {
    if (incoming.from.also && failures-- > 0) throw new Error('no database')
    handled.push(incoming)
    return done
  }
  client.writes(ana, 'uno')
  client.writes(ana, 'dos')
  client.writes(beto, 'yo')
  await expect.poll(() => textsOf(), { timeout: 5000 }).toEqual(['yo', 'uno', 'dos'])
})

test('what came while nobody listened comes first, in the order of its time', async () => {
  client.missed(ana, 'b', seconds - 10)
  client.missed(beto, 'a', seconds - 20)
  client.missed(ana, 'mío', seconds - 5, true)
  client.writes(ana, 'c')
  expect(handled).toEqual([])
  await ready()
  await expect.poll(() => textsOf()).toEqual(['a', 'b', 'c'])
})

test('what is found again after a reload is not handled again', async () => {
  client.missed(ana, 'uno')
  await ready()
  await expect.poll(() => textsOf()).toEqual(['uno'])
  intake.listen(client as unknown as Client)
  client.missed(ana, 'dos')
  await ready()
  await expect.poll(() => textsOf()).toEqual(['uno', 'dos'])
})

test('what is older than a day, or than the pairing of the number, is left alone', async () => {
  client.missed(ana, 'anteayer', seconds - 48 * 60 * 60)
  client.missed(ana, 'antes', seconds - 60)
  client.missed(ana, 'después', seconds - 10)
  new Folder(dir).notePaired(new Date(now.getTime() - 30_000), 'one')
  await ready()
  await expect.poll(() => textsOf()).toEqual(['después'])
  await sleep(20)
  expect(textsOf()).toEqual(['después'])
})

test('what is older than the pairing by less than two clocks may differ is for us', async () => {
  client.missed(ana, 'justo antes', seconds - 38)
  new Folder(dir).notePaired(new Date(now.getTime() - 30_000), 'one')
  await ready()
  await expect.poll(() => textsOf()).toEqual(['justo antes'])
})

test('what was answered, or forgotten with /borrar, is not read again at the next start', async () => {
  for (const text of ['soy menor', '/borrar']) client.missed(ana, text, seconds - 30)
  client.missed(ana, 'Borré todo', seconds - 20, true)
  Object.assign(client.chats.get(ana) ?? {}, { unread: 0 })
  client.missed(beto, '¿vienes a cenar?', seconds - 30)
  client.missed(beto, 'sí', seconds - 20, true)
  client.missed(beto, 'va', seconds - 10)
  Object.assign(client.chats.get(beto) ?? {}, { unread: 0 })
  await ready()
  await expect.poll(() => textsOf()).toEqual(['va'])
})

test('what is unread is read, also where something was said after it', async () => {
  client.missed(ana, 'uno', seconds - 30)
  client.missed(ana, 'dos', seconds - 20)
  client.missed(ana, 'respuesta a uno', seconds - 10, true)
  Object.assign(client.chats.get(ana) ?? {}, { unread: 1 })
  await ready()
  await expect.poll(() => textsOf()).toEqual(['dos'])
})

test('a chat that cannot be read costs the others nothing', async () => {
  client.missed(ana, 'uno')
  client.missed(beto, 'dos')
  Object.assign(client.chats.get(ana) ?? {}, { messages: 'broken' })
  await ready()
  await expect.poll(() => textsOf()).toEqual(['dos'])
})

test('a vote that was cast before something was written comes before it', async () => {
  client.missed(ana, '¿Qué trámite?', seconds - 60, true)
  Object.assign(client.chats.get(ana)?.messages[0] ?? {}, { type: 'poll_creation' })
  client.missed(ana, 'gracias', seconds - 10)
  const cast = { ...vote('2. Baja'), interractedAtTs: now.getTime() - 50_000 }
  client.votes.set(`true_${ana}_¿Qué trámite?`, [cast])
  await ready()
  await expect.poll(() => textsOf()).toEqual(['Baja', 'gracias'])
})

test('a vote is the choice of the turn that asked last', async () => {
  await ready()
  const asked = (version: number, ...labels: string[]): Line => ({
    version,
    from: 'guia',
    at: now,
    text: '¿Qué trámite?\n',
    choices: labels.map(label => ({ id: `${version}.${label}`, label })),
  })
  lines = [asked(3, 'Alta', 'Baja'), asked(5, 'Alta', 'Baja'), asked(7, 'Otro')]
  client.emit('vote_update', vote('2. Baja'))
  await expect
    .poll(() => handled.map(({ body }) => body))
    .toEqual([{ kind: 'choice', choice: '5.Baja', turn: 5 }])
})

test('a vote in a poll that nobody remembers says what its option says', async () => {
  await ready()
  client.emit('vote_update', vote('2. Baja'))
  await expect.poll(() => handled.map(({ body }) => body)).toEqual([{ kind: 'text', text: 'Baja' }])
})

test('a vote that was cast while nobody listened is found at its poll', async () => {
  client.missed(ana, '¿Qué trámite?', seconds - 10, true)
  Object.assign(client.chats.get(ana)?.messages[0] ?? {}, { type: 'poll_creation' })
  client.votes.set(`true_${ana}_¿Qué trámite?`, [vote('2. Baja')])
  await ready()
  client.emit('vote_update', vote('2. Baja'))
  await expect.poll(() => handled.map(({ body }) => body)).toEqual([{ kind: 'text', text: 'Baja' }])
})

const vote = (name: string) => ({
  voter: ana,
  selectedOptions: [{ name, localId: 0 }],
  parentMsgKey: { id: 'POLL', fromMe: true, remote: ana },
  parentMessage: { body: '¿Qué trámite?', from: '5215500000000@c.us' },
})

test('told to stop, it takes no more and ends what came', async () => {
  await ready()
  const gate = Promise.withResolvers<void>()
  receive = async incoming => {
    await gate.promise
    handled.push(incoming)
    return done
  }
  client.writes(ana, 'uno')
  client.writes(ana, 'dos')
  const stopped = intake.stop()
  client.writes(ana, 'tarde')
  gate.resolve()
  await stopped
  expect(textsOf()).toEqual(['uno', 'dos'])
})

test('each person is handled in order, whatever comes when and by which name', async () => {
  const step = fc.record({
    chat: fc.constantFrom(ana, anaLid, beto, '333@lid'),
    waitMs: fc.nat(3),
    again: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      open()
      receive = async incoming => {
        const text = incoming.body.kind === 'text' ? incoming.body.text : ''
        await sleep(steps[Number(text)]?.waitMs)
        handled.push(incoming)
        return done
      }
      await ready()
      for (const [i, { chat, again }] of steps.entries()) {
        client.writes(chat, String(i))
        if (again) client.writes(chat, String(i))
      }
      await expect.poll(() => handled.length, { interval: 5 }).toBe(steps.length)
      for (const own of Map.groupBy(handled, ({ from }) => from.id).values()) {
        const order = own.map(({ body }) => (body.kind === 'text' ? Number(body.text) : -1))
        expect(order).toEqual(order.toSorted((a, b) => a - b))
      }
    }),
    { seed, numRuns: runs },
  )
})
