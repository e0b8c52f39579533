/** The desk in the chat as staff use it: a conversation with buttons, on an embedded database, with real broadcasts. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createStaff, type Member, type Staff } from '../../src/broadcast/staff.ts'
import type { Body, Choice, Outgoing } from '../../src/message.ts'
import { readMoment } from '../../src/personal/broadcast/moment.ts'
import { readSchools } from '../../src/personal/broadcast/schools.ts'
import { createDesk, type Desk } from '../../src/personal/desk.ts'
import type { Rol } from '../../src/store/migrations.ts'
import { createMembers } from '../../src/store/staff.ts'
import {
  empty,
  hours,
  ledger,
  log,
  noon,
  type Office,
  openOffice,
  someone,
  subscribe,
} from '../broadcast/office.ts'
import { content } from '../guide.ts'

const { mesa, botones, no } = content.personal
const message = 'Mañana cierra la entrega de la tarjeta del NSS. Llévala antes de las 14:00.'

let office: Office
let staff: Staff
let desk: Desk
beforeAll(async () => {
  office = await openOffice({ memory: true })
})
afterAll(() => office.close())
beforeEach(async () => {
  await empty(office)
  office.now = noon
  office.woken = 0
  const clock = () => office.now
  staff = createStaff({ members: createMembers(office.db), clock })
  desk = createDesk({ broadcasts: office.broadcasts, staff, content, clock })
})

const never = async () => false

/** A private chat on a channel that shows buttons. */
class Chat {
  readonly id = randomUUID()
  by: Member | undefined
  seen = never
  /** Undefined: the message was not for the desk. */
  replies: readonly Outgoing[] | undefined

  async send(body: Body, id: string = randomUUID()): Promise<this> {
    const from = { channel: 'telegram', id: this.id } as const
    const said = { from, id, at: office.now, body, replyTo: this.id, pushTo: this.id }
    this.replies = await desk.take(this.id, said, this.seen)
    // Whatever comes, there is a way on from it.
    if (this.replies && this.choices.length === 0) expect([mesa.cerrada, mesa.codigoNo]).toContain(this.text)
    return this
  }
  write = (text: string, id?: string) => this.send({ kind: 'text', text }, id)
  choose = (choice: string) => this.send({ kind: 'choice', choice, turn: 1 })
  press(label: string): Promise<this> {
    const choice = this.choices.find(choice => choice.label === label)
    if (!choice) throw new Error(`«${label}» is not offered, but ${this.labels.join(', ')}`)
    return this.choose(choice.id)
  }
  get choices(): readonly Choice[] {
    return this.replies?.at(-1)?.choices ?? []
  }
  get labels(): string[] {
    return this.choices.map(({ label }) => label)
  }
  get text(): string {
    return (this.replies ?? []).map(({ text }) => text).join('\n\n')
  }
}

async function member(rol: Rol): Promise<Chat> {
  const chat = new Chat()
  chat.by = await office.member(rol, chat.id)
  return chat
}

const people = (n: number, over: Parameters<typeof someone>[0] = {}) =>
  subscribe(
    office,
    Array.from({ length: n }, () => someone(over)),
  )

const newest = async (by: Chat) => {
  const [broadcast] = await office.broadcasts.list(by.by as Member)
  if (!broadcast) throw new Error('there is none')
  return broadcast
}

async function draftOf(chat: Chat): Promise<number> {
  await chat.write('/difundir')
  await chat.press(botones.nueva)
  await chat.write(message)
  return (await newest(chat)).id
}

