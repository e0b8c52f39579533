/**
 * What new examples did to the understanding, in words for whoever wrote them: how they were read without, and which
 * questions they helped or broke. `npm run check` prints it where the stored model is not of the examples. Pure.
 */
import type { Content } from '../content/load.ts'
import { type Change, type Effect, isRight } from '../conversation/understanding/effect.ts'
import type { Understood } from '../conversation/understanding/understand.ts'
import { say, viewOfNobody } from '../conversation/write.ts'

const mostShown = 20

const inWords = ({ topics, confidence, emergency }: Understood) =>
  `${[...topics, ...(emergency ? ['emergencia'] : [])].join(' + ')} (${Math.round(100 * confidence)} %)`

export function effectInWords(effect: Effect, content: Content): string[] {
  const { added, removed, asked, rightBefore, rightNow, better, worse } = effect
  const view = viewOfNobody(content, new Date())
  const lines = ({ clave, of }: { clave: string; of: readonly Change[] }) => [
    ...of
      .slice(0, mostShown)
      .map(({ id, text, before, now }) =>
        say(view, clave, { texto: text, tema: id, antes: inWords(before), ahora: inWords(now) }),
      ),
    ...(of.length > mostShown
      ? [say(view, 'personal.efecto.mas', { n: String(of.length - mostShown) })]
      : []),
  ]
  const known = added.filter(it => isRight(it.id, it.before))
  const news = added.filter(it => !isRight(it.id, it.before))
  const counts = { n: String(asked), antes: String(rightBefore), ahora: String(rightNow) }
  return [
    say(view, 'personal.efecto.cambios', { n: String(added.length), otro: String(removed) }),
    ...lines({ clave: 'personal.efecto.nuevo', of: news }),
    ...(known.length > 0 ? [say(view, 'personal.efecto.sabidos', { n: String(known.length) })] : []),
    say(view, 'personal.efecto.medida', counts),
    ...lines({ clave: 'personal.efecto.mejor', of: better }),
    ...lines({ clave: 'personal.efecto.peor', of: worse }),
  ]
}
