/** What people press and write, and what it does: one table for each kind of message. */
import { describe, expect, test } from 'vitest'
import { flowIds } from '../../flows/index.ts'
import { type Saved, standable } from '../../src/conversation/saved.ts'
import type { Guide } from '../../src/conversation/walk.ts'
import { flows, guide, talkAt as talkWith, whole } from './talk.ts'

const { content } = guide
const textOf = (clave: string) => String(content.mensajes.textos[clave])

/** The understanding of free text has tests of its own; here it knows a few sentences by heart. */
const byHeart: Readonly<Record<string, string>> = {
  '¿cuánto cuesta?': 'costo',
  '¿cuándo reciben el nss?': 'ventana',
  'quiero hablar con una persona': 'persona',
  'muchas gracias': 'gracias',
  hola: 'saludo',
  'qué me falta': 'progreso',
  'cuida mis datos': 'privacidad',
  recuérdame: 'recordatorio',
}
const taught: Guide = {
  ...guide,
  understand: text => {
    const topic = Object.entries(byHeart).find(([said]) => text.toLowerCase().includes(said))?.[1]
    if (text.includes('nss o sismi'))
      return {
        decision: 'offer',
        topics: ['nss-o-sismi', 'obtener-nss'],
        emergency: false,
        confidence: 0.4,
        ranked: [['nss-o-sismi', 0.4]],
      }
    const emergency = text.includes('no respira')
    if (!topic)
      return { decision: 'unknown', topics: ['fuera'], emergency, confidence: 0.1, ranked: [['fuera', 0.1]] }
    return { decision: 'answer', topics: [topic], emergency, confidence: 0.9, ranked: [[topic, 0.9]] }
  },
}
const talkAt = (place: string, known: Partial<Saved> = {}) => talkWith(place, known, taught)

const places = flowIds
  .flatMap(id => Object.keys(flows.machines[id]?.states ?? {}).map(state => `${id}.${state}`))
  .filter(place => standable(place, flows))
/** Nothing is waited for there. */
const rests = (place: string): boolean => {
  const [flow = '', state = ''] = place.split('.')
  return place.startsWith('menu.') || flows.machines[flow]?.states[state]?.meta?.reposo === true
}

/** Somebody who may stand there: the step shown is one of theirs. */
const at = (place: string) => {
  const own = { paso: 'baja-plantel', grupo: 'nss', cuantos: 2, partes: [60, 40] }
  const tramite =
    place.startsWith('cambio.') || place === 'checklist.paso' ? { tramite: 'cambio' as const } : {}
  const perfil = place.startsWith('perfil.')
    ? {}
    : {
        ...whole,
        ...tramite,
        ...(place.startsWith('posterior.') ? { semestre: 'posterior' as const } : {}),
        ...(place.endsWith('.servicio-medico') ? { tratamiento: 'si' as const } : {}),
        ...(/\.(?:carta-)?rechazo$/.test(place) ? { otroServicio: 'si' as const } : {}),
      }
  return talkAt(place, { perfil, own, back: ['ventana.hoy'], hechos: { nss: '2026-09-01' } })
}

describe('a choice', () => {
  test.each([
    '2',
    'la 2',
    '2️⃣',
    'la segunda',
    'opción 2',
    'número 2',
    'dos',
    '2.',
    ' 2 ',
    'SUPERIOR',
    'superior',
    'licenciatura',
    'supreior',
    'licenciatra',
    'La Segunda!',
  ])('is taken by %j', text => {
    expect(talkAt('perfil.nivel').write(text).saved.perfil).toEqual({ nivel: 'superior' })
  })

  test('is taken by a press, and not by one of another state', () => {
    const talk = talkAt('perfil.nivel').write('?').press('Superior')
    expect(talk.saved.perfil).toEqual({ nivel: 'superior' })
    talk.send({ kind: 'choice', choice: 'perfil.nivel:posgrado' })
    expect(talk.saved.perfil).toEqual({ nivel: 'superior' })
    expect(talk.state()).toBe('perfil.semestre')
    expect(talk.text()).toContain(textOf('opcionVieja'))
  })

  test.each(['9', '0', 'la novena', 'xyz', 'sup'])('is not guessed from %j', text => {
    const talk = talkAt('perfil.nivel').write(text)
    expect(talk.state()).toBe('perfil.nivel')
    expect(talk.saved.perfil).toEqual({})
  })

  test('that says no is not a slip away from one that says yes', () => {
    expect(talkAt('vigencia.estado').write('ya la he pedido').state()).toBe('vigencia.estado')
    expect(talkAt('vigencia.estado').write('no la he pedio').state()).toBe('vigencia.pedirla')
  })
})

