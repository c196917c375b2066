/**
 * Every parser of the project that reads bytes from outside, and the promise it must keep.
 *
 * Each is loaded alone, so that the branches counted are its own.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util';
import { ethereumCalldata, solidityAbi, typedData } from './ethereum-targets.ts';
import { starknetAbi, starknetCalldata } from './starknet-targets.ts';
import { type Target, target } from './target.ts';

const ZEROS = '0'.repeat(62);
const REQUEST = JSON.stringify({
  accountAddress: '0x1',
  keyId: 'k',
  chainId: '0x2',
  nonce: '3',
  caller: '0x4',
  executeAfter: '5',
  validUntil: 6,
  calls: [{ contractAddress: '0x7', entrypoint: 'transfer', calldata: ['0x8', '9'] }],
  messageKind: 'outside-v2',
  context: { requester: 'a', tool: 'b', reason: 'c', requestId: 'd', traceId: 'e' },
});
const JSON_TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '\\u0041',
  '\\ud800',
  '\\"',
  'true',
  'null',
  '1e9',
  '-0',
  '9007199254740993',
  '"__proto__":',
  '\xef\xbb\xbf',
];
const REQUEST_TOKENS = [
  ...JSON_TOKENS,
  '"calls"',
  '"calldata"',
  '"validUntil"',
  '0x',
  '0xfffffffffffffffffffffffff',
];
const NOTE = `example.com/log\n2\n${'A'.repeat(43)}=\n\n— example.com/log ${'A'.repeat(91)}=\n`;
const PROOF = `c2sp.org/tlog-proof@v1\nindex 1\n${'A'.repeat(43)}=\n\n${NOTE}`;
const NOTE_TOKENS = ['\n', '\n\n', '\xe2\x80\x94 ', 'index ', 'extra ', 'AAAA', '=', '+', ' ', '0'];

/** Loaders by name. */
export const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  'strict-json': strictJson,
  'session-request': sessionRequest,
  'bridge-answer': bridgeAnswer,
  frame,
  'auth-headers': authHeaders,
  felt,
  entrypoint,
  note,
  'tlog-proof': tlogProof,
  receipt,
  'verifier-key': verifierKey,
  'tile-path': tilePath,
  'entry-bundle': entryBundle,
  'sealed-box': sealedBox,
  configuration,
  'keyring-variables': keyringVariables,
  'leak-scan': leakScan,
  'entry-words': entryWords,
  'starknet-abi': starknetAbi,
  'starknet-calldata': starknetCalldata,
  'solidity-abi': solidityAbi,
  'ethereum-calldata': ethereumCalldata,
  'typed-data': typedData,
};

async function strictJson(): Promise<Target> {
  const { InexactNumber, parseStrictJson } = await import(
    '../../packages/shared/protocol/src/strict-json.ts'
  );
  const plain = (value: unknown): unknown => {
    if (value instanceof InexactNumber) return Number(value.literal);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  };
  return target(
    'strict-json',
    [REQUEST, '[1,2.5,-3e2,"\\u00e9",null,true]', '{"a":{"b":[]}}'],
    JSON_TOKENS,
    (input) => {
      const ours = plain(parseStrictJson(input));
      const theirs: unknown = JSON.parse(input.toString('utf8'));
      return isDeepStrictEqual(ours, plain(theirs)) ? undefined : 'differs from JSON.parse';
    },
  );
}

async function sessionRequest(): Promise<Target> {
  const { parseSessionRequest, parseStrictJson } = await import(
    '../../packages/shared/protocol/src/index.ts'
  );
  return target('session-request', [REQUEST], REQUEST_TOKENS, (input) => {
    const { calls, validUntilSec } = parseSessionRequest(parseStrictJson(input));
    const felts = calls.reduce((sum, call) => sum + call.calldata.length, 0);
    const bounded = calls.length >= 1 && calls.length <= 64 && felts <= 2048 && validUntilSec > 0n;
    return bounded ? undefined : 'accepted beyond its limits';
  });
}

