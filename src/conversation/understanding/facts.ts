/**
 * What a person says about themselves in a free text: level, semester, age, other insurance, treatment, school.
 * A wrong fact puts wrong steps into a checklist, so only what is plainly said of oneself (or of one's child)
 * counts: a verb, a few words between, the thing said. Called before the question itself is understood.
 */
import type { Perfil } from '../../../flows/shape.ts'
import type { Escuelas } from '../../content/schema.ts'
import { Phrases, readWords, ways } from './phrases.ts'

export type Facts = Perfil

interface Said {
  readonly fact?: Facts
  /** What it says after a "no". */
  readonly not?: Facts
  /** May be said without a verb: "issste de mi mamá". */
  readonly bare?: boolean
  /** The only words that may follow. The end of the clause always may. */
  readonly before?: ReadonlySet<string>
}

/** `between`: the words that may stand between a verb and the thing said. */
interface Rule {
  /** Of the studies: school, level and semester may be told in one breath, in any order. */
  readonly study?: true
  readonly verbs: Phrases<true>
  readonly between: ReadonlySet<string>
  readonly things: Phrases<Said>
}

const set = (words: string) => new Set(readWords(words))
const list = (text: string) =>
  text
    .split(/[,\n]/)
    .map(item => item.trim())
    .filter(item => item !== '')
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index))

const verbs = (all: string) => phrasesOf(list(all))

function phrasesOf(all: readonly string[]): Phrases<true> {
  const phrases = new Phrases<true>()
  for (const phrase of all) phrases.add(phrase, true)
  return phrases
}

function phrasesWith<T>(...groups: readonly (readonly [readonly string[], T])[]): Phrases<T> {
  const phrases = new Phrases<T>()
  for (const [all, value] of groups) for (const phrase of all) phrases.add(phrase, value)
  return phrases
}
const things = phrasesWith<Said>

const nextClause = `y e pero o soy tengo estoy voy ya no porque gracias apenas me mi como aunque entonces aqui ahora
  todavia cual donde cuando hola puedo debo necesito quiero va esta`
const goesOn = set(`${nextClause} de del con para que por es a al en`)

// ── semester ─────────────────────────────────────────────────────────────────────────────────────────────

const studyVerbs = verbs(
  `soy, voy, estoy, ando, curso, estudio, cursando, estudiando, entre, voy a entrar, acabo de entrar, apenas entre,
  recien entre, pase, paso, voy a pasar, acabo de pasar, me inscribi, quede, voy a cursar, soy alumno, soy alumna,
  soy estudiante, estoy inscrito, estoy inscrita, voy a empezar, empece, me reinscribi, voy empezando, voy entrando`,
)

const primero: Said = { fact: { semestre: 'primero' }, not: { semestre: 'posterior' }, bare: true }
const posterior: Said = { fact: { semestre: 'posterior' }, bare: true }
const first = list('primero, primer, 1ero, 1ro, 1er, 1o, 1')
const later =
  list(`segundo, tercero, tercer, cuarto, quinto, sexto, septimo, octavo, noveno, decimo, onceavo, doceavo,
  ultimo, penultimo, 2do, 3ro, 3er, 3ero, 4to, 5to, 6to, 7mo, 8vo, 9no, 10mo, 2o, 3o, 4o, 5o, 6o, 7o, 8o, 9o, 10o`)
const notAlone = set('primer 1 tercer ultimo penultimo')
const standing = (words: string[]) => words.filter(word => !notAlone.has(word))

const semestre: Rule = {
  study: true,
  verbs: studyVerbs,
  between: set(
    'ya apenas recien alumno alumna estudiante ahora en a al de del el la un una para cursando mi',
  ),
  things: things(
    [ways(first, ['semestre']), primero],
    [ways([...later, ...numbers(2, 12)], ['semestre']), posterior],
    [ways(standing(later), ['año']), posterior],
    [['semestre 1'], primero],
    [ways(['semestre'], numbers(2, 12)), posterior],
    [list('nuevo ingreso, recien ingreso, nuevo en la escuela, nueva en la escuela'), primero],
    [['nuevo', 'nueva'], { ...primero, before: set(nextClause) }],
    // Without "semestre" an ordinal may be of something else: "estoy en el segundo paso".
    [standing(first), { ...primero, before: goesOn }],
    [standing(later), { ...posterior, before: goesOn }],
  ),
}

