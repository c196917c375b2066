import { describe, expect, it } from 'vitest';
import { refusalOf, savedKeystore } from '../test/keystore-fixture.ts';
import { stateOf, withKeys } from './keystore-state.ts';

describe('state', () => {
  it('never holds what the file could not', () => {
    const keystore = savedKeystore();
    const { keys } = stateOf(keystore);
    const [first] = keys;
    if (first === undefined) throw new Error('expected a key');
    const renamed = { ...first, entry: { ...first.entry, keyId: 'again' } };
    const skipped = { ...first, entry: { ...first.entry, retired: true } };
    for (const wrong of [[...keys, first], [...keys, renamed], [skipped]]) {
      expect(refusalOf(() => withKeys(keystore, wrong)).code).toBe('ERR_KEYSTORE_MALFORMED');
    }
  });
});
