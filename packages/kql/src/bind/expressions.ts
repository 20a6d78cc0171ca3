import { aggregateFunctions } from '../functions/index.ts';
import { binaryOperators } from '../functions/operators.ts';
import { KqlError } from '../errors.ts';
import { parseJsonLiteral } from './json.ts';
import { columnOf, literal, type Expr, type FieldType } from '../plan/plan.ts';
import { kqlTypes, type KqlType } from '../types.ts';
import type { Binder } from './binder.ts';
import { path } from './paths.ts';
import type { Bind, Place } from './place.ts';
import { hasSet, inList, isTabular } from './sets.ts';
import { ownCalls } from './calls.ts';
import { typeOfNode, typeOfSymbol, valueType } from './types.ts';
import {
  child,
  childOrNone,
  compoundText,
  elements,
  kindOf,
  nameOf,
  SymbolKind,
  textOf,
  type SyntaxNode,
} from './kusto.ts';
import { literalValue, timeOfDay } from './literals.ts';

const literalTypes: Readonly<Record<string, KqlType>> = {
  BooleanLiteralExpression: 'bool',
  IntLiteralExpression: 'int',
  LongLiteralExpression: 'long',
  RealLiteralExpression: 'real',
  DecimalLiteralExpression: 'decimal',
  DateTimeLiteralExpression: 'datetime',
  TimespanLiteralExpression: 'timespan',
  GuidLiteralExpression: 'guid',
};

const literalExpression: Bind = (node, place, b) => {
  if (/^datetime\s*\(\s*now\s*\)$/i.test(textOf(node))) return b.builtIn('now', [], 'datetime', node, place);
  const value = literalValue(kindOf(node), textOf(node));
  const clock =
    value === undefined && kindOf(node) === 'DateTimeLiteralExpression' ? timeOfDay(textOf(node)) : undefined;
  if (clock !== undefined) return today(clock, node, place, b);
  if (value === undefined) return b.fail('InvalidArgument', `${textOf(node)} is not a valid value`, node);
  // Defaults of parameters are left unbound.
  return literal(node.ResultType ? typeOfSymbol(node.ResultType) : (literalTypes[kindOf(node)] ?? 'dynamic'), value);
};

/** `datetime("5:00 PM")` is a time of today. */
const today = (clock: bigint, node: SyntaxNode, place: Place, b: Binder): Expr => {
  const midnight = b.builtIn('startofday', [b.builtIn('now', [], 'datetime', node, place)], 'datetime', node, place);
  return b.call(binaryOperators.get('AddExpression')!, [midnight, literal('timespan', clock)], 'datetime', node);
};

const stringLiteral: Bind = (node, _place, b) => {
  const value = node.LiteralValue;
  return typeof value === 'string' ? literal('string', value) : b.fail('InvalidArgument', 'not a string', node);
};

const nameReference: Bind = (node, place, b) => {
  const name = nameOf(node);
  const symbol = node.ReferencedSymbol;
  if (symbol?.Kind === SymbolKind.column) {
    const field =
      place.input?.fields.find((f) => f.name === symbol.Name) ??
      place.right?.fields.find((f) => f.name === symbol.Name);
    if (field) return columnOf(field);
    // The library takes a column of several types for one: the row has it under other names, and a `let` may be meant.
    const variable = b.variable(name, place);
    if (variable) return variable;
    // Over very many tables the library leaves out the suffix that tells the types of a column apart.
    const suffixed = place.input?.fields.find((f) => f.name === `${symbol.Name}_${typeOfSymbol(symbol.Type)}`);
    if (suffixed) return columnOf(suffixed);
    const absent =
      (place.absent && absentType(name, place.absent)) ??
      b.unseen.get(symbol.Name) ??
      b.unseen.get(`${symbol.Name}_${typeOfSymbol(symbol.Type)}`);
    if (absent) return literal(absent, null);
    return b.keys.get(name) ?? b.fail('UnsupportedExpression', `the column ${name} cannot be read here`, node);
  }
  const element = place.graph?.name(name, node);
  if (element) return element;
  const value = b.variable(name, place);
  if (value) return value;
  // A column that tables of a search have in several types: the library leaves it open.
  const field = place.absent && place.input?.fields.find((f) => f.name === name);
  if (field) return columnOf(field);
  const absent = place.absent && absentType(name, place.absent);
  if (absent) return literal(absent, null);
  if (symbol?.Kind === SymbolKind.function) return functionCall(node, place, b);
  // What the library's fault of this name was forgiven for decides what becomes of it: a fuzzy union leaves the table out.
  if (!symbol) throw new KqlError('KS142', `the name ${name} does not refer to any known column`, b.span(node));
  return b.fail('UnsupportedExpression', `${name} is not a value that can be used here`, node);
};

