/**
 * What is kept of a conversation between two messages, and how one that was stored by older flows is carried into
 * the present ones. `step` reads and returns it; the store keeps it as JSON.
 */
import { createHash } from 'node:crypto'
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { z } from 'zod'
import { temas } from '../message.ts'
import { Perfil } from './perfil.ts'

export const Saved = z.object({
  flow: z.string(),
  state: z.string(),
  /** The flow's fingerprint when this was stored. */
  version: z.string(),
  // What later programs no longer understand of these is dropped, not the whole conversation with it.
  perfil: Perfil.catch({}),
  hechos: z.record(z.string(), z.string()).catch({}),
  /** What the flow keeps for itself. */
  own: z
    .object({
      paso: z.string().optional(),
      grupo: z.string().optional(),
      cuantos: z.number().optional(),
      partes: z.array(z.number()).optional(),
    })
    .catch({}),
  /** The places behind, newest last: `flow.state`. */
  back: z.array(z.string()).catch([]),
  /** What the last reply offered besides the state's own choices: `tema:costo`, `mas:que-es`, `flujo:renuncia`. */
  extra: z.array(z.string()).catch([]),
  /** The topic answered last, to which "¿y dónde es?" refers. */
  tema: z.string().optional().catch(undefined),
  usted: z.boolean().optional().catch(undefined),
  /** What they want to be told unasked; who wants nothing any more is known for a week, for what they were told in it. */
  avisos: z
    .object({
      temas: z.array(z.enum(temas)),
      /** Reminders that were due by then are told, or of no use any more. */
      hasta: z.iso.datetime(),
      /** When they were told something unasked, of the last seven days. */
      dados: z.array(z.iso.datetime()),
    })
    .optional()
    .catch(undefined),
  /** How many turns of the guide's own came since the person's last: what was offered before them is still good. */
  solas: z.number().optional().catch(undefined),
})
export type Saved = z.infer<typeof Saved>

/** What this process made itself and the store gives back as it is: parsed once is enough. */
const parsed = new WeakSet<object>()

/** What the store gave; where not even a place can be read of it, the conversation begins anew. */
export function readSaved(state: unknown, set: FlowSet): Saved {
  if (typeof state === 'object' && state !== null && parsed.has(state)) return state as Saved
  const read = Saved.safeParse(state)
  return read.success ? read.data : newSaved(set)
}

/** To be called with what goes to the store, which nobody changes from then on. */
export function trust(saved: Saved): Saved {
  parsed.add(saved)
  return saved
}

export const home = { flow: 'menu', state: 'inicio' } as const

/** The flows, their fingerprints, and where states that are gone went. */
export interface FlowSet {
  readonly machines: Readonly<Record<string, AnyStateMachine>>
  readonly versions: Readonly<Record<string, string>>
  readonly moved: Readonly<Record<string, string>>
}

export function flowSet(machines: FlowSet['machines'], moved: FlowSet['moved']): FlowSet {
  const versions = Object.entries(machines).map(([id, machine]) => [id, fingerprint(machine)])
  return { machines, versions: Object.fromEntries(versions), moved }
}

/** Names a flow's shape, so that nobody has to remember to raise a version. */
function fingerprint(machine: AnyStateMachine): string {
  const shape = Object.values(machine.states).map((node: AnyStateNode) => [
    node.key,
    node.ownEvents,
    node.meta?.opciones ?? [],
  ])
  return createHash('sha256').update(JSON.stringify(shape)).digest('base64url').slice(0, 8)
}

export function newSaved(set: FlowSet): Saved {
  return {
    ...home,
    version: set.versions[home.flow] ?? '',
    perfil: {},
    hechos: {},
    own: {},
    back: [],
    extra: [],
  }
}

export type Carried = { readonly saved: Saved; readonly how: 'same' | 'updated' | 'moved' }

/**
 * Brings a conversation stored by an older set of flows to the same state, or to the nearest that survives: what
 * `moved` says, else its flow's start, else the menu. Profile and steps done are never touched.
 */
export function carry(saved: Saved, set: FlowSet): Carried {
  const before = `${saved.flow}.${saved.state}`
  if (set.versions[saved.flow] === saved.version && standable(before, set)) return { saved, how: 'same' }
  const place = survivor(before, set)
  const [flow, state] = split(place)
  const back = saved.back.map(old => survivor(old, set)).filter(old => old !== place)
  const next = { ...saved, flow, state, back, extra: [], version: set.versions[flow] ?? '' }
  return { saved: next, how: place === before ? 'updated' : 'moved' }
}

export const split = (place: string): [flow: string, state: string] => {
  const dot = place.indexOf('.')
  return [place.slice(0, dot), place.slice(dot + 1)]
}

function survivor(place: string, set: FlowSet): string {
  const seen = new Set<string>()
  let at = place
  while (!standable(at, set) && Object.hasOwn(set.moved, at) && !seen.has(at)) {
    seen.add(at)
    at = set.moved[at] as string
  }
  if (standable(at, set)) return at
  const [flow] = split(at)
  const machine = machineOf(flow, set)
  return machine ? `${flow}.${machine.config.initial}` : `${home.flow}.${home.state}`
}

/** A state one can rest in: it exists and has not ended. */
export function standable(place: string, set: FlowSet): boolean {
  const [flow, state] = split(place)
  const machine = machineOf(flow, set)
  const node = machine && Object.hasOwn(machine.states, state) ? machine.states[state] : undefined
  return node !== undefined && node.type !== 'final'
}

/** What was stored may name anything, `constructor` too. */
const machineOf = (flow: string, { machines }: FlowSet) =>
  Object.hasOwn(machines, flow) ? machines[flow] : undefined
