/**
 * What a secret looks like: one row per kind, in the order in which findings are reported.
 *
 * The first six rows carry the ids and the meaning of the older scanner and find at least what it
 * finds; the rows after them are ours.
 *
 * INVARIANT: the work of one row grows with the length of the text, whatever the text is. Every
 * quantifier has an upper bound, or is a run of blanks that cannot contain the start of another
 * match, and no quantified group holds a quantifier. `leak-patterns.test.ts` reads the sources of
 * the expressions and holds them to that.
 *
 * @module
 */

import { hasMnemonic } from './mnemonic.ts';

/** One kind of secret. */
export interface LeakPattern {
  /** Stable name, shown to whoever sent the text. */
  readonly id: string;
  /** Lower-case literals; a text without any of them cannot match. Empty: always look closer. */
  readonly anchors: readonly string[];
  /** Expressions of which one has to match; empty when `finds` decides. */
  readonly expressions: readonly RegExp[];
  /** Decides instead of expressions, on the text in lower case. */
  readonly finds?: (lowerText: string) => boolean;
}

const row = (
  id: string,
  anchors: readonly string[],
  ...expressions: readonly RegExp[]
): LeakPattern => ({ id, anchors, expressions });

/** Blanks, quotes, brackets and markup that may stand between a name and its value. */
const GAP = '[\\s"\'`\\\\<>()\\[\\]{}*_]{0,12}';
/** What says that the value follows. */
const IS = '(?::=|=>|->|[:=]|is\\b|was\\b|\\u2192)';
const KEY_NAME = '(?:priv(?:ate)?|secret|master|spend(?:ing)?)[\\s._-]{0,2}keys?';
const SEED_NAME = '(?:seed|entropy|mnemonic)';
const NAME_ENDING = '(?:[\\s._-]?(?:hex|felt|raw|value|bytes))?';
/** 32 bytes in hex, a few leading zeros dropped, or in decimal. */
const KEY_VALUE = '(?:0x[0-9a-f]{48}|[0-9a-f]{60}|[0-9]{70})';
const SECRET_NAME =
  '(?:(?:hmac|app|client|api|webhook|jwt|auth|access|consumer|shared)[\\s._-]?secret' +
  '|secret[\\s._-]?(?:access[\\s._-]?)?key|api[\\s._-]?key' +
  '|(?:access|auth|bearer|refresh|bot)[\\s._-]?token|passphrase|password)';
/** Sixteen characters without a blank, among them a digit and a letter. */
const SECRET_VALUE =
  '(?=[A-Za-z+/_=.~-]{0,48}[0-9])(?=[0-9+/_=.~-]{0,48}[A-Za-z])[A-Za-z0-9][A-Za-z0-9+/_=.~-]{15}';
/** Not in the middle of a longer word. */
const START = '(?<![A-Za-z0-9_-])';

