/** The lines of NDJSON, for the programs that talk to `chat` and `ask`. */
import type { Readable } from 'node:stream'

/** Not by node:readline, which ends a line at U+2028 and U+2029 too; JSON may hold those as they are. */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
