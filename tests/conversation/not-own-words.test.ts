/** Texts that are not what the person says now: forwarded from somebody else, or written over an earlier message. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowIds } from '../../flows/index.ts'
import type { Perfil } from '../../flows/shape.ts'
import { newSaved, type Saved, split, standable } from '../../src/conversation/saved.ts'
import type { Body } from '../../src/message.ts'
import { flows, guide, talkAt, throughJson, whole } from './talk.ts'

const { content } = guide
const seed = 20261122
const textOf = (clave: string) => String(content.mensajes.textos[clave]).trim()
const forwarded = (text: string): Body => ({ kind: 'text', text, how: 'forwarded' })
const edited = (text: string): Body => ({ kind: 'text', text, how: 'edited' })

const places = flowIds
  .flatMap(id => Object.keys(flows.machines[id]?.states ?? {}).map(state => `${id}.${state}`))
  .filter(place => standable(place, flows))

/** Nothing is waited for there: whatever is asked leads to the menu. */
const rests = (place: string): boolean => {
  const [flow, state] = split(place)
  return flows.machines[flow]?.states[state]?.meta?.reposo === true
}

/** Somebody who may stand there: what the place asks is not known yet, and the step shown is one of theirs. */
function somebodyAt(place: string): Saved {
  const [flow, state] = split(place)
  const { campo, paso } = flows.machines[flow]?.states[state]?.meta ?? {}
  const perfil: Perfil = {
    ...whole,
    ...(flow === 'cambio' || place === 'checklist.paso' ? { tramite: 'cambio' } : {}),
    ...(flow === 'posterior' ? { semestre: 'posterior' } : {}),
    ...(paso === 'servicio-medico' ? { tratamiento: 'si' } : {}),
    ...(paso === 'carta-rechazo' ? { otroServicio: 'si' } : {}),
  }
  if (campo) delete perfil[campo as keyof Perfil]
  return {
    ...newSaved(flows),
    flow,
    state,
    version: flows.versions[flow] ?? '',
    perfil,
    hechos: { nss: '2026-09-01' },
    own: { paso: 'baja-plantel', grupo: 'nss', cuantos: 2, partes: [60, 40] },
    back: ['ventana.hoy'],
  }
}

const talkOf = (saved: Saved) => {
  const talk = talkAt()
  talk.saved = throughJson(saved)
  return talk
}

/** What would do something if it were the person's own. */
const telling = fc.oneof(
  fc.constantFrom(
    ...Object.values(content.mensajes.opciones).flatMap(({ boton, dichos }) => [boton, ...dichos]),
  ),
  fc.constantFrom(...Object.values(content.examples()).flat()),
  fc.constantFrom(...content.pasos.flatMap(({ dichos }) => dichos)).map(it => `ya hice ${it}`),
  fc.constantFrom(
    ...[
      '/borrar',
      '/start',
      '/menu',
      '/start flujo-renuncia',
      '/start plantel-cecyt-6',
      '/checklist',
      'volver',
      'salir',
    ],
    ...['soy menor', 'tengo 17 años', 'soy de la voca 6', 'tengo ISSSTE', 'me equivoqué, soy de segundo'],
    ...[
      '1',
      '2',
      'la 2',
      '50 y 50',
      '100',
      '17',
      'mitad y mitad',
      'sí',
      'no',
      'no sé',
      'ya',
      'desmarca el nss',
    ],
    ...['mi hijo va en primero, ¿usted sabe?', 'soy de prepa y voy en primero', 'oiga, disculpe'],
  ),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
)

