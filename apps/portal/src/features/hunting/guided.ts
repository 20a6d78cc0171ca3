import type { Column } from '@sallyport/contracts';
import { kqlString } from '../../shared/kql.ts';
import { nameOf } from './pivot.ts';

/** A query as people put it together who write no KQL: a table, conditions that all hold, and what is shown of the rows. */
export interface Guided {
  readonly table: string;
  readonly conditions: readonly Condition[];
  /** Columns shown, in their order; none: all. */
  readonly columns: readonly string[];
  readonly summarize: Summary | undefined;
  readonly sort: { readonly column: string; readonly order: 'asc' | 'desc' } | undefined;
  readonly take: number | undefined;
}
export interface Condition {
  readonly column: string;
  readonly operator: Operator;
  /** As typed; lists have commas between. */
  readonly value: string;
}
export interface Summary {
  readonly what: Aggregate;
  /** The column that is counted or summed up; of `count` none. */
  readonly of: string;
  readonly by: readonly string[];
  /** Width of the steps of TimeGenerated among `by`: `1h`; empty: none. */
  readonly bin: string;
}

export const emptyGuided: Guided = {
  table: '',
  conditions: [],
  columns: [],
  summarize: undefined,
  sort: undefined,
  take: 1_000,
};

const operators = {
  '==': 'is',
  '!=': 'is not',
  has: 'has the word',
  '!has': 'has not the word',
  contains: 'contains',
  '!contains': 'does not contain',
  startswith: 'begins with',
  endswith: 'ends with',
  'in~': 'is one of',
  '!in~': 'is none of',
  'matches regex': 'matches (regular expression)',
  '>': 'is greater than',
  '>=': 'is at least',
  '<': 'is less than',
  '<=': 'is at most',
  isempty: 'is empty',
  isnotempty: 'is not empty',
} as const;
export type Operator = keyof typeof operators;
export const operatorNames: Readonly<Record<Operator, string>> = operators;
const isOperator = (text: string): text is Operator => Object.hasOwn(operators, text);
export const isUnary = (operator: Operator): boolean => operator === 'isempty' || operator === 'isnotempty';

const texts: readonly Operator[] = [
  '==',
  '!=',
  'has',
  '!has',
  'contains',
  '!contains',
  'startswith',
  'endswith',
  'in~',
  '!in~',
  'matches regex',
  'isempty',
  'isnotempty',
];
const ordered: readonly Operator[] = ['==', '!=', '>', '>=', '<', '<=', 'isempty', 'isnotempty'];
/** Those that serve a column. */
export const operatorsOf = (type: Column['type']): readonly Operator[] =>
  type === 'string' || type === 'dynamic' ? texts : type === 'bool' || type === 'guid' ? ['==', '!='] : ordered;

export const aggregates = ['count', 'dcount', 'sum', 'avg', 'min', 'max'] as const;
export type Aggregate = (typeof aggregates)[number];
const isAggregate = (text: string): text is Aggregate => aggregates.some((one) => one === text);

const span = /^\d+(\.\d+)?(d|h|m|s|ms)$/;
const number = /^-?\d+(\.\d+)?$/;

/** A typed value as a literal of the column's type. A time may be `1d`: so long ago. */
function literal(value: string, type: Column['type']): string {
  const text = value.trim();
  if (type === 'string' || type === 'dynamic') return kqlString(value);
  if (type === 'bool') return /^(true|1|yes)$/i.test(text) ? 'true' : 'false';
  if (type === 'datetime') return span.test(text) ? `ago(${text})` : `datetime(${text.replaceAll(/[^\w:.+-]/g, '')})`;
  if (type === 'timespan') return span.test(text) ? text : `time(${text.replaceAll(/[^\d:.]/g, '')})`;
  if (type === 'guid') return `guid(${text.replaceAll(/[^\da-f-]/gi, '')})`;
  return number.test(text) ? text : '0';
}

function conditionText({ column, operator, value }: Condition, type: Column['type']): string {
  const name = nameOf(column);
  const nullable = type !== 'string' && type !== 'dynamic';
  if (operator === 'isempty') return `${nullable ? 'isnull' : 'isempty'}(${name})`;
  if (operator === 'isnotempty') return `${nullable ? 'isnotnull' : 'isnotempty'}(${name})`;
  if (operator === 'in~' || operator === '!in~') {
    const all = value.split(',').map((one) => kqlString(one.trim()));
    return `${name} ${operator} (${all.join(', ')})`;
  }
  return `${name} ${operator} ${literal(value, type)}`;
}

/** The KQL of it. `columns`: of its table. */
export function toKql(guided: Guided, columns: readonly Column[]): string {
  const typeOf = (name: string): Column['type'] => columns.find((column) => column.name === name)?.type ?? 'string';
  const steps = guided.conditions
    .filter(({ column, operator, value }) => column !== '' && (isUnary(operator) || value !== ''))
    .map((one) => `where ${conditionText(one, typeOf(one.column))}`);
  const { summarize, sort, take } = guided;
  if (summarize) {
    const of = summarize.what === 'count' ? '' : nameOf(summarize.of);
    const by = summarize.by.map((name) =>
      name === 'TimeGenerated' && summarize.bin !== '' ? `bin(TimeGenerated, ${summarize.bin})` : nameOf(name),
    );
    steps.push(`summarize ${summarize.what}(${of})${by.length > 0 ? ` by ${by.join(', ')}` : ''}`);
  } else if (guided.columns.length > 0) steps.push(`project ${guided.columns.map(nameOf).join(', ')}`);
  if (sort) steps.push(`sort by ${nameOf(sort.column)} ${sort.order}`);
  if (take !== undefined) steps.push(`take ${take}`);
  return [nameOf(guided.table), ...steps].join('\n| ');
}

