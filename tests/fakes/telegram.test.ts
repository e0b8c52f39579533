/** The fake Telegram keeps the published rules: asked with plain fetch, and by grammY, which must understand what it refuses. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { Api, Bot, GrammyError, HttpError } from 'grammy'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HtmlError, parseHtml } from './telegram/html.ts'
import { Rates } from './telegram/rates.ts'
import { type FakeTelegram, startFakeTelegram, type Update } from './telegram.ts'

const seed = 20261122

let telegram: FakeTelegram
const closing: (() => unknown)[] = []

beforeEach(async () => {
  telegram = await startFakeTelegram()
})

afterEach(async () => {
  await telegram.close()
  for (const close of closing.splice(0)) await close()
})

interface Answer {
  readonly status: number
  readonly ok: boolean
  // biome-ignore lint/suspicious/noExplicitAny: what the platform answers differs by method.
  readonly result?: any
  readonly error_code?: number
  readonly description?: string
  readonly parameters?: unknown
}

async function call(method: string, payload: object = {}, token = telegram.token): Promise<Answer> {
  return ask(`/bot${token}/${method}`, JSON.stringify(payload))
}

async function ask(
  path: string,
  body: string | Uint8Array<ArrayBuffer> | null,
  type = 'application/json',
): Promise<Answer> {
  const headers = { 'content-type': type }
  const response = await fetch(telegram.root + path, { method: 'POST', headers, body })
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) }
}

async function refusal(method: string, payload: object): Promise<string> {
  const { status, ok, error_code, description } = await call(method, payload)
  expect([ok, error_code]).toEqual([false, status])
  return `${status} ${description}`
}

const ids = (answer: Answer) => (answer.result as Update[]).map(update => update.update_id)
const send = (chat_id: number, text: string, more: object = {}) =>
  call('sendMessage', { chat_id, text, ...more })
const html = (text: string) => send(7, text, { parse_mode: 'HTML' })
const keyboard = (...rows: object[][]) => ({ reply_markup: { inline_keyboard: rows } })
const button = (text: string, callback_data = 'x') => ({ text, callback_data })

describe('the door', () => {
  test('a method is found whatever its case, and an unknown one is not', async () => {
    expect((await call('GETme')).result).toMatchObject({ is_bot: true, username: 'vigente_prueba_bot' })
    for (const method of ['sendRose', 'toString', 'constructor'])
      expect(await refusal(method, {})).toBe('404 Not Found: method not found')
  })

  test('a wrong token is unauthorized, a revoked one too, and what is no token is not found', async () => {
    const wrong = `42:${'B'.repeat(35)}`
    expect(await call('getMe', {}, wrong)).toMatchObject({ status: 401, description: 'Unauthorized' })
    expect(await call('getMe', {}, 'none')).toMatchObject({ status: 404, description: 'Not Found' })
    telegram.revoke()
    expect(await call('getMe')).toMatchObject({ status: 401, error_code: 401, description: 'Unauthorized' })
  })

  test('arguments come as JSON, as a form or in the address; junk and broken UTF-8 are refused', async () => {
    telegram.write(7, 'hola')
    const path = `/bot${telegram.token}/sendMessage`
    const form = await ask(path, 'chat_id=7&text=uno', 'application/x-www-form-urlencoded')
    const query = await ask(`${path}?chat_id=7&text=dos`, null)
    expect([form.result.text, query.result.text]).toEqual(['uno', 'dos'])
    expect(await ask(path, '{"chat_id":')).toMatchObject({
      status: 400,
      description: 'Bad Request: JSON object expected',
    })
    expect(await ask(path, '--x--', 'multipart/form-data; boundary=x')).toMatchObject({ status: 400 })
    const broken = Buffer.concat([
      Buffer.from('{"chat_id":7,"text":"'),
      Buffer.from([0xc3]),
      Buffer.from('"}'),
    ])
    expect((await ask(path, broken)).description).toBe('Bad Request: strings must be encoded in UTF-8')
    expect(telegram.calls.map(made => made.answered)).toEqual(['ok', 'ok', 400, 400, 400])
  })
})

describe('sendDocument', () => {
  async function document(fields: Readonly<Record<string, string>>, file: string | null = 'BEGIN:VCALENDAR') {
    const form = new FormData()
    for (const [name, value] of Object.entries({ chat_id: '7', document: 'attach://parte', ...fields }))
      form.set(name, value)
    if (file !== null) form.set('parte', new File([file], 'dias.ics', { type: 'text/calendar' }))
    const encoded = new Response(form)
    const body = Buffer.from(await encoded.arrayBuffer())
    const path = `/bot${telegram.token}/sendDocument`
    return ask(path, body, encoded.headers.get('content-type') ?? '')
  }

  test('a file is kept with its caption and its buttons', async () => {
    telegram.write(7, 'hola')
    const markup = JSON.stringify({ inline_keyboard: [[button('Sí')]] })
    const { result } = await document({ caption: '<b>Sí</b>', parse_mode: 'HTML', reply_markup: markup })
    expect(result).toMatchObject({ caption: 'Sí', document: { file_name: 'dias.ics' } })
    expect(telegram.messages(7)).toMatchObject([
      {
        text: 'Sí',
        file: { name: 'dias.ics', type: 'text/calendar', text: 'BEGIN:VCALENDAR' },
        keyboard: [[{}]],
      },
    ])
  })

  test('a caption has 1024 characters and may be missing; a file is there and holds something', async () => {
    telegram.write(7, 'hola')
    const refused = async (...given: Parameters<typeof document>) => (await document(...given)).description
    expect((await document({ caption: 'a'.repeat(1024) })).status).toBe(200)
    expect((await document({})).status).toBe(200)
    expect(await refused({ caption: 'a'.repeat(1025) })).toBe('Bad Request: message caption is too long')
    expect(await refused({}, null)).toBe('Bad Request: there is no document in the request')
    expect(await refused({}, '')).toBe('Bad Request: file must be non-empty')
    expect(await refused({ chat_id: '8' })).toBe('Bad Request: chat not found')
  })

  test('has no text that could be edited', async () => {
    telegram.write(7, 'hola')
    const { result } = await document({ caption: 'uno' })
    expect(await refusal('editMessageText', { chat_id: 7, message_id: result.message_id, text: 'dos' })).toBe(
      '400 Bad Request: there is no text in the message to edit',
    )
  })
})

describe('sendMessage', () => {
  test('a message is kept as the person sees it', async () => {
    telegram.write(7, 'hola')
    const { result } = await html('  <b>«Sí»</b> &lt;1&gt; ')
    expect(result).toMatchObject({
      message_id: 2,
      text: '«Sí» <1>',
      entities: [{ type: 'bold', offset: 0, length: 4 }],
      chat: { id: 7, type: 'private' },
    })
    expect(telegram.messages(7)).toEqual([
      { message_id: 2, text: '«Sí» <1>', html: '  <b>«Sí»</b> &lt;1&gt; ', keyboard: [], edits: 0 },
    ])
    expect(telegram.messages(8)).toEqual([])
  })

  test('only who wrote first is written to, and who is not to be had is told apart', async () => {
    expect(await refusal('sendMessage', { chat_id: 7, text: 'a' })).toBe('400 Bad Request: chat not found')
    expect(await refusal('sendMessage', { text: 'a' })).toBe('400 Bad Request: chat_id is empty')
    telegram.write(7, 'en el grupo', { chat: { id: -5, type: 'group', title: 'Primer semestre' } })
    expect((await send(-5, 'a')).result.chat).toEqual({ id: -5, type: 'group', title: 'Primer semestre' })
    expect(await refusal('sendMessage', { chat_id: 7, text: 'a' })).toBe(
      "403 Forbidden: bot can't initiate conversation with a user",
    )
    telegram.write(7, 'en privado')
    expect((await send(7, 'a')).ok).toBe(true)
    telegram.block(7)
    for (const method of ['sendMessage', 'sendChatAction'])
      expect(await refusal(method, { chat_id: 7, text: 'a', action: 'typing' })).toBe(
        '403 Forbidden: bot was blocked by the user',
      )
    telegram.unblock(7)
    expect((await send(7, 'a')).ok).toBe(true)
    telegram.block(7)
    telegram.write(7, 'otra vez')
    expect((await send(7, 'a')).ok).toBe(true)
    telegram.deactivate(7)
    expect(await refusal('sendMessage', { chat_id: 7, text: 'a' })).toBe('403 Forbidden: user is deactivated')
    telegram.block(-5)
    expect(await refusal('sendMessage', { chat_id: -5, text: 'a' })).toBe(
      '403 Forbidden: bot was kicked from the group chat',
    )
  })

  test('a group that became a supergroup says where it went, and both tell it', async () => {
    telegram.write(7, 'hola', { chat: { id: -5, type: 'group' } })
    telegram.migrate(-5, -1_000_000_000_005)
    expect(await send(-5, 'a')).toEqual({
      status: 400,
      ok: false,
      error_code: 400,
      description: 'Bad Request: group chat was upgraded to a supergroup chat',
      parameters: { migrate_to_chat_id: -1_000_000_000_005 },
    })
    expect((await send(-1_000_000_000_005, 'a')).result).toMatchObject({
      chat: { type: 'supergroup' },
      message_id: 2,
    })
    const { result } = await call('getUpdates')
    expect(result.slice(1)).toMatchObject([
      { message: { chat: { id: -5 }, migrate_to_chat_id: -1_000_000_000_005 } },
      { message: { chat: { id: -1_000_000_000_005 }, migrate_from_chat_id: -5 } },
    ])
  })

  test('a text has 1 to 4096 characters once it is read', async () => {
    telegram.write(7, 'hola')
    expect(await refusal('sendMessage', { chat_id: 7, text: '' })).toBe(
      '400 Bad Request: message text is empty',
    )
    for (const blank of [' ', '\n \n', '\u200b', '\ufeff\u00a0', '<b> </b>', '\u2800', '\r', '\t'])
      expect((await html(blank)).description, JSON.stringify(blank)).toBe(
        'Bad Request: text must be non-empty',
      )
    expect((await html(`<b>${'&amp;'.repeat(4096)}</b>`)).result.text).toHaveLength(4096)
    expect((await html(`  ${'ñ'.repeat(4096)}\n`)).result.text).toHaveLength(4096)
    expect((await html('ñ'.repeat(4097))).description).toBe('Bad Request: message is too long')
    expect((await html('🏟'.repeat(2048))).ok).toBe(true)
    expect((await html(`${'🏟'.repeat(2048)}.`)).description).toBe('Bad Request: message is too long')
    expect((await html('&amp;'.repeat(7000))).description).toBe('Bad Request: text is too long')
    expect((await send(7, 'a\ud83c')).description).toBe('Bad Request: strings must be encoded in UTF-8')
    expect((await send(7, 'a', { parse_mode: 'HTLM' })).description).toBe(
      'Bad Request: unsupported parse_mode',
    )
  })

  test('what is never shown is taken out, and what is marked moves with it', async () => {
    telegram.write(7, 'hola')
    const { result } = await html('\r\n a\tb\u202ec <i>\r d\u030a </i>\n')
    expect(result).toMatchObject({ text: 'a bc  d', entities: [{ type: 'italic', offset: 5, length: 2 }] })
  })

  test('a reply is to a message that is there', async () => {
    telegram.write(7, 'hola')
    expect(
      (await send(7, 'a', { reply_parameters: { message_id: 1 } })).result.reply_to_message.message_id,
    ).toBe(1)
    expect((await send(7, 'a', { reply_parameters: { message_id: 2 } })).ok).toBe(true)
    expect(telegram.messages(7).map(sent => sent.replyTo)).toEqual([1, 2])
    expect(
      await refusal('sendMessage', { chat_id: 7, text: 'a', reply_parameters: { message_id: 99 } }),
    ).toBe('400 Bad Request: message to be replied not found')
    const anyway = { reply_parameters: { message_id: 99, allow_sending_without_reply: true } }
    expect((await send(7, 'a', anyway)).result.reply_to_message).toBeUndefined()
  })

  test('a button has a text, one action, and at most 64 bytes of data', async () => {
    telegram.write(7, 'hola')
    const told = async (...rows: object[][]) => (await send(7, 'a', keyboard(...rows))).description
    expect(
      await told([button('Sí', 'x'.repeat(64))], [{ text: 'IPN', url: 'https://www.ipn.mx/' }]),
    ).toBeUndefined()
    expect(await told([button('a', `${'ñ'.repeat(32)}x`)])).toBe('Bad Request: BUTTON_DATA_INVALID')
    expect(await told([button(' ')])).toBe('Bad Request: inline keyboard button text must be non-empty')
    expect(await told([{ text: 'a' }])).toContain('Text buttons are unallowed in the inline keyboard')
    expect(await told([{ text: 'a', callback_data: '' }])).toContain('Text buttons are unallowed')
    expect(await told([{ text: 'a', callback_data: 'b', url: 'https://ipn.mx' }])).toContain(
      'Exactly one action',
    )
    expect(await told([{ text: 'a', url: 'nowhere' }])).toContain("URL 'nowhere' is invalid")
    expect(await told(Array.from({ length: 9 }, () => button('a')))).toBe(
      'Bad Request: reply markup is too long',
    )
    const rows = (count: number) => Array.from({ length: count }, () => [button('a')])
    expect(await told(...rows(100))).toBeUndefined()
    expect(await told(...rows(101))).toBe('Bad Request: reply markup is too long')
    expect((await send(7, 'a', { reply_markup: '{' })).description).toContain(
      "can't parse reply keyboard markup",
    )
    expect((await send(7, 'a', { reply_markup: '{"inline_keyboard":[]}' })).ok).toBe(true)
    expect(telegram.messages(7)[0]?.keyboard).toEqual([
      [button('Sí', 'x'.repeat(64))],
      [{ text: 'IPN', url: 'https://www.ipn.mx/' }],
    ])
  })
})

describe('the rates', () => {
  const people = Array.from({ length: 40 }, (_, at) => 100 + at)
  let nowMs = 0
  beforeEach(async () => {
    await telegram.close()
    // It stands still: how long the calls take is up to the machine.
    nowMs = 0
    telegram = await startFakeTelegram({ nowMs: () => nowMs })
    for (const person of people) telegram.write(person, 'hola')
  })

  test('nothing is too much until they are switched on', async () => {
    const sent = await Promise.all(people.map(person => send(person, 'a')))
    expect(sent.every(({ ok }) => ok)).toBe(true)
    expect(telegram.excess).toEqual([])
  })

  test('of 40 messages at once 30 are taken, and 30 more a second after the first', async () => {
    telegram.rates = true
    const [first, second] = [
      await Promise.all(people.map(person => send(person, 'a'))),
      telegram.excess.length,
    ]
    expect(first.filter(({ ok }) => ok)).toHaveLength(30)
    expect(first.find(({ ok }) => !ok)).toEqual({
      status: 429,
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 1',
      parameters: { retry_after: 1 },
    })
    expect(second).toBe(10)
    nowMs = 999
    expect((await send(100, 'b')).ok).toBe(false)
    nowMs = 1_000
    expect((await send(100, 'b')).ok).toBe(true)
    const taken = people.flatMap(person => telegram.messages(person)).length
    expect(taken).toBe(31)
  })

  test('a document counts; an edit, an answer to a press, typing and what is refused by order do not', async () => {
    const { result } = await send(100, 'a')
    telegram.rates = true
    telegram.trouble = ({ payload }) =>
      payload.text === 'refused' ? { status: 429, retryAfter: 1 } : undefined
    for (let at = 0; at < 40; at++) {
      await call('editMessageText', { chat_id: 100, message_id: result.message_id, text: `b${at}` })
      await call('sendChatAction', { chat_id: 100, action: 'typing' })
      await send(100, 'refused')
    }
    expect(telegram.excess).toEqual([])
    const form = new FormData()
    const fields = { chat_id: '100', document: 'attach://parte' }
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('parte', new File(['BEGIN:VCALENDAR'], 'dias.ics'))
    const encoded = new Response(form)
    const body = Buffer.from(await encoded.arrayBuffer())
    const type = encoded.headers.get('content-type') ?? ''
    for (let at = 0; at < 21; at++) await ask(`/bot${telegram.token}/sendDocument`, body, type)
    expect(telegram.excess).toMatchObject([{ of: 'chat', to: '100' }])
  })

  test('in any second no more than 30 are taken, whenever they come', () => {
    const waits = fc.array(fc.oneof(fc.nat(30), fc.nat(30), fc.nat(60)), { minLength: 200 })
    let refused = 0
    fc.assert(
      fc.property(waits, all => {
        const rates = new Rates()
        const taken: number[] = []
        let atMs = 0
        for (const [n, waitMs] of all.entries()) {
          atMs += waitMs
          const before = rates.excess.length
          try {
            rates.spend(`${n}`, atMs)
          } catch {
            refused++
          }
          if (rates.excess.length === before) taken.push(atMs)
          // Whoever waits as long as it is told is taken.
          else expect(taken.filter(ms => ms > atMs - 1_000)).toHaveLength(30)
        }
        for (const [n, fromMs] of taken.entries())
          expect((taken[n + 30] ?? Infinity) - fromMs).toBeGreaterThanOrEqual(1_000)
      }),
      { seed, numRuns: 100 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test('one chat takes 20 at once, then one a second, and says for how long it is enough', () => {
    const rates = new Rates()
    const spend = (atMs: number) => {
      try {
        rates.spend('7', atMs)
        return 'ok'
      } catch (refusal) {
        return (refusal as { readonly parameters: { readonly retry_after: number } }).parameters.retry_after
      }
    }
    for (let at = 0; at < 20; at++) expect(spend(0)).toBe('ok')
    expect([
      spend(0),
      spend(999),
      spend(1_000),
      spend(1_000),
      spend(3_000),
      spend(3_000),
      spend(3_000),
    ]).toEqual([1, 1, 'ok', 1, 'ok', 'ok', 1])
    expect(rates.excess.map(({ of }) => of)).toEqual(Array(4).fill('chat'))
  })
})

describe('HTML', () => {
  const refused: readonly [html: string, why: string][] = [
    ['<b>ñ', `Can't find end tag corresponding to start tag "b"`],
    ['ñ<b>a</i>', 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'],
    ['ñ</b>', 'Unexpected end tag at byte offset 2'],
    ['1 < 2', 'Unsupported start tag "" at byte offset 2'],
    ['<br>', 'Unsupported start tag "br" at byte offset 0'],
    ['a<p>b</p>', 'Unsupported start tag "p" at byte offset 1'],
    ['<b', 'Unclosed start tag at byte offset 0'],
    ['<b>a</b', 'Unclosed end tag at byte offset 4'],
    ['<a href="x>a</a>', 'Unclosed start tag at byte offset 0'],
    ['<a href=a/b>c</a>', 'Unexpected end of name token at byte offset 8'],
    ['<span>a</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['<tg-emoji emoji-id="0">a</tg-emoji>', 'Invalid custom emoji identifier specified'],
  ]

  test.each(refused)('%s is refused as the platform does', async (text, why) => {
    telegram.write(7, 'hola')
    expect((await html(text)).description).toBe(`Bad Request: can't parse entities: ${why}`)
  })

  test('the tags of the published list are known, and four entities besides numbers', () => {
    const { text, entities } = parseHtml(
      '<B>b</b><em>i</em><ins>u</ins><del>s</del><tg-spoiler>x</tg-spoiler><code>c</code><pre>p</pre>' +
        '<blockquote expandable>q</blockquote><a href="https://ipn.mx/?a&amp;b">l</a>' +
        '&lt;&gt;&amp;&quot;&#241;&#xF1;&nbsp;&apos;&',
    )
    expect(text).toBe('biusxcpql<>&"ññ&nbsp;&apos;&')
    expect(entities.map(entity => entity.type).join()).toBe(
      'bold,italic,underline,strikethrough,spoiler,code,pre,expandable_blockquote,text_link',
    )
    expect(entities.at(-1)).toEqual({ type: 'text_link', offset: 8, length: 1, url: 'https://ipn.mx/?a&b' })
  })

  test('a text that is escaped comes through whole, marked or not', () => {
    const escaped = (text: string) =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('<', '>', '&', ';', 'amp;', '/b', '«'),
        fc.constant('ñ'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 40,
    })
    fc.assert(
      fc.property(text, text, (plain, marked) => {
        const read = parseHtml(`${escaped(plain)}<b>${escaped(marked)}</b>`)
        expect(read.text).toBe(plain + marked)
        expect(read.entities).toEqual(
          marked ? [{ type: 'bold', offset: plain.length, length: marked.length }] : [],
        )
      }),
      { seed, numRuns: 1_000 },
    )
  })

  test('whatever is sent is read or refused, never a fault of the fake', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'b',
      'a',
      ' ',
      'href',
      '=',
      '"',
      "'",
      '&',
      '#',
      'x',
      '1',
      ';',
      'lt',
      'ñ',
      '🏟',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
        try {
          const { text, entities } = parseHtml(pieces.join(''))
          for (const { offset, length } of entities) expect(offset + length).toBeLessThanOrEqual(text.length)
        } catch (error) {
          expect(error).toBeInstanceOf(HtmlError)
        }
      }),
      { seed, numRuns: 5_000 },
    )
  })
})

describe('edits and presses', () => {
  test('a message of the bot changes in place, and not to what it is', async () => {
    telegram.write(7, 'hola')
    const { message_id } = (await send(7, '<b>a</b>', { parse_mode: 'HTML', ...keyboard([button('b')]) }))
      .result
    const edit = (text: string, more: object = {}) =>
      call('editMessageText', { chat_id: 7, message_id, text, parse_mode: 'HTML', ...more })
    expect((await edit('<strong>a</strong> ', keyboard([button('b')]))).description).toBe(
      'Bad Request: message is not modified: specified new message content and reply markup are exactly the same ' +
        'as a current content and reply markup of the message',
    )
    expect((await edit('a', keyboard([button('b')]))).result).toMatchObject({ message_id, text: 'a' })
    expect((await edit('a')).result.reply_markup).toBeUndefined()
    const mark = (rows: object[][]) =>
      call('editMessageReplyMarkup', { chat_id: 7, message_id, reply_markup: { inline_keyboard: rows } })
    expect((await mark([[button('c')]])).ok).toBe(true)
    expect((await mark([[button('c')]])).description).toContain('message is not modified')
    expect(telegram.messages(7)).toEqual([
      { message_id, text: 'a', html: 'a', keyboard: [[button('c')]], edits: 3 },
    ])
    expect((await edit('x'.repeat(4097))).description).toBe('Bad Request: message is too long')
  })

  test('what is not there is not edited, nor what another wrote', async () => {
    telegram.write(7, 'hola')
    for (const method of ['editMessageText', 'editMessageReplyMarkup']) {
      const of = (message_id: number) => refusal(method, { chat_id: 7, message_id, text: 'a' })
      expect(await of(99)).toBe('400 Bad Request: message to edit not found')
      expect(await of(1)).toBe("400 Bad Request: message can't be edited")
    }
  })

  test('a press brings the message as it is now, and is answered once', async () => {
    telegram.write(7, 'hola')
    const { message_id } = (await send(7, 'a', keyboard([button('Uno', '1'), button('Dos', '2')]))).result
    await call('editMessageReplyMarkup', { chat_id: 7, message_id, ...keyboard([button('Tres', '3')]) })
    telegram.press(7, message_id, '2')
    telegram.press(7, 99, '2')
    const [, pressed, gone] = (await call('getUpdates')).result
    expect(pressed.callback_query).toMatchObject({
      from: { id: 7 },
      data: '2',
      message: { message_id, reply_markup: { inline_keyboard: [[button('Tres', '3')]] } },
    })
    expect(gone.callback_query.message).toMatchObject({ message_id: 99, date: 0 })
    const query = { callback_query_id: pressed.callback_query.id }
    expect(await refusal('answerCallbackQuery', { ...query, text: 'x'.repeat(201) })).toBe(
      '400 Bad Request: MESSAGE_TOO_LONG',
    )
    expect((await call('answerCallbackQuery', { ...query, text: 'x'.repeat(200) })).result).toBe(true)
    for (const id of [pressed.callback_query.id, '17', undefined])
      expect(await refusal('answerCallbackQuery', { callback_query_id: id })).toBe(
        '400 Bad Request: query is too old and response timeout expired or query ID is invalid',
      )
  })
})

describe('the bot about itself', () => {
  test('commands, descriptions and actions keep to their lengths and names', async () => {
    telegram.write(7, 'hola')
    const commands = (...list: [string, string][]) =>
      call('setMyCommands', { commands: list.map(([command, description]) => ({ command, description })) })
    expect((await commands(['checklist', 'd'.repeat(256)], ['a'.repeat(32), 'x'])).result).toBe(true)
    expect((await commands(['a'.repeat(33), 'x'])).description).toBe(
      'Bad Request: command length must not exceed 32',
    )
    expect(await commands(['a', '']).then(told => told.description)).toContain(
      'description must be non-empty',
    )
    expect((await commands(['a', 'd'.repeat(257)])).description).toContain('length must not exceed 256')
    for (const name of ['Menú', 'menu!', 'MENU'])
      expect((await commands([name, 'x'])).description).toContain('BOT_COMMAND_INVALID')
    const many = (count: number) =>
      commands(...Array.from({ length: count }, (_, at) => [`c${at}`, 'x'] as [string, string]))
    expect((await many(100)).ok).toBe(true)
    expect((await many(101)).ok).toBe(false)
    expect((await call('setMyDescription', { description: 'x'.repeat(512), language_code: 'es' })).ok).toBe(
      true,
    )
    expect((await call('setMyDescription', { description: 'x'.repeat(513) })).status).toBe(400)
    expect((await call('getMyDescription')).result).toEqual({ description: 'x'.repeat(512) })
    expect((await call('setMyShortDescription', { short_description: 'x'.repeat(120) })).ok).toBe(true)
    expect((await call('setMyShortDescription', { short_description: 'x'.repeat(121) })).status).toBe(400)
    expect((await call('setMyDescription', { description: 'x', language_code: 'español' })).status).toBe(400)
    expect((await call('sendChatAction', { chat_id: 7, action: 'typing' })).result).toBe(true)
    expect(await refusal('sendChatAction', { chat_id: 7, action: 'thinking' })).toBe(
      '400 Bad Request: wrong parameter action in request',
    )
  })
})

describe('getUpdates', () => {
  test('an offset confirms all below it, what is not confirmed comes again, in order', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map(text => telegram.write(7, text))
    if (!a || !b || !c) throw new Error('three were written')
    expect([b - a, c - b]).toEqual([1, 1])
    expect(ids(await call('getUpdates', { limit: 2 }))).toEqual([a, b])
    expect(ids(await call('getUpdates'))).toEqual([a, b, c])
    expect(ids(await call('getUpdates', { offset: b }))).toEqual([b, c])
    expect(ids(await call('getUpdates', { offset: 0 }))).toEqual([b, c])
    expect(ids(await call('getUpdates', { offset: a }))).toEqual([b, c])
    expect(ids(await call('getUpdates', { offset: c + 100 }))).toEqual([b, c])
    expect(ids(await call('getUpdates', { offset: -1 }))).toEqual([c])
    expect(ids(await call('getUpdates'))).toEqual([c])
    expect(ids(await call('getUpdates', { offset: c + 1 }))).toEqual([])
    expect(ids(await call('getUpdates', { offset: -5 }))).toEqual([])
    expect(telegram.pending).toBe(0)
  })

  test('at most 100 come at once, sorted whatever the order in which they were queued', async () => {
    const updates = Array.from({ length: 150 }, (_, at) => telegram.written(7, `${at}`))
    for (const update of updates.toReversed()) telegram.queue(update)
    const first = ids(await call('getUpdates', { limit: 5000 }))
    expect(first).toEqual(updates.slice(0, 100).map(update => update.update_id))
    const rest = ids(await call('getUpdates', { offset: (first.at(-1) ?? 0) + 1 }))
    expect(rest).toEqual(updates.slice(100).map(update => update.update_id))
  })

  test('any order of writing and asking loses nothing and returns nothing that was confirmed', async () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ ahead: fc.integer({ min: 0, max: 8 }), limit: fc.integer({ min: 1, max: 4 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
        await call('getUpdates', { offset: -1 })
        let open = ids(await call('getUpdates'))
        for (const doing of steps) {
          if ('write' in doing) for (let at = 0; at < doing.write; at++) open.push(telegram.write(7, 'a'))
          else {
            const offset = open[doing.ahead] ?? open[0] ?? 0
            open = open.filter(id => id >= offset)
            expect(ids(await call('getUpdates', { offset, limit: doing.limit }))).toEqual(
              open.slice(0, doing.limit),
            )
          }
        }
        expect(telegram.pending).toBe(open.length)
      }),
      { seed, numRuns: 60 },
    )
  })

  test('a long poll waits and is let go by the first update, with all that came in the same breath', async () => {
    const polling = call('getUpdates', { timeout: 50 })
    await telegram.waitFor(() => telegram.calls.length === 1)
    await sleep(60)
    expect(telegram.calls[0]?.answered).toBeUndefined()
    const fromMs = performance.now()
    const written = [telegram.write(7, 'a'), telegram.write(8, 'b')]
    expect(ids(await polling)).toEqual(written)
    expect(performance.now() - fromMs).toBeLessThan(500)
    expect(telegram.calls[0]?.answered).toBe('ok')
  })

  test('a long poll ends empty when its time is over, and when the caller is killed', async () => {
    const fromMs = performance.now()
    expect(ids(await call('getUpdates', { timeout: 1 }))).toEqual([])
    expect(performance.now() - fromMs).toBeGreaterThan(950)
    const url = `${telegram.root}/bot${telegram.token}/getUpdates?timeout=50`
    const child = spawn(process.execPath, ['-e', `fetch(${JSON.stringify(url)})`])
    await telegram.waitFor(() => telegram.calls.length === 2)
    child.kill('SIGKILL')
    await once(child, 'close')
    await telegram.waitFor(() => telegram.calls[1]?.answered === 'gone')
    const id = telegram.write(7, 'a')
    expect(ids(await call('getUpdates'))).toEqual([id])
  })

  test('a second long poll ends the first with a conflict', async () => {
    const first = call('getUpdates', { timeout: 50 })
    await telegram.waitFor(() => telegram.calls.length === 1)
    const second = call('getUpdates', { timeout: 50 })
    expect(await first).toMatchObject({
      status: 409,
      error_code: 409,
      description:
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    })
    const id = telegram.write(7, 'a')
    expect(ids(await second)).toEqual([id])
  })

  test('kinds that were not asked for are never queued, and what was asked for is remembered', async () => {
    const chat = { id: -5, type: 'group' }
    const member = () => telegram.push({ chat_member: { chat, from: { id: 7 } } })
    const edited = () =>
      telegram.push({ edited_message: { chat, from: { id: 7 }, message_id: 1, text: 'a' } })
    member()
    const seen = [edited()]
    expect(ids(await call('getUpdates'))).toEqual(seen)
    await call('getUpdates', { allowed_updates: ['message', 'chat_member'] })
    edited()
    seen.push(member())
    expect(ids(await call('getUpdates'))).toEqual(seen)
    edited()
    seen.push(member())
    expect(ids(await call('getUpdates'))).toEqual(seen)
    await call('getUpdates', { allowed_updates: [] })
    member()
    seen.push(edited())
    expect(ids(await call('getUpdates'))).toEqual(seen)
  })

  test('updates are built as the platform sends them', async () => {
    telegram.write(7, '/start@vigente_prueba_bot tema-costo')
    telegram.write(7, 'm', { text: undefined, sticker: { file_id: 'x' } })
    telegram.push({ channel_post: { chat: { id: -1_000_000_000_009, type: 'channel' }, text: 'a' } })
    telegram.push({ inline_query: { id: '1', from: { id: 9 }, query: '' } })
    const [start, sticker, post] = (await call('getUpdates')).result
    expect(start.message).toEqual({
      message_id: 1,
      date: expect.any(Number),
      from: { id: 7, is_bot: false, first_name: 'Persona 7', language_code: 'es' },
      chat: { id: 7, type: 'private', first_name: 'Persona 7' },
      text: '/start@vigente_prueba_bot tema-costo',
      entities: [{ type: 'bot_command', offset: 0, length: 25 }],
    })
    expect(sticker.message).toMatchObject({ message_id: 2, sticker: { file_id: 'x' } })
    expect('text' in sticker.message).toBe(false)
    expect(post.channel_post).toMatchObject({ message_id: 1, chat: { type: 'channel' } })
  })
})

describe('the webhook', () => {
  interface Received {
    readonly headers: IncomingMessage['headers']
    readonly update: Update
    readonly url: string | undefined
    readonly atMs: number
  }

  /** The program behind the proxy that ends TLS; `answer` gives the status. */
  async function program(
    answer: (received: Received, count: number) => number | Promise<number> = () => 200,
  ) {
    const received: Received[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { headers, url } = request
      const one = { headers, url, update: JSON.parse(body), atMs: performance.now() }
      response.statusCode = await answer(one, received.push(one))
      response.end()
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    closing.push(() => {
      server.closeAllConnections()
      server.close()
    })
    telegram.proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return received
  }

  const webhook = { url: 'https://vigente.example/telegram', secret_token: 'el_Secreto-1' }

  test('updates are posted with the secret once it is set, and getUpdates is refused', async () => {
    const received = await program()
    const polling = call('getUpdates', { timeout: 50 })
    await telegram.waitFor(() => telegram.calls.length === 1)
    expect((await call('setWebhook', { ...webhook, max_connections: 3 })).result).toBe(true)
    expect((await polling).description).toBe('Conflict: terminated by setWebhook request')
    expect(telegram.webhook).toEqual({ url: webhook.url, secret: webhook.secret_token, maxConnections: 3 })
    const id = telegram.write(7, 'hola')
    await telegram.waitFor(() => telegram.pending === 0)
    expect(received).toMatchObject([
      {
        url: '/telegram',
        update: { update_id: id, message: { text: 'hola' } },
        headers: {
          'x-telegram-bot-api-secret-token': 'el_Secreto-1',
          'content-type': 'application/json',
          host: 'vigente.example',
        },
      },
    ])
    expect(await refusal('getUpdates', {})).toBe(
      "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    )
    expect((await call('getWebhookInfo')).result).toMatchObject({
      url: webhook.url,
      pending_update_count: 0,
      max_connections: 3,
    })
  })

  test('anything but 2xx brings the update again, after growing pauses, and those of its chat wait', async () => {
    const received = await program(({ update }, count) => ('message' in update && count <= 5 ? 503 : 204))
    await call('setWebhook', webhook)
    const first = telegram.write(7, 'a')
    const second = telegram.push({
      edited_message: { message_id: 1, from: { id: 7 }, chat: { id: 7 }, text: 'b' },
    })
    await telegram.waitFor(() => telegram.pending === 0)
    expect(received.map(one => one.update.update_id)).toEqual([
      first,
      first,
      first,
      first,
      first,
      first,
      second,
    ])
    const pausesMs = received.slice(1, 6).map((one, at) => one.atMs - (received[at]?.atMs ?? 0))
    for (const [at, leastMs] of [0, 45, 95, 195, 395].entries()) expect(pausesMs[at]).toBeGreaterThan(leastMs)
    expect((await call('getWebhookInfo')).result.last_error_message).toBe(
      'Wrong response from the webhook: 503 Service Unavailable',
    )
  })

  test('as many are under way at once as was asked for, of one chat only one, and those that waited go too', async () => {
    let [underWay, most, overlaps] = [0, 0, 0]
    const perChat = new Map<unknown, number>()
    await program(async ({ update }) => {
      const { chat } = update.message as { chat: { id: number } }
      perChat.set(chat.id, (perChat.get(chat.id) ?? 0) + 1)
      overlaps += perChat.get(chat.id) === 1 ? 0 : 1
      most = Math.max(most, ++underWay)
      await sleep(5)
      underWay--
      perChat.set(chat.id, 0)
      return 200
    })
    for (let at = 0; at < 30; at++) telegram.write(1 + (at % 10), 'a')
    await call('setWebhook', { ...webhook, max_connections: 4 })
    for (let at = 0; at < 30; at++) telegram.write(1 + (at % 10), 'a')
    await telegram.waitFor(() => telegram.pending === 0)
    expect([most, overlaps]).toEqual([4, 0])
  })

  test('a program that is not there or dies under a post gets it again when it is back', async () => {
    await call('setWebhook', webhook)
    const id = telegram.write(7, 'a')
    await sleep(50)
    expect((await call('getWebhookInfo')).result.last_error_message).toBe('Connection refused')
    const dying = createServer(request => request.socket.destroy())
    await new Promise<void>(done => dying.listen(0, '127.0.0.1', done))
    closing.push(() => dying.close())
    telegram.proxy = `http://127.0.0.1:${(dying.address() as AddressInfo).port}`
    await sleep(200)
    expect(telegram.pending).toBe(1)
    const received = await program()
    await telegram.waitFor(() => telegram.pending === 0)
    expect(received.map(one => one.update.update_id)).toEqual([id])
  })

  test('once it is deleted, what was not taken is polled; set anew to the same, nothing is posted twice', async () => {
    let letGo = () => {}
    const held = new Promise<void>(done => {
      letGo = done
    })
    const received = await program(async () => {
      await held
      return 200
    })
    await call('setWebhook', webhook)
    telegram.write(7, 'a')
    await sleep(1_050)
    expect((await call('setWebhook', webhook)).ok).toBe(true)
    await sleep(50)
    expect(received).toHaveLength(1)
    letGo()
    await telegram.waitFor(() => telegram.pending === 0)
    telegram.proxy = undefined
    const [second, third] = [telegram.write(7, 'b'), telegram.write(8, 'c')]
    await call('deleteWebhook')
    expect(telegram.webhook).toBeUndefined()
    expect(ids(await call('getUpdates'))).toEqual([second, third])
    await call('deleteWebhook', { drop_pending_updates: true })
    expect(ids(await call('getUpdates'))).toEqual([])
    expect(received).toHaveLength(1)
  })

  test('an address without TLS, on another port, or a bad secret is refused, and setting it too often', async () => {
    const told = (more: object) => refusal('setWebhook', { ...webhook, ...more })
    expect(await told({ url: 'http://vigente.example' })).toBe(
      '400 Bad Request: bad webhook: An HTTPS URL must be provided for webhook',
    )
    expect(await told({ url: 'https://vigente.example:3000' })).toContain('only on ports 80, 88, 443 or 8443')
    expect(await told({ url: 'no' })).toBe('400 Bad Request: invalid webhook URL specified')
    expect(await told({ secret_token: 'con espacio' })).toContain(
      'secret token contains unallowed characters',
    )
    expect(await told({ secret_token: 'x'.repeat(257) })).toContain('secret token is too long')
    expect((await call('setWebhook', { ...webhook, secret_token: 'x'.repeat(256) })).ok).toBe(true)
    expect(await told({})).toBe('429 Too Many Requests: retry after 1')
  })
})

