/** Opting in and out of what nobody asks for, and what is said then: reminders and what staff write to many. */
import { describe, expect, test } from 'vitest'
import { newSaved, Saved } from '../../src/conversation/saved.ts'
import { type Outcome, step } from '../../src/conversation/step.ts'
import {
  announce,
  planOf,
  type Spoken,
  speakUnasked,
  subscriptionOf,
} from '../../src/conversation/unasked.ts'
import type { Announcement, Outgoing, Tema } from '../../src/message.ts'
import { flows, guide, throughJson, whole } from './talk.ts'

const { content } = guide
const textOf = (clave: string) => {
  const entry = content.mensajes.textos[clave]
  return (typeof entry === 'string' ? entry : (entry?.texto ?? clave)).trim()
}
/** Mexico City. */
const on = (moment: string) => new Date(`${moment.replace(' ', 'T')}:00-06:00`)
const start = '2026-11-22 10:00'
const to = { channel: 'telegram', to: '1' } as const

/** Somebody on a channel that can write first, and the clock. */
class Person {
  saved: Saved
  at = on(start)
  pushes = true
  inPlace = false
  replies: readonly Outgoing[] = []
  last: Outcome | undefined

  constructor(place = 'menu.inicio', known: Partial<Saved> = {}) {
    const [flow = '', state = ''] = place.split('.')
    this.saved = { ...newSaved(flows), flow, state, version: flows.versions[flow] ?? '', ...known }
  }

  write(text: string): this {
    return this.#step({ kind: 'text', text })
  }

  press(label: string, of: readonly Outgoing[] = this.replies): this {
    const choice = of.at(-1)?.choices?.find(it => it.label === label)
    if (!choice) throw new Error(`«${label}» is not offered, but ${labelsOf(of).join(', ')}`)
    return this.#step({ kind: 'choice', choice: choice.id })
  }

  #step(body: { kind: 'text'; text: string } | { kind: 'choice'; choice: string }): this {
    const { at, pushes, inPlace } = this
    this.last = step(guide, throughJson(this.saved), { at, body, pushes, inPlace, code: () => 'K7Q2M9XD' })
    this.saved = this.last.saved
    this.replies = this.last.replies
    return this
  }

  /** As `handle` does it: what was left out is kept of a reminder only. */
  remind(moment: string): Spoken {
    this.at = on(moment)
    return this.#keep(speakUnasked(guide, throughJson(this.saved), this.at, { kind: 'recordatorio' }))
  }

  tell(moment: string, of: Partial<Announcement> = {}): Spoken {
    this.at = on(moment)
    const what = { kind: 'difusion', ...announcement, ...of } as const
    return this.#keep(speakUnasked(guide, throughJson(this.saved), this.at, what))
  }

  #keep(spoken: Spoken): Spoken {
    this.saved = spoken.saved
    this.replies = spoken.replies
    return spoken
  }

  get text(): string {
    return this.replies.map(({ text }) => text).join('\n\n')
  }
  get labels(): string[] {
    return labelsOf(this.replies)
  }
  get place(): string {
    return `${this.saved.flow}.${this.saved.state}`
  }
  get temas(): readonly Tema[] {
    return this.saved.avisos?.temas ?? []
  }
}

const labelsOf = (replies: readonly Outgoing[]) => (replies.at(-1)?.choices ?? []).map(({ label }) => label)
const announcement: Announcement = {
  difusion: 7,
  tema: 'escuela',
  text: 'El lunes abrimos a las 8.',
  until: on('2027-01-01 10:00'),
}
const listed = (known: Partial<Saved> = {}) => new Person('checklist.lista', { perfil: whole, ...known })
const reminded = (known: Partial<Saved> = {}) => listed(known).write('recuérdame')
const avisos = (temas: Tema[], dados: string[] = []) => ({ temas, hasta: on(start).toISOString(), dados })