describe('who is nobody here', () => {
  test('is not told that there is a desk, whatever they write or press', async () => {
    const owner = await member('owner')
    const id = await draftOf(owner)
    const stranger = new Chat()
    for (const text of ['/difundir', '/DIFUNDIR 1', '/personal', '1', 'Nuevo', message])
      expect((await stranger.write(text)).replies, text).toBe(undefined)
    for (const choice of ['dif:lista', 'dif:nueva', `dif:${id}:manda.x`, `dif:${id}:cancela`])
      expect((await stranger.choose(choice)).replies, choice).toBe(undefined)
    expect((await newest(owner)).estado).toBe('borrador')
  })

  test('comes in by an invitation once, and is told the same of one that is wrong, used or old', async () => {
    const owner = await member('owner')
    const { code } = await staff.invite(owner.by as Member, 'editor', 'Ana')
    const { code: old } = await staff.invite(owner.by as Member, 'editor', 'Eva')
    const ana = await new Chat().write(`/personal ${code.toLowerCase()}`)
    expect(ana.text).toContain('Hola, Ana')
    await ana.press(botones.lista)
    expect(ana.labels).toContain(botones.nueva)
    // The same message may come again where we ended before its answer was stored.
    expect((await ana.write(`/personal ${code}`)).text).toContain('Hola, Ana')
    office.now = hours(49)
    for (const wrong of [code, old, 'K7Q-2M9-XDA', 'x'])
      expect((await new Chat().write(`/personal ${wrong}`)).text).toBe(mesa.codigoNo)
  })

  test('is not heard again with a message that was handled before, however old', async () => {
    const ana = await member('owner')
    const by = ana.by as Member
    const { id } = await office.broadcasts.write(by, { texto: 'hola', audiencia: { tema: 'escuela' } })
    ana.seen = async () => true
    await ana.choose(`dif:${id}:cancelar`)
    expect(ana.replies).toBeUndefined()
    expect((await office.broadcasts.see(by, id)).estado).toBe('borrador')
  })

  test('has no desk in a group, or where nothing can be sent unasked', async () => {
    const owner = await member('owner')
    const from = { channel: 'telegram', id: owner.id } as const
    const said = { from, id: '1', at: noon, body: { kind: 'text', text: '/difundir' } } as const
    expect(await desk.take(owner.id, said, never)).toBe(undefined)
    const group = { chat: { channel: 'telegram', id: '-1' }, replyTo: '-1', link: '' } as const
    expect(await desk.take(owner.id, { ...said, pushTo: owner.id, group }, never)).toBe(undefined)
    expect(await desk.take(owner.id, { ...said, pushTo: owner.id }, never)).toBeDefined()
  })

  test('is nobody any more once they were let go', async () => {
    const [owner, editor] = [await member('owner'), await member('editor')]
    await editor.write('/difundir')
    await staff.remove(owner.by as Member, editor.by?.id ?? 0)
    expect((await editor.press(botones.nueva)).replies).toBe(undefined)
  })
})

