/** A conversation for the tests of this folder: the real guide, and a person who writes, presses and goes on. */
import { flows as machines, moved } from '../../flows/index.ts'
import type { Perfil } from '../../flows/shape.ts'
import { type FlowSet, flowSet, newSaved, Saved } from '../../src/conversation/saved.ts'
import { type Outcome, step } from '../../src/conversation/step.ts'
import { mask } from '../../src/conversation/understanding/mask.ts'
import type { Guide } from '../../src/conversation/walk.ts'
import type { Body, Choice } from '../../src/message.ts'
import { guide as known } from '../guide.ts'

export const now = new Date('2026-11-22T10:00:00-06:00')
/** Given to whoever asks for one. */
export const code = 'K7Q2M9XD'
export const flows: FlowSet = flowSet(machines, moved)
export const guide: Guide = { ...known, flows }

/** As a database would give it back. */
export const throughJson = (saved: Saved): Saved => Saved.parse(JSON.parse(JSON.stringify(saved)))

export interface Talk {
  saved: Saved
  last: Outcome
  /** Everything of the last reply, joined. */
  text(): string
  labels(): string[]
  state(): string
  write(text: string): Talk
  press(label: string): Talk
  send(body: Body): Talk
}

/** Starts at a place, with what is known of the person; between two messages there is only JSON. */
export function talkAt(
  place = 'menu.inicio',
  known: Partial<Saved> = {},
  with_: Guide = guide,
  inPlace = false,
): Talk {
  const [flow = '', state = ''] = place.split('.')
  const saved = { ...newSaved(with_.flows), flow, state, version: with_.flows.versions[flow] ?? '', ...known }
  const talk: Talk = {
    saved,
    last: { saved, replies: [], topics: [], forget: false },
    text: () => talk.last.replies.map(({ text }) => text).join('\n\n'),
    labels: () => choicesOf(talk.last).map(({ label }) => label),
    state: () => `${talk.saved.flow}.${talk.saved.state}`,
    write: text => talk.send({ kind: 'text', text }),
    press(label) {
      const choice = choicesOf(talk.last).find(it => it.label === label)
      if (!choice) throw new Error(`«${label}» is not offered, but ${talk.labels().join(', ')}`)
      return talk.send({ kind: 'choice', choice: choice.id })
    },
    send(body) {
      const clean = body.kind === 'text' ? { ...body, text: mask(body.text) } : body
      const masked = body.kind === 'text' && clean.kind === 'text' && clean.text !== body.text
      talk.last = step(with_, throughJson(talk.saved), {
        at: now,
        body: clean,
        masked,
        inPlace,
        code: () => code,
      })
      talk.saved = talk.last.saved
      return talk
    },
  }
  return talk
}

export const choicesOf = ({ replies }: Outcome): readonly Choice[] => replies.at(-1)?.choices ?? []

/** Of whom everything is known that a checklist needs. */
export const whole: Perfil = {
  nivel: 'superior',
  semestre: 'primero',
  edad: 'adulto',
  otroServicio: 'no',
  tratamiento: 'no',
  plantel: 'escom',
}

export interface Random {
  next(): number
  below(n: number): number
  of<T>(list: readonly T[]): T
}

/** The same numbers in the same order for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let at = seed >>> 0
  const next = () => {
    at = (at + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(at ^ (at >>> 15), at | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return { next, below, of: list => list[below(list.length)] as never }
}
