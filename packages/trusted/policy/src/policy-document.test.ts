import { canonicalJson, type PolicySettings } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyDocument, policyFromSettings } from './policy-document.ts';

const SETTINGS: PolicySettings = {
  chains: ['0x534e5f5345504f4c4941'],
  maxValiditySec: 3_600,
  defaultKeyId: 'trading',
  clients: [
    { clientId: 'bot', keyIds: ['trading', 'cold'], accounts: ['0x1', '0x2'] },
    { clientId: 'auditor', keyIds: [], accounts: 'all' },
  ],
  keys: [
    {
      keyId: 'trading',
      messageKinds: ['invoke-v2', 'outside-v2'],
      targets: ['0xa', '0xb'],
      recipients: ['0xc', '0xd'],
      caps: [
        { token: '0xa', maxPerCall: '1', maxPerRequest: '2' },
        { token: '0xb', maxPerCall: '3', maxPerRequest: '4' },
      ],
    },
    { keyId: 'cold', messageKinds: ['invoke-v1'], targets: [], recipients: 'all', caps: [] },
  ],
};

const text = (settings: PolicySettings): string =>
  canonicalJson(policyDocument(policyFromSettings(settings)));

const [TRADING, COLD] = SETTINGS.keys;
const withTrading = (change: Partial<PolicySettings['keys'][number]>): PolicySettings => ({
  ...SETTINGS,
  keys: [{ ...(TRADING as PolicySettings['keys'][number]), ...change }, ...(COLD ? [COLD] : [])],
});
const withBot = (change: Partial<PolicySettings['clients'][number]>): PolicySettings => ({
  ...SETTINGS,
  clients: SETTINGS.clients.map((client, i) => (i === 0 ? { ...client, ...change } : client)),
});

describe('policyFromSettings', () => {
  it('parses numbers and keeps all apart from nothing', () => {
    const policy = policyFromSettings(SETTINGS);
    expect(policy.chains).toEqual(new Set([0x534e5f5345504f4c4941n]));
    expect(policy.clients.get('auditor')).toEqual({ keyIds: new Set(), accounts: 'all' });
    expect(policy.keys.get('cold')).toMatchObject({ targets: new Set(), recipients: 'all' });
    expect(policy.keys.get('trading')?.caps.get(0xbn)).toEqual({
      maxPerCall: 3n,
      maxPerRequest: 4n,
    });
  });

  it('refuses a number past the field', () => {
    const tooLarge = `0x${'f'.repeat(64)}`;
    for (const settings of [
      { ...SETTINGS, chains: [tooLarge] },
      withTrading({ targets: [tooLarge] }),
      withTrading({ recipients: [tooLarge] }),
      withTrading({ caps: [{ token: tooLarge, maxPerCall: '1', maxPerRequest: '1' }] }),
      withBot({ accounts: [tooLarge] }),
    ]) {
      expect(() => policyFromSettings(settings)).toThrow(
        expect.objectContaining({ code: 'ERR_FELT_OUT_OF_RANGE' }),
      );
    }
  });
});

describe('policyDocument', () => {
  it('says everything the policy says', () => {
    expect(JSON.parse(text(SETTINGS))).toEqual({
      format: 'countersign-keyring-policy/v1',
      chains: ['0x534e5f5345504f4c4941'],
      maxValiditySec: '3600',
      defaultKeyId: 'trading',
      clients: {
        auditor: { keyIds: [], accounts: 'all' },
        bot: { keyIds: ['cold', 'trading'], accounts: ['0x1', '0x2'] },
      },
      keys: {
        cold: { messageKinds: ['invoke-v1'], targets: [], recipients: 'all', caps: {} },
        trading: {
          messageKinds: ['invoke-v2', 'outside-v2'],
          targets: ['0xa', '0xb'],
          recipients: ['0xc', '0xd'],
          caps: {
            '0xa': { maxPerCall: '1', maxPerRequest: '2' },
            '0xb': { maxPerCall: '3', maxPerRequest: '4' },
          },
        },
      },
    });
  });

  it('does not depend on order, spelling or repetition', () => {
    const mixed = <T>(list: readonly T[]) =>
      fc.shuffledSubarray([...list], { minLength: list.length });
    const trading = fc
      .tuple(mixed(['0xa', '0x0b', '0xA']), mixed(['0x0c', '0xD']), mixed(TRADING?.caps ?? []))
      .map(([targets, recipients, caps]) => withTrading({ targets, recipients, caps }).keys);
    const settings = fc.tuple(trading, fc.boolean()).chain(([keys, decimal]) =>
      fc.record({
        chains: fc.constant<string[]>([
          decimal ? String(0x534e5f5345504f4c4941n) : '0x00534e5f5345504f4c4941',
        ]),
        maxValiditySec: fc.constant(3_600),
        defaultKeyId: fc.constant('trading'),
        clients: mixed(withBot({ accounts: ['0x2', '0x01'], keyIds: ['cold', 'trading'] }).clients),
        keys: mixed(keys),
      }),
    );
    fc.assert(
      fc.property(settings, (written) => {
        expect(text(written)).toBe(text(SETTINGS));
      }),
    );
  });

  const changes: readonly (readonly [string, PolicySettings])[] = [
    ['a chain more', { ...SETTINGS, chains: ['0x534e5f5345504f4c4941', '0x1'] }],
    ['all chains', { ...SETTINGS, chains: 'all' }],
    ['another horizon', { ...SETTINGS, maxValiditySec: 3_601 }],
    ['another default key', { ...SETTINGS, defaultKeyId: 'cold' }],
    ['a client less', { ...SETTINGS, clients: SETTINGS.clients.slice(1) }],
    ['a key less for a client', withBot({ keyIds: ['trading'] })],
    ['all accounts for a client', withBot({ accounts: 'all' })],
    ['another default kind', withTrading({ messageKinds: ['outside-v2', 'invoke-v2'] })],
    ['a target less', withTrading({ targets: ['0xa'] })],
    ['all recipients', withTrading({ recipients: 'all' })],
    ['no recipients', withTrading({ recipients: [] })],
    ['no caps', withTrading({ caps: [] })],
    [
      'a cap raised by one',
      withTrading({
        caps: [
          { token: '0xa', maxPerCall: '1', maxPerRequest: '3' },
          { token: '0xb', maxPerCall: '3', maxPerRequest: '4' },
        ],
      }),
    ],
  ];
  it.each(changes)('differs by %s', (_name, settings) => {
    expect(text(settings)).not.toBe(text(SETTINGS));
  });
});
