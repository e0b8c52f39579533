/** What came of a broadcast, counted from the ledger, the platforms' receipts and what people have done; for broadcasts.ts. */
import { type Kysely, sql } from 'kysely'
import { type DestinatarioEstado, destinatarioEstados, type Tables } from './migrations.ts'
import { ranks } from './outbox.ts'

export type Tally = Readonly<Record<DestinatarioEstado, number>>

export interface Figures {
  readonly cuentas: Tally
  readonly motivos: readonly {
    readonly estado: DestinatarioEstado
    readonly motivo: string
    readonly n: number
  }[]
  readonly repetidos: number
  readonly pulsaron: number
  readonly salieron: number
}

/** A step, and the days in which having done it counts. */
export interface StepSought {
  readonly paso: string
  readonly desde: string
  readonly hasta: string
}

export interface Share {
  readonly hicieron: number
  readonly de: number
}

const sum = <T>(all: readonly T[], of: (one: T) => number) => all.reduce((total, one) => total + of(one), 0)

export async function figures(db: Kysely<Tables>, id: number): Promise<Figures> {
  const { rows } = await sql<{
    estado: DestinatarioEstado
    motivo: string | null
    n: number
    repetidos: number
    pulsaron: number
    salieron: number
  }>`
    select estado, motivo, count(*)::integer as n, (count(*) filter (where repetido))::integer as repetidos,
      count(pulsado)::integer as pulsaron, count(salio)::integer as salieron
    from destinatario where difusion = ${id} group by estado, motivo order by n desc, estado, motivo`.execute(
    db,
  )
  const of = (estado: DestinatarioEstado) =>
    sum(
      rows.filter(row => row.estado === estado),
      ({ n }) => n,
    )
  return {
    cuentas: Object.fromEntries(destinatarioEstados.map(estado => [estado, of(estado)])) as Tally,
    motivos: rows.flatMap(({ estado, motivo, n }) =>
      ended.has(estado) ? [{ estado, motivo: motivo ?? '', n }] : [],
    ),
    repetidos: sum(rows, row => row.repetidos),
    pulsaron: sum(rows, row => row.pulsaron),
    salieron: sum(rows, row => row.salieron),
  }
}

/** Ends that are told with their reasons, where there is one. */
const ended: ReadonlySet<string> = new Set(['fallido', 'incierto', 'inalcanzable', 'omitido', 'cancelado'])

/** A message may be several for the platform. */
export async function receipts(db: Kysely<Tables>, id: number) {
  const atLeast = (rank: (typeof ranks)[number]) =>
    sql`(count(distinct chat) filter (where estado >= ${ranks.indexOf(rank)}))::integer`
  const { rows } = await sql<{ entregados: number; leidos: number }>`
    select ${atLeast('delivered')} as entregados, ${atLeast('read')} as leidos
    from acuse where difusion = ${id}`.execute(db)
  return rows[0] ?? { entregados: 0, leidos: 0 }
}

/**
 * Like beside like: all whom it was meant for, whatever became of it, since nobody knows what would have become of who got
 * nothing on purpose; without those who had done the step before.
 */
export async function steps(db: Kysely<Tables>, id: number, { paso, desde, hasta }: StepSought) {
  const { rows } = await sql<Share & { estado: 'enviado' | 'control' }>`
    with todos as (select case d.estado when 'control' then 'control' else 'enviado' end as estado,
        c.estado->'hechos'->>${paso} as hecho
      from destinatario d left join conversacion c on c.chat = d.chat
      where d.difusion = ${id} and d.estado not in ('pendiente', 'enviando', 'cancelado'))
    select estado, count(*)::integer as de, (count(*) filter (where hecho <= ${hasta}))::integer as hicieron
    from todos where hecho is null or hecho >= ${desde} group by estado`.execute(db)
  const of = (estado: string): Share => {
    const { hicieron = 0, de = 0 } = rows.find(row => row.estado === estado) ?? {}
    return { hicieron, de }
  }
  return { enviados: of('enviado'), control: of('control') }
}
