/** WhatsApp's Cloud API for the crash test: how people write and choose there, and what that is on its way in and out. */
import { maxBody, maxRows, maxText, type Rendered, render } from '../../src/channels/whatsapp-cloud/render.ts'
import { idOf, read } from '../../src/channels/whatsapp-cloud/update.ts'
import type { Address, Outgoing } from '../../src/message.ts'
import { Secret } from '../../src/secret.ts'
import type { Call, FakeWhatsApp, Happening, Person } from '../fakes/whatsapp-cloud.ts'
import { guide } from '../guide.ts'
import type { Move, Offer, Platform, Said, Send } from './crash.ts'

export const verifyToken = 'palabra-de-la-prueba'

export const personAt = (fake: FakeWhatsApp, person: number) => fake.person(phoneOf(person))

const phoneOf = (person: number) => `52155${10_000_000 + person}`
const numberOf = (phone: unknown) => Number(String(phone).slice(5)) - 10_000_000

export const isSend = ({ what }: Call) => what === 'send'

export const onWhatsApp = (fake: FakeWhatsApp): Platform => ({
  limits: { text: maxText, buttons: maxRows, buttonText: maxBody },
  addressOf: person => addressOf(new Secret(fake.appSecret), personAt(fake, person)),
  looksOf,
  sendsTo: person =>
    fake.calls
      .filter(call => isSend(call) && call.payload.to === phoneOf(person) && !isBareFile(call.payload))
      .map(sendOf),
})

function addressOf(secret: Secret, { phone, bsuid }: Pick<Person, 'phone' | 'bsuid'>): Address {
  const [id = '', ...also] = [bsuid, phone].flatMap(known => (known ? [secret.name(known)] : []))
  return { channel: 'whatsapp-cloud', id, also }
}

// ---- what people say ----

export interface Tap extends Offer {
  readonly tap: () => string
}

/** What may be chosen under the newest message that offers anything. */
export function shownTo(person: Person): Tap[] {
  const shown = person.shown.findLast(({ buttons, rows }) => buttons.length + rows.length > 0)
  return [
    ...(shown?.buttons ?? []).map(({ id = '', title }) => ({
      data: id,
      tap: () => person.presses(title, shown),
    })),
    ...(shown?.rows ?? []).map(({ id, title }) => ({ data: id, tap: () => person.picks(title, shown) })),
  ]
}

/** The message's name. */
export const make = (person: Person, move: Move<Tap>): string =>
  'text' in move ? person.writes(move.text) : move.button.tap()

/** As it goes through the webhook and what reads it. */
export function saidOf(fake: FakeWhatsApp, happening: Happening): Said {
  const { what, contacts } = happening
  const value = { metadata: { phone_number_id: fake.phoneId }, contacts, messages: [what] }
  const posted = { entry: [{ changes: [{ field: 'messages', value }] }] }
  return at => {
    const [arrived] = read(posted, fake.phoneId, at).messages
    if (!arrived) throw new Error('no message')
    const { person, wamid, body } = arrived
    const from = addressOf(new Secret(fake.appSecret), { phone: person.phone, bsuid: person.user })
    return { from, id: idOf(wamid), at, body, replyTo: 'somewhere', pushTo: 'somewhere' }
  }
}

// ---- what they are told ----

/** A file that goes before its text has nothing to tell it by. */
const isBareFile = ({ type, document }: Call['payload']) =>
  type === 'document' && !(document as { readonly caption?: string }).caption

function sendOf({ payload, answered, atMs }: Call): Send {
  const looks = looksOfSent(payload as unknown as Rendered)
  return { person: numberOf(payload.to), looks, atMs, done: answered === 'ok' || answered === 'gone' }
}

function looksOf(message: Outgoing, turn: number): string {
  const words = guide.content.whatsappNube
  const file = message.file ? { mediaId: '1' } : {}
  return looksOfSent(render({ message, turn, words, ...file }).at(-1) as Rendered)
}

function looksOfSent(message: Rendered): string {
  if (message.type === 'text') return message.text.body
  if (message.type === 'document') return `${message.document.filename} ${message.document.caption}`
  return JSON.stringify(message.type === 'interactive' ? message.interactive : message.template)
}
