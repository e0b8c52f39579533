/** A small content/ that is sound, written anew for each test, so that a test can break one thing in its copy. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { checkContent, checkExamples } from '../../src/content/check.ts'
import type { Fault } from '../../src/content/faults.ts'
import { readContent } from '../../src/content/load.ts'
import { Pagina, WhatsAppWeb } from '../../src/content/schema.ts'

/** A file as data, or as its text; undefined: it is not there. */
export type Files = Record<string, unknown>

export const today = '2026-11-22'
/** Words that nothing else in a folder depends on: the repository's own. */
const personal = readFileSync(new URL('../../content/personal.yaml', import.meta.url), 'utf8')
const repoSources = new URL('../../content/fuentes/', import.meta.url)

/** Forty different ones: words made of the number's digits. */
const examplesOf = (topic: string) =>
  Array.from(
    { length: 40 },
    (_, i) => `${topic} ${[...String(i)].map(digit => 'abcdefghij'[Number(digit)]).join('')}`,
  )

export function soundFiles() {
  return {
    'temas.yaml': {
      costo: [
        { dato: 'free', fuentes: ['B7'] },
        { dato: 'every step is free', fuentes: ['A292'] },
      ],
      'entrega-cedula': [{ dato: 'August', fuentes: ['A140-156'] }],
      'cuando-vigencia': [{ dato: 'when to look', fuentes: ['A188', 'A289'] }],
    },
    'preguntas/costo.yaml': {
      titulo: 'Si cuesta algo',
      boton: 'Costo',
      grupo: 'basico',
      revisado: '2026-11-20',
      respuesta: 'No cuesta nada.\n\n1. Lo otorga el IMSS.\n2. Tus trámites son gratuitos.\n',
      mas: 'Los enlaces: https://serviciosdigitales.imss.gob.mx/gestionAsegurados-web-externo/vigencia\n',
      casos: [{ si: { nivel: 'superior' }, respuesta: 'Tampoco en superior. {ventana}\n' }],
      fuentes: ['B7', 'A288-294'],
      dice: [['no cuesta nada'], ['trámites   son GRATUITOS']],
      sigue: ['entrega-cedula', 'tramite'],
      ejemplos: examplesOf('costo'),
    },
    'preguntas/entrega-cedula.yaml': {
      titulo: 'Cuándo se entrega la cédula',
      boton: 'Entregar la cédula',
      grupo: 'papeles',
      revisado: '2026-11-20',
      respuesta:
        'En agosto, si eres de primer semestre. Busca «SOLAMENTE PRIMER SEMESTRE escuelas nivel media superior».\n',
      fuentes: ['A140-156'],
      dice: [['en agosto']],
      ejemplos: examplesOf('cédula'),
    },
    'preguntas/cuando-vigencia.yaml': {
      titulo: 'Cuándo ver si ya estás',
      boton: 'Cuándo consultar',
      grupo: 'papeles',
      revisado: '2026-11-20',
      respuesta: 'La guía dice en sus pasos una semana y en sus enlaces tres semanas.\n',
      fuentes: ['A188', 'A289'],
      dice: [['una semana', 'tres semanas']],
      ejemplos: examplesOf('vigencia'),
    },
    'tramite/sismi.yaml': {
      titulo: 'Llena el SISMI',
      boton: 'SISMI',
      orden: 20,
      tramite: 'alta',
      como: 'Entra: https://www.sismi.dse.ipn.mx\n\nAbre «CÉDULA DE PREVENIMSS - AFILIACIÓN».\n',
      casos: [{ si: { semestre: 'posterior' }, como: 'De 2° en adelante solo continúas.\n' }],
      fuentes: ['A69', 'A81-86', 'A95'],
      dichos: ['sismi', 'registro'],
      preguntas: ['costo'],
    },
    'tramite/nss.yaml': {
      titulo: 'Saca tu NSS',
      boton: 'NSS',
      orden: 10,
      tramite: 'alta',
      como: 'Llena los 3 apartados.\n',
      fuentes: ['A42'],
      dichos: ['nss'],
    },
    'planteles/ipn.yaml': {
      nombre: 'IPN',
      oficinas: { servicios: { nombre: 'el departamento', quien: 'guía', cuando: '2026-11-20' } },
      inhabiles: [
        {
          desde: '2027-01-01',
          hasta: '2027-01-01',
          motivo: 'asueto',
          quien: 'calendario',
          cuando: '2026-11-20',
        },
      ],
    },
    'planteles/escom.yaml': {
      nombre: 'ESCOM',
      dosIngresos: { valor: true, quien: 'Escolares', cuando: '2026-11-20' },
      oficinas: { seguro: { nombre: 'la ventanilla', quien: 'Escolares', cuando: '2026-11-20' } },
      inscripcion: [
        {
          proceso: { desde: '2027-01-10', hasta: '2027-01-20' },
          recepcion: [{ desde: '2027-01-12', hasta: '2027-01-13' }],
          quien: 'Escolares',
          cuando: '2026-11-20',
        },
      ],
      inhabiles: [
        {
          desde: '2027-02-05',
          hasta: '2027-02-05',
          motivo: 'asueto',
          quien: 'calendario',
          cuando: '2026-11-20',
        },
      ],
      respuestas: {
        costo: { texto: 'Aquí reciben hasta las 14 horas.\n', quien: 'Escolares', cuando: '2026-11-20' },
      },
      pasos: { nss: { como: 'Aquí con el formato 7.\n', quien: 'Escolares', cuando: '2026-11-20' } },
    },
    'escuelas.yaml': {
      escom: { nombre: 'ESCOM', nivel: 'superior', dichos: ['escom', 'computo'] },
      'cecyt-1': { nombre: 'CECyT 1', nivel: 'medio-superior', dichos: ['voca 1'] },
    },
    'actos.yaml': { saludo: { ejemplos: examplesOf('hola') } },
    'seguimientos.yaml': { costo: { tema: 'costo', ejemplos: ['¿y cuánto?'] } },
    'telegram.yaml': {
      presentacion: 'Hola',
      resumen: 'Guía',
      comandos: { start: 'Empezar' },
      avisos: { vieja: 'Ya pasó' },
    },
    'whatsapp-nube.yaml': {
      plantilla: { nombre: 'aviso', idioma: 'es_MX', texto: 'Aviso: {{1}} Adiós.' },
      lista: 'Ver',
      pie: 'Escribe',
    },
    'whatsapp-web.yaml': {
      momento: 'Palabra',
      aviso: 'Palabra',
      ...Object.fromEntries(
        (['estados', 'cuenta', 'hecho'] as const).map(part => [
          part,
          Object.fromEntries(Object.keys(WhatsAppWeb.shape[part].shape).map(word => [word, 'Palabra'])),
        ]),
      ),
    },
    'avisos.yaml': { hora: 10, silencio: { desde: 21, hasta: 8 }, porSemana: 4, confirmaDesde: 200 },
    'personal.yaml': personal,
    'pagina.yaml': Object.fromEntries(Object.keys(Pagina.shape).map(word => [word, 'Palabra'])),
    'mensajes.yaml': {
      textos: {
        hola: 'Hola, {avance}. {ventana}',
        'cedula.abierta': {
          texto: 'En agosto la recibes.',
          usted: 'En agosto la recibe.',
          fuentes: ['A140-156'],
        },
      },
      opciones: {
        si: { boton: 'Sí', dichos: ['si', 'claro'] },
        dos: { boton: 'Dos', fuentes: ['A119'] },
      },
      grupos: {
        basico: { titulo: 'Lo básico', boton: 'Lo básico' },
        papeles: { titulo: 'Los papeles', boton: 'Papeles' },
      },
    },
    'fuentes/fuentes.yaml': {
      A: { nombre: 'la guía', archivo: 'A.txt' },
      B: { nombre: 'las preguntas', archivo: 'B.txt' },
    },
  }
}

export function writeFolder(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'content-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync(repoSources, join(folder, 'fuentes'), { recursive: true })
  for (const [name, data] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    if (data === undefined) rmSync(file, { force: true })
    else writeFileSync(file, typeof data === 'string' ? data : stringify(data))
  }
  return folder
}

/** Everything that is wrong with these files, as `npm run check` finds it. */
export function faultsOf(files: Files): Fault[] {
  const { content, faults } = readContent(writeFolder(files))
  const unread = new Set(faults.map(({ file }) => file))
  return [
    ...faults,
    ...checkContent(content, { flows: ['tramite'], today, unread }),
    ...checkExamples(content),
  ]
}
