/**
 * What secrets look like in text.
 *
 * @module
 */

export interface SecretRule {
  /** Name in reports and in the allow-list. */
  readonly name: string;
  /** Where in `text` a secret starts; offsets in characters. */
  readonly find: (text: string) => readonly number[];
}

/** Shapes of tokens that say themselves what they are. */
const TOKEN_SHAPES: readonly RegExp[] = [
  /\bgh[pousr]_[A-Za-z0-9]{36,}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{50,}\b/g,
  /\bglpat-[A-Za-z0-9_-]{20,}\b/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}\b/g,
  /\bxox[abposr]-[A-Za-z0-9-]{20,}\b/g,
  /\b[rs]k_live_[A-Za-z0-9]{20,}\b/g,
  /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}\b/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bdop_v1_[a-f0-9]{64}\b/g,
  /\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b/g,
  /\bprivy_(?:app_)?secret_[A-Za-z0-9]{20,}\b/g,
];

/** With the first characters behind it: the header alone is a word, not a secret. */
const PEM =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|[^A-Za-z0-9]){0,60}(?:[A-Za-z0-9+/]{16}|Proc-Type|Version|Comment)/g;
/** The first bytes of an unencrypted PKCS#8 key in base64: P-256, P-384, Ed25519, X25519, RSA. */
const DER =
  /\b(?:MI[GH][A-Za-z0-9+/]AgEAM[BD]|MC4CAQAwBQYDK2V[a-z]BCIE|MII[A-Za-z0-9+/]{2}[Qgw]IBADAN)/g;
const JWT = /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g;
/** A password in an address, unless the host is this machine or a name reserved for examples. */
const URL_CREDENTIALS =
  /\b[a-z][a-z\d+]*:\/\/[^\s/:@'"`$<>{}]*:[^\s/:@'"`$<>{}]{4,}@(?!localhost\b|127\.|\[::1\]|[\w.-]*\bexample\b|[\w.-]+\.(?:invalid|test)\b)/gi;

/** 32 bytes in hex; a field element may lack its leading zeros. */
const HEX = /(?<![\da-z])(?:0x)?[\da-f]{60,64}(?![\da-z])/gi;
const KEY_WORD =
  /secret|priv|seed|mnemonic|passphrase|password|hmac|(?:access|auth|bearer)[^a-z\d]?token|key/i;
/** Words with a key word in them that do not announce a secret. */
const HARMLESS =
  /pub(?:lic)?[\s_-]?keys?|verif\w*[\s_-]?key|key[\s_-]?(?:id|hash|name)s?|keyring/gi;
/** Public numbers tests name beside keys: the order of the Stark curve. */
const PUBLIC_NUMBERS = new Set(['800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f']);
/** How far in front of the digits a key word counts; covers a name on the line above. */
const REACH_CHARS = 80;
/** Fewer different digits, or so many zeros in front, are an example and no key. */
const FEWEST_DIFFERENT_DIGITS = 5;
const SHORTEST_KEY_DIGITS = 56;

export const SECRET_RULES: readonly SecretRule[] = [
  { name: 'private-key-pem', find: (text) => offsets(text, PEM) },
  { name: 'private-key-der', find: (text) => offsets(text, DER) },
  { name: 'hex-key', find: hexKeys },
  { name: 'token', find: (text) => TOKEN_SHAPES.flatMap((shape) => offsets(text, shape)) },
  { name: 'jwt', find: (text) => offsets(text, JWT) },
  { name: 'url-credentials', find: (text) => offsets(text, URL_CREDENTIALS) },
];

function offsets(text: string, shape: RegExp): readonly number[] {
  return [...text.matchAll(shape)].map(({ index }) => index);
}

function hexKeys(text: string): readonly number[] {
  return [...text.matchAll(HEX)]
    .filter(([digits]) => couldBeKey(digits))
    .filter(({ index }) => isAnnounced(text.slice(Math.max(0, index - REACH_CHARS), index)))
    .map(({ index }) => index);
}

function couldBeKey(hex: string): boolean {
  const digits = hex.replace(/^0x/i, '').replace(/^0+/, '').toLowerCase();
  if (PUBLIC_NUMBERS.has(digits)) return false;
  return digits.length >= SHORTEST_KEY_DIGITS && new Set(digits).size >= FEWEST_DIFFERENT_DIGITS;
}

/** Whether the line of the digits, or when it starts with them the line above, names a key. */
function isAnnounced(before: string): boolean {
  const lines = before.split('\n');
  const own = lines.at(-1) ?? '';
  const naming = /[a-z]/i.test(own) ? own : `${lines.at(-2) ?? ''} ${own}`;
  return KEY_WORD.test(naming.replace(HARMLESS, ''));
}