async function bridgeAnswer(): Promise<Target> {
  const { parseBridgeAnswer, parseStrictJson } = await import(
    '../../packages/shared/protocol/src/index.ts'
  );
  const answer = JSON.stringify({
    signatureMode: 'v2_snip12',
    signatureKind: 'Snip12',
    domainHash: '0x1',
    messageHash: '0x2',
    sessionPublicKey: '0x3',
    signature: ['0x3', '0x4', '0x5', '0x6'],
  });
  return target('bridge-answer', [answer], REQUEST_TOKENS, (input) => {
    const parsed = parseBridgeAnswer(parseStrictJson(input));
    return parsed.signature.length === 4 ? undefined : 'not four felts';
  });
}

async function frame(): Promise<Target> {
  const { encodeFrame, FrameReader } = await import('../../packages/shared/protocol/src/frame.ts');
  const one = encodeFrame({ op: 'status', id: 1 }, Buffer.from('body'));
  return target(
    'frame',
    [one, Buffer.concat([one, one])],
    ['\0\0\0\x04', '\0\0\0\0', '{}', 'null'],
    (input) => {
      const whole = new FrameReader().push(input);
      const reader = new FrameReader();
      const middle = input.length >> 1;
      const split = [
        ...reader.push(input.subarray(0, middle)),
        ...reader.push(input.subarray(middle)),
      ];
      return isDeepStrictEqual(split, whole) ? undefined : 'frames depend on how the bytes arrive';
    },
  );
}

async function authHeaders(): Promise<Target> {
  const headers = await import('../../packages/shared/protocol/src/auth-headers.ts');
  const seeds = ['client\n1770984000000\n00112233445566778899aabbccddeeff\nab12', 'a\n1\nb\nzz'];
  return target('auth-headers', seeds, ['\n', '.', '..', '1e9', '+1'], (input) => {
    const [clientId, timestamp, requestNonce, signature] = input.toString('latin1').split('\n');
    const raw = { clientId, timestamp, requestNonce, signature };
    const read = headers.readAuthHeaders(raw, 'superset', undefined);
    const timestampMs = headers.parseTimestamp(read.timestamp);
    headers.assertRequestNonce(read.requestNonce, 'superset');
    headers.assertSignatureForm(read.signature);
    const moved = read.timestamp.includes('.') || read.requestNonce.includes('.');
    return moved || !Number.isSafeInteger(timestampMs) ? 'a delimiter inside a field' : undefined;
  });
}

async function felt(): Promise<Target> {
  const { FIELD_PRIME, parseFelt, parseU64, parseU128, toHex } = await import(
    '../../packages/shared/protocol/src/felt.ts'
  );
  return target(
    'felt',
    ['0x1', '12', `0x8${ZEROS}`, '0xABCDEF'],
    ['0x', '0X', '-', '+', ' ', '_', 'n', '0b1'],
    (input) => {
      const text = input.toString('latin1');
      const value = parseFelt(text, 'felt');
      if (value < 0n || value >= FIELD_PRIME) return 'out of range';
      if (parseFelt(toHex(value), 'felt') !== value) return 'does not survive a round trip';
      if (value < 1n << 64n && parseU64(text, 'felt') !== value) return 'u64 differs';
      return value < 1n << 128n && parseU128(text, 'felt') !== value ? 'u128 differs' : undefined;
    },
  );
}

async function entrypoint(): Promise<Target> {
  const { parseEntrypoint } = await import('../../packages/trusted/crypto/src/selector.ts');
  return target(
    'entrypoint',
    ['transfer', '0x1', '__execute__'],
    ['0x', '_', '1', '\xe9'],
    (input) => {
      const { selector, name } = parseEntrypoint(input.toString('utf8'));
      if (selector < 0n) return 'a negative selector';
      return name !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
        ? 'not an identifier'
        : undefined;
    },
  );
}