describe('in every state', () => {
  test('volver leads back, and to the menu where nothing is behind', () => {
    for (const place of places.filter(it => it !== 'menu.inicio')) {
      expect(at(place).write('volver').state(), place).toBe('ventana.hoy')
      expect(at(place).write('/volver').state(), place).toBe('ventana.hoy')
      expect(talkAt(place, { perfil: whole }).write('regresar').state(), place).toBe('menu.inicio')
    }
  })

  test('menú leads to the menu', () => {
    for (const place of places)
      for (const text of ['menú', 'MENU', '/menu', '/menu@vigente_bot', 'inicio', '/start'])
        expect(at(place).write(text).state(), `${place} ${text}`).toBe('menu.inicio')
  })

  test('a question is answered, and the flow goes on where it was', () => {
    for (const place of places) {
      const talk = at(place)
      const { perfil, hechos, own } = talk.saved
      const offered = at(place).write('🙃').labels()
      talk.write('¿Cuánto cuesta?')
      expect(talk.last.topics, place).toEqual(['costo'])
      expect(talk.text(), place).toContain(content.preguntas.costo?.respuesta.split('\n')[0])
      expect(talk.saved, place).toMatchObject({ perfil, hechos, own })
      if (rests(place)) continue
      expect(talk.state(), place).toBe(place)
      expect(talk.text(), place).toContain('Seguimos: íbamos')
      expect(talk.labels(), place).toEqual(expect.arrayContaining(offered))
    }
    // A flow that only ends somewhere has nothing to go on with.
    expect(places.filter(rests).length).toBeLessThan(places.length / 4)
  })

  test('a person can be asked for, and the way back is kept', () => {
    for (const place of places.filter(it => !['persona.donde', 'menu.inicio'].includes(it)))
      for (const text of ['quiero hablar con una persona', '/persona', 'persona', 'hablar con alguien']) {
        const talk = at(place).write(text)
        expect(talk.state(), `${place} ${text}`).toBe('persona.donde')
        expect(talk.last.topics).toEqual(['persona'])
        expect(talk.write('volver').state(), `${place} ${text}`).toBe(place)
      }
  })

  test('leaving keeps the place', () => {
    for (const place of places)
      for (const text of ['salir', '/salir']) {
        const talk = at(place).write(text)
        expect(talk.text(), place).toContain(textOf('salir').split('\n')[0])
        expect(talk.state(), place).toBe(place)
        expect(talk.labels().length, place).toBeGreaterThan(0)
      }
  })

  test('a file, a sticker, nothing, an emoji or a novel is told apart and keeps the place', () => {
    for (const place of places) {
      const talk = at(place)
      for (const file of ['sticker', 'photo', 'voice', 'document', 'other'] as const) {
        talk.send({ kind: 'file', file })
        expect(talk.text(), place).toContain(textOf(`archivo.${file}`))
      }
      for (const [text, clave] of [
        ['  ', 'vacio'],
        ['🙃🙃', 'soloEmoji'],
        ['x'.repeat(2001), 'largo'],
        ['/nada', 'noOpcion'],
        ['/', 'noOpcion'],
      ] as const) {
        talk.write(text)
        expect(talk.text(), `${place} ${clave}`).toContain(textOf(clave))
      }
      expect(talk.state()).toBe(place)
    }
  })
})

