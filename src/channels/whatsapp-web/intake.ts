/**
 * Hands what people write to the conversation: each person's messages one after the other, in the order in which they
 * came, each once, and again where it could not be handled. A chat is marked as read only when all that came is handled:
 * what is unread is what the next start has to look at. The adapter gives it each client.
 */
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Client } from 'whatsapp-web.js'
import { z } from 'zod'
import type { Address, Body } from '../../message.ts'
import type { Secret } from '../../secret.ts'
import type { History, Receive } from '../channel.ts'
import { newestMessages, privateChats } from './client.ts'
import type { Folder } from './folder.ts'
import { isOurs, optionOf, readEdit, readMessage, readPoll, readVote, type Said, type Voted } from './read.ts'
import { reasonOf } from './rejections.ts'
import { within } from './within.ts'

export interface IntakeParts {
  readonly folder: Folder
  readonly secret: Secret
  readonly history: History
  readonly clock: () => Date
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** Who waited for longer has found another way; and a number that is new here may have old chats. */
const tooLateMs = 24 * 60 * 60 * 1000
/** WhatsApp counts whole seconds by a clock of its own: ours may be some ahead, and we may hear of the pairing late. */
const slackMs = 10_000
/** Read again besides what is unread: what was marked as read in the moment in which the program was killed. */
const besides = 4
const maxRemembered = 10_000
const firstPauseMs = 1000
const longestPauseMs = 30_000
const answerMs = 5000
/** A chat that takes longer to be read is stuck. */
const chatMs = 10_000
/** Once we are to stop, what came may be handled for so long. */
const handlingMs = 3000
/** A phone that WhatsApp does not tell today it may tell tomorrow. It is asked seldom: asking often looks like a robot. */
const askAgainMs = 60 * 60 * 1000
/** How far back a poll may lie that somebody votes in. */
const pollTurns = 20

type Found = Said | Voted

const Chats = z.array(z.object({ id: z.string(), unread: z.number().nullish(), at: z.number().nullish() }))
const Names = z.tuple([z.object({ lid: z.string().optional(), pn: z.string().optional() })])

export class Intake {
  readonly #parts: IntakeParts
  readonly #stopping = new AbortController()
  readonly #known = new Set<string>()
  readonly #persons = new Map<string, { readonly from: Address; readonly until: number }>()
  /** Of each person the work that was begun last. */
  readonly #lanes = new Map<string, Promise<void>>()
  /** What comes while it is looked for what came before; undefined when that is done. */
  #held: Found[] | undefined
  #arrivals: Promise<void> = Promise.resolve()
  #receive: Receive | undefined
  #client: Client | undefined

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  start(receive: Receive): void {
    this.#receive = receive
  }