/** The type of a column that another table has; of several types, `a_long` and `a_string`, any does: it is null. */
function absentType(name: string, absent: ReadonlyMap<string, FieldType>): KqlType | undefined {
  const type = absent.get(name) ?? kqlTypes.find((t) => absent.has(`${name}_${t}`));
  return type === undefined ? undefined : valueType(type);
}

const functionCall: Bind = (node, place, b) => {
  const isCall = kindOf(node) === 'FunctionCallExpression';
  const name = isCall ? nameOf(child(node, 'Name')) : nameOf(node);
  const args = isCall ? elements(child(node, 'ArgumentList'), 'Expressions') : [];
  if (node.GetCalledFunctionBody?.())
    return b.withBody(node, args, place, undefined, (body, env) =>
      b.expr(b.statementsOf(body, env), place.aggregate ? { ...place, env } : { ...place, env }),
    );
  const ofElement = place.graph?.call(name, node, args, place, b);
  if (ofElement) return ofElement;
  const special = specialCalls[name] ?? ownCalls.get(name);
  return special?.(node, args, place, b) ?? builtInCall(name, node, args, place, b);
};

const builtInCall = (name: string, node: SyntaxNode, args: readonly SyntaxNode[], place: Place, b: Binder): Expr => {
  // The arguments of an aggregate are read row by row: no aggregate stands inside one.
  const { aggregate: _, ...rowPlace } = place;
  const inner = place.aggregate && isAggregateCall(node) ? rowPlace : place;
  return b.builtIn(
    name,
    args.map((a) => b.expr(a, inner)),
    typeOfSymbol(node.ResultType),
    node,
    place,
  );
};
const isAggregateCall = (node: SyntaxNode): boolean =>
  kindOf(node) === 'FunctionCallExpression' && aggregateFunctions.has(nameOf(child(node, 'Name')));

/** Calls that are not simply an entry over their arguments. */
const specialCalls: Readonly<
  Record<string, (node: SyntaxNode, args: readonly SyntaxNode[], place: Place, b: Binder) => Expr | undefined>
