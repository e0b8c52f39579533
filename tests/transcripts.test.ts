/**
 * The golden conversations: whole talks between a student and the guide, written so that school staff can read and
 * write them (tests/transcripts/LEEME.md). `GOLDEN=escribe npx vitest run tests/transcripts.test.ts` writes what
 * the guide says now into them, for somebody to read in the diff.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flows } from '../flows/index.ts'
import { type Conversation, chatKey, createConversation } from '../src/conversation/handle.ts'
import { acts } from '../src/conversation/understanding/understand.ts'
import type { Body, ChannelName, Choice, FileKind, Incoming, Unasked } from '../src/message.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { guide } from './guide.ts'
import { freshDatabase } from './postgres.ts'
import {
  type Dicho,
  formatted,
  type Llega,
  later,
  momentOf,
  type Platica,
  readPlatica,
  shownCode,
  type Turno,
  writeTurn,
} from './transcripts/form.ts'

const folder = new URL('./transcripts/', import.meta.url)
const writes = process.env.GOLDEN === 'escribe'
const golden = readdirSync(folder)
  .filter(name => name.endsWith('.yaml'))
  .map(file => ({ file, ...readPlatica(file, readFileSync(new URL(file, folder), 'utf8')) }))

const log = { info: () => {}, error: () => {} }
let store: Store
let conversation: Conversation

beforeAll(async () => {
  store = await openStore({ url: await freshDatabase() })
  conversation = createConversation({ ...guide, store, log })
})
afterAll(() => store.close())

const files = {
  sticker: 'sticker',
  foto: 'photo',
  audio: 'voice',
  documento: 'document',
} as const satisfies Record<string, FileKind>

/** A student with a phone: presses what was offered last, keeps the clock of the file. */
class Student {
  readonly file: string
  readonly plantel: string | undefined
  now: Date
  channel: ChannelName = 'terminal'
  /** The last that was told. */
  code = ''
  choices: readonly Choice[] = []
  sent: Incoming | undefined
  messages = 0
  place = ''
  heardAt: Date

  constructor(file: string, { empieza, plantel }: Platica) {
    this.file = file
    this.plantel = plantel
    this.now = momentOf(empieza)
    this.heardAt = this.now
  }

  async send(body: Body): Promise<Dicho> {
    this.sent = {
      from: { channel: this.channel, id: this.file },
      id: String(++this.messages),
      at: this.now,
      body,
      ...(this.plantel ? { plantel: this.plantel } : {}),
      ...(writesFirst(this.channel) ? { pushTo: this.file } : {}),
    }
    this.heardAt = this.now
    const { replies, state, topics } = await conversation.handle(this.sent)
    this.choices = replies.flatMap(reply => reply.choices ?? [])
    this.place = state
    return {
      guia: replies.map(reply => this.#hideCode(reply.text.trim())),
      botones: this.choices.map(choice => choice.label),
      lugar: state,
      temas: topics,
    }
  }

  /** The guide says something by itself; what it said, or why it does not. */
  async hear(llega: Llega): Promise<Dicho | string> {
    const { file, channel, now: at, heardAt } = this
    const id = `aviso ${++this.messages}`
    const what = unaskedOf(llega, this.messages, later(at, '2 días'))
    const chat = chatKey({ channel, id: file })
    const { replies, unsaid } = await conversation.prompt({ chat, channel, to: file, id, at, heardAt, what })
    if (unsaid) return unsaid
    this.choices = replies.flatMap(reply => reply.choices ?? [])
    const botones = this.choices.map(choice => choice.label)
    return { guia: replies.map(({ text }) => text), botones, lugar: this.place, temas: [] }
  }

  #hideCode(text: string): string {
    const [, code = this.code] = /código: (\w{4}-\w{4})/.exec(text) ?? []
    this.code = code
    return code === '' ? text : text.replaceAll(code, shownCode)
  }

  press(label: string, where: string): Body {
    const choice = this.choices.find(it => it.label === label)
    const offered = this.choices.map(it => it.label).join(', ')
    if (!choice) throw new Error(`${where}: no hay ese botón; hay: ${offered || 'ninguno'}`)
    return { kind: 'choice', choice: choice.id }
  }
}

const writesFirst = (channel: ChannelName) => channel !== 'terminal' && channel !== 'web'

const unaskedOf = (llega: Llega, difusion: number, until: Date): Unasked =>
  llega === 'recordatorio'
    ? { kind: 'recordatorio' }
    : {
        kind: 'difusion',
        difusion,
        tema: 'escuela',
        text: llega.aviso,
        until,
        ...(llega.paso ? { button: { does: 'paso', id: llega.paso } } : {}),
      }

const textOf = ({ estudiante, veces = 1 }: { estudiante: string; veces?: number | undefined }) =>
  Array.from({ length: veces }, () => estudiante).join(' ')

