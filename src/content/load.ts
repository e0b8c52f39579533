/**
 * Reads the folder content/ into one value that every other part is handed: main, the check and the tests call
 * `loadContent`. What cannot be read or is not of its form is told all at once; what the texts say is check.ts's.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { ContentError, type Fault, fault, shapeFaults } from './faults.ts'
import {
  Actos,
  Avisos,
  Escuelas,
  Fuentes,
  Medida,
  Mensajes,
  Pagina,
  Paso,
  Personal,
  Plantel,
  Pregunta,
  Seguimientos,
  Telegram,
  Temas,
  WhatsAppNube,
  WhatsAppWeb,
} from './schema.ts'
import { parseYaml } from './yaml.ts'

type Table<T> = Readonly<Record<string, T>>

export type PasoConId = Paso & { readonly id: string }
export type PlantelConId = Plantel & { readonly id: string }

export interface Fuente {
  readonly nombre: string
  /** Line 1 is at 0. */
  readonly lines: readonly string[]
}

/** Its tables have no prototype: an id that came from outside finds nothing but what is there. */
export interface Content {
  readonly preguntas: Table<Pregunta>
  /** In the order in which they are done. */
  readonly pasos: readonly PasoConId[]
  /** What holds at a plantel: its own file's, else ipn.yaml's. An unknown or absent id is the base, `ipn`. */
  plantel(id?: string): PlantelConId
  /** The planteles' files as they are written. */
  readonly planteles: Table<Plantel>
  readonly escuelas: Escuelas
  readonly actos: Actos
  readonly seguimientos: Seguimientos
  readonly mensajes: Mensajes
  /** The web page's own words. */
  readonly pagina: Pagina
  /** What Telegram shows around the conversation. */
  readonly telegram: Telegram
  /** What WhatsApp's Cloud API shows around it. */
  readonly whatsappNube: WhatsAppNube
  /** What staff reads who look after the other WhatsApp. */
  readonly whatsappWeb: WhatsAppWeb
  /** What staff read who write to many. */
  readonly personal: Personal
  /** The rules of what is said unasked. */
  readonly avisos: Avisos
  readonly fuentes: Table<Fuente>
  readonly temas: Temas
  /** What people write, by topic or act: what the understanding of free text learns from. */
  examples(): Record<string, string[]>
}

const here = fileURLToPath(new URL('../../content', import.meta.url))

export function loadContent(folder: string = here): Content {
  const { content, faults } = readContent(folder)
  if (faults.length > 0) throw new ContentError(faults)
  return content
}

/** As loadContent, but with whatever could be read next to the faults: the check goes on with it. */
export function readContent(folder: string = here): { content: Content; faults: Fault[] } {
  const faults: Fault[] = []
  const file = <T>(name: string, schema: z.ZodType<T>) => readFile(folder, name, schema, faults)
  const files = <T>(name: string, schema: z.ZodType<T>) => readFiles(folder, name, schema, faults)

  const planteles = files('planteles', Plantel)
  const escuelas = table(file('escuelas.yaml', Escuelas) ?? {})
  if (!planteles.ipn) missingBase(faults)
  const resolved = resolvePlanteles(planteles, escuelas)
  const preguntas = files('preguntas', Pregunta)
  const actos = table(file('actos.yaml', Actos) ?? {})
  const examples = Object.entries({ ...preguntas, ...actos }).map(([id, of]) => [id, of.ejemplos] as const)

  const content: Content = {
    preguntas,
    pasos: Object.entries(files('tramite', Paso))
      .map(([id, paso]) => ({ id, ...paso }))
      .sort((a, b) => a.orden - b.orden),
    plantel: id => (id && resolved[id]) || (resolved.ipn as PlantelConId),
    planteles,
    escuelas,
    actos,
    seguimientos: table(file('seguimientos.yaml', Seguimientos) ?? {}),
    mensajes: file('mensajes.yaml', Mensajes) ?? { textos: {}, opciones: {}, grupos: {} },
    pagina: (file('pagina.yaml', Pagina) ?? {}) as Pagina,
    telegram: (file('telegram.yaml', Telegram) ?? {}) as Telegram,
    whatsappNube: (file('whatsapp-nube.yaml', WhatsAppNube) ?? {}) as WhatsAppNube,
    whatsappWeb: (file('whatsapp-web.yaml', WhatsAppWeb) ?? {}) as WhatsAppWeb,
    personal: (file('personal.yaml', Personal) ?? {}) as Personal,
    avisos: (file('avisos.yaml', Avisos) ?? {}) as Avisos,
    fuentes: readFuentes(folder, faults),
    temas: table(file('temas.yaml', Temas) ?? {}),

    examples: () => Object.fromEntries(examples.map(([id, of]) => [id, [...of]])),
  }
  return { content, faults }
}