describe('about oneself', () => {
  test('one sentence fills several answers, and only the rest is asked', () => {
    const talk = talkAt('perfil.nivel').write('soy de la voca 9, voy en primer semestre y tengo 17 años')
    expect(talk.saved.perfil).toEqual({
      nivel: 'medio-superior',
      plantel: 'cecyt-9',
      semestre: 'primero',
      edad: 'menor',
    })
    expect(talk.state()).toBe('perfil.otroServicio')
    talk.write('no').write('no')
    expect(talk.state()).toBe('checklist.lista')
  })

  test('from the menu it opens the questions', () => {
    expect(talkAt('menu.inicio').write('soy de posgrado y tengo 25 años').state()).toBe('perfil.semestre')
  })

  test('said beside a question it is noted and not asked again', () => {
    const talk = talkAt('perfil.nivel').write('soy de prepa, ¿cuánto cuesta?')
    expect(talk.last.topics).toEqual(['costo'])
    expect(talk.state()).toBe('perfil.semestre')
  })

  test.each([
    ['perfil.edad', '17', { edad: 'menor' }],
    ['perfil.edad', '18', { edad: 'adulto' }],
    ['perfil.edad', '18 años', { edad: 'adulto' }],
    ['perfil.edad', 'tengo 20', { edad: 'adulto' }],
    ['perfil.edad', '1', { edad: 'menor' }],
    ['perfil.edad', '2', { edad: 'adulto' }],
    ['perfil.semestre', '1', { semestre: 'primero' }],
    ['perfil.semestre', '1ro', { semestre: 'primero' }],
    ['perfil.semestre', '2', { semestre: 'posterior' }],
    ['perfil.semestre', '3', { semestre: 'posterior' }],
    ['perfil.semestre', '4', { semestre: 'posterior' }],
    ['perfil.semestre', 'tres', { semestre: 'posterior' }],
    ['perfil.semestre', '3ro', { semestre: 'posterior' }],
    ['perfil.semestre', '5 semestre', { semestre: 'posterior' }],
    ['perfil.semestre', '12', { semestre: 'posterior' }],
    ['perfil.nivel', 'prepa', { nivel: 'medio-superior' }],
    ['perfil.plantel', 'escom', { plantel: 'escom', nivel: 'superior' }],
    ['perfil.plantel', 'la voca 9', { plantel: 'cecyt-9', nivel: 'medio-superior' }],
    ['perfil.otroServicio', 'simón', { otroServicio: 'si' }],
    ['perfil.otroServicio', 'tengo issste', { otroServicio: 'si' }],
    ['perfil.tratamiento', 'nel', { tratamiento: 'no' }],
  ] as const)('%s takes %j', (place, text, perfil) => {
    const talk = talkAt(place).write(text)
    expect(talk.saved.perfil).toEqual(perfil)
    expect(talk.state()).not.toBe(place)
  })

  test.each(['0', '99', '-3'])('a semester is not read from %j', text => {
    const { perfil } = talkAt('perfil.semestre').write(text).saved
    expect(perfil).not.toEqual({ semestre: 'primero' })
  })

  test('a correction changes the list and keeps what is done', () => {
    const hechos = { nss: '2026-09-01', 'imprimir-cedula': '2026-09-02' }
    const talk = talkAt('checklist.lista', { perfil: whole, hechos }).write(
      'me equivoqué, voy en segundo semestre',
    )
    expect(talk.saved.perfil).toEqual({ ...whole, semestre: 'posterior' })
    expect(talk.saved.hechos).toEqual(hechos)
    expect(talk.text()).not.toContain('cédula PREVENIMSS')
    expect(talk.write('perdón, voy en primer semestre').saved.hechos).toEqual(hechos)
    expect(talk.text()).toContain('✅ Imprime la cédula PREVENIMSS')
  })

  test('a correction in the middle of the steps goes on with the steps of the other semester', () => {
    const talk = talkAt('primero.imprimir-cedula', { perfil: whole, hechos: { nss: '2026-09-01' } })
    talk.write('en realidad voy en tercer semestre')
    expect(talk.state()).toBe('posterior.sismi')
    expect(talk.saved.hechos).toEqual({ nss: '2026-09-01' })
  })

  test('a step that has left the list is no place to go back to', () => {
    const talk = talkAt('primero.entregar-nss', { perfil: whole, back: ['primero.nss'] })
    talk.write('en realidad sí tengo ISSSTE por mi mamá')
    expect(talk.saved.perfil.otroServicio).toBe('si')
    expect(talk.state()).not.toBe('primero.entregar-nss')
    expect(talk.write('volver').state()).toBe('primero.nss')
  })

  test('a correction that was begun and left does not lead on with half a profile', () => {
    const talk = talkAt('checklist.lista', { perfil: whole }).write('corregir').write('semestre')
    expect(talk.state()).toBe('perfil.semestre')
    talk.write('volver').write('volver').write('mi lista')
    expect(talk.state()).toBe('perfil.semestre')
  })
})

