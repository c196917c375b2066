import fc from 'fast-check';
import * as AbiParameters from 'ox/AbiParameters';
import { describe, expect, it } from 'vitest';
import { keccak256, refuse } from '../fixtures/solidity.ts';
import type { DecodedValue } from '../starknet/call-reading.ts';
import { decodeParameters } from './abi-decode.ts';
import { encodeParameters } from './abi-encode.ts';
import { parseAbi } from './abi-function.ts';
import type { AbiParameter } from './abi-types.ts';
import { bytesOfHex, hexOfBytes } from './bytes.ts';

/** A parameter in JSON. */
interface Item {
  readonly name: string;
  readonly type: string;
  readonly components?: readonly Item[];
}

/** A type, and values of it: as ox takes them, and as the decoder returns them. */
interface Sort {
  readonly item: Omit<Item, 'name'>;
  readonly values: fc.Arbitrary<Sample>;
}

interface Sample {
  readonly given: unknown;
  readonly decoded: DecodedValue;
}

const number = (value: bigint): Sample => ({ given: value, decoded: { kind: 'number', value } });
const hex = (bytes: Uint8Array): Sample => ({
  given: hexOfBytes(bytes),
  decoded: { kind: 'text', value: hexOfBytes(bytes) },
});
const bytesOf = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

const widths = fc.integer({ min: 1, max: 32 });
const uint = widths.map(
  (size): Sort => ({
    item: { type: `uint${8 * size}` },
    values: fc.bigInt({ min: 0n, max: 2n ** BigInt(8 * size) - 1n }).map(number),
  }),
);
const int = widths.map((size): Sort => {
  const half = 2n ** BigInt(8 * size - 1);
  return {
    item: { type: `int${8 * size}` },
    values: fc.bigInt({ min: -half, max: half - 1n }).map(number),
  };
});
const fixedBytes = widths.map(
  (size): Sort => ({ item: { type: `bytes${size}` }, values: bytesOf(size, size).map(hex) }),
);
const address: Sort = {
  item: { type: 'address' },
  values: bytesOf(20, 20).map((bytes) => ({
    given: hexOfBytes(bytes),
    decoded: { kind: 'address', value: BigInt(hexOfBytes(bytes)) },
  })),
};
const bool: Sort = {
  item: { type: 'bool' },
  values: fc.boolean().map((value) => ({ given: value, decoded: { kind: 'boolean', value } })),
};
const text: Sort = {
  item: { type: 'string' },
  values: fc
    .string({ unit: 'binary', maxLength: 40 })
    .map((value) => ({ given: value, decoded: { kind: 'text', value } })),
};
const bytes: Sort = { item: { type: 'bytes' }, values: bytesOf(0, 70).map(hex) };

function listOf(item: Sort, length: number | undefined): Sort {
  const bounds = length === undefined ? { maxLength: 3 } : { minLength: length, maxLength: length };
  return {
    item: { ...item.item, type: `${item.item.type}[${length ?? ''}]` },
    values: fc.array(item.values, bounds).map((samples) => ({
      given: samples.map(({ given }) => given),
      decoded: { kind: 'list', items: samples.map(({ decoded }) => decoded) },
    })),
  };
}

function tupleOf(members: readonly Sort[]): Sort {
  return {
    item: {
      type: 'tuple',
      components: members.map(({ item }, at) => ({ ...item, name: `m${at}` })),
    },
    values: fc.tuple(...members.map(({ values }) => values)).map((samples) => ({
      given: Object.fromEntries(samples.map(({ given }, at) => [`m${at}`, given])),
      decoded: { kind: 'struct', fields: fieldsOf('m', samples) },
    })),
  };
}

function fieldsOf(prefix: string, samples: readonly Sample[]): ReadonlyMap<string, DecodedValue> {
  return new Map(samples.map(({ decoded }, at) => [`${prefix}${at}`, decoded]));
}

