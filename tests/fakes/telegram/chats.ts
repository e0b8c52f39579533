/**
 * Who is on the fake Telegram, what they wrote and what the bot sent them: the state behind the methods that send, edit
 * and answer, and behind the updates that people cause. telegram.ts calls it; it knows nothing of HTTP.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Formatted } from './html.ts'
import {
  bad,
  checkAction,
  isObject,
  type Keyboard,
  type Payload,
  parseJson,
  Refusal,
  readCaption,
  readFile,
  readKeyboard,
  readText,
} from './rules.ts'

/** A message of the bot as the person sees it now. */
export interface Sent {
  readonly message_id: number
  readonly text: string
  /** As it was sent, with its markup. */
  readonly html: string
  readonly keyboard: Keyboard
  readonly edits: number
  readonly replyTo?: number
  /** Sent with it; the text is its caption. */
  readonly file?: { readonly name: string; readonly type: string; readonly text: string }
}

/** What an update is about, without its update_id. */
export type Happening = Readonly<Record<string, unknown>>

export interface Bot {
  readonly id: number
  readonly is_bot: true
  readonly first_name: string
  readonly username: string
}

/** What the platform knows of a message of the bot beyond what is seen. */
interface Kept {
  readonly place: number
  readonly content: Formatted
  readonly date: number
  readonly editDate?: number
}

interface Chat {
  readonly id: number
  /** As it stands in a message: type, title, name. */
  readonly description: Readonly<Record<string, unknown>>
  readonly sent: Sent[]
  /** Of each of them, by message id. */
  readonly kept: Map<number, Kept>
  /** Messages of others. */
  readonly theirs: Set<number>
  lastMessageId: number
  /** A bot may write to a person who wrote to it first, to a group it was let into. */
  open: boolean
  /** Blocked, or thrown out of the group. */
  out?: boolean
  deactivated?: boolean
  migratedTo?: number
}

export class Chats {
  readonly bot: Bot
  readonly #chats = new Map<number, Chat>()
  readonly #queries = new Map<string, boolean>()
  /** Private chats and plain groups share the bot's message box; supergroups and channels count for themselves. */
  #lastMessageId = 0
  #lastQuery = 4_200_000_000_000_000_000n

  constructor(bot: Bot) {
    this.bot = bot
  }

  messages(id: number): readonly Sent[] {
    return this.#chats.get(id)?.sent ?? []
  }

  // ---- what people do ----

  /** A text said in private, or where `more.chat` says. */
  written(from: number, text: string, more: object): Happening {
    return this.happened({ message: { from: personOf(from), text, entities: entitiesOf(text), ...more } })
  }

