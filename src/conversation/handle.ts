/**
 * The one path of a message, whatever channel it came by: seen before? load, step, save if nobody wrote in between,
 * else again. Channels call `handle`; everything it does between loading and saving is pure.
 */
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { flows as machines, moved } from '../../flows/index.ts'
import type { Content } from '../content/load.ts'
import type { Address, Body, Incoming, Outgoing, Turn } from '../message.ts'
import type { Line, Store } from '../store/store.ts'
import { type FlowSet, flowSet, newSaved, Saved } from './saved.ts'
import { type Guide, type Outcome, step } from './step.ts'
import { mask } from './understanding/mask.ts'
import type { Understood } from './understanding/understand.ts'
import { say, type View } from './write.ts'

export interface Conversation {
  /** Handles one message; resolves once its replies are stored. Messages of one person are taken one at a time. */
  handle(incoming: Incoming): Promise<Turn>
  /** What was said with this person after a version, oldest first. */
  history(from: Address, afterVersion: number, limit: number): Promise<Line[]>
}

export interface Parts {
  readonly content: Content
  readonly store: Store
  readonly understand: (text: string) => Understood
  readonly log: Pick<Logger, 'info' | 'error'>
  /** The flows to run; the tests bring older ones. */
  readonly flows?: FlowSet
}

/** More writers than this at once for one person is no conversation. */
const maxTries = 50
/** What is kept of a text: enough to read back what was asked. */
const maxKeptChars = 2000

/** The name under which a person is stored: their address on the channel cannot be read back from it. */
export function chatKey({ channel, id }: Address): string {
  return createHash('sha256').update(`${channel}\n${id}`).digest('base64url').slice(0, 27)
}

export function createConversation({
  content,
  store,
  understand,
  log,
  flows = flowSet(machines, moved),
}: Parts): Conversation {
  const guide: Guide = { content, flows, understand }
  const queue = new Map<string, Promise<unknown>>()

  /** One at a time for each person, in the order in which they came. */
  function inTurn<T>(chat: string, work: () => Promise<T>): Promise<T> {
    const mine = (queue.get(chat) ?? Promise.resolve()).then(work, work)
    const tail = mine.catch(() => {})
    queue.set(chat, tail)
    void tail.then(() => queue.get(chat) === tail && queue.delete(chat))
    return mine
  }

  async function turn(chat: string, incoming: Incoming): Promise<Turn> {
    const { body, masked, text } = clean(incoming.body)
    for (let attempt = 1; attempt <= maxTries; attempt++) {
      const { seen, stored } = await store.read(chat, incoming.id)
      const saved = stored ? Saved.parse(stored.state) : newSaved(flows)
      if (seen) return { duplicate: true, state: `${saved.flow}.${saved.state}`, topics: [], replies: [] }
      const outcome = step(guide, saved, { ...incoming, body, masked })
      if (outcome.forget) return forget(chat, incoming, outcome)
      const record = {
        chat,
        message: incoming.id,
        at: incoming.at,
        text,
        read: stored,
        state: outcome.saved,
        replies: outcome.replies,
      }
      if (await store.write(record)) return told(outcome)
    }
    throw new Error(`a conversation was written by others ${maxTries} times in a row`)
  }

  async function forget(chat: string, incoming: Incoming, outcome: Outcome): Promise<Turn> {
    const { messages, replies, conversation } = await store.forget(chat)
    const context = { perfil: {}, hechos: {}, pasos: [], hoy: '' }
    const view: View = { content, at: incoming.at, context }
    const values = { tuyos: String(messages), mios: String(replies) }
    const text = say(view, conversation ? 'privacidad.borrado' : 'privacidad.borrado.nada', values)
    const fresh = newSaved(flows)
    return { ...told({ ...outcome, saved: fresh }), replies: [{ text }] }
  }

  return {
    async handle(incoming) {
      const chat = chatKey(incoming.from)
      const started = performance.now()
      try {
        const done = await inTurn(chat, () => turn(chat, incoming))
        const { state, topics, duplicate } = done
        log.info({ chat, state, topics, duplicate, ms: Math.round(performance.now() - started) }, 'turn')
        return done
      } catch (error) {
        log.error({ chat, err: error }, 'turn failed')
        throw error
      }
    },
    history: (from, afterVersion, limit) => store.history(chatKey(from), afterVersion, limit),
  }
}

const told = ({
  saved,
  topics,
  replies,
}: {
  saved: Saved
  topics: readonly string[]
  replies: readonly Outgoing[]
}): Turn => ({
  duplicate: false,
  state: `${saved.flow}.${saved.state}`,
  topics,
  replies,
})

/** The message as the rest of the program may see it, and the text to keep of it: nothing personal in either. */
function clean(body: Body): { body: Body; masked: boolean; text: string } {
  if (body.kind === 'choice') return { body, masked: false, text: mask(body.choice).slice(0, maxKeptChars) }
  if (body.kind === 'file') return { body, masked: false, text: `[${body.file}]` }
  const text = mask(body.text)
  return {
    body: { kind: 'text', text },
    masked: text !== body.text,
    text: text.slice(0, maxKeptChars).replaceAll('\0', ''),
  }
}
