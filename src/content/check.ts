/**
 * What the texts of content/ must keep, beyond their form: nothing said that the sources do not say, nothing that
 * leads nowhere, nothing too long or out of date. `npm run check`, the start of the program and the tests call it.
 */
import { overlap, passagesOf, standsIn } from './cites.ts'
import { checkDays } from './days.ts'
import { choosable, type Fact, factsIn, supports } from './facts.ts'
import { type Fault, fault } from './faults.ts'
import { fold, foldWords } from './fold.ts'
import type { Content } from './load.ts'
import { answerFile, followUps, messages, plantelFile, stepFile, textsOf, topicList } from './said.ts'
import { misma, supuestos } from './schema.ts'

/** What the program puts into a text; the check takes any other name in braces for a slip. */
export const placeholders = {
  /** Answers and steps. */
  respuesta: ['ventana', 'oficina.servicios', 'oficina.seguro'],
  /** Texts of mensajes.yaml: these and the above. */
  mensaje: [
    'ahora',
    'ajuste',
    'antes',
    'archivo',
    'avance',
    'avisos',
    'confianza',
    'checklist',
    'codigo',
    'cuando',
    'cuantos',
    'dados',
    'datos',
    'desde',
    'dia',
    'dias',
    'diasLista',
    'donde',
    'ejemplo',
    'fechas',
    'fuentes',
    'grupo',
    'hasta',
    'hora',
    'ideas',
    'liga',
    'mes',
    'minutos',
    'motivo',
    'n',
    'otro',
    'palabras',
    'mios',
    'para',
    'parecidos',
    'partes',
    'paso.cedula',
    'paso.como',
    'paso.enlaces',
    'paso.n',
    'paso.titulo',
    'paso.total',
    'paso.ventana',
    'pendientes',
    'perfil',
    'plantel',
    'proximo',
    'que',
    'quien',
    'recorrido.fin',
    'siguiente',
    'siguiente.desde',
    'siguiente.hasta',
    'suma',
    'tema',
    'temas',
    'texto',
    'titulo',
    'tuyos',
    'ventana.avisos',
  ],
} as const

const maxWords = 90
/** WhatsApp shows no more in a list. */
const maxChoices = 10

/** Topics where the sources differ (design: tell both): the places that the answer cites and what it must say. */
const contradictions: Readonly<
  Record<string, { readonly cites: readonly string[]; readonly says: Readonly<Record<string, RegExp>> }>
> = {
  'cuando-vigencia': {
    cites: ['A188', 'A289'],
    says: { guía: /\bguia\b/, '1 semana': /\b(?:1|una) semana\b/, 'tres semanas': /\b(?:3|tres) semanas\b/ },
  },
  'que-clinica': { cites: ['A221', 'B17'], says: {} },
}

export interface CheckOptions {
  /** The flows that `sigue` may lead to. */
  readonly flows: readonly string[]
  /** YYYY-MM-DD. */
  readonly today: string
  /** Files that could not be read, so that what refers to them is not told as a second fault. */
  readonly unread?: ReadonlySet<string>
}

type Rule = (content: Content, options: CheckOptions) => Fault[]

export function checkContent(content: Content, options: CheckOptions): Fault[] {
  return rules.flatMap(rule => rule(content, options))
}

/** Every link, number, month and quote stands in a line cited next to it. */
const claims: Rule = content => {
  const known = new Map<string, (fact: Fact) => boolean>()
  return textsOf(content).flatMap(({ file, field, text, cites, choice }) => {
    const torn = /[«»]/.test(text.replace(/«[^«»]*»/g, '')) ? [fault('comillasAbiertas', file, field)] : []
    const facts = cites ? factsIn(text) : []
    if (!cites || facts.length === 0) return torn
    const key = cites.join()
    const supported = known.get(key) ?? supports(passagesOf(content, cites))
    known.set(key, supported)
    const free = choice ? choosable(passagesOf(content, cites)) : []
    const unproved = facts.filter(fact => !supported(fact) && !free.includes(fact.value))
    return [...torn, ...unproved.map(({ kind, value }) => fault(kind, file, field, value))]
  })
}

/** Every place cited exists. */
const cited: Rule = content => {
  const { preguntas, pasos, mensajes, temas } = content
  const missing = (file: string, field: string, cites: readonly string[] = []) =>
    cites.filter(cite => !standsIn(content, cite)).map(cite => fault('cita', file, field, cite))
  return [
    ...Object.entries(preguntas).flatMap(([id, of]) => missing(answerFile(id), 'fuentes', of.fuentes)),
    ...pasos.flatMap(of => missing(stepFile(of.id), 'fuentes', of.fuentes)),
    ...Object.entries(mensajes.textos).flatMap(([key, of]) =>
      typeof of === 'object' && 'fuentes' in of ? missing(messages, `textos.${key}.fuentes`, of.fuentes) : [],
    ),
    ...Object.entries(mensajes.opciones).flatMap(([key, of]) =>
      missing(messages, `opciones.${key}.fuentes`, of.fuentes),
    ),
    ...Object.entries(temas).flatMap(([id, items]) =>
      items.flatMap((item, i) => missing(topicList, `${id}.${i + 1}.fuentes`, item.fuentes)),
    ),
  ]
}

