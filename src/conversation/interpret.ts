/**
 * What an incoming message means at the place where the conversation stands: a choice, a command, a value that was
 * asked for, something about the person, a step done, or a question. `step` carries it out; pure.
 */
import { leadsTo } from '../../flows/index.ts'
import type { Campo, Perfil } from '../../flows/shape.ts'
import type { Content } from '../content/load.ts'
import type { Body, FileKind } from '../message.ts'
import { chosen, lastingOffer, type Offer } from './choices.ts'
import { hideCodes, readBareCode, readCode } from './code.ts'
import type { Intent, Place } from './intent.ts'
import { readLeaning } from './lean.ts'
import { home } from './saved.ts'
import { readDay } from './understanding/day.ts'
import { readFacts } from './understanding/facts.ts'
import { normalise, normaliseOurs } from './understanding/normalise.ts'
import { isStop, readReminder } from './understanding/reminder.ts'
import { readSupposed } from './understanding/supposed.ts'
import { acts } from './understanding/understand.ts'
import { readWish } from './understanding/wish.ts'

/** Longer than any question; a text cut here would be half understood. */
const maxChars = 2000

const commands: Readonly<Record<string, Intent>> = {
  '/menu': { kind: 'menu' },
  '/ayuda': { kind: 'menu' },
  '/salir': { kind: 'salir' },
  '/volver': { kind: 'volver' },
  '/borrar': { kind: 'borrar' },
  '/recordatorios': { kind: 'flow', flujo: 'recordatorios', act: 'recordatorio' },
  '/checklist': { kind: 'flow', flujo: 'checklist', act: 'progreso' },
  '/persona': { kind: 'flow', flujo: 'persona', act: 'persona' },
  '/privacidad': { kind: 'flow', flujo: 'privacidad', act: 'privacidad' },
  '/ventana': { kind: 'flow', flujo: 'ventana' },
  '/vigencia': { kind: 'flow', flujo: 'vigencia' },
  '/renuncia': { kind: 'flow', flujo: 'renuncia' },
  '/cambio': { kind: 'flow', flujo: 'cambio' },
  '/pasar': { kind: 'pasar' },
  '/calendario': { kind: 'calendario' },
}

/** Words that mean the same wherever one is, when they are the whole message: options of mensajes.yaml. */
const everywhere: Readonly<Record<string, Intent>> = {
  menu: { kind: 'menu' },
  volver: { kind: 'volver' },
  salir: { kind: 'salir' },
  corregir: { kind: 'correct' },
  tramite: { kind: 'flow', flujo: 'tramite' },
  checklist: { kind: 'flow', flujo: 'checklist', act: 'progreso' },
  persona: { kind: 'flow', flujo: 'persona', act: 'persona' },
  pasar: { kind: 'pasar' },
  calendario: { kind: 'calendario' },
  recordatorios: { kind: 'flow', flujo: 'recordatorios', act: 'recordatorio' },
  recordar: { kind: 'recordar' },
  callar: { kind: 'callar' },
}

/** `body` with personal data already masked. */
export function interpret(body: Body, place: Place): Intent {
  if (body.kind === 'file') return { kind: 'unreadable', clave: fileText[body.file] }
  if (body.kind === 'choice') {
    const { choice } = body
    const offer = lastingOffer(place.content, choice) ?? place.offers().find(({ id }) => id === choice)
    return offer ? { kind: 'offer', offer } : { kind: 'stale' }
  }
  if (body.how === 'forwarded') return readForwarded(body.text, place)
  // At the menu nothing is asked that an older message could answer by its new words.
  const atHome = place.saved.flow === home.flow && place.saved.state === home.state
  return body.how === 'edited' && !atHome ? readEdited(body.text, place) : interpretText(body.text, place)
}

const fileText = {
  sticker: 'archivo.sticker',
  photo: 'archivo.photo',
  voice: 'archivo.voice',
  document: 'archivo.document',
  other: 'archivo.other',
} as const satisfies Record<FileKind, string>

