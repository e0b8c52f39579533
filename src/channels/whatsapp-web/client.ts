/**
 * One client of whatsapp-web.js, as the session wants it; the only place that loads the library, and only when the
 * session asks. The library's own ways to end (signals, emptying the profile under a running browser) are taken from it.
 */
import type { Client } from 'whatsapp-web.js'
import type { Folder } from './folder.ts'

/** What whatsapp-web.js 1.34.7 was written for. A page of that name in the folder is used; else WhatsApp's newest. */
export const webVersion = '2.3000.1017054665'

export type Browser = NonNullable<Client['pupBrowser']>

export interface ClientParts {
  readonly folder: Folder
  readonly chromePath: string
  /** As soon as it runs. */
  readonly onBrowser: (browser: Browser) => void
}

export const loadLibrary = async () => (await import('whatsapp-web.js')).default

export async function makeClient({ folder, chromePath, onBrowser }: ClientParts): Promise<Client> {
  const { Client, LocalAuth } = await loadLibrary()
  const auth = new LocalAuth({ dataPath: folder.path })
  auth.afterBrowserInitialized = async () => {
    const browser = client.pupBrowser
    if (!browser) return
    // Killed, its pipes break after puppeteer has stopped to listen: that would end the program.
    for (const pipe of browser.process()?.stdio ?? []) pipe?.on('error', () => {})
    onBrowser(browser)
  }
  // It would delete the profile while Chromium writes there (EBUSY, ENOTEMPTY); the session does it afterwards.
  auth.logout = async () => {}
  const client = new Client({
    authStrategy: auth,
    webVersion,
    webVersionCache: { type: 'local', path: folder.versions, strict: false },
    puppeteer: {
      executablePath: chromePath,
      headless: true,
      // No port that others on the machine could read along at; and Chromium ends when the pipe does, so with us.
      pipe: true,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      // For root, as in a container, Chromium's sandbox does not start.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  })
  return client
}

/** Of what we ask the page for ourselves: strings, so that nothing of how this file is run gets into the page. */
export const pageState = `(() => {
  const { state, hasSynced } = window.require('WAWebSocketModel').Socket
  return { state, synced: Boolean(hasSynced) }
})()`

/** whatsapp-web.js waits for a change that may have come before it listened: then it is never ready. */
export const sayReady = 'window.onAppStateHasSyncedEvent()'

export const takeOver = `window.require('WAWebSocketModel').Socket.takeover()`

/** The library's own list asks WhatsApp's server about each group. */
export const privateChats = `window.require('WAWebCollections').Chat.getModelsArray().map(chat => ({
  id: chat.id._serialized, unread: chat.unreadCount, at: chat.t
})).filter(({ id }) => /@(?:c\\.us|lid)$/.test(id))`

/** The newest of a chat, oldest first. The library's own list mixes up those of the same second. */
export const newestMessages = (chat: string, limit: number) => `(async () => {
  const chat = await window.WWebJS.getChat(${JSON.stringify(chat)}, { getAsModel: false })
  const { loadEarlierMsgs } = window.require('WAWebChatLoadMessages')
  let messages = chat.msgs.getModelsArray()
  while (messages.length < ${limit}) {
    const earlier = await loadEarlierMsgs({ chat })
    if (!earlier?.length) break
    messages = [...earlier, ...messages]
  }
  return messages.slice(-${limit}).map(message => window.WWebJS.getMessageModel(message))
})()`
