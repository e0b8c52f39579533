/**
 * The form of every file in content/, as zod schemas. The loader parses with them, `npm run draw` writes them
 * out as JSON Schemas for editors. Field names are Spanish because school staff write these files.
 */
import { z } from 'zod'
import { temas } from '../message.ts'

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

const hour = z.int().min(0).max(23)
/** avisos.yaml: the rules of what is said unasked, which hold whatever anybody presses. */
export const Avisos = z
  .strictObject({
    /** At which hour of Mexico City reminders go out. */
    hora: hour,
    /** Nothing is sent unasked from the one hour to the other, over midnight. */
    silencio: z.strictObject({ desde: hour, hasta: hour }),
    /** So many messages to one person in seven days. */
    porSemana: z.int().min(1).max(20),
    /** A broadcast to more people than this is confirmed by a second person. */
    confirmaDesde: z.int().min(0),
  })
  .refine(({ hora, silencio }) => silencio.hasta <= hora && hora < silencio.desde, {
    path: ['hora'],
    error: 'cae en las horas de silencio: no saldría ningún recordatorio',
  })
export type Avisos = z.infer<typeof Avisos>

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

/** Texts without a gap, by these keys. */
const wordsOf = <Key extends string>(...keys: readonly Key[]) =>
  z.strictObject(Object.fromEntries(keys.map(key => [key, withGaps()])) as Record<Key, z.ZodString>)
const labelsOf = <Key extends string>(...keys: readonly Key[]) =>
  z.strictObject(Object.fromEntries(keys.map(key => [key, label])) as Record<Key, typeof label>)
const levels = ['medio-superior', 'superior', 'posgrado'] as const

