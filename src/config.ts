/**
 * The only reader of the environment: `readConfig` parses it with zod and tells every fault at once, by the
 * variable's name. Entry points call it; nothing else looks at process.env.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Without a slash at its end. */
const address = z
  .url({ protocol: /^https?$/, error: 'a web address, such as https://seguro.example' })
  .transform(url => url.replace(/\/+$/, ''))

const Environment = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'a port, 0 to 65535')
    .transform(Number)
    .refine(port => port <= 65535, 'a port, 0 to 65535')
    .default(3000),
  DATA_DIR: z.string().min(1).optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional(),
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(/^\d{1,20}:[A-Za-z0-9_-]{1,100}$/, 'a token as BotFather gives it: digits, a colon, letters')
    .optional(),
  TELEGRAM_API_ROOT: address.optional(),
  TELEGRAM_WEBHOOK_SECRET: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,256}$/, 'letters, digits, _ and -, at most 256')
    .optional(),
  PUBLIC_URL: address.optional(),
  WHATSAPP_CLOUD_TOKEN: z
    .string()
    .regex(/^[!-~]{1,1000}$/, 'a token as Meta gives it, in one piece')
    .optional(),
  WHATSAPP_CLOUD_PHONE_ID: z
    .string()
    .regex(/^\d{1,20}$/, "the number's id at Meta, digits only; not the number itself")
    .optional(),
  WHATSAPP_CLOUD_APP_SECRET: z
    .string()
    .regex(/^[!-~]{16,200}$/, "the app's secret as Meta shows it, at least 16 characters")
    .optional(),
  WHATSAPP_CLOUD_VERIFY_TOKEN: z
    .string()
    .regex(/^[!-~]{8,200}$/, 'a word of your own, 8 to 200 characters without spaces')
    .optional(),
  WHATSAPP_CLOUD_API_ROOT: address.optional(),
  WHATSAPP_WEB: z.enum(['0', '1'], '1 to switch it on, else nothing').optional(),
  CHROME_PATH: z.string().optional(),
  LOG_LEVEL: z.enum(levels, `one of ${levels.join(', ')}`).default('info'),
})

/** Where `npm start` keeps everything if nothing is said. */
export const usualDataDir = '.data'

export interface Config {
  readonly port: number
  readonly logLevel: (typeof levels)[number]
  /** PostgreSQL where a URL is given, else the embedded database in a folder; neither given, `npm start` has its own folder and the terminal keeps nothing. */
  readonly databaseUrl?: string
  readonly dataDir?: string
  readonly telegram?: TelegramConfig
  readonly whatsappCloud?: WhatsAppCloudConfig
  /** The unofficial way; where the browser is. */
  readonly whatsappWeb?: { readonly chromePath: string }
}

/** Of a number that Meta has registered. */
export interface WhatsAppCloudConfig {
  readonly token: string
  readonly phoneId: string
  readonly appSecret: string
  /** Of another server than Meta's own. */
  readonly apiRoot?: string
  /** What Meta says when it asks whether the webhook is ours. */
  readonly verifyToken: string
}

export interface TelegramConfig {
  readonly token: string
  /** Of another Bot API server than Telegram's own. */
  readonly apiRoot?: string
  /** Updates are pushed to us at this address; else we ask for them. */
  readonly webhook?: { readonly publicUrl: string; readonly secret: string }
}

/** Where everything is kept, whatever else is wrong with the environment: for what must work even then. */
export const readDataDir = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string => environment.DATA_DIR || usualDataDir

/** Where the command line's key is kept: in the user's own settings, not in the program's folder. */
export function readKeyPath(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const settings =
    (process.platform === 'win32' ? environment.APPDATA : environment.XDG_CONFIG_HOME) ||
    join(homedir(), '.config')
  return join(settings, 'vigente', 'clave')
}

/** An empty variable counts as absent. Throws an Error whose message lists all faults, and no value. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const read = Environment.safeParse(given)
  const faults = (read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
  if (given.DATA_DIR && given.DATABASE_URL) faults.push('DATA_DIR, DATABASE_URL: give one of them, not both')
  if (given.TELEGRAM_WEBHOOK_SECRET && !given.PUBLIC_URL)
    faults.push('PUBLIC_URL: needed with TELEGRAM_WEBHOOK_SECRET: where Telegram finds this server')
  if (given.TELEGRAM_WEBHOOK_SECRET && given.PUBLIC_URL?.startsWith('http:') && !given.TELEGRAM_API_ROOT)
    faults.push('PUBLIC_URL: must begin with https:// for Telegram')
  if (!given.TELEGRAM_BOT_TOKEN)
    for (const name of ['TELEGRAM_API_ROOT', 'TELEGRAM_WEBHOOK_SECRET'])
      if (given[name]) faults.push(`TELEGRAM_BOT_TOKEN: needed with ${name}`)
  const cloud = cloudNames.filter(name => given[name])
  if (cloud.length > 0 || given.WHATSAPP_CLOUD_API_ROOT)
    for (const name of cloudNames)
      if (!given[name]) faults.push(`${name}: needed with ${cloud[0] ?? 'WHATSAPP_CLOUD_API_ROOT'}`)
  if (given.WHATSAPP_WEB === '1' && !existsSync(given.CHROME_PATH ?? ''))
    faults.push(
      `CHROME_PATH: ${given.CHROME_PATH ? 'there is no such file' : 'needed with WHATSAPP_WEB'}: where Chrome or Chromium is`,
    )
  if (!read.success || faults.length > 0)
    throw new Error(['The environment is not right:', ...faults].join('\n  '))
  const { PORT, DATA_DIR, DATABASE_URL, LOG_LEVEL } = read.data
  return {
    port: PORT,
    logLevel: LOG_LEVEL,
    ...(DATABASE_URL ? { databaseUrl: DATABASE_URL } : {}),
    ...(DATA_DIR ? { dataDir: DATA_DIR } : {}),
    ...telegramIn(read.data),
    ...whatsappIn(read.data),
  }
}

const cloudNames = [
  'WHATSAPP_CLOUD_TOKEN',
  'WHATSAPP_CLOUD_PHONE_ID',
  'WHATSAPP_CLOUD_APP_SECRET',
  'WHATSAPP_CLOUD_VERIFY_TOKEN',
] as const

function whatsappIn(read: z.infer<typeof Environment>): Pick<Config, 'whatsappCloud' | 'whatsappWeb'> {
  const { WHATSAPP_CLOUD_TOKEN: token, WHATSAPP_CLOUD_PHONE_ID: phoneId } = read
  const { WHATSAPP_CLOUD_APP_SECRET: appSecret, WHATSAPP_CLOUD_VERIFY_TOKEN: verifyToken } = read
  const { WHATSAPP_CLOUD_API_ROOT: apiRoot, WHATSAPP_WEB: web, CHROME_PATH: chromePath } = read
  const all = token && phoneId && appSecret && verifyToken
  return {
    ...(all
      ? { whatsappCloud: { token, phoneId, appSecret, verifyToken, ...(apiRoot ? { apiRoot } : {}) } }
      : {}),
    ...(web === '1' && chromePath ? { whatsappWeb: { chromePath } } : {}),
  }
}

function telegramIn(read: z.infer<typeof Environment>): Pick<Config, 'telegram'> {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: apiRoot } = read
  const { TELEGRAM_WEBHOOK_SECRET: secret, PUBLIC_URL: publicUrl } = read
  if (!token) return {}
  const webhook = publicUrl && secret ? { webhook: { publicUrl, secret } } : {}
  return { telegram: { token, ...(apiRoot ? { apiRoot } : {}), ...webhook } }
}