describe('trouble', () => {
  const nothing = () => undefined

  test('429 and 500 come in the platform’s form, 502 as its proxy’s page, and nothing is done', async () => {
    telegram.write(7, 'hola')
    telegram.trouble = ({ payload }) =>
      payload.text === 'a' ? { status: 429, retryAfter: 5 } : { status: payload.text === 'b' ? 500 : 502 }
    expect(await send(7, 'a')).toEqual({
      status: 429,
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 5',
      parameters: { retry_after: 5 },
    })
    expect(await send(7, 'b')).toMatchObject({
      status: 500,
      error_code: 500,
      description: 'Internal Server Error',
    })
    await expect(send(7, 'c')).rejects.toThrow('JSON')
    expect(telegram.messages(7)).toEqual([])
    expect(telegram.calls.map(made => made.answered)).toEqual([429, 500, 502])
  })

  test('a socket cut before does nothing, cut after does it, and the caller knows neither', async () => {
    telegram.write(7, 'hola')
    for (const trouble of ['cut-before', 'cut-after'] as const) {
      telegram.trouble = () => trouble
      await expect(send(7, trouble)).rejects.toThrow('fetch failed')
    }
    expect(telegram.messages(7).map(sent => sent.text)).toEqual(['cut-after'])
    expect(telegram.calls.map(made => made.answered)).toEqual(['cut-before', 'cut-after'])
    telegram.trouble = nothing
    expect((await send(7, 'a')).ok).toBe(true)
  })

  test('a delayed call is carried out late, so that a later one may overtake it', async () => {
    telegram.write(7, 'hola')
    telegram.trouble = ({ payload }) => (payload.text === 'slow' ? { delayMs: 100 } : undefined)
    await Promise.all([send(7, 'slow'), send(7, 'fast')])
    expect(telegram.messages(7).map(sent => sent.text)).toEqual(['fast', 'slow'])
  })

  test('an answer may be made up, say updates that come again and out of order', async () => {
    const [a, b] = [telegram.written(7, 'a'), telegram.written(7, 'b')]
    telegram.trouble = () => ({ result: [b, a, b] })
    expect(ids(await call('getUpdates'))).toEqual([b.update_id, a.update_id, b.update_id])
  })
})

