/**
 * What the texts of content/ must keep, beyond their form: nothing said that the sources do not say, nothing that
 * leads nowhere, nothing too long or out of date. `npm run check`, the start of the program and the tests call it.
 */
import { choosable, type Fact, factsIn, supports } from './facts.ts'
import { type Fault, fault } from './faults.ts'
import { fold, foldWords } from './fold.ts'
import type { Content } from './load.ts'

/** What the program puts into a text; the check takes any other name in braces for a slip. */
export const placeholders = {
  /** Answers and steps. */
  respuesta: ['ventana', 'oficina.servicios', 'oficina.seguro'],
  /** Texts of mensajes.yaml: these and the above. */
  mensaje: [
    'ajuste',
    'avance',
    'checklist',
    'cuando',
    'cuantos',
    'dados',
    'datos',
    'desde',
    'dia',
    'dias',
    'diasLista',
    'donde',
    'fuentes',
    'grupo',
    'hasta',
    'mes',
    'motivo',
    'n',
    'otro',
    'mios',
    'para',
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
    'quien',
    'recorrido.fin',
    'siguiente',
    'siguiente.desde',
    'siguiente.hasta',
    'suma',
    'titulo',
    'tuyos',
    'ventana.avisos',
  ],
} as const

const maxWords = 90
/** WhatsApp shows no more in a list. */
const maxChoices = 10

/** A range of dates that lasts longer has a wrong year in it. */
const maxRangeMs = 366 * 24 * 60 * 60 * 1000

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

/** A text that a student reads, where it stands, and what stands behind it. */
interface Said {
  readonly file: string
  readonly field: string
  readonly text: string
  /** Absent for what a plantel says: who said it and when stand next to it. */
  readonly cites?: readonly string[]
  readonly choice?: boolean
}

function textsOf(content: Content): Said[] {
  return [...answerTexts(content), ...stepTexts(content), ...messageTexts(content), ...plantelTexts(content)]
}

function answerTexts({ preguntas }: Content): Said[] {
  return Object.entries(preguntas).flatMap(([id, of]) => {
    const said = (field: string, text: string) => ({ file: answerFile(id), field, text, cites: of.fuentes })
    return [
      said('titulo', of.titulo),
      said('boton', of.boton),
      said('respuesta', of.respuesta),
      ...(of.mas ? [said('mas', of.mas)] : []),
      ...(of.casos ?? []).map((caso, i) => said(`casos.${i + 1}.respuesta`, caso.respuesta)),
    ]
  })
}

function stepTexts({ pasos }: Content): Said[] {
  return pasos.flatMap(of => {
    const said = (field: string, text: string) => ({ file: stepFile(of.id), field, text, cites: of.fuentes })
    return [
      said('titulo', of.titulo),
      said('boton', of.boton),
      said('como', of.como),
      ...(of.casos ?? []).map((caso, i) => said(`casos.${i + 1}.como`, caso.como)),
    ]
  })
}

function messageTexts({ mensajes }: Content): Said[] {
  const texts = Object.entries(mensajes.textos).flatMap(([key, of]) => {
    if (typeof of === 'string') return [{ file: messages, field: `textos.${key}`, text: of, cites: [] }]
    const said = (field: string, text: string) => ({
      file: messages,
      field: `textos.${key}.${field}`,
      text,
      cites: of.fuentes ?? [],
    })
    return [said('texto', of.texto), ...(of.usted ? [said('usted', of.usted)] : [])]
  })
  const choices = Object.entries(mensajes.opciones).map(([key, { boton, fuentes }]) => ({
    file: messages,
    field: `opciones.${key}.boton`,
    text: boton,
    cites: fuentes ?? [],
    choice: true,
  }))
  const groups = Object.entries(mensajes.grupos).flatMap(([key, { titulo, boton }]) => [
    { file: messages, field: `grupos.${key}.titulo`, text: titulo, cites: [] },
    { file: messages, field: `grupos.${key}.boton`, text: boton, cites: [] },
  ])
  return [...texts, ...choices, ...groups]
}

function plantelTexts({ planteles }: Content): Said[] {
  return Object.entries(planteles).flatMap(([id, { respuestas, pasos }]) => [
    ...Object.entries(respuestas).map(([key, { texto }]) => ({
      file: plantelFile(id),
      field: `respuestas.${key}.texto`,
      text: texto,
    })),
    ...Object.entries(pasos).map(([key, { como }]) => ({
      file: plantelFile(id),
      field: `pasos.${key}.como`,
      text: como,
    })),
  ])
}

