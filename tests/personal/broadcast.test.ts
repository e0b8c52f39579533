/**
 * `npm run broadcast` as staff run it: every order by the door of a running program and on a server's database, what is
 * said of a wrong option, and the command as a process of its own.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createBroadcasts } from '../../src/broadcast/broadcasts.ts'
import { createStaff, Refused } from '../../src/broadcast/staff.ts'
import { limitsOfAll } from '../../src/channels.ts'
import { readKeyPath } from '../../src/config.ts'
import { Personal } from '../../src/content/schema.ts'
import { readKey } from '../../src/personal/broadcast/key.ts'
import { readOptions, usage } from '../../src/personal/broadcast/options.ts'
import { carryOut, type Done, type Order } from '../../src/personal/broadcast/orders.ts'
import { refusalInWords } from '../../src/personal/broadcast/show.ts'
import { askBroadcast, type CarryOut, openDoor } from '../../src/personal/door.ts'
import { roles } from '../../src/store/migrations.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { content } from '../guide.ts'
import { freshDatabase } from '../postgres.ts'
import { runCommand } from '../program.ts'

const { orden: words, no, estados } = content.personal
const now = new Date('2026-11-23T12:00:00-06:00')
const message = 'Mañana cierra la entrega de la tarjeta del NSS.'
const homes: string[] = []
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
})

function freshFolder(): string {
  const home = mkdtempSync(join(tmpdir(), 'vigente-broadcast-'))
  homes.push(home)
  return home
}

const files: Record<string, string> = { 'aviso.txt': `${message}\n` }
const readFile = (path: string) => {
  const text = files[path]
  if (text === undefined) throw new Error('ENOENT')
  return text
}
const read = (...args: string[]) => readOptions(args, { content, now, readFile })

function carryIn(store: Store): CarryOut {
  const clock = () => now
  const staff = createStaff({ members: store.members, clock })
  const broadcasts = createBroadcasts({ store, staff, content, clock, wake: () => {}, limits: limitsOfAll })
  return (clave, order) => carryOut({ broadcasts, staff, content, clock }, clave, order)
}

/** By the door of a program on an embedded database, or at once on a server's. */
const ways: { name: string; open: () => Promise<{ carry: CarryOut; close: () => Promise<void> }> }[] = [
  {
    name: 'by the door',
    open: async () => {
      const dir = freshFolder()
      const store = await openStore({ memory: true })
      const door = await openDoor(dir, store, undefined, carryIn(store))
      return {
        carry: (clave, order) => askBroadcast(dir, clave, order),
        close: async () => {
          await door.close()
          await store.close()
        },
      }
    },
  },
  {
    name: 'on PostgreSQL',
    open: async () => {
      const store = await openStore({ url: await freshDatabase() })
      return { carry: carryIn(store), close: () => store.close() }
    },
  },
]

