/** A bare grammY bot that says again what it is told: what a reply by Telegram costs at the least. telegram.ts starts it. */
import { Bot } from 'grammy'

const [, , token = '', apiRoot = ''] = process.argv
const bot = new Bot(token, { client: { apiRoot } })
bot.on('message:text', ctx => ctx.reply(ctx.message.text))
process.on('SIGTERM', () => void bot.stop())
await bot.start({ onStart: () => console.log('on') })
