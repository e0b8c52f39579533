/** The list goes from one chat to another by a code and by nothing else: once, in time, whole, and nobody else's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Conversation, chatKey, createConversation } from '../../src/conversation/handle.ts'
import { readSaved, type Saved } from '../../src/conversation/saved.ts'
import type { Address, Body, ChannelName, Incoming, Turn } from '../../src/message.ts'
import { openDatabase } from '../../src/store/database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { freshDatabase } from '../postgres.ts'
import { flows, guide, now, whole } from './talk.ts'

let url: string
let store: Store
let conversation: Conversation
const log = { info() {}, error() {} }
beforeAll(async () => {
  url = await freshDatabase()
  store = await openStore({ url })
  conversation = createConversation({ ...guide, store, log })
}, 60_000)
afterAll(() => store.close())

const minutes = (count: number) => new Date(now.getTime() + count * 60_000)
const textOf = (clave: string) => {
  const entry = guide.content.mensajes.textos[clave]
  return (typeof entry === 'object' ? entry.texto : String(entry)).trim()
}
const noUse = textOf('pasar.noSirve').split('.')[0] ?? ''

let people = 0
/** Somebody in one chat. */
class Person {
  readonly address: Address
  at = now
  last!: Turn
  sent!: Incoming
  #messages = 0

  constructor(channel: ChannelName) {
    this.address = { channel, id: String(++people) }
  }

  async send(body: Body, more: Partial<Incoming> = {}): Promise<string> {
    this.sent = { from: this.address, id: `m${++this.#messages}`, at: this.at, body, ...more }
    this.last = await conversation.handle(this.sent)
    return this.text
  }

  say(text: string, more: Partial<Incoming> = {}): Promise<string> {
    return this.send({ kind: 'text', text }, more)
  }

  get text(): string {
    return this.last.replies.map(({ text }) => text).join('\n\n')
  }

  async saved(): Promise<Saved> {
    const { stored } = await store.read(chatKey(this.address), '')
    return readSaved(stored?.state, flows)
  }

  async kept(): Promise<string[]> {
    const lines = await conversation.history(this.address, 0, 50)
    return lines.filter(({ from }) => from === 'persona').map(({ text }) => text)
  }

  /** Asks for a code. */
  async code(): Promise<string> {
    const [code = ''] = /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(await this.say('/pasar')) ?? []
    return code
  }
}

async function rows(statement: string): Promise<Record<string, unknown>[]> {
  const { pool, close } = await openDatabase({ url })
  const { rows } = await pool.query(statement)
  await pool.end()
  await close()
  return rows
}

async function withList(channel: ChannelName = 'whatsapp-web'): Promise<Person> {
  const person = new Person(channel)
  await person.say('soy de primero de ESCOM, tengo 19, sin otro seguro ni tratamiento')
  await person.say('ya saqué mi nss y ya guardé en el SISMI')
  return person
}

