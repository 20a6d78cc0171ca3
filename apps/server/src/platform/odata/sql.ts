import { SallyportError } from '@sallyport/contracts';
import type { Comparison, Filter, Literal, Operand } from './filter.ts';

/** A property that can be filtered and sorted by. `sql` is an expression of our own over the row. */
export interface Property {
  readonly sql: string;
  readonly type: 'string' | 'datetime' | 'number' | 'boolean';
  /** The values of an enumeration, in their order; known in any case, others are refused. */
  readonly values?: readonly string[];
  readonly nullable?: boolean;
}
/** A collection: `from` is a FROM clause with its condition to the row, `item` a member itself, `properties` those of a member. */
export interface Collection {
  readonly from: string;
  readonly where?: string;
  readonly item?: Property;
  readonly properties?: Properties;
}
/** Properties by path (`properties/severity`), and collections. */
export interface Properties {
  readonly single: Readonly<Record<string, Property>>;
  readonly collections?: Readonly<Record<string, Collection>>;
}

/** Adds a bound parameter and answers its place (`$3`). */
export type Bind = (value: unknown) => string;
/** The parameters of one statement. */
export class Parameters {
  readonly values: unknown[] = [];
  readonly bind: Bind = (value) => `$${this.values.push(value)}`;
}

const refuse = (message: string): SallyportError =>
  new SallyportError('BadRequest', `Invalid filter clause: ${message}`, { target: 'query.$filter' });

type Resolve = (path: readonly string[]) => Property | undefined;
const own = <T>(of: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  of && Object.hasOwn(of, name) ? of[name] : undefined;

export const propertyAt = (properties: Properties, path: string): Property | undefined => own(properties.single, path);

/**
 * A filter as a condition in SQL, values bound. As OData has it, a comparison with null is true or false, never null. Throws BadRequest for properties
 * that are not there and values of another type.
 */
export function filterSql(filter: Filter, properties: Properties, bind: Bind): string {
  return conditionOf(filter, properties, (path) => propertyAt(properties, path.join('/')), bind);
}

function conditionOf(filter: Filter, properties: Properties, resolve: Resolve, bind: Bind): string {
  const inner = (part: Filter) => conditionOf(part, properties, resolve, bind);
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${inner(filter.left)} ${filter.kind === 'and' ? 'AND' : 'OR'} ${inner(filter.right)})`;
    case 'not':
      return `(NOT ${inner(filter.filter)})`;
    case 'compare':
      return compare(found(filter.operand, resolve), filter.comparison, filter.literal, bind);
    case 'in': {
      const operand = found(filter.operand, resolve);
      return `(${filter.literals.map((literal) => compare(operand, 'eq', literal, bind)).join(' OR ')})`;
    }
    case 'text':
      return textTest(found(filter.operand, resolve), filter.test, filter.text, bind);
    case 'any':
    case 'all':
      return lambda(filter, properties, resolve, bind);
  }
}

function found({ path, letters }: Operand, resolve: Resolve): Property {
  const property = resolve(path);
  if (!property) throw refuse(`could not find a property named \`${path.join('/')}\``);
  if (letters === undefined) return property;
  if (property.type !== 'string' || property.values) throw refuse(`\`${letters}\` takes a text`);
  return { ...property, sql: `${letters === 'tolower' ? 'lower' : 'upper'}(${property.sql})` };
}

const operators: Readonly<Record<Comparison, string>> = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' };

function compare(property: Property, comparison: Comparison, literal: Literal, bind: Bind): string {
  const { sql, nullable } = property;
  if (literal.type === 'null') {
    if (comparison === 'eq') return nullable ? `(${sql} IS NULL)` : 'false';
    if (comparison === 'ne') return nullable ? `(${sql} IS NOT NULL)` : 'true';
    return 'false';
  }
  const [left, right] = sides(property, literal, bind);
  if (!nullable) return `(${left} ${operators[comparison]} ${right})`;
  if (comparison === 'eq') return `(${left} IS NOT DISTINCT FROM ${right})`;
  if (comparison === 'ne') return `(${left} IS DISTINCT FROM ${right})`;
  return `coalesce(${left} ${operators[comparison]} ${right}, false)`;
}

/** What a property and a value are compared as: an enumeration by its place in it. */
function sides(property: Property, literal: Exclude<Literal, { type: 'null' }>, bind: Bind): [string, string] {
  const { type, values } = property;
  if (literal.type !== type) throw refuse(`a ${type} can't be compared with a ${literal.type}`);
  if (values) return [rankOf(property), `${bind(placeIn(values, String(literal.value)))}::int`];
  const casts = { string: 'text', datetime: 'timestamptz', number: 'numeric', boolean: 'boolean' } as const;
  return [property.sql, `${bind(literal.value)}::${casts[type]}`];
}

function placeIn(values: readonly string[], value: string): number {
  const place = values.findIndex((known) => known.toLowerCase() === value.toLowerCase());
  if (place < 0) throw refuse(`\`${value}\` is none of ${values.join(', ')}`);
  return place + 1;
}

/** An expression by which an enumeration is in the order of its values. The values are ours. */
export const rankOf = ({ sql, values = [] }: Property): string =>
  `array_position(ARRAY[${values.map((value) => `'${value}'`).join(',')}]::text[], ${sql})`;

function textTest({ sql, type, values }: Property, test: string, text: string, bind: Bind): string {
  if (type !== 'string' || values) throw refuse(`\`${test}\` takes a text`);
  const value = `${bind(text)}::text`;
  const condition = {
    contains: `strpos(${sql}, ${value}) > 0`,
    startswith: `starts_with(${sql}, ${value})`,
    endswith: `right(${sql}, char_length(${value})) = ${value}`,
  }[test];
  return `coalesce(${condition}, false)`;
}

function lambda(
  { kind, path, variable, filter }: Extract<Filter, { kind: 'any' | 'all' }>,
  properties: Properties,
  resolve: Resolve,
  bind: Bind,
): string {
  const collection = own(properties.collections, path.join('/'));
  if (!collection) throw refuse(`could not find a collection named \`${path.join('/')}\``);
  const inner: Resolve = (at) => {
    if (at[0] !== variable) return resolve(at);
    if (at.length === 1) return collection.item;
    return collection.properties && propertyAt(collection.properties, at.slice(1).join('/'));
  };
  const nested: Properties = { single: properties.single };
  const condition = filter ? conditionOf(filter, nested, inner, bind) : 'true';
  const wanted = kind === 'any' ? condition : `(NOT ${condition})`;
  const exists = `EXISTS (SELECT 1 FROM ${collection.from} WHERE ${collection.where ?? 'true'} AND ${wanted})`;
  return kind === 'any' ? exists : `(NOT ${exists})`;
}
