/**
 * The form of every file in content/, as zod schemas. The loader parses with them, `npm run draw` writes them
 * out as JSON Schemas for editors. Field names are Spanish because school staff write these files.
 */
import { z } from 'zod'

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'minúsculas, números y guiones')
/** A day of the calendar; 2026-02-30 is none. */
const day = z.iso.date('una fecha AAAA-MM-DD')
/** A place in a source: `A188` or `B27-30` (lines, both included). */
const cite = z.string().regex(/^[AB]\d+(-\d+)?$/, 'un lugar de las fuentes: A188 o B27-30')
/** A button: 20 characters, what WhatsApp shows of it. */
const label = z.string().min(1).max(20)
const text = z.string().min(1).max(1000)

/** Whom something concerns: every field given must fit; a list means any of them. */
const oneOrMany = <T extends z.ZodType>(of: T) => z.union([of, z.array(of).min(1)])
export const Condicion = z.strictObject({
  nivel: oneOrMany(z.enum(['medio-superior', 'superior', 'posgrado'])).optional(),
  semestre: z.enum(['primero', 'posterior']).optional(),
  edad: z.enum(['menor', 'adulto']).optional(),
  otroServicio: z.enum(['si', 'no']).optional(),
  tratamiento: z.enum(['si', 'no']).optional(),
})
export type Condicion = z.infer<typeof Condicion>

/** Who said something that the sources do not hold, and when. */
const dicho = { quien: z.string().min(3), cuando: day }

export const Pregunta = z.strictObject({
  titulo: z.string().min(3).max(72),
  boton: label,
  grupo: id,
  revisado: day,
  desde: day.optional(),
  hasta: day.optional(),
  /** The first screen: at most 90 words, the answer in the first sentence. */
  respuesta: text,
  /** The second screen, offered behind a button. */
  mas: text.optional(),
  /** An answer of its own for a kind of student; the first that fits replaces `respuesta` and `mas`. */
  casos: z.array(z.strictObject({ si: Condicion, respuesta: text })).optional(),
  fuentes: z.array(cite).min(1),
  /** Item by item of temas.yaml, in its order: the words of respuesta or mas that say it. */
  dice: z.array(z.array(z.string().min(2)).min(1)).min(1),
  /** What to press next: other topics or flows. */
  sigue: z.array(id).max(3).default([]),
  /**
   * Which topic answers a short question after this one ("¿y dónde es?"), by the aspects of seguimientos.yaml;
   * by `menor`, `posterior` … for "¿y si soy menor?". What is not named here goes by the aspect's own topic.
   */
  seguimiento: z.record(id, id).default({}),
  ejemplos: z.array(z.string().min(2)).min(40),
})
export type Pregunta = z.infer<typeof Pregunta>

/** actos.yaml: what a message may be besides a question. */
export const Actos = z.record(id, z.strictObject({ ejemplos: z.array(z.string().min(1)).min(40) }))
export type Actos = z.infer<typeof Actos>

/** medida/*.yaml: questions by topic or act that are never learnt from: they measure. */
export const Medida = z.record(id, z.array(z.string().min(1)).min(1))
export type Medida = z.infer<typeof Medida>

/**
 * seguimientos.yaml: how people ask after an answer, by aspect, and the topic that answers it unless the answer's own
 * file says another; `misma` is the one answered before. Suppositions (`supuestos`) need no examples.
 */
export const Seguimientos = z.record(
  id,
  z.strictObject({ tema: id.optional(), ejemplos: z.array(z.string().min(1)).default([]) }),
)
/** As a `tema`: the topic that was answered before. */
export const misma = 'misma'
export type Seguimientos = z.infer<typeof Seguimientos>

/** What a supposition ("¿y si soy menor?") may be about, as `seguimiento` names it. */
export const supuestos = [
  'medio-superior',
  'superior',
  'posgrado',
  'primero',
  'posterior',
  'menor',
  'adulto',
  'otro-servicio',
  'tratamiento',
] as const

