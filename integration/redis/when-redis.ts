/**
 * Runs a group of tests only where there is a Redis to run them against.
 *
 * @module
 */

import { describe } from 'vitest';
import {
  canServeTls,
  findRedisServer,
  REDIS_BINARY_VARIABLE,
} from '../../packages/testing/redis-server/src/redis-server.ts';

const found = findRedisServer() !== undefined;
if (!found) {
  console.warn(`skipped: no redis-server on PATH; install it or set ${REDIS_BINARY_VARIABLE}`);
}

/** `describe`, or a skipped one when there is no Redis. */
export const describeWithRedis = describe.skipIf(!found);

/** `describe`, or a skipped one when there is no Redis or no certificate to be had. */
export const describeWithRedisTls = describe.skipIf(!found || !canServeTls());
