/**
 * WhatsApp by whatsapp-web.js, a browser that somebody has paired with a phone: takes what people write in private,
 * shows replies as texts and polls. WhatsApp forbids it: the governor keeps it modest. `main` makes it where it is
 * switched on; nothing of the library loads before `start`.
 */
import type { Logger } from 'pino'
import type { Client, Message } from 'whatsapp-web.js'
import { Secret } from '../../secret.ts'
import {
  type Channel,
  type History,
  type NoteReceipts,
  type Post,
  type Receipt,
  type Receive,
  SendError,
} from '../channel.ts'
import { Acks, shortId, stateOf } from './acks.ts'
import { Folder } from './folder.ts'
import type { Governor, GovernorStatus } from './governor.ts'
import { Intake } from './intake.ts'
import { notConnected, sendPost } from './post.ts'
import { isOnePerson } from './read.ts'
import { reasonOf } from './rejections.ts'
import { type Pace, Session, type SessionStatus } from './session.ts'

export type WhatsAppWebStatus = SessionStatus & GovernorStatus

export interface WhatsAppWebParts {
  /** Where the session, its key and the governor's count are kept. */
  readonly dir: string
  readonly chromePath: string
  readonly words: { readonly estados: { readonly cerrada: string } }
  readonly governor: Governor
  readonly history: History
  readonly note: NoteReceipts
  readonly clock: () => Date
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Shows staff the code to scan, each time that it changes. */
  readonly showQr?: (qr: string) => void
  /** For tests. */
  readonly pace?: Partial<Pace & { readonly ackMs: number }>
}

/** How long a reply waits for a connection before it is tried again later. */
const readyMs = 5000

/** Longer texts WhatsApp takes, but shows only their beginning. A poll has 12 options, and 255 characters of question. */
export const limits = { text: 4096, buttons: 12, buttonText: 255 }

export class WhatsAppWeb implements Channel {
  readonly name = 'whatsapp-web'
  readonly limits = limits
  readonly #parts: WhatsAppWebParts
  readonly #secret: Secret
  readonly #session: Session
  readonly #intake: Intake
  readonly #acks = new Acks()

  constructor(parts: WhatsAppWebParts) {
    const folder = new Folder(parts.dir)
    this.#parts = parts
    this.#secret = new Secret(folder.key())
    this.#intake = new Intake({ ...parts, folder, secret: this.#secret })
    this.#session = new Session({
      ...parts,
      folder,
      whenLoggedOut: parts.words.estados.cerrada,
      onClient: client => {
        this.#intake.listen(client)
        client.on('message_ack', (message, ack) => this.#noteAck(message, ack))
      },
      onReady: (client, pairedAt) => {
        this.#notePaired(client, folder, pairedAt)
        void this.#catchUp(client)
      },
    })
  }

  get ready(): boolean {
    return this.#session.status.state === 'ready'
  }

  /** For staff: the code to scan is in it. */
  status(): WhatsAppWebStatus {
    return { ...this.#session.status, ...this.#parts.governor.status }
  }

  /** Does not wait for the connection: the first time somebody has to scan a code. */
  async start(receive: Receive): Promise<void> {
    this.#intake.start(receive)
    this.#session.start()
  }

  async send(post: Post): Promise<string> {
    const chat = this.#secret.open(post.to)
    if (chat === undefined) throw new SendError('rejected', 'an address of before the key was lost')
    // Before the governor, whose look at the switch is to be the last thing before it goes out.
    if (!(await this.#session.connected(readyMs))) throw notConnected()
    const parts = { session: this.#session, acks: this.#acks, ...this.#parts, ...this.#parts.pace }
    const id = await this.#parts.governor.send(
      post,
      () => this.#showTyping(chat),
      () => sendPost(parts, chat, post),
    )
    return this.#secret.name(id)
  }

  async stop(): Promise<void> {
    await this.#intake.stop()
  }

  /** Ends the browser: when nothing more is to be sent. */
  async close(): Promise<void> {
    await this.#session.close()
  }

  /** Another number than before is a young one, and what people wrote to it before it was paired is not for us. */
  #notePaired(client: Client, folder: Folder, at: Date): void {
    try {
      if (folder.notePaired(at, this.#secret.name(client.info.wid.user))) this.#parts.governor.beginAnew()
    } catch (error) {
      this.#parts.log.error({ err: error }, 'since when the number is paired could not be noted')
    }
  }

  async #catchUp(client: Client): Promise<void> {
    try {
      await this.#intake.catchUp(client)
    } catch (error) {
      this.#session.giveUp(client, `what came meanwhile could not be read: ${reasonOf(error)}`)
    }
  }

  /** The phone shows it until the message comes, or for half a minute. */
  async #showTyping(chat: string): Promise<void> {
    const client = await this.#session.connected(0)
    const open = await client?.getChatById(chat)
    await open?.sendStateTyping()
  }

  #noteAck({ id }: Message, ack: number): void {
    if (!id.fromMe || !isOnePerson(id._serialized.split('_')[1] ?? '')) return
    this.#acks.note(id._serialized, ack)
    const state = stateOf(ack)
    if (!state) return
    const { clock, note, log } = this.#parts
    const refusal = state === 'failed' ? { refusal: new SendError('rejected', 'WhatsApp refused it') } : {}
    const receipt: Receipt = {
      channel: this.name,
      id: this.#secret.name(shortId(id._serialized)),
      at: clock(),
      state,
      ...refusal,
    }
    note([receipt]).catch(error => log.error({ err: error }, 'a receipt was not noted'))
  }
}
