/**
 * What every flow is made of: the student's profile, the events a machine takes, the actions it asks for and
 * the `meta` that says what a state shows and waits for. The machines hold no text and do no I/O; the
 * conversation steps them with `transition` and carries out the actions they return.
 */
import { assign, setup } from 'xstate'

/** What is known of the person; a field that is absent has not been said yet. */
export interface Perfil {
  nivel?: 'medio-superior' | 'superior' | 'posgrado'
  semestre?: 'primero' | 'posterior'
  edad?: 'menor' | 'adulto'
  otroServicio?: 'si' | 'no'
  tratamiento?: 'si' | 'no'
  plantel?: string
  /** Which procedure the checklist is of; `alta` unless a flow says another. */
  tramite?: 'alta' | 'renuncia' | 'cambio'
}
export type Campo = keyof Perfil
/** What the person may be told unasked: the dates of their own procedure, what their school's office writes. */
type Tema = 'tramite' | 'escuela'

/** A machine's context. The first four are the person's and go from flow to flow; the rest is a flow's own. */
export interface Context {
  readonly perfil: Perfil
  /** Steps done, each with its local day (YYYY-MM-DD). */
  readonly hechos: Readonly<Record<string, string>>
  /** The steps that concern this person, in order: put in by the conversation before each step, never stored. */
  readonly pasos: readonly string[]
  readonly hoy: string
  /** What they are told unasked; absent where nothing can be sent unasked. Put in as `pasos` is. */
  readonly avisos?: readonly Tema[]
  /** The step being looked at, the group of questions open, the beneficiaries and their shares. */
  readonly paso?: string
  readonly grupo?: string
  readonly cuantos?: number
  readonly partes?: readonly number[]
}

/**
 * An event. Fixed choices come as their own id (`si`, `listo`); a choice out of a list as `elige` with `valor`;
 * numbers typed as `numeros`; `perfil` says that the profile in the context has changed.
 */
export interface FlowEvent {
  readonly type: string
  readonly valor?: string
  readonly numeros?: readonly number[]
}

/** What a state shows and what it takes besides its fixed choices. */
export interface Meta {
  /** Key in mensajes.yaml. */
  readonly texto: string
  readonly opciones?: readonly string[]
  /** Choices made of content: the answer comes as `elige`. */
  readonly lista?: 'pendientes' | 'hechos' | 'grupos' | 'preguntas' | 'campos'
  /** The field of the profile that this state asks for. */
  readonly campo?: Campo
  /** Free numbers are the answer here: never taken for the number of a choice. */
  readonly numeros?: true
  /** The step of the procedure that is shown. */
  readonly paso?: string
  /** Nothing is waited for here: a question asked leaves the place instead of coming back to it. */
  readonly reposo?: true
  /** A list that changes under the person's hands: where it can be, it is one message shown anew each time. */
  readonly vivo?: true
}

type Clave = { clave: string }

/** What the profile flow asks, in its order; all of it known, the checklist can be made. */
export const asked = [
  'nivel',
  'semestre',
  'edad',
  'otroServicio',
  'tratamiento',
  'plantel',
] as const satisfies Campo[]

/** Too little is known for a list of the alta. */
export const incompleto = (perfil: Perfil) =>
  (perfil.tramite ?? 'alta') === 'alta' && asked.some(campo => perfil[campo] === undefined)

const pendiente = (context: Context, paso: string) =>
  context.pasos.includes(paso) && context.hechos[paso] === undefined

const quedan = (context: Context) => context.pasos.some(p => pendiente(context, p))

const nobody: Context = { perfil: {}, hechos: {}, pasos: ['nss'], hoy: '' }

/**
 * A machine's first context. With each `transition` XState starts an actor without input, only to throw it away: it
 * must find something that its guards can read, and stop at its first state.
 */
export const given = ({ input }: { input: Context | undefined }): Context => input ?? nobody

