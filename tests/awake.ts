/**
 * For the programs of tests that send unasked (`--import`): by night the clock is half a day further, since at night
 * nothing goes out that nobody asked for, and tests run at any hour. Only for those: a platform's times stay what they are.
 */
const zone = { timeZone: 'America/Mexico_City', hour: 'numeric', hourCycle: 'h23' } as const
const hour = Number(new Intl.DateTimeFormat('en', zone).format())
const aheadMs = hour >= 8 && hour < 20 ? 0 : 12 * 60 * 60 * 1000

const RealDate = Date
class AwakeDate extends RealDate {
  constructor(...given: ConstructorParameters<typeof Date> | []) {
    super(...((given.length > 0 ? given : [AwakeDate.now()]) as ConstructorParameters<typeof Date>))
  }
  static override now(): number {
    return RealDate.now() + aheadMs
  }
}
if (aheadMs > 0) globalThis.Date = AwakeDate as DateConstructor
