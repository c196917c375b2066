import { isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { fileWith } from '../../test/policy-files.ts';
import { readCaseFile, type WrittenCase } from './case-file.ts';
import { intentOfCase } from './case-intent.ts';

const LIMITS = ['monthly', 'hourly'];
const REQUEST = {
  accountAddress: '0xacc0',
  chainId: '0x534e5f5345504f4c4941',
  nonce: '0x1',
  validUntil: 1_800_000_000,
  calls: [{ contractAddress: '0x1', entrypoint: 'transfer', calldata: ['0x2', '3', '0'] }],
};
const CASE = { name: 'one', expect: 'allow', request: REQUEST };

/** Problems of a file with one case. */
function problemsOf(value: unknown): readonly string[] {
  try {
    readCaseFile(fileWith(value), LIMITS);
  } catch (error) {
    if (!isBoundaryError(error) || error.code !== 'ERR_CONFIG_INVALID') throw error;
    return error.details.problems as readonly string[];
  }
  throw new Error('nothing was refused');
}

const withCase = (changes: object): object => ({ version: 1, cases: [{ ...CASE, ...changes }] });
const read = (changes: object = {}): WrittenCase =>
  readCaseFile(fileWith(withCase(changes)), LIMITS)[0] as WrittenCase;

describe('a file of cases is refused', () => {
  it.each<readonly [string, unknown, string]>([
    ['without a version', { cases: [CASE] }, 'version: found nothing'],
    ['without cases', { version: 1, cases: [] }, 'cases: found a list of 0'],
    ['with a wrong outcome', withCase({ expect: 'alow' }), 'cases[0].expect: found "alow"'],
    ['with an unknown word', withCase({ expects: 'deny' }), 'cases[0].expects: found "expects"'],
    ['with a code nobody knows', withCase({ expect: 'deny', code: 'ERR_X' }), 'cases[0].code'],
    ['with a code for what is allowed', withCase({ code: 'ERR_POLICY_NO_RULE' }), 'cases[0].code'],
    ['with a time without a zone', withCase({ at: '2026-12-01T12:00:00' }), 'cases[0].at'],
    ['with a number as an amount', withCase({ spent: { monthly: 5 } }), 'cases[0].spent.monthly'],
    [
      'with a limit that has no bucket',
      withCase({ spent: { montly: '5' } }),
      'did you mean "monthly"?',
    ],
    ['with nothing asked', withCase({ request: undefined }), 'cases[0]: found nothing'],
    ['with two things asked', withCase({ message: 'x' }), 'found "request and message"'],
    ['with one name twice', { version: 1, cases: [CASE, CASE] }, 'cases[1].name: found "one"'],
    ['with a method that is none', withCase({ method: '*' }), 'cases[0].method'],
  ])('%s', (_, value, problem) => {
    expect(problemsOf(value).join('\n')).toContain(problem);
  });

  it('with a line for every problem', () => {
    const cases = [
      { ...CASE, expect: 'x' },
      { ...CASE, name: '' },
    ];
    expect(problemsOf({ version: 1, cases })).toHaveLength(2);
  });
});

describe('what a case asks', () => {
  it('is refused when it is no body to sign, with the field', () => {
    const problem = intentOfCase(read({ request: { ...REQUEST, nonce: 'x' } }), 'cases[0]', 0);
    expect(problem).toMatchObject({
      path: 'cases[0].request',
      expected: expect.stringContaining('nonce'),
    });
  });

  it.each<readonly [string, object, object]>([
    [
      'a session transaction',
      { at: '2026-12-01T12:00:00+01:00', client: 'bot', key: 'trading' },
      {
        method: 'starknet_signSessionTransaction',
        clientId: 'bot',
        keyId: 'trading',
        nowMs: Date.UTC(2026, 11, 1, 11),
        action: { accountAddress: 0xacc0n, calls: [{ to: 1n, calldata: [2n, 3n, 0n] }] },
      },
    ],
    [
      'by default now, and with the default client and key',
      {},
      { clientId: 'default', keyId: 'default', nowMs: 7 },
    ],
    ['with the key of its body', { request: { ...REQUEST, keyId: 'body' } }, { keyId: 'body' }],
    [
      'a transaction',
      {
        request: undefined,
        transaction: { to: `0x${'1'.repeat(40)}`, value: '0x10', chainId: '1', data: '0xa9' },
      },
      {
        method: 'eth_sendTransaction',
        action: { value: 16n, chainId: 1n, data: Buffer.from([0xa9]) },
      },
    ],
    [
      'a transaction under another method',
      { request: undefined, transaction: { chainId: '1' }, method: 'eth_signTransaction' },
      { method: 'eth_signTransaction', action: { kind: 'ethereum_transaction', value: 0n } },
    ],
    [
      'typed data with exact numbers',
      {
        request: undefined,
        typedData: {
          types: { A: [{ name: 'n', type: 'uint256' }] },
          primaryType: 'A',
          domain: { chainId: 1 },
          message: { n: [5, '6'] },
        },
      },
      {
        method: 'eth_signTypedData_v4',
        action: { domain: { chainId: '1' }, message: { n: ['5', '6'] } },
      },
    ],
    [
      'a message',
      { request: undefined, message: 'é' },
      { method: 'personal_sign', action: { content: new Uint8Array([0xc3, 0xa9]) } },
    ],
  ])('is %s', (_, changes, intent) => {
    expect(intentOfCase(read(changes), 'cases[0]', 7)).toMatchObject(intent);
  });

  it('is refused when a number was rounded already', () => {
    const typedData = { types: {}, primaryType: 'A', domain: {}, message: { n: 2 ** 53 } };
    const problem = intentOfCase(read({ request: undefined, typedData }), 'cases[3]', 0);
    expect(problem).toMatchObject({ path: 'cases[3].typedData.message.n' });
  });
});