export const LEAK_PATTERNS: readonly LeakPattern[] = [
  row('env.starknet_private_key', ['starknet_private_key'], /\bSTARKNET_PRIVATE_KEY\b/i),
  row('env.session_private_key', ['session_private_key'], /\bSESSION_PRIVATE_KEY\b/i),
  row('env.keyring_hmac_secret', ['keyring_hmac_secret'], /\bKEYRING_HMAC_SECRET\b/i),
  row(
    'json.private_key',
    ['"privatekey"', '"private_key"'],
    /"private_?key"\s*:\s*"0x[0-9a-f]{1,64}"/i,
  ),
  row(
    'kv.private_key',
    ['privatekey', 'private_key'],
    /\bprivate_?key\b\s*[:=]\s*["']?0x[0-9a-f]{1,64}/i,
  ),
  // PKCS#8, SEC1, PKCS#1, OpenSSH, encrypted, PGP; with four dashes and blanks, RFC 4716
  row(
    'pem.private_key',
    ['private key'],
    /-{4,5} ?BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)? ?-{4,5}/i,
  ),
  row(
    'hex.private_key',
    ['key', 'seed', 'entropy', 'mnemonic'],
    new RegExp(`${KEY_NAME}${NAME_ENDING}${GAP}${IS}?${GAP}${KEY_VALUE}`, 'i'),
    new RegExp(`${SEED_NAME}${NAME_ENDING}${GAP}${IS}${GAP}${KEY_VALUE}`, 'i'),
    // named as plainly as this, a short number is one too
    new RegExp(`priv(?:ate)?[\\s._-]{0,2}key${NAME_ENDING}${GAP}${IS}${GAP}0x[0-9a-f]`, 'i'),
  ),
  { id: 'mnemonic.bip39', anchors: [], expressions: [], finds: hasMnemonic },
  row(
    'kv.secret',
    ['secret', 'api', 'token', 'passphrase', 'password'],
    new RegExp(`${SECRET_NAME}${GAP}${IS}${GAP}${SECRET_VALUE}`, 'i'),
  ),
  // DER in base64: PKCS#8 for P-256, secp256k1, the Edwards and
  // Montgomery curves, RSA; SEC1; the authorization key of a managed wallet
  row(
    'der.private_key',
    ['ageam', 'caqaw', 'ibadanb', 'caqee', 'wallet-auth:'],
    /MI[A-Za-z0-9+/]{2}AgEAM(?:BMGByqGSM49|BAGByqGSM49)/,
    /CAQAw(?:BQYDK2V[tuvw]|E[wA]YHKoZIzj0)/,
    /MII[A-Za-z0-9+/]{3}IBADANBgkqhkiG9w0BAQEF/,
    /MH[cQ]CAQEE[A-Za-z0-9+/]{32}/,
    /wallet-auth:[A-Za-z0-9+/]{32}/,
  ),
  row('token.aws_access_key', ['akia', 'asia'], /(?<![A-Z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Z0-9])/),
  row('token.github', ['gh', 'github_pat_'], /gh[opsur]_[A-Za-z0-9]{36}/, /github_pat_\w{60}/),
  row('token.gitlab', ['glpat-'], /glpat-[A-Za-z0-9_-]{20}/),
  row('token.npm', ['npm_'], /npm_[A-Za-z0-9]{36}/),
  row('token.slack', ['xox'], /xox[abeoprs]-[0-9]{8,14}-[A-Za-z0-9-]{10}/),
  row('token.stripe', ['_live_'], /[rs]k_live_[A-Za-z0-9]{16}/),
  row('token.google_api_key', ['aiza'], /AIza[A-Za-z0-9_-]{35}/),
  row(
    'token.model_api_key',
    ['sk-'],
    new RegExp(`${START}sk-[A-Za-z0-9]{32}`),
    new RegExp(`${START}sk-(?:ant|proj|svcacct|admin|or)-[A-Za-z0-9_-]{24}`),
  ),
  row('token.telegram_bot', [':aa'], /(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}/),
  row(
    'token.jwt',
    ['eyj'],
    new RegExp(`${START}eyJ[\\w-]{8,16384}\\.[\\w-]{8,16384}\\.[\\w-]{16}`),
  ),
  row(
    'token.authorization',
    ['authorization'],
    /authorization["']{0,2}\s{0,4}[:=]\s{0,4}["']{0,2}(?:bearer|basic)\s{1,4}[\w.~+/=-]{16}/i,
  ),
  row('token.extended_private_key', ['prv'], /[tuvxyz]prv[1-9A-HJ-NP-Za-km-z]{100}/),
  row('token.age_secret_key', ['age-secret-key-1'], /AGE-SECRET-KEY-1[A-Z0-9]{58}/i),
  row('token.url_credentials', ['://'], /:\/\/[^\s/:@"'\\?#]{0,64}:[^\s/@"'\\?#]{1,128}@/),
];

/**
 * Answers whether `text` holds what `pattern` describes.
 *
 * @param lowerText - `text` in lower case; the caller has it anyway.
 */
export function matchesPattern(pattern: LeakPattern, text: string, lowerText: string): boolean {
  const { anchors, expressions, finds } = pattern;
  if (anchors.length > 0 && !anchors.some((anchor) => lowerText.includes(anchor))) return false;
  if (finds !== undefined) return finds(lowerText);
  return expressions.some((expression) => expression.test(text));
}
