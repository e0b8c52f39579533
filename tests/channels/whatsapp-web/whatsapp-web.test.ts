/**
 * The guide on WhatsApp Web as a whole, in a real Chromium: from the code that is scanned to what people see. One browser
 * goes from test to test. What goes wrong is in trouble.test.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SendError } from '../../../src/channels/channel.ts'
import { Folder } from '../../../src/channels/whatsapp-web/folder.ts'
import { goOnSending, stopSending } from '../../../src/channels/whatsapp-web/switch.ts'
import { Secret } from '../../../src/secret.ts'
import type { Person } from '../../fakes/whatsapp-web.ts'
import { atOnce, personal, Site } from './site.ts'

describe('one number', () => {
  let site: Site

  beforeAll(async () => {
    site = await Site.open()
  })

  afterAll(() => site.close())

  const textsOf = ({ shown }: Person) => shown.map(({ text }) => text)
  const lastTurnOf = (person: Person) => site.turnsOf(person).at(-1)?.turn ?? expect.unreachable()

  test('staff sees the code, each that follows, and after the scan that it is ready; none is logged', async () => {
    await site.fake.waitFor(() => site.fake.qr, 30_000)
    await expect.poll(() => site.status.state).toBe('qr')
    expect(site.status.qr?.split(',')[0]).toBe(site.fake.qr)
    site.fake.expireQr()
    await expect.poll(() => site.codes.length).toBe(2)
    expect(site.codes[1]).toBe(site.status.qr)
    expect(site.codes[1]).not.toBe(site.codes[0])
    site.fake.scan(site.codes[1])
    await expect
      .poll(() => site.status, { timeout: 10_000 })
      .toMatchObject({ state: 'ready', stopped: false })
    expect(site.status.qr).toBeUndefined()
    for (const code of site.codes)
      for (const part of code.split(',')) if (part.length > 5) expect(site.logged.join()).not.toContain(part)
  })

  test('who writes while the chats are fetched for the first time is answered', async () => {
    const due = site.turns + 1
    site.fake.logout()
    await site.stop()
    await site.forget()
    await site.start()
    await site.fake.waitFor(() => site.fake.qr, 30_000)
    site.fake.scan()
    const ana = site.somebody()
    ana.writes('hola')
    // Of a second that is over when the chats are there.
    await site.fake.waitFor(() => site.fake.connected)
    await site.settled(() => site.turns >= due)
    expect(textsOf(ana)).toEqual(site.saidTo(ana))
  })

  test('a greeting is answered with a poll of one choice, whose options are numbered', async () => {
    const ana = site.somebody()
    const [poll, ...more] = await site.say(ana, 'hola')
    expect(more).toEqual([])
    expect(poll).toMatchObject({ kind: 'poll', many: false })
    expect(textsOf(ana)).toEqual(site.saidTo(ana))
    const choices = lastTurnOf(ana).replies.at(-1)?.choices ?? []
    expect(choices.length).toBeGreaterThan(2)
    expect(poll?.options).toEqual(choices.map(({ label }, i) => `${i + 1}. ${label}`))
  })

  test.each([
    ['a vote', (who: Person) => who.votes('3. Ver temas')],
    ['the number', (who: Person) => who.writes('3')],
    ['the words', (who: Person) => who.writes('Ver temas')],
    ['the words with a typo', (who: Person) => who.writes('ver tems')],
  ])('%s makes a choice', async (_, act) => {
    const someone = site.somebody()
    await site.say(someone, 'hola')
    const seen = await site.after(someone, () => act(someone))
    expect(lastTurnOf(someone).state).toBe('preguntas.grupos')
    expect(seen).toHaveLength(1)
    expect(textsOf(someone)).toEqual(site.saidTo(someone))
  })

  test('a vote in a poll of before is no answer to the newest', async () => {
    const someone = site.somebody()
    const [first] = await site.say(someone, 'hola')
    await site.say(someone, 'ver temas')
    const { state, version } = lastTurnOf(someone)
    await site.after(someone, () => someone.votes('1. Hacer mi trámite', first))
    expect(lastTurnOf(someone)).toMatchObject({ state, version: version + 1 })
  })

  test.each(['known', 'asked'] as const)(
    'who writes by phone and then without it (%s) is one person in one conversation',
    async mapping => {
      const someone = site.somebody({ lid: mapping === 'known' ? '88000001' : '88000002', mapping })
      const before = site.handled.length
      await site.after(someone, () => someone.writes('ver temas', { as: 'phone' }))
      await site.after(someone, () => someone.writes('1', { as: 'lid' }))
      await site.after(someone, () => someone.writes('menu', { as: 'phone' }))
      const turns = site.handled.slice(before).map(({ turn }) => turn)
      expect(turns.map(({ version }) => version)).toEqual([1, 2, 3])
      expect(turns.map(({ state }) => state)[1]).toMatch(/^preguntas\.(?!grupos)/)
      expect(someone.shown).toHaveLength(turns.flatMap(({ replies }) => replies).length)
    },
  )

  test('what is ours, of a group, a status, or a notice of WhatsApp is not answered', async () => {
    const [someone, barrier] = [site.somebody(), site.somebody()]
    await site.say(someone, 'menu')
    const [handled, seen] = [site.handled.length, someone.shown.length]
    site.fake.writeOnPhone(someone, 'yo te contesto')
    someone.writes('hola', { where: 'group' })
    someone.writes('hola', { where: 'status' })
    someone.does({ type: 'e2e_notification' })
    someone.does({ type: 'call_log' })
    someone.reacts('👍')
    await site.say(barrier, 'menu')
    await sleep(100)
    expect(site.handled).toHaveLength(handled + 1)
    expect(textsOf(someone).slice(seen)).toEqual(['yo te contesto'])
  })

  test('a message that comes again, at once or later, is answered once; the same words anew are', async () => {
    const someone = site.somebody()
    const id = someone.writes('menu')
    someone.writes('menu', { id })
    await site.settled(() => site.turnsOf(someone).length === 1)
    someone.writes('menu', { id })
    await site.say(someone, 'menu')
    await sleep(100)
    expect(site.turnsOf(someone)).toHaveLength(2)
    expect(someone.shown).toHaveLength(2)
  })

  test.each([
    ['image', 'photo'],
    ['video', 'photo'],
    ['ptt', 'voice'],
    ['audio', 'voice'],
    ['sticker', 'sticker'],
    ['document', 'document'],
    ['location', 'other'],
    ['vcard', 'other'],
  ] as const)('%s is told as %s and answered kindly', async (sort, file) => {
    const someone = site.somebody()
    const seen = await site.after(someone, () => someone.sends(sort))
    expect(site.turnsOf(someone).at(-1)?.incoming.body).toEqual({ kind: 'file', file })
    expect(seen.map(({ text }) => text)).toEqual(site.saidTo(someone))
    expect(seen).toHaveLength(1)
  })

  test('what is written beside a picture or a document is read', async () => {
    const someone = site.somebody()
    await site.after(someone, () => someone.sends('image', { caption: '¿cuánto cuesta?' }))
    await site.after(someone, () => someone.sends('document', { caption: '¿cuánto cuesta?' }))
    for (const { incoming, turn } of site.turnsOf(someone)) {
      expect(incoming.body).toEqual({ kind: 'text', text: '¿cuánto cuesta?', beside: true })
      expect(turn.topics).toEqual(['costo'])
    }
    expect(site.turnsOf(someone)).toHaveLength(2)
  })

  test('a file goes out as a document, with its name, its type and what is said with it', async () => {
    const someone = site.somebody()
    const seen = await site.say(someone, 'calendario')
    const file = lastTurnOf(someone).replies.find(reply => reply.file)?.file ?? expect.unreachable()
    const document = seen.find(({ kind }) => kind === 'document')
    expect(document?.file).toEqual({ name: file.name, type: file.type, data: file.data })
    expect(Buffer.from(file.data, 'base64').toString()).toContain('BEGIN:VCALENDAR')
    expect(textsOf(someone)).toEqual(site.saidTo(someone))
  })

  test('a message is marked as read when it is handled, not before', async () => {
    const someone = site.somebody()
    site.thinkMs = 400
    const id = someone.writes('menu')
    await sleep(300)
    expect(someone.read).toEqual([])
    expect(someone.shown).toEqual([])
    await site.settled(() => site.turnsOf(someone).length === 1)
    site.thinkMs = 0
    await site.fake.waitFor(() => someone.read.includes(id))
  })

  test('one is seen to write before the reply comes, for as long as a person would', async () => {
    const someone = site.somebody()
    Object.assign(site.pace, { readMs: 1500, longestMs: 3000 })
    const asked = performance.now()
    const replied = site.say(someone, 'menu')
    await site.fake.waitFor(() => someone.typing)
    expect(someone.shown).toEqual([])
    await replied
    Object.assign(site.pace, atOnce)
    expect(performance.now() - asked).toBeGreaterThanOrEqual(1500)
    expect(someone.typing).toBe(false)
  })

  test('nothing is sent to who never wrote, nor to who is asked for by an address of another key', async () => {
    const stranger = site.somebody()
    const secret = new Secret(new Folder(site.dir).key())
    const post = { to: secret.seal(stranger.chat), message: { text: 'Un aviso' }, turn: 0 }
    for (const unasked of [false, true]) {
      const sent = site.send({ ...post, unasked, heardAt: new Date(0) })
      const error = await sent.catch((error: unknown) => error)
      expect(error).toBeInstanceOf(SendError)
      expect(error).toMatchObject({ kind: 'rejected' })
    }
    const sealedElsewhere = new Secret('another key of some length').seal(stranger.chat)
    await expect(
      site.send({ ...post, to: sealedElsewhere, unasked: false, heardAt: new Date() }),
    ).rejects.toMatchObject({
      kind: 'rejected',
    })
    expect(stranger.shown).toEqual([])
  })

  test('the switch stops all sending within a second; without it all that waited goes out, each once', async () => {
    const people = Array.from({ length: 8 }, () => site.somebody())
    const shown = () => people.map(({ shown }) => shown.length)
    const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0)
    Object.assign(site.pace, { gapMs: 150 })
    for (const someone of people) someone.writes('menu')
    await site.fake.waitFor(() => sum(shown()) >= 2)
    stopSending(site.dir)
    await sleep(1000)
    const stopped = shown()
    expect(sum(stopped)).toBeLessThan(people.length)
    expect(site.status.stopped).toBe(true)
    await sleep(2000)
    expect(shown()).toEqual(stopped)
    goOnSending(site.dir)
    await site.settled()
    Object.assign(site.pace, atOnce)
    expect(shown()).toEqual(people.map(() => 1))
  })

  test('what came while it was off is answered, in order, also what only counts as unread', async () => {
    const people = Array.from({ length: 4 }, () => site.somebody())
    await site.say(people[0] as Person, 'ver temas')
    const before = people.map(({ shown }) => shown.length)
    expect(await site.browsers.roots()).toHaveLength(1)
    await site.stop()
    expect([await site.browsers.roots(), await site.browsers.orphans()]).toEqual([[], []])
    const ids = people.flatMap(someone =>
      ['menu', 'ver temas'].map(text => [someone, someone.writes(text)] as const),
    )
    const due = site.turns + ids.length
    await site.start()
    await site.settled(() => site.turns >= due)
    for (const [i, someone] of people.entries()) {
      const turns = site.turnsOf(someone).slice(-2)
      expect(turns.map(({ turn }) => turn.state)).toEqual(['menu.inicio', 'preguntas.grupos'])
      expect(textsOf(someone)).toEqual(site.saidTo(someone))
      expect(someone.shown).toHaveLength((before[i] ?? 0) + 2)
    }
    for (const [someone, id] of ids) await site.fake.waitFor(() => someone.read.includes(id))
    expect(site.turns).toBe(due)
  })

  // The last: it stops the site.
  test('no row and no line of the log tells who wrote; no line tells what', async () => {
    const rows = await site.dump()
    expect(rows).toContain('whatsapp-web')
    expect(rows).not.toMatch(personal)
    const log = site.logged.join('')
    expect(log).toContain('turn')
    expect(log).not.toMatch(personal)
    expect(log).not.toMatch(/ver tems|Un aviso|yo te contesto|En qué te ayudo/)
  })
})
