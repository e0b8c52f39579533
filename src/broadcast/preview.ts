/** A broadcast as each channel will show it, for staff who look at it before it goes out. Pure. */
import type { Limits } from '../channels/channel.ts'
import { fitInto } from '../channels/fit.ts'
import { templateText } from '../channels/whatsapp-cloud/render.ts'
import type { Content } from '../content/load.ts'
import { announce } from '../conversation/unasked.ts'
import type { ChannelName, Outgoing } from '../message.ts'
import type { BroadcastRow } from '../store/broadcasts.ts'

export interface Preview {
  readonly channel: ChannelName
  /** As `fitInto` brings it into the channel's form. */
  readonly messages: readonly Outgoing[]
  /** As the template that goes to whoever has not written for 24 hours. */
  readonly template?: true
}

export function showOn(
  content: Content,
  limits: Readonly<Partial<Record<ChannelName, Limits>>>,
  { id, texto, boton, audiencia, vence }: BroadcastRow,
  now: Date,
): Preview[] {
  const { tema, canal } = audiencia
  const button = boton ? { button: boton } : {}
  const message = announce(content, { difusion: id, tema, text: texto, until: vence ?? now, ...button })
  return Object.entries(limits).flatMap(([name, limit]): Preview[] => {
    const channel = name as ChannelName
    if (canal && !canal.includes(channel)) return []
    const usual = { channel, messages: fitInto(message, limit) }
    if (channel !== 'whatsapp-cloud') return [usual]
    const text = templateText(message.text, content.whatsappNube)
    return [usual, { channel, messages: [{ text }], template: true }]
  })
}
