import { describe, expect, it } from 'vitest';
import {
  leafHashOf,
  RecursiveTree,
  rootFromPath,
  rootsFromProof,
} from './fixtures/recursive-tree.ts';
import { toHex } from './fixtures/vectors.ts';
import { EMPTY_ROOT } from './merkle.ts';
import {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './merkle-verify.ts';

const SIZES = [1, 2, 3, 4, 5, 7, 8, 11, 13];
const leaves = Array.from({ length: 16 }, (_, at) => leafHashOf(Uint8Array.of(at)));
const tree = new RecursiveTree(leaves);

function inclusionClaim(index: number, size: number): InclusionClaim {
  const leafHash = leaves[index] ?? EMPTY_ROOT;
  return { index, size, leafHash, root: tree.root(0, size), proof: tree.path(index, 0, size) };
}

function consistencyClaim(oldSize: number, newSize: number): ConsistencyClaim {
  const [oldRoot, newRoot] = [tree.root(0, oldSize), tree.root(0, newSize)];
  return { oldSize, newSize, oldRoot, newRoot, proof: tree.proof(oldSize, 0, newSize, true) };
}

const INCLUSIONS = SIZES.flatMap((size) =>
  Array.from({ length: size }, (_, index) => inclusionClaim(index, size)),
);
const CONSISTENCIES = SIZES.flatMap((newSize) =>
  Array.from({ length: newSize }, (_, at) => consistencyClaim(at + 1, newSize)),
);

function* flips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Uint8Array.from(bytes);
    const at = Math.floor(bit / 8);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
    yield flipped;
  }
}

function* proofFlips(proof: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (const [at, hash] of proof.entries()) {
    for (const flipped of flips(hash)) yield proof.with(at, flipped);
  }
}

/** Proofs of another length or order. */
function* reshapes(proof: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (const at of proof.keys()) yield proof.toSpliced(at, 1);
  for (let at = 0; at <= proof.length; at += 1) yield proof.toSpliced(at, 0, EMPTY_ROOT);
  const [first, second] = proof;
  if (first !== undefined && second !== undefined) yield proof.with(0, second).with(1, first);
}

/** The numbers that differ from `value` in one of 53 bits. */
function* numberFlips(value: number): Generator<number> {
  for (let bit = 0; bit < 53; bit += 1) {
    const weight = 2 ** bit;
    yield Math.floor(value / weight) % 2 === 1 ? value - weight : value + weight;
  }
}

