/** Whatever a person sends, in any order: nothing throws, nobody is stranded, nothing unreadable is said. */
import { expect, onTestFinished, test } from 'vitest'
import { flowIds } from '../../flows/index.ts'
import { incompleto } from '../../flows/shape.ts'
import { stepsOf } from '../../src/conversation/checklist.ts'
import { metaOf } from '../../src/conversation/choices.ts'
import { chatKey, createConversation } from '../../src/conversation/handle.ts'
import { newSaved, Saved, split, standable } from '../../src/conversation/saved.ts'
import { type Outcome, step } from '../../src/conversation/step.ts'
import { mask } from '../../src/conversation/understanding/mask.ts'
import type { Body, Choice, Incoming, Outgoing } from '../../src/message.ts'
import { openStore } from '../../src/store/store.ts'
import { freshDatabase } from '../postgres.ts'
import { createInputs, longest, write } from './inputs.ts'
import { choicesOf, code, flows, guide, now, randomOf, throughJson } from './talk.ts'

const { content } = guide
/** `INPUTS=20000 npx vitest run tests/conversation/random.test.ts` is the full form. */
const inputs = Number(process.env.INPUTS ?? 3200)
/** Then somebody else begins; soon enough that every place has its turn. */
const perPerson = process.env.INPUTS ? 40 : 16
const handled = process.env.INPUTS ? 800 : 300
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const random = randomOf(seed)
const given = createInputs(random)

/** Another is drawn each time. */
const withoutCodes = (replies: readonly Outgoing[]) =>
  replies.map(reply => ({ ...reply, text: reply.text.replace(/\b\w{4}-\w{4}\b/, '') }))

const clean = (body: Body) => (body.kind === 'text' ? { ...body, text: mask(body.text) } : body)
const placeOf = ({ flow, state }: Saved) => `${flow}.${state}`

const places = flowIds.flatMap(id =>
  Object.keys(flows.machines[id]?.states ?? {}).map(state => `${id}.${state}`),
)
const standing = places.filter(place => standable(place, flows))

/** The step that a place shows. */
const shows = (place: string): string => {
  const [flow, state] = split(place)
  return flows.machines[flow]?.states[state]?.meta?.paso
}

/** Somebody whom this place concerns, in the middle of it all. */
function somebodyAt(place: string): Saved {
  const perfil = {
    nivel: random.of(['medio-superior', 'superior', 'posgrado', undefined] as const),
    semestre: random.of(['primero', 'posterior', undefined] as const),
    edad: random.of(['menor', 'adulto', undefined] as const),
    otroServicio: random.of(['si', 'no', undefined] as const),
    tratamiento: random.of(['si', 'no', undefined] as const),
    plantel: random.of(['ipn', 'escom', 'cecyt-9', undefined]),
    tramite: random.of(['alta', 'alta', 'renuncia', 'cambio', undefined] as const),
  }
  const steps = stepsOf(content, perfil).map(({ id }) => id)
  if (shows(place) && !steps.includes(shows(place))) return somebodyAt(place)
  const [flow, state] = split(place)
  const done = content.pasos.filter(() => random.below(4) === 0).map(({ id }) => [id, '2026-10-01'] as const)
  const own = {
    paso: random.of(steps),
    grupo: random.of(Object.keys(content.mensajes.grupos)),
    cuantos: 2,
    partes: [60, 40],
  }
  return {
    ...newSaved(flows),
    flow,
    state,
    version: flows.versions[flow] ?? '',
    perfil,
    hechos: Object.fromEntries(done),
    own,
    back: ['menu.inicio'],
  }
}

/** Every other person is new; the others begin at one place after the other. */
const person = (n: number): Saved =>
  n % 2 === 0 ? newSaved(flows) : somebodyAt(standing[(n >> 1) % standing.length] as string)

/** WhatsApp takes 4096 signs; a screen of ours is 90 words. */
const maxChars = 1200
/** Telegram gives a button 64 bytes. */
const maxIdBytes = 64

