/**
 * The channels that send by themselves, made of what the environment holds, and told to start and stop together. Only
 * wiring; `main` calls it once.
 */
import type { Logger } from 'pino'
import type { Channel, NoteReceipts, Receive } from './channels/channel.ts'
import { Telegram, type TelegramParts, limits as telegramLimits } from './channels/telegram/telegram.ts'
import { limits as cloudLimits, WhatsAppCloud } from './channels/whatsapp-cloud/whatsapp-cloud.ts'
import { Governor } from './channels/whatsapp-web/governor.ts'
import { sessionFolder } from './channels/whatsapp-web/switch.ts'
import { WhatsAppWeb, limits as webLimits } from './channels/whatsapp-web/whatsapp-web.ts'
import type { Config } from './config.ts'
import type { Content } from './content/load.ts'
import type { Conversation } from './conversation/handle.ts'
import type { Delivery } from './delivery/delivery.ts'
import { createIntake } from './delivery/intake.ts'
import type { WhatsAppStatus } from './personal/door.ts'
import { drawQr } from './personal/qr.ts'
import type { Store } from './store/store.ts'

export interface ChannelParts extends Pick<Conversation, 'history' | 'reach'> {
  readonly config: Config
  /** Where sessions are kept. */
  readonly dir: string
  readonly app: TelegramParts['app']
  readonly content: Content
  readonly store: Store
  readonly note: NoteReceipts
  readonly heard: Delivery['heard']
  readonly clock: () => Date
  readonly log: Logger
}

/** One channel at work. */
export interface Attached {
  readonly channel: Channel & { readonly ready: boolean }
  /** How it is called, and by which way. */
  readonly title: string
  readonly way: string
  start(receive: Receive): Promise<void>
  /** Takes no more messages. */
  stop(): Promise<void>
  /** Once nothing more is to be sent. */
  close(): Promise<void>
  /** How it fares, for staff. */
  readonly status?: () => WhatsAppStatus
}

/** Of the channels that send by themselves, whether they are on or not: how a broadcast will look there. */
export const limitsOfAll = {
  telegram: telegramLimits,
  'whatsapp-cloud': cloudLimits,
  'whatsapp-web': webLimits,
} as const

/** What came and is under way may be handled for so long; the rest is the next start's. */
const handlingMs = 3000

export function attachChannels(parts: ChannelParts): { attached: Attached[]; off: string[] } {
  const made = {
    'Telegram (no TELEGRAM_BOT_TOKEN)': attachTelegram(parts),
    'WhatsApp Cloud API (no WHATSAPP_CLOUD_TOKEN)': attachCloud(parts),
    'WhatsApp by the browser (no WHATSAPP_WEB=1)': attachWeb(parts),
  }
  return {
    attached: Object.values(made).filter(one => one !== undefined),
    off: Object.entries(made).flatMap(([why, one]) => (one ? [] : [why])),
  }
}

function attachTelegram(parts: ChannelParts): Attached | undefined {
  const { config, app, content, history, reach, clock, log } = parts
  if (!config.telegram) return undefined
  const channel = new Telegram({
    ...config.telegram,
    app,
    words: content.telegram,
    history,
    reach,
    clock,
    log,
  })
  return {
    channel,
    title: 'Telegram',
    way: config.telegram.webhook ? 'by webhook' : 'by asking for updates',
    start: receive => channel.start(receive),
    stop: () => channel.stop(),
    close: async () => {},
  }
}

function attachCloud(parts: ChannelParts): Attached | undefined {
  const { config, app, content, store, note, heard, clock, log } = parts
  if (!config.whatsappCloud) return undefined
  const intake = createIntake({ channel: 'whatsapp-cloud', inbox: store.inbox, log })
  const channel = new WhatsAppCloud({
    ...config.whatsappCloud,
    app,
    words: content.whatsappNube,
    keep: messages => {
      heard('whatsapp-cloud', messages.length)
      return intake.keep(messages)
    },
    note,
    clock,
    log,
  })
  return {
    channel,
    title: 'WhatsApp Cloud API',
    way: 'by webhook',
    start: async receive => {
      await channel.start(receive)
      intake.start(sealed => channel.take(sealed))
    },
    stop: async () => {
      await Promise.all([channel.stop(), intake.stop(handlingMs)])
    },
    close: async () => {},
  }
}

/** whatsapp-web.js itself is loaded when it starts. */
function attachWeb(parts: ChannelParts): Attached | undefined {
  const { config, dir, content, history, note, clock, log } = parts
  if (!config.whatsappWeb) return undefined
  const { chromePath } = config.whatsappWeb
  const folder = sessionFolder(dir)
  const words = content.whatsappWeb
  const governor = new Governor({ dir: folder, clock, log })
  // A file of what was printed need not hold each of them.
  let shown = false
  const showQr = (qr: string) => {
    if (!shown || process.stdout.isTTY)
      console.log([words.estados.escanea.trimEnd(), drawQr(qr), words.estados.caduca].join('\n'))
    shown = true
  }
  const channel = new WhatsAppWeb({
    dir: folder,
    chromePath,
    words,
    governor,
    history,
    note,
    clock,
    log,
    showQr,
  })
  return {
    channel,
    title: 'WhatsApp by the browser',
    way: 'as one of the devices of a phone',
    start: async receive => {
      console.log(words.aviso)
      await channel.start(receive)
    },
    stop: () => channel.stop(),
    close: async () => {
      await governor.close()
      await channel.close()
    },
    status: () => channel.status(),
  }
}