/** What a turn sends; undefined where it only moves the clock or repeats. */
function bodyOf(turn: Turno, student: Student, where: string): Body | undefined {
  if ('estudiante' in turn) return { kind: 'text', text: textOf(turn).replaceAll(shownCode, student.code) }
  if ('toca' in turn) return student.press(turn.toca, where)
  if ('toca lo viejo' in turn) return { kind: 'choice', choice: turn['toca lo viejo'] }
  if ('manda' in turn) return { kind: 'file', file: files[turn.manda] }
  return undefined
}

type Expected = Extract<Turno, { lugar?: unknown }>
const expectsNothing = (turn: Expected) =>
  [turn.guia, turn.dice, turn['no dice'], turn.botones, turn.lugar, turn.temas].every(it => it === undefined)

/** A turn with pieces only stays as it was written by hand. */
const isRewritten = (turn: Expected) => turn.guia !== undefined || expectsNothing(turn)

function compare(turn: Expected, dicho: Dicho, where: string): void {
  if (expectsNothing(turn)) throw new Error(`${where}: no dice qué se espera; corre con GOLDEN=escribe`)
  const whole = dicho.guia.join('\n\n')
  const said = `${where}: la guía dijo:\n${whole}`
  if (turn.guia) expect(dicho.guia, where).toEqual(turn.guia.map(text => text.trim()))
  for (const piece of turn.dice ?? []) expect(whole.includes(piece), `falta «${piece}» en ${said}`).toBe(true)
  for (const piece of turn['no dice'] ?? [])
    expect(whole.includes(piece), `sobra «${piece}» en ${said}`).toBe(false)
  if (turn.botones) expect(dicho.botones, `${where}: los botones`).toEqual(turn.botones)
  if (turn.lugar) expect(dicho.lugar, `${where}: el lugar`).toBe(turn.lugar)
  if (turn.temas) expect(dicho.temas, `${where}: los temas`).toEqual(turn.temas)
}

/** True of every reply, whatever the conversation. */
function checkForm({ guia, botones }: Dicho, where: string): void {
  for (const text of guia) {
    expect(text, `${where}: un texto vacío`).not.toBe('')
    expect(text, `${where}: algo sin llenar`).not.toMatch(/[{}]|undefined|NaN|\[object/)
  }
  for (const label of botones) expect(label.length, `${where}: el botón «${label}» es largo`).toBeLessThan(21)
  expect(new Set(botones).size, `${where}: dos botones iguales: ${botones.join(', ')}`).toBe(botones.length)
}

/** A message that came twice is answered once. */
async function repeat(student: Student, where: string): Promise<void> {
  if (!student.sent) throw new Error(`${where}: no hay nada que repetir`)
  const { duplicate, replies } = await conversation.handle(student.sent)
  expect({ duplicate, replies }, where).toEqual({ duplicate: true, replies: [] })
}

describe.each(golden)('$platica.titulo ($file)', ({ file, document, platica }) => {
  test('goes as it is written', async () => {
    const student = new Student(file, platica)
    for (const [i, turn] of platica.platica.entries()) {
      const where = `${file}, turno ${i + 1}, ${JSON.stringify(Object.values(turn)[0]).slice(0, 80)}`
      if ('pasan' in turn) student.now = later(student.now, turn.pasan)
      else if ('es' in turn) student.now = momentOf(turn.es)
      else if ('sigue en' in turn) student.channel = turn['sigue en']
      else if ('repite' in turn) await repeat(student, where)
      else if ('no llega' in turn) expect(await student.hear(turn['no llega']), where).toBe(turn.porque)
      else {
        const dicho =
          'llega' in turn
            ? await student.hear(turn.llega)
            : await student.send(bodyOf(turn, student, where) as Body)
        if (typeof dicho === 'string') throw new Error(`${where}: no llegó: ${dicho}`)
        checkForm(dicho, where)
        if (writes && isRewritten(turn)) writeTurn(document, i, dicho)
        else compare(turn, dicho, where)
      }
    }
    if (writes) writeFileSync(new URL(file, folder), formatted(document))
  })
})

/** What the files themselves say was reached; each file's own test holds it to be so. */
const reached = (field: 'lugar' | 'temas') =>
  new Set(
    golden.flatMap(({ platica }) =>
      platica.platica.flatMap(turn => (field in turn ? ((turn as Expected)[field] ?? []) : [])),
    ),
  )

describe('together, the conversations', () => {
  test('stand at every place of every flow', () => {
    const places = Object.entries(flows).flatMap(([flow, { states }]) =>
      Object.values(states as Record<string, { key: string; type: string }>)
        .filter(state => state.type !== 'final')
        .map(state => `${flow}.${state.key}`),
    )
    const seen = reached('lugar')
    expect(places.filter(place => !seen.has(place))).toEqual([])
  })

  test('meet every act and every topic', () => {
    const seen = reached('temas')
    const all = [...acts, ...Object.keys(guide.content.preguntas)]
    expect(all.filter(topic => !seen.has(topic))).toEqual([])
  })
})
