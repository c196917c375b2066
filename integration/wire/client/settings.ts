/**
 * Throw-away credentials every test server is started with.
 *
 * @module
 */

/** Private key of the contract's own vectors; public and worthless. */
export const SESSION_KEY = '0x5ec4e7';
export const OTHER_SESSION_KEY = '0x5ec4e8';

/** Secret of the only client of a server with one client. */
export const SECRET = 'wire-test-secret-0001';

/** Two clients: one tied to a key and an account, one that may do everything. */
export const TIED_CLIENT = { clientId: 'tied', secret: 'wire-test-secret-0002' };
export const FREE_CLIENT = { clientId: 'free', secret: 'wire-test-secret-0003' };
export const TIED_ACCOUNT = '0xacc1';

/** Variables of a server with one client and one key. */
export const ONE_CLIENT: Readonly<Record<string, string>> = {
  KEYRING_HMAC_SECRET: SECRET,
  SESSION_PRIVATE_KEY: SESSION_KEY,
};

/** Variables of a server with both clients and the keys `default` and `other`. */
export const TWO_CLIENTS: Readonly<Record<string, string>> = {
  KEYRING_DEFAULT_AUTH_CLIENT_ID: FREE_CLIENT.clientId,
  KEYRING_AUTH_CLIENTS_JSON: JSON.stringify([
    { clientId: FREE_CLIENT.clientId, hmacSecret: FREE_CLIENT.secret },
    {
      clientId: TIED_CLIENT.clientId,
      hmacSecret: TIED_CLIENT.secret,
      allowedKeyIds: ['other'],
      allowedAccountAddresses: [TIED_ACCOUNT],
    },
  ]),
  KEYRING_SIGNING_KEYS_JSON: JSON.stringify([
    { keyId: 'default', privateKey: SESSION_KEY },
    { keyId: 'other', privateKey: OTHER_SESSION_KEY },
  ]),
};
