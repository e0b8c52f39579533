/** The terminal as the contract's stage, twice: as a person uses it, and as a program does. */
import { PassThrough } from 'node:stream'
import { serveNdjson } from '../../../src/channels/terminal/ndjson.ts'
import { talkInTerminal } from '../../../src/channels/terminal/person.ts'
import type { Choice, FileKind, Incoming } from '../../../src/message.ts'
import { Rig } from './rig.ts'
import type { Lacks, Person, Seen, StageMaker } from './stage.ts'

const answers = 'it answers where it was asked'
const neverSends: Lacks = {
  sending: answers,
  'retry with a pause': answers,
  retry: answers,
  rejected: answers,
  unreachable: answers,
  uncertain: answers,
  misconfigured: answers,
}

/** Output that is read in pieces: each up to where the channel has said all. */
class Output extends PassThrough {
  #text = ''
  #looks: (() => void)[] = []

  constructor() {
    super()
    const look = (text = '') => {
      this.#text += text
      for (const look of this.#looks.splice(0)) look()
    }
    this.setEncoding('utf8').on('data', look).on('end', look)
  }

  async upTo(end: string): Promise<string> {
    while (!this.#text.includes(end) && !this.readableEnded)
      await new Promise<void>(look => this.#looks.push(look))
    const [text = '', ...rest] = this.#text.split(end)
    this.#text = rest.join(end)
    return text
  }
}

const prompt = '\n> '

class AtTerminal implements Person {
  readonly seen: Seen[] = []
  readonly #input = new PassThrough()
  readonly #output = new Output()
  readonly #talk: Promise<void>

  constructor(rig: Rig, number: number) {
    // Each has a computer of their own.
    const receive = (said: Incoming) =>
      rig.receive({ ...said, from: { ...said.from, id: `persona ${number}` }, id: `${number} ${said.id}` })
    this.#talk = talkInTerminal(receive, { input: this.#input, output: this.#output })
  }

  async greeted(): Promise<AtTerminal> {
    await this.#read()
    this.seen.splice(0)
    return this
  }

  async write(text: string): Promise<void> {
    if (this.#input.writableEnded) throw new Error('the terminal is closed')
    this.#input.write(`${text}\n`)
    await this.#read()
  }

  async press(): Promise<boolean> {
    return false
  }

  /** Ctrl-D. */
  async leave(): Promise<void> {
    this.#input.end()
    await this.#talk
    this.#output.end()
  }

  async #read(): Promise<void> {
    this.seen.push({ text: await this.#output.upTo(prompt), buttons: [] })
  }
}

const numbers = ['number'] as const
export const terminal: StageMaker = {
  name: 'terminal, a person',
  lacks: {
    ...neverSends,
    'own messages': 'only the person types',
    redelivery: 'a line is typed once',
    files: 'there is no way to send one',
    'other files': 'there is no way to send one',
    captions: 'there are no files',
  },
  ways: { 1: numbers, 3: numbers, 5: numbers, 10: numbers, 13: numbers, 30: numbers },
  longest: Number.POSITIVE_INFINITY,
  async open() {
    const rig = await Rig.open()
    const people: AtTerminal[] = []
    return rig.stage({
      person() {
        const person = new AtTerminal(rig, people.length)
        people.push(person)
        return person.greeted()
      },
      stop: async () => void (await Promise.all(people.splice(0).map(person => person.leave()))),
    })
  },
}

interface Answer {
  readonly replies: readonly { readonly text: string; readonly choices?: readonly Choice[] }[]
}

export const ndjson: StageMaker = {
  name: 'terminal, a program',
  lacks: {
    ...neverSends,
    'own messages': 'only the program writes',
    'other files': 'its contract knows four kinds',
    captions: 'its contract has text or a file',
  },
  ways: { 1: ['button'], 3: ['button'], 5: ['button'], 10: ['button'], 13: ['button'], 30: ['button'] },
  longest: Number.POSITIVE_INFINITY,
  async open() {
    const rig = await Rig.open()
    const [input, output] = [new PassThrough(), new Output()]
    const serving = serveNdjson({ receive: rig.receive, fallDue: async () => [] }, { input, output })
    const ask = async (line: object): Promise<Seen[]> => {
      if (input.writableEnded) throw new Error('the input has ended')
      input.write(`${JSON.stringify(line)}\n`)
      const { replies }: Answer = JSON.parse(await output.upTo('\n'))
      return replies.map(({ text, choices = [] }) => ({ text, buttons: choices.map(({ label }) => label) }))
    }
    let people = 0
    return rig.stage({
      person: async () => personOf(`c${++people}`, ask, rig),
      async stop() {
        input.end()
        await serving
      },
    })
  },
}

function personOf(chat: string, ask: (line: object) => Promise<Seen[]>, rig: Rig): Person {
  const seen: Seen[] = []
  let lines = 0
  let last = {}
  const say = async (what: object) => {
    last = { chat, at: new Date().toISOString(), id: `${chat}.${++lines}`, ...what }
    seen.push(...(await ask(last)))
  }
  const idOf = (label: string) =>
    rig.handled
      .findLast(({ incoming }) => incoming.from.id === chat)
      ?.turn.replies.at(-1)
      ?.choices?.find(choice => choice.label === label)?.id
  return {
    seen,
    write: text => say({ text }),
    async press(label) {
      const choice = idOf(label)
      if (choice !== undefined) await say({ choice })
      return choice !== undefined
    },
    async again() {
      seen.push(...(await ask(last)))
    },
    send: (kind: FileKind) => say({ file: { kind } }),
  }
}
