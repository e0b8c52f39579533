import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Unsaid } from '../../src/message.ts'
import type { Entry } from '../../src/store/outbox.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { type Office, openOffice } from '../broadcast/office.ts'
import { freshDatabase } from '../postgres.ts'

const at = new Date('2026-11-23T12:00:00-06:00')
const until = new Date('2026-11-25T12:00:00-06:00')
const channel = 'telegram' as const

let url = ''
let [office, one, other]: [Office?, Store?, Store?] = []
const open = () => {
  if (!office || !one || !other) throw new Error('not open yet')
  return { ...office, one, other }
}
beforeAll(async () => {
  url = await freshDatabase()
  office = await openOffice({ url })
  one = await openStore({ url })
  other = await openStore({ url })
})
afterAll(() => Promise.all([office?.close(), one?.close(), other?.close()]))

/** People who want what the office writes, with a broadcast to them that is being sent. */
async function begin(people: number): Promise<{ id: number; chats: string[] }> {
  const { db, tables } = open()
  await sql`update difusion set estado = 'cancelada'`.execute(db)
  const chats = Array.from({ length: people }, () => randomUUID())
  const plantel = randomUUID()
  const all = sql`unnest(${chats}::text[]) q (chat)`
  await sql`insert into conversacion (chat, version, estado, cambiada)
    select chat, 1, '{}', ${at}::timestamptz from ${all}`.execute(db)
  await sql`insert into suscripcion (chat, canal, destino, temas, plantel, faltan, plan, desde, vista)
    select chat, ${channel}, chat, '{tramite,escuela}', ${plantel}::text, '{}', '', ${at}::timestamptz,
      ${at}::timestamptz from ${all}`.execute(db)
  const audiencia = { tema: 'escuela', plantel: [plantel] } as const
  const draft = { titulo: 'x', texto: 'hola', boton: null, audiencia, control: 0, cuando: at, vence: until }
  const log = { at, quien: 1, nombre: '', accion: 'escribe', detalle: {} }
  const id = await tables.add(draft, log)
  await sql`update difusion set estado = 'programada' where id = ${id}`.execute(db)
  await tables.prepare(id, at, people)
  return { id, chats }
}

const setState = (id: number, estado: string) =>
  sql`update difusion set estado = ${estado} where id = ${id}`.execute(open().db)

async function entryOf(store: Store, difusion: number, chat: string): Promise<Entry> {
  const { stored } = await store.read(chat, '')
  const version = (stored?.version ?? 0) + 1
  const subscription = { channel, to: chat, temas: ['escuela'], faltan: [], plan: '' } as const
  const turn = { chat, message: `aviso d${difusion}`, at, text: '', read: stored, state: {} }
  const unasked = { until, broadcast: difusion }
  const replies = [{ text: 'hola' }]
  const rest = { replies, subscription, unasked, send: { channel, to: chat } }
  if (!(await store.write({ ...turn, ...rest }))) throw new Error('not written')
  return { chat, version, n: 1, at }
}

const endOf = async (difusion: number, chat: string) => {
  const { rows } = await sql<{ estado: string; motivo: string | null; repetido: boolean }>`
    select estado, motivo, repetido from destinatario where difusion = ${difusion} and chat = ${chat}`.execute(
    open().db,
  )
  return rows[0]
}

