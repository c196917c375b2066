import * as nodeFs from 'node:fs';
import { isBoundaryError, Secret } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHEAP,
  DEPS,
  keystorePath,
  PASSPHRASE,
  refusalOf,
  savedKeystore,
} from '../test/keystore-fixture.ts';
import { createKeystore, openKeystore, saveKeystore } from './keystore.ts';
import { addKey, importKey, removeKey, restoreKey, rotateKey } from './keystore-keys.ts';
import type { Keystore } from './keystore-state.ts';
import { openBytes, sealBytes } from './sealed-box.ts';
import { createSealingKey } from './sealing-key.ts';

const KINDS = ['invoke-v1'];

type Step =
  | { readonly op: 'add' | 'remove' | 'rotate' | 'restore' | 'reopen'; readonly keyId: string }
  | { readonly op: 'import'; readonly keyId: string; readonly privateKey: bigint };

const names = fc.constantFrom('a', 'b', 'a@1', 'a@2', 'b@1', '__proto__');
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    op: fc.constantFrom('add', 'remove', 'rotate', 'restore', 'reopen'),
    keyId: names,
  }),
  fc.record({
    op: fc.constant('import' as const),
    keyId: names,
    privateKey: fc.bigInt({ min: 1n, max: 4n }),
  }),
);

function take(keystore: Keystore, step: Step): Keystore {
  const { keyId } = step;
  switch (step.op) {
    case 'add':
      return addKey(keystore, { keyId, messageKinds: KINDS });
    case 'import':
      return importKey(keystore, {
        keyId,
        messageKinds: KINDS,
        privateKey: new Secret(step.privateKey),
      });
    case 'remove':
      return removeKey(keystore, keyId);
    case 'rotate':
      return rotateKey(keystore, keyId);
    case 'restore':
      return restoreKey(keystore, keyId);
    case 'reopen':
      saveKeystore(keystore);
      return openKeystore({ path: keystore.path, passphrase: PASSPHRASE, ...DEPS });
  }
}

/** What a step may do to the number of keys. */
const GROWTH = { add: 1, import: 1, remove: -1, rotate: 1, restore: 0, reopen: 0 } as const;

const secretsOf = (keystore: Keystore): readonly bigint[] =>
  keystore.entries().map(({ keyId }) => keystore.privateKey(keyId, { retired: true }).reveal());

describe('any sequence of operations', () => {
  it('loses no key but by removal, and survives the file', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 12 }), (sequence) => {
        const path = keystorePath();
        let keystore = createKeystore({ path, passphrase: PASSPHRASE, ...DEPS });
        for (const step of sequence) {
          const before = secretsOf(keystore);
          let after: Keystore;
          try {
            after = take(keystore, step);
          } catch (error) {
            // Refused for a reason that the caller can act on, and nothing has changed.
            expect(isBoundaryError(error) && error.code).toMatch(
              /^ERR_(CONFIG_INVALID|POLICY_KEY_UNKNOWN)$/,
            );
            expect(secretsOf(keystore)).toEqual(before);
            continue;
          }
          const secrets = secretsOf(after);
          expect(secrets).toHaveLength(before.length + GROWTH[step.op]);
          if (step.op !== 'remove') expect(secrets).toEqual(expect.arrayContaining([...before]));
          keystore = after;
        }
        saveKeystore(keystore);
        const opened = openKeystore({ path, passphrase: PASSPHRASE });
        expect(opened.entries()).toEqual(keystore.entries());
        expect(secretsOf(opened)).toEqual(secretsOf(keystore));
      }),
      { numRuns: 60 },
    );
  });
});

describe('any single altered byte', () => {
  it('is refused', () => {
    const { path } = savedKeystore();
    const genuine = nodeFs.readFileSync(path);
    fc.assert(
      fc.property(
        fc.nat(genuine.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (at, difference) => {
          const bytes = Buffer.from(genuine);
          bytes[at] = (bytes[at] ?? 0) ^ difference;
          nodeFs.writeFileSync(path, bytes);
          const { code } = refusalOf(() => openKeystore({ path, passphrase: PASSPHRASE }));
          expect(['ERR_KEYSTORE_MALFORMED', 'ERR_KEYSTORE_LOCKED']).toContain(code);
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('boxes', () => {
  const sealWith = createSealingKey(PASSPHRASE, { cost: CHEAP });
  const publicParts = fc.jsonValue({ maxDepth: 3 });

  it('give back any payload and any public part', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        publicParts,
        fc.boolean(),
        (plain, part, protect) => {
          // What JSON can hold: no minus zero.
          const publicPart = JSON.parse(JSON.stringify(part));
          const bytes = sealBytes(plain, {
            purpose: 'test',
            sealWith: protect ? sealWith : 'none',
            publicPart,
          });
          const box = openBytes(bytes, {
            purpose: 'test',
            ...(protect ? { passphrase: PASSPHRASE } : {}),
          });
          expect([...box.plain.reveal()]).toEqual([...plain]);
          expect(box.publicPart).toEqual(publicPart);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuse any bytes that no one sealed', () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.json().map((json) => Buffer.from(json)),
    );
    fc.assert(
      fc.property(text, (bytes) => {
        const { code } = refusalOf(() => openBytes(bytes, { purpose: 'test' }));
        expect(code).toBe('ERR_KEYSTORE_MALFORMED');
      }),
      { numRuns: 500 },
    );
  });
});
