/**
 * The one-time code with which a list is carried to another chat: how one is made, shown, found in what a person writes,
 * and taken out of what is kept. `interpret` reads it, `handle` makes and hides it; pure but for the chance it is given.
 */

/** Crockford's base32: no I, L, O, which are read as the digits they look like, and no U. */
const symbols = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const half = 4
export const codeLifeMinutes = 15

/**
 * In each half a letter comes before a digit that looks like no letter: so no word, no number and no "20mg 40mg" is
 * taken for a code. Of the 40 bits that are drawn this leaves some 38.
 */
const shapedHalf = /^(?=.*[A-HJKMNP-TV-Z].*[2-9])[0-9A-HJKMNP-TV-Z]{4}$/
const isCode = (text: string) =>
  text.length === 2 * half && shapedHalf.test(text.slice(0, half)) && shapedHalf.test(text.slice(half))

/** `random` gives that many bytes, as a generator for secrets does. */
export function makeCode(random: (bytes: number) => Uint8Array): string {
  for (;;) {
    // 256 is eight times 32: every symbol is as likely.
    const code = [...random(2 * half)].map(byte => symbols[byte % symbols.length]).join('')
    if (isCode(code)) return code
  }
}

/** `K7Q2-M9XD` */
export const showCode = (code: string) => `${code.slice(0, half)}-${code.slice(half)}`

/** The code in a text that is nothing else, as after a command; undefined where it can be none. */
export function readBareCode(text: string): string | undefined {
  const code = canonical(text.replace(/[^\p{L}\p{N}]/gu, ''))
  return isCode(code) ? code : undefined
}

/** The code that a person brings: alone, in a few words, or in a longer text that says that it is one. */
export function readCode(text: string): string | undefined {
  if (text.length > maxChars) return undefined
  const short = text.split(/\s+/).length <= maxWords
  return readBareCode(text) ?? (short || /c[oó]digo/i.test(text) ? findCodes(text)[0]?.code : undefined)
}
const maxChars = 1000
const maxWords = 12

/** The text without its codes: what is kept must be of no use to whoever reads it. */
export function hideCodes(text: string): string {
  if (readBareCode(text)) return label
  return findCodes(text).reduceRight(
    (kept, { from, to }) => kept.slice(0, from) + label + kept.slice(to),
    text,
  )
}
const label = '[código]'

/** As somebody may have typed it: any case, O for 0, I or L for 1. */
const canonical = (typed: string) =>
  typed.normalize('NFKC').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1')

/** `K7Q2 M9XD`, and every sign apart. */
const forms = [
  /(?<![\p{L}\p{N}])[\p{L}\p{N}]{4}[\s\p{Pd}−._·]{0,3}[\p{L}\p{N}]{4}(?![\p{L}\p{N}])/gu,
  /(?<![\p{L}\p{N}])(?:[\p{L}\p{N}][\s\p{Pd}−._·]{1,3}){7}[\p{L}\p{N}](?![\p{L}\p{N}])/gu,
]

function findCodes(text: string): { code: string; from: number; to: number }[] {
  const found = []
  for (const form of forms) {
    form.lastIndex = 0
    for (let match = form.exec(text); match; match = form.exec(text)) {
      const code = readBareCode(match[0])
      if (code) found.push({ code, from: match.index, to: form.lastIndex })
      // In "algo k7q2 m9xd" the second half of a miss is the first of a code. Half a character further it would begin anew.
      else form.lastIndex = match.index + String.fromCodePoint(match[0].codePointAt(0) ?? 0).length
    }
  }
  return found.sort((a, b) => a.from - b.from)
}
