/**
 * Walks a flow by every path that `xstate/graph` finds, as a conversation would live it: between two events there
 * is only JSON. paths.test.ts asks it which states and transitions were never taken.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { createActor, initialTransition, transition } from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import type { Context, FlowEvent, Meta, Perfil } from '../../flows/shape.ts'

/** What happens to a flow: it starts with a context, takes an event, or finds the profile changed. */
export type Event =
  | { readonly type: 'start'; readonly context: Context }
  | { readonly type: 'press'; readonly event: FlowEvent }
  | { readonly type: 'learn'; readonly perfil: Perfil }

export interface World {
  readonly contexts: readonly Context[]
  /** The values that an `elige` may bring, by the list that the state shows. */
  readonly values: Readonly<Record<NonNullable<Meta['lista']>, (context: Context) => readonly string[]>>
  readonly numbers: readonly (readonly number[])[]
  /** What may become known, or known otherwise, in the middle of the flow. */
  readonly news: readonly Perfil[]
  pasos(perfil: Perfil): readonly string[]
  /** What tells two stored conversations apart: those alike are walked on from only once. */
  same(context: Context): unknown
}

/** Where a walk stands: what was never stored, and what was stored and fetched after each event. */
interface Place {
  readonly live: AnyMachineSnapshot | null
  readonly stored: string
}

interface Step {
  readonly live: AnyMachineSnapshot
  readonly stored: AnyMachineSnapshot
  /** What each asks to be done. */
  readonly liveActions: unknown
  readonly storedActions: unknown
  readonly taken: readonly AnyTransitionDefinition[]
}

export interface Walked {
  /** Steps where the stored conversation went another way than the one kept in memory. */
  readonly differing: readonly string[]
  readonly states: ReadonlySet<AnyStateNode>
  readonly transitions: ReadonlySet<AnyTransitionDefinition>
}

const unstarted: Place = { live: null, stored: '' }

export function walk(machine: AnyStateMachine, world: World): Walked {
  const states = new Set<AnyStateNode>()
  const transitions = new Set<AnyTransitionDefinition>()
  const differing: string[] = []

  function go(from: Place, event: Event): Place {
    const { live, stored, liveActions, storedActions, taken } = advance(machine, world, from, event)
    for (const it of taken) transitions.add(it)
    // What an `always` passes through has been visited too.
    for (const node of [...live._nodes, ...taken.flatMap(it => it.target ?? [])]) states.add(node)
    const [kept, fetched] = [
      { ...keep(live), liveActions },
      { ...keep(stored), liveActions: storedActions },
    ]
    if (JSON.stringify(kept) !== JSON.stringify(fetched))
      differing.push(`${from.stored} ${JSON.stringify(event)}: ${JSON.stringify(fetched)}`)
    return { live, stored: JSON.stringify(keep(stored)) }
  }

  const logic = { transition: go, getInitialSnapshot: () => unstarted }
  const options = {
    events: (place: Place) => eventsAt(world, place),
    serializeState: (place: Place) => nameOf(world, place),
    serializeEvent: (event: Event) => JSON.stringify(event),
  }
  // Its types are those of actors; of `logic` it calls these two.
  getAdjacencyMap(logic as never, options as never)
  return { differing, states, transitions }
}

const keep = ({ value, status, context }: AnyMachineSnapshot) => ({ value, status, context })

function nameOf(world: World, { live, stored }: Place): string {
  if (!live) return 'unstarted'
  const { value, context } = JSON.parse(stored) as { value: string; context: Context }
  return JSON.stringify([value, world.same(context)])
}

/** Only what the conversation sends: a choice that the state offers, what it takes besides, a changed profile. */
function eventsAt(world: World, { live, stored }: Place): Event[] {
  if (!live) return world.contexts.map(context => ({ type: 'start', context }))
  if (live.status !== 'active') return []
  const [meta] = Object.values(live.getMeta()) as Meta[]
  const { context } = JSON.parse(stored) as { context: Context }
  const press = (event: FlowEvent): Event => ({ type: 'press', event })
  const values = meta?.lista ? world.values[meta.lista](context) : []
  return [
    ...(meta?.opciones ?? []).filter(type => live.can({ type })).map(type => press({ type })),
    ...values.map(valor => press({ type: 'elige', valor })),
    ...(meta?.numeros ? world.numbers.map(numeros => press({ type: 'numeros', numeros })) : []),
    ...world.news.map(perfil => ({ type: 'learn' as const, perfil })),
  ]
}

function advance(machine: AnyStateMachine, world: World, { live, stored }: Place, event: Event): Step {
  if (event.type === 'start') {
    const [next, actions] = initialTransition(machine, event.context)
    const kept = { live: next, liveActions: actions.map(told) }
    return { ...kept, ...observe(machine, undefined, JSON.parse(JSON.stringify(event.context)), undefined) }
  }
  const fetched = JSON.parse(stored) as { value: string; context: Context }
  const context = event.type === 'learn' ? learn(world, fetched.context, event.perfil) : fetched.context
  const sent: FlowEvent = event.type === 'learn' ? { type: 'perfil' } : event.event
  const before = event.type === 'learn' ? resolve(machine, String(live?.value), context) : live
  const [next, actions] = transition(machine, before as AnyMachineSnapshot, sent)
  const kept = { live: next, liveActions: actions.map(told) }
  return { ...kept, ...observe(machine, resolve(machine, fetched.value, context), context, sent) }
}

const resolve = (machine: AnyStateMachine, value: string, context: Context) =>
  machine.resolveState({ value, context }) as AnyMachineSnapshot

function learn(world: World, context: Context, news: Perfil): Context {
  const perfil = { ...context.perfil, ...news }
  return { ...context, perfil, pasos: world.pasos(perfil) }
}

const told = ({ type, params }: { type: string; params?: unknown }) => ({ type, params })

/** One event in an actor, which tells every transition that it takes. */
function observe(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot | undefined,
  input: Context,
  event: FlowEvent | undefined,
): Pick<Step, 'stored' | 'storedActions' | 'taken'> {
  const taken: AnyTransitionDefinition[] = []
  const actions: unknown[] = []
  const actor = createActor(machine, {
    ...(snapshot ? { snapshot } : { input }),
    inspect: seen => {
      if (seen.type === '@xstate.microstep')
        taken.push(...(seen as unknown as { _transitions: AnyTransitionDefinition[] })._transitions)
      if (seen.type === '@xstate.action') actions.push(told(seen.action as never))
    },
  })
  actor.start()
  if (event) actor.send(event as never)
  const stored = actor.getSnapshot() as AnyMachineSnapshot
  actor.stop()
  return { stored, storedActions: actions, taken }
}

/** Every state and every branch of every transition of a machine that a walk has not met, by name. */
export function untaken(machine: AnyStateMachine, { states, transitions }: Walked): string[] {
  const nodes = Object.values(machine.states) as AnyStateNode[]
  const missing = (list: readonly AnyTransitionDefinition[] | undefined, name: string) =>
    (list ?? []).flatMap((it, i) => (transitions.has(it) ? [] : [`${name}[${i}]`]))
  return [
    ...nodes.filter(node => !states.has(node)).map(node => node.id),
    ...[machine.root as AnyStateNode, ...nodes].flatMap(node => [
      ...missing(node.always, `${node.id} always`),
      ...[...node.transitions].flatMap(([type, list]) => missing(list, `${node.id} ${type}`)),
    ]),
  ]
}