describe('a step that is done', () => {
  test('is ticked wherever it is said', () => {
    for (const place of ['menu.inicio', 'primero.sismi', 'ventana.hoy', 'checklist.lista']) {
      const talk = talkAt(place, { perfil: whole }).write('ya saqué mi nss')
      expect(talk.saved.hechos, place).toEqual({ nss: '2026-11-22' })
      expect(talk.last.topics).toEqual(['progreso'])
    }
  })

  test('is unticked by as few words, and only if it was ticked', () => {
    const hechos = { nss: '2026-09-01' }
    expect(
      talkAt('checklist.lista', { perfil: whole, hechos }).write('desmarca el nss').saved.hechos,
    ).toEqual({})
    expect(
      talkAt('checklist.lista', { perfil: whole, hechos }).write('desmarca el sismi').saved.hechos,
    ).toEqual(hechos)
  })

  test('leads on where it is the one that is shown', () => {
    expect(talkAt('primero.nss', { perfil: whole }).write('ya saqué mi nss').state()).toBe('primero.sismi')
  })

  test('is not read from a question', () => {
    expect(talkAt('menu.inicio').write('¿ya con el nss me dan de alta?').saved.hechos).toEqual({})
  })
})

describe('beneficiaries', () => {
  const cuantos = 'beneficiarios.cuantos'
  test.each<[text: string, state: string, partes?: number[], says?: string]>([
    ['1', 'reparto', [100]],
    ['una', 'reparto', [100]],
    ['2', 'partes'],
    ['dos', 'partes'],
    ['somos 3', 'partes'],
    ['4', 'cuantos', undefined, 'beneficiarios.malCuantos'],
    ['0', 'cuantos', undefined, 'beneficiarios.malCuantos'],
    ['110', 'cuantos', undefined, 'beneficiarios.malCuantos'],
    ['1.5', 'cuantos', undefined, 'beneficiarios.malCuantos'],
    ['100', 'reparto', [100]],
    ['50/50', 'reparto', [50, 50]],
    ['50-50', 'reparto', [50, 50]],
    ['mi mamá 50 y mi papá 50', 'reparto', [50, 50]],
    ['mitad y mitad', 'reparto', [50, 50]],
    ['60 60', 'cuantos', undefined, 'Eso suma 120'],
    ['25 25 25 25', 'cuantos', undefined, 'beneficiarios.malCuantos'],
    ['33.3, 33.3 y 33.4', 'reparto', [33.3, 33.3, 33.4]],
    ['0 y 100', 'cuantos', undefined, 'beneficiarios.malCero'],
    ['-50 150', 'cuantos', undefined, 'Eso suma 200'],
    ['33.3 x 3', 'cuantos', undefined, 'Eso suma 36.3'],
  ])('%j where it is asked how many', (text, state, partes, says) => {
    const talk = talkAt(cuantos).write(text)
    expect(talk.state()).toBe(`beneficiarios.${state}`)
    expect(talk.saved.own.partes).toEqual(partes)
    if (says) expect(talk.text()).toContain(says.startsWith('beneficiarios.') ? sayingOf(says) : says)
  })

  test.each<[cuantos: number, text: string, partes: number[] | undefined, says?: string]>([
    [2, '60 y 40', [60, 40]],
    [2, '60%, 40%', [60, 40]],
    [2, 'iguales', [50, 50]],
    [2, 'mitad y mitad', [50, 50]],
    [3, 'partes iguales', [34, 33, 33]],
    [3, '34 33 33', [34, 33, 33]],
    [3, '33,3 33,3 33,4', [33.3, 33.3, 33.4]],
    [3, 'mitad y mitad', undefined, 'Números que me diste: 2'],
    [2, '70 y 40', undefined, '110'],
    [2, '70 y 20', undefined, '90'],
    [3, '33.3 33.3 33.3', undefined, '99.9'],
    [2, '100', undefined, 'Números que me diste: 1'],
    [2, '0 y 100', undefined, 'Cada quien debe llevar algo'],
    [2, '-10 y 110', undefined, 'debe dar 100'],
    [2, '25 25 25 25', undefined, 'Solo se puede de 1 a 3'],
  ])('%d and %j', (n, text, partes, says) => {
    const talk = talkAt('beneficiarios.partes', { own: { cuantos: n } }).write(text)
    expect(talk.state()).toBe(partes ? 'beneficiarios.reparto' : 'beneficiarios.partes')
    expect(talk.saved.own.partes).toEqual(partes)
    if (partes) expect(talk.text()).toContain(`${partes.map(it => `${it}%`).join(', ')}. Suma 100%`)
    if (says) expect(talk.text()).toContain(says)
    expect(talk.text()).not.toMatch(/\d\.\d{3}/)
  })

  test('a question with numbers in it is a question', () => {
    const talk = talkAt(cuantos).write('¿cuánto cuesta? ¿2 pesos?')
    expect(talk.last.topics).toEqual(['costo'])
    expect(talk.state()).toBe(cuantos)
  })
})

