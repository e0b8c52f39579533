/** The JSON Schemas are those of today's zod schemas, and every file of content/ points to one of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { drawSchemas } from '../../src/content/drawing.ts'

const top = fileURLToPath(new URL('../..', import.meta.url))

test('the schemas in content/esquemas are what would be drawn today', () => {
  for (const [path, text] of drawSchemas()) expect(readFileSync(join(top, path), 'utf8'), path).toBe(text)
})

test('a field that has a default may be left out, and one that is unknown may not be there', () => {
  const drawn = JSON.parse(drawSchemas().get('content/esquemas/pregunta.json') ?? '')
  expect(drawn.required).not.toContain('sigue')
  expect(drawn.required).toContain('fuentes')
  expect(drawn.additionalProperties).toBe(false)
})

test('a file of content that names its schema names one that is drawn', () => {
  const names = readdirSync(join(top, 'content'), { recursive: true, encoding: 'utf8' })
  const wrong = names
    .filter(name => name.endsWith('.yaml'))
    .flatMap(name => {
      const text = readFileSync(join(top, 'content', name), 'utf8')
      const schema = /^# yaml-language-server: \$schema=(\S+)/.exec(text)?.[1]
      return schema && !drawSchemas().has(join('content', dirname(name), schema))
        ? [`${name} → ${schema}`]
        : []
    })
  expect(wrong).toEqual([])
})
