/** What staff do with a broadcast, from the first draft to the report, on both databases. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Broadcast, Broadcasts } from '../../src/broadcast/broadcasts.ts'
import { type Member, Refused } from '../../src/broadcast/staff.ts'
import { renderTemplate } from '../../src/channels/whatsapp-cloud/render.ts'
import type { DestinatarioEstado, DifusionEstado } from '../../src/store/migrations.ts'
import { ranks } from '../../src/store/outbox.ts'
import { content } from '../guide.ts'
import {
  databases,
  empty,
  hours,
  ledger,
  log,
  noon,
  type Office,
  openOffice,
  someone,
  subscribe,
} from './office.ts'

const texto = 'Hoy reciben hasta las 14:00.'
const { confirmaDesde } = content.avisos

/** The reason, or what came of it. */
const tried = <T>(work: Promise<T>): Promise<T | string> =>
  work.catch(error => {
    if (error instanceof Refused) return error.reason
    throw error
  })

describe.each(databases)('staff with $name', ({ where }) => {
  let office: Office
  let broadcasts: Broadcasts
  let ana: Member
  let beto: Member
  beforeAll(async () => {
    office = await openOffice(await where())
    broadcasts = office.broadcasts
    ana = await office.member('owner', 'chat of ana')
    beto = await office.member('owner')
  })
  afterAll(() => office.close())
  beforeEach(async () => {
    await empty(office)
    office.now = noon
    office.woken = 0
  })

  const prepare = (id: number) => office.tables.prepare(id, office.now, confirmaDesde)
  const actionsOf = async (id: number) => (await log(office, id)).map(({ accion }) => accion)

  /** A broadcast brought to a state by presses alone. */
  async function reach(estado: DifusionEstado): Promise<number> {
    if (estado === 'por-confirmar') await subscribe(office, crowd(confirmaDesde + 1))
    const { id } = await broadcasts.write(ana, { texto })
    if (estado === 'borrador') return id
    await broadcasts.send(ana, id)
    if (estado === 'por-confirmar' || estado === 'programada') return id
    if (estado === 'preparando')
      await sql`update difusion set estado = 'preparando' where id = ${id}`.execute(office.db)
    else if (estado === 'cancelada') await broadcasts.cancel(ana, id)
    else await prepare(id)
    if (estado === 'pausada') await broadcasts.pause(ana, id)
    if (estado === 'terminada') await office.tables.finish(noon)
    expect((await broadcasts.see(ana, id)).estado).toBe(estado)
    return id
  }
  const crowd = (n: number) => Array.from({ length: n }, () => someone())

  test('write a draft, change it and find it', async () => {
    const audiencia = { tema: 'escuela', plantel: ['escom'] } as const
    const { id } = await broadcasts.write(ana, { texto, audiencia, cuando: '2026-12-01 10:00' })
    const boton = { does: 'paso', id: 'entregar-nss' } as const
    const changed = await broadcasts.write(beto, { titulo: 'Reciben', boton, control: 10, cuando: null }, id)
    const expected: Broadcast = {
      ...{ id, estado: 'borrador', titulo: 'Reciben', texto, boton, audiencia, control: 10 },
      ...{ escribe: ana.nombre, creada: noon },
    }
    expect(changed).toEqual(expected)
    expect(await broadcasts.see(beto, id)).toEqual(expected)
    const { id: newer } = await broadcasts.write(beto, { texto })
    expect((await broadcasts.list(ana)).map(one => one.id)).toEqual([newer, id])
    expect((await log(office, id)).map(({ accion, nombre, detalle }) => [accion, nombre, detalle])).toEqual([
      ['escribe', ana.nombre, expect.objectContaining({ texto, audiencia })],
      ['escribe', beto.nombre, { titulo: 'Reciben', boton, control: 10, cuando: null }],
    ])
    expect(office.woken).toBe(0)
  })

  test('are refused a draft with a fault in it, and nothing of it is kept', async () => {
    const { id } = await broadcasts.write(ana, { texto })
    expect(await tried(broadcasts.write(ana, { texto: 'Llama al 5512345678' }))).toBe('texto-datos')
    expect(await tried(broadcasts.write(ana, { titulo: 'Otro', control: 99 }, id))).toBe('control')
    const audiencia = { tema: 'escuela', sinDifusion: [id, 987_654] } as const
    expect(await tried(broadcasts.write(ana, { audiencia }))).toBe('audiencia-difusion')
    expect(await broadcasts.list(ana)).toMatchObject([{ id, titulo: '', control: 0 }])
    expect(await actionsOf(id)).toEqual(['escribe'])
  })

  test('are told where there is no such broadcast', async () => {
    const none = 987_654
    const { write, test: toOneself, ...others } = broadcasts
    for (const act of [others.see, others.count, others.preview, others.send, others.confirm, others.report])
      expect(await tried<unknown>(act(ana, none))).toBe('no-hay')
    for (const act of [others.pause, others.resume, others.cancel, others.progress, toOneself])
      expect(await tried<unknown>(act(ana, none))).toBe('no-hay')
    expect(await tried(write(ana, { texto }, none))).toBe('no-hay')
  })

  describe('send', () => {
    test('to as many as one may send to alone: at once, or at its time', async () => {
      await subscribe(office, crowd(confirmaDesde))
      const { id } = await broadcasts.write(ana, { texto })
      const sent = await broadcasts.send(beto, id)
      expect(sent).toMatchObject({ estado: 'programada', pide: beto.nombre, cuando: noon, vence: hours(48) })
      expect(office.woken).toBe(1)
      expect(await office.tables.due(noon)).toEqual([id])
      const later = await broadcasts.write(ana, { texto, cuando: '2026-11-24 10:00' })
      await broadcasts.send(ana, later.id)
      expect(await office.tables.due(hours(21))).toEqual([id])
      expect(await office.tables.due(hours(22))).toEqual([id, later.id])
    })

    test('to more waits for somebody else, who confirms', async () => {
      await subscribe(office, crowd(confirmaDesde + 1))
      const { id } = await broadcasts.write(ana, { texto })
      expect(await broadcasts.send(beto, id)).toMatchObject({ estado: 'por-confirmar', pide: beto.nombre })
      expect(await tried(broadcasts.confirm(beto, id))).toBe('misma-persona')
      expect((await broadcasts.see(ana, id)).estado).toBe('por-confirmar')
      expect(await office.tables.due(hours(1))).toEqual([])
      // Whoever wrote it may: it is another pair of eyes than who sent it.
      const confirmed = await broadcasts.confirm(ana, id)
      expect(confirmed).toMatchObject({ estado: 'programada', confirma: ana.nombre })
      expect(await prepare(id)).toBe('enviando')
      expect(await actionsOf(id)).toEqual(['escribe', 'envia', 'confirma'])
    })

    test('to an audience that has grown meanwhile waits for it, too', async () => {
      const { id } = await broadcasts.write(ana, { texto, cuando: '2026-11-24 10:00' })
      await broadcasts.send(ana, id)
      await subscribe(office, crowd(confirmaDesde + 1))
      office.now = hours(22)
      expect(await prepare(id)).toBe('por-confirmar')
      expect(await tried(broadcasts.confirm(ana, id))).toBe('misma-persona')
      await broadcasts.confirm(beto, id)
      expect(await prepare(id)).toBe('enviando')
      expect(await actionsOf(id)).toEqual(['escribe', 'envia', 'crece', 'confirma'])
    })

    test('nothing that nobody would get in time, and nothing at night', async () => {
      await subscribe(office, crowd(confirmaDesde + 1))
      const { id } = await broadcasts.write(ana, { texto })
      office.now = hours(9)
      expect(await tried(broadcasts.send(ana, id))).toBe('silencio')
      expect((await broadcasts.see(ana, id)).estado).toBe('borrador')
      office.now = noon
      await broadcasts.send(ana, id)
      office.now = hours(48)
      expect(await tried(broadcasts.confirm(beto, id))).toBe('vencida')
      expect((await broadcasts.see(ana, id)).estado).toBe('por-confirmar')
    })

    test('what was written last, or it is not written any more: never something in between', async () => {
      for (let round = 0; round < 10; round++) {
        const { id } = await broadcasts.write(ana, { texto })
        const [sent, written] = await Promise.all([
          broadcasts.send(ana, id),
          tried(broadcasts.write(beto, { texto: 'Otro' }, id)),
        ])
        expect(sent.texto).toBe(written === 'estado' ? texto : 'Otro')
        expect((await broadcasts.see(ana, id)).texto).toBe(sent.texto)
      }
    })
  })

  const states: readonly DifusionEstado[] = [
    ...(['borrador', 'por-confirmar', 'programada', 'preparando'] as const),
    ...(['enviando', 'pausada', 'terminada', 'cancelada'] as const),
  ]
  type Press = 'write' | 'send' | 'confirm' | 'pause' | 'resume' | 'cancel'
  /** What each press makes of each state; `=` is as it was, without a word; a dot is refused. */
  const table: Readonly<Record<Press, readonly (DifusionEstado | '=' | '.')[]>> = {
    write: ['borrador', '.', '.', '.', '.', '.', '.', '.'],
    send: ['programada', '=', '=', '=', '=', '.', '.', '.'],
    confirm: ['.', 'programada', '=', '=', '=', '.', '.', '.'],
    pause: ['.', '.', '.', '.', 'pausada', '=', '.', '.'],
    resume: ['.', '.', '.', '.', '=', 'enviando', '.', '.'],
    cancel: ['cancelada', 'cancelada', 'cancelada', 'cancelada', 'cancelada', 'cancelada', '.', '='],
  }
  const presses = Object.entries(table).flatMap(([press, outcomes]) =>
    states.map((from, i) => ({ press: press as Press, from, outcome: outcomes[i] ?? '.' })),
  )
  test.each(presses)('$press on one that is $from: $outcome', async ({ press, from, outcome }) => {
    const id = await reach(from)
    const before = await broadcasts.see(ana, id)
    const logged = await actionsOf(id)
    office.woken = 0
    const act = () =>
      press === 'write' ? broadcasts.write(beto, { titulo: 'Otro' }, id) : broadcasts[press](beto, id)
    if (outcome === '.') {
      await expect(act()).rejects.toMatchObject({ reason: 'estado', values: { estado: from } })
      expect(await broadcasts.see(ana, id)).toEqual(before)
    } else {
      const after = await act()
      expect(after).toEqual(await broadcasts.see(ana, id))
      expect(after.estado).toBe(outcome === '=' ? from : outcome)
      if (outcome === '=') expect(after).toEqual(before)
    }
    const changed = outcome !== '=' && outcome !== '.'
    expect((await actionsOf(id)).length - logged.length).toBe(changed ? 1 : 0)
    expect(office.woken).toBe(changed && press !== 'write' ? 1 : 0)
  })

  test.each([
    ['send', 'borrador', 'programada'],
    ['confirm', 'por-confirmar', 'programada'],
    ['pause', 'enviando', 'pausada'],
    ['resume', 'pausada', 'enviando'],
    ['cancel', 'enviando', 'cancelada'],
  ] as const)('%s pressed ten times at once acts once', async (press, from, to) => {
    const id = await reach(from)
    const logged = (await actionsOf(id)).length
    office.woken = 0
    const all = await Promise.all(Array.from({ length: 10 }, () => broadcasts[press](beto, id)))
    expect(new Set(all.map(({ estado }) => estado))).toEqual(new Set([to]))
    expect(await actionsOf(id)).toHaveLength(logged + 1)
    expect(office.woken).toBe(1)
  })

  test('pausing and cancelling at once leave it cancelled', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await reach('enviando')
      const [paused, cancelled] = await Promise.all([
        tried(broadcasts.pause(ana, id)),
        broadcasts.cancel(beto, id),
      ])
      expect(cancelled.estado).toBe('cancelada')
      if (typeof paused === 'string') expect(paused).toBe('estado')
      expect((await broadcasts.see(ana, id)).estado).toBe('cancelada')
    }
  })

  test('count whom it concerns, see how many of each channel, and who is left out on purpose', async () => {
    const people = [...crowd(60), someone({ canal: 'whatsapp-cloud' }), someone({ temas: ['tramite'] })]
    await subscribe(office, people)
    const { id } = await broadcasts.write(ana, { texto, control: 50 })
    const count = await broadcasts.count(ana, id)
    expect(count).toMatchObject({ total: 61, canales: { telegram: 60, 'whatsapp-cloud': 1 } })
    await broadcasts.send(ana, id)
    await prepare(id)
    const { cuentas, total, estado } = await broadcasts.progress(ana, id)
    expect([estado, total, cuentas.control]).toEqual(['enviando', 61, count.control])
    expect(cuentas.pendiente).toBe(61 - count.control)
  })

  test('see it as each channel shows it, and as the template that goes to whoever was silent for a day', async () => {
    const { id } = await broadcasts.write(ana, { texto, boton: { does: 'paso', id: 'entregar-nss' } })
    const all = await broadcasts.preview(ana, id)
    expect(all.map(({ channel, template }) => [channel, template])).toEqual([
      ['telegram', undefined],
      ['whatsapp-cloud', undefined],
      ['whatsapp-cloud', true],
      ['whatsapp-web', undefined],
    ])
    const [telegram, cloud, template, web] = all.map(({ messages }) => messages)
    const label = content.pasos.find(paso => paso.id === 'entregar-nss')?.boton ?? ''
    expect(telegram?.[0]?.text).toContain(texto)
    expect(telegram?.[0]?.choices?.map(choice => choice.label)).toEqual([expect.stringContaining(label)])
    expect(cloud).toEqual(telegram)
    // No buttons there: a numbered line.
    expect(web?.[0]?.text).toContain(`\n1. `)
    const rendered = renderTemplate(telegram?.[0]?.text ?? '', content.whatsappNube)
    const said = JSON.stringify(rendered).match(/"parameters":\[\{"type":"text","text":"(.*?)"\}/)?.[1] ?? ''
    expect(said).toContain(texto)
    const whole = content.whatsappNube.plantilla.texto.replace('{{1}}', () => said)
    expect(template).toEqual([{ text: whole }])
    await broadcasts.write(ana, { audiencia: { tema: 'escuela', canal: ['telegram'] } }, id)
    expect((await broadcasts.preview(ana, id)).map(({ channel }) => channel)).toEqual(['telegram'])
  })

  test('send it to themselves, where they have a chat', async () => {
    const { id } = await broadcasts.write(ana, { texto })
    await broadcasts.test(ana, id)
    const shown = await office.db
      .selectFrom('personal')
      .select(['id', 'prueba'])
      .where('prueba', 'is not', null)
    expect(await shown.execute()).toEqual([{ id: ana.id, prueba: String(id) }])
    expect(office.woken).toBe(1)
    expect(await tried(broadcasts.test(beto, id))).toBe('sin-chat')
    const { id: blank } = await broadcasts.write(ana, { titulo: 'Uno' })
    expect(await tried(broadcasts.test(ana, blank))).toBe('texto-falta')
    expect(await shown.execute()).toEqual([{ id: ana.id, prueba: String(id) }])
    expect(await actionsOf(id)).toEqual(['escribe', 'prueba'])
    expect(await actionsOf(blank)).toEqual(['escribe'])
    expect(office.woken).toBe(1)
  })

  test('read what came of it, beside those who got nothing on purpose', async () => {
    const boton = { does: 'paso', id: 'entregar-nss' } as const
    const { id } = await broadcasts.write(ana, { texto, boton })
    const { id: other } = await broadcasts.write(ana, { texto })
    await broadcasts.send(ana, id)
    await prepare(id)
    /** `hecho`: on which day they did the step. */
    interface Given {
      readonly estado: DestinatarioEstado
      readonly motivo?: string
      readonly hecho?: string
      readonly acuse?: readonly (typeof ranks)[number][]
      readonly pulsado?: Date
      readonly salio?: Date
      readonly repetido?: boolean
    }
    const given: readonly Given[] = [
      { estado: 'enviado', hecho: '2026-11-23', acuse: ['read'], pulsado: noon },
      { estado: 'enviado', hecho: '2026-11-30', acuse: ['delivered', 'delivered'] },
      // Too late; before it began, so that it cannot be its doing; nothing known.
      { estado: 'enviado', hecho: '2026-12-01', acuse: ['sent'], salio: noon },
      { estado: 'enviado', hecho: '2026-11-22', acuse: ['failed'], repetido: true },
      { estado: 'enviado' },
      { estado: 'control', hecho: '2026-11-25' },
      { estado: 'control' },
      { estado: 'control' },
      { estado: 'fallido', motivo: 'too long', hecho: '2026-11-25' },
      { estado: 'fallido', motivo: 'too long' },
      { estado: 'fallido', motivo: 'refused' },
      { estado: 'omitido', motivo: 'tope' },
      { estado: 'inalcanzable', motivo: 'blocked' },
      { estado: 'incierto', motivo: 'cut off' },
      { estado: 'pendiente' },
    ]
    for (const { estado, motivo = null, hecho, acuse = [], ...marks } of given) {
      const chat = randomUUID()
      const { pulsado = null, salio = null, repetido = false } = marks
      await sql`insert into destinatario
        values (${id}, ${chat}, 'telegram', ${estado}, ${motivo}, null, null, ${repetido}, ${pulsado}, ${salio})`.execute(
        office.db,
      )
      if (hecho)
        await sql`insert into conversacion (chat, version, estado, cambiada)
          values (${chat}, 1, ${JSON.stringify({ hechos: { 'entregar-nss': hecho } })}, ${noon})`.execute(
          office.db,
        )
      for (const state of acuse)
        await sql`insert into acuse (mensaje, chat, canal, at, estado, difusion)
          values (${randomUUID()}, ${chat}, 'telegram', ${noon}, ${ranks.indexOf(state)}, ${id}),
            (${randomUUID()}, ${chat}, 'telegram', ${noon}, ${ranks.indexOf('read')}, ${other})`.execute(
          office.db,
        )
    }
    const report = await broadcasts.report(beto, id)
    expect(report).toEqual({
      estado: 'enviando',
      total: 15,
      cuentas: {
        ...{ pendiente: 1, enviando: 0, enviado: 5, fallido: 3, incierto: 1 },
        ...{ inalcanzable: 1, omitido: 1, cancelado: 0, control: 3 },
      },
      motivos: expect.arrayContaining([
        { estado: 'fallido', motivo: 'too long', n: 2 },
        { estado: 'fallido', motivo: 'refused', n: 1 },
        { estado: 'omitido', motivo: 'tope', n: 1 },
        { estado: 'inalcanzable', motivo: 'blocked', n: 1 },
        { estado: 'incierto', motivo: 'cut off', n: 1 },
      ]),
      entregados: 2,
      leidos: 1,
      repetidos: 1,
      pulsaron: 1,
      salieron: 1,
      paso: { id: 'entregar-nss', enviados: { hicieron: 3, de: 10 }, control: { hicieron: 1, de: 3 } },
    })
    expect(report.motivos).toHaveLength(5)
    expect(report.motivos[0]?.n).toBe(2)
    expect(await broadcasts.report(ana, other)).toMatchObject({ total: 0, motivos: [], leidos: 4 })
    expect(await broadcasts.report(ana, other)).not.toHaveProperty('paso')
  })

  test('never reach anybody who did not opt in to what it is about, whatever they choose', async () => {
    await subscribe(office, [
      someone({ temas: [], plantel: 'escom' }),
      someone({ temas: ['tramite'], plantel: 'escom' }),
      someone({ temas: ['escuela'], plantel: 'escom', inalcanzable: noon }),
    ])
    const { id } = await broadcasts.write(ana, { texto, audiencia: { tema: 'escuela', plantel: ['escom'] } })
    expect((await broadcasts.count(ana, id)).total).toBe(0)
    await broadcasts.send(ana, id)
    await prepare(id)
    expect(await ledger(office, id)).toEqual([])
    expect(await office.tables.finish(noon)).toEqual([id])
  })
})
