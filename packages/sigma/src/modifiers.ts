import { base64Anywhere, utf16 } from './bytes.ts';
import { containing, endingWithAnything, literalOf, patternOf, startingWithAnything, withAnyDash } from './pattern.ts';
import { re2Of } from './regex.ts';
import {
  all,
  any,
  not,
  SigmaError,
  type Clause,
  type FieldComparison,
  type Pattern,
  type Test,
  type TimePart,
} from './types.ts';

/** A value as the YAML has it. */
export type Plain = string | number | boolean | null;
/** Values of placeholders (`%name%`) by name. */
export type Placeholders = ReadonlyMap<string, readonly string[]>;

interface Chain {
  readonly field: string | undefined;
  readonly line: number;
  readonly names: readonly string[];
}

const comparisons = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const timeParts: readonly TimePart[] = ['minute', 'hour', 'day', 'week', 'month', 'year'];
const regexFlags: Readonly<Record<string, string>> = {
  i: 'i',
  ignorecase: 'i',
  m: 'm',
  multiline: 'm',
  s: 's',
  dotall: 's',
};
const affixes = ['contains', 'startswith', 'endswith'] as const;
/** Each makes one list of texts of another. */
const transformations = new Set<string>([
  ...affixes,
  'windash',
  'base64',
  'base64offset',
  'wide',
  'utf16le',
  'utf16',
  'utf16be',
  'expand',
]);
/** What decides alone what is asked. */
const kinds = new Set<string>(['re', 'cidr', 'exists', 'fieldref', ...Object.keys(comparisons)]);
const known = new Set<string>([
  ...transformations,
  ...kinds,
  ...timeParts,
  ...Object.keys(regexFlags),
  'all',
  'cased',
  'neq',
]);
const placeholder = /%([\w.-]+)%/;
/** Values that one value may become by `expand`. */
const expandedMax = 10_000;

/**
 * What an entry `field|modifier|…: values` asks. Several values are alternatives, with `all` they must all hold.
 * https://sigmahq.io/sigma-specification/specification/sigma-appendix-modifiers.html
 */
export function clauseOf(
  key: string,
  line: number,
  values: readonly { readonly value: Plain; readonly line: number }[],
  placeholders: Placeholders,
): Clause {
  const [name = '', ...written] = key.split('|');
  const names = written.map((modifier) => modifier.trim().toLowerCase());
  const unknown = names.find((modifier) => !known.has(modifier));
  if (unknown !== undefined) throw new SigmaError(line, `unknown modifier \`${unknown}\` of \`${name}\``);
  const deciding = names.filter((modifier) => kinds.has(modifier));
  if (deciding.length > 1 && !names.includes('re'))
    throw new SigmaError(line, `\`${deciding.join('|')}\`: only one of them can stand at a field`);
  if (values.length === 0) throw new SigmaError(line, `\`${key}\` has no value`);
  const field = name.trim() === '' ? undefined : name.trim();
  const clauses = values.map(({ value, line: at }) => oneValue({ field, line: at, names }, value, placeholders));
  const clause = names.includes('all') ? all(clauses) : any(clauses);
  return names.includes('neq') ? not(clause) : clause;
}

function oneValue(chain: Chain, value: Plain, placeholders: Placeholders): Clause {
  const { names, field, line } = chain;
  const test = (rest: Partial<Test> & Pick<Test, 'kind'>): Clause => ({
    kind: 'test',
    test: { field, line, ...rest } as Test,
  });
  const has = (name: string): boolean => names.includes(name);
  const comparison = names.find((name) => name in comparisons) as keyof typeof comparisons | undefined;
  const part = timeParts.find(has);
  if (part !== undefined) {
    const operator = comparison === undefined ? '==' : comparisons[comparison];
    return test({ kind: 'time', part, test: { operator, number: numberOf(value, line) } });
  }
  if (comparison !== undefined)
    return test({ kind: 'compare', operator: comparisons[comparison], number: numberOf(value, line) });
  if (has('exists')) {
    if (typeof value !== 'boolean') throw new SigmaError(line, '`exists` takes true or false');
    return value ? test({ kind: 'exists' }) : not(test({ kind: 'exists' }));
  }
  if (has('fieldref')) {
    const how: FieldComparison = affixes.find(has) ?? 'equals';
    return test({ kind: 'field', other: asText(value, line), how, cased: has('cased') });
  }
  if (has('cidr')) return test({ kind: 'cidr', range: rangeOf(asText(value, line), line) });
  if (has('re')) return regexClause(chain, asText(value, line));
  const cased = has('cased');
  if (!names.some((name) => transformations.has(name))) {
    if (value === null || value === '') return test({ kind: 'empty' });
    if (typeof value === 'number') return test({ kind: 'number', number: value });
    return test({ kind: 'like', pattern: patternOf(String(value)), cased });
  }
  if (value === null) throw new SigmaError(line, `\`${names.join('|')}\` needs a value`);
  const patterns = transformed(chain, asText(value, line), placeholders);
  // What base64 has made distinguishes case, whether said or not; Sigma's backends ask without, and so do we.
  return any(patterns.map((pattern) => test({ kind: 'like', pattern, cased })));
}