describe('whoever asks to be reminded', () => {
  test.each(['recuérdame', 'avísame cuando abra', '/start flujo-recordatorios'])(
    'by «%s» is told when and of what, or gets a button for it',
    text => {
      const person = listed().write(text)
      if (person.place === 'recordatorios.hoy') person.press('Recuérdame')
      expect(person.temas).toEqual(['tramite'])
      expect(person.text).toContain('El sábado 28 de noviembre a las 10 te escribo')
      expect(person.saved.avisos?.hasta).toBe(on(start).toISOString())
    },
  )

  test.each([
    ['checklist.lista', {}],
    ['ventana.hoy', {}],
    ['vigencia.nada', {}],
    ['primero.fin', {}],
    ['posterior.fin', { perfil: { ...whole, semestre: 'posterior' } }],
  ] as const)(
    'finds a button for it at %s, which is gone once it is on, and keeps the place',
    (place, known) => {
      const person = new Person(place, { perfil: whole, ...known }).write('👋').press('Recuérdame')
      expect(person.place).toBe(place)
      expect(person.text).toContain('El sábado 28 de noviembre')
      expect(person.text).toContain('Seguimos: íbamos')
      expect(person.labels).not.toContain('Recuérdame')
      expect(person.labels).toContain('Avisos de mi escuela')
    },
  )

  test('is asked first what is not known, and told the date once it is', () => {
    const person = new Person().write('recuérdame')
    expect(person.text).toContain(textOf('recordatorio.falta'))
    expect(person.place).toBe('perfil.nivel')
    person.write('soy de prepa, primero, tengo 15').write('no').write('no')
    expect(person.text).not.toContain('te escribo')
    person.press('Saltar')
    expect(person.place).toBe('checklist.lista')
    expect(person.text).toContain('El sábado 28 de noviembre a las 10 te escribo: pronto reciben la tarjeta')
    // Once.
    expect(person.write('voca 6').text).not.toContain('te escribo')
  })

  test('at the button of a place where little is known is led through the same questions', () => {
    const person = new Person('ventana.hoy').write('👋').press('Recuérdame')
    expect(person.place).toBe('perfil.nivel')
    expect(person.text).toContain(textOf('recordatorio.falta'))
    expect(person.temas).toEqual(['tramite'])
  })

  test('in the middle of the questions stays at the one that is asked', () => {
    const person = new Person('perfil.edad', { perfil: { nivel: 'superior', semestre: 'primero' } })
    expect(person.write('recuérdame').place).toBe('perfil.edad')
    expect(person.text).toContain('¿Eres menor de edad?')
  })

  test('where nothing has a date is told so, and where all is done', () => {
    const hechos = { nss: '2026-09-01' }
    const rejects = listed({ perfil: { ...whole, semestre: 'posterior', otroServicio: 'si' }, hechos })
    expect(rejects.write('recuérdame').text).toContain(textOf('recordatorio.sinFecha'))
    expect(subscriptionOf(content, rejects.saved, rejects.at, to)?.proximo).toBeUndefined()
    const all = Object.fromEntries(content.pasos.map(({ id }) => [id, '2026-01-01']))
    expect(listed({ hechos: all }).write('recuérdame').text).toContain(textOf('recordatorio.nada'))
  })

  test('twice is told that it is on, and no date before is made up for', () => {
    const person = reminded()
    person.at = on('2026-11-29 09:00')
    expect(person.write('recuérdame').text).toContain('Ya están puestos. El martes 1 de diciembre')
    expect(person.saved.avisos?.hasta).toBe(on(start).toISOString())
  })

  test('where nobody can be written to first hears so, gets the days as a file, and nothing is turned on', () => {
    const person = listed()
    person.pushes = false
    for (const text of ['recuérdame', '/recordatorios'])
      expect(person.write(text).text, text).toContain('En este chat no puedo escribirte')
    expect(person.labels).toContain('A mi calendario')
    expect(person.labels).not.toContain('Recuérdame')
    expect(person.saved.avisos).toBeUndefined()
    expect(person.write('mi lista').labels).not.toContain('Recuérdame')
    person.saved = { ...person.saved, flow: 'menu', state: 'inicio' }
    expect(person.write('recuérdame').labels).toEqual(['A mi calendario', 'Menú'])
  })

  test('may have what the school writes too', () => {
    const person = reminded()
    person.at = on('2026-11-24 10:00')
    person.press('Avisos de mi escuela')
    expect(person.saved.avisos?.hasta).toBe(on(start).toISOString())
    expect(person.temas).toEqual(['tramite', 'escuela'])
    expect(person.text).toContain(textOf('recordatorio.escuela'))
    expect(person.labels).not.toContain('Avisos de mi escuela')
  })

  test('is spoken to de usted who writes so', () => {
    const person = listed().write('disculpe, ¿me podría avisar usted cuando abran?')
    expect(person.text).toContain('a las 10 le escribo')
    expect(person.remind('2026-11-28 10:00').replies[0]?.text).toContain(
      'Si ya no los quiere, escriba: alto.',
    )
  })
})

