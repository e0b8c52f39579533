/** The page's own words, out of content/pagina.yaml. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const word = z.string().min(1)

export const Words = z.strictObject({
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
  abrir: word,
  cerrar: word,
})
export type Words = z.infer<typeof Words>

export function loadWords(): Words {
  return Words.parse(parse(readFileSync(new URL('../../../content/pagina.yaml', import.meta.url), 'utf8')))
}