/** temas.yaml: a copy of the contract's topics.yaml, with the items as lists of places: what each answer must hold. */
export const Temas = z.record(
  id,
  z.array(z.strictObject({ dato: z.string().min(3), fuentes: z.array(cite).min(1) })).min(1),
)
export type Temas = z.infer<typeof Temas>

export const Paso = z.strictObject({
  titulo: z.string().min(3).max(60),
  boton: label,
  orden: z.number().int(),
  /** How people name it when they say that it is done: without accents; the longest that fits wins. */
  dichos: z.array(z.string().min(2)).min(1),
  /** Which procedure it belongs to. */
  tramite: z.enum(['alta', 'renuncia', 'cambio']),
  si: Condicion.default({}),
  /** Which window it waits for: the NSS cards' or the month of the cédula. */
  ventana: z.enum(['nss', 'cedula']).optional(),
  como: text,
  casos: z.array(z.strictObject({ si: Condicion, como: text })).optional(),
  fuentes: z.array(cite).min(1),
  preguntas: z.array(id).default([]),
})
export type Paso = z.infer<typeof Paso>

const rango = { desde: day, hasta: day }

export const Plantel = z.strictObject({
  nombre: z.string().min(2),
  /** An example to copy, never recognised in what students write. */
  ejemplo: z.boolean().default(false),
  nivel: z.enum(['medio-superior', 'superior', 'posgrado']).optional(),
  /** First semester starts twice a year (A144-156). */
  dosIngresos: z.strictObject({ valor: z.boolean(), ...dicho }).optional(),
  oficinas: z
    .strictObject({
      servicios: z.strictObject({ nombre: z.string(), donde: z.string().optional(), ...dicho }),
      seguro: z.strictObject({ nombre: z.string(), donde: z.string().optional(), ...dicho }),
    })
    .partial()
    .default({}),
  /** While `proceso` lasts, cards are received in `recepcion` and not on days 1 to 5 (B27-30). */
  inscripcion: z
    .array(
      z.strictObject({
        proceso: z.strictObject(rango),
        recepcion: z.array(z.strictObject(rango)).min(1),
        ...dicho,
      }),
    )
    .default([]),
  inhabiles: z.array(z.strictObject({ ...rango, motivo: z.string().min(3), ...dicho })).default([]),
  /** What the plantel settles for itself: from then on that is the answer there. */
  respuestas: z.record(id, z.strictObject({ texto: text, ...dicho })).default({}),
  /** A step as this plantel does it. */
  pasos: z.record(id, z.strictObject({ como: text, ...dicho })).default({}),
})
export type Plantel = z.infer<typeof Plantel>

/** escuelas.yaml: the schools' names as students say them, to understand, never to tell. */
export const Escuelas = z.record(
  id,
  z.strictObject({
    nombre: z.string().min(2),
    nivel: z.enum(['medio-superior', 'superior', 'posgrado']),
    dichos: z.array(z.string().min(2)).min(1),
  }),
)
export type Escuelas = z.infer<typeof Escuelas>

/**
 * A text with a fact in it (a number, a link, something quoted) says where it comes from: places in the sources, or
 * who said it; `usted` is the same text for a parent who writes de usted.
 */
const mensaje = z.union([
  text,
  z.strictObject({ texto: text, usted: text.optional(), fuentes: z.array(cite).min(1).optional() }),
  z.strictObject({ texto: text, usted: text.optional(), ...dicho }),
])

export const Mensajes = z.strictObject({
  textos: z.record(z.string(), mensaje),
  /** A choice by its id: what the button says and what people write instead of pressing it. */
  opciones: z.record(
    z.string(),
    z.strictObject({
      boton: label,
      dichos: z.array(z.string().min(1)).default([]),
      fuentes: z.array(cite).min(1).optional(),
    }),
  ),
  grupos: z.record(id, z.strictObject({ titulo: z.string().max(72), boton: label })),
})
export type Mensajes = z.infer<typeof Mensajes>

