/** What WhatsApp Web hands over, read: who wrote what in private, and what is no message to us. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEdit, readMessage, readVote } from '../../../src/channels/whatsapp-web/read.ts'

const seed = Number(process.env.SEED ?? 20_261_122)
const person = '5215512345678@c.us'

const raw = (given: object = {}, id: object = {}) => ({
  id: { id: '3EB0AA', fromMe: false, remote: person, _serialized: `false_${person}_3EB0AA`, ...id },
  type: 'chat',
  t: 1_790_000_000,
  body: 'hola',
  ...given,
})
const bodyOf = (given: object) => readMessage(raw(given))?.body

describe('a message', () => {
  test('is a text with its chat, its id and its time', () => {
    expect(readMessage(raw())).toEqual({
      chat: person,
      id: '3EB0AA',
      at: new Date(1_790_000_000_000),
      body: { kind: 'text', text: 'hola' },
    })
  })

  test('without a phone comes from its lid, also where that is an object', () => {
    const remote = { user: '777', server: 'lid', _serialized: '777@lid' }
    expect(readMessage(raw({}, { remote }))?.chat).toBe('777@lid')
  })

  test.each(['123-456@g.us', 'status@broadcast', '120363@newsletter', '99@broadcast', '0@c.us', 'me', ''])(
    'of %s is not for us',
    remote => {
      expect(readMessage(raw({}, { remote }))).toBeUndefined()
    },
  )

  test('of our own, and one to a mailing list, is not for us', () => {
    expect(readMessage(raw({}, { fromMe: true }))).toBeUndefined()
    expect(readMessage(raw({ broadcast: true }))).toBeUndefined()
  })

  test('that is forwarded is not the own words of the person', () => {
    expect(bodyOf({ isForwarded: true })).toEqual({ kind: 'text', text: 'hola', how: 'forwarded' })
  })

  test.each([
    ['sticker', 'sticker'],
    ['image', 'photo'],
    ['video', 'photo'],
    ['ptv', 'photo'],
    ['ptt', 'voice'],
    ['audio', 'voice'],
    ['document', 'document'],
    ['location', 'other'],
    ['vcard', 'other'],
    ['multi_vcard', 'other'],
    ['poll_creation', 'other'],
  ])('of type %s is a file of kind %s, whatever picture of itself it brings', (type, file) => {
    expect(bodyOf({ type, body: '/9j/4AAQSkZJRg==' })).toEqual({ kind: 'file', file })
  })

  test('written beside a picture is read, a document under its own name is only a document', () => {
    expect(bodyOf({ type: 'image', body: '/9j/', caption: '¿y esto?' })).toEqual({
      kind: 'text',
      text: '¿y esto?',
      beside: true,
    })
    expect(bodyOf({ type: 'document', filename: 'a.pdf', caption: 'a.pdf' })).toEqual({
      kind: 'file',
      file: 'document',
    })
  })

  test.each([
    'e2e_notification',
    'gp2',
    'protocol',
    'call_log',
    'reaction',
    'notification_template',
    'revoked',
    'ciphertext',
    'album',
    'constructor',
    'toString',
  ])('of type %s is nothing that anybody said', type => {
    expect(bodyOf({ type })).toBeUndefined()
  })

  test('with nothing in it is none', () => {
    expect(bodyOf({ body: '' })).toBeUndefined()
  })
})

describe('an edit', () => {
  test('is what the text says now, and another message than the first', () => {
    const edit = readEdit(raw({ body: 'adiós' }), 'adiós', 'hola')
    expect(edit?.body).toEqual({ kind: 'text', text: 'adiós', how: 'edited' })
    expect(edit?.id).not.toBe(readMessage(raw())?.id)
    expect(readEdit(raw({ body: 'adiós' }), 'adiós', 'hola')?.id).toBe(edit?.id)
  })

  test('of what is written beside a picture stays beside it', () => {
    const edit = readEdit(raw({ type: 'image', body: '/9j/', caption: 'esto' }), 'esto', 'eso')
    expect(edit?.body).toEqual({ kind: 'text', text: 'esto', how: 'edited', beside: true })
  })

  test.each([
    ['a text only now deciphered', raw({ body: 'hola' }), 'hola', undefined],
    ['a text that was empty', raw({ body: 'hola' }), 'hola', ''],
    ['a picture that was loaded', raw({ type: 'image', body: '/9j/big' }), '/9j/big', '/9j/'],
    ['our own', raw({ body: 'b' }, { fromMe: true }), 'b', 'a'],
    ['one of a group', raw({ body: 'b' }, { remote: '1-2@g.us' }), 'b', 'a'],
  ])('is not %s', (_, message, after, before) => {
    expect(readEdit(message, after, before)).toBeUndefined()
  })
})

describe('a vote', () => {
  const vote = (given: object = {}) => ({
    voter: person,
    selectedOptions: [{ name: '2. Pago', localId: 1 }],
    parentMsgKey: { id: 'POLL', fromMe: true, remote: person },
    parentMessage: { body: '¿Trámite?', from: '5215500000000@c.us' },
    ...given,
  })

  test('is the option of the poll', () => {
    expect(readVote(vote())).toEqual({
      chat: person,
      id: 'POLL 2. Pago',
      poll: '¿Trámite?',
      option: '2. Pago',
    })
  })

  test('that was looked up is the same one as when it came', () => {
    const key = `true_${person}_POLL`
    expect(readVote(vote({ parentMsgKey: key }))).toEqual(readVote(vote()))
  })

  test.each([
    ['that was taken back', { selectedOptions: [] }],
    ['of an option that nobody knows', { selectedOptions: [{ localId: 1 }] }],
    ['in a poll of theirs', { parentMsgKey: { id: 'POLL', fromMe: false, remote: person } }],
    ['in a group', { parentMsgKey: { id: 'POLL', fromMe: true, remote: '1-2@g.us' } }],
    ['in our own name', { voter: '5215500000000@c.us' }],
  ])('%s is none', (_, given) => {
    expect(readVote(vote(given))).toBeUndefined()
  })
})

test('whatever comes is read or left, never thrown at us', () => {
  const keys = fc.constantFrom(
    'id',
    'type',
    't',
    'body',
    'fromMe',
    'remote',
    'caption',
    'voter',
    'parentMsgKey',
  )
  const anything = fc.oneof(
    fc.anything(),
    fc.dictionary(keys, fc.anything()).map(given => raw(given)),
    fc.dictionary(keys, fc.anything()).map(given => raw({}, given)),
  )
  const reading = fc.property(anything, fc.anything(), (given, text) => {
    for (const said of [readMessage(given), readEdit(given, text, 'x')])
      if (said) expect(said.chat).toMatch(/^[1-9]\d*@(c\.us|lid)$/)
    readVote(given)
  })
  fc.assert(reading, { seed, numRuns: 2000 })
})
