/** How a reply looks on Telegram and what its buttons send back: all of it seen, all of it found again. */
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { fitInto } from '../../../src/channels/fit.ts'
import {
  choiceOf,
  chosenKeyboard,
  decodePress,
  encodePress,
  keyboardOf,
  type Press,
  toHtml,
} from '../../../src/channels/telegram/render.ts'
import type { Choice, Outgoing } from '../../../src/message.ts'
import { type FakeTelegram, startFakeTelegram } from '../../fakes/telegram.ts'
import { workMs } from '../../work.ts'
import { anything, choiceLists, ids, inputs, oddTexts, replies, seed, texts, turns } from '../replies.ts'

console.info(`render: fast-check seed ${seed}, INPUTS=${inputs}`)

const limits = { text: 4096, buttons: Number.POSITIVE_INFINITY, buttonText: Number.POSITIVE_INFINITY }

/** The strictest reader of what we write: three entities and one tag, or it throws. */
function readHtml(html: string): { text: string; bold: string[] } {
  const named: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }
  const bold: string[] = []
  let text = ''
  let begun: number | undefined
  for (const [part] of html.matchAll(/<[^>]*>?|&[^;]*;?|[^<&]+/g)) {
    if (part === '<b>' && begun === undefined) begun = text.length
    else if (part === '</b>' && begun !== undefined) {
      bold.push(text.slice(begun))
      begun = undefined
    } else if (part.startsWith('&') && named[part]) text += named[part]
    else if (/^[<&]/.test(part) || part.includes('>')) throw new Error(`refused: ${part}`)
    else text += part
  }
  if (begun !== undefined) throw new Error('refused: <b> stays open')
  return { text, bold }
}

test('every text is read back as it was, and only what is quoted stands out', () => {
  fc.assert(
    fc.property(fc.oneof(texts(4096), oddTexts(200)), text => {
      const read = readHtml(toHtml(text))
      expect(read.text).toBe(text)
      expect(read.bold.filter(part => !/^«[^«»\n]*»$/.test(part))).toEqual([])
    }),
    { seed, numRuns: inputs },
  )
})

test.each([
  ['Pulsa «Alta» & «Baja» <ya>', 'Pulsa <b>«Alta»</b> &amp; <b>«Baja»</b> &lt;ya&gt;'],
  ['el «IMSS & «Digital»» y «otro»', 'el «IMSS &amp; «Digital»» y <b>«otro»</b>'],
  ['«abierto y\n«cerrado» en otra línea»', '«abierto y\n<b>«cerrado»</b> en otra línea»'],
  ['«Alta\nBaja»', '«Alta\nBaja»'],
  ['« «Alta»', '« <b>«Alta»</b>'],
  ['»Alta«', '»Alta«'],
  ['«a <b> & c»', '<b>«a &lt;b&gt; &amp; c»</b>'],
  ['<b>no</b> &amp; &#60; "así"', '&lt;b&gt;no&lt;/b&gt; &amp;amp; &amp;#60; "así"'],
])('%j is written %j', (text, html) => {
  expect(toHtml(text)).toBe(html)
})

test.each(['&', '<', '«»', '«&»', '«', '«a', '«a»«', '»'])(
  'a whole message of %j is written at once and is within the 32 KiB that Telegram reads',
  part => {
    const text = part.repeat(4096 / part.length)
    expect(workMs(() => toHtml(text))).toBeLessThan(200)
    expect(Buffer.byteLength(toHtml(text))).toBeLessThan(32_768)
  },
)

const presses: fc.Arbitrary<Press> = fc.oneof(
  fc.record({ kind: fc.constant('choice' as const), turn: turns, choice: ids, live: fc.boolean() }),
  fc.record({ kind: fc.constant('page' as const), turn: turns, page: fc.integer({ min: 0, max: 99 }) }),
  fc.constant({ kind: 'nothing' as const }),
)

test('a press is within 64 bytes and is read back, its choice found among those offered', () => {
  fc.assert(
    fc.property(presses, choiceLists, (press, choices) => {
      const data = encodePress(press)
      expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64)
      const read = decodePress(data)
      expect(read).toEqual(press.kind === 'choice' ? { ...press, choice: expect.any(String) } : press)
      if (press.kind !== 'choice' || read?.kind !== 'choice') return
      const offered = [...choices.filter(({ id }) => id !== press.choice), { id: press.choice, label: 'Sí' }]
      expect(choiceOf(read, offered)).toBe(offered.at(-1))
      expect(choiceOf(read, offered.slice(0, -1))).toBeUndefined()
    }),
    { seed, numRuns: inputs },
  )
})

