/**
 * What the watch for automatic freezes learns of a denial.
 *
 * @module
 */

import type { KeyringPolicy } from '@countersign/policy';
import { parseStrictJson } from '@countersign/protocol';
import type { DeniedRequest } from './freeze-watch.ts';
import type { Refused } from './judgement.ts';
import type { KeyRing } from './key-ring.ts';

interface Known {
  readonly keys: KeyRing;
  readonly policy: Pick<KeyringPolicy, 'defaultKeyId'>;
}

/** Describes a denial of an authenticated request. */
export function deniedRequest(
  { keys, policy }: Known,
  clientId: string,
  body: Uint8Array,
  { code, asked }: Refused,
): DeniedRequest {
  return {
    clientId,
    code,
    account: asked?.accountAddress,
    keyId: () => keys.get(keyIdIn(body) ?? policy.defaultKeyId)?.keyId,
  };
}

/** A denied body may be anything; one that names no key means the default one. */
function keyIdIn(body: Uint8Array): string | undefined {
  try {
    const value = parseStrictJson(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const { keyId } = value as Readonly<Record<string, unknown>>;
    return typeof keyId === 'string' ? keyId : undefined;
  } catch {
    return undefined;
  }
}
