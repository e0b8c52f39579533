/**
 * Two wishes that no question of the sources is about: to go on with the list in another chat, and to have the days in
 * one's own calendar. `interpret` asks before it looks for a topic; pure.
 */
import type { Intent } from '../intent.ts'

/** Longer texts tell of something else besides. */
const maxWords = 18

// All as `normalise` leaves it: "cel" is "telefono", "WhatsApp" and "Google" lose a letter.
const apps = 'telegram|whats\\w*|wh?ats|wats\\w*|guasap|wasap|wp{1,2}|otro chat'
const place = `(?:${apps}|compu\\w*|laptop|pc|ipad|tablet|web|pagina|internet|navegador|otra app|otra aplicacion|otro dispositivo|otro aparato|(?:otro|nuevo|mi|el) (?:nuevo )?(?:telefono|numero)|(?:telefono|numero) nuevo)`
const toPlace = `(?:a|al|en|por|para|desde|con) (?:(?:el|la|los|mi|un|una|otro|otra|tu|su) )*${place}\\b`
const thing =
  '(?:(?:lista|checklist)(?! de)|avances?|progreso|mis pendientes|mis pasos|platica|conversacion)\\b'
const carries =
  '(?:pas[aeo]\\w*|llev\\w+|muev\\w+|mov\\w+|copi\\w+|transf\\w+|tra[eijs]\\w*|mand\\w+|envi\\w+|cambi\\w+|abr\\w+|ver|veo|vea|ten\\w+|recuper\\w+|us[ao]\\w*|quier\\w+)'
const beside =
  '(?:(?:platicando|hablando|chateando|aqui|esto|despues|luego|mejor|con mi lista|la platica|el chat) )?'

const toOther = [
  // "Pásame mi lista a Telegram", "¿puedo ver mi lista en la compu?"
  `${carries} .*${thing} (?:\\w+ ){0,3}${toPlace}`,
  // "¿Cómo veo en la compu mi lista?"
  `${carries} (?:\\w+ ){0,3}${toPlace} (?:\\w+ ){0,2}${thing}`,
  // "Quiero seguir en la compu"
  `(?:segu\\w+|sigo|sigamos|continu\\w+) ${beside}${toPlace}$`,
  // "Me cambio a Telegram"
  `(?:pas|cambi|muev|mov)\\w* (?:esto |todo )?(?:a|al|por) (?:mi |el )?(?:${apps})\\b`,
].map(pattern => new RegExp(`\\b${pattern}`))

/** "Cambié de número": who asks in the old chat is given a code, who asks in the new one is told where to ask. */
const ofPhone =
  /\b(?:cambi(?:e|o|ar|are) (?:de|mi)|estrene|compre) (?:otro |un |mi )*(?:telefono|numero|chip|linea)\b|\b(?:tengo|estrene|compre) (?:un |mi )?(?:(?:otro|nuevo) (?:telefono|numero|chip)|(?:telefono|numero|chip) nuevo)\b/
/** Numbers, lines and papers of something else; what is to be deleted is not to be taken along. */
const ofOthers =
  /\b(?:nss|seguridad|seguro|social|imss|sismi|curp|cuenta|clabe|banco|elector|boleta|correo|contrasena|claves?|expediente|plantel|escuela|clinica|umf|consultorio|constancia|cedula|poliza\w*|carta|tarjeta|saes|beca|registr\w+|tramite|borr\w+)\b/

const gives =
  '(?:da(?:me|rme|s|n|r)?|des|pas[ae]\\w*|mand[ae]\\w*|envi\\w+|compart\\w+|quiero|quisiera|necesito|descarg\\w*|baj[aeo]\\w*|tien\\w+)'
const keeps = '(?:pon|guard|agreg|met|anot|apunt|import|sub|tener|carg)\\w*'
const ofMine = `(?: (?:en|a|al|para|desde) (?:(?:el|mi|la|su|un) )?(?:telefono|compu\\w*|laptop|tablet|iphone|android|go+gle))?`
/** "Me das el calendario para ponerlo en mi cel": it, for something of their own, and of nobody's but these days. */
const giveCalendar = new RegExp(
  `\\b${gives} (?:el |un |ese |los dias en |las fechas en )?(?:archivo |formato )?(?:de |del |para )?(?:el |mi )?calendario(?: de entregas?)?(?: por favor)?(?: (?:para|y) (?:que )?(?:lo |la |los )?(?:yo )?(?:lo )?(?:pueda |poder )?${keeps})?${ofMine}(?: por favor)?$`,
)
const toCalendar =
  /\b(?:agreg|pon|pas|met|guard|anot|apunt|anad|mand|sub|export|descarg|da)\w*\b.*\b(?:en|a|al|para|de) (?:(?:el|mi|la|su) )?(?:calendario|agenda|(?:go+gle )?calendar)\b|^agend\w+ (?:\w+ ){0,2}fechas?\b/
/** Those that somebody else keeps. */
const calendarOfOthers = /\b(?:escolar|academico|tu calendario|alarma|avis\w+|mensaje)\b/

/** `typed`: normalised. */
export function readWish(typed: string): Intent | undefined {
  if (typed.split(' ').length > maxWords) return undefined
  const moves = ofPhone.test(typed) || toOther.some(it => it.test(typed))
  if (moves && !ofOthers.test(typed)) return { kind: 'pasar' }
  const days = toCalendar.test(typed) || giveCalendar.test(typed)
  return days && !calendarOfOthers.test(typed) ? { kind: 'calendario' } : undefined
}