describe('/recordatorios', () => {
  test('tells what is on and when the next comes, and offers only what can be changed', () => {
    const person = listed().write('/recordatorios')
    expect(person.text).toBe('Recordatorios de tu trámite: no.\nAvisos que mande tu escuela: no.')
    expect(person.labels).toEqual([
      'Recuérdame',
      'Avisos de mi escuela',
      'A mi calendario',
      'Mi lista',
      'Volver',
      'Menú',
    ])
    person.press('Avisos de mi escuela')
    expect(person.text).toContain('Avisos que mande tu escuela: sí.')
    person.press('Recuérdame').write('/recordatorios')
    expect(person.text).toContain('Recordatorios de tu trámite: sí. El sábado 28 de noviembre a las 10')
    expect(person.labels).toEqual([
      'Sin recordatorios',
      'Sin los de escuela',
      'Quitar todo',
      'A mi calendario',
      'Mi lista',
      'Volver',
      'Menú',
    ])
    expect(person.press('Sin recordatorios').temas).toEqual(['escuela'])
    expect(person.labels).not.toContain('Quitar todo')
    expect(person.press('Sin los de escuela').saved.avisos).toBeUndefined()
  })

  test('turns all off by one button, and leads back to where one was', () => {
    const person = listed({ avisos: avisos(['tramite', 'escuela']) }).write('/recordatorios')
    expect(person.press('Quitar todo').saved.avisos).toBeUndefined()
    expect(person.press('Volver').place).toBe('checklist.lista')
  })

  test('says that it does not know the dates of somebody of whom little is known', () => {
    const person = new Person('menu.inicio', { avisos: avisos(['tramite']) }).write('/recordatorios')
    expect(person.text).toContain(textOf('recordatorio.faltan'))
  })
})

describe('one word is enough to be left alone', () => {
  const places: [string, Partial<Saved>][] = [
    ['menu.inicio', {}],
    ['perfil.otroServicio', { perfil: { nivel: 'superior', semestre: 'primero', edad: 'adulto' } }],
    ['perfil.plantel', { perfil: { ...whole, plantel: undefined } }],
    ['beneficiarios.partes', { perfil: whole, own: { cuantos: 2 } }],
    ['checklist.lista', { perfil: whole }],
    ['privacidad.confirma', {}],
    ['recordatorios.hoy', { perfil: whole }],
  ]
  const words = [
    'alto',
    'STOP',
    'ya no',
    'No me avises',
    'dame de baja de los recordatorios',
    'cancela los avisos',
  ]

  test.each(places)('at %s, where the place is kept', (place, known) => {
    for (const word of words) {
      const on = avisos(['tramite', 'escuela'])
      const person = new Person(place, { ...known, avisos: on }).write(word)
      expect(person.saved.avisos, word).toBeUndefined()
      expect(person.text, word).toContain(textOf('recordatorio.alto'))
      expect(person.place, word).toBe(place)
      expect(person.last?.topics, word).toEqual(['recordatorio'])
      expect(person.last?.forget, word).toBe(false)
    }
  })

  test('the confirmation is one line, and one word turns them on again', () => {
    const person = reminded({ flow: 'menu', state: 'inicio' }).write('alto')
    expect(person.text.split('\n')).toHaveLength(1)
    expect(person.labels).toEqual(['Mis recordatorios', 'Menú'])
    expect(person.write('recuérdame').temas).toEqual(['tramite'])
    expect(reminded().write('alto').labels).toContain('Recuérdame')
  })

  test('whoever has none is told so, and "ya no" goes on to answer where it is an answer', () => {
    expect(listed().write('alto').text).toContain(textOf('recordatorio.ninguno'))
    const asked = new Person('cambio.bajaHecha', { perfil: { ...whole, tramite: 'cambio' } })
    expect(asked.write('baja').saved.avisos).toBeUndefined()
  })

  test('it is heard without a channel that can write first, too', () => {
    const person = listed({ avisos: avisos(['tramite']) })
    person.pushes = false
    expect(person.write('ya no me mandes recordatorios').saved.avisos).toBeUndefined()
  })

  test('"baja", "cancela" and a question with such words in it turn nothing off', () => {
    for (const text of ['baja', 'cancela', '¿cómo tramito mi baja?', 'no me avisaron en la escuela'])
      expect(listed({ avisos: avisos(['tramite']) }).write(text).temas, text).toEqual(['tramite'])
  })

  test('somebody else’s words turn nothing off', () => {
    const person = listed({ avisos: avisos(['tramite']) })
    const body = { kind: 'text', text: 'alto', how: 'forwarded' } as const
    const outcome = step(guide, person.saved, { at: person.at, body, pushes: true })
    expect(outcome.saved.avisos?.temas).toEqual(['tramite'])
  })

  test('danger is answered before it', () => {
    const person = listed({ avisos: avisos(['tramite']) })
    expect(person.write('no me mandes avisos, mi hermana se desmayó y no respira').text).toContain('911')
  })
})