> = {
  ingestion_time: (node, _args, place, b) => {
    const field = place.input?.fields.find((f) => f.name === '$$ingestion_time');
    return field ? columnOf(field) : literalNullDatetime(b, node);
  },
  column_ifexists: (node, args, place, b) => {
    const name = args[0] && b.expr(args[0], place);
    if (name?.kind !== 'literal' || typeof name.value !== 'string')
      return b.fail('InvalidArgument', 'column_ifexists() needs a constant name', node);
    const field = place.input?.fields.find((f) => f.name === name.value);
    return field ? columnOf(field) : b.expr(args[1]!, place);
  },
  pack_all: (node, args, place, b) => {
    const fields = (place.input?.fields ?? []).filter((f) => !f.name.startsWith('$$'));
    const pairs = fields.flatMap((f) => [literal('string', f.name), columnOf(f)]);
    const ignoreEmpty = args[0] ? b.expr(args[0], place) : undefined;
    const skip = ignoreEmpty?.kind === 'literal' && ignoreEmpty.value === true;
    return b.builtIn(skip ? '$pack_non_empty' : 'bag_pack', pairs, 'dynamic', node, place);
  },
  case: (node, args, place, b) => {
    const type = typeOfSymbol(node.ResultType);
    const bound = args.map((a, i) => {
      const e = b.expr(a, place);
      return i % 2 === 0 && i < args.length - 1 ? b.cast(e, 'bool', a) : b.cast(e, type, a);
    });
    return b.builtIn('case', bound, type, node, place);
  },
};
for (const name of ['iff', 'iif'])
  (specialCalls as Record<string, (typeof specialCalls)['case']>)[name] = (node, args, place, b) => {
    const [condition, yes, no] = args;
    if (!condition || !yes || !no) return undefined;
    const type = typeOfSymbol(node.ResultType);
    const types = [yes, no].map((n) => typeOfSymbol(n.ResultType));
    // The published binder finds a common type of numbers; the real engine wants one for both.
    if (types.includes('real') && types.some((t) => t === 'int' || t === 'long'))
      return b.fail(
        'InvalidArgument',
        `${name}: a ${types[0]} and a ${types[1]}: make them one type, as with toreal()`,
        node,
      );
    return b.builtIn(
      'iff',
      [
        b.cast(b.expr(condition, place), 'bool', condition),
        b.cast(b.expr(yes, place), type, yes),
        b.cast(b.expr(no, place), type, no),
      ],
      type,
      node,
      place,
    );
  };
(specialCalls as Record<string, (typeof specialCalls)['case']>)['columnifexists'] = specialCalls['column_ifexists']!;
(specialCalls as Record<string, (typeof specialCalls)['case']>)['column_names_of'] = (node, args, place, b) => {
  if (!args[0]) return undefined;
  const names = b
    .rel(args[0], place.env)
    .fields.filter((f) => !f.name.startsWith('$$'))
    .map((f) => f.name);
  return node.ChildCount ? literal('dynamic', JSON.stringify(names)) : undefined;
};
/** Their names. */
export const specialCallNames: ReadonlySet<string> = new Set(Object.keys(specialCalls));
const literalNullDatetime = (_b: Binder, _node: SyntaxNode): Expr => literal('datetime', null);

const binary: Bind = (node, place, b) => {
  if (kindOf(child(node, 'Left')) === 'StarExpression')
    return anyColumn(kindOf(node), child(node, 'Right'), node, place, b);
  const fn = binaryOperators.get(kindOf(node))!;
  const args = [b.expr(child(node, 'Left'), place), b.expr(child(node, 'Right'), place)];
  return b.call(fn, args, fn.result === 'binder' ? typeOfSymbol(node.ResultType) : (fn.result as 'bool'), node);
};

const unary =
  (name: string): Bind =>
  (node, place, b) => {
    const value = b.expr(child(node, 'Expression'), place);
    if (name === '$negate' && value.kind === 'literal' && value.value !== null) {
      if (typeof value.value === 'bigint') return literal(value.type, -value.value);
      if (typeof value.value === 'number') return literal(value.type, -value.value);
    }
    return name === '$plus' ? value : b.builtIn(name, [value], typeOfSymbol(node.ResultType), node, place);
  };

const between =
  (negated: boolean): Bind =>
  (node, place, b) => {
    const couple = child(node, 'Right');
    const value = b.expr(child(node, 'Left'), place);
    const from = b.expr(child(couple, 'First'), place);
    let to = b.expr(child(couple, 'Second'), place);
    // `t between (start .. 1h)` ends that long after its start.
    if (from.type === 'datetime' && to.type === 'timespan')
      to = b.call(binaryOperators.get('AddExpression')!, [from, to], 'datetime', node);
    return b.builtIn(negated ? '$not_between' : '$between', [value, from, to], 'bool', node, place);
  };

const dynamicLiteral: Bind = (node, _place, b) => {
  const inner = childOrNone(node, 'Expression');
  const value = inner && parseJsonLiteral(inner);
  if (value === undefined) return b.fail('InvalidArgument', `${textOf(node)} is not a dynamic value`, node);
  return literal('dynamic', value === 'null' ? null : value);
};

