/**
 * Short questions that lean on the answer before them or on the step that is shown: "¿y si soy menor?", "¿y el
 * lunes?", "¿y dónde es?". `interpret` asks before it reads a text by itself; pure.
 */
import { speaksOf } from '../../flows/index.ts'
import type { Perfil } from '../../flows/shape.ts'
import { misma, type Pregunta } from '../content/schema.ts'
import type { Intent, Place } from './intent.ts'
import { fits } from './perfil.ts'
import { home } from './saved.ts'
import { readDay } from './understanding/day.ts'
import { readFacts } from './understanding/facts.ts'
import { readSupposed } from './understanding/supposed.ts'
import { acts, type Understood } from './understanding/understand.ts'
import { tellsDays } from './write.ts'

/** Longer questions say what they are about. */
const maxWords = 9
/** How a follow-up begins. */
const opensFollowUp = /^(?:(?:y|e|o|pero|entonces|tambien|ni|ok|oye|ah) )+/
/** How a supposition may begin besides: "para los de segundo", "siendo menor". */
const supposes = /^(?:si|para|con|los|las|un|una|siendo|como|cuando) /
/** Said by itself, without leaning: more than this is no guess. */
const standsAlone = 0.8

/** What is spoken of: the topic answered last, else what the step or the flow that one stands in is about. */
function spokenOf({ content, saved, meta }: Place): string | undefined {
  const tema =
    saved.tema ?? content.pasos.find(paso => paso.id === meta.paso)?.preguntas[0] ?? speaksOf[saved.flow]
  return tema !== undefined && content.preguntas[tema] ? tema : undefined
}

/** Undefined where the text stands by itself. What is told after an answer may change it, too: "soy menor". */
export function readLeaning(text: string, typed: string, place: Place): Intent | undefined {
  const { content, hoy } = place
  const subject = spokenOf(place)
  const words = typed.split(' ').length
  if (subject === undefined || words > maxWords) return undefined
  const pregunta = content.preguntas[subject] as Pregunta
  const answer = (topic: string, more: Partial<Extract<Intent, { kind: 'answer' }>> = {}): Intent => ({
    kind: 'answer',
    topics: [topic],
    facts: {},
    ...more,
  })

  const said = readFacts(text, content.escuelas)
  if (Object.keys(said).length > 0) {
    return isBare(text, words, said, place) && changesAnswer(place, subject, said)
      ? answer(topicFor(place, subject, said), { facts: said })
      : undefined
  }
  const leans = opensFollowUp.test(typed)
  const supposed = leans || supposes.test(typed) ? readSupposed(text, content.escuelas) : {}
  if (Object.keys(supposed).length > 0)
    return answer(topicFor(place, subject, supposed), { about: { supposed } })
  const day = readDay(text, hoy)
  if (day !== undefined && (leans || words <= bareDayWords) && tellsDays(content, subject))
    return answer(subject, { about: { day } })

  const aspect = place.aspectOf(text)
  if (aspect !== undefined) {
    const topic = leadsTo(place, subject, aspect)
    // "¿Y dónde es?", "¿y cuándo?": the second is not about the office that the first led to.
    return topic ? answer(topic, { about: { subject } }) : { kind: 'unknown', clave: 'noSe', facts: {} }
  }
  const near = leans ? settle(place.understand(text), subject, pregunta) : undefined
  return near === undefined ? undefined : answer(near)
}
/** "Soy menor", and nothing asked with it, where nothing else is going on. */
const isBare = (text: string, words: number, said: Perfil, { saved }: Place): boolean =>
  saved.flow === home.flow &&
  words <= bareFactWords &&
  !text.includes('?') &&
  said.otroServicio === undefined &&
  said.tratamiento === undefined
const bareFactWords = 5

/** "¿El lunes sí?" */
const bareDayWords = 4

/** How much likelier a follow-up is of what was just spoken of, and of what that leads to. */
const subjectWeight = 8
const relatedWeight = 3
/** A subject that is not among the likeliest five. */
const leastChance = 0.02
const settledFrom = 0.5

/** The topic of an unclear text, seeing what was spoken of; undefined where it is clear, or of nothing near. */
function settle(
  { decision, topics, confidence, ranked }: Understood,
  subject: string,
  pregunta: Pregunta,
): string | undefined {
  if (decision === 'answer' && (confidence >= standsAlone || topics.length > 1)) return undefined
  const related = new Set([...pregunta.sigue, ...Object.values(pregunta.seguimiento)])
  const all = ranked.some(([id]) => id === subject) ? ranked : [...ranked, [subject, leastChance] as const]
  const weighed = all.map(([id, chance]) => {
    const weight = id === subject ? subjectWeight : related.has(id) ? relatedWeight : 1
    return [id, chance * weight] as const
  })
  const sum = weighed.reduce((total, [, weight]) => total + weight, 0)
  const [best, weight] = weighed.reduce((most, it) => (it[1] > most[1] ? it : most))
  return acts.has(best) || weight / sum < settledFrom ? undefined : best
}

/** What `seguimiento` calls a fact: its value, or what it is that one has. */
const supuestosOf = (facts: Perfil): string[] =>
  Object.entries(facts).flatMap(([campo, valor]) => {
    if (campo === 'otroServicio') return valor === 'si' ? ['otro-servicio'] : []
    if (campo === 'tratamiento') return valor === 'si' ? ['tratamiento'] : []
    return campo === 'plantel' ? [] : [valor]
  })

/** Where an aspect or a supposition leads after a topic; undefined where nobody has said. */
function leadsTo({ content }: Place, subject: string, aspect: string): string | undefined {
  const to = content.preguntas[subject]?.seguimiento[aspect] ?? content.seguimientos[aspect]?.tema
  return to === misma ? subject : to
}

/** Whether the subject's own file has an answer for these students, told apart by what was just said. */
const hasCaso = ({ content, saved }: Place, subject: string, said: Perfil): boolean =>
  (content.preguntas[subject]?.casos ?? []).some(
    ({ si }) => Object.keys(si).some(campo => campo in said) && fits(si, { ...saved.perfil, ...said }),
  )

function topicFor(place: Place, subject: string, said: Perfil): string {
  if (hasCaso(place, subject, said)) return subject
  return supuestosOf(said).flatMap(it => leadsTo(place, subject, it) ?? [])[0] ?? subject
}

/** Whether what was said now leads to another topic, or to this one's answer for a kind of student. */
const changesAnswer = (place: Place, subject: string, said: Perfil): boolean =>
  hasCaso(place, subject, said) || topicFor(place, subject, said) !== subject