test.each([
  [{ kind: 'choice', turn: 263, choice: 'menu', live: false }, '7b:menu'],
  [{ kind: 'choice', turn: 263, choice: 'menu', live: true }, '7b*menu'],
  [{ kind: 'page', turn: 263, page: 2 }, '7b>2'],
  [{ kind: 'nothing' }, '='],
  [{ kind: 'choice', turn: 0, choice: 'x'.repeat(62), live: false }, `0:${'x'.repeat(62)}`],
  [{ kind: 'choice', turn: 2 ** 31 - 1, choice: 'x'.repeat(57), live: true }, `zik0zj*${'x'.repeat(57)}`],
  [{ kind: 'choice', turn: 2 ** 31 - 1, choice: 'x'.repeat(58), live: true }, 'zik0zj*#Xviy5eegQPMd'],
] satisfies [Press, string][])('%j is %j', (press, data) => {
  expect(encodePress(press)).toBe(data)
})

test.each([
  '',
  ':',
  '=x',
  '==',
  ':menu',
  '7b',
  '7b:',
  '7b>',
  '7b>100',
  '7b>-1',
  '7b>01',
  '7b>1.5',
  '7b>1e1',
  '7b>0x1',
  '07b:menu',
  '7B:menu',
  '7b;menu',
  '-1:menu',
  'zik0zk:menu',
  'zzzzzz:menu',
  '1000000:menu',
  'NaN:menu',
  ' 7b:menu',
  '7b:menú',
  '7b:a b',
  '7b:a\nb',
  '7b:\0',
  '7b:\ud800',
  '7b:menu\n',
  '٣:menu',
  `7b:${'x'.repeat(62)}`,
  'x'.repeat(1_000_000),
])('data that no button of ours sends is not read (case %#)', data => {
  expect(decodePress(data)).toBeUndefined()
})

