/** How a reply looks on WhatsApp, held against whatsapp-api-js, whose classes throw on Meta's limits: a second opinion. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ActionButtons,
  ActionList,
  Body,
  BodyComponent,
  BodyParameter,
  Button,
  Document,
  Footer,
  Interactive,
  Language,
  ListSection,
  Row,
  Template,
  Text,
} from 'whatsapp-api-js/messages'
import { fitInto } from '../../../src/channels/fit.ts'
import {
  decodePress,
  emphasize,
  encodePress,
  type Rendered,
  render,
  renderTemplate,
} from '../../../src/channels/whatsapp-cloud/render.ts'
import type { Choice, FileOut, Outgoing } from '../../../src/message.ts'
import { guide, type Talk, talkAt, whole } from '../../conversation/talk.ts'
import { content } from '../../guide.ts'
import { workMs } from '../../work.ts'
import { anything, choiceLists, ids, inputs, oddTexts, replies, seed, texts, turns } from '../replies.ts'

console.info(`whatsapp-cloud render: fast-check seed ${seed}, INPUTS=${inputs}`)

const words = content.whatsappNube
const limits = { text: 4096, buttons: 10, buttonText: 1024 }
const file: FileOut = { name: 'fechas.ics', type: 'text/calendar', data: 'QkVHSU4=' }

const fitted = (message: Outgoing, turn = 263) =>
  fitInto(message, limits).flatMap(message => render({ message, turn, words, mediaId: '1' }))

interface Action {
  readonly buttons?: readonly { readonly reply: { readonly id: string; readonly title: string } }[]
  readonly button?: string
  readonly sections?: readonly { readonly rows: readonly { readonly id: string; readonly title: string }[] }[]
}

/** The same message, made by the library. */
function oracle(message: Rendered): unknown {
  if (message.type === 'text') return { text: new Text(message.text.body) }
  if (message.type === 'document') {
    const { id, caption, filename } = message.document
    return { document: new Document(id, true, caption, filename) }
  }
  if (message.type === 'template') {
    const { name, language, components } = message.template
    const [body] = components as { parameters: { text: string }[] }[]
    const parameters = body?.parameters.map(({ text }) => new BodyParameter(text)) ?? []
    return {
      template: new Template(
        name,
        new Language(language.code),
        new BodyComponent(...(parameters as [BodyParameter])),
      ),
    }
  }
  const { body, action, footer } = message.interactive
  const { buttons, button = '', sections = [] } = action as Action
  const made = buttons
    ? new ActionButtons(...(buttons.map(({ reply }) => new Button(reply.id, reply.title)) as [Button]))
    : new ActionList(button, ...(sections.map(sectionOf) as [ListSection]))
  const foot = footer ? new Footer(footer.text) : undefined
  return { interactive: new Interactive(made as ActionList, new Body(body.text), undefined, foot) }
}

const sectionOf = ({ rows }: NonNullable<Action['sections']>[number]) =>
  new ListSection('', ...(rows.map(({ id, title }) => new Row(id, title)) as [Row]))

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

/** What the library makes is what we send, and what it does not look at holds as well. */
function expectTaken(messages: readonly Rendered[]): void {
  for (const message of messages) {
    const { type, ...sent } = message
    const expected = plain(oracle(message))
    // The library leaves out what is false, and says how strictly a language is meant.
    if (type === 'text') expected.text.preview_url = false
    if (type === 'template') delete expected.template.language.policy
    expect(expected, type).toEqual(plain(sent))
    const offered = offeredIn(message)
    expect(new Set(offered.map(({ id }) => id)).size).toBe(offered.length)
    for (const { id, title } of offered) {
      expect(id).toBe(id.trim())
      expect(title.isWellFormed() && title.trim() !== '' && !/[\r\n]/.test(title), title).toBe(true)
    }
    if (message.type === 'interactive') expect(message.interactive.body.text.trim()).not.toBe('')
    if (message.type === 'document') expect(message.document.caption?.length ?? 0).toBeLessThanOrEqual(1024)
  }
}

