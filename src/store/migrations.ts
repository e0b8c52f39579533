/**
 * The tables and how they came to be. A migration that has run anywhere is never edited: a change is a new one
 * below it. `store.ts` runs what is missing at each start; two processes that start at once take turns.
 */
import { type Generated, type JSONColumnType, type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { ChannelName, Outgoing } from '../message.ts'
import type { Doubt } from './turns.ts'

export interface Tables {
  conversacion: {
    chat: string
    /** Which of the lives of this chat: whoever forgets and starts anew must not meet a write meant for before. */
    vida: Generated<number>
    version: number
    estado: JSONColumnType<object>
    cambiada: Date
    /** Since when nothing can be sent there; until they write again. */
    inalcanzable: Generated<Date | null>
  }
  /** What people wrote; the row is also the mark that the message was handled. `duda`: what was not answered outright. */
  entrada: {
    chat: string
    mensaje: string
    version: number
    at: Date
    texto: string
    duda: JSONColumnType<Doubt> | null
  }
  /** What was answered, the n-th reply of the turn that made `version`. */
  salida: { chat: string; version: number; n: number; at: Date; cuerpo: JSONColumnType<Outgoing> }
  /**
   * The outbox: what of `salida` is still to be sent (`pendiente`), never will be (`fallido`) or may have arrived
   * (`incierto`); what was sent is deleted. `proceso` is who sends it, `aviso` what nobody asked for.
   */
  envio: {
    chat: string
    version: number
    n: number
    at: Date
    canal: ChannelName
    destino: string
    proceso: number
    aviso: Generated<boolean>
    estado: Generated<'pendiente' | 'fallido' | 'incierto'>
    motivo: Generated<string | null>
  }
  /** The names by which one person comes, and the chat that all of them lead to. */
  persona: { clave: string; chat: string }
  /** What a platform says of a message that it took: `estado` by its rank. Of `turno` on it is as in `envio`. */
  acuse: {
    mensaje: string
    chat: string | null
    version: number | null
    n: number | null
    turno: Date | null
    canal: ChannelName
    destino: string | null
    aviso: boolean | null
    at: Date
    estado: number
  }
  /** The inbox: what came and is not handled yet, sealed, in the order of `n`. `proceso` is who handles it. */
  buzon: {
    canal: ChannelName
    mensaje: string
    n: Generated<string>
    persona: string
    sobre: string
    proceso: number
    at: Date
  }
  /** Codes that carry a checklist elsewhere, hashed; `tomado` is the message that used it. */
  codigo: { codigo: string; chat: string; vence: Date; tomado: string | null }
}

/**
 * `json`, not `jsonb`: nobody searches inside, and it is kept as it came, with any character a person can type.
 * A conversation's page keeps room, so that its new state lands beside the old one and no index changes (HOT).
 * `at` has block-range indexes: rows come in order of time, and only the sweep asks for it.
 */
const migrations: Record<string, Migration> = {
  '2026-11-22-conversaciones': {
    async up(db: Kysely<unknown>) {
      await sql`create table conversacion (
        chat text primary key,
        vida integer not null generated always as identity,
        version integer not null,
        estado json not null,
        cambiada timestamptz not null
      ) with (fillfactor = 70)`.execute(db)
      await sql`create table entrada (
        chat text not null,
        mensaje text not null,
        version integer not null,
        at timestamptz not null,
        texto text not null,
        primary key (chat, mensaje)
      )`.execute(db)
      await sql`create table salida (
        chat text not null,
        version integer not null,
        n integer not null,
        at timestamptz not null,
        cuerpo json not null,
        primary key (chat, version, n)
      )`.execute(db)
      await sql`create index entrada_at on entrada using brin (at)`.execute(db)
      await sql`create index salida_at on salida using brin (at)`.execute(db)
    },
  },
  // A part of the message's own row, so that whatever deletes the message deletes it; few rows have it.
  '2026-11-22-dudas': {
    async up(db: Kysely<unknown>) {
      await sql`alter table entrada add column duda json`.execute(db)
      await sql`create index entrada_duda on entrada (at) where duda is not null`.execute(db)
    },
  },
  '2026-11-23-envios': {
    async up(db: Kysely<unknown>) {
      await sql`create table envio (
        chat text not null,
        version integer not null,
        n integer not null,
        at timestamptz not null,
        canal text not null,
        destino text not null,
        proceso integer not null,
        aviso boolean not null default false,
        estado text not null default 'pendiente',
        motivo text,
        primary key (chat, version, n)
      )`.execute(db)
      await sql`create sequence proceso as integer cycle`.execute(db)
      await sql`alter table conversacion add column inalcanzable timestamptz`.execute(db)
    },
  },
  '2026-11-24-whatsapp': {
    async up(db: Kysely<unknown>) {
      await sql`create table persona (clave text primary key, chat text not null)`.execute(db)
      await sql`create index persona_chat on persona (chat)`.execute(db)
      await sql`create table acuse (
        mensaje text primary key,
        chat text,
        version integer,
        n integer,
        turno timestamptz,
        canal text not null,
        destino text,
        aviso boolean,
        at timestamptz not null,
        estado smallint not null
      )`.execute(db)
      await sql`create index acuse_chat on acuse (chat)`.execute(db)
      await sql`create index acuse_at on acuse using brin (at)`.execute(db)
      await sql`create table buzon (
        canal text not null,
        mensaje text not null,
        n bigint not null generated always as identity,
        persona text not null,
        sobre text not null,
        proceso integer not null,
        at timestamptz not null,
        primary key (canal, mensaje)
      )`.execute(db)
      await sql`create index buzon_persona on buzon (canal, persona)`.execute(db)
      await sql`create table codigo (
        codigo text primary key,
        chat text not null,
        vence timestamptz not null,
        tomado text
      )`.execute(db)
      await sql`create index codigo_chat on codigo (chat)`.execute(db)
    },
  },
}

export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