/** The common ground of all machines. */
export const flow = setup({
  types: {
    context: {} as Context,
    events: {} as FlowEvent,
    input: {} as Context,
    meta: {} as Meta,
  },
  actions: {
    /** Say a text of mensajes.yaml before the state's own. */
    di: (_, _params: Clave) => {},
    /** Answer a FAQ topic. */
    responde: (_, _params: { pregunta?: string }) => {},
    /** Go on in another flow. */
    ir: (_, _params: { flujo: string }) => {},
    /** Delete everything about the person. */
    borra: () => {},
    /** Give a code that carries the list to another chat. */
    pasa: () => {},
    /** Tell them of this from now on, though they do not ask; no more of it, or of anything. */
    avisa: (_, _params: { tema: Tema }) => {},
    calla: (_, _params: { tema?: Tema }) => {},
    /** Say when the next reminder comes. */
    anuncia: () => {},
    /** Attach the days of the window for the person's calendar. */
    agenda: () => {},
    sabe: assign({ perfil: ({ context }, nuevo: Perfil) => ({ ...context.perfil, ...nuevo }) }),
    hecho: assign({
      hechos: ({ context, event }, params: { paso?: string }) => ({
        ...context.hechos,
        [params.paso ?? event.valor ?? context.paso ?? '']: context.hoy,
      }),
    }),
    deshecho: assign({
      hechos: ({ context, event }) => {
        const { [event.valor ?? '']: _, ...rest } = context.hechos
        return rest
      },
    }),
    veGrupo: assign({ grupo: ({ context, event }) => event.valor ?? context.grupo ?? '' }),
    /** Look at the step chosen, or at the first that is still open. */
    vePaso: assign({
      paso: ({ context, event }) => event.valor ?? context.pasos.find(p => pendiente(context, p)) ?? '',
    }),
    olvidaCampo: assign({
      perfil: ({ context, event }) => {
        const { [event.valor as Campo]: _, ...rest } = context.perfil
        return rest
      },
    }),
    cuenta: assign({ cuantos: ({ event }) => event.numeros?.[0] ?? 1 }),
    cuentaUno: assign({ cuantos: 1 }),
    cuentaDos: assign({ cuantos: 2 }),
    cuentaTres: assign({ cuantos: 3 }),
    reparte: assign({
      partes: ({ event }) => event.numeros ?? [],
      cuantos: ({ event }) => event.numeros?.length ?? 1,
    }),
    parteIgual: assign({ partes: ({ context }) => equalShares(context.cuantos ?? 1) }),
  },
  guards: {
    sabido: ({ context }, campo: Campo) => context.perfil[campo] !== undefined,
    es: ({ context }, perfil: Perfil) =>
      Object.entries(perfil).every(([campo, valor]) => context.perfil[campo as Campo] === valor),
    noToca: ({ context }, paso: string) => !pendiente(context, paso),
    enLista: ({ context, event }) => context.pasos.includes(event.valor ?? ''),
    esHecho: ({ context, event }) => context.hechos[event.valor ?? ''] !== undefined,
    incompleto: ({ context }) => incompleto(context.perfil),
    quedan: ({ context }) => quedan(context),
    quedaDeOtroTramite: ({ context }) => quedan(context) && (context.perfil.tramite ?? 'alta') !== 'alta',
    quedaDePrimero: ({ context }) => quedan(context) && context.perfil.semestre === 'primero',
    avisable: ({ context: { avisos } }, tema: Tema) => avisos !== undefined && !avisos.includes(tema),
    avisableSinDatos: ({ context: { avisos, perfil } }) =>
      avisos !== undefined && !avisos.includes('tramite') && incompleto(perfil),
    avisado: ({ context: { avisos } }, tema: Tema) => avisos?.includes(tema) === true,
    avisadoDeTodo: ({ context: { avisos } }) => avisos?.length === 2,
    algunHecho: ({ context }) => context.pasos.some(p => context.hechos[p] !== undefined),
  },
})

/** 100 in `n` whole shares as equal as can be, the greater first: 3 → 34, 33, 33. */
export function equalShares(n: number): number[] {
  const base = Math.floor(100 / n)
  return Array.from({ length: n }, (_, i) => base + (i < 100 - base * n ? 1 : 0))
}

const remember = { type: 'avisa' as const, params: { tema: 'tramite' as const } }
const says = {
  guard: { type: 'avisable' as const, params: 'tramite' as const },
  actions: [remember, 'anuncia' as const],
}
const asksFirst = {
  guard: 'avisableSinDatos' as const,
  actions: [
    remember,
    { type: 'di' as const, params: { clave: 'recordatorio.falta' } },
    { type: 'ir' as const, params: { flujo: 'perfil' } },
  ],
}

/** What "Recuérdame" does wherever it is offered; what dates depend on and is not known of the person is asked first. */
export const recordar = [asksFirst, says]
/** The same where all is known. */
export const recordarConocido = [says]