/** Without those that are written where the others would fit as buttons. */
function seenOf(choices: readonly Choice[]): readonly Choice[] {
  const asked = choices.filter(({ id }) => id !== 'volver' && id !== 'menu')
  return choices.length > 3 && (asked.length === 2 || asked.length === 3) ? asked : choices
}

function offeredIn(message: Rendered) {
  if (message.type !== 'interactive') return []
  const { buttons = [], sections = [] } = message.interactive.action as Action
  return [...buttons.map(({ reply }) => reply), ...sections.flatMap(({ rows }) => rows)]
}

const textIn = (message: Rendered) =>
  message.type === 'text'
    ? message.text.body
    : message.type === 'interactive'
      ? message.interactive.body.text
      : message.type === 'document'
        ? (message.document.caption ?? '')
        : ''

describe('our own content', () => {
  const { textos } = content.mensajes
  const said = [
    ...Object.values(textos).flatMap(it =>
      typeof it === 'string' ? [it] : [it.texto, it.usted ?? it.texto],
    ),
    ...Object.values(content.preguntas).flatMap(it => [
      it.respuesta,
      it.mas ?? it.respuesta,
      ...(it.casos ?? []).map(({ respuesta }) => respuesta),
    ]),
    ...content.pasos.flatMap(it => [it.como, ...(it.casos ?? []).map(({ como }) => como)]),
  ]

  test('every text is taken, alone, beside the longest list and as the template', () => {
    expect(said.length).toBeGreaterThan(200)
    const choices = Array.from({ length: 10 }, (_, i) => ({ id: `o${i}`, label: `Opción ${i}` }))
    for (const text of said) {
      expectTaken(fitted({ text }))
      expectTaken(fitted({ text, choices }))
      expectTaken([renderTemplate(text, words)])
    }
  })

  test('no text shows as anything but what it says: no pair of signs that WhatsApp would take away', () => {
    // A sign at a word's beginning and the same at a word's end, on one line, outside of links.
    const pair = /(?<![\p{L}\p{N}])([*_~]|```)(?=\S)[^\n]*?(?<=\S)\1(?![\p{L}\p{N}])|`[^`\n]+`|^> /mu
    const paired = said.filter(text => pair.test(text.replace(/https?:\/\/\S+/g, '')))
    expect(paired).toEqual([])
  })

  test('whatever the guide offers is taken, and each press is read back as that choice of that turn', () => {
    const met = new Set<string>()
    const look = (talk: Talk) => {
      for (const message of talk.last.replies) {
        expectTaken(fitted(message))
        const { choices = [] } = message
        for (const { id } of choices)
          expect(decodePress(encodePress(263, id) ?? '')).toEqual({ turn: 263, choice: id })
        const pressable = fitted(message).flatMap(offeredIn)
        if (choices.length <= 10 && message.text.length <= 1024)
          expect(pressable.map(({ id, title }) => ({ ...decodePress(id), label: title }))).toEqual(
            seenOf(choices).map(({ id, label }) => ({ turn: 263, choice: id, label })),
          )
        met.add(choices.map(({ id }) => id).join(' '))
      }
    }
    for (const [flow, { states }] of Object.entries(guide.flows.machines ?? {}) as [
      string,
      { states: object },
    ][])
      for (const state of Object.keys(states))
        look(talkAt(`${flow}.${state}`, { perfil: whole }).write('hola'))
    for (const { ejemplos } of Object.values(content.preguntas)) look(talkAt().write(ejemplos[0] ?? ''))
    expect(met.size).toBeGreaterThan(40)
  })
})

const odd = fc.record({
  message: fc.oneof(replies(texts(4096)), replies(texts(1024)), replies(oddTexts(1024))),
  file: fc.option(fc.constant(file), { nil: undefined }),
  turn: turns,
})

test('any reply, once it is fitted in, is taken, and nothing of it is lost', () => {
  const kinds = new Set<string>()
  fc.assert(
    fc.property(odd, ({ message, file, turn }) => {
      const sent = fitted(file ? { ...message, file } : message, turn)
      expectTaken(sent)
      for (const one of sent) kinds.add(one.type === 'interactive' ? one.interactive.type : one.type)
      const bare = (text: string) => text.replace(/\*/g, '')
      const said = fitInto(message, limits).map(({ text }) => text)
      expect(bare(sent.map(textIn).join(''))).toBe(bare(said.join('')))
    }),
    { seed, numRuns: inputs },
  )
  expect([...kinds].sort()).toEqual(['button', 'document', 'list', 'text'])
})

test('any text can be the template: one line, no more than a space between words, within what the body holds', () => {
  fc.assert(
    fc.property(fc.oneof(texts(1024), oddTexts(1024)), text => {
      const message = renderTemplate(text, words)
      if (message.type !== 'template') throw new Error('no template')
      expectTaken([message])
      const [{ parameters }] = message.template.components as [{ parameters: { text: string }[] }]
      const given = parameters[0]?.text ?? ''
      expect(given).not.toMatch(/[\n\r\t]| {2}/)
      expect(given.isWellFormed()).toBe(true)
      expect(words.plantilla.texto.replace('{{1}}', () => given).length).toBeLessThanOrEqual(1024)
    }),
    { seed, numRuns: inputs },
  )
})

const templateOf = (text: string) => {
  const message = renderTemplate(text, words)
  if (message.type !== 'template') throw new Error('no template')
  return (message.template.components as [{ parameters: [{ text: string }] }])[0].parameters[0].text
}

test('the template says a text that fits whole, and cuts a longer one behind a word', () => {
  expect(templateOf('Hoy es el último día.\n\n1. Lleva tu NSS\n2. \t Firma')).toBe(
    'Hoy es el último día. 1. Lleva tu NSS 2. Firma',
  )
  const room = 1024 - words.plantilla.texto.length + '{{1}}'.length
  expect(templateOf('x'.repeat(room))).toBe('x'.repeat(room))
  const cut = templateOf('trámite '.repeat(200))
  expect(cut).toMatch(/^(?:trámite )*trámite…$/)
  expect(cut.length).toBeGreaterThan(room - 10)
  expect(templateOf('x'.repeat(room + 1))).toHaveLength(room)
})

const choices = (...labels: string[]): Choice[] => labels.map((label, i) => ({ id: `c${i}`, label }))
const shape = (message: Outgoing) =>
  fitted(message).map(one => (one.type === 'interactive' ? one.interactive.type : one.type))

test('up to three choices are buttons, up to ten a list, more a numbered text; so beside a long text', () => {
  expect(shape({ text: 'x' })).toEqual(['text'])
  expect(shape({ text: 'x', choices: choices('a', 'b', 'c') })).toEqual(['button'])
  expect(shape({ text: 'x', choices: choices('a', 'b', 'c', 'd') })).toEqual(['list'])
  expect(shape({ text: 'x', choices: choices(...'abcdefghij') })).toEqual(['list'])
  expect(shape({ text: 'x', choices: choices(...'abcdefghijk') })).toEqual(['text'])
  expect(shape({ text: 'x'.repeat(1024), choices: choices('a') })).toEqual(['button'])
  expect(shape({ text: 'x'.repeat(1025), choices: choices('a') })).toEqual(['text'])
  // Two buttons may not say the same.
  expect(shape({ text: 'x', choices: choices('Sí', 'Sí') })).toEqual(['list'])
})

test('a yes or no is buttons, and what can be written at any time is said below them', () => {
  const fixed = [
    { id: 'volver', label: 'Volver' },
    { id: 'menu', label: 'Menú' },
  ]
  const [shown] = fitted({ text: '¿Sí?', choices: [...choices('Sí', 'No'), ...fixed] })
  expect(shown).toMatchObject({
    interactive: {
      type: 'button',
      footer: { text: words.pie },
      action: { buttons: [{ reply: { title: 'Sí' } }, { reply: { title: 'No' } }] },
    },
  })
  // Where all have room, or would be nothing but one, they are shown as they are.
  expect(shape({ text: 'x', choices: [...choices('Sí'), ...fixed] })).toEqual(['button'])
  expect(shape({ text: 'x', choices: [...choices('a', 'b', 'c', 'd'), ...fixed] })).toEqual(['list'])
})

test('a file goes with its text as a caption, or before it where there are choices or much to say', () => {
  expect(fitted({ text: 'Tus «fechas»', file })).toEqual([
    { type: 'document', document: { id: '1', filename: 'fechas.ics', caption: 'Tus *«fechas»*' } },
  ])
  expect(shape({ text: 'x'.repeat(1025), file })).toEqual(['document', 'text'])
  expect(shape({ text: 'x', file, choices: choices('a') })).toEqual(['document', 'button'])
  expect(fitted({ text: 'x', file, choices: choices('a') })[0]).toEqual({
    type: 'document',
    document: { id: '1', filename: 'fechas.ics' },
  })
})

test.each([
  ['Pulsa «Alta».', 'Pulsa *«Alta»*.'],
  ['«Alta»', '*«Alta»*'],
  ['(«Alta» y «Baja»)', '(*«Alta»* y *«Baja»*)'],
  ['¿«Alta»?', '¿*«Alta»*?'],
  ['el «IMSS «Digital»» y «otro»', 'el *«IMSS «Digital»»* y *«otro»*'],
  ['pre«fijo» y «sufijo»s', 'pre«fijo» y «sufijo»s'],
  ['«a * b»', '«a * b»'],
  ['«Alta\nBaja» «', '«Alta\nBaja» «'],
  ['«»', '«»'],
  [`${'x'.repeat(1020)} «a»`, `${'x'.repeat(1020)} «a»`],
])('%j stands out as %j', (text, marked) => {
  expect(emphasize(text, 1024)).toBe(marked)
})

test.each(['«', '»', '«»', '«a', '«a«', '«a»«', '*', '«a» '])(
  'a whole message of %j is written at once',
  part => {
    const text = part.repeat(4096 / part.length)
    expect(workMs(() => emphasize(text, 4096))).toBeLessThan(200)
  },
)

test('a press is read back, or its words are sent instead where WhatsApp could not carry it', () => {
  fc.assert(
    fc.property(turns, ids, (turn, choice) => {
      const id = encodePress(turn, choice)
      if (id === undefined) expect(choice.length > 190 || !/^[!-~]+$/.test(choice)).toBe(true)
      else expect(decodePress(id)).toEqual({ turn, choice })
    }),
    { seed, numRuns: inputs },
  )
  expect(encodePress(263, 'menu')).toBe('7b:menu')
  expect(encodePress(0, 'x'.repeat(198))).toHaveLength(200)
  expect(encodePress(0, 'x'.repeat(199))).toBeUndefined()
})

test.each([
  '',
  ':',
  '?0',
  ':menu',
  '7b',
  '7b:',
  '07b:menu',
  '7B:menu',
  '7b;menu',
  '-1:menu',
  'zik0zk:menu',
  '1000000:menu',
  ' 7b:menu',
  '7b:menú',
  '7b:a b',
  '7b:menu\n',
  '7b:\ud800',
  `7b:${'x'.repeat(198)}`,
  'x'.repeat(1_000_000),
])('an id that no button of ours sends is not read (case %#)', id => {
  expect(decodePress(id)).toBeUndefined()
})

test('whatever a client sends, it is read as what we would have written, or not at all', () => {
  const altered = fc
    .tuple(turns, ids, fc.nat(70), anything(3), fc.nat(3))
    .map(([turn, choice, at, text, gone]) => {
      const id = encodePress(turn, choice) ?? ''
      return id.slice(0, at) + text + id.slice(at + gone)
    })
  fc.assert(
    fc.property(fc.oneof(altered, anything(80)), id => {
      const press = decodePress(id)
      if (press) expect(encodePress(press.turn, press.choice)).toBe(id)
    }),
    { seed, numRuns: inputs },
  )
})

test('a list that nobody could offer is taken too', () => {
  fc.assert(
    fc.property(choiceLists, turns, (choices, turn) => {
      if (choices.length > 0 && choices.length <= 10)
        expectTaken(render({ message: { text: 'x', choices }, turn, words }))
    }),
    { seed, numRuns: inputs },
  )
})
