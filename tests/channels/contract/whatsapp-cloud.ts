/** WhatsApp's Cloud API as the contract's stage: its fake, by webhook, wired by src/channels.ts. */
import { attachChannels } from '../../../src/channels.ts'
import type { FileKind } from '../../../src/message.ts'
import {
  type FakeWhatsApp,
  type Person as OnFake,
  startFakeWhatsApp,
  type Trouble,
} from '../../fakes/whatsapp-cloud.ts'
import { Rig } from './rig.ts'
import type { Attach, Person, Seen, Stage, StageMaker } from './stage.ts'

const verifyToken = 'palabra-de-las-pruebas-4242'
const firstPhone = 5_215_512_345_000
/** WhatsApp's own app takes more; the Cloud API tells of no more than this. */
const longest = 4096
const inOnePost = 100

export const whatsAppCloud: StageMaker = {
  name: 'whatsapp-cloud',
  lacks: {},
  ways: {
    1: ['button'],
    3: ['button'],
    // Three buttons; what is understood everywhere is written.
    5: ['button', 'word'],
    10: ['button'],
    13: ['number'],
    30: ['number'],
  },
  longest,
  async open() {
    const fake = await startFakeWhatsApp()
    const rig = await Rig.open(({ parts }) => {
      const { token, phoneId, appSecret, url: apiRoot } = fake
      const whatsappCloud = { token, phoneId, appSecret, apiRoot, verifyToken }
      const { attached } = attachChannels({ ...parts, config: { port: 0, logLevel: 'trace', whatsappCloud } })
      return attached[0] as Attach
    })
    await fake.subscribe(`${rig.url}/whatsapp/webhook`, verifyToken)
    return stageOf(fake, rig)
  },
}

function stageOf(fake: FakeWhatsApp, rig: Rig): Stage {
  let people = 0
  const after: Stage['after'] = (turns, act) =>
    rig.after(
      turns,
      async () => {
        // In one POST they have an order.
        fake.held = true
        await act()
        await fake.flush({ perPost: inOnePost })
        fake.held = false
      },
      () => fake.pending > 0,
    )
  const order = (trouble: Trouble) => async () => {
    fake.order(trouble)
    return { end: () => fake.order(undefined) }
  }
  return rig.stage({
    after,
    person: async () => new OnWhatsApp(fake, String(firstPhone + people++), rig.url),
    secrets: [fake.token, fake.appSecret, verifyToken, String(firstPhone), 'wamid.'],
    troubles: {
      'retry with a pause': order({ code: 130429 }),
      retry: order({ code: 131056 }),
      rejected: order({ code: 131009 }),
      unreachable: order({ code: 131026 }),
      uncertain: order('cut-after'),
      misconfigured: order({ code: 190 }),
    },
    closed: () => fake.close(),
  })
}

class OnWhatsApp implements Person {
  readonly #fake: FakeWhatsApp
  readonly #person: OnFake
  readonly #url: string
  readonly #phone: string

  constructor(fake: FakeWhatsApp, phone: string, url: string) {
    this.#fake = fake
    this.#phone = phone
    this.#person = fake.person(phone)
    this.#url = url
  }

  get seen(): readonly Seen[] {
    return this.#person.shown.map(({ text, buttons, rows }) => ({
      text,
      buttons: [...buttons, ...rows].map(({ title }) => title),
    }))
  }

  async write(text: string): Promise<void> {
    for (let from = 0; from < text.length; from += longest)
      this.#person.writes(text.slice(from, from + longest))
  }

  async press(label: string): Promise<boolean> {
    const on = this.#person.shown.at(-1)
    if (on?.buttons.some(({ title }) => title === label)) this.#person.presses(label, on)
    else if (on?.rows.some(({ title }) => title === label)) this.#person.picks(label, on)
    else return false
    return true
  }

  /** The newest POST that tells of this person. */
  again = async () => {
    const post = this.#fake.posts.findLast(({ bytes }) => bytes.includes(`"from":"${this.#phone}"`))
    if (!post) throw new Error('nothing was posted')
    await this.#fake.redeliver(post)
  }

  send = async (kind: FileKind, caption?: string) => {
    this.#person.sends(files[kind], caption === undefined ? {} : { caption })
  }

  /** https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes */
  echo = async (text: string) => {
    const { display_phone_number: own, ...metadata } = {
      display_phone_number: '5215550000001',
      phone_number_id: this.#fake.phoneId,
    }
    const message = {
      from: own,
      to: this.#phone,
      id: 'wamid.echo',
      timestamp: String(Math.floor(Date.now() / 1000)),
      type: 'text',
      text: { body: text },
    }
    const value = {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: own, ...metadata },
      message_echoes: [message],
    }
    const entry = [{ id: '1', changes: [{ field: 'smb_message_echoes', value }] }]
    const body = JSON.stringify({ object: 'whatsapp_business_account', entry })
    const signature = this.#fake.sign(Buffer.from(body))
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature }
    const { status } = await fetch(`${this.#url}/whatsapp/webhook`, { method: 'POST', headers, body })
    if (status !== 200) throw new Error(`an echo was answered ${status}`)
  }
}

const files = {
  sticker: 'sticker',
  photo: 'image',
  voice: 'voice',
  document: 'document',
  other: 'location',
} as const satisfies Record<FileKind, string>
