/**
 * The most used way to hold a conversation in Telegram: a grammY bot with its conversations plugin, stored in
 * PostgreSQL by its own adapter. Updates are handed in and the Bot API is faked, so no network is measured.
 */
import {
  type Conversation,
  type ConversationFlavor,
  conversations,
  createConversation,
} from '@grammyjs/conversations'
import { PsqlAdapter } from '@grammyjs/storage-psql'
import { Bot, type Context, InlineKeyboard } from 'grammy'
import pg from 'pg'
import type { Contender } from './measure.ts'
import type { Sizes } from './vigente.ts'

type Flavored = ConversationFlavor<Context>

export async function openGrammy(url: string, sizes: Sizes, poolSize: number): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: url, max: poolSize })
  // What breaks when the server stops is no news.
  pool.on('error', () => {})
  const adapter = await PsqlAdapter.create({
    tableName: 'conversations',
    client: pool as unknown as pg.Client,
  })
  const bot = new Bot<Flavored>('1:benchmark', { botInfo })
  const answer = { message_id: 1, date: 0, chat: { id: 1, type: 'private', first_name: 'A' }, text: '' }
  bot.api.config.use(async () => ({ ok: true, result: answer }) as never)
  bot.use(
    conversations({
      storage: { type: 'key', adapter: adapter as never },
      plugins: [
        async (ctx, next) => {
          ctx.api.config.use(async () => ({ ok: true, result: answer }) as never)
          await next()
        },
      ],
    }),
  )
  bot.use(createConversation(askFour(sizes), 'form'))
  bot.on('message', ctx => ctx.conversation.enter('form'))
  let sent = 0
  return {
    name: 'grammY conversations',
    turn: chat => bot.handleUpdate(updateOf(chat, ++sent)),
    close: () => pool.end(),
  }
}

/** A form of four questions, as long as our reply, each with four choices. */
function askFour(sizes: Sizes) {
  const keyboard = new InlineKeyboard().text('uno').text('dos').row().text('tres').text('cuatro')
  const text = 'Una pregunta del formulario. '.repeat(Math.ceil(sizes.reply / 29)).slice(0, sizes.reply)
  return async (conversation: Conversation<Flavored>, ctx: Context) => {
    await ctx.reply(text, { reply_markup: keyboard })
    for (let question = 0; question < 4; question++) {
      const answer = await conversation.waitFor('message:text')
      await answer.reply(text, { reply_markup: keyboard })
    }
  }
}

function updateOf(number: number, id: number) {
  const from = { id: number + 1, is_bot: false, first_name: 'Ana' }
  const chat = { id: number + 1, type: 'private' as const, first_name: 'Ana' }
  const text = '¿cómo me doy de alta en el seguro?'
  return { update_id: id, message: { message_id: id, date: 1_790_000_000, chat, from, text } }
}

const botInfo = {
  id: 1,
  is_bot: true,
  first_name: 'bench',
  username: 'bench_bot',
  can_join_groups: false,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
} as never
