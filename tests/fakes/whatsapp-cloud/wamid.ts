/**
 * Ids of messages as Meta makes them: base64 of bytes that hold the person's phone number in plain digits, so that a test
 * of privacy finds it where an id is stored or logged. Taken apart from the ids in Meta's own examples.
 */
import { randomBytes } from 'node:crypto'

/** `who`: the phone; of a person who is known without one, the BSUID. */
export function makeWamid(who: string, from: 'person' | 'business'): string {
  const hex = randomBytes(from === 'person' ? 10 : 9)
    .toString('hex')
    .toUpperCase()
  const between = [0x15, 0x02, 0x00, from === 'person' ? 0x12 : 0x11, 0x18, hex.length]
  const head = [0x1c, 0x18, Buffer.byteLength(who)]
  const bytes = [
    Buffer.from(head),
    Buffer.from(who),
    Buffer.from(between),
    Buffer.from(hex),
    Buffer.from([0]),
  ]
  return `wamid.${Buffer.concat(bytes).toString('base64')}`
}
