/** Reminders are asked for, refused and asked after in many words; nobody is written to who said no, or only asked. */
import { describe, expect, test } from 'vitest'
import { normalise } from '../../../src/conversation/understanding/normalise.ts'
import { isStop, readReminder } from '../../../src/conversation/understanding/reminder.ts'
import { content } from '../../guide.ts'

const meant = (text: string) => readReminder(normalise(text)).kind

test.each([
  'recuérdame',
  'avísame cuando abra',
  'me avisas cuando ya toque',
  'que no se me olvide, mándame aviso',
  'no dejes que se me pase, avísame',
  'no seas gacho y avísame un día antes',
  'quiero notificaciones',
  'reactiva mis avisos',
])('«%s» asks for reminders', text => {
  expect(meant(text)).toBe('recordar')
  expect(isStop(text)).toBe(false)
})

test.each([
  'ya no quiero recordatorios',
  'no me avises',
  'Cancela los recordatorios.',
  'cancelar recordatorio',
  'dame de baja de los recordatorios',
  'deja de mandarme mensajes porfa',
  'YA NO ME MANDEN AVISOS',
  'no más avisos',
  'sácame de tu lista de avisos',
  'ya entregué, quita tus mensajes',
  'ya entregué mi tarjeta y ya no me mandes recordatorios',
  'unsubscribe',
])('«%s» wants no more of them, whatever else is said', text => {
  expect(meant(text)).toBe('callar')
  expect(isStop(text)).toBe(true)
})

test.each([
  'recordatorios',
  'qué avisos tengo activos',
  '¿tengo algún recordatorio puesto?',
  'a qué hora me va a llegar el aviso',
  'pospón el recordatorio',
  'mandas recordatorios?',
  'no me llegó el aviso que me prometiste',
  'no me avisaron de la entrega',
])('«%s» only asks after them: it turns nothing on or off', text => {
  expect(meant(text)).toBe('flow')
  expect(isStop(text)).toBe(false)
})

describe('what is no word against reminders', () => {
  test.each([
    'baja',
    'dame de baja',
    'quiero tramitar mi baja',
    'no me avisaron en la escuela',
    'ya no me llegó el mensaje del IMSS',
    'no me mandan el correo',
    'cancela',
    'quita la cédula',
    'borra mis mensajes',
    'no me avises el lunes, avísame el martes',
  ])('«%s» stops nothing', text => expect(isStop(text)).toBe(false))

  test('no example of a question, nor of another act, stops anything', () => {
    const { recordatorio: _, ...others } = content.examples()
    expect(Object.values(others).flat().filter(isStop)).toEqual([])
  })
})

test('all examples with a no in them are against, but those that ask not to be let forget', () => {
  const examples = content.examples().recordatorio ?? []
  const wanted = examples.filter(
    it => meant(it) === 'recordar' && /\b(?:ya no|no (?:me|quiero|más))\b/i.test(it),
  )
  expect(wanted).toEqual(['no me dejes olvidarlo'])
  expect(examples.filter(it => meant(it) === 'callar').length).toBeGreaterThan(45)
})
