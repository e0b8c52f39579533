/** The schools that staff name, by their ids or as they call them, for an audience. The desk and the orders read; pure. */
import { fold } from '../../content/fold.ts'
import type { Content } from '../../content/load.ts'
import { readFacts } from '../../conversation/understanding/facts.ts'

export interface Named {
  /** Ids, each once. */
  readonly known: readonly string[]
  /** As they were typed. */
  readonly unknown: readonly string[]
}

/** Separated by commas or lines, or by «y» where what stands on both sides is a school. */
export function readSchools(content: Content, text: string): Named {
  const typed = text
    .split(/[,;\n]/)
    .map(name => name.trim())
    .filter(name => name !== '')
    .flatMap(name => {
      const parts = name.split(/\s+[ye]\s+/i)
      // Where only one of them is a school, the other is told to be unknown; a school's own name may have such a word too.
      return parts.some(part => schoolOf(content, part) !== undefined) && !isName(content, name)
        ? parts
        : [name]
    })
  const read = typed.map(name => [name, schoolOf(content, name)] as const)
  const ids = Object.keys(content.escuelas)
  return {
    // A school of several campuses is all of them, and whoever named no campus.
    known: [
      ...new Set(
        read.flatMap(([, id]) =>
          id === undefined ? [] : [id, ...ids.filter(it => it.startsWith(`${id}-`))],
        ),
      ),
    ],
    unknown: read.flatMap(([name, id]) => (id === undefined ? [name] : [])),
  }
}

const isName = ({ escuelas }: Content, typed: string) =>
  Object.values(escuelas).some(({ nombre, dichos }) =>
    [nombre, ...dichos].some(it => fold(it) === fold(typed)),
  )

function schoolOf(content: Content, name: string): string | undefined {
  const id = name.toLowerCase()
  // `ipn` is what holds everywhere, no school.
  if (id !== 'ipn' && content.plantel(id).id === id && !content.plantel(id).ejemplo) return id
  return readFacts(`soy de ${name}`, content.escuelas).plantel
}
