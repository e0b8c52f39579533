/** The calendar file: by the rules of RFC 5545, of the right days for each plantel, and the same events each time. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shift, ventana } from '../../src/calendar.ts'
import { step } from '../../src/conversation/step.ts'
import { guide, talkAt, whole } from './talk.ts'

const seed = 20261122
const at = (moment: string) => new Date(`${moment}:00-06:00`)

function fileAt(moment: Date, plantel = 'escom') {
  const { saved } = talkAt('ventana.hoy', { perfil: { ...whole, plantel } })
  const { replies } = step(guide, saved, { at: moment, body: { kind: 'text', text: '/calendario' } })
  const [first] = replies
  if (!first?.file) throw new Error('no file')
  return {
    ...first,
    file: first.file,
    text: first.text,
    ics: Buffer.from(first.file.data, 'base64').toString(),
  }
}

/** As a calendar reads it. */
function read(ics: string): Record<string, string>[] {
  const lines = ics.replaceAll('\r\n ', '').split('\r\n')
  const events: Record<string, string>[] = []
  for (const line of lines) {
    if (line === 'BEGIN:VEVENT') events.push({})
    const [, name = '', value = ''] = /^([A-Z;=-]+):(.*)$/.exec(line) ?? []
    const last = events.at(-1)
    if (last) last[name] = value
  }
  return events
}

const daysOf = (ics: string) =>
  read(ics).map(event => [event['DTSTART;VALUE=DATE'], event['DTEND;VALUE=DATE']])

describe('the file', () => {
  test('has the next two windows, whole days, its end the day after', () => {
    expect(daysOf(fileAt(at('2026-11-22T10:00')).ics)).toEqual([
      ['20261201', '20261206'],
      ['20270101', '20270106'],
    ])
  })

  test('begins with the window of today where it is open, up to its last minute', () => {
    for (const moment of ['2026-12-01T00:00', '2026-12-03T12:00', '2026-12-05T23:59'])
      expect(daysOf(fileAt(at(moment)).ics)[0], moment).toEqual(['20261201', '20261206'])
    expect(daysOf(fileAt(at('2026-12-06T00:00')).ics)[0]).toEqual(['20270101', '20270106'])
  })

  test('has the days of the person’s plantel, and warns of those without work', () => {
    expect(daysOf(fileAt(at('2027-01-20T10:00'), 'ejemplo-superior').ics)).toEqual([
      ['20270127', '20270130'],
      ['20270203', '20270206'],
    ])
    const [march = {}, april = {}] = read(fileAt(at('2027-03-20T10:00'), 'ejemplo-superior').ics)
    expect(march['DTSTART;VALUE=DATE']).toBe('20270401')
    expect(march.DESCRIPTION).toContain('vacaciones de primavera')
    expect(march.DESCRIPTION).toContain('sábado 3 de abril')
    expect(april.DESCRIPTION).not.toContain('vacaciones')
  })

  test('names an event by the day on which it begins, so that importing it again is no second event', () => {
    const names = (moment: string) => read(fileAt(at(moment)).ics).map(({ UID }) => UID)
    expect(names('2026-11-22T10:00')).toEqual(names('2026-12-04T10:00'))
    expect(new Set(names('2026-11-22T10:00')).size).toBe(2)
  })

  test('is folded and escaped as RFC 5545 wants, for any moment and every plantel', () => {
    const moments = fc.date({ min: at('2026-01-01T00:00'), max: at('2029-01-01T00:00'), noInvalidDate: true })
    const planteles = fc.constantFrom(...Object.keys(guide.content.planteles), 'escom')
    fc.assert(
      fc.property(moments, planteles, (moment, plantel) => {
        const { file, ics, text } = fileAt(moment, plantel)
        expect(file).toMatchObject({ name: 'entrega-nss.ics', type: 'text/calendar' })
        expect(ics.endsWith('\r\n')).toBe(true)
        expect(ics.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
        for (const line of ics.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
        const events = read(ics)
        expect(events).toHaveLength(2)
        for (const event of events) {
          expect(event.DESCRIPTION).not.toMatch(/(?<!\\)[,;]|\\(?![\\,;n])/)
          expect(event.DTSTAMP).toMatch(/^\d{8}T\d{6}Z$/)
          expect(String(event.DESCRIPTION) + String(event.SUMMARY)).not.toMatch(/[{}]|undefined/)
        }
        const it = ventana(moment, guide.content.plantel(plantel))
        const basic = (day: string) => day.replaceAll('-', '')
        expect(daysOf(ics)[0]).toEqual([basic(it.desde), basic(shift(it.hasta, 1))])
        // What Telegram and WhatsApp take beside a file.
        expect(text.length).toBeLessThanOrEqual(1024)
      }),
      { seed, numRuns: 60 },
    )
  })
})

describe('the file is handed over', () => {
  test('by the command, by its words, by the button of the window and by the one beside a reminder', () => {
    const asked = [
      talkAt().write('/calendario'),
      talkAt().write('agrégalo a mi calendario'),
      talkAt('ventana.hoy').write('hola?').press('A mi calendario'),
      talkAt().write('recuérdame la fecha').press('A mi calendario'),
    ]
    for (const talk of asked) {
      expect(talk.last.replies[0]?.file?.name).toBe('entrega-nss.ics')
      expect(talk.text()).toContain('Del martes 1 al sábado 5 de diciembre.')
      expect(talk.labels().length).toBeGreaterThan(1)
    }
  })

  test('and the place in the flow is kept', () => {
    const talk = talkAt('vigencia.estado').write('/calendario')
    expect(talk.state()).toBe('vigencia.estado')
    expect(talk.text()).toContain('Seguimos')
  })
})
