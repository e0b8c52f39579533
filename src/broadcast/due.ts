/** Reminders that have fallen due: the runner says them as time passes, `npm run chat -- --json` as its lines tell the time. */
import { randomUUID } from 'node:crypto'
import type { Conversation } from '../conversation/handle.ts'
import type { ChannelName, Outgoing, Prompt } from '../message.ts'
import { type Subscriber, type Subscriptions, unaskedId } from '../store/subscriptions.ts'

/** What was said by then stands in the conversation itself, so each is said once, however often it is tried. */
export const dueOf = ({ due: _, ...subscriber }: Subscriber, at: Date): Prompt => ({
  ...subscriber,
  id: `${unaskedId}r${randomUUID()}`,
  at,
  what: { kind: 'recordatorio' },
})

export interface Reminded {
  readonly to: string
  readonly at: Date
  readonly message: Outgoing
}

/** Says what falls due on a channel until then, each at its own moment, as a clock would that passes it. */
export async function sayDueBy(
  { subscriptions, prompt }: { readonly subscriptions: Subscriptions } & Pick<Conversation, 'prompt'>,
  channel: ChannelName,
  by: Date,
): Promise<Reminded[]> {
  const said: Reminded[] = []
  for (;;) {
    const [next] = await subscriptions.due(by, [channel], 1)
    if (!next?.due) return said
    const at = next.due
    const { replies } = await prompt(dueOf(next, at))
    said.push(...replies.map(message => ({ to: next.to, at, message })))
  }
}
