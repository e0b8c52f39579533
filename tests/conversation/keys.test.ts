/** The texts, choices and placeholders that the program names are those of mensajes.yaml: none is missing, none idle. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { AnyStateNode } from 'xstate'
import { z } from 'zod'
import { flowIds, flows } from '../../flows/index.ts'
import { asked, type Meta } from '../../flows/shape.ts'
import { placeholders as permitted } from '../../src/content/check.ts'
import { Perfil } from '../../src/conversation/perfil.ts'
import type { Reminder } from '../../src/conversation/reminders.ts'
import { acts, reasons } from '../../src/conversation/understanding/understand.ts'
import { placeholders as known } from '../../src/conversation/write.ts'
import { temas } from '../../src/message.ts'
import { content } from '../guide.ts'

const { mensajes, preguntas, pasos, planteles } = content
const folders = ['conversation', 'personal', 'personal/poster'].map(name =>
  fileURLToPath(new URL(`../../src/${name}`, import.meta.url)),
)
const code = folders
  .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
  .filter(file => file.endsWith('.ts'))
  .map(file => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))
  .join('\n')

/** What stands between the parenthesis or brace that opens before `from` and the one that closes it. */
function inside(text: string, from: number): string {
  let depth = 1
  let at = from
  for (; depth > 0 && at < text.length; at++) {
    if ('({['.includes(text.charAt(at))) depth++
    if (')}]'.includes(text.charAt(at))) depth--
  }
  return text.slice(from, at - 1)
}

/** The arguments of every call of a function or method of these names. */
const callsOf = (...names: string[]) =>
  [...code.matchAll(new RegExp(`(?<!function )\\b(?:${names.join('|')})\\(`, 'g'))].map(
    ({ 0: call, index }) => inside(code, index + call.length),
  )

const literals = (text: string) => [...text.matchAll(/'([^'\n]*)'/g)].map(([, literal = '']) => literal)
const looksLikeKey = (literal: string) => /^[a-z]\w*(?:\.[\w-]+)*$/i.test(literal)

/** The first argument may be a view; an object in it is not what a text is filled with. */
const afterView = (args: string) => args.replace(/^\{[^}]*\},/, '')