async function note(): Promise<Target> {
  const { parseNote, serializeNote } = await import('../../packages/shared/tlog/src/note.ts');
  return target('note', [NOTE], NOTE_TOKENS, (input) =>
    serializeNote(parseNote(input)) === input.toString('utf8')
      ? undefined
      : 'does not survive a round trip',
  );
}

async function tlogProof(): Promise<Target> {
  const { formatTlogProof, parseTlogProof, verifyTlogProof } = await import(
    '../../packages/shared/tlog/src/index.ts'
  );
  const { isBoundaryError } = await import('../../packages/shared/protocol/src/index.ts');
  const logKeys = [await someKey()];
  return target(
    'tlog-proof',
    [PROOF, PROOF.replace('index', 'extra AAAA\nindex')],
    NOTE_TOKENS,
    (input) => {
      const proof = parseTlogProof(input);
      if (formatTlogProof(proof) !== input.toString('utf8')) return 'does not survive a round trip';
      try {
        verifyTlogProof({ proofText: input, entry: Buffer.from('entry'), logKeys });
      } catch (error) {
        return isBoundaryError(error) ? undefined : String(error);
      }
      return 'a forged proof holds';
    },
  );
}

async function receipt(): Promise<Target> {
  const { formatReceipt, parseReceipt } = await import('../../packages/shared/tlog/src/receipt.ts');
  const seed = formatReceipt({ entry: Buffer.from('entry'), proof: PROOF });
  return target('receipt', [seed], [...JSON_TOKENS, ...NOTE_TOKENS], (input) =>
    Buffer.from(formatReceipt(parseReceipt(input))).equals(input)
      ? undefined
      : 'another spelling is accepted',
  );
}

async function verifierKey(): Promise<Target> {
  const { formatVerifierKey, parseVerifierKey } = await import(
    '../../packages/shared/tlog/src/verifier-key.ts'
  );
  const seed = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  return target('verifier-key', [seed], ['+', '=', 'A', ' '], (input) => {
    const text = input.toString('utf8');
    return formatVerifierKey(parseVerifierKey(text)) === text
      ? undefined
      : 'another spelling is accepted';
  });
}

async function tilePath(): Promise<Target> {
  const { formatTilePath, parseTilePath } = await import('../../packages/shared/tlog/src/tiles.ts');
  const seeds = ['tile/0/000', 'tile/1/x001/x234/067.p/8', 'tile/entries/003.p/255'];
  return target('tile-path', seeds, ['x', '/', '.p/', '000', 'entries', '..'], (input) => {
    const text = input.toString('utf8');
    return formatTilePath(parseTilePath(text)) === text
      ? undefined
      : 'another spelling is accepted';
  });
}

async function entryBundle(): Promise<Target> {
  const { formatEntryBundle, parseEntryBundle } = await import(
    '../../packages/shared/tlog/src/entry-bundle.ts'
  );
  const seed = formatEntryBundle([Buffer.from('a'), Buffer.alloc(0), Buffer.from('bcd')]);
  return target('entry-bundle', [seed], ['\0\0', '\0\x01', '\xff\xff'], (input) =>
    Buffer.from(formatEntryBundle(parseEntryBundle(input))).equals(input)
      ? undefined
      : 'another spelling is accepted',
  );
}

async function sealedBox(): Promise<Target> {
  const { readPublicPart, sealBytes } = await import(
    '../../packages/trusted/crypto/src/sealed-box.ts'
  );
  const seed = sealBytes(Buffer.from('secret'), { purpose: 'fuzz', sealWith: 'none' });
  return target('sealed-box', [seed], JSON_TOKENS, (input) => {
    readPublicPart(input, 'fuzz');
    return undefined;
  });
}

