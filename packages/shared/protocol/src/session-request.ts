/**
 * The body of `POST /v1/sign/session-transaction`: schema, and the parsed form everything else uses.
 *
 * Unknown fields are dropped at every level. The schema is the single source: the edge refuses by
 * it, the signer parses again by it, and `docs/openapi.yaml` is generated from it.
 *
 * @module
 */

import { z } from 'zod';
import { BoundaryError } from './errors.ts';
import { isHex, isHexOrDecimal, parseFelt } from './felt.ts';
import { LIMITS } from './limits.ts';
import { InexactNumber, type JsonValue } from './strict-json.ts';

/** The three messages a session key can sign. */
export type MessageKind = 'invoke-v1' | 'invoke-v2' | 'outside-v2';

export const MESSAGE_KINDS: readonly MessageKind[] = ['invoke-v1', 'invoke-v2', 'outside-v2'];

const HEX_TEXT = 'expected 0x and 1-64 hex digits';
const HEX_OR_DECIMAL_TEXT = 'expected 0x and 1-64 hex digits, or 1-78 decimal digits';

const hex = z
  .string()
  .refine(isHex, HEX_TEXT)
  .meta({ pattern: '^0x[0-9a-fA-F]{1,64}$', description: 'Felt in hex, below the field prime.' });

const hexOrDecimal = z.string().refine(isHexOrDecimal, HEX_OR_DECIMAL_TEXT).meta({
  pattern: '^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$',
  description: 'Felt in hex or decimal, below the field prime.',
});

const callSchema = z
  .object({
    contractAddress: hex,
    entrypoint: z
      .string()
      .min(1)
      .max(LIMITS.entrypointChars)
      .meta({ description: 'Name of the entrypoint, or its selector as 0x hex.' }),
    calldata: z.array(hexOrDecimal).max(LIMITS.calldataPerCall),
  })
  .meta({ id: 'SessionCall' });

const contextSchema = z
  .object({
    requester: z.string().max(LIMITS.contextChars.requester).optional(),
    tool: z.string().max(LIMITS.contextChars.tool).optional(),
    reason: z.string().max(LIMITS.contextChars.reason).optional(),
    requestId: z.unknown().optional().meta({ description: 'Echoed as `requestId` when a string.' }),
    traceId: z
      .unknown()
      .optional()
      .meta({ description: 'Echoed as `audit.traceId` when a string.' }),
  })
  .meta({ id: 'SessionContext' });

/** Schema of the body, with SISNA's limits; unknown keys are dropped. */
export const sessionRequestSchema = z
  .object({
    accountAddress: hex,
    keyId: z.string().min(1).max(LIMITS.keyIdChars).optional(),
    chainId: hexOrDecimal,
    nonce: hexOrDecimal.meta({ description: 'Transaction nonce of the account.' }),
    caller: hexOrDecimal.optional().meta({ description: 'Caller of an outside execution.' }),
    executeAfter: hexOrDecimal
      .optional()
      .meta({ description: 'Unix seconds, at most validUntil.' }),
    validUntil: z
      .int()
      .positive()
      .max(Number.MAX_SAFE_INTEGER)
      .meta({ description: 'Unix seconds; an integer, not a string.' }),
    calls: z.array(callSchema).min(1).max(LIMITS.callsPerRequest),
    messageKind: z
      .enum(['invoke-v1', 'invoke-v2', 'outside-v2'])
      .optional()
      .meta({ description: 'What to sign; absent means the default kind of the key.' }),
    context: contextSchema.optional(),
  })
  .meta({ id: 'SessionTransactionRequest' });

export interface SessionCall {
  readonly to: bigint;
  /** As sent: a name, or a selector in hex. */
  readonly entrypoint: string;
  readonly calldata: readonly bigint[];
}

/** A request in memory: every number parsed, every text that is echoed kept as sent. */
export interface SessionRequest {
  readonly accountAddress: bigint;
  /** As sent, for error texts. */
  readonly accountAddressText: string;
  readonly keyId: string | undefined;
  readonly chainId: bigint;
  /** As sent, for error texts. */
  readonly chainIdText: string;
  readonly accountNonce: bigint;
  readonly caller: bigint | undefined;
  readonly executeAfterSec: bigint | undefined;
  readonly validUntilSec: bigint;
  readonly calls: readonly SessionCall[];
  readonly messageKind: MessageKind | undefined;
  readonly context: SessionContext;
}

export interface SessionContext {
  readonly requester: string | undefined;
  readonly tool: string | undefined;
  readonly reason: string | undefined;
  /** Set when it was a non-blank string of at most 256 characters. */
  readonly requestId: string | undefined;
  /** Set when it was a non-blank string of at most 256 characters. */
  readonly traceId: string | undefined;
}