/** personal.yaml: what staff read who write to many, in the chat and at the command line. */
export const Personal = z.strictObject({
  roles: wordsOf('owner', 'editor', 'sender', 'reader'),
  acciones: wordsOf('ver', 'escribir', 'probar', 'enviar', 'confirmar', 'parar', 'personal', 'bitacora'),
  estados: wordsOf(
    'borrador',
    'por-confirmar',
    'programada',
    'preparando',
    'enviando',
    'pausada',
    'terminada',
    'cancelada',
  ),
  destinos: wordsOf(
    'pendiente',
    'enviando',
    'enviado',
    'fallido',
    'incierto',
    'inalcanzable',
    'omitido',
    'cancelado',
    'control',
  ),
  motivos: z.record(id, withGaps()),
  canales: wordsOf('terminal', 'web', 'telegram', 'whatsapp-web', 'whatsapp-cloud'),
  niveles: wordsOf(...levels),
  semestres: wordsOf('primero', 'posterior'),
  momento: withGaps('dia', 'hora'),
  cuenta: withGaps('total', 'canales'),
  cuentaNadie: withGaps(),
  audiencia: z.strictObject({
    temas: wordsOf(...temas),
    plantel: withGaps('planteles'),
    nivel: withGaps('niveles'),
    semestre: withGaps('semestre'),
    falta: withGaps('paso'),
    canal: withGaps('canales'),
    visto: withGaps('dias'),
    ausente: withGaps('dias'),
    sinDifusion: withGaps('avisos'),
    sinPlantel: withGaps('planteles'),
  }),
  aviso: z.strictObject({
    cabeza: withGaps('id', 'estado', 'titulo'),
    para: withGaps('audiencia'),
    cuenta: withGaps('cuenta'),
    control: withGaps('por', 'n'),
    cuando: withGaps('momento'),
    cuandoYa: withGaps(),
    vence: withGaps('momento'),
    boton: withGaps('boton'),
    escribe: withGaps('nombre'),
    pide: withGaps('nombre'),
    confirma: withGaps('nombre'),
    texto: withGaps('texto'),
    porConfirmar: withGaps('roles', 'id'),
  }),
  avance: z.strictObject({
    barra: withGaps('barra', 'por'),
    cuenta: withGaps('hechos', 'total'),
    parte: withGaps('destino', 'n'),
  }),
  reporte: z.strictObject({
    enviados: withGaps('n', 'total'),
    acuses: withGaps('entregados', 'leidos'),
    motivo: withGaps('destino', 'n', 'motivo'),
    sinMotivo: withGaps('destino', 'n'),
    repetidos: withGaps('n'),
    control: withGaps('n'),
    pulsaron: withGaps('n', 'por'),
    salieron: withGaps('n'),
    paso: withGaps('paso'),
    conAviso: withGaps('hicieron', 'de', 'por'),
    sinAviso: withGaps('hicieron', 'de', 'por'),
  }),
  muestra: z.strictObject({
    cabeza: withGaps('canales'),
    plantilla: withGaps('canales'),
    boton: withGaps('boton'),
    nadie: withGaps(),
  }),
  mesa: z.strictObject({
    hola: withGaps('nombre', 'rol'),
    codigoNo: withGaps(),
    lista: withGaps(),
    listaVacia: withGaps(),
    renglon: withGaps('id', 'titulo', 'estado'),
    masViejos: withGaps(),
    pideTexto: withGaps(),
    pideTextoOtra: withGaps('texto'),
    soloTexto: withGaps(),
    quien: withGaps('audiencia', 'cuenta'),
    tema: withGaps(),
    nivel: withGaps(),
    semestre: withGaps(),
    falta: withGaps(),
    plantel: withGaps('planteles'),
    plantelTodos: withGaps(),
    plantelNo: withGaps('escuela'),
    canal: withGaps(),
    visto: withGaps(),
    sin: withGaps(),
    boton: withGaps(),
    cuando: withGaps(),
    cuandoNo: withGaps(),
    control: withGaps(),
    prueba: withGaps(),
    seguroYa: withGaps('cuenta', 'cuando'),
    seguroOtra: withGaps('cuenta', 'cuando'),
    cuandoAhora: withGaps(),
    cambio: withGaps(),
    seguroCancela: withGaps(),
    seguroConfirma: withGaps('cuenta'),
    cerrada: withGaps(),
  }),
  botones: z.strictObject({
    ...labelsOf(
      'nueva',
      'salir',
      'lista',
      'aviso',
      'texto',
      'quien',
      'boton',
      'cuando',
      'control',
      'muestra',
      'probar',
      'enviar',
      'siEnviar',
      'confirmar',
      'siConfirmar',
      'actualizar',
      'pausar',
      'seguir',
      'cancelar',
      'siCancelar',
      'listo',
      'tema',
      'temaEscuela',
      'temaTramite',
      'nivel',
      'semestre',
      'todos',
      'primero',
      'posterior',
      'falta',
      'cualquiera',
      'plantel',
      'canal',
      'visto',
      'visto7',
      'visto30',
      'ausente30',
      'ausente90',
      'sin',
      'ninguno',
      'sinBoton',
      'ya',
      'control0',
      'control10',
      'control20',
    ).shape,
    niveles: labelsOf(...levels),
    /** Around the label of what is chosen already. */
    marcado: withGaps('boton'),
  }),
  orden: z.strictObject({
    uso: withGaps('roles', 'opciones'),
    noHay: withGaps('orden'),
    noOpcion: withGaps('opcion', 'hay'),
    sinOpciones: withGaps(),
    faltaValor: withGaps('opcion'),
    sobra: withGaps('que'),
    falta: withGaps('campo'),
    malo: withGaps('campo', 'como'),
    como: z.strictObject({
      rol: withGaps('roles'),
      id: withGaps(),
      nombre: withGaps(),
      codigo: withGaps(),
      texto: withGaps(),
      archivo: withGaps(),
      textoYArchivo: withGaps(),
      tema: withGaps('temas'),
      plantel: withGaps('escuelas'),
      nivel: withGaps('niveles'),
      semestre: withGaps('semestres'),
      falta: withGaps('pasos'),
      canal: withGaps('canales'),
      dias: withGaps(),
      avisos: withGaps(),
      boton: withGaps(),
      control: withGaps(),
      cuando: withGaps(),
      vence: withGaps(),
    }),
    invitado: withGaps('nombre', 'rol', 'codigo'),
    entro: withGaps('nombre'),
    vinculo: withGaps('codigo'),
    persona: withGaps('id', 'nombre', 'rol', 'chat'),
    conChat: withGaps('canal'),
    quitado: withGaps(),
    asiento: withGaps('momento', 'nombre', 'accion', 'difusion', 'detalle'),
    deAviso: withGaps('id'),
    bitacoraBien: withGaps('n'),
    bitacoraMal: withGaps('id'),
    instalacion: withGaps(),
    guardado: withGaps(),
    prueba: withGaps(),
    listaVacia: withGaps(),
    sinCarpeta: withGaps('carpeta'),
    sinGuia: withGaps(),
  }),
  /** Why something was refused, by `Refused.reason`. */
  no: z.strictObject({
    rol: withGaps('rol', 'accion'),
    ...wordsOf('clave', 'orden', 'instala', 'instalado', 'codigo', 'intentos', 'ya-miembro', 'ultimo-owner')
      .shape,
    nadie: withGaps('id'),
    nombre: withGaps('maximo'),
    'no-hay': withGaps('id'),
    estado: withGaps('estado'),
    ...wordsOf('misma-persona', 'vencida', 'sin-chat').shape,
    forma: withGaps('campo'),
    'titulo-largo': withGaps('maximo'),
    'texto-largo': withGaps('maximo', 'largo'),
    'texto-liga': withGaps('liga'),
    ...wordsOf('titulo-datos', 'texto-falta', 'texto-datos').shape,
    'boton-paso': withGaps('paso'),
    'boton-flujo': withGaps('flujo'),
    'audiencia-plantel': withGaps('plantel'),
    'audiencia-nivel': withGaps('nivel'),
    'audiencia-falta': withGaps('paso'),
    'audiencia-difusion': withGaps('difusion'),
    control: withGaps('maximo'),
    ...wordsOf('cuando-forma', 'cuando-paso', 'vence-forma', 'vence-antes').shape,
    'vence-tarde': withGaps('dias'),
    silencio: withGaps('desde', 'hasta'),
  }),
})
export type Personal = z.infer<typeof Personal>
