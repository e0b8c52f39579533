/** `npm run whatsapp` as staff run it: what it says of a program that runs, of one that does not, and its switch. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import decodeQR from 'qr/decode.js'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Post, SendError } from '../../src/channels/channel.ts'
import { Governor } from '../../src/channels/whatsapp-web/governor.ts'
import { sessionFolder } from '../../src/channels/whatsapp-web/switch.ts'
import { WhatsAppWeb } from '../../src/content/schema.ts'
import { askWhatsApp, openDoor, type WhatsAppStatus } from '../../src/personal/door.ts'
import { drawQr } from '../../src/personal/qr.ts'
import { writeFiles, writeStatus } from '../../src/personal/whatsapp.ts'
import { content } from '../guide.ts'
import { runCommand } from '../program.ts'
import { countLiveMs } from '../work.ts'

const seed = Number(process.env.SEED ?? 20261122)
const { whatsappWeb: words } = content
const now = new Date('2026-11-22T10:00:00-06:00')
const homes: string[] = []
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
})

function freshFolder(): string {
  const home = mkdtempSync(join(tmpdir(), 'vigente-whatsapp-'))
  homes.push(home)
  return home
}

/** As WhatsApp makes them: a sign, a number, and keys in base64. */
const code = `2@${'aB3/x+Yz'.repeat(16)},${'Q0w9'.repeat(11)}=,${'m/+7'.repeat(11)}=,${'Zz12'.repeat(11)}=,1`

const status = (over: Partial<WhatsAppStatus> = {}): WhatsAppStatus => ({
  state: 'ready',
  since: new Date('2026-11-21T17:05:00-06:00'),
  stopped: false,
  quiet: false,
  sentToday: 12,
  capToday: 700,
  unaskedToday: 3,
  unaskedCapToday: 40,
  firstDay: '2026-11-20',
  ...over,
})

const scale = 4
const white = 255

