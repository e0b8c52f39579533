/**
 * Draws the flows as docs/flujos.md, for the school's staff: each as a Mermaid diagram made from the machine
 * itself. `npm run draw` writes it, `npm run check` fails where it is not what would be drawn today.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import type { Meta } from '../../flows/shape.ts'

type Machines = Readonly<Record<string, AnyStateMachine>>
/** What the buttons say, by option. */
type Buttons = Readonly<Record<string, string>>

export function drawFlows(machines: Machines, buttons: Buttons): string {
  const drawn = Object.entries(machines).map(([id, machine]) =>
    [`## ${id}`, machine.config.description ?? '', drawFlow(machine, buttons)].join('\n\n'),
  )
  return `${[heading, ...drawn].join('\n\n')}\n`
}

const heading = `# Los flujos

Este archivo lo escribe \`npm run draw\` a partir de \`flows/\` y de los botones de \`content/mensajes.yaml\`; no se edita a mano.

Cada cuadro es un lugar donde la guía se detiene: su nombre y lo que muestra (un texto de \`mensajes.yaml\`, un paso de \`content/tramite\` o un dato que pregunta). Cada flecha es lo que elige la persona; entre corchetes, cuándo vale; tras la diagonal, lo que además hace la guía. «flujo …» es otro de estos dibujos. En todos los lugares se puede además escribir una pregunta, volver o ir al menú.`

function drawFlow(machine: AnyStateMachine, buttons: Buttons): string {
  const nodes = Object.values(machine.states) as AnyStateNode[]
  const edges = [...nodes.flatMap(node => edgesOf(node, buttons)), ...anywhere(machine, nodes, buttons)]
  const others = [...new Set(edges.map(({ to }) => to).filter(to => to.startsWith(otherFlow)))]
  return [
    '```mermaid',
    'stateDiagram-v2',
    ...nodes.flatMap(drawState),
    ...(edges.some(({ from }) => from === everywhere)
      ? [`  state "desde cualquier lugar" as ${everywhere}`]
      : []),
    ...others.map(to => `  state "flujo ${to.slice(otherFlow.length)}" as ${idOf(to)}`),
    `  [*] --> ${idOf(String(machine.config.initial))}`,
    ...edges.map(({ from, to, label }) => `  ${idOf(from)} --> ${idOf(to)}${label ? ` : ${label}` : ''}`),
    '```',
  ].join('\n')
}

const otherFlow = 'flujo '
const everywhere = 'cualquiera'
/** Mermaid takes neither hyphens nor spaces in a name. */
const idOf = (name: string) => name.replace(/[^A-Za-z0-9]/g, '_')
/** Nor these in a text. */
const plain = (text: string) => text.replace(/[:;"#{}<>]/g, '')

function drawState(node: AnyStateNode): string[] {
  const { paso, campo, texto, lista, numeros } = (node.meta ?? {}) as Partial<Meta>
  const shows = paso ? `paso ${paso}` : campo ? `pregunta ${campo}` : texto
  const takes = [shows, lista && `lista de ${lista}`, numeros && 'acepta números'].filter(Boolean).join(', ')
  const id = idOf(node.key)
  return [`  state "${plain(node.key)}" as ${id}`, ...(takes ? [`  ${id} : ${plain(takes)}`] : [])]
}

interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
}

/** What leads out of a state: what it passes on by itself, its own choices, and those of the whole flow it offers. */
function edgesOf(node: AnyStateNode, buttons: Buttons): Edge[] {
  const offered = (node.meta as Meta | undefined)?.opciones ?? []
  const shared = offered.filter(type => !node.transitions.has(type))
  const onItsOwn = (node.always ?? []).map(it => edge(node.key, it, label('', it, [])))
  const byChoice = [...node.transitions].filter(([type]) => type !== '')
  const ofTheFlow = shared.map(type => [type, node.machine.root.transitions.get(type) ?? []] as const)
  const chosen = [...byChoice, ...ofTheFlow].flatMap(([type, branches]) =>
    branches.map((it, i) => edge(node.key, it, label(buttonOf(type, buttons), it, branches.slice(0, i)))),
  )
  if (node.type !== 'final') return [...onItsOwn, ...chosen]
  const leaves = otherFlowOf(node.entry as readonly unknown[])
  return [{ from: node.key, to: leaves ?? '[*]', label: '' }]
}

/** What the flow takes in every state without any of them offering it. */
function anywhere(machine: AnyStateMachine, nodes: readonly AnyStateNode[], buttons: Buttons): Edge[] {
  const offered = new Set(nodes.flatMap(node => (node.meta as Meta | undefined)?.opciones ?? []))
  return [...machine.root.transitions]
    .filter(([type]) => !offered.has(type))
    .flatMap(([type, branches]) =>
      branches.flatMap((it, i) => {
        const to = otherFlowOf(it.actions)
        return to
          ? [{ from: everywhere, to, label: label(buttonOf(type, buttons), it, branches.slice(0, i)) }]
          : []
      }),
    )
}

function edge(from: string, it: AnyTransitionDefinition, text: string): Edge {
  return { from, to: otherFlowOf(it.actions) ?? it.target?.[0]?.key ?? from, label: text }
}

const typed: Buttons = {
  elige: 'elige de la lista',
  numeros: 'escribe números',
  perfil: 'cambian sus datos',
}
const buttonOf = (type: string, buttons: Buttons) => buttons[type] ?? typed[type] ?? type

function label(button: string, it: AnyTransitionDefinition, before: readonly unknown[]): string {
  const when = it.guard ? `[si ${conditionOf(it)}]` : before.length > 0 ? '[si no]' : ''
  const does = it.actions.map(doing).filter(Boolean).join(', ')
  return plain([button, when, does && `/ ${does}`].filter(Boolean).join(' '))
}

/** `quedaDePrimero` → "queda de primero"; `es` with `{ edad: 'menor' }` → "edad = menor". */
function conditionOf({ description, guard }: AnyTransitionDefinition): string {
  if (description) return description
  const { type, params } = (typeof guard === 'object' ? guard : { type: guard }) as {
    type: unknown
    params?: unknown
  }
  const fields = typeof params === 'object' && params !== null ? Object.entries(params) : []
  if (fields.length > 0) return fields.map(([field, value]) => `${field} = ${value}`).join(' y ')
  const words = String(type).replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
  return params === undefined ? words : `${words} ${params}`
}

type Named = { readonly type?: string; readonly params?: unknown }
const paramOf = (action: unknown, name: string) => {
  const { params } = action as Named
  return typeof params === 'object' && params !== null
    ? (params as Record<string, string | undefined>)[name]
    : undefined
}

/** What a transition does besides leading on. Keeping a choice in mind is not worth a word. */
function doing(action: unknown): string {
  switch ((action as Named).type ?? action) {
    case 'hecho':
      return `anota ${paramOf(action, 'paso') ?? 'el paso'}`
    case 'deshecho':
      return 'quita el paso'
    case 'responde':
      return `responde ${paramOf(action, 'pregunta') ?? 'la elegida'}`
    case 'di':
      return `dice ${paramOf(action, 'clave')}`
    case 'borra':
      return 'borra todo'
    default:
      return ''
  }
}

function otherFlowOf(actions: readonly unknown[]): string | undefined {
  const leads = actions.find(action => (action as Named).type === 'ir')
  return leads === undefined ? undefined : `${otherFlow}${paramOf(leads, 'flujo')}`
}
