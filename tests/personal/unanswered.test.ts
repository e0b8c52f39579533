import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createConversation } from '../../src/conversation/handle.ts'
import { keptDays } from '../../src/conversation/write.ts'
import { askDoor, Days, openDoor } from '../../src/personal/door.ts'
import { makeList, writeList } from '../../src/personal/list.ts'
import { lockFolder } from '../../src/store/lock.ts'
import { openStore, type Store, type Unanswered } from '../../src/store/store.ts'
import { guide } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'
import { killAll, runCommand, startProgram } from '../program.ts'

const now = new Date('2026-11-22T10:00:00-06:00')
const dayMs = 24 * 60 * 60 * 1000
const homes: string[] = []
afterEach(killAll)
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
})

function freshFolder(): string {
  const home = mkdtempSync(join(tmpdir(), 'vigente-unanswered-'))
  homes.push(home)
  return home
}

describe('a message', () => {
  let store: Store
  beforeAll(async () => {
    store = await openStore({ url: await freshDatabase() })
  })
  afterAll(() => store.close())

  /** Understood as the test says, since what is understood how is not the matter here. */
  async function write(text: string, decision: 'answer' | 'offer' | 'unknown', topics: string[], at = now) {
    const understand = () => ({ decision, topics, confidence: 0, ranked: [], emergency: false })
    const log = { info() {}, error() {} }
    const { handle } = createConversation({ ...guide, understand, store, log })
    const from = { channel: 'web', id: randomUUID() } as const
    await handle({ from, id: '1', at, body: { kind: 'text', text } })
    return (text: string) => handle({ from, id: '2', at, body: { kind: 'text', text } })
  }
  const listed = () => store.unanswered(new Date(0), 100)

  test('that was not understood is listed, masked', async () => {
    const later = await write('mi curp GOML050312MDFMPR09 sirve pa la beca?', 'unknown', ['fuera'])
    const [question, ...others] = await listed()
    expect(others).toEqual([])
    expect(question).toMatchObject({ at: now, decision: 'unknown', topics: [] })
    expect(question?.text).toContain('sirve pa la beca?')
    expect(question?.text).not.toContain('GOML')
    await later('/borrar')
    expect(await listed()).toEqual([])
  })

  test('for which topics were offered is listed with them', async () => {
    const later = await write('y lo del papel ese entonces', 'offer', ['costo', 'que-es'])
    expect(await listed()).toMatchObject([{ decision: 'offer', topics: ['costo', 'que-es'] }])
    await later('/borrar')
  })

  test('that was answered, that tells facts, or that is a command is not listed', async () => {
    await write('cuanto cuesta el tramite', 'answer', ['costo'])
    await write('soy de la escom y voy en segundo semestre', 'unknown', ['fuera'])
    await write('/menu', 'unknown', ['fuera'])
    await write('👍', 'unknown', ['fuera'])
    expect(await listed()).toEqual([])
  })

  test('leaves the list with the sweep of its day', async () => {
    await write('venden batas?', 'unknown', ['fuera'])
    const kept = new Date(now.getTime() + keptDays.messages * dayMs)
    await store.sweep(new Date(kept.getTime() - keptDays.messages * dayMs), new Date(0))
    expect(await listed()).toHaveLength(1)
    await store.sweep(new Date(kept.getTime() - keptDays.messages * dayMs + 1), new Date(0))
    expect(await listed()).toEqual([])
  })
})

describe('the list', () => {
  const asked = (text: string, day: number, topics: string[] = []): Unanswered => ({
    text,
    at: new Date(`2026-11-${day}T12:00:00-06:00`),
    decision: topics.length > 0 ? 'offer' : 'unknown',
    topics,
  })
  const examples = Object.values(guide.content.examples()).flat()
  const make = (questions: readonly Unanswered[], max = 100) =>
    makeList(questions, { days: 30, max, examples })
  const written = (questions: readonly Unanswered[], max?: number) =>
    writeList(make(questions, max), guide.content, now)

  test('tells of each group how many, from when to when, an example, others and what was offered', () => {
    const questions = [
      asked('como saco mi credencial', 10),
      asked('donde tramito la credencial de la escuela', 12, ['costo']),
      asked('perdi mi credencial escolar', 14, ['costo', 'que-es']),
      asked('va a temblar hoy?', 15),
    ]
    const text = written(questions)
    expect(text).toContain('Mensajes: 4. Grupos de parecidos: 2.')
    expect(text).toMatch(/^3 × .*credencial/m)
    expect(text).toContain('del martes 10 de noviembre al sábado 14 de noviembre')
    const titles = ['costo', 'que-es'].map(id => guide.content.preguntas[id]?.titulo)
    expect(text).toContain(`se ofreció: ${titles.join('; ')}`)
    expect(text.match(/también: .*credencial/g)).toHaveLength(2)
    expect(text.indexOf('credencial')).toBeLessThan(text.indexOf('temblar'))
    expect(text).not.toContain('puede haber más')
    expect(written(questions, 4)).toContain('puede haber más')
    expect(written([])).toContain('Nada se quedó sin contestar')
  })

  test('gives a terminal nothing to obey, and each question one line', () => {
    const hostile = '\u001b[2J\u001b]0;x\u0007borra\r\ntodo\u009b31m\u202e\u2028fin {ventana} \u007f\ud83c'
    const { groups } = make([asked(hostile, 10)])
    expect(groups[0]?.example).toBe('[2J ]0;x borra todo 31m fin {ventana}')
    expect(written([asked(hostile, 10)])).toContain('borra todo 31m fin {ventana}')
    expect(make([asked('ñ'.repeat(2000), 10)]).groups[0]?.example.length).toBeLessThan(300)
  })
})

