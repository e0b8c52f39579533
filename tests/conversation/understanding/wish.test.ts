/** To go on in another chat and to have the days in a calendar are wished in many words, and no question is taken for it. */
import { expect, test } from 'vitest'
import { normalise } from '../../../src/conversation/understanding/normalise.ts'
import { readWish } from '../../../src/conversation/understanding/wish.ts'
import { content } from '../../guide.ts'
import { talkAt, whole } from '../talk.ts'

const wished = (text: string) => readWish(normalise(text))?.kind

test.each([
  'pásame mi lista a telegram',
  'quiero seguir en la compu',
  'cambié de número',
  'cambie de cel y tengo mi lista aqui',
  '¿puedo ver mi lista en la compu?',
  'me quiero pasar a WhatsApp',
  'cómo paso mi checklist a mi otro celular',
  'tengo celular nuevo, ¿cómo recupero mi lista?',
  'compré otro celular',
  'quiero continuar en Telegram',
  'llévame mi avance a la página web',
  'muévele mi lista al whats',
  'pásame esto a telegram',
  'me cambio a telegram',
])('«%s» asks for another chat', text => expect(wished(text)).toBe('pasar'))

test.each([
  'agrégalo a mi calendario',
  'pon las fechas en mi calendario',
  'mándame las fechas a Google Calendar',
  'agenda las fechas de entrega',
  'me das un archivo para el calendario',
  'me das el calendario pa ponerlo en mi cel',
  'me pasas el calendario porfa',
  'quiero el calendario en mi cel',
  'me compartes el calendario para que lo ponga en mi iPhone',
  'mándame el archivo del calendario',
])('«%s» asks for a calendar', text => expect(wished(text)).toBe('calendario'))

test.each([
  '¿puedo llenar el sismi en la compu?',
  'puedo seguir el registro en la compu?',
  'cambié de escuela',
  'cambié de número de seguro social',
  'ya tengo número',
  'voy a cambiar de número y quiero que borres todo',
  'la app del banco me pide cambiar el número de cel',
  'tengo mi lista de documentos en el celular',
  '¿se puede ver la vigencia en la página?',
  'calendario escolar',
  'pásame el calendario escolar',
  'me das el calendario de inscripciones',
  'dame el calendario del IMSS',
  '¿ya pasó el calendario?',
  '¿cuándo sale el calendario?',
  'ponme una alarma en el calendario',
])('«%s» asks for neither', text => expect(wished(text)).toBeUndefined())

test('no example of a question is taken for a wish; of the acts only one, which is a wish', () => {
  const { preguntas, actos } = content
  const taken = (of: object) =>
    Object.values(of as typeof actos).flatMap(({ ejemplos }) => ejemplos.filter(wished))
  expect(taken(preguntas)).toEqual([])
  expect(taken(actos)).toEqual(['ponlo en mi calendario'])
})

test('a wish is heard in the middle of a flow, which keeps its place', () => {
  const talk = talkAt('vigencia.estado', { perfil: whole }).write('pásame mi lista a telegram')
  expect(talk.state()).toBe('vigencia.estado')
  expect(talk.text()).toContain('K7Q2-M9XD')
  expect(talk.text()).toContain('Seguimos: íbamos en tu vigencia')
})

test('where danger is told, that comes first, though a code stands beside it', () => {
  expect(talkAt().write('mi hermana se desmayó y no respira, K7Q2-M9XD').text()).toContain('911')
})
