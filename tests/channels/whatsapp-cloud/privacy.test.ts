/** Nothing of a person is left where others could read it: every column of every table, and every line of the log. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Person } from '../../fakes/whatsapp-cloud.ts'
import { phoneOf, Site, verifyToken } from './site.ts'

let site: Site
/** Known by phone and name, and by name alone. */
let people: Person[]
/** Names of messages, theirs and ours. */
const wamids = new Set<string>()

const curp = 'GOMC060815MDFNRR09'
const nss = '12345678903'
const mail = 'ana.gomez@ejemplo.mx'
const mobile = '5587654321'
const texts = [
  'cecyt 6, primer semestre, soy menor',
  `mi curp es ${curp}, mi nss ${nss}, mi correo ${mail} y mi cel ${mobile}`,
  'cuánto cuesta el cocodrilo',
]

beforeAll(async () => {
  site = await Site.open('PostgreSQL')
  people = [
    site.fake.person(phoneOf(1)),
    site.fake.person({ bsuid: 'MX.90817263544536271809', username: 'ana.ipn' }),
  ]
}, 120_000)
afterAll(async () => {
  await site.stop(100)
  await site.close()
})

/** However it may have been written: plain, as base64 wherever it began, or as hex. */
function formsOf(secret: string): string[] {
  const encoded = [0, 1, 2].flatMap(before => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
    // Without the ends, which depend on what stands beside.
    return (['base64', 'base64url'] as const).map(how =>
      bytes
        .toString(how)
        .replace(/=+$/, '')
        .slice(before ? 4 : 0, -1),
    )
  })
  return [secret, ...encoded, Buffer.from(secret).toString('hex')]
}

function personal(): string[] {
  const { token, appSecret, posts, accepted } = site.fake
  for (const { happenings } of posts)
    for (const { what } of happenings) wamids.add((what as { id: string }).id)
  for (const { id } of accepted) wamids.add(id)
  const secrets = [
    token,
    appSecret,
    verifyToken,
    curp,
    nss,
    mail,
    mobile,
    'Persona 1',
    'Persona 2',
    'ana.ipn',
  ]
  const addresses = people.flatMap(({ phone, bsuid }) => [phone, phone?.slice(3), bsuid, bsuid?.slice(3)])
  return [
    ...[...secrets, ...addresses].flatMap(secret => (secret === undefined ? [] : formsOf(secret))),
    ...[...wamids].flatMap(id => [
      id,
      id.slice(6),
      id.slice(6).replace(/=+$/, '').replaceAll('/', '_').replaceAll('+', '-'),
    ]),
  ]
}

const foundIn = (told: string) =>
  personal().filter(secret => told.toLowerCase().includes(secret.toLowerCase()))

async function expectNothing(): Promise<void> {
  const dump = await site.dump()
  expect(foundIn(dump)).toEqual([])
  expect(foundIn(site.logged.join(''))).toEqual([])
  // Not even what may be kept is logged.
  for (const text of texts) expect(site.logged.join('')).not.toContain(text.slice(0, 16))
}

test('the search finds a number that stands in a database or is hidden in the name of a message', async () => {
  const [ana] = people as [Person]
  const id = ana.writes('hola')
  await site.settled()
  for (const told of [
    `x${phoneOf(1)}x`,
    id,
    JSON.stringify({ id }),
    Buffer.from(`00${phoneOf(1)}`).toString('base64'),
  ])
    expect(foundIn(told)).not.toEqual([])
})

test('while messages wait to be handled', async () => {
  site.thinkMs = 700
  for (const person of people) for (const text of texts) person.writes(text)
  await site.fake.waitFor(() => site.fake.pending === 0)
  expect(await site.query('select 1 from buzon')).not.toEqual([])
  // Here not even what they say is to be seen.
  const kept = JSON.stringify(await site.query('select * from buzon'))
  expect(kept).not.toMatch(/cecyt|cocodrilo|semestre/)
  await expectNothing()
  site.thinkMs = 0
  await site.settled()
})

test('while replies wait to be sent, after Meta was in trouble in every way', async () => {
  const troubles = [
    { code: 131000 },
    { status: 503 },
    { code: 131021 },
    'cut-before',
    { failsLater: 131026 },
  ] as const
  for (const trouble of troubles) {
    const made = site.fake.calls.length
    site.fake.order(trouble, 1)
    for (const person of people) person.writes(texts[2] ?? '')
    await site.fake.waitFor(() =>
      site.fake.calls.slice(made).some(({ what, answered }) => what === 'send' && answered !== undefined),
    )
  }
  expect(await site.query(`select 1 from envio where estado = 'pendiente'`)).not.toEqual([])
  await expectNothing()
})

test('when all is done: receipts, names, codes for another chat, and what could not be sent', async () => {
  const other = site.fake.person(phoneOf(77))
  people.push(other)
  for (const text of [...texts, '/pasar']) await site.say(other, text)
  await site.after(other, () => other.sends('image', { caption: `mi curp es ${curp}` }))
  for (const table of ['conversacion', 'entrada', 'salida', 'envio', 'persona', 'acuse', 'codigo'])
    expect(await site.query(`select 1 from ${table}`), table).not.toEqual([])
  await expectNothing()
  site.fake.revoke()
  other.writes('gracias')
  await site.fake.waitFor(() =>
    site.fake.calls.some(({ what, answered }) => what === 'send' && answered === 190),
  )
  await expectNothing()
})
