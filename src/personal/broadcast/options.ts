/**
 * The words after `npm run broadcast --` as an order: each option is read here, and what is wrong with it is told by its
 * name. Called by the command; files are read by the function that it is handed.
 */
import { parseArgs } from 'node:util'
import type { Content } from '../../content/load.ts'
import { temas } from '../../message.ts'
import { fill } from '../fill.ts'
import { readMoment } from './moment.ts'
import { type Changes, type Order, ordersOfOne, plainOrders, roles } from './orders.ts'
import { readSchools } from './schools.ts'
import { pushing } from './screens.ts'

/** In the words of personal.yaml. */
export class OptionFault extends Error {}

export interface Read {
  readonly order: Order
  /** Only the data, for a program. */
  readonly json: boolean
  /** Shown again and again until it ends. */
  readonly follow: boolean
}

export interface OptionParts {
  readonly content: Content
  readonly now: Date
  readonly readFile: (path: string) => string
}

const draftOptions = [
  'titulo',
  'texto',
  'archivo',
  'tema',
  'plantel',
  'nivel',
  'semestre',
  'falta',
  'canal',
  'visto-dias',
  'ausente-dias',
  'sin-difusion',
  'sin-plantel',
  'boton',
  'control',
  'cuando',
  'vence',
] as const
type DraftOption = (typeof draftOptions)[number]
type Values = Readonly<Partial<Record<DraftOption, string>>>

/** What stands after an order without a name of its own, and the options that it has. */
const forms: Readonly<
  Record<string, { readonly after: readonly string[]; readonly options: readonly string[] }>
> = {
  invitar: { after: ['rol', 'nombre'], options: [] },
  entrar: { after: ['codigo'], options: [] },
  quitar: { after: ['id'], options: [] },
  rol: { after: ['id', 'rol'], options: [] },
  nueva: { after: [], options: draftOptions },
  editar: { after: ['id'], options: draftOptions },
  ...Object.fromEntries(plainOrders.map(orden => [orden, { after: [], options: [] }])),
  ...Object.fromEntries(ordersOfOne.map(orden => [orden, { after: ['id'], options: [] }])),
  avance: { after: ['id'], options: ['sigue'] },
  reporte: { after: ['id'], options: ['json'] },
}
const flags = ['sigue', 'json']

/** Undefined: it was not said what to do. */
export function readOptions(args: readonly string[], parts: OptionParts): Read | undefined {
  const words = parts.content.personal.orden
  const [orden, ...rest] = args
  if (orden === undefined || orden === '--help' || orden === '-h') return undefined
  const form = Object.hasOwn(forms, orden) ? forms[orden] : undefined
  if (!form) throw new OptionFault(`${fill(words.noHay, { orden })}\n\n${usage(parts.content)}`)
  const { values, positionals } = parse(rest, form.options, parts.content)
  const given: Record<string, string> = {}
  for (const [i, name] of form.after.entries()) {
    const value = positionals[i]
    if (value === undefined) throw new OptionFault(fill(words.falta, { campo: `<${name}>` }))
    given[name] = value
  }
  const [extra] = positionals.slice(form.after.length)
  if (extra !== undefined) throw new OptionFault(fill(words.sobra, { que: extra }))
  return {
    order: orderOf(orden, given, values as Values, parts),
    json: values.json === true,
    follow: values.sigue === true,
  }
}

export function usage({ personal: { orden } }: Content): string {
  const opciones = draftOptions.map(name => `--${name}`).join(' ')
  return fill(orden.uso, { roles: roles.join(', '), opciones }).trim()
}

/** `parseArgs` tells its faults in English: they are found by their tokens. */
function parse(args: readonly string[], names: readonly string[], { personal: { orden: words } }: Content) {
  const options = Object.fromEntries(
    names.map(name => [name, { type: flags.includes(name) ? ('boolean' as const) : ('string' as const) }]),
  )
  const read = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  for (const token of read.tokens) {
    if (token.kind !== 'option') continue
    const { rawName: opcion, name, value } = token
    if (!names.includes(name) || opcion !== `--${name}`) {
      const hay = names.length > 0 ? names.map(name => `--${name}`).join(' ') : words.sinOpciones
      throw new OptionFault(fill(words.noOpcion, { opcion, hay }))
    }
    if (!flags.includes(name) && value === undefined)
      throw new OptionFault(fill(words.faltaValor, { opcion }))
  }
  return read
}

type Como = keyof Content['personal']['orden']['como']

function fault({ content }: OptionParts, campo: string, como: Como, values: Record<string, string> = {}) {
  const { malo, como: how } = content.personal.orden
  return new OptionFault(fill(malo, { campo, como: fill(how[como], values) }))
}

