import { computeRequestMac, isBoundaryError, Secret } from '@countersign/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AGENT, edgeSettings, NOW_MS } from '../../test/settings.ts';
import { createAuthenticator } from './authenticate.ts';

const CALLER = { address: '127.0.0.1', certificate: undefined };
const authenticator = createAuthenticator(edgeSettings());

interface Request {
  readonly timestamp: string;
  readonly requestNonce: string;
  readonly method: string;
  readonly target: string;
  readonly body: Uint8Array;
}

/** Header characters, full stops and digits more often than chance would have them. */
const word = fc.string({ unit: fc.constantFrom(...'.0179aZ-/?& e+'), maxLength: 12 });

const request: fc.Arbitrary<Request> = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: -30_000, max: 30_000 }).map((skewMs) => String(NOW_MS + skewMs)),
    word,
  ),
  requestNonce: word,
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  target: word.map((path) => `/${path}`),
  body: fc.uint8Array({ maxLength: 8 }),
});

function isAccepted({ method, target, body, ...headers }: Request, signature: string): boolean {
  const raw = { clientId: AGENT.clientId, signature, ...headers };
  try {
    authenticator.authenticate({ method, target }, raw, [body], CALLER, NOW_MS);
    return true;
  } catch (error) {
    if (isBoundaryError(error)) return false;
    throw error;
  }
}

function codeOf(given: Request): string {
  return computeRequestMac(new Secret(AGENT.secret), given);
}

function textOf({ body, ...rest }: Request): string {
  return JSON.stringify([rest, [...body]]);
}

it('accepts no code for two requests', () => {
  fc.assert(
    fc.property(request, request, (signed, replayed) => {
      fc.pre(textOf(signed) !== textOf(replayed));
      expect(isAccepted(replayed, codeOf(signed))).toBe(false);
    }),
    { numRuns: 500 },
  );
});

it('accepts no code for a request cut elsewhere at the same characters', () => {
  const characters = fc.string({ unit: fc.constantFrom(...'.01a'), minLength: 2, maxLength: 10 });
  const cuts = fc.tuple(fc.nat({ max: 10 }), fc.nat({ max: 10 }));
  fc.assert(
    fc.property(characters, cuts, (text, [first, second]) => {
      const cutAt = (at: number): Request => ({
        timestamp: `${NOW_MS}${text.slice(0, at)}`,
        requestNonce: text.slice(at + 1),
        method: 'POST',
        target: '/x',
        body: new Uint8Array(0),
      });
      const [one, two] = [cutAt(first), cutAt(second)];
      fc.pre(textOf(one) !== textOf(two));
      expect(isAccepted(one, codeOf(one)) && isAccepted(two, codeOf(one))).toBe(false);
    }),
    { numRuns: 500 },
  );
});

it('never fails in another way than by refusing', () => {
  const header = fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined });
  const raw = fc.record({
    clientId: header,
    timestamp: header,
    requestNonce: header,
    signature: header,
  });
  const line = { method: 'POST', target: '/x' };
  fc.assert(
    fc.property(raw, fc.constantFrom('superset', 'strict', 'legacy'), (headers, profile) => {
      const any = createAuthenticator(edgeSettings({ profile }));
      expect(() => any.authenticate(line, headers, [], CALLER, NOW_MS)).toThrowError(
        expect.objectContaining({ name: 'BoundaryError', kind: 'unauthenticated' }),
      );
    }),
    { numRuns: 300 },
  );
});
