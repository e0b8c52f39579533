/** Every text of content/ that a student reads, with its place and with what stands behind it: the check walks them. */
import type { Content } from './load.ts'

/** A text that a student reads, where it stands, and what stands behind it. */
export interface Said {
  readonly file: string
  readonly field: string
  readonly text: string
  /** Absent where who said it and when stand next to it, as for what a plantel says. */
  readonly cites?: readonly string[]
  readonly choice?: boolean
}

export function textsOf(content: Content): Said[] {
  return [...answerTexts(content), ...stepTexts(content), ...messageTexts(content), ...plantelTexts(content)]
}

function answerTexts({ preguntas }: Content): Said[] {
  return Object.entries(preguntas).flatMap(([id, of]) => {
    const said = (field: string, text: string) => ({ file: answerFile(id), field, text, cites: of.fuentes })
    return [
      said('titulo', of.titulo),
      said('boton', of.boton),
      said('respuesta', of.respuesta),
      ...(of.mas ? [said('mas', of.mas)] : []),
      ...(of.casos ?? []).map((caso, i) => said(`casos.${i + 1}.respuesta`, caso.respuesta)),
    ]
  })
}

function stepTexts({ pasos }: Content): Said[] {
  return pasos.flatMap(of => {
    const said = (field: string, text: string) => ({ file: stepFile(of.id), field, text, cites: of.fuentes })
    return [
      said('titulo', of.titulo),
      said('boton', of.boton),
      said('como', of.como),
      ...(of.casos ?? []).map((caso, i) => said(`casos.${i + 1}.como`, caso.como)),
    ]
  })
}

function messageTexts({ mensajes }: Content): Said[] {
  const texts = Object.entries(mensajes.textos).flatMap(([key, of]) => {
    // What staff read tells of the program, not of the procedure.
    const proof = key.startsWith('personal.') ? {} : { cites: [] }
    if (typeof of === 'string') return [{ file: messages, field: `textos.${key}`, text: of, ...proof }]
    const said = (field: string, text: string) => ({
      file: messages,
      field: `textos.${key}.${field}`,
      text,
      ...('quien' in of ? {} : { cites: of.fuentes ?? [] }),
    })
    return [said('texto', of.texto), ...(of.usted ? [said('usted', of.usted)] : [])]
  })
  const choices = Object.entries(mensajes.opciones).map(([key, { boton, fuentes }]) => ({
    file: messages,
    field: `opciones.${key}.boton`,
    text: boton,
    cites: fuentes ?? [],
    choice: true,
  }))
  const groups = Object.entries(mensajes.grupos).flatMap(([key, { titulo, boton }]) => [
    { file: messages, field: `grupos.${key}.titulo`, text: titulo, cites: [] },
    { file: messages, field: `grupos.${key}.boton`, text: boton, cites: [] },
  ])
  return [...texts, ...choices, ...groups]
}

function plantelTexts({ planteles }: Content): Said[] {
  return Object.entries(planteles).flatMap(([id, { respuestas, pasos }]) => [
    ...Object.entries(respuestas).map(([key, { texto }]) => ({
      file: plantelFile(id),
      field: `respuestas.${key}.texto`,
      text: texto,
    })),
    ...Object.entries(pasos).map(([key, { como }]) => ({
      file: plantelFile(id),
      field: `pasos.${key}.como`,
      text: como,
    })),
  ])
}

export const messages = 'mensajes.yaml'
export const topicList = 'temas.yaml'
export const followUps = 'seguimientos.yaml'
export const answerFile = (id: string) => `preguntas/${id}.yaml`
export const stepFile = (id: string) => `tramite/${id}.yaml`
export const plantelFile = (id: string) => `planteles/${id}.yaml`
