/** The guide on WhatsApp's Cloud API as a whole: what people see, what Meta is told, and what is left in the database. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ranks } from '../../../src/store/outbox.ts'
import { randomOf } from '../../conversation/talk.ts'
import type { Call, Person } from '../../fakes/whatsapp-cloud.ts'
import { sayUnasked } from '../../store/unasked.ts'
import { full, labelsOf, phoneOf, Site, seed, textsOf, wordsOf } from './site.ts'

const wholeProfile = 'cecyt 6, primer semestre, soy menor, no tengo otro servicio ni tratamiento'

let site: Site
let people = 0
const next = () => site.fake.person(phoneOf(++people))
const sends = () => site.fake.calls.filter(({ what }) => what === 'send')
const stateNow = () => site.handled.at(-1)?.turn.state
const bodyNow = () => site.handled.at(-1)?.incoming.body

/** Somebody who has had too many messages, on a site of their own: that takes its time. */
let tired: Promise<Site & { readonly ana: Person }>
async function tire() {
  const other = await Site.open('PostgreSQL')
  other.fake.order({ failsLater: 131056 }, 1)
  const ana = other.fake.person(phoneOf(0))
  ana.writes('hola')
  return Object.assign(other, { ana })
}

beforeAll(async () => {
  site = await Site.open('PostgreSQL')
  tired = tire()
}, 120_000)
afterAll(() => Promise.all([site.close(), tired.then(other => other.close())]))

describe('what people see', () => {
  test('hello is answered with a list, whose row asks on with buttons, one of which is understood', async () => {
    const ana = next()
    const [menu] = await site.say(ana, 'hola')
    expect(menu).toMatchObject({ kind: 'list', listButton: site.words.lista })
    const [asked] = await site.after(ana, () => ana.picks('Hacer mi trámite'))
    expect(asked).toMatchObject({ kind: 'button', footer: site.words.pie })
    expect(asked && labelsOf(asked)).toEqual(['Medio superior', 'Superior', 'Posgrado'])
    const before = stateNow()
    await site.after(ana, () => ana.presses('Superior'))
    expect(bodyNow()).toMatchObject({ kind: 'choice', turn: 2 })
    expect(stateNow()).not.toBe(before)
  })

  test('a row or button of an earlier message changes nothing and is told to be old, also twice at once', async () => {
    const ana = next()
    const [menu] = await site.say(ana, 'hola')
    await site.after(ana, () => ana.picks('Hacer mi trámite'))
    const told = await site.after(ana, () => ana.picks('Mi lista', menu))
    expect(textsOf(told)).toContain(wordsOf('opcionVieja'))
    expect(stateNow()).toBe('perfil.nivel')
    const twice = await site.after(ana, () => [ana.presses('Superior'), ana.presses('Superior')])
    expect(twice).toHaveLength(2)
    expect(textsOf(twice)).toContain(wordsOf('opcionVieja'))
  })

  test('what it is quoted in, a file of our own, goes up to Meta and comes down as it was', async () => {
    const ana = next()
    const [file, text] = await site.say(ana, 'calendario')
    expect(file).toMatchObject({ kind: 'document', file: { name: 'entrega-nss.ics', type: 'text/plain' } })
    expect(String(file?.file?.bytes)).toMatch(/^BEGIN:VCALENDAR/)
    expect(text?.text).toContain('📅')
  })

  test.each([
    ['sticker', 'sticker'],
    ['image', 'photo'],
    ['video', 'photo'],
    ['voice', 'voice'],
    ['audio', 'voice'],
    ['document', 'document'],
    ['location', 'other'],
    ['contacts', 'other'],
    ['order', 'other'],
    ['unsupported', 'other'],
  ] as const)('%s is never fetched and told to be none that is read', async (kind, ours) => {
    const ana = next()
    const told = await site.after(ana, () => ana.sends(kind))
    expect(bodyNow()).toEqual({ kind: 'file', file: ours })
    expect(textsOf(told)).toContain(wordsOf(`archivo.${ours}`))
    expect(site.fake.calls.filter(({ what }) => what === 'describe' || what === 'download')).toEqual([])
  })

  test('what was forwarded is read as a question and not as what the person says of themselves', async () => {
    const ana = next()
    for (const forwarded of [true, 'often'] as const) {
      await site.after(ana, () => ana.writes(wholeProfile, { forwarded }))
      expect(bodyNow()).toMatchObject({ how: 'forwarded' })
      expect(stateNow()).not.toBe('checklist.lista')
      await site.after(ana, () => ana.writes('cuánto cuesta', { forwarded }))
      expect(site.handled.at(-1)?.turn.topics).toEqual(['costo'])
    }
    await site.say(ana, wholeProfile)
    expect(stateNow()).toBe('checklist.lista')
  })

  test('a reaction and what WhatsApp itself says are answered by nothing', async () => {
    const ana = next()
    await site.say(ana, 'hola')
    const handled = site.handled.length
    expect(await site.after(ana, () => [ana.reacts('👍'), ana.sends('system')])).toEqual([])
    expect(site.handled).toHaveLength(handled)
  })

  test('each message is marked as read, and an answer is seen to be written until it comes', async () => {
    const ana = next()
    await site.settled()
    site.thinkMs = 1500
    const id = ana.writes('hola')
    await site.fake.waitFor(() => ana.read.includes(id))
    expect([ana.typing, ana.shown]).toEqual([true, []])
    site.thinkMs = 0
    await site.settled()
    expect([ana.typing, ana.shown.length]).toEqual([false, 1])
  })
})

