/**
 * The peer: starknet.js hashing and signing the same requests behind bare node:http.
 *
 * It neither authenticates nor judges, logs or verifies; it is what one writes first. It prints its
 * port and serves until it is killed.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ec, hash, shortString } from 'starknet';
import { PRIVATE_KEY } from './requests.ts';

interface Wire {
  readonly accountAddress: string;
  readonly chainId: string;
  readonly nonce: string;
  readonly validUntil: number;
  readonly calls: readonly {
    contractAddress: string;
    entrypoint: string;
    calldata: readonly string[];
  }[];
}

const DOMAIN_TYPE = '0x1ff2f602e42168014d405a94f75e8a93d640751d71d16311266e140d8b0a210';
const MESSAGE_PREFIX = shortString.encodeShortString('StarkNet Message');
const DOMAIN_NAME = shortString.encodeShortString('Session.transaction');
const publicKey = ec.starkCurve.getStarkKey(PRIVATE_KEY);
const domains = new Map<string, string>();

function poseidon(values: readonly (string | number)[]): string {
  return hash.computePoseidonHashOnElements([...values]);
}

function domainOf(chainId: string): string {
  const known = domains.get(chainId) ?? poseidon([DOMAIN_TYPE, DOMAIN_NAME, 2, chainId, 1]);
  domains.set(chainId, known);
  return known;
}

function sign(wire: Wire): object {
  const flat = wire.calls.flatMap(({ contractAddress, entrypoint, calldata }) => [
    contractAddress,
    hash.getSelectorFromName(entrypoint),
    calldata.length,
    ...calldata,
  ]);
  const payload = poseidon([
    wire.accountAddress,
    wire.chainId,
    wire.nonce,
    wire.validUntil,
    ...flat,
  ]);
  const domainHash = domainOf(wire.chainId);
  const messageHash = poseidon([MESSAGE_PREFIX, domainHash, wire.accountAddress, payload]);
  const { r, s } = ec.starkCurve.sign(messageHash, PRIVATE_KEY);
  const signature = [
    publicKey,
    `0x${r.toString(16)}`,
    `0x${s.toString(16)}`,
    `0x${wire.validUntil.toString(16)}`,
  ];
  return { domainHash, messageHash, sessionPublicKey: publicKey, signature };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = sign(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Wire);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
