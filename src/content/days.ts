/** The dates in content/: what they must keep, for the check. */
import { type Fault, fault } from './faults.ts'
import type { Content } from './load.ts'
import { answerFile, plantelFile } from './said.ts'

/** A range of dates that lasts longer has a wrong year in it. */
const maxRangeMs = 366 * 24 * 60 * 60 * 1000

/** Nothing that has lapsed, was reviewed tomorrow or ends before it begins. A past calendar harms nobody. */
export const checkDays = ({ preguntas, planteles }: Content, today: string): Fault[] => [
  ...Object.entries(preguntas).flatMap(([id, { desde, hasta, revisado }]) => {
    const file = answerFile(id)
    return [
      ...(hasta && hasta < today ? [fault('vencida', file, 'hasta', hasta)] : []),
      ...(revisado > today ? [fault('futuro', file, 'revisado', revisado)] : []),
      ...(desde && hasta && desde >= hasta ? [fault('alReves', file, 'desde', desde, hasta)] : []),
    ]
  }),
  ...Object.entries(planteles).flatMap(([id, of]) => [
    ...datesOf(of)
      .filter(([, cuando]) => cuando > today)
      .map(([field, cuando]) => fault('futuro', plantelFile(id), field, cuando)),
    ...rangesOf(of)
      .filter(([, { desde, hasta }]) => desde > hasta)
      .map(([field, { desde, hasta }]) => fault('alReves', plantelFile(id), field, desde, hasta)),
    ...rangesOf(of)
      .filter(([, { desde, hasta }]) => Date.parse(hasta) - Date.parse(desde) > maxRangeMs)
      .map(([field]) => fault('rangoLargo', plantelFile(id), field)),
    ...of.inscripcion.flatMap(({ proceso, recepcion }, i) =>
      recepcion
        .map((range, j) => [`inscripcion.${i + 1}.recepcion.${j + 1}`, range] as const)
        .filter(([, range]) => range.desde < proceso.desde || range.hasta > proceso.hasta)
        .map(([field]) => fault('fueraDelProceso', plantelFile(id), field)),
    ),
  ]),
]

type Plantel = Content['planteles'][string]

/** When each thing of a plantel was said. */
function datesOf(of: Plantel): [field: string, cuando: string][] {
  const named = (field: string, table: Readonly<Record<string, { cuando: string } | undefined>>) =>
    Object.entries(table).flatMap(([key, said]): [string, string][] =>
      said ? [[`${field}.${key}.cuando`, said.cuando]] : [],
    )
  const listed = (field: string, list: readonly { cuando: string }[]) =>
    list.map(({ cuando }, i): [string, string] => [`${field}.${i + 1}.cuando`, cuando])
  return [
    ...(of.dosIngresos ? ([['dosIngresos.cuando', of.dosIngresos.cuando]] as [string, string][]) : []),
    ...named('oficinas', of.oficinas),
    ...named('respuestas', of.respuestas),
    ...named('pasos', of.pasos),
    ...listed('inscripcion', of.inscripcion),
    ...listed('inhabiles', of.inhabiles),
  ]
}

function rangesOf(of: Plantel): [field: string, range: { desde: string; hasta: string }][] {
  return [
    ...of.inhabiles.map((range, i): [string, typeof range] => [`inhabiles.${i + 1}`, range]),
    ...of.inscripcion.flatMap(({ proceso, recepcion }, i): [string, typeof proceso][] => [
      [`inscripcion.${i + 1}.proceso`, proceso],
      ...recepcion.map((range, j): [string, typeof range] => [
        `inscripcion.${i + 1}.recepcion.${j + 1}`,
        range,
      ]),
    ]),
  ]
}
