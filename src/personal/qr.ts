/** A QR code for a terminal, dark or light. Drawn by `npm run whatsapp` and by the running program. */
import encodeQR from 'qr'

/** What is drawn shall be light and what is not dark, whatever the terminal's own colours are. */
const lightOnDark = '\u001b[38;5;231;48;5;16m'
const usualColours = '\u001b[0m'

/** Two modules stand one above the other in a letter, so that the longest code of WhatsApp fits 80 columns. */
export const drawQr = (text: string): string =>
  encodeQR(text, 'ascii', { ecc: 'low', border: 4 })
    .trimEnd()
    .split('\n')
    .map(line => `${lightOnDark}${line}${usualColours}`)
    .join('\n')