describe.each(ways)('every order $name', ({ open }) => {
  let way: Awaited<ReturnType<typeof open>>
  let owner: string
  beforeAll(async () => {
    way = await open()
    owner = await enter('owner', 'Luz')
  })
  afterAll(() => way?.close())

  const order = (clave: string | undefined, ...args: string[]): Promise<Done> =>
    way.carry(clave, read(...args)?.order as Order)

  /** The key of a new member. */
  async function enter(rol: string, nombre: string, by?: string): Promise<string> {
    const { data } = await order(by, 'invitar', rol, nombre)
    const { clave, text } = await order(undefined, 'entrar', (data as { codigo: string }).codigo)
    expect(text).toContain(nombre)
    return clave as string
  }
  const idOf = ({ data }: Done) => String((data as { id: number }).id)
  const refused = (promise: Promise<Done>) =>
    promise.then(
      ({ text }) => `done: ${text}`,
      error => (error instanceof Refused ? error.reason : `${error}`),
    )

  test('lets an owner invite others, once there is one, and nobody else', async () => {
    expect(await refused(order(undefined, 'invitar', 'owner', 'Mal'))).toBe('instalado')
    const editor = await enter('editor', 'Eva', owner)
    expect(await refused(order(editor, 'invitar', 'reader', 'Ana'))).toBe('rol')
    expect(await refused(order(undefined, 'entrar', 'K7Q-2M9-XDA'))).toBe('codigo')
    const { text } = await order(owner, 'personal')
    expect(text).toContain('Luz, responsable')
    const id = /^(\d+)\. Eva/m.exec(text)?.[1] ?? ''
    expect((await order(owner, 'rol', id, 'reader')).text).toContain('Eva, consulta')
    expect((await order(owner, 'quitar', id)).text).toBe(words.quitado)
    expect(await refused(order(editor, 'lista'))).toBe('clave')
    expect(await refused(order(owner, 'quitar', '99'))).toBe('nadie')
    expect((await order(owner, 'vincular')).text).toMatch(/\/personal \w{3}-\w{3}-\w{3}/)
    const { text: log } = await order(owner, 'bitacora')
    expect(log).toContain('Luz · quita')
    expect(log).toContain('nadie los ha tocado')
  })

  test('writes a broadcast, changes it, and shows it', async () => {
    const made = await order(
      owner,
      ...['nueva', '--archivo', 'aviso.txt', '--titulo', 'Cierra', '--nivel', 'superior,posgrado'],
      ...['--falta', 'nss', '--boton', 'paso=nss', '--control', '10', '--cuando', 'mañana 10:00'],
    )
    const id = idOf(made)
    for (const part of ['Cierra', 'borrador', 'superior', 'les falta', '10 %', 'a las 10:00', message])
      expect(made.text).toContain(part)
    const changed = await order(
      owner,
      ...['editar', id, '--texto', 'Otra cosa.', '--nivel', '', '--plantel', 'escom', '--boton', ''],
      ...['--canal', 'telegram', '--visto-dias', '30', '--sin-difusion', id, '--cuando', 'ya'],
    )
    expect(changed.text).toContain('Otra cosa.')
    expect(changed.text).toContain('ESCOM')
    expect(changed.text).toContain('les falta')
    for (const gone of ['superior', message, 'Botón:', 'a las 10:00'])
      expect(changed.text).not.toContain(gone)
    expect((await order(owner, 'ver', id)).text).toBe(changed.text)
    expect((await order(owner, 'cuenta', id)).text).toBe(content.personal.cuentaNadie)
    expect((await order(owner, 'muestra', id)).text).toContain('Así se ve en Telegram')
    expect((await order(owner, 'lista')).text).toContain(`Aviso ${id} · Cierra (${estados.borrador})`)
    expect(await refused(order(owner, 'ver', '99'))).toBe('no-hay')
    expect(await refused(order(owner, 'probar', id))).toBe('sin-chat')
  })

  test('sends it, and tells how far it is and what came of it', async () => {
    const id = idOf(await order(owner, 'nueva', '--texto', message, '--control', '0'))
    expect(await refused(order(owner, 'confirmar', id))).toBe('estado')
    expect((await order(owner, 'enviar', id)).text).toContain(estados.programada)
    expect(await refused(order(owner, 'pausar', id))).toBe('estado')
    expect(await refused(order(owner, 'seguir', id))).toBe('estado')
    expect(await order(owner, 'avance', id)).toMatchObject({ ended: false })
    const stopped = await order(owner, 'cancelar', id)
    expect(stopped).toMatchObject({ ended: true, text: expect.stringContaining(estados.cancelada) })
    const { text, data } = await order(owner, 'reporte', id)
    expect(text).toContain('Enviados 0 de 0')
    expect(data).toMatchObject({ id: Number(id), estado: 'cancelada', pulsaron: 0 })
    expect(await refused(order(owner, 'editar', id, '--texto', 'tarde'))).toBe('estado')
  })

  test('is refused to whom it is not for, and to who is not known', async () => {
    const reader = await enter('reader', 'Rita', owner)
    for (const args of [['nueva', '--texto', 'x'], ['enviar', '1'], ['personal'], ['bitacora']])
      expect(await refused(order(reader, ...args)), args.join(' ')).toBe('rol')
    for (const clave of [undefined, 'x'.repeat(43)])
      for (const args of [['lista'], ['vincular'], ['nueva', '--texto', 'x'], ['cancelar', '1']])
        expect(await refused(order(clave, ...args)), args.join(' ')).toBe('clave')
  })
})

describe('the door', () => {
  test('carries out no order of another form, and none where nobody carries out', async () => {
    const [dir, other] = [freshFolder(), freshFolder()]
    const asked: unknown[] = []
    const none = { unanswered: async () => [] }
    const doors = [
      await openDoor(dir, none, undefined, async (...of) => {
        asked.push(of)
        return { text: 'ok' }
      }),
      await openDoor(other, none),
    ]
    onTestFinished(async () => void (await Promise.all(doors.map(door => door.close()))))
    const wrong = { orden: 'borrar', id: 1 } as unknown as Order
    await expect(askBroadcast(dir, undefined, wrong)).rejects.toMatchObject({ reason: 'orden' })
    await expect(askBroadcast(other, undefined, { orden: 'lista' })).rejects.toThrow('404')
    expect(asked).toEqual([])
    expect(await askBroadcast(dir, 'clave', { orden: 'lista' })).toEqual({ text: 'ok' })
    expect(asked).toEqual([['clave', { orden: 'lista' }]])
  })

  test('takes no answer that is not of its form', async () => {
    const dir = freshFolder()
    const server = createServer((_, response) => response.end('{"ok":{"texto":"?"}}'))
    await new Promise<void>(done => server.listen(join(dir, 'socket'), done))
    onTestFinished(() => void server.close())
    await expect(askBroadcast(dir, undefined, { orden: 'lista' })).rejects.toThrow('ok')
  })
})