describe('a reminder', () => {
  test('tells the days, what to do now with its link, and how to say that it is done', () => {
    const person = reminded()
    const { replies, unsaid, until } = person.remind('2026-11-28 10:00')
    expect(unsaid).toBeUndefined()
    expect(replies).toHaveLength(1)
    expect(person.text).toBe(
      [
        '📅 Pronto reciben la tarjeta del NSS. Abre el martes 1 y cierra el sábado 5 de diciembre.',
        '⚠️ El sábado 5 de diciembre cae en fin de semana y la información no dice si reciben. Pregunta antes.',
        '',
        'Lo que sigue en tu lista: Saca tu NSS.',
        'https://serviciosdigitales.imss.gob.mx/gestionAsegurados-web-externo/asignacionNSS',
        '',
        'Si ya no los quieres, escribe: alto.',
      ].join('\n'),
    )
    expect(replies[0]?.choices).toEqual([
      { id: 'aviso:0:paso=nss', label: '✅ Mi NSS' },
      { id: 'aviso:0:paso=entregar-nss', label: '✅ Entregar el NSS' },
      { id: 'aviso:0:flujo=checklist', label: 'Mi lista' },
    ])
    expect(until).toEqual(on('2026-12-01 10:00'))
    expect(person.saved.avisos).toEqual({
      temas: ['tramite'],
      hasta: on('2026-11-28 10:00').toISOString(),
      dados: [on('2026-11-28 10:00').toISOString()],
    })
  })

  const ready = { nss: '2026-09-01', sismi: '2026-11-10', beneficiarios: '2026-11-10', guardar: '2026-11-10' }
  const printed = { ...ready, 'imprimir-cedula': '2026-11-11', 'imprimir-polizas': '2026-11-11' }
  const handedIn = { ...printed, 'entregar-nss': '2026-11-12', 'entregar-cedula': '2026-11-12' }
  test.each([
    [
      '2026-12-01 10:00',
      printed,
      'Ya reciben la tarjeta del NSS. Tienes hasta el sábado 5',
      '✅ Entregar el NSS',
    ],
    [
      '2026-12-05 10:00',
      printed,
      'El sábado 5 de diciembre es el último día en que reciben',
      '✅ Entregar el NSS',
    ],
    ['2026-12-01 10:00', handedIn, 'Ya pasaron tres semanas', '✅ Ver mi vigencia'],
    ['2026-11-23 10:00', { ...handedIn, vigencia: '2026-11-22' }, 'falta la clínica', '✅ Ir a la clínica'],
  ])(
    'at %s says what holds for hours, of what this person has not done: %#',
    (moment, hechos, says, label) => {
      const person = reminded({ hechos })
      const { replies, until } = person.remind(moment)
      expect(person.text).toContain(says)
      expect(labelsOf(replies)[0]).toBe(label)
      expect(labelsOf(replies)).toContain('Mi lista')
      expect(labelsOf(replies).length).toBeLessThan(4)
      expect(until.getTime()).toBeGreaterThan(on(moment).getTime())
      // Sent when it is nearly of no use any more: still right.
      expect(person.text).not.toMatch(/\b(?:hoy|mañana|ayer)\b/i)
    },
  )

  test('of the last day is of no use the day after', () => {
    const { until } = reminded({ hechos: printed }).remind('2026-12-05 10:00')
    expect(until <= on('2026-12-06 00:00')).toBe(true)
  })

  test('is not said to whoever opted out of it, or to one who only has what the school writes', () => {
    expect(listed().remind('2026-11-28 10:00')).toMatchObject({ unsaid: 'salio', replies: [] })
    const person = listed({ avisos: avisos(['escuela']) })
    expect(person.remind('2026-11-28 10:00')).toMatchObject({ unsaid: 'salio', saved: person.saved })
  })

  test('is not said where nothing is due, or what was due is done or of no use, and that is over', () => {
    const person = reminded()
    expect(person.remind('2026-11-27 10:00')).toMatchObject({ unsaid: 'nada', replies: [] })
    expect(person.saved.avisos?.hasta).toBe(on('2026-11-27 10:00').toISOString())
    const done = reminded().write('ya entregué mi tarjeta del nss')
    expect(done.remind('2026-11-28 10:00').unsaid).toBe('nada')
    expect(reminded().remind('2026-12-07 10:00').unsaid).toBe('nada')
  })

  test('leaves untouched the place, what goes back from it, and what was offered there', () => {
    const person = listed().write('/vigencia').write('recuérdame')
    const [before, offered] = [person.saved, person.replies]
    person.remind('2026-11-28 10:00')
    const { avisos: _, extra, ...kept } = person.saved
    const { avisos: __, extra: had, ...was } = before
    expect(kept).toEqual(was)
    expect(extra.slice(-had.length)).toEqual(had)
    expect(person.press('Avisos de mi escuela', offered).temas).toEqual(['tramite', 'escuela'])
    expect(person.remind('2026-12-01 10:00').unsaid).toBeUndefined()
    expect(person.press('BAJA', offered).place).toBe('vigencia.baja')
  })

  test('at the menu leaves its buttons good, though nothing followed from an answer', () => {
    const person = listed().write('/menu')
    const offered = person.write('/menu').replies
    person.saved = { ...person.saved, avisos: avisos(['tramite']) }
    person.remind('2026-11-28 10:00')
    expect(person.press('Días de entrega', offered).place).toBe('ventana.hoy')
  })
})