const ingreso: Rule = {
  verbs: verbs(
    `apenas entre, apenas voy a entrar, apenas voy entrando, acabo de entrar, recien entre, acabo de ingresar,
    apenas ingrese, recien ingrese, acabo de quedar, apenas quede`,
  ),
  between: set('a al en el la mi este'),
  things: things([
    list(`escuela, ipn, poli, politecnico, voca, vocacional, prepa, carrera, superior, universidad, cecyt, semestre,
    media superior, licenciatura, plantel`),
    { fact: { semestre: 'primero' }, before: goesOn },
  ]),
}

const enCual: Rule = {
  verbs: verbs('voy en, ando en, curso'),
  between: set('el la'),
  things: things([numbers(2, 12), { ...posterior, bare: false, before: set(nextClause) }]),
}

/** "Acabo de entrar" and nothing after it; "acabo de entrar al sistema" is of something else. */
const entrada: Rule = {
  verbs: verbs('apenas, acabo de, recien, apenas voy a, apenas acabo de'),
  between: new Set(),
  things: things([
    ['entrar', 'entre', 'ingresar', 'ingrese'],
    { fact: { semestre: 'primero' }, before: new Set() },
  ]),
}

// ── age ──────────────────────────────────────────────────────────────────────────────────────────────────

const menor: Said = { fact: { edad: 'menor' }, not: { edad: 'adulto' }, bare: true }
const adulto: Said = { fact: { edad: 'adulto' }, not: { edad: 'menor' }, bare: true }
const noYears = (fact: Facts): Said => ({ fact, before: set(`${nextClause} cumplidos ayer hoy recien`) })
const minorYears = numbers(12, 17)
const adultYears = numbers(18, 75)
const inYears = (all: string[]) => ways(all, ['años', 'anios', 'añitos'], ['', 'cumplidos', 'de edad'])

const mayoria: Rule = {
  verbs: verbs('soy, sigo siendo, ya soy'),
  between: set('aun todavia un una ya'),
  things: things(
    [['menor de edad', 'menor'], { ...menor, before: set(nextClause) }],
    [['mayor de edad', 'mayor'], { ...adulto, before: set(nextClause) }],
  ),
}

const edad: Rule = {
  verbs: verbs('tengo, cumpli, acabo de cumplir'),
  between: set('ya apenas como solo los mis'),
  things: things(
    [inYears(minorYears), { fact: { edad: 'menor' }, bare: true, before: set(nextClause) }],
    [inYears(adultYears), { fact: { edad: 'adulto' }, bare: true, before: set(nextClause) }],
    [minorYears, noYears({ edad: 'menor' })],
    [adultYears, noYears({ edad: 'adulto' })],
  ),
}

const cumplir: Rule = {
  verbs: verbs('no cumplo, no he cumplido, voy a cumplir, estoy por cumplir, casi cumplo'),
  between: set('aun todavia los'),
  things: things([numbers(13, 18), { fact: { edad: 'menor' }, not: { edad: 'menor' } }]),
}

// ── other insurance ──────────────────────────────────────────────────────────────────────────────────────

const relatives =
  list(`mama, papa, madre, padre, mami, papi, jefa, jefe, jefes, papas, padres, tutor, tutora, esposo,
  esposa, marido, pareja, familia, trabajo, chamba, empleo, empresa`)
const insurances =
  list(`seguro, servicio, imss, seguro social, servicio medico, seguro medico, seguro del imss,
  imss seguro`)
const otro: Said = { fact: { otroServicio: 'si' }, not: { otroServicio: 'no' }, bare: true }
const otroMentioned: Said = { fact: { otroServicio: 'si' }, not: { otroServicio: 'no' } }
const nothing: Said = { not: { otroServicio: 'no' }, before: set(`${nextClause} ni`) }

