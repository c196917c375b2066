import { describe, expect, it } from 'vitest';
import { INVALID, MALFORMED, refusal } from './fixtures/refusals.ts';
import { createTestLog, createTestWitness, privateKeyOf } from './fixtures/test-log.ts';
import { createNoteSigner, parseNote, serializeNote } from './note.ts';
import { formatReceipt, parseReceipt, type Receipt, verifyReceipt } from './receipt.ts';
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts';

const log = createTestLog();
const trust = { logKeys: [log.signer.key] };
const FILE = Buffer.from(log.receipt(3));
const TEXT = FILE.toString('utf8');
const receipt = parseReceipt(FILE);

describe('the file', () => {
  it('is JSON with two blanks of indentation and a last newline', () => {
    const wire = JSON.parse(TEXT) as unknown;
    expect(wire).toEqual({
      format: 'countersign-receipt/v1',
      entry: Buffer.from('{"entry":3}').toString('base64'),
      proof: log.proof(3),
    });
    expect(`${JSON.stringify(wire, null, 2)}\n`).toBe(TEXT);
  });

  it('is read and written back to the same bytes', () => {
    expect(receipt).toEqual({
      entry: new Uint8Array(Buffer.from('{"entry":3}')),
      proof: log.proof(3),
    });
    expect(formatReceipt(receipt)).toBe(TEXT);
  });

  const wire = JSON.parse(TEXT) as Record<string, unknown>;
  const write = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const { format, entry, proof } = wire;
  it.each([
    ['nothing', ''],
    ['no JSON', 'receipt'],
    ['null', 'null\n'],
    ['a number', '1\n'],
    ['an array', '[]\n'],
    ['an empty object', '{}\n'],
    ['no last newline', TEXT.slice(0, -1)],
    ['a second newline', `${TEXT}\n`],
    ['a byte order mark', `\ufeff${TEXT}`],
    ['a carriage return', TEXT.replaceAll('\n', '\r\n')],
    ['one line', `${JSON.stringify(wire)}\n`],
    ['indentation by tabs', `${JSON.stringify(wire, null, '\t')}\n`],
    ['another order', write({ entry, format, proof })],
    ['one more member', write({ ...wire, more: 1 })],
    ['a member twice', TEXT.replace('  "entry"', `  "format": "${String(format)}",\n  "entry"`)],
    ['an escape that need not be', TEXT.replace('"proof"', '"pr\\u006fof"')],
    ['an escaped dash', TEXT.replace('\u2014', '\\u2014')],
    ['an escaped slash', TEXT.replace('receipt/v1', 'receipt\\/v1')],
    ['another format', write({ format: 'countersign-receipt/v2', entry, proof })],
    ['no format', write({ entry, proof })],
    ['no entry', write({ format, proof })],
    ['no proof', write({ format, entry })],
    ['an entry that is no text', write({ format, entry: 1, proof })],
    ['a proof that is no text', write({ format, entry, proof: [proof] })],
    ['an entry in base64url', write({ format, entry: '-_-_', proof })],
    ['an entry without padding', write({ format, entry: 'AA', proof })],
    ['an entry with loose bits', write({ format, entry: 'AB==', proof })],
    [
      'an entry of 65536 bytes',
      write({ format, entry: Buffer.alloc(65_536).toString('base64'), proof }),
    ],
    ['a proof that cannot be read', write({ format, entry, proof: 'proof' })],
    ['a proof with extra data', write({ format, entry, proof: log.proof(3, Uint8Array.of(1)) })],
    ['more than 1 MiB', TEXT.padEnd(1_048_577)],
  ])('refuses %s', (_, text) => {
    const file = Buffer.from(text, 'utf8');
    expect(() => parseReceipt(file)).toThrow(MALFORMED);
    expect(() => verifyReceipt({ ...trust, receipt: file })).toThrow(MALFORMED);
  });

  it('says which format it does not know', () => {
    const other = Buffer.from(TEXT.replace('receipt/v1', 'receipt/v2'), 'utf8');
    const reason = 'not a receipt of a known format';
    expect(() => parseReceipt(other)).toThrow(refusal('ERR_PROOF_MALFORMED', reason));
  });

  it('takes an entry of 65535 bytes and none longer', () => {
    const longest = { entry: new Uint8Array(65_535), proof: receipt.proof };
    expect(parseReceipt(Buffer.from(formatReceipt(longest)))).toEqual(longest);
    expect(() => formatReceipt({ ...longest, entry: new Uint8Array(65_536) })).toThrow(MALFORMED);
  });

  it.each<[string, Receipt]>([
    ['an unreadable proof', { ...receipt, proof: 'proof' }],
    ['extra data', { ...receipt, proof: log.proof(3, Uint8Array.of(1)) }],
  ])('refuses to write or verify %s', (_, value) => {
    expect(() => formatReceipt(value)).toThrow(MALFORMED);
    expect(() => verifyReceipt({ ...trust, receipt: value })).toThrow(MALFORMED);
  });
});

describe('verifying', () => {
  it('tells what the log says', () => {
    const expected = {
      index: 3,
      size: 7,
      origin: log.origin,
      entryBytes: new Uint8Array(Buffer.from('{"entry":3}')),
      witnesses: [],
    };
    expect(verifyReceipt({ ...trust, receipt: FILE })).toEqual(expected);
    expect(verifyReceipt({ ...trust, receipt })).toEqual(expected);
  });

  it('refuses the entry of another receipt', () => {
    const { entry } = parseReceipt(log.receipt(4));
    const swapped = { entry, proof: receipt.proof };
    expect(() => verifyReceipt({ ...trust, receipt: swapped })).toThrow(INVALID);
  });

  it('refuses a log whose origin is not the name of the key that signed', () => {
    const signer = createNoteSigner('key.example', privateKeyOf(1));
    const text = parseNote(log.checkpoint).text;
    const checkpoint = serializeNote({ text, signatures: [signer.sign(text)] });
    const proof = formatTlogProof({ ...parseTlogProof(receipt.proof), checkpoint });
    const claim = { receipt: { ...receipt, proof }, logKeys: [signer.key, log.signer.key] };
    expect(() => verifyReceipt(claim)).toThrow(
      refusal('ERR_PROOF_INVALID', 'a checkpoint of another log'),
    );
    expect(verifyReceipt({ ...claim, origin: log.origin }).index).toBe(3);
  });

  it('refuses signatures of strangers unless told otherwise', () => {
    const witness = createTestWitness('witness.example', 5);
    const witnessed = createTestLog({ witnesses: [witness] });
    const claim = { ...trust, receipt: witnessed.receipt(3) };
    expect(() => verifyReceipt(claim)).toThrow(
      refusal('ERR_PROOF_INVALID', 'a signature of an unknown key'),
    );
    expect(verifyReceipt({ ...claim, allowUnknownSignatures: true }).witnesses).toEqual([]);
    const known = { ...claim, witnesses: [witness.key], minWitnesses: 1 };
    expect(verifyReceipt(known).witnesses).toEqual(['witness.example']);
  });
});
