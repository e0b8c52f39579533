/** First semester: with the cédula PREVENIMSS (A94, A133-156). */
import { recorrido } from './recorrido.ts'

export const primero = recorrido(
  'primero',
  'Lleva por los pasos del alta, uno por uno, a quien va en primer semestre: con la cédula PREVENIMSS.',
  'primero',
  'posterior',
  [
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
  ],
)
