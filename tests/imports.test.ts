/** Dependencies point one way, and each outside library is met in one place: read from the imports themselves. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const top = fileURLToPath(new URL('..', import.meta.url))

interface Import {
  readonly file: string
  /** A path from the repository's top, or the name of a package or of a module of Node. */
  readonly to: string
  readonly typeOnly: boolean
}

/** What files under a path may import: paths, packages, `node:`; `type:` before what they may only take types of. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'flows/': ['flows/', 'xstate'],
  'src/message.ts': [],
  'src/lines.ts': ['type:node:'],
  'src/config.ts': ['zod', 'node:'],
  'src/calendar.ts': ['type:src/content/schema.ts', 'date-fns', '@date-fns/tz'],
  'src/content/': ['src/content/', 'src/message.ts', 'js-yaml', 'zod', 'node:'],
  'src/conversation/': [
    'src/conversation/',
    'flows/',
    'src/content/',
    'src/calendar.ts',
    'src/message.ts',
    'type:src/store/',
    'type:src/delivery/',
    'type:pino',
    'xstate',
    'zod',
    'fastest-levenshtein',
    'node:',
  ],
  'src/store/': ['src/store/', 'src/message.ts', 'kysely', 'pg', '@electric-sql/pglite', 'zod', 'node:'],
  'src/broadcast/': [
    'src/broadcast/',
    'src/conversation/',
    'flows/',
    'src/channels/fit.ts',
    'src/channels/whatsapp-cloud/render.ts',
    'src/content/',
    'src/calendar.ts',
    'src/message.ts',
    'src/store/subscriptions.ts',
    'type:src/store/',
    'type:src/delivery/',
    'type:src/channels/channel.ts',
    'type:src/jobs.ts',
    'type:pino',
    'zod',
    'node:',
  ],
  'src/jobs.ts': ['pg-boss', 'type:src/store/', 'type:pino'],
  'src/personal/': [
    'src/personal/',
    'src/broadcast/',
    'src/conversation/',
    'src/content/',
    'src/calendar.ts',
    'src/message.ts',
    'src/http.ts',
    'type:src/store/',
    'hono',
    'qr',
    'zod',
    'node:',
  ],
  'src/delivery/': [
    'src/delivery/',
    'src/message.ts',
    'src/channels/channel.ts',
    'src/channels/fit.ts',
    'type:src/store/',
    'type:pino',
    'node:',
  ],
  'src/channels/': [
    'src/message.ts',
    'src/lines.ts',
    'src/secret.ts',
    'src/channels/channel.ts',
    'type:src/content/schema.ts',
    'type:src/conversation/',
    'type:pino',
    'zod',
    'node:',
  ],
}

/** Where each library may be imported. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  '@date-fns/tz': ['src/calendar.ts'],
  '@electric-sql/pglite': ['src/store/'],
  '@hono/node-server': ['src/http.ts'],
  'date-fns': ['src/calendar.ts'],
  'fastest-levenshtein': ['src/conversation/'],
  grammy: ['src/channels/telegram/'],
  hono: [
    'src/channels/web/',
    'src/channels/telegram/',
    'src/channels/whatsapp-cloud/',
    'src/personal/',
    'src/http.ts',
  ],
  kysely: ['src/store/'],
  pg: ['src/store/'],
  'pg-boss': ['src/jobs.ts'],
  qr: ['src/personal/'],
  'whatsapp-web.js': ['src/channels/whatsapp-web/'],
  // The machines are written in flows/ and stepped in the conversation.
  xstate: ['flows/', 'src/conversation/'],
  'js-yaml': ['src/content/'],
  // Everything from outside is parsed at its door, and every part may log.
  pino: ['src/'],
  zod: ['src/'],
}

const sources = [...filesOf('src'), ...filesOf('flows')]
const imports = sources.flatMap(importsOf)

function filesOf(folder: string): string[] {
  return readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => `${folder}/${name}`)
}

function codeOf(file: string): string {
  return readFileSync(join(top, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
}

function importsOf(file: string): Import[] {
  const statements = codeOf(file).matchAll(
    /^(?:import|export)\s+(type\s)?(?:([^'"`;]*?)\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
  )
  return [...statements].map(([, type, names = '', fixed = '', dynamic]) => {
    const to = dynamic ?? fixed
    const named = /^\{([^}]*)\}$/.exec(names.trim())?.[1]
    const everyType = named?.split(',').every(name => /^\s*(?:type\s|$)/.test(name)) ?? false
    return {
      file,
      to: to.startsWith('.') ? relative(top, join(top, dirname(file), to)) : to,
      typeOnly: type !== undefined || everyType,
    }
  })
}

const isOwn = (to: string) => to.startsWith('src/') || to.startsWith('flows/')
const under = (path: string, places: readonly string[]) =>
  places.some(place => path === place || (place.endsWith('/') && path.startsWith(place)))
const packageOf = (to: string) => to.split('/', to.startsWith('@') ? 2 : 1).join('/')
const told = ({ file, to }: Import) => `${file} → ${to}`

function fits({ file, to, typeOnly }: Import, rules: readonly string[]): boolean {
  const ownChannel = /^src\/channels\/[^/]+\//.exec(file)?.[0]
  if (ownChannel && (to.startsWith(ownChannel) || under(ownChannel, libraries[packageOf(to)] ?? [])))
    return true
  return rules.some(rule => {
    const [, types, place = ''] = /^(type:)?(.*)$/.exec(rule) ?? []
    if (types && !typeOnly) return false
    if (place === 'node:') return to.startsWith('node:')
    return isOwn(place) ? under(to, [place]) : packageOf(to) === place
  })
}

test('reads every kind of import', () => {
  const found = imports.map(told)
  expect(found).toContain('src/content/load.ts → src/content/yaml.ts')
  expect(found).toContain('src/calendar.ts → date-fns/formatISO')
  expect(imports.find(of => told(of) === 'src/calendar.ts → src/content/schema.ts')?.typeOnly).toBe(true)
  expect(imports.find(of => told(of) === 'src/content/load.ts → src/content/schema.ts')?.typeOnly).toBe(false)
})

describe('dependencies point one way:', () => {
  test.each(Object.entries(allowed))('%s imports only what it may', (place, rules) => {
    const own = imports.filter(({ file }) => under(file, [place]))
    expect(own.filter(of => !fits(of, rules)).map(told)).toEqual([])
  })

  test('nothing imports main.ts', () => {
    expect(imports.filter(({ to }) => to.endsWith('/main.ts')).map(told)).toEqual([])
  })

  test('nothing reaches out of src and flows, tests of the repository', () => {
    const tests = filesOf('tests').flatMap(importsOf)
    const outside = ({ to }: Import) => to.startsWith('..') || to.startsWith('/')
    expect([...imports, ...tests].filter(outside).map(told)).toEqual([])
    const local = imports.filter(({ to }) => to.endsWith('.ts') && !isOwn(to))
    expect(local.map(told)).toEqual([])
    const shared = ['..', 'shared'].join('/')
    expect([...sources, ...filesOf('tests')].filter(file => codeOf(file).includes(shared))).toEqual([])
  })

  test('there is no circle', () => {
    const next = new Map(
      sources.map(file => [file, imports.filter(of => of.file === file && isOwn(of.to)).map(({ to }) => to)]),
    )
    const done = new Set<string>()
    const circleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
      if (done.has(file)) return undefined
      for (const to of next.get(file) ?? []) {
        const circle = circleFrom(to, [...path, file])
        if (circle) return circle
      }
      done.add(file)
      return undefined
    }
    expect(sources.map(file => circleFrom(file, [])?.join(' → ')).filter(Boolean)).toEqual([])
  })
})

describe('outside', () => {
  const outside = imports.filter(({ to }) => !isOwn(to) && !to.startsWith('node:') && !to.startsWith('.'))

  test('each library is imported in its own place', () => {
    expect(outside.filter(({ file, to }) => !under(file, libraries[packageOf(to)] ?? [])).map(told)).toEqual(
      [],
    )
  })

  test('process.env is read only in src/config.ts', () => {
    const readers = sources.filter(file => /\bprocess\s*\.\s*env\b|\bprocess\s*\[/.test(codeOf(file)))
    expect(readers.filter(file => file !== 'src/config.ts')).toEqual([])
  })
})