const messages = 'mensajes.yaml'
const topicList = 'temas.yaml'
const answerFile = (id: string) => `preguntas/${id}.yaml`
const stepFile = (id: string) => `tramite/${id}.yaml`
const plantelFile = (id: string) => `planteles/${id}.yaml`

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
  const lists: [file: string, field: string, cites: readonly string[]][] = [
    ...Object.entries(preguntas).map(([id, of]) => [answerFile(id), 'fuentes', of.fuentes] as const),
    ...pasos.map(of => [stepFile(of.id), 'fuentes', of.fuentes] as const),
    ...Object.entries(mensajes.textos).map(
      ([key, of]) =>
        [messages, `textos.${key}.fuentes`, typeof of === 'string' ? [] : (of.fuentes ?? [])] as const,
    ),
    ...Object.entries(mensajes.opciones).map(
      ([key, of]) => [messages, `opciones.${key}.fuentes`, of.fuentes ?? []] as const,
    ),
    ...Object.entries(temas).flatMap(([id, items]) =>
      items.map((item, i) => [topicList, `${id}.${i + 1}.fuentes`, item.fuentes] as const),
    ),
  ].map(([file, field, cites]) => [file, field, cites])
  return lists.flatMap(([file, field, cites]) =>
    cites.filter(cite => !standsIn(content, cite)).map(cite => fault('cita', file, field, cite)),
  )
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

/** Everything that is pointed at exists, and every group leads to something. */
const references: Rule = ({ preguntas, pasos, planteles, mensajes }, { flows, unread }) => {
  const missing = (file: string, found: unknown, at: string, field: string) =>
    found || unread?.has(file) ? [] : [fault('noExiste', at, field, file)]
  const topic = (id: string, at: string, field: string) => missing(answerFile(id), preguntas[id], at, field)
  const step = (id: string, at: string, field: string) =>
    missing(
      stepFile(id),
      pasos.some(of => of.id === id),
      at,
      field,
    )
  const answers = Object.entries(preguntas).flatMap(([id, of]) => [
    ...of.sigue
      .filter(next => !flows.includes(next))
      .flatMap((next, i) => topic(next, answerFile(id), `sigue.${i + 1}`)),
    ...(mensajes.grupos[of.grupo] || unread?.has(messages)
      ? []
      : [fault('noExiste', answerFile(id), 'grupo', `grupos.${of.grupo}`)]),
  ])
  const steps = pasos.flatMap(of =>
    of.preguntas.flatMap((id, i) => topic(id, stepFile(of.id), `preguntas.${i + 1}`)),
  )
  const own = Object.entries(planteles).flatMap(([id, of]) => [
    ...Object.keys(of.respuestas).flatMap(key => topic(key, plantelFile(id), `respuestas.${key}`)),
    ...Object.keys(of.pasos).flatMap(key => step(key, plantelFile(id), `pasos.${key}`)),
  ])
  return [...answers, ...steps, ...own]
}

