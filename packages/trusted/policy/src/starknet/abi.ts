/**
 * Reads the ABI of a contract: which functions a transaction can call, and with what.
 *
 * Both forms are read: Cairo 1 with interfaces and full type paths, and Cairo 0 with `felt`,
 * `Uint256`, and arrays as a length and a pointer. Outputs, events, constructors and L1 handlers are
 * passed over, because no call brings calldata for them.
 *
 * @module
 * @see https://docs.starknet.io/learn/cheatsheets/abi-reference — ABI of a class
 */

import { abiFault } from './abi-fault.ts';
import {
  type AbiDefinition,
  type AbiScope,
  createAbiScope,
  readTypeName,
  refuseTwins,
} from './abi-scope.ts';
import { type AbiFunction, type AbiParameter, listOf } from './abi-type.ts';

type Json = Readonly<Record<string, unknown>>;

/** An item of the ABI and where it stands. */
interface Item {
  readonly json: Json;
  readonly path: string;
}

const PASSED_OVER = new Set(['impl', 'event', 'constructor', 'l1_handler']);
const KNOWN_ITEMS = 'function, interface, impl, struct, enum, event, constructor or l1_handler';
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;
const MAX_ITEMS = 10_000;

/**
 * Reads an ABI.
 *
 * @param abi - Items as JSON values.
 * @returns The functions in the order of the ABI, those of interfaces included; names are unique.
 * @throws BoundaryError ERR_CONFIG_INVALID with the path, what was found and what was expected, for
 *   anything that is not well-formed, for a type that is used and not defined, and for two functions
 *   of one name.
 */
export function parseAbi(abi: readonly unknown[]): readonly AbiFunction[] {
  if (abi.length > MAX_ITEMS) throw abiFault('abi', `${abi.length} items`, `at most ${MAX_ITEMS}`);
  const items = abi.map((value, index) => asItem(value, `abi[${index}]`));
  const scope = createAbiScope(readDefinitions(items));
  const functions = items.flatMap((item) => functionItems(item));
  const seen = new Set<string>();
  return functions.map((item) => {
    const parsed = readFunction(item, scope);
    if (seen.has(parsed.name)) {
      throw abiFault(`${item.path}.name`, `\`${parsed.name}\` twice`, 'one function of each name');
    }
    seen.add(parsed.name);
    return parsed;
  });
}

function asItem(value: unknown, path: string): Item {
  return { json: asObject(value, path), path };
}

/** Definitions by name; the first of equal ones, which compilers write for types used twice. */
function readDefinitions(items: readonly Item[]): ReadonlyMap<string, AbiDefinition> {
  const definitions = new Map<string, AbiDefinition>();
  for (const { json, path } of items) {
    if (json.type !== 'struct' && json.type !== 'enum') continue;
    const name = asText(json.name, `${path}.name`).replaceAll(' ', '');
    const definition = readDefinition(json, json.type, path);
    const earlier = definitions.get(name);
    if (earlier !== undefined && !isSame(earlier, definition)) {
      throw abiFault(`${path}.name`, `${name} defined again, differently`, 'one definition');
    }
    definitions.set(name, earlier ?? definition);
  }
  return definitions;
}

function readDefinition(json: Json, kind: AbiDefinition['kind'], path: string): AbiDefinition {
  const field = kind === 'struct' ? 'members' : 'variants';
  const listPath = `${path}.${field}`;
  const members = asList(json[field], listPath).map((value, index) => {
    const member = asObject(value, `${listPath}[${index}]`);
    return {
      name: asIdentifier(member.name, `${listPath}[${index}].name`),
      type: asText(member.type, `${listPath}[${index}].type`),
    };
  });
  return { kind, path: listPath, members };
}

function isSame(a: AbiDefinition, b: AbiDefinition): boolean {
  return a.kind === b.kind && JSON.stringify(a.members) === JSON.stringify(b.members);
}

function functionItems(item: Item): readonly Item[] {
  const { json, path } = item;
  switch (json.type) {
    case 'function':
      return [item];
    case 'interface':
      return asList(json.items, `${path}.items`).map((value, index) =>
        interfaceItem(value, `${path}.items[${index}]`),
      );
    case 'struct':
    case 'enum':
      return [];
    default:
      if (typeof json.type === 'string' && PASSED_OVER.has(json.type)) return [];
      throw abiFault(`${path}.type`, json.type, KNOWN_ITEMS);
  }
}

function interfaceItem(value: unknown, path: string): Item {
  const item = asItem(value, path);
  if (item.json.type !== 'function') throw abiFault(`${path}.type`, item.json.type, 'function');
  return item;
}

function readFunction({ json, path }: Item, scope: AbiScope): AbiFunction {
  const name = asIdentifier(json.name, `${path}.name`);
  const parameters = readParameters(asList(json.inputs, `${path}.inputs`), scope, `${path}.inputs`);
  refuseTwins(parameters, `${path}.inputs`);
  const mutability = json.state_mutability ?? json.stateMutability;
  return { name, parameters, isView: mutability === 'view' };
}

function readParameters(
  inputs: readonly unknown[],
  scope: AbiScope,
  path: string,
): readonly AbiParameter[] {
  const read = inputs.map((value, index) => readInput(value, `${path}[${index}]`));
  return read.flatMap(({ name, type, path: place }, index) => {
    const next = read[index + 1];
    // Cairo 0 writes an array as two parameters; the first is only the count of the second.
    if (next?.type.kind === 'pointer' && isCount(name, type.kind, next.name)) return [];
    if (type.kind !== 'pointer') return [{ name, type: scope.typeOf(type, place) }];
    const previous = read[index - 1];
    if (previous === undefined || !isCount(previous.name, previous.type.kind, name)) {
      throw abiFault(place, `the pointer \`${name}\``, `the parameter \`${name}_len\` before it`);
    }
    return [{ name, type: listOf(scope.typeOf(type.item, place)) }];
  });
}

function readInput(value: unknown, path: string) {
  const input = asObject(value, path);
  const name = asIdentifier(input.name, `${path}.name`);
  const type = readTypeName(asText(input.type, `${path}.type`), `${path}.type`);
  return { name, type, path: `${path}.type` };
}

function isCount(name: string, kind: string, of: string): boolean {
  return name === `${of}_len` && kind === 'path';
}

function asObject(value: unknown, path: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw abiFault(path, value, 'an object');
}

function asList(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw abiFault(path, value, 'a list');
}

function asText(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw abiFault(path, value, 'text');
}

function asIdentifier(value: unknown, path: string): string {
  if (typeof value === 'string' && IDENTIFIER.test(value)) return value;
  throw abiFault(path, value, 'a name of letters, digits and underscores');
}
