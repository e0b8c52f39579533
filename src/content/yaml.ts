/**
 * YAML into a value, for the loader. Nine tenths of content/ are examples, one line each, for which the `yaml`
 * library takes some 40 µs a line; lists of them that can mean only one thing are read here instead, so that a
 * start is quick. Everything else, and whatever is doubtful, is the library's.
 */
import { LineCounter, parse, parseDocument } from 'yaml'

interface Parsed {
  readonly value: unknown
  readonly errors: readonly { readonly line: number | undefined; readonly message: string }[]
}

/** A list of one item a line which a key of the first column, or the end, follows: its last item ends there too. */
const list = /^( *)ejemplos:\n((?:\1 {2}- \S.*\n)+)(?=[a-z]|(?![^]))/gm
/** An item that is plain beyond doubt: begins with a letter and holds no sign of YAML; or is quoted without escapes. */
const plainItem = /^(?:"([^"\\]*)"|'([^']*)'|(?!(?:true|false|null)$)([\p{L}¿¡][^:#\t]*))$/iu

export function parseYaml(text: string): Parsed {
  try {
    return parseShort(text)
  } catch {
    return parseWhole(text)
  }
}

/** With a number in the place of each list; throws where an item means nothing by itself. */
function parseShort(text: string): Parsed {
  const lists: unknown[][] = []
  const short = text.replace(list, (_, indent: string, lines: string) => {
    const count = lists.push(lines.trimEnd().split('\n').map(itemValue))
    return `${indent}ejemplos: ${count - 1}\n`
  })
  const reviver = (key: unknown, value: unknown) =>
    key === 'ejemplos' && typeof value === 'number' ? lists[value] : value
  return { value: lists.length > 0 ? parse(short, reviver) : parse(short), errors: [] }
}

function itemValue(line: string): unknown {
  const item = line.trim().slice(2).trimStart()
  const [, double, single, plain] = plainItem.exec(item) ?? []
  return double ?? single ?? plain ?? parse(item)
}

/** With the lines as they are in the file, to say where the fault is. */
function parseWhole(text: string): Parsed {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter })
  const errors = document.errors.map(({ linePos, message }) => ({
    line: linePos?.[0].line,
    message: message.split(/ at line |\n/)[0] ?? '',
  }))
  return { value: errors.length > 0 ? undefined : document.toJS(), errors }
}
