/**
 * The newest MCP client as a caller sees it: what it sends, and everything it insists on in an answer.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { nowSec, SEPOLIA, transferCall } from './sign-request.ts';
import type { Answer, WireClient } from './wire-client.ts';

const HEX = /^0x[0-9a-fA-F]+$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

export interface McpClient {
  /** Asks for a signature over one transfer; rejects as the client would. */
  sign(keyId?: string): Promise<{ readonly signature: readonly string[] }>;
}

/** Remembers the public key of its first answer, as one process of the client does. */
export function createMcpClient(wire: WireClient): McpClient {
  let pinned: string | undefined;
  return {
    async sign(keyId) {
      const nonce = randomBytes(16).toString('hex');
      const timestamp = Date.now();
      const requestId = `kr-${timestamp}-${nonce}`;
      const validUntil = nowSec() + 300;
      const request = {
        accountAddress: '0x0111',
        ...(keyId === undefined ? {} : { keyId }),
        chainId: SEPOLIA,
        nonce: '0x2a',
        validUntil,
        calls: [transferCall({ calldata: ['0x123', '10000000000000000', '0'] })],
        context: {
          requester: 'starknet-mcp-server',
          tool: 'starknet_transfer',
          reason: 'transfer 0.01 ETH',
          actor: 'agent-7',
          requestId,
          traceId: requestId,
        },
      };
      const call = { nonce, timestamp: String(timestamp), chunked: true };
      const answer = await wire.sign(request, call);
      const signature = accept(answer, { requestId, validUntil, keyId, pinned });
      pinned = String(answer.json.sessionPublicKey);
      return { signature };
    },
  };
}

interface Sent {
  readonly requestId: string;
  readonly validUntil: number;
  readonly keyId: string | undefined;
  readonly pinned: string | undefined;
}

/** The client's own checks, in its order. @throws Error with the reason. */
function accept({ status, text, json }: Answer, sent: Sent): readonly string[] {
  if (status < 200 || status > 299) {
    throw new Error(`Keyring proxy error (${status}): ${String(json.error ?? text)}`);
  }
  demand(json.signatureMode === 'v2_snip12', 'signatureMode');
  demand(json.signatureKind === 'Snip12', 'signatureKind');
  demand(isHex(json.domainHash) && isHex(json.messageHash), 'hashes');
  demand(isText(json.requestId) && json.requestId === sent.requestId, 'requestId');
  const audit = json.audit as Readonly<Record<string, unknown>> | undefined;
  demand(typeof audit === 'object', 'audit');
  demand(audit?.policyDecision === 'allow', 'audit.policyDecision');
  const decidedAt = String(audit?.decidedAt);
  demand(INSTANT.test(decidedAt) && !Number.isNaN(Date.parse(decidedAt)), 'audit.decidedAt');
  demand(isText(audit?.keyId), 'audit.keyId');
  demand(sent.keyId === undefined || audit?.keyId === sent.keyId, 'audit.keyId');
  demand(audit?.traceId === sent.requestId, 'audit.traceId');
  demand(json.signerProvider === 'local' || json.signerProvider === 'dfns', 'signerProvider');
  demand(isHex(json.sessionPublicKey), 'sessionPublicKey');
  const { signature } = json;
  if (!Array.isArray(signature)) throw new Error('signature');
  const felts = signature.map(String);
  demand(felts.length === 4 && felts.every(isHex), 'signature');
  demand(BigInt(felts[0] ?? 0) === BigInt(String(json.sessionPublicKey)), 'signature[0]');
  demand(BigInt(felts[3] ?? 0) === BigInt(sent.validUntil), 'signature[3]');
  demand(sent.pinned === undefined || json.sessionPublicKey === sent.pinned, 'another key');
  return felts;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function isHex(value: unknown): boolean {
  return typeof value === 'string' && HEX.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
