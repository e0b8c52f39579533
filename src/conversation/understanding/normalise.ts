/**
 * One spelling for what students type on a phone: no case, accents, emoji or punctuation, chat abbreviations
 * written out. Everything that compares words (understanding, facts, choices, commands) goes through here.
 */

/** Nobody asks a question this long; what follows would only cost time. */
const maxChars = 1000

/** Chat spellings of Mexican students, by the word they stand for. */
const abbreviations: Readonly<Record<string, string>> = {
  que: 'q k ke qe qu',
  porque: 'xq pq xk pk porq xke xque porke pork',
  'por que': 'porqe',
  por: 'x xr',
  'por favor': 'xfa xfas porfa porfas porfavor xfavor pls plis plz pliz porfis',
  para: 'pa xa pra pars',
  tambien: 'tmb tmbn tb tbn tambn tmbien',
  de: 'd',
  del: 'dl',
  me: 'm',
  te: 't',
  donde: 'dond dnd dnde ond onde adonde',
  'en donde': 'endonde',
  cuando: 'cndo cuand kuando qndo cdo cuanod cuano',
  cuanto: 'cuant cnto kuanto cto',
  como: 'cmo cm kmo komo cm0',
  quien: 'qn quin kien qien',
  bien: 'bn vien',
  pues: 'ps pz pss pus pos',
  hola: 'ola hla holi holis',
  gracias: 'grax grcs graxias grasias grcias gras grx gcias gacias thx thanks thank',
  saludos: 'salu2',
  adios: 'adio adioz',
  'no te preocupes': 'ntp',
  'te quiero mucho': 'tqm',
  estoy: 'toy stoy esty',
  esta: 'sta',
  tengo: 'tngo tngo tego tnego',
  necesito: 'nesesito necesto ncesito nesecito necesit ocupo',
  quiero: 'kiero qiero qero kero',
  puedo: 'pued puedp pdo',
  hay: 'hy ay',
  hacer: 'aser acer hcer haser',
  hago: 'ago hgo',
  ahora: 'aora ahorita orita aorita',
  despues: 'dsp dps dspues despue',
  entonces: 'entons entonc ntons',
  numero: 'num nro numer',
  seguro: 'seg segu',
  semestre: 'sem semstre smestre',
  escuela: 'esc escu eskuela skuela',
  documentos: 'docs dcmentos',
  documento: 'doc',
  informacion: 'info',
  mensaje: 'msj msg mnsj',
  telefono: 'tel cel celular',
  correo: 'mail email correro',
  aqui: 'aki',
  si: 'sip simon',
  no: 'nop nel nope nou',
  maestro: 'mtro profe',
  maestra: 'mtra',
  alguien: 'algien',
  todavia: 'tdvia todabia',
  llevar: 'yevar',
  ya: 'ia yap',
  clinica: 'klinica',
  horas: 'hrs hra hras',
}

const written = new Map<string, string>()
for (const [word, spellings] of Object.entries(abbreviations))
  for (const spelling of spellings.split(' ')) written.set(spelling, word)

/** Double letters that mean something in Spanish; all others are emphasis or a slip (holaa, grassias). */
const keepDouble = new Set(['l', 'r', 'c'])

function squeeze(word: string): string {
  let out = ''
  for (let start = 0; start < word.length; ) {
    const letter = word[start] as string
    let end = start + 1
    while (word[end] === letter) end++
    const isDigit = letter >= '0' && letter <= '9'
    const kept = isDigit ? end - start : keepDouble.has(letter) && end - start === 2 ? 2 : 1
    out += letter.repeat(kept)
    start = end
  }
  return out
}

/** Pasted from a page: its letters would be read as words. */
const tags = /<\/?[a-z][^<>]{0,60}>/gi

const ascii = /^[\x20-\x7e]*$/

export function normalise(text: string): string {
  const short = text.slice(0, maxChars).replace(tags, ' ')
  // Most messages have nothing to be taken apart, and taking apart is most of the work.
  const apart = ascii.test(short) ? short : short.normalize('NFKD').replace(/[\p{M}\p{Cf}]/gu, '')
  const plain = apart.toLowerCase().replace(/[^a-z0-9]/g, ' ')
  const words: string[] = []
  for (const raw of plain.split(' ')) {
    if (raw === '') continue
    const word = squeeze(raw)
    words.push(written.get(word) ?? word)
  }
  return words.join(' ').slice(0, maxChars).trimEnd()
}

const remembered = new Map<string, string>()

/** `normalise` for the texts of content/, which come again with every message: there are only so many of them. */
export function normaliseOurs(text: string): string {
  let normal = remembered.get(text)
  if (normal === undefined) {
    normal = normalise(text)
    remembered.set(text, normal)
  }
  return normal
}
