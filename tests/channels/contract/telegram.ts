/** Telegram as the contract's stage: its fake, by long polling, wired by src/channels.ts. */
import { attachChannels } from '../../../src/channels.ts'
import type { FileKind } from '../../../src/message.ts'
import { type FakeTelegram, startFakeTelegram, type Trouble, type Update } from '../../fakes/telegram.ts'
import { Rig } from './rig.ts'
import type { Attach, Person, Seen, Stage, StageMaker } from './stage.ts'

const button = ['button'] as const
const firstPerson = 700_100_200
/** Telegram's own app cuts what a person writes. */
const longest = 4096

export const telegram: StageMaker = {
  name: 'telegram',
  lacks: {},
  ways: { 1: button, 3: button, 5: button, 10: button, 13: button, 30: button },
  longest,
  async open() {
    const fake = await startFakeTelegram()
    const rig = await Rig.open(({ parts }) => {
      const telegram = { token: fake.token, apiRoot: fake.root }
      const { attached } = attachChannels({ ...parts, config: { port: 0, logLevel: 'trace', telegram } })
      return attached[0] as Attach
    })
    return stageOf(fake, rig)
  },
}

function stageOf(fake: FakeTelegram, rig: Rig): Stage {
  let people = 0
  const after: Stage['after'] = (turns, act) => rig.after(turns, act, () => fake.pending > 0)
  const order = (trouble: Trouble) => async () => {
    fake.trouble = ({ method }) => (method === 'sendMessage' ? trouble : undefined)
    return {
      end: () => {
        fake.trouble = () => undefined
      },
    }
  }
  return rig.stage({
    after,
    person: async () => new OnTelegram(fake, firstPerson + people++, after),
    secrets: [fake.token, fake.token.split(':')[1] ?? '', String(firstPerson)],
    troubles: {
      'retry with a pause': order({ status: 429, retryAfter: 1 }),
      retry: order({ status: 500 }),
      rejected: order({ status: 400, reason: 'Bad Request: TEXT_INVALID_IN_A_NEW_WAY' }),
      async unreachable(person) {
        const { id } = person as OnTelegram
        await after(0, async () => fake.block(id))
        return { end: () => after(0, async () => fake.unblock(id)) }
      },
      uncertain: order('cut-after'),
      async misconfigured() {
        fake.revoke()
        return {}
      },
    },
    closed: () => fake.close(),
  })
}

class OnTelegram implements Person {
  readonly id: number
  readonly #fake: FakeTelegram
  readonly #after: Stage['after']
  #last: Update | undefined

  constructor(fake: FakeTelegram, id: number, after: Stage['after']) {
    this.#fake = fake
    this.id = id
    this.#after = after
  }

  get seen(): readonly Seen[] {
    return this.#fake
      .messages(this.id)
      .map(({ text, keyboard }) => ({ text, buttons: keyboard.flat().map(({ text }) => text) }))
  }

  async write(text: string): Promise<void> {
    for (let from = 0; from < text.length; from += longest)
      this.#does(this.#fake.written(this.id, text.slice(from, from + longest)))
  }

  /** Turns the pages to it. */
  async press(label: string): Promise<boolean> {
    for (const turn of ['‹', '›']) {
      while (this.#button(label) === undefined && this.#button(turn)) await this.#turn(turn)
      if (this.#button(label)) break
    }
    return this.#press(label)
  }

  async #turn(sign: string): Promise<void> {
    const before = this.seen.at(-1)?.buttons.join()
    this.#press(sign)
    await this.#fake.waitFor(() => this.seen.at(-1)?.buttons.join() !== before)
    await this.#after(0, async () => {})
  }

  #button(label: string): string | undefined {
    const buttons = this.#fake.messages(this.id).at(-1)?.keyboard.flat() ?? []
    const found = buttons.find(({ text }) => text === label)?.callback_data
    return typeof found === 'string' ? found : undefined
  }

  #press(label: string): boolean {
    const data = this.#button(label)
    const on = this.#fake.messages(this.id).at(-1)
    if (!on || data === undefined) return false
    this.#does(this.#fake.pressed(this.id, on.message_id, data))
    return true
  }

  #does(update: Update): void {
    this.#last = update
    this.#fake.queue(update)
  }

  /** As where the call that confirms it got lost: the next answer brings it again. */
  again = async () => {
    const last = this.#last
    let told = false
    this.#fake.trouble = ({ method }) => {
      if (method !== 'getUpdates' || told) return undefined
      told = true
      return { result: [last] }
    }
    // The call that waits has its answer, and is followed by the next.
    this.#fake.queue(this.#ours('nada'))
    await this.#fake.waitFor(() => told)
    this.#fake.trouble = () => undefined
  }

  send = async (kind: FileKind, caption?: string) => {
    const from = { id: this.id, is_bot: false, first_name: 'Ana' }
    const told = caption === undefined ? {} : { caption }
    this.#does(this.#fake.made({ message: { from, ...files[kind], ...told } }))
  }

  echo = async (text: string) => this.#does(this.#ours(text))

  /** Telegram shows a bot no message of its own; only in the name of another program with its token could one come. */
  #ours(text: string): Update {
    const chat = { id: this.id, type: 'private', first_name: 'Ana' }
    return this.#fake.made({ message: { from: this.#fake.bot, chat, text } })
  }
}

const file = { file_id: 'AgAD', file_unique_id: 'A', file_size: 1234 }
const files: Readonly<Record<FileKind, object>> = {
  sticker: { sticker: { ...file, type: 'regular', width: 512, height: 512 } },
  photo: { photo: [{ ...file, width: 90, height: 60 }] },
  voice: { voice: { ...file, duration: 3 } },
  document: { document: { ...file, file_name: 'archivo.pdf' } },
  other: { location: { latitude: 19.5, longitude: -99.1 } },
}
