/**
 * What a shared store says about itself, read without any key.
 *
 * @module
 */

import { withSharedReader } from '@countersign/ledger/postgres';
import { Secret } from '@countersign/protocol';
import { parseReceipt, parseVerifierKey, verifyReceipt } from '@countersign/tlog';
import type { Spent } from './pool-load.ts';

/** Everything wrong with a store; nothing is right. */
export async function faultsOf(url: string): Promise<readonly unknown[]> {
  return await withSharedReader({ url: new Secret(url) }, (reader) => {
    const { fault } = reader.checkLog();
    const { fault: spending } = reader.checkSpending();
    return [fault, spending].filter((one) => one !== undefined);
  });
}

/**
 * Signatures the log does not allow: an answer names its entry, which has to say `allow`.
 *
 * @returns Receipt ids of the wrong ones.
 */
export async function unlogged(url: string, signed: readonly Spent[]): Promise<readonly string[]> {
  return await withSharedReader({ url: new Secret(url) }, (reader) =>
    signed
      .map(({ answer }) => String(answer.headers['x-countersign-receipt']))
      .filter((id) => {
        const entry = reader.entry(Number(id.split('-', 1)[0]));
        const { outcome }: { outcome?: unknown } = JSON.parse(
          Buffer.from(entry ?? Buffer.from('{}')).toString('utf8'),
        );
        return outcome !== 'allow';
      }),
  );
}

/** Checks a receipt by the key alone. @returns The index it proves. */
export function provenIndex(receipt: Uint8Array, verifierKey: string): number {
  parseReceipt(receipt);
  return verifyReceipt({ receipt, logKeys: [parseVerifierKey(verifierKey)] }).index;
}
