/** Loads what the guide knows and checks all of it, before anybody is answered: main, chat, ask and the bench begin so. */
import { flows, leadsTo } from '../flows/index.ts'
import { dayOf } from './calendar.ts'
import { checkContent } from './content/check.ts'
import { ContentError } from './content/faults.ts'
import { loadContent } from './content/load.ts'
import { checkFlows } from './conversation/check.ts'
import { createFollowUps } from './conversation/understanding/followups.ts'
import { loadModel } from './conversation/understanding/stored.ts'
import { createUnderstanding } from './conversation/understanding/understand.ts'
import type { Knowledge } from './conversation/walk.ts'

/** Throws a ContentError with every fault at once. */
export function loadGuide(now: Date): Knowledge {
  const content = loadContent()
  const faults = [
    ...checkContent(content, { flows: leadsTo, today: dayOf(now) }),
    ...checkFlows(content, flows),
  ]
  if (faults.length > 0) throw new ContentError(faults)
  return {
    content,
    understand: createUnderstanding(content.examples(), loadModel()),
    aspectOf: createFollowUps(content.seguimientos, content.actos),
  }
}
