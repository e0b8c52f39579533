/**
 * Promises that whatsapp-web.js and puppeteer drop: when a page reloads or a browser dies, what they had begun rejects
 * and nobody listens, which would end the whole program. The session installs this while it runs; all other
 * rejections end the program as they would without it.
 */
export function catchDropped(tell: (reason: string) => void): () => void {
  const listener = (reason: unknown) => {
    if (isOfLibrary(reason)) return tell(reasonOf(reason))
    // Where somebody else listens too, it is theirs to say what happens.
    if (process.listenerCount('unhandledRejection') === 1) throw reason
  }
  process.on('unhandledRejection', listener)
  return () => void process.off('unhandledRejection', listener)
}

/** What `Client.inject` throws is a plain string. */
const thrownTexts: readonly unknown[] = ['auth timeout', 'ready timeout']

function isOfLibrary(reason: unknown): boolean {
  if (!(reason instanceof Error)) return thrownTexts.includes(reason)
  return /[\\/](?:whatsapp-web\.js|puppeteer(?:-core)?|@puppeteer)[\\/]|\bpptr:/.test(reason.stack ?? '')
}

/** The first line, and no number in it that may be somebody's. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line.replace(/\d{5,}/g, '…').slice(0, 300)
}
