/** What people may send, at random: presses, words, slips, questions, facts, commands and nonsense. */
import { flowIds } from '../../flows/index.ts'
import type { Body, Choice } from '../../src/message.ts'
import { guide, type Random } from './talk.ts'

const { content } = guide
const options = Object.values(content.mensajes.opciones)
const labels = options.map(({ boton }) => boton)
const words = options.flatMap(({ dichos }) => dichos)
const examples = Object.values(content.examples()).flat()
const stepNames = content.pasos.flatMap(({ dichos }) => dichos)
const schools = Object.values(content.escuelas).flatMap(({ dichos }) => dichos)
const facts = [
  'soy de prepa',
  'voy en primer semestre',
  'tengo 17 años',
  'ya soy mayor',
  'tengo ISSSTE por mi mamá',
  'no tengo otro seguro',
  'estoy en tratamiento',
  'soy de posgrado y tengo 24',
  'me equivoqué, soy de segundo',
  'mi hija es menor y va en la voca 9, disculpe',
]
const strange = [
  '',
  ' \n\t ',
  '😀',
  '👨‍👩‍👧‍👦🇲🇽',
  '2️⃣',
  '\0',
  '\u202e\u0007\u001b[31m',
  '<script>alert(1)</script><b>hola</b>',
  '"\'; drop table conversacion; --',
  '{ventana} {nada} %s',
  '__proto__',
  'constructor',
  'toString',
  '/constructor',
  '\ud800',
  '½ ٣ ௧ Ⅷ',
  'GODE561231HDFRRN09',
  'mi nss es 12345678901 y mi cel 5512345678',
  'juan@example.com',
  '?',
  '¿¿¿???',
  '////',
  'a'.repeat(2001),
  'no '.repeat(600),
]
const numbers = [
  '0',
  '1',
  '2',
  '3',
  '7',
  '17',
  '18',
  '99',
  '110',
  '-5',
  '50 50',
  '50/50',
  '33.3 33.3 33.4',
  '34, 33 y 33',
  '1e9',
  '3ro',
  'la 2',
  'la segunda',
  'mitad y mitad',
  '000',
  '60 y 60',
  '9'.repeat(30),
]
const commands =
  '/start /menu /ayuda /salir /volver /borrar /recordatorios /checklist /persona /privacidad /ventana /vigencia /renuncia /cambio /nada / /MENU@vigente_bot /start\u0020x'.split(
    ' ',
  )

const payloads = [
  ...['plantel-escom', 'plantel-nada', 'flujo-tramite', 'flujo-nada', 'tema-nada', 'tema-', '__proto__', ''],
  ...flowIds.map(id => `flujo-${id}`),
  ...Object.keys(content.preguntas).map(id => `tema-${id}`),
]

/** One key wrong: doubled, dropped, swapped or another. */
function mistyped(random: Random, text: string): string {
  const at = random.below(text.length)
  const [before, sign, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)]
  return random.of([
    `${before}${sign}${sign}${after}`,
    `${before}${after}`,
    `${before}${after.charAt(0)}${sign}${after.slice(1)}`,
    `${before}ñ${after}`,
    text.toUpperCase(),
  ])
}

type Kind = (offered: readonly Choice[]) => Body
export const write = (text: string): Body => ({ kind: 'text', text })
const press = (choice: string): Body => ({ kind: 'choice', choice })
export const longest = [
  write('x'.repeat(100_000)),
  write('¿cuánto cuesta? '.repeat(6_250)),
  write('1 '.repeat(50_000)),
]

export interface Inputs {
  /** Something to send where these are offered. */
  next(offered: readonly Choice[]): Body
  /** May be pressed long after. */
  keep(choices: readonly Choice[]): void
}

export function createInputs(random: Random): Inputs {
  const stale: string[] = [
    'menu',
    'volver',
    'tema:',
    'mas:nada',
    'flujo:__proto__',
    'perfil.nivel:superior',
    'aviso:0:paso=nss',
    'aviso:7:paso=nada',
    'aviso:7:flujo=checklist',
    'aviso:0:flujo=__proto__',
    '',
  ]
  const spoken = [examples, words, facts, commands, strange].map(of => () => random.of(of))
  /** What people do, the more frequent more often. */
  const kinds: readonly (readonly [share: number, kind: Kind])[] = [
    [40, offered => (offered.length > 0 ? press(random.of(offered).id) : write('hola'))],
    [4, () => press(random.of(stale))],
    [8, offered => write(String(1 + random.below(offered.length + 2)))],
    [6, offered => write(offered.length > 0 ? random.of(offered).label : 'menú')],
    [6, () => write(mistyped(random, random.of(labels)))],
    [5, () => write(random.of(words))],
    [8, () => write(random.of(examples))],
    [3, () => write(mistyped(random, random.of(examples)))],
    [4, () => write(random.of(facts))],
    [2, () => write(`soy de ${random.of(schools)}`)],
    [
      4,
      () =>
        write(
          `${random.of(['ya hice', 'ya entregué', 'desmarca', 'no he hecho', 'palomea'])} ${random.of(stepNames)}`,
        ),
    ],
    [3, () => write(random.of(commands))],
    [4, () => write(random.of(numbers))],
    [3, () => write(random.of(strange))],
    [1, () => write(`${random.of(facts)}. ${random.of(examples)}`)],
    [
      2,
      () => ({ kind: 'file', file: random.of(['sticker', 'photo', 'voice', 'document', 'other'] as const) }),
    ],
    [2, () => write(`/start ${random.of(payloads)}`)],
    [
      3,
      () => ({ kind: 'text', text: random.of(spoken)(), how: random.of(['edited', 'forwarded'] as const) }),
    ],
  ]

  const shares = kinds.flatMap(([share, kind]) => Array.from({ length: share }, () => kind))
  return {
    next: offered => random.of(shares)(offered),
    keep: choices => stale.push(...choices.map(({ id }) => id)),
  }
}