/** What is wrong with a reply, as a reader sees it. */
function faultsOf(replies: readonly Outgoing[]): string[] {
  const texts = replies.map(({ text }) => text)
  const choices = replies.at(-1)?.choices ?? []
  return [
    ...(texts.length === 0 ? ['no reply'] : []),
    ...(texts.length > 12 ? [`${texts.length} replies`] : []),
    ...texts.filter(text => text.trim() === '' || text !== text.trim()).map(text => `blank: ${text}`),
    ...texts.filter(text => text.length > maxChars).map(text => `long: ${text}`),
    ...texts
      .filter(text => /[{}]|undefined|null|NaN|\[object|\n{3}|Paso 0|^\. /.test(text))
      .map(text => `odd: ${text}`),
    ...(replies.slice(0, -1).some(it => it.choices) ? ['choices before the end'] : []),
    ...(choices.length === 0 ? ['no way on'] : []),
    ...choices
      .filter(({ label }) => label.length < 1 || label.length > 20)
      .map(({ label }) => `label ${label}`),
    ...choices.filter(({ id }) => Buffer.byteLength(id) > maxIdBytes).map(({ id }) => `long id ${id}`),
    ...(new Set(choices.map(({ id }) => id)).size < choices.length ? ['the same choice twice'] : []),
  ]
}

/** The next message finds the place, the menu and the way back. */
function wayOnFaults({ saved }: Outcome, at: Date): string[] {
  const kept = throughJson(saved)
  const machine = flows.machines[kept.flow]
  if (!machine || !standable(placeOf(kept), flows)) return [`stands nowhere: ${placeOf(kept)}`]
  const pasos: string[] = []
  const snapshot = machine.resolveState({ value: kept.state, context: { ...kept.own, ...kept, pasos } })
  const meta = metaOf(snapshot)
  const say = (text: string) => step(guide, throughJson(saved), { at, body: write(text), code: () => code })
  const menu = say('menú')
  const back = say('volver')
  // No place to go back to: a step that has left the list, or a list that cannot be made now.
  const steps = stepsOf(content, kept.perfil).map(({ id }) => id)
  const behind = kept.back.filter(place => {
    const paso = place === 'checklist.paso' ? kept.own.paso : shows(place)
    const waits = place === 'checklist.lista' && incompleto(kept.perfil)
    return standable(place, flows) && !waits && (!paso || steps.includes(paso))
  })
  const last = behind.at(-1) ?? 'menu.inicio'
  return [
    ...(content.mensajes.textos[meta.texto] === undefined ? [`says nothing: ${placeOf(kept)}`] : []),
    ...(placeOf(menu.saved) === 'menu.inicio' ? [] : [`menú leads to ${placeOf(menu.saved)}`]),
    ...(placeOf(back.saved) === last ? [] : [`volver leads to ${placeOf(back.saved)}, not ${last}`]),
    ...faultsOf(menu.replies),
    ...faultsOf(back.replies),
    ...(JSON.stringify(saved).length > 4_000 ? [`${JSON.stringify(saved).length} characters stored`] : []),
  ]
}

test(`${inputs} inputs of every kind leave nobody stranded (seed ${seed})`, { timeout: 120_000 }, () => {
  console.log(`random.test.ts: SEED=${seed}`)
  const begun = new Set<string>()
  let saved = newSaved(flows)
  let at = now
  let offered: readonly Choice[] = []
  const recent: Body[] = []
  const faults: string[] = []
  for (let i = 0; i < inputs && faults.length < 5; i++) {
    if (i % perPerson === 0) {
      ;[saved, offered, at] = [person(i / perPerson), [], now]
      recent.length = 0
      begun.add(placeOf(saved))
    }
    const body = i < longest.length ? (longest[i] as Body) : given.next(offered)
    at = new Date(at.getTime() + random.of([1, 60, 86_400, 20 * 86_400]) * 1000)
    recent.push(body)
    const told = (fault: string) =>
      `${fault}\n  in ${placeOf(saved)} after ${JSON.stringify(recent.slice(-8)).slice(0, 1500)} at ${at.toISOString()}`
    try {
      const plantel = random.below(50) === 0 ? { plantel: random.of(['escom', 'nada', 'constructor']) } : {}
      const masked = JSON.stringify(clean(body)) !== JSON.stringify(body)
      const outcome = step(guide, throughJson(saved), {
        at,
        body: clean(body),
        masked,
        pushes: true,
        ...plantel,
        code: () => code,
      })
      if (outcome.forget) {
        ;[saved, offered] = [newSaved(flows), []]
        continue
      }
      const moved = placeOf(outcome.saved) !== placeOf(saved) || i % 4 === 0
      faults.push(...faultsOf(outcome.replies).map(told))
      if (moved) faults.push(...wayOnFaults(outcome, at).map(told))
      saved = outcome.saved
      offered = choicesOf(outcome)
      if (random.below(20) === 0) given.keep(offered)
    } catch (error) {
      faults.push(told(`threw ${(error as Error).stack}`))
    }
  }
  expect(faults).toEqual([])
  expect(standing.filter(place => !begun.has(place))).toEqual([])
})

test('the same message twice changes nothing, and handling is stepping', { timeout: 60_000 }, async () => {
  const store = await openStore({ url: await freshDatabase() })
  onTestFinished(() => store.close())
  const failed: unknown[] = []
  const log = { info: () => {}, error: (told: unknown) => failed.push(told) }
  const { handle } = createConversation({ ...guide, store, log: log as never })
  interface Person {
    readonly sent: Incoming[]
    saved: Saved
    offered: readonly Choice[]
    turns: number
  }
  const people: Person[] = Array.from({ length: 4 }, () => ({
    sent: [],
    saved: newSaved(flows),
    offered: [],
    turns: 0,
  }))
  let duplicates = 0
  for (let i = 0; i < handled; i++) {
    const who = random.below(people.length)
    const person = people[who] as Person
    const from = { channel: 'terminal', id: `p${who}` } as const
    const kept = async () => (await store.read(chatKey(from), 'none')).stored
    if (person.sent.length > 0 && random.below(4) === 0) {
      const before = await kept()
      // As the channel sends it again, or with other words under its id.
      const again = random.of(person.sent)
      const turn = await handle(
        random.below(2) === 0 ? again : { ...again, body: given.next(person.offered) },
      )
      expect(turn).toMatchObject({ duplicate: true, version: person.turns, topics: [], replies: [] })
      expect(turn.state).toBe(placeOf(person.saved))
      expect(await kept()).toEqual(before)
      duplicates++
      continue
    }
    const body = given.next(person.offered)
    const incoming: Incoming = { from, id: `m${i}`, at: new Date(now.getTime() + i * 60_000), body }
    const masked = JSON.stringify(clean(body)) !== JSON.stringify(body)
    const outcome = step(guide, person.saved, { ...incoming, body: clean(body), masked, code: () => code })
    const turn = await handle(incoming)
    if (outcome.forget) {
      expect(await kept()).toBeNull()
      people[who] = { sent: [], saved: newSaved(flows), offered: [], turns: 0 }
      continue
    }
    expect(turn).toMatchObject({ duplicate: false, state: placeOf(outcome.saved), topics: outcome.topics })
    expect(withoutCodes(turn.replies)).toEqual(withoutCodes(outcome.replies))
    const stored = await kept()
    expect(stored).toMatchObject({ version: person.turns + 1 })
    expect(Saved.parse(stored?.state)).toEqual(throughJson(outcome.saved))
    person.sent.push(incoming)
    Object.assign(person, { saved: outcome.saved, offered: choicesOf(outcome), turns: person.turns + 1 })
  }
  expect(duplicates).toBeGreaterThan(handled / 10)
  expect(failed).toEqual([])
})
