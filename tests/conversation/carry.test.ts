/** Conversations stored by older flows go on with today's: at the same step or the nearest, told so, nothing lost. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { asked, type Perfil } from '../../flows/shape.ts'
import { stepsOf } from '../../src/conversation/checklist.ts'
import { newSaved, readSaved, type Saved, split, standable } from '../../src/conversation/saved.ts'
import { type Outcome, step } from '../../src/conversation/step.ts'
import type { Body } from '../../src/message.ts'
import { older, olderGuide, sinceThen } from './older.ts'
import { choicesOf, code, flows, guide, now, throughJson, whole } from './talk.ts'

const newGuide = { ...guide, flows: sinceThen }
const placeOf = ({ flow, state }: Saved) => `${flow}.${state}`
const said = ({ replies }: Outcome) => replies.map(({ text }) => text).join('\n\n')
const textOf = (clave: string) => String(guide.content.mensajes.textos[clave])
const write = (text: string): Body => ({ kind: 'text', text })
const go = (of: typeof guide, saved: Saved, body: Body) =>
  step(of, throughJson(saved), { at: now, body, code: () => code })
/** Says nothing that would lead on. */
const wave = write('👋')

const profiles: readonly Perfil[] = [
  {},
  { nivel: 'superior', semestre: 'primero', plantel: 'escom' },
  whole,
  { ...whole, semestre: 'posterior', edad: 'menor', otroServicio: 'si' },
]
const dones: readonly Saved['hechos'][] = [{}, { 'imprimir-cedula': '2024-09-03', sello: '2024-09-04' }]

/** What presses alone lead to, from the menu on, for each profile; as many steps done is as good as any. */
function storedByOlder(): Saved[] {
  const found = new Map<string, Saved>()
  const open = profiles.flatMap(perfil => dones.map(hechos => ({ ...newSaved(older), perfil, hechos })))
  for (let saved = open.pop(); saved; saved = open.pop()) {
    const { replies } = go(olderGuide, saved, wave)
    for (const { id } of replies.at(-1)?.choices ?? []) {
      const { saved: next, forget } = go(olderGuide, saved, { kind: 'choice', choice: id })
      const name = JSON.stringify([placeOf(next), next.perfil, Object.keys(next.hechos).length])
      if (forget || found.has(name)) continue
      found.set(name, next)
      open.push(next)
    }
  }
  return [...found.values()]
}

const stored = storedByOlder()
const oldPlaces = Object.entries(older.machines)
  .flatMap(([id, machine]) => Object.keys(machine.states).map(state => `${id}.${state}`))
  .filter(place => standable(place, older))

test('the older flows stored conversations in each of their states', () => {
  expect(new Set(stored.map(placeOf))).toEqual(new Set(oldPlaces))
  expect(stored.length).toBeGreaterThan(200)
})

/** Why somebody has no business where they stand. */
function misplaced({ flow, state, perfil, hechos }: Saved): string[] {
  const meta = sinceThen.machines[flow]?.states[state]?.meta
  const steps = stepsOf(guide.content, perfil).map(({ id }) => id)
  return [
    ...(meta?.campo && perfil[meta.campo as keyof Perfil] !== undefined
      ? [`asks for ${meta.campo}, which is known`]
      : []),
    ...(meta?.paso && !steps.includes(meta.paso) ? [`${meta.paso} does not concern them`] : []),
    ...(meta?.paso && hechos[meta.paso] ? [`${meta.paso} is done`] : []),
    ...(flow === 'checklist' && asked.some(campo => perfil[campo] === undefined)
      ? ['no list can be made']
      : []),
    ...(state === 'menor' && perfil.edad === 'adulto' ? ['is of age'] : []),
    ...(state === 'papeles' && perfil.edad === 'menor' ? ['is a minor'] : []),
  ]
}