/** Keys handed to what says a text, and those in a table or a condition that end up there. */
const spoken = new Set([
  ...callsOf('say', 'note', 'refuse', 'leave').flatMap(args =>
    literals(afterView(args).replace(/[!=]== '[^']*'/g, '')),
  ),
  ...[...code.matchAll(/\bclave: ([^\n,}]*)/g)].flatMap(([, value = '']) => literals(value)),
  ...[...code.matchAll(/\bkey = ([^`\n]*)/g)].flatMap(([, value = '']) => literals(value)),
  ...literals(/const fileText = \{[^}]*\}/.exec(code)?.[0] ?? ''),
])

const fields = (z.toJSONSchema(Perfil).properties ?? {}) as Record<string, { enum?: string[] }>

const kinds = Object.keys({
  antes: 0,
  primero: 0,
  ultimo: 0,
  vigencia: 0,
  clinica: 0,
} satisfies Record<Reminder['kind'], 0>)

/** Keys that are put together. */
const built = [
  ...flowIds.filter(id => !['menu', 'primero', 'posterior'].includes(id)).map(id => `donde.${id}`),
  'donde.recorrido',
  'donde.paso',
  ...asked.flatMap(campo => (fields[campo]?.enum ?? []).map(valor => `dato.${campo}.${valor}`)),
  ...reasons.map(reason => `personal.porque.${reason}`),
  // An act that is only answered is answered by its name.
  ...[...acts].filter(act => ['saludo', 'gracias', 'despedida'].includes(act)),
  ...kinds.map(kind => `recordatorio.motivo.${kind}`),
  ...kinds.filter(kind => !['vigencia', 'clinica'].includes(kind)).map(kind => `recordatorio.${kind}`),
  ...temas.map(tema => `difusion.${tema}`),
]

const metas = Object.values(flows).flatMap(machine =>
  (Object.values(machine.states) as AnyStateNode[]).flatMap(node => (node.meta ? [node.meta as Meta] : [])),
)
const saidByFlows = [
  ...metas.map(({ texto }) => texto),
  ...Object.values(flows).flatMap(machine =>
    [...JSON.stringify(machine.config).matchAll(/"clave":"([^"]+)"/g)].map(([, clave = '']) => clave),
  ),
]

describe('texts', () => {
  const keys = Object.keys(mensajes.textos)

  test('that the conversation says stand in mensajes.yaml', () => {
    const dotted = literals(code).filter(it => looksLikeKey(it) && it.includes('.'))
    const prefixes = new Set(keys.map(key => key.split('.')[0]))
    const meant = dotted.filter(it => prefixes.has(it.split('.')[0]) && !(it in known))
    expect(spoken.size).toBeGreaterThan(40)
    const missing = [...spoken, ...meant, ...built, ...saidByFlows].filter(
      it => looksLikeKey(it) && !keys.includes(it) && !localNames.has(it),
    )
    expect(missing).toEqual([])
  })

  test('that stand in mensajes.yaml are said', () => {
    const used = new Set([...spoken, ...built, ...saidByFlows])
    expect(keys.filter(key => !used.has(key))).toEqual([])
  })
})

describe('choices', () => {
  const everywhere = [
    ...(/const everywhere: [^{]*\{([\s\S]*?)\n\}/.exec(code)?.[1] ?? '').matchAll(/^ {2}(\w+):/gm),
  ]
  const sigue = Object.values(preguntas).flatMap(it => it.sigue)
  const used = new Set([
    ...metas.flatMap(({ opciones = [] }) => opciones),
    ...callsOf('option').flatMap(args => literals(args.replace(/\{[\s\S]*\}/g, ''))),
    ...callsOf('means').flatMap(args => literals(args)),
    ...everywhere.map(([, key = '']) => key),
    ...literals(code).flatMap(it => (it.startsWith('flujo:') ? [it.slice('flujo:'.length)] : [])),
    ...sigue.filter(id => !preguntas[id]),
    ...asked.map(campo => `campo.${campo}`),
  ])
  const keys = Object.keys(mensajes.opciones)

  test('that are offered stand in mensajes.yaml', () => {
    expect(everywhere.length).toBeGreaterThan(3)
    expect([...used].filter(key => looksLikeKey(key) && !keys.includes(key))).toEqual([])
  })

  test('that stand in mensajes.yaml are offered', () => {
    expect(keys.filter(key => !used.has(key))).toEqual([])
  })

  test('groups of questions have questions', () => {
    const groups = new Set(Object.values(preguntas).map(({ grupo }) => grupo))
    expect(Object.keys(mensajes.grupos).filter(id => !groups.has(id))).toEqual([])
  })
})

/** The names by which a text is filled where it is said: `{ datos }` in `note('anote', { datos })`. */
const objects = [
  ...callsOf('say', 'note').flatMap(
    args => /\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\s*,?\s*$/.exec(afterView(args))?.[1] ?? [],
  ),
  ...[...code.matchAll(/\bvalues = \{/g)].map(({ 0: opens, index }) => inside(code, index + opens.length)),
]
const localNames = new Set(
  objects.flatMap(object =>
    splitAtCommas(object).map(entry => /^\s*'?([\w.]+)'?\s*(?::|$)/.exec(entry)?.[1] ?? ''),
  ),
)
localNames.delete('')

function splitAtCommas(text: string): string[] {
  const parts = ['']
  let depth = 0
  for (const sign of text) {
    if ('({['.includes(sign)) depth++
    if (')}]'.includes(sign)) depth--
    if (sign === ',' && depth === 0) parts.push('')
    else parts.push(`${parts.pop()}${sign}`)
  }
  return parts
}

describe('placeholders', () => {
  const namesIn = (text: string) => [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)
  const permittedAll = new Set<string>([...permitted.respuesta, ...permitted.mensaje])

  test('that the check permits are those that the program fills', () => {
    expect(localNames.size).toBeGreaterThan(10)
    expect([...permittedAll].sort()).toEqual([...new Set([...Object.keys(known), ...localNames])].sort())
  })

  test('that an answer or a step may hold need nothing but the view', () => {
    expect(permitted.respuesta.filter(name => !(name in known))).toEqual([])
  })

  test('that the program fills stand in a text', () => {
    const texts = Object.values(mensajes.textos).map(it =>
      typeof it === 'string' ? it : `${it.texto} ${it.usted}`,
    )
    const answers = JSON.stringify([preguntas, pasos, planteles])
    const used = new Set([
      ...texts.flatMap(namesIn),
      ...permitted.respuesta.filter(it => answers.includes(`{${it}}`)),
    ])
    expect([...permittedAll].filter(name => !used.has(name))).toEqual([])
  })
})
