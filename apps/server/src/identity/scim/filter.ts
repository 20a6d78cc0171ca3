import SCIMMY from 'scimmy';
import type { Filter, Properties, Property } from '../../platform/odata/index.ts';
import { filterSql, type Parameters } from '../../platform/odata/index.ts';
import { scimError } from './errors.ts';

/** The parser writes `and` over `or` out, so that their number is bounded before it reads. */
const filterCharsMax = 2_000;
const alternativesMax = 8;
const nothing: Filter = { kind: 'compare', comparison: 'eq', operand: { path: ['id'] }, literal: { type: 'null', value: null } }; // prettier-ignore

/** A filter of RFC 7644, 3.4.2.2, as a condition in SQL. Throws invalidFilter. */
export function scimFilterSql(text: string, properties: Properties, parameters: Parameters): string {
  if (text.length > filterCharsMax || (text.match(/\bor\b/gi)?.length ?? 0) >= alternativesMax)
    throw scimError('invalidFilter', 'the filter is too long');
  let parsed: readonly Readonly<Record<string, unknown>>[];
  try {
    parsed = [...new SCIMMY.Types.Filter(text)] as unknown as Record<string, unknown>[];
  } catch (error) {
    throw scimError('invalidFilter', error instanceof Error ? error.message : 'not a filter');
  }
  const alternatives = parsed.map((all) => joined('and', testsOf(all, [], properties)));
  return filterSql(joined('or', alternatives), properties, parameters.bind);
}

const joined = (kind: 'and' | 'or', parts: readonly Filter[]): Filter =>
  parts.length === 0 ? nothing : parts.reduce((left, right) => ({ kind, left, right }));

function testsOf(all: Readonly<Record<string, unknown>>, path: readonly string[], properties: Properties): Filter[] {
  return Object.entries(all).flatMap(([name, value]): Filter[] => {
    const here = [...path, name];
    if (!Array.isArray(value)) return testsOf(value as Record<string, unknown>, here, properties);
    const tests = Array.isArray(value[0]) ? (value as unknown[][]) : [value as unknown[]];
    return tests.map((test) => testOf(here, test, properties));
  });
}

const comparisons = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const);
type Comparison = typeof comparisons extends Set<infer T> ? T : never;
const textTests = { co: 'contains', sw: 'startswith', ew: 'endswith' } as const;
const isComparison = (text: string): text is Comparison => (comparisons as ReadonlySet<string>).has(text);
const isTextTest = (text: string): text is keyof typeof textTests => Object.hasOwn(textTests, text);

function testOf(path: readonly string[], test: readonly unknown[], properties: Properties): Filter {
  const [first, ...rest] = test;
  if (first === 'not') return { kind: 'not', filter: testOf(path, rest, properties) };
  const operator = String(first).toLowerCase();
  const [value] = rest;
  const { name, property } = propertyOf(path, properties);
  const folds = property.type === 'string' && !caseExact.has(name);
  const operand = { path: [name], ...(folds ? { letters: 'tolower' as const } : {}) };
  const text = folds ? String(value).toLowerCase() : String(value);
  if (operator === 'pr')
    return { kind: 'compare', comparison: 'ne', operand: { path: [name] }, literal: { type: 'null', value: null } };
  if (isTextTest(operator)) return { kind: 'text', test: textTests[operator], operand, text };
  if (!isComparison(operator)) throw scimError('invalidFilter', `\`${operator}\` is no operator`);
  const literal =
    property.type === 'boolean'
      ? ({ type: 'boolean', value: value === true || text.toLowerCase() === 'true' } as const)
      : ({ type: property.type, value: text } as const);
  return { kind: 'compare', comparison: operator, operand, literal };
}

/** RFC 7643: ids are case-exact, all else that is served is not. */
const caseExact: ReadonlySet<string> = new Set(['id', 'externalid']);

function propertyOf(path: readonly string[], { single }: Properties): { name: string; property: Property } {
  const name = path.join('.').toLowerCase();
  const property = Object.hasOwn(single, name) ? single[name] : undefined;
  if (!property) throw scimError('invalidFilter', `\`${path.join('.').slice(0, 200)}\` can't be asked for`);
  return { name, property };
}