test('whatever a client sends, it is read as what we would have written, or not at all', () => {
  const altered = fc.tuple(presses, fc.nat(70), anything(3), fc.nat(3)).map(([press, at, text, gone]) => {
    const data = encodePress(press)
    return data.slice(0, at) + text + data.slice(at + gone)
  })
  fc.assert(
    fc.property(fc.oneof(altered, anything(80)), data => {
      const press = decodePress(data)
      if (!press) return
      // A hash stands for an id, which is not known here.
      if (press.kind === 'choice' && press.choice.startsWith('#')) expect(press.choice).toMatch(/^#[!-~]*$/)
      else expect(encodePress(press)).toBe(data)
    }),
    { seed, numRuns: inputs },
  )
})

const dataOf = (button: object) => ('callback_data' in button ? String(button.callback_data) : '')

/** Every page from the first, by its own › button, and back by ‹. */
function walk(choices: readonly Choice[], turn: number, live: boolean) {
  const pages: ReturnType<typeof keyboardOf>['inline_keyboard'][] = []
  // A choice may be called › as well.
  const turned = (to: string) =>
    (pages.at(-1) ?? [])
      .flat()
      .filter(({ text }) => text === to)
      .map(button => decodePress(dataOf(button)))
      .find(press => press?.kind === 'page')?.page
  for (let page: number | undefined = 0; page !== undefined; page = turned('›')) {
    expect(page).toBe(pages.length)
    pages.push(keyboardOf(choices, turn, page, live).inline_keyboard)
    expect(turned('‹')).toBe(page > 0 ? page - 1 : undefined)
  }
  return pages
}

test('who walks through all pages is offered each choice once, and the way back on every one', () => {
  fc.assert(
    fc.property(choiceLists, turns, fc.boolean(), (choices, turn, live) => {
      const pages = walk(choices, turn, live)
      const nav = choices.filter(({ id }) => id === 'volver' || id === 'menu')
      const offered = pages.map(rows =>
        rows.flat().flatMap(button => {
          const press = decodePress(dataOf(button))
          if (press?.kind !== 'choice') return press ? [] : [button]
          const choice = choiceOf(press, choices)
          return [
            press.turn === turn && press.live === live && choice?.label === button.text ? choice : button,
          ]
        }),
      )
      const own = offered.flatMap(page => page.slice(0, page.length - nav.length))
      expect(own).toEqual(choices.filter(choice => !nav.includes(choice)))
      for (const [i, page] of offered.entries()) {
        expect(page.slice(page.length - nav.length)).toEqual(nav)
        expect(page.length - nav.length).toBeLessThanOrEqual(8)
        if (i < pages.length - 1) expect(page.length - nav.length).toBe(8)
      }
    }),
    { seed, numRuns: inputs },
  )
})

const choicesOf = (...labels: string[]) =>
  labels.map(label => ({ id: { Volver: 'volver', Menú: 'menu' }[label] ?? label.toLowerCase(), label }))
const shown = (choices: readonly Choice[], page = 0) =>
  keyboardOf(choices, 1, page, false).inline_keyboard.map(row => row.map(({ text }) => text))
const steps = (count: number) =>
  choicesOf(...Array.from({ length: count }, (_, i) => `Un paso muy largo ${i + 1}`))

test('short choices stand two in a row, the way back in a row of its own at the bottom', () => {
  expect(shown(choicesOf('Sí', 'No', 'Tal vez', 'Hacer mi trámite', 'No sé', 'Volver', 'Menú'))).toEqual([
    ['Sí', 'No'],
    ['Tal vez'],
    ['Hacer mi trámite'],
    ['No sé'],
    ['Volver', 'Menú'],
  ])
  expect(shown(choicesOf('x'.repeat(14), '👨‍👩‍👧‍👦'.repeat(14), 'x'.repeat(15), 'Sí'))).toEqual([
    ['x'.repeat(14), '👨‍👩‍👧‍👦'.repeat(14)],
    ['x'.repeat(15)],
    ['Sí'],
  ])
  expect(shown(choicesOf('Menú'))).toEqual([['Menú']])
  expect(shown([])).toEqual([])
})

test('more than eight choices come in pages, and a page that there is not is the nearest', () => {
  expect(shown([...steps(8), ...choicesOf('Volver', 'Menú')])).toHaveLength(9)
  const many = [...steps(17), ...choicesOf('Volver', 'Menú')]
  expect(shown(many, 0).slice(7)).toEqual([['Un paso muy largo 8'], ['1/3', '›'], ['Volver', 'Menú']])
  expect(shown(many, 1).slice(7)).toEqual([['Un paso muy largo 16'], ['‹', '2/3', '›'], ['Volver', 'Menú']])
  expect(shown(many, 2)).toEqual([['Un paso muy largo 17'], ['‹', '3/3'], ['Volver', 'Menú']])
  expect(shown(many, 99)).toEqual(shown(many, 2))
})

test('the mark of what was chosen is one button that does nothing', () => {
  expect(chosenKeyboard('Menú')).toEqual({ inline_keyboard: [[{ text: '✓ Menú', callback_data: '=' }]] })
  expect(decodePress('=')).toEqual({ kind: 'nothing' })
})

const atOnce = 50

/** Who writes to the fake as the adapter does, of as many chats as send at once. */
function postTo(fake: FakeTelegram) {
  const people = Array.from({ length: atOnce }, (_, i) => 1000 + i)
  for (const person of people) fake.write(person, '/start')
  return async (piece: Outgoing, chat: number, turn: number): Promise<object> => {
    const { text, choices = [], live = false } = piece
    const answer = await fetch(`${fake.root}/bot${fake.token}/sendMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        chat_id: people[chat],
        text: toHtml(text),
        parse_mode: 'HTML',
        ...(choices.length ? { reply_markup: keyboardOf(choices, turn, 0, live) } : {}),
      }),
    })
    return (await answer.json()) as object
  }
}

test(`${inputs} replies are taken by Telegram, and people see all of each`, {
  timeout: 600_000,
}, async () => {
  const fake = await startFakeTelegram()
  onTestFinished(() => fake.close())
  const post = postTo(fake)
  const given = fc.sample(replies(texts(4096)), { seed, numRuns: inputs })
  let lengths = 0
  for (let from = 0; from < given.length; from += atOnce)
    await Promise.all(
      given.slice(from, from + atOnce).map(async (message, chat) => {
        const pieces = fitInto(message, limits)
        lengths += pieces.filter(({ text }) => text.length >= 4090).length
        let seen = ''
        for (const piece of pieces) {
          const answer = await post(piece, chat, from)
          expect(answer, JSON.stringify(piece)).toMatchObject({ ok: true })
          const last = fake.messages(1000 + chat).at(-1)
          expect(last?.text).toBe(piece.text.replace(/^[ \n]+|[ \n]+$/g, ''))
          expect(last?.keyboard.flat().length ?? 0).toBe(
            piece.choices?.length
              ? keyboardOf(piece.choices, from, 0, false).inline_keyboard.flat().length
              : 0,
          )
          seen += last?.text ?? ''
        }
        // Between two pieces goes what nobody sees.
        const compact = (text: string) => text.replace(/[\s\u200b\u2060]/g, '')
        expect(compact(seen)).toBe(compact(message.text))
      }),
    )
  // The edge was met, or the test has shown nothing about it.
  expect(lengths).toBeGreaterThan(inputs / 50)
})
