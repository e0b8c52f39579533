/**
 * The one path of a message, whatever channel it came by: seen before? load, step, save if nobody wrote in between,
 * else again. Channels call `handle`; everything it does between loading and saving is pure.
 */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { flows as machines, moved } from '../../flows/index.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type {
  Address,
  Announcement,
  Body,
  ChannelName,
  Group,
  Incoming,
  Line,
  Outgoing,
  Prompt,
  Turn,
  Unsaid,
} from '../message.ts'
import type { Forgotten, Store } from '../store/store.ts'
import type { Destination, Subscription, TurnRecord } from '../store/turns.ts'
import { codeLifeMinutes, hideCodes, makeCode } from './code.ts'
import { answeredAside, type Spoken, speakInPublic } from './public.ts'
import { type FlowSet, flowSet, newSaved, readSaved, type Saved, trust } from './saved.ts'
import { type Outcome, step } from './step.ts'
import { announce, isLasting, planOf, speakUnasked, subscriptionOf } from './unasked.ts'
import { mask } from './understanding/mask.ts'
import type { Guide, Knowledge, Message } from './walk.ts'
import { say, viewOfNobody } from './write.ts'

/** What came of a prompt. */
export interface Said {
  readonly replies: readonly Outgoing[]
  /** Why nothing was said. */
  readonly unsaid?: Unsaid
}

export interface Conversation {
  /** Handles one message; resolves once its replies are stored. Messages of one person are taken one at a time. */
  handle(incoming: Incoming): Promise<Turn>
  /** Says something unasked, if it is to be said to this person; resolves once it is stored. */
  prompt(prompt: Prompt): Promise<Said>
  /** A broadcast as it will be seen on a channel. */
  show(announcement: Announcement, channel: ChannelName): readonly Outgoing[]
  /** Names what reminders are reckoned with now; `reckon` does it for somebody as they are stored. */
  readonly plan: string
  reckon(state: unknown, to: Destination, at: Date): Subscription | null
  /** What was said with this person after a version, oldest first. */
  history(from: Address, afterVersion: number, limit: number): Promise<Line[]>
  /** The platform says that nothing reaches this person any more, or that it does again. */
  reach(from: Address, reachable: boolean): Promise<void>
}

export interface Parts extends Knowledge {
  readonly store: Store
  readonly log: Pick<Logger, 'info' | 'error'>
  /** For the channels that send by themselves; it gets the replies once they are stored. */
  readonly delivery?: Pick<Delivery, 'fit' | 'deliver'>
  /** Where staff write to many: is shown each private message first, and answers what is for it. */
  readonly desk?: (
    chat: string,
    incoming: Incoming,
    seen: () => Promise<boolean>,
  ) => Promise<readonly Outgoing[] | undefined>
  /** The flows to run; the tests bring older ones. */
  readonly flows?: FlowSet
}

/** More writers than this at once for one person is no conversation. */
const maxTries = 50
const maxWaitMs = 3000
/** What is said in a group, or at the desk, is not kept. */
const unkeptBody: Body = { kind: 'text', text: '' }
/** What is kept of a text: enough to read back what was asked. */
const maxKeptChars = 2000
const minuteMs = 60_000

/** The name under which a person is stored. Enough for the web's random ids; phones come as keyed hashes already. */
export function chatKey({ channel, id }: Pick<Address, 'channel' | 'id'>): string {
  return createHash('sha256').update(`${channel}\n${id}`).digest('base64url').slice(0, 27)
}