  pressed(from: number, messageId: number, data: string, { chat: id = from }: { chat?: number }): Happening {
    this.#know({ id: from })
    const chat = this.#know({ id })
    const query = String(++this.#lastQuery)
    this.#queries.set(query, false)
    // https://core.telegram.org/bots/api#inaccessiblemessage: date 0 where the bot cannot see it any more.
    const message = chat.kept.has(messageId)
      ? this.#show(chat, messageId)
      : { chat: chat.description, message_id: messageId, date: 0 }
    return { callback_query: { id: query, from: personOf(from), message, chat_instance: String(id), data } }
  }

  /** Takes notice of the people, chats and messages that something is about, and gives messages what they lack. */
  happened(what: Happening): Happening {
    return Object.fromEntries(Object.entries(what).map(([kind, value]) => [kind, this.#notice(kind, value)]))
  }

  #notice(kind: string, value: unknown): unknown {
    if (!isObject(value)) return value
    if (isObject(value.from)) this.#know(value.from)
    if (!isObject(value.chat) && !isMessage(kind)) return value
    const chat = this.#know(isObject(value.chat) ? value.chat : isObject(value.from) ? value.from : {})
    if (isMessage(kind)) return { ...this.#receive(chat, kind, value), ...value, chat: chat.description }
    if (kind === 'my_chat_member') this.#join(chat, value)
    return { date: now(), ...value, chat: chat.description }
  }

  /** Who writes to the bot has let it in: also who had blocked it before. */
  #receive(chat: Chat, kind: string, value: Record<string, unknown>): object {
    chat.open = true
    chat.out = false
    const messageId = Number(value.message_id ?? this.#nextId(chat))
    chat.lastMessageId = Math.max(chat.lastMessageId, messageId)
    if (sharesIds(chat)) this.#lastMessageId = Math.max(this.#lastMessageId, messageId)
    chat.theirs.add(messageId)
    return { message_id: messageId, date: now(), ...(kind.startsWith('edited') ? { edit_date: now() } : {}) }
  }

  #join(chat: Chat, { new_chat_member: member }: Record<string, unknown>): void {
    if (!isObject(member)) return
    chat.out = ['kicked', 'left'].includes(String(member.status))
    chat.open = chat.open || !chat.out
  }

  /** The bot is blocked, thrown out or let in again: the platform tells it by my_chat_member. */
  membership(id: number, status: 'member' | 'kicked'): Happening {
    const chat = this.#know({ id })
    const old = status === 'member' ? 'kicked' : 'member'
    const of = (name: string) => ({
      user: this.bot,
      status: name,
      ...(name === 'kicked' ? { until_date: 0 } : {}),
    })
    const from = personOf(id > 0 ? id : 1)
    return this.happened({
      my_chat_member: { chat: chat.description, from, old_chat_member: of(old), new_chat_member: of(status) },
    })
  }

  deactivate(id: number): void {
    this.#know({ id }).deactivated = true
  }

  /** The group is dead from now on; both say so with a service message. */
  migrate(id: number, to: number): readonly [Happening, Happening] {
    const old = this.#know({ id })
    const from = personOf(1)
    const left = this.happened({ message: { chat: old.description, from, migrate_to_chat_id: to } })
    old.migratedTo = to
    const chat = { id: to, type: 'supergroup', title: old.description.title }
    return [left, this.happened({ message: { chat, from, migrate_from_chat_id: id } })]
  }

  // ---- what the bot does ----

  sendMessage(payload: Payload): unknown {
    return this.#send(payload, readText(payload), String(payload.text))
  }

  async sendDocument(payload: Payload): Promise<unknown> {
    const content = readCaption(payload)
    const sent = readFile(payload, 'document')
    const file = { name: sent.name, type: sent.type, text: await sent.text() }
    return this.#send(payload, content, String(payload.caption ?? ''), file)
  }

  #send(payload: Payload, content: Formatted, html: string, file?: Sent['file']): unknown {
    const keyboard = readKeyboard(payload) ?? []
    const chat = this.#writable(payload)
    const replyTo = this.#replied(chat, payload)
    const message_id = this.#nextId(chat)
    const seen = { message_id, text: content.text, html, keyboard, edits: 0, ...(file ? { file } : {}) }
    const place = chat.sent.push(replyTo === undefined ? seen : { ...seen, replyTo }) - 1
    chat.kept.set(message_id, { place, content, date: now() })
    return this.#show(chat, message_id)
  }

  editMessageText(payload: Payload): unknown {
    const content = readText(payload)
    // Without reply_markup an edit takes the buttons away.
    return this.#edit(payload, { content, html: String(payload.text), keyboard: readKeyboard(payload) ?? [] })
  }

  editMessageReplyMarkup(payload: Payload): unknown {
    return this.#edit(payload, { keyboard: readKeyboard(payload) ?? [] })
  }

  /** Once for each query: the second time it is as unknown as one that never was. */
  answerCallbackQuery({ callback_query_id: id, text = '' }: Payload): true {
    if (typeof text !== 'string' || text.length > 200) throw bad('MESSAGE_TOO_LONG')
    if (this.#queries.get(String(id)) !== false)
      throw bad('query is too old and response timeout expired or query ID is invalid')
    this.#queries.set(String(id), true)
    return true
  }

  sendChatAction(payload: Payload): true {
    checkAction(payload)
    this.#writable(payload)
    return true
  }

  #edit(payload: Payload, change: { content?: Formatted; html?: string; keyboard: Keyboard }): unknown {
    const chat = this.#writable(payload)
    const id = Number(payload.message_id)
    if (chat.theirs.has(id)) throw bad("message can't be edited")
    const kept = chat.kept.get(id)
    const seen = kept && chat.sent[kept.place]
    if (!seen) throw bad('message to edit not found')
    if (change.content && seen.file) throw bad('there is no text in the message to edit')
    const content = change.content ?? kept.content
    if (isDeepStrictEqual([content, change.keyboard], [kept.content, seen.keyboard]))
      throw bad(
        'message is not modified: specified new message content and reply markup are exactly the same ' +
          'as a current content and reply markup of the message',
      )
    const { html = seen.html, keyboard } = change
    chat.sent[kept.place] = { ...seen, text: content.text, html, keyboard, edits: seen.edits + 1 }
    chat.kept.set(id, { ...kept, content, editDate: now() })
    return this.#show(chat, id)
  }

  /** Client.cpp `check_chat_access`; that one blocked the bot is the server's to say, to whatever is written there. */
  #writable({ chat_id: id = '' }: Payload): Chat {
    if (id === '') throw bad('chat_id is empty')
    const chat = this.#chats.get(/^-?\d+$/.test(String(id)) ? Number(id) : Number.NaN)
    if (!chat) throw bad('chat not found')
    if (chat.migratedTo !== undefined)
      throw new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: chat.migratedTo,
      })
    if (chat.deactivated) throw new Refusal(403, 'Forbidden: user is deactivated')
    const kind = String(chat.description.type)
    if (chat.out)
      throw new Refusal(
        403,
        kind === 'private'
          ? 'Forbidden: bot was blocked by the user'
          : `Forbidden: bot was kicked from the ${kind} chat`,
      )
    if (!chat.open) throw new Refusal(403, "Forbidden: bot can't initiate conversation with a user")
    return chat
  }

  #replied(chat: Chat, { reply_parameters: given }: Payload): number | undefined {
    if (given === undefined || given === '') return undefined
    const reply = typeof given === 'string' ? parseJson(given, 'reply parameters') : given
    if (!isObject(reply)) throw bad('object expected as reply parameters')
    if (reply.chat_id !== undefined) throw bad('the fake knows no reply into another chat')
    if (!Number.isInteger(reply.message_id)) throw bad('Can\'t find field "message_id"')
    const id = Number(reply.message_id)
    if (chat.theirs.has(id) || chat.kept.has(id)) return id
    if (reply.allow_sending_without_reply === true) return undefined
    throw bad('message to be replied not found')
  }

  #know(description: Readonly<Record<string, unknown>>): Chat {
    const id = Number(description.id)
    const known = this.#chats.get(id)
    if (known) return known
    if (!Number.isSafeInteger(id)) throw new Error('a chat needs an id')
    const { username: _, language_code: __, is_bot: ___, ...bare } = description
    const type = id > 0 ? 'private' : id > -1e12 ? 'group' : 'supergroup'
    const own = id > 0 ? { first_name: `Persona ${id}` } : { title: `Grupo ${-id}` }
    const chat = {
      id,
      description: { ...own, type, ...bare },
      sent: [],
      kept: new Map(),
      theirs: new Set<number>(),
      lastMessageId: 0,
      open: false,
    }
    this.#chats.set(id, chat)
    return chat
  }

  #nextId(chat: Chat): number {
    return sharesIds(chat) ? ++this.#lastMessageId : ++chat.lastMessageId
  }

  /** https://core.telegram.org/bots/api#message, as it is now. */
  #show(chat: Chat, messageId: number): Payload {
    const kept = chat.kept.get(messageId)
    const seen = kept && chat.sent[kept.place]
    if (!seen) throw new Error(`no message ${messageId} of the bot`)
    const { date, editDate, content } = kept
    const { text, keyboard, replyTo, file } = seen
    return {
      message_id: messageId,
      from: this.bot,
      chat: chat.description,
      date,
      ...(editDate ? { edit_date: editDate } : {}),
      ...(replyTo ? { reply_to_message: { message_id: replyTo, chat: chat.description, date } } : {}),
      ...(file ? { document: { file_id: file.name, file_unique_id: file.name, file_name: file.name } } : {}),
      [file ? 'caption' : 'text']: text,
      ...(content.entities.length ? { [file ? 'caption_entities' : 'entities']: content.entities } : {}),
      ...(keyboard.length ? { reply_markup: { inline_keyboard: keyboard } } : {}),
    }
  }
}

function isMessage(kind: string): boolean {
  return /(message|post)$/.test(kind)
}

function sharesIds({ description: { type } }: Chat): boolean {
  return type === 'private' || type === 'group'
}

function personOf(id: number) {
  return { id, is_bot: false, first_name: `Persona ${id}`, language_code: 'es' }
}

/** Telegram marks commands and mentions; clients and grammY tell a command by its mark alone. */
function entitiesOf(text: string) {
  const marks = [
    ...[...text.matchAll(/(?<![\w/@<>])\/\w{1,32}(?:@\w{3,32})?(?![\w/@])/g)].map(
      found => ['bot_command', found] as const,
    ),
    ...[...text.matchAll(/(?<![\w/])@[a-z]\w{3,31}\b/gi)].map(found => ['mention', found] as const),
  ]
  const entities = marks.map(([type, found]) => ({ type, offset: found.index, length: found[0].length }))
  return entities.length ? entities.sort((a, b) => a.offset - b.offset) : undefined
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}
