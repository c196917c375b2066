import { describe, expect, it } from 'vitest';
import { INVALID, MALFORMED, refusal } from './fixtures/refusals.ts';
import { createTestLog, createTestWitness, privateKeyOf } from './fixtures/test-log.ts';
import { readRekorInclusion } from './fixtures/vectors.ts';
import { hashLeaf } from './merkle.ts';
import { createNoteSigner, parseNote, serializeNote } from './note.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts';
import { parseVerifierKey } from './verifier-key.ts';

const log = createTestLog();
const PROOF = log.proof(5);
const [ENTRY = new Uint8Array(0)] = log.entries.slice(5);
const trust = { logKeys: [log.signer.key] };

describe('an entry of a public log', () => {
  const vector = readRekorInclusion();
  const entry = Buffer.from(vector.entry, 'base64');
  const logKeys = [parseVerifierKey(vector.logKey)];

  it('is proven', () => {
    const claim = { proofText: vector.proofText, entry, logKeys, origin: vector.origin };
    const { index, size, origin } = verifyTlogProof(claim);
    expect({ index, size, origin }).toEqual({
      index: vector.index,
      size: vector.size,
      origin: vector.origin,
    });
    expect(formatTlogProof(parseTlogProof(vector.proofText))).toBe(vector.proofText);
  });

  it('is not proven with any byte of the entry changed', () => {
    for (let at = 0; at < entry.length; at += 1) {
      const changed = entry.with(at, (entry[at] ?? 0) ^ 1);
      expect(() =>
        verifyTlogProof({ proofText: vector.proofText, entry: changed, logKeys }),
      ).toThrow(INVALID);
    }
  });
});

