/** Every state and every branch of every transition of every flow is walked, with JSON between any two events. */

import { describe, expect, test } from 'vitest'
import { assign } from 'xstate'
import { type FlowId, flows } from '../../flows/index.ts'
import { asked, type Campo, type Context, flow, type Perfil } from '../../flows/shape.ts'
import { stepsOf } from '../../src/conversation/checklist.ts'
import { content } from '../guide.ts'
import { untaken, type World, walk } from './walk.ts'

const today = '2026-11-22'
const pasos = (perfil: Perfil) => stepsOf(content, perfil).map(({ id }) => id)

type Values = { readonly [K in Campo]?: readonly Perfil[K][] }

/** What each flow looks at in the profile: these values and not being known. The rest it is walked without. */
const matters: Readonly<Record<FlowId, Values>> = {
  menu: {},
  perfil: {
    nivel: ['superior'],
    semestre: ['primero'],
    edad: ['menor'],
    otroServicio: ['si'],
    tratamiento: ['no'],
    plantel: ['ipn'],
  },
  primero: { semestre: ['primero', 'posterior'], otroServicio: ['si', 'no'], tratamiento: ['si', 'no'] },
  posterior: { semestre: ['primero', 'posterior'], otroServicio: ['si', 'no'], tratamiento: ['si', 'no'] },
  checklist: {
    semestre: ['primero', 'posterior'],
    otroServicio: ['si', 'no'],
    tramite: ['alta', 'renuncia', 'cambio'],
  },
  ventana: {},
  vigencia: {},
  clinica: { edad: ['menor', 'adulto'] },
  renuncia: { otroServicio: ['si', 'no'] },
  cambio: {},
  beneficiarios: {},
  preguntas: {},
  persona: {},
  recordatorios: {},
  privacidad: {},
}

/** Where reminders can be turned on. */
const remindful: ReadonlySet<FlowId> = new Set([
  'primero',
  'posterior',
  'checklist',
  'ventana',
  'vigencia',
  'recordatorios',
])
/** What is done changes nothing there, and there are many profiles. */
const heedless: ReadonlySet<FlowId> = new Set(['perfil'])

/** Nothing can be told unasked, nothing is, one theme is, all are. */
const themes: readonly Pick<Context, 'avisos'>[] = [
  {},
  { avisos: [] },
  { avisos: ['tramite'] },
  { avisos: ['tramite', 'escuela'] },
]

/** Every combination of these values, known and unknown. */
function profiles(values: Values): Perfil[] {
  return Object.entries(values).reduce<Perfil[]>(
    (all, [campo, known]) =>
      all.flatMap(perfil => [perfil, ...known.map(valor => ({ ...perfil, [campo]: valor }))]),
    [{}],
  )
}

const everything: Perfil = {
  nivel: 'superior',
  semestre: 'primero',
  edad: 'adulto',
  otroServicio: 'no',
  tratamiento: 'no',
  plantel: 'ipn',
}

/** Nothing done, all done, only the first or the last, all but the first or the last. */
function donesOf(perfil: Perfil): Context['hechos'][] {
  const all = pasos(perfil)
  const some = [[], all, all.slice(0, 1), all.slice(-1), all.slice(1), all.slice(0, -1)]
  return some.map(steps => Object.fromEntries(steps.map(paso => [paso, '2026-09-01'])))
}

const numbers = [
  [],
  [0],
  [1],
  [2],
  [3],
  [4],
  [-1],
  [100],
  [110],
  [50, 50],
  [50, 60],
  [0, 100],
  [-10, 110],
  [33.3, 33.3, 33.4],
  [34, 33, 33],
  [34, 33, 34],
  [0, 50, 50],
  [25, 25, 25, 25],
]

