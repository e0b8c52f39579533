/** Why a question was understood as it was, in words for whoever writes the examples: `npm run ask -- --why`. Pure. */
import type { Content } from '../content/load.ts'
import { readFacts } from '../conversation/understanding/facts.ts'
import type { Explained } from '../conversation/understanding/understand.ts'
import { factsInWords, say, viewOfNobody } from '../conversation/write.ts'

const percent = (chance = 0) => `${Math.round(100 * chance)} %`
const pairs = (of: readonly (readonly [string, string])[]) => of.map(([a, b]) => `${a} → ${b}`).join(' · ')

export function whyInWords(question: string, explained: Explained, content: Content): string {
  const { understood, reason, spelt, first, second, ideas, nearest } = explained
  const view = viewOfNobody(content, new Date())
  const [[tema = '', chance] = [], [next = '', nextChance] = []] = understood.ranked
  const temas = understood.topics.map(id => `${id} (${content.preguntas[id]?.titulo ?? id})`).join(' · ')
  const datos = factsInWords(view, readFacts(question, content.escuelas))
  const lines = [
    say(view, `personal.porque.${reason}`, { temas, confianza: percent(chance) }),
    understood.emergency && say(view, 'personal.porque.emergencia'),
    first.length > 0 && say(view, 'personal.porque.palabras', { tema, palabras: first.join(', ') }),
    ideas.length > 0 && say(view, 'personal.porque.ideas', { ideas: pairs(ideas) }),
    spelt.length > 0 && say(view, 'personal.porque.ortografia', { palabras: pairs(spelt) }),
    nearest && say(view, 'personal.porque.ejemplo', { tema: nearest.id, ejemplo: nearest.text }),
    datos !== '' && say(view, 'personal.porque.datos', { datos }),
    say(view, 'personal.porque.segunda', { tema: next, confianza: percent(nextChance) }),
    second.length > 0 && say(view, 'personal.porque.suyas', { palabras: second.join(', ') }),
  ]
  return lines.filter(line => typeof line === 'string').join('\n')
}
