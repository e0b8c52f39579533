/** The guide on Telegram as a whole: how it starts and stops, what its messages look like and how they change. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FakeTelegram, type Sent, startFakeTelegram } from '../../fakes/telegram.ts'
import { freshDatabase } from '../../postgres.ts'
import { killAll, type Program, startProgram } from '../../program.ts'
import { openProxy } from './proxy.ts'
import { databases, labels, publicUrl, Site, secret } from './site.ts'

const wholeProfile = 'cecyt 6, primer semestre, soy menor, no tengo otro servicio ni tratamiento'

describe('in private', () => {
  let site: Site
  let ana = 100
  const next = () => ++ana
  const last = (chat: number) => {
    const message = site.fake.messages(chat).at(-1)
    if (!message) throw new Error(`nothing said in chat ${chat}`)
    return message
  }
  /** Somebody whose list has ten steps. */
  async function withList(): Promise<number> {
    const someone = next()
    await site.say(someone, wholeProfile)
    return someone
  }

  beforeAll(async () => {
    site = await Site.open('PostgreSQL')
  }, 120_000)

  afterAll(() => site.close())

  test('the menu of commands, the presentation and the summary are those of content/telegram.yaml', async () => {
    await site.settled()
    const { comandos, presentacion, resumen } = site.words
    const commands = Object.entries(comandos).map(([command, description]) => ({ command, description }))
    expect(commands.map(({ command }) => command).join()).toBe(
      'start,menu,checklist,ventana,vigencia,renuncia,cambio,recordatorios,calendario,pasar,persona,privacidad,borrar',
    )
    expect(site.calls('setMyCommands').map(({ payload, answered }) => [payload, answered])).toEqual([
      [{ commands }, 'ok'],
    ])
    expect(site.calls('setMyDescription')[0]?.payload).toEqual({ description: presentacion.trim() })
    expect(site.calls('setMyShortDescription')[0]?.payload).toEqual({ short_description: resumen })
  })

  test('by polling, the webhook goes first', async () => {
    await site.fake.waitFor(() => site.calls('getUpdates').length > 0)
    const order = site.fake.calls.map(({ method }) => method)
    expect(order.indexOf('deleteWebhook')).toBeGreaterThan(-1)
    expect(order.indexOf('deleteWebhook')).toBeLessThan(order.indexOf('getUpdates'))
    expect(site.fake.webhook).toBeUndefined()
  })

  test('typing is shown where an answer takes over a second, again while it takes, and not before nor after', async () => {
    const someone = next()
    const shown = () => site.calls('sendChatAction').filter(({ payload }) => payload.chat_id === someone)
    await site.say(someone, '/start')
    expect(shown()).toEqual([])
    site.thinkMs = process.env.FULL ? 6000 : 2000
    const asked = performance.now()
    await site.say(someone, '/menu')
    site.thinkMs = 0
    const afterMs = shown().map(({ atMs }) => atMs - asked)
    const reply = site.calls('sendMessage').findLast(({ payload }) => payload.chat_id === someone)
    expect(afterMs).toHaveLength(process.env.FULL ? 2 : 1)
    expect(afterMs[0]).toBeGreaterThanOrEqual(1000)
    for (const { atMs } of shown()) expect(atMs).toBeLessThan(reply?.atMs ?? 0)
    await sleep(process.env.FULL ? 5000 : 1500)
    expect(shown()).toHaveLength(afterMs.length)
  })

  test('a long list is paged: its pages show each choice once, in order, with the way back on every page', async () => {
    const someone = await withList()
    await site.press(someone, 'Marcar hecho')
    const [{ turn } = { turn: undefined }] = site.handled.slice(-1)
    const all = turn?.replies.at(-1)?.choices ?? []
    expect(all.length).toBeGreaterThan(10)
    const { message_id } = last(someone)
    const seen: string[] = []
    const pages: string[] = []
    for (;;) {
      const shown = labels(last(someone))
      expect(shown.slice(-2)).toEqual(['Volver', 'Menú'])
      pages.push(shown.find(label => /^\d\/\d$/.test(label)) ?? '')
      seen.push(...shown.slice(0, -2).filter(label => !/^(?:\d\/\d|[‹›])$/.test(label)))
      if (!shown.includes('›')) break
      await site.press(someone, '›')
      expect(last(someone).message_id).toBe(message_id)
    }
    expect(pages).toEqual(pages.map((_, n) => `${n + 1}/${pages.length}`))
    expect(pages.length).toBeGreaterThan(1)
    expect([...seen, 'Volver', 'Menú']).toEqual(all.map(({ label }) => label))
    await site.press(someone, '‹')
    expect(labels(last(someone))).toContain('1/2')
    // What is on a later page can be pressed.
    await site.press(someone, '›')
    await site.press(someone, seen[8] as string)
    expect(Object.keys((await site.saved(someone))?.hechos ?? {})).toHaveLength(1)
  })

  test("the pager's count does nothing, and pages of a turn that is over are told to be old", async () => {
    const someone = await withList()
    await site.press(someone, 'Marcar hecho')
    const before = site.fake.messages(someone)
    const count = site.button(someone, '1/2')
    expect(
      await site.after(someone, () => site.fake.press(someone, count.message.message_id, count.data)),
    ).toEqual([])
    expect(site.fake.messages(someone)).toEqual(before)
    expect(site.calls('answerCallbackQuery').at(-1)?.payload.text).toBeUndefined()
    const forward = site.button(someone, '›')
    await site.say(someone, '/menu')
    await site.after(someone, () => site.fake.press(someone, forward.message.message_id, forward.data))
    expect(site.calls('answerCallbackQuery').at(-1)?.payload.text).toBe(site.words.avisos.vieja)
  })

  test('the checklist is one message, which changes in place as steps are ticked', async () => {
    const someone = await withList()
    const list = last(someone)
    expect(list.text).toContain('0/10')
    for (let ticked = 1; ticked <= 3; ticked++) {
      expect(await site.press(someone, 'Marcar hecho')).toEqual([])
      const [first = ''] = labels(last(someone))
      expect(await site.press(someone, first)).toEqual([])
      expect(last(someone).message_id).toBe(list.message_id)
      expect(last(someone).text).toContain(`${ticked}/10`)
    }
    expect(last(someone).edits).toBe(6)
    expect(last(someone).text.match(/✅/g)).toHaveLength(3)
  })

  test('the button that was pressed takes the place of the others, and the answer comes as a new message', async () => {
    const someone = next()
    await site.say(someone, '/start')
    const { message } = site.button(someone, 'Ver temas')
    expect(await site.press(someone, 'Ver temas')).not.toEqual([])
    const pressed = site.fake.messages(someone).find(({ message_id }) => message_id === message.message_id)
    expect(pressed?.text).toBe(message.text)
    expect(labels(pressed as typeof message)).toEqual(['✓ Ver temas'])
    expect(site.calls('answerCallbackQuery').at(-1)).toMatchObject({ answered: 'ok' })
  })

  test('a button pressed three times in a row acts once, and each press is answered', async () => {
    const someone = next()
    await site.say(someone, '/start')
    const { message, data } = site.button(someone, 'Ver temas')
    const answers = site.calls('answerCallbackQuery').length
    const sent = await site.after(someone, () => {
      for (let n = 0; n < 3; n++) site.fake.press(someone, message.message_id, data)
    })
    const turns = site.handled.filter(({ incoming }) => incoming.from.id === String(someone)).slice(1)
    expect(turns.map(({ turn }) => turn.duplicate)).toEqual([false, true, true])
    expect(sent).toHaveLength(turns[0]?.turn.replies.length as number)
    expect(
      site
        .calls('answerCallbackQuery')
        .slice(answers)
        .map(({ answered }) => answered),
    ).toEqual(['ok', 'ok', 'ok'])
  })

  test('a list that is gone is sent anew', async () => {
    const someone = await withList()
    const { data } = site.button(someone, 'Marcar hecho')
    const before = last(someone).message_id
    const sent = await site.after(someone, () => site.fake.press(someone, 99_999_999, data))
    expect(sent.map(({ text }) => text).join()).toContain('?')
    expect(sent[0]?.message_id).toBeGreaterThan(before)
    expect(site.calls('editMessageText').at(-1)?.answered).toBe(400)
  })

  test('what is asked after all was deleted is answered at once', async () => {
    const someone = next()
    await site.say(someone, '/start')
    await site.say(someone, '/borrar')
    const asked = performance.now()
    expect(await site.say(someone, '¿cuánto cuesta?')).not.toEqual([])
    expect(performance.now() - asked).toBeLessThan(5000)
  })

  test('the button of a list whose change was lost on the way is not dead: the change comes again', async () => {
    const someone = await withList()
    let cut = true
    site.fake.trouble = ({ method }) => {
      const now = cut && method === 'editMessageText'
      if (now) cut = false
      return now ? 'cut-before' : undefined
    }
    await site.press(someone, 'Marcar hecho')
    site.fake.trouble = () => undefined
    expect(labels(last(someone))).toContain('Registro SISMI')
  })

  test('a school whose poster led here is named', async () => {
    const [greeting] = await site.say(next(), '/start plantel-escom')
    expect(greeting?.text).toContain('Veo que vienes de')
  })

  test('a calendar comes as a document, with its text, its buttons and what was asked answered there', async () => {
    const someone = next()
    await site.say(someone, '/ventana')
    const [sent, ...more] = await site.press(someone, 'A mi calendario')
    expect(more).toEqual([])
    expect(sent?.file?.name).toBe('entrega-nss.ics')
    expect(sent?.file?.text).toMatch(/^BEGIN:VCALENDAR\r\n[\s\S]*END:VCALENDAR\r\n$/)
    expect(sent?.text).toContain('📅 Abre el archivo')
    expect(labels(sent as Sent)).toContain('¿Qué entrego?')
    const [after] = await site.press(someone, '¿Qué entrego?')
    expect(after?.text).toContain('tarjeta de Número de Seguridad Social')
    expect(labels(site.fake.messages(someone).at(-3) as Sent)).toEqual(['✓ ¿Qué entrego?'])
  })

  test('the list comes by a link that holds a code', async () => {
    const [one, other] = [await withList(), next()]
    const [sent] = await site.say(one, '/pasar')
    const [, code = ''] = /código: (\S+)/.exec(sent?.text ?? '') ?? []
    const [list] = await site.say(other, `/start codigo-${code.replace('-', '')}`)
    expect(list?.text).toContain('Traje tu lista')
    expect((await site.saved(other))?.perfil).toEqual((await site.saved(one))?.perfil)
  })

  test('an old button does nothing and says so, and its message loses the buttons', async () => {
    const someone = next()
    await site.say(someone, '/start')
    const { message, data } = site.button(someone, 'Ver temas')
    await site.say(someone, '/renuncia')
    const before = await site.saved(someone)
    const [told] = await site.after(someone, () => site.fake.press(someone, message.message_id, data))
    expect(told?.text).toContain('Esa opción ya no está activa')
    expect(site.calls('answerCallbackQuery').at(-1)?.payload.text).toBeUndefined()
    expect(site.fake.messages(someone).find(it => it.message_id === message.message_id)?.keyboard).toEqual([])
    expect(await site.saved(someone)).toMatchObject({ flow: before?.flow, state: before?.state })
  })
})

