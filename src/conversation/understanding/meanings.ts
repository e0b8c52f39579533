/**
 * What a word means, roughly: its stem, or the idea it shares with other words (jefa and mamá, varo and pagar).
 * Some fifty examples a topic cannot hold every word that students use; this carries the model over to the rest.
 */

import { soundOf } from './spelling.ts'

/** Words of every sentence; they tell something as words and pairs, nothing as meanings. */
const empty = new Set(
  `a al con de del el en es ese esa eso este esta esto esos esas estos estas la las le les lo los me mi mis nos o
  para pero por pues que se si su sus te tu tus un una unos unas y ya yo e u muy mas asi ahi alla aca ah eh oye oiga
  oigan wey guey bro we ser soy son era fue ha he han hay porque como entonces es favor`
    .split(/\s+/)
    .map(soundOf),
)

/** An idea and the words for it. A word may stand for several ideas. */
const ideas: Readonly<Record<string, string>> = {
  // what is asked
  donde: 'donde lugar ubicado ubicada ubicacion adonde ventanilla lado parte queda',
  cuando: `cuando fecha fechas dia dias horario hora horas mes meses calendario periodo temporada momento lunes martes
    miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre
    noviembre diciembre mañana hoy ayer semana`,
  cuanto: 'cuanto cuanta cuantos cuantas',
  quien: 'quien quienes cualquiera alguien',
  como: 'como manera forma explica explicame explicas explique expliquen guiame indicar instrucciones hacerle',
  cual: 'cual cuales diferencia distinto escoger elegir',
  poder:
    'puedo puede pueden podemos podria podrian puedes permiten permitido dejan chance posible sepuede valido vale',
  deber:
    'debo debe deben tengo hay obligatorio necesario forzoso fuerza obligan obligado exigen requiere ocupo necesito',
  sirve: 'sirve sirven cirve funcion funciona vale valido aceptan acepta valer utilidad uso',
  querer: 'quiero quisiera queria gustaria deseo prefiero',
  problema: `problema error falla fallo fallando mal equivocado equivoque equivocacion incorrecto corregir corrijo
    regue rechaza rechazo jala trabado atorado sirve caida caido congelo borro perdio`,
  negar: 'no nunca jamas nadie nada ninguno ninguna ningun tampoco sin ni',
  // money
  costo: `costo costar cuesta cuestan precio pagar pago pague paga pagan cobrar cobro cobran cobraron cobrando gratis
    gratuito gratuita dinero lana varo varos feria peso pesos baro cuota tarifa gastar gasto desembolsar marmaja caro
    barato cobre costaria efectivo aportacion deposito cargo mensualidad anualidad factura cobran soltar descuentan
    regalado cobrarme vendes billete quincena`,
  // people
  familia: `mama papa padre madre jefa jefe jefes padres papas mami papi jefecito jefita tutor tutora tio tia abuela
    abuelo abuelita abuelito hermana hermano familiar ama apa jefecita familia carnal carnala primo prima sobrino`,
  padres:
    'mama papa padre madre jefa jefe jefes padres papas mami papi jefecito jefita tutor tutora ama apa señora',
  pareja: 'esposo esposa marido mujer novia novio pareja conyuge concubina casado casada casarme matrimonio',
  hijo: 'hijo hija hijos niño niña chamaco bebe nene',
  acompanar: 'acompañe acompañar acompañe acompaña acompañarme conmigo solo sola solito adulto adultos',
  menor:
    'menor menores minoria chavito mayoria mayor adulto adulta edad años cumplir cumplo cumpli quince dieciseis diecisiete dieciocho catorce 14 15 16 17 18 edad',
  companero: 'compañero compañera amigo amiga compa cuate banda grupo salon',
  // papers
  firma: 'firma firmar firmo firme firman firmada rubrica garabato autografo firmarla firmarlas firmarlo',
  tinta: 'tinta pluma boligrafo lapicero azul negra negro bic',
  imprimir: `imprimir imprimo imprime impreso impresa impresos impresas impresion impresiones impresora imprimirlo
    imprimirla copia copias fotocopias papeleria ciber cafe hoja hojas tamaño carta oficio engargolar`,
  color: 'color colores blanco negro bn byn gris escala',
  caras: 'caras cara lados vuelta frente reverso anverso doble ambas atras delante',
  papel:
    'papel papeles documento documentos documentacion hoja hojas formato comprobante archivo pdf acta expediente',
  nombre: 'nombre nombres apellido apellidos llamo datos anotar',
  cedula: 'cedula cedulas sedula prevenimss previmss prevenims prevenim preveims previms ced',
  poliza:
    'poliza polizas policia polisa seguros vida accidentes muerte muero fallece fallecimiento fallezco morir suma asegurada',
  beneficiario: `beneficiario beneficiarios benefisiario beneficiaria porcentaje porcentajes repartir reparto dividir
    divido partes herederos heredar herencia designar cien ciento 100 50 33 anotar poner toca tocar partir mitad`,
  tarjeta: 'tarjeta tarjeton tarj tarjetita',
  curp: 'curp clave',
  correo: 'correo gmail hotmail outlook mail email correos bandeja spam institucional',
  identificacion: 'identificacion ine credencial ife pasaporte credenciales',
  foto: 'foto fotos fotografia fotografias infantil selfie',
  domicilio: `domicilio casa direccion vivo vive vivir vivimos viven colonia cerca renta rento foraneo vivienda recibo
    luz agua cfe toca corresponde lejos mude zona ciudad estado pueblo municipio alcaldia postal`,
  // the way
  nss: 'nss seguridad social',
  imss: 'imss ims',
  numero: 'numero numeros num digitos',
  seguro: 'seguro facultativo aseguramiento asegurado asegurar aseguramiento asegurarme seguros',
  sismi: 'sismi sismy cismi zismi sistema plataforma portal dse',
  entrar: `entrar entro entra acceder acceso acceda ingresar ingreso ingreso loguear login iniciar meterme meter meto
    meterse meti sesion abrir abro cargar carga`,
  clave:
    'contraseña contrasena password clave pass usuario user cuenta contra pasword boleta credenciales olvide',
  abierto:
    'abierto abre abrio abrieron abren abri habilitado habilitan disponible cerrado cerro cierra cierran cerraron sigue activo apertura abrira lanzan',
  guardar:
    'guardar guardo guarde guarda guardado guardarlo guardan salvar grabar grabo boton click clic picar picarle pico pique botoncito salirme borro perdio cambios',
  llenar: `llenar lleno llene llena llenado llenan rellenar contestar conteste completar requisitar capturar captura
    formulario cuestionario preguntas datos poner pongo`,
  registro: `registro registrar registrarme registre registrado registrarse registra afiliar afiliacion afiliarme
    afiliado inscribir inscribirme inscripcion incorporar incorporarme incorporacion`,
  alta: 'alta altas afiliar afiliarme afilio activo activar registrado asegurado dado dieron',
  link: 'link liga enlace pagina url sitio web vinculo links ligas enlaces paginas direccion lnk pag azulito pasame mandame',
  internet:
    'internet linea digital celular computadora compu virtual google buscador cel pantalla compu laptop',
  video: 'video videos tutorial tutoriales youtube youtu videito tuto videoclip grabado ver vid vids',
  llegar:
    'llegar llega llego llegue recibir recibo recibi aparecer aparece manda mandan enviar enviaron mandaron caer cae cayo',
  entregar: `entregar entrego entregue entrega entregan entregarlo entregarla llevar llevo lleva lleve llevarlo dejar dejo
    presentar presento dar doy recepcion traer traigo mostrar enseñar mandar enviar subir meter`,
  reciben:
    'reciben recibe recibir aceptan acepta agarran recepcionan recepcion reciban recibirme recibiran pelan atienden',
  obtener: `obtener obtengo sacar saco saque sacan tramitar tramito tramite conseguir consigo solicitar solicito pedir pido
    generar bajar bajo descargar descargo encontrar encuentro`,
  tramite: 'tramite tramites proceso procedimiento gestion tramitar papeleo movimiento',
  requisito:
    'requisitos requisito rekisitos necesito necesitan ocupan ocupo piden pide pedir datos papeles documentos documentacion requiere indispensable mano listo',
  unico:
    'unico mismo misma permanente intransferible cambia cambiar anterior viejo vieja antes duplicado repetido dos otro nuevo diferente vida perdi',
  trabajo:
    'trabajo trabajaba trabajar trabaje trabajo chamba chambeo chambee empleo jale patron empresa fabrica tienda restaurante',
  // windows and time
  urgente: `urgente urgencia urgentisimo urge urgen rapido rapida prisa express acelerar apurar hoy mismo ahorita ya
    adelantar saltarme fila cuanto antes`,
  tarde: `tarde extemporaneo extemporanea retraso tardio paso vencio vencido excepcion prorroga fuera plazo tiempo perdi
    pasaron aplazar despues limite pasada ultimo olvido`,
  recordar:
    'recordar recuerda recuerdame recordarme avisar avisame avisarme recordatorio recordatorios aviso avisos notificacion notificaciones alarma alerta alertas notificar acordar acordarme acuerdes recuerdes avises',
  espera:
    'semanas semana tarda tardan tardara tiempo demora demoran esperar espero espera cuanto dilata lapso pasar reflejar refleja',
  duracion: `dura duracion duraria caduca caducidad vence vencimiento expira termina termino acaba egresar egreso egresado
    graduarme graduar terminar terminando titular titularme pasante renovar renuevo renovacion vitalicio siempre hasta acabar carrera vigencia`,
  // after it
  vigencia: 'vigencia vigente vigentes vijente vigensia derechohabiente vig',
  activo: 'activo activa activado activada vigente estatus status estado quede quedado quede dado listo',
  constancia: 'constancia comprobante constansia const derechos derecho hoja',
  dice: 'dice dise diga sale aparece salio aparezco salga viene marca muestra pone decir salir venga',
  verificar:
    'verificar verifico checar checo checa ver veo saber se consultar consulto revisar reviso confirmar cheque fijar fijo enterar entero comprobar',
  clinica: 'clinica clinicas umf unidad familiar consultorio hospital hospitales ventanilla turno',
  cartilla: 'cartilla carnet citas carnecito cita cartillas',
  medico:
    'medico medica medicos doctor doctora doctores dr dra consulta consultas medicina doc enfermera consultorio',
  enfermo:
    'enfermo enferma enfermar enfermo enfermedad dolor duele malestar gripe fiebre sintomas panza fractura accidente',
  servicios: `incluye incluyen cubre cubren cobertura servicios servicio ofrece ofrecen beneficios atienden atencion
    atender medicinas medicamentos medicamento farmacia analisis laboratorio radiografias rayos hospitalizacion estudios
    hospital dentista lentes especialista internan urgencias sangre vacunas derecho prestaciones recetan`,
  embarazo: `embarazo embarazada embarazo parto bebe prenatal aliviar nacer nace nacido nacimiento encinta nazca nacio
    ginecologo ultrasonido maternidad panza mama esperando recien cesarea`,
  tratamiento:
    'tratamiento tratamientos terapia quimioterapia dialisis cronico cronica diabetes especialista especialidad controlado rehabilitacion psiquiatra psicologo medicado neurologo cardiologo ortopedista epilepsia asma seguimiento',
  operacion:
    'operacion operar operan operaron operarme cirugia cirugias quirurgica quirofano cirujano operen programada',
  otro: `issste isste iste issemym isemim pemex sedena semar marina militar particular privado privada gastos axa gnp
    metlife insabi aseguradora aseguranza bienestar otro cuento`,
  rechazo: 'rechazo rechazar rechaza rechazarlo',
  renuncia: `renuncia renunciar renuncio renunciarle declinar rehusar negarme responsiva requiero rechazar cancelar quitar
    quiten salirme dejar desafiliar baja desistir interesa ocupo`,
  obligatorio: `obligatorio obligacion obligado obliga obligan forzoso fuerzas fuerza opcional voluntario huevo ley sancion
    pasa consecuencias multa exigen`,
  actividad: `actividades actividad deporte deportivo deportiva deportes practicas practica salida salidas viaje viajes
    intercambio torneo equipo laboratorio laboratorios cocurricular excursion campo competencia entrenar futbol basquet
    visita visitas fut jugar americano partido taller congreso gimnasio alberca movilidad profesionales`,
  servicioSocial: 'social practicas profesionales',
  cambio:
    'cambio cambios cambiar cambie cambiarme cambiaron cambian traslado transferencia mude transferir pasar pasarme',
  plantel: `escuela escuelas plantel planteles voca vocacional cecyt unidad academica esime escom upiicsa esca esia upibi
    encb prepa bachillerato superior facultad cet universidad upita`,
  ipn: 'ipn poli politecnico institucion',
  escolar:
    'escolares escolar control gestion estudiantiles departamento direccion orientadora orientador prefecto',
  baja: 'baja bajas desafiliar dieron botaron corrieron sacaron suspendido inactivo cancelado',
  reglamento: `reglamento reprobar reprobe reprobado dictamen materia materias reinscribir reinscribi reinscripcion
    reinscribirme articulo irregular recursar desfasado adeudo expulsado corrieron regresar reingreso volver`,
  gestor: `gestor gestores coyote coyotes tercero personalmente intermediario estafa fraude tramitador facebook vecina
    ofrecen ofrece presencial vende venden ayuda señor señora otro persona poder cobra`,
  contacto: `oficina oficinas departamento estudiantiles preguntar pregunto dudas duda contacto contactar acudir acudo
    telefono extension dirigirme orienta orienten informes resuelven aclarar apoyo queja`,
  persona:
    'persona humano humana asesor asesora agente encargado encargada secretaria licenciado operador robot bot maquina real hablar llamar marquen comunicar platicar',
  publico:
    'publica publicas publico privada uam unam extranjero extranjera maestria posgrado doctorado virtual abierta distancia escolarizado idiomas egresado',
  nivel: 'maestria posgrado doctorado licenciatura bachillerato medio superior nivel universidad vocacional',
  primero: 'primero primer nuevo ingreso primeros 1er 1ero 1ro 1o recien apenas entrar',
  posterior: `segundo tercero tercer cuarto quinto sexto septimo octavo noveno decimo 2do 3ro 3er 4to 5to 6to 7mo 8vo 9no
    2o 3o 4o 5o 6o avanzado adelante penultimo mitad`,
  semestre: 'semestre semestres grado ciclo año',
  orden:
    'orden primero despues pasos paso proceso procede empiezo empezar luego secuencia sigue siguiente seguir antes inicio empieza diferencia entre',
  // not questions
  falta:
    'falta faltan faltaria pendiente pendientes avance progreso quede voy llevo hecho hice termine acabe listo completado paso marca apunta anota palomita',
  hecho: 'hice hecho ya termine acabe complete entregue imprimi guarde saque firme registre',
  borrar:
    'borrar borra borren borres elimina eliminar olvida privacidad guardan informacion personales conservan historial compartes comparten confidencial seguros',
  gracias:
    'gracias agradezco agradecido amable genial excelente perfecto chido sirvio ayudaste crack padrisimo va sale ok',
  saludo: 'hola buenas buenos tardes dias noches saludos tal onda hey que',
  adios: 'adios bye hasta luego vemos chao retiro cuidate despido rato',
  menu: 'menu inicio opciones regresar volver principal reiniciar empezar lista temas comandos ayuda puedes haces',
  historia: 'decreto presidencial presidente 1987 historia origen existe creo consiste significa definicion',
  queEs: 'consiste significa definicion trata rollo exactamente platicame cuentame enterado explicacion es',
  escolares:
    'saes kardex boleta calificaciones inscripcion horario materias ets beca becas titulacion tesis examen promedio clases profesor cenlex',
}

