/** Registering at the clinic (UMF) once the constancia says SI (A217-231, B17). */
import { flow, given } from './shape.ts'

export const clinica = flow.createMachine({
  id: 'clinica',
  description: 'Los papeles para registrarse en la clínica (UMF), distintos para quien es menor de edad.',
  context: given,
  initial: 'edad',
  on: {
    'que-clinica': { actions: { type: 'responde', params: { pregunta: 'que-clinica' } } },
    listo: {
      target: '.hecho',
      actions: [
        { type: 'hecho', params: { paso: 'clinica' } },
        { type: 'di', params: { clave: 'paso.hecho' } },
      ],
    },
    vigencia: { actions: { type: 'ir', params: { flujo: 'vigencia' } } },
  },
  states: {
    edad: {
      always: [
        { guard: { type: 'es', params: { edad: 'menor' } }, target: 'menor' },
        { guard: { type: 'es', params: { edad: 'adulto' } }, target: 'papeles' },
      ],
      meta: { texto: 'perfil.edad', opciones: ['menor', 'adulto'], campo: 'edad' },
      on: {
        menor: { target: 'menor', actions: { type: 'sabe', params: { edad: 'menor' } } },
        adulto: { target: 'papeles', actions: { type: 'sabe', params: { edad: 'adulto' } } },
      },
    },
    papeles: {
      always: { guard: { type: 'es', params: { edad: 'menor' } }, target: 'menor' },
      meta: { texto: 'clinica.papeles', opciones: ['listo', 'que-clinica', 'vigencia'] },
    },
    menor: {
      always: { guard: { type: 'es', params: { edad: 'adulto' } }, target: 'papeles' },
      meta: { texto: 'clinica.menor', opciones: ['listo', 'que-clinica', 'vigencia'] },
    },
    hecho: {
      meta: { texto: 'clinica.hecho', opciones: ['checklist'], reposo: true },
      on: { checklist: { actions: { type: 'ir', params: { flujo: 'checklist' } } } },
    },
  },
})
