/** Which channels there are, and what each of them can have: all keep the same contract. */
import { expect, test } from 'vitest'
import { parts } from './contract/stage.ts'
import { telegram } from './contract/telegram.ts'
import { ndjson, terminal } from './contract/terminal.ts'
import { web } from './contract/web.ts'
import { whatsAppCloud } from './contract/whatsapp-cloud.ts'
import { whatsAppWeb } from './contract/whatsapp-web.ts'
import { keepsTheContract } from './contract.ts'

const makers = [terminal, ndjson, web, telegram, whatsAppWeb, whatsAppCloud]

test('each channel has what it can have, and no more is left out', () => {
  const table = parts.map(part => [part, ...makers.map(({ lacks }) => (part in lacks ? '·' : '✓'))].join(' '))
  expect(table).toEqual([
    'own messages · · · ✓ ✓ ✓',
    'redelivery · ✓ ✓ ✓ ✓ ✓',
    'files · ✓ ✓ ✓ ✓ ✓',
    'other files · · · ✓ ✓ ✓',
    'captions · · · ✓ ✓ ✓',
    'sending · · · ✓ ✓ ✓',
    'retry with a pause · · · ✓ ✓ ✓',
    'retry · · · ✓ ✓ ✓',
    'rejected · · · ✓ ✓ ✓',
    'unreachable · · · ✓ · ✓',
    'uncertain · · · ✓ ✓ ✓',
    'misconfigured · · · ✓ · ✓',
  ])
})

/** The one with a browser has a file of its own, contract/browser.test.ts: the two run side by side. */
for (const maker of makers) if (maker !== whatsAppWeb) keepsTheContract(maker)
