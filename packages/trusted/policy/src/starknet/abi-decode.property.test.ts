import { FIELD_PRIME } from '@countersign/protocol';
import fc from 'fast-check';
import { CallData } from 'starknet';
import { describe, expect, it } from 'vitest';
import { encodeParameters } from '../fixtures/abi-encode.ts';
import { abiFunction, CAIRO_PRIMITIVES } from '../fixtures/cairo.ts';
import { type CairoSample, cairoSamples } from '../fixtures/cairo-values.ts';
import { parseAbi } from './abi.ts';
import { decodeCalldata } from './abi-decode.ts';
import { BUILTIN_FUNCTIONS } from './builtin-abis/builtin-abis.ts';
import { createCallReader } from './call-reader.ts';

const RUNS = { numRuns: 500 };

const parameterName = (index: number): string => `p${index}`;

function abiOf(samples: readonly CairoSample[]) {
  const inputs = samples.map(({ type }, index) => [parameterName(index), type] as const);
  const definitions = samples.flatMap((sample) => sample.definitions);
  return [...definitions, abiFunction('f', Object.fromEntries(inputs))];
}

/** Felts as starknet.js writes them. */
function encode(samples: readonly CairoSample[]): readonly bigint[] {
  const arguments_ = samples.map(({ argument }) => argument);
  const abi = abiOf(samples) as ConstructorParameters<typeof CallData>[0];
  const felts = new CallData(abi).compile('f', arguments_ as Parameters<CallData['compile']>[1]);
  return felts.map((felt) => BigInt(felt));
}

const parametersOf = (samples: readonly CairoSample[]) =>
  parseAbi(abiOf(samples))[0]?.parameters ?? [];

/** Mostly small, so that lengths and variants are often right. */
const felt = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 4n }) },
  fc.bigInt({ min: 0n, max: FIELD_PRIME - 1n }),
  fc.constantFrom(-1n, FIELD_PRIME, FIELD_PRIME - 1n, 1n << 128n, (1n << 128n) - 1n, 1n << 64n),
);

describe('decodeCalldata', () => {
  it('reads what starknet.js wrote', () => {
    fc.assert(
      fc.property(cairoSamples, (samples) => {
        const values = samples.map(({ value }, index) => [parameterName(index), value] as const);
        expect(decodeCalldata(parametersOf(samples), encode(samples))).toEqual({
          ok: true,
          parameters: new Map(values),
        });
      }),
      RUNS,
    );
  });

  it('reads no calldata that is a felt shorter or longer', () => {
    fc.assert(
      fc.property(cairoSamples, felt, (samples, extra) => {
        const parameters = parametersOf(samples);
        const felts = encode(samples);
        expect(decodeCalldata(parameters, felts.slice(0, -1)).ok).toBe(false);
        expect(decodeCalldata(parameters, [...felts, extra]).ok).toBe(false);
      }),
      RUNS,
    );
  });

  it('never throws, and what it reads is exactly what was there', () => {
    fc.assert(
      fc.property(cairoSamples, fc.array(felt, { maxLength: 24 }), (samples, felts) => {
        const parameters = parametersOf(samples);
        const decoded = decodeCalldata(parameters, felts);
        if (decoded.ok) expect(encodeParameters(parameters, decoded.parameters)).toEqual(felts);
        else expect(decoded.reason).toMatch(/`p\d+|left over/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads a changed felt as another value, or not at all', () => {
    fc.assert(
      fc.property(cairoSamples, fc.nat(), felt, (samples, position, replacement) => {
        const parameters = parametersOf(samples);
        const felts = [...encode(samples)];
        const index = position % felts.length;
        fc.pre(felts[index] !== replacement);
        felts[index] = replacement;
        const decoded = decodeCalldata(parameters, felts);
        const values = samples.map(({ value }, at) => [parameterName(at), value] as const);
        if (decoded.ok) expect(decoded.parameters).not.toEqual(new Map(values));
      }),
      RUNS,
    );
  });
});

describe('the reader', () => {
  const reader = createCallReader({ abis: [], primitives: CAIRO_PRIMITIVES });
  const selectors = [...new Set(BUILTIN_FUNCTIONS.map(({ abi }) => abi.name))].map(
    CAIRO_PRIMITIVES.selectorOf,
  );

  it('never throws on any built-in function', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...selectors),
        fc.array(fc.oneof(felt, fc.constantFrom(...selectors)), { maxLength: 32 }),
        (selector, calldata) => {
          const reading = reader.read({ to: 1n, selector, calldata });
          if (reading.kind !== 'decoded') return;
          for (const { amount, token } of reading.effects) {
            expect(amount === 'unlimited' || amount >= 0n).toBe(true);
            expect(token >= 0n).toBe(true);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('gives nothing away less because of an ABI of the target', () => {
    const moves = BUILTIN_FUNCTIONS.filter(({ effect }) => effect !== undefined).map(
      ({ abi }) => abi.name,
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...moves),
        fc.array(felt, { maxLength: 8 }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        (name, calldata, inputs, isView) => {
          const felts = Array.from(
            { length: inputs },
            (_, i) => [`x${i}`, 'core::felt252'] as const,
          );
          const abi = [abiFunction(name, Object.fromEntries(felts), isView ? 'view' : 'external')];
          const own = createCallReader({
            abis: [{ targets: [1n], abi }],
            primitives: CAIRO_PRIMITIVES,
          });
          const call = { to: 1n, selector: CAIRO_PRIMITIVES.selectorOf(name), calldata };
          const [before, after] = [reader.read(call), own.read(call)];
          if (after.kind !== 'decoded') return;
          expect(before.kind).toBe('decoded');
          expect(before.kind === 'decoded' && before.effects).toEqual(after.effects);
        },
      ),
      { numRuns: 150 },
    );
  });
});
