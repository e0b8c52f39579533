/** docs/flujos.md: in Mermaid's grammar, as far as it is used, and nothing of the machines left out. */
import { describe, expect, test } from 'vitest'
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { flows } from '../../flows/index.ts'
import { flow } from '../../flows/shape.ts'
import { drawFlows } from '../../src/conversation/diagram.ts'

const name = '[A-Za-z][A-Za-z0-9_]*'
const end = `(?:\\[\\*\\]|${name})`
/** Mermaid's text ends at a line break; a colon, semicolon, number sign or brace in it means something else. */
const said = '[^:;"#{}<>\\n]+'
/** The lines that a stateDiagram-v2 may have here: a state's name, what it shows, an arrow. */
const grammar = {
  state: new RegExp(`^ {2}state "(${said})" as (${name})$`),
  shows: new RegExp(`^ {2}(${name}) : (${said})$`),
  arrow: new RegExp(`^ {2}(${end}) --> (${end})(?: : (${said}))?$`),
}
/** Words that Mermaid reads as its own. */
const reserved = /^(?:state|as|note|end|class|classDef|style|direction|default|fork|join|choice|click)$/

interface Drawing {
  readonly states: readonly string[]
  readonly arrows: readonly (readonly [from: string, to: string, label: string | undefined])[]
  readonly faults: readonly string[]
}

function readMermaid(lines: readonly string[]): Drawing {
  const of = (line: RegExp) => lines.flatMap(text => [line.exec(text)].filter(found => found !== null))
  const states = of(grammar.state).map(([, , id = '']) => id)
  const arrows = of(grammar.arrow).map(([, from = '', to = '', label]) => [from, to, label] as const)
  const named = [...of(grammar.shows).map(([, id = '']) => id), ...arrows.flatMap(([from, to]) => [to, from])]
  return {
    states,
    arrows,
    faults: [
      ...(lines[0] === 'stateDiagram-v2' ? [] : [`begins with ${lines[0]}`]),
      ...lines.slice(1).filter(line => !Object.values(grammar).some(form => form.test(line))),
      ...states.filter((id, i) => reserved.test(id) || states.indexOf(id) !== i),
      ...named.filter(id => id !== '[*]' && !states.includes(id)).map(id => `${id} is no state`),
      ...(arrows.filter(([from]) => from === '[*]').length === 1 ? [] : ['does not begin in one place']),
    ],
  }
}

/** The diagrams of a drawing, by the heading above each. */
function diagramsOf(markdown: string): Map<string, Drawing> {
  const found = markdown.matchAll(/^## (.+)\n\n(.+)\n\n```mermaid\n([\s\S]*?)\n```$/gm)
  return new Map([...found].map(([, id = '', , lines = '']) => [id, readMermaid(lines.split('\n'))]))
}

const drawn = drawFlows(flows, { listo: 'Ya lo hice', tramite: 'Hacer: mi; "trámite" #1' })
const diagrams = diagramsOf(drawn)
const idOf = (key: string) => key.replaceAll('-', '_')

test('draws every flow, with a sentence on it', () => {
  expect([...diagrams.keys()]).toEqual(Object.keys(flows))
  for (const [id, machine] of Object.entries(flows))
    expect(machine.config.description, id).toMatch(/^[A-ZÁÉÍÓÚ].{20,}\.$/)
})

describe.each(Object.entries(flows) as [string, AnyStateMachine][])('%s', (id, machine) => {
  const { states, arrows, faults } = diagrams.get(id) as Drawing
  const nodes = Object.values(machine.states) as AnyStateNode[]

  test('is Mermaid', () => {
    expect(faults).toEqual([])
  })

  test('has every state and an arrow for every branch', () => {
    expect(states).toEqual(expect.arrayContaining(nodes.map(({ key }) => idOf(key))))
    for (const node of nodes) {
      const branches = (node.always?.length ?? 0) + [...node.transitions.values()].flat().length
      const leaving = arrows.filter(([from]) => from === idOf(node.key)).length
      // More where it offers what the whole flow takes.
      expect(leaving, node.key).toBeGreaterThanOrEqual(Math.max(branches, node.type === 'final' ? 1 : 0))
    }
  })

  test('leads into every state and to every other flow', () => {
    const ends = new Set(arrows.map(([, to]) => to))
    expect(states.filter(state => !ends.has(state) && state !== 'cualquiera')).toEqual([])
    const others = [...JSON.stringify(machine.config).matchAll(/"flujo":"([^"]+)"/g)].map(
      ([, to]) => `flujo_${to}`,
    )
    for (const other of others) expect(states).toContain(other)
  })
})

test('says what the button says, without what Mermaid takes for its own', () => {
  expect(diagrams.get('menu')?.arrows).toContainEqual(['inicio', 'flujo_perfil', 'Hacer mi trámite 1'])
})

test('says when a branch is taken and what else is done', () => {
  const labels = (id: string) => diagrams.get(id)?.arrows.map(([, , label]) => label)
  expect(labels('beneficiarios')).toContain('escribe números [si dos o tres]')
  expect(labels('checklist')).toContain('siguiente [si queda de primero]')
  expect(labels('clinica')).toContain('[si edad = menor]')
  expect(labels('vigencia')).toContain('vigente / anota vigencia')
  expect(labels('preguntas')).toContain('elige de la lista / responde la elegida')
})

test('what is no Mermaid is found', () => {
  const machine = flow.createMachine({
    id: 'x',
    context: ({ input }) => input,
    initial: 'a',
    states: { a: {} },
  })
  const [lines = ''] = /(?<=```mermaid\n)[\s\S]*?(?=\n```)/.exec(drawFlows({ x: machine }, {})) ?? []
  expect(readMermaid(lines.split('\n')).faults).toEqual([])
  for (const line of [
    '  a --> b',
    '  a --> a : x: y',
    '  a -> a',
    '  state "a" as a',
    'a --> a',
    '  [*] --> a',
  ])
    expect(readMermaid([...lines.split('\n'), line]).faults, line).not.toEqual([])
})
