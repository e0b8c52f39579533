/** The loader: what it makes of sound files, and every fault of broken ones at once. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { flowIds } from '../../flows/index.ts'
import { dayOf } from '../../src/calendar.ts'
import { checkContent } from '../../src/content/check.ts'
import { ContentError, faultLine } from '../../src/content/faults.ts'
import { loadContent, readContent } from '../../src/content/load.ts'
import { soundFiles, writeFolder } from './fixture.ts'

const escom = 'planteles/escom.yaml'

describe('sound files', () => {
  const load = () => loadContent(writeFolder(soundFiles()))

  test('become tables by the names of the files, the steps in their order', () => {
    const content = load()
    expect(Object.keys(content.preguntas)).toEqual(['costo', 'cuando-vigencia', 'entrega-cedula'])
    expect(content.pasos.map(({ id }) => id)).toEqual(['nss', 'sismi'])
    expect(content.preguntas['entrega-cedula']?.sigue).toEqual([])
    expect(content.fuentes.A?.nombre).toBe('la guía')
    expect(content.fuentes.A?.lines[187]).toMatch(/^5\. Después del registro/)
  })

  test('have no entry that is not in a file, whatever name comes from outside', () => {
    const content = load()
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(content.preguntas[name]).toBeUndefined()
      expect(content.escuelas[name]).toBeUndefined()
      expect(content.plantel(name).id).toBe('ipn')
    }
  })

  test('give the examples of topics and acts together, each time anew', () => {
    const content = load()
    expect(Object.keys(content.examples())).toEqual(['costo', 'cuando-vigencia', 'entrega-cedula', 'saludo'])
    content.examples().costo?.pop()
    expect(content.examples().costo).toHaveLength(40)
  })
})

describe('a plantel', () => {
  const load = () => loadContent(writeFolder(soundFiles()))

  test('without an id, or with an unknown one, is the base', () => {
    expect(load().plantel()).toMatchObject({ id: 'ipn', nombre: 'IPN' })
    expect(load().plantel('nada')).toMatchObject({ id: 'ipn', nombre: 'IPN' })
  })

  test('with a file keeps what is its own over what is the base’s', () => {
    const own = load().plantel('escom')
    expect(own).toMatchObject({
      id: 'escom',
      nombre: 'ESCOM',
      nivel: 'superior',
      dosIngresos: { valor: true },
    })
    expect(own.oficinas.servicios?.nombre).toBe('el departamento')
    expect(own.oficinas.seguro?.nombre).toBe('la ventanilla')
    expect(own.inscripcion).toHaveLength(1)
    expect(own.inhabiles.map(({ desde }) => desde)).toEqual(['2027-01-01', '2027-02-05'])
  })

  test('without a file is the base under the school’s name and nivel', () => {
    const school = load().plantel('cecyt-1')
    expect(school).toMatchObject({
      id: 'cecyt-1',
      nombre: 'CECyT 1',
      nivel: 'medio-superior',
      inscripcion: [],
    })
    expect(school.oficinas.servicios?.nombre).toBe('el departamento')
    expect(school.respuestas).toEqual({})
  })
})

describe('broken files', () => {
  const faultsOf = (files: Record<string, unknown>) =>
    readContent(writeFolder({ ...soundFiles(), ...files })).faults.map(faultLine)

  test.each([
    ['a missing file', { 'mensajes.yaml': undefined }, ['mensajes.yaml: -: no se puede leer']],
    ['a missing base', { 'planteles/ipn.yaml': undefined }, ['planteles/ipn.yaml: -: no se puede leer']],
    ['a missing source', { 'fuentes/A.txt': undefined }, ['fuentes/A.txt: -: no se puede leer']],
    [
      'a name that no id can be',
      { 'planteles/Mi Plantel.yml': '' },
      ['planteles/Mi Plantel.yml: -: el nombre'],
    ],
    ['an empty file', { [escom]: '' }, [`${escom}: -: no es YAML válido`]],
    ['a list for a file', { [escom]: '- ESCOM' }, [`${escom}: -: debe ser un grupo de campos`]],
    ['text that is no YAML', { [escom]: 'nombre: "ESCOM\nnivel: [' }, [`${escom}: 2: no es YAML válido`]],
    [
      'the same field twice',
      { [escom]: 'nombre: ESCOM\nnombre: ESIME\n' },
      [`${escom}: 2: no es YAML válido`],
    ],
    ['a field left out', { [escom]: { nivel: 'superior' } }, [`${escom}: nombre: falta`]],
    [
      'a field of another name',
      { [escom]: { nombre: 'ESCOM', color: 1 } },
      [`${escom}: -: campo desconocido: color`],
    ],
    ['a field of another kind', { [escom]: { nombre: 7 } }, [`${escom}: nombre: debe ser un texto`]],
    [
      'a value that is not of the list',
      { [escom]: { nombre: 'ESCOM', nivel: 'alto' } },
      [`${escom}: nivel: debe ser uno de: medio-superior, superior`],
    ],
    [
      'what a plantel says without who and when',
      { [escom]: { nombre: 'ESCOM', respuestas: { costo: { texto: 'Nada' } } } },
      [`${escom}: respuestas.costo.quien: falta`, `${escom}: respuestas.costo.cuando: falta`],
    ],
    [
      'a message of a wrong form, by the form that comes closest',
      { 'mensajes.yaml': { textos: { hola: { texto: 'Hola', fuentes: ['C1'] } }, opciones: {}, grupos: {} } },
      ['mensajes.yaml: textos.hola.fuentes.1: un lugar de las fuentes'],
    ],
    [
      'an id with capitals',
      { 'actos.yaml': { Saludo: { ejemplos: [] } } },
      ['actos.yaml: Saludo: minúsculas'],
    ],
  ])('%s is told by file, field and reason', (_, files, expected) => {
    const faults = faultsOf(files)
    for (const [i, line] of expected.entries()) expect(faults[i]).toContain(line)
  })

  test('are told all at once, and nothing is loaded', () => {
    const folder = writeFolder({ ...soundFiles(), [escom]: { nivel: 'alto' }, 'temas.yaml': '[' })
    writeFileSync(join(folder, 'preguntas', 'costo.yaml'), 'titulo: x\n')
    expect(() => loadContent(folder)).toThrow(ContentError)
    try {
      loadContent(folder)
    } catch (error) {
      const { faults, message } = error as ContentError
      expect(new Set(faults.map(({ file }) => file))).toEqual(
        new Set([escom, 'temas.yaml', 'preguntas/costo.yaml']),
      )
      expect(message.split('\n')).toHaveLength(faults.length)
    }
  })
})

describe('the content of this repository', () => {
  test('is sound', () => {
    const { content, faults } = readContent()
    const found = checkContent(content, { flows: [...flowIds, 'tramite'], today: dayOf(new Date()) })
    expect([...faults, ...found].map(faultLine)).toEqual([])
  })
})
