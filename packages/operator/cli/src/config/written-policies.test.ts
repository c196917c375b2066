import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isBoundaryError } from '@countersign/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from './config-file.ts';
import { keyRules, readWrittenPolicies } from './written-policies.ts';

let dir = '';

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'countersign-policies-'));
  write('good.yaml', 'version: "1.0"\nname: p\nrules: []\n');
  write('good.json', '{"version":"1.0","name":"p","rules":[]}');
  write('number.yaml', 'version: 1.0\nname: p\nrules: []\n');
  write('twice.yaml', 'version: "1.0"\nname: p\nname: q\nrules: []\n');
  write(
    'set.yaml',
    `version: "1.0"
name: p
rules:
  - name: r
    method: "*"
    action: ALLOW
    conditions:
      - { field_source: client, field: id, operator: in_condition_set, value: nobody }
`,
  );
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(path.join(dir, name), text);
}

function configWith(key: string, policies: string) {
  return parseConfig(
    `version: 1
dataDir: ./data
clients: [{ id: bot, secrets: [{ env: S }] }]
keys: [{ id: k, ${key} }]
policy: { chains: all }
policies: [${policies}]
`,
    'config',
  );
}

function read(policies: string, key = 'policy: p') {
  return readWrittenPolicies(configWith(key, policies), (file) => path.join(dir, file));
}

function refusal(policies: string, key?: string): readonly unknown[] {
  try {
    read(policies, key);
    return ['accepted'];
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    const { file, field } = error.details;
    const isDocument = error.code === 'ERR_POLICY_DOCUMENT_INVALID';
    return [
      error.code,
      isDocument ? path.basename(String(file)) : (field ?? path.basename(String(file))),
    ];
  }
}

describe('written policies', () => {
  it.each(['good.yaml', 'good.json'])('are read from %s', (file) => {
    expect(read(`{ id: p, file: ${file} }`)).toMatchObject([
      { policyId: 'p', document: { name: 'p', rules: [] } },
    ]);
  });

  it.each<readonly [string, string, string | undefined, readonly unknown[]]>([
    [
      'that cannot be read',
      '{ id: p, file: absent.yaml }',
      undefined,
      ['ERR_CONFIG_INVALID', 'absent.yaml'],
    ],
    [
      'with a member twice',
      '{ id: p, file: twice.yaml }',
      undefined,
      ['ERR_CONFIG_INVALID', 'line 3'],
    ],
    [
      'with a wrong member',
      '{ id: p, file: number.yaml }',
      undefined,
      ['ERR_POLICY_DOCUMENT_INVALID', 'number.yaml'],
    ],
    [
      'that do not fit together',
      '{ id: p, file: set.yaml }',
      undefined,
      ['ERR_POLICY_DOCUMENT_INVALID', 'set.yaml'],
    ],
    [
      'with one id',
      '{ id: p, file: good.yaml }, { id: p, file: good.json }',
      undefined,
      ['ERR_CONFIG_INVALID', 'policies'],
    ],
    [
      'nobody listed',
      '{ id: q, file: good.yaml }',
      undefined,
      ['ERR_CONFIG_INVALID', 'keys.k.policy'],
    ],
    [
      'beside targets',
      '{ id: p, file: good.yaml }',
      'policy: p, targets: all',
      ['ERR_CONFIG_INVALID', 'keys.k.targets'],
    ],
    [
      'beside recipients',
      '{ id: p, file: good.yaml }',
      'policy: p, recipients: ["0x1"]',
      ['ERR_CONFIG_INVALID', 'keys.k.recipients'],
    ],
  ])('are refused %s', (_, policies, key, expected) => {
    expect(refusal(policies, key)).toEqual(expected);
  });

  it('leave the lists of their key open, and only of theirs', () => {
    const [withPolicy] = configWith('policy: p', '').keys;
    const [without] = configWith('targets: ["0x1"]', '').keys;
    if (withPolicy === undefined || without === undefined) throw new Error('no key');
    expect(keyRules(withPolicy)).toEqual({
      targets: 'all',
      recipients: 'all',
      caps: [],
      policy: 'p',
    });
    expect(keyRules(without)).toEqual({ targets: ['0x1'], recipients: [], caps: [] });
  });
});
