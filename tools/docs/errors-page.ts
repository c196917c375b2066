/**
 * `docs/errors.md`: everything there is to say about a code of the error table, from the places that
 * decide it: the table itself, the translation for the wire, the exit statuses of the command.
 *
 * @module
 */

import {
  BoundaryError,
  ERROR_CODES,
  ERROR_TABLE,
  type ErrorCode,
  type ErrorDetails,
  type ErrorKind,
  WIRE_PROFILES,
  type WireProfile,
} from '@countersign/protocol';
import { toWireError, WIRE_CODES } from '../../packages/edge/server/src/http/wire-errors.ts';
import { exitStatusOf } from '../../packages/operator/cli/src/exit-status.ts';
import { markdownTable } from './markdown-table.ts';

const HEAD = `<!-- Made by tools/generate-docs.ts from the error table; do not edit. -->

# Errors

Every refusal and every fault has a code. Codes are API: a released one never changes its meaning. Match
on the code, never on a text. _Denied_ is a decision, _failed_ is a fault, and neither signs anything.`;

const KINDS_HEAD = `## Kinds

The status is the one of the native table; the exit status is the one of every \`countersign\` command.`;

const KINDS: readonly (readonly [ErrorKind, string])[] = [
  ['malformed', 'it cannot be read, or does not match its schema'],
  ['unauthenticated', 'it is not known, or not proven, who asks'],
  ['denied', 'the policy says no'],
  ['conflict', 'it was asked before, or somebody else is at it'],
  ['throttled', 'too much at once'],
  ['failed', 'something that should work did not'],
  ['unavailable', 'a part is not there'],
];

const CODES_HEAD = `## Codes

_Again_ says whether the same wish, sent later with a new request nonce, can succeed. The last column is
the status of the HTTP answer: of all profiles, or of \`superset\` / \`strict\` / \`legacy\` where they differ.
A dash marks codes of commands, which no HTTP answer is about.`;

const EACH_HEAD = `## One by one

What happened, what to do about it, and how an HTTP answer says it: the text of \`error\`, and
\`errorCode\`. The code itself stands in the header \`x-countersign-code\`, and outside the profiles
\`strict\` and \`legacy\` in the body too, with the next step. The profile \`legacy\` has no \`errorCode\`.`;

/** What a text may quote, as a name for it. */
const QUOTED = {
  clientId: '<client id>',
  keyId: '<key id>',
  account: '<account>',
  chain: '<chain id>',
  entrypoints: ['<entrypoint>'],
};

/** Details that change what is answered; a code without a row has one answer. */
const VARIANTS: Readonly<Partial<Record<ErrorCode, readonly (readonly [string, ErrorDetails])[]>>> =
  {
    ERR_FELT_OUT_OF_RANGE: [
      ['an address', { field: 'accountAddress', value: '<value>' }],
      ['any other field', { field: 'nonce', value: '<value>' }],
    ],
    ERR_AUTH_HEADER_MISSING: headerVariants(),
    ERR_AUTH_HEADER_TOO_LARGE: headerVariants(),
    ERR_POLICY_SELECTOR_DENIED: [['', { call: 0 }]],
    ERR_POLICY_CUSTODIAN_DENIED: [['', { text: '<text of the custodian>' }]],
  };

function headerVariants(): readonly (readonly [string, ErrorDetails])[] {
  const names = ['Client-Id', 'Timestamp', 'Nonce', 'Signature'].map((name) => `X-Keyring-${name}`);
  return names.map((field) => [field, { field }]);
}

/** The whole page; the same text on every call. */
export function errorsPage(): string {
  return `${[HEAD, KINDS_HEAD, kindsTable(), CODES_HEAD, codesTable(), EACH_HEAD, ...ERROR_CODES.map(section)].join('\n\n')}\n`;
}

function kindsTable(): string {
  const rows = KINDS.map(([kind, meaning]) => [kind, meaning, String(exitStatusOf(kind))]);
  return markdownTable([['kind', 'meaning', 'exit status'], ...rows]);
}

function codesTable(): string {
  const rows = ERROR_CODES.map((code) => {
    const { kind, status, retryable } = ERROR_TABLE[code];
    const exit = String(exitStatusOf(kind));
    return [`\`${code}\``, kind, retryable ? 'yes' : 'no', exit, String(status), wireStatus(code)];
  });
  return markdownTable([['code', 'kind', 'again', 'exit', 'table', 'HTTP'], ...rows]);
}

function wireStatus(code: ErrorCode): string {
  if (!WIRE_CODES.includes(code)) return '–';
  const statuses = WIRE_PROFILES.map((profile) => statusesOf(code, profile).join(' or '));
  const [first = ''] = statuses;
  return statuses.every((status) => status === first) ? first : statuses.join(' / ');
}

function statusesOf(code: ErrorCode, profile: WireProfile): readonly number[] {
  const all = variantsOf(code).map(([, details]) => answer(code, details, profile).status);
  return [...new Set(all)];
}

function section(code: ErrorCode): string {
  const { sentence, next } = ERROR_TABLE[code];
  const lines = [`### ${code}`, '', `${capital(sentence)}. _Next:_ ${next}.`];
  if (!WIRE_CODES.includes(code)) return lines.join('\n');
  return [...lines, '', ...wireLines(code)].join('\n');
}

/** One line per answer; profiles that answer alike share it. */
function wireLines(code: ErrorCode): readonly string[] {
  return variantsOf(code).flatMap(([variant, details]) => {
    const groups = new Map<string, WireProfile[]>();
    for (const profile of WIRE_PROFILES) {
      const words = answerWords(code, details, profile);
      groups.set(words, [...(groups.get(words) ?? []), profile]);
    }
    return [...groups].map(([words, profiles]) => {
      const all = profiles.length === WIRE_PROFILES.length;
      const labels = [...(variant === '' ? [] : [variant]), ...(all ? [] : [profiles.join(', ')])];
      return `- ${labels.length === 0 ? '' : `${labels.join('; ')}: `}${words}`;
    });
  });
}

function answerWords(code: ErrorCode, details: ErrorDetails, profile: WireProfile): string {
  const { status, body } = answer(code, details, profile);
  const errorCode =
    profile === 'legacy' ? answer(code, details, 'superset').body.errorCode : body.errorCode;
  return `${status} \`${body.error}\`, \`${errorCode}\``;
}

function answer(code: ErrorCode, details: ErrorDetails, profile: WireProfile) {
  return toWireError(new BoundaryError(code, { details }), profile, '', QUOTED);
}

function variantsOf(code: ErrorCode): readonly (readonly [string, ErrorDetails])[] {
  return VARIANTS[code] ?? [['', {}]];
}

/** Begins a sentence, unless it begins with the name of a field. */
function capital(sentence: string): string {
  const isName = /^[a-z]+[A-Z]/.test(sentence);
  return isName ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