describe('a list', () => {
  test('is there with all that was done once the code is written in the other chat, and stays here too', async () => {
    const [here, there] = [await withList(), new Person('telegram')]
    const text = await there.say(`mi codigo es ${(await here.code()).toLowerCase().replace('-', ' ')}`)
    expect(text).toContain('pasos hechos: 3')
    expect(text).toContain('✅ Saca tu NSS')
    expect(there.last.state).toBe('checklist.lista')
    const { perfil, hechos } = await there.saved()
    expect(perfil).toEqual(whole)
    expect(Object.keys(hechos).sort()).toEqual(['guardar', 'nss', 'sismi'])
    expect(await here.say('/checklist')).toContain('✅ Saca tu NSS')
  })

  test.each([
    ['by the command', (code: string) => `/pasar ${code}`],
    ['by the link', (code: string) => `/start codigo-${code.replace('-', '')}`],
    ['by the code alone', (code: string) => code],
  ])('comes %s, on each channel', async (_, write) => {
    for (const channel of ['web', 'telegram', 'whatsapp-cloud', 'terminal'] as const) {
      const [here, there] = [await withList(), new Person(channel)]
      await there.say(write(await here.code()))
      expect(there.last.state, channel).toBe('checklist.lista')
    }
  })

  test('is put together with what was there: what is known of the person as told there, steps done of both', async () => {
    const [here, there] = [await withList(), new Person('web')]
    await there.say('soy de UPIICSA, voy en tercero')
    await there.say('ya imprimí las pólizas')
    await there.say(await here.code())
    const { perfil, hechos } = await there.saved()
    expect(perfil).toMatchObject({ plantel: 'escom', semestre: 'primero' })
    expect(Object.keys(hechos).sort()).toEqual(['guardar', 'imprimir-polizas', 'nss', 'sismi'])
  })

  test('is copied: what is ticked afterwards in either chat is not in the other', async () => {
    const [here, there] = [await withList(), new Person('web')]
    await there.say(await here.code())
    await here.say('ya imprimí las pólizas')
    await there.say('ya entregué mi tarjeta del nss')
    expect(Object.keys((await here.saved()).hechos)).not.toContain('entregar-nss')
    expect(Object.keys((await there.saved()).hechos)).not.toContain('imprimir-polizas')
  })

  test('is asked for by the button, which leaves the list where it is', async () => {
    const here = await withList()
    await here.say('/checklist')
    const choice = here.last.replies.at(-1)?.choices?.find(({ label }) => label === 'Llevar a otro chat')
    const text = await here.send({ kind: 'choice', choice: choice?.id ?? '' })
    expect(text).toMatch(/[0-9A-Z]{4}-[0-9A-Z]{4}/)
    expect(here.last.state).toBe('checklist.lista')
  })

  test('of nobody is not carried: who asks where nothing is kept is told where to ask', async () => {
    const somebody = new Person('web')
    expect(await somebody.say('cambié de número')).toContain('Aquí todavía no tienes lista')
    expect(somebody.text).not.toMatch(/[0-9A-Z]{4}-[0-9A-Z]{4}/)
  })

  test('comes de usted to whom it was told so', async () => {
    const here = new Person('web')
    await here.say('Disculpe, mi hijo va en primero de ESCOM, tiene 19, sin otro seguro ni tratamiento')
    const there = new Person('telegram')
    expect(await there.say(await here.code())).toContain('marque')
  })
})