describe('waiting', () => {
  test('it resolves to what is seen, and says where it waited in vain', async () => {
    telegram.write(7, 'hola')
    const waiting = telegram.waitFor(() => telegram.messages(7)[0]?.text)
    await send(7, 'a')
    expect(await waiting).toBe('a')
    const inVain = telegram.waitFor(() => telegram.messages(7)[5], 50)
    await expect(inVain).rejects.toThrow('not seen within 50 ms')
    await expect(
      telegram.waitFor(() => {
        throw new Error('of the test')
      }),
    ).rejects.toThrow('of the test')
  })

  test('an update below what is confirmed is refused to the test: nobody would ever get it', async () => {
    const early = telegram.written(7, 'a')
    await call('getUpdates', { offset: telegram.write(7, 'b') + 1 })
    expect(() => telegram.queue(early)).toThrow('would be lost')
  })
})

describe('grammY', () => {
  const api = () => new Api(telegram.token, { apiRoot: telegram.root })

  test('a bot polls, answers, edits and answers presses', async () => {
    const bot = new Bot(telegram.token, { client: { apiRoot: telegram.root } })
    bot.command('start', context =>
      context.reply(`hola ${context.match}`, keyboard([button('Sí', 'si')]) as object),
    )
    bot.on('callback_query:data', async context => {
      await context.answerCallbackQuery()
      await context.editMessageText(`elegiste ${context.callbackQuery.data}`)
    })
    const running = bot.start({ timeout: 50 })
    telegram.write(7, '/start tema-costo')
    const sent = await telegram.waitFor(() => telegram.messages(7)[0])
    expect(sent).toMatchObject({ text: 'hola tema-costo', keyboard: [[button('Sí', 'si')]] })
    telegram.press(7, sent.message_id, 'si')
    expect(await telegram.waitFor(() => telegram.messages(7).find(one => one.edits))).toMatchObject({
      text: 'elegiste si',
    })
    await bot.stop()
    await running
    expect(telegram.pending).toBe(0)
  })

  test('it understands each refusal: code, description, parameters', async () => {
    telegram.write(7, 'hola')
    const refused = (error: unknown) => {
      expect(error).toBeInstanceOf(GrammyError)
      const { error_code, description, parameters } = error as GrammyError
      return { error_code, description, parameters }
    }
    expect(await api().sendMessage(8, 'a').catch(refused)).toEqual({
      error_code: 400,
      description: 'Bad Request: chat not found',
      parameters: {},
    })
    telegram.trouble = () => ({ status: 429, retryAfter: 30 })
    expect(await api().sendMessage(7, 'a').catch(refused)).toMatchObject({
      error_code: 429,
      parameters: { retry_after: 30 },
    })
    telegram.trouble = () => ({ status: 500 })
    expect(await api().sendMessage(7, 'a').catch(refused)).toMatchObject({ error_code: 500 })
    telegram.trouble = () => undefined
    telegram.write(7, 'a', { chat: { id: -5, type: 'group' } })
    telegram.migrate(-5, -1_000_000_000_005)
    expect(await api().sendMessage(-5, 'a').catch(refused)).toMatchObject({
      parameters: { migrate_to_chat_id: -1_000_000_000_005 },
    })
  })

  test('a cut socket and a page instead of JSON are an HttpError to it: the outcome is not known', async () => {
    telegram.write(7, 'hola')
    for (const trouble of ['cut-before', 'cut-after', { status: 502 }] as const) {
      telegram.trouble = () => trouble
      await expect(api().sendMessage(7, 'a')).rejects.toBeInstanceOf(HttpError)
    }
    expect(telegram.messages(7)).toHaveLength(1)
  })
})
