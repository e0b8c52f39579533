/** What the guide knows, loaded once for all test files that a worker runs; so none may change it, and none can. */
import { loadGuide } from '../src/guide.ts'

export const guide = loadGuide(new Date())
export const content = freeze(guide.content)

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}