describe('a code', () => {
  /** Says the same of each, and changes nothing. */
  async function isOfNoUse(person: Person, text: string): Promise<void> {
    await person.say('hola')
    const before = await person.saved()
    expect(await person.say(text)).toContain(noUse)
    const { back: _, extra: __, ...after } = await person.saved()
    expect(after).toEqual((({ back: _, extra: __, ...same }) => same)(before))
  }

  test('that is wrong, used, too old, replaced by a newer or one’s own is answered alike, and changes nothing', async () => {
    const here = await withList()
    await isOfNoUse(new Person('web'), 'K7Q2-M9XD')
    await isOfNoUse(new Person('web'), '/pasar cualquier cosa')
    const used = await here.code()
    await new Person('web').say(used)
    await isOfNoUse(new Person('web'), used)
    const replaced = await here.code()
    const own = await here.code()
    await isOfNoUse(new Person('web'), replaced)
    expect(await here.say(own)).toContain(noUse)
    const late = new Person('web')
    late.at = minutes(15)
    await isOfNoUse(late, own)
    const inTime = new Person('web')
    inTime.at = new Date(minutes(15).getTime() - 1000)
    await inTime.say(own)
    expect(inTime.last.state).toBe('checklist.lista')
  })

  test('is a code though by chance it reads like a cry for help; a cry beside it is heard', async () => {
    for (const code of ['D03R-TAS3', 'cre9 rt3a', 'G47S-H911']) await isOfNoUse(new Person('web'), code)
    const crying = new Person('web')
    expect(await crying.say('mi mamá se desmayó, mi código G47S-H911')).toContain('llama ya al 911')
  })

  test('brought by two at once is one’s', async () => {
    const code = await (await withList()).code()
    const both = [new Person('web'), new Person('telegram')]
    await Promise.all(both.map(person => person.say(code)))
    expect(both.filter(({ last }) => last.state === 'checklist.lista')).toHaveLength(1)
  })

  test('taken by a message that comes again, because we ended before it was written, is good for that one still', async () => {
    const code = await (await withList()).code()
    const there = new Person('telegram')
    let fails = true
    const breaking: Store = {
      ...store,
      codes: store.codes,
      read: (chat, message) => store.read(chat, message),
      write: turn => (fails ? Promise.reject(new Error('ended')) : store.write(turn)),
    }
    const { handle } = createConversation({ ...guide, store: breaking, log })
    const message: Incoming = { from: there.address, id: 'm1', at: now, body: { kind: 'text', text: code } }
    await expect(handle(message)).rejects.toThrow('ended')
    expect(await new Person('web').say(code)).toContain(noUse)
    fails = false
    expect((await handle({ ...message, at: minutes(60) })).state).toBe('checklist.lista')
    expect(await handle(message)).toMatchObject({ duplicate: true, replies: [] })
  })

  test('stays good where the message that asked for it comes again', async () => {
    const here = await withList()
    const code = await here.code()
    expect(await conversation.handle(here.sent)).toMatchObject({ duplicate: true, replies: [] })
    const there = new Person('web')
    await there.say(code)
    expect(there.last.state).toBe('checklist.lista')
  })

  test('of a chat that deleted all is of no use', async () => {
    const here = await withList()
    const code = await here.code()
    await here.say('/borrar')
    await isOfNoUse(new Person('web'), code)
  })

  test('that somebody forwards or sends by editing acts on nothing', async () => {
    const code = await (await withList()).code()
    for (const how of ['forwarded', 'edited'] as const) {
      const there = new Person('whatsapp-web')
      await there.say('/ventana')
      await there.send({ kind: 'text', text: code, how })
      expect(there.last.state).toBe('ventana.hoy')
      expect((await there.saved()).perfil).toEqual({})
    }
  })

  test('is in no message that is kept, and in the table of codes only as a hash', async () => {
    const [here, there] = [await withList(), new Person('web')]
    const code = await here.code()
    const bare = code.replace('-', '')
    const table = JSON.stringify(await rows('select * from codigo'))
    expect(table).not.toContain(bare)
    await there.say(`mi código es ${code}`)
    await there.say(`/pasar ${bare}`)
    await there.send({ kind: 'text', text: `oye: ${code}`, how: 'forwarded' })
    expect(await there.kept()).toEqual(['mi código es [código]', '/pasar [código]', 'oye: [código]'])
    expect(JSON.stringify(await rows('select * from entrada'))).not.toContain(code)
    expect(JSON.stringify(await rows('select * from entrada'))).not.toContain(bare)
  })
})

describe('in a group', () => {
  const group = {
    chat: { channel: 'telegram', id: '-5' },
    replyTo: '-5/1',
    link: 'https://t.me/prueba',
  } as const

  test('no code is given, and one that is written there is taken in private, by who wrote it', async () => {
    const here = await withList('telegram')
    expect(await here.say('pásame mi lista a whatsapp', { group, replyTo: '1' })).not.toMatch(
      /[0-9A-Z]{4}-[0-9A-Z]{4}/,
    )
    const code = await here.code()
    const there = new Person('telegram')
    await there.say('hola')
    expect(await there.say(code, { group, replyTo: '2' })).not.toContain(code)
    expect((await there.saved()).perfil).toEqual(whole)
    expect(JSON.stringify(await rows('select * from entrada'))).not.toContain(code)
  })

  test('who has no private conversation is shown the way, and the code is in no link', async () => {
    const code = await (await withList()).code()
    const stranger = new Person('telegram')
    const text = await stranger.say(code, { group, replyTo: '3' })
    expect(text).toContain('https://t.me/prueba?start=flujo-pasar')
    expect(text).not.toContain(code.replace('-', ''))
  })
})
