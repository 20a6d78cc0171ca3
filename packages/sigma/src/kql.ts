import { containing, isAnything, literalOf, regexOf, withoutDash } from './pattern.ts';
import type { LogSource } from './log-source.ts';
import { SigmaError, type Clause, type Pattern, type Test } from './types.ts';

/** KQL of one value. `text`: an expression of type string. */
interface Field {
  readonly kql: string;
  readonly type: 'string' | 'long';
}

/** A KQL string literal. */
export function kqlString(text: string): string {
  if (!/\p{Cc}/u.test(text)) return text.includes('\\') ? `@'${text.replaceAll("'", "''")}'` : quoted(text);
  return quoted(text);
}
const quoted = (text: string): string =>
  `'${text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`)
    .replaceAll(/\p{Cc}/gu, (c) => String.raw`\u` + c.charCodeAt(0).toString(16).padStart(4, '0'))}'`;

const isIdentifier = /^[A-Za-z_]\w*$/;
export const columnName = (name: string): string => (isIdentifier.test(name) ? name : `[${quoted(name)}]`);

/** Says what a log source's fields are in its view. Throws SigmaError for a field that nothing can hold. */
export class Fields {
  readonly #source: LogSource;
  readonly #byName = new Map<string, Field>();
  constructor(source: LogSource) {
    this.#source = source;
    const add = (name: string, field: Field) => {
      // Rules don't agree on small and capital letters: what is exact counts first.
      if (!this.#byName.has(name.toLowerCase())) this.#byName.set(name.toLowerCase(), field);
      this.#byName.set(`=${name}`, field);
    };
    for (const [name, kql] of Object.entries(source.fields))
      add(name, { kql: isIdentifier.test(kql) ? kql : `(${kql})`, type: 'string' });
    for (const name of source.columns.string) add(name, { kql: name, type: 'string' });
    for (const name of source.columns.long) add(name, { kql: name, type: 'long' });
  }

  of(name: string, line: number): Field {
    const known = this.#byName.get(`=${name}`) ?? this.#byName.get(name.toLowerCase());
    if (known) return known;
    const { rest, view } = this.#source;
    if (rest === undefined) throw new SigmaError(line, `nothing in ${view} holds a field \`${name}\``);
    const path = name.split('.').map((part) => (isIdentifier.test(part) ? `.${part}` : `[${quoted(part)}]`));
    return { kql: `tostring(${rest}${path.join('')})`, type: 'string' };
  }

  /** The column of the view that a field is, when it is one. */
  columnOf(name: string): string | undefined {
    const kql = (this.#byName.get(`=${name}`) ?? this.#byName.get(name.toLowerCase()))?.kql;
    return kql !== undefined && isIdentifier.test(kql) ? kql : undefined;
  }

  keywords(line: number): { readonly text: readonly string[]; readonly json: readonly string[] } {
    if (this.#source.keywords) return this.#source.keywords;
    throw new SigmaError(line, `${this.#source.view} has no text in which a value without a field could be looked for`);
  }
}

/** Clauses inside each other. */
const depthMax = 200;

/** KQL of a condition over the columns of a log source's view. */
export function conditionKql(clause: Clause, fields: Fields): string {
  return withoutBrackets(emit(clause, fields, false, 0));
}

function emit(clause: Clause, fields: Fields, negated: boolean, depth: number): string {
  if (clause.kind === 'test') return testKql(clause.test, fields, negated);
  if (depth > depthMax) throw new SigmaError(1, `more than ${depthMax} conditions inside each other`);
  if (clause.kind === 'not') return `not(${withoutBrackets(emit(clause.of, fields, !negated, depth + 1))})`;
  const flat = flatten(clause.kind, clause.of);
  const parts =
    clause.kind === 'or'
      ? alternatives(flat, fields, negated, depth)
      : flat.map((one) => emit(one, fields, negated, depth + 1));
  return chained(parts, clause.kind);
}

/** Operands side by side: a parser sees each `or` inside of the one after it, and refuses what is too deep. */
const chainMax = 40;

function chained(parts: readonly string[], kind: 'and' | 'or'): string {
  if (parts.length === 1) return parts[0]!;
  if (parts.length <= chainMax) return `(${parts.join(` ${kind} `)})`;
  const chunks = Array.from({ length: Math.ceil(parts.length / chainMax) }, (_, at) =>
    chained(parts.slice(at * chainMax, (at + 1) * chainMax), kind),
  );
  return chained(chunks, kind);
}

/** What stands inside of the same kind needs no brackets. */
const flatten = (kind: 'and' | 'or', clauses: readonly Clause[]): readonly Clause[] =>
  clauses.flatMap((one) => (one.kind === kind ? flatten(kind, one.of) : [one]));

/** Whole values of one field are one list. */
function alternatives(clauses: readonly Clause[], fields: Fields, negated: boolean, depth: number): readonly string[] {
  const parts: string[] = [];
  const lists = new Map<string, { at: number; values: string[]; single: Clause }>();
  for (const one of clauses) {
    const whole = one.kind === 'test' ? wholeValue(one.test, fields) : undefined;
    if (!whole) {
      parts.push(emit(one, fields, negated, depth + 1));
      continue;
    }
    const list = lists.get(whole.list);
    if (list) list.values.push(whole.value);
    else {
      lists.set(whole.list, { at: parts.length, values: [whole.value], single: one });
      parts.push('');
    }
  }
  for (const [list, { at, values, single }] of lists)
    parts[at] =
      values.length === 1 ? emit(single, fields, negated, depth + 1) : `${list} (${[...new Set(values)].join(', ')})`;
  return parts;
}

function wholeValue(test: Test, fields: Fields): { list: string; value: string } | undefined {
  if (test.field === undefined) return undefined;
  if (test.kind === 'number' && Number.isInteger(test.number)) {
    const { kql, type } = fields.of(test.field, test.line);
    return type === 'long'
      ? { list: `${kql} in`, value: String(test.number) }
      : { list: `${kql} in~`, value: quoted(String(test.number)) };
  }
  if (test.kind !== 'like') return undefined;
  const text = literalOf(test.pattern);
  if (text === undefined || text === '') return undefined;
  const { kql, type } = fields.of(test.field, test.line);
  if (type === 'long') return isLong(text) ? { list: `${kql} in`, value: text } : undefined;
  return { list: `${kql} ${test.cased ? 'in' : 'in~'}`, value: kqlString(text) };
}

const isLong = (text: string): boolean => /^-?\d{1,18}$/.test(text);

function testKql(test: Test, fields: Fields, negated: boolean): string {
  if (test.field === undefined) return keywordKql(test, fields);
  const field = fields.of(test.field, test.line);
  const text = field.type === 'string' ? field.kql : `tostring(${field.kql})`;
  /** What gives null where the value is none of its kind must be false below `not`. */
  const sure = (kql: string): string => (negated ? `coalesce(${kql}, false)` : kql);
  switch (test.kind) {
    case 'like': {
      const literal = literalOf(test.pattern);
      if (field.type === 'long' && literal !== undefined && isLong(literal)) return `${field.kql} == ${literal}`;
      return likeKql(text, test.pattern, test.cased);
    }
    case 'regex':
      return `${text} matches regex ${kqlString(test.regex)}`;
    case 'number':
      return field.type === 'long'
        ? `${field.kql} == ${test.number}`
        : `${field.kql} == ${quoted(String(test.number))}`;
    case 'empty':
      return field.type === 'long' ? `isnull(${field.kql})` : `isempty(${field.kql})`;
    case 'exists':
      return field.type === 'long' ? `isnotnull(${field.kql})` : `isnotempty(${field.kql})`;
    case 'compare':
      return sure(`${field.type === 'long' ? field.kql : `todouble(${field.kql})`} ${test.operator} ${test.number}`);
    case 'cidr':
      return sure(`ipv${test.range.includes(':') ? '6' : '4'}_is_in_range(${text}, ${quoted(test.range)})`);
    case 'field': {
      const other = fields.of(test.other, test.line);
      const right = other.type === 'string' ? other.kql : `tostring(${other.kql})`;
      return `${text} ${fieldOperators[test.how][test.cased ? 1 : 0]} ${right}`;
    }
    case 'time':
      return sure(`${timeParts[test.part](text)} ${test.test.operator} ${test.test.number}`);
  }
}

const fieldOperators = {
  equals: ['=~', '=='],
  contains: ['contains', 'contains_cs'],
  startswith: ['startswith', 'startswith_cs'],
  endswith: ['endswith', 'endswith_cs'],
} as const;

const part = (name: string) => (text: string) => `datetime_part('${name}', todatetime(${text}))`;
const timeParts = {
  minute: part('Minute'),
  hour: part('Hour'),
  day: part('Day'),
  week: part('Week_Of_Year'),
  month: part('Month'),
  year: part('Year'),
} as const;

/** KQL of a text that must be like a pattern. */
function likeKql(text: string, pattern: Pattern, cased: boolean): string {
  const cs = cased ? '_cs' : '';
  const one = withoutDash(pattern);
  if (one !== undefined && one.length > 1) return `(${one.map((each) => likeKql(text, each, cased)).join(' or ')})`;
  const [first, second, third] = pattern;
  if (first === undefined) return `isempty(${text})`;
  if (pattern.length === 1) {
    if (typeof first === 'string') return `${text} ${cased ? '==' : '=~'} ${kqlString(first)}`;
    if (first.wild === 'any') return `isnotempty(${text})`;
  }
  if (pattern.length === 2 && typeof first === 'string' && isAnything(second))
    return `${text} startswith${cs} ${kqlString(first)}`;
  if (pattern.length === 2 && isAnything(first) && typeof second === 'string')
    return `${text} endswith${cs} ${kqlString(second)}`;
  if (pattern.length === 3 && isAnything(first) && typeof second === 'string' && isAnything(third))
    return `${text} contains${cs} ${kqlString(second)}`;
  return `${text} matches regex ${kqlString(regexOf(pattern, cased))}`;
}

/** A test of the whole event: its texts, and the JSON of its dynamics, where a text stands as JSON writes it. */
function keywordKql(test: Test, fields: Fields): string {
  const { text, json } = fields.keywords(test.line);
  const texts = [...text, ...json.map((column) => `tostring(${column})`)];
  const either = (parts: readonly string[]): string => (parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`);
  switch (test.kind) {
    case 'like': {
      const pattern = containing(test.pattern);
      const inJson = pattern.map((part) => (typeof part === 'string' ? JSON.stringify(part).slice(1, -1) : part));
      return either([
        ...text.map((one) => likeKql(one, pattern, test.cased)),
        ...json.map((column) => likeKql(`tostring(${column})`, inJson, test.cased)),
      ]);
    }
    case 'number':
      return either(texts.map((one) => likeKql(one, containing([String(test.number)]), false)));
    case 'regex':
      return either(texts.map((one) => `${one} matches regex ${kqlString(test.regex)}`));
    default:
      throw new SigmaError(test.line, `a test of kind \`${test.kind}\` needs a field`);
  }
}

/** Without the brackets around the whole. */
function withoutBrackets(kql: string): string {
  if (!kql.startsWith('(') || !kql.endsWith(')')) return kql;
  let depth = 0;
  let quote: { end: string; verbatim: boolean } | undefined;
  for (let at = 0; at < kql.length; at++) {
    const character = kql[at]!;
    if (quote) {
      if (character === '\\' && !quote.verbatim) at++;
      else if (character === quote.end) quote = undefined;
    } else if (character === "'") quote = { end: "'", verbatim: kql[at - 1] === '@' };
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0 && at < kql.length - 1) return kql;
  }
  return kql.slice(1, -1);
}
