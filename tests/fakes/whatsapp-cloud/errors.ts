/**
 * Refusals in Meta's own form, and the codes that the fake Cloud API gives or that tests order; everything here throws them.
 * Titles and HTTP statuses: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 * (May 2026). Handle the code, says that page, not the title; live numbers answer some throttling with 400, not with 429.
 */

const codes: Readonly<Record<number, readonly [status: number, title: string]>> = {
  0: [401, 'AuthException'],
  1: [500, 'An unknown error has occurred.'],
  2: [503, 'An unexpected error has occurred. Please retry your request later.'],
  3: [500, 'Application does not have the capability to make this API call.'],
  4: [429, 'Application request limit reached'],
  10: [403, 'Application does not have permission for this action'],
  33: [400, 'Parameter value is not valid'],
  100: [400, 'Invalid parameter'],
  104: [401, 'An access token is required to request this resource.'],
  190: [401, 'Invalid OAuth access token - Cannot parse access token'],
  200: [403, 'You do not have the necessary permissions required to send messages'],
  368: [403, 'Temporarily blocked for policies violations'],
  80007: [429, 'Rate limit issues'],
  130429: [429, 'Rate limit hit'],
  130472: [400, "User's number is part of an experiment"],
  130497: [403, 'Business account is restricted from messaging users in this country.'],
  131000: [500, 'Something went wrong'],
  131005: [403, 'Access denied'],
  131008: [400, 'Required parameter is missing'],
  131009: [400, 'Parameter value is not valid'],
  131016: [500, 'Service unavailable'],
  131021: [400, 'Recipient cannot be sender'],
  131026: [400, 'Message undeliverable'],
  131030: [400, 'Recipient phone number not in allowed list'],
  131031: [403, 'Business Account locked'],
  131042: [400, 'Business eligibility payment issue'],
  131045: [500, 'Incorrect certificate'],
  131047: [400, 'Re-engagement message'],
  131048: [429, 'Spam rate limit hit'],
  131049: [400, 'This message was not delivered to maintain healthy ecosystem engagement.'],
  131050: [400, 'User has stopped marketing messages from this business'],
  131051: [400, 'Unsupported message type'],
  131052: [400, 'Media download error'],
  131053: [400, 'Media upload error'],
  131056: [429, '(Business Account, Consumer Account) pair rate limit hit'],
  131057: [500, 'Account in maintenance mode'],
  131062: [400, 'Business-scoped User ID recipients are not supported for this message.'],
  132000: [400, 'Number of parameters does not match the expected number of params'],
  132001: [404, 'Template name does not exist in the translation'],
  132005: [400, 'Translated text too long'],
  132007: [400, 'Template format character policy violated'],
  132012: [400, 'Parameter format does not match format in the created template'],
  132015: [400, 'Template is paused'],
  132016: [400, 'Template is disabled'],
  132018: [400, 'There was an issue with the parameters in your template'],
  133010: [400, 'Phone number not registered'],
  133016: [429, 'Account register deregister rate limit exceeded'],
}

const details: Readonly<Record<number, string>> = {
  130429:
    'Message failed to send because there were too many messages sent from this phone number in a short period of time',
  131026: 'Message Undeliverable.',
  131047:
    'Message failed to send because more than 24 hours have passed since the customer last replied to this number.',
  131053: 'Media upload error',
  131056:
    'Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.',
}

export const titleOf = (code: number) => codes[code]?.[1] ?? 'Something went wrong'
export const detailsOf = (code: number) => details[code] ?? titleOf(code)

/** What a status `failed` carries; the same page, "error response webhooks". */
export function failureOf(code: number): object {
  const title = titleOf(code)
  const href = 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/'
  return { code, title, message: title, error_data: { details: detailsOf(code) }, href }
}

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: number
  readonly status: number
  readonly details: string | undefined
  readonly subcode: number | undefined

  /** Without `details` it is one of the Graph API itself, which has no error_data. */
  constructor(
    code: number,
    details?: string,
    more: { status?: number; message?: string; subcode?: number } = {},
  ) {
    super(more.message ?? (details === undefined ? titleOf(code) : `(#${code}) ${titleOf(code)}`))
    this.code = code
    this.status = more.status ?? codes[code]?.[0] ?? 400
    this.details = details
    this.subcode = more.subcode
  }

  body(): object {
    const { message, code, subcode, details } = this
    return {
      error: {
        message,
        type: subcode === 33 ? 'GraphMethodException' : 'OAuthException',
        code,
        ...(details === undefined ? {} : { error_data: { messaging_product: 'whatsapp', details } }),
        ...(subcode === undefined ? {} : { error_subcode: subcode }),
        fbtrace_id: 'AFakeTraceOfTheTestsOnly',
      },
    }
  }
}

/** An id in the address that is nobody's: github.com/sajuthankappan/whatsapp-cloud-api-rs/issues/3 has one whole. */
export function noObject(method: string, id: string): Refusal {
  return new Refusal(100, undefined, {
    subcode: 33,
    message:
      `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to ` +
      'missing permissions, or does not support this operation. Please read the Graph API documentation at ' +
      'https://developers.facebook.com/docs/graph-api',
  })
}

export function noProduct(): Refusal {
  return new Refusal(100, undefined, { message: '(#100) The parameter messaging_product is required.' })
}
