/**
 * Many messages and their replies through one browser, with what memory the whole process tree takes meanwhile. FULL=1 is
 * as the issue has it. This process is also the test's and WhatsApp's, so its part is more than the program's.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from '../../bench/measure.ts'
import { memoryOf } from './processes.ts'
import { full, Site, seed } from './site.ts'

const messages = full ? 2000 : 60
const people = full ? 100 : 6
const lookEach = full ? 500 : 30
/** The first days' caps are lower. */
const days = 60
const asked = ['menu', 'ver temas', 'mi lista', 'volver', '1', '¿cuánto cuesta?', 'hola']

let site: Site

beforeAll(async () => {
  site = await Site.open({}, days)
  await site.pair()
})

afterAll(() => site.close())

test(
  `${messages} messages of ${people} people are answered, each once and in order`,
  async () => {
    const everybody = Array.from({ length: people }, () => site.somebody())
    const random = createRandom(seed)
    const [root] = await site.browsers.roots()
    await tellMemory(0)
    const began = performance.now()
    for (let written = 0; written < messages; ) {
      for (let n = 0; n < lookEach; n++, written++)
        everybody[written % people]?.writes(asked[Math.floor(random() * asked.length)] ?? '')
      const due = written
      await site.settled(() => site.turns >= due, 300_000)
      await tellMemory(written)
    }
    const tookS = (performance.now() - began) / 1000
    expect(site.turns).toBe(messages)
    for (const someone of everybody) {
      expect(site.turnsOf(someone)).toHaveLength(messages / people)
      expect(someone.shown.map(({ text }) => text)).toEqual(site.saidTo(someone))
    }
    const { failed, uncertain } = await site.store.outbox.count()
    expect({ failed, uncertain }).toEqual({ failed: 0, uncertain: 0 })
    expect(await site.browsers.roots()).toEqual([root])
    console.log(
      `${messages} messages in, ${site.counts.sent} replies out in ${tookS.toFixed(1)} s: ${(messages / tookS).toFixed(1)} messages a second, seed ${seed}`,
    )
  },
  full ? 1_200_000 : 60_000,
)

async function tellMemory(written: number): Promise<void> {
  const [own, browser] = await Promise.all([memoryOf([process.pid]), memoryOf(await site.browsers.pids())])
  const mb = ({ pssMb, rssMb }: typeof own) => `${Math.round(pssMb)} MB (RSS ${Math.round(rssMb)})`
  console.log(
    `after ${written} messages: Node ${mb(own)}, Chromium's ${browser.processes} processes ${mb(browser)}, all ${Math.round(own.pssMb + browser.pssMb)} MB`,
  )
  expect(browser.processes).toBeGreaterThan(1)
}
