/**
 * One question to `/health`.
 *
 * @module
 */

import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';

/** What an HTTPS server needs to see and to be trusted; PEM. */
export interface HealthTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Answers whether the server at `url` says that it is well; never rejects. */
export function isHealthy(url: string, tls: HealthTls | undefined): Promise<boolean> {
  const address = `${url}/health`;
  return new Promise((resolve) => {
    const request =
      tls === undefined
        ? httpGet(address, { agent: false })
        : httpsGet(address, { agent: false, ...tls });
    request.setTimeout(2_000, () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
  });
}
