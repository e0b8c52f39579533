/** The schemas as JSON Schemas in content/esquemas, so that an editor checks a file while it is written. */
import { z } from 'zod'
import {
  Actos,
  Avisos,
  Escuelas,
  Fuentes,
  Medida,
  Mensajes,
  Pagina,
  Paso,
  Personal,
  Plantel,
  Pregunta,
  Seguimientos,
  Telegram,
  Temas,
  WhatsAppNube,
  WhatsAppWeb,
} from './schema.ts'

/** By the name that the first line of a content file points to. */
const schemas: Readonly<Record<string, z.ZodType>> = {
  pregunta: Pregunta,
  paso: Paso,
  plantel: Plantel,
  actos: Actos,
  seguimientos: Seguimientos,
  escuelas: Escuelas,
  mensajes: Mensajes,
  pagina: Pagina,
  telegram: Telegram,
  avisos: Avisos,
  personal: Personal,
  'whatsapp-nube': WhatsAppNube,
  'whatsapp-web': WhatsAppWeb,
  temas: Temas,
  fuentes: Fuentes,
  medida: Medida,
}

/** Path from the repository's top → text. */
export function drawSchemas(): Map<string, string> {
  return new Map(
    Object.entries(schemas).map(([name, schema]) => [
      `content/esquemas/${name}.json`,
      `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
    ]),
  )
}
