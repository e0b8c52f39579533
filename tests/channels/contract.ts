/**
 * What every channel keeps, whoever is at the other end: one suite of tests that contract.test.ts runs on the stage of each.
 * What a channel cannot have its stage says, with the reason, and that it is so is a test as well.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { SendError } from '../../src/channels/channel.ts'
import { say, viewOfNobody } from '../../src/conversation/write.ts'
import type { FileKind } from '../../src/message.ts'
import * as guide from './contract/guide.ts'
import {
  type Part,
  type Person,
  parts,
  postTo,
  type Seen,
  type Sending,
  type Stage,
  type StageMaker,
  type Trouble,
  type Way,
} from './contract/stage.ts'

const { content } = guide.contractGuide
const words = (key: string) => say(viewOfNobody(content, new Date()), key)
/** Understood wherever one is, and answered with the entrance. */
const menu = 'menu'
const longLetters = 10_000

/** A terminal breaks lines where it likes. */
const bare = (text: string) => text.replace(/\s+/g, '')
const bareOf = (seen: readonly Seen[]) => bare(seen.map(({ text }) => text).join(' '))

export function keepsTheContract({ name, lacks, ways, longest, open }: StageMaker): void {
  describe(name, () => {
    let stage: Stage
    let able: Part[]
    let before: string[]
    let closed = false

    beforeAll(async () => {
      before = resources()
      stage = await open()
      able = await partsOf(stage)
    }, 120_000)

    afterAll(() => (closed ? undefined : stage?.close()))

    const having = (part: Part, what: string, body: () => Promise<void>) => {
      const reason = lacks[part]
      if (reason === undefined) test(what, body)
      else test(`no ${part}: ${reason}`, () => expect(able).not.toContain(part))
    }

    const turnsMade = () => stage.handled.filter(({ turn }) => !turn.duplicate).length

    /** What is seen of so many turns; and there are no more. */
    async function seenAfter(person: Person, turns: number, act: () => Promise<unknown>) {
      const [seen, made] = [person.seen.length, turnsMade()]
      await stage.after(turns, act)
      expect(turnsMade() - made).toBe(turns)
      return person.seen.slice(seen)
    }

    // The first answer of a stage may take long, and the rig waits for it.
    test('a message is answered, and nothing else is said', async () => {
      const person = await stage.person()
      const seen = await seenAfter(person, 1, () => person.write(menu))
      expect(seen).toHaveLength(1)
      expect(bareOf(seen)).toContain(bare(guide.opening))
    }, 90_000)

    having('own messages', 'what is written in our own name is not answered', async () => {
      const person = await stage.person()
      await seenAfter(person, 1, () => person.write(guide.wayTo(3)))
      const seen = await seenAfter(person, 1, async () => {
        await person.echo?.(guide.wayTo(10))
        await person.write(menu)
      })
      expect(bareOf(seen)).not.toContain(bare(guide.question(10)))
      expect(bareOf(seen)).toContain(bare(guide.opening))
    })

    having('redelivery', 'a message that comes again is one message, answered once', async () => {
      const person = await stage.person()
      const made = turnsMade()
      await seenAfter(person, 1, () => person.write(guide.wayTo(3)))
      for (let time = 0; time < 2; time++) await stage.after(0, async () => person.again?.())
      await stage.after(1, () => person.write(menu))
      expect(turnsMade() - made).toBe(2)
      expect(person.seen.map(({ text }) => bare(text))).toEqual([guide.question(3), guide.opening].map(bare))
    })

    test('two messages with the same words are two', async () => {
      const person = await stage.person()
      const twice = async () => {
        await person.write(menu)
        await person.write(menu)
      }
      const seen = await seenAfter(person, 2, twice)
      expect(seen.map(({ text }) => bare(text).includes(bare(guide.opening)))).toEqual([true, true])
    })

    test('messages of one person are answered in their order', async () => {
      const person = await stage.person()
      const asked = [3, 10, 13, 30, 5]
      const seen = await seenAfter(person, 2 * asked.length, async () => {
        for (const count of asked) for (const text of [guide.wayTo(count), menu]) await person.write(text)
      })
      const known = [guide.opening, ...asked.map(guide.question)].map(bare)
      const found = bareOf(seen).match(new RegExp(known.map(escaped).join('|'), 'g'))
      expect(found).toEqual(asked.flatMap(count => [guide.question(count), guide.opening].map(bare)))
    })

    having('files', 'what the guide cannot look into is answered kindly', async () => {
      const person = await stage.person()
      for (const kind of ['sticker', 'photo', 'voice', 'document'] as const) await sendFile(person, kind)
    })

    having('other files', 'so is a place or a contact', async () => sendFile(await stage.person(), 'other'))

    async function sendFile(person: Person, kind: FileKind) {
      const seen = await seenAfter(person, 1, async () => person.send?.(kind))
      expect(bareOf(seen)).toContain(bare(words(`archivo.${kind}`)))
    }

    having('captions', 'what is written beside a picture is read', async () => {
      const person = await stage.person()
      const seen = await seenAfter(person, 1, async () => person.send?.('photo', '¿Cuánto cuesta?'))
      expect(stage.handled.at(-1)?.turn.topics).toEqual(['costo'])
      expect(bareOf(seen)).toContain(bare(words('archivo.junto')))
    })

    test(`${longLetters} letters are answered, and what comes after them`, async () => {
      const person = await stage.person()
      const text = 'ola k ase komo sta '.repeat(longLetters).slice(0, longLetters)
      const pieces = Math.ceil(longLetters / Math.min(longLetters, longest))
      const seen = await seenAfter(person, pieces, () => person.write(text))
      expect(bareOf(seen)).toContain(bare(words('largo')))
      expect(bareOf(await seenAfter(person, 1, () => person.write(menu)))).toContain(bare(guide.opening))
    })

    test('a text longer than the platform takes comes in pieces, and whole', async () => {
      const person = await stage.person()
      const seen = await seenAfter(person, 1, () => person.write(guide.wayToLong))
      const limit = stage.sending?.channel.limits.text ?? Number.POSITIVE_INFINITY
      for (const { text } of seen) expect(text.length).toBeLessThanOrEqual(limit)
      const list = /1\.?Volver2\.?Menú$/
      expect(bareOf(seen).replace(list, '')).toBe(bare(guide.longText))
      await seenAfter(person, 1, () => choose(person, 'Menú'))
    })

    test.each(guide.counts)('each of %i choices can be made', async count => {
      const person = await stage.person()
      const used = new Set<Way>()
      const seen = await seenAfter(person, 1, () => person.write(guide.wayTo(count)))
      expect(bareOf(seen)).toContain(bare(guide.question(count)))
      for (const [label, said] of guide.choicesOf(count)) {
        const seen = await seenAfter(person, 1, async () => used.add(await choose(person, label)))
        expect(bareOf(seen), label).toContain(bare(said))
      }
      expect([...used].sort()).toEqual(ways[count])
    })

    having('sending', 'a reply is stored before it is sent, each of its messages', async () => {
      const { sending } = sendingOf(stage)
      const person = await stage.person()
      sending.watch = []
      const seen = await seenAfter(person, 1, () => person.write(guide.wayToLong))
      const waited = sending.watch
      sending.watch = undefined
      expect(seen.length).toBeGreaterThan(2)
      expect(waited).toEqual(seen.map((_, i) => seen.length - i))
    })

    const failing = (trouble: Trouble) =>
      having(trouble, `a message that is not sent: ${trouble}`, async () => {
        const { sending } = sendingOf(stage)
        const person = await stage.person()
        if (trouble !== 'misconfigured') await seenAfter(person, 1, () => person.write(menu))
        const to = stage.handled.at(-1)?.incoming.replyTo ?? ''
        const { to: other = to, end } = (await sending.troubles[trouble]?.(person)) ?? {}
        const text = 'Nadie sabe de esto.'
        const error = await sending.channel.send(postTo(other, text)).catch((error: unknown) => error)
        expect(error).toBeInstanceOf(SendError)
        const { kind, pauseMs = 0 } = error as SendError
        expect(kind).toBe(trouble.split(' ')[0])
        expect(pauseMs > 0).toBe(trouble === 'retry with a pause')
        for (const secret of [...stage.secrets, text, other]) expect(inspect(error)).not.toContain(secret)
        await end?.()
        if (trouble !== 'misconfigured') await sendAndSee(person, to, `Después: ${trouble}.`)
      })

    async function sendAndSee(person: Person, to: string, text: string) {
      await vi.waitFor(() => sendingOf(stage).sending.channel.send(postTo(to, text)), 40_000)
      expect(person.seen.at(-1)?.text).toBe(text)
    }

    for (const trouble of ['retry with a pause', 'retry', 'rejected', 'unreachable', 'uncertain'] as const)
      failing(trouble)

    test('once it is to stop, what came is answered and no more is taken', async () => {
      const person = await stage.person()
      await seenAfter(person, 1, () => person.write(menu))
      const [handled, seen] = [stage.handled.length, person.seen.length]
      stage.thinkMs = 1000
      const settled = stage.after(1, () => person.write(guide.wayTo(3)))
      await vi.waitFor(() => expect(stage.underWay).toBe(1), { timeout: 20_000, interval: 10 })
      await stage.stop()
      expect(stage.handled).toHaveLength(handled + 1)
      await settled
      stage.thinkMs = 0
      expect(bareOf(person.seen.slice(seen))).toContain(bare(guide.question(3)))
      await person.write(menu).catch(() => {})
      await sleep(300)
      expect(stage.handled).toHaveLength(handled + 1)
      const to = stage.handled.at(-1)?.incoming.replyTo
      if (to !== undefined) await sendAndSee(person, to, 'Todavía mando.')
    })

    // Last: where a platform does not take our token any more, it takes nothing.
    failing('misconfigured')

    test('no log tells who wrote, nor what', () => {
      const log = stage.logged.join('\n')
      expect(log).toContain('turn')
      for (const secret of [
        ...stage.secrets,
        guide.wayToLong,
        guide.question(3),
        'ola k ase',
        'Cuánto cuesta',
      ])
        expect(log.includes(secret), secret).toBe(false)
    })

    test('when it has ended nothing is left: no connection, no server, no process', async () => {
      closed = true
      await stage.close()
      await vi.waitFor(() => expect(more(resources(), before)).toEqual([]), 5000)
    })
  })
}