const { sort } = fc.letrec<{ sort: Sort }>((tie) => ({
  sort: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(uint, int, fixedBytes, fc.constantFrom(address, bool, text, bytes)),
    fc
      .tuple(tie('sort'), fc.constantFrom(undefined, undefined, 1, 2, 3))
      .map(([item, length]) => listOf(item, length)),
    fc.array(tie('sort'), { minLength: 1, maxLength: 3 }).map(tupleOf),
  ),
}));

interface Call {
  readonly inputs: readonly Item[];
  readonly parameters: readonly AbiParameter[];
  readonly given: readonly unknown[];
  readonly decoded: ReadonlyMap<string, DecodedValue>;
}

const calls: fc.Arbitrary<Call> = fc.array(sort, { maxLength: 4 }).chain((sorts) => {
  const inputs = sorts.map(({ item }, at) => ({ ...item, name: `p${at}` }));
  const parameters = parametersOf(inputs);
  return fc.tuple(...sorts.map(({ values }) => values)).map((samples) => ({
    inputs,
    parameters,
    given: samples.map(({ given }) => given),
    decoded: fieldsOf('p', samples),
  }));
});

function parametersOf(inputs: readonly Item[]): readonly AbiParameter[] {
  const [read] = parseAbi([{ name: 'f', inputs }], keccak256, refuse).values();
  return read?.inputs ?? [];
}

/** What ox makes of the same arguments. */
function encodedByOx({ inputs, given }: Call): Uint8Array {
  const encoded: string = AbiParameters.encode(inputs as readonly unknown[], given as never);
  return bytesOfHex(encoded) ?? new Uint8Array();
}

describe('whatever the types', () => {
  it('what ox encodes is decoded, and encoded the same', () => {
    fc.assert(
      fc.property(calls, (call) => {
        const data = encodedByOx(call);
        expect(decodeParameters(call.parameters, data)).toEqual({
          kind: 'decoded',
          values: call.decoded,
        });
        expect(encodeParameters(call.parameters, call.decoded)).toEqual(data);
      }),
      { numRuns: 500 },
    );
  });

  it('another byte anywhere is another value, or none', () => {
    fc.assert(
      fc.property(calls, fc.nat(), fc.integer({ min: 1, max: 255 }), (call, where, flip) => {
        const data = encodedByOx(call);
        fc.pre(data.length > 0);
        const at = where % data.length;
        data[at] = (data[at] ?? 0) ^ flip;
        const reading = decodeParameters(call.parameters, data);
        if (reading.kind === 'undecodable') return;
        expect(reading.values).not.toEqual(call.decoded);
        expect(encodeParameters(call.parameters, reading.values)).toEqual(data);
      }),
      { numRuns: 2_000 },
    );
  });

  it('bytes in front, within or behind are refused or change a value', () => {
    fc.assert(
      fc.property(calls, fc.nat(), bytesOf(1, 64), (call, where, more) => {
        const data = encodedByOx(call);
        const at = where % (data.length + 1);
        const longer = Uint8Array.of(...data.subarray(0, at), ...more, ...data.subarray(at));
        const reading = decodeParameters(call.parameters, longer);
        if (reading.kind === 'decoded') expect(reading.values).not.toEqual(call.decoded);
      }),
      { numRuns: 1_000 },
    );
  });

  it('nothing throws, and what is decoded is canonical', () => {
    const smallWord = fc.nat({ max: 12 }).map((n) => {
      const word = new Uint8Array(32);
      word[31] = (32 * n) & 0xff;
      word[30] = (32 * n) >> 8;
      return word;
    });
    const mostlyOffsets = fc
      .array(fc.oneof(smallWord, bytesOf(32, 32)), { maxLength: 40 })
      .map((list) => Uint8Array.from(list.flatMap((word) => [...word])));
    fc.assert(
      fc.property(calls, fc.oneof(mostlyOffsets, bytesOf(0, 400)), ({ parameters }, data) => {
        const reading = decodeParameters(parameters, data);
        if (reading.kind === 'decoded') {
          expect(encodeParameters(parameters, reading.values)).toEqual(data);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