describe('reading and writing', () => {
  it.each([1, 2, 3, 7, 8, 9])('keeps every proof of a log of %i entries', (size) => {
    const some = createTestLog({ size, extensions: ['an extension'] });
    for (let index = 0; index < size; index += 1) {
      const text = some.proof(index);
      const proof = parseTlogProof(text);
      expect(proof.index).toBe(index);
      expect(proof.checkpoint).toBe(some.checkpoint);
      expect(formatTlogProof(proof)).toBe(text);
      expect(parseTlogProof(Buffer.from(text, 'utf8'))).toEqual(proof);
    }
  });

  it('keeps extra data', () => {
    const extra = Uint8Array.of(0, 1, 254, 255);
    const text = log.proof(2, extra);
    expect(text.split('\n')[1]).toBe('extra AAH+/w==');
    expect(parseTlogProof(text).extra).toEqual(extra);
    expect(parseTlogProof(PROOF)).not.toHaveProperty('extra');
  });

  const lines = PROOF.split('\n');
  const hashLine = lines[2] ?? '';
  const replaceLine = (at: number, ...by: string[]) => lines.toSpliced(at, 1, ...by).join('\n');
  it.each([
    ['nothing', ''],
    ['only the first line', 'c2sp.org/tlog-proof@v1\n'],
    ['no first line', replaceLine(0)],
    ['another version', replaceLine(0, 'c2sp.org/tlog-proof@v2')],
    ['a blank before the first line', ` ${PROOF}`],
    ['a byte order mark', `\ufeff${PROOF}`],
    ['no index', replaceLine(1)],
    ['an empty line for the index', replaceLine(1, '')],
    ['two indices', replaceLine(1, 'index 5', 'index 5')],
    ['an index with a leading zero', replaceLine(1, 'index 05')],
    ['a negative index', replaceLine(1, 'index -5')],
    ['an index that is no number', replaceLine(1, 'index five')],
    ['an index of 2^53', replaceLine(1, 'index 9007199254740992')],
    ['an index with a second blank', replaceLine(1, 'index  5')],
    ['an index with a blank after it', replaceLine(1, 'index 5 ')],
    ['an index in capitals', replaceLine(1, 'Index 5')],
    ['empty extra data', replaceLine(1, 'extra ', 'index 5')],
    ['extra data that is not base64', replaceLine(1, 'extra !!!!', 'index 5')],
    ['extra data without padding', replaceLine(1, 'extra AAH+/w', 'index 5')],
    ['extra data twice', replaceLine(1, 'extra AAAA', 'extra AAAA', 'index 5')],
    ['extra data after the index', replaceLine(1, 'index 5', 'extra AAAA')],
    ['a hash of 16 bytes', replaceLine(2, Buffer.alloc(16).toString('base64'))],
    ['a hash of 64 bytes', replaceLine(2, Buffer.alloc(64).toString('base64'))],
    ['a hash in hex', replaceLine(2, Buffer.alloc(32).toString('hex'))],
    ['a hash with a blank', replaceLine(2, ` ${hashLine}`)],
    ['64 hashes', replaceLine(2, ...Array.from({ length: 62 }, () => hashLine))],
    ['an empty line between hashes', replaceLine(2, hashLine, '')],
    ['two empty lines before the checkpoint', PROOF.replace('\n\n', '\n\n\n')],
    ['no empty line before the checkpoint', PROOF.replace('\n\n', '\n')],
    ['carriage returns', PROOF.replaceAll('\n', '\r\n')],
    ['no checkpoint', PROOF.slice(0, PROOF.indexOf('\n\n') + 2)],
    ['a checkpoint that is not signed', PROOF.slice(0, PROOF.lastIndexOf('\n\n') + 1)],
    ['a signed note that is no checkpoint', PROOF.replace('\n7\n', '\nseven\n')],
    ['more after the last signature', `${PROOF}\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseTlogProof(text)).toThrow(MALFORMED);
    expect(() => verifyTlogProof({ ...trust, proofText: text, entry: ENTRY })).toThrow(MALFORMED);
  });

  it('says that the checkpoint is missing', () => {
    const reason = 'no empty line before the checkpoint';
    const cutOff = PROOF.slice(0, PROOF.indexOf('\n\n'));
    expect(() => parseTlogProof(cutOff)).toThrow(refusal('ERR_PROOF_MALFORMED', reason));
  });

  it.each([
    ['an index that is no index', { index: -1 }],
    ['a fraction', { index: 0.5 }],
    ['an index of 2^53', { index: 2 ** 53 }],
    ['a short hash', { proof: [new Uint8Array(31)] }],
    ['64 hashes', { proof: Array.from({ length: 64 }, () => new Uint8Array(32)) }],
    ['empty extra data', { extra: new Uint8Array(0) }],
    ['an unsigned checkpoint', { checkpoint: parseNote(log.checkpoint).text }],
  ])('refuses to write %s', (_, change) => {
    expect(() => formatTlogProof({ ...parseTlogProof(PROOF), ...change })).toThrow(MALFORMED);
  });
});

describe('verifying', () => {
  it('holds for the entry, or for its leaf hash', () => {
    const expected = { index: 5, size: 7, origin: log.origin, witnesses: [], extensions: [] };
    expect(verifyTlogProof({ ...trust, proofText: PROOF, entry: ENTRY })).toMatchObject(expected);
    const byHash = { ...trust, proofText: PROOF, leafHash: hashLeaf(ENTRY) };
    expect(verifyTlogProof(byHash)).toMatchObject(expected);
  });

  it('demands one of the two', () => {
    const both = { ...trust, proofText: PROOF, entry: ENTRY, leafHash: hashLeaf(ENTRY) };
    expect(() => verifyTlogProof(both)).toThrow(TypeError);
    expect(() => verifyTlogProof({ ...trust, proofText: PROOF })).toThrow(TypeError);
  });

  it('gives the extra data back, which nothing vouches for', () => {
    const extra = Uint8Array.of(7);
    const claim = { ...trust, proofText: log.proof(5, extra), entry: ENTRY };
    expect(verifyTlogProof(claim).extra).toEqual(extra);
  });

  const NOT_IN_TREE = refusal('ERR_PROOF_INVALID', 'the entry is not in the tree at this index');
  it('refuses another entry, another index and another path', () => {
    const verify =
      (proofText: string, entry: Uint8Array = ENTRY) =>
      () =>
        verifyTlogProof({ ...trust, proofText, entry });
    expect(verify(PROOF, Uint8Array.of(1))).toThrow(NOT_IN_TREE);
    for (const index of [0, 1, 2, 3, 4, 6, 7, 1_000]) {
      expect(verify(PROOF.replace('index 5', `index ${index}`))).toThrow(NOT_IN_TREE);
    }
    expect(verify(log.proof(4))).toThrow(NOT_IN_TREE);
    expect(verify(PROOF.replace(/(index 5\n).{44}\n/, '$1'))).toThrow(NOT_IN_TREE);
  });

  it('refuses a leaf hash that is not 32 bytes', () => {
    const claim = { ...trust, proofText: PROOF, leafHash: new Uint8Array(31) };
    expect(() => verifyTlogProof(claim)).toThrow(NOT_IN_TREE);
  });

  it('refuses a checkpoint signed by a stranger', () => {
    const stranger = createNoteSigner(log.origin, privateKeyOf(9));
    const claim = { proofText: PROOF, entry: ENTRY, logKeys: [stranger.key] };
    expect(() => verifyTlogProof(claim)).toThrow(INVALID);
  });

  it('ignores signatures of strangers unless told otherwise', () => {
    const { text, signatures } = parseNote(log.checkpoint);
    const stranger = createNoteSigner('stranger.example', privateKeyOf(9)).sign(text);
    const checkpoint = serializeNote({ text, signatures: [stranger, ...signatures] });
    const proofText = formatTlogProof({ ...parseTlogProof(PROOF), checkpoint });
    const claim = { ...trust, proofText, entry: ENTRY };
    expect(verifyTlogProof(claim).index).toBe(5);
    expect(() => verifyTlogProof({ ...claim, allowUnknownSignatures: false })).toThrow(INVALID);
  });

  it('passes on what is asked of witnesses and origin', () => {
    const witness = createTestWitness('witness.example', 6);
    const witnessed = createTestLog({ witnesses: [witness], extensions: ['x'] });
    const claim = {
      proofText: witnessed.proof(5),
      entry: ENTRY,
      logKeys: [witnessed.signer.key],
      witnesses: [witness.key],
      minWitnesses: 1,
    };
    const verified = verifyTlogProof(claim);
    expect(verified.witnesses).toEqual(['witness.example']);
    expect(verified.extensions).toEqual(['x']);
    expect(() => verifyTlogProof({ ...claim, minWitnesses: 2 })).toThrow(INVALID);
    expect(() => verifyTlogProof({ ...claim, origin: 'other.example' })).toThrow(INVALID);
  });
});
