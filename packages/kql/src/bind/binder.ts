import { KqlError, type OwnCode, type Span } from '../errors.ts';
import { rowNumber, runCounter } from '../functions/index.ts';
import { castFunction } from '../functions/conversions.ts';
import { pathFunction, pathTextFunction } from '../functions/operators.ts';
import type { ScalarFunction } from '../functions/registry.ts';
import { splitPart } from '../functions/strings.ts';
import { operators, sources } from '../operators/index.ts';
import { columnOf, literal, type Expr, type Field, type Rel } from '../plan/plan.ts';
import type { Column, KqlCatalogue, KqlType, TableSchema, Visualization } from '../types.ts';
import { arity, builtIn } from './built-in.ts';
import { scoped } from './datetime-scope.ts';
import { accessOf, childEnv, lookUp, type Binding, type Env } from './env.ts';
import { bindExpression } from './expressions.ts';
import './graph-types.ts';
import { HostResolver } from './host.ts';
import { child, childOrNone, elements, kindOf, nameOf, SymbolKind, textOf, type SyntaxNode } from './kusto.ts';
import { parameterValue, type QueryParameters } from './parameters.ts';
import { patternCall, type Pattern } from './patterns.ts';
import type { Place } from './place.ts';
import { databaseName, foreignPlace } from './places.ts';
import { inferredNames, type PluginColumns, type PluginSite, type ToldColumn } from './plugins.ts';
import { ColumnsKnown, type AnswerProbe, type ProbeRows } from './probe.ts';
import { bindStatement, type ResultTable } from './statements.ts';
import { withBody } from './stored.ts';
import { writtenText } from './written.ts';

/** Deep nesting of calls is refused before it overflows the stack of the binder or the engine's parser. */
const maxDepth = 200;

/** Bound syntax → plan, for one compilation. */
export class Binder {
  readonly #tables: ReadonlyMap<string, TableSchema>;
  readonly root: Env = childEnv(undefined);
  visualization: Visualization | undefined;
  /** Set by `set query_now`, in ticks since 0001-01-01. */
  now: bigint | undefined;
  /** Set by `set query_datetimescope_…`: `column`, `from`, `to`. */
  readonly datetimeScope = new Map<string, Expr>();
  /** What other `set` options say that functions read. */
  readonly options = new Map<string, Expr>();
  /** Set by `set query_take_max_records`. */
  maxRecords: Expr | undefined;
  readonly patterns = new Map<string, Pattern>();
  /** What this workspace is called by `database()`, `cluster()` and aliases. */
  readonly #places: string[];
  readonly #functions: ReadonlySet<string>;
  readonly #parameters: QueryParameters;
  /** Hidden columns that every step must keep apart: `mv-apply` and `partition` run their steps once for each of their values. */
  partitionBy: readonly string[] = [];
  /** The names that `arg_max(…, *)` leaves out: those that the summarize groups by. */
  groupNames: readonly string[] = [];
  readonly rowNumber = rowNumber;
  readonly runCounter = runCounter;
  #hidden = 0;
  #depth = 0;
  // Set while a function's body is bound: its nodes have places in another text, so faults point at the call.
  #callSite: Span | undefined;

  readonly #answer: AnswerProbe;
  readonly #hosts: HostResolver;

  readonly #plugins: { readonly columns: PluginColumns; readonly root: SyntaxNode };
  #inferred: ReadonlyMap<string, KqlType | undefined> | undefined;

  constructor(
    catalogue: KqlCatalogue,
    answer: AnswerProbe,
    plugins: { readonly columns: PluginColumns; readonly root: SyntaxNode },
    parameters: QueryParameters = {},
  ) {
    this.#functions = new Set(catalogue.functions.map((f) => f.name));
    this.placeName = catalogue.names?.[0] ?? databaseName;
    this.#places = [databaseName, ...(catalogue.names ?? [])];
    this.#parameters = parameters;
    this.#tables = new Map(catalogue.tables.map((t) => [t.name, t]));
    this.#answer = answer;
    this.#hosts = new HostResolver(answer);
    this.#plugins = plugins;
  }

