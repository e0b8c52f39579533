/** What the passing of days changes on WhatsApp: to whom one may write freely, and what Meta pushes again. */
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Person } from '../../fakes/whatsapp-cloud.ts'
import { sayUnasked } from '../../store/unasked.ts'
import { phoneOf, Site, textsOf } from './site.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const notice = 'Mañana abre la entrega.\n\nLleva tu tarjeta del NSS.'

let site: Site
afterEach(() => site.close())

/** Somebody wrote and was answered at a whole second; then so long nothing. */
async function silentFor(ms: number): Promise<Person> {
  site = await Site.open('PostgreSQL')
  const ana = site.fake.person(phoneOf(1))
  // Meta tells whole seconds, and by these the 24 hours are counted here.
  site.pass(1000 - (site.now.getTime() % 1000))
  const wroteAt = Math.floor(site.now.getTime() / 1000) * 1000
  await site.after(ana, () => ana.writes('hola', { at: new Date(wroteAt) }))
  site.pass(wroteAt + ms - site.now.getTime())
  return ana
}

/** A message that nobody asked for, as a reminder will be. */
async function remind(ana: Person): Promise<void> {
  const [{ chat } = { chat: '' }] = await site.query<{ chat: string }>('select chat from conversacion')
  const to = site.handled[0]?.incoming.replyTo ?? ''
  const shown = ana.shown.length
  const message = { chat, at: new Date(), channel: 'whatsapp-cloud', to, message: { text: notice } } as const
  expect(await sayUnasked(site.store, message)).toMatchObject({ unasked: true })
  await site.fake.waitFor(() => ana.shown.length > shown)
  await site.settled()
}

test('23:59:59 after the person wrote, what nobody asked for goes out freely', async () => {
  const ana = await silentFor(dayMs - 1000)
  // The second that is left must not pass while the notice is on its way.
  vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  await remind(ana)
  expect(ana.shown.at(-1)).toMatchObject({ kind: 'text', text: notice })
  expect(ana.shown).toHaveLength(2)
  expect(site.counts).toMatchObject({ failed: 0, retried: 0, uncertain: 0 })
})

test('24:00:01 after it only the template does, with the notice in it', async () => {
  const ana = await silentFor(dayMs + 1000)
  await remind(ana)
  const { plantilla } = site.words
  expect(ana.shown.slice(1)).toMatchObject([
    { kind: 'template', text: plantilla.texto.trim().replace('{{1}}', notice.replace(/\s+/g, ' ')) },
  ])
  const sent = site.fake.calls.filter(({ what }) => what === 'send').slice(1)
  expect(sent.map(({ payload, answered }) => [payload.type, answered])).toEqual([['template', 'ok']])
  // Answering opens another day.
  await site.say(ana, 'cuánto cuesta')
  expect(textsOf(ana.shown.slice(2))).toContain('gratis')
  expect(ana.shown.slice(2).map(({ kind }) => kind)).not.toContain('template')
  expect(site.counts).toMatchObject({ failed: 0, retried: 0, uncertain: 0 })
})

test('what Meta pushes again for seven days is one message, and does not open the day anew', async () => {
  const ana = await silentFor(0)
  const posts = [...site.fake.posts]
  const before = ana.shown.length
  for (let day = 1; day <= 7; day++) {
    site.pass(dayMs)
    for (const post of posts) expect(await site.fake.redeliver(post)).toBe(200)
    await site.settled()
  }
  expect(ana.shown).toHaveLength(before)
  expect(site.handled.filter(({ turn }) => !turn.duplicate)).toHaveLength(1)
  expect(site.handled).toHaveLength(8)
  await remind(ana)
  expect(ana.shown.at(-1)?.kind).toBe('template')
})