export function createConversation({
  store,
  log,
  delivery,
  desk,
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

  /** A person who comes by several names has one chat. */
  async function chatOf({ channel, id, also }: Address): Promise<string> {
    const own = chatKey({ channel, id })
    return also ? store.persons.chatOf([own, ...also.map(id => chatKey({ channel, id }))]) : own
  }

  /** `decide` says what comes of the message, where that is not for the flows to say. */
  async function turn(chat: string, incoming: Incoming, decide?: (saved: Saved) => Outcome): Promise<Turn> {
    const { body, masked, text } = clean(incoming.body)
    const inPlace = incoming.replyTo !== undefined
    const pushes = incoming.pushTo !== undefined
    const code = freshCode()
    const through = (saved: Saved, version: number) =>
      stepWithCode(chat, incoming, carried =>
        tryStep(saved, {
          ...incoming,
          body: current(body, version, saved),
          masked,
          inPlace,
          pushes,
          code,
          ...carried,
        }),
      )
    for (let attempt = 1; attempt <= maxTries; attempt++) {
      const { seen, stored } = await store.read(chat, incoming.id)
      const version = stored?.version ?? 0
      const saved = stored ? readSaved(stored.state, flows) : newSaved(flows)
      if (seen) return { duplicate: true, version, state: placeOf(saved), topics: [], replies: [] }
      const outcome = decide ? decide(saved) : await through(saved, version)
      if (!outcome) return unkept(chat, incoming, apologise(incoming.at, version, saved))
      if (outcome.forget) {
        const forgotten = await store.forget(chat, { message: incoming.id, read: stored })
        if (forgotten) return unkept(chat, incoming, tellForgotten(forgotten, incoming.at, outcome.topics))
        continue
      }
      const { topics, pressed, doubt } = outcome
      const { solas: _, ...state } = outcome.saved
      if (outcome.pulsed !== undefined) await store.ledger.pressed(outcome.pulsed, chat, incoming.at)
      const kept = { chat, message: incoming.id, at: incoming.at, text: pressed ?? text, doubt }
      if (outcome.gives !== undefined) await keepCode(outcome.gives, chat, incoming)
      const replies = fitted(incoming, outcome.replies)
      const send = incoming.replyTo === undefined ? {} : { send: destination(incoming, incoming.replyTo) }
      const subscription = subscribed(saved, state, incoming)
      const written = await store.write({
        ...kept,
        read: stored,
        state: trust(state),
        replies,
        ...send,
        ...subscription,
      })
      if (!written) continue
      const done = { duplicate: false, version: version + 1, state: placeOf(state), topics, replies }
      if (written.mine) void dispatch(chat, incoming, done, written.behind)
      return done
    }
    throw new Error(`a conversation was written by others ${maxTries} times in a row`)
  }

  /** Absent where nothing of it has to be written. */
  function subscribed(
    before: Saved,
    after: Saved,
    { at, from, pushTo }: Incoming,
  ): Pick<TurnRecord, 'subscription'> {
    if (!wantsAny(after)) return wantsAny(before) ? { subscription: null } : {}
    const to = pushTo === undefined ? undefined : { channel: from.channel, to: pushTo }
    return to ? { subscription: subscriptionOf(content, after, at, to) } : {}
  }

  /** The guide speaks by itself: a turn as any other, but that nobody wrote. */
  async function speak({ chat, channel, to, id, at, heardAt, what }: Prompt): Promise<Said> {
    for (let attempt = 1; attempt <= maxTries; attempt++) {
      const { seen, stored } = await store.read(chat, id)
      if (seen) return { unsaid: 'repetido', replies: [] }
      // All was deleted meanwhile.
      if (!stored) return { unsaid: 'salio', replies: [] }
      const saved = readSaved(stored.state, flows)
      const { saved: after, replies: said, unsaid, until } = speakUnasked(guide, saved, at, what)
      // Left out this time, a broadcast leaves no trace; a reminder's next date has to be noted.
      if (unsaid && what.kind === 'difusion') return { unsaid, replies: [] }
      const state = trust({ ...after, solas: (saved.solas ?? 0) + 1 })
      const replies = said.flatMap(reply => (delivery ? delivery.fit(channel, reply) : [reply]))
      const written = await store.write({
        chat,
        message: id,
        at,
        text: '',
        read: stored,
        state,
        replies,
        subscription: subscriptionOf(content, after, at, { channel, to }),
        unasked: { until, ...(what.kind === 'difusion' ? { broadcast: what.difusion } : {}) },
        ...(delivery ? { send: { channel, to } } : {}),
      })
      if (!written) continue
      const version = stored.version + 1
      const sends = replies.map((message, i) => {
        const place = { chat, version, n: i + 1, at, channel, to }
        return { ...place, message, unasked: true, heardAt }
      })
      void delivery?.deliver(sends, false)
      return { ...(unsaid ? { unsaid } : {}), replies }
    }
    throw new Error(`a conversation was written by others ${maxTries} times in a row`)
  }

  /** A code in the message is taken for good before its step is made, so that no other message has it too. */
  async function stepWithCode(
    chat: string,
    { id: message, at }: Incoming,
    stepWith: (carried: Pick<Message, 'carried'>) => Outcome | undefined,
  ): Promise<Outcome | undefined> {
    const outcome = stepWith({})
    if (outcome?.takes === undefined) return outcome
    const taken = await store.codes.take(outcome.takes, { chat, message }, at)
    return taken ? stepWith({ carried: readSaved(taken.state, flows) }) : outcome
  }

  /** Before it is told: one that nobody was told harms nobody. */
  const keepCode = (code: string, chat: string, { id: message, at }: Incoming) =>
    store.codes.put(code, { chat, message }, new Date(at.getTime() + codeLifeMinutes * minuteMs))

  /**
   * What is said in a group is nobody's conversation: it is answered as if by nobody known, and what is personal is
   * answered in private. Somebody who has never written there can only be shown the way.
   */
  async function turnInGroup(incoming: Incoming, { chat: group, replyTo, link }: Group): Promise<Turn> {
    const { body, masked } = clean(incoming.body)
    const chat = chatKey(group)
    const said = trySpeak({ at: incoming.at, body, masked }, link)
    const { group: _, ...own } = incoming
    // Message ids of a group count by themselves.
    const id = `${chat.slice(0, 12)}.${incoming.id}`
    const aside = said.aside !== undefined && (await answerAside({ ...own, id, body: said.aside }))
    const replies = aside ? [{ text: answeredAside(guide, incoming.at, link, masked) }] : said.replies
    const there = { id: incoming.id, at: incoming.at, from: group, replyTo, body: unkeptBody }
    const decide = (saved: Saved) => ({ saved, replies, topics: said.topics, forget: false })
    return inTurn(chat, () => turn(chat, there, decide))
  }

  /** Whether there is a private conversation; then it has had the message. */
  async function answerAside(incoming: Incoming): Promise<boolean> {
    const chat = await chatOf(incoming.from)
    const { stored } = await store.read(chat, incoming.id)
    if (stored) await inTurn(chat, () => turn(chat, incoming))
    return stored !== null
  }

  const fitted = ({ from }: Incoming, replies: readonly Outgoing[]) =>
    delivery ? replies.flatMap(reply => delivery.fit(from.channel, reply)) : replies

  async function dispatch(
    chat: string,
    { from, at, replyTo }: Incoming,
    { version, replies }: Pick<Turn, 'version' | 'replies'>,
    behind: boolean,
  ): Promise<void> {
    if (!delivery || replyTo === undefined) return
    const common = { chat, version, at, channel: from.channel, to: replyTo, unasked: false, heardAt: at }
    const sends = replies.map((message, i) => ({ ...common, n: i + 1, message }))
    await delivery.deliver(sends, behind)
  }

  /** Nothing of it is in the outbox: it is waited for a while, so that the message comes again if we end before. */
  async function unkept(chat: string, incoming: Incoming, done: Turn): Promise<Turn> {
    const replies = fitted(incoming, done.replies)
    await Promise.race([dispatch(chat, incoming, { version: 0, replies }, false), setTimeout(maxWaitMs)])
    return { ...done, replies }
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

  function trySpeak(message: Message, link: string): Spoken {
    try {
      return speakInPublic(guide, message, link)
    } catch (error) {
      log.error({ err: error }, 'speaking in a group failed')
      return { topics: [], replies: [sorry(message.at)] }
    }
  }

  function apologise(at: Date, version: number, saved: Saved): Turn {
    return { duplicate: false, version, state: placeOf(saved), topics: [], replies: [sorry(at)] }
  }

  const sorry = (at: Date): Outgoing => ({ text: say(viewOfNobody(content, at), 'falla') })

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

  const inAnyPlace = (chat: string, incoming: Incoming) =>
    incoming.group ? turnInGroup(incoming, incoming.group) : inTurn(chat, () => turnInPrivate(chat, incoming))

  async function turnInPrivate(chat: string, incoming: Incoming): Promise<Turn> {
    const replies = await desk?.(chat, incoming, () => store.seen(chat, incoming.id))
    if (!replies) return turn(chat, incoming)
    // Invitations and drafts are no part of anybody's conversation.
    const decide = (saved: Saved) => ({ saved, replies, topics: [], forget: false })
    return turn(chat, { ...incoming, body: unkeptBody }, decide)
  }

  return {
    async handle(incoming) {
      const started = performance.now()
      let chat: string | undefined
      try {
        chat = await chatOf(incoming.group?.chat ?? incoming.from)
        const done = await inAnyPlace(chat, incoming)
        const { state, topics, duplicate } = done
        log.info({ chat, state, topics, duplicate, ms: Math.round(performance.now() - started) }, 'turn')
        return done
      } catch (error) {
        log.error({ chat, err: error }, 'turn failed')
        throw error
      }
    },
    prompt: prompt => inTurn(prompt.chat, () => speak(prompt)),
    show: (announcement, channel) => {
      const shown = announce(content, announcement)
      return delivery ? delivery.fit(channel, shown) : [shown]
    },
    plan: planOf(content),
    reckon: (state, to, at) => subscriptionOf(content, readSaved(state, flows), at, to),
    history: async (from, afterVersion, limit) => store.history(await chatOf(from), afterVersion, limit),
    reach: async (from, reachable) =>
      store.outbox.unreachable(await chatOf(from), reachable ? false : new Date(), 'they blocked the guide'),
  }
}

const destination = ({ from }: Incoming, to: string) => ({ channel: from.channel, to })

/**
 * A button is good for the turn that offered it and for no other: one of before is as one never offered. What the guide
 * said by itself meanwhile takes nothing away, and its own buttons are good for ever.
 */
function current(body: Body, version: number, { solas = 0 }: Saved): Body {
  if (body.kind !== 'choice' || body.turn === undefined || isLasting(body.choice)) return body
  return version - solas <= body.turn && body.turn <= version ? body : { kind: 'choice', choice: '' }
}

/** Made once it is asked for, and the same however often the message is tried. */
function freshCode(): () => string {
  let code: string | undefined
  return () => {
    code ??= makeCode(randomBytes)
    return code
  }
}

const wantsAny = ({ avisos }: Saved) => (avisos?.temas.length ?? 0) > 0

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
    body: { ...body, text },
    masked: text !== read,
    text: hideCodes(text).slice(0, maxKeptChars),
  }
}