describe('a broadcast', () => {
  test('is written, aimed, looked at, tried and sent, with a button for each', async () => {
    await people(3, { faltan: ['entregar-nss'], nivel: 'superior' })
    await people(2, { canal: 'whatsapp-cloud', faltan: ['entregar-nss'], nivel: 'superior' })
    await people(4, { faltan: ['nss'] })
    const owner = await member('owner')
    await owner.write('/difundir')
    expect(owner.text).toBe(mesa.listaVacia)
    await owner.press(botones.nueva)
    expect(owner.text).toBe(mesa.pideTexto.trim())
    await owner.write(message)
    expect(owner.text).toContain('Telegram 7, WhatsApp 2 (en total 9)')

    await owner.press(botones.falta)
    const step = content.pasos.find(({ id }) => id === 'entregar-nss')
    await owner.press(step?.boton ?? '')
    expect(owner.text).toContain(`les falta «${step?.titulo}»`)
    expect(owner.text).toContain('Telegram 3, WhatsApp 2 (en total 5)')
    await owner.press(botones.nivel)
    await owner.press(botones.niveles.superior)
    await owner.press(botones.canal)
    await owner.press('Telegram')
    expect(owner.text).toContain('Telegram 3 (en total 3)')
    await owner.press(`✅ ${botones.canal}`)
    await owner.press('✅ Telegram')
    expect(owner.text).toContain('(en total 5)')

    await owner.press(botones.listo)
    expect(owner.text).toContain('Así se ve en')
    expect(owner.text).toContain(message)
    await owner.press(botones.control)
    await owner.press(botones.control20)
    expect(owner.text).toContain('20 %')
    await owner.press(botones.boton)
    await owner.press(`✅ ${step?.boton}`.slice(0, 20))
    expect((await newest(owner)).boton).toEqual({ does: 'paso', id: 'entregar-nss' })

    await owner.press(botones.muestra)
    await owner.press(botones.probar)
    expect(owner.text).toContain(mesa.prueba)
    await owner.press(botones.enviar)
    expect(owner.text).toContain('(en total 5)')
    expect(owner.text).toContain(mesa.cuandoAhora)
    await owner.press(botones.siEnviar)
    expect(owner.text).toContain('programado')
    const { id, titulo, estado, audiencia } = await newest(owner)
    expect([titulo, estado]).toEqual(['Mañana cierra la entrega de la tarjeta…', 'programada'])
    expect(audiencia).toEqual({ tema: 'escuela', falta: 'entregar-nss', nivel: ['superior'] })
    expect((await log(office, id)).filter(({ accion }) => accion === 'envia')).toHaveLength(1)
  })

  test('goes out at the day and hour that were typed, or is asked again', async () => {
    await people(1)
    const owner = await member('owner')
    const id = await draftOf(owner)
    await owner.press(botones.listo)
    await owner.press(botones.cuando)
    await owner.write('cuando puedas')
    expect(owner.text).toContain(mesa.cuandoNo)
    await owner.write('mañana 23:00')
    expect(owner.text).toContain('no sale nada')
    await owner.write('mañana 10:00')
    expect(owner.text).toContain('martes 24 de noviembre a las 10:00')
    expect((await office.broadcasts.see(owner.by as Member, id)).cuando).toEqual(hours(22))
    await owner.press(botones.cuando)
    await owner.press(botones.ya)
    expect((await newest(owner)).cuando).toBe(undefined)
  })

  test('for the schools that were typed as they are called', async () => {
    await people(2, { plantel: 'escom' })
    await people(1, { plantel: 'cecyt-6' })
    const owner = await member('owner')
    await draftOf(owner)
    await owner.press(botones.plantel)
    await owner.write('ESCOM y Hogwarts')
    expect(owner.text).toContain('Hogwarts')
    await owner.write('escom')
    expect(owner.text).toContain('(en total 2)')
    await owner.press(`✅ ${botones.plantel}`)
    await owner.press(botones.todos)
    expect(owner.text).toContain('(en total 3)')
  })

  test('that may not be said so is asked for again, and the reason told', async () => {
    const owner = await member('owner')
    await owner.write('/difundir')
    await owner.press(botones.nueva)
    await owner.write('x'.repeat(901))
    expect(owner.text).toContain('901')
    await owner.write('Escribe a GARC040506HDFRRL09')
    expect(owner.text).toContain(no['texto-datos'])
    await owner.send({ kind: 'file', file: 'photo' })
    expect(owner.text).toContain(mesa.soloTexto)
    await owner.write(message)
    expect((await newest(owner)).texto).toBe(message)
  })

  test('that was changed since it was looked at is not sent by the press', async () => {
    await people(1)
    const [one, other] = [await member('owner'), await member('owner')]
    const id = await draftOf(one)
    await one.press(botones.listo)
    await one.press(botones.enviar)
    await other.write(`/difundir ${id}`)
    await other.press(botones.texto)
    await other.write('Ya no cierra mañana.')
    await one.press(botones.siEnviar)
    expect(one.text).toContain(mesa.cambio)
    expect(one.text).toContain('Ya no cierra mañana.')
    expect((await newest(one)).estado).toBe('borrador')
  })

  test('pressed twice at once is sent once', async () => {
    await people(1)
    const owner = await member('owner')
    const id = await draftOf(owner)
    await owner.press(botones.listo)
    await owner.press(botones.enviar)
    await Promise.all([owner.press(botones.siEnviar), owner.press(botones.siEnviar)])
    expect(owner.text).toContain('programado')
    expect((await log(office, id)).filter(({ accion }) => accion === 'envia')).toHaveLength(1)
  })

  test('to very many waits for somebody else, who finds it in their list', async () => {
    await people(content.avisos.confirmaDesde + 1)
    const [owner, sender] = [await member('owner'), await member('sender')]
    await draftOf(owner)
    await owner.press(botones.listo)
    await owner.press(botones.enviar)
    expect(owner.text).toContain('después de ti lo confirma otra persona')
    await owner.press(botones.siEnviar)
    expect(owner.text).toContain('Falta que lo confirme otra persona')
    await owner.press(botones.confirmar)
    expect(owner.text).toContain(no['misma-persona'])
    expect(owner.labels).not.toContain(botones.siConfirmar)

    await sender.write('/difundir')
    expect(sender.text).toContain('falta que lo confirmen')
    await sender.choose(sender.choices.find(({ id }) => /^dif:\d+$/.test(id))?.id ?? '')
    await sender.press(botones.confirmar)
    expect(sender.text).toContain('(en total 201)')
    await sender.press(botones.siConfirmar)
    expect((await newest(sender)).estado).toBe('programada')
  })

  test('that cannot be sent, confirmed or cancelled is refused before anybody is asked whether they are sure', async () => {
    await people(1)
    const owner = await member('owner')
    const id = await draftOf(owner)
    const reader = await member('reader')
    for (const what of ['enviar', 'confirmar', 'cancelar']) {
      await reader.choose(`dif:${id}:${what}`)
      expect(reader.text).toContain('Tu papel (consulta) no alcanza')
    }
    await owner.choose(`dif:${id}:confirmar`)
    expect(owner.text).toContain('Ya no se puede: borrador')
    office.now = new Date('2026-11-23T23:00:00-06:00')
    await owner.choose(`dif:${id}:enviar`)
    expect(owner.text).toContain('no sale nada')
    expect(owner.labels).not.toContain(botones.siEnviar)
  })

  test('under way shows a bar that moves in its place, and is paused, let on and cancelled', async () => {
    await people(10)
    const owner = await member('owner')
    const id = await draftOf(owner)
    await office.broadcasts.send(owner.by as Member, id)
    await office.tables.prepare(id, office.now, 100)
    await owner.write(`/difundir ${id}`)
    expect(owner.text).toContain('░░░░░░░░░░ 0 %')
    const some = (await ledger(office, id)).slice(0, 6).map(({ chat }) => chat)
    await office.db.updateTable('destinatario').set({ estado: 'enviado' }).where('chat', 'in', some).execute()
    await owner.press(botones.actualizar)
    expect(owner.text).toContain('▓▓▓▓▓▓░░░░ 60 %\n6 de 10\nenviados 6, faltan 4')
    expect(owner.replies).toEqual([expect.objectContaining({ live: true })])

    await owner.press(botones.pausar)
    expect(owner.text).toContain('en pausa')
    await owner.press(botones.seguir)
    expect(owner.text).toContain('se está enviando')
    await owner.press(botones.cancelar)
    expect(owner.text).toContain(mesa.seguroCancela)
    await owner.press(botones.siCancelar)
    expect(owner.text).toContain('cancelado')
    await owner.choose(`dif:${id}:seguir`)
    expect(owner.text).toContain('Ya no se puede')
    expect((await newest(owner)).estado).toBe('cancelada')
    await owner.press(botones.muestra)
    expect(owner.text).toContain(message)
  })

  test('that is over tells what came of it, beside those who got nothing on purpose', async () => {
    await people(100, { faltan: ['nss'] })
    const owner = await member('owner')
    const id = await draftOf(owner)
    const by = owner.by as Member
    await office.broadcasts.write(by, { boton: { does: 'paso', id: 'nss' }, control: 50 }, id)
    await office.broadcasts.send(by, id)
    await office.tables.prepare(id, office.now, 100)
    const { db } = office
    const toSend = (await ledger(office, id)).filter(({ estado }) => estado === 'pendiente')
    await db
      .updateTable('destinatario')
      .set({ estado: 'enviado' })
      .where('estado', '=', 'pendiente')
      .execute()
    const failed = { estado: 'fallido', motivo: 'the chat is gone' } as const
    await db
      .updateTable('destinatario')
      .set(failed)
      .where('chat', '=', toSend[0]?.chat ?? '')
      .execute()
    await office.tables.finish(office.now)
    await owner.write(`/difundir ${id}`)
    expect(owner.text).toContain('terminado')
    expect(owner.text).toContain(`Enviados ${toSend.length - 1} de ${toSend.length}`)
    expect(owner.text).toContain('fallidos 1: the chat is gone')
    expect(owner.text).toContain(`sin el aviso (control), 0 de ${100 - toSend.length} (0 %)`)
  })
})

