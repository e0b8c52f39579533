/**
 * What is wrong in content/, told as `file: field: reason` to whoever maintains it. The loader and the check make
 * their faults here. The Spanish reasons stand in this file's last table and not in content/, because they must
 * be told even where mensajes.yaml itself cannot be read; no student ever sees them.
 */
import type { z } from 'zod'

export interface Fault {
  readonly kind: FaultKind
  /** Inside content/. */
  readonly file: string
  readonly field: string
  readonly reason: string
}

export type FaultKind = keyof typeof reasons

/** All faults of a folder at once; whoever starts the program sees every one of them. */
export class ContentError extends Error {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map(faultLine).join('\n'))
    this.name = 'ContentError'
    this.faults = faults
  }
}

export function faultLine({ file, field, reason }: Fault): string {
  return `${file}: ${field}: ${reason}`
}

export function fault<K extends FaultKind>(
  kind: K,
  file: string,
  field: string,
  ...details: Parameters<(typeof reasons)[K]>
): Fault {
  const reason = (reasons[kind] as (...of: Parameters<(typeof reasons)[K]>) => string)(...details)
  return { kind, file, field, reason }
}

/** A schema's complaint (told with its input), as faults: where no branch of a union fits, those of the branch that came closest. */
export function shapeFaults(
  file: string,
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[] = [],
): Fault[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union') {
    const closest = issue.errors.toSorted((a, b) => deepest(b) - deepest(a))[0] ?? []
    if (closest.length > 0) return closest.flatMap(inner => shapeFaults(file, inner, path))
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element')
    return issue.issues.flatMap(inner => shapeFaults(file, inner, path))
  return [fault('forma', file, fieldOf(path), shapeReason(issue))]
}

const deepest = (issues: readonly z.core.$ZodIssue[]) =>
  Math.max(0, ...issues.map(issue => issue.path.length))

/** `casos.2.respuesta`: places in a list are counted from 1, as people do. */
function fieldOf(path: readonly PropertyKey[]): string {
  return path.map(key => (typeof key === 'number' ? key + 1 : String(key))).join('.') || '-'
}

function shapeReason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? shapes.missing : shapes.type(issue.expected)
    case 'too_big':
      return shapes.tooBig(String(issue.maximum), issue.origin)
    case 'too_small':
      return shapes.tooSmall(String(issue.minimum), issue.origin)
    case 'unrecognized_keys':
      return shapes.unknown(issue.keys.join(', '))
    case 'invalid_value':
      return shapes.oneOf(issue.values.join(', '))
    default:
      return issue.message
  }
}

const shapes = {
  missing: 'falta',
  type: (expected: string) => `debe ser ${types[expected] ?? expected}`,
  tooBig: (most: string, of: string) => `a lo más ${most} ${of === 'string' ? 'caracteres' : 'elementos'}`,
  tooSmall: (least: string, of: string) =>
    `al menos ${least} ${of === 'string' ? 'caracteres' : 'elementos'}`,
  unknown: (keys: string) => `campo desconocido: ${keys}`,
  oneOf: (values: string) => `debe ser uno de: ${values}`,
}

const types: Readonly<Record<string, string>> = {
  string: 'un texto (entre comillas si parece número o sí/no)',
  number: 'un número',
  int: 'un número entero',
  boolean: 'true o false',
  array: 'una lista',
  object: 'un grupo de campos',
  record: 'un grupo de campos',
}

const reasons = {
  lectura: () => 'no se puede leer el archivo o la carpeta',
  nombreDeArchivo: () => 'el nombre debe ser de minúsculas, números y guiones, y terminar en .yaml',
  yaml: (why: string) => `no es YAML válido: ${why}`,
  forma: (why: string) => why,

  cita: (cite: string) => `la cita ${cite} no existe en las fuentes o solo tiene renglones en blanco`,
  enlace: (url: string) => `el enlace ${url} no está en los renglones citados`,
  numero: (number: string) => `el número ${number} no está en los renglones citados`,
  mes: (month: string) => `el mes «${month}» no está en los renglones citados`,
  comillas: (quote: string) => `«${quote}» no está así en los renglones citados`,
  comillasAbiertas: () => 'hay una comilla « o » sin su pareja',
  papel: (paper: string) => `nombra «${paper}» sin citar el renglón que habla de ese papel`,
  campo: (name: string) => `no existe el campo {${name}}`,
  llaveSuelta: () => 'hay una llave { o } sin su pareja',
  largo: (words: number, most: number) => `tiene ${words} palabras; a lo más ${most}`,

  estadoMudo: () => 'este estado de un flujo no dice nada',
  faltaClave: (key: string) => `falta ${key}, que un flujo nombra`,
  opcionMuerta: (option: string) => `ofrece ${option} y ningún paso del flujo la toma`,
  pasoSinFlujo: () => 'ningún flujo pasa por este paso',

  sinArchivo: (file: string) => `falta el archivo ${file}`,
  sinTema: () => 'no está en temas.yaml',
  cuantosDatos: (said: number, asked: number) => `dice ${said} datos; temas.yaml pide ${asked}`,
  noLoDice: (fragment: string) => `ni respuesta ni mas dicen «${fragment}»`,
  sinCitar: (cites: string) => `no cita ningún renglón de ${cites}`,
  sinAmbas: (source: string) => `las fuentes no coinciden y el texto no nombra: ${source}`,

  noExiste: (what: string) => `no existe ${what}`,
  grupoVacio: () => 'ninguna pregunta está en este grupo',
  muchasOpciones: (count: number, most: number) => `son ${count} opciones; a lo más ${most}`,
  botonRepetido: (other: string) => `el botón es igual al de ${other}`,
  nombreRepetido: (other: string) => `se llama igual que ${other}`,
  ejemploRepetido: (example: string, other: string) => `«${example}» ya está en ${other}`,
  ejemploVacio: (example: string) => `«${example}» no tiene ninguna letra ni número`,
  idRepetido: (other: string) => `el id ya es de ${other}`,

  vencida: (day: string) => `venció el ${day}`,
  futuro: (day: string) => `${day} todavía no llega`,
  alReves: (from: string, until: string) => `desde ${from} no es antes que hasta ${until}`,
  rangoLargo: () => 'dura más de un año',
  fueraDelProceso: () => 'la recepción se sale de las fechas del proceso',
}