const clitics = /^(.{3,}[aei]r)(?:me|te|se|lo|la|le|los|las|les|nos|melo|mela|selo|sela)$/
const endings = [
  ...[
    'amiento',
    'imiento',
    'asiones',
    'isiones',
    'asion',
    'ision',
    'mente',
    'iendo',
    'ando',
    'ieron',
    'aron',
  ],
  ...[
    'ieran',
    'aran',
    'iera',
    'aria',
    'eria',
    'iria',
    'aban',
    'aste',
    'iste',
    'ados',
    'adas',
    'idos',
    'idas',
  ],
  ...[
    'amos',
    'emos',
    'imos',
    'aba',
    'ado',
    'ada',
    'ido',
    'ida',
    'ian',
    'ara',
    'ues',
    'ue',
    'ia',
    'io',
    'ar',
    'er',
  ],
  ...['ir', 'an', 'en', 'as', 'es', 'os', 'is', 'a', 'e', 'i', 'o', 's'],
]
const shortestStem = 3

/** Of a word or of its sound. */
export function stem(word: string): string {
  const bare = clitics.exec(word)?.[1] ?? word
  for (const ending of endings)
    if (bare.length - ending.length >= shortestStem && bare.endsWith(ending))
      return bare.slice(0, bare.length - ending.length)
  return bare
}