describe('what somebody else wrote, forwarded,', () => {
  test(`changes nothing that is known, done or asked, wherever one stands (seed ${seed})`, () => {
    const counted = { kept: 0, left: 0 }
    fc.assert(
      fc.property(fc.constantFrom(...places), telling, (place, text) => {
        const before = somebodyAt(place)
        const { saved, last } = talkOf(before).send(forwarded(text))
        expect(last.forget).toBe(false)
        expect(last.replies.length).toBeGreaterThan(0)
        expect(saved).toMatchObject({ perfil: before.perfil, hechos: before.hechos, own: before.own })
        expect(Object.keys(saved.perfil)).toEqual(Object.keys(before.perfil))
        expect(Object.keys(saved.hechos)).toEqual(Object.keys(before.hechos))
        expect(saved.usted).toBeUndefined()
        const now = `${saved.flow}.${saved.state}`
        counted[now === place ? 'kept' : 'left']++
        // Any question leaves a place where nothing is waited for.
        if (now !== place) expect([now, rests(place)]).toEqual(['menu.inicio', true])
      }),
      { seed, numRuns: 1500 },
    )
    expect(counted.kept).toBeGreaterThan(1000)
  })

  test('is answered as a question, and the place is kept', () => {
    const talk = talkAt('perfil.edad').send(forwarded('¿cuánto cuesta?'))
    expect(talk.last.topics).toEqual(['costo'])
    expect(talk.state()).toBe('perfil.edad')
    expect(talk.text()).toContain('¿Eres menor de edad?')
  })

  test('is answered for whoever wrote it, and not noted of the person', () => {
    const talk = talkAt('menu.inicio', { perfil: { edad: 'adulto' } })
    talk.send(forwarded('soy menor de edad, ¿firmo las pólizas?'))
    expect(talk.text()).toContain('En ese caso (menor de edad):')
    expect(talk.text()).toContain('no firmes')
    expect(talk.saved.perfil).toEqual({ edad: 'adulto' })
  })

  test('may be unclear, unknown or a greeting, and no button is pressed by it', () => {
    for (const [text, clave] of [
      ['hola', 'noSe.otra'],
      ['/borrar', 'noSe.otra'],
      ['Superior', 'noSe.otra'],
      ['😀', 'soloEmoji'],
      ['a'.repeat(2001), 'largo'],
      ['', 'vacio'],
    ] as const) {
      const talk = talkAt('perfil.nivel').send(forwarded(text))
      expect(talk.text().slice(0, 25), text).toContain(textOf(clave).slice(0, 25))
      expect(talk.state(), text).toBe('perfil.nivel')
    }
  })

  test('is help first where somebody is in danger', () => {
    expect(talkAt('perfil.edad').send(forwarded('mi amigo se desmayó y no respira')).text()).toContain('911')
  })

  test('is covered where it holds a CURP', () => {
    const talk = talkAt().send(forwarded('mi curp es GODE561231HDFRRN09'))
    expect(talk.text()).toBe(textOf('tapado'))
  })
})

describe('what was written over an earlier message', () => {
  test('is read like any other at the menu', () => {
    expect(talkAt().send(edited('¿cuánto cuesta?')).last.topics).toEqual(['costo'])
    expect(talkAt().send(edited('soy de prepa, voy en primero y tengo 15')).saved.perfil).toEqual({
      nivel: 'medio-superior',
      semestre: 'primero',
      edad: 'menor',
    })
    expect(talkAt().send(edited('Mi lista')).state()).toBe('perfil.nivel')
  })

  test(`is not read anywhere else, which is said (seed ${seed})`, () => {
    const elsewhere = places.filter(place => place !== 'menu.inicio')
    const safe = telling.filter(text => !guide.understand(text.trim()).emergency)
    fc.assert(
      fc.property(fc.constantFrom(...elsewhere), safe, (place, text) => {
        const before = somebodyAt(place)
        const talk = talkOf(before).send(edited(text))
        expect(talk.text()).toContain(textOf('editado'))
        expect(talk.last.forget).toBe(false)
        expect(talk.last.topics).toEqual([])
        expect(talk.saved).toEqual({ ...before, extra: [] })
      }),
      { seed, numRuns: 1000 },
    )
  })

  test('is help first where somebody is in danger, and the place is kept', () => {
    const talk = talkAt('perfil.edad').send(edited('mi amigo se desmayó y no respira'))
    expect(talk.text()).toContain('911')
    expect(talk.state()).toBe('perfil.edad')
  })
})