type WireRequest = z.infer<typeof sessionRequestSchema>;

/**
 * Parses a JSON value as a sign request.
 *
 * @throws BoundaryError ERR_REQUEST_INVALID with `formErrors` and `fieldErrors`;
 *   ERR_FELT_OUT_OF_RANGE with the `field` and the `value` as sent.
 */
export function parseSessionRequest(value: JsonValue): SessionRequest {
  assertNoNumberAsContext(value);
  const parsed = sessionRequestSchema.safeParse(value);
  if (!parsed.success) throw invalidRequest(parsed.error.issues);
  const wire = parsed.data;
  const felts = wire.calls.reduce((sum, call) => sum + call.calldata.length, 0);
  if (felts > LIMITS.calldataPerRequest) {
    throw fieldError(
      'calls',
      `calldata of all calls: expected at most ${LIMITS.calldataPerRequest} felts, found ${felts}`,
    );
  }
  return toSessionRequest(wire);
}

/** To a schema without mandatory members, the object that keeps a number's digits looks like one. */
function assertNoNumberAsContext(value: JsonValue): void {
  if (typeof value !== 'object' || value === null || !('context' in value)) return;
  if (value.context instanceof InexactNumber) {
    throw fieldError('context', 'expected an object, found a number');
  }
}

function toSessionRequest(wire: WireRequest): SessionRequest {
  const executeAfterSec = optionalFelt(wire.executeAfter, 'executeAfter');
  if (executeAfterSec !== undefined && executeAfterSec > BigInt(wire.validUntil)) {
    throw fieldError('executeAfter', 'expected a time not later than validUntil');
  }
  return {
    accountAddress: felt(wire.accountAddress, 'accountAddress'),
    accountAddressText: wire.accountAddress,
    keyId: wire.keyId,
    chainId: felt(wire.chainId, 'chainId'),
    chainIdText: wire.chainId,
    accountNonce: felt(wire.nonce, 'nonce'),
    caller: optionalFelt(wire.caller, 'caller'),
    executeAfterSec,
    validUntilSec: BigInt(wire.validUntil),
    calls: wire.calls.map((call, i) => toSessionCall(call, `calls[${i}]`)),
    messageKind: wire.messageKind,
    context: toContext(wire.context ?? {}),
  };
}

function toSessionCall(call: WireRequest['calls'][number], path: string): SessionCall {
  return {
    to: felt(call.contractAddress, `${path}.contractAddress`),
    entrypoint: call.entrypoint,
    calldata: call.calldata.map((item, i) => felt(item, `${path}.calldata[${i}]`)),
  };
}

function toContext(context: NonNullable<WireRequest['context']>): SessionContext {
  return {
    requester: context.requester,
    tool: context.tool,
    reason: context.reason,
    requestId: correlationId(context.requestId),
    traceId: correlationId(context.traceId),
  };
}

function correlationId(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return value.length <= LIMITS.correlationIdChars ? value : undefined;
}

function optionalFelt(text: string | undefined, field: string): bigint | undefined {
  return text === undefined ? undefined : felt(text, field);
}

function felt(text: string, field: string): bigint {
  try {
    return parseFelt(text, field);
  } catch (cause) {
    throw new BoundaryError('ERR_FELT_OUT_OF_RANGE', {
      details: { field, value: text, expected: 'below 2^251 + 17*2^192 + 1' },
      cause,
    });
  }
}

/** Groups schema issues by top-level field, as the wire contract's `details` demand. */
export function invalidRequest(issues: readonly z.core.$ZodIssue[]): BoundaryError {
  const formErrors: string[] = [];
  const fieldErrors: Record<string, string[]> = {};
  for (const issue of issues.slice(0, 16)) {
    const [top, ...rest] = issue.path;
    if (top === undefined) formErrors.push(issue.message);
    else
      fieldErrors[String(top)] = [
        ...(fieldErrors[String(top)] ?? []),
        located(rest, issue.message),
      ];
  }
  return new BoundaryError('ERR_REQUEST_INVALID', { details: { formErrors, fieldErrors } });
}

function fieldError(field: string, message: string): BoundaryError {
  return new BoundaryError('ERR_REQUEST_INVALID', {
    details: { formErrors: [], fieldErrors: { [field]: [message] } },
  });
}

function located(path: readonly PropertyKey[], message: string): string {
  if (path.length === 0) return message;
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return `${place.join('').replace(/^\./, '')}: ${message}`;
}