/** temas.yaml and preguntas/ are of the same topics, and each answer says every item it is asked for. */
const topics: Rule = ({ preguntas, temas }, { unread }) => [
  ...Object.keys(temas)
    .filter(id => !preguntas[id] && !unread?.has(answerFile(id)))
    .map(id => fault('sinArchivo', topicList, id, answerFile(id))),
  ...Object.entries(preguntas).flatMap(([id, of]) => {
    const file = answerFile(id)
    const items = temas[id]
    if (!items) return unread?.has(topicList) ? [] : [fault('sinTema', file, '-')]
    const told = fold(`${of.respuesta} ${of.mas ?? ''}`)
    const count = of.dice.length === items.length ? [] : [countFault(file, of.dice.length, items.length)]
    const unsaid = of.dice.flatMap((fragments, i) =>
      fragments
        .filter(fragment => !told.includes(fold(fragment)))
        .map(fragment => fault('noLoDice', file, `dice.${i + 1}`, fragment)),
    )
    const uncited = items
      .filter(item => !overlap(of.fuentes, item.fuentes))
      .map(item => fault('sinCitar', file, 'fuentes', item.fuentes.join(', ')))
    return [...count, ...unsaid, ...uncited]
  }),
]

const countFault = (file: string, said: number, asked: number) =>
  fault('cuantosDatos', file, 'dice', said, asked)

/** Where the sources differ, every answer tells both. */
const bothTold: Rule = ({ preguntas }) =>
  Object.entries(contradictions).flatMap(([id, { cites, says }]) => {
    const of = preguntas[id]
    if (!of) return []
    const told: [field: string, text: string][] = [
      ['respuesta', `${of.respuesta} ${of.mas ?? ''}`],
      ...(of.casos ?? []).map((caso, i): [string, string] => [`casos.${i + 1}.respuesta`, caso.respuesta]),
    ]
    const unsaid = told.flatMap(([field, text]) =>
      Object.entries(says)
        .filter(([, pattern]) => !pattern.test(fold(text)))
        .map(([what]) => fault('sinAmbas', answerFile(id), field, what)),
    )
    const uncited = cites.filter(cite => !overlap(of.fuentes, [cite]))
    return [...unsaid, ...uncited.map(cite => fault('sinAmbas', answerFile(id), 'fuentes', cite))]
  })

/** Everything that is pointed at exists. */
const references: Rule = ({ preguntas, pasos, planteles, mensajes, seguimientos }, { flows, unread }) => {
  const need = (what: string, found: boolean, file: string, field: string, from = what) =>
    found || unread?.has(from) ? [] : [fault('noExiste', file, field, what)]
  const topic = (id: string, file: string, field: string) =>
    need(answerFile(id), preguntas[id] !== undefined, file, field)
  const step = (id: string, file: string, field: string) =>
    need(stepFile(id), pasos.map(of => of.id).includes(id), file, field)
  const aspects = new Set<string>([...Object.keys(seguimientos), ...supuestos])
  return [
    ...Object.entries(seguimientos).flatMap(([aspect, { tema }]) =>
      tema && tema !== misma ? topic(tema, followUps, `${aspect}.tema`) : [],
    ),
    ...Object.entries(preguntas).flatMap(([id, { seguimiento }]) =>
      Object.entries(seguimiento).flatMap(([aspect, to]) => [
        ...need(aspect, aspects.has(aspect), answerFile(id), 'seguimiento', followUps),
        ...topic(to, answerFile(id), `seguimiento.${aspect}`),
      ]),
    ),
    ...Object.entries(preguntas).flatMap(([id, { grupo, sigue }]) => {
      const file = answerFile(id)
      const next = sigue.flatMap((to, i) => (flows.includes(to) ? [] : topic(to, file, `sigue.${i + 1}`)))
      const known = Object.hasOwn(mensajes.grupos, grupo)
      return [...next, ...need(`grupos.${grupo}`, known, file, 'grupo', messages)]
    }),
    ...pasos.flatMap(of => of.preguntas.flatMap((id, i) => topic(id, stepFile(of.id), `preguntas.${i + 1}`))),
    ...Object.entries(planteles).flatMap(([id, { respuestas, pasos: own }]) => [
      ...Object.keys(respuestas).flatMap(key => topic(key, plantelFile(id), `respuestas.${key}`)),
      ...Object.keys(own).flatMap(key => step(key, plantelFile(id), `pasos.${key}`)),
    ]),
  ]
}

