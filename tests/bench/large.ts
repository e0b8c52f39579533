/** `--large`: whether turns stay as quick with a million conversations stored as with a thousand. */
import pg from 'pg'
import { chatKey } from '../../src/conversation/handle.ts'
import { createDatabase } from '../postgres.ts'
import { type Contender, createRandom, type Measured, race } from './measure.ts'
import { openVigente } from './vigente.ts'

const chatsAtOnce = 32
const load = { rounds: 7, roundMs: 2000, chats: chatsAtOnce }

/** The large one first, so that `p99Ratio` of the small one says how much slower the large one is. */
export async function benchLarge(server: string, seed: number): Promise<Measured[]> {
  const contenders: Contender[] = []
  for (const stored of [1_000_000, 1_000]) {
    const url = await createDatabase(server)
    const contender = await openVigente({ url }, seed, `${stored.toLocaleString('en')} conversations`)
    await contender.turn(0)
    await fill(url, stored)
    contenders.push({ ...contender, turn: pickAny(contender, stored, seed) })
  }
  const measured = await race(contenders, load)
  for (const contender of contenders) await contender.close()
  return measured
}

/** Any of the conversations stored. The thousand are soon all remembered by the store; the million are not. */
function pickAny(contender: Contender, stored: number, seed: number): Contender['turn'] {
  const random = createRandom(seed)
  const busy = new Set<number>()
  return async () => {
    let chat = Math.floor(random() * stored)
    while (busy.has(chat)) chat = Math.floor(random() * stored)
    busy.add(chat)
    await contender.turn(chat)
    busy.delete(chat)
  }
}

/** Copies the one conversation there is, with its message and reply, to the keys of the chats 1, 2, 3 … */
async function fill(url: string, stored: number): Promise<void> {
  const key = `left(translate(encode(sha256(convert_to('web' || chr(10) || i, 'UTF8')), 'base64'), '+/', '-_'), 27)`
  const numbers = `generate_series(1, ${stored - 1}) i`
  const pool = new pg.Pool({ connectionString: url, max: 1 }).on('error', () => {})
  try {
    const { rows } = await pool.query(`select ${key} as key from generate_series(1, 1) i`)
    if (rows[0].key !== chatKey({ channel: 'web', id: '1' }))
      throw new Error('chatKey has changed: change `key` too')
    await pool.query(`insert into conversacion (chat, version, estado, cambiada)
      select ${key}, c.version, c.estado, c.cambiada from conversacion c, ${numbers}`)
    await pool.query(`insert into entrada (chat, mensaje, version, at, texto)
      select ${key}, e.mensaje, e.version, e.at, e.texto from entrada e, ${numbers}`)
    await pool.query(`insert into salida (chat, version, n, at, cuerpo)
      select ${key}, s.version, s.n, s.at, s.cuerpo from salida s, ${numbers}`)
    await pool.query('vacuum analyze')
    await pool.query('checkpoint')
  } finally {
    await pool.end()
  }
}
