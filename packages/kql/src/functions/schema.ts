import type { HostFunction } from './host.ts';

/** treepath(), buildschema(), dynamic_to_json(): the shape of JSON. */

/** Values nest as deep as JSON lets them; past this they are not looked into. */
const maxDepth = 100;
const quote = (name: string): string => `['${name.replaceAll("'", "\\'")}']`;

/** The paths of a value's members, each before its own members; all elements of an array share `[0]`. */
function paths(value: unknown, at: string, into: Set<string>, depth = 0): void {
  if (value === null || typeof value !== 'object' || depth > maxDepth) return;
  const members: (readonly [string, unknown])[] = Array.isArray(value)
    ? value.map((v: unknown) => [`${at}[0]`, v] as const)
    : Object.entries(value).map(([name, v]) => [at + quote(name), v] as const);
  for (const [path, member] of members) {
    into.add(path);
    paths(member, path, into, depth + 1);
  }
}

interface Shape {
  /** Names of the types of what is no array and no bag. */
  readonly types: Set<string>;
  members: Map<string, Shape> | undefined;
  elements: Shape | undefined;
}
const emptyShape = (): Shape => ({ types: new Set(), members: undefined, elements: undefined });
const guidOrTime = (text: string): string =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? 'datetime' : 'string';
/** JSON of a number says by its text whether it is a real; `JSON.parse` hands that text on. */
const typeOf = (value: unknown): string =>
  typeof value === 'boolean'
    ? 'bool'
    : typeof value === 'number'
      ? Number.isInteger(value)
        ? 'long'
        : 'double'
      : value instanceof Real
        ? 'double'
        : guidOrTime(String(value));
class Real {}

function add(shape: Shape, value: unknown, depth = 0): void {
  if (value === null || depth > maxDepth) return;
  if (Array.isArray(value)) {
    shape.elements ??= emptyShape();
    for (const element of value as unknown[]) add(shape.elements, element, depth + 1);
  } else if (typeof value === 'object' && !(value instanceof Real)) {
    shape.members ??= new Map();
    for (const [name, member] of Object.entries(value)) {
      const known = shape.members.get(name) ?? emptyShape();
      shape.members.set(name, known);
      add(known, member, depth + 1);
    }
  } else shape.types.add(typeOf(value));
}
function written(shape: Shape): unknown {
  const all: unknown[] = [...shape.types].toSorted();
  if (shape.members) all.push(Object.fromEntries([...shape.members].map(([name, s]) => [name, written(s)])));
  if (shape.elements) all.push({ '`indexer`': written(shape.elements) });
  return all.length === 1 ? all[0] : all;
}

/** A real of a whole value keeps its type. */
const parse = (json: string): unknown =>
  JSON.parse(json, function (_key, value: unknown, context?: { source?: string }) {
    return typeof value === 'number' && /[.eE]/.test(context?.source ?? '') ? new Real() : value;
  } as (this: unknown, key: string, value: unknown) => unknown);

/** A number as it was written. */
class Written {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
/** JSON with names in order at every level. */
function canonical(value: unknown): string {
  if (value instanceof Written) return value.text;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, v]) => `${JSON.stringify(name)}:${canonical(v)}`).join(',')}}`;
}
const asWritten = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined ? new Written(context.source) : value;

const jsonOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
export const schemaFunctions: readonly HostFunction[] = [
  {
    name: 'dynamic_to_json',
    parameters: ['any'],
    result: 'string',
    evaluate: ([value]) => {
      const json = jsonOf(value) ?? '';
      return /^[[{]/.test(json) ? canonical(JSON.parse(json, asWritten)) : json;
    },
  },
  {
    name: 'treepath',
    parameters: ['dynamic'],
    result: 'dynamic',
    evaluate: ([value]) => {
      const json = jsonOf(value);
      if (json === undefined || !/^[[{]/.test(json)) return null;
      const found = new Set<string>();
      paths(JSON.parse(json), '', found);
      return JSON.stringify([...found]);
    },
  },
  {
    name: '$schema',
    parameters: ['dynamic'],
    result: 'dynamic',
    evaluate: ([values]) => {
      const shape = emptyShape();
      const list = parse(jsonOf(values) ?? '[]');
      for (const value of Array.isArray(list) ? (list as unknown[]) : []) add(shape, value);
      return JSON.stringify(written(shape));
    },
  },
];
