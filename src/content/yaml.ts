/** YAML into a value, for the loader: a file is one document, and what cannot mean only one thing is refused. */
import { load, YAMLException } from 'js-yaml'

type Parsed =
  | { readonly value: unknown }
  /** The first one: what follows it nobody can read. The line is counted from 1; it is absent where no line is to blame. */
  | { readonly fault: { readonly line: number | undefined; readonly message: string } }

export function parseYaml(text: string): Parsed {
  try {
    return { value: load(text) }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    return { fault: { line: error.mark && error.mark.line + 1, message: error.reason } }
  }
}