describe('what is wrong in a command is named:', () => {
  test.each([
    [['borrar', '1'], 'No hay la orden borrar'],
    [['ver'], '<id>: falta'],
    [['ver', 'uno'], '<id>: el número'],
    [['ver', '1', '2'], 'Sobra: 2'],
    [['ver', '1', '--json'], '--json: esta orden no la tiene; hay ninguna'],
    [['reporte', '1', '--jsn'], '--jsn: esta orden no la tiene; hay --json'],
    [['nueva', '--texot', 'x'], '--texot: esta orden no la tiene; hay --titulo --texto'],
    [['nueva', '-t', 'x'], '-t: esta orden no la tiene'],
    [['nueva'], '--texto: falta'],
    [['nueva', '--texto'], '--texto: le falta su valor'],
    [['nueva', '--texto', 'x', '--archivo', 'aviso.txt'], '--archivo: --texto o --archivo'],
    [['nueva', '--archivo', 'nada.txt'], '--archivo: no se puede leer'],
    [['nueva', '--texto', 'x', '--control', '5.5'], '--control: un número entero'],
    [['nueva', '--texto', 'x', '--cuando', 'luego'], '--cuando: un día y una hora'],
    [['nueva', '--texto', 'x', '--vence', 'luego'], '--vence: un día y una hora'],
    [['nueva', '--texto', 'x', '--boton', 'nss'], '--boton: paso=<paso>'],
    [['nueva', '--texto', 'x', '--tema', 'todos'], '--tema: uno de tramite, escuela'],
    [['nueva', '--texto', 'x', '--nivel', 'superior,kinder'], '--nivel: uno o varios de medio-superior'],
    [['nueva', '--texto', 'x', '--semestre', '3'], '--semestre: uno de primero, posterior'],
    [['nueva', '--texto', 'x', '--falta', 'todo'], '--falta: un paso: '],
    [['nueva', '--texto', 'x', '--canal', 'fax'], '--canal: uno o varios de telegram'],
    [['nueva', '--texto', 'x', '--plantel', 'escom, Narnia'], 'no reconozco: Narnia'],
    [['nueva', '--texto', 'x', '--sin-plantel', 'Narnia'], '--sin-plantel: '],
    [['nueva', '--texto', 'x', '--visto-dias', '0'], '--visto-dias: un número de días'],
    [['nueva', '--texto', 'x', '--ausente-dias', '9999'], '--ausente-dias: un número de días'],
    [['nueva', '--texto', 'x', '--sin-difusion', 'uno'], '--sin-difusion: números'],
    [['invitar', 'jefa', 'Ana'], '<rol>: uno de reader, editor, sender, owner'],
    [['invitar', 'owner'], '<nombre>: falta'],
    [['rol', '1', 'x'], '<rol>: uno de'],
  ] as const)('%j', (args, told) => {
    expect(() => read(...args)).toThrow(told)
  })

  test('without an order there is only how it is used, with every order and option in it', () => {
    expect(read()).toBe(undefined)
    expect(read('--help')).toBe(undefined)
    const text = usage(content)
    const orders =
      'invitar entrar vincular personal rol quitar bitacora lista nueva editar ver cuenta muestra probar'
    for (const name of `${orders} enviar confirmar pausar seguir cancelar avance reporte --sin-plantel`.split(
      ' ',
    ))
      expect(text).toMatch(new RegExp(`(?<![\\w-])${name}(?![\\w-])`))
  })

  test('an option that is written with = may begin with a dash', () => {
    expect(read('nueva', '--texto=-- aviso --')?.order).toEqual({
      orden: 'nueva',
      borrador: { texto: '-- aviso --' },
    })
  })
})