const N = String.raw`(?:[A-Za-z_]\w*|\['(?:[^'\\]|\\.)*'\])`;
const plain = (name: string): string => (name.startsWith('[') ? name.slice(2, -2).replaceAll(/\\(.)/g, '$1') : name);
const names = (text: string): string[] | undefined => {
  const parts = text.split(',').map((one) => one.trim());
  return parts.every((one) => new RegExp(`^${N}$`).test(one)) ? parts.map(plain) : undefined;
};

/** A literal as one would type it; undefined for what no guided query has. */
function typed(text: string): string | undefined {
  if (text.startsWith('"')) {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'string' ? value : undefined;
    } catch {
      return undefined;
    }
  }
  const single = /^'([^'\\]*)'$/.exec(text);
  if (single) return single[1];
  const called = /^(?:ago|datetime|time|guid)\(([^()]*)\)$/.exec(text);
  if (called) return called[1];
  return number.test(text) || span.test(text) || text === 'true' || text === 'false' ? text : undefined;
}

function conditionOf(text: string): Condition | undefined {
  const unary = new RegExp(`^(isempty|isnotempty|isnull|isnotnull)\\((${N})\\)$`).exec(text);
  if (unary)
    return { column: plain(unary[2]!), operator: unary[1]!.includes('not') ? 'isnotempty' : 'isempty', value: '' };
  const listed = new RegExp(`^(${N})\\s+(!?in~)\\s*\\((.*)\\)$`).exec(text);
  if (listed && isOperator(listed[2]!)) {
    const values = listed[3]!.split(',').map((one) => typed(one.trim()));
    if (values.some((one) => one === undefined)) return undefined;
    return { column: plain(listed[1]!), operator: listed[2]!, value: values.join(', ') };
  }
  const binary = new RegExp(
    `^(${N})\\s*(==|!=|>=|<=|>|<|!has\\b|!contains\\b|has\\b|contains\\b|startswith\\b|endswith\\b|matches regex\\b)\\s*(.+)$`,
  ).exec(text);
  const value = binary ? typed(binary[3]!.trim()) : undefined;
  if (!binary || value === undefined || !isOperator(binary[2]!)) return undefined;
  return { column: plain(binary[1]!), operator: binary[2]!, value };
}

/** Steps of a query, where no text holds a bar or a line break; undefined otherwise. */
const stepsOf = (text: string): readonly string[] | undefined => {
  const bare = text.replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (quoted) => '_'.repeat(quoted.length));
  if (bare.includes('//') || bare.includes(';')) return undefined;
  const steps: string[] = [];
  let from = 0;
  for (let at = bare.indexOf('|'); at >= 0; at = bare.indexOf('|', at + 1)) {
    steps.push(text.slice(from, at).trim());
    from = at + 1;
  }
  return [...steps, text.slice(from).trim()];
};

/** A text that `toKql` could have written, as what is put together; undefined for other KQL, which stays for the editor. */
export function fromKql(text: string): Guided | undefined {
  const [table = '', ...steps] = stepsOf(text) ?? [];
  if (!new RegExp(`^${N}$`).test(table)) return undefined;
  let guided: Guided = { ...emptyGuided, table: plain(table), take: undefined };
  for (const step of steps) {
    const [, word = '', rest = ''] = /^(\w+)\s+([\s\S]*)$/.exec(step) ?? [];
    const next = read(guided, word, rest.trim());
    if (!next) return undefined;
    guided = next;
  }
  return guided;
}

function read(guided: Guided, word: string, rest: string): Guided | undefined {
  switch (word) {
    case 'where': {
      const condition = conditionOf(rest);
      const isLate = guided.columns.length > 0 || guided.summarize !== undefined;
      return condition && !isLate ? { ...guided, conditions: [...guided.conditions, condition] } : undefined;
    }
    case 'project': {
      const columns = names(rest);
      return columns && guided.columns.length === 0 && !guided.summarize ? { ...guided, columns } : undefined;
    }
    case 'summarize': {
      const found = new RegExp(`^(\\w+)\\((${N})?\\)(?:\\s+by\\s+(.+))?$`).exec(rest);
      const bin = /bin\(TimeGenerated,\s*([\w.]+)\)/.exec(found?.[3] ?? '');
      const by = found?.[3] === undefined ? [] : names(found[3].replace(bin?.[0] ?? /(?!)/, 'TimeGenerated'));
      if (!found || !by || !isAggregate(found[1]!) || guided.summarize || guided.columns.length > 0) return undefined;
      return { ...guided, summarize: { what: found[1], of: plain(found[2] ?? ''), by, bin: bin?.[1] ?? '' } };
    }
    case 'sort':
    case 'order': {
      const found = new RegExp(`^by\\s+(${N})(?:\\s+(asc|desc))?$`).exec(rest);
      return found
        ? { ...guided, sort: { column: plain(found[1]!), order: found[2] === 'asc' ? 'asc' : 'desc' } }
        : undefined;
    }
    case 'take':
    case 'limit':
      return /^\d{1,6}$/.test(rest) ? { ...guided, take: Number(rest) } : undefined;
    default:
      return undefined;
  }
}