function interpretText(text: string, place: Place): Intent {
  const trimmed = text.trim()
  if (trimmed.startsWith('/') && trimmed.length <= maxChars) return readCommand(trimmed, place)
  const typed = normalise(keycaps(trimmed))
  const nothing = readNothing(trimmed, typed)
  if (nothing) return nothing
  const code = readCode(trimmed)
  if (code) return readEmergencyBeside(trimmed, place) ?? { kind: 'codigo', code }
  if (tellsToStop(trimmed, typed, place)) return readEmergency(trimmed, typed, place) ?? { kind: 'callar' }
  // Where numbers are asked for, any text with a number would be an answer: "se tomó 20 pastillas".
  const first = place.meta.numeros ? readEmergency(trimmed, typed, place) : undefined
  return (
    first ??
    readValue(typed, trimmed, place) ??
    readWord(typed, place) ??
    readBareWord(typed, place) ??
    readEmergency(trimmed, typed, place) ??
    readWish(typed) ??
    readLeaning(trimmed, typed, place) ??
    readSentence(trimmed, typed, place)
  )
}

/** Before anything else that it may mean here, for whoever is told something unasked. */
function tellsToStop(text: string, typed: string, { content, saved }: Place): boolean {
  if (!saved.avisos?.temas.length) return false
  const words = content.mensajes.opciones.callar?.dichos ?? []
  return words.some(word => normaliseOurs(word) === typed) || isStop(text)
}

/** Too long to be understood as a whole, or without a word in it. */
function readNothing(trimmed: string, typed: string): Intent | undefined {
  if (trimmed.length > maxChars) return { kind: 'unreadable', clave: 'largo' }
  if (typed !== '') return undefined
  return { kind: 'unreadable', clave: trimmed === '' ? 'vacio' : 'soloEmoji' }
}

