/**
 * The one path of a message, whatever channel it came by: seen before? load, step, save if nobody wrote in between,
 * else again. Channels call `handle`; everything it does between loading and saving is pure.
 */
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { flows as machines, moved } from '../../flows/index.ts'
import type { Address, Body, Incoming, Line, Turn } from '../message.ts'
import type { Forgotten, Store } from '../store/store.ts'
import { type FlowSet, flowSet, newSaved, readSaved, type Saved, trust } from './saved.ts'
import { type Outcome, step } from './step.ts'
import { mask } from './understanding/mask.ts'
import type { Guide, Knowledge, Message } from './walk.ts'
import { say, viewOfNobody } from './write.ts'

export interface Conversation {
  /** Handles one message; resolves once its replies are stored. Messages of one person are taken one at a time. */
  handle(incoming: Incoming): Promise<Turn>
  /** What was said with this person after a version, oldest first. */
  history(from: Address, afterVersion: number, limit: number): Promise<Line[]>
}

export interface Parts extends Knowledge {
  readonly store: Store
  readonly log: Pick<Logger, 'info' | 'error'>
  /** The flows to run; the tests bring older ones. */
  readonly flows?: FlowSet
}

/** More writers than this at once for one person is no conversation. */
const maxTries = 50
/** What is kept of a text: enough to read back what was asked. */
const maxKeptChars = 2000

/** The name under which a person is stored. Enough for the web's random ids; a phone number will need a keyed hash. */
export function chatKey({ channel, id }: Address): string {
  return createHash('sha256').update(`${channel}\n${id}`).digest('base64url').slice(0, 27)
}

export function createConversation({
  store,
  log,
  flows = flowSet(machines, moved),
  ...knowledge
}: Parts): Conversation {
  const { content } = knowledge
  const guide: Guide = { ...knowledge, flows }
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
      const version = stored?.version ?? 0
      const saved = stored ? readSaved(stored.state, flows) : newSaved(flows)
      if (seen) return { duplicate: true, version, state: placeOf(saved), topics: [], replies: [] }
      const outcome = tryStep(saved, { ...incoming, body, masked })
      if (!outcome) return apologise(incoming.at, version, saved)
      if (outcome.forget) {
        const forgotten = await store.forget(chat, { message: incoming.id, read: stored })
        if (forgotten) return tellForgotten(forgotten, incoming.at, outcome.topics)
        continue
      }
      const { saved: state, replies, topics, pressed, doubt } = outcome
      const kept = { chat, message: incoming.id, at: incoming.at, text: pressed ?? text, doubt }
      if (await store.write({ ...kept, read: stored, state: trust(state), replies }))
        return { duplicate: false, version: version + 1, state: placeOf(state), topics, replies }
    }
    throw new Error(`a conversation was written by others ${maxTries} times in a row`)
  }

  /** A fault of ours must not silence the guide: it is logged, the person keeps the place and is told. */
  function tryStep(saved: Saved, message: Message): Outcome | undefined {
    try {
      return step(guide, saved, message)
    } catch (error) {
      log.error({ place: placeOf(saved), err: error }, 'step failed')
      return undefined
    }
  }

  function apologise(at: Date, version: number, saved: Saved): Turn {
    const text = say(viewOfNobody(content, at), 'falla')
    return { duplicate: false, version, state: placeOf(saved), topics: [], replies: [{ text }] }
  }

  function tellForgotten(
    { messages, replies, conversation }: Forgotten,
    at: Date,
    topics: readonly string[],
  ): Turn {
    const values = { tuyos: String(messages), mios: String(replies) }
    const text = say(
      viewOfNobody(content, at),
      conversation ? 'privacidad.borrado' : 'privacidad.borrado.nada',
      values,
    )
    return { duplicate: false, version: 0, state: placeOf(newSaved(flows)), topics, replies: [{ text }] }
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

const placeOf = ({ flow, state }: Saved) => `${flow}.${state}`

/** The message as the rest of the program may see it, and the text to keep of it: nothing personal in either. */
function clean(body: Body): { body: Body; masked: boolean; text: string } {
  // What a press said is its label, which `step` knows; an id that was not offered is not worth keeping.
  if (body.kind === 'choice') return { body, masked: false, text: '' }
  if (body.kind === 'file') return { body, masked: false, text: `[${body.file}]` }
  // More than a message may hold, so that it is still seen to be too long.
  const read = body.text.slice(0, 2 * maxKeptChars)
  const text = mask(read)
  return {
    body: { kind: 'text', text },
    masked: text !== read,
    text: text.slice(0, maxKeptChars),
  }
}