const otroServicio: Rule = {
  verbs: verbs(
    `tengo, cuento con, cuento, estoy en, estoy con, estoy afiliado, estoy afiliada, estoy asegurado, estoy asegurada,
    estoy dado de alta, estoy dada de alta, estoy inscrito, estoy inscrita, estoy registrado, estoy registrada, soy
    derechohabiente, soy beneficiario, soy beneficiaria, pertenezco, mi seguro es, me atiendo, me atienden, me cubre`,
  ),
  between:
    set(`ya el la los un una mi al en con de del por parte seguro servicio medico social tambien actualmente
    ahorita ahora vigente`),
  things: things(
    [
      list(
        'issste, isste, iste, issemym, isemym, pemex, sedena, semar, gastos medicos, gastos medicos mayores',
      ),
      otro,
    ],
    [
      ways(
        insurances,
        ['de', 'por', 'por parte de', 'del', 'por el', 'de el'],
        ['', 'mi', 'mis', 'la', 'los'],
        relatives,
      ),
      otro,
    ],
    [
      ways(['seguro', 'servicio', 'seguro medico', 'servicio medico', 'medico'], ['particular', 'privado']),
      otro,
    ],
    [ways(['seguro', 'servicio'], ['axa', 'gnp', 'metlife', 'mapfre', 'bupa']), otro],
    [
      list('otro seguro, otro servicio, otro seguro medico, otro servicio medico, otro tipo de seguro'),
      otroMentioned,
    ],
    [
      ways(
        ['ningun', 'ninguno', 'ningun otro', 'otro', 'ningun tipo de'],
        ['', 'seguro', 'servicio'],
        ['', 'medico'],
      ),
      nothing,
    ],
    [list('seguro, seguro medico, servicio medico, seguro de nada'), nothing],
  ),
}

const enlisted: Rule = {
  verbs: phrasesOf(
    ways(
      ['mi', 'mis'],
      relatives,
      ['me'],
      list(
        'tiene, tienen, metio, metieron, registro, registraron, aseguro, afilio, dio de alta, dieron de alta',
      ),
      [
        '',
        'asegurado',
        'asegurada',
        'afiliado',
        'afiliada',
        'registrado',
        'registrada',
        'dado de alta',
        'dada de alta',
      ],
    ),
  ),
  between: set('en con a al por como el su un la de seguro medico servicio social'),
  things: things([
    list('issste, isste, issemym, pemex, sedena, semar, imss, seguro, trabajo, beneficiario, beneficiaria'),
    { fact: { otroServicio: 'si' } },
  ]),
}

// ── treatment ────────────────────────────────────────────────────────────────────────────────────────────

const enTratamiento: Said = { fact: { tratamiento: 'si' }, not: { tratamiento: 'no' } }

const tratamiento: Rule = {
  verbs: verbs('estoy, tengo, llevo, sigo, recibo'),
  between: set(
    'ahorita ahora actualmente ya aun todavia en un una bajo con ningun ninguna algun alguna mi el',
  ),
  things: things([
    list(`tratamiento, tratamientos, tratamiento medico, cirugia, cirugias, cirugia programada, operacion programada,
    operacion pendiente, operacion, quimioterapia, quimioterapias, dialisis, hemodialisis`),
    {
      ...enTratamiento,
      before: new Set([
        ...goesOn,
        'medico',
        'desde',
        'programada',
        'pendiente',
        'ni',
        'psicologico',
        'psiquiatrico',
      ]),
    },
  ]),
}

const operacion: Rule = {
  verbs: verbs('me'),
  between: set('ya'),
  things: things([
    list(
      'van a operar, operan, operaran, van a hacer una cirugia, van a hacer una operacion, programaron una cirugia, programaron una operacion, programaron cirugia, tienen que operar',
    ),
    {
      ...enTratamiento,
      before: new Set(
        [...goesOn, 'pronto', 'este', 'esta', 'mañana', 'proximo', 'dentro', 'antes'].filter(
          word => word !== 'a',
        ),
      ),
    },
  ]),
}

