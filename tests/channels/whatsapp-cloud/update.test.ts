/** What Meta's webhooks mean to us, kind by kind, and that nothing in one message costs another. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { idOf, KeptMessage, read } from '../../../src/channels/whatsapp-cloud/update.ts'
import { inputs, seed } from '../replies.ts'

console.info(`whatsapp-cloud update: fast-check seed ${seed}, INPUTS=${inputs}`)

const now = new Date('2026-11-22T10:00:00-06:00')
const seconds = now.getTime() / 1000
const phoneId = '106540352242922'
const phone = '5215512345678'
const user = 'MX.13491208655302741918'
const wamid = 'wamid.HBgNNTIxNTUxMjM0NTY3OBUCABIYFDNBNEE2NTk5QUVFMDM4MTAxNDRGAA=='

const said = { type: 'text', text: { body: 'hola' } }
const common = { from: phone, from_user_id: user, id: wamid, timestamp: String(seconds - 60) }

const post = (value: object, field: unknown = 'messages') => ({
  object: 'whatsapp_business_account',
  entry: [{ id: '1', changes: [{ field, value: { messaging_product: 'whatsapp', ...value } }] }],
})
const metadata = { display_phone_number: '525500000000', phone_number_id: phoneId }
const contacts = [{ profile: { name: 'Ana' }, wa_id: phone, user_id: user }]
const readAll = (messages: unknown, more: object = {}) =>
  read(post({ metadata, contacts, messages, ...more }), phoneId, now)
const bodyOf = (message: object) => readAll([{ ...common, ...message }]).messages.map(({ body }) => body)[0]

describe('a message', () => {
  test.each([
    ['a text', said, { kind: 'text', text: 'hola' }],
    [
      'a forwarded text',
      { ...said, context: { forwarded: true } },
      { kind: 'text', text: 'hola', how: 'forwarded' },
    ],
    [
      'one forwarded often',
      { ...said, context: { frequently_forwarded: true } },
      { kind: 'text', text: 'hola', how: 'forwarded' },
    ],
    ['a reply', { ...said, context: { from: '1', id: 'wamid.x' } }, { kind: 'text', text: 'hola' }],
    [
      'a pressed button',
      {
        type: 'interactive',
        interactive: { type: 'button_reply', button_reply: { id: '7b:menu', title: 'Menú' } },
      },
      { kind: 'choice', choice: 'menu', turn: 263 },
    ],
    [
      'a picked row',
      {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: { id: '0:tema:costo', title: 'Costo' } },
      },
      { kind: 'choice', choice: 'tema:costo', turn: 0 },
    ],
    [
      "another program's button",
      {
        type: 'interactive',
        interactive: { type: 'button_reply', button_reply: { id: 'X1', title: 'Menú' } },
      },
      { kind: 'text', text: 'Menú' },
    ],
    [
      "a template's quick reply",
      { type: 'button', button: { text: 'Sí', payload: 'p' } },
      { kind: 'text', text: 'Sí' },
    ],
    [
      'a form',
      { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: {} } },
      { kind: 'file', file: 'other' },
    ],
    ['a photo', { type: 'image', image: { id: '1' } }, { kind: 'file', file: 'photo' }],
    [
      'a photo with a question',
      { type: 'image', image: { id: '1', caption: '¿así?' } },
      { kind: 'text', text: '¿así?', beside: true },
    ],
    [
      'a forwarded photo with a question',
      { type: 'image', image: { id: '1', caption: '¿así?' }, context: { forwarded: true } },
      { kind: 'text', text: '¿así?', beside: true, how: 'forwarded' },
    ],
    [
      'a photo with no words',
      { type: 'image', image: { id: '1', caption: '' } },
      { kind: 'file', file: 'photo' },
    ],
    ['a video', { type: 'video', video: { id: '1' } }, { kind: 'file', file: 'photo' }],
    ['a voice', { type: 'audio', audio: { id: '1', voice: true } }, { kind: 'file', file: 'voice' }],
    [
      'a document',
      { type: 'document', document: { id: '1', filename: 'CURP.pdf' } },
      { kind: 'file', file: 'document' },
    ],
    [
      'a document with a question',
      { type: 'document', document: { id: '1', caption: '¿este?' } },
      { kind: 'text', text: '¿este?', beside: true },
    ],
    ['a sticker', { type: 'sticker', sticker: { id: '1' } }, { kind: 'file', file: 'sticker' }],
    ['a place', { type: 'location', location: { latitude: 1 } }, { kind: 'file', file: 'other' }],
    ['a contact', { type: 'contacts', contacts: [] }, { kind: 'file', file: 'other' }],
    ['an order', { type: 'order', order: {} }, { kind: 'file', file: 'other' }],
    [
      'a poll',
      { type: 'unsupported', unsupported: { type: 'poll_creation' } },
      { kind: 'file', file: 'other' },
    ],
    [
      'a text written over',
      {
        type: 'edit',
        edit: { original_message_id: 'wamid.x', message: { type: 'text', text: { body: 'adiós' } } },
      },
      { kind: 'text', text: 'adiós', how: 'edited' },
    ],
    ['a reaction', { type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '👍' } }, undefined],
    ['a change of number', { type: 'system', system: { body: 'x', type: 'user_changed_number' } }, undefined],
    ['a text taken back', { type: 'revoke', revoke: { original_message_id: 'wamid.x' } }, undefined],
    ['a first look', { type: 'request_welcome' }, undefined],
    ['a kind of tomorrow', { type: 'hologram', hologram: {} }, undefined],
    ['a kind that is a property of every object', { type: 'constructor' }, undefined],
    ['a text in a group', { ...said, group_id: 'Y2FwaV9ncm91cDo' }, undefined],
  ])('%s', (_, message, body) => {
    expect(bodyOf(message)).toEqual(body)
  })

  test('is kept and comes back as it was', () => {
    const kinds = [
      said,
      { type: 'image', image: { caption: 'a' }, context: { forwarded: true } },
      { type: 'sticker' },
    ]
    for (const kind of kinds) {
      const [message] = readAll([{ ...common, ...kind }]).messages
      expect(KeptMessage.parse(JSON.parse(JSON.stringify(message)))).toEqual(message)
    }
  })

  test.each([
    ['a minute ago', String(seconds - 60), seconds - 60],
    ['a number', seconds - 60, seconds - 60],
    ['6 days ago, redelivered', String(seconds - 6 * 86_400), seconds - 6 * 86_400],
    ['in the future', String(seconds + 1), seconds],
    ['in milliseconds', String(now.getTime()), seconds],
    ['1970', '0', seconds],
    ['no number', 'ayer', seconds],
  ])('of %s is told at its moment, or now', (_, timestamp, at) => {
    expect(readAll([{ ...common, ...said, timestamp }]).messages[0]?.at).toEqual(new Date(at * 1000))
  })

  test('of more than 8 days ago is played back, not said', () => {
    const old = { ...common, ...said, timestamp: String(seconds - 9 * 86_400) }
    expect(readAll([old])).toMatchObject({ messages: [], unreadable: 0 })
  })
})

describe('who wrote', () => {
  const personOf = (message: object, contacts: unknown) =>
    readAll([{ ...said, id: wamid, timestamp: String(seconds), ...message }], { contacts }).messages[0]
      ?.person

  test.each([
    ['by phone, before there were BSUIDs', { from: phone }, [{ wa_id: phone }], { phone }],
    ['by both', { from: phone, from_user_id: user }, [{ wa_id: phone, user_id: user }], { phone, user }],
    ['by BSUID alone', { from_user_id: user }, [{ user_id: user }], { user }],
    [
      'by a BSUID that only the contact tells',
      { from: phone },
      [{ wa_id: phone, user_id: user }],
      { phone, user },
    ],
    [
      'by a phone that only the contact tells',
      { from_user_id: user },
      [{ wa_id: phone, user_id: user }],
      { phone, user },
    ],
    ['where only the contact tells anything', {}, [{ wa_id: phone, user_id: user }], { phone, user }],
    ['where the BSUID stands for the phone', { from: user }, [{ wa_id: user }], { user }],
    ['without contacts', { from: phone, from_user_id: user }, undefined, { phone, user }],
    ['with contacts of no form', { from: phone }, ['x', null, 7, { wa_id: 5 }], { phone }],
    ['with a plus', { from: `+${phone}` }, [], { phone }],
    ['by the BSUID of several businesses', { from_user_id: 'MX.ENT.118' }, [], { user: 'MX.ENT.118' }],
    ['nobody', {}, [{ wa_id: '1' }, { wa_id: '2' }], undefined],
    ['somebody of no form', { from: 'Ana', from_user_id: '7' }, [], undefined],
  ])('is known %s', (_, message, contacts, person) => {
    expect(personOf(message, contacts)).toEqual(person)
  })

  test('that we cannot read is counted', () => {
    expect(readAll([{ ...common, ...said, from: 'mx-user', from_user_id: undefined }])).toMatchObject({
      messages: [],
      unreadable: 1,
    })
  })

  test('is told apart in one POST', () => {
    const people = Array.from({ length: 50 }, (_, i) => ({
      wa_id: `52155000000${10 + i}`,
      user_id: `MX.${i}`,
    }))
    const messages = people.map(({ wa_id: from }, i) => ({
      ...said,
      id: `w${i}`,
      timestamp: String(seconds),
      from,
    }))
    const read = readAll(messages, { contacts: people.toReversed() }).messages
    expect(read.map(({ person }) => person)).toEqual(
      people.map(({ wa_id: phone, user_id: user }) => ({ phone, user })),
    )
  })
})

describe('a status', () => {
  const status = { id: wamid, recipient_id: phone, timestamp: String(seconds - 5) }
  const receiptsOf = (...statuses: unknown[]) => readAll(undefined, { statuses }).receipts

  test.each([
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
    ['played', 'read'],
  ])('%s is told as %s', (given, state) => {
    expect(receiptsOf({ ...status, status: given })).toEqual([
      { channel: 'whatsapp-cloud', id: idOf(wamid), at: new Date((seconds - 5) * 1000), state },
    ])
  })

  test.each([
    [131026, 'unreachable'],
    [131047, 'rejected'],
    [131042, 'misconfigured'],
    [131000, 'retry'],
    [undefined, 'rejected'],
  ])('failed with %s is %s', (code, kind) => {
    const errors =
      code === undefined ? [] : [{ code, title: 'T', message: 'M', error_data: { details: phone } }]
    const [receipt] = receiptsOf({ ...status, status: 'failed', errors })
    expect(receipt).toMatchObject({ state: 'failed', refusal: { kind } })
    expect(receipt?.refusal?.message).not.toContain(phone)
  })

  test.each(['deleted', 'warning', 'pending', 'constructor'])('%s is left alone', given => {
    expect(receiptsOf({ ...status, status: given })).toEqual([])
  })

  test('holds neither the phone nor the name that the phone can be read from', () => {
    const told = JSON.stringify(receiptsOf({ ...status, status: 'read' }))
    expect(told).not.toContain(phone)
    expect(told).not.toContain(wamid.slice(6, 30))
    expect(idOf(wamid)).toMatch(/^[\w-]{27}$/)
    expect(idOf(wamid)).not.toBe(idOf(`${wamid}=`))
  })
})

describe('in one POST', () => {
  test('all entries, changes, messages and statuses are read', () => {
    const value = (n: number) => ({
      metadata,
      contacts,
      messages: [0, 1].map(i => ({ ...common, ...said, id: `m${n}${i}` })),
      statuses: [{ id: `s${n}`, status: 'sent', timestamp: '1' }],
    })
    const change = (n: number) => ({ field: 'messages', value: value(n) })
    const posted = { entry: [{ changes: [change(1), change(2)] }, { changes: [change(3)] }] }
    const { messages, receipts } = read(posted, phoneId, now)
    expect(messages.map(({ wamid }) => wamid)).toEqual(['m10', 'm11', 'm20', 'm21', 'm30', 'm31'])
    expect(receipts.map(({ id }) => id)).toEqual(['s1', 's2', 's3'].map(idOf))
  })

  test('what is for another number, or another field, is left alone', () => {
    const messages = [{ ...common, ...said }]
    const others = { ...metadata, phone_number_id: '7' }
    expect(read(post({ metadata: others, contacts, messages }), phoneId, now).messages).toEqual([])
    expect(read(post({ metadata, contacts, messages }, 'smb_message_echoes'), phoneId, now).messages).toEqual(
      [],
    )
    expect(read(post({ metadata, contacts, messages }), phoneId, now).messages).toHaveLength(1)
  })

  const junk = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(
      { ...common, type: 'text', text: 'hola' },
      { ...common, type: 'text', text: { body: 7 } },
      { ...common, type: 7 },
      { ...common, ...said, id: undefined },
      { ...common, ...said, timestamp: {} },
      { ...common, type: 'interactive', interactive: { button_reply: { id: 7 } } },
    ),
  )

  test('messages and statuses that cannot be read are counted and cost no other', () => {
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 5 }), fc.array(junk, { maxLength: 5 }), (before, after) => {
        const good = { ...common, ...said, id: 'good' }
        const sent = { id: 'sent', status: 'read', timestamp: '1' }
        const both = readAll([...before, good, ...after], { statuses: [...after, sent, ...before] })
        expect(both.messages.map(({ wamid }) => wamid)).toContain('good')
        expect(both.receipts.map(({ id }) => id)).toContain(idOf('sent'))
        expect(both.unreadable).toBeLessThanOrEqual(2 * (before.length + after.length))
      }),
      { seed, numRuns: inputs },
    )
    expect(readAll([null, { ...common, ...said }, {}]).unreadable).toBe(2)
  })

  test('whatever is posted, nothing is thrown', () => {
    const any = fc.jsonValue({ maxDepth: 4 })
    const value = fc.record({ metadata: fc.constant(metadata), contacts: any, messages: any, statuses: any })
    fc.assert(
      fc.property(
        fc.oneof(
          any,
          value.map(it => post(it)),
          fc.record({ entry: any }),
        ),
        posted => {
          read(posted, phoneId, now)
        },
      ),
      { seed, numRuns: inputs },
    )
  })
})
