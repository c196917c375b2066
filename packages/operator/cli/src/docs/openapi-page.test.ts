import { openApiDocument } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openApiPage } from './openapi-page.ts';

describe('docs/openapi.yaml', () => {
  it('says in YAML what the server says in JSON', () => {
    expect(parse(openApiPage())).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  it('has no anchors, which some tools cannot read', () => {
    expect(openApiPage()).not.toMatch(/^\s*[\w"'-]+: [&*]/m);
  });
});
