/** Second semester on: no cédula, but the registration goes on (A95-96). */
import { recorrido } from './recorrido.ts'

export const posterior = recorrido('posterior', 'posterior', 'primero', [
  'nss',
  'servicio-medico',
  'sismi',
  'carta-rechazo',
  'beneficiarios',
  'guardar',
  'imprimir-polizas',
  'entregar-nss',
  'vigencia',
  'clinica',
])
