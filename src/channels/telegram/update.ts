/**
 * What Telegram's updates mean to us: parses one with zod and says which message, press or news it is, or why it is left
 * alone. The adapter calls it with whatever came; pure.
 */
import { z } from 'zod'
import type { Body, FileKind, Group, Incoming } from '../../message.ts'
import { decodePress, type Press } from './render.ts'

const User = z.object({ id: z.number(), is_bot: z.boolean() })
const Chat = z.object({ id: z.number(), type: z.string() })
const Entity = z.object({
  type: z.string(),
  offset: z.number(),
  length: z.number(),
  user: User.optional(),
})

/** Of https://core.telegram.org/bots/api#message what we look at. */
const Message = z.looseObject({
  message_id: z.number(),
  chat: Chat,
  from: User.optional(),
  edit_date: z.number().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  entities: z.array(Entity).optional(),
  caption_entities: z.array(Entity).optional(),
  media_group_id: z.string().optional(),
  forward_origin: z.looseObject({ sender_user: User.optional() }).optional(),
  /** In the name of a channel or of the group itself. */
  sender_chat: z.unknown().optional(),
  reply_to_message: z.looseObject({ message_id: z.number(), from: User.optional() }).optional(),
})
type Message = z.infer<typeof Message>

const Query = z.object({
  id: z.string(),
  from: User,
  data: z.string().optional(),
  message: z
    .object({
      message_id: z.number(),
      chat: Chat,
      reply_markup: z
        .object({
          inline_keyboard: z.array(
            z.array(z.object({ text: z.string(), callback_data: z.string().optional() })),
          ),
        })
        .optional(),
    })
    .optional(),
})

export const Update = z.object({
  update_id: z.number().int(),
  message: Message.optional(),
  edited_message: Message.optional(),
  callback_query: Query.optional(),
  my_chat_member: z.object({ chat: Chat, new_chat_member: z.object({ status: z.string() }) }).optional(),
})
export type Update = z.infer<typeof Update>

/** What we ask Telegram for. */
export const kinds = ['message', 'edited_message', 'callback_query', 'my_chat_member'] as const

export type News =
  | { readonly kind: 'message'; readonly incoming: Incoming }
  | {
      readonly kind: 'press'
      readonly query: string
      /** Undefined: not a button of ours, or not of a message that we sent to this person. */
      readonly press: Press | undefined
      readonly chat: number
      readonly message: number
      /** What the button says. */
      readonly label: string
      readonly data: string
    }
  /** The person blocked us, or let us in again. */
  | { readonly kind: 'reach'; readonly chat: number; readonly reachable: boolean }
  | { readonly kind: 'ignored'; readonly why: string }

export interface Self {
  readonly id: number
  readonly username: string
  /** Without the slash. One that is not ours is another bot's. */
  readonly commands: readonly string[]
}

export function read(update: Update, self: Self, at: Date): News {
  const { message, edited_message: edited, callback_query: query, my_chat_member: member } = update
  if (message) return readMessage(message, self, at)
  if (edited) return readMessage({ ...edited, edit_date: edited.edit_date ?? 0 }, self, at)
  if (query) return readPress(query)
  if (member && member.chat.type === 'private')
    return { kind: 'reach', chat: member.chat.id, reachable: member.new_chat_member.status !== 'kicked' }
  return { kind: 'ignored', why: member ? 'member of a group' : 'no kind that we asked for' }
}

function readMessage(message: Message, self: Self, at: Date): News {
  const { chat, from } = message
  // A channel post, an anonymous admin, another bot: nobody whom we could answer.
  if (!from || from.is_bot || message.sender_chat !== undefined)
    return { kind: 'ignored', why: 'from no person' }
  const body = bodyOf(message)
  if (!body) return { kind: 'ignored', why: 'nothing in it' }
  const here = { at, from: address(from.id), replyTo: String(from.id), pushTo: String(from.id) }
  if (chat.type === 'private')
    return {
      kind: 'message',
      incoming: { ...here, id: idOf(message), body: withoutAddress(body, message, self) },
    }
  if (chat.type !== 'group' && chat.type !== 'supergroup') return { kind: 'ignored', why: `a ${chat.type}` }
  if (message.edit_date !== undefined) return { kind: 'ignored', why: 'edited in a group' }
  if (!isAddressed(message, self)) return { kind: 'ignored', why: 'not said to us' }
  const group: Group = {
    chat: address(chat.id),
    replyTo: `${chat.id}/${message.message_id}`,
    link: `https://t.me/${self.username}`,
  }
  const id = idOf(message)
  return { kind: 'message', incoming: { ...here, id, body: withoutAddress(body, message, self), group } }
}