describe('one person', () => {
  const chats = async () => (await site.query('select chat from conversacion')).length

  async function isOne(...comes: readonly ((text: string) => unknown)[]): Promise<void> {
    await site.settled()
    const before = await chats()
    for (const [n, come] of comes.entries()) {
      come(n ? 'cuánto cuesta' : wholeProfile)
      await site.settled()
    }
    expect(await chats()).toBe(before + 1)
    expect(site.handled.slice(-comes.length).map(({ turn }) => turn.version)).toEqual(
      comes.map((_, n) => n + 1),
    )
    expect(stateNow()).toBe('checklist.lista')
  }

  test('who hides the phone from now on is who they were', async () => {
    const ana = next()
    const write = (shown: boolean) => (text: string) => {
      ana.phoneShown = shown
      ana.writes(text)
    }
    await isOne(write(true), write(false), write(true))
    expect(ana.shown.length).toBeGreaterThan(2)
  })

  test('who comes without a phone and shows it later is who they were', async () => {
    const ana = site.fake.person({ phone: phoneOf(++people), bsuid: `MX.${people}777`, username: 'ana.ipn' })
    const write = (shown: boolean) => (text: string) => {
      ana.phoneShown = shown
      ana.writes(text)
    }
    await isOne(write(false), write(true), write(false))
    const ways = sends()
      .slice(-3)
      .map(({ payload }) => Object.keys(payload).filter(key => key === 'to' || key === 'recipient'))
    expect(new Set(ways.flat())).toEqual(new Set(['to', 'recipient']))
  })

  test('who was known by the phone alone, as before 2026, is who they were', async () => {
    const ana = site.fake.person({ phone: phoneOf(++people) })
    const named = { type: 'text', from_user_id: `MX.${people}888` }
    await isOne(
      text => ana.writes(text),
      body => ana.does({ ...named, text: { body } }),
      body => ana.does({ ...named, text: { body } }),
      text => ana.writes(text),
    )
  })

  test('who never shows a phone is written to by their name at Meta', async () => {
    const ana = site.fake.person({ bsuid: `MX.${++people}999`, username: 'nadie' })
    await site.say(ana, 'hola')
    expect(ana.shown).toHaveLength(1)
    expect(sends().at(-1)?.payload).toMatchObject({ recipient: ana.bsuid })
    expect(sends().at(-1)?.payload).not.toHaveProperty('to')
  })

  test('two people are two', async () => {
    const before = await chats()
    await Promise.all([next(), next()].map(one => one.writes('hola')))
    await site.settled()
    expect(await chats()).toBe(before + 2)
  })
})