const sayingOf = (clave: string) => {
  const text = content.mensajes.textos[clave]
  return typeof text === 'string' ? text : String(text?.texto)
}

describe('commands', () => {
  test.each([
    ['/checklist', 'checklist.lista', ['progreso']],
    ['/persona', 'persona.donde', ['persona']],
    ['/privacidad', 'privacidad.aviso', ['privacidad']],
    ['/ventana', 'ventana.hoy', []],
    ['/VIGENCIA', 'vigencia.estado', []],
    ['/renuncia ahora', 'renuncia.motivo', []],
    ['/cambio@vigente_bot', 'cambio.direccion', []],
    ['/ayuda', 'menu.inicio', ['menu']],
    ['/recordatorios', 'recordatorios.hoy', ['recordatorio']],
    ['/constructor', 'ventana.entregada', []],
    ['/toString', 'ventana.entregada', []],
  ])('%s leads to %s', (text, state, topics) => {
    const talk = talkAt('ventana.entregada', { perfil: whole }).write(text)
    expect(talk.state()).toBe(state)
    expect(talk.last.topics).toEqual(topics)
  })

  test('/borrar deletes at once, the button only when confirmed', () => {
    expect(talkAt('menu.inicio').write('/borrar').last.forget).toBe(true)
    const talk = talkAt('privacidad.aviso').write('borrar todo')
    expect(talk.last.forget).toBe(false)
    expect(talk.state()).toBe('privacidad.confirma')
    expect(talk.write('no').state()).toBe('privacidad.aviso')
    expect(talkAt('privacidad.confirma').write('sí, borra todo').last.forget).toBe(true)
  })
})

describe('acts', () => {
  test.each([
    ['muchas gracias', 'gracias', 'checklist.lista'],
    ['hola', 'saludo', 'checklist.lista'],
    ['qué me falta', 'progreso', 'checklist.lista'],
    ['cuida mis datos', 'privacidad', 'privacidad.aviso'],
    ['recuérdame', 'recordatorio', 'checklist.lista'],
  ])('%s', (text, topic, state) => {
    const talk = talkAt('checklist.lista', { perfil: whole }).write(text)
    expect(talk.last.topics).toEqual([topic])
    expect(talk.state()).toBe(state)
    expect(talk.text()).not.toBe('')
  })
})

test('where it is not sure, the topics are offered, and one that is chosen is answered', () => {
  const talk = talkAt('menu.inicio').write('nss o sismi')
  expect(talk.last.topics).toEqual([])
  const [first = ''] = talk.labels()
  expect(first).toBe(content.preguntas['nss-o-sismi']?.boton)
  expect(talk.write('1').last.topics).toEqual(['nss-o-sismi'])
})

test('what is not known is said, and somebody who knows is offered', () => {
  const talk = talkAt('menu.inicio').write('¿quién descubrió el grafeno?')
  expect(talk.last.topics).toEqual(['fuera'])
  expect(talk.text()).toContain('no viene en la información que tengo')
  expect(talk.labels()).toContain(content.mensajes.opciones.persona?.boton)
})

describe('personal data', () => {
  const secrets = ['GODE561231HDFRRN09', '12345678901', '55 1234 5678', 'ana.lopez@example.com']

  test.each(secrets)('%s is neither kept nor said again, and told', secret => {
    for (const place of places) {
      const talk = at(place).write(`mi dato es ${secret}, ¿cuánto cuesta?`)
      expect(JSON.stringify(talk.last), place).not.toContain(secret)
      expect(talk.text(), place).toContain(textOf('tapado'))
    }
  })

  test('beside a question does not keep it from being answered', () => {
    const talk = talkAt('menu.inicio').write('mi nss es 12345678901, ¿cuánto cuesta?')
    expect(talk.last.topics).toEqual(['costo'])
  })

  test('is not seen in what has none', () => {
    for (const text of ['50/50', '17', 'del 1 al 5', '/menu@vigente_bot', 'voca 9', '33.3 33.3 33.4'])
      expect(talkAt('menu.inicio').write(text).text(), text).not.toContain(textOf('tapado'))
  })
})
