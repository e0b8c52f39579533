/**
 * YAML into a value, for the loader. Nine tenths of content/ are examples, one line each, for which the `yaml`
 * library takes some 40 µs a line; lists of them that can mean only one thing are read here instead, so that a
 * start is quick. Everything else, and whatever is doubtful, is the library's.
 */
import { LineCounter, parseDocument } from 'yaml'

interface Parsed {
  readonly value: unknown
  readonly errors: readonly { readonly line: number | undefined; readonly message: string }[]
}

/** A list of one item a line which a key of the first column, or the end, follows: its last item ends there too. */
const list = /^( *)ejemplos:\n((?:\1 {2}- \S.*\n)+)(?=[a-z]|(?![\s\S]))/gm
/** An item that is plain beyond doubt: begins with a letter and holds no sign of YAML; or is quoted without escapes. */
const plainItem = /^(?:"([^"\\]*)"|'([^']*)'|(?!(?:true|false|null)$)([\p{L}¿¡][^:#\t]*))$/iu

export function parseYaml(text: string): Parsed {
  // The second time with the lines as they are in the file, to say where the fault is.
  return parseShort(text) ?? parseAll(text, undefined, new LineCounter())
}

/** With a number in the place of each list; nothing where anything is faulty or an item means nothing by itself. */
function parseShort(text: string): Parsed | undefined {
  const lists: unknown[][] = []
  const short = text.replace(list, (_, indent: string, lines: string) => {
    const count = lists.push(lines.slice(0, -1).split('\n').map(itemValue))
    return `${indent}ejemplos: ${count - 1}\n`
  })
  const reviver = (key: unknown, value: unknown) =>
    key === 'ejemplos' && typeof value === 'number' ? lists[value] : value
  const parsed = parseAll(short, lists.length > 0 ? reviver : undefined)
  return parsed.errors.length > 0 || lists.flat().includes(doubtful) ? undefined : parsed
}

const doubtful = Symbol()

function itemValue(line: string): unknown {
  // Spaces only: trim() would also take those that YAML keeps.
  const item = line.replace(/^ *- +| +$/g, '')
  const [, double, single, plain] = plainItem.exec(item) ?? []
  const text = double ?? single ?? plain
  if (text !== undefined) return text
  // As an item, not as a document: "..." alone would end one.
  const { value, errors } = parseAll(`- ${item}`)
  return errors.length > 0 || !Array.isArray(value) || value.length !== 1 ? doubtful : value[0]
}

type Reviver = (key: unknown, value: unknown) => unknown

function parseAll(text: string, reviver?: Reviver, lineCounter?: LineCounter): Parsed {
  const document = parseDocument(text, lineCounter ? { lineCounter } : { prettyErrors: false })
  // What the library only warns of would lose a part of the text: `!así` is a tag to it.
  const errors = [...document.errors, ...document.warnings].map(({ linePos, message }) => ({
    line: linePos?.[0].line,
    message: message.split(/ at line |\n/)[0] ?? '',
  }))
  if (errors.length > 0) return { value: undefined, errors }
  try {
    return { value: document.toJS(reviver ? { reviver } : {}), errors }
  } catch (error) {
    // `*así` refers to something that is not there.
    return { value: undefined, errors: [{ line: undefined, message: String(error) }] }
  }
}