describe('the words', () => {
  /** What the program can refuse with, as it is written there. */
  const thrown = [
    'broadcast/broadcasts',
    'broadcast/draft',
    'broadcast/staff',
    'personal/broadcast/orders',
    'personal/door',
  ]
    .map(name => readFileSync(`src/${name}.ts`, 'utf8'))
    .join('\n')

  test('tell every reason for which something is refused', () => {
    const told = [...thrown.matchAll(/new Refused\('([^']+)'/g)].map(([, reason = '']) => reason)
    const kept = readFileSync('src/store/staff.ts', 'utf8')
    told.push(...[...kept.matchAll(/refused: '([^']+)'/g)].map(([, reason = '']) => reason))
    expect(told.length).toBeGreaterThan(20)
    expect([...new Set(told)].filter(reason => !Object.hasOwn(no, reason))).toEqual([])
  })

  test('name roles, actions and states, and leave no gap open', () => {
    const view = { content, now }
    for (const rol of roles)
      expect(refusalInWords(view, { reason: 'rol', values: { rol, accion: 'enviar' } })).toBe(
        `Tu papel (${content.personal.roles[rol]}) no alcanza para enviar avisos.`,
      )
    expect(refusalInWords(view, { reason: 'estado', values: { estado: 'cancelada' } })).toContain('cancelado')
    expect(refusalInWords(view, { reason: 'of a newer program', values: {} })).toBe(no.orden)
  })

  test('hold no gap that nobody fills', () => {
    const wrong = structuredClone(content.personal)
    wrong.no.control = 'De {desde} a {hasta}'
    wrong.botones.nueva = 'Un botón demasiado largo'
    wrong.estados.borrador = '{estado}'
    const paths = Personal.safeParse(wrong).error?.issues.map(({ path }) => path.join('.'))
    expect(paths?.sort()).toEqual(['botones.nueva', 'estados.borrador', 'no.control'])
  })
})

describe('npm run broadcast', () => {
  /** As a process of its own. */
  async function run(environment: Record<string, string>, ...args: string[]) {
    const { code, printed, faults } = await runCommand('broadcast', args, environment)
    return { code, printed: printed.trim(), faults: faults.trim() }
  }
  const codeIn = (printed: string) => /\/personal (\S+)/.exec(printed)?.[1] ?? ''

  test('comes in on a server, and keeps its key where only its user can read it', async () => {
    const home = { DATABASE_URL: await freshDatabase(), XDG_CONFIG_HOME: freshFolder() }
    const invited = await run(home, 'invitar', 'owner', 'Luz')
    expect(invited).toMatchObject({ code: 0, faults: '' })
    const code = codeIn(invited.printed)
    expect(await run(home, 'entrar', code)).toMatchObject({
      code: 0,
      printed: expect.stringContaining('Luz'),
    })
    const path = readKeyPath(home)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readKey(path)).toMatch(/^[\w-]{43}$/)
    expect(await run(home, 'entrar', code)).toEqual({ code: 1, printed: '', faults: no.codigo })
    const sent = await run(home, 'nueva', '--texto', message)
    expect(sent.printed).toContain(estados.borrador)
    // By the real clock, which may stand in the quiet hours.
    const { printed, faults } = await run(home, 'enviar', '1')
    expect(printed + faults).toMatch(new RegExp(`Aviso 1, ${estados.programada}|no sale nada`))
  })

  test('asks the running program, and follows a broadcast until it has ended', async () => {
    const home = { DATA_DIR: freshFolder(), XDG_CONFIG_HOME: freshFolder() }
    const asked: unknown[] = []
    let left = 3
    const carry: CarryOut = async (clave, order) => {
      asked.push([clave, order.orden])
      if (order.orden === 'entrar') return { text: 'hola', clave: 'llave' }
      return order.orden === 'avance' ? { text: `faltan ${--left}`, ended: left === 0 } : { text: '' }
    }
    const door = await openDoor(home.DATA_DIR, { unanswered: async () => [] }, undefined, carry)
    onTestFinished(() => door.close())
    expect(await run(home, 'entrar', 'x')).toMatchObject({ code: 0, printed: 'hola' })
    const followed = await run(home, 'avance', '1', '--sigue')
    expect(followed).toEqual({ code: 0, printed: 'faltan 2\nfaltan 1\nfaltan 0', faults: '' })
    expect(asked.at(-1)).toEqual(['llave', 'avance'])
  })

  test('opens the folder itself where nothing runs, but for what has to be sent', async () => {
    const home = { DATA_DIR: freshFolder(), XDG_CONFIG_HOME: freshFolder() }
    expect(codeIn((await run(home, 'invitar', 'owner', 'Luz')).printed)).not.toBe('')
    expect(await run(home, 'enviar', '1')).toEqual({ code: 1, printed: '', faults: words.sinGuia })
    const nowhere = await run({ ...home, DATA_DIR: join(home.DATA_DIR, 'no') }, 'lista')
    expect(nowhere.faults).toContain('No existe la carpeta')
  })

  test('stands among the scripts', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8')).scripts.broadcast).toMatch(/src\/broadcast\.ts$/)
  })
})
