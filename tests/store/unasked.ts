/** What the guide says by itself, as `conversation/handle.ts` writes it, for tests that have nobody to say it. */
import type { Outgoing } from '../../src/message.ts'
import type { Waiting } from '../../src/store/outbox.ts'
import type { Store } from '../../src/store/store.ts'
import type { Destination } from '../../src/store/turns.ts'

let told = 0

interface Aviso extends Destination {
  readonly chat: string
  readonly at: Date
  readonly message: Outgoing
  readonly until?: Date
}

/** Stores it, to somebody who wants such; null where it may not be sent now. */
export async function sayUnasked(store: Store, aviso: Aviso): Promise<Waiting | null> {
  const { chat, at, channel, to, message, until = new Date('2099-01-01') } = aviso
  const { stored } = await store.read(chat, '')
  if (!stored) return null
  const subscription = { channel, to, temas: ['tramite'], faltan: [], plan: '' } as const
  const turn = { chat, message: `aviso ${++told}`, at, text: '', read: stored, state: stored.state }
  const rest = { replies: [message], subscription, unasked: { until }, send: { channel, to } }
  if (!(await store.write({ ...turn, ...rest }))) return sayUnasked(store, aviso)
  const added = (await store.outbox.waitingFor(chat)).find(({ version }) => version === stored.version + 1)
  return added && (await store.outbox.begin(added, new Date())) === 'go' ? added : null
}
