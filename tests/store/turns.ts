/** Turns as `conversation/handle.ts` makes them, on a state that lists the messages it has taken in. */
import type { Store } from '../../src/store/store.ts'

export type Messages = readonly string[]

/** Reads, lets others pass, writes, and starts again where somebody was faster. False: the message was seen. */
export async function takeTurn(
  store: Store,
  chat: string,
  message: string,
  pause: () => Promise<unknown> = async () => {},
): Promise<boolean> {
  for (;;) {
    const { seen, stored } = await store.read(chat, message)
    if (seen) return false
    await pause()
    const state = [...((stored?.state ?? []) as Messages), message]
    const replies = [{ text: `re: ${message}` }, { text: 'y ahora', choices: [{ id: 'si', label: 'Sí' }] }]
    if (await store.write({ chat, message, at: new Date(), text: message, read: stored, state, replies })) {
      return true
    }
  }
}