async function configuration(): Promise<Target> {
  const { parseConfig } = await import('../../packages/operator/cli/src/config/config-file.ts');
  const seed =
    'version: 1\ndataDir: d\npolicy: { chains: [SN_MAIN] }\nclients: [{ id: a, secrets: [{ env: S }], keys: [k] }]\nkeys: [{ id: k, targets: ["0x1"] }]\n';
  const tokens = [
    '\n',
    ': ',
    '- ',
    '&a ',
    '*a',
    '<<: ',
    '!!js ',
    '{',
    '}',
    'all',
    '"0x1"',
    '1e9',
    '? ',
  ];
  return target('configuration', [seed], tokens, (input) => {
    const { keys, clients } = parseConfig(input.toString('utf8'), 'fuzz');
    return keys.length > 0 && clients.length > 0 ? undefined : 'an empty list is accepted';
  });
}

async function keyringVariables(): Promise<Target> {
  const lists = await import('../../packages/operator/cli/src/keyring/keyring-lists.ts');
  const { SettingError } = await import('../../packages/operator/cli/src/keyring/environment.ts');
  const clients = '[{"clientId":"default","hmacSecret":"0123456789abcdef","allowedKeyIds":["a"]}]';
  const keys = '[{"keyId":"default","privateKey":"0x1","publicKey":"0x2"}]';
  return target(
    'keyring-variables',
    [clients, keys, '{"default":"0x1"}', '0x1,2'],
    JSON_TOKENS,
    (input) => {
      const text = input.toString('utf8');
      const tries = [
        () => lists.readClients({ KEYRING_AUTH_CLIENTS_JSON: text }, 'default'),
        () => lists.readKeys({ KEYRING_SIGNING_KEYS_JSON: text }, 'default'),
        () =>
          lists.readPins(
            { KEYRING_DFNS_PINNED_PUBKEYS_JSON: text },
            [{ keyId: 'default', privateKey: '0x1', publicKey: undefined }],
            'default',
          ),
        () => lists.readChains({ KEYRING_ALLOWED_CHAIN_IDS: text }),
      ];
      for (const read of tries) {
        try {
          read();
        } catch (error) {
          if (!(error instanceof SettingError)) return String(error);
        }
      }
      return undefined;
    },
    (error) => error instanceof SettingError,
  );
}

async function leakScan(): Promise<Target> {
  const { createLeakScanner } = await import(
    '../../packages/edge/server/src/leak-scan/leak-scanner.ts'
  );
  const scanner = createLeakScanner();
  const seeds = [
    REQUEST,
    'private_key=0x5ec4e7',
    '-----BEGIN EC PRIVATE KEY-----',
    'abandon '.repeat(12),
  ];
  return target(
    'leak-scan',
    seeds,
    ['private_key', ':', '0x', '-----BEGIN ', 'abandon ', '\\u0070', 'eyJ', 'AKIA'],
    (input) => {
      const text = input.toString('utf8');
      const found = scanner.scan(text, text);
      return Array.isArray(found) ? undefined : 'no list';
    },
  );
}

async function entryWords(): Promise<Target> {
  const { entryLine, entryRows, readEntry } = await import(
    '../../packages/operator/cli/src/entry-words.ts'
  );
  const seed =
    '{"format":"countersign-entry/v1","type":"decision","time":"t","client":"c","outcome":"deny","code":"ERR_INTERNAL","rule":"r","asked":{"account":"0x1","chain":"0x534e","accountNonce":"0x2","validUntil":"3","calls":[{"to":"0x4","selector":"0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e","calldata":["0x1","0x2","0x0"]}]}}';
  return target('entry-words', [seed], REQUEST_TOKENS, (input) => {
    const entry = readEntry(input);
    if (entry === undefined) return undefined;
    return typeof entryLine(0, entry) === 'string' &&
      Object.values(entryRows(entry)).every((row) => typeof row === 'string')
      ? undefined
      : 'a row that is no text';
  });
}

async function someKey(): Promise<import('../../packages/shared/tlog/src/index.ts').VerifierKey> {
  const { parseVerifierKey } = await import('../../packages/shared/tlog/src/index.ts');
  return parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
}
