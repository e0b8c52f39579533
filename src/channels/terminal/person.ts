/** The conversation in a terminal, for a person (`npm run chat`): choices are numbered and answered by number or word. */
import { createInterface } from 'node:readline/promises'
import type { Body, Incoming, Outgoing, Turn } from '../../message.ts'
import type { Pipe } from './ndjson.ts'

/** Reads until the input ends or the person leaves with Ctrl-C or Ctrl-D. */
export async function talkInTerminal(
  receive: (message: Incoming) => Promise<Turn>,
  { input, output }: Pipe,
): Promise<void> {
  const lines = createInterface({ input, output, prompt: '\n> ' })
  let number = 0
  const say = async (body: Body) => {
    const from = { channel: 'terminal' as const, id: 'persona' }
    const { replies } = await receive({
      from,
      id: `${process.pid}.${Date.now()}.${number++}`,
      at: new Date(),
      body,
    })
    output.write(`\n${replies.map(show).join('\n\n')}\n`)
    lines.prompt()
  }
  await say({ kind: 'text', text: '/start' })
  for await (const text of lines) await say({ kind: 'text', text })
}

function show({ text, choices = [] }: Outgoing): string {
  const numbered = choices.map(({ label }, i) => `  ${i + 1} ${label}`)
  return [text, ...numbered].join('\n')
}
