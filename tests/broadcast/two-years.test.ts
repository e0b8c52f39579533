/**
 * The clock run through two years over a real database: what each person was told unasked, beside what the calendar says
 * (which tests/conversation/reminders.test.ts holds to a count made day by day).
 */
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Perfil } from '../../flows/shape.ts'
import { sayDueBy } from '../../src/broadcast/due.ts'
import { dayOf, hourOf, isQuiet } from '../../src/calendar.ts'
import { chatKey, createConversation } from '../../src/conversation/handle.ts'
import { nextDue } from '../../src/conversation/reminders.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { randomOf } from '../conversation/talk.ts'
import { content, guide } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'

const seed = Number(process.env.SEED ?? 20261122)
const start = new Date('2026-11-22T12:00:00-06:00')
const end = new Date('2028-11-22T12:00:00-06:00')
const hourMs = 60 * 60 * 1000
const silent = pino({ level: 'silent' })

const base = { edad: 'adulto', tratamiento: 'no', tramite: 'alta' } as const
const perfiles: readonly Perfil[] = (['medio-superior', 'superior', 'posgrado'] as const).flatMap(nivel =>
  (['primero', 'posterior'] as const).flatMap(semestre =>
    (['si', 'no'] as const).map(otroServicio => ({
      ...base,
      nivel,
      semestre,
      otroServicio,
      plantel: nivel === 'superior' ? 'ejemplo-superior' : 'ipn',
    })),
  ),
)

interface Told {
  readonly at: Date
  readonly text: string
}

const places = {
  PGlite: () => openStore({ memory: true }),
  PostgreSQL: async () => openStore({ url: await freshDatabase() }),
}

describe.each(['PGlite', 'PostgreSQL'] as const)('on %s', where => {
  let store: Store
  const told = new Map<string, Told[]>()
  const doneAt = new Map<string, Date>()
  beforeAll(async () => {
    store = await places[where]()
    await runTheClock(store, told, doneAt)
  }, 120_000)
  afterAll(() => store?.close())

  test('who does nothing is told each reminder once, at its own moment, and nothing else', () => {
    for (const [n, perfil] of perfiles.entries()) {
      const expected: string[] = []
      const dueAfter = (from: Date) => nextDue(content, { perfil, hechos: {} }, from)?.at ?? end
      for (let due = dueAfter(start); due < end; due = dueAfter(due)) expected.push(due.toISOString())
      const got = told.get(`idle-${n}`) ?? []
      expect(got.map(({ at }) => at.toISOString())).toEqual(expected)
      // Who has a window has it some 24 times.
      if (perfil.otroServicio === 'no') expect(got.length).toBeGreaterThan(60)
    }
  })

  test('whoever hands the card in is told no more of its window', () => {
    for (const [n, perfil] of perfiles.entries()) {
      const done = doneAt.get(`doing-${n}`)
      const after = (told.get(`doing-${n}`) ?? []).filter(({ at }) => done && at > done)
      expect(after.filter(({ text }) => text.includes('tarjeta del NSS'))).toEqual([])
      if (perfil.otroServicio === 'no') expect(done).toBeDefined()
    }
  })

  test('nobody is told anything at another hour, twice on a day, or more often in a week than the rules say', () => {
    for (const all of told.values()) {
      for (const { at } of all) {
        expect(hourOf(at)).toBe(content.avisos.hora)
        expect(isQuiet(at, content.avisos.silencio)).toBe(false)
        const week = all.filter(it => it.at <= at && it.at.getTime() > at.getTime() - 7 * 24 * hourMs)
        expect(week.length).toBeLessThanOrEqual(content.avisos.porSemana)
      }
      const days = all.map(({ at }) => dayOf(at))
      expect(new Set(days).size).toBe(days.length)
    }
  })
})

/** As `npm run chat -- --json` runs it: by leaps, each reminder at its own moment. Some hand the card in on the way. */
async function runTheClock(
  store: Store,
  told: Map<string, Told[]>,
  doneAt: Map<string, Date>,
): Promise<void> {
  const random = randomOf(seed)
  const conversation = createConversation({ ...guide, store, log: silent })
  const people = perfiles.flatMap((_, n) => [`idle-${n}`, `doing-${n}`])
  for (const id of people) await enrol(store, conversation, id)
  for (let now = start; now < end; ) {
    now = new Date(Math.min(end.getTime(), now.getTime() + (1 + random.below(24 * 9)) * hourMs))
    const pushed = await sayDueBy({ ...conversation, subscriptions: store.subscriptions }, 'terminal', now)
    for (const { to, at, message } of pushed)
      told.set(to, [...(told.get(to) ?? []), { at, text: message.text }])
    const id = `doing-${random.below(perfiles.length)}`
    if (now.getTime() - start.getTime() < 200 * 24 * hourMs || doneAt.has(id)) continue
    const body = { kind: 'choice', choice: 'aviso:0:paso=entregar-nss' } as const
    await conversation.handle({
      from: { channel: 'terminal', id },
      id: `m${now.getTime()}`,
      at: now,
      body,
      pushTo: id,
    })
    doneAt.set(id, now)
  }
}

async function enrol(
  store: Store,
  { handle, reckon }: ReturnType<typeof createConversation>,
  id: string,
): Promise<void> {
  const from = { channel: 'terminal', id } as const
  await handle({ from, id: 'hola', at: start, body: { kind: 'text', text: 'hola' }, pushTo: id })
  const chat = chatKey(from)
  const { stored } = await store.read(chat, '')
  const avisos = { temas: ['tramite'], hasta: start.toISOString(), dados: [] }
  const perfil = perfiles[Number(id.split('-')[1])]
  const state = { ...(stored?.state as object), perfil, avisos }
  const subscription = reckon(state, { channel: 'terminal', to: id }, start)
  await store.write({
    chat,
    message: 'alta',
    at: start,
    text: '',
    read: stored,
    state,
    replies: [],
    subscription,
  })
}
