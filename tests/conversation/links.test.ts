/** What leads into the conversation from outside: the menu of commands, and the links of posters and groups. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowIds, leadsTo } from '../../flows/index.ts'
import type { Saved } from '../../src/conversation/saved.ts'
import { guide, type Talk, talkAt, whole } from './talk.ts'

const { content } = guide
const seed = 20261122
const textOf = (clave: string) => String(content.mensajes.textos[clave]).trim()
const planteles = [...new Set([...Object.keys(content.escuelas), ...Object.keys(content.planteles)])]

/** Somebody with a list begun, in the middle of something else. */
const known: Partial<Saved> = { perfil: whole, hechos: { nss: '2026-09-01', sismi: '2026-10-01' } }
const inTheMiddle = () => talkAt('vigencia.estado', known)

const startsPlainly = (talk: Talk) => {
  expect(talk.state()).toBe('menu.inicio')
  expect(talk.text()).toContain(
    textOf(Object.keys(talk.saved.hechos).length > 0 ? 'saludo.regreso' : 'saludo'),
  )
  expect(talk.labels()).toEqual(talkAt().write('/start').labels())
}

describe('of the menu of commands,', () => {
  test.each([
    ['/start', 'menu.inicio', textOf('saludo.regreso')],
    ['/menu', 'menu.inicio', '¿En qué te ayudo?'],
    ['/checklist', 'checklist.lista', 'Tu lista, 2/'],
    ['/ventana', 'ventana.hoy', 'Hoy no reciben'],
    ['/vigencia', 'vigencia.estado', '¿Qué dice tu constancia'],
    ['/renuncia', 'renuncia.motivo', 'por qué no lo quieres'],
    ['/cambio', 'cambio.direccion', '¿Te vas de tu escuela'],
    ['/recordatorios', 'recordatorios.hoy', 'En este chat no puedo escribirte'],
    ['/persona', 'persona.donde', 'en tu escuela sí hay quien te atienda'],
    ['/privacidad', 'privacidad.aviso', 'Guardo tu lista'],
  ])('%s does what it says', (command, state, told) => {
    const talk = talkAt('clinica.papeles', known).write(`${command}@vigente_bot`)
    expect(talk.state()).toBe(state)
    expect(talk.text()).toContain(told)
    expect(talk.saved).toMatchObject(known)
    expect(talk.last.forget).toBe(false)
  })

  test('/borrar deletes everything of theirs', () => {
    expect(inTheMiddle().write('/borrar').last.forget).toBe(true)
  })
})

describe('a link to a plantel', () => {
  test.each(planteles)('%s makes it known, with its level, and greets', id => {
    const talk = talkAt().write(`/start plantel-${id}`)
    startsPlainly(talk)
    const { nivel } = content.plantel(id)
    expect(talk.saved.perfil).toEqual({ plantel: id, ...(nivel ? { nivel } : {}) })
  })

  test('is not of more weight than what the person said', () => {
    const said = { nivel: 'posgrado', plantel: 'upiicsa' } as const
    expect(talkAt('menu.inicio', { perfil: said }).write('/start plantel-cecyt-6').saved.perfil).toEqual(said)
    const level = { nivel: 'posgrado' } as const
    const talk = talkAt('menu.inicio', { perfil: level }).write('/start plantel-escom')
    expect(talk.saved.perfil).toEqual({ nivel: 'posgrado', plantel: 'escom' })
    // Who would not say the school is not given the level of another.
    const skipped = talkAt('menu.inicio', { perfil: { plantel: 'ipn' } }).write('/start plantel-escom')
    expect(skipped.saved.perfil).toEqual({ plantel: 'ipn' })
  })

  test('that is none of ours only greets', () => {
    for (const id of ['cecyt-99', 'nada', 'constructor', '__proto__', 'ESCOM']) {
      const talk = talkAt().write(`/start plantel-${id}`)
      startsPlainly(talk)
      expect(talk.saved.perfil).toEqual({})
    }
  })
})

