/** One test for each kind of fault: a sound content/ has none, and the broken copy has that one and no other. */
import { describe, expect, test } from 'vitest'
import { type FaultKind, faultLine } from '../../src/content/faults.ts'
import { type Files, faultsOf, soundFiles } from './fixture.ts'

type Sound = ReturnType<typeof soundFiles>
type Expected = [kind: FaultKind, file: string, field: string, inReason?: string]

const costo = 'preguntas/costo.yaml'
const cedula = 'preguntas/entrega-cedula.yaml'
const vigencia = 'preguntas/cuando-vigencia.yaml'
const sismi = 'tramite/sismi.yaml'
const escom = 'planteles/escom.yaml'
const mensajes = 'mensajes.yaml'

function broken(breakIt: (files: Sound & Files) => void): Files {
  const files: Sound & Files = soundFiles()
  breakIt(files)
  return files
}

function expectFaults(files: Files, ...expected: Expected[]): void {
  expect(faultsOf(files).map(({ kind, file, field }) => [kind, file, field])).toEqual(
    expected.map(([kind, file, field]) => [kind, file, field]),
  )
  const told = faultsOf(files).map(faultLine)
  expected.forEach(([, file, field, inReason = ''], i) => {
    expect(told[i]).toContain(`${file}: ${field}: `)
    expect(told[i]).toContain(inReason)
  })
}

/** Each line breaks the sound files in one place and names the fault, and only it. */
function cases(
  list: [name: string, breakIt: (files: Sound & Files) => void, ...expected: Expected[]][],
): void {
  test.each(list)('%s', (_, breakIt, ...expected) => expectFaults(broken(breakIt), ...expected))
}

test('finds nothing in sound files', () => {
  expect(faultsOf(soundFiles()).map(faultLine)).toEqual([])
})

