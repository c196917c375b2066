import { LIMITS, parseStrictJson } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAK_PATTERNS, matchesPattern } from './leak-patterns.ts';
import { LEAK_SAMPLES } from './leak-samples.ts';
import { createLeakScanner } from './leak-scanner.ts';
import { readableForms, textOf } from './readable-forms.ts';

const scanner = createLeakScanner();

const digits = (max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: max });
const felt = digits(64).map((text) => `0x${text}`);
const feltOrDecimal = fc.oneof(felt, fc.bigInt({ min: 0n, max: 1n << 251n }).map(String));
const name = fc.constantFrom(
  'transfer',
  'approve',
  'multi_route_swap',
  '0x83afd3f4caedc6ee',
  'sign',
);

const request = fc.record({
  accountAddress: felt,
  keyId: fc.constantFrom('default', 'agent-1', 'trading'),
  chainId: fc.constantFrom('0x534e5f5345504f4c4941', '0x534e5f4d41494e'),
  nonce: feltOrDecimal,
  validUntil: fc.integer({ min: 1, max: 2 ** 40 }),
  calls: fc.array(
    fc.record({ contractAddress: felt, entrypoint: name, calldata: fc.array(feltOrDecimal) }),
    { minLength: 1, maxLength: 8 },
  ),
  context: fc.record({
    requester: fc.constantFrom('starknet-mcp-server', 'starkclaw'),
    tool: fc.constantFrom('starknet_transfer', 'execute_transfer'),
    reason: fc
      .array(fc.lorem({ mode: 'words', maxCount: 3 }), { maxLength: 10 })
      .map((w) => w.join(' ')),
    requestId: fc.tuple(fc.nat(), digits(32)).map(([ms, nonce]) => `kr-${ms}-${nonce}`),
    traceId: fc.uuid(),
  }),
});

const response = fc.record({
  requestId: fc.uuid(),
  signatureMode: fc.constant('v2_snip12'),
  domainHash: felt,
  messageHash: felt,
  signerProvider: fc.constant('local'),
  sessionPublicKey: felt,
  signature: fc.array(felt, { minLength: 4, maxLength: 4 }),
});

/** Text made of the pieces that patterns are made of. */
const fragments = fc.array(
  fc.oneof(
    fc.constantFrom(...LEAK_PATTERNS.flatMap(({ anchors }) => anchors)),
    fc.constantFrom(...LEAK_SAMPLES.flatMap(({ text }) => text.split(/\b/))),
    fc.constantFrom(' ', ':', '=', '"', '-----', '0x', '.', '\n', '=>', ' is '),
    digits(80),
  ),
  { maxLength: 40 },
);

describe('the scanner', () => {
  it('is silent about generated requests and responses', () => {
    fc.assert(
      fc.property(fc.oneof(request, response), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(scanner.scan(text, parseStrictJson(Buffer.from(text)))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('finds a secret whichever of its letters are escaped', () => {
    const escaped = fc
      .tuple(fc.constantFrom(...LEAK_SAMPLES), fc.infiniteStream(fc.nat(3)))
      .map(([{ text, ids }, choices]) => ({ ids, body: `{"a":"${mixed(text, choices)}"}` }));
    fc.assert(
      fc.property(escaped, ({ ids, body }) => {
        expect(scanner.scan(body, parseStrictJson(Buffer.from(body)))).toEqual(ids);
        expect(scanner.scan(body, undefined)).toEqual(ids);
      }),
      { numRuns: 500 },
    );
  });

  it('finds a secret at any place of a request', () => {
    fc.assert(
      fc.property(request, fc.constantFrom(...LEAK_SAMPLES), fc.nat(), (value, leak, place) => {
        const fields = ['requester', 'tool', 'reason', 'requestId', 'traceId'] as const;
        const field = fields[place % fields.length] ?? 'reason';
        const text = JSON.stringify({
          ...value,
          context: { ...value.context, [field]: leak.text },
        });
        const found = scanner.scan(text, parseStrictJson(Buffer.from(text)));
        expect(found).toEqual(expect.arrayContaining([...leak.ids]));
      }),
      { numRuns: 300 },
    );
  });

  it('reads what a JSON reader reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const strings = (value: unknown): string[] =>
          typeof value === 'string'
            ? [value]
            : typeof value === 'object' && value !== null
              ? Object.entries(value).flatMap(([key, member]) => [key, ...strings(member)])
              : [];
        const all = strings(JSON.parse(text)).filter((part) => !/^[0-9]+$/.test(part));
        const forms = readableForms(text, JSON.parse(text));
        expect(all.filter((part) => !forms.some((form) => form.includes(part)))).toEqual([]);
        expect(textOf(JSON.parse(text)).length).toBeLessThanOrEqual(text.length * 2 + 3);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the table', () => {
  it('never loses a match to its anchors', () => {
    fc.assert(
      fc.property(fragments, (pieces) => {
        const text = pieces.join('');
        for (const pattern of LEAK_PATTERNS) {
          const plain = pattern.expressions.some((expression) => expression.test(text));
          if (pattern.finds !== undefined) continue;
          expect(matchesPattern(pattern, text, text.toLowerCase()), pattern.id).toBe(plain);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the longest bodies', () => {
  const pieces = [
    ...LEAK_PATTERNS.flatMap(({ anchors }) => anchors),
    'private key ',
    '"private_key" ',
    'private_key  =',
    'secret_key"""""""',
    'eyJ',
    'eyJaaaaaaaa.',
    'sk-',
    '-----BEGIN ',
    'BEGIN A A A A A ',
    ':aa1',
    'A',
    '0',
    ' ',
    '\\u0041',
    '\\\\\\\\u0041',
    '%25252541',
    '://a:',
    'password=aaaa',
    'abandon ',
    `${'abandon '.repeat(11)}x `,
    '🚗',
    'İ',
  ];

  it.each(pieces)('are scanned to the end: %j over and over', (piece) => {
    const text = piece
      .repeat(Math.ceil(LIMITS.bodyBytes / piece.length))
      .slice(0, LIMITS.bodyBytes);
    const body = JSON.stringify({ context: { reason: text } });
    const forms = readableForms(body, JSON.parse(body));
    // Counted work: what the rows look at is a fixed multiple of the body.
    expect(forms.reduce((sum, form) => sum + form.length, 0)).toBeLessThan(8 * body.length);
    expect(scanner.scan(`${body}${LEAK_SAMPLES[0]?.text}`, undefined)).toContain(
      'env.starknet_private_key',
    );
  });
});

/** Escapes the letters for which the stream says 0, and those that JSON demands. */
function mixed(text: string, choices: fc.Stream<number>): string {
  return [...text]
    .map((letter) => {
      if (choices.next().value === 0) {
        return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
      }
      return JSON.stringify(letter).slice(1, -1);
    })
    .join('');
}
