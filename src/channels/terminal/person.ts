/** The conversation in a terminal, for a person (`npm run chat`): choices are numbered and answered by number or word. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { FileOut, Incoming, Outgoing, Turn } from '../../message.ts'
import type { Pipe } from './ndjson.ts'

/** Lines longer than this are hard to read, however wide the window. */
const maxColumns = 80

/** Reads until the input ends or the person leaves with Ctrl-C or Ctrl-D. */
export async function talkInTerminal(
  receive: (message: Incoming) => Promise<Turn>,
  { input, output }: Pipe,
): Promise<void> {
  const lines = createInterface({ input, output, prompt: '\n> ' })
  // Before the first wait: what is typed meanwhile would be lost.
  const typed = lines[Symbol.asyncIterator]()
  // An input that has ended (a pipe, Ctrl-D while we think) takes no prompt.
  let open = true
  lines.once('close', () => {
    open = false
  })
  let number = 0
  const say = async (text: string) => {
    const { replies } = await receive({
      from: { channel: 'terminal', id: 'persona' },
      id: `${process.pid}.${Date.now()}.${number++}`,
      at: new Date(),
      body: { kind: 'text', text },
    })
    const columns = 'columns' in output ? Number(output.columns) : maxColumns
    const width = Math.min(columns, maxColumns)
    output.write(`\n${replies.map(reply => show(reply, width)).join('\n\n')}\n`)
  }
  await say('/start')
  if (open) lines.prompt()
  for await (const text of typed) {
    if (text.trim() !== '') await say(text)
    if (open) lines.prompt()
  }
  output.write('\n')
}

function show({ text, choices = [], file }: Outgoing, width: number): string {
  const paragraphs = text.split('\n').map(line => wrap(line, width))
  const numbered = choices.map(({ label }, i) => `  ${i + 1} ${label}`)
  const saved = file ? ['', `  ${save(file)}`] : []
  return [...paragraphs, ...saved, ...(choices.length > 0 ? ['', ...numbered] : [])].join('\n')
}

/** Where it can be opened, in a folder that nobody else writes to. */
function save({ name, data }: FileOut): string {
  const path = join(mkdtempSync(join(tmpdir(), 'vigente-')), name)
  writeFileSync(path, data, 'base64')
  return path
}

/** Breaks between words, which a terminal does not; what follows "1. " or "- " stays under its text. */
function wrap(line: string, width: number): string {
  const indent = ' '.repeat(/^(?:\d+\. |- )?/.exec(line)?.[0].length ?? 0)
  const rows: string[] = []
  let row = ''
  for (const word of line.split(' ')) {
    if (row !== '' && `${row} ${word}`.length >= width) {
      rows.push(row)
      row = indent + word
    } else row = row === '' ? word : `${row} ${word}`
  }
  return [...rows, row].join('\n')
}
