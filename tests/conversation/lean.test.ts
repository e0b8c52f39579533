/** Short questions that lean on the answer before: what they refer to, and what is made of it. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { speaksOf } from '../../flows/index.ts'
import type { Perfil } from '../../flows/shape.ts'
import { guide, talkAt } from './talk.ts'

const follow = (tema: string, perfil: Perfil = {}) => talkAt('menu.inicio', { tema, perfil })

describe('after an answer,', () => {
  test.each([
    ['documentos-clinica', '¿y dónde es?', 'que-clinica'],
    ['documentos-clinica', 'i en donde', 'que-clinica'],
    ['obtener-nss', 'y q necesito?', 'requisitos-nss'],
    ['ventana', '¿y ahorita?', 'ventana'],
    ['ventana', 'y el lunes', 'ventana'],
    ['imprimir', '¿y si soy menor?', 'firma-menor'],
    ['cedula-prevenimss', 'y para los de segundo?', 'cedula-prevenimss'],
    ['registro-clinica', 'y si tengo 16', 'registro-clinica'],
    ['imprimir', 'y si tengo issste', 'otro-seguro'],
    ['guardar-sismi', 'y si estoy en tratamiento', 'tratamiento'],
  ])('%s, %j is about %s', (tema, text, topic) => {
    expect(follow(tema).write(text).last.topics).toEqual([topic])
  })

  test.each([
    ['imprimir', '¿y la constancia cómo se saca?', 'constancia'],
    ['costo', '¿qué papeles llevo a la clínica?', 'documentos-clinica'],
  ])('%s, %j stands by itself', (tema, text, topic) => {
    expect(follow(tema).write(text).last.topics).toEqual([topic])
  })

  test.each(['gracias', 'por ahora es todo', 'qué me falta', 'menú'])('%j stays an act', text => {
    const { topics } = follow('documentos-clinica').write(text).last
    expect(['gracias', 'despedida', 'progreso', 'menu']).toContain(topics[0])
  })
})

test('what is supposed is answered for and not noted', () => {
  const talk = follow('cedula-prevenimss').write('¿y los de segundo?')
  expect(talk.saved.perfil).toEqual({})
  expect(talk.text()).not.toContain('Anoté')
  const own = follow('cedula-prevenimss', { semestre: 'posterior' }).write('¿qué es la cédula prevenimss?')
  expect(talk.text()).toBe(`En ese caso (segundo semestre en adelante):\n\n${own.text()}`)
})

test('what is said after an answer is noted, and the answer is given for that person', () => {
  const talk = follow('imprimir').write('soy menor')
  expect(talk.saved.perfil).toEqual({ edad: 'menor' })
  expect(talk.text()).toMatch(/^Anoté: menor de edad/)
  expect(talk.last.topics).toEqual(['firma-menor'])
})

test('the day asked after is told before today', () => {
  const talk = follow('ventana').write('¿y el 3 de diciembre?')
  expect(talk.text()).toMatch(/^📅 El jueves 3 de diciembre sí reciben\.\n📅 Hoy no reciben\./)
  expect(follow('ventana').write('¿y el lunes?').text()).toMatch(/^📅 El lunes 23 de noviembre no reciben\./)
  expect(follow('ventana').write('¿y el 5 de diciembre?').text()).toContain(
    'es fin de semana y la información no dice si reciben',
  )
})

test('a courtesy keeps what was spoken of, the menu ends it', () => {
  expect(follow('documentos-clinica').write('gracias').write('¿y dónde es?').last.topics).toEqual([
    'que-clinica',
  ])
  const left = follow('documentos-clinica').write('menú')
  expect(left.saved.tema).toBeUndefined()
})

test.each([
  ['ventana.hoy', 'y el lunes?', 'ventana'],
  ['renuncia.motivo', '¿y dónde la entrego?', 'renuncia'],
  ['clinica.papeles', '¿y si soy menor?', 'registro-clinica'],
])('in a flow, where nothing was asked before: at %s, %j is about %s', (place, text, topic) => {
  expect(talkAt(place).write(text).last.topics).toEqual([topic])
})

test('every flow that speaks of a topic names one that there is', () => {
  expect(Object.values(speaksOf).filter(topic => !guide.content.preguntas[topic])).toEqual([])
})

test('what is supposed goes before what is known, and the answer says for whom it is', () => {
  const adult = talkAt('menu.inicio', { perfil: { edad: 'adulto' } })
  expect(adult.write('¿cómo firmo la póliza si soy menor?').text()).toMatch(
    /^En ese caso \(menor de edad\):\n\nComo eres menor/,
  )
  expect(adult.saved.perfil).toEqual({ edad: 'adulto' })
})

test('a second short question is about the first answer still, not about the office that one led to', () => {
  const talk = follow('documento-entregar').write('¿y dónde?')
  expect(talk.last.topics).toEqual(['contacto'])
  expect(talk.write('¿y cuándo?').last.topics).toEqual(['ventana'])
  expect(talk.write('¿y si soy menor?').saved.tema).toBeDefined()
})

test('at a step, a short question is about the step', () => {
  const perfil: Perfil = { nivel: 'superior', semestre: 'primero', edad: 'adulto', otroServicio: 'no' }
  const talk = talkAt('primero.nss', { perfil: { ...perfil, tratamiento: 'no', plantel: 'escom' } })
  expect(talk.write('¿y qué necesito?').last.topics).toEqual(['requisitos-nss'])
  expect(talk.state()).toBe('primero.nss')
})

const Measured = z.array(z.strictObject({ tras: z.string(), text: z.string(), ids: z.array(z.string()) }))
const measured = Measured.parse(
  parse(readFileSync(new URL('./understanding/held-out/seguimientos.yaml', import.meta.url), 'utf8')),
)

test('of 120 follow-ups that nothing was made for, at least 80 % are understood', () => {
  const right = measured.filter(({ tras, text, ids }) => {
    const { topics } = follow(tras).write(text).last
    return ids.includes(topics[0] ?? 'fuera')
  })
  console.log(`follow-ups: ${right.length}/${measured.length}`)
  expect(right.length / measured.length).toBeGreaterThanOrEqual(0.8)
})