/** A list shows no group without topics and no more choices than fit. */
const groups: Rule = ({ preguntas, mensajes }) => {
  const ids = Object.keys(mensajes.grupos)
  const tooMany = (field: string, count: number) =>
    count > maxChoices ? [fault('muchasOpciones', messages, field, count, maxChoices)] : []
  return [
    ...tooMany('grupos', ids.length),
    ...ids.flatMap(id => {
      const count = Object.values(preguntas).filter(of => of.grupo === id).length
      return count === 0 ? [fault('grupoVacio', messages, `grupos.${id}`)] : tooMany(`grupos.${id}`, count)
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

/** No two things of one name: an example teaches one topic, a button means one answer, a name one school. */
const names: Rule = ({ preguntas, actos, planteles, escuelas }) => [
  ...examplesOnce({ ...preguntas, ...actos }, id => (preguntas[id] ? answerFile(id) : 'actos.yaml')),
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

/** Nothing that has lapsed, was reviewed tomorrow or ends before it begins. A past calendar harms nobody. */
const days: Rule = ({ preguntas, planteles }, { today }) => [
  ...Object.entries(preguntas).flatMap(([id, { desde, hasta, revisado }]) => {
    const file = answerFile(id)
    return [
      ...(hasta && hasta < today ? [fault('vencida', file, 'hasta', hasta)] : []),
      ...(revisado > today ? [fault('futuro', file, 'revisado', revisado)] : []),
      ...(desde && hasta && desde >= hasta ? [fault('alReves', file, 'desde', desde, hasta)] : []),
    ]
  }),
  ...Object.entries(planteles).flatMap(([id, of]) => [
    ...datesOf(of)
      .filter(([, cuando]) => cuando > today)
      .map(([field, cuando]) => fault('futuro', plantelFile(id), field, cuando)),
    ...rangesOf(of)
      .filter(([, { desde, hasta }]) => desde > hasta)
      .map(([field, { desde, hasta }]) => fault('alReves', plantelFile(id), field, desde, hasta)),
    ...rangesOf(of)
      .filter(([, { desde, hasta }]) => Date.parse(hasta) - Date.parse(desde) > maxRangeMs)
      .map(([field]) => fault('rangoLargo', plantelFile(id), field)),
    ...of.inscripcion.flatMap(({ proceso, recepcion }, i) =>
      recepcion
        .map((range, j) => [`inscripcion.${i + 1}.recepcion.${j + 1}`, range] as const)
        .filter(([, range]) => range.desde < proceso.desde || range.hasta > proceso.hasta)
        .map(([field]) => fault('fueraDelProceso', plantelFile(id), field)),
    ),
  ]),
]

type Plantel = Content['planteles'][string]

/** When each thing of a plantel was said. */
function datesOf(of: Plantel): [field: string, cuando: string][] {
  const named = (field: string, table: Readonly<Record<string, { cuando: string } | undefined>>) =>
    Object.entries(table).flatMap(([key, said]): [string, string][] =>
      said ? [[`${field}.${key}.cuando`, said.cuando]] : [],
    )
  const listed = (field: string, list: readonly { cuando: string }[]) =>
    list.map(({ cuando }, i): [string, string] => [`${field}.${i + 1}.cuando`, cuando])
  return [
    ...(of.dosIngresos ? ([['dosIngresos.cuando', of.dosIngresos.cuando]] as [string, string][]) : []),
    ...named('oficinas', of.oficinas),
    ...named('respuestas', of.respuestas),
    ...named('pasos', of.pasos),
    ...listed('inscripcion', of.inscripcion),
    ...listed('inhabiles', of.inhabiles),
  ]
}

function rangesOf(of: Plantel): [field: string, range: { desde: string; hasta: string }][] {
  return [
    ...of.inhabiles.map((range, i): [string, typeof range] => [`inhabiles.${i + 1}`, range]),
    ...of.inscripcion.flatMap(({ proceso, recepcion }, i): [string, typeof proceso][] => [
      [`inscripcion.${i + 1}.proceso`, proceso],
      ...recepcion.map((range, j): [string, typeof range] => [
        `inscripcion.${i + 1}.recepcion.${j + 1}`,
        range,
      ]),
    ]),
  ]
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
  days,
]

/** `A42-45` as its source's letter and lines. */
function placeOf(cite: string): { source: string; from: number; to: number } {
  const [from = '', to = from] = cite.slice(1).split('-')
  return { source: cite.slice(0, 1), from: Number(from), to: Number(to) }
}

function standsIn({ fuentes }: Content, cite: string): boolean {
  const { source, from, to } = placeOf(cite)
  const lines = fuentes[source]?.lines ?? []
  return from >= 1 && from <= to && to <= lines.length && lines.slice(from - 1, to).some(line => line.trim())
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  const places = others.map(placeOf)
  return some
    .map(placeOf)
    .some(one =>
      places.some(other => one.source === other.source && one.from <= other.to && other.from <= one.to),
    )
}

/** The cited lines, neighbours together: what goes on in the next line is one passage with it. */
function passagesOf({ fuentes }: Content, cites: readonly string[]): string[] {
  const runs: { source: string; from: number; to: number }[] = []
  for (const place of cites.map(placeOf).toSorted((a, b) => a.from - b.from)) {
    const before = runs.find(run => run.source === place.source && place.from <= run.to + 1)
    if (before) before.to = Math.max(before.to, place.to)
    else runs.push(place)
  }
  return runs.map(({ source, from, to }) => (fuentes[source]?.lines ?? []).slice(from - 1, to).join('\n'))
}
