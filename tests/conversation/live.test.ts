/** The checklist as one message that changes: which replies may take the place of the list shown before. */
import { describe, expect, test } from 'vitest'
import { flowIds } from '../../flows/index.ts'
import type { Saved } from '../../src/conversation/saved.ts'
import { guide, type Talk, talkAt, whole } from './talk.ts'

/** On a channel that can change what it sent. */
const talkInPlace = (place?: string, known?: Partial<Saved>) => talkAt(place, known, guide, true)

/** Whose list is longer than a screen. */
const perfil = { ...whole, edad: 'menor', otroServicio: 'si', tratamiento: 'si' } as const
const listOf = () =>
  talkInPlace('checklist.lista', { perfil, hechos: { nss: '2026-09-01' } }).write('mi lista')
const lives = ({ last }: Talk) => last.replies.map(({ live }) => live)

describe('the list', () => {
  test('is one message however long, and may take the place of the one before', () => {
    const talk = listOf()
    expect(talk.last.replies).toHaveLength(1)
    expect(talk.text().split(/\s+/).length).toBeGreaterThan(90)
    expect(lives(talk)).toEqual([true])
  })

  test('stays live while it is ticked, unticked and corrected', () => {
    const talk = listOf().press('Marcar hecho')
    expect([talk.state(), ...lives(talk)]).toEqual(['checklist.marcar', true])
    talk.press(talk.labels()[0] ?? '')
    expect([talk.state(), ...lives(talk)]).toEqual(['checklist.lista', true])
    expect(talk.text()).toContain('Tu lista, 2/')
    talk.press('Desmarcar')
    expect([talk.state(), ...lives(talk)]).toEqual(['checklist.desmarcar', true])
    talk.press('Volver a mi lista').press('Corregir mis datos')
    expect([talk.state(), ...lives(talk)]).toEqual(['checklist.corregir', true])
  })

  test('is live at a step of a change of school too', () => {
    const cambio = { perfil: { ...whole, tramite: 'cambio' } as const, own: { paso: 'baja-plantel' } }
    const talk = talkInPlace('checklist.lista', cambio).write('siguiente')
    expect([talk.state(), ...lives(talk)]).toEqual(['checklist.paso', true])
  })

  test('comes in the same message as what was noted', () => {
    const talk = listOf().write('ya hice el sismi')
    expect(lives(talk)).toEqual([true])
    expect(talk.text()).toMatch(/^✅ Anotado/)
    expect(talk.text()).toContain('Tu lista, 2/')
  })

  test.each(['¿cuánto cuesta?', 'gracias', 'salir', 'asdfg hjkl', '😀', '/persona', 'menú'])(
    'is not taken away by %j',
    text => {
      expect(lives(listOf().write(text)).filter(live => live !== undefined)).toEqual([])
    },
  )

  test('is not taken away by a file, a stale button or an edited text', () => {
    for (const body of [
      { kind: 'file', file: 'photo' },
      { kind: 'choice', choice: 'perfil.nivel:superior' },
      { kind: 'text', text: 'marcar', how: 'edited' },
    ] as const)
      expect(lives(listOf().send(body))).toEqual([undefined])
  })
})

test('no other flow is live', () => {
  const others = flowIds.filter(id => id !== 'checklist' && id !== 'primero' && id !== 'posterior')
  for (const id of others) {
    const talk = talkInPlace().write(`/start flujo-${id}`)
    expect(
      lives(talk).filter(live => live !== undefined),
      talk.state(),
    ).toEqual([])
  }
})

test('where nothing can be changed it is as long as a screen, like any reply', () => {
  const talk = talkAt('checklist.lista', { perfil, hechos: { nss: '2026-09-01' } }).write('mi lista')
  expect(lives(talk)).toEqual([undefined, undefined])
})
