/** Second semester on: no cédula, but the registration goes on (A95-96). */
import { recorrido } from './recorrido.ts'

export const posterior = recorrido(
  'posterior',
  'Lleva por los pasos del alta, uno por uno, a quien va de segundo semestre en adelante: sin la cédula PREVENIMSS.',
  'posterior',
  'primero',
  [
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
  ],
)