  /** Resolves when what came is handled. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const all = async () => {
      await this.#arrivals
      await Promise.all(this.#lanes.values())
    }
    await within(handlingMs, all()).catch(() => {})
  }

  listen(client: Client): void {
    this.#client = client
    this.#release()
    this.#held = []
    client.on('message', ({ rawData }) => this.#arrive(readMessage(rawData)))
    client.on('message_edit', ({ rawData }, after, before) => this.#arrive(readEdit(rawData, after, before)))
    client.on('vote_update', vote => this.#arrive(readVote(vote)))
  }

  /** What came while nobody listened, in order. Rejects where the page could not be asked. */
  async catchUp(client: Client): Promise<void> {
    const { clock, folder } = this.#parts
    const since = Math.max(clock().getTime() - tooLateMs, folder.pairedAt?.getTime() ?? 0)
    const chats = Chats.parse(await client.pupPage?.evaluate(privateChats))
    const found: Found[] = []
    for (const { id, unread, at } of chats)
      if (at == null || at * 1000 >= since - slackMs)
        found.push(...(await this.#missedIn(client, id, unread ?? 0)))
    const time = ({ at }: Found) => at?.getTime() ?? Number.POSITIVE_INFINITY
    const missed = found.filter(of => time(of) >= since - slackMs).sort((a, b) => time(a) - time(b) || 0)
    if (client !== this.#client) return
    for (const one of missed) this.#accept(one)
    this.#release()
  }

  /** A chat that cannot be read costs the others nothing; what is unread in it is looked for again at the next start. */
  #missedIn(client: Client, chat: string, unread: number): Promise<Found[]> {
    return within(chatMs, missedIn(client, chat, unread)).catch(error => {
      this.#parts.log.error({ reason: reasonOf(error) }, 'a chat could not be read')
      return []
    })
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const found of held) this.#accept(found)
  }

  #arrive(found: Found | undefined): void {
    if (!found) return
    if (this.#held) this.#held.push(found)
    else this.#accept(found)
  }

  #accept(found: Found): void {
    const name = `${found.chat} ${found.id}`
    if (this.#stopping.signal.aborted || this.#known.has(name)) return
    this.#known.add(name)
    for (const oldest of this.#known) {
      if (this.#known.size <= maxRemembered) break
      this.#known.delete(oldest)
    }
    // One after the other: whose it is may have to be asked, and the next of the same person must not overtake it.
    this.#arrivals = this.#arrivals
      .then(() => this.#enter(found))
      .catch(error => this.#parts.log.error({ err: error }, 'a message was not taken'))
  }

  async #enter(found: Found): Promise<void> {
    const from = await this.#whoIs(found.chat)
    const work = (this.#lanes.get(from.id) ?? Promise.resolve()).then(() => this.#handle(from, found))
    const lane: Promise<void> = work.then(handled => this.#settle(from, found, lane, handled))
    this.#lanes.set(from.id, lane)
  }

  /** True once it is handled; false where we stop before. */
  async #handle(from: Address, found: Found): Promise<boolean> {
    const { secret, clock, log } = this.#parts
    const { signal } = this.#stopping
    const id = secret.name(found.id)
    for (let tries = 0; ; tries++)
      try {
        const body = 'body' in found ? found.body : await this.#choiceOf(from, found)
        const replyTo = secret.seal(found.chat)
        await this.#receive?.({ from, id, at: clock(), body, replyTo, pushTo: replyTo })
        return true
      } catch (error) {
        if (signal.aborted) return false
        const pauseMs = Math.min(firstPauseMs * 2 ** tries, longestPauseMs)
        log.error({ err: error, pauseMs }, 'a message was not handled')
        await setTimeout(pauseMs, undefined, { signal }).catch(() => {})
      }
  }

  async #settle(from: Address, found: Found, lane: Promise<void>, handled: boolean): Promise<void> {
    if (!handled || this.#lanes.get(from.id) !== lane) return
    this.#lanes.delete(from.id)
    // It will be read again, and known, where this fails.
    await within(answerMs, Promise.resolve(this.#client?.sendSeen(found.chat))).catch(() => {})
  }

  /** A choice of the turn that asked; of a poll that is forgotten only what the option says. */
  async #choiceOf(from: Address, { poll, option }: Voted): Promise<Body> {
    const lines = await this.#parts.history(from, 0, pollTurns)
    for (const line of lines.toReversed()) {
      if (line.from !== 'guia' || line.text.trim() !== poll.trim()) continue
      const chosen = line.choices?.find((choice, i) => optionOf(choice, i) === option)
      if (chosen) return { kind: 'choice', choice: chosen.id, turn: line.version }
    }
    return { kind: 'text', text: option.replace(/^\d+\. /, '') }
  }

  /** One person, by phone or without: both names where WhatsApp tells them. */
  async #whoIs(chat: string): Promise<Address> {
    const known = this.#persons.get(chat)
    if (known && known.until > performance.now()) return known.from
    const asked = this.#client?.getContactLidAndPhone([chat]) ?? Promise.reject()
    const told = await within(answerMs, asked).catch(error => {
      this.#parts.log.info({ reason: reasonOf(error) }, 'whose other name is not known')
      return undefined
    })
    const [{ lid, pn } = {}] = Names.safeParse(told).data ?? []
    const names = [...new Set([lid, pn, chat])].filter(name => name !== undefined)
    const [id = '', ...also] = names.map(name => this.#parts.secret.name(name))
    const from: Address = { channel: 'whatsapp-web', id, also }
    const until = lid && pn ? Number.POSITIVE_INFINITY : performance.now() + askAgainMs
    if (this.#persons.size >= maxRemembered) this.#persons.clear()
    this.#persons.set(chat, { from, until })
    return from
  }
}

/**
 * What may be without an answer: what is unread, and what stands after the last that was said from this number; with what
 * was chosen in that, where it is a poll. Anything older was answered, or forgotten with `/borrar`.
 */
async function missedIn(client: Client, chat: string, unread: number): Promise<Found[]> {
  const limit = 2 * Math.max(unread, 0) + besides
  const messages = z.array(z.unknown()).parse(await client.pupPage?.evaluate(newestMessages(chat, limit)))
  const spoken = messages.findLastIndex(isOurs)
  const theirs = messages.flatMap((message, i) => (isOurs(message) ? [] : [i]))
  const firstUnread = unread > 0 ? (theirs.at(-unread) ?? 0) : messages.length
  const found = messages.filter((_, i) => i > spoken || i >= firstUnread).map(readMessage)
  const poll = readPoll(messages[spoken])
  const votes = poll ? await client.getPollVotes(poll).catch(() => []) : []
  return [...found, ...votes.map(readVote)].filter(one => one !== undefined)
}
