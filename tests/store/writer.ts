/**
 * A process that takes turns in several chats until somebody kills it, and prints each one once it is written.
 * `kill.test.ts` starts it: `node writer.ts '{"dir": "…"}' <prefix of the messages>`.
 */
import { openStore } from '../../src/store/store.ts'
import { takeTurn } from './turns.ts'

const [where = '', prefix = ''] = process.argv.slice(2)
const store = await openStore(JSON.parse(where))
await Promise.all(
  ['a', 'b', 'c', 'd'].map(async chat => {
    for (let n = 0; ; n++) {
      await takeTurn(store, chat, `${prefix}-${n}`)
      process.stdout.write(`${chat} ${prefix}-${n}\n`)
    }
  }),
)
