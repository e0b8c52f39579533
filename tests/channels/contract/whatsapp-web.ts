/** WhatsApp by whatsapp-web.js as the contract's stage: a real Chromium with the fake's page, paired at the start. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { webVersion } from '../../../src/channels/whatsapp-web/client.ts'
import { Governor } from '../../../src/channels/whatsapp-web/governor.ts'
import { WhatsAppWeb } from '../../../src/channels/whatsapp-web/whatsapp-web.ts'
import type { FileKind } from '../../../src/message.ts'
import {
  type FakeWhatsAppWeb,
  type Hang,
  type Person as OnFake,
  startFakeWhatsAppWeb,
} from '../../fakes/whatsapp-web.ts'
import { Rig } from './rig.ts'
import type { Person, Seen, Stage, StageMaker } from './stage.ts'

const firstPhone = 5_215_598_765_000
const ackMs = 400
const atOnce = { gapMs: 0, readMs: 0, letterMs: 0, longestMs: 0 }

export const whatsAppWeb: StageMaker = {
  name: 'whatsapp-web',
  lacks: {
    unreachable: 'who wrote just now is tried again, whatever the page says; unasked messages: post.test.ts',
    misconfigured: 'what staff must mend (a logout) is told by its status, and replies wait until it is back',
  },
  ways: { 1: ['number'], 3: ['button'], 5: ['button'], 10: ['button'], 13: ['number'], 30: ['number'] },
  longest: Number.POSITIVE_INFINITY,
  async open() {
    const fake = await startFakeWhatsAppWeb()
    const folder = await mkdtemp(join(tmpdir(), 'vigente-contract-web-'))
    const chromePath = await fake.chrome(folder)
    await fake.writePage(join(folder, 'version'), webVersion)
    const rig = await Rig.open(({ parts }) => {
      const { clock, log, history, note, content } = parts
      const governor = new Governor({ dir: folder, clock, log, pace: atOnce })
      const words = content.whatsappWeb
      const channel = new WhatsAppWeb({
        ...{ dir: folder, chromePath, words, governor, history, note, clock, log },
        pace: { ackMs, lookMs: 100, nudgeMs: 300 },
      })
      return {
        channel,
        start: receive => channel.start(receive),
        stop: () => channel.stop(),
        close: async () => {
          governor.close()
          await channel.close()
        },
      }
    })
    await fake.waitFor(() => fake.qr, 30_000)
    fake.scan()
    await fake.waitFor(() => fake.connected, 30_000)
    return stageOf(fake, rig, folder)
  },
}

function stageOf(fake: FakeWhatsAppWeb, rig: Rig, folder: string): Stage {
  let people = 0
  const hang = (as: Hang) => async () => {
    fake.hang(1, as)
    return {}
  }
  return rig.stage({
    after: (turns, act) => rig.after(turns, act),
    person: async () => new OnWhatsAppWeb(fake, String(firstPhone + people++)),
    secrets: [String(firstPhone), '@c.us', '@lid'],
    troubles: {
      async 'retry with a pause'() {
        fake.state('TIMEOUT')
        await vi.waitFor(() => expect(rig.ready).toBe(false), 20_000)
        return { end: () => fake.state('CONNECTED') }
      },
      async retry() {
        fake.fail('the page is not ready')
        return {}
      },
      rejected: hang('refused'),
      uncertain: hang('pending'),
    },
    async closed() {
      await fake.close()
      await rm(folder, { recursive: true, force: true })
    },
  })
}

class OnWhatsAppWeb implements Person {
  readonly onFake: OnFake
  readonly #fake: FakeWhatsAppWeb
  #again = () => {}

  constructor(fake: FakeWhatsAppWeb, phone: string) {
    this.#fake = fake
    this.onFake = fake.person(phone)
  }

  get seen(): readonly Seen[] {
    return this.onFake.shown.map(({ text, options = [] }) => ({ text, buttons: options.map(nameOf) }))
  }

  async write(text: string): Promise<void> {
    const id = this.onFake.writes(text)
    this.#again = () => void this.onFake.writes(text, { id })
  }

  async press(label: string): Promise<boolean> {
    const poll = this.onFake.shown.at(-1)
    const option = poll?.options?.find(option => nameOf(option) === label)
    if (option !== undefined) this.onFake.votes(option, poll)
    return option !== undefined
  }

  again = async () => this.#again()

  send = async (kind: FileKind, caption?: string) => {
    const more = caption === undefined ? {} : { caption }
    const id = this.onFake.sends(files[kind], more)
    this.#again = () => void this.onFake.sends(files[kind], { ...more, id })
  }

  echo = async (text: string) => void this.#fake.writeOnPhone(this.onFake, text)
}

/** Without its number. */
const nameOf = (option: string) => option.replace(/^\d+\. /, '')

const files = {
  sticker: 'sticker',
  photo: 'image',
  voice: 'ptt',
  document: 'document',
  other: 'location',
} as const satisfies Record<FileKind, string>
