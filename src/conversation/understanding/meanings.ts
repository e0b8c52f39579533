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
  costo: `costo costar cuesta cuestan precio pagar pago pague paga pagan cobrar cobro cobran cobraron cobrando
    gratis gratuito gratuita dinero lana varo varos feria peso pesos baro cuota tarifa gastar gasto
    desembolsar marmaja caro barato cobre costaria efectivo aportacion deposito cargo mensualidad
    anualidad factura soltar descuentan regalado cobrarme vendes billete quincena tarifas cobranza
    adeudo importe monto presupuesto economico economia bolsillo ahorro fiado transferencia pagado
    paguen desembolso centavo centavos luca lucas morralla cobrador recargo multa barata gratuitamente
    coperacion cooperacion inversion`,
  // people
  familia: `mama papa padre madre jefa jefe jefes padres papas mami papi jefecito jefita tutor tutora tio tia
    abuela abuelo abuelita abuelito hermana hermano familiar ama apa jefecita familia carnal carnala
    primo prima sobrino padrastro madrastra suegro cuñado cuñada carnalito viejo viejos hermanito
    hermanita nana madrina padrino`,
  padres: `mama papa padre madre jefa jefe jefes padres papas mami papi jefecito jefita tutor tutora ama apa
    señora padrastro madrastra responsable representante apoderado tutores mamita papito`,
  pareja: `esposo esposa marido mujer novia novio pareja conyuge concubina casado casada casarme matrimonio
    unirme concubino esposos prometido prometida divorcio`,
  hijo: `hijo hija hijos niño niña chamaco bebe nene hijito hijita chamaca criatura nena peque hijastro`,
  acompanar: `acompañe acompañar acompaña acompañarme conmigo solo sola solito adulto adultos acompañante
    acompañado acompañada acompañen compañia vaya responsable juntos`,
  menor: `menor menores minoria chavito mayoria mayor adulto adulta edad años cumplir cumplo cumpli quince
    dieciseis diecisiete dieciocho catorce 14 15 16 17 18 menoria adolescente chavo chava mayorcito
    añitos cumpleaños cumplidos trece veinte 13 19 21 ciudadano ciudadania ilegal legalmente`,
  companero: 'compañero compañera amigo amiga compa cuate banda grupo salon',
  // papers
  firma: `firma firmar firmo firme firman firmada rubrica garabato autografo firmarla firmarlas firmarlo
    firmas firmando firmaron garabatear rubricar signar firmamos autorizar autorizacion`,
  tinta: `tinta pluma boligrafo lapicero azul negra negro bic plumon bolita marcador lapiz plumas tintas`,
  imprimir: `imprimir imprimo imprime impreso impresa impresos impresas impresion impresiones impresora
    imprimirlo imprimirla copia copias fotocopias papeleria ciber cafe hoja hojas tamaño carta oficio
    engargolar imprima imprimen imprimi reimprimir impresoras toner cartucho fotocopiar fotocopia
    escanear escaneado cyber oxxo engrapar bond opalina`,
  color: `color colores blanco negro bn byn gris escala colorida grises monocromo tonos`,
  caras: `caras cara lados vuelta frente reverso anverso doble ambas atras delante caratula duplex hoja
    reversos frentes trasera delantera paginas dorso`,
  papel: `papel papeles documento documentos documentacion hoja hojas formato comprobante archivo pdf acta
    expediente papelito papelitos hojita documentito formatos requisitado acuse recibo ficha escrito
    oficio paquete folder copia expedientes carpeta`,
  nombre: `nombre nombres apellido apellidos llamo datos anotar homonimo tocayo escrito acento falta ortografia`,
  cedula: 'cedula cedulas sedula prevenimss previmss prevenims prevenim preveims previms ced',
  poliza: `poliza polizas policia polisa seguros vida accidentes muerte muero fallece fallecimiento fallezco
    morir suma asegurada fallecer difunto indemnizacion siniestro sepelio funeral funerario invalidez
    perdida mutilacion cobran`,
  beneficiario: `beneficiario beneficiarios benefisiario beneficiaria porcentaje porcentajes repartir reparto dividir
    divido partes herederos heredar herencia designar cien ciento 100 50 33 anotar poner toca tocar
    partir mitad beneficio favorecido heredero reparten tercera tercios repartirlo pongo repartido
    asignar asigno porciento proporcion sumar sumen exceso suma`,
  tarjeta: 'tarjeta tarjeton tarj tarjetita',
  curp: 'curp clave',
  correo: `correo gmail hotmail outlook mail email correos bandeja spam institucional correito inbox no deseado
    arroba buzon mensaje electronico yahoo`,
  identificacion: `identificacion ine credencial ife pasaporte credenciales identificarme elector votar oficial gafete
    licencia cartilla militar`,
  foto: `foto fotos fotografia fotografias infantil selfie retrato retratos ovalada infantiles estudio
    fotografo blanco selfies`,
  domicilio: `domicilio casa direccion vivo vive vivir vivimos viven colonia cerca renta rento foraneo vivienda
    recibo luz agua cfe toca corresponde lejos mude zona ciudad estado pueblo municipio alcaldia postal
    direcciones vecindad depa departamento cuarto pension fraccionamiento iztapalapa ecatepec neza
    nezahualcoyotl toluca hidalgo morelos chalco tlalnepantla gam provincia foranea alquilo
    arrendamiento predial telmex comprobar residencia codigo cp foraneos queda`,
  // the way
  nss: `nss seguridad social nns nsss nese afiliacion enese`,
  imss: 'imss ims',
  numero: 'numero numeros num digitos',
  seguro: 'seguro facultativo aseguramiento asegurado asegurar aseguramiento asegurarme seguros',
  sismi: `sismi sismy cismi zismi sistema plataforma portal dse sisme simsi sismmi sisimi shismi plataformas
    sisi`,
  entrar: `entrar entro entra acceder acceso acceda ingresar ingreso loguear login iniciar meterme meter meto
    meterse meti sesion abrir abro cargar carga entre entrando logearme loguearme accedo accediendo
    entrarle metes dar ingresando navegador chrome safari`,
  clave: `contraseña contrasena password clave pass usuario user cuenta contra pasword boleta credenciales
    olvide contras contraseñas logueo nip pin token autenticar claves usuarios identificador`,
  abierto: `abierto abre abrio abrieron abren abri habilitado habilitan disponible cerrado cerro cierra cierran
    cerraron sigue activo apertura abrira lanzan abriran abran abierta abiertos cerrada cerrar cerraran
    cerradas habil habilita habilitaran disponibles funcionando activaron vuelven reabren reapertura`,
  guardar: `guardar guardo guarde guarda guardado guardarlo guardan salvar grabar grabo boton click clic picar
    picarle pico pique botoncito salirme borro perdio cambios guarden guardando guardados salvado
    almacenar grabado aceptar enviar perderse perder cerre cerrar pestaña refrescar recargar azul
    botones`,
  llenar: `llenar lleno llene llena llenado llenan rellenar contestar conteste completar requisitar capturar
    captura formulario cuestionario preguntas datos poner pongo llenas llenando llenada rellena relleno
    campo campos apartado apartados casilla casillas opcion seccion teclear escribir escribo tecleo
    anotar anoto`,
  registro: `registro registrar registrarme registre registrado registrarse registra afiliar afiliacion afiliarme
    afiliado inscribir inscribirme inscripcion incorporar incorporarme incorporacion registros
    registrandome inscrito inscripto inscribo inscribio incorporo anotarme apuntarme enlistar meterme
    ingreso dado`,
  alta: `alta altas afiliar afiliarme afilio activo activar registrado asegurado dado dieron activacion
    activen activarme darme darse darnos denme`,
  link: `link liga enlace pagina url sitio web vinculo links ligas enlaces paginas direccion lnk pag azulito
    pasame mandame hipervinculo electronica linkea linkee portal portales http https www`,
  internet:
    'internet linea digital celular computadora compu virtual google buscador cel pantalla compu laptop',
  video: `video videos tutorial tutoriales youtube youtu videito tuto videoclip grabado ver vid vids clip
    clips tiktok grabacion explicativo visual verlo yutub yt videollamada`,
  llegar: `llegar llega llego llegue recibir recibo recibi aparecer aparece manda mandan enviar enviaron
    mandaron caer cae cayo llegara llegaron recibire mandaran mandaban notifican envio envian reenviar
    reenvien aparecio`,
  entregar: `entregar entrego entregue entrega entregan entregarlo entregarla llevar llevo lleva lleve llevarlo
    dejar dejo presentar presento dar doy recepcion traer traigo mostrar enseñar mandar enviar subir
    meter entregas entregarse entregamos entreguemos dejarlo dejarla depositar presentarlo llevarla
    llevarle llevamos llevemos acudir entregado entregada pasar arrimar`,
  reciben: `reciben recibe recibir aceptan acepta agarran recepcionan recepcion reciban recibirme recibiran
    pelan atienden recibiendo recibes recogen reciba recibieron reciviendo tomar atiende atendiendo
    atencion abren`,
  obtener: `obtener obtengo sacar saco saque sacan tramitar tramito tramite conseguir consigo solicitar solicito
    pedir pido generar bajar bajo descargar descargo encontrar encuentro obtengan obtiene obtuve
    tramitarlo tramitarla sacarlo sacarla sacas conseguirlo consigue solicite solicita pedirlo descarga
    descargarlo bajarlo emitir expedir generarlo genera asignar asignan`,
  tramite: 'tramite tramites proceso procedimiento gestion tramitar papeleo movimiento',
  requisito: `requisitos requisito rekisitos necesito necesitan ocupan ocupo piden pide pedir datos papeles
    documentos documentacion requiere indispensable mano listo ocupa ocupare necesite requieren
    requerimientos papeleria llevar solicitan indispensables traer alistar juntar preparo preparar`,
  unico: `unico mismo misma permanente intransferible cambia cambiar anterior viejo vieja antes duplicado
    repetido dos otro nuevo diferente vida perdi identico igual iguales distinto permanece conservar
    conservo mantengo mantener reutilizar reutilizo previo antiguo antigua ya transferir prestado
    prestar cambiaria cambio perpetuo`,
  trabajo: `trabajo trabajaba trabajar trabaje chamba chambeo chambee empleo jale patron empresa fabrica tienda
    restaurante trabajando trabajador trabajadora laboral laboro laborar laburar empleado empleada
    contrato nomina negocio oxxo walmart sueldo patrones practicante chambeando jefe freelance cotizar
    cotizo cotizado semanas`,
  // windows and time
  urgente: `urgente urgencia urgentisimo urge urgen rapido rapida prisa express acelerar apurar hoy mismo
    ahorita ya adelantar saltarme fila cuanto antes apurado apurada apuro inmediato inmediata
    inmediatamente aceleren agilizar agilicen agiliza prioridad correr corriendo ayer desesperado volada
    rapidito`,
  tarde: `tarde extemporaneo extemporanea retraso tardio paso vencio vencido excepcion prorroga fuera plazo
    tiempo perdi pasaron aplazar despues limite pasada ultimo olvido tardia atrasado atrasada atraso
    retrasado demorado desfasado rezagado vencida vencidos cerraron extemporaneos destiempo olvide
    despiste pasado alcance alcanzo`,
  recordar: `recordar recuerda recuerdame recordarme avisar avisame avisarme recordatorio recordatorios aviso
    avisos notificacion notificaciones alarma alerta alertas notificar acordar acordarme acuerdes
    recuerdes avises recuerdas recuerden recuerdos acuerdame acuerda alarmas alertame notificame
    notifiques notifica avisas avisen avisarás avisaras recordandome silencia silenciar molestes`,
  espera: `semanas semana tarda tardan tardara tiempo demora demoran esperar espero espera cuanto dilata lapso
    pasar reflejar refleja esperando esperado esperare tardo tardado tardando tardaron demorar demoro
    dias habiles lento plazo quincena`,
  duracion: `dura duracion duraria caduca caducidad vence vencimiento expira termina termino acaba egresar egreso
    egresado graduarme graduar terminar terminando titular titularme pasante renovar renuevo renovacion
    vitalicio siempre hasta acabar carrera vigencia duran durar durante dure vencer venza vencio caduco
    caducar expirar expire vigente egrese egresados graduacion graduado graduada titulo titulado
    pasantia terminaria termine acabo acabe concluir concluyo finalizar finalizo salgo perpetuo
    permanente renovarse`,
  // after it
  vigencia: 'vigencia vigente vigentes vijente vigensia derechohabiente vig',
  activo: `activo activa activado activada vigente estatus status estado quede quedado dado listo activos
    activarse habilitado vigencias alta registrada asegurados aparezca`,
  constancia: `constancia comprobante constansia const derechos derecho hoja constancias comprobantes acredita
    acreditar acredite comprueba comprobar certificado`,
  dice: `dice dise diga sale aparece salio aparezco salga viene marca muestra pone decir salir venga aparecen
    apareciendo aparezcan dicen mostrar saliera figura leer leo indique indica contener contiene`,
  verificar: `verificar verifico checar checo checa ver veo saber se consultar consulto revisar reviso confirmar
    cheque fijar fijo enterar entero comprobar verificando verifica checan chequear checarlo revisa
    revisan consulta consultan confirmo confirma enterarme rastrear seguimiento monitorear averiguar
    averiguo corroborar asegurarme cerciorar`,
  clinica: `clinica clinicas umf unidad familiar consultorio hospital hospitales ventanilla turno umfs medicina
    sector centro salud ventanillas consultorios dispensario modulo hospitalito`,
  cartilla: `cartilla carnet citas carnecito cita cartillas carnets carné libreta libretita tarjeton cartillita`,
  medico: `medico medica medicos doctor doctora doctores dr dra consulta consultas medicina doc enfermera
    consultorio doctorcito pediatra general enfermeria consultar chequeo revision medicarme`,
  enfermo: `enfermo enferma enfermar enfermedad dolor duele malestar gripe fiebre sintomas panza fractura
    accidente enferme enfermedades enfermita lastime lastimado fracture torci herida sangre tos
    calentura vomito infeccion diarrea desmaye desmayo emergencia ambulancia cabeza muela estomago gripa
    covid alergia`,
  servicios: `incluye incluyen cubre cubren cobertura servicios servicio ofrece ofrecen beneficios atienden
    atencion atender medicinas medicamentos medicamento farmacia analisis laboratorio radiografias rayos
    hospitalizacion estudios hospital dentista lentes especialista internan urgencias sangre vacunas
    derecho prestaciones recetan incluido incluida incluidos abarca abarcan comprende contempla cubrir
    cubriria cubierto ofrecer brindan brinda surten surtir receta recetas medicina pastillas jarabe
    placas tomografia resonancia quimica orina hemograma psicologia nutriologo oculista optometrista
    dental muelas brackets vacuna vacunacion rehabilitacion fisioterapia hospitalizado hospitalizada
    internado camilla encamado especialidades oftalmologo dermatologo ginecologia traumatologo`,
  embarazo: `embarazo embarazada parto bebe prenatal aliviar nacer nace nacido nacimiento encinta nazca nacio
    ginecologo ultrasonido maternidad panza mama esperando recien cesarea embarazadas embarace gestacion
    gestante preñada aborto parir partos cesareas neonatal recienacido bebito lactancia matriz obstetra
    ginecobstetra obstetricia semanas preñez prueba maternal parturienta aliviarme alivio`,
  tratamiento: `tratamiento tratamientos terapia quimioterapia dialisis cronico cronica diabetes especialista
    especialidad controlado rehabilitacion psiquiatra psicologo medicado neurologo cardiologo
    ortopedista epilepsia asma seguimiento tratada tratado tratan trata terapias medicacion medicamento
    insulina diabetico diabetica hipertension hipertenso hipotiroidismo tiroides cancer leucemia tumor
    epileptico ortodoncia depresion ansiedad psiquiatrico psicologica neurologico cardiaco renal lupus
    artritis vih controles quimio radioterapia inyecciones especialistas cronicas padezco padecimiento
    enfermedad condicion`,
  operacion: `operacion operar operan operaron operarme cirugia cirugias quirurgica quirofano cirujano operen
    programada operada operado operarse intervencion intervenir apendice vesicula rodilla hernia
    amigdalas quirofanos bisturi operarian operaran programaron ligamento`,
  otro: `issste isste iste issemym isemim pemex sedena semar marina militar particular privado privada gastos
    axa gnp metlife insabi aseguradora aseguranza bienestar otro cuento isstee ist isssteson isssemym
    issfam imssbienestar inbursa axxa monterrey seguros bupa mapfre zurich afiliado poblano popular
    privadas particulares ajeno distinto militares ejercito petroleos`,
  rechazo: `rechazo rechazar rechaza rechazarlo rechazos rechazas rechaze declinacion negativa`,
  renuncia: `renuncia renunciar renuncio renunciarle declinar rehusar negarme responsiva requiero rechazar
    cancelar quitar quiten salirme dejar desafiliar baja desistir interesa ocupo renunciando renuncie
    renuncias declino declinacion rehuso deslinde salirse salir zafarme zafo safarme rechazo negativa`,
  obligatorio: `obligatorio obligacion obligado obliga obligan forzoso fuerzas fuerza opcional voluntario huevo ley
    sancion pasa consecuencias multa exigen obligada obligados obligar obligatoria forzosa forzosamente
    forzar optativo optativa voluntaria opcion libre decision castigo sancionan multan perjudica afecta
    necesario saltar brincar omitir evitar evadir ignorar`,
  actividad: `actividades actividad deporte deportivo deportiva deportes practicas practica salida salidas viaje
    viajes intercambio torneo equipo laboratorio laboratorios cocurricular excursion campo competencia
    entrenar futbol basquet visita visitas fut jugar americano partido taller congreso gimnasio alberca
    movilidad profesionales deportista futbolista basquetbol voleibol natacion atletismo karate
    taekwondo porra animacion gimnasia entreno entrenamientos seleccion selectivo competir competencias
    interpolitecnicos torneos eventos excursiones campamento foraneas industria empresas practicante lab
    quimica biologia talleres danza musica coro cultural culturales extracurricular olimpiada concurso
    carrera maraton`,
  servicioSocial: 'social practicas profesionales',
  cambio: `cambio cambios cambiar cambie cambiarme cambiaron cambian traslado transferencia mude transferir
    pasar pasarme cambiando cambiarse cambiara transferirme traslade trasladar mudo mudarme moverme
    movieron movilidad permuta pase paso vengo provengo procedo`,
  plantel: `escuela escuelas plantel planteles voca vocacional cecyt unidad academica esime escom upiicsa esca
    esia upibi encb prepa bachillerato superior facultad cet universidad upita sede campus cicata upiig
    upiiz upiem upiita ciitec cics enmh enba ese esiqie esfm esit esimez politecnica`,
  ipn: 'ipn poli politecnico institucion',
  escolar: `escolares escolar control gestion estudiantiles departamento direccion orientadora orientador
    prefecto servicios administrativa administrativo coordinacion subdireccion jefatura secretaria
    academica`,
  baja: `baja bajas desafiliar dieron botaron corrieron sacaron suspendido inactivo cancelado desactivado
    desactivada desactivaron cancelaron cancelada suspendieron suspendida suspension eliminado eliminada
    desafiliaron perdi perdieron tronaron inactiva`,
  reglamento: `reglamento reprobar reprobe reprobado dictamen materia materias reinscribir reinscribi reinscripcion
    reinscribirme articulo irregular recursar desfasado adeudo expulsado corrieron regresar reingreso
    volver reprobada reprobando tronar trone adeudos dictaminado dictamenes expulsion expulsaron
    suspendieron reincorporar reincorporo reinscriben reinscripciones retome retomar regreso regrese
    volvi pausa interrumpir interrumpi`,
  gestor: `gestor gestores coyote coyotes tercero personalmente intermediario estafa fraude tramitador facebook
    vecina ofrecen ofrece presencial vende venden ayuda señor señora otro persona poder cobra coyotaje
    estafador estafadores estafan estafaron tranza transa fraudes sospechoso confiable confiar
    desconocido apoderado carta tercera terceros intermediarios despacho tramitologo anuncio publicidad
    oferta`,
  contacto: `oficina oficinas departamento estudiantiles preguntar pregunto dudas duda contacto contactar acudir
    acudo telefono extension dirigirme orienta orienten informes resuelven aclarar apoyo queja contactos
    comunicarme comunico comunicar ubicar atiendan orientacion orientar asesoria asesorar modulo
    ventanilla preguntarle preguntarles acercarme acerco encargado responsable quejarme quejas reclamo
    reclamar`,
  persona: `persona humano humana asesor asesora agente encargado encargada secretaria licenciado operador robot
    bot maquina real hablar llamar marquen comunicar platicar personas humanas alguien asesores asesoras
    ejecutivo atienda atiendanme contesta conteste robots maquinas ia inteligencia artificial`,
  publico: `publica publicas publico privada uam unam extranjero extranjera maestria posgrado doctorado virtual
    abierta distancia escolarizado idiomas egresado publicos incorporada incorporadas particulares
    extranjeros visitante oyente externo externa egresada exalumno exalumna graduado docente profesor
    trabajador investigador posdoctorado`,
  nivel: `maestria posgrado doctorado licenciatura bachillerato medio superior nivel universidad vocacional
    licenciaturas ingenieria maestrias doctorados especialidad tecnico bachilleres preparatoria
    superiores`,
  primero: `primero primer nuevo ingreso primeros 1er 1ero 1ro 1o recien apenas entrar primera novato novata
    nuevos nueva empezando inicio iniciando entrante generacion`,
  posterior: `segundo tercero tercer cuarto quinto sexto septimo octavo noveno decimo 2do 3ro 3er 4to 5to 6to 7mo
    8vo 9no 2o 3o 4o 5o 6o avanzado adelante penultimo mitad onceavo ultimo avanzada avanzados veteranos
    viejos arriba siguientes`,
  semestre: 'semestre semestres grado ciclo año',
  orden: `orden primero despues pasos paso proceso procede empiezo empezar luego secuencia sigue siguiente
    seguir antes inicio empieza diferencia entre ordenado etapas etapa fase fases secuencial cronologico
    enseguida posteriormente finalmente ultimo continuar continua prosigue`,
  // not questions
  falta: `falta faltan faltaria pendiente pendientes avance progreso quede voy llevo hecho hice termine acabe
    listo completado paso marca apunta anota palomita faltaba faltarme restan resta avanzado avances
    pendientito terminado porcentaje checklist lista tachar tacha palomear palomea`,
  hecho: 'hice hecho ya termine acabe complete entregue imprimi guarde saque firme registre',
  borrar: `borrar borra borren borres elimina eliminar olvida privacidad guardan informacion personales
    conservan historial compartes comparten confidencial seguros borrado borrame eliminame eliminalo
    elimines desaparece olvidame olvides olvidar olvidalo datos privado privados rastrea espian espia
    guardas almacenas almacenan registran venden terceros arco consentimiento`,
  gracias: `gracias agradezco agradecido amable genial excelente perfecto chido sirvio ayudaste crack padrisimo
    va sale ok grax agradecida mil salvaste salvas genio padre chingon chida maravilla buenisimo
    enterado entendido vale okey oki okis`,
  saludo: `hola buenas buenos tardes dias noches saludos tal onda hey que buen holi holis hello hi alo bonito`,
  adios: `adios bye hasta luego vemos chao retiro cuidate despido rato adiosito chau nos cuidense bai byebye
    mañana vere`,
  menu: `menu inicio opciones regresar volver principal reiniciar empezar lista temas comandos ayuda puedes
    haces menus principio regreso regresa vuelve atras reinicia reset comenzar start help opcion
    preguntas`,
  historia: `decreto presidencial presidente 1987 historia origen existe creo consiste significa definicion
    creado crearon fundado surgio surge decretaron decreta fundamento legal ley antecedentes año`,
  queEs: 'consiste significa definicion trata rollo exactamente platicame cuentame enterado explicacion es',
  escolares: `saes kardex boleta calificaciones inscripcion horario materias ets beca becas titulacion tesis
    examen promedio clases profesor cenlex saess kardexs boletas calificacion extraordinario horarios
    inscribo reinscribirme becario manutencion titularme servicio biblioteca constancias estudios
    credencializacion ingles toefl profes sinodales dae`,
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
/** All there is in here, for the hash of a model. */
export const ideasInOne = JSON.stringify([...ideasOf])
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

/** The names of a word's ideas, for somebody who asks why. */
export const ideasIn = (sound: string): string[] =>
  meaningsOf(sound).flatMap(meaning => (meaning.startsWith('=') ? [meaning.slice(1)] : []))
