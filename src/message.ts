/** What goes in and out of a conversation, the same for every channel; every other part speaks in these. */

export const channelNames = ['terminal', 'web', 'telegram', 'whatsapp-web', 'whatsapp-cloud'] as const
export type ChannelName = (typeof channelNames)[number]

/** Who is at the other end. `id` is the channel's own; it never leaves the adapter and `chatKey`. */
export interface Address {
  readonly channel: ChannelName
  readonly id: string
  /** Other ids of the same person that came with this message: any may come alone later. Absent where there is only one. */
  readonly also?: readonly string[]
}

/** `other`: a place, a contact, a poll, a game: nothing that a person here need send. */
export type FileKind = 'sticker' | 'photo' | 'voice' | 'document' | 'other'

export type Body =
  /** Edited: written over an earlier message. Forwarded: not the person's own words. */
  | {
      readonly kind: 'text'
      readonly text: string
      readonly how?: 'edited' | 'forwarded'
      /** Written beside a picture or a file, which nobody looks at. */
      readonly beside?: true
    }
  /** `turn`: the version of the turn that offered it, where the channel can tell; it is good for no other. */
  | { readonly kind: 'choice'; readonly choice: string; readonly turn?: number }
  | { readonly kind: 'file'; readonly file: FileKind }

export interface Incoming {
  readonly from: Address
  /** The channel's id of the message: the same id twice is one message. */
  readonly id: string
  readonly at: Date
  readonly body: Body
  /** A school's own page may say which plantel it belongs to. */
  readonly plantel?: string
  /** Where the replies are to be sent. Absent where they are shown by whoever handed the message in. */
  readonly replyTo?: string
  /** Where it was said, if others read along. */
  readonly group?: Group
  /** Where something may be sent to this person later, unasked; absent where the channel has no such way. */
  readonly pushTo?: string
}

/** What somebody may want to be told unasked: the dates of their own procedure; what their school's office writes. */
export const temas = ['tramite', 'escuela'] as const
export type Tema = (typeof temas)[number]

/** Something to be said that nobody asked for: the clock says that a reminder is due, or staff write to many. */
export interface Prompt {
  /** Hashed. */
  readonly chat: string
  readonly channel: ChannelName
  /** What `Incoming.pushTo` said. */
  readonly to: string
  /** The same id twice is one prompt. */
  readonly id: string
  readonly at: Date
  /** When the person was last heard of. */
  readonly heardAt: Date
  readonly what: Unasked
}

export type Unasked = { readonly kind: 'recordatorio' } | ({ readonly kind: 'difusion' } & Announcement)

/** One message from staff to many. */
export interface Announcement {
  readonly difusion: number
  readonly tema: Tema
  readonly text: string
  readonly button?: AvisoButton
  /** It is not said any more from then on. */
  readonly until: Date
}

/** Under what was said unasked; good for as long as it can be seen. `paso`: it is done. `flujo`: leads there. */
export interface AvisoButton {
  readonly does: 'paso' | 'flujo'
  readonly id: string
}

/** Why it was not said: they do not want it (any more); they had so many this week already; nothing is due; it was said already. */
export type Unsaid = 'salio' | 'tope' | 'nada' | 'repetido'

export interface Group {
  readonly chat: Address
  readonly replyTo: string
  /** Opens a private conversation with the guide; `?start=…` may be added to it. */
  readonly link: string
}

export interface Choice {
  readonly id: string
  /** At most 20 characters, the shortest of all channels' limits (WhatsApp's button). */
  readonly label: string
}

export interface Outgoing {
  readonly text: string
  readonly choices?: readonly Choice[]
  /** A list that changes as one goes on: where the message whose button was pressed can be edited, this replaces it. */
  readonly live?: true
  /** Goes with the text, as a document. */
  readonly file?: FileOut
}

export interface FileOut {
  readonly name: string
  /** Its media type, such as `text/calendar`. */
  readonly type: string
  /** Base64. */
  readonly data: string
}

/** What one message did. `duplicate` is true where the message had been handled before: then nothing changed. */
export interface Turn {
  readonly duplicate: boolean
  /** How many turns this conversation has had; 0 where nothing of it is kept any more. */
  readonly version: number
  /** Where the conversation stands, dotted: `perfil.nivel`. */
  readonly state: string
  /** FAQ topics answered or act recognised; empty where the message only drove a flow. */
  readonly topics: readonly string[]
  readonly replies: readonly Outgoing[]
}

/** What was said, as it is read back. */
export interface Line {
  /** The turn that it belongs to, counted from 1. */
  readonly version: number
  readonly from: 'persona' | 'guia'
  readonly at: Date
  readonly text: string
  readonly choices?: readonly Choice[]
  readonly live?: true
  readonly file?: FileOut
}