describe('every conversation of the older flows', () => {
  test('is carried to a place where its person has business, with profile and steps kept', () => {
    for (const saved of stored) {
      const outcome = go(newGuide, saved, wave)
      const to = placeOf(outcome.saved)
      const of = `${placeOf(saved)} ${JSON.stringify(saved.perfil)} → ${to}`
      expect(standable(to, sinceThen), of).toBe(true)
      expect(outcome.saved.perfil, of).toEqual(saved.perfil)
      expect(outcome.saved.hechos, of).toEqual(saved.hechos)
      expect(
        outcome.saved.back.filter(place => !standable(place, sinceThen)),
        of,
      ).toEqual([])
      if (to !== placeOf(saved)) expect(misplaced(outcome.saved), of).toEqual([])
      expect(choicesOf(outcome).length, of).toBeGreaterThan(0)
    }
  })

  test('is told once, and only where something changed', () => {
    for (const saved of stored) {
      const outcome = go(newGuide, saved, wave)
      const [from, to] = [placeOf(saved), placeOf(outcome.saved)]
      const same = saved.flow === 'menu' || older.versions[saved.flow] === sinceThen.versions[saved.flow]
      const told = same ? undefined : from === to ? 'flujo.igual' : 'flujo.movido'
      for (const clave of ['flujo.igual', 'flujo.movido'])
        expect(said(outcome).split(textOf(clave)).length - 1, `${from} → ${to}: ${clave}`).toBe(
          clave === told ? 1 : 0,
        )
      const again = said(go(newGuide, outcome.saved, wave))
      expect(again).not.toContain(textOf('flujo.igual'))
      expect(again).not.toContain(textOf('flujo.movido'))
    }
  })

  test('can go on: what the old reply offered, a word, back, the menu', () => {
    for (const saved of stored) {
      const offered = choicesOf(go(olderGuide, saved, wave)).map(
        ({ id }): Body => ({ kind: 'choice', choice: id }),
      )
      for (const body of [...offered, write('2'), write('sí'), write('volver'), write('¿cuánto cuesta?')]) {
        const { saved: next, replies, forget } = go(newGuide, saved, body)
        expect(forget || (replies.length > 0 && standable(placeOf(next), sinceThen))).toBe(true)
      }
      expect(placeOf(go(newGuide, saved, write('menú')).saved)).toBe('menu.inicio')
    }
  })
})

test.each<[from: string, perfil: Perfil, to: string]>([
  ['perfil.escuela', {}, 'perfil.plantel'],
  // A state of another name, whose question was answered meanwhile: the next that is open.
  ['perfil.seguro', {}, 'perfil.otroServicio'],
  ['perfil.seguro', { otroServicio: 'no' }, 'perfil.tratamiento'],
  // Gone without a word: its flow from the start, past what is known.
  ['perfil.turno', {}, 'perfil.nivel'],
  ['perfil.turno', { nivel: 'posgrado', semestre: 'primero' }, 'perfil.edad'],
  ['perfil.turno', whole, 'checklist.lista'],
  ['perfil.semestre', {}, 'perfil.semestre'],
  ['primero.hoja', whole, 'primero.imprimir-cedula'],
  ['primero.copias', whole, 'primero.imprimir-cedula'],
  ['primero.sello', whole, 'primero.nss'],
  // Of another semester by now: the flow of theirs.
  ['primero.copias', { ...whole, semestre: 'posterior' }, 'posterior.nss'],
  ['primero.nss', whole, 'primero.nss'],
  ['vigencia.baja', {}, 'vigencia.baja'],
  ['citas.papeles', { edad: 'adulto' }, 'clinica.papeles'],
  ['citas.papeles', { edad: 'menor' }, 'clinica.menor'],
  // The flow is gone, and nobody said where to.
  ['citas.telefono', whole, 'menu.inicio'],
  ['persona.donde', {}, 'persona.donde'],
  // Slips in the list itself.
  ['perfil.a', {}, 'perfil.nivel'],
  ['citas.otra', {}, 'menu.inicio'],
])('%s of %j goes on at %s', (from, perfil, to) => {
  const [flow, state] = split(from)
  const saved = { ...newSaved(older), flow, state, version: older.versions[flow] ?? '', perfil }
  expect(placeOf(go(newGuide, saved, wave).saved)).toBe(to)
})

