import {
  BoundaryError,
  type ErrorCode,
  LIMITS,
  parseSessionRequest,
  parseStrictJson,
  type SignedMessage,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toWireError, WIRE_CODES } from './http/wire-errors.ts';
import { signResponse } from './keyring/sign-response.ts';
import { openApiDocument } from './openapi.ts';

type Json = Readonly<Record<string, unknown>>;
type Operation = { readonly operationId: string; readonly responses: Record<string, Json> };

const DOCUMENT = openApiDocument() as Json & {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
};

const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);

/** All values below `value` with the path that leads to them. */
function* walk(value: unknown, at = '#'): Generator<readonly [string, unknown]> {
  yield [at, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* walk(member, `${at}/${key}`);
}

function resolve(pointer: string): unknown {
  return pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], DOCUMENT);
}

/** A component as a parser, with its references put in their place. */
function compile(name: string): z.ZodType {
  const text = JSON.stringify({
    ...DOCUMENT.components.schemas[name],
    $defs: DOCUMENT.components.schemas,
  });
  return z.fromJSONSchema(
    JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as never,
  );
}

describe('the OpenAPI document', () => {
  it('has the parts that version 3.1 demands', () => {
    expect(DOCUMENT.openapi).toBe('3.1.0');
    expect(DOCUMENT.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    for (const { responses } of OPERATIONS) {
      expect(Object.keys(responses).length).toBeGreaterThan(0);
      for (const [status, response] of Object.entries(responses)) {
        expect(status).toMatch(/^[1-5][0-9][0-9]$/);
        expect(response.description).toEqual(expect.any(String));
        expect(response.description).not.toBe('');
      }
    }
  });

  it('has references that lead to something else', () => {
    const references = [...walk(DOCUMENT)].filter(([at]) => at.endsWith('/$ref'));
    expect(references.length).toBeGreaterThan(20);
    for (const [at, pointer] of references) {
      const target = resolve(String(pointer));
      expect([at, target]).toEqual([at, expect.any(Object)]);
      expect(target).not.toHaveProperty('$ref');
    }
  });

  it('has schemas that compile', () => {
    for (const name of Object.keys(DOCUMENT.components.schemas)) {
      expect(() => compile(name)).not.toThrow();
    }
  });

  it('has one name per operation, and its path parameters', () => {
    const names = OPERATIONS.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, ...operation } of OPERATIONS) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = ((operation as Json).parameters ?? []) as readonly Json[];
      const named = declared.filter((parameter) => parameter.in === 'path');
      expect(named.map((parameter) => parameter.name)).toEqual(inPath);
    }
  });

  it('holds nothing that JSON loses', () => {
    expect(JSON.parse(JSON.stringify(DOCUMENT))).toEqual(DOCUMENT);
  });

  it('names every code the sign call can be refused with, under the status it has', () => {
    const sign = OPERATIONS.find(({ operationId }) => operationId === 'signSessionTransaction');
    for (const profile of ['superset', 'strict'] as const) {
      for (const code of WIRE_CODES) {
        const { status } = toWireError(new BoundaryError(code), profile, 'r');
        if (status === 404) continue;
        expect([code, sign?.responses[status]?.description]).toEqual([
          code,
          expect.stringContaining(code),
        ]);
      }
    }
  });
});

describe('the request schema', () => {
  const valid = {
    accountAddress: '0x1',
    chainId: '0x534e5f5345504f4c4941',
    nonce: '7',
    validUntil: 4_102_444_800,
    calls: [{ contractAddress: '0x2', entrypoint: 'transfer', calldata: ['0x3', '100', '0'] }],
    context: { requester: 'x', requestId: 'r', actor: 'y' },
  };
  const schema = compile('SessionTransactionRequest');
  const parses = (body: unknown): boolean => {
    try {
      parseSessionRequest(parseStrictJson(Buffer.from(JSON.stringify(body))));
      return true;
    } catch {
      return false;
    }
  };

  it.each([
    ['a whole request', {}],
    ['unknown fields', { extra: 1 }],
    ['a message kind', { messageKind: 'outside-v2' }],
    ['a number for an address', { accountAddress: 1 }],
    ['a decimal address', { accountAddress: '1' }],
    ['65 hex digits', { accountAddress: `0x${'0'.repeat(65)}` }],
    ['a decimal nonce', { nonce: '123' }],
    ['a nonce with a blank', { nonce: ' 1' }],
    ['no calls', { calls: [] }],
    [
      'too many calls',
      { calls: Array.from({ length: LIMITS.callsPerRequest + 1 }, () => valid.calls[0]) },
    ],
    ['a call without calldata', { calls: [{ contractAddress: '0x2', entrypoint: 'x' }] }],
    ['a time as a text', { validUntil: '4102444800' }],
    ['a time of zero', { validUntil: 0 }],
    ['half a second', { validUntil: 1.5 }],
    ['a long key id', { keyId: 'k'.repeat(65) }],
    ['another message kind', { messageKind: 'raw' }],
    ['a context that is a list', { context: [] }],
    ['a long reason', { context: { reason: 'x'.repeat(513) } }],
  ])('judges %s as the parser does', (_name, change) => {
    const body = { ...valid, ...change };
    expect(schema.safeParse(body).success).toBe(parses(body));
  });
});

describe('answers', () => {
  const signed: SignedMessage = {
    kind: 'invoke-v2',
    keyId: 'default',
    domainHash: '0x34',
    messageHash: '0x57',
    publicKey: '0x39',
    signature: ['0x39', '0x1', '0x2', '0xf4865700'],
    custodian: 'local',
    decidedAtMs: 1_770_984_000_123,
  };
  const context = { requestId: 'r', ownRequestId: 'o', traceId: undefined };

  it.each(['superset', 'strict'] as const)('conform when signed (%s)', (profile) => {
    const schema = compile('SessionTransactionSignature');
    for (const kind of ['invoke-v1', 'invoke-v2', 'outside-v2'] as const) {
      const body = signResponse({ ...signed, kind }, { profile, ...context });
      expect(schema.safeParse(body).error?.issues ?? []).toEqual([]);
    }
  });

  it.each(['superset', 'strict'] as const)('conform when refused (%s)', (profile) => {
    const schema = compile('Refusal');
    const details = { call: 1, rule: 'x', patterns: ['a'], retryAfterMs: 5, expected: 'y' };
    for (const code of WIRE_CODES as readonly ErrorCode[]) {
      const { body } = toWireError(new BoundaryError(code, { details }), profile, 'r');
      expect(schema.safeParse(body).error?.issues ?? []).toEqual([]);
    }
  });

  it('say in the legacy profile less than the document promises, as it says', () => {
    const { body } = toWireError(new BoundaryError('ERR_NOT_FOUND'), 'legacy', 'r');
    expect(compile('Refusal').safeParse(body).success).toBe(false);
    expect(JSON.stringify(DOCUMENT.info)).toContain('legacy');
  });
});
