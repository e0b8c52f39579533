/**
 * Questions that the guide does not answer, as students might write them, by what they ask: `likeness.test.ts` holds the
 * grouping to them. The threshold was chosen by `chosenBy` alone; `heldOut` tells what it is worth. `alone`: one of a kind.
 */
export const chosenBy: Readonly<Record<string, readonly string[]>> = {
  credencial: [
    'como saco mi credencial de estudiante',
    'donde tramito la credencial de la escuela',
    'perdi mi credencial escolar, como la repongo',
    'kiero sacar mi credensial de alumno',
    'cuanto tarda la reposicion de la credencial',
    'Buenas tardes, ¿dónde entregan las credenciales?',
  ],
  beca: [
    'como pido una beca',
    'hay becas para el proximo semestre?',
    'cuando sale la convocatoria de la beca',
    'q necesito pa la beca de manutencion',
    'ya depositaron la beca?',
  ],
  dentista: [
    'me pueden sacar una muela?',
    'hay dentista en la escuela',
    'el seguro cubre brackets',
    'me duele un diente, tienen dentista?',
    'cuanto cuesta la limpieza dental',
  ],
  contrasena: [
    'olvide mi contraseña del saes',
    'no puedo entrar al saes, me dice contraseña incorrecta',
    'como recupero mi password del SAES',
    'se me olvido la contrasena',
    'mi contraseña no jala',
  ],
  reinscripcion: [
    'cuando son las reinscripciones',
    'que dia me toca reinscribirme',
    'mi cita de reinscripcion no aparece',
    'como me reinscribo si debo materias',
    'fechas de reinscripción por favor',
  ],
  servicioSocial: [
    'donde hago mi servicio social',
    'cuantos creditos necesito para el servicio social',
    'puedo hacer el servicio social en una clinica?',
    'como libero mi servisio social',
    'el servicio social dura seis meses?',
  ],
  lentes: [
    'el seguro me da lentes?',
    'necesito lentes nuevos, me los pagan',
    'hacen examen de la vista',
    'como consigo lentes gratis',
    'mis lentes ya no me sirven, cubre la vista?',
  ],
  comedor: [
    'a q hora abren el comedor',
    'cuanto cuesta la comida en el comedor',
    'que hay hoy de comer en la cafeteria',
    'el comedor abre los sabados?',
  ],
}

export const heldOut: Readonly<Record<string, readonly string[]>> = {
  titulacion: [
    'como me titulo',
    'opciones de titulación',
    'cuanto cuesta el titulo profesional',
    'en cuanto tiempo me entregan mi titulo',
    'puedo titularme sin tesis?',
  ],
  bajaTemporal: [
    'quiero darme de baja temporal de la carrera',
    'como pido mi baja temporal',
    'si me doy de baja un semestre pierdo mi lugar?',
    'baja temporal por enfermedad, que hago',
  ],
  constancia: [
    'necesito una constancia de estudios',
    'donde pido la constancia de estudios',
    'me urge una constancia para el trabajo de mi papá',
    'cuanto tardan las constancias de estudio',
    'kiero una constansia de q estoy estudiando',
  ],
  ingles: [
    'donde tomo clases de ingles',
    'cuando son las inscripciones al curso de ingles',
    'el examen de inglés cuanto cuesta',
    'CENLEX tiene lugares para ingles?',
    'me validan mi certificado de ingles',
  ],
  psicologo: [
    'hay psicologo en la escuela?',
    'quiero hablar con una psicologa',
    'necesito ayuda psicologica, estoy muy triste',
    'las citas con el psicologo son gratis?',
  ],
  vacunas: [
    'donde me vacuno contra la influenza',
    'me piden cartilla de vacunacion',
    'van a poner vacunas en la escuela?',
    'que vacunas me faltan a los 18',
    'hay vacuna del papiloma?',
  ],
  examenExtraordinario: [
    'como meto un extraordinario',
    'cuando son los extras',
    'cuanto cuesta el examen extraordinario',
    'reprobe el extraordinario que procede',
    'fecha de los examenes extraordinarios',
  ],
  estacionamiento: [
    'hay estacionamiento para alumnos',
    'puedo meter mi moto al estacionamiento',
    'como saco el tarjeton del estacionamiento',
    'donde estaciono mi carro',
  ],
  embarazo: [
    'estoy embarazada el seguro cubre el parto',
    'el seguro facultativo cubre embarazo?',
    'mi novia esta embarazada, la atienden con mi seguro',
    'si me embarazo me atienden en el imss?',
  ],
  nombreMal: [
    'mi nombre esta mal escrito en el imss',
    'en la vigencia sale mal mi apellido',
    'el seguro tiene mal mi nombre como lo corrijo',
    'le falta un apellido a mi nombre en el nss',
  ],
  incapacidad: [
    'el imss me da incapacidad para la escuela',
    'como justifico mis faltas con la incapacidad del seguro',
    'me dan incapacidad si me rompo el brazo?',
    'la incapacidad del imss justifica faltas?',
  ],
  medicinas: [
    'no hay medicinas en la clinica',
    'en la farmacia del imss no tienen mi medicamento',
    'me dan gratis las medicinas?',
    'donde surto mi receta de medicinas',
  ],
  aplicacion: [
    'la app imss digital no abre',
    'no me deja entrar a la app del imss',
    'la aplicacion del imss marca error',
    'se puede hacer cita en la app imss digital?',
  ],
}

export const alone: readonly string[] = [
  'quien gano el partido ayer',
  'cuentame un chiste',
  'va a temblar hoy?',
  'venden batas de laboratorio?',
  'como llego en metro desde pantitlan',
  'me prestan una laptop',
  'se me perdio mi perro',
  'a que hora cierran la biblioteca',
  'cual es la capital de francia',
  'mi profe no vino a clase',
  'jajaja no manches',
  'oye y los torneos de futbol',
]