test('tells all faults at once, of every file', () => {
  const files = broken(all => {
    all[costo].respuesta += 'Cuesta 200 pesos.'
    all[costo].sigue = ['nada']
    all[sismi].como += '«OTRO BOTÓN»'
    all[escom].respuestas.costo.cuando = '2027-01-01'
    all['planteles/otro.yaml'] = { nombre: 'Otro', color: 'azul' }
    all[mensajes].textos.hola = 'En {nada}'
  })
  expect(
    faultsOf(files)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(['campo', 'comillas', 'forma', 'futuro', 'noExiste', 'numero'].sort())
})

describe('a fact without a source is found:', () => {
  cases([
    [
      'a link',
      f => {
        f[costo].mas = 'https://www.imss.gob.mx\n'
      },
      ['enlace', costo, 'mas', 'https://www.imss.gob.mx'],
    ],
    [
      'a link cut short',
      f => {
        f[costo].mas = 'https://serviciosdigitales.imss.gob.mx/gestionAsegurados-web-externo\n'
      },
      ['enlace', costo, 'mas'],
    ],
    [
      'a link with a full stop after it',
      f => {
        f[sismi].como = 'En https://www.sismi.dse.ipn.mx.'
      },
      ['enlace', sismi, 'como'],
    ],
    [
      'a link without its beginning',
      f => {
        f[sismi].como = 'En imss.gob.mx/imssdigital'
      },
      ['enlace', sismi, 'como'],
    ],
    [
      'an e-mail',
      f => {
        f[sismi].como = 'A seguro@ipn.mx'
      },
      ['enlace', sismi, 'como', 'seguro@ipn.mx'],
    ],
    [
      'a number in digits',
      f => {
        f[costo].respuesta += 'Son 4.'
      },
      ['numero', costo, 'respuesta', ' 4 '],
    ],
    [
      'a number in words',
      f => {
        f[costo].respuesta += 'Son treinta y dos.'
      },
      ['numero', costo, 'respuesta', ' 32 '],
    ],
    [
      'an ordinal word',
      f => {
        f[sismi].casos = [{ si: { semestre: 'posterior' }, como: 'El tercer semestre' }]
      },
      ['numero', sismi, 'casos.1.como', ' 3 '],
    ],
    [
      'an ordinal sign',
      f => {
        f[sismi].como = 'El 3º semestre'
      },
      ['numero', sismi, 'como', ' 3 '],
    ],
    [
      'a number inside a range',
      f => Object.assign(f[sismi], { como: 'Son 2', fuentes: ['A119'], casos: [] }),
      ['numero', sismi, 'como', ' 2 '],
    ],
    [
      'a number in a title',
      f => {
        f[costo].titulo = 'Los 4 trámites'
      },
      ['numero', costo, 'titulo'],
    ],
    [
      'a number in a button',
      f => {
        f[costo].boton = '4 trámites'
      },
      ['numero', costo, 'boton'],
    ],
    [
      'a number in a case',
      f => {
        f[costo].casos = [{ si: { nivel: 'superior' }, respuesta: 'Son 9.' }]
      },
      ['numero', costo, 'casos.1.respuesta'],
    ],
    [
      'a month',
      f => {
        f[cedula].respuesta += 'Y en Febrero no, en ENERO.'
      },
      ['mes', cedula, 'respuesta', 'enero'],
    ],
    [
      'quoted words',
      f => {
        f[sismi].como = '«CÉDULA AFILIACIÓN»'
      },
      ['comillas', sismi, 'como', 'CÉDULA AFILIACIÓN'],
    ],
    [
      'quoted words that are only part of a word',
      f => {
        f[cedula].respuesta = 'En agosto «MEST»'
      },
      ['comillas', cedula, 'respuesta'],
    ],
    [
      'quoted words across lines that are not neighbours',
      f => Object.assign(f[sismi], { como: '«CÉDULA DE PREVENIMSS»', fuentes: ['A82', 'A84', 'A95'] }),
      ['comillas', sismi, 'como'],
    ],
    [
      'a quote that does not end',
      f => {
        f[costo].respuesta += 'El «botón'
      },
      ['comillasAbiertas', costo, 'respuesta'],
    ],
    [
      'a paper named where it is not cited',
      f => {
        f[costo].respuesta += 'La carta de rechazo.'
      },
      ['papel', costo, 'respuesta', 'carta de rechazo'],
    ],
    [
      'the other paper',
      f => {
        f[costo].mas += 'La Carta Responsiva.'
      },
      ['papel', costo, 'mas', 'carta responsiva'],
    ],
    [
      'in a message of one text',
      f => {
        f[mensajes].textos.hola = 'Son 3'
      },
      ['numero', mensajes, 'textos.hola'],
    ],
    [
      'in a message with sources',
      f => {
        f[mensajes].textos['cedula.abierta'].texto = 'En febrero y enero'
      },
      ['mes', mensajes, 'textos.cedula.abierta.texto', 'enero'],
    ],
    [
      'in a message of usted',
      f => {
        f[mensajes].textos['cedula.abierta'].usted = 'En enero'
      },
      ['mes', mensajes, 'textos.cedula.abierta.usted'],
    ],
    [
      'in a choice',
      f => {
        f[mensajes].opciones.si.boton = 'Primer semestre'
      },
      ['numero', mensajes, 'opciones.si.boton', ' 1 '],
    ],
    [
      'in a choice, beyond what may be chosen',
      f => {
        f[mensajes].opciones.dos.boton = 'Cuatro'
      },
      ['numero', mensajes, 'opciones.dos.boton', ' 4 '],
    ],
    [
      'in a group',
      f => {
        f[mensajes].grupos.basico.titulo = 'Los 3 pasos'
      },
      ['numero', mensajes, 'grupos.basico.titulo'],
    ],
  ])

  test('but not list numbers, un and una, what stands in names of places, nor what a plantel says', () => {
    const files = broken(all => {
      all[costo].respuesta += '1. Una cosa\n2) un trámite\n10.- uno\n{ventana}'
      all[escom].respuestas.costo.texto = 'Son 77 en enero, «así» en https://ejemplo.mx'
    })
    expectFaults(files)
  })
})

describe('a slip in the citations is found:', () => {
  cases([
    [
      'a line beyond the end',
      f => {
        f[costo].fuentes = ['B7', 'A288-294', 'A999']
      },
      ['cita', costo, 'fuentes', 'A999'],
    ],
    [
      'a blank line',
      f => {
        f[costo].fuentes = ['B7', 'A288-294', 'B8']
      },
      ['cita', costo, 'fuentes', 'B8'],
    ],
    [
      'a range backwards',
      f => {
        f[costo].fuentes = ['B7', 'A288-294', 'A9-7']
      },
      ['cita', costo, 'fuentes', 'A9-7'],
    ],
    [
      'in a step',
      f => {
        f['tramite/nss.yaml'].fuentes = ['A42', 'A1']
      },
      ['cita', 'tramite/nss.yaml', 'fuentes'],
    ],
    [
      'in a message',
      f => {
        f[mensajes].textos['cedula.abierta'].fuentes = ['A140-156', 'B1']
      },
      ['cita', mensajes, 'textos.cedula.abierta.fuentes'],
    ],
    [
      'in a choice',
      f => {
        f[mensajes].opciones.dos.fuentes = ['A119', 'B1']
      },
      ['cita', mensajes, 'opciones.dos.fuentes'],
    ],
    [
      'in temas.yaml',
      f => f['temas.yaml'].costo[0]?.fuentes.push('B999'),
      ['cita', 'temas.yaml', 'costo.1.fuentes'],
    ],
  ])
})

describe('what a topic owes to temas.yaml is found:', () => {
  cases([
    [
      'a topic without a file',
      f => Object.assign(f['temas.yaml'], { otro: [{ dato: 'what', fuentes: ['B7'] }] }),
      ['sinArchivo', 'temas.yaml', 'otro', 'preguntas/otro.yaml'],
    ],
    [
      'a file without a topic',
      f => {
        f['preguntas/otra.yaml'] = {
          ...f[cedula],
          boton: 'Otra',
          ejemplos: f[cedula].ejemplos.map(e => `otra ${e}`),
        }
      },
      ['sinTema', 'preguntas/otra.yaml', '-'],
    ],
    [
      'fewer items than asked',
      f => f[costo].dice.pop(),
      ['cuantosDatos', costo, 'dice', 'dice 1 datos; temas.yaml pide 2'],
    ],
    [
      'a fragment that is not said',
      f => f[costo].dice[1]?.push('gratis para siempre'),
      ['noLoDice', costo, 'dice.2', 'gratis para siempre'],
    ],
    [
      'an item whose lines are not cited',
      f => {
        f[costo].fuentes = ['B7', 'A288-291']
      },
      ['sinCitar', costo, 'fuentes', 'A292'],
    ],
    [
      'one of two sources that differ, not told',
      f =>
        void Object.assign(f[vigencia], { respuesta: 'La guía dice una semana.\n', dice: [['una semana']] }),
      ['sinAmbas', vigencia, 'respuesta', 'tres semanas'],
    ],
    [
      'a case that tells only one of them',
      f =>
        void Object.assign(f[vigencia], {
          casos: [
            { si: { edad: 'menor' }, respuesta: 'La guía dice tres semanas, o 1 semana' },
            { si: { edad: 'adulto' }, respuesta: 'La guía dice tres semanas' },
          ],
        }),
      ['sinAmbas', vigencia, 'casos.2.respuesta', '1 semana'],
    ],
    [
      'one of two sources that differ, not cited',
      f =>
        void Object.assign(f[vigencia], {
          fuentes: ['A188', 'A119', 'A290'],
          respuesta: 'La guía: 1 semana, tres semanas.\n',
          dice: [['1 semana']],
        }),
      ['sinAmbas', vigencia, 'fuentes', 'A289'],
    ],
  ])
})

describe('what leads nowhere is found:', () => {
  cases([
    [
      'sigue',
      f => {
        f[costo].sigue = ['tramite', 'nada']
      },
      ['noExiste', costo, 'sigue.2', 'preguntas/nada.yaml'],
    ],
    [
      'a group',
      f => {
        f[costo].grupo = 'nada'
      },
      ['noExiste', costo, 'grupo', 'grupos.nada'],
      ['grupoVacio', mensajes, 'grupos.basico'],
    ],
    [
      'the questions of a step',
      f => {
        f[sismi].preguntas = ['costo', 'nada']
      },
      ['noExiste', sismi, 'preguntas.2', 'preguntas/nada.yaml'],
    ],
    [
      'an answer of a plantel',
      f => Object.assign(f[escom].respuestas, { nada: f[escom].respuestas.costo }),
      ['noExiste', escom, 'respuestas.nada', 'preguntas/nada.yaml'],
    ],
    [
      'a step of a plantel',
      f => Object.assign(f[escom].pasos, { nada: f[escom].pasos.nss }),
      ['noExiste', escom, 'pasos.nada', 'tramite/nada.yaml'],
    ],
    [
      'a group without topics',
      f => Object.assign(f[mensajes].grupos, { otro: { titulo: 'Otros', boton: 'Otros' } }),
      ['grupoVacio', mensajes, 'grupos.otro'],
    ],
    [
      'an unknown place in an answer',
      f => {
        f[costo].respuesta += '{avance}'
      },
      ['campo', costo, 'respuesta', '{avance}'],
    ],
    [
      'an unknown place in a step',
      f => {
        f[sismi].como += '{oficina}'
      },
      ['campo', sismi, 'como', '{oficina}'],
    ],
    [
      'an unknown place in what a plantel says',
      f => {
        f[escom].pasos.nss.como += '{oficina}'
      },
      ['campo', escom, 'pasos.nss.como'],
    ],
    [
      'an unknown place in a message',
      f => {
        f[mensajes].textos.hola = '{hola}'
      },
      ['campo', mensajes, 'textos.hola', '{hola}'],
    ],
    [
      'a brace alone',
      f => {
        f[mensajes].textos.hola = '{avance} {ventana'
      },
      ['llaveSuelta', mensajes, 'textos.hola'],
    ],
  ])

  test('but not told again of a file that could not be read', () => {
    const files = broken(all => {
      all[cedula].boton = 'Un botón que no cabe en ninguna parte'
    })
    expectFaults(files, ['forma', cedula, 'boton', '20'])
  })
})

const long = (words: number) => Array.from({ length: words }, () => 'eso').join(' ')

describe('what is too long is found:', () => {
  cases([
    [
      'a button',
      f => {
        f[costo].boton = 'x'.repeat(21)
      },
      ['forma', costo, 'boton', '20'],
    ],
    [
      'a title',
      f => {
        f[costo].titulo = 'x'.repeat(73)
      },
      ['forma', costo, 'titulo', '72'],
    ],
    [
      'a text',
      f => {
        f[costo].mas = 'x'.repeat(1001)
      },
      ['forma', costo, 'mas', '1000'],
    ],
    [
      'a message',
      f => {
        f[mensajes].textos.hola = 'x'.repeat(1001)
      },
      ['forma', mensajes, 'textos.hola', '1000'],
    ],
    [
      'an answer of 91 words',
      f => {
        f[costo].mas = long(91)
      },
      ['largo', costo, 'mas', '91'],
    ],
    [
      'a case of 91 words',
      f => {
        f[costo].casos = [{ si: { nivel: 'superior' }, respuesta: long(91) }]
      },
      ['largo', costo, 'casos.1.respuesta'],
    ],
    [
      'a step of 91 words',
      f => {
        f['tramite/nss.yaml'].como = long(91)
      },
      ['largo', 'tramite/nss.yaml', 'como'],
    ],
    [
      'a plantel’s answer of 91 words',
      f => {
        f[escom].respuestas.costo.texto = long(91)
      },
      ['largo', escom, 'respuestas.costo.texto'],
    ],
    ['a group of 11 topics', f => addTopics(f, 11), ['muchasOpciones', mensajes, 'grupos.basico', '11']],
    [
      'more than ten groups',
      f => {
        addTopics(f, 10)
        for (const letter of 'abcdefghi') {
          Object.assign(f[mensajes].grupos, { [letter]: { titulo: 'Otro', boton: 'Otro' } })
          Object.assign(f[`preguntas/tema-${letter}.yaml`] as object, { grupo: letter })
        }
      },
      ['muchasOpciones', mensajes, 'grupos', '11'],
    ],
  ])

  test('but not 90 words with their signs, nor ten topics', () => {
    const files = broken(all => {
      all[costo].mas = `⚠️ ${long(90)}`
      addTopics(all, 10)
    })
    expectFaults(files)
  })
})

/** Until `basico` has so many. */
function addTopics(files: Sound & Files, count: number): void {
  for (const letter of 'abcdefghijk'.slice(0, count - 1)) {
    files[`preguntas/tema-${letter}.yaml`] = {
      ...files[costo],
      boton: `Tema ${letter}`,
      ejemplos: files[costo].ejemplos.map(example => `${letter}${letter} ${example}`),
    }
    Object.assign(files['temas.yaml'], { [`tema-${letter}`]: files['temas.yaml'].costo })
  }
}

describe('what stands twice is found:', () => {
  cases([
    [
      'an example of two topics',
      f => {
        f[cedula].ejemplos[3] = '¿CÓSTO  a…?'
      },
      ['ejemploRepetido', cedula, 'ejemplos.4', 'ya está en costo'],
    ],
    [
      'an example of a topic and an act',
      f => {
        f['actos.yaml'].saludo.ejemplos[0] = 'Costo, a'
      },
      ['ejemploRepetido', 'actos.yaml', 'saludo.ejemplos.1', 'ya está en costo'],
    ],
    [
      'an example twice in one topic',
      f => f[costo].ejemplos.push('costo a!'),
      ['ejemploRepetido', costo, 'ejemplos.41', 'ya está en costo'],
    ],
    ['an example of no words', f => f[costo].ejemplos.push('¿?!'), ['ejemploVacio', costo, 'ejemplos.41']],
    ['fewer than 40 examples', f => f[costo].ejemplos.pop(), ['forma', costo, 'ejemplos', '40']],
    [
      'an act of a topic’s id',
      f =>
        void Object.assign(f['actos.yaml'], { costo: { ejemplos: f[costo].ejemplos.map(e => `acto ${e}`) } }),
      ['idRepetido', 'actos.yaml', 'costo', costo],
    ],
    [
      'a button',
      f => {
        f[cedula].boton = 'COSTO'
      },
      ['botonRepetido', cedula, 'boton', 'costo'],
    ],
    [
      'a plantel’s name',
      f => {
        f[escom].nombre = 'cecyt 1'
      },
      ['nombreRepetido', escom, 'nombre', 'cecyt-1'],
    ],
    [
      'a school’s name',
      f => {
        f['escuelas.yaml']['cecyt-1'].nombre = 'ESCOM'
      },
      ['nombreRepetido', 'escuelas.yaml', 'cecyt-1.nombre', 'escom'],
    ],
    [
      'what two schools are called',
      f => {
        f['escuelas.yaml']['cecyt-1'].dichos = ['cómputo']
      },
      ['nombreRepetido', 'escuelas.yaml', 'cecyt-1.dichos.1', 'escom'],
    ],
  ])
})

describe('what is out of its time is found:', () => {
  cases([
    [
      'a text that has lapsed',
      f => Object.assign(f[costo], { hasta: '2026-11-21' }),
      ['vencida', costo, 'hasta', '2026-11-21'],
    ],
    [
      'a review of tomorrow',
      f => {
        f[costo].revisado = '2026-11-23'
      },
      ['futuro', costo, 'revisado', '2026-11-23'],
    ],
    [
      'an end before the beginning',
      f => Object.assign(f[costo], { desde: '2026-12-02', hasta: '2026-12-02' }),
      ['alReves', costo, 'desde'],
    ],
    [
      'a day that does not exist',
      f => {
        f[costo].revisado = '2026-02-30'
      },
      ['forma', costo, 'revisado', 'AAAA-MM-DD'],
    ],
    [
      'something said tomorrow, of each part of a plantel',
      f => {
        const { dosIngresos, oficinas, respuestas, pasos, inscripcion, inhabiles } = f[escom]
        for (const of of [
          dosIngresos,
          oficinas.seguro,
          respuestas.costo,
          pasos.nss,
          inscripcion[0],
          inhabiles[0],
        ])
          Object.assign(of ?? {}, { cuando: '2026-11-23' })
      },
      ['futuro', escom, 'dosIngresos.cuando'],
      ['futuro', escom, 'oficinas.seguro.cuando'],
      ['futuro', escom, 'respuestas.costo.cuando'],
      ['futuro', escom, 'pasos.nss.cuando'],
      ['futuro', escom, 'inscripcion.1.cuando'],
      ['futuro', escom, 'inhabiles.1.cuando'],
    ],
    [
      'days without work backwards',
      f => Object.assign(f[escom].inhabiles[0] ?? {}, { desde: '2027-02-06' }),
      ['alReves', escom, 'inhabiles.1'],
    ],
    [
      'a reception outside its enrolment',
      f => Object.assign(f[escom].inscripcion[0]?.recepcion[0] ?? {}, { hasta: '2027-01-21' }),
      ['fueraDelProceso', escom, 'inscripcion.1.recepcion.1'],
    ],
    [
      'an enrolment of several years',
      f => Object.assign(f[escom].inscripcion[0]?.proceso ?? {}, { hasta: '2072-01-20' }),
      ['rangoLargo', escom, 'inscripcion.1.proceso'],
    ],
    [
      'an hour of reminders at night',
      f => Object.assign(f['avisos.yaml'], { hora: 21 }),
      ['forma', 'avisos.yaml', 'hora', 'horas de silencio'],
    ],
  ])

  test('but not on its last day, nor a calendar that has passed', () => {
    const files = broken(all => {
      Object.assign(all[costo], { hasta: '2026-11-22', revisado: '2026-11-22' })
      Object.assign(all[escom].inhabiles[0] ?? {}, { desde: '2020-01-01', hasta: '2020-01-02' })
    })
    expectFaults(files)
  })
})
