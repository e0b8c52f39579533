/**
 * What the codes of Meta's errors mean for delivery. The API client asks for those of its answers, the webhook for those
 * that come later as a message's status. No word of Meta's own is told: it may hold the person's number.
 */
import { SendError, type SendErrorKind } from '../channel.ts'

/** Whom a code that says too often concerns. */
type Throttled = 'all' | 'one'

interface Meaning {
  readonly kind: SendErrorKind
  /** What staff read. */
  readonly why: string
  readonly throttled?: Throttled
}

const token = 'WHATSAPP_CLOUD_TOKEN: Meta does not take it, or it lacks whatsapp_business_messaging'
const account = 'the WhatsApp Business account'
const throttled = (why: string, whom: Throttled): Meaning => ({ kind: 'retry', why, throttled: whom })
const meaning = (kind: SendErrorKind, why: string): Meaning => ({ kind, why })

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes, of May 2026. */
const meanings: Readonly<Record<number, Meaning>> = {
  0: meaning('misconfigured', token),
  1: meaning('retry', 'an unknown fault at Meta'),
  2: meaning('retry', 'Meta is down or overloaded'),
  3: meaning('misconfigured', token),
  4: throttled('too many calls of this app', 'all'),
  10: meaning('misconfigured', token),
  33: meaning(
    'misconfigured',
    'WHATSAPP_CLOUD_PHONE_ID: there is no such number, or it is not for this token',
  ),
  100: meaning('rejected', 'a wrong parameter'),
  190: meaning('misconfigured', token),
  368: meaning('misconfigured', `${account} is restricted for a violation of Meta's policies`),
  80007: throttled('too many calls of this account', 'all'),
  130429: throttled('too many messages a second', 'all'),
  130472: meaning('rejected', "held back by an experiment of Meta's"),
  130497: meaning('rejected', `${account} may not write to this country`),
  131000: meaning('retry', 'something went wrong at Meta'),
  131005: meaning('misconfigured', token),
  131008: meaning('rejected', 'a parameter is missing'),
  131009: meaning('rejected', 'a wrong value of a parameter'),
  131016: meaning('retry', 'the service is overloaded'),
  131021: meaning('rejected', 'the recipient is the sender'),
  131026: meaning('unreachable', 'undeliverable: no WhatsApp, blocked, or an old version of it'),
  131030: meaning('rejected', 'not on the list of recipients of a test number'),
  131031: meaning('misconfigured', `${account} is locked`),
  131037: meaning('misconfigured', "the number's display name is not approved"),
  131042: meaning('misconfigured', `${account} cannot pay`),
  131045: meaning('misconfigured', 'WHATSAPP_CLOUD_PHONE_ID: the number is not registered'),
  131047: meaning('rejected', 'more than 24 hours since the person wrote'),
  131048: throttled('too many people blocked or reported this number', 'all'),
  131049: meaning('rejected', 'held back by Meta so as not to tire the person'),
  131050: meaning('rejected', 'the person wants no such messages'),
  131051: meaning('rejected', 'a kind of message that is not supported'),
  131053: meaning('rejected', 'the file was not taken'),
  131056: throttled('too many messages to this person', 'one'),
  131057: throttled(`${account} is under maintenance`, 'all'),
  131062: meaning('rejected', 'not to be sent to a person without a phone'),
  133004: meaning('retry', 'the server is down'),
  133010: meaning('misconfigured', 'WHATSAPP_CLOUD_PHONE_ID: the number is not registered'),
  133016: throttled('registered too often', 'all'),
}

/** Outside the 24 hours: a template would still be taken. */
export const outsideWindow = 131047

/** Also SendError to everybody else; the adapter looks at the code. */
export class Refusal extends SendError {
  readonly code: number | undefined
  readonly throttled: Throttled | undefined
  constructor(code: number | undefined, { kind, why, throttled }: Meaning, pauseMs?: number) {
    super(kind, `${why} (${code ?? 'no code'})`, pauseMs)
    this.code = code
    this.throttled = throttled
  }
}

/** `transient`: what Meta says besides of a code that is not known here. */
export function refusalOf(code: number | undefined, transient = false, pauseMs?: number): Refusal {
  return new Refusal(code, meaningOf(code, transient), pauseMs)
}

/** As a status tells it later: no answer says how long to be silent where it concerns all. */
export function refusalLater(code: number | undefined): Refusal {
  const refusal = refusalOf(code)
  return refusal.throttled === 'all' ? refusalOf(code, false, silenceMs) : refusal
}

const silenceMs = 60_000

function meaningOf(code: number | undefined, transient: boolean): Meaning {
  const listed = code === undefined ? undefined : meanings[code]
  if (listed) return listed
  // API permissions, of which Meta tells no more.
  if (code !== undefined && code >= 200 && code <= 299) return meaning('misconfigured', token)
  if (code !== undefined && code >= 132_000 && code <= 132_999)
    return meaning('rejected', 'the template is not as it was approved')
  return transient ? meaning('retry', 'a fault at Meta') : meaning('rejected', 'refused')
}