test('a choice that is the same in the changed flow is taken', () => {
  const saved = {
    ...newSaved(older),
    flow: 'vigencia',
    state: 'estado',
    version: older.versions.vigencia ?? '',
  }
  const outcome = go(newGuide, saved, { kind: 'choice', choice: 'vigencia.estado:baja' })
  expect(placeOf(outcome.saved)).toBe('vigencia.baja')
  expect(said(outcome)).toContain(textOf('flujo.igual'))
})

describe('what is no conversation any more', () => {
  const garbage = [
    '',
    '.',
    'nada',
    'constructor',
    'constructor.x',
    '__proto__.y',
    'perfil.listo',
    'menu.toString',
    '.inicio',
    'perfil.nivel.x',
  ]

  test.each(garbage)('%j behind leads back to the menu at worst', place => {
    for (const version of ['old', sinceThen.versions.perfil ?? '']) {
      const saved = { ...newSaved(sinceThen), flow: 'perfil', state: 'edad', version, back: [place, place] }
      const { saved: next } = go(newGuide, saved, wave)
      expect(placeOf(next)).toBe('perfil.edad')
      expect(['menu.inicio', 'perfil.nivel']).toContain(placeOf(go(newGuide, saved, write('volver')).saved))
    }
  })

  test.each(garbage)('%j as the place itself leads to one that there is', place => {
    const [flow, state] = split(place)
    for (const version of ['old', ...Object.values(sinceThen.versions)]) {
      const saved = {
        ...newSaved(sinceThen),
        flow,
        state,
        version,
        perfil: whole,
        hechos: { nss: '2024-09-02' },
      }
      const { saved: next, replies } = go(newGuide, saved, wave)
      expect(standable(placeOf(next), sinceThen)).toBe(true)
      expect(next).toMatchObject({ perfil: whole, hechos: { nss: '2024-09-02' } })
      expect(replies.length).toBeGreaterThan(0)
    }
  })

  test('choices that led to what is no longer in content/ are not offered', () => {
    const extra = [
      'tema:nada',
      'mas:nada',
      'flujo:nada',
      'tema:constructor',
      'flujo:constructor',
      'x',
      'tema:costo',
    ]
    const outcome = go(newGuide, { ...newSaved(sinceThen), extra }, { kind: 'choice', choice: 'tema:costo' })
    expect(outcome.topics).toEqual(['costo'])
    for (const choice of extra.slice(0, -1))
      expect(said(go(newGuide, { ...newSaved(sinceThen), extra }, { kind: 'choice', choice }))).toContain(
        textOf('opcionVieja'),
      )
  })
})

/** As they lay in a database: written once, never made anew. */
const Fixture = z.array(
  z.object({ about: z.string(), state: z.unknown(), goesOnAt: z.string(), told: z.string().nullable() }),
)
const fixture = Fixture.parse(
  JSON.parse(readFileSync(new URL('old-conversations.json', import.meta.url), 'utf8')),
)

test('what today’s list says has moved is gone, and where it went is there', () => {
  for (const [from, to] of Object.entries(flows.moved)) {
    expect(standable(from, flows), from).toBe(false)
    expect(standable(to, flows) || to in flows.moved, to).toBe(true)
  }
})

describe('stored years ago:', () => {
  test.each(fixture.map(it => [it.about, it] as const))('%s', (_, { state, goesOnAt, told }) => {
    const saved = readSaved(state, sinceThen)
    const outcome = go(newGuide, saved, wave)
    expect(placeOf(outcome.saved)).toBe(goesOnAt)
    const facts = state as { perfil?: object; hechos?: object }
    expect(outcome.saved.perfil).toEqual(facts.perfil ?? {})
    expect(outcome.saved.hechos).toEqual(facts.hechos ?? {})
    if (told) expect(said(outcome)).toContain(textOf(told))
    else expect(said(outcome)).not.toContain('Actualicé la guía')
    expect(choicesOf(outcome).length).toBeGreaterThan(0)
    expect(placeOf(go(newGuide, outcome.saved, write('menú')).saved)).toBe('menu.inicio')
  })

  test.each(fixture.map(it => [it.about, it] as const))('%s, and nobody wrote where to', (_, { state }) => {
    const { saved, replies } = go(guide, readSaved(state, flows), wave)
    expect(standable(placeOf(saved), flows)).toBe(true)
    expect(replies.length).toBeGreaterThan(0)
  })
})