describe('a link to a flow', () => {
  test.each([...leadsTo].filter(id => id !== 'primero' && id !== 'posterior'))(
    '%s opens it as its button does, for somebody new and for somebody known',
    id => {
      for (const start of [() => talkAt(), inTheMiddle]) {
        const pressed = start()
        pressed.saved = { ...pressed.saved, extra: [`flujo:${id}`] }
        const linked = start().write(`/start flujo-${id}`)
        // The profile and the menu are no buttons of any answer.
        if (content.mensajes.opciones[id] && id !== 'menu')
          expect(linked.last.replies).toEqual(
            pressed.send({ kind: 'choice', choice: `flujo:${id}` }).last.replies,
          )
        expect(linked.saved.hechos).toEqual(start().saved.hechos)
        expect(linked.last.forget).toBe(false)
        expect(linked.state() === 'menu.inicio').toBe(id === 'menu')
      }
    },
  )

  test('that goes step by step asks first for what is not known, and leads to the list', () => {
    for (const id of ['primero', 'posterior']) {
      expect(talkAt().write(`/start flujo-${id}`).state()).toBe('perfil.nivel')
      expect(inTheMiddle().write(`/start flujo-${id}`).state()).toBe('checklist.lista')
    }
  })

  test('leads back to where one was', () => {
    for (const id of flowIds.filter(flow => flow !== 'menu' && flow !== 'vigencia'))
      expect(inTheMiddle().write(`/start flujo-${id}`).write('volver').state(), id).toBe('vigencia.estado')
  })

  test('to what is kept of a person deletes nothing unasked', () => {
    const talk = inTheMiddle().write('/start flujo-privacidad')
    expect(talk.last.forget).toBe(false)
    expect(talk.press('Borrar todo').last.forget).toBe(false)
    expect(talk.press('Sí, borra todo').last.forget).toBe(true)
  })
})

describe('a link to a topic', () => {
  test.each(Object.keys(content.preguntas))('%s answers it and offers what follows from it', id => {
    const talk = talkAt().write(`/start@vigente_bot tema-${id}`)
    expect(talk.last.topics).toEqual([id])
    expect(talk.state()).toBe('menu.inicio')
    const pressed = talkAt('menu.inicio', { extra: [`tema:${id}`] }).send({
      kind: 'choice',
      choice: `tema:${id}`,
    })
    expect(talk.last.replies).toEqual(pressed.last.replies)
    expect(talk.labels().length).toBeGreaterThan(1)
  })

  test('leaves one where one was', () => {
    const talk = inTheMiddle().write('/start tema-costo')
    expect(talk.state()).toBe('vigencia.estado')
    expect(talk.text()).toContain('Es gratis')
    expect(talk.text()).toContain('¿Qué dice tu constancia')
  })
})

describe('a link that nobody made', () => {
  test.each([
    'tema',
    'tema-',
    'tema-nada',
    'tema-costo-',
    'tema-COSTO',
    'TEMA-costo',
    'tema-costo tema-ventana',
    'tema-constructor',
    'flujo-borrar',
    'flujo-__proto__',
    'flujo-privacidad.confirma',
    'borrar',
    'mas-que-es',
    `tema-${'a'.repeat(60)}`,
    '%00',
    '😀',
  ])('/start %s only greets', payload => {
    startsPlainly(talkAt().write(`/start ${payload}`))
    startsPlainly(inTheMiddle().write(`/START@Vigente_Bot ${payload}`))
  })

  test(`never throws, deletes or changes what is known, whatever it holds (seed ${seed})`, () => {
    const letters = fc.constantFrom(...'abcz059_-ABCZ')
    const payload = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: letters, maxLength: 64 }),
      fc
        .tuple(
          fc.constantFrom('plantel-', 'flujo-', 'tema-', 'borrar'),
          fc.string({ unit: letters, maxLength: 60 }),
        )
        .map(parts => parts.join('')),
      fc.constantFrom(...leadsTo).map(id => `flujo-${id}`),
    )
    fc.assert(
      fc.property(payload, fc.constantFrom('/start ', '/start@vigente_bot ', '/start\n'), (text, command) => {
        const talk = inTheMiddle().write(`${command}${text}`)
        expect(talk.last.forget).toBe(false)
        expect(talk.last.replies.length).toBeGreaterThan(0)
        expect(talk.saved).toMatchObject({ hechos: known.hechos, perfil: { ...whole } })
      }),
      { seed, numRuns: 500 },
    )
  })
})
