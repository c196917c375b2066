/**
 * Guards of the older signer: what `secure` and `production` demand.
 *
 * @module
 */

import { type Environment, readChoice, readFlag, readText, SettingError } from './environment.ts';

/** @throws SettingError naming the variable and the value it must have. */
export function assertSecureEnough(env: Environment): void {
  assertTransport(env);
  assertProfile(env);
  if ((env.NODE_ENV ?? 'development').toLowerCase() === 'production') assertProduction(env);
}

function assertTransport(env: Environment): void {
  if (!readFlag(env, 'KEYRING_MTLS_REQUIRED')) return;
  if (readChoice(env, 'KEYRING_TRANSPORT', ['http', 'https'], 'http') !== 'https') {
    throw new SettingError('KEYRING_MTLS_REQUIRED=true requires KEYRING_TRANSPORT=https');
  }
  if (readText(env, 'KEYRING_TLS_CA_PATH') === undefined) {
    throw new SettingError('KEYRING_MTLS_REQUIRED=true requires KEYRING_TLS_CA_PATH');
  }
}

function assertProfile(env: Environment): void {
  const { provider, fallback } = providers(env);
  if (fallback === 'local' && provider !== 'dfns') {
    throw new SettingError(
      'KEYRING_SIGNER_FALLBACK_PROVIDER=local requires KEYRING_SIGNER_PROVIDER=dfns',
    );
  }
  const profile = readChoice(env, 'KEYRING_SECURITY_PROFILE', ['flex', 'secure'], 'flex');
  if (profile !== 'secure') return;
  if (provider !== 'dfns') {
    throw new SettingError('KEYRING_SECURITY_PROFILE=secure requires KEYRING_SIGNER_PROVIDER=dfns');
  }
  if (fallback !== 'none') {
    throw new SettingError(
      'KEYRING_SECURITY_PROFILE=secure requires KEYRING_SIGNER_FALLBACK_PROVIDER=none',
    );
  }
}

function assertProduction(env: Environment): void {
  if (env.KEYRING_TRANSPORT !== 'https') {
    throw new SettingError('NODE_ENV=production requires KEYRING_TRANSPORT=https');
  }
  if (!readFlag(env, 'KEYRING_MTLS_REQUIRED')) {
    throw new SettingError('NODE_ENV=production requires KEYRING_MTLS_REQUIRED=true');
  }
  const redis = env.KEYRING_REDIS_URL;
  if (usesRedis(env) && redis !== undefined && !redis.startsWith('rediss://')) {
    throw new SettingError('NODE_ENV=production requires KEYRING_REDIS_URL to use rediss://');
  }
  const { provider, fallback } = providers(env);
  const inProcess = provider === 'local' || fallback === 'local';
  if (inProcess && !readFlag(env, 'KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION')) {
    throw new SettingError(
      'NODE_ENV=production requires KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION=true when keys are held locally',
    );
  }
}

function usesRedis(env: Environment): boolean {
  const rate =
    readFlag(env, 'KEYRING_RATE_LIMIT_ENABLED') && env.KEYRING_RATE_LIMIT_BACKEND === 'redis';
  return env.KEYRING_REPLAY_STORE === 'redis' || rate;
}

function providers(env: Environment): { provider: 'local' | 'dfns'; fallback: 'none' | 'local' } {
  return {
    provider: readChoice(env, 'KEYRING_SIGNER_PROVIDER', ['local', 'dfns'], 'local'),
    fallback: readChoice(env, 'KEYRING_SIGNER_FALLBACK_PROVIDER', ['none', 'local'], 'none'),
  };
}
