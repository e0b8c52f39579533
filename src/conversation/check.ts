/**
 * Holds content/ and flows/ together: every text, choice, step and topic that a machine names stands in content/,
 * and no state is a dead end. Part of the check that blocks, with content/check.ts.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { Meta } from '../../flows/shape.ts'
import { type Fault, fault } from '../content/faults.ts'
import type { Content } from '../content/load.ts'

const messages = 'mensajes.yaml'

export function checkFlows(content: Content, machines: Readonly<Record<string, AnyStateMachine>>): Fault[] {
  const nodes = Object.values(machines).flatMap(machine => Object.values(machine.states) as AnyStateNode[])
  return [
    ...nodes.flatMap(node => checkState(content, node)),
    ...Object.entries(machines).flatMap(([flow, machine]) => checkActions(content, machines, flow, machine)),
    ...walkedSteps(content, nodes),
    ...placesNamed(content, machines),
  ]
}

/** After an answer in the middle of a flow it is said where we were. */
function placesNamed(content: Content, machines: object): Fault[] {
  const named = Object.keys(machines).map(flow => (leading.has(flow) ? 'recorrido' : flow))
  return [...new Set(named)]
    .filter(flow => flow !== 'menu' && content.mensajes.textos[`donde.${flow}`] === undefined)
    .map(flow => fault('faltaClave', messages, flow, `textos.donde.${flow}`))
}
const leading = new Set(['primero', 'posterior'])

function checkState(content: Content, node: AnyStateNode): Fault[] {
  const meta = node.meta as Meta | undefined
  if (node.type === 'final') return []
  const at = node.id
  if (!meta) return [fault('estadoMudo', messages, at)]
  const { textos, opciones } = content.mensajes
  const events = new Set(node.machine.events as string[])
  return [
    ...(textos[meta.texto] === undefined ? [fault('faltaClave', messages, at, `textos.${meta.texto}`)] : []),
    ...(meta.opciones ?? []).flatMap(id => [
      ...(opciones[id] === undefined ? [fault('faltaClave', messages, at, `opciones.${id}`)] : []),
      ...(events.has(id) ? [] : [fault('opcionMuerta', messages, at, id)]),
    ]),
    ...(meta.paso && !content.pasos.some(paso => paso.id === meta.paso)
      ? [fault('faltaClave', messages, at, `tramite/${meta.paso}.yaml`)]
      : []),
  ]
}

/** What actions name: texts to say, topics to answer, flows to go to, steps to tick. */
function checkActions(content: Content, machines: object, flow: string, machine: AnyStateMachine): Fault[] {
  const named = [...actionParams(machine.config)]
  const missing = (found: boolean, what: string) => (found ? [] : [fault('faltaClave', messages, flow, what)])
  return named.flatMap(({ clave, pregunta, flujo, paso }) => [
    ...missing(clave === undefined || content.mensajes.textos[clave] !== undefined, `textos.${clave}`),
    ...missing(
      pregunta === undefined || content.preguntas[pregunta] !== undefined,
      `preguntas/${pregunta}.yaml`,
    ),
    ...missing(flujo === undefined || Object.hasOwn(machines, flujo), `flows/${flujo}.ts`),
    ...missing(paso === undefined || content.pasos.some(it => it.id === paso), `tramite/${paso}.yaml`),
  ])
}

type Named = { clave?: string; pregunta?: string; flujo?: string; paso?: string }

/** The params of every action in a machine's config, however deep. */
function* actionParams(config: unknown): Generator<Named> {
  if (typeof config !== 'object' || config === null) return
  const { type, params } = config as { type?: unknown; params?: unknown }
  if (typeof type === 'string' && typeof params === 'object' && params !== null) yield params as Named
  for (const value of Object.values(config)) yield* actionParams(value)
}

/** A step that no flow leads through could only be met in the checklist. */
function walkedSteps(content: Content, nodes: readonly AnyStateNode[]): Fault[] {
  const walked = new Set(nodes.map(node => (node.meta as Meta | undefined)?.paso))
  return content.pasos
    .filter(paso => paso.tramite === 'alta' && !walked.has(paso.id))
    .map(paso => fault('pasoSinFlujo', `tramite/${paso.id}.yaml`, 'tramite'))
}
