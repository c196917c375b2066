import { expect, it } from 'vitest';
import { EXPLAIN_PATH, routePath, SIGN_PATH } from './request-path.ts';

it.each([
  ['/v1/explain', EXPLAIN_PATH],
  ['/V1/Explain/?a=/v1/sign/session-transaction', EXPLAIN_PATH],
  ['http://host/v1/explain', EXPLAIN_PATH],
  [SIGN_PATH, SIGN_PATH],
  [`${SIGN_PATH}//`, `${SIGN_PATH}/`],
  [`/v1/explain${SIGN_PATH}`, `/v1/explain${SIGN_PATH}`],
  [`${SIGN_PATH}#${EXPLAIN_PATH}`, `${SIGN_PATH}#${EXPLAIN_PATH}`],
  ['/v1/%65xplain', '/v1/%65xplain'],
])('reads `%s` as `%s`', (target, path) => {
  expect(routePath(target)).toBe(path);
});