describe('claiming', () => {
  test('gives each recipient to one process only, however many ask at once', async () => {
    const { one, other } = open()
    const { id, chats } = await begin(100)
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other).ledger.claim(channel, 10, at)),
    )
    const claimed = claims.flat().filter(({ announcement }) => announcement.difusion === id)
    expect(claimed.map(({ chat }) => chat).toSorted()).toEqual(chats.toSorted())
  })

  test('takes nobody while it is paused, once its time is over, or who opted out or is not to be had', async () => {
    const { one, db } = open()
    const { id, chats } = await begin(3)
    const claim = async (now = at) =>
      (await one.ledger.claim(channel, 10, now)).filter(({ announcement }) => announcement.difusion === id)
    await setState(id, 'pausada')
    expect(await claim()).toEqual([])
    await setState(id, 'enviando')
    expect(await claim(until)).toEqual([])
    const [gone = '', blocked = '', there = ''] = chats
    await sql`update suscripcion set temas = '{tramite}' where chat = ${gone}`.execute(db)
    await sql`update suscripcion set inalcanzable = ${at}::timestamptz where chat = ${blocked}`.execute(db)
    expect(await claim()).toMatchObject([{ chat: there, to: there, heardAt: at, channel }])
    expect(await endOf(id, gone)).toMatchObject({ estado: 'omitido', motivo: 'salio' })
    expect(await endOf(id, blocked)).toMatchObject({ estado: 'inalcanzable' })
  })

  test('is given back when a process has died before it stored anything, and only then', async () => {
    const { one } = open()
    const { id, chats } = await begin(2)
    const dying = await openStore({ url })
    await dying.ledger.claim(channel, 2, at)
    const [stored = '', lost = ''] = chats
    await entryOf(dying, id, stored)
    await one.ledger.adopt([], at)
    expect(await endOf(id, lost)).toMatchObject({ estado: 'enviando' })
    await dying.close()
    await one.ledger.adopt([], at)
    expect(await endOf(id, lost)).toMatchObject({ estado: 'pendiente' })
    expect(await endOf(id, stored)).toMatchObject({ estado: 'enviando' })
  })

  test('is given back where this process lost it, not while it is at it nor at once', async () => {
    const { one } = open()
    const { id, chats } = await begin(2)
    await one.ledger.claim(channel, 2, at)
    const [lost = '', saying = ''] = chats
    await one.ledger.adopt([saying], new Date(at.getTime() + 30_000))
    expect(await endOf(id, lost)).toMatchObject({ estado: 'enviando' })
    await one.ledger.adopt([saying], new Date(at.getTime() + 90_000))
    expect(await endOf(id, lost)).toMatchObject({ estado: 'pendiente' })
    expect(await endOf(id, saying)).toMatchObject({ estado: 'enviando' })
  })

  test.each<Unsaid>(['tope', 'salio'])('is over where nothing is to be said: %s', async why => {
    const { one } = open()
    const { id, chats } = await begin(1)
    const [chat = ''] = chats
    await one.ledger.claim(channel, 10, at)
    await one.ledger.skip(id, chat, why, at)
    expect(await endOf(id, chat)).toMatchObject({ estado: 'omitido', motivo: why })
  })

  test('is led by one process of all on each channel, and by another once that has ended', async () => {
    const { one, other } = open()
    const third = await openStore({ url })
    expect(await third.ledger.leads('web')).toBe(true)
    expect(await third.ledger.leads('web')).toBe(true)
    expect(await one.ledger.leads('web')).toBe(false)
    await third.close()
    await expect.poll(() => other.ledger.leads('web')).toBe(true)
    expect(await one.ledger.leads('web')).toBe(false)
  })
})