/** fuentes/fuentes.yaml: the two source documents. */
export const Fuentes = z.record(
  z.enum(['A', 'B']),
  z.strictObject({ nombre: z.string().min(3), archivo: z.string() }),
)
export type Fuentes = z.infer<typeof Fuentes>

const word = z.string().min(1)
/** pagina.yaml: the words of the web page itself. */
export const Pagina = z.strictObject({
  titulo: word,
  lema: word,
  descripcion: word,
  conversacion: word,
  tu: word,
  guia: word,
  escribe: word,
  enviar: word,
  escribiendo: word,
  sinConexion: word,
  otraVez: word,
  muyRapido: word,
  muyGrande: word,
  malMensaje: word,
  falla: word,
  noExiste: word,
  foto: word,
  archivo: word,
  voz: word,
  sticker: word,
  descargar: word,
  empezar: word,
  sinCookies: word,
  aparte: word,
  abrir: word,
  cerrar: word,
})
export type Pagina = z.infer<typeof Pagina>

/** telegram.yaml: what Telegram shows around the conversation; the lengths are its own (core.telegram.org/bots/api). */
export const Telegram = z.strictObject({
  presentacion: word.max(512),
  resumen: word.max(120),
  comandos: z.record(z.string().regex(/^[a-z0-9_]{1,32}$/), word.max(256)),
  avisos: z.strictObject({ vieja: word.max(200) }),
})
export type Telegram = z.infer<typeof Telegram>

/** whatsapp-nube.yaml: what WhatsApp's Cloud API shows around the conversation; the lengths and signs are Meta's. */
export const WhatsAppNube = z.strictObject({
  /** What may be sent to whoever has not written for 24 hours, as it was approved; {{1}} is the message. */
  plantilla: z.strictObject({
    nombre: z.string().regex(/^[a-z0-9_]{1,512}$/, 'minúsculas, números y _'),
    idioma: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, 'un idioma: es_MX'),
    texto: z
      .string()
      .max(500)
      .regex(/^(?!\s*\{\{)[^{}]+\{\{1\}\}[^{}]*[^{}\s][^{}]*$/, '{{1}} una vez, ni al principio ni al final'),
  }),
  lista: word.max(20),
  /** Under buttons, where what can be written besides is not one of them. */
  pie: word.max(60),
})
export type WhatsAppNube = z.infer<typeof WhatsAppNube>

/** A text in which only these {gaps} are filled. */
const withGaps = (...gaps: string[]) =>
  word.refine(text => [...text.matchAll(/\{(.*?)\}/g)].every(([, gap = '']) => gaps.includes(gap)), {
    error: gaps.length > 0 ? `de {…}, solo ${gaps.map(gap => `{${gap}}`).join(', ')}` : 'sin {…}',
  })

/** whatsapp-web.yaml: what staff reads who look after the unofficial WhatsApp. */
export const WhatsAppWeb = z.strictObject({
  aviso: withGaps(),
  estados: z.strictObject({
    arranca: withGaps('desde'),
    escanea: withGaps(),
    caduca: withGaps(),
    lista: withGaps('desde'),
    espera: withGaps('desde'),
    cerrada: withGaps(),
    parada: withGaps(),
    apagada: withGaps('carpeta'),
    sinWhatsapp: withGaps(),
  }),
  cuenta: z.strictObject({
    hoy: withGaps('respuestas', 'topeRespuestas', 'avisos', 'topeAvisos'),
    desde: withGaps('dia'),
    nunca: withGaps(),
    noche: withGaps(),
  }),
  hecho: z.strictObject({
    parar: withGaps(),
    seguir: withGaps(),
    pararApagada: withGaps('carpeta'),
    seguirApagada: withGaps('carpeta'),
  }),
  momento: withGaps('hora', 'dia'),
})
export type WhatsAppWeb = z.infer<typeof WhatsAppWeb>
