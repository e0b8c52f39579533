/** What the guide says in a group: answers for everybody, and the way into a private conversation for what is not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answeredAside, type Spoken, speakInPublic } from '../../src/conversation/public.ts'
import { mask } from '../../src/conversation/understanding/mask.ts'
import type { Body, FileKind } from '../../src/message.ts'
import { guide, now, talkAt } from './talk.ts'

const { content } = guide
const seed = 20261122
const link = 'https://t.me/vigente_bot'
const textOf = (clave: string) => String(content.mensajes.textos[clave]).trim()
const opening = (clave: string) => textOf(clave).split(/[.\n{]/)[0] ?? ''

function send(body: Body): Spoken {
  const clean = body.kind === 'text' ? { ...body, text: mask(body.text) } : body
  const masked = JSON.stringify(clean) !== JSON.stringify(body)
  return speakInPublic(guide, { at: now, body: clean, masked }, link)
}
const say = (text: string) => send({ kind: 'text', text })
const told = ({ replies }: Spoken) => replies.map(({ text }) => text).join('\n\n')

describe('in a group, for all to read,', () => {
  test.each(Object.keys(content.preguntas))(
    'the topic %s is answered as for anybody, without choices',
    id => {
      const said = say(`/start tema-${id}`)
      const [answer] = talkAt().write(`/start tema-${id}`).last.replies
      expect(said.topics).toEqual([id])
      expect(said.aside).toBeUndefined()
      expect(told(said).startsWith(answer?.text ?? 'none')).toBe(true)
      expect(said.replies.filter(({ choices }) => choices)).toEqual([])
    },
  )

  test('a question is answered, two at once, one with a day, one that only supposes', () => {
    expect(say('¿cuánto cuesta?').topics).toEqual(['costo'])
    expect(say('¿cuánto cuesta y a qué clínica voy?').topics).toHaveLength(2)
    expect(told(say('¿reciben el lunes?'))).toContain('lunes 23 de noviembre')
    const supposed = say('¿y si soy menor firmo las pólizas?')
    expect(supposed.aside).toBeUndefined()
    expect(told(supposed)).toContain('no firmes')
  })

  test('a greeting, /start, /menu and nothing at all are answered with what the guide does, and its link', () => {
    for (const text of ['hola', '/start', '/start@vigente_bot', '/menu', 'menú', ''])
      expect(told(say(text)), text).toBe(textOf('grupo.saludo').replace('{liga}', link))
  })

  test('the link of a school goes on into the private conversation', () => {
    expect(told(say('/start plantel-escom'))).toContain(`${link}?start=plantel-escom`)
  })

  test('thanks and a good-bye are answered in a few words', () => {
    expect(told(say('muchas gracias'))).toBe(textOf('gracias'))
    expect(told(say('adiós'))).toBe(textOf('grupo.adios'))
  })

  test('what two flows say to everybody is said', () => {
    expect(say('/ventana')).toMatchObject({ topics: ['ventana'] })
    expect(say('/persona')).toMatchObject({ topics: ['contacto'] })
    expect(say('/ventana').aside).toBeUndefined()
  })

  test('help comes first where somebody is in danger', () => {
    const said = say('mi amigo se desmayó y no respira')
    expect(said.replies[0]?.text).toContain('911')
    expect(said.aside).toBeUndefined()
  })

  test('what is unknown is said to be so, with the link', () => {
    for (const text of ['¿a cómo está el dólar?', 'asdf qwer zxcv']) {
      const said = say(text)
      expect(told(said), text).toContain(opening('grupo.noSe'))
      expect(told(said).endsWith(link)).toBe(true)
      expect(said).toMatchObject({ topics: ['fuera'] })
      expect(said.aside).toBeUndefined()
    }
  })

  test('what is unclear is said to be so, with the link and not with what it may be', () => {
    const unclear = { ...guide.understand('hola'), decision: 'offer', topics: ['costo', 'ventana'] } as const
    const unsure = { ...guide, understand: () => ({ ...unclear, topics: [...unclear.topics] }) }
    const said = speakInPublic(unsure, { at: now, body: { kind: 'text', text: 'eso de los papeles' } }, link)
    expect(said.aside).toBeUndefined()
    expect(told(said)).toBe(textOf('grupo.noSeguro').replace('{liga}', link))
  })

  test('a forwarded or edited question is read like any other, what somebody says of themselves in it is not', () => {
    expect(send({ kind: 'text', text: '¿cuánto cuesta?', how: 'edited' }).topics).toEqual(['costo'])
    const said = send({ kind: 'text', text: 'soy menor, ¿firmo las pólizas?', how: 'forwarded' })
    expect(said).toMatchObject({ topics: ['firma-menor'] })
    expect(said.aside).toBeUndefined()
  })

  test('a photo, a voice, a document or a place is not to be had, a sticker or an emoji not answered', () => {
    const file = (kind: FileKind) => told(send({ kind: 'file', file: kind }))
    for (const kind of ['photo', 'voice', 'document', 'other'] as const)
      expect(file(kind)).toBe(textOf(`archivo.${kind}`))
    expect(file('sticker')).toBe('')
    expect(say('👍').replies).toEqual([])
  })
})

describe('in a group, what is somebody’s own goes into a private conversation:', () => {
  test.each([
    ['/checklist', 'flujo-checklist'],
    ['/vigencia', 'flujo-vigencia'],
    ['/renuncia@vigente_bot', 'flujo-renuncia'],
    ['/cambio', 'flujo-cambio'],
    ['/privacidad', 'flujo-privacidad'],
    ['/recordatorios', 'flujo-recordatorios'],
    ['/borrar', 'flujo-privacidad'],
    ['/start flujo-beneficiarios', 'flujo-beneficiarios'],
    ['qué me falta', 'flujo-checklist'],
    ['quiero hacer mi trámite', 'flujo-tramite'],
    ['me equivoqué', 'flujo-checklist'],
    ['ya entregué mi nss', 'flujo-checklist'],
    ['soy menor y voy en primero', 'flujo-tramite'],
    ['soy menor, ¿firmo las pólizas?', 'tema-firma-menor'],
    ['tengo ISSSTE por mi mamá, ¿qué hago?', 'tema-otro-seguro'],
  ])('%s', (text, payload) => {
    const said = say(text)
    expect(said).toMatchObject({ topics: [], aside: { kind: 'text' } })
    // What says something of the person is handed on as it is, other words might press a button there.
    const as = said.aside?.kind === 'text' ? said.aside.text : ''
    expect(as).toBe(/^(?:ya entregué|soy|tengo)/.test(text) ? text : `/start ${payload}`)
    expect(told(said)).toBe(textOf('grupo.privado').replace('{liga}', `${link}?start=${payload}`))
  })

  test.each([
    '3',
    '17',
    'sí',
    'no',
    'volver',
    'la primera',
    '/nada',
    'soy de la voca 6, ¿a cómo está el dólar?',
  ])('what only a conversation of their own could tell the meaning of goes nowhere: %s', text => {
    const said = say(text)
    expect(said.aside).toBeUndefined()
    expect(told(said)).toContain(link)
  })

  test('a button of a conversation of their own does nothing here', () => {
    expect(send({ kind: 'choice', choice: 'menu' }).aside).toBeUndefined()
  })

  test('to be reminded, and to be left alone, is taken where there is a conversation, as it was said', () => {
    for (const text of ['recuérdame', 'avísame cuando abran', 'ya no quiero recordatorios', 'alto']) {
      const said = say(text)
      expect(said.aside, text).toEqual({ kind: 'text', text })
      expect(told(said), text).toContain(`${link}?start=flujo-recordatorios`)
    }
  })
})

describe('personal data that all have read', () => {
  test('is told to be taken away, and the question is answered', () => {
    const said = say('GODE561231HDFRRN09 ¿cuánto cuesta el seguro?')
    expect(said.replies[0]?.text).toBe(textOf('grupo.dato'))
    expect(said.topics).toEqual(['costo'])
    expect(told(said)).not.toContain('GODE')
  })

  test('alone asks nothing', () => {
    expect(told(say('GODE561231HDFRRN09'))).toBe(textOf('grupo.dato'))
  })

  test('is told so where the answer is given aside', () => {
    const aside = textOf('grupo.contestado').replace('{liga}', link)
    expect(answeredAside(guide, now, link, false)).toBe(aside)
    expect(answeredAside(guide, now, link, true)).toBe(`${textOf('grupo.dato')}\n\n${aside}`)
  })
})

test(`whatever is said, nothing throws, and the link leads where it says (seed ${seed})`, () => {
  const texts = fc.oneof(
    fc.constantFrom(...Object.values(content.examples()).flat()),
    fc.constantFrom(...Object.values(content.mensajes.opciones).flatMap(({ dichos }) => dichos)),
    fc.constantFrom(...content.pasos.flatMap(({ dichos }) => dichos)).map(it => `ya hice ${it}`),
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.string({ maxLength: 70 }).map(it => `/start ${it}`),
  )
  const counted = { personal: 0, public: 0 }
  fc.assert(
    fc.property(texts, fc.constantFrom(undefined, 'edited' as const, 'forwarded' as const), (text, how) => {
      const said = send({ kind: 'text', text, ...(how ? { how } : {}) })
      counted[said.aside ? 'personal' : 'public']++
      expect(said.replies.every(reply => reply.text.trim() !== '' && !reply.choices && !reply.live)).toBe(
        true,
      )
      expect(told(said)).not.toMatch(/[{}]|undefined|\bopción\b/)
      if (!said.aside) return
      const payload = told(said).split(`${link}?start=`)[1] ?? ''
      const there = talkAt().write(`/start ${payload}`)
      expect([there.state() !== 'menu.inicio', there.last.topics.length > 0]).toContain(true)
    }),
    { seed, numRuns: 1000 },
  )
  expect(Math.min(counted.personal, counted.public)).toBeGreaterThan(50)
})
