/** The bot's name, as staff give it or as Telegram tells it to whoever has the token. For `npm run poster`. */
import { z } from 'zod'

/** With or without its @. */
export const BotName = z
  .string()
  .regex(/^@?[A-Za-z]\w{3,31}$/, "a bot's name, such as vigente_bot")
  .transform(name => name.replace('@', ''))

const Me = z.object({ ok: z.literal(true), result: z.object({ username: BotName }) })

/** Telegram's own. */
const usualApiRoot = 'https://api.telegram.org'
const maxWaitMs = 10_000

/** The token stands in the address that is asked: no error of the request may be told as it is. */
export async function askBotName(of: { readonly token: string; readonly apiRoot?: string }): Promise<string> {
  const { token, apiRoot = usualApiRoot } = of
  const url = `${apiRoot}/bot${token}/getMe`
  const answer = await fetch(url, { signal: AbortSignal.timeout(maxWaitMs) }).catch(() => undefined)
  const me = Me.safeParse(await answer?.json().catch(() => undefined))
  if (me.success) return me.data.result.username
  const why = answer ? `Telegram answered ${answer.status}` : 'Telegram cannot be reached'
  throw new Error(`TELEGRAM_BOT_TOKEN: ${why}, so the bot's name is not known; give it as --bot name`)
}