/** A list shows no group without topics and no more choices than fit. */
const groups: Rule = ({ preguntas, mensajes }, { unread }) => {
  const complete = ![...(unread ?? [])].some(file => file.startsWith('preguntas/'))
  const ids = Object.keys(mensajes.grupos)
  const tooMany = (field: string, count: number) =>
    count > maxChoices ? [fault('muchasOpciones', messages, field, count, maxChoices)] : []
  return [
    ...tooMany('grupos', ids.length),
    ...ids.flatMap(id => {
      const count = Object.values(preguntas).filter(of => of.grupo === id).length
      if (count === 0) return complete ? [fault('grupoVacio', messages, `grupos.${id}`)] : []
      return tooMany(`grupos.${id}`, count)
    }),
  ]
}

const braces: Rule = content =>
  textsOf(content).flatMap(({ file, field, text }) => {
    const known: readonly string[] =
      file === messages ? [...placeholders.respuesta, ...placeholders.mensaje] : placeholders.respuesta
    const names = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)
    return [
      ...names.filter(name => !known.includes(name)).map(name => fault('campo', file, field, name)),
      ...(/[{}]/.test(text.replace(/\{[^{}]*\}/g, '')) ? [fault('llaveSuelta', file, field)] : []),
    ]
  })

/** A reply of more words is two screens; signs and links of their own line are no words. */
const lengths: Rule = content =>
  textsOf(content).flatMap(({ file, field, text }) => {
    const words = text.split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word)).length
    return words > maxWords ? [fault('largo', file, field, words, maxWords)] : []
  })

/**
 * An example teaches one topic. Apart from the rest: there are twenty thousand, and one that stands twice is nothing to
 * keep the program from its start for.
 */
export const checkExamples = ({ preguntas, actos }: Content): Fault[] =>
  examplesOnce({ ...preguntas, ...actos }, id => (preguntas[id] ? answerFile(id) : 'actos.yaml'))

/** No two things of one name: a button means one answer, a name one school. */
const names: Rule = ({ preguntas, actos, planteles, escuelas }) => [
  ...Object.keys(actos)
    .filter(id => preguntas[id])
    .map(id => fault('idRepetido', 'actos.yaml', id, answerFile(id))),
  ...once(
    'botonRepetido',
    Object.entries(preguntas).map(([id, of]) => [answerFile(id), 'boton', of.boton, id]),
  ),
  ...once('nombreRepetido', [
    ...Object.entries(escuelas).map(([id, of]) => ['escuelas.yaml', `${id}.nombre`, of.nombre, id] as const),
    ...Object.entries(planteles).map(([id, of]) => [plantelFile(id), 'nombre', of.nombre, id] as const),
  ]),
  ...once(
    'nombreRepetido',
    Object.entries(escuelas).flatMap(([id, of]) =>
      of.dichos.map((said, i) => ['escuelas.yaml', `${id}.dichos.${i + 1}`, said, id] as const),
    ),
  ),
]

/** The same school in escuelas.yaml and in a file of its own is one, not two. */
function once(
  kind: 'botonRepetido' | 'nombreRepetido',
  named: readonly (readonly [file: string, field: string, name: string, id: string])[],
): Fault[] {
  const first = new Map<string, string>()
  return named.flatMap(([file, field, name, id]) => {
    const key = foldWords(name)
    const before = first.get(key)
    if (before === undefined) first.set(key, id)
    const same = before === id && file !== 'escuelas.yaml'
    return before === undefined || same ? [] : [fault(kind, file, field, before)]
  })
}

function examplesOnce(
  learned: Readonly<Record<string, { readonly ejemplos: readonly string[] }>>,
  fileOf: (id: string) => string,
): Fault[] {
  const first = new Map<string, string>()
  return Object.entries(learned).flatMap(([id, { ejemplos }]) => {
    const file = fileOf(id)
    const prefix = file === 'actos.yaml' ? `${id}.ejemplos` : 'ejemplos'
    return ejemplos.flatMap((example, i) => {
      const key = foldWords(example)
      const field = `${prefix}.${i + 1}`
      if (key === '') return [fault('ejemploVacio', file, field, example)]
      const before = first.get(key)
      if (before === undefined) first.set(key, id)
      return before === undefined ? [] : [fault('ejemploRepetido', file, field, example, before)]
    })
  })
}

const rules: readonly Rule[] = [
  claims,
  cited,
  topics,
  bothTold,
  references,
  groups,
  braces,
  lengths,
  names,
  (content, { today }) => checkDays(content, today),
]
