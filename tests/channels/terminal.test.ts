import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sayDueBy } from '../../src/broadcast/due.ts'
import { type Doors, serveNdjson } from '../../src/channels/terminal/ndjson.ts'
import { talkInTerminal } from '../../src/channels/terminal/person.ts'
import { createConversation } from '../../src/conversation/handle.ts'
import type { Incoming, Turn } from '../../src/message.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { guide } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'
import { runCommand } from '../program.ts'

let store: Store
let handle: (message: Incoming) => Promise<Turn>
let fallDue: Doors['fallDue']
beforeAll(async () => {
  store = await openStore({ url: await freshDatabase() })
  const conversation = createConversation({ ...guide, store, log: { info() {}, error() {} } })
  handle = conversation.handle
  fallDue = by => sayDueBy({ ...conversation, subscriptions: store.subscriptions }, 'terminal', by)
})
afterAll(() => store.close())

interface Answer {
  readonly chat?: string
  readonly state?: string
  readonly topics?: readonly string[]
  readonly pushed?: readonly unknown[]
  readonly replies?: Turn['replies']
  readonly error?: string
}

const at = '2026-11-22T10:00:00-06:00'
const parse = (output: string): Answer[] =>
  output
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))

const forProgram: typeof talkInTerminal = (receive, pipe) => serveNdjson({ receive, fallDue }, pipe)

async function pipe(
  talk: typeof talkInTerminal,
  chunks: readonly (string | Buffer)[],
  receive = handle,
): Promise<string> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const printed = readAll(output)
  for (const chunk of chunks) input.write(chunk)
  input.end()
  await talk(receive, { input, output })
  output.end()
  return printed
}

const ndjson = async (...lines: (string | object)[]): Promise<Answer[]> =>
  parse(
    await pipe(
      forProgram,
      lines.map(line => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
    ),
  )

describe('for a program', () => {
  test('one line comes out for each that goes in, in order, of any number of people', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => ({ chat: `order-${i % 3}`, at, text: `hola ${i}` }))
    const answers = await ndjson(...lines)
    expect(answers.map(({ chat }) => chat)).toEqual(lines.map(({ chat }) => chat))
    for (const answer of answers)
      expect(Object.keys(answer)).toEqual(['chat', 'topics', 'state', 'pushed', 'replies'])
    expect(answers[0]?.pushed).toEqual([])
  })

  test.each([
    ['', 'not JSON'],
    ['   ', 'not JSON'],
    ['hola', 'not JSON'],
    ['{"chat": "bad"', 'not JSON'],
    ['[]', 'object'],
    ['null', 'object'],
    [{ at, text: 'hola' }, 'chat'],
    [{ chat: '', at, text: 'hola' }, 'chat'],
    [{ chat: 'bad', text: 'hola' }, 'at'],
    [{ chat: 'bad', at: 'mañana', text: 'hola' }, 'at'],
    [{ chat: 'bad', at: '2026-11-22T10:00:00', text: 'hola' }, 'at'],
    [{ chat: 'bad', at }, 'one of text, choice, file'],
    [{ chat: 'bad', at, text: 'hola', choice: 'x' }, 'one of text, choice, file'],
    [{ chat: 'bad', at, text: 7 }, 'text'],
    [{ chat: 'bad', at, file: { kind: 'virus' } }, 'file.kind'],
  ])('%j is told with its line and its fault, and the next is answered', async (bad, fault) => {
    const answers = await ndjson({ chat: 'bad', at, text: '/start' }, bad, { chat: 'bad', at, text: 'hola' })
    expect(answers).toHaveLength(3)
    expect(answers[1]).toEqual({ error: expect.stringMatching(new RegExp(`^2: .*${fault}`)) })
    expect(answers[2]?.replies?.length).toBeGreaterThan(0)
  })

  test('a file is told by its kind, name, type and size', async () => {
    const [answer] = await ndjson({ chat: 'calendario', at, text: '/calendario' })
    const [reply] = answer?.replies ?? []
    expect(reply).toEqual({
      text: expect.stringContaining('Abre el archivo'),
      choices: expect.any(Array),
      media: { kind: 'document', name: 'entrega-nss.ics', mime: 'text/calendar', bytes: expect.any(Number) },
    })
    const { media } = reply as unknown as { media: { bytes: number } }
    expect(media.bytes).toBeGreaterThan(500)
  })

  test('a bad line changes nothing', async () => {
    const good = [
      { chat: 'same-a', at, text: 'hacer mi trámite' },
      { chat: 'same-a', at, text: 'superior' },
    ]
    const plain = await ndjson(...good)
    const [first, , second] = await ndjson(
      { ...good[0], chat: 'same-b' },
      { chat: 'same-b', at: 'ayer', text: 'menú' },
      { ...good[1], chat: 'same-b' },
    )
    expect([first, second]).toEqual(plain.map(answer => ({ ...answer, chat: 'same-b' })))
  })

  test('the same id twice is one message: the second line says where we stand, and nothing new', async () => {
    const message = { chat: 'twice', at, id: 'm1', text: 'hacer mi trámite' }
    const [first, second, other] = await ndjson(message, message, { ...message, chat: 'twice too' })
    expect(first?.replies).not.toEqual([])
    expect(second).toEqual({ ...first, topics: [], replies: [] })
    expect(other?.replies).toEqual(first?.replies)
  })

  test('lines without an id are never taken for one another', async () => {
    const line = { chat: 'no id', at, text: 'hola' }
    for (const answer of [...(await ndjson(line, line)), ...(await ndjson(line))])
      expect(answer.replies).not.toEqual([])
  })

  test('a line is what ends with a line feed, however it arrives', async () => {
    const line = Buffer.from(`${JSON.stringify({ chat: 'bytes', at, text: 'año\u2028ñandú' })}\r\n`)
    const bytes = [...line].map(byte => Buffer.from([byte]))
    const unended = JSON.stringify({ chat: 'bytes', at, text: 'hola' })
    const seen: unknown[] = []
    const receive = (message: Incoming) => {
      seen.push(message.body)
      return handle(message)
    }
    expect(parse(await pipe(forProgram, [...bytes, unended], receive))).toHaveLength(2)
    expect(seen[0]).toEqual({ kind: 'text', text: 'año\u2028ñandú' })
  })
})

