/** What a message may mean (`interpret` and `lean` read it, `step` carries it out) and what they look at to tell. */
import type { Meta, Perfil } from '../../flows/shape.ts'
import type { Day } from '../calendar.ts'
import type { Offer } from './choices.ts'
import type { Saved } from './saved.ts'
import type { Knowledge } from './walk.ts'
import type { About } from './write.ts'

export type Intent =
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'stale' }
  /** `plantel`: of the school whose link or poster led here; it may be none of ours. */
  | { readonly kind: 'start'; readonly plantel?: string }
  | { readonly kind: 'menu' | 'volver' | 'salir' | 'borrar' | 'correct' | 'which' }
  /** The list is wanted in another chat; the days in a calendar. */
  | { readonly kind: 'pasar' | 'calendario' }
  /** To be reminded; to be told nothing any more that they do not ask for. */
  | { readonly kind: 'recordar' | 'callar' }
  /** Brings the list here from another chat; undefined where what was given as a code can be none. */
  | { readonly kind: 'codigo'; readonly code: string | undefined }
  | { readonly kind: 'flow'; readonly flujo: string; readonly act?: string }
  | { readonly kind: 'act'; readonly act: string }
  | { readonly kind: 'numbers'; readonly numeros: readonly number[] }
  | { readonly kind: 'facts'; readonly facts: Perfil }
  | { readonly kind: 'done'; readonly pasos: readonly string[]; readonly done: boolean }
  | {
      readonly kind: 'answer'
      readonly topics: readonly string[]
      readonly facts: Perfil
      readonly about?: About
    }
  /** Somebody is in danger; the topics that were asked besides. */
  | { readonly kind: 'emergency'; readonly topics: readonly string[] }
  | { readonly kind: 'suggest'; readonly topics: readonly string[]; readonly facts: Perfil }
  /** Not ours, or not understood: the key of what to say. */
  | { readonly kind: 'unknown'; readonly clave: string; readonly facts: Perfil }
  /** Nothing to read in it: the key of what to say. */
  | { readonly kind: 'unreadable'; readonly clave: string }

export interface Place extends Knowledge {
  readonly saved: Saved
  readonly hoy: Day
  readonly meta: Meta
  /** What may be pressed: made only where it is asked for, since a long text is no choice. */
  readonly offers: () => readonly Offer[]
}
