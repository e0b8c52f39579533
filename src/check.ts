/** The last part of `npm run check`: content, flows and generated files. Tells every fault and fails if there is any. */
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { flows, leadsTo } from '../flows/index.ts'
import { dayOf } from './calendar.ts'
import { checkContent, checkExamples } from './content/check.ts'
import { faultLine } from './content/faults.ts'
import { type Asked, type Content, readContent, readMeasure } from './content/load.ts'
import { checkFlows } from './conversation/check.ts'
import { effectOf } from './conversation/understanding/effect.ts'
import { unpack } from './conversation/understanding/model.ts'
import { normalise } from './conversation/understanding/normalise.ts'
import { loadModel, modelPath } from './conversation/understanding/stored.ts'
import { isOfExamples } from './conversation/understanding/understand.ts'
import { drawings, top } from './draw.ts'
import { effectInWords } from './personal/effect.ts'

/** One check a line, each the faults it found as `file: field: reason`. */
function everyFault(): string[] {
  const { content, faults } = readContent()
  const measure = readMeasure()
  faults.push(...measure.faults)
  const unread = new Set(faults.map(({ file }) => file))
  return [
    ...faults.map(faultLine),
    ...contentFaults(content, unread),
    // Where mensajes.yaml cannot be read, every key would be missing.
    ...(unread.has('mensajes.yaml') ? [] : checkFlows(content, flows).map(faultLine)),
    ...staleDrawings(),
    ...measureFaults(content, measure.asked),
    ...staleModel(content, measure.asked),
  ]
}

function contentFaults(content: Content, unread: ReadonlySet<string>): string[] {
  const options = { flows: leadsTo, today: dayOf(new Date()), unread }
  return [...checkContent(content, options), ...checkExamples(content)].map(faultLine)
}

function staleDrawings(): string[] {
  return [...drawings()]
    .filter(([path, text]) => textOf(path) !== text)
    .map(([path]) => `${path}: -: is not what would be drawn today; run npm run draw`)
}

/** A question that measures is of a known topic or act, and none that was taught. */
function measureFaults(content: Content, asked: readonly Asked[]): string[] {
  const examples = content.examples()
  const taught = new Set(Object.values(examples).flat().map(normalise))
  return asked.flatMap(({ id, text }) => [
    ...(examples[id] ? [] : [`medida: ${id}: ${text}: no such topic`]),
    ...(taught.has(normalise(text)) ? [`medida: ${id}: «${text}» is an example too`] : []),
  ])
}

function staleModel(content: Content, asked: readonly Asked[]): string[] {
  const model = loadModel()
  if (model && isOfExamples(model, content.examples())) return []
  const before = model && unpack(model)
  if (before) {
    const effect = effectOf(before, content.examples(), asked)
    for (const line of effectInWords(effect, content)) console.error(line)
  }
  return [`${relative(top, modelPath)}: -: is not of the examples in content/; run npm run model`]
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(join(top, path), 'utf8')
  } catch {
    return undefined
  }
}

const found = everyFault()
for (const line of found) console.error(line)
if (found.length > 0) process.exitCode = 1
console.error(found.length > 0 ? `${found.length} faults` : 'content is sound')