/** By button where there is one, else by the number that it is shown with, else by its word. */
async function choose(person: Person, label: string): Promise<Way> {
  if (await person.press(label)) return 'button'
  const text = person.seen.at(-1)?.text ?? ''
  const [, number] = new RegExp(`^ *(\\d+)\\.? ${escaped(label)}$`, 'm').exec(text) ?? []
  await person.write(number ?? label)
  return number === undefined ? 'word' : 'number'
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** As far as one can see it of a stage. */
async function partsOf({ person, sending }: Stage): Promise<Part[]> {
  const { echo, again, send } = await person()
  const found = { 'own messages': echo, redelivery: again, files: send, sending, ...sending?.troubles }
  return parts.filter(part => (found as Partial<Record<Part, unknown>>)[part] !== undefined)
}

function sendingOf({ sending }: Stage): { sending: Sending } {
  if (!sending) throw new Error('this channel does not send')
  return { sending }
}

/** What would keep the program from ending, but for timers. */
/** What of it was not there before; what ended meanwhile was of an earlier file. */
function more(now: readonly string[], before: readonly string[]): readonly string[] {
  const old = [...before]
  return now.filter(name => {
    const at = old.indexOf(name)
    if (at >= 0) old.splice(at, 1)
    return at < 0
  })
}

const resources = () =>
  process
    .getActiveResourcesInfo()
    .filter(name => !/^(?:Timeout|Immediate)$/.test(name))
    .sort()
