/**
 * `npm run draw`: writes the files that are made from others. `npm run check` asks `drawings` whether they are
 * still what would be drawn today.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flows } from '../flows/index.ts'
import { drawSchemas } from './content/drawing.ts'
import { readContent } from './content/load.ts'
import { drawFlows } from './conversation/diagram.ts'

/** Each gives path → text; a new kind of drawing is one more line here. */
const draw: readonly (() => Map<string, string>)[] = [drawSchemas, drawDiagrams]

function drawDiagrams(): Map<string, string> {
  const { opciones } = readContent().content.mensajes
  const buttons = Object.fromEntries(Object.entries(opciones).map(([id, { boton }]) => [id, boton]))
  return new Map([['docs/flujos.md', drawFlows(flows, buttons)]])
}

export const top = fileURLToPath(new URL('..', import.meta.url))

export function drawings(): Map<string, string> {
  return new Map(draw.flatMap(of => [...of()]))
}

function writeDrawings(): void {
  for (const [path, text] of drawings()) {
    mkdirSync(dirname(join(top, path)), { recursive: true })
    writeFileSync(join(top, path), text)
  }
}

if (import.meta.main) writeDrawings()