// ── level ────────────────────────────────────────────────────────────────────────────────────────────────

const withSemester = `ya apenas recien alumno alumna estudiante inscrito inscrita ahora en a al de del el la mi un una
  nivel semestre ${[...first, ...later, ...numbers(2, 12)].join(' ')}`

const nivel: Rule = {
  study: true,
  verbs: studyVerbs,
  between: set(withSemester),
  things: things(
    [
      list('maestria, doctorado, posgrado, postgrado'),
      { fact: { nivel: 'posgrado' }, bare: true, before: goesOn },
    ],
    [
      list(`media superior, medio superior, nivel medio, nivel medio superior, nivel media superior, prepa, preparatoria,
      bachillerato, vocacional, voca, cecyt`),
      { fact: { nivel: 'medio-superior' }, bare: true, before: new Set([...goesOn, ...numbers(1, 20)]) },
    ],
    [
      list('superior, nivel superior, licenciatura, universidad, ingenieria'),
      { fact: { nivel: 'superior' }, bare: true, before: goesOn },
    ],
  ),
}

// ── school ───────────────────────────────────────────────────────────────────────────────────────────────

/** A name that two schools share tells neither. */
function compile(schools: Escuelas): Rule {
  const names = new Phrases<Said>()
  const owners = new Map<string, string>()
  for (const [id, school] of Object.entries(schools))
    for (const name of [school.nombre, ...school.dichos]) {
      const key = readWords(name).join(' ')
      const owner = owners.get(key)
      if (owner === undefined) names.add(name, { fact: { plantel: id }, bare: true })
      else if (owner !== id) names.drop(name)
      owners.set(key, owner ?? id)
    }
  const between = new Set([
    ...set(withSemester),
    ...set(
      'nuevo ingreso escuela plantel por aqui alla aca que maestria doctorado posgrado licenciatura ingenieria carrera',
    ),
  ])
  return { study: true, verbs: studyVerbs, between, things: names }
}

