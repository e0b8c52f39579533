/** First semester: with the cédula PREVENIMSS (A94, A133-156). */
import { recorrido } from './recorrido.ts'

export const primero = recorrido('primero', 'primero', 'posterior', [
  'nss',
  'servicio-medico',
  'sismi',
  'carta-rechazo',
  'beneficiarios',
  'guardar',
  'imprimir-cedula',
  'imprimir-polizas',
  'entregar-nss',
  'entregar-cedula',
  'vigencia',
  'clinica',
])