function orderOf(orden: string, given: Record<string, string>, values: Values, parts: OptionParts): Order {
  const id = () => {
    if (!/^[1-9]\d{0,8}$/.test(given.id ?? '')) throw fault(parts, '<id>', 'id')
    return Number(given.id)
  }
  const rol = () => {
    const found = roles.find(rol => rol === given.rol)
    if (!found) throw fault(parts, '<rol>', 'rol', { roles: roles.join(', ') })
    return found
  }
  switch (orden) {
    case 'invitar':
      return { orden, rol: rol(), nombre: given.nombre ?? '' }
    case 'entrar':
      return { orden, codigo: given.codigo ?? '' }
    case 'quitar':
      return { orden, id: id() }
    case 'rol':
      return { orden, id: id(), rol: rol() }
    case 'nueva': {
      const borrador = changesOf(values, parts)
      if (borrador.texto === undefined)
        throw new OptionFault(fill(parts.content.personal.orden.falta, { campo: '--texto' }))
      return { orden, borrador }
    }
    case 'editar':
      return { orden, id: id(), borrador: changesOf(values, parts) }
  }
  const plain = plainOrders.find(name => name === orden)
  return plain ? { orden: plain } : { orden: ordersOfOne.find(name => name === orden) ?? 'ver', id: id() }
}

function changesOf(values: Values, parts: OptionParts): Changes {
  const { titulo, control, cuando, vence } = values
  const texto = textOf(values, parts)
  const audiencia = audienceOf(values, parts)
  return {
    ...(titulo !== undefined && { titulo }),
    ...(texto !== undefined && { texto }),
    ...(values.boton !== undefined && { boton: buttonOf(values.boton, parts) }),
    ...(control !== undefined && { control: wholeOf(control, 'control', parts) }),
    ...(cuando !== undefined && { cuando: momentOf(cuando, 'cuando', parts) }),
    ...(vence !== undefined && { vence: momentOf(vence, 'vence', parts) }),
    ...(Object.keys(audiencia).length > 0 && { audiencia }),
  }
}

function textOf({ texto, archivo }: Values, parts: OptionParts): string | undefined {
  if (archivo === undefined) return texto
  if (texto !== undefined) throw fault(parts, '--archivo', 'textoYArchivo')
  try {
    return parts.readFile(archivo)
  } catch {
    throw fault(parts, '--archivo', 'archivo')
  }
}

function buttonOf(text: string, parts: OptionParts): Changes['boton'] {
  if (text === '') return null
  const [, does, id = ''] = /^(paso|flujo)=(\S+)$/.exec(text) ?? []
  if (does !== 'paso' && does !== 'flujo') throw fault(parts, '--boton', 'boton')
  return { does, id }
}

function wholeOf(text: string, option: 'control', parts: OptionParts): number {
  if (!/^\d{1,3}$/.test(text)) throw fault(parts, `--${option}`, 'control')
  return Number(text)
}

/** `ya` and an empty text: as if nothing had been said. */
function momentOf(text: string, option: 'cuando' | 'vence', parts: OptionParts): string | null {
  if (text === '' || text === 'ya') return null
  const moment = readMoment(text, parts.now)
  if (moment === undefined) throw fault(parts, `--${option}`, option)
  return moment
}

const itemsOf = (text: string) =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

/** An empty text takes what it narrows away. */
function audienceOf(values: Values, parts: OptionParts): NonNullable<Changes['audiencia']> {
  const { content } = parts
  const read = <T>(option: DraftOption, of: (text: string) => T): T | null | undefined => {
    const text = values[option]
    return text === undefined ? undefined : text.trim() === '' ? null : of(text.trim())
  }
  const one = <T extends string>(option: 'tema' | 'semestre' | 'falta', all: readonly T[], gap: string) =>
    read(option, text => {
      const found = all.find(it => it === text)
      if (!found) throw fault(parts, `--${option}`, option, { [gap]: all.join(', ') })
      return found
    })
  const some = <T extends string>(option: 'nivel' | 'canal', all: readonly T[], gap: string) =>
    read(option, text =>
      itemsOf(text).map(item => {
        const found = all.find(it => it === item)
        if (!found) throw fault(parts, `--${option}`, option, { [gap]: all.join(', ') })
        return found
      }),
    )
  const schools = (option: 'plantel' | 'sin-plantel') =>
    read(option, text => {
      const { known, unknown } = readSchools(content, text)
      if (unknown.length > 0) throw fault(parts, `--${option}`, 'plantel', { escuelas: unknown.join(', ') })
      return [...known]
    })
  const days = (option: 'visto-dias' | 'ausente-dias') =>
    read(option, text => {
      if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > 3650) throw fault(parts, `--${option}`, 'dias')
      return Number(text)
    })
  const others = read('sin-difusion', text =>
    itemsOf(text).map(item => {
      if (!/^[1-9]\d{0,8}$/.test(item)) throw fault(parts, '--sin-difusion', 'avisos')
      return Number(item)
    }),
  )
  const audience = {
    tema: one('tema', temas, 'temas') ?? undefined,
    plantel: schools('plantel'),
    nivel: some('nivel', Object.keys(content.personal.niveles), 'niveles'),
    semestre: one('semestre', ['primero', 'posterior'], 'semestres'),
    falta: one(
      'falta',
      content.pasos.map(({ id }) => id),
      'pasos',
    ),
    canal: some('canal', pushing, 'canales'),
    vistoDias: days('visto-dias'),
    ausenteDias: days('ausente-dias'),
    sinDifusion: others,
    sinPlantel: schools('sin-plantel'),
  }
  return Object.fromEntries(Object.entries(audience).filter(([, value]) => value !== undefined))
}
