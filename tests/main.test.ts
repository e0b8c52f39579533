import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { askWhatsApp } from '../src/personal/door.ts'
import { freshDatabase } from './postgres.ts'
import { killAll, startProgram } from './program.ts'

afterEach(killAll)
const dir = mkdtempSync(join(tmpdir(), 'vigente-main-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Says of each file of whatsapp-web.js and its browser that it is loaded, by `import` or `require`. */
const watching = `import { registerHooks } from 'node:module'
import { writeSync } from 'node:fs'
registerHooks({ load(url, context, next) {
  const [, name] = /node_modules\\/(whatsapp-web\\.js|puppeteer[^/]*|@puppeteer)\\//.exec(url) ?? []
  if (name) writeSync(2, 'LOADED ' + name + '\\n')
  return next(url, context)
} })`

describe('npm start', () => {
  // One start for all that a program on its own shows: a start is what takes long here.
  test('says where to go and what is off, keeps others out of its folder, and answers whoever was before it when told to stop', async () => {
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(watching)}`
    const first = await startProgram({ DATA_DIR: dir, NODE_OPTIONS })
    expect(first.printed()).toContain(`Vigente answers at ${first.url}\n`)
    expect(first.printed()).toContain(dir)
    expect(first.printed()).toMatch(/^Off: .*Telegram.*WhatsApp/m)
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
    expect(await (await fetch(first.url)).text()).toContain('<title>Vigente</title>')

    const second = await startProgram({ DATA_DIR: dir })
    expect(await second.ended).toBe(1)
    expect(second.faults().trim().split('\n')).toHaveLength(1)
    expect(second.faults()).toContain(`${dir} is in use`)

    // Without WHATSAPP_WEB=1 nothing of its library is loaded.
    expect(first.printed()).toMatch(/^Off: .*WhatsApp by the browser \(no WHATSAPP_WEB=1\)/m)
    expect(await askWhatsApp(dir)).toBeUndefined()

    // A page that is open must not hold it up.
    const events = await fetch(`${first.url}/eventos`)
    const headers = { 'content-type': 'application/json', cookie: `vigente=${'a'.repeat(22)}` }
    const post = (id: string) =>
      fetch(`${first.url}/mensaje`, { method: 'POST', headers, body: JSON.stringify({ id, text: 'hola' }) })
    await post('warm')
    const answers = ['1', '2', '3'].map(post)
    await Promise.race(answers)
    const told = performance.now()
    // The tests of the channels stop it by SIGTERM.
    first.child.kill('SIGINT')
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await first.ended).toBe(0)
    expect(performance.now() - told).toBeLessThan(10_000)
    await events.text()
    expect(first.faults()).toBe('')
  }, 120_000)

  test('says that a port is taken', async () => {
    const other = createServer().listen(0)
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const program = await startProgram({ DATABASE_URL: await freshDatabase(), PORT: String(port) })
    expect(await program.ended).toBe(1)
    expect(program.faults()).toMatch(/^PORT: .* is taken.*\n$/)
    other.close()
  })

  test('says that the database does not answer, without its password', async () => {
    const program = await startProgram({ DATABASE_URL: 'postgres://user:secret@127.0.0.1:1/db' })
    expect(await program.ended).toBe(1)
    expect(program.faults()).not.toBe('')
    expect(program.faults() + program.printed()).not.toMatch(/secret|\.ts:\d/)
  })

  test('lists all that is wrong in the environment by name, and starts nothing', async () => {
    const program = await startProgram({ PORT: 'x', DATABASE_URL: 'mysql://u:secret@h/d', LOG_LEVEL: 'loud' })
    expect(await program.ended).toBe(1)
    for (const name of ['PORT', 'DATABASE_URL', 'LOG_LEVEL'])
      expect(program.faults()).toContain(`  ${name}: `)
    expect(program.faults()).not.toMatch(/secret|mysql|loud|\.ts:\d/)
    expect(program.printed()).toBe('')
  })
})