describe('a button of a reminder', () => {
  test('notes the step wherever one stands, asks again what was asked, and says so when pressed twice', () => {
    const person = reminded()
    const { replies } = person.remind('2026-11-28 10:00')
    person.at = on('2026-12-20 10:00')
    person.write('/vigencia').press('✅ Mi NSS', replies)
    expect(person.saved.hechos).toEqual({ nss: '2026-12-20' })
    expect(person.text).toContain('✅ Anotado: Saca tu NSS.')
    expect(person.text).toContain('¿Qué dice tu constancia')
    expect(person.place).toBe('vigencia.estado')
    expect(person.last?.pressed).toBe('✅ Mi NSS')
    expect(person.last?.pulsed).toBeUndefined()
    person.at = on('2026-12-21 10:00')
    person.press('✅ Mi NSS', replies)
    expect(person.saved.hechos).toEqual({ nss: '2026-12-20' })
    expect(person.text).toContain('✅ Ya lo tenía anotado: Saca tu NSS.')
  })

  test('opens the list, and never takes the place of the message where it stands', () => {
    const person = reminded()
    const { replies } = person.remind('2026-11-28 10:00')
    person.inPlace = true
    person.press('Mi lista', replies)
    expect([person.place, person.replies.map(({ live }) => live)]).toEqual(['checklist.lista', [undefined]])
    person.press('✅ Mi NSS', replies)
    expect(person.replies.filter(({ live }) => live)).toEqual([])
    // But a button of the list does.
    expect(person.write('mi lista').press('Marcar hecho').replies[0]?.live).toBe(true)
  })

  test.each(['1', 'listo', 'ya lo hice', 'la primera', 'mi nss', 'mi nsss'])(
    'is meant by «%s» right after it',
    text => {
      const person = reminded().write('/vigencia')
      person.remind('2026-11-28 10:00')
      expect(person.write(text).saved.hechos).toHaveProperty('nss')
      expect(person.place).toBe('vigencia.estado')
      // Then the place's own are meant again.
      expect(person.write('1').place).toBe('vigencia.vigente')
    },
  )

  test('takes no number where numbers are asked for', () => {
    const person = new Person('beneficiarios.partes', {
      perfil: whole,
      own: { cuantos: 2 },
      avisos: avisos(['tramite']),
    })
    person.remind('2026-11-28 10:00')
    expect(person.write('1').saved.hechos).toEqual({})
  })

  test.each([
    'aviso:0:paso=nada',
    'aviso:0:flujo=nada',
    'aviso:0:flujo=primero',
    'aviso:0:flujo=__proto__',
    'aviso:0:paso=constructor',
    'aviso:x:paso=nss',
    'aviso:0:borra=todo',
    'aviso:',
  ])('that nobody offered does nothing: %s', choice => {
    const person = listed()
    const outcome = step(guide, person.saved, {
      at: person.at,
      body: { kind: 'choice', choice },
      pushes: true,
    })
    expect(outcome.saved).toEqual({ ...person.saved, extra: [] })
    expect(outcome.replies[0]?.text).toContain(textOf('opcionVieja'))
  })

  test('has a label that every channel can show, of each step and flow', () => {
    const ids = [
      ...content.pasos.map(({ id }) => ({ does: 'paso', id }) as const),
      ...['checklist', 'ventana', 'vigencia', 'calendario', 'tramite'].map(
        id => ({ does: 'flujo', id }) as const,
      ),
    ]
    for (const button of ids) {
      const [choice] = announce(content, { ...announcement, button }).choices ?? []
      expect(choice?.label.length, button.id).toBeLessThan(21)
      expect(Buffer.byteLength(choice?.id ?? '')).toBeLessThan(50)
    }
  })
})

