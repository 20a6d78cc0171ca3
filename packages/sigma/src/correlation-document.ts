import { ruleExpressionOf } from './condition.ts';
import { durationOf } from './duration.ts';
import {
  correlationTypes,
  SigmaError,
  type CorrelationType,
  type Head,
  type NumberTest,
  type RuleExpression,
  type SigmaCorrelation,
} from './types.ts';
import { isNothing, scalarOf, textOf, type Entry, type Place, type Source } from './yaml.ts';

const operators: Readonly<Record<string, NumberTest['operator']>> = {
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  eq: '==',
};
const rulesMax = 100;

/** A correlation. https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html */
export function correlationOf(head: Head, source: Source, place: Place, generateAbove: boolean): SigmaCorrelation {
  const entries = new Map<string, Entry>(source.entries(place, 'correlation').map((entry) => [entry.key, entry]));
  const required = (name: string): Entry => {
    const found = entries.get(name);
    if (found && !isNothing(found.value)) return found;
    throw new SigmaError(place.line, `correlation has no \`${name}\``);
  };
  const texts = (name: string): string[] => {
    const found = entries.get(name);
    return found ? source.items(found.value).map((item) => textOf(item, `a value of ${name}`)) : [];
  };
  const type = typeOf(required('type'));
  const timespan = required('timespan');
  const named = texts('rules');
  const condition = conditionOf(source, entries.get('condition'), type, place.line);
  const rules = named.length > 0 ? named : [...namesIn(condition.expression)];
  if (rules.length === 0) throw new SigmaError(place.line, 'correlation has no `rules`');
  if (rules.length > rulesMax) throw new SigmaError(place.line, `a correlation of more than ${rulesMax} rules`);
  const generate = entries.get('generate');
  return {
    ...head,
    kind: 'correlation',
    type,
    rules,
    groupBy: texts('group-by'),
    timespan: durationOf(textOf(timespan.value, 'timespan'), timespan.line),
    ...condition,
    aliases: aliasesOf(source, entries.get('aliases')),
    generate: generateAbove || (generate !== undefined && scalarOf(generate.value, 'generate') === true),
    correlationLine: place.line,
  };
}

function typeOf({ value, line }: Entry): CorrelationType {
  const text = textOf(value, 'correlation.type').trim().toLowerCase();
  const type = correlationTypes.find((name) => name === text);
  if (type) return type;
  throw new SigmaError(line, `correlation.type: expected one of ${correlationTypes.join(', ')}`);
}

type Condition = Pick<SigmaCorrelation, 'tests' | 'field' | 'percentile' | 'expression'>;

function conditionOf(source: Source, entry: Entry | undefined, type: CorrelationType, line: number): Condition {
  const temporal = type === 'temporal' || type === 'temporal_ordered';
  const none: Condition = { tests: [], field: undefined, percentile: undefined, expression: undefined };
  if (!entry || isNothing(entry.value)) {
    if (temporal) return none;
    throw new SigmaError(line, `a correlation of type ${type} needs a \`condition\``);
  }
  if (!source.isMapping(entry.value)) {
    if (!temporal) throw new SigmaError(entry.line, 'correlation.condition must be a mapping such as `gte: 10`');
    return { ...none, expression: ruleExpressionOf(textOf(entry.value, 'condition'), entry.line) };
  }
  const tests: NumberTest[] = [];
  let field: string | undefined;
  let percentile: number | undefined;
  for (const { key, value, line: at } of source.entries(entry.value, 'correlation.condition')) {
    const operator = operators[key];
    if (operator) tests.push({ operator, number: numberOf(value, key) });
    else if (key === 'field') field = textOf(value, 'field');
    else if (key === 'percentile') percentile = numberOf(value, key);
    else throw new SigmaError(at, `correlation.condition: unknown \`${key}\``);
  }
  if (tests.length === 0)
    throw new SigmaError(
      entry.line,
      'correlation.condition compares with nothing: say `gte`, `gt`, `lte`, `lt` or `eq`',
    );
  if (type.startsWith('value_') && field === undefined)
    throw new SigmaError(entry.line, `a correlation of type ${type} needs \`condition.field\``);
  if (percentile !== undefined && (percentile < 0 || percentile > 100))
    throw new SigmaError(entry.line, '`percentile` must be from 0 to 100');
  return { tests, field, percentile, expression: undefined };
}

function numberOf(value: Place, what: string): number {
  const number = Number(scalarOf(value, what));
  if (Number.isFinite(number)) return number;
  throw new SigmaError(value.line, `\`${what}\` must be a number`);
}

function aliasesOf(source: Source, entry: Entry | undefined): ReadonlyMap<string, ReadonlyMap<string, string>> {
  if (!entry || isNothing(entry.value)) return new Map();
  return new Map(
    source
      .entries(entry.value, 'correlation.aliases')
      .map(({ key, value }) => [
        key,
        new Map(source.entries(value, `alias \`${key}\``).map((one) => [one.key, textOf(one.value, one.key)])),
      ]),
  );
}

function namesIn(expression: RuleExpression | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (one: RuleExpression): void => {
    if (one.kind === 'rule') names.add(one.name);
    else if (one.kind === 'not') walk(one.of);
    else one.of.forEach(walk);
  };
  if (expression) walk(expression);
  return names;
}