describe('verifyInclusion', () => {
  it('accepts the claims the corruptions start from', () => {
    expect(INCLUSIONS.every(verifyInclusion)).toBe(true);
  });

  it('refuses every flipped bit of leaf, root and proof', () => {
    for (const claim of INCLUSIONS) {
      for (const leafHash of flips(claim.leafHash)) {
        if (verifyInclusion({ ...claim, leafHash })) expect.unreachable('a flipped leaf passes');
      }
      for (const root of flips(claim.root)) {
        if (verifyInclusion({ ...claim, root })) expect.unreachable('a flipped root passes');
      }
      for (const proof of proofFlips(claim.proof)) {
        if (verifyInclusion({ ...claim, proof })) expect.unreachable('a flipped proof passes');
      }
    }
  });

  it('refuses every proof with a hash missing, added or moved', () => {
    for (const claim of INCLUSIONS) {
      for (const proof of reshapes(claim.proof)) {
        expect(verifyInclusion({ ...claim, proof })).toBe(false);
      }
    }
  });

  it('refuses every flipped bit of the index and every other leaf', () => {
    for (const claim of INCLUSIONS) {
      for (const index of [...numberFlips(claim.index), ...leaves.keys()]) {
        if (index !== claim.index) expect(verifyInclusion({ ...claim, index })).toBe(false);
      }
    }
  });

  it('tells another place exactly where the recursive definition does', () => {
    // No hash covers the size: a proof also fits a size under which the path has the same turns.
    // The size is believed because the checkpoint that carries it is signed.
    let refused = 0;
    for (const claim of INCLUSIONS) {
      for (const { index, size } of otherPlaces(claim.index, claim.size)) {
        const { leafHash, proof, root } = claim;
        const other = index < size ? rootFromPath(index, size, leafHash, proof) : undefined;
        const expected = other !== undefined && toHex(other) === toHex(root);
        expect(verifyInclusion({ ...claim, index, size })).toBe(expected);
        if (!expected) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(INCLUSIONS.length * 250);
  });
});

/** The same index in trees of flipped sizes, and every index of every small tree. */
function* otherPlaces(index: number, size: number): Generator<{ index: number; size: number }> {
  for (const other of numberFlips(size)) yield { index, size: other };
  for (const otherIndex of leaves.keys()) {
    for (const otherSize of leaves.keys()) yield { index: otherIndex, size: otherSize };
  }
}

/** Each size flipped alone, and all sizes of small trees. */
function* otherSizes(
  oldSize: number,
  newSize: number,
): Generator<{ oldSize: number; newSize: number }> {
  for (const other of numberFlips(oldSize)) yield { oldSize: other, newSize };
  for (const other of numberFlips(newSize)) yield { oldSize, newSize: other };
  for (const otherOld of leaves.keys()) {
    for (const otherNew of leaves.keys()) yield { oldSize: otherOld, newSize: otherNew };
  }
}

describe('verifyConsistency', () => {
  it('accepts the claims the corruptions start from', () => {
    expect(CONSISTENCIES.every(verifyConsistency)).toBe(true);
  });

  it('refuses every flipped bit of both roots and the proof', () => {
    for (const claim of CONSISTENCIES) {
      for (const oldRoot of flips(claim.oldRoot)) {
        if (verifyConsistency({ ...claim, oldRoot })) expect.unreachable('a flipped old root');
      }
      for (const newRoot of flips(claim.newRoot)) {
        if (verifyConsistency({ ...claim, newRoot })) expect.unreachable('a flipped new root');
      }
      for (const proof of proofFlips(claim.proof)) {
        if (verifyConsistency({ ...claim, proof })) expect.unreachable('a flipped proof');
      }
    }
  });

  it('refuses every proof with a hash missing, added or moved', () => {
    for (const claim of CONSISTENCIES) {
      for (const proof of reshapes(claim.proof)) {
        expect(verifyConsistency({ ...claim, proof })).toBe(false);
      }
    }
  });

  it('tells another size exactly where the recursive definition does', () => {
    const holds = ({ oldSize, newSize, oldRoot, newRoot, proof }: ConsistencyClaim): boolean => {
      if (oldSize < 1 || oldSize > newSize) return false;
      const roots = rootsFromProof(oldSize, newSize, oldRoot, proof);
      return (
        roots !== undefined &&
        toHex(roots[0]) === toHex(oldRoot) &&
        toHex(roots[1]) === toHex(newRoot)
      );
    };
    for (const claim of CONSISTENCIES) {
      for (const sizes of otherSizes(claim.oldSize, claim.newSize)) {
        const other = { ...claim, ...sizes };
        if (verifyConsistency(other) !== holds(other)) {
          expect.unreachable(`${claim.oldSize}/${claim.newSize} as ${JSON.stringify(sizes)}`);
        }
      }
    }
  });

  it('refuses a fork: two trees of which neither is a prefix of the other', () => {
    const other = new RecursiveTree(leaves.with(0, EMPTY_ROOT));
    for (const claim of CONSISTENCIES) {
      const oldRoot = other.root(0, claim.oldSize);
      expect(verifyConsistency({ ...claim, oldRoot })).toBe(false);
      const proof = other.proof(claim.oldSize, 0, claim.newSize, true);
      expect(verifyConsistency({ ...claim, oldRoot, proof })).toBe(false);
    }
  });

  it('takes the empty tree for a prefix of every tree, with its own root and no proof', () => {
    const claim = {
      oldSize: 0,
      newSize: 5,
      oldRoot: EMPTY_ROOT,
      newRoot: tree.root(0, 5),
      proof: [],
    };
    expect(verifyConsistency(claim)).toBe(true);
    expect(verifyConsistency({ ...claim, oldRoot: tree.root(0, 1) })).toBe(false);
    expect(verifyConsistency({ ...claim, proof: [EMPTY_ROOT] })).toBe(false);
    expect(verifyConsistency({ ...claim, newSize: 0, newRoot: EMPTY_ROOT })).toBe(true);
    expect(verifyConsistency({ ...claim, newSize: 0 })).toBe(false);
    const notEmpty = { oldRoot: tree.root(0, 1), newRoot: tree.root(0, 1), newSize: 0 };
    expect(verifyConsistency({ ...claim, ...notEmpty })).toBe(false);
  });
});

const HOSTILE: readonly unknown[] = [
  undefined,
  null,
  '',
  'a'.repeat(32),
  new Uint8Array(31),
  new Uint8Array(33),
  Array.from({ length: 32 }, () => 0),
  {},
  -1,
  1.5,
  Number.NaN,
  2 ** 53,
  5n,
];

describe('hostile values', () => {
  it.each(['index', 'size', 'root', 'leafHash', 'proof'])('answers false for any %s', (member) => {
    for (const claim of INCLUSIONS) {
      for (const value of HOSTILE) {
        expect(verifyInclusion({ ...claim, [member]: value })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [value] as Uint8Array[] })).toBe(false);
      }
    }
  });

  it.each(['oldSize', 'newSize', 'oldRoot', 'newRoot', 'proof'])(
    'answers false for any %s',
    (member) => {
      for (const claim of CONSISTENCIES) {
        for (const value of HOSTILE) {
          expect(verifyConsistency({ ...claim, [member]: value })).toBe(false);
          expect(verifyConsistency({ ...claim, proof: [value] as Uint8Array[] })).toBe(false);
        }
      }
    },
  );
});
