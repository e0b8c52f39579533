/** Where a conversation starts and comes back to. */
import { flow, given } from './shape.ts'

const go = (flujo: string) => ({ actions: { type: 'ir' as const, params: { flujo } } })

export const menu = flow.createMachine({
  id: 'menu',
  description:
    'Donde empieza y a donde vuelve toda plática: lo que se puede hacer, y los otros trámites en una segunda pantalla.',
  context: given,
  initial: 'inicio',
  states: {
    inicio: {
      meta: {
        texto: 'menu.inicio',
        opciones: ['tramite', 'checklist', 'preguntas', 'ventana', 'persona', 'otros'],
      },
      on: {
        tramite: {
          actions: [
            { type: 'sabe', params: { tramite: 'alta' } },
            { type: 'ir', params: { flujo: 'perfil' } },
          ],
        },
        checklist: go('checklist'),
        preguntas: go('preguntas'),
        ventana: go('ventana'),
        persona: go('persona'),
        otros: { target: 'otros' },
      },
    },
    otros: {
      meta: {
        texto: 'menu.otros',
        reposo: true,
        opciones: ['vigencia', 'clinica', 'beneficiarios', 'renuncia', 'cambio', 'privacidad'],
      },
      on: {
        vigencia: go('vigencia'),
        clinica: go('clinica'),
        beneficiarios: go('beneficiarios'),
        renuncia: go('renuncia'),
        cambio: go('cambio'),
        privacidad: go('privacidad'),
      },
    },
  },
})
