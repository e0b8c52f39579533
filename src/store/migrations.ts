/**
 * The tables and how they came to be. A migration that has run anywhere is never edited: a change is a new one
 * below it. `store.ts` runs what is missing at each start; two processes that start at once take turns.
 */
import { type Generated, type JSONColumnType, type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { AvisoButton, ChannelName, Outgoing, Tema } from '../message.ts'
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
    /** `enviando`: an unasked one whose call to the platform has begun. */
    estado: Generated<'pendiente' | 'enviando' | 'fallido' | 'incierto'>
    motivo: Generated<string | null>
    /** It is of no use any more from then on. */
    vence: Generated<Date | null>
    /** Of which broadcast. */
    difusion: Generated<string | null>
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
    vence: Date | null
    difusion: string | null
    at: Date
    estado: number
    /** Of one that failed: what kind of refusal it is, and why. */
    clase: string | null
    motivo: string | null
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
  /**
   * Who wants to be told something unasked, and what an audience is chosen by; nobody else is ever written to unasked.
   * `proximo` is when their next reminder is due, `plan` the content that this was reckoned with.
   */
  suscripcion: {
    chat: string
    canal: ChannelName
    destino: string
    temas: Tema[]
    nivel: string | null
    semestre: string | null
    plantel: string | null
    /** The steps of their list that are not done. */
    faltan: string[]
    proximo: Date | null
    plan: string
    desde: Date
    /** When they last wrote. */
    vista: Date
    inalcanzable: Date | null
  }
  /** A broadcast. */
  difusion: {
    id: Generated<string>
    estado: Generated<DifusionEstado>
    titulo: string
    texto: string
    boton: JSONColumnType<AvisoButton> | null
    audiencia: JSONColumnType<object>
    /** How many of a hundred get nothing, so that its effect can be seen. */
    control: Generated<number>
    cuando: Date | null
    vence: Date | null
    /** Staff, by their ids. */
    escribe: number
    pide: number | null
    confirma: number | null
    creada: Date
    empezada: Date | null
    terminada: Date | null
  }
  /**
   * The ledger: each recipient of a broadcast, a row before anything is sent. `control` got nothing on purpose; `omitido`
   * was left out at the moment of sending, `motivo` says why.
   */
  destinatario: {
    difusion: string
    chat: string
    canal: ChannelName
    estado: DestinatarioEstado
    motivo: string | null
    proceso: number | null
    at: Date | null
    /** Was under way when a process died, and sent again: may have come twice. */
    repetido: Generated<boolean>
    /** Pressed the button. */
    pulsado: Date | null
    /** Opted out within a week of it. */
    salio: Date | null
  }
  /** Staff. `chat`: hashed, where they write from; `clave`: hashed, what the command line knows them by. */
  personal: {
    id: Generated<number>
    nombre: string
    rol: Rol
    chat: string | null
    canal: ChannelName | null
    destino: string | null
    clave: string | null
    alta: Date
    baja: Date | null
    /** The draft that is being written in that chat, and what is awaited of it. */
    redaccion: JSONColumnType<object> | null
    /** The broadcast that is to be sent to this member's own chat now. */
    prueba: string | null
  }
  /** `codigo`: hashed; good for one, once. */
  invitacion: {
    codigo: string
    rol: Rol
    nombre: string
    invita: number | null
    vence: Date
    usada: Date | null
  }
  /** What staff did. Rows can only be added: a trigger refuses the rest; each row's `huella` covers the one before. */
  bitacora: {
    id: Generated<string>
    at: Date
    quien: number | null
    nombre: string
    accion: string
    difusion: string | null
    detalle: JSONColumnType<object>
    huella: string
  }
}

export const difusionEstados = [
  'borrador',
  'por-confirmar',
  'programada',
  'preparando',
  'enviando',
  'pausada',
  'terminada',
  'cancelada',
] as const
export type DifusionEstado = (typeof difusionEstados)[number]

export const destinatarioEstados = [
  'pendiente',
  'enviando',
  'enviado',
  'fallido',
  'incierto',
  'inalcanzable',
  'omitido',
  'cancelado',
  'control',
] as const
export type DestinatarioEstado = (typeof destinatarioEstados)[number]

export const roles = ['owner', 'editor', 'sender', 'reader'] as const
export type Rol = (typeof roles)[number]

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
  '2026-11-25-avisos': {
    async up(db: Kysely<unknown>) {
      for (const table of ['envio', 'acuse'])
        await sql`alter table ${sql.table(table)} add column vence timestamptz, add column difusion bigint`.execute(
          db,
        )
      await sql`alter table acuse add column clase text, add column motivo text`.execute(db)
      await sql`create index acuse_devuelto on acuse (mensaje) where estado = 2 and chat is not null`.execute(
        db,
      )
      await sql`create index envio_difusion on envio (difusion, chat) where difusion is not null`.execute(db)
      await sql`create index acuse_difusion on acuse (difusion) where difusion is not null`.execute(db)
      await sql`create table suscripcion (
        chat text primary key,
        canal text not null,
        destino text not null,
        temas text[] not null,
        nivel text,
        semestre text,
        plantel text,
        faltan text[] not null,
        proximo timestamptz,
        plan text not null,
        desde timestamptz not null,
        vista timestamptz not null,
        inalcanzable timestamptz
      )`.execute(db)
      await sql`create index suscripcion_proximo on suscripcion (proximo, chat)`.execute(db)
      await sql`create table difusion (
        id bigint primary key generated always as identity,
        estado text not null default 'borrador',
        titulo text not null,
        texto text not null,
        boton json,
        audiencia json not null,
        control smallint not null default 0,
        cuando timestamptz,
        vence timestamptz,
        escribe integer not null,
        pide integer,
        confirma integer,
        creada timestamptz not null,
        empezada timestamptz,
        terminada timestamptz
      )`.execute(db)
      await sql`create table destinatario (
        difusion bigint not null,
        chat text not null,
        canal text not null,
        estado text not null,
        motivo text,
        proceso integer,
        at timestamptz,
        repetido boolean not null default false,
        pulsado timestamptz,
        salio timestamptz,
        primary key (difusion, chat)
      )`.execute(db)
      await sql`create index destinatario_pendiente on destinatario (difusion, canal)
        where estado = 'pendiente'`.execute(db)
      await sql`create index destinatario_enviando on destinatario (proceso) where estado = 'enviando'`.execute(
        db,
      )
      await sql`create index destinatario_chat on destinatario (chat)`.execute(db)
      await sql`create table personal (
        id integer primary key generated always as identity,
        nombre text not null,
        rol text not null,
        chat text unique,
        canal text,
        destino text,
        clave text unique,
        alta timestamptz not null,
        baja timestamptz,
        redaccion json,
        prueba bigint
      )`.execute(db)
      await sql`create table invitacion (
        codigo text primary key,
        rol text not null,
        nombre text not null,
        invita integer,
        vence timestamptz not null,
        usada timestamptz
      )`.execute(db)
      await sql`create table bitacora (
        id bigint primary key generated always as identity,
        at timestamptz not null,
        quien integer,
        nombre text not null,
        accion text not null,
        difusion bigint,
        detalle json not null,
        huella text not null
      )`.execute(db)
      await sql`create index bitacora_malos on bitacora (at) where accion = 'codigo-malo'`.execute(db)
      await sql`create function bitacora_fija() returns trigger language plpgsql as $$
        begin raise exception 'bitacora: rows can only be added'; end $$`.execute(db)
      await sql`create trigger bitacora_fija before update or delete or truncate on bitacora
        for each statement execute function bitacora_fija()`.execute(db)
    },
  },
}

export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