  /**
   * Says which columns a plugin gives that the library could not know. Returns when the analysis already stands on them, and else has
   * the text analysed again.
   */
  settle(call: SyntaxNode, columns: readonly Column[]): void {
    const site = this.#site(call);
    const said = (list: readonly ToldColumn[]): string => JSON.stringify(list.map((c) => [c.name, c.type]));
    if (site.told && said(site.told) === said(columns)) return;
    if (site.told || this.#plugins.columns.disagrees(site, said(columns)))
      return this.fail(
        'UnsupportedExpression',
        `${textOf(call)} gives other columns at each call of the function that it stands in: state them, (…) : (*, Name:type, …)`,
        call,
      );
    throw new ColumnsKnown(site.key, columns);
  }

  /**
   * The columns of a plugin over no data beside those that are `known`: the names that the query takes for columns, of the types that it
   * needs them to be. The real engine refuses such names then; a rule must not fail because nothing happened.
   */
  openColumns(call: SyntaxNode, known: readonly Column[]): readonly Column[] {
    const site = this.#site(call);
    const wanted = (this.#inferred ??= inferredNames(this.#plugins.root));
    if (!site.told) {
      const names = [...wanted.keys()].filter((name) => !known.some((k) => k.name === name));
      const open = names.map((name) => ({ name, type: wanted.get(name) ?? ('unknown' as const) }));
      const own = known.map((k) => (site.untyped.has(k.name) ? { ...k, type: 'unknown' as const } : k));
      throw new ColumnsKnown(site.key, [...own, ...open]);
    }
    return site.told
      .filter((c) => !known.some((k) => k.name === c.name))
      .map(({ name, type }) => ({ name, type: type === 'unknown' ? 'dynamic' : type }));
  }
  #site(call: SyntaxNode): PluginSite {
    const site = this.#plugins.columns.site(call);
    return site ?? this.fail('UnsupportedExpression', 'the columns of this call cannot be told; state them', call);
  }

  /**
   * The rows of a relation, asked of the engine before the query is compiled to its end: columns that only the data knows
   * (`bag_unpack`, `pivot`), and functions that run outside of the engine over the distinct values of their arguments. At most
   * `maxRows` rows; more fail the query. `what` says to a caller that cannot ask (`compile`) what must be written instead.
   */
  probe(rel: Rel, maxRows: number, what: string, node: SyntaxNode): ProbeRows {
    const rows = this.#answer(this.#hosts.rel(rel), maxRows, what, this.span(node), this.now);
    if (rows.length > maxRows) return this.fail('TooComplex', `${what}: more than ${maxRows} values`, node);
    return rows;
  }

  /** A fresh hidden name. */
  hidden(purpose: string): string {
    return `$$${purpose}${++this.#hidden}`;
  }

  span(node: SyntaxNode): Span {
    return this.#callSite ?? { start: node.TextStart, end: node.End };
  }
  fail(code: OwnCode, message: string, node: SyntaxNode): never {
    throw new KqlError(code, message, this.span(node));
  }

  #deeper<T>(node: SyntaxNode, work: () => T): T {
    if (++this.#depth > maxDepth) this.fail('TooComplex', `nested more than ${maxDepth} deep`, node);
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  readonly #serialized = new WeakSet<Rel>();
  /** Marks rows as standing in an order that window functions may follow. */
  serialized(rel: Rel): Rel {
    const marked = { ...rel };
    this.#serialized.add(marked);
    return marked;
  }
  isSerialized(rel: Rel): boolean {
    if (this.#serialized.has(rel)) return true;
    const passes =
      rel.kind === 'filter' ||
      rel.kind === 'project' ||
      rel.kind === 'window' ||
      rel.kind === 'limit' ||
      rel.kind === 'unnest';
    return passes && this.isSerialized(rel.input);
  }

  /** Binds with rows kept apart by these hidden columns. */
  partitioned<T>(columns: readonly string[], work: () => T): T {
    const outer = this.partitionBy;
    this.partitionBy = [...outer, ...columns];
    try {
      return work();
    } finally {
      this.partitionBy = outer;
    }
  }
  /** Columns that the library sees in tables without rows: null wherever they are named. */
  readonly unseen = new Map<string, KqlType>();
  /** Columns that the library counts and no row has: see `presentColumns`. */
  readonly filledAgain = new Set<string>();
  /** The value of the key that `partition by Key { … }` is bound for: `toscalar(Key)`. */
  readonly keys = new Map<string, Expr>();
  withKey<T>(name: string, value: Expr, work: () => T): T {
    const outer = this.keys.get(name);
    this.keys.set(name, value);
    try {
      return work();
    } finally {
      if (outer) this.keys.set(name, outer);
      else this.keys.delete(name);
    }
  }
  /** Binds a table that stands by itself inside such steps. */
  apart<T>(work: () => T): T {
    const outer = this.partitionBy;
    this.partitionBy = [];
    try {
      return work();
    } finally {
      this.partitionBy = outer;
    }
  }

  // ——— statements ———

  /** The tables of the answer, in order: one or more. */
  query(root: SyntaxNode): ResultTable[] {
    const tables = elements(root, 'Statements').flatMap((s) => bindStatement(s, this.root, this));
    if (!tables.length) throw new KqlError('NoTable', 'the query has no tabular expression', this.span(root));
    return tables.map((t) => ({ ...t, rel: this.#hosts.rel(atMost(t.rel, this.maxRecords)) }));
  }
  /** The `render` that was bound last, once. */
  takeVisualization(): Visualization | undefined {
    const { visualization } = this;
    this.visualization = undefined;
    return visualization;
  }
  /** The value that the caller gives for a query parameter. */
  parameter(name: string, type: KqlType, node: SyntaxNode): Expr | undefined {
    const text = Object.hasOwn(this.#parameters, name) ? this.#parameters[name] : undefined;
    if (text === undefined) return undefined;
    return (
      parameterValue(text, type) ??
      this.fail('InvalidArgument', `the value given for the query parameter ${name} is no ${type}`, node)
    );
  }

  /**
   * Binds KQL of the compiler's own over these tables and values: what a plugin does, said in KQL. Faults point at `node`. The text
   * reads the tables by name, and the values as variables; it has no other names.
   */
  written(text: string, tables: ReadonlyMap<string, Rel>, values: ReadonlyMap<string, Expr>, node: SyntaxNode): Rel {
    const root = writtenText(text, tables, values);
    const env = childEnv(undefined);
    for (const [name, rel] of tables) env.names.set(name, { kind: 'rel', rel });
    for (const [name, expr] of values) env.names.set(name, { kind: 'expr', expr });
    const outer = this.#callSite;
    this.#callSite = this.span(node);
    try {
      let result: Rel | undefined;
      for (const statement of elements(root, 'Statements'))
        if (kindOf(statement) !== 'QueryParametersStatement')
          result = bindStatement(statement, env, this)[0]?.rel ?? result;
      if (!result) throw new Error('written KQL has no table');
      return result;
    } finally {
      this.#callSite = outer;
    }
  }

  // ——— relations ———

  rel(node: SyntaxNode, env: Env): Rel {
    return this.#deeper(node, () => this.#rel(node, env));
  }

  #rel(node: SyntaxNode, env: Env): Rel {
    const kind = kindOf(node);
    switch (kind) {
      case 'PipeExpression': {
        const input = this.rel(child(node, 'Expression'), env);
        return this.operator(child(node, 'Operator'), input, env);
      }
      case 'ParenthesizedExpression':
        return this.rel(child(node, 'Expression'), env);
      case 'MaterializeExpression':
        return { ...this.rel(child(node, 'Expression'), env), once: true };
      case 'NameReference':
        return this.#named(node, env);
      case 'PathExpression':
        return this.#symbol(node, child(node, 'Selector'), env);
      case 'FunctionCallExpression':
        return this.#tableCall(node, env);
      case 'FunctionDeclaration':
        return this.#body(child(node, 'Body'), childEnv(env));
      default: {
        const source = sources.get(kind);
        if (source) return source(node, env, this);
        // An operator alone inside mv-apply or a toscalar stands on no input.
        return this.fail('UnsupportedOperator', `${describe(kind)} is not supported as a table`, node);
      }
    }
  }

  /** Applies one query operator to its input. */
  operator(node: SyntaxNode, input: Rel, env: Env): Rel {
    const bind = operators.get(kindOf(node));
    if (!bind) this.fail('UnsupportedOperator', `${describe(kindOf(node))} is not supported`, node);
    return bind(node, input, env, this);
  }

  #named(node: SyntaxNode, env: Env): Rel {
    const found = lookUp(env, nameOf(node));
    if (found) return this.#bindingRel(found, nameOf(node), node);
    return this.#symbol(node, node, env);
  }

  /** Whether the name of a table or of a function means anything: `union isfuzzy=true` passes over those that do not. */
  knows(node: SyntaxNode, env: Env): boolean {
    const kind = kindOf(node);
    if (kind !== 'NameReference' && kind !== 'FunctionCallExpression') return true;
    const name = kind === 'NameReference' ? nameOf(node) : nameOf(child(node, 'Name'));
    const symbol = node.ReferencedSymbol ?? childOrNone(node, 'Name')?.ReferencedSymbol;
    return (
      lookUp(env, name) !== undefined ||
      (symbol !== null && symbol !== undefined) ||
      /Wildcarded/.test(kindOf(child(node, 'Name')))
    );
  }

  #bindingRel({ binding, env }: { binding: Binding; env: Env }, name: string, node: SyntaxNode): Rel {
    if (binding.kind === 'rel') return binding.rel;
    if (binding.kind === 'expr')
      return this.fail('InvalidArgument', `${name} is a value where a table is needed`, node);
    const rel = this.rel(binding.node, binding.env);
    env.names.set(name, { kind: 'rel', rel, ...(binding.view ? { view: true } : {}) });
    return rel;
  }

  /** The `let` views in scope, inner ones first. */
  views(env: Env): string[] {
    const found = new Map<string, boolean>();
    for (let e: Env | undefined = env; e; e = e.parent)
      for (const [name, binding] of e.names) if (!found.has(name)) found.set(name, binding.view === true);
    return [...found].filter(([, isView]) => isView).map(([name]) => name);
  }
  isView(name: string, env: Env): boolean {
    return lookUp(env, name)?.binding.view === true;
  }
  view(name: string, env: Env, node: SyntaxNode): Rel {
    const found = lookUp(env, name);
    return found ? this.#bindingRel(found, name, node) : this.fail('InvalidArgument', `${name} is no view here`, node);
  }
  /** Whether `restrict access to` leaves a table visible. */
  mayRead(table: string, env: Env): boolean {
    return accessOf(env)?.tables.has(table) ?? true;
  }
  get functionNames(): ReadonlySet<string> {
    return this.#functions;
  }
  /** Refuses a `cluster()`, `database()` or name of one that is not this workspace. */
  ownPlace(node: SyntaxNode): void {
    const wrong = foreignPlace(node, this.#places);
    if (wrong) this.fail('InvalidArgument', wrong, node);
  }
  /** What this workspace calls itself. */
  readonly placeName: string;
  /** A further name of this workspace. */
  alias(name: string): void {
    this.#places.push(name);
  }

  #symbol(node: SyntaxNode, selector: SyntaxNode, env: Env): Rel {
    const pattern = patternCall(node, this);
    if (pattern) return pattern;
    if (kindOf(node) === 'PathExpression') this.ownPlace(child(node, 'Expression'));
    const symbol = selector.ReferencedSymbol ?? node.ReferencedSymbol;
    if (symbol?.Kind === SymbolKind.table) return this.#readable(symbol.Name, node, env);
    if (kindOf(selector) === 'FunctionCallExpression') return this.#tableCall(selector, env);
    if (symbol?.Kind === SymbolKind.function) return this.#call(selector, [], env);
    return this.fail('UnsupportedExpression', `${textOf(node)} is not a table known here`, node);
  }

  #readable(name: string, node: SyntaxNode, env: Env): Rel {
    if (!this.mayRead(name, env))
      return this.fail('InvalidArgument', `the table ${name} is not among those that this query may read`, node);
    return this.table(name, node);
  }

  /** A read of a base table. */
  table(name: string, node: SyntaxNode): Rel {
    const table = this.#tables.get(name);
    if (!table) return this.fail('UnsupportedExpression', `the table ${name} is not in the catalogue`, node);
    // `ingestion_time()` reads a column that KQL does not name.
    const fields: Field[] = [...table.columns, { name: '$$ingestion_time', type: 'datetime' }];
    return scoped({ kind: 'read', table, fields, order: [] }, this.datetimeScope, node, this);
  }
  get tables(): ReadonlyMap<string, TableSchema> {
    return this.#tables;
  }

  #tableCall(node: SyntaxNode, env: Env): Rel {
    const name = nameOf(child(node, 'Name'));
    const args = elements(child(node, 'ArgumentList'), 'Expressions');
    if (name === 'table') return this.#tableByName(args[0], node, env);
    const pattern = patternCall(node, this);
    if (pattern) return pattern;
    if (name === 'materialize' && args[0]) return { ...this.rel(args[0], env), once: true };
    if (name === 'materialize' || name === 'view')
      return args[0] ? this.rel(args[0], env) : this.fail('InvalidArgument', `${name} needs a table`, node);
    return this.#call(node, args, env);
  }
  #tableByName(arg: SyntaxNode | undefined, node: SyntaxNode, env: Env): Rel {
    const value = arg && this.expr(arg, { env });
    if (value?.kind !== 'literal' || typeof value.value !== 'string')
      return this.fail('UnsupportedExpression', 'table() needs a constant name', node);
    const found = lookUp(env, value.value);
    return found ? this.#bindingRel(found, value.value, node) : this.#readable(value.value, node, env);
  }

  // ——— calls of let and stored functions ———

  #call(node: SyntaxNode, args: readonly SyntaxNode[], env: Env, first?: Rel): Rel {
    return this.withBody(node, args, { env }, first, (body, scope) => this.#body(body, scope));
  }

  /** Binds a table-valued call with its first table given (`invoke`). */
  invoke(node: SyntaxNode, first: Rel, env: Env): Rel {
    return this.#call(node, elements(child(node, 'ArgumentList'), 'Expressions'), env, first);
  }

  /** Binds the arguments of a call and its body, in the body's own scope. */
  withBody<T>(
    node: SyntaxNode,
    args: readonly SyntaxNode[],
    place: Place,
    first: Rel | undefined,
    bind: (body: SyntaxNode, env: Env) => T,
  ): T {
    return withBody(this, node, args, place, first, bind);
  }
  /** Binds what has places in another text: faults point at the call. */
  atCall<T>(node: SyntaxNode, work: () => T): T {
    const outer = this.#callSite;
    this.#callSite = this.span(node);
    try {
      return this.#deeper(node, work);
    } finally {
      this.#callSite = outer;
    }
  }

  /** Binds a body of `let`s and an expression in a scope of its own. */
  body(body: SyntaxNode, env: Env): Rel {
    return this.#deeper(body, () => this.#body(body, childEnv(env)));
  }
  #body(body: SyntaxNode, env: Env): Rel {
    return this.rel(this.statementsOf(body, env), env);
  }
  /** Takes a body's `let`s into the scope; answers its expression. */
  statementsOf(body: SyntaxNode, env: Env): SyntaxNode {
    if (kindOf(body) !== 'FunctionBody') return body;
    for (const statement of elements(body, 'Statements'))
      if (bindStatement(statement, env, this).length)
        this.fail('InvalidArgument', 'a function gives the table of its last expression only', statement);
    const expression = childOrNone(body, 'Expression');
    if (!expression) return this.fail('UnsupportedExpression', 'the function has no expression', body);
    return expression;
  }

