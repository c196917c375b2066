/**
 * `countersign policy explain`: why a request would be allowed or denied.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type ExplainedFixedRule,
  policyDocument,
  policyFromSettings,
  renderExplanation,
} from '@countersign/policy';
import { LIMITS, type SessionRequest } from '@countersign/protocol';
import {
  askedMessage,
  compileWrittenPolicies,
  type ExplainedRequest,
  explainAsk,
  explainedDocument,
  explainRequest,
  parseAsk,
} from '@countersign/signer';
import { readConfigFile } from '../config/config-file.ts';
import { policySettings } from '../config/policy-settings.ts';
import { paint, say } from '../terminal/paint.ts';
import { visible } from '../terminal/table.ts';
import { hashOfPolicy, readCompiledPolicy } from './compiled-file.ts';
import { timeOf, wrongOption } from './options.ts';

export interface ExplainFlags {
  /** File with the body of the request, `-` for standard input. */
  readonly request: string;
  readonly config?: string;
  readonly client?: string;
  readonly key?: string;
  readonly at?: string;
  readonly json?: boolean;
}

interface Explained {
  readonly explained: ExplainedRequest;
  readonly hash: string;
}

interface Ask {
  readonly request: SessionRequest;
  readonly client: string | undefined;
  readonly nowMs: number;
}

const STANDARD_INPUT = 0;
const DEFAULT_NAME = 'default';

/**
 * Explains one request by a policy file, or by everything a configuration says.
 *
 * @param file - The policy; `undefined` with `--config`.
 * @throws BoundaryError ERR_CONFIG_INVALID for options that do not fit together and files that cannot
 *   be read; what the policy, the configuration and the body throw.
 */
export function explainFile(file: string | undefined, flags: ExplainFlags): undefined {
  const nowMs = flags.at === undefined ? Date.now() : timeOf(flags.at, '--at');
  const request = readRequest(flags);
  const ask = { request, client: flags.client, nowMs };
  const { explained, hash } = explain(file, flags.config, ask);
  const lines = linesOf(explained);
  if (flags.json === true) {
    const document: unknown = JSON.parse(
      Buffer.from(explainedDocument(explained, hash)).toString(),
    );
    process.stdout.write(`${JSON.stringify({ ok: true, ...Object(document), lines })}\n`);
  }
  const colour = { allow: 'green', ask: 'yellow', deny: 'red' } as const;
  say(paint(colour[explained.outcome], lines[0] ?? ''));
  for (const line of lines.slice(1)) say(line);
}

function explain(file: string | undefined, config: string | undefined, ask: Ask): Explained {
  if (file !== undefined && config !== undefined) {
    throw wrongOption('--config', 'a policy file or a configuration, not both');
  }
  if (config !== undefined) return explainByConfig(config, ask);
  if (file === undefined) throw wrongOption('<file>', 'a policy file, or --config');
  return explainByFile(file, ask);
}

function explainByFile(file: string, { request, client, nowMs }: Ask): Explained {
  const { compiled } = readCompiledPolicy(file);
  const clientId = client ?? DEFAULT_NAME;
  const keyId = request.keyId ?? DEFAULT_NAME;
  const message = askedMessage(request);
  const explained = explainAsk(compiled, { clientId, keyId, message, nowMs });
  return { explained: { ...explained, keyId, fixedRules: [] }, hash: hashOfPolicy(compiled) };
}

function explainByConfig(file: string, { request, client, nowMs }: Ask): Explained {
  const config = readConfigFile(file);
  const base = path.dirname(path.resolve(file));
  const settings = policySettings(config, (name) => path.resolve(base, name));
  const [policy, written] = [policyFromSettings(settings), compileWrittenPolicies(settings)];
  const clientId = client ?? config.defaultClient ?? config.clients[0]?.id ?? DEFAULT_NAME;
  const explained = explainRequest({ policy, written }, clientId, request, nowMs);
  return { explained, hash: hashOfPolicy({ document: policyDocument(policy, written) }) };
}

/** @throws BoundaryError as `parseAsk`, and ERR_CONFIG_INVALID when the file cannot be read. */
function readRequest({ request: file, key }: ExplainFlags): SessionRequest {
  const request = parseAsk(readBytes(file));
  return key === undefined ? request : { ...request, keyId: key };
}

function readBytes(file: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file === '-' ? STANDARD_INPUT : file);
  } catch {
    throw wrongOption('--request', 'a file that can be read, or - for standard input');
  }
  if (bytes.length <= LIMITS.bodyBytes) return bytes;
  throw wrongOption('--request', `at most ${LIMITS.bodyBytes} bytes, as a server takes`);
}

/** The verdict, the fixed rules as its first branch, then the written policy. */
function linesOf({
  code,
  rule,
  fixedRules,
  explanation,
  keyId,
}: ExplainedRequest): readonly string[] {
  const fixed = fixedLines(fixedRules);
  if (explanation !== undefined) {
    const [verdict = '', ...rest] = renderExplanation(explanation);
    return [verdict, ...fixed, ...rest];
  }
  if (code !== undefined) return [`denied by ${rule ?? code} (${code})`, ...fixed];
  const key = visible(keyId ?? '');
  return ['allowed', ...fixed, `  key "${key}" has no written policy`];
}

function fixedLines(rules: readonly ExplainedFixedRule[]): readonly string[] {
  if (rules.length === 0) return [];
  return ['  fixed rules', ...rules.map(({ rule, result }) => `    ${rule}: ${result}`)];
}