function readCommand(text: string, place: Place): Intent {
  const [, written = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? []
  const name = written.toLowerCase().replace(/@.*$/, '')
  if (name === '/start') return readLink(rest, place)
  if (name === '/pasar' && rest !== '') return { kind: 'codigo', code: readBareCode(rest) }
  return (
    (Object.hasOwn(commands, name) ? commands[name] : undefined) ?? { kind: 'unreadable', clave: 'noOpcion' }
  )
}

/** What `t.me/<bot>?start=…` hands over: Telegram takes nothing else than letters, digits, _ and -. */
const linkForm = /^(plantel|flujo|tema|codigo)-([\w-]+)$/

/** What a link or a poster leads to; one that is damaged leads to the start. */
function readLink(payload: string, { content }: Place): Intent {
  const [, kind, id = ''] = linkForm.exec(payload) ?? []
  if (kind === 'codigo') return { kind: 'codigo', code: readBareCode(id) }
  if (kind === 'flujo' && (id === 'pasar' || id === 'calendario')) return { kind: id }
  if (kind === 'tema' && content.preguntas[id]) return { kind: 'answer', topics: [id], facts: {} }
  // Step by step goes only whoever's steps are known: the way there asks for what is missing.
  if (kind === 'flujo' && leadsTo.includes(id))
    return { kind: 'flow', flujo: id === 'primero' || id === 'posterior' ? 'tramite' : id }
  return kind === 'plantel' ? { kind: 'start', plantel: id } : { kind: 'start' }
}

/** Somebody else's words: a question to be answered, and nothing that this person has said, chosen or done. */
function readForwarded(text: string, place: Place): Intent {
  const trimmed = text.trim()
  const typed = normalise(trimmed)
  const first = readNothing(trimmed, typed) ?? readEmergency(trimmed, typed, place)
  if (first) return first
  const { decision, topics } = place.understand(trimmed)
  if (decision === 'answer' && !topics.some(id => acts.has(id))) {
    // Answered for whoever wrote it, as far as they said who they are.
    const supposed = readFacts(trimmed, place.content.escuelas)
    return { kind: 'answer', topics, facts: {}, about: { supposed, day: readDay(trimmed, place.hoy) } }
  }
  if (decision === 'offer') return { kind: 'suggest', topics, facts: {} }
  return unknown(trimmed, typed, {}, place)
}

/** What was written over an earlier message might answer another question by now; only danger is heard. */
function readEdited(text: string, place: Place): Intent {
  const trimmed = text.trim().slice(0, maxChars)
  return readEmergency(trimmed, normalise(trimmed), place) ?? { kind: 'unreadable', clave: 'editado' }
}

/** Whatever else was asked is answered after what to do at once. */
function readEmergency(text: string, typed: string, { understand }: Place): Intent | undefined {
  if (!typed.includes(' ') && typed.length < shortestCry) return undefined
  const { emergency, decision, topics } = understand(text)
  if (!emergency) return undefined
  const asked = decision === 'answer' ? topics.filter(id => !acts.has(id)) : []
  return { kind: 'emergency', topics: asked }
}
const shortestCry = 5

/** By chance a code reads like a cry: `D03R-TAS3`, or one with 911 in it. */
function readEmergencyBeside(text: string, place: Place): Intent | undefined {
  const beside = hideCodes(text)
  return readEmergency(beside, normalise(beside), place)
}

/** 2️⃣ is a 2. */
const keycaps = (text: string) => text.replace(/(\d)\uFE0F?\u20E3/g, ' $1 ')

/** The value that the state asks for, where the text holds one. */
function readValue(typed: string, text: string, { meta, offers }: Place): Intent | undefined {
  if (meta.numeros) {
    const numeros = readNumbers(typed, text)
    return numeros.length > 0 ? { kind: 'numbers', numeros } : undefined
  }
  const offer = chosen(keycaps(text), offers) ?? (text.includes('?') ? undefined : yesOrNo(typed, offers))
  const facts = meta.campo ? bareValue(meta.campo, typed) : undefined
  // "3" is the third semester where one is asked for, though "Volver" is the third button.
  if (facts && offer?.does.kind !== 'event') return { kind: 'facts', facts }
  return offer && (spokenAct(offer) ?? { kind: 'offer', offer })
}

/** "¿Qué me falta?" is told to be understood wherever it is written, be there a button for it or not. */
function spokenAct({ does }: Offer): Intent | undefined {
  const intent = does.kind === 'event' ? everywhere[does.event.type] : undefined
  return intent?.kind === 'flow' && intent.act ? intent : undefined
}

const units = ['cero', 'uno', 'dos', 'tres', 'cuatro', 'cinco', 'seis', 'siete', 'ocho', 'nueve', 'diez']
const maxNumbers = 20

/** All numbers in a text that is about numbers: "mi mamá 50 y mi papá 50" → 50, 50. A question is none. */
function readNumbers(typed: string, text: string): number[] {
  if (text.includes('?')) return []
  if (/\bmitad y (?:la )?(?:otra )?mitad\b/.test(typed)) return [50, 50]
  const digits = text
    .match(/\d{1,4}(?:[.,]\d+)?/g)
    ?.slice(0, maxNumbers)
    .map(n => Number(n.replace(',', '.')))
  if (digits) return digits
  return typed
    .split(' ')
    .flatMap(word => (units.includes(word) ? [units.indexOf(word)] : []))
    .slice(0, maxNumbers)
}

/** A bare number where an age or a semester is asked for: 17, "3ro". "16 años" is an age wherever it is said. */
function bareValue(campo: Campo, typed: string): Perfil | undefined {
  const [, digits, unit = ''] = /^(\d{1,2}) ?(anos|ro|er|do|to|mo|vo|no|o|sem|semestre)?$/.exec(typed) ?? []
  const number = digits ? Number(digits) : units.indexOf(typed)
  if (number < 1) return undefined
  if (unit === 'anos' || (campo === 'edad' && number >= 5)) return { edad: number < 18 ? 'menor' : 'adulto' }
  if (campo === 'semestre') return { semestre: number === 1 ? 'primero' : 'posterior' }
  return undefined
}

/** Words that may follow a yes or a no and leave it what it is: "no tiene", "sí, claro que tengo". */
const filling = new Set(
  `tengo tiene tenemos tienen ninguno ninguna ningun nada cuento cuenta claro pues la verdad que gracias senor senora senorita
  joven para estoy esta estamos he ha eso asi mismo correcto exacto por ahora el ella yo otro otra alguno llevo lleva`.split(
    /\s+/,
  ),
)
const maxFilling = 5

/** The yes or no that a short text begins with, where the state takes one. */
function yesOrNo(typed: string, offers: Place['offers']): Offer | undefined {
  const [first, ...rest] = typed.split(' ')
  if ((first !== 'si' && first !== 'no') || rest.length > maxFilling) return undefined
  if (!rest.every(word => filling.has(word))) return undefined
  return offers().find(({ does }) => does.kind === 'event' && does.event.type === first)
}

const spelt = new WeakMap<Content, Map<string, Intent>>()

function readWord(typed: string, { content, offers, meta }: Place): Intent | undefined {
  // Where numbers are asked for, words still choose.
  const offer = meta.numeros ? chosen(typed, offers) : undefined
  if (offer) return { kind: 'offer', offer }
  let words = spelt.get(content)
  if (!words) {
    words = new Map(
      Object.entries(everywhere).flatMap(([key, intent]) => {
        const it = content.mensajes.opciones[key]
        return it ? [it.boton, ...it.dichos].map(word => [normalise(word), intent] as const) : []
      }),
    )
    spelt.set(content, words)
  }
  return words.get(typed)
}

/** A bare yes, no, "no sé", "ya" or number where it is not one of the choices: no topic is to be guessed from it. */
function readBareWord(typed: string, { content, meta, saved }: Place): Intent | undefined {
  const means = (key: string) =>
    content.mensajes.opciones[key]?.dichos.some(it => normaliseOurs(it) === typed)
  if (means('no-se')) return { kind: 'unreadable', clave: meta.campo ? 'perfil.noSe' : 'noOpcion' }
  if (means('si')) return { kind: 'unreadable', clave: 'cual' }
  if (means('no')) return { kind: 'unreadable', clave: saved.flow === home.flow ? 'nadaMas' : 'noOpcion' }
  if (means('listo')) return meta.campo ? { kind: 'unreadable', clave: 'noOpcion' } : { kind: 'which' }
  if (/^\d+$/.test(typed)) return { kind: 'unreadable', clave: 'noOpcion' }
  return undefined
}

/** A bare fact is told to be noted; these two may as well ask what then ("tengo issste"). */
const alsoTopics = new Set<Campo>(['otroServicio', 'tratamiento'])
const maxBareWords = 3

function readSentence(text: string, typed: string, place: Place): Intent {
  const { content, meta, saved } = place
  const said = readFacts(text, content.escuelas)
  // Whoever writes for a child names the child once: "va en la voca 9" is "mi hijo va en la voca 9".
  const silent = saved.usted && Object.keys(said).length === 0
  const heard = silent ? readFacts(`mi hijo ${text}`, content.escuelas) : said
  const facts = keepPosgrado(heard, saved.perfil)
  const fields = Object.keys(facts) as Campo[]
  const asking = isQuestion(text, typed)
  const changes = fields.some(
    campo => saved.perfil[campo] !== undefined && saved.perfil[campo] !== facts[campo],
  )
  const bare =
    typed.split(' ').length <= maxBareWords && fields.length > 0 && !fields.some(it => alsoTopics.has(it))
  const drives = meta.campo !== undefined || changes || fields.length >= 2 || bare || correcting.test(typed)
  if (!asking && fields.length > 0 && drives) return { kind: 'facts', facts }

  const step = readDone(text, typed, asking, place)
  if (step) return step

  const { decision, topics } = place.understand(text)
  const [first = ''] = topics
  if (decision === 'answer' && acts.has(first)) return actIntent(first, typed)
  if (decision === 'answer') {
    const supposed = fields.length === 0 ? readSupposed(text, content.escuelas) : {}
    return { kind: 'answer', topics, facts, about: { supposed, day: readDay(text, place.hoy) } }
  }
  if (fields.length > 0 && !asking) return { kind: 'facts', facts }
  if (decision === 'offer') return { kind: 'suggest', topics, facts }
  if (meta.campo === 'plantel' && !asking && typed.split(' ').length <= maxSchoolWords)
    return { kind: 'unknown', clave: 'perfil.noPlantel', facts }
  return unknown(text, typed, facts, place)
}

function unknown(text: string, typed: string, facts: Perfil, { understand }: Place): Intent {
  // "Oigan" is not something that the sources do not say.
  const asks = isQuestion(text, typed) || typed.split(' ').length > maxBareWords
  const outside = asks && understand(text).ranked[0]?.[0] === 'fuera'
  return { kind: 'unknown', clave: outside ? 'noSe' : 'noSe.otra', facts }
}

/** The longest name of a school that anybody would type. */
const maxSchoolWords = 6

/** Schools of superior teach posgrado too: naming one does not take back what was said of the level. */
function keepPosgrado(facts: Perfil, { nivel }: Perfil): Perfil {
  if (nivel !== 'posgrado' || facts.nivel !== 'superior' || facts.plantel === undefined) return facts
  const { nivel: _, ...others } = facts
  return others
}

const correcting = /\b(?:equivoque|perdon|en realidad|mejor dicho|corrijo|correccion|digo|me confundi)\b/
const askingFirst = new Set('que quien puedo puede debo necesito'.split(' '))
const askingAnywhere = new Set('como cuando donde cual cuales cuanto cuantos hago'.split(' '))

/** Asks something, with or without a question mark. */
function isQuestion(text: string, typed: string): boolean {
  if (/[?¿]/.test(text)) return true
  const words = typed.split(' ')
  return askingFirst.has(words[0] ?? '') || words.some(word => askingAnywhere.has(word))
}

/** An act of the contract and what it does: some only answer, some open a flow. */
function actIntent(act: string, typed: string): Intent {
  switch (act) {
    case 'menu':
      return { kind: 'menu' }
    case 'persona':
    case 'privacidad':
      return { kind: 'flow', flujo: act, act }
    case 'progreso':
      return { kind: 'flow', flujo: 'checklist', act }
    case 'recordatorio':
      return readReminder(typed)
    default:
      return { kind: 'act', act }
  }
}

const doneWords =
  /\b(?:hice|llene|saque|tramite|entregue|lleve|imprimi|guarde|fui|registre|firme|reparti|tengo|quedo|deje|hecho|listo|acabe|termine|di)\b/
const tickWords = /\b(?:marca|marcalo|marcala|tacha|tachalo|tachala|palomea|palomealo|apunta|apuntalo)\b/
const untickWords = /\b(?:desmarca|desmarcar|desmarcalo|quita|siempre no|no he|en realidad no)\b/
/** Longer messages tell more than that steps are done. */
const maxDoneWords = 24
/** Of "ya,,,,," most are empty. */
const maxDoneClauses = 50
const clauseEnds = /[.,;\n]|\s(?:y|pero|aunque)\s/i
const notYet = /\b(?:no|ni|todavia|aun|falta|faltan)\b/

/** The steps of the procedure that the person says are done ("ya entregué mi nss"), or not after all. */
function readDone(
  text: string,
  typed: string,
  asking: boolean,
  { content, saved }: Place,
): Intent | undefined {
  if (asking || typed.split(' ').length > maxDoneWords) return undefined
  if (untickWords.test(typed)) {
    const pasos = stepsNamed(typed, content).filter(paso => saved.hechos[paso] !== undefined)
    if (pasos.length > 0) return { kind: 'done', pasos, done: false }
  }
  if (!tickWords.test(typed) && !(/\bya\b/.test(typed) && doneWords.test(typed))) return undefined
  // "Voy por mi NSS, ya llené el SISMI pero no he guardado": only from the "ya" on, and only what is not denied.
  const clauses = text.split(clauseEnds, maxDoneClauses).map(normalise)
  const from = clauses.findIndex(clause => /\bya\b/.test(clause) || tickWords.test(clause))
  const said = clauses.slice(Math.max(0, from)).filter(clause => !notYet.test(clause))
  const pasos = said.flatMap(clause => stepsNamed(clause, content))
  return pasos.length > 0 ? { kind: 'done', pasos: [...new Set(pasos)], done: true } : undefined
}

/** Longer names first, each taken out of the text: "la tarjeta del nss" is not "nss" as well. */
function stepsNamed(typed: string, content: Content): string[] {
  const found = new Set<string>()
  let rest = ` ${typed} `
  for (const { id, name } of namesOfSteps(content))
    if (rest.includes(` ${name} `)) {
      found.add(id)
      rest = rest.replaceAll(` ${name} `, ' | ')
    }
  return [...found]
}

const stepNames = new WeakMap<Content, { id: string; name: string }[]>()

function namesOfSteps(content: Content): { id: string; name: string }[] {
  let names = stepNames.get(content)
  if (!names) {
    names = content.pasos
      .flatMap(({ id, dichos }) => dichos.map(it => ({ id, name: normalise(it) })))
      .sort((a, b) => b.name.length - a.name.length)
    stepNames.set(content, names)
  }
  return names
}
