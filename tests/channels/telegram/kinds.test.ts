/** Each kind of update that Telegram has for us, and what the guide does with it on purpose: beyond what contract.test.ts tries on every channel. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Sent } from '../../fakes/telegram.ts'
import { sayUnasked } from '../../store/unasked.ts'
import { databases, keyOf, labels, person, Site } from './site.ts'

const { parse } = JSON

/** What a message is does not depend on the database: FULL=1 tries it on both. */
describe.each(process.env.FULL ? databases : (['PostgreSQL'] as const))('on %s', database => {
  let site: Site
  /** Somebody new for each test, and a group that nobody wrote in. */
  let ana = 1000
  let group = -1000
  const inGroup = () => ({ chat: { id: group, type: 'group', title: 'Primer semestre' } })
  const bot = () => `@${site.fake.bot.username}`
  const text = (sent: readonly Sent[]) => sent.map(message => message.text).join('\n\n')
  /** Anything but a text, said in private or where `more` says. */
  const send = (what: object, more: object = {}) =>
    site.after(ana, () =>
      site.fake.write(ana, '', { text: undefined, entities: undefined, ...what, ...more }),
    )
  const ask = (question: string, more: object = {}) =>
    site.after(group, () => site.fake.write(ana, question, { ...inGroup(), ...more }))
  const linkOf = (payload: string) => `https://t.me/${site.fake.bot.username}?start=${payload}`

  beforeAll(async () => {
    site = await Site.open(database, { kept: true })
  }, 120_000)

  beforeEach(() => {
    ana++
    group--
  })

  afterAll(() => site.close())

  /** Nobody is answered, nothing is kept, nothing goes wrong. */
  async function expectNothing(act: () => unknown): Promise<void> {
    await site.settled()
    const [handled, sends, lines] = [
      site.handled.length,
      site.calls('sendMessage').length,
      site.logged.length,
    ]
    act()
    await site.settled()
    expect(site.handled.slice(handled)).toEqual([])
    expect(site.calls('sendMessage')).toHaveLength(sends)
    expect(site.logged.slice(lines)).toEqual([])
  }

  describe('in private', () => {
    test('a text in pieces comes in the order in which it was said', async () => {
      await site.after(ana, () => {
        for (let n = 0; n < 12; n++) site.fake.write(ana, n % 2 ? '/menu' : '/ventana')
      })
      const asked = site.handled.filter(({ incoming }) => incoming.from.id === String(ana))
      const said = asked.flatMap(({ turn }) => turn.replies.map(reply => reply.text))
      expect(asked.map(({ turn }) => turn.version)).toEqual(asked.map((_, n) => n + 1))
      expect(site.fake.messages(ana).map(message => message.text)).toEqual(said)
    })

    test.each([
      ['/menu', 'menu.inicio'],
      ['/checklist', 'perfil.'],
      ['/ventana', 'ventana.'],
      ['/vigencia', 'vigencia.'],
      ['/renuncia', 'renuncia.'],
      ['/cambio', 'cambio.'],
      ['/recordatorios', 'recordatorios.hoy'],
      ['/persona', 'persona.'],
      ['/privacidad', 'privacidad.'],
    ])('the command %s leads to %s', async (command, place) => {
      expect(await site.say(ana, command)).not.toEqual([])
      expect(site.handled.at(-1)?.turn.state).toContain(place)
    })

    test('/borrar deletes what is kept, says so, and keeps nothing of the asking', async () => {
      await site.say(ana, 'voy en primer semestre')
      expect(await site.saved(ana)).toBeDefined()
      expect(text(await site.say(ana, '/borrar'))).toMatch(/Borré|borré/)
      expect(await site.saved(ana)).toBeUndefined()
    })

    test('a deep link to a plantel notes it', async () => {
      await site.say(ana, '/start plantel-cecyt-6')
      expect((await site.saved(ana))?.perfil.plantel).toBe('cecyt-6')
    })

    test('a deep link to a flow opens it', async () => {
      await site.say(ana, '/start flujo-renuncia')
      expect((await site.saved(ana))?.flow).toBe('renuncia')
    })

    test('a deep link to a topic answers it', async () => {
      await site.say(ana, '/start tema-costo')
      expect(site.handled.at(-1)?.turn.topics).toEqual(['costo'])
    })

    test.each(['/start plantel-__proto__', '/start flujo-constructor', '/start tema-', '/start %00'])(
      'a damaged deep link (%s) leads to the start',
      async link => {
        expect(text(await site.say(ana, link))).toContain('Vigente')
        expect((await site.saved(ana))?.perfil).toEqual({})
      },
    )

    test('a message edited at the menu is read anew', async () => {
      await site.say(ana, '/start')
      const message_id = Number(site.handled.at(-1)?.incoming.id.slice(1))
      const edited = { message_id, from: person(ana), chat: { id: ana, type: 'private' } }
      const sent = await site.after(ana, () =>
        site.fake.push({ edited_message: { ...edited, text: '¿Cuánto cuesta?' } }),
      )
      expect(text(sent)).toMatch(/gratuito|gratis|costo/)
      expect(site.handled.at(-1)?.incoming.id).toMatch(/^e\d+\.\d+$/)
    })

    test('a message edited in a flow changes nothing and says so', async () => {
      await site.say(ana, 'primer semestre')
      const before = await site.saved(ana)
      const message_id = Number(site.handled.at(-1)?.incoming.id.slice(1))
      const edited = { message_id, from: person(ana), chat: { id: ana, type: 'private' } }
      const sent = await site.after(ana, () =>
        site.fake.push({ edited_message: { ...edited, text: 'tercer semestre' } }),
      )
      expect(text(sent)).toContain('ya enviado no lo vuelvo a leer')
      expect(await site.saved(ana)).toMatchObject({ state: before?.state, perfil: before?.perfil })
    })

    test("somebody else's forwarded message is answered, and nothing of it is taken for the person's own", async () => {
      const forward_origin = { type: 'user', date: 1, sender_user: person(5) }
      const sent = await send({
        text: 'yo voy en tercer semestre y tengo ISSSTE, ¿cuánto cuesta?',
        forward_origin,
      })
      expect(sent).not.toEqual([])
      expect((await site.saved(ana))?.perfil).toEqual({})
      const hidden = { type: 'hidden_user', date: 1, sender_user_name: 'Ana' }
      await send({ text: 'voy en tercer semestre', forward_origin: hidden })
      expect((await site.saved(ana))?.perfil).toEqual({})
    })

    test("one's own words forwarded are one's own words", async () => {
      const forward_origin = { type: 'user', date: 1, sender_user: person(ana) }
      await send({ text: 'voy en primer semestre', forward_origin })
      expect((await site.saved(ana))?.perfil).toMatchObject({ semestre: 'primero' })
    })

    const file = { file_id: 'x', file_unique_id: 'y', file_size: 9 }
    const photo = [{ ...file, width: 9, height: 9 }]
    test.each<[string, object, string]>([
      ['animation', { animation: file, document: file }, 'Los stickers no los leo'],
      ['dice', { dice: { emoji: '🎲', value: 3 } }, 'Los stickers no los leo'],
      ['audio', { audio: { ...file, duration: 2 } }, 'Los audios no los puedo oír'],
      ['video', { video: { ...file, duration: 2 } }, 'Las fotos no las puedo ver'],
      ['video note', { video_note: { ...file, duration: 2 } }, 'Las fotos no las puedo ver'],
      [
        'contact',
        { contact: { phone_number: '+525512345678', first_name: 'Rosa' } },
        'Eso no lo puedo abrir',
      ],
      ['location', { location: { latitude: 19.4, longitude: -99.1 } }, 'Eso no lo puedo abrir'],
      ['venue', { venue: { title: 'ESCOM' }, location: {} }, 'Eso no lo puedo abrir'],
      ['poll', { poll: { id: '1', question: '¿sí?', options: [] } }, 'Eso no lo puedo abrir'],
      ['game', { game: { title: 'Snake' } }, 'Eso no lo puedo abrir'],
    ])('a %s is told that it is not read, and the place is kept', async (_, what, told) => {
      await site.say(ana, 'voy en primer semestre')
      const before = await site.saved(ana)
      const [first] = await send(what)
      expect(first?.text).toContain(told)
      expect(await site.saved(ana)).toMatchObject({ state: before?.state, perfil: before?.perfil })
    })

    test('what is written with an album is answered, and once that its pictures are not seen', async () => {
      const sent = await site.after(ana, () => {
        for (let n = 0; n < 4; n++)
          site.fake.write(ana, '', {
            text: undefined,
            photo,
            media_group_id: `a${ana}`,
            caption: n === 1 ? '¿Cuánto cuesta?' : undefined,
          })
      })
      const turns = site.handled.filter(({ incoming }) => incoming.from.id === String(ana))
      expect(turns.map(({ turn }) => turn.duplicate)).toEqual([false, false, true, true])
      expect(turns[1]?.turn.topics).toEqual(['costo'])
      expect(text(sent)).toContain('Las fotos no')
      expect(text(sent)).not.toContain('junto al texto')
    })

    test('another bot is left alone', () =>
      expectNothing(() =>
        site.fake.push({
          message: { from: { ...person(ana), is_bot: true }, text: 'hola', chat: { id: ana } },
        }),
      ))

    test.each<[string, object]>([
      ['a pinned message', { pinned_message: { message_id: 1, chat: { id: 5, type: 'private' }, date: 0 } }],
      ['a timer set', { message_auto_delete_timer_changed: { message_auto_delete_time: 86400 } }],
      ['a theme chosen', { chat_background_set: { type: {} } }],
      ['access granted to write', { write_access_allowed: {} }],
    ])('a service message (%s) is left alone', (_, what) =>
      expectNothing(() => site.fake.write(ana, '', { text: undefined, ...what })),
    )

    test('a new reaction, a channel post, an inline query: never asked for', async () => {
      const { payload } = site.calls('getUpdates')[0] as { payload: { allowed_updates?: unknown } }
      expect(payload.allowed_updates).toEqual([
        'message',
        'edited_message',
        'callback_query',
        'my_chat_member',
      ])
    })

    test('whoever blocks the guide is not written to, until they write again', async () => {
      await site.say(ana, '/start')
      await site.after(ana, () => site.fake.block(ana))
      const add = () =>
        sayUnasked(site.store, {
          chat: keyOf(ana),
          at: new Date(),
          channel: 'telegram',
          to: String(ana),
          message: { text: 'Nadie lo pidió.' },
        })
      expect(await add()).toBeNull()
      expect(await site.say(ana, '/menu')).not.toEqual([])
      expect(await add()).not.toBeNull()
    })

    test('whoever lets the guide in again is to be had again', async () => {
      await site.say(ana, '/start')
      await site.after(ana, () => site.fake.block(ana))
      await site.after(ana, () => site.fake.unblock(ana))
      const message = { text: 'Nadie lo pidió.' }
      const at = new Date()
      const added = await sayUnasked(site.store, {
        chat: keyOf(ana),
        at,
        channel: 'telegram',
        to: String(ana),
        message,
      })
      expect(added).not.toBeNull()
    })

    test('an account that was deleted while its answer was on its way is unreachable', async () => {
      await site.say(ana, '/start')
      site.fake.deactivate(ana)
      expect(await site.say(ana, '/menu')).toEqual([])
      expect(site.calls('sendMessage').at(-1)?.answered).toBe(403)
      const message = { text: 'Nadie lo pidió.' }
      const at = new Date()
      const to = String(ana)
      expect(
        await sayUnasked(site.store, { chat: keyOf(ana), at, channel: 'telegram', to, message }),
      ).toBeNull()
    })

    test('an unknown command says so', async () => {
      expect(text(await site.say(ana, '/noexiste'))).toContain('No te entendí esa')
    })
  })

  describe('in a group', () => {
    test('what is not said to the guide is not heard', () =>
      expectNothing(() => site.fake.write(ana, '¿alguien sabe cuánto cuesta el seguro?', inGroup())))

    test("another bot's command, another's mention, a reply to another: not heard", () =>
      expectNothing(() => {
        site.fake.write(ana, '/menu@otro_bot', inGroup())
        site.fake.write(ana, '@otra_persona ¿cuánto cuesta?', inGroup())
        const reply_to_message = { message_id: 1, from: person(3) }
        site.fake.write(ana, '¿cuánto cuesta?', { ...inGroup(), reply_to_message })
      }))

    test('a question that mentions us is answered there, as a reply to it', async () => {
      const sent = await ask(`${bot()} ¿cuánto cuesta el seguro?`)
      expect(text(sent)).toMatch(/gratuito|gratis|costo/)
      expect(sent[0]?.replyTo).toBeTypeOf('number')
      expect(sent.flatMap(labels)).toEqual([])
      expect(site.fake.messages(ana)).toEqual([])
      expect(await site.saved(ana)).toBeUndefined()
    })

    test('our name is known in capitals, in the middle, in a caption, and as a mention without a user name', async () => {
      const upper = await ask(`oye ${bot().toUpperCase()}, ¿cuánto cuesta el seguro?`)
      const caption = `${bot()} ¿cuánto cuesta?`
      const caption_entities = [{ type: 'mention', offset: 0, length: bot().length }]
      const pictured = await ask('', {
        text: undefined,
        entities: undefined,
        photo: [],
        caption,
        caption_entities,
      })
      const entities = [{ type: 'text_mention', offset: 0, length: 7, user: site.fake.bot }]
      const named = await ask('Vigente ¿cuánto cuesta?', { entities })
      for (const sent of [upper, pictured, named]) expect(text(sent)).toMatch(/gratuito|gratis|costo/)
    })

    test('a reply to what we said is heard', async () => {
      const [first] = await ask(`${bot()} hola`)
      const reply_to_message = { message_id: first?.message_id, from: site.fake.bot }
      expect(text(await ask('¿cuánto cuesta?', { reply_to_message }))).toMatch(/gratuito|gratis|costo/)
    })

    test('a command to us, or to whoever hears it, is answered', async () => {
      expect(text(await ask(`/ventana${bot()}`))).not.toBe('')
      expect(text(await ask('/ventana'))).not.toBe('')
      expect(site.handled.at(-1)?.incoming.group).toBeDefined()
    })

    test('something personal of somebody unknown leads into the private chat', async () => {
      const sent = await ask(`/checklist${bot()}`)
      expect(text(sent)).toContain(linkOf('flujo-checklist'))
      expect(site.fake.messages(ana)).toEqual([])
    })

    test('something personal of somebody known is answered in private, and the group is told only that', async () => {
      await site.say(ana, 'voy en primer semestre del cecyt 6')
      const before = site.fake.messages(ana).length
      const sent = await ask(`/checklist${bot()}`)
      await site.settled()
      expect(sent).toHaveLength(1)
      expect(text(sent)).toContain('Te contesto en privado')
      expect(text(sent)).not.toMatch(/CECyT|primer/)
      expect(site.fake.messages(ana).length).toBeGreaterThan(before)
      expect((await site.saved(ana))?.flow).toBe('perfil')
    })

    test('a word said in a group presses no button of the private conversation, and deletes nothing', async () => {
      await site.say(ana, '/checklist')
      await site.say(ana, '/privacidad')
      await site.press(ana, 'Borrar todo')
      const before = await site.saved(ana)
      const asked = site.fake.messages(ana).length
      for (const word of ['sí', '1', 'volver']) await ask(`${bot()} ${word}`)
      expect(await site.saved(ana)).toEqual(before)
      expect(site.fake.messages(ana)).toHaveLength(asked)
      for (const word of ['sí, borra todo', '/borrar']) {
        await ask(`${bot()} ${word}`)
        expect((await site.saved(ana))?.flow).toBe('privacidad')
      }
    })

    test('a command that is none of ours is another bot’s', () =>
      expectNothing(() => site.fake.write(ana, '/nada', inGroup())))

    test('a CURP that everybody has read is named as such, and not repeated', async () => {
      const sent = await ask(`${bot()} ¿sirve mi CURP GARC050101HDFRRL09?`)
      expect(text(sent)).toContain('aquí lo lee todo el grupo')
      expect(text(sent)).not.toContain('GARC')
    })

    test('an edited message is left alone', () =>
      expectNothing(() =>
        site.fake.push({
          edited_message: { from: person(ana), text: `${bot()} ¿cuánto cuesta?`, ...inGroup() },
        }),
      ))

    test('an anonymous admin is nobody whom we could answer', () =>
      expectNothing(() =>
        site.fake.push({
          message: {
            from: { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' },
            sender_chat: { id: group, type: 'group' },
            text: '/menu',
            entities: [{ type: 'bot_command', offset: 0, length: 5 }],
            ...inGroup(),
          },
        }),
      ))

    test('a channel post, also one that a group shows, is left alone', () =>
      expectNothing(() => {
        const chat = { id: -1_000_000_700_000 + group, type: 'channel', title: 'Avisos' }
        site.fake.push({ channel_post: { chat, sender_chat: chat, text: `${bot()} hola` } })
        site.fake.push({
          message: { sender_chat: chat, is_automatic_forward: true, text: 'aviso', ...inGroup() },
        })
      }))

    test('somebody joining, leaving, a new title: left alone', () =>
      expectNothing(() => {
        for (const what of [
          { new_chat_members: [person(3)] },
          { left_chat_member: person(3) },
          { new_chat_title: 'Otro' },
          { group_chat_created: true },
        ])
          site.fake.write(ana, '', { text: undefined, ...what, ...inGroup() })
      }))

    test('the guide let into a group says nothing by itself, and thrown out it is still there for its people', async () => {
      await site.say(ana, '/start')
      await expectNothing(() => {
        site.fake.unblock(group)
        site.fake.block(group)
      })
      expect(await site.say(ana, '/menu')).not.toEqual([])
    })

    test('the answer to a group that became a supergroup goes where the group went', async () => {
      await ask(`${bot()} hola`)
      const to = -1_000_000_000_000 + group
      const sent = await site.after(to, () => {
        site.fake.write(ana, `${bot()} ¿cuánto cuesta el seguro?`, inGroup())
        site.fake.migrate(group, to)
      })
      expect(text(sent)).toMatch(/gratuito|gratis|costo/)
    })

    test('a sticker in reply to us is not worth a word', async () => {
      const reply_to_message = { message_id: 1, from: site.fake.bot }
      expect(await ask('', { text: undefined, entities: undefined, sticker: {}, reply_to_message })).toEqual(
        [],
      )
    })
  })

  describe('what cannot be read', () => {
    test.each<[string, object]>([
      ['a message without a chat', { message: { message_id: 1, text: 'secreto' } }],
      ['a message that is a text', { message: 'secreto' }],
      ['a text that is a number', { message: { message_id: 1, chat: { id: 1, type: 'private' }, text: 7 } }],
      ['a press without a person', { callback_query: { id: '1', data: 'secreto' } }],
      [
        'marks without a place',
        { message: { message_id: 1, chat: { id: 1, type: 'private' }, entities: [{}] } },
      ],
    ])('%s is confirmed and logged without what it says', async (_, what) => {
      await site.settled()
      const lines = site.logged.length
      const { update_id } = site.fake.written(ana, 'nadie')
      site.fake.queue({ ...what, update_id })
      await site.settled()
      const [line, ...others] = site.logged.slice(lines)
      expect(others).toEqual([])
      expect(parse(line as string)).toMatchObject({ msg: 'an update that we cannot read' })
      expect(line).not.toContain('secreto')
      expect(await site.say(ana, '/start')).not.toEqual([])
    })

    test('an update of no kind that we know is confirmed in silence', () =>
      expectNothing(() => {
        const { update_id } = site.fake.written(ana, 'nadie')
        site.fake.queue({ update_id, message_of_next_year: { text: 'secreto' } })
      }))
  })

  test('no phone number of a contact, no CURP and no file reaches the database or the log', async () => {
    await send({ contact: { phone_number: '+525512345678', first_name: 'Rosa', vcard: 'TEL:+525512345678' } })
    await site.say(ana, 'mi teléfono es 55 1234 5678 y mi CURP GARC050101HDFRRL09')
    await send({ photo: [], caption: 'mi CURP es GARC050101HDFRRL09' })
    const kept = await site.dump()
    expect(kept.length).toBeGreaterThan(1000)
    for (const place of [kept, site.logged.join('\n')])
      expect(place).not.toMatch(/5512345678|1234 5678|GARC050101|constancia\.pdf|Rosa|secreto/)
    expect(site.logged.join('\n')).not.toContain(site.fake.token.slice(3))
  })
})
