import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns, typeOfNode } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { cuttable, patternGroup, patternNumber, patternTest, patternValue, type Piece } from '../functions/pieces.ts';
import { regexQuote } from '../functions/terms.ts';
import { columnOf, literal, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { fieldOf, parametersOf, passAll, presentColumns, projectTo, typed, type OperatorBinder } from './shared.ts';

/** parse, parse-where, parse-kv. */

/** All others are read without the white space around them, or take none. */
const untrimmed: ReadonlySet<KqlType> = new Set(['string', 'dynamic', 'int', 'long', 'real']);

interface Captured {
  readonly name: string;
  readonly type: KqlType;
}
/** A value that is not of its type fails the row. */
const decides = ({ type }: Captured): boolean => type !== 'string' && type !== 'dynamic';

interface Pattern {
  readonly regex: string;
  readonly columns: readonly Captured[];
  /** Where it may be cut at its texts. */
  readonly pieces: readonly Piece[] | undefined;
}

const typedPattern: Partial<Record<KqlType, string>> = {
  long: '\\s*([-+]?\\d+)',
  int: '\\s*([-+]?\\d+)',
  real: '\\s*([-+]?\\d*\\.?\\d+(?:[eE][-+]?\\d+)?)',
};
const numberPiece: Partial<Record<KqlType, 'whole' | 'real'>> = { long: 'whole', int: 'whole', real: 'real' };

/** The operator's pattern as one RE2 expression, anchored at the start. */
function patternOf(node: SyntaxNode, mode: string, flags: string, b: Binder): Pattern {
  const parts = elements(node, 'Patterns');
  const columns: Captured[] = [];
  const pieces: Piece[] = [];
  let regex = '';
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    switch (kindOf(part)) {
      case 'StarExpression':
        regex += last || mode === 'regex' ? '.*' : '.*?';
        pieces.push({ group: 0 });
        break;
      case 'StringLiteralExpression':
      case 'CompoundStringLiteralExpression': {
        const text = String(part.LiteralValue);
        pieces.push({ text });
        regex += mode === 'regex' ? `(?:${text.replaceAll(/\((?!\?)/g, '(?:')})` : regexQuote(text);
        break;
      }
      case 'NameDeclaration':
        columns.push({ name: nameOf(part), type: 'string' });
        pieces.push({ group: columns.length });
        regex += last || mode === 'regex' ? '(.*)' : '(.*?)';
        break;
      case 'NameAndTypeDeclaration': {
        const type = typeOfNode(child(part, 'Type'));
        columns.push({ name: nameOf(child(part, 'Name')), type });
        const own = typedPattern[type];
        const number = numberPiece[type];
        pieces.push({ group: columns.length, ...(number ? { number } : {}) });
        // Relaxed: a value of its type ends where it does; one that is none is null, and runs on to what follows.
        regex +=
          (mode === 'relaxed' ? own?.replace(/\)$/, last ? '|.*)' : '|.*?)') : own) ??
          (last || mode === 'regex' ? '(.*)' : '(.*?)');
        break;
      }
      default:
        b.fail('UnsupportedExpression', `${textOf(part)} is not a part of a parse pattern`, part);
    }
  });
  const known = [...new Set(flags.replaceAll(/[^imsU]/g, ''))].join('');
  const tail = kindOf(parts.at(-1) ?? node) === 'StringLiteralExpression' && mode !== 'regex' ? '' : '$';
  const mustEnd = tail !== '' && 'text' in (pieces.at(-1) ?? {});
  const simple = mode === 'simple' || (mode === 'relaxed' && pieces.every((p) => !('number' in p)));
  return {
    regex: `(?${mode === 'regex' ? known || 's' : 's'})^${regex}${tail}`,
    columns,
    pieces: simple && !mustEnd ? cuttable(pieces, columns.filter(decides).length) : undefined,
  };
}