describe('the start', () => {
  const opened: (() => Promise<unknown>)[] = []
  const open = async (...given: Parameters<typeof Site.open>) => {
    const site = await Site.open(...given)
    opened.push(() => site.close())
    return site
  }

  afterEach(async () => {
    for (const close of opened.splice(0)) await close()
  })

  test('the webhook is set with the secret, the address and the kinds we read, and updates come by it', async () => {
    const site = await open('PostgreSQL', { by: 'webhook' })
    expect(site.fake.webhook).toEqual({ url: `${publicUrl}/telegram/webhook`, secret, maxConnections: 40 })
    expect(site.calls('setWebhook')[0]?.payload.allowed_updates).toEqual([
      'message',
      'edited_message',
      'callback_query',
      'my_chat_member',
    ])
    expect(await site.say(7, '/start')).not.toEqual([])
    await site.press(7, 'Ver temas')
    expect((await site.saved(7))?.flow).toBe('preguntas')
    expect(site.calls('getUpdates')).toEqual([])
    await site.stop()
    expect(site.fake.webhook).toBeDefined()
  })

  test('what is written while the program is away is answered when it is back, and nothing twice', async () => {
    const site = await open('PostgreSQL', { by: 'webhook', kept: true })
    await site.say(7, '/start')
    await site.stop()
    const before = site.fake.messages(7).length
    site.fake.write(7, '/ventana')
    site.fake.write(7, '/menu')
    await sleep(1200)
    await site.start()
    await site.settled()
    const turns = site.handled.slice(1)
    expect(turns.map(({ turn }) => turn.state)).toEqual([expect.stringMatching(/^ventana/), 'menu.inicio'])
    expect(site.fake.messages(7).length - before).toBe(turns.flatMap(({ turn }) => turn.replies).length)
  })

  test('what Telegram already says of us is not set again', async () => {
    const site = await open('PostgreSQL', { kept: true })
    await site.settled()
    await site.stop()
    await site.start()
    await site.settled()
    expect(site.calls('getMyDescription')).toHaveLength(2)
    expect(site.calls('setMyDescription')).toHaveLength(1)
    expect(site.calls('setMyShortDescription')).toHaveLength(1)
  })

  test('a wrong token is said in the log without the token; the program goes on, and is not ready', async () => {
    const token = `42:${'WrongTokenOfTheTests'.padEnd(35, '0')}`
    const site = await open('PostgreSQL', { token })
    const ready = await fetch(`${site.url}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([503, { database: true, telegram: false }])
    expect((await fetch(`${site.url}/healthz`)).status).toBe(200)
    expect(site.logged.join()).toContain('TELEGRAM_BOT_TOKEN: Telegram does not take it')
    expect(site.logged.join()).not.toContain('WrongToken')
    // Whoever is told so by the log looks at the token; asking faster would help nobody.
    expect(site.calls('getMe').length).toBeLessThan(5)
  })

  test('a token that is taken back while we run: not ready, said without it, and what waits is kept', async () => {
    const site = await open('PostgreSQL')
    await site.say(7, '/start')
    site.fake.write(7, '/menu')
    site.fake.revoke()
    await expect.poll(() => site.telegram.ready, { timeout: 10_000 }).toBe(false)
    await expect.poll(() => site.store.outbox.count()).toMatchObject({ waiting: 1, failed: 0, uncertain: 0 })
    expect((await fetch(`${site.url}/readyz`)).status).toBe(503)
    expect(site.logged.join()).toContain('TELEGRAM_BOT_TOKEN: Telegram does not take it')
    expect(site.logged.join()).not.toContain(site.fake.token.slice(3))
    const asked = site.fake.calls.length
    await sleep(3000)
    expect(site.fake.calls.length - asked).toBeLessThan(10)
    await site.stop(0)
  })

  test('Telegram that is down at the start is tried again until it is there', async () => {
    const proxy = await openProxy()
    opened.push(() => proxy.shut())
    await proxy.shut()
    const site = await open('PostgreSQL', { apiRoot: proxy.root })
    expect((await fetch(`${site.url}/readyz`)).status).toBe(503)
    expect(site.logged.join()).toMatch(/Telegram is not to be had/)
    expect(site.logged.join()).toContain('ECONNREFUSED')
    await proxy.open(site.fake.root)
    site.fake.write(7, '/start')
    await site.fake.waitFor(() => site.fake.messages(7).length > 0, 20_000)
    expect((await fetch(`${site.url}/readyz`)).status).toBe(200)
  })
})

test('a Telegram that answers nothing any more does not hold up the stop', async () => {
  const site = await Site.open('PostgreSQL')
  await site.say(1, '/start')
  site.fake.trouble = () => ({ delayMs: 60_000 })
  site.fake.write(1, 'hola')
  const started = performance.now()
  await site.stop(2000)
  // And not the minute that the answer would take.
  expect(performance.now() - started).toBeLessThan(30_000)
  await site.close()
}, 90_000)

/** FULL=1 on both; what is under way at a kill is tried on both in tests/delivery. */
describe.each(process.env.FULL ? databases : (['PostgreSQL'] as const))('SIGTERM on %s', database => {
  let fake: FakeTelegram
  let environment: Record<string, string>
  let dir: string

  beforeAll(async () => {
    fake = await startFakeTelegram()
    dir = await mkdtemp(join(tmpdir(), 'vigente-sigterm-'))
    environment = {
      TELEGRAM_BOT_TOKEN: fake.token,
      TELEGRAM_API_ROOT: fake.root,
      ...(database === 'PGlite' ? { DATA_DIR: dir } : { DATABASE_URL: await freshDatabase() }),
    }
  })

  afterEach(() => {
    fake.trouble = () => undefined
    killAll()
  })

  afterAll(async () => {
    await fake.close()
    await rm(dir, { recursive: true })
  })

  const sends = () => fake.calls.filter(({ method }) => method === 'sendMessage')
  const texts = (chat: number) => fake.messages(chat).map(({ text }) => text)

  /** Ends it and says how it ended. */
  async function end(program: Program): Promise<{ code: number | null; tookMs: number }> {
    const asked = performance.now()
    program.child.kill('SIGTERM')
    const code = await program.ended
    return { code, tookMs: performance.now() - asked }
  }

  test('while a reply is in flight: it is finished, within 10 s, with code 0, and never sent again', async () => {
    const program = await startProgram(environment)
    fake.trouble = ({ method }) => (method === 'sendMessage' ? { delayMs: 2000 } : undefined)
    fake.write(7, '/start')
    await fake.waitFor(() => sends().length > 0, 20_000)
    const { code, tookMs } = await end(program)
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(10_000)
    expect(texts(7)).toHaveLength(1)
    fake.trouble = () => undefined
    const again = await startProgram(environment)
    fake.write(7, '/menu')
    await fake.waitFor(() => texts(7).length > 1, 20_000)
    expect(await end(again)).toMatchObject({ code: 0 })
    expect(texts(7)).toHaveLength(2)
    expect(sends()).toHaveLength(2)
    expect(program.faults() + again.faults()).toBe('')
  }, 120_000)

  // FULL=1: it waits for Telegram for some 15 s.
  if (process.env.FULL)
    test('while Telegram wants silence: it ends within 10 s, and what waited is sent at the next start', async () => {
      const program = await startProgram(environment)
      const before = sends().length
      fake.trouble = ({ method }) => (method === 'sendMessage' ? { status: 429, retryAfter: 40 } : undefined)
      for (let chat = 20; chat < 25; chat++) fake.write(chat, '/start')
      await fake.waitFor(() => sends().length > before && fake.pending < 5, 20_000)
      await sleep(500)
      const { code, tookMs } = await end(program)
      expect(code).toBe(0)
      expect(tookMs).toBeLessThan(10_000)
      fake.trouble = () => undefined
      const again = await startProgram(environment)
      await fake.waitFor(() => [20, 21, 22, 23, 24].every(chat => texts(chat).length > 0), 30_000)
      await sleep(1500)
      for (let chat = 20; chat < 25; chat++) expect(texts(chat)).toHaveLength(1)
      expect(await end(again)).toMatchObject({ code: 0 })
      expect(program.faults() + again.faults()).toBe('')
    }, 120_000)
})