describe('what a member writes besides', () => {
  test('goes its usual way, unless a text is awaited; a command leaves that', async () => {
    const owner = await member('owner')
    expect((await owner.write('cuánto cuesta')).replies).toBe(undefined)
    await owner.write('/difundir')
    await owner.press(botones.nueva)
    expect((await owner.write('/checklist')).replies).toBe(undefined)
    expect((await owner.write(message)).replies).toBe(undefined)
    await owner.write('/difundir')
    await owner.press(botones.nueva)
    expect((await owner.choose('menu.inicio:checklist')).replies).toBe(undefined)
    expect((await owner.write(message)).replies).toBe(undefined)
    expect(await office.broadcasts.list(owner.by as Member)).toEqual([])
  })

  test('means what was offered last, by its number or its words', async () => {
    const owner = await member('owner')
    await owner.write('/difundir')
    await owner.write('1')
    expect(owner.text).toBe(mesa.pideTexto.trim())
    await owner.write('avisos')
    expect(owner.text).toBe(mesa.listaVacia)
    await owner.write('cerrar')
    expect(owner.text).toBe(mesa.cerrada)
    expect((await owner.write('1')).replies).toBe(undefined)
  })

  test('that comes a second time, since we ended before its answer was stored, makes no second draft', async () => {
    const owner = await member('owner')
    await owner.write('/difundir')
    await owner.press(botones.nueva)
    await owner.write(message, 'same')
    await owner.write(message, 'same')
    expect(owner.text).toContain(message)
    expect(await office.broadcasts.list(owner.by as Member)).toHaveLength(1)
  })
})

