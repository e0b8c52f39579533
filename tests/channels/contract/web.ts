/** The web chat as the contract's stage, over real HTTP; what a person sees is read out of the HTML that comes back. */
import { randomUUID } from 'node:crypto'
import { mountWeb } from '../../../src/channels/web/web.ts'
import { Rig } from './rig.ts'
import type { Person, Seen, StageMaker } from './stage.ts'
import { ndjson } from './terminal.ts'

const { 'own messages': _, ...common } = ndjson.lacks

export const web: StageMaker = {
  name: 'web',
  lacks: {
    ...common,
    'own messages': 'only the page writes',
    'other files': 'the page sends four kinds',
    captions: 'the page sends text or a file',
  },
  ways: ndjson.ways,
  longest: Number.POSITIVE_INFINITY,
  async open() {
    const rig = await Rig.open()
    const { history, log } = rig.parts
    // Nobody types too fast here: a second goes by with each look at the clock.
    let seconds = 0
    const clock = () => new Date(Date.now() + ++seconds * 1000)
    const page = mountWeb(rig.app, {
      words: rig.content.pagina,
      receive: rig.receive,
      history,
      clock,
      log,
    })
    return rig.stage({
      async person() {
        const page = await fetch(rig.url)
        return new Visitor(rig.url, page.headers.getSetCookie()[0]?.split(';')[0] ?? '')
      },
      async stop() {
        page.close()
        await rig.closeHttp()
      },
    })
  },
}

class Visitor implements Person {
  readonly seen: Seen[] = []
  readonly #url: string
  readonly #cookie: string
  #last = {}

  constructor(url: string, cookie: string) {
    this.#url = url
    this.#cookie = cookie
  }

  write = (text: string) => this.#say({ text })
  send = (file: string) => this.#say({ file })
  again = () => this.#post(this.#last)

  async press(label: string): Promise<boolean> {
    const choice = this.#pressable.get(label)
    if (choice !== undefined) await this.#say({ choice })
    return choice !== undefined
  }

  #pressable = new Map<string, string>()

  async #say(what: object): Promise<void> {
    this.#last = { id: randomUUID(), ...what }
    await this.#post(this.#last)
  }

  async #post(message: object): Promise<void> {
    const answer = await fetch(new URL('mensaje', this.#url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: this.#cookie },
      body: JSON.stringify(message),
    })
    if (!answer.ok) throw new Error(`the page was answered ${answer.status}`)
    const { html } = (await answer.json()) as { html: string }
    if (html !== '') this.#pressable = new Map(buttonsIn(html).map(({ label, value }) => [label, value]))
    for (const [, article = ''] of html.matchAll(/<article class="guia"[^>]*>(.*?)<\/article>/gs)) {
      const [, text = ''] = /<p>(.*?)<\/p>/s.exec(article) ?? []
      this.seen.push({ text: plain(text), buttons: buttonsIn(article).map(({ label }) => label) })
    }
  }
}

const buttonsIn = (html: string) =>
  [...html.matchAll(/<button [^>]*value="([^"]*)"[^>]*data-label="([^"]*)"/g)].map(
    ([, value = '', label = '']) => ({ value: plain(value), label: plain(label) }),
  )

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
const plain = (html: string) =>
  html.replace(/<[^>]*>/g, '').replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => entities[name] ?? '')
