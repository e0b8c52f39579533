/** The quick reading of lists must mean what the library means, whatever stands in them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDocument, stringify } from 'yaml'
import { parseYaml } from '../../src/content/yaml.ts'

const seed = Date.now() % 2 ** 31
console.info(`yaml: fast-check seed ${seed}`)

/** What the library makes of it, or that it has something against it. */
function byLibrary(text: string): unknown {
  const document = parseDocument(text)
  if (document.errors.length + document.warnings.length > 0) return 'faulty'
  try {
    return document.toJS()
  } catch {
    return 'faulty'
  }
}

function byUs(text: string): unknown {
  const { value, errors } = parseYaml(text)
  return errors.length > 0 ? 'faulty' : value
}

const letters = [...'abñéZ019 \'":#-,[]{}|>&*!%@`?¿¡.~=\\/\t\u00a0…', 'true', 'null', ' #', ': ', '- ']
const line = fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map(parts => parts.join(''))

test('reads any list of examples as the library does', () => {
  const items = fc.array(line, { minLength: 1, maxLength: 6 })
  const after = fc.constantFrom(
    '',
    'otro: 1\n',
    '    sigue\n',
    '  - "a\n  b"\n',
    '# fin\n',
    '\n  - más\n',
    '- x\n',
  )
  fc.assert(
    fc.property(items, after, fc.constantFrom('', 'a: 1\n'), (list, tail, head) => {
      const text = `${head}ejemplos:\n${list.map(item => `  - ${item}\n`).join('')}${tail}`
      expect(byUs(text)).toEqual(byLibrary(text))
    }),
    { seed, numRuns: process.env.FULL ? 4000 : 1000 },
  )
})

test('reads what the library writes', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('saludo', 'menu'), fc.record({ ejemplos: fc.array(line) })),
      acts => {
        expect(byUs(stringify(acts))).toEqual(acts)
      },
    ),
    { seed, numRuns: process.env.FULL ? 500 : 200 },
  )
})

test('tells the line of each fault as it is in the file', () => {
  const { value, errors } = parseYaml('ejemplos:\n  - uno\n  - dos\na: [\nb: "x\n')
  expect(value).toBeUndefined()
  expect(errors.map(({ line }) => line)).toContain(5)
})
