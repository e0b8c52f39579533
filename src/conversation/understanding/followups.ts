/**
 * What a short question asks of the answer before it: "¿y dónde es?", "¿y ahorita?". Only where it holds no word but
 * those of seguimientos.yaml: "¿y la constancia?" names a topic of its own. `interpret` asks it.
 */
import type { Actos, Seguimientos } from '../../content/schema.ts'
import { ideaWords } from './meanings.ts'
import { normalise } from './normalise.ts'
import { Spelling, soundOf } from './spelling.ts'

/** The aspect that a text asks after (`donde`, `cuando` …); undefined where it stands on its own. */
export type AspectOf = (text: string) => string | undefined

const mostWords = 8
/** Of the words' weight, what an example must share with the question. */
const likeFrom = 0.6

const soundsIn = (words: string) => words.split(/\s+/).map(soundOf)
/** Said before a follow-up, and words that tell nothing of what it asks. */
const empty = new Set(
  soundsIn(`y e pero entonces oye oigan ok okay va ah bueno pues gracias perfecto o sea este eso esa ese esto esta
  ahi la el lo los las le les se me es son un una de del en por favor oiga disculpe wey ya si nada mas solo todo`),
)

/** Words of the topics: no misspellings of ours. */
const ideas = new Set(ideaWords)
/** "Y luego" is an act by itself, and after an answer what comes next. */
const goesOn = /^(?:ok )?y /

interface Example {
  readonly aspect: string
  readonly words: ReadonlySet<string>
}

/** `actos`: what is one of their examples ("por ahora es todo") is no follow-up. */
export function createFollowUps(seguimientos: Seguimientos, actos: Actos): AspectOf {
  const said = Object.entries(seguimientos).flatMap(([aspect, { ejemplos }]) =>
    ejemplos.map(text => ({ aspect, sounds: soundsIn(normalise(text)) })),
  )
  const times = new Map<string, number>()
  for (const { sounds } of said)
    for (const sound of new Set(sounds)) times.set(sound, (times.get(sound) ?? 0) + 1)
  const spelling = new Spelling(times)
  const whole = new Set(
    Object.entries(actos).flatMap(([id, { ejemplos }]) => (id === 'fuera' ? [] : ejemplos.map(normalise))),
  )
  const wordOf = (word: string) => {
    const sound = soundOf(word)
    return times.has(sound) || empty.has(sound) || ideas.has(sound) ? sound : spelling.correct(sound)
  }
  const weightOf = (word: string) =>
    empty.has(word) ? 0.05 : Math.log(1 + said.length / (times.get(word) ?? 1))
  const weigh = (words: Iterable<string>) => [...words].reduce((sum, word) => sum + weightOf(word), 0)
  const known: Example[] = said.map(({ aspect, sounds }) => ({ aspect, words: new Set(sounds) }))

  return text => {
    const normal = normalise(text)
    const all = normal.split(' ')
    if (all.length > mostWords || (whole.has(normal) && !goesOn.test(normal))) return undefined
    const words = new Set(all.map(wordOf))
    if (![...words].every(word => times.has(word) || empty.has(word))) return undefined
    if ([...words].every(word => empty.has(word) && !times.has(word))) return undefined
    let best: string | undefined
    let bestLike = likeFrom
    for (const example of known) {
      const shared = weigh([...words].filter(word => example.words.has(word)))
      const like = shared / weigh(new Set([...words, ...example.words]))
      if (like > bestLike) {
        best = example.aspect
        bestLike = like
      }
    }
    return best
  }
}