function worldOf(id: FlowId): World {
  const fields = Object.entries(matters[id])
  const some = profiles(matters[id])
  // The checklist and reminders want a whole profile; every other field is as good as these.
  const all = remindful.has(id) ? [...some, ...some.map(perfil => ({ ...everything, ...perfil }))] : some
  const told = id === 'recordatorios' ? themes : [{ avisos: [] }]
  return {
    contexts: all.flatMap(perfil =>
      (heedless.has(id) ? [{}] : donesOf(perfil)).flatMap(hechos =>
        told.map(avisos => ({ perfil, hechos, pasos: pasos(perfil), hoy: today, ...avisos })),
      ),
    ),
    values: {
      pendientes: ({ pasos: steps }) => [...steps.slice(0, 2), 'ninguno'],
      hechos: ({ hechos }) => [...Object.keys(hechos).slice(0, 2), 'ninguno'],
      grupos: () => Object.keys(content.mensajes.grupos),
      preguntas: () => Object.keys(content.preguntas).slice(0, 3),
      campos: () => asked,
    },
    numbers,
    news: fields.flatMap(([campo, known]) => known.map(valor => ({ [campo]: valor }))),
    pasos,
    same: ({ perfil, hechos, pasos: steps, avisos, paso, grupo, cuantos, partes }) => [
      avisos,
      fields.map(([campo]) => perfil[campo as Campo]),
      asked.every(campo => perfil[campo] !== undefined),
      howMuch(steps, hechos),
      paso,
      grupo,
      cuantos,
      partes,
    ],
  }
}

/** How far along somebody is, roughly: there are thousands of ways to be half done. */
function howMuch(steps: readonly string[], hechos: Context['hechos']): string {
  const left = steps.filter(paso => hechos[paso] === undefined)
  if (left.length <= 1) return `${left.length} left`
  const done = steps.filter(paso => hechos[paso] !== undefined)
  return done.length <= 1 ? `${done.length} done` : 'half'
}

describe('walks every state and every branch of every transition of', () => {
  test.each(Object.entries(flows))('%s, the same with JSON between any two events', (id, machine) => {
    const walked = walk(machine, worldOf(id as FlowId))
    expect(untaken(machine, walked)).toEqual([])
    expect(walked.differing).toEqual([])
  })
})

describe('a walk', () => {
  const world: World = { ...worldOf('clinica'), same: ({ perfil, cuantos }) => [perfil.edad, cuantos] }
  const ask = (opciones: readonly string[]) => ({ texto: 'x', opciones })

  test('tells each state, branch and always that nothing leads to', () => {
    const machine = flow.createMachine({
      id: 'mapa',
      context: ({ input }) => input,
      initial: 'a',
      on: { huerfano: { target: '.b' } },
      states: {
        a: {
          meta: ask(['va', 'elige']),
          on: {
            va: [
              { guard: { type: 'es', params: { edad: 'menor' } }, target: 'b' },
              { guard: { type: 'es', params: { edad: 'menor', nivel: 'posgrado' } }, target: 'c' },
              { target: 'a' },
              { target: 'c' },
            ],
          },
        },
        b: {
          meta: ask([]),
          always: [
            { guard: { type: 'sabido', params: 'plantel' }, target: 'a' },
            { guard: { type: 'es', params: { edad: 'adulto' } }, target: 'a' },
          ],
        },
        c: { meta: ask(['va']), on: { va: { target: 'a' } } },
      },
    })
    expect(untaken(machine, walk(machine, world))).toEqual([
      'mapa.c',
      'mapa huerfano[0]',
      'mapa.a va[1]',
      'mapa.a va[3]',
      'mapa.b always[0]',
      'mapa.c va[0]',
    ])
  })

  test('tells a flow that keeps in mind what JSON does not keep', () => {
    const machine = flow.createMachine({
      id: 'mapa',
      context: ({ input }) => input,
      initial: 'a',
      states: {
        a: {
          meta: ask(['va']),
          on: { va: { target: 'b', actions: assign({ cuantos: Number.POSITIVE_INFINITY }) } },
        },
        b: {
          meta: ask(['va']),
          on: { va: [{ guard: ({ context }) => context.cuantos === Number.POSITIVE_INFINITY, target: 'a' }] },
        },
      },
    })
    expect(walk(machine, world).differing).not.toEqual([])
  })
})
