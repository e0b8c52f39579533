/**
 * Whether somebody who speaks of reminders wants them, wants no more of them, or asks after them. `interpret` asks; pure.
 */
import type { Intent } from '../intent.ts'
import { normalise } from './normalise.ts'

/** Longer texts tell of something else besides. */
const maxWords = 24
const maxClauses = 20
const clauseEnds = /[.,;:!¡\n]|\s(?:y|pero|porque)\s/i

// All as `normalise` leaves it: "ocupo" is "necesito", "msj" is "mensaje".
const polite =
  '(?:(?:oye|oigan|hola|por favor|ok|bueno|pues|ya|mejor|quiero|quisiera|necesito|puedes|podrias|favor de|que|me|te pido) )*'
const which =
  '(?:(?:el|la|los|las|mi|mis|tu|tus|sus|mas|tantos|todos|todas|toda|esos|estos|esas|estas|otro|un|de|con|a|en|lista) )*'
const thing = '(?:recordatorios?|avisos?|notificacion(?:es)?|alertas?|alarmas?|mensajes?)'
const after =
  '(?: (?:por favor|please|gracias|ya|mas|nunca|tu|tuyos|de la guia|de aviso|de la escuela|diario|puestos?|que (?:te pedi|puse|tengo|me mandas?)))*'
const ends =
  '(?:cancel\\w*|quit\\w*|borr\\w*|elimin\\w*|desactiv\\w*|apag\\w*|silenci\\w*|suspend\\w*|par(?:ale|ar|arle|en|enle)|deten\\w*|basta|alto|stop|sac(?:ame|arme|ar)|no mas|ya no|no|nada|sin)'
const telling =
  '(?:avis(?:es|en|ar|arme)|recuerd(?:es|en)|acuerd(?:es|en)|record(?:ar|arme)|notifi(?:ques|quen|car|carme)|(?:escrib|mand|envi|molest)(?:as|es|an|en|ar|ir|arme|irme)|lleguen?)'

const stops = [
  // "Quita los avisos", "ya no más recordatorios"
  `(?!(?:borr|elimin)\\w* (?:mis|los|todos) mensajes)${ends} ${which}${thing}`,
  // "Ya no quiero que me lleguen avisos"
  `(?:ya )?no (?:quiero|quisiera|necesito|deseo) (?:(?:recibir|tener|que me lleguen|que me sigan llegando) )?${which}${thing}`,
  // "Dame de baja de los recordatorios"
  `(?:da|dar|dame|darme|denme)?(?: )?(?:me )?de baja ${which}${thing}`,
  // "No me avises", "deja de mandarme mensajes", "ya no me escribas nada"
  `(?:(?:ya )?no|nunca|dej\\w+ de|(?:ya )?no (?:quiero|necesito) que) (?:me |nos )?(?:(?:vuelvas|sigas|estes|esten) (?:a )?)?${telling}(?: me)?(?: (?:mas|nada|nunca|ya|por favor|${which}${thing}))*`,
  `desuscribir(?:me)?(?: ${which}${thing})?|unsubscribe|no (?:me )?molest(?:es|en)`,
].map(form => new RegExp(`^${polite}(?:${form})${after}$`))

/** Somebody who is told something unasked wants that no more: it is the whole message, or one sentence of it. */
export function isStop(text: string): boolean {
  return text
    .split(clauseEnds, maxClauses)
    .map(normalise)
    .some(clause => clause.split(' ').length <= maxWords && stops.some(it => it.test(clause)))
}

/** Looser, for a text that is known to be about reminders. */
const off =
  /\b(?:ya no|no (?:me (?:avises|avisen|(?:recuerd|acuerd|notifi|escrib|mand|envi|molest)\w*)|quiero|mas)|dej\w+ de|cancel\w*|quit\w+|borr\w+|elimin\w+|desactiv\w+|apag\w+|silenci\w+|par(?:ale|en|arle)|basta|alto|stop|unsubscribe|desuscrib\w+|de baja|sacame|deten\w*|ya estuvo)\b/
/** Of reminders that there are, or of what this is: nothing is to be turned on by a question. */
const asks =
  /\b(?:tengo (?:algun|avisos|recordatorios)|que avisos|activos|a que hora|la hora|cambia\w*|pospon\w*|pasa mi|puedes pasar|proximo aviso|quedo puesto|no me (?:llego|llega|\w+aron|\w+aste)|si te pedi|mandas recordatorios|haces recordatorios|como (?:activo|pongo)|mejor (?:a|que el))\b|^(?:mis )?(?:recordatorios?|avisos?)$/

const see: Intent = { kind: 'flow', flujo: 'recordatorios', act: 'recordatorio' }

/** `typed`: normalised; it is about reminders. */
export function readReminder(typed: string): Intent {
  if (asks.test(typed)) return see
  return off.test(typed) ? { kind: 'callar' } : { kind: 'recordar' }
}