const compiled = new WeakMap<Escuelas, Rule>()
function plantel(schools: Escuelas): Rule {
  const rule = compiled.get(schools) ?? compile(schools)
  compiled.set(schools, rule)
  return rule
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────

/** What follows is not read. */
export const mostChars = 1000
const mostBetween = 8
const rules = [
  semestre,
  enCual,
  ingreso,
  entrada,
  mayoria,
  edad,
  cumplir,
  otroServicio,
  enlisted,
  tratamiento,
  operacion,
  nivel,
]

interface Clause {
  readonly words: readonly string[]
  readonly asks: boolean
}

/** `sí` affirms and goes, `si` supposes and stays: the accent is all that tells them apart. */
function readClauses(text: string): Clause[] {
  const short = text.slice(0, mostChars).normalize('NFC')
  const pieces = short.replace(/(?<!\p{L})n(?:o|um|úm)\.(?= ?\d)/giu, ' ').split(/(?<=[.,;:?!\n()¿¡])/u)
  return pieces
    .map(piece => ({
      words: readWords(piece.replace(/(?<!\p{L})s[íÍ](?!\p{L})/giu, ' ')),
      asks: piece.endsWith('?'),
    }))
    .filter(clause => clause.words.length > 0)
}

const childNouns = set('hijo hija niño niña hijito hijita')
const otherNouns =
  set(`mama papa madre padre esposo esposa hermano hermana amigo amiga novio novia primo prima tio tia
  abuelo abuela compañero compañera vecino vecina jefe jefa sobrino sobrina`)
/** What is said of a child, as the child would say it. */
const ownVerbs = new Map(
  list(`es soy, va voy, esta estoy, estudia estudio, cursa curso, entro entre, paso pase, quedo quede, ingreso ingrese,
  acaba acabo, tiene tengo, cumplio cumpli, cumple cumplo, ha he, cuenta cuento, pertenece pertenezco, lleva llevo,
  sigue sigo, recibe recibo`).map(pair => pair.split(' ') as [string, string]),
)
const firstPerson = new Set(ownVerbs.values())
const isOf = (nouns: ReadonlySet<string>, words: readonly string[], at: number) =>
  /^(?:mi|su|un|una|nuestro|nuestra)$/.test(words[at - 1] ?? '') && nouns.has(words[at] as string)

/** A parent writes of the student: "mi hija va en primero, tiene 15" is what the student would say of herself. */
function speakForChild(clauses: readonly Clause[]): Clause[] {
  let ofChild = false
  return clauses.map(clause => ({
    ...clause,
    words: clause.words.map((word, at) => {
      if (isOf(childNouns, clause.words, at)) ofChild = true
      else if (isOf(otherNouns, clause.words, at)) ofChild = false
      if (firstPerson.has(word)) return notSaid
      if (!ofChild) return word
      const next = clause.words[at + 1] ?? ''
      const afterChild = childNouns.has(clause.words[at - 1] ?? '')
      if (afterChild && (word === 'de' || word === 'con') && /^\d+$/.test(next)) return 'tengo'
      if (/^l[oae]$/.test(word) && /^(?:van|operan|operaran|programaron|tienen)$/.test(next)) return 'me'
      return ownVerbs.get(word) ?? word
    }),
  }))
}
/** In the place of a parent's "tengo", which is not the student's. */
const notSaid = '-'

const denials = set('no ni tampoco nunca jamas nadie')
const fillers = set('ya me aun todavia es que')
function isDenied(words: readonly string[], verbAt: number): boolean {
  for (let at = verbAt - 1; at >= 0 && verbAt - at <= 2; at--) {
    if (denials.has(words[at] as string)) return true
    if (!fillers.has(words[at] as string)) return false
  }
  return false
}

const supposing = set('si caso suponiendo supongamos imagina imaginate sin')
const asking = set('que como donde cuando cuanto cual quien puedo debo necesito tengo pasa hay')

/** "si tengo ISSSTE" answers where it is all that is said; elsewhere it supposes. */
function supposes(words: readonly string[], verbAt: number, only: boolean): boolean {
  const at = words.findIndex((word, index) => index < verbAt && supposing.has(word))
  if (at < 0) return false
  return !(
    only &&
    at === 0 &&
    words[0] === 'si' &&
    verbAt <= 2 &&
    !words.slice(verbAt + 1).some(word => asking.has(word))
  )
}

const mayFollow = (said: Said, next: string | undefined) =>
  next === undefined || said.before === undefined || said.before.has(next)

/** What is said after the verb that ends before `at`, with few and known words between, or the rest of the studies. */
function findThing(rule: Rule, all: readonly Rule[], words: readonly string[], at: number): Said | undefined {
  for (let from = at; from < words.length && from - at <= mostBetween; ) {
    const found = rule.things.findAt(words, from)
    if (found && mayFollow(found.value, words[found.next])) return found.value
    const other = rule.study && findStudy(rule, all, words, from)
    if (!other && !rule.between.has(words[from] as string)) return undefined
    from = other || from + 1
  }
  return undefined
}

/** Where another rule's word of the studies ends that begins at `from`: "soy de [escom] de 3er semestre". */
function findStudy(
  rule: Rule,
  all: readonly Rule[],
  words: readonly string[],
  from: number,
): number | undefined {
  const ends = all.flatMap(other =>
    other.study && other !== rule ? (other.things.findAt(words, from)?.next ?? []) : [],
  )
  return ends.length > 0 ? Math.max(...ends) : undefined
}

function readSaid(rule: Rule, all: readonly Rule[], clause: Clause, only: boolean): Facts[] {
  const facts: Facts[] = []
  for (let at = 0; at < clause.words.length; at++) {
    const verb = rule.verbs.findAt(clause.words, at)
    if (!verb) continue
    const said = findThing(rule, all, clause.words, verb.next)
    if (!said || supposes(clause.words, at, only)) continue
    const fact = isDenied(clause.words, at) ? said.not : said.fact
    if (fact) facts.push(fact)
  }
  return facts
}

const withoutOf = phrasesWith<Facts>(
  [ways(['', 'otro', 'ningun', 'ningun otro'], insurances), { otroServicio: 'no' }],
  [list('tratamiento, tratamientos, tratamiento medico, ningun tratamiento'), { tratamiento: 'no' }],
)

/** "Sin tratamiento", "no tengo otro seguro ni tratamiento": said of oneself where nothing is asked. */
function readWithout({ words, asks }: Clause): Facts[] {
  if (asks || words.some(word => supposing.has(word) && word !== 'sin')) return []
  return words.flatMap((word, at) => {
    const denies =
      word === 'ni'
        ? words.slice(0, at).some(it => it === 'no' || it === 'sin')
        : word === 'sin' && opens(words[at - 1])
    const found = denies ? withoutOf.findAt(words, at + 1) : undefined
    const next = found && words[found.next]
    return found && (next === undefined || goesOn.has(next) || next === 'ni') ? [found.value] : []
  })
}
const opens = (before: string | undefined) => before === undefined || opening.has(before)
const opening = set('y estoy ando pero e')

const loose = set('de del en la el al a y con por mi ya los un una soy creo que estudiante alumno alumna')

/** "de primero de la voca 6": nothing but things said, so their verbs are not missed. */
function readBare(all: readonly Rule[], clause: Clause): Facts[] {
  const facts: Facts[] = []
  for (let at = 0; at < clause.words.length; ) {
    const found = all
      .map(rule => rule.things.findAt(clause.words, at))
      .filter(one => one?.value.bare)
      .sort((a, b) => (b?.next ?? 0) - (a?.next ?? 0))[0]
    if (found?.value.fact) facts.push(found.value.fact)
    else if (!loose.has(clause.words[at] as string)) return []
    at = found?.next ?? at + 1
  }
  return clause.asks ? [] : facts
}

/**
 * Fields said twice in two ways are left open, save after "me equivoqué", and save insurance: "no tengo ISSSTE,
 * tengo Pemex" has one.
 */
function merge(all: readonly Facts[], corrects: boolean, schools: Escuelas): Facts {
  const merged: Record<string, string> = {}
  const disputed = new Set<string>()
  for (const fact of all)
    for (const [field, value] of Object.entries(fact)) {
      if (merged[field] !== undefined && merged[field] !== value) disputed.add(field)
      merged[field] = value
    }
  if (!corrects) for (const field of disputed) delete merged[field]
  if (disputed.has('otroServicio')) merged.otroServicio = 'si'
  const level = schools[merged.plantel ?? '']?.nivel
  // What was said of the level goes before the school's own: "una maestría en ESCOM".
  if (level !== undefined && !all.some(fact => fact.nivel)) merged.nivel = level
  return merged as Facts
}

const corrections = set('equivoque perdon corrijo mejor digo bueno error')

export function readFacts(text: string, schools: Escuelas): Facts {
  const read = readClauses(text)
  const ofChild = read.some(({ words }) =>
    words.some((_, at) => isOf(childNouns, words, at) && words[at - 1] !== 'un'),
  )
  const clauses = ofChild ? speakForChild(read) : read
  const only = clauses.length === 1
  const all = [...rules, plantel(schools)]
  const facts: Facts[] = []
  const bare: Facts[] = []
  for (const clause of clauses) {
    const said = [...all.flatMap(rule => readSaid(rule, all, clause, only)), ...readWithout(clause)]
    facts.push(...said)
    if (said.length === 0) bare.push(...readBare(all, clause))
  }
  // One bare word among other sentences may be of anything: "primero, ¿qué necesito?".
  const told = only || facts.length + bare.length > 1 ? [...facts, ...bare] : facts
  const corrects = clauses.some(clause => clause.words.some(word => corrections.has(word)))
  return merge(told, corrects, schools)
}