interface Parsed {
  readonly items: readonly NamedExpr[];
  readonly matches: Expr;
}
function bindParse(node: SyntaxNode, input: Rel, env: Env, b: Binder): Parsed {
  const parameters = parametersOf(node);
  const mode = parameters.text('kind') ?? 'simple';
  if (!['simple', 'relaxed', 'regex'].includes(mode))
    return b.fail('InvalidArgument', `parse kind=${mode} is not known`, node);
  const { regex, columns, pieces } = patternOf(node, mode, parameters.text('flags') ?? '', b);
  const source = b.cast(b.expr(child(node, 'Expression'), { env, input }), 'string', node);
  const pattern = literal('string', regex);
  const group = (i: number): Expr => b.call(patternGroup(i + 1, pieces), [source, pattern], 'string', node);
  const trimmed = (i: number): Expr =>
    b.builtIn('trim', [literal('string', String.raw`\s+`), group(i)], 'string', node, { env });
  const valueOf = (type: KqlType, i: number): Expr => {
    // Their regular expression takes nothing but a number.
    if (mode === 'simple' && (type === 'int' || type === 'long' || type === 'real'))
      return b.call(patternNumber(type), [group(i)], type, node);
    return b.cast(untrimmed.has(type) ? group(i) : trimmed(i), type, node);
  };
  const values = columns.map((c, i) => ({ ...c, expr: valueOf(c.type, i) }));
  const tested = values.filter((v) => decides(v) && mode !== 'relaxed');
  const tests = tested.map((v) => b.builtIn('isnotnull', [v.expr], 'bool', node, { env }));
  // Where the pattern does not match, every group is '', and no value of another type than text comes of that.
  const [first = b.call(patternTest(pieces), [source, pattern], 'bool', node), ...others] = tests;
  const matches = others.reduce((all, t) => b.builtIn('$and', [all, t], 'bool', node, { env }), first);
  // In simple and regex mode one value that is not of its type fails the whole row.
  const items = values.map((v) => {
    const fits = tested.every((t) => t === v);
    return { name: v.name, expr: fits ? v.expr : b.call(patternValue, [matches, v.expr], v.type, node) };
  });
  return { items, matches };
}
function withParsed(input: Rel, items: readonly NamedExpr[], node: SyntaxNode, b: Binder): Rel {
  const columns = resultColumns(node);
  const kept = passAll(input);
  const all = presentColumns(columns, { ...input, fields: [...input.fields, ...items.map(fieldOf)] }, b, true).map(
    (c) => items.findLast((i) => i.name === c.name) ?? kept.find((k) => k.name === c.name)!,
  );
  return projectTo(input, typed(all, columns, b, node), b);
}

export const parse: OperatorBinder = (node, input, env, b) =>
  withParsed(input, bindParse(node, input, env, b).items, node, b);
export const parseWhere: OperatorBinder = (node, input, env, b) => {
  const { items, matches } = bindParse(node, input, env, b);
  const filtered: Rel = { kind: 'filter', input, predicate: matches, fields: input.fields, order: input.order };
  return withParsed(filtered, items, node, b);
};

/** What `with (…)` says; `quote` may stand there again and again. */
interface KvOptions {
  readonly pair: string | undefined;
  readonly kv: string | undefined;
  readonly regex: string | undefined;
  readonly escape: string | undefined;
  readonly greedy: boolean;
  readonly quotes: readonly { readonly open: string; readonly close: string }[];
}
function kvOptions(node: SyntaxNode, b: Binder): KvOptions {
  const clause = childOrNone(node, 'WithClause');
  const stated = (clause ? elements(clause, 'Properties') : []).map((p) => {
    const value = child(p, 'Expression');
    const text = typeof value.LiteralValue === 'string' ? value.LiteralValue : textOf(value);
    return { name: nameOf(child(p, 'Name')), text, node: value };
  });
  const last = (name: string): (typeof stated)[number] | undefined => stated.findLast((s) => s.name === name);
  const regex = last('regex');
  if (regex && captures(regex.text) !== 2)
    return b.fail('InvalidArgument', 'the expression needs two groups: one of the key, one of its value', regex.node);
  return {
    pair: last('pair_delimiter')?.text,
    kv: last('kv_delimiter')?.text,
    regex: regex?.text,
    escape: last('escape')?.text,
    greedy: last('greedy')?.text === 'true',
    quotes: stated
      .filter((s) => s.name === 'quote' && s.text !== '')
      .map(({ text }) => ({ open: text[0]!, close: text[1] ?? text[0]! })),
  };
}
const opening = String.raw`\((?:\?P?<\w+>|(?!\?))`;
/** How many groups an expression has, apart from those that capture nothing. */
const captures = (regex: string): number =>
  regex.replaceAll(/\\.|\[\^?\]?[^\]]*\]/gs, '').match(new RegExp(opening, 'g'))?.length ?? 0;