describe('for a person', () => {
  const talk = (...typed: string[]) => pipe(talkInTerminal, [typed.map(line => `${line}\n`).join('')])

  test('greets, numbers the choices, and takes a number for its choice', async () => {
    const printed = await talk('3')
    const [greeting = '', ...after] = printed.split(/(?<= {2}6 .+\n)/)
    expect(greeting).toContain('soy Vigente')
    expect(greeting).toMatch(/\n {2}1 .+\n {2}2 .+\n {2}3 Ver temas\n/)
    const { replies } = await handle({
      from: { channel: 'terminal', id: 'presses' },
      id: '1',
      at: new Date(at),
      body: { kind: 'text', text: 'ver temas' },
    })
    expect(after.join('')).toContain(replies[0]?.text)
  })

  test('a file is saved, and where is said', async () => {
    const [path = ''] = /\S+entrega-nss\.ics/.exec(await talk('/calendario')) ?? []
    expect(readFileSync(path, 'utf8')).toMatch(/^BEGIN:VCALENDAR\r\n/)
    rmSync(dirname(path), { recursive: true })
  })

  test('says nothing where nothing was typed', async () => {
    expect(await talk('', '  ', '')).toBe(await talk())
  })

  test('breaks lines between words, not inside them, and never a link', async () => {
    const printed = await talk('¿cómo saco mi NSS?')
    const rows = printed.split('\n')
    expect(rows.filter(row => row.length > 80 && !row.startsWith('http'))).toEqual([])
    const link = 'https://serviciosdigitales.imss.gob.mx/gestionAsegurados-web-externo/asignacionNSS'
    expect(rows).toContain(link)
  })
})

describe('as a command', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigente-chat-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const chat = (environment: Record<string, string>, input: string, ...options: string[]) =>
    runCommand('chat', options, environment, input)

  test('a second process carries a conversation on from the folder', async () => {
    const environment = { DATA_DIR: dir }
    const one = `${JSON.stringify({ chat: 'c', at, id: '1', text: 'hacer mi trámite' })}\n`
    const two = `${JSON.stringify({ chat: 'c', at, id: '2', text: 'superior' })}\n`
    const [first] = parse((await chat(environment, one, '--json')).printed)
    expect(first?.state).toBe('perfil.nivel')
    const { printed, faults, code } = await chat(environment, one + two, '--json')
    const [again, next] = parse(printed)
    expect(again).toEqual({ ...first, topics: [], replies: [] })
    expect(next?.state).toBe('perfil.semestre')
    expect([faults, code]).toEqual(['', 0])
  })

  test('a wrong environment is told by name, in lines, with code 1', async () => {
    const { printed, faults, code } = await chat({ DATABASE_URL: 'mysql://secret' }, '', '--json')
    expect([printed, code]).toEqual(['', 1])
    expect(faults).toContain('DATABASE_URL: ')
    expect(faults).not.toMatch(/secret|\.ts:/)
  })
})