describe('right before a call', () => {
  async function oneOf(): Promise<{ id: number; chat: string; entry: Entry }> {
    const { one } = open()
    const { id, chats } = await begin(1)
    const [chat = ''] = chats
    await one.ledger.claim(channel, 10, at)
    return { id, chat, entry: await entryOf(one, id, chat) }
  }

  test('it goes, and what came of it stands in the ledger as in the outbox', async () => {
    const { one } = open()
    const { id, chat, entry } = await oneOf()
    expect(await one.outbox.begin(entry, at)).toBe('go')
    const [waiting] = await one.outbox.waitingFor(chat)
    if (waiting) await one.outbox.sent({ ...waiting, receipt: undefined })
    expect(await endOf(id, chat)).toMatchObject({ estado: 'enviado' })
    expect(await one.outbox.begin(entry, at)).toBe('no')
  })

  test('whoever opted out since is not written to', async () => {
    const { one, db } = open()
    const { id, chat, entry } = await oneOf()
    await sql`delete from suscripcion where chat = ${chat}`.execute(db)
    expect(await one.outbox.begin(entry, at)).toBe('no')
    expect(await endOf(id, chat)).toMatchObject({ estado: 'omitido', motivo: 'salio' })
    expect(await one.outbox.waitingFor(chat)).toEqual([])
  })

  test('what is paused waits and is not looked at until it goes on', async () => {
    const { one } = open()
    const { id, chat, entry } = await oneOf()
    const there = async () => (await one.outbox.waiting([channel], 1000, true)).some(it => it.chat === chat)
    await setState(id, 'pausada')
    expect(await one.outbox.begin(entry, at)).toBe('wait')
    expect(await there()).toBe(false)
    await setState(id, 'enviando')
    expect(await there()).toBe(true)
    expect(await one.outbox.begin(entry, at)).toBe('go')
  })

  test('what was refused for now and is paused or cancelled then is not left under way for ever', async () => {
    const { one } = open()
    const { id, chat, entry } = await oneOf()
    expect(await one.outbox.begin(entry, at)).toBe('go')
    await setState(id, 'cancelada')
    const met = (await one.outbox.waiting([channel], 1000, true)).find(it => it.chat === chat)
    expect(met && (await one.outbox.begin(met, at))).toBe('no')
    expect(await endOf(id, chat)).toMatchObject({ estado: 'cancelado' })
  })

  test('what another process has taken over is not ours to send any more', async () => {
    const { one, other } = open()
    const { entry } = await oneOf()
    expect(await other.outbox.begin(entry, at)).toBe('no')
    expect(await one.outbox.begin(entry, at)).toBe('go')
  })

  test('what the platform took and failed later goes out again though the broadcast had ended', async () => {
    const { one } = open()
    const { id, chat, entry } = await oneOf()
    await one.outbox.begin(entry, at)
    const [waiting] = await one.outbox.waitingFor(chat)
    const receipt = randomUUID()
    if (waiting) await one.outbox.sent({ ...waiting, receipt })
    await setState(id, 'terminada')
    await one.outbox.noted([{ receipt, channel, at, state: 'failed' }])
    await one.outbox.refused(receipt, 'waiting', 'busy')
    const met = (await one.outbox.waiting([channel], 1000, true)).find(it => it.chat === chat)
    expect(met && (await one.outbox.begin(met, at))).toBe('go')
  })

  test('what was cancelled, or is of no use any more, is over', async () => {
    const { one } = open()
    const late = await oneOf()
    expect(await one.outbox.begin(late.entry, until)).toBe('no')
    expect(await endOf(late.id, late.chat)).toMatchObject({ estado: 'omitido', motivo: 'vencio' })
    const cancelled = await oneOf()
    await setState(cancelled.id, 'cancelada')
    expect(await one.outbox.begin(cancelled.entry, at)).toBe('no')
    expect(await endOf(cancelled.id, cancelled.chat)).toMatchObject({ estado: 'cancelado' })
  })

  test('what was under way when a process died is taken over, and told to have come twice maybe', async () => {
    const { one } = open()
    const { id, chats } = await begin(2)
    const [calling = '', waiting = ''] = chats
    const dying = await openStore({ url })
    await dying.ledger.claim(channel, 2, at)
    const entry = await entryOf(dying, id, calling)
    await entryOf(dying, id, waiting)
    expect(await dying.outbox.begin(entry, at)).toBe('go')
    await dying.close()
    const mine = (await one.outbox.waiting([channel], 1000, true)).map(({ chat }) => chat)
    expect(mine).toEqual(expect.arrayContaining([calling, waiting]))
    expect(await endOf(id, calling)).toMatchObject({ estado: 'enviando', repetido: true })
    expect(await endOf(id, waiting)).toMatchObject({ estado: 'enviando', repetido: false })
  })

  test('of whoever deletes everything nothing is left but a number in the report', async () => {
    const { one, db } = open()
    const { id, chat } = await oneOf()
    await one.forget(chat)
    expect(await endOf(id, chat)).toBeUndefined()
    expect(await one.outbox.waitingFor(chat)).toEqual([])
    const { rows } = await sql`select estado, motivo from destinatario where difusion = ${id}`.execute(db)
    expect(rows).toEqual([{ estado: 'omitido', motivo: 'salio' }])
    const left = await sql`select from suscripcion where chat = ${chat}`.execute(db)
    expect(left.rows).toEqual([])
  })
})
