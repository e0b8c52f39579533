/** The contender that the benchmark is about: the whole program but for the channel, from message to stored reply. */
import pino from 'pino'
import { createConversation } from '../../src/conversation/handle.ts'
import { loadGuide } from '../../src/guide.ts'
import type { Body, Choice } from '../../src/message.ts'
import type { Where } from '../../src/store/database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { TurnRecord } from '../../src/store/turns.ts'
import { type Contender, createRandom } from './measure.ts'

const guide = loadGuide(new Date())
/**
 * A turn is by even chances a press of one of the choices offered, or one of the things that students write, picked by
 * chance: those who are led press, those who ask write, and writing costs the most.
 */
const phrases = Object.values(guide.content.examples()).flat()

/** What a turn writes: the other contenders write as much. */
export interface Sizes {
  readonly state: number
  readonly reply: number
}

export async function openVigente(where: Where, seed: number, name = 'vigente'): Promise<Contender> {
  const store = await openStore(where)
  return { name, turn: talkTo(store, seed), close: () => store.close() }
}

function talkTo(store: Store, seed: number): (chat: number) => Promise<void> {
  const random = createRandom(seed)
  const { handle } = createConversation({ ...guide, store, log: pino({ level: 'silent' }) })
  let sent = 0
  const offered = new Map<number, readonly Choice[]>()
  return async chat => {
    const choices = offered.get(chat) ?? []
    const choice = random() < 0.5 ? choices[Math.floor(random() * choices.length)] : undefined
    const text = phrases[Math.floor(random() * phrases.length)] ?? ''
    const body: Body = choice ? { kind: 'choice', choice: choice.id } : { kind: 'text', text }
    const from = { channel: 'web', id: String(chat) } as const
    const { replies } = await handle({ from, id: `${seed}-${sent++}`, at: new Date(), body })
    offered.set(chat, replies.at(-1)?.choices ?? [])
  }
}

/** The mean of what 2,000 turns of 32 chats write, in characters of JSON. */
export async function measureSizes(seed: number): Promise<Sizes> {
  const written: TurnRecord[] = []
  const latest = new Map<string, TurnRecord>()
  const unused = () => Promise.reject(new Error('no turn needs this'))
  const remember: Store = {
    read: async chat => {
      const turn = latest.get(chat)
      return { seen: false, stored: turn ? { version: 1, life: 1, state: turn.state } : null }
    },
    write: async turn => {
      latest.set(turn.chat, turn)
      written.push(turn)
      return { mine: true, behind: false }
    },
    forget: async chat => ({ messages: 0, replies: 0, conversation: latest.delete(chat) }),
    seen: unused,
    history: unused,
    unanswered: unused,
    outbox: new Proxy({} as Store['outbox'], { get: () => unused }),
    inbox: new Proxy({} as Store['inbox'], { get: () => unused }),
    persons: new Proxy({} as Store['persons'], { get: () => unused }),
    subscriptions: new Proxy({} as Store['subscriptions'], { get: () => unused }),
    ledger: new Proxy({} as Store['ledger'], { get: () => unused }),
    broadcasts: new Proxy({} as Store['broadcasts'], { get: () => unused }),
    members: new Proxy({} as Store['members'], { get: () => unused }),
    jobs: { executeSql: unused },
    codes: new Proxy({} as Store['codes'], { get: () => unused }),
    sweep: unused,
    ping: unused,
    close: unused,
  }
  const turn = talkTo(remember, seed)
  for (let i = 0; i < 2000; i++) await turn(i % 32)
  const mean = (json: (turn: TurnRecord) => unknown) =>
    Math.round(written.reduce((sum, turn) => sum + JSON.stringify(json(turn)).length, 0) / written.length)
  return { state: mean(turn => turn.state), reply: mean(turn => turn.replies) }
}
