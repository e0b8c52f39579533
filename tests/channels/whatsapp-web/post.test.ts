/** What became of a message on its way to WhatsApp, in each way in which that can go wrong. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Client } from 'whatsapp-web.js'
import { SendError } from '../../../src/channels/channel.ts'
import { Acks } from '../../../src/channels/whatsapp-web/acks.ts'
import { type PostParts, sendPost } from '../../../src/channels/whatsapp-web/post.ts'
import { TooLate } from '../../../src/channels/whatsapp-web/within.ts'
import type { Outgoing } from '../../../src/message.ts'

const chat = '5215511111111@c.us'
const id = `true_${chat}_3EB0`

interface Page {
  /** What `sendMessage` does: an id, nothing, or an error. */
  readonly gives?: string | Error
  /** The ack that the page has of it; undefined: it has no such message. */
  readonly ack?: number
  /** What WhatsApp tells while one waits. */
  readonly tells?: number
}

const sent: { content: unknown; options: Record<string, unknown> }[] = []

/** The client before the session is started anew, and the one after it, if there is one. */
function open(...pages: Page[]) {
  sent.length = 0
  const acks = new Acks()
  const written = { id: { _serialized: id }, body: '', rawData: {}, timestamp: 0 }
  const clients = pages.map(({ gives, ack, tells }) => ({
    sendMessage: async (_: string, content: string, options: Record<string, unknown>) => {
      sent.push({ content, options })
      written.body = content
      written.timestamp = Math.floor(Date.now() / 1000)
      if (tells !== undefined) void sleep(30).then(() => acks.note(id, tells))
      if (gives instanceof Error) throw gives
      return gives === undefined ? undefined : { id: { _serialized: gives } }
    },
    getMessageById: async () => (ack === undefined ? null : { ack }),
    getChatById: async () => ({ fetchMessages: async () => (ack === undefined ? [] : [written]) }),
  }))
  const givenUp: string[] = []
  const session: PostParts['session'] = {
    connected: async () => clients[givenUp.length] as unknown as Client | undefined,
    giveUp: (_, reason) => givenUp.push(reason),
    isAlive: () => true,
  }
  const parts = { session, acks, log: { warn: () => {} }, ackMs: 150 }
  const send = (message: Outgoing, unasked = false) =>
    sendPost(parts, chat, { to: '', message, turn: 1, unasked, heardAt: new Date() })
  return { givenUp, send }
}

const outcomeOf = (sending: Promise<string>) =>
  sending.catch(error => (error instanceof SendError ? error.kind : error))

test.each([
  ['is acknowledged', [{ gives: id, tells: 1 }], '3EB0', 0],
  ['is acknowledged, as only the page knows', [{ gives: id, ack: 1 }], '3EB0', 0],
  ['is given no id by the page, but is there', [{ ack: 2 }], '3EB0', 0],
  ['breaks the page when it is sent already', [{ gives: new Error('Target closed'), ack: 1 }], '3EB0', 0],
  ['is not taken by the page', [{ gives: new Error('boom') }], 'retry', 0],
  ['is refused', [{ gives: id, tells: -1 }], 'rejected', 0],
  ['is refused, as only the page knows', [{ gives: id, ack: -1 }], 'rejected', 0],
  [
    'is to somebody whom the page does not know though they wrote',
    [{ gives: new Error('No LID for user') }],
    'retry',
    0,
  ],
  [
    'is in a page that takes too long, and was sent',
    [{ gives: new TooLate('late'), ack: 1 }, { ack: 1 }],
    '3EB0',
    1,
  ],
  ['is in a page that takes too long, and never was', [{ gives: new TooLate('late') }, {}], 'retry', 1],
  ['is not acknowledged, and gone after a new start', [{ gives: id, ack: 0 }, {}], 'retry', 1],
  ['is not acknowledged, but had arrived', [{ gives: id, ack: 0 }, { ack: 1 }], '3EB0', 1],
  ['is not acknowledged after a new start either', [{ gives: id, ack: 0 }, { ack: 0 }], 'uncertain', 1],
  ['is not acknowledged, and no session comes back', [{ gives: id, ack: 0 }], 'uncertain', 1],
  ['finds no connection', [], 'retry', 0],
])('a message that %s', async (_, pages: Page[], outcome, starts) => {
  const { send, givenUp } = open(...pages)
  expect(await outcomeOf(send({ text: 'hola' }))).toBe(outcome)
  expect(givenUp).toHaveLength(starts)
})

test('unasked, to somebody without WhatsApp, will never be had', async () => {
  const { send } = open({ gives: new Error('No LID for user') })
  expect(await outcomeOf(send({ text: 'aviso' }, true))).toBe('unreachable')
})

test('one message is not taken for another that says the same', async () => {
  const { send } = open({ ack: 1 })
  expect(await outcomeOf(send({ text: 'hola' }))).toBe('3EB0')
  expect(await outcomeOf(send({ text: 'hola' }))).toBe('retry')
})

test('without a connection nothing is to be sent to anybody for a while', async () => {
  const { send } = open()
  await expect(send({ text: 'hola' })).rejects.toMatchObject({ kind: 'retry', pauseMs: 5000 })
})

describe('a reply is shown', () => {
  const show = async (message: Outgoing) => {
    await open({ gives: id, tells: 1 }).send(message)
    return sent[0]
  }
  const choices = ['Alta', 'Baja'].map(label => ({ id: label, label }))

  test('as a text, marking nothing as read and asking for no preview', async () => {
    const shown = await show({ text: 'mira https://www.gob.mx' })
    expect(shown?.content).toBe('mira https://www.gob.mx')
    expect(shown?.options).toEqual({ sendSeen: false, linkPreview: false, parseVCards: false })
  })

  test('as a poll of one answer where there is something to choose', async () => {
    const shown = await show({ text: '¿Qué trámite?\n', choices })
    expect(shown?.content).toMatchObject({
      pollName: '¿Qué trámite?',
      pollOptions: [{ name: '1. Alta' }, { name: '2. Baja' }],
      options: { allowMultipleAnswers: false },
    })
  })

  test('as a text where there is only one thing to choose: that is no poll', async () => {
    const shown = await show({ text: 'Listo.', choices: choices.slice(0, 1) })
    expect(shown?.content).toBe('Listo.\n\n1. Alta')
  })

  test('as a document with all that is said and can be chosen', async () => {
    const file = { name: 'fechas.ics', type: 'text/calendar', data: btoa('BEGIN') }
    const shown = await show({ text: 'Tus fechas', choices, file })
    expect(shown?.content).toMatchObject({ mimetype: 'text/calendar', filename: 'fechas.ics' })
    expect(shown?.options).toMatchObject({
      caption: 'Tus fechas\n\n1. Alta\n2. Baja',
      sendMediaAsDocument: true,
    })
  })
})
