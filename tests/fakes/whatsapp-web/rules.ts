/**
 * What a message that the program sends must be. WhatsApp drops what breaks these without a word; the fake refuses it, so
 * that nothing vanishes unseen. World calls it.
 */
import { z } from 'zod'

const Key = z.object({ fromMe: z.literal(true), remote: z.string(), id: z.string().min(1) })

const common = {
  id: z.looseObject(Key.shape),
  from: z.string(),
  to: z.string(),
  t: z.int(),
}

const distinct = (options: readonly { readonly name: string }[]) =>
  new Set(options.map(({ name }) => name)).size === options.length

/** Limits as the apps enforce them: 65,536 characters; a question of 255, 2 to 12 options of 100. */
const Text = z.looseObject({ ...common, type: z.literal('chat'), body: z.string().trim().min(1).max(65_536) })
const Poll = z.looseObject({
  ...common,
  type: z.literal('poll_creation'),
  pollName: z.string().min(1).max(255),
  pollOptions: z
    .array(z.object({ name: z.string().min(1).max(100), localId: z.int() }))
    .min(2)
    .max(12)
    .refine(distinct, 'two options are the same'),
  pollSelectableOptionsCount: z.int(),
})
const File = z.looseObject({
  ...common,
  type: z.enum(['document', 'image', 'video', 'audio', 'ptt', 'sticker']),
  directPath: z.string(),
  mimetype: z.string().min(1),
  caption: z.string().max(1024).optional(),
  filename: z.string().optional(),
})

const Sent = z.discriminatedUnion('type', [Text, Poll, File])
export type Sent = z.infer<typeof Sent>

export function readSent(message: unknown): Sent {
  const { data, error } = Sent.safeParse(message)
  if (data) return data
  throw new Error(`WhatsApp would not take this: ${z.prettifyError(error)}`)
}
