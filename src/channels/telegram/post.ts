/**
 * How a reply gets to Telegram: as a new message, in answer to one in a group, or in place of the checklist whose button
 * was pressed. The adapter's `send`; throws only SendError.
 */
import { type Api, GrammyError, InputFile } from 'grammy'
import type { FileOut } from '../../message.ts'
import { type Post, SendError } from '../channel.ts'
import type { TelegramApi } from './api.ts'
import { keyboardOf, toHtml } from './render.ts'

/** A chat; or in it the message whose button was pressed (`#`), or the one that asked (`/`). */
const form = /^(-?\d+)(?:([#/])(\d+))?$/

export async function sendPost(telegram: TelegramApi, { to, message, turn }: Post): Promise<void> {
  const [, chat, sign, at] = form.exec(to) ?? []
  const { text, choices = [], live = false, file } = message
  const keyboard = choices.length > 0 ? { reply_markup: keyboardOf(choices, turn, 0, live) } : {}
  const shown = { parse_mode: 'HTML', link_preview_options: { is_disabled: true }, ...keyboard } as const
  const written = { chat: Number(chat), html: toHtml(text), shown, ...(file ? { file } : {}) }
  if (live && sign === '#' && (await edit(telegram, written, Number(at)))) return
  await write(telegram, written, sign === '/' ? Number(at) : undefined)
}

interface Written {
  readonly chat: number
  readonly html: string
  readonly shown: Parameters<Api['editMessageText']>[3] & { readonly parse_mode: 'HTML' }
  readonly file?: FileOut
}

async function write(
  telegram: TelegramApi,
  { chat, html, shown, file }: Written,
  asked?: number,
): Promise<void> {
  const answers = asked === undefined ? {} : { message_id: asked, allow_sending_without_reply: true }
  const options =
    asked === undefined ? shown : { ...shown, reply_parameters: answers as { message_id: number } }
  await telegram.ask(async api => {
    const put = (to: number, how: typeof options) =>
      file ? api.sendDocument(to, inputOf(file), captioned(html, how)) : api.sendMessage(to, html, how)
    try {
      await put(chat, options)
    } catch (error) {
      // The group has become a supergroup, under another number and with new messages.
      const moved = error instanceof GrammyError ? error.parameters.migrate_to_chat_id : undefined
      if (moved === undefined) throw error
      await put(moved, shown)
    }
  })
}

const inputOf = ({ name, data }: FileOut) => new InputFile(Buffer.from(data, 'base64'), name)

/** What is said with a file holds no preview that could be switched off. */
const captioned = (caption: string, { link_preview_options: _, ...how }: Written['shown']) => ({
  caption,
  ...how,
})

/** False where the message is there no more, or too old: then it is to be written anew. */
async function edit(
  telegram: TelegramApi,
  { chat, html, shown }: Written,
  message: number,
): Promise<boolean> {
  const editing = telegram.ask(async api => {
    try {
      await api.editMessageText(chat, message, html, shown)
    } catch (error) {
      if (!(error instanceof GrammyError) || error.error_code !== 400) throw error
      return error.description.includes('message is not modified')
    }
    return true
  })
  return editing.catch((error: SendError) => {
    // Done twice it is the same as done once: here what may have arrived may be tried again.
    throw error.kind === 'uncertain' ? new SendError('retry', error.message) : error
  })
}
