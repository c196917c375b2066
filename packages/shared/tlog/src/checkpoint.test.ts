import { describe, expect, it } from 'vitest';
import {
  type CheckpointTrust,
  formatCheckpoint,
  parseCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
import { MALFORMED, MISCONFIGURED, refusal } from './fixtures/refusals.ts';
import { createTestLog, createTestWitness, privateKeyOf } from './fixtures/test-log.ts';
import { readSignedNotes } from './fixtures/vectors.ts';
import { EMPTY_ROOT } from './merkle.ts';
import { createNoteSigner, parseNote, serializeNote } from './note.ts';
import { createVerifierKey, KEY_TYPE, parseVerifierKey } from './verifier-key.ts';

const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';

describe('checkpoint texts', () => {
  it('reads the example of the specification', () => {
    const text = `example.com/behind-the-sofa\n20852163\n${ROOT}\n`;
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      rootHash: new Uint8Array(Buffer.from(ROOT, 'base64')),
      extensions: [],
    });
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  it('reads origins that are not URLs, and extension lines', () => {
    const text = `go.sum database tree\n0\n${ROOT}\nfirst line\nzweite Zeile \u2014 +\n`;
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint.origin).toBe('go.sum database tree');
    expect(checkpoint.extensions).toEqual(['first line', 'zweite Zeile \u2014 +']);
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  it('reads the largest size and writes it back', () => {
    const text = `o\n${Number.MAX_SAFE_INTEGER}\n${ROOT}\n`;
    expect(formatCheckpoint(parseCheckpoint(text))).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['no last newline', `o\n1\n${ROOT}`],
    ['two lines', `o\n1\n`],
    ['an empty origin', `\n1\n${ROOT}\n`],
    ['an empty extension', `o\n1\n${ROOT}\n\n`],
    ['an empty line between extensions', `o\n1\n${ROOT}\na\n\nb\n`],
    ['a size with a leading zero', `o\n01\n${ROOT}\n`],
    ['a size with a sign', `o\n+1\n${ROOT}\n`],
    ['a negative size', `o\n-1\n${ROOT}\n`],
    ['a hexadecimal size', `o\n0x1\n${ROOT}\n`],
    ['a size with an exponent', `o\n1e3\n${ROOT}\n`],
    ['a size with a blank', `o\n1 \n${ROOT}\n`],
    ['a size of 2^53', `o\n9007199254740992\n${ROOT}\n`],
    ['a size of 2^63', `o\n9223372036854775808\n${ROOT}\n`],
    ['a root of 31 bytes', `o\n1\n${Buffer.alloc(31).toString('base64')}\n`],
    ['a root of 33 bytes', `o\n1\n${Buffer.alloc(33).toString('base64')}\n`],
    ['a root without padding', `o\n1\n${ROOT.slice(0, -1)}\n`],
    ['a root with loose bits', `o\n1\n${ROOT.replace('I=', 'J=')}\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(MALFORMED);
  });

  it.each([
    ['an empty origin', { origin: '' }],
    ['an origin of two lines', { origin: 'a\nb' }],
    ['an origin with a control character', { origin: 'a\rb' }],
    ['an empty extension', { extensions: [''] }],
    ['an extension of two lines', { extensions: ['a\nb'] }],
    ['a size that is no number', { size: Number.NaN }],
    ['a fraction', { size: 0.5 }],
    ['a short root', { rootHash: new Uint8Array(31) }],
  ])('refuses to write %s', (_, change) => {
    const checkpoint = { origin: 'o', size: 1, rootHash: EMPTY_ROOT };
    expect(() => formatCheckpoint({ ...checkpoint, ...change })).toThrow(MALFORMED);
  });
});

describe('a checkpoint of a public log, cosigned by four public witnesses', () => {
  const { note, origin, size, logKey, witnessKeys } = readSignedNotes().cosigned;
  const trust: CheckpointTrust = {
    logKeys: [parseVerifierKey(logKey)],
    witnesses: witnessKeys.map(parseVerifierKey),
    minWitnesses: 4,
    origin,
  };

  it('holds', () => {
    const verified = verifyCheckpoint(note, trust);
    expect(verified).toMatchObject({ origin, size, signedBy: [origin] });
    expect(verified.witnesses).toEqual(witnessKeys.map((key) => key.split('+')[0]));
  });

  it('does not hold for five witnesses, nor when no unknown signature may be there', () => {
    expect(() => verifyCheckpoint(note, { ...trust, minWitnesses: 5 })).toThrow(
      refusal('ERR_PROOF_INVALID', 'too few witnesses'),
    );
    expect(() => verifyCheckpoint(note, { ...trust, allowUnknownSignatures: false })).toThrow(
      refusal('ERR_PROOF_INVALID', 'a signature of an unknown key'),
    );
  });

  it('fails when any byte of the signed text changes', () => {
    const bytes = Buffer.from(note, 'utf8');
    for (let at = 0; at < note.indexOf('\n\n'); at += 1) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1);
      expect(() => verifyCheckpoint(changed, trust)).toThrow(/the proof/);
    }
  });
});

describe('whom to believe', () => {
  const witnesses = [1, 2, 3].map((at) => createTestWitness(`witness.example/w${at}`, 10 + at));
  const log = createTestLog({ witnesses });
  const trust: CheckpointTrust = {
    logKeys: [log.signer.key],
    witnesses: witnesses.map((witness) => witness.key),
  };
  const { text, signatures } = parseNote(log.checkpoint);

  it('demands a signature of the log, however many witnesses there are', () => {
    const note = serializeNote({ text, signatures: signatures.slice(1) });
    expect(() => verifyCheckpoint(note, trust)).toThrow(
      refusal('ERR_PROOF_INVALID', 'not signed by the log'),
    );
  });

  it('demands the origin that is asked for', () => {
    expect(verifyCheckpoint(log.checkpoint, { ...trust, origin: log.origin }).size).toBe(7);
    expect(() => verifyCheckpoint(log.checkpoint, { ...trust, origin: 'log.example' })).toThrow(
      refusal('ERR_PROOF_INVALID', 'a checkpoint of another log'),
    );
  });

  it.each([0, 1, 2, 3])('counts %i witnesses', (count) => {
    const note = serializeNote({ text, signatures: signatures.slice(0, 1 + count) });
    expect(verifyCheckpoint(note, { ...trust, minWitnesses: count }).witnesses).toHaveLength(count);
    expect(() => verifyCheckpoint(note, { ...trust, minWitnesses: count + 1 })).toThrow(
      refusal('ERR_PROOF_INVALID', 'too few witnesses'),
    );
  });

  it('needs no unknown signature to be there', () => {
    const verified = verifyCheckpoint(log.checkpoint, { ...trust, allowUnknownSignatures: false });
    expect(verified.witnesses).toHaveLength(3);
  });

  it('counts a witness that cosigned twice once', () => {
    const [witness] = witnesses;
    const twice = [witness?.cosign(text, 1n), witness?.cosign(text, 2n)].filter(
      (line) => line !== undefined,
    );
    const note = serializeNote({ text, signatures: [...signatures.slice(0, 1), ...twice] });
    expect(verifyCheckpoint(note, trust).witnesses).toEqual(['witness.example/w1']);
  });

  it('counts one public key under two names once', () => {
    const first = createTestWitness('one.example', 20);
    const second = createTestWitness('two.example', 20);
    const cosigned = [first, second].map((witness) => witness.cosign(text));
    const note = serializeNote({ text, signatures: [...signatures.slice(0, 1), ...cosigned] });
    const keys = { ...trust, witnesses: [first.key, second.key] };
    expect(verifyCheckpoint(note, keys).witnesses).toEqual(['one.example']);
    expect(() => verifyCheckpoint(note, { ...keys, minWitnesses: 2 })).toThrow(/the proof/);
  });

  it('never counts the log as its own witness', () => {
    const self = createTestWitness('self.example', 1);
    expect(self.key.publicKey).toEqual(log.signer.key.publicKey);
    const note = serializeNote({
      text,
      signatures: [...signatures.slice(0, 1), self.cosign(text)],
    });
    expect(verifyCheckpoint(note, { ...trust, witnesses: [self.key] }).witnesses).toEqual([]);
    const alone = serializeNote({ text, signatures: [self.cosign(text)] });
    expect(() => verifyCheckpoint(alone, { ...trust, witnesses: [self.key] })).toThrow(
      refusal('ERR_PROOF_INVALID', 'not signed by the log'),
    );
  });

  it('takes a cosignature for the signature of a log that signs so', () => {
    const self = createTestWitness('log.example/agents', 30);
    const note = serializeNote({ text, signatures: [self.cosign(text)] });
    expect(verifyCheckpoint(note, { logKeys: [self.key] }).signedBy).toEqual([log.origin]);
  });

  it('accepts any of several log keys, as while a key is replaced', () => {
    const next = createNoteSigner(log.origin, privateKeyOf(40));
    const note = serializeNote({ text, signatures: [next.sign(text)] });
    const keys = [log.signer.key, next.key];
    expect(verifyCheckpoint(note, { logKeys: keys }).signedBy).toEqual([log.origin]);
  });

  it('refuses witness keys that are not for cosignatures, and counts that are none', () => {
    const plain = createVerifierKey(
      'w',
      KEY_TYPE.ed25519,
      witnesses[0]?.key.publicKey ?? EMPTY_ROOT,
    );
    const wrong: readonly CheckpointTrust[] = [
      { ...trust, witnesses: [plain] },
      { ...trust, minWitnesses: Number.NaN },
      { ...trust, minWitnesses: -1 },
    ];
    for (const keys of wrong) {
      expect(() => verifyCheckpoint(log.checkpoint, keys)).toThrow(MISCONFIGURED);
    }
  });

  it('refuses a note that is signed well and is not a checkpoint', () => {
    const signed = serializeNote({ text: 'hello\n', signatures: [log.signer.sign('hello\n')] });
    expect(() => verifyCheckpoint(signed, trust)).toThrow(MALFORMED);
  });
});
