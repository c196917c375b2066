/**
 * What the policy language needs from cryptography, as the signer gives it too.
 *
 * @module
 */

import { keccak256, selectorOf } from '@countersign/crypto';
import type { PolicyPrimitives } from '@countersign/policy';

export const POLICY_PRIMITIVES: PolicyPrimitives = { selectorOf, keccak256 };
