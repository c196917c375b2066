/**
 * Entry: no signer at all, but something at the other end of the edge's pipe that misbehaves as told.
 *
 * @module
 */

import { Socket } from 'node:net';
import {
  encodeFrame,
  FrameReader,
  type ProcessEvent,
  type SignerAnswer,
  signerQuestionSchema,
} from '@countersign/protocol';
import { type Misbehaviour, readMisbehaviour } from './misbehaviour.ts';

const dataDir = process.cwd();
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const ready: ProcessEvent = { event: 'ready', inForce: {} };

const TREATMENTS: Readonly<Record<Misbehaviour, (id: number) => void>> = {
  refusing: (id) => send(refusal(id)),
  'half-frame': (id) => {
    const frame = encodeFrame(signature(id));
    pipe.write(frame.subarray(0, frame.length >> 1), () => process.exit(1));
  },
  garbage: () => void pipe.write(Buffer.alloc(64, 0xff)),
  'no-answer': (id) => send({ outcome: 'signed', id, signed: 'yes' }),
  'unknown-id': (id) => {
    send(signature(id + 1_000));
    send(refusal(id));
  },
  'second-answer': (id) => {
    send(refusal(id));
    send(signature(id));
  },
  silent: () => undefined,
};

function send(answer: object): void {
  pipe.write(encodeFrame(answer));
}

function refusal(id: number): SignerAnswer {
  return { outcome: 'refused', id, code: 'ERR_POLICY_SELF_CALL', details: {} };
}

function signature(id: number): SignerAnswer {
  return {
    outcome: 'signed',
    id,
    receipt: '0-0123456789abcdef',
    signed: {
      kind: 'invoke-v2',
      keyId: 'default',
      messageHash: '0xbad',
      publicKey: '0xbad',
      signature: ['0xbad', '0xbad', '0xbad', '0xbad'],
      custodian: 'local',
      decidedAtMs: 0,
    },
  };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const reader = new FrameReader();
pipe.on('data', (chunk: Uint8Array) => {
  for (const { head } of reader.push(chunk)) {
    const { op, id } = signerQuestionSchema.parse(head);
    if (op === 'sign') TREATMENTS[readMisbehaviour(dataDir)](id);
    else send(refusal(id));
  }
});
pipe.on('error', () => process.exit(1));
pipe.on('close', () => process.exit(1));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
process.stdout.write(encodeFrame(ready));
