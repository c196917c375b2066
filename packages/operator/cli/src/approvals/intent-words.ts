/**
 * An intent in words, for the person who is asked to agree.
 *
 * Everything comes from the document that is signed, amounts in base units beside the units of tokens
 * that are known.
 *
 * @module
 */

import { decodeShortString } from '@countersign/crypto';
import { readTokenCall } from '@countersign/policy';
import {
  type ExceededLimit,
  type LoggedCall,
  type PolicyDocument,
  type SignIntent,
  toHex,
} from '@countersign/protocol';
import { entrypointName, untilWords, visible } from '../entry-words.ts';
import type { ShownIntent } from './shown-intent.ts';

/** Tokens whose amounts can be shown in units. */
export type KnownTokens = NonNullable<PolicyDocument['tokens']>;

/** Felts of a call nobody here can read that are shown; the digest covers all of them. */
const MOST_FELTS = 32;

/** What would happen, as rows. */
export function intentRows(
  shown: ShownIntent,
  tokens: KnownTokens,
): Readonly<Record<string, string>> {
  const { intent, digest, status } = shown;
  const common = {
    ...needRows(shown),
    expires: new Date(intent.expiresAtMs).toISOString(),
    status,
    intent: intent.id,
    digest,
  };
  if (intent.type === 'unfreeze') {
    const since = new Date(intent.sinceMs).toISOString();
    const what = `end the freeze of ${visible(intent.scope)}, frozen since ${since}`;
    return { asks: `operator ${visible(intent.operatorId)}`, wants: what, ...common };
  }
  return {
    asks: `client ${visible(intent.clientId)}`,
    wants: `a signature by key ${visible(intent.keyId)} (${intent.messageKind})`,
    account: `${toHex(intent.accountAddress)} on ${chainName(intent.chainId)}`,
    nonce: toHex(intent.accountNonce),
    'valid until': untilWords(intent.validUntilSec),
    ...outsideRows(intent),
    ...callRows(intent.calls, tokens),
    ...exceededRows(intent.exceeded),
    fee: 'not part of the signature; the account decides',
    ...common,
  };
}

/** One line for a list. */
export function intentLine({ intent }: ShownIntent, tokens: KnownTokens): string {
  const what =
    intent.type === 'unfreeze'
      ? `unfreeze ${visible(intent.scope)}`
      : intent.calls.map((call) => callWords(call, tokens)).join('; ');
  const who = intent.type === 'unfreeze' ? intent.operatorId : intent.clientId;
  return `${intent.id}  ${new Date(intent.expiresAtMs).toISOString()}  ${visible(who)}  ${what}`;
}

function needRows({ intent, answers }: ShownIntent): Readonly<Record<string, string>> {
  const said = answers.map(({ approver, answer }) => `${visible(approver)} ${visible(answer)}`);
  const rows = intent.required.map(({ rules, required, approvers }, i) => {
    const reason = rules.map(visible).join(', ');
    const words = `${required} of ${approvers.map(visible).join(', ')} (${reason})`;
    return [i === 0 ? 'needs' : `and (${i + 1})`, words] as const;
  });
  return {
    ...Object.fromEntries(rows),
    answered: said.length === 0 ? 'nobody yet' : said.join(', '),
  };
}

function outsideRows({
  messageKind,
  caller,
  executeAfterSec,
}: SignIntent): Readonly<Record<string, string>> {
  if (messageKind !== 'outside-v2') return {};
  return {
    'sent by': caller === undefined ? 'anybody' : toHex(caller),
    ...(executeAfterSec === undefined ? {} : { 'not before': untilWords(executeAfterSec) }),
  };
}

function callRows(calls: readonly LoggedCall[], tokens: KnownTokens): Record<string, string> {
  return Object.fromEntries(calls.map((call, i) => [`call ${i + 1}`, callWords(call, tokens)]));
}

function callWords({ to, selector, calldata }: LoggedCall, tokens: KnownTokens): string {
  const name = entrypointName(selector) ?? toHex(selector);
  const token = tokens.find(({ address }) => BigInt(address) === to);
  const reading = readTokenCall(selector, calldata);
  if (reading.kind === 'decoded') {
    const { amount, recipient, action } = reading.call;
    const what = amountWords(amount, token, toHex(to));
    const from = action === 'transfer_from' ? ` from ${toHex(calldata[0] ?? 0n)}` : '';
    return `${name} of ${what}${from} to ${toHex(recipient)}`;
  }
  const felts = calldata.slice(0, MOST_FELTS).map(toHex).join(' ');
  const rest = calldata.length > MOST_FELTS ? ` and ${calldata.length - MOST_FELTS} more` : '';
  return `${name} on ${toHex(to)}, nobody here can read it: [${felts}${rest}]`;
}

/** `1.5 STRK (1500000000000000000 base units of 0x…)`. */
function amountWords(
  amount: bigint,
  token: KnownTokens[number] | undefined,
  address: string,
): string {
  const base = `${amount} base units of ${address}`;
  if (token === undefined) return base;
  return `${inUnits(amount, token.decimals)} ${visible(token.symbol)} (${base})`;
}

/** A whole number of base units with the decimal point where it belongs; nothing is rounded. */
export function inUnits(amount: bigint, decimals: number): string {
  const digits = String(amount).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function exceededRows(exceeded: readonly ExceededLimit[]): Record<string, string> {
  return Object.fromEntries(
    exceeded.map(({ limit, amount, max }, i) => [
      `beyond ${i + 1}`,
      `limit ${visible(limit)}: ${amount} does not fit, at most ${max} may count`,
    ]),
  );
}

function chainName(chainId: bigint): string {
  try {
    return visible(decodeShortString(chainId));
  } catch {
    return toHex(chainId);
  }
}