interface Listed {
  readonly days: number
  readonly questions: number
  readonly groups: readonly { questions: number; example: string; first: string; others: string[] }[]
}

/** `npm run unanswered` as a process of its own. */
const unanswered = (environment: Record<string, string>, ...options: string[]) =>
  runCommand('unanswered', options, environment)

async function listOf(environment: Record<string, string>, ...options: string[]): Promise<Listed> {
  const { printed, faults } = await unanswered(environment, '--json', ...options)
  expect(faults).toBe('')
  expect(printed.trim().split('\n')).toHaveLength(1)
  return JSON.parse(printed)
}

async function ask(url: string, text: string): Promise<void> {
  const headers = { 'content-type': 'application/json', cookie: `vigente=${'a'.repeat(22)}` }
  const body = JSON.stringify({ id: randomUUID(), text })
  const { status } = await fetch(`${url}/mensaje`, { method: 'POST', headers, body })
  expect(status).toBe(200)
}

describe('npm run unanswered', () => {
  const question = 'cual es la capital de francia'

  // FULL=1: four starts of the whole program. The parts are tried above and below.
  if (process.env.FULL)
    test('tells the same while the guide runs and after it was killed, and the next one finds the door free', async () => {
      const DATA_DIR = join(freshFolder(), 'data')
      const program = await startProgram({ DATA_DIR })
      await ask(program.url, question)
      await ask(program.url, 'cuanto cuesta')
      const running = await listOf({ DATA_DIR })
      expect(running).toMatchObject({ days: 30, questions: 1, groups: [{ questions: 1, example: question }] })
      expect(statSync(join(DATA_DIR, 'socket')).mode & 0o777).toBe(0o600)

      program.child.kill('SIGKILL')
      await program.ended
      expect(readdirSync(DATA_DIR)).toContain('socket')
      expect((await unanswered({ DATA_DIR }, '--days', '1')).printed).toContain(`1 × ${question}`)

      const door = await openDoor(DATA_DIR, { unanswered: async () => [] })
      expect(await askDoor(DATA_DIR, 1)).toEqual([])
      await door.close()
      expect(readdirSync(DATA_DIR)).not.toContain('socket')
    }, 120_000)

  test('reads PostgreSQL itself, as far back as it is asked', async () => {
    const DATABASE_URL = await freshDatabase()
    const store = await openStore({ url: DATABASE_URL })
    const doubt = { decision: 'unknown', topics: [] } as const
    for (const [chat, days] of [
      ['a', 1],
      ['b', 20],
      ['c', 40],
    ] as const) {
      const at = new Date(Date.now() - days * dayMs)
      await store.write({ chat, message: 'm', at, text: chat, read: null, state: {}, replies: [], doubt })
    }
    await store.close()
    expect(await listOf({ DATABASE_URL })).toMatchObject({ questions: 2 })
    expect(await listOf({ DATABASE_URL }, '--days=60')).toMatchObject({ questions: 3 })
  })

  test('says who is in the folder where nobody opens the door, and makes no folder', async () => {
    const DATA_DIR = freshFolder()
    const unlock = lockFolder(DATA_DIR)
    const { code, faults } = await unanswered({ DATA_DIR })
    unlock()
    expect(code).toBe(1)
    expect(faults).toContain(`${DATA_DIR} is in use by process ${process.pid}`)
    expect(faults.trim().split('\n')).toHaveLength(1)

    const missing = join(DATA_DIR, 'missing')
    const none = await unanswered({ DATA_DIR: missing })
    expect(none.code).toBe(1)
    expect(none.faults).toContain(`DATA_DIR: there is no folder ${missing}`)
    expect(readdirSync(DATA_DIR)).not.toContain('missing')
  })

  test.each([
    ['--days', '0'],
    ['--dias', '3'],
  ])('refuses %s %s in one line', async (...options) => {
    const { code, printed, faults } = await unanswered({ DATA_DIR: freshFolder() }, ...options)
    expect([code, printed]).toEqual([1, ''])
    expect(faults).toContain(options[0])
    expect(faults.trim().split('\n')).toHaveLength(1)
  })
})

test.each(['', 'x', '1.5', '-1', '3651', 'Infinity'])('%j is no number of days', days => {
  expect(Days.safeParse(days).success).toBe(false)
})

describe('the door', () => {
  test('opens where a folder lies deep, takes only days, and passes on what the store says', async () => {
    const dir = freshFolder()
    const at = new Date('2026-11-20T10:00:00Z')
    const question: Unanswered = { text: 'hola\u001b', at, decision: 'offer', topics: ['costo'] }
    const sinces: number[] = []
    const unanswered = async (since: Date) => {
      sinces.push(Date.now() - since.getTime())
      return [question]
    }
    const door = await openDoor(dir, { unanswered })
    expect(await askDoor(dir, 3)).toEqual([question])
    expect(sinces[0]).toBeGreaterThanOrEqual(3 * dayMs)
    expect(sinces[0]).toBeLessThan(3 * dayMs + 60_000)
    await expect(askDoor(dir, 0)).rejects.toThrow('the running program answered 400')
    await door.close()
    await expect(askDoor(dir, 3)).rejects.toMatchObject({ syscall: 'connect' })
  })
})
