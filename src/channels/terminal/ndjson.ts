/**
 * The conversation for a program (`npm run --silent chat -- --json`): NDJSON in, NDJSON out, one line for each line,
 * as the outside checks drive it. The moment of a message is the `at` of its line.
 */
import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'
import { linesOf } from '../../lines.ts'
import type { Body, Incoming, Outgoing, Turn } from '../../message.ts'

const file = z.object({
  kind: z.enum(['sticker', 'photo', 'voice', 'document']),
  path: z.string().optional(),
  name: z.string().optional(),
  mime: z.string().optional(),
})

const Input = z
  .object({
    chat: z.string().min(1).max(200),
    at: z.iso.datetime({ offset: true, error: 'a moment such as 2026-09-03T10:00:00-06:00' }),
    id: z.string().min(1).max(200).optional(),
    text: z.string().optional(),
    choice: z.string().optional(),
    file: file.optional(),
  })
  .refine(line => [line.text, line.choice, line.file].filter(given => given !== undefined).length === 1, {
    error: 'give one of text, choice, file',
  })
type Input = z.infer<typeof Input>

export interface Pipe {
  readonly input: Readable
  readonly output: Writable
}

/** Said unasked, at its own moment. */
export interface Pushed {
  /** As `pushTo` said. */
  readonly to: string
  readonly at: Date
  readonly message: Outgoing
}

export interface Doors {
  readonly receive: (message: Incoming) => Promise<Turn>
  /** Says what falls due until then: the program's clock is set to the moment of each line. */
  readonly fallDue: (by: Date) => Promise<readonly Pushed[]>
}

/** Reads until the input ends. A line that is not of the form gets `{"error": "<line>: <what>"}` and changes nothing. */
export async function serveNdjson(doors: Doors, { input, output }: Pipe): Promise<void> {
  let number = 0
  // Two processes may carry on one conversation: a line without an id gets one that no other line has.
  const run = `${process.pid}.${Date.now()}`
  for await (const line of linesOf(input)) {
    number++
    const read = readLine(line)
    const answer =
      'error' in read
        ? { error: `${number}: ${read.error}` }
        : await answerLine(read.line, `${run}.${number}`, doors)
    if (!output.write(`${JSON.stringify(answer)}\n`)) await new Promise(done => output.once('drain', done))
  }
}

function readLine(line: string): { line: Input } | { error: string } {
  let given: unknown
  try {
    given = JSON.parse(line)
  } catch {
    return { error: 'not JSON' }
  }
  const read = Input.safeParse(given)
  if (read.success) return { line: read.data }
  const issues = read.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  )
  return { error: issues.join('; ') }
}

async function answerLine(line: Input, ownId: string, { receive, fallDue }: Doors): Promise<unknown> {
  const at = new Date(line.at)
  const due = await fallDue(at)
  const { state, topics, replies } = await receive({
    from: { channel: 'terminal', id: line.chat },
    id: line.id ?? ownId,
    at,
    body: bodyOf(line),
    pushTo: line.chat,
  })
  const pushed = due.map(({ to, at, message }) => ({
    chat: to,
    at: at.toISOString(),
    ...(written(message) as object),
  }))
  return { chat: line.chat, topics, state, pushed, replies: replies.map(written) }
}

/** A file by what is known of it: a program that checks the conversation does not open it. */
function written({ file, ...reply }: Outgoing): unknown {
  if (!file) return reply
  const { name, type: mime, data } = file
  const kind = mime.startsWith('image/') ? 'image' : 'document'
  return { ...reply, media: { kind, name, mime, bytes: Buffer.from(data, 'base64').length } }
}

function bodyOf({ text, choice, file }: Input): Body {
  if (file) return { kind: 'file', file: file.kind }
  return choice === undefined ? { kind: 'text', text: text ?? '' } : { kind: 'choice', choice }
}
