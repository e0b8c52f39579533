/**
 * The phone's side of a linked browser: QR codes, which sessions are good, and the one page that is on. Knows nothing of
 * messages: whatsapp-web.ts joins it to the world.
 */
import { randomUUID } from 'node:crypto'

/** Something the page is told; page.js has a function for each kind. */
export interface Happening {
  readonly kind: string
  readonly [field: string]: unknown
}

/** As WhatsApp Web names them. */
export type State =
  | 'OPENING'
  | 'PAIRING'
  | 'UNPAIRED'
  | 'UNPAIRED_IDLE'
  | 'CONNECTED'
  | 'TIMEOUT'
  | 'CONFLICT'

export interface Page {
  readonly id: string
  tell(happening: Happening): void
}

/** So many codes the real page shows, the first for a minute, the others for 20 s; then it waits to be asked. */
const codesPerPage = 6

export class Link {
  state: State = 'OPENING'
  /** How often a page has come to be connected and knew all chats. */
  connections = 0
  takeovers = 0
  readonly #tokens = new Set<string>()
  readonly #greet: () => Happening
  readonly #onLive: () => void
  #page: Page | undefined
  #ref: string | undefined
  #codesLeft = 0
  #synced = false

  /** `greet`: what a page is told when it is connected. `onLive`: a connection that broke stands again. */
  constructor(greet: () => Happening, onLive: () => void) {
    this.#greet = greet
    this.#onLive = onLive
  }

  /** Whether what happens now can reach the page. */
  get live(): boolean {
    return this.#page !== undefined && this.state === 'CONNECTED'
  }

  get connected(): boolean {
    return this.live && this.#synced
  }

  get isOpen(): boolean {
    return this.#page !== undefined
  }

  /** The first part of the QR code that is shown. */
  get ref(): string | undefined {
    return this.state === 'UNPAIRED' ? this.#ref : undefined
  }

  isCurrent(pageId: string): boolean {
    return this.#page?.id === pageId
  }

  tell(happening: Happening): void {
    this.#page?.tell(happening)
  }

  // ---- the page ----

  /** Where the session is on already in another page, that one has lost it. */
  open(page: Page, token: string): void {
    if (this.#page?.id !== page.id) this.#page?.tell({ kind: 'state', state: 'CONFLICT' })
    this.#page = page
    this.#synced = false
    if (this.#tokens.has(token)) this.#connect()
    else this.refresh()
  }

  closed(pageId: string): void {
    if (this.#page?.id !== pageId) return
    this.#page = undefined
    this.#synced = false
  }

  /** New codes. */
  refresh(): void {
    this.#codesLeft = codesPerPage
    this.#nextCode()
    this.become('UNPAIRED')
  }

  paired(token: string): void {
    this.#tokens.add(token)
    this.#connect()
  }

  synced(): void {
    this.#synced = true
    this.connections++
  }

  takeOver(): void {
    this.takeovers++
    this.become('CONNECTED')
  }

  /** The page itself gives the session up. */
  forget(): void {
    this.#tokens.clear()
    this.become('UNPAIRED')
  }

  #connect(): void {
    this.state = 'CONNECTED'
    this.tell(this.#greet())
  }

  #nextCode(): void {
    this.#codesLeft--
    this.#ref = `2@${randomUUID()}`
    this.tell({ kind: 'ref', ref: this.#ref })
  }

  // ---- the phone ----

  /** `code`: what the camera read; the code that is shown, where it is left out. */
  scan(code: string | undefined): void {
    if (this.ref === undefined) throw new Error('no QR code is shown')
    if (code !== undefined && code.split(',')[0] !== this.ref)
      throw new Error('this QR code is not valid any more')
    this.state = 'PAIRING'
    this.tell({ kind: 'paired', token: randomUUID() })
  }

  expireCode(): void {
    if (this.ref === undefined) throw new Error('no QR code is shown')
    if (this.#codesLeft > 0) this.#nextCode()
    else this.become('UNPAIRED_IDLE')
  }

  logOut(): void {
    this.#tokens.clear()
    if (!this.#page) return
    this.state = 'UNPAIRED'
    this.tell({ kind: 'logout' })
    this.#page = undefined
  }

  become(state: State): void {
    const wasLive = this.live
    this.state = state
    this.tell({ kind: 'state', state })
    if (this.live && !wasLive) this.#onLive()
  }
}
