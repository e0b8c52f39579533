/**
 * Files on the fake Cloud API: uploaded in a form, asked for by id, downloaded with the token, deleted; whatsapp-cloud.ts
 * calls it. https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
import { createHash } from 'node:crypto'
import { noObject, noProduct, Refusal } from './errors.ts'

const MB = 1024 * 1024
const office = 'application/vnd.openxmlformats-officedocument'

/** "Supported media types": kind and largest size of each. There is no text/calendar. */
const types: Readonly<Record<string, readonly [kind: MediaKind, largest: number]>> = {
  'audio/aac': ['audio', 16 * MB],
  'audio/mp4': ['audio', 16 * MB],
  'audio/mpeg': ['audio', 16 * MB],
  'audio/amr': ['audio', 16 * MB],
  'audio/ogg': ['audio', 16 * MB],
  'audio/opus': ['audio', 16 * MB],
  'application/vnd.ms-powerpoint': ['document', 100 * MB],
  'application/msword': ['document', 100 * MB],
  [`${office}.wordprocessingml.document`]: ['document', 100 * MB],
  [`${office}.presentationml.presentation`]: ['document', 100 * MB],
  [`${office}.spreadsheetml.sheet`]: ['document', 100 * MB],
  'application/pdf': ['document', 100 * MB],
  'text/plain': ['document', 100 * MB],
  'application/vnd.ms-excel': ['document', 100 * MB],
  'image/jpeg': ['image', 5 * MB],
  'image/png': ['image', 5 * MB],
  'image/webp': ['sticker', MB / 2],
  'video/mp4': ['video', 16 * MB],
  'video/3gpp': ['video', 16 * MB],
}

export type MediaKind = 'audio' | 'document' | 'image' | 'sticker' | 'video'

export interface Media {
  readonly id: string
  readonly kind: MediaKind
  readonly type: string
  readonly bytes: Buffer
}

export class Store {
  readonly #files = new Map<string, Media>()
  #last = 1_013_859_600_285_440

  /** `product`: `messaging_product`, where the address says it and not the form. */
  async upload(body: Buffer, contentType: string, product: unknown): Promise<{ id: string }> {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
      .formData()
      .catch(() => undefined)
    if ((form?.get('messaging_product') ?? product) !== 'whatsapp') throw noProduct()
    const file = form?.get('file')
    if (!(file instanceof File))
      throw new Refusal(100, undefined, { message: '(#100) The parameter file is required.' })
    const type = (file.type.split(';')[0] ?? '').trim().toLowerCase()
    return { id: this.keep(Buffer.from(await file.arrayBuffer()), type) }
  }

  /** Also for what a person sends. */
  keep(bytes: Buffer, type: string): string {
    const [kind, largest] = types[type] ?? []
    if (!kind || !largest) throw wrongType(type)
    if (!bytes.length) throw new Refusal(100, 'Param file must not be empty')
    if (bytes.length > largest) throw new Refusal(131053, `${type} file is larger than ${largest} bytes`)
    const id = String(++this.#last)
    this.#files.set(id, { id, kind, type, bytes })
    return id
  }

  find(id: string): Media | undefined {
    return this.#files.get(id)
  }

  describe(id: string, url: string): object {
    const { type, bytes } = this.#need('GET', id)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { messaging_product: 'whatsapp', url, mime_type: type, sha256, file_size: bytes.length, id }
  }

  delete(id: string): { success: true } {
    this.#need('DELETE', id)
    this.#files.delete(id)
    return { success: true }
  }

  #need(method: string, id: string): Media {
    const file = this.#files.get(id)
    if (!file) throw noObject(method, id)
    return file
  }
}

/** github.com/MissaelAnda/laravel-whatsapp/issues/4: no error_data here. */
function wrongType(type: string): Refusal {
  const known = Object.keys(types).join(', ')
  const why = `Param file must be a file with one of the following types: ${known}. Received file of type '${type}'.`
  return new Refusal(100, undefined, { message: `(#100) ${why}` })
}