describe('what staff write', () => {
  const button = { does: 'paso', id: 'entregar-nss' } as const

  test('is said as they wrote it, with who writes before it and the way out after it', () => {
    const person = listed({ avisos: avisos(['escuela']) })
    const { replies, until, unsaid } = person.tell('2026-11-23 12:00', { button })
    expect(unsaid).toBeUndefined()
    expect(replies).toEqual([announce(content, { ...announcement, button })])
    expect(replies).toEqual([
      {
        text: 'Aviso de tu escuela:\n\nEl lunes abrimos a las 8.\n\nSi ya no los quieres, escribe: alto.',
        choices: [{ id: 'aviso:7:paso=entregar-nss', label: '✅ Entregar el NSS' }],
      },
    ])
    expect(until).toEqual(announcement.until)
    // Reminders that were due before are due still.
    expect(person.saved.avisos?.hasta).toBe(on(start).toISOString())
  })

  test('tells of the broadcast whose button was pressed or meant, each time', () => {
    const person = listed({ avisos: avisos(['escuela']) })
    const { replies } = person.tell('2026-11-23 12:00', { button })
    expect(person.write('ya la entregué').last?.pulsed).toBe(7)
    expect(person.saved.hechos).toHaveProperty('entregar-nss')
    expect(person.press('✅ Entregar el NSS', replies).last?.pulsed).toBe(7)
    expect(
      person.press('Mi lista', reminded().remind('2026-11-28 10:00').replies).last?.pulsed,
    ).toBeUndefined()
  })

  test('comes to whoever wants that theme, and is not said when it is over', () => {
    const person = listed({ avisos: avisos(['tramite']) })
    expect(person.tell('2026-11-23 12:00').unsaid).toBe('salio')
    expect(person.tell('2026-11-23 12:00', { tema: 'tramite' }).unsaid).toBeUndefined()
    expect(person.tell('2026-11-23 12:00', { tema: 'tramite', until: person.at }).unsaid).toBe('nada')
  })

  test('whose button leads nowhere any more is said without it', () => {
    expect(
      announce(content, { ...announcement, button: { does: 'paso', id: 'gone' } }).choices,
    ).toBeUndefined()
  })
})