test('a press that comes a second time, after a crash, undoes nothing that was done since', async () => {
  await people(3)
  const [owner, other] = [await member('owner'), await member('owner')]
  const id = await draftOf(owner)
  await office.broadcasts.send(owner.by as Member, id)
  await office.tables.prepare(id, office.now, 100)
  const press = { kind: 'choice', choice: `dif:${id}:seguir` } as const
  await office.broadcasts.pause(owner.by as Member, id)
  await owner.send(press, 'same')
  await office.broadcasts.pause(other.by as Member, id)
  await owner.send(press, 'same')
  expect(owner.text).toContain('en pausa')
  expect((await newest(owner)).estado).toBe('pausada')
})

describe('each role', () => {
  const forged = [
    'nueva',
    'texto',
    'manda.x',
    'control.20',
    'nivel.+superior',
    'cuando.ya',
    'cancela',
    'probar',
  ]
  const may: Record<Rol, { offered: string[]; not: string[] }> = {
    reader: { offered: [], not: [botones.nueva, botones.texto, botones.enviar, botones.cancelar] },
    editor: { offered: [botones.texto, botones.quien], not: [botones.enviar, botones.cancelar] },
    sender: { offered: [botones.enviar, botones.cancelar], not: [botones.nueva, botones.texto] },
    owner: { offered: [botones.texto, botones.enviar, botones.cancelar], not: [] },
  }
  test.each(Object.entries(may))('%s is offered only what it may do', async (rol, { offered, not }) => {
    const id = await draftOf(await member('owner'))
    const chat = await member(rol as Rol)
    await chat.write(`/difundir ${id}`)
    const labels = [...chat.labels]
    await chat.press(botones.lista)
    labels.push(...chat.labels)
    expect(labels).toEqual(expect.arrayContaining(offered))
    for (const label of not) expect(labels).not.toContain(label)
  })

  test('a reader who sends what no button of theirs says is refused, and nothing changes', async () => {
    await people(1)
    const owner = await member('owner')
    const id = await draftOf(owner)
    const before = await newest(owner)
    const reader = await member('reader')
    for (const what of forged) {
      await reader.choose(what === 'nueva' ? 'dif:nueva' : `dif:${id}:${what}`)
      expect(reader.choices.length, what).toBeGreaterThan(0)
      if (what === 'texto') await reader.write('otro texto')
    }
    expect(await newest(owner)).toEqual(before)
    expect(await office.broadcasts.list(owner.by as Member)).toHaveLength(1)
  })
})