export interface Asked {
  /** A topic, an act or `fuera`. */
  readonly id: string
  readonly text: string
}

/** The questions that measure, of medida/: no example, and only the check and the tests read them. */
export function readMeasure(folder: string = here): { asked: Asked[]; faults: Fault[] } {
  const faults: Fault[] = []
  const medida = readFiles(folder, 'medida', Medida, faults)
  const asked = Object.values(medida).flatMap(of =>
    Object.entries(of).flatMap(([id, texts]) => texts.map(text => ({ id, text }))),
  )
  return { asked, faults }
}

function readFuentes(folder: string, faults: Fault[]): Table<Fuente> {
  const listed: Partial<Fuentes> = readFile(folder, 'fuentes/fuentes.yaml', Fuentes, faults) ?? {}
  return table(
    Object.fromEntries(
      Object.entries(listed).map(([letter, { nombre, archivo }]) => {
        const lines = readText(folder, join('fuentes', archivo), faults)?.split('\n') ?? []
        return [letter, { nombre, lines }]
      }),
    ),
  )
}

/** Every file of a folder, by its name without .yaml. */
function readFiles<T>(folder: string, name: string, schema: z.ZodType<T>, faults: Fault[]): Table<T> {
  const read: Record<string, T> = {}
  for (const entry of listFolder(folder, name, faults)) {
    const file = `${name}/${entry}`
    const id = /^([a-z0-9]+(?:-[a-z0-9]+)*)\.yaml$/.exec(entry)?.[1]
    if (!id) {
      faults.push(fault('nombreDeArchivo', file, '-'))
      continue
    }
    const value = readFile(folder, file, schema, faults)
    if (value) read[id] = value
  }
  return table(read)
}

function readFile<T>(folder: string, file: string, schema: z.ZodType<T>, faults: Fault[]): T | undefined {
  const text = readText(folder, file, faults)
  if (text === undefined) return undefined
  const read = parseYaml(text)
  if ('fault' in read) {
    faults.push(fault('yaml', file, String(read.fault.line ?? '-'), read.fault.message))
    return undefined
  }
  const parsed = schema.safeParse(read.value, { reportInput: true })
  if (parsed.success) return parsed.data
  faults.push(...parsed.error.issues.flatMap(issue => shapeFaults(file, issue)))
  return undefined
}

function readText(folder: string, file: string, faults: Fault[]): string | undefined {
  try {
    return readFileSync(join(folder, file), 'utf8')
  } catch {
    faults.push(fault('lectura', file, '-'))
    return undefined
  }
}

/** Names that begin with a dot are an editor's, not content. */
function listFolder(folder: string, name: string, faults: Fault[]): string[] {
  try {
    return readdirSync(join(folder, name))
      .filter(entry => !entry.startsWith('.'))
      .sort()
  } catch {
    faults.push(fault('lectura', name, '-'))
    return []
  }
}

function missingBase(faults: Fault[]): void {
  const file = 'planteles/ipn.yaml'
  if (!faults.some(of => of.file === file)) faults.push(fault('lectura', file, '-'))
}

/** Every plantel that has a file and every school: its own over the base's. */
function resolvePlanteles(planteles: Table<Plantel>, escuelas: Escuelas): Table<PlantelConId> {
  const base = planteles.ipn ?? Plantel.parse({ nombre: 'IPN' })
  const schools = Object.entries(escuelas).map(
    ([id, { nombre, nivel }]) => [id, Plantel.parse({ nombre, nivel })] as const,
  )
  const all = { ipn: base, ...Object.fromEntries(schools), ...planteles }
  return table(
    Object.fromEntries(
      Object.entries(all).map(([id, own]) => [id, { ...over(base, own, escuelas[id]?.nivel), id }]),
    ),
  )
}

function over(base: Plantel, own: Plantel, nivel: Plantel['nivel']): Plantel {
  if (own === base) return base
  return {
    nombre: own.nombre,
    ejemplo: own.ejemplo,
    nivel: own.nivel ?? nivel ?? base.nivel,
    dosIngresos: own.dosIngresos ?? base.dosIngresos,
    oficinas: { ...base.oficinas, ...own.oficinas },
    inscripcion: own.inscripcion.length > 0 ? own.inscripcion : base.inscripcion,
    // These add up: a school that tells one day of its own still rests on those of the whole institute.
    inhabiles: [...base.inhabiles, ...own.inhabiles],
    respuestas: { ...base.respuestas, ...own.respuestas },
    pasos: { ...base.pasos, ...own.pasos },
  }
}

function table<T>(entries: Record<string, T>): Table<T> {
  return Object.assign(Object.create(null) as Record<string, T>, entries)
}