const toScalar: Bind = (node, place, b) => {
  const inner = child(node, 'Expression');
  const key = kindOf(inner) === 'NameReference' ? b.keys.get(nameOf(inner)) : undefined;
  if (key) return key;
  if (!isTabular(inner)) return b.expr(inner, place);
  const rel = b.rel(inner, place.env);
  if (rel.fields.some((f) => b.partitionBy.includes(f.name)))
    return b.fail('UnsupportedExpression', 'toscalar() of the rows that are kept apart here is not supported', node);
  const first = rel.fields.find((f) => !f.name.startsWith('$$'));
  if (!first) return b.fail('InvalidArgument', 'toscalar() of a table without columns', node);
  const one = {
    kind: 'limit',
    input: rel,
    count: literal('long', 1n),
    by: [],
    fields: rel.fields,
    order: rel.order,
  } as const;
  return { kind: 'scalarQuery', rel: one, type: first.type === 'tuple' ? 'dynamic' : first.type };
};

const compoundString: Bind = (node, _place, b) => {
  const text = compoundText(node);
  return text === undefined
    ? b.fail('UnsupportedExpression', 'this form of string is not supported', node)
    : literal('string', text);
};

/** `typeof(long)` as an argument: the type's name. */
const typeOfLiteral: Bind = (node) => literal('string', typeOfNode(elements(node, 'Types')[0] ?? node));

/** `* has "x"`: some column of the row. */
function anyColumn(kind: string, needle: SyntaxNode, node: SyntaxNode, place: Place, b: Binder): Expr {
  const fn = binaryOperators.get(kind)!;
  const value = b.expr(needle, place);
  const tests = (place.input?.fields ?? [])
    .filter((f) => !f.name.startsWith('$$'))
    .map((f) => b.call(fn, [b.cast(columnOf(f), 'string', node), value], 'bool', node));
  // Not to have it is to have it in no column.
  const join = binaryOperators.get(/^(Not|Bang)/.test(kind) ? 'AndExpression' : 'OrExpression')!;
  return tests.length ? tests.reduce((l, r) => b.call(join, [l, r], 'bool', node)) : literal('bool', false);
}

const binders: Readonly<Record<string, Bind>> = {
  ParenthesizedExpression: (node, place, b) => b.expr(child(node, 'Expression'), place),
  SimpleNamedExpression: (node, place, b) => b.expr(child(node, 'Expression'), place),
  BooleanLiteralExpression: literalExpression,
  IntLiteralExpression: literalExpression,
  LongLiteralExpression: literalExpression,
  RealLiteralExpression: literalExpression,
  DecimalLiteralExpression: literalExpression,
  DateTimeLiteralExpression: literalExpression,
  TimespanLiteralExpression: literalExpression,
  GuidLiteralExpression: literalExpression,
  StringLiteralExpression: stringLiteral,
  CompoundStringLiteralExpression: compoundString,
  DynamicExpression: dynamicLiteral,
  NameReference: nameReference,
  FunctionCallExpression: functionCall,
  PathExpression: path,
  ElementExpression: path,
  UnaryMinusExpression: unary('$negate'),
  UnaryPlusExpression: unary('$plus'),
  BetweenExpression: between(false),
  NotBetweenExpression: between(true),
  // The library calls the case-insensitive forms `Cs`.
  InExpression: inList(false, false),
  NotInExpression: inList(false, true),
  InCsExpression: inList(true, false),
  NotInCsExpression: inList(true, true),
  HasAnyExpression: hasSet('$has_any'),
  HasAllExpression: hasSet('$has_all'),
  ToScalarExpression: toScalar,
  TypeOfLiteralExpression: typeOfLiteral,
};

/** One scalar expression. */
export function bindExpression(node: SyntaxNode, place: Place, b: Binder): Expr {
  const kind = kindOf(node);
  const bind = Object.hasOwn(binders, kind) ? binders[kind] : binaryOperators.has(kind) ? binary : undefined;
  if (!bind) return b.fail('UnsupportedExpression', `this expression is not supported: ${textOf(node)}`, node);
  return bind(node, place, b);
}