describe('what Meta says of our messages', () => {
  const states = async () => {
    const rows = await site.query<{ estado: number }>('select estado from acuse order by at')
    return rows.map(({ estado }) => ranks[estado])
  }

  test('may come in any order, many times and before our call is answered: the strongest stands', async () => {
    await site.settled()
    await site.query('delete from acuse')
    const random = randomOf(seed)
    site.fake.held = true
    const all = Array.from({ length: 8 }, next)
    for (const one of all) one.writes('hola')
    await site.fake.flush()
    await site.fake.waitFor(() => all.every(({ shown }) => shown.length === 1))
    await site.settled()
    const posts = await site.fake.flush({
      perPost: 5,
      order: told => [...told, ...told, ...told].sort(() => random.next() - 0.5),
    })
    expect(posts.length).toBeGreaterThan(10)
    expect(await states()).toEqual(Array(8).fill('read'))
    for (const post of posts.toReversed()) await site.fake.redeliver(post)
    site.fake.held = false
    expect(await states()).toEqual(Array(8).fill('read'))
    expect(all.map(({ shown }) => shown.length)).toEqual(Array(8).fill(1))
  })

  async function failing(code: number) {
    const ana = next()
    const before = { ...site.counts }
    site.fake.order({ failsLater: code }, 1)
    const shown = await site.say(ana, 'hola')
    await site.fake.waitFor(() => site.fake.pending === 0)
    site.fake.order(undefined)
    return { ana, before, shown }
  }

  test('not on WhatsApp any more: nothing unasked goes there until they write again', async () => {
    const { ana, before } = await failing(131026)
    await expect.poll(() => site.counts.failed, { timeout: 5000 }).toBe(before.failed + 1)
    const unreachable = () =>
      site.query<{ chat: string }>('select chat from conversacion where inalcanzable is not null')
    const [{ chat } = { chat: '' }] = await unreachable()
    const message = { text: 'Aviso' }
    const add = () =>
      sayUnasked(site.store, { chat, at: new Date(), channel: 'whatsapp-cloud', to: '', message })
    expect(chat).not.toBe('')
    expect(await add()).toBeNull()
    expect(await site.say(ana, 'hola')).toHaveLength(1)
    expect(await unreachable()).toEqual([])
  })

  test('outside the 24 hours after all: it is counted as failed and not sent again', async () => {
    const { ana, before, shown } = await failing(131047)
    await expect.poll(() => site.counts.failed, { timeout: 5000 }).toBe(before.failed + 1)
    expect(shown).toEqual([])
    expect(site.counts.retried).toBe(before.retried)
    expect(await site.say(ana, 'hola')).toHaveLength(1)
  })
})

describe('where Meta says too often', () => {
  const codes = full ? [4, 80007, 130429, 131048, 131057, 133016] : [130429, 80007]
  const statuses = full ? [400, 403, 429, 500] : [400, 429]

  test('whatever the HTTP status, all is silent for a while and then said once', {
    timeout: 120_000,
  }, async () => {
    for (const [n, code] of codes.entries()) {
      const ana = next()
      const status = statuses[n % statuses.length] ?? 400
      site.fake.order({ code, status }, 1)
      expect(await site.say(ana, 'hola')).toHaveLength(1)
      const [first, second] = sends().slice(-2)
      expect([first?.answered, second?.answered]).toEqual([code, 'ok'])
      expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(990)
      // What was under way when the answer came is no break of the silence.
      const between = (call: Call) => call.atMs > (first?.atMs ?? 0) + 500 && call.atMs < (second?.atMs ?? 0)
      expect(site.fake.calls.filter(between)).toEqual([])
    }
    site.fake.order(undefined)
  })

  test('to one person, the others are answered meanwhile', async () => {
    const [ana, beto] = [next(), next()]
    await site.settled()
    const refused = new Set<string>()
    site.fake.trouble = ({ what, payload }) => {
      const first = what === 'send' && payload.to === ana.phone && !refused.has('ana')
      if (first) refused.add('ana')
      return first ? { code: 131056, status: 400 } : undefined
    }
    ana.writes('hola')
    beto.writes('hola')
    await site.settled()
    site.fake.order(undefined)
    const timeOf = ({ phone }: Person) => site.fake.accepted.findLast(({ to }) => to === phone)?.atMs ?? 0
    expect([ana.shown.length, beto.shown.length]).toEqual([1, 1])
    expect(timeOf(ana) - timeOf(beto)).toBeGreaterThan(0)
  })
})

test('a message that was too much for this person goes out again once they have had a rest, and once', {
  timeout: 90_000,
}, async () => {
  const other = await tired
  const { fake, ana } = other
  await fake.waitFor(() => ana.shown.length === 1, 60_000)
  const [first, second] = fake.accepted
  const afterMs = (second?.atMs ?? 0) - (first?.atMs ?? 0)
  console.info(`131056 by a status: sent again after ${(afterMs / 1000).toFixed(1)} s`)
  expect(afterMs).toBeGreaterThan(5500)
  await other.settled()
  expect(fake.accepted).toHaveLength(2)
  expect(other.counts).toMatchObject({ retried: 1, failed: 0, sent: 2 })
})

test('Meta finds the webhook by the right word only, and the guide says that it is ready', async () => {
  await expect(site.fake.subscribe(site.hookUrl, 'otra-palabra')).rejects.toThrow('403')
  const ready = await fetch(new URL('/readyz', site.hookUrl))
  expect(await ready.json()).toEqual({ whatsapp: true })
})