  // ——— expressions ———

  expr(node: SyntaxNode, place: Place): Expr {
    return this.#deeper(node, () => bindExpression(node, place, this));
  }

  /** What a name that is no column stands for, as a value. */
  variable(name: string, place: Place): Expr | undefined {
    const found = lookUp(place.env, name);
    if (!found) return undefined;
    const { binding } = found;
    if (binding.kind === 'expr') return binding.expr;
    if (binding.kind === 'rel') return undefined;
    if (kindOf(binding.node) === 'FunctionDeclaration') return undefined;
    const expr = this.expr(binding.node, { env: binding.env });
    found.env.names.set(name, { kind: 'expr', expr });
    return expr;
  }

  /** A call of a built-in. */
  builtIn(name: string, given: readonly Expr[], type: KqlType, node: SyntaxNode, place: Place): Expr {
    return builtIn(this, name, given, type, node, place);
  }
  call(fn: ScalarFunction, args: readonly Expr[], type: KqlType, node: SyntaxNode): Expr {
    arity(this, fn, args, node);
    return { kind: 'call', fn, args, type, span: this.span(node) };
  }
  /** A member of a bag. */
  member(expr: Expr, name: string, node: SyntaxNode): Expr {
    return this.call(pathFunction, [expr, literal('string', name)], 'dynamic', node);
  }
  /** An element of a dynamic array. */
  element(expr: Expr, index: number, node: SyntaxNode): Expr {
    return this.call(pathFunction, [expr, literal('long', BigInt(index))], 'dynamic', node);
  }
  /** The value as another type. */
  cast(expr: Expr, type: KqlType, node: SyntaxNode): Expr {
    if (expr.type === type) return expr;
    if (expr.kind === 'literal' && expr.value === null) return literal(type, null);
    if (type === 'string' && expr.kind === 'call' && expr.fn === pathFunction) {
      const [of, index, ...more] = expr.args;
      if (isSplit(of) && index?.kind === 'literal' && typeof index.value === 'bigint' && !more.length)
        return { ...expr, fn: splitPart, args: [...of.args, index], type };
      return { ...expr, fn: pathTextFunction, type };
    }
    return { kind: 'call', fn: castFunction(type), args: [expr], type, span: this.span(node) };
  }
}

const isSplit = (expr: Expr | undefined): expr is Extract<Expr, { kind: 'call' }> =>
  expr?.kind === 'call' && expr.fn.name === 'split' && expr.args.length === 2;

const atMost = (rel: Rel, count: Expr | undefined): Rel =>
  count ? { kind: 'limit', input: rel, count, by: [], fields: rel.fields, order: rel.order } : rel;

/** `JoinOperator` as a person says it: `join`. */
const describe = (kind: string): string =>
  kind
    .replace(/(Operator|Expression)$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
    .toLowerCase();

export { columnOf };