const ideasOf = new Map<string, string[]>()
const addIdea = (sound: string, idea: string) => {
  const all = ideasOf.get(sound)
  if (!all) ideasOf.set(sound, [idea])
  else if (!all.includes(idea)) all.push(idea)
}
for (const [idea, words] of Object.entries(ideas))
  for (const word of words.trim().split(/\s+/))
    addIdea(soundOf(word.normalize('NFKD').replace(/\p{M}/gu, '')), `=${idea}`)

/** Words of the ideas are spelt right, whether or not an example holds them. */
export const ideaWords: readonly string[] = [...ideasOf.keys()]
const ideasOfRoot = new Map<string, string[]>()
for (const [sound, all] of ideasOf) {
  const root = stem(sound)
  if (root.length > shortestStem)
    ideasOfRoot.set(root, [...new Set([...(ideasOfRoot.get(root) ?? []), ...all])])
}

const none: readonly string[] = []

/** The word's ideas, else its stem; none for a word that means nothing by itself. `sound` is a word's sound. */
export function meaningsOf(sound: string): readonly string[] {
  const whole = ideasOf.get(sound)
  if (whole !== undefined) return whole
  if (empty.has(sound)) return none
  const root = stem(sound)
  return ideasOfRoot.get(root) ?? [root]
}