/** What a camera reads on a terminal that shows this: its colours and half blocks made into a picture. */
function scan(printed: string): string {
  const lines = printed
    .split('\n')
    .map(line => /^\p{Cc}\[38;5;(\d+);48;5;(\d+)m([ █▀▄]+)\p{Cc}\[0m$/u.exec(line))
  const drawn = lines.filter(line => line !== null)
  const width = drawn[0]?.[3]?.length ?? 0
  const rows = drawn.flatMap(([, front, back, signs = '']) => {
    // Of the terminal's 256 colours, 231 is white and 16 is black.
    const shade = (filled: boolean) => ((filled ? front : back) === '231' ? white : 0)
    return ['█▀', '█▄'].map(filled => [...signs].map(sign => shade(filled.includes(sign))))
  })
  // A code of dark on light in a margin of light, as the norm has it; not every camera reads the negative.
  for (const row of rows.slice(0, 4)) expect(row).toEqual(row.map(() => white))
  const data = rows.flatMap(row =>
    Array(scale)
      .fill(row.flatMap(shade => Array(scale).fill([shade, shade, shade, white]).flat()))
      .flat(),
  )
  return decodeQR({ width: width * scale, height: rows.length * scale, data: Uint8Array.from(data) })
}

describe('the QR code in the terminal', () => {
  test('is read by a camera, and fits 80 columns', () => {
    const signs = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=,@')
    const codes = fc.string({ unit: signs, minLength: 1, maxLength: 320 })
    const holds = (text: string) => {
      const drawn = drawQr(text)
      expect(scan(drawn)).toBe(text)
      for (const line of drawn.split('\n'))
        expect(line.replace(/[^ █▀▄]/g, '').length).toBeLessThanOrEqual(80)
    }
    fc.assert(fc.property(codes, holds), {
      seed,
      numRuns: 10,
      endOnFailure: true,
      examples: [[code], ['x'.repeat(320)]],
    })
  })
})

describe('staff is told', () => {
  const written = (over: Partial<WhatsAppStatus>) => writeStatus(status(over), words, now)

  test('that it is connected, since when, and how much was sent of how much', () => {
    const text = written({})
    expect(text).toContain('conectado, desde las 17:05 del sábado 21 de noviembre')
    expect(text).toContain('12 de 700 respuestas')
    expect(text).toContain('3 de 40 mensajes que nadie le pidió')
    expect(text).toContain('Manda desde el viernes 20 de noviembre')
    expect(text).not.toContain('parado')
  })

  test('what code to scan, and what to do with it', () => {
    const text = written({ state: 'qr', qr: code })
    expect(scan(text)).toBe(code)
    expect(text).toContain('Dispositivos vinculados')
    expect(text.indexOf('escanea')).toBeLessThan(text.indexOf('█'))
  })

  test('of a logout what to do, with the code as soon as there is one', () => {
    expect(written({ state: 'logged-out' })).toContain('cerró la sesión')
    expect(scan(written({ state: 'logged-out', qr: code }))).toBe(code)
  })

  test('that it is starting, without connection, stopped, quiet, or that it never sent', () => {
    expect(written({ state: 'starting' })).toContain('arrancando')
    expect(written({ state: 'waiting' })).toContain('sin conexión')
    expect(written({ stopped: true })).toContain('Está parado')
    expect(written({ quiet: true })).toContain('10 de la noche')
    expect(written({ firstDay: undefined })).toContain('Todavía no manda nada')
  })

  test('of no program what its files tell', () => {
    const text = writeFiles('/srv/{desde}', status({ stopped: true }), words, now)
    expect(text).toContain('/srv/{desde} no contesta')
    expect(text).toContain('Está parado')
    expect(text).toContain('12 de 700')
  })

  test('nothing with a gap left open, whatever the state', () => {
    for (const state of ['starting', 'qr', 'ready', 'waiting', 'logged-out'] as const)
      expect(written({ state, quiet: true, stopped: true })).not.toMatch(/[{}]|undefined/)
  })

  test('the words hold no gap that nobody fills', () => {
    const wrong = structuredClone(words)
    wrong.estados.lista = 'Listo desde {cuando}'
    wrong.aviso = '{desde}'
    const paths = WhatsAppWeb.safeParse(wrong).error?.issues.map(({ path }) => path.join('.'))
    expect(paths?.sort()).toEqual(['aviso', 'estados.lista'])
  })
})

/** `npm run whatsapp` as a process of its own. */
const run = (dataDir: string, ...args: string[]) => runCommand('whatsapp', args, { DATA_DIR: dataDir })

/** A running program's door. */
async function open(dataDir: string, whatsapp?: () => WhatsAppStatus): Promise<void> {
  const door = await openDoor(dataDir, { unanswered: async () => [] }, whatsapp)
  onTestFinished(() => door.close())
}

describe('npm run whatsapp', () => {
  test('shows the code of the running program', async () => {
    const dataDir = freshFolder()
    await open(dataDir, () => status({ state: 'qr', qr: code }))
    const { code: ended, printed, faults } = await run(dataDir)
    expect([ended, faults]).toEqual([0, ''])
    expect(scan(printed)).toBe(code)
  })

  test('stops what waits in the running program within a second, and lets it go on', async () => {
    const dataDir = freshFolder()
    const dir = sessionFolder(dataDir)
    const pace = { gapMs: 0, readMs: 20_000, letterMs: 0, longestMs: 60_000 }
    const clock = () => new Date()
    const governor = new Governor({ dir, clock, log: { warn() {}, error() {} }, pace })
    await open(dataDir, () => ({ ...status(), ...governor.status }))
    const of: Post = { to: '', message: { text: 'hola' }, turn: 1, unasked: false, heardAt: new Date() }
    const liveMs = countLiveMs()
    const waiting = governor
      .send(
        of,
        async () => {},
        async () => undefined,
      )
      .catch((error: SendError) => [error.kind, liveMs()] as const)
    const stop = run(dataDir, 'parar')
    while (!existsSync(join(dir, 'parado'))) await sleep(5)
    const since = liveMs()
    const [kind, at] = (await waiting) as readonly [string, number]
    expect(kind).toBe('retry')
    expect(at - since).toBeLessThan(1000)
    expect((await stop).printed.trim()).toBe(words.hecho.parar.trim())
    expect(await askWhatsApp(dataDir)).toMatchObject({ stopped: true })

    expect((await run(dataDir, 'seguir')).printed.trim()).toBe(words.hecho.seguir.trim())
    expect(governor.status.stopped).toBe(false)
    governor.close()
  })

  test('says that nobody obeys where no program runs, and stops the next one all the same', async () => {
    const dataDir = freshFolder()
    const stopped = await run(dataDir, 'parar')
    expect(stopped).toMatchObject({ code: 0, faults: '' })
    expect(stopped.printed).toContain('no contesta ninguna guía')
    expect(stopped.printed).toContain(dataDir)
    const told = await run(dataDir)
    expect(told.printed).toContain('no contesta ninguna guía')
    expect(told.printed).toContain('Está parado')
    expect(told.printed).toContain('0 de 500 respuestas')
    expect(told.printed).not.toContain('WHATSAPP_WEB=1')
    expect((await run(dataDir, 'seguir')).printed).toContain('Quité el alto')
    expect(readdirSync(sessionFolder(dataDir))).toEqual([])
  })

  test('tells a program without this WhatsApp from one with it, and one that looks elsewhere for the switch', async () => {
    const dataDir = freshFolder()
    await open(dataDir)
    expect((await run(dataDir)).printed).toContain('WHATSAPP_WEB=1')
    expect(existsSync(sessionFolder(dataDir))).toBe(false)

    const other = freshFolder()
    await open(other, () => status({ stopped: false }))
    const { code: ended, printed, faults } = await run(other, 'parar')
    expect([ended, printed]).toEqual([1, ''])
    expect(faults).toContain('DATA_DIR')
  })

  test('tells what the files say where the program was killed', async () => {
    const dataDir = freshFolder()
    mkdirSync(sessionFolder(dataDir))
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Mexico_City' }).format(new Date())
    const kept = { firstDay: day, day, replies: { sent: 7, told: 0 }, unasked: { sent: 1, told: 0 } }
    writeFileSync(join(sessionFolder(dataDir), 'cuenta.json'), JSON.stringify(kept))
    expect((await run(dataDir)).printed).toContain('7 de 500 respuestas, y 1 de 20')
  })

  test.each([['apagar'], ['parar', 'seguir']])('refuses %s %s and stops nothing', async (...args) => {
    const dataDir = freshFolder()
    const { code: ended, printed, faults } = await run(dataDir, ...args)
    expect([ended, printed]).toEqual([1, ''])
    expect(faults.trim().split('\n')).toHaveLength(1)
    expect(existsSync(sessionFolder(dataDir))).toBe(false)
  })
})

describe('the door', () => {
  test('passes on what the program says, and nothing where it says nothing', async () => {
    const [dataDir, other] = [freshFolder(), freshFolder()]
    const full = status({ state: 'logged-out', qr: code, firstDay: undefined })
    await open(dataDir, () => full)
    await open(other)
    expect(await askWhatsApp(dataDir)).toEqual(full)
    expect(await askWhatsApp(other)).toBe(undefined)
  })

  test('takes no answer that is not of its form', async () => {
    const dataDir = freshFolder()
    const server = createServer((_, response) => response.end('{"whatsapp":{"state":"banned"}}'))
    await new Promise<void>(done => server.listen(join(dataDir, 'socket'), done))
    onTestFinished(() => void server.close())
    await expect(askWhatsApp(dataDir)).rejects.toThrow('state')
  })
})

test('the command stands among the scripts', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).scripts.whatsapp).toMatch(/src\/whatsapp\.ts$/)
})