const address = (id: number) => ({ channel: 'telegram', id: String(id) }) as const

/** An album comes as a message for each picture: what is written with one is read, of the others one is answered. */
function idOf({ message_id, edit_date, media_group_id, caption }: Message): string {
  if (edit_date !== undefined) return `e${message_id}.${edit_date}`
  return media_group_id !== undefined && caption === undefined ? `g${media_group_id}` : `m${message_id}`
}

const files: Readonly<Record<string, FileKind>> = {
  sticker: 'sticker',
  animation: 'sticker',
  dice: 'sticker',
  photo: 'photo',
  video: 'photo',
  video_note: 'photo',
  voice: 'voice',
  audio: 'voice',
  document: 'document',
  contact: 'other',
  location: 'other',
  venue: 'other',
  poll: 'other',
  game: 'other',
  story: 'other',
  paid_media: 'other',
  checklist: 'other',
}

/** What a picture's caption asks is read; the picture never is. None for what only tells of the chat itself. */
function bodyOf(message: Message): Body | undefined {
  const { edit_date, forward_origin, from, media_group_id: album } = message
  const text = message.text ?? message.caption
  if (text !== undefined) {
    // One's own words forwarded are one's own words.
    const others = forward_origin !== undefined && forward_origin.sender_user?.id !== from?.id
    const how = edit_date !== undefined ? 'edited' : others ? 'forwarded' : undefined
    // Of an album another picture is answered that none of them is seen.
    const beside = message.text === undefined && edit_date === undefined && album === undefined
    return { kind: 'text', text, ...(how ? { how } : {}), ...(beside ? { beside } : {}) }
  }
  if (edit_date !== undefined) return undefined
  const kind = Object.keys(files).find(key => message[key] !== undefined)
  return kind === undefined ? undefined : { kind: 'file', file: files[kind] as FileKind }
}

/** In a group we only hear what is said to us: our name, a command, a reply to what we said. */
function isAddressed(message: Message, self: Self): boolean {
  if (message.reply_to_message?.from?.id === self.id) return true
  return entitiesOf(message).some(({ type, said, user }) => {
    if (type === 'text_mention') return user?.id === self.id
    if (type === 'mention') return said.toLowerCase() === mentionOf(self)
    if (type !== 'bot_command') return false
    const [, command = '', name] = /^\/([^@]*)(@.*)?$/.exec(said.toLowerCase()) ?? []
    return name === undefined ? self.commands.includes(command) : name === mentionOf(self)
  })
}

const mentionOf = ({ username }: Self) => `@${username.toLowerCase()}`

function entitiesOf({ text, caption, entities, caption_entities }: Message) {
  const said = text ?? caption ?? ''
  const marked = (text === undefined ? caption_entities : entities) ?? []
  return marked.map(entity => ({ ...entity, said: said.slice(entity.offset, entity.offset + entity.length) }))
}

/** Our name is not a part of the question. */
function withoutAddress(body: Body, message: Message, self: Self): Body {
  if (body.kind !== 'text') return body
  const mentions = entitiesOf(message).filter(
    ({ type, said, user }) =>
      (type === 'mention' && said.toLowerCase() === mentionOf(self)) ||
      (type === 'text_mention' && user?.id === self.id),
  )
  let { text } = body
  for (const { offset, length } of mentions.toReversed())
    text = `${text.slice(0, offset)} ${text.slice(offset + length)}`
  return mentions.length > 0 ? { ...body, text: text.trim() } : body
}

function readPress({ id, from, data, message }: z.infer<typeof Query>): News {
  const buttons = message?.reply_markup?.inline_keyboard.flat() ?? []
  const own = message?.chat.type === 'private' && message.chat.id === from.id
  return {
    kind: 'press',
    query: id,
    press: own && data !== undefined ? decodePress(data) : undefined,
    chat: message?.chat.id ?? from.id,
    message: message?.message_id ?? 0,
    label: buttons.find(button => button.callback_data === data)?.text ?? '',
    data: data ?? '',
  }
}
