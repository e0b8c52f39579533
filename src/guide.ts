/** Loads what the guide knows and checks all of it, before anybody is answered: main, chat, ask and the bench begin so. */
import { flows, leadsTo } from '../flows/index.ts'
import { dayOf } from './calendar.ts'
import { checkContent } from './content/check.ts'
import { ContentError } from './content/faults.ts'
import { type Content, loadContent } from './content/load.ts'
import { checkFlows } from './conversation/check.ts'
import { loadModel } from './conversation/understanding/stored.ts'
import { createUnderstanding, type Understood } from './conversation/understanding/understand.ts'

/** Throws a ContentError with every fault at once. */
export function loadGuide(now: Date): { content: Content; understand: (text: string) => Understood } {
  const content = loadContent()
  const faults = [
    ...checkContent(content, { flows: leadsTo, today: dayOf(now) }),
    ...checkFlows(content, flows),
  ]
  if (faults.length > 0) throw new ContentError(faults)
  return { content, understand: createUnderstanding(content.examples(), loadModel()) }
}