test.each([['owner'], ['editor'], ['sender'], ['reader']] as const)(
  'every screen that %s can reach leads back to the list, and fits every channel',
  async rol => {
    await people(3, { faltan: ['nss'] })
    const owner = await member('owner')
    const by = owner.by as Member
    const waiting = await draftOf(owner)
    const over = (await office.broadcasts.write(by, { texto: message })).id
    await office.broadcasts.send(by, over)
    await office.tables.prepare(over, office.now, 100)
    await office.db.updateTable('destinatario').set({ estado: 'enviado' }).execute()
    await office.tables.finish(office.now)

    const chat = rol === 'owner' ? owner : await member(rol)
    // What a press changes is changed at most once here; where it leads is what counts.
    const acts = /:(?:manda|confirma|cancela|pausar|seguir)\b|\.|probar/
    const seen = new Map<string, readonly string[]>()
    const todo = ['dif:lista']
    for (const id of todo) {
      if (seen.has(id)) continue
      await chat.choose(id)
      const { replies = [], choices } = chat
      for (const { text } of replies) {
        expect(text.length).toBeLessThan(4096)
        expect(text).not.toMatch(/[{}]|undefined|NaN/)
      }
      for (const choice of choices) {
        expect(Buffer.byteLength(choice.id)).toBeLessThanOrEqual(40)
        expect([...choice.label].length, choice.label).toBeLessThanOrEqual(20)
        expect(choice.label).not.toBe('')
      }
      seen.set(
        id,
        choices.map(({ id }) => id),
      )
      todo.push(...choices.map(({ id }) => id).filter(id => !acts.test(id)))
    }
    expect(seen.size).toBeGreaterThan(rol === 'owner' ? 15 : 4)
    expect([...seen.keys()]).toContain(`dif:${waiting}`)
    const back = new Set(['dif:lista'])
    for (let grown = -1; grown < back.size; ) {
      grown = back.size
      for (const [id, next] of seen) if (next.some(to => back.has(to))) back.add(id)
    }
    const stranded = [...seen.keys()].filter(id => !back.has(id))
    expect(stranded).toEqual(['dif:salir'])
    expect(mesa.cerrada).toContain('/difundir')
  },
)

describe('what is typed', () => {
  test.each([
    ['mañana 10:00', '2026-11-24 10:00'],
    ['Mañana a las 9', '2026-11-24 09:00'],
    ['hoy 18:30', '2026-11-23 18:30'],
    ['18:30', '2026-11-23 18:30'],
    ['pasado mañana 7:05', '2026-11-25 07:05'],
    ['lunes 9:30', '2026-11-30 09:30'],
    ['el 1 de diciembre a las 10', '2026-12-01 10:00'],
    ['2026-12-01 10:00', '2026-12-01 10:00'],
    ['mañana 5 pm', '2026-11-24 17:00'],
    ['mañana a las 10 de la mañana', '2026-11-24 10:00'],
  ])('as «%s» is %s', (text, moment) => {
    expect(readMoment(text, noon)).toBe(moment)
  })
  test.each(['', 'mañana', 'mañana 10', 'a las 25:00', 'el jueves', 'nunca 10:00', 'mañana 10:75'])(
    'as «%s» is no moment',
    text => {
      expect(readMoment(text, noon)).toBe(undefined)
    },
  )
  test('names schools by id or as they are called, each once', () => {
    expect(readSchools(content, 'ESCOM, voca 6; cecyt-6\nNarnia,')).toEqual({
      known: ['escom', 'cecyt-6'],
      unknown: ['Narnia'],
    })
    expect(readSchools(content, 'ipn, ejemplo-superior').known).toEqual([])
  })
})

test('schools are read one by one, and one of several campuses is all of them', () => {
  expect(readSchools(content, 'escom y upiita').known).toEqual(['escom', 'upiita'])
  const { known } = readSchools(content, 'ESIME')
  expect(known).toEqual(expect.arrayContaining(['esime', 'esime-zacatenco']))
  expect(known).not.toContain('esia')
})
