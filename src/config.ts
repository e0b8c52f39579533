/**
 * The only reader of the environment: `readConfig` parses it with zod and tells every fault at once, by the
 * variable's name. Entry points call it; nothing else looks at process.env.
 */
import { z } from 'zod'

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

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
}

/** An empty variable counts as absent. Throws an Error whose message lists all faults, and no value. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const read = Environment.safeParse(given)
  const faults = (read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
  if (given.DATA_DIR && given.DATABASE_URL) faults.push('DATA_DIR, DATABASE_URL: give one of them, not both')
  if (!read.success || faults.length > 0)
    throw new Error(['The environment is not right:', ...faults].join('\n  '))
  const { PORT, DATA_DIR, DATABASE_URL, LOG_LEVEL } = read.data
  return {
    port: PORT,
    logLevel: LOG_LEVEL,
    ...(DATABASE_URL ? { databaseUrl: DATABASE_URL } : {}),
    ...(DATA_DIR ? { dataDir: DATA_DIR } : {}),
  }
}