describe('in seven days', () => {
  const { porSemana } = content.avisos
  const days = ['23', '24', '25', '26'].slice(0, porSemana)
  const filled = () => {
    const person = listed({ avisos: avisos(['tramite', 'escuela']) })
    for (const day of days) expect(person.tell(`2026-11-${day} 12:00`).unsaid).toBeUndefined()
    return person
  }

  test(`nobody is told more than ${porSemana} things, and a reminder comes when there is room, if of use then`, () => {
    const person = filled()
    expect(person.tell('2026-11-27 12:00').unsaid).toBe('tope')
    expect(person.remind('2026-11-28 10:00')).toMatchObject({ unsaid: 'tope', saved: person.saved })
    const room = on('2026-11-30 12:00')
    expect(subscriptionOf(content, person.saved, person.at, to)?.proximo).toEqual(room)
    expect(person.remind('2026-11-30 11:59').unsaid).toBe('tope')
    expect(person.remind('2026-11-30 12:00').unsaid).toBeUndefined()
    expect(person.text).toContain('Pronto reciben')
  })

  test('leaving and coming back makes no room', () => {
    const person = filled().write('alto')
    expect(person.temas).toEqual([])
    expect(subscriptionOf(content, person.saved, person.at, to)).toBeNull()
    expect(person.tell('2026-11-27 12:00').unsaid).toBe('salio')
    person.write('recuérdame').press('Avisos de mi escuela')
    expect(person.tell('2026-11-27 12:01').unsaid).toBe('tope')
    // After the week nothing is left to remember.
    person.at = on('2026-12-20 12:00')
    expect(person.write('alto').saved.avisos).toBeUndefined()
  })
})

describe('what the store is to know', () => {
  test('is nothing of whoever wants nothing', () => {
    expect(subscriptionOf(content, listed().saved, on(start), to)).toBeNull()
  })

  test('is where, whom an audience is chosen by, and when the next reminder is due', () => {
    const person = reminded({ hechos: { nss: '2026-09-01' } })
    expect(subscriptionOf(content, person.saved, person.at, to)).toMatchObject({
      ...to,
      temas: ['tramite'],
      nivel: 'superior',
      semestre: 'primero',
      plantel: 'escom',
      proximo: on('2026-11-28 10:00'),
      plan: planOf(content),
    })
    const { faltan } = subscriptionOf(content, person.saved, person.at, to) ?? {}
    expect(faltan).not.toContain('nss')
    expect(faltan).toContain('entregar-nss')
  })

  test('is no date for one who only wants what the school writes', () => {
    const { saved } = listed({ avisos: avisos(['escuela']) })
    expect(subscriptionOf(content, saved, on(start), to)).not.toHaveProperty('proximo')
  })

  test('goes on after a reminder was said', () => {
    const person = reminded()
    person.remind('2026-11-28 10:00')
    expect(subscriptionOf(content, person.saved, person.at, to)?.proximo).toEqual(on('2026-12-01 10:00'))
  })

  test('names the content: another rule or another school makes another plan, the same content the same', () => {
    expect(planOf({ ...content })).toBe(planOf(content))
    expect(planOf({ ...content, avisos: { ...content.avisos, hora: 11 } })).not.toBe(planOf(content))
    expect(planOf({ ...content, planteles: {} })).not.toBe(planOf(content))
    expect(planOf({ ...content, pasos: content.pasos.slice(1) })).not.toBe(planOf(content))
  })
})

test('what is kept reads back as it was written', () => {
  const person = reminded()
  person.remind('2026-11-28 10:00')
  expect(Saved.parse(JSON.parse(JSON.stringify(person.saved)))).toEqual(person.saved)
})
