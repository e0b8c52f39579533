/** What a content file may hold, with another YAML library as second opinion. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseYaml } from '../../src/content/yaml.ts'

const seed = Date.now() % 2 ** 31
console.info(`yaml: fast-check seed ${seed}`)

const letters = [...'abñéZ019 \'":#-,[]{}|>&*!%@`?¿¡.~=\\/\t\u00a0…', 'true', 'null', ' #', ': ', '- ']
const line = fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map(parts => parts.join(''))

test('reads what another library writes', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('saludo', 'menu'),
        fc.record({ ejemplos: fc.array(line), orden: fc.integer() }),
      ),
      acts => {
        expect(parseYaml(stringify(acts))).toEqual({ value: acts })
      },
    ),
    { seed, numRuns: process.env.FULL ? 5000 : 300 },
  )
})

test.each([
  ['a text that does not end', 'a: [\nb: "x\n', 2],
  ['the same field twice', 'a: 1\nb: 2\na: 3\n', 3],
  ['a sign that would be a tag', 'a: 1\nb: !así es\n', 2],
  ['a sign that would refer to something', 'b: *así\n', 1],
  ['two documents', 'a: 1\n---\nb: 2\n', undefined],
  ['nothing', '# solo\n', undefined],
])('refuses %s, with its line where there is one', (_, text, line) => {
  expect(parseYaml(text)).toEqual({ fault: { line, message: expect.any(String) } })
})