export const parseKv: OperatorBinder = (node, input, env, b) => {
  const options = kvOptions(node, b);
  const source = b.cast(b.expr(child(node, 'Expression'), { env, input }), 'string', node);
  const items = elements(child(node, 'Keys'), 'Columns').map((c) => {
    const name = nameOf(child(c, 'Name'));
    const type = typeOfNode(child(c, 'Type'));
    const text = (s: string): Expr => literal('string', s);
    const cut = cutAt(name, options);
    const value = cut
      ? b.builtIn('$kvCut', [source, text(name), text(cut.pair), text(cut.kv)], 'string', node, { env })
      : b.builtIn('$kv', [source, text(keyPattern(name, options)), text(options.escape ?? '')], 'string', node, {
          env,
        });
    return { name, expr: b.cast(value, type, node) };
  });
  return withParsed(input, items, node, b);
};
/**
 * The delimiters, where cutting at them gives what the key's pattern would: no quotes, no white space in between that belongs to a delimiter and to a value, and
 * no delimiter within a key or another delimiter.
 */
function cutAt(key: string, options: KvOptions): { pair: string; kv: string } | undefined {
  const { pair = '', kv = '=', regex, quotes, escape, greedy } = options;
  if (regex !== undefined || quotes.length || escape !== undefined || greedy) return undefined;
  if (pair === '' || kv === '' || /\s/.test(pair + kv)) return undefined;
  return new Set(pair + kv).size === new Set(pair).size + new Set(kv).size &&
    !Array.from(pair + kv).some((c) => key.includes(c))
    ? { pair, kv }
    : undefined;
}
/** One key's value: the last group when bare, one before it when quoted. */
function keyPattern(key: string, options: KvOptions): string {
  const q = regexQuote;
  const { pair, kv = '=', regex, quotes, escape } = options;
  if (regex !== undefined) return `(?s)()${regex.replace(new RegExp(`${opening}[^)]*\\)`), `(?:${q(key)})`)}`;
  const quoted = quotes
    .map(({ open, close }) =>
      escape === undefined
        ? `${q(open)}((?:[^${q(close)}])*)${q(close)}|`
        : `${q(open)}((?:[^${q(close)}${q(escape)}]|${q(escape)}.)*)${q(close)}|`,
    )
    .join('');
  if (options.greedy) {
    // A value runs until the next thing that looks like a key.
    const delimiter = pair === undefined ? '\\s' : q(pair);
    return `(?s)(?:^|${delimiter})\\s*${q(key)}\\s*${q(kv)}\\s*(?:${quoted}(.*?))(?:${delimiter}\\s*[^\\s${q(kv)}]+${q(kv)}|$)`;
  }
  const name = `(?:${[...quotes.map(({ open, close }) => q(open) + q(key) + q(close)), q(key)].join('|')})`;
  if (pair === undefined) {
    const word = '\\p{L}\\p{N}_';
    // Without delimiters, all that is no letter and no digit is one.
    const between = options.kv === undefined ? `[^${word}]+?` : `\\s*${q(kv)}\\s*`;
    return `(?s)(?:^|[^${word}])${name}${between}(?:${quoted}([${word}]+))`;
  }
  const blank = /\s/.test(pair) ? '' : '\\s*';
  return `(?s)(?:^|${q(pair)})\\s*${name}${blank}${q(kv)}\\s*(?:${quoted}(.*?))\\s*(?:${q(pair)}|$)`;
}
export { columnOf };
