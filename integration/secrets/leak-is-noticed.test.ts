/**
 * The same search, on a signer that prints its secrets: it is found out.
 *
 * @module
 */

import { expect, it, onTestFinished } from 'vitest';
import { entryFile, startSupervised } from '../../packages/testing/signer-entries/src/index.ts';
import { boundarySettings, CLIENT_ID, freshDataDir } from '../crash/boundary-settings.ts';
import { beAPatientFile, eventually } from '../crash/patience.ts';
import { Evidence } from './evidence.ts';
import { hex, PLANTED, SECRETS } from './planted.ts';

beAPatientFile();

it('a signer that prints secrets is noticed, whatever the notation', async () => {
  const dataDir = freshDataDir();
  const { keyId } = boundarySettings({ dataDir }).signer.policy.keys[0] ?? { keyId: '' };
  const supervised = await startSupervised({
    settings: boundarySettings({
      dataDir,
      signer: {
        clients: [{ clientId: CLIENT_ID, secrets: [SECRETS.hmac] }],
        keys: [{ keyId, source: 'inline', privateKey: hex(SECRETS.trading) }],
        passphrase: SECRETS.passphrase,
      },
    }),
    entries: { signer: entryFile('leaking-signer') },
  });
  onTestFinished(async () => void (await supervised.stop()));
  await eventually('three leaks', () => supervised.output().split('leak:').length > 3);
  const evidence = new Evidence();
  evidence.add('output', supervised.output());
  const found = evidence.search(PLANTED);
  expect(found).toContain('output: trading (decimal)');
  expect(found).toContain('output: hmac (URL)');
  // Without the two characters they differ in, base64 and base64url are one notation.
  expect(found).toContainEqual(expect.stringMatching(/^output: passphrase \(base64, .* \+0\)$/));
});