function regexClause({ field, names, line }: Chain, source: string): Clause {
  const flags = [...new Set(names.flatMap((name) => regexFlags[name] ?? []))].join('');
  const regexes = re2Of(source, flags);
  if (typeof regexes === 'string') throw new SigmaError(line, regexes);
  const test = (regex: string): Clause => ({ kind: 'test', test: { kind: 'regex', field, line, regex } });
  return all([...regexes.must.map(test), ...regexes.never.map((regex) => not(test(regex)))]);
}

/** A text on its way through the modifiers; `bytes` when they have made bytes of it. */
interface Travelling {
  readonly pattern: Pattern;
  readonly bytes?: Buffer;
}

function transformed({ names, line }: Chain, text: string, placeholders: Placeholders): readonly Pattern[] {
  const start = names.includes('expand') ? expanded(text, placeholders, line) : [patternOf(text)];
  let now: readonly Travelling[] = start.map((pattern) => ({ pattern }));
  for (const name of names) now = now.flatMap((one) => step(name, one, line));
  return now.map(({ pattern, bytes }) => (bytes === undefined ? pattern : [bytes.toString('utf8')]));
}

function step(name: string, one: Travelling, line: number): readonly Travelling[] {
  const { pattern } = one;
  switch (name) {
    case 'contains':
      return [{ pattern: containing(pattern) }];
    case 'startswith':
      return [{ pattern: endingWithAnything(pattern) }];
    case 'endswith':
      return [{ pattern: startingWithAnything(pattern) }];
    case 'windash':
      return [{ pattern: withAnyDash(pattern) }];
    case 'wide':
    case 'utf16le':
      return [bytesAs(utf16(literal(one, name, line)))];
    case 'utf16be':
      return [bytesAs(utf16(literal(one, name, line), { bigEndian: true }))];
    case 'utf16':
      return [bytesAs(utf16(literal(one, name, line), { mark: true }))];
    case 'base64':
      return [{ pattern: [bytesOf(one, name, line).toString('base64')] }];
    case 'base64offset':
      return base64Anywhere(bytesOf(one, name, line)).map((encoded) => ({ pattern: [encoded] }));
    default:
      return [one];
  }
}

const bytesAs = (bytes: Buffer): Travelling => ({ pattern: [], bytes });
const bytesOf = (one: Travelling, name: string, line: number): Buffer =>
  one.bytes ?? Buffer.from(literal(one, name, line), 'utf8');

function literal({ pattern }: Travelling, name: string, line: number): string {
  const text = literalOf(pattern);
  if (text === undefined) throw new SigmaError(line, `\`${name}\` takes no wildcards`);
  return text;
}

/** Each value of the placeholders in a text. A value of a placeholder is plain text but for `*` at its ends. */
function expanded(text: string, placeholders: Placeholders, line: number): readonly Pattern[] {
  let texts: readonly string[] = [text];
  for (let name = placeholder.exec(text)?.[1]; name !== undefined; name = placeholder.exec(texts[0] ?? '')?.[1]) {
    const values = placeholders.get(name);
    if (!values || values.length === 0)
      throw new SigmaError(line, `the placeholder \`%${name}%\` has no values: say them in placeholders.yml`);
    texts = texts.flatMap((one) => values.map((value) => one.replace(`%${name}%`, () => value.replaceAll('%', ''))));
    if (texts.length > expandedMax) throw new SigmaError(line, `placeholders give more than ${expandedMax} values`);
  }
  return texts.map(patternOf);
}

function numberOf(value: Plain, line: number): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new SigmaError(line, `expected a number, not \`${String(value)}\``);
}

function asText(value: Plain, line: number): string {
  if (value === null) throw new SigmaError(line, 'expected a value');
  return String(value);
}

function rangeOf(text: string, line: number): string {
  const range = text.trim();
  if (/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/.test(range) || /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*\/\d{1,3}$/.test(range))
    return range;
  // An address alone is a range of one.
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(range)) return `${range}/32`;
  if (/^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/.test(range)) return `${range}/128`;
  throw new SigmaError(line, `\`${text}\` is no range of addresses`);
}
