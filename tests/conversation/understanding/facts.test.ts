import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Escuelas } from '../../../src/content/schema.ts'
import { readFacts } from '../../../src/conversation/understanding/facts.ts'
import { workMs } from '../../work.ts'

const schools: Escuelas = {
  'cecyt-6': { nombre: 'CECyT 6', nivel: 'medio-superior', dichos: ['cecyt 6', 'voca 6'] },
  'cecyt-9': { nombre: 'CECyT 9', nivel: 'medio-superior', dichos: ['voca 9', 'batiz'] },
  escom: { nombre: 'ESCOM', nivel: 'superior', dichos: ['escom'] },
  'esime-zacatenco': { nombre: 'ESIME Zacatenco', nivel: 'superior', dichos: ['esime zac', 'esime'] },
  'esime-culhuacan': { nombre: 'ESIME Culhuacán', nivel: 'superior', dichos: ['esime cul', 'esime'] },
}
const voca6 = { plantel: 'cecyt-6', nivel: 'medio-superior' }
const escom = { plantel: 'escom', nivel: 'superior' }

describe('reads', () => {
  test.each([
    [
      'soy de primero de la voca 6, tengo 15 y ya tengo ISSSTE',
      { ...voca6, semestre: 'primero', edad: 'menor', otroServicio: 'si' },
    ],
    [
      'de primero de la voca 6, 15 años, issste',
      { ...voca6, semestre: 'primero', edad: 'menor', otroServicio: 'si' },
    ],
    ['voy en 3er sem', { semestre: 'posterior' }],
    ['tercero', { semestre: 'posterior' }],
    ['5to semestre', { semestre: 'posterior' }],
    ['voy en semestre 4', { semestre: 'posterior' }],
    ['soy d nuevo ingreso', { semestre: 'primero' }],
    ['apenas entré a la escuela', { semestre: 'primero' }],
    ['no soy de primero', { semestre: 'posterior' }],
    ['me equivoqué, voy en tercero', { semestre: 'posterior' }],
    ['soy de primero, digo, perdón, soy de segundo', { semestre: 'posterior' }],
    ['soy de escom de 3er semestre', { ...escom, semestre: 'posterior' }],
    ['estudiante de primer semestre de escom', { ...escom, semestre: 'primero' }],
    ['voy en segundo año', { semestre: 'posterior' }],
    ['soy de escom y voy en 4', { ...escom, semestre: 'posterior' }],
    ['soy nuevo', { semestre: 'primero' }],
    ['acabo de entrar', { semestre: 'primero' }],
    ['creo q primero', { semestre: 'primero' }],
    ['estoy sin tratamiento', { tratamiento: 'no' }],
    [
      'de la voca 9, sin otro seguro ni tratamiento',
      {
        plantel: 'cecyt-9',
        nivel: 'medio-superior',
        otroServicio: 'no',
        tratamiento: 'no',
      },
    ],
    ['no tengo otro seguro ni tratamiento', { otroServicio: 'no', tratamiento: 'no' }],
    ['tengo 17', { edad: 'menor' }],
    ['17 años', { edad: 'menor' }],
    ['tengo dieciséis años', { edad: 'menor' }],
    ['ya cumplí 18', { edad: 'adulto' }],
    ['aún no cumplo 18', { edad: 'menor' }],
    ['soy menor de edad', { edad: 'menor' }],
    ['no soy menor', { edad: 'adulto' }],
    [
      'mi hijo de 16 va en primero de voca 9',
      { edad: 'menor', semestre: 'primero', plantel: 'cecyt-9', nivel: 'medio-superior' },
    ],
    ['tengo IMSS de mi mamá', { otroServicio: 'si' }],
    ['seguro de mi papá', { otroServicio: 'si' }],
    ['mi mamá me tiene en el ISSSTE', { otroServicio: 'si' }],
    ['tengo gastos médicos mayores', { otroServicio: 'si' }],
    ['sí, tengo Pemex', { otroServicio: 'si' }],
    ['si tengo issste', { otroServicio: 'si' }],
    ['no tengo ISSSTE, tengo Pemex', { otroServicio: 'si' }],
    ['no tengo ningún seguro', { otroServicio: 'no' }],
    ['no tengo otro', { otroServicio: 'no' }],
    ['no tengo issste', { otroServicio: 'no' }],
    ['ya no tengo el seguro de mi papá', { otroServicio: 'no' }],
    ['estoy en tratamiento', { tratamiento: 'si' }],
    ['me van a operar en marzo', { tratamiento: 'si' }],
    ['no estoy en tratamiento', { tratamiento: 'no' }],
    ['no estoy enfermo ni tengo tratamiento', { tratamiento: 'no' }],
    [
      'mi hija va en primero, ya tiene ISSSTE y la van a operar',
      { semestre: 'primero', otroServicio: 'si', tratamiento: 'si' },
    ],
    ['estudio una maestría en ESCOM', { nivel: 'posgrado', plantel: 'escom' }],
    ['no, soy de superior', { nivel: 'superior' }],
    ['soy del CECyT No. 6', voca6],
    ['voca6', voca6],
    ['voy en la superior, en escom', escom],
    ['soy de segundo, ¿saco la cédula?', { semestre: 'posterior' }],
  ])('%j', (text, facts) => {
    expect(readFacts(text, schools)).toEqual(facts)
  })
})

describe('takes for no fact', () => {
  test.each([
    '¿qué pasa si tengo ISSSTE?',
    'si tengo issste qué hago',
    '¿si soy menor de edad firmo?',
    '¿los de segundo sacan cédula?',
    'mi amigo tiene 17',
    'tengo ISSSTE y quiero saber si mi hija lo puede usar',
    'mi hermana es de segundo',
    'mi mamá tiene ISSSTE',
    'la póliza es para mi hermana de 16 años',
    'estoy en el segundo paso',
    'primero, ¿qué necesito?',
    'tengo 20 días esperando',
    'tengo 18 semanas de embarazo',
    'llevo 15 años cotizando',
    'tengo que ir al ISSSTE',
    'tengo seguro facultativo',
    'no tengo seguro facultativo',
    'tengo dudas del tratamiento',
    'quiero entrar a la maestría',
    'acabo de entrar a la página',
    'me cambié de la voca 6 a la voca 9',
    'soy de esime',
    'mi novio va en escom',
    '¿issste?',
    'gratis?',
    '',
  ])('%j', text => {
    expect(readFacts(text, schools)).toEqual({})
  })
})

test('says nothing of a field that is said in two ways', () => {
  expect(readFacts('tengo 17. tengo 18', schools)).toEqual({})
})

test('knows a school in capitals, with accents and glued to its number', () => {
  fc.assert(
    fc.property(fc.constantFrom('VOCA6', 'Voca 6', 'vóca no. 6', 'voca seis', 'CECYT-6'), name => {
      expect(readFacts(`soy de la ${name}`, schools)).toEqual(voca6)
    }),
  )
})

test.each(['soy de la de la ', 'si no tengo ', 'tengo ya el la ', 'a, ', 'soy ', 'mi hijo que '])(
  'is done with 100,000 characters of %j in half a second',
  part => {
    readFacts('soy de primero', schools)
    const text = part.repeat(100_000 / part.length)
    expect(workMs(() => readFacts(text, schools))).toBeLessThan(500)
  },
)
