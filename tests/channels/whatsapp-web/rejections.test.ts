/** Promises that the library drops do not end the program; those of anybody else do. In a program of its own. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { reasonOf } from '../../../src/channels/whatsapp-web/rejections.ts'

const file = fileURLToPath(new URL('../../../src/channels/whatsapp-web/rejections.ts', import.meta.url))

/** What a program says that drops a promise, and goes on for a moment. */
function drop(rejection: string) {
  const program = `
    const { catchDropped } = await import(${JSON.stringify(file)})
    catchDropped(reason => console.log('told:', reason))
    Promise.reject(${rejection})
    setTimeout(() => console.log('goes on'), 50)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  return { said: stdout.trim().split('\n'), status }
}

const errorFrom = (path: string) =>
  `Object.assign(new Error('Target closed'), { stack: 'Error: Target closed\\n    at x (${path}:1:1)' })`

test.each([
  ['of puppeteer', errorFrom('/app/node_modules/puppeteer-core/lib/cjs/x.js'), 'Target closed'],
  ['of whatsapp-web.js', errorFrom('/app/node_modules/whatsapp-web.js/src/Client.js'), 'Target closed'],
  ['of a page', errorFrom('pptr:evaluate;Client.inject'), 'Target closed'],
  ['that is the text which the library throws', `'auth timeout'`, 'auth timeout'],
])('a rejection %s is told, and the program goes on', (_, rejection, reason) => {
  expect(drop(rejection)).toEqual({ said: [`told: ${reason}`, 'goes on'], status: 0 })
})

test.each([
  ['of ours', errorFrom('/app/src/delivery/delivery.ts')],
  ['that is any text', `'timeout'`],
])('a rejection %s ends the program', (_, rejection) => {
  const { said, status } = drop(rejection)
  expect(said).toEqual([''])
  expect(status).not.toBe(0)
})

test('what is told of an error has no number in it and is one line', () => {
  expect(reasonOf(new Error('no chat 5215512345678@c.us\n  at x'))).toBe('no chat …@c.us')
})
