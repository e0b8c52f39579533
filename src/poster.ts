/**
 * `npm run poster -- <plantel>`: writes a page to print and hang up at a school, with a QR code that opens the guide on
 * Telegram for its students. `--bot name` spares asking Telegram for the bot's name; `--out file` says where to.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readConfig } from './config.ts'
import { loadContent } from './content/load.ts'
import { viewOfNobody } from './conversation/write.ts'
import { askBotName, BotName } from './personal/poster/bot.ts'
import { renderPoster, tellWritten } from './personal/poster/page.ts'
import { tellUnknown } from './personal/poster/plantel.ts'

const usage = 'npm run poster -- <plantel> [--bot name] [--out file]'

function readOptions(): { plantel: string; bot: string | undefined; out: string } {
  const { values, positionals } = parseArgs({
    options: { bot: { type: 'string' }, out: { type: 'string' } },
    allowPositionals: true,
  })
  const [plantel = ''] = positionals
  if (plantel === '' || positionals.length > 1) throw new Error(usage)
  const bot = values.bot === undefined ? undefined : BotName.safeParse(values.bot)
  if (bot?.error) throw new Error(`--bot: ${bot.error.issues[0]?.message}`)
  return { plantel, bot: bot?.data, out: values.out ?? `cartel-${plantel}.html` }
}

async function findBotName(): Promise<string> {
  const { telegram } = readConfig()
  if (!telegram)
    throw new Error(`TELEGRAM_BOT_TOKEN, --bot: give one of them; without it there is no bot to lead to`)
  return askBotName(telegram)
}

async function make(): Promise<void> {
  const { plantel, bot, out } = readOptions()
  const view = viewOfNobody(loadContent(), new Date())
  const unknown = tellUnknown(view, plantel)
  if (unknown) throw new Error(unknown)
  writeFileSync(out, await renderPoster(view, plantel, bot ?? (await findBotName())))
  console.log(tellWritten(view, out))
}

make().catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
