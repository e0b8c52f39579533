/**
 * What a question supposes of the person without saying it of them: "¿y si soy menor?", "¿y para los de segundo?".
 * `interpret` and `lean` answer for it and note nothing.
 */
import type { Escuelas } from '../../content/schema.ts'
import { type Facts, mostChars, readFacts } from './facts.ts'
import { readWords } from './phrases.ts'

/** What opens a supposition or names a group, and what the person would say of themselves instead. */
const supposed: readonly (readonly [RegExp, string])[] = [
  [/^(?:(?:y|e|pero|o|entonces|oye|ok|ah|bueno) )+/, ''],
  [/^(?:que (?:pasa|hago|onda) )?(?:si|cuando|en caso de que|suponiendo que|pero si) (?:yo )?/, ''],
  [
    /^(?:para|a|con|en el caso de|en caso de|que (?:hay|onda) (?:de|con)|siendo|como) (?=l[oa]s |un |una |alguien |menores|mayores|alumn|estudiante|[a-z0-9]+$)/,
    '',
  ],
  [/\bmenores\b/, 'menor'],
  [/\bmayores\b/, 'mayor'],
  [/^(?:l[oa]s|un|una|el|la|al|alguien) (?:que )?(?:ya )?(?:(?:alumnos?|estudiantes?|chavos?) )?/, 'soy '],
  [/\b(?:fuera|fuese|somos|son|sean|siendo)\b/, 'soy'],
  [/\b(?:tuviera|tuviese|tienen|tenemos)\b/, 'tengo'],
  [/\b(?:fueramos|vamos|van|fuera a)\b/, 'voy'],
  [/\b(?:estuviera|estuviese|estan|estamos)\b/, 'estoy'],
  [/^(?:alumnos?|estudiantes?) /, 'soy '],
  [/^(?=(?:de|menor|mayor|nuevo|nueva|maestria|doctorado|posgrado)\b)/, 'soy '],
]

/** "Cómo firmo si soy menor": only what comes from the "si" on. */
const within = /\bsi (?:yo |ya |no )?(?:soy|fuera|fuese|tengo|tuviera|voy|estoy|estuviera|cumpli)\b.*$/

/**
 * What a short question supposes: "¿y si soy menor?", "¿y para los de segundo?". Not said of oneself: for the
 * answer, not to be noted.
 */
export function readSupposed(text: string, schools: Escuelas): Facts {
  const words = readWords(text.slice(0, mostChars)).join(' ')
  let said = within.exec(words)?.[0] ?? words
  for (const [pattern, instead] of supposed) said = said.replace(pattern, instead)
  return readFacts(said, schools)
}
