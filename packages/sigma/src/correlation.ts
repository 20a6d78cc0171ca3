import type { CompiledSigma } from './compile.ts';
import { columnName, kqlString, type Fields } from './kql.ts';
import { scheduleOf } from './schedule.ts';
import { SigmaError, type RuleExpression, type SigmaCorrelation, type SigmaRule } from './types.ts';

export interface Member {
  /** As the correlation calls it. */
  readonly name: string;
  readonly document: SigmaRule | SigmaCorrelation;
  readonly compiled: CompiledSigma;
  /** What its fields are; of a correlation undefined: its columns are its own groups. */
  readonly fields: Fields | undefined;
}

/** Entities by what a group is called. */
const entities: readonly { readonly name: RegExp; readonly entityType: string; readonly identifier: string }[] = [
  {
    name: /^(?:computer(?:name)?|host(?:name)?|dvchostname|devicename|workstation(?:name)?)$/i,
    entityType: 'Host',
    identifier: 'FullName',
  },
  {
    name: /^(?:user(?:name|id)?|(?:target|subject|actor|src|dst)user(?:name)?|account(?:name)?|caller|actor|userprincipalname)$/i,
    entityType: 'Account',
    identifier: 'FullName',
  },
  {
    name: /^(?:.*ip(?:_?address)?|ip.?addr(?:ess)?|src_ip|dst_ip|c-ip|.*ipaddr)$/i,
    entityType: 'IP',
    identifier: 'Address',
  },
];
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * A correlation: the rows of its rules together, grouped, over a window that ends now and is as long as its timespan. Only groups whose newest row is of the
 * newest part of the window count, so that what was told is not told again by each window that still holds it.
 */
export function correlationKql(
  correlation: SigmaCorrelation,
  members: readonly Member[],
  alerts: boolean,
): CompiledSigma {
  if (members.length > letters.length)
    throw new SigmaError(correlation.correlationLine, `more than ${letters.length} rules`);
  const groups = correlation.groupBy.map(columnName);
  const parts = members.map((member, at) => `(${memberRows(correlation, member, letters[at]!)})`);
  const rows = parts.length === 1 ? parts[0]!.slice(1, -1) : `union ${parts.join(', ')}`;
  const by = groups.length > 0 ? ` by ${groups.join(', ')}` : '';
  const present =
    correlation.groupBy.length > 0 ? `\n| where ${groups.map((name) => `isnotempty(${name})`).join(' and ')}` : '';
  const schedule = scheduleOf(correlation.timespan);
  const { aggregate, test, sorted } = found(correlation, members);
  const query = `${rows}${present}${sorted ? '\n| sort by TimeGenerated asc' : ''}
| summarize ${aggregate}, Rules = make_set(SigmaRule), StartTime = min(TimeGenerated), TimeGenerated = max(TimeGenerated)${by}
| where (${test}) and TimeGenerated >= ago(${schedule.frequency}s)`;
  return {
    head: correlation,
    query,
    view: undefined,
    condition: undefined,
    schedule,
    entityMappings: entitiesOf(correlation.groupBy),
    details: ['Rules', ...correlation.groupBy.filter((name) => /^[A-Za-z_]\w*$/.test(name))].slice(0, 20),
    alerts,
  };
}

/** The rows of one rule: when, which, its groups and the value that counts. */
function memberRows(
  correlation: SigmaCorrelation,
  { name, document, compiled, fields }: Member,
  letter: string,
): string {
  const { aliases, field, correlationLine: line, groupBy } = correlation;
  const expression = (wanted: string): string => {
    const own = aliases.get(wanted);
    const real =
      own?.get(name) ??
      (document.name === undefined ? undefined : own?.get(document.name)) ??
      own?.get(document.id) ??
      wanted;
    if (fields) {
      const { kql, type } = fields.of(real, line);
      return type === 'string' ? kql : `tostring(${kql})`;
    }
    if (document.kind === 'correlation' && document.groupBy.includes(real)) return columnName(real);
    throw new SigmaError(line, `\`${name}\` gives no \`${real}\``);
  };
  const columns = [
    'TimeGenerated',
    `SigmaRule = ${kqlString(document.title)}`,
    `SigmaStep = '${letter}'`,
    ...groupBy.map((group) => `${columnName(group)} = ${expression(group)}`),
    ...(field === undefined ? [] : [`SigmaValue = ${expression(field)}`]),
  ];
  return `${compiled.query}\n| project ${columns.join(', ')}`;
}

interface Found {
  readonly aggregate: string;
  readonly test: string;
  readonly sorted?: boolean;
}

function found(correlation: SigmaCorrelation, members: readonly Member[]): Found {
  const { type, tests, percentile, expression } = correlation;
  const compared = (name: string): string =>
    tests.map(({ operator, number }) => `${name} ${operator} ${number}`).join(' and ');
  switch (type) {
    case 'event_count':
      return { aggregate: 'Count = count()', test: compared('Count') };
    case 'value_count':
      return { aggregate: 'Count = count_distinctif(SigmaValue, isnotempty(SigmaValue))', test: compared('Count') };
    case 'value_sum':
      return { aggregate: 'Value = sum(todouble(SigmaValue))', test: compared('Value') };
    case 'value_avg':
      return { aggregate: 'Value = avg(todouble(SigmaValue))', test: compared('Value') };
    case 'value_median':
      return { aggregate: 'Value = percentile(todouble(SigmaValue), 50)', test: compared('Value') };
    case 'value_percentile':
      return { aggregate: `Value = percentile(todouble(SigmaValue), ${percentile ?? 50})`, test: compared('Value') };
    case 'temporal':
    case 'temporal_ordered': {
      const steps = members.map((_, at) => letters[at]!);
      const aggregate = "Steps = strcat_array(make_list(SigmaStep), '')";
      if (type === 'temporal_ordered')
        return { aggregate, test: `Steps matches regex '${steps.join('.*')}'`, sorted: true };
      if (expression) return { aggregate, test: expressionKql(expression, correlation, members) };
      if (tests.length > 0) {
        const which = 'Count = count_distinct(SigmaStep)';
        return { aggregate: which, test: compared('Count') };
      }
      return { aggregate, test: steps.map((step) => `Steps contains_cs '${step}'`).join(' and ') };
    }
  }
}

function expressionKql(expression: RuleExpression, correlation: SigmaCorrelation, members: readonly Member[]): string {
  if (expression.kind === 'not') return `not(${expressionKql(expression.of, correlation, members)})`;
  if (expression.kind !== 'rule')
    return `(${expression.of.map((one) => expressionKql(one, correlation, members)).join(` ${expression.kind} `)})`;
  const at = members.findIndex(({ name, document }) => [name, document.name, document.id].includes(expression.name));
  if (at < 0)
    throw new SigmaError(correlation.correlationLine, `condition: \`${expression.name}\` is none of the rules`);
  return `Steps contains_cs '${letters[at]}'`;
}

function entitiesOf(groups: readonly string[]): CompiledSigma['entityMappings'] {
  return groups.flatMap((group) => {
    const entity = entities.find(({ name }) => name.test(group));
    return entity
      ? [{ entityType: entity.entityType, fieldMappings: [{ identifier: entity.identifier, columnName: group }] }]
      : [];
  });
}
