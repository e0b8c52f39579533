/** The school that staff name by its id, and those that they may have meant. For `npm run poster`. */
import { fold } from '../../content/fold.ts'
import type { Content } from '../../content/load.ts'
import { say, type View } from '../../conversation/write.ts'

/** Undefined where there is such a plantel; else what is told, with those of nearly that name. */
export function tellUnknown(view: View, plantel: string): string | undefined {
  if (view.content.plantel(plantel).id === plantel) return undefined
  return say(view, 'personal.cartel.noHay', { plantel, parecidos: near(view.content, plantel).join(', ') })
}

const maxNear = 4

function near(content: Content, wrong: string): string[] {
  const wanted = piecesOf(wrong)
  const ids = [...new Set([...Object.keys(content.escuelas), ...Object.keys(content.planteles)])]
  const likeness = (id: string) =>
    Math.max(...namesOf(content, id).map(name => alike(wanted, piecesOf(name))))
  return ids
    .map(id => [id, likeness(id)] as const)
    .sort(([, one], [, other]) => other - one)
    .slice(0, maxNear)
    .map(([id]) => id)
}

const namesOf = (content: Content, id: string) => [
  id,
  content.plantel(id).nombre,
  ...(content.escuelas[id]?.dichos ?? []),
]

/** Every two letters that stand side by side. */
function piecesOf(name: string): Set<string> {
  const plain = ` ${fold(name).replaceAll('-', ' ')} `
  return new Set(Array.from({ length: plain.length - 1 }, (_, at) => plain.slice(at, at + 2)))
}

const alike = (one: Set<string>, other: Set<string>) =>
  (2 * [...one].filter(piece => other.has(piece)).length) / (one.size + other.size)
