/**
 * What a route answers, before it becomes HTTP.
 *
 * @module
 */

export interface Reply {
  readonly status: number;
  /** JSON text, or another text with its content type. */
  readonly body: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sent with every answer; the usual set against browsers that should not be here at all. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
};

const JSON_TYPE = 'application/json; charset=utf-8';

export function jsonReply(
  status: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): Reply {
  return { status, body: JSON.stringify(body), ...(headers === undefined ? {} : { headers }) };
}

/** Turns a reply into a response with security and correlation headers. */
export function toResponse(reply: Reply, extra: Readonly<Record<string, string>>): Response {
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': reply.contentType ?? JSON_TYPE,
    ...extra,
    ...reply.headers,
  };
  return new Response(reply.body, { status: reply.status, headers });
}
