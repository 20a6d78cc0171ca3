import { createRequire } from 'node:module';
import { ownFunctions } from '../functions/entities.ts';
import type { KqlCatalogue, KqlType, TableSchema } from '../types.ts';

/**
 * The little of Microsoft's language library that we use, typed by hand: its own declarations are 34,000 lines over a global
 * namespace, where every member may be null.
 */
export interface KustoList<T> {
  readonly Count: number;
  getItem(index: number): T;
}
export interface KustoSymbol {
  readonly Name: string;
  readonly Kind: number;
  readonly Type?: KustoSymbol | null;
  readonly Columns?: KustoList<KustoSymbol> | null;
  /** How a call without a name is called: 7, as its first argument; 8, as its only one. */
  readonly ResultNameKind?: number;
  readonly Signatures?: KustoList<{ readonly Parameters: KustoList<KustoParameter> }>;
}
export interface KustoParameter {
  readonly Name: string;
  readonly IsOptional: boolean;
  readonly DefaultValue: SyntaxNode | null;
  readonly DeclaredTypes?: KustoList<KustoSymbol> | null;
}
/** A node or token of the syntax tree. Children with names (`Expression`, `Left`, …) are read with `child`. */
export interface SyntaxNode {
  readonly Kind: number;
  readonly ChildCount: number;
  readonly TextStart: number;
  readonly End: number;
  readonly ResultType?: KustoSymbol | null;
  readonly ReferencedSymbol?: KustoSymbol | null;
  readonly LiteralValue?: unknown;
  readonly Parent: SyntaxNode | null;
  GetChild(index: number): SyntaxNode | null;
  ToString(trivia: number): string;
  GetCalledFunctionBody?(): SyntaxNode | null;
  GetCalledFunctionDiagnostics?(): KustoList<Diagnostic> | null;
}
interface Diagnostic {
  readonly Code: string;
  readonly Severity: string;
  readonly Start: number;
  readonly Length: number;
  readonly Message: string;
}
export interface KustoCode {
  readonly Syntax: SyntaxNode;
  readonly ResultType: KustoSymbol | null;
  GetDiagnostics(): KustoList<Diagnostic>;
}
export type GlobalState = {
  readonly WithCluster: (cluster: unknown) => GlobalState;
  readonly WithFunctions: (functions: readonly KustoSymbol[]) => GlobalState;
  readonly WithDatabase: (database: unknown) => GlobalState;
  readonly WithPlugIns: (plugins: readonly KustoSymbol[]) => GlobalState;
};

interface DatabaseSymbol {
  /** Adds its members of a name (null: of any) and kind. */
  GetMembers$1(
    name: string | null,
    match: number,
    found: { add(symbol: KustoSymbol): void },
    ignoreCase?: boolean,
  ): void;
}

interface Library {
  readonly KustoCode: {
    ParseAndAnalyze(text: string, globals: GlobalState): KustoCode;
    Parse(text: string, globals: GlobalState): KustoCode;
  };
  readonly GlobalState: { readonly Default: GlobalState };
  readonly Functions: { readonly All: readonly KustoSymbol[] };
  readonly Symbols: {
    readonly TableSymbol: { readonly $ctor4: new (name: string, columns: readonly KustoSymbol[]) => KustoSymbol };
    readonly ColumnSymbol: new (
      name: string,
      type: KustoSymbol,
      description: null,
      originals: null,
      source: null,
      examples: null,
    ) => KustoSymbol;
    readonly ScalarTypes: Readonly<Record<string, KustoSymbol>>;
    readonly FunctionSymbol: {
      readonly $ctor5: new (name: string, result: KustoSymbol, parameters: readonly unknown[]) => KustoSymbol;
      readonly $ctor16: new (name: string, parameters: string, body: string, description: string | null) => KustoSymbol;
    };
    readonly Parameter: { readonly $ctor2: new (name: string, type: KustoSymbol) => unknown };
    readonly ClusterSymbol: { readonly ctor: new (name: string, databases: readonly unknown[]) => unknown };
    readonly DatabaseSymbol: { readonly ctor: new (name: string, members: readonly KustoSymbol[]) => DatabaseSymbol };
    readonly SymbolMatchExtensions: {
      readonly Matches$1: (symbol: KustoSymbol, name: string | null, match: number, ignoreCase: boolean) => boolean;
    };
  };
  readonly Binding: { readonly Binder: unknown };
  readonly Editor: {
    readonly KustoCodeService: {
      readonly ctor: new (code: KustoCode) => { GetFormattedText(options: unknown): { readonly Text: string } };
    };
    readonly FormattingOptions: { readonly Default: unknown };
  };
  readonly Syntax: { readonly SyntaxKind: Readonly<Record<string, unknown>> };
}

function loadLibrary(): Library {
  const scope = globalThis as unknown as { self?: unknown; Kusto?: { Language: Library } };
  const had = Object.hasOwn(scope, 'self');
  // The library looks for a browser's global; 0.4 s and about 100 MB, once.
  scope.self ??= globalThis;
  const require = createRequire(import.meta.url);
  require('@kusto/language-service-next/bridge.min.js');
  require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
  if (!had) delete scope.self;
  if (!scope.Kusto) throw new Error('the Kusto language library did not load');
  return scope.Kusto.Language;
}

/** What is put right in the library's binder when it is loaded. */
const corrections: ((binder: unknown) => void)[] = [];
/** To be called before the library is first used. */
export const correctBinder = (correct: (binder: unknown) => void): void => void corrections.push(correct);

let loaded: { library: Library; kinds: ReadonlyMap<number, string> } | undefined;
function library(): { library: Library; kinds: ReadonlyMap<number, string> } {
  if (loaded) return loaded;
  const lib = loadLibrary();
  const kinds = new Map<number, string>();
  for (const [name, value] of Object.entries(lib.Syntax.SyntaxKind))
    if (typeof value === 'number') kinds.set(value, name);
  loaded = { library: lib, kinds };
  for (const correct of corrections) correct(lib.Binding.Binder);
  return loaded;
}

export const SymbolKind = { variable: 2, function: 3, parameter: 4, column: 9, table: 10 } as const;

/** The name of a node's kind: `JoinOperator`. */
export const kindOf = (node: SyntaxNode): string => library().kinds.get(node.Kind) ?? 'Unknown';

/** A named child that may be missing. */
export function childOrNone(node: SyntaxNode, name: string): SyntaxNode | undefined {
  const value = (node as unknown as Readonly<Record<string, unknown>>)[name];
  return value === null || value === undefined ? undefined : (value as SyntaxNode);
}
/** A named child that the grammar promises. */
export function child(node: SyntaxNode, name: string): SyntaxNode {
  const found = childOrNone(node, name);
  if (!found) throw new Error(`${kindOf(node)} has no ${name}`);
  return found;
}
/** The children that are there. */
export function children(node: SyntaxNode): SyntaxNode[] {
  const out: SyntaxNode[] = [];
  for (let i = 0; i < node.ChildCount; i++) {
    const c = node.GetChild(i);
    if (c) out.push(c);
  }
  return out;
}
/** The elements of a named list, without separators. */
export function elements(node: SyntaxNode, name?: string): SyntaxNode[] {
  const list = name === undefined ? node : childOrNone(node, name);
  if (!list) return [];
  return children(list).map((c) => (kindOf(c) === 'SeparatedElement' ? child(c, 'Element') : c));
}
/** A node's source text, without trivia around it. */
export const textOf = (node: SyntaxNode): string => node.ToString(1).trim();
/** The plain name of a NameDeclaration or NameReference (`['a b']` gives `a b`). */
export const nameOf = (node: SyntaxNode): string => {
  const simple = (node as unknown as { SimpleName?: unknown }).SimpleName;
  return typeof simple === 'string' ? simple : textOf(node);
};

/** The text of string literals that stand side by side; undefined when the library does not say. */
export function compoundText(node: SyntaxNode): string | undefined {
  if (typeof node.LiteralValue === 'string') return node.LiteralValue;
  const parts: unknown[] = [];
  const walk = (n: SyntaxNode): void => {
    if (kindOf(n) === 'StringLiteralToken') parts.push((n as unknown as { ValueText?: unknown }).ValueText);
    children(n).forEach(walk);
  };
  walk(node);
  return parts.length && parts.every((p) => typeof p === 'string') ? parts.join('') : undefined;
}

const scalarTypeNames: Readonly<Record<KqlType, string>> = {
  bool: 'Bool',
  datetime: 'DateTime',
  decimal: 'Decimal',
  dynamic: 'Dynamic',
  guid: 'Guid',
  int: 'Int',
  long: 'Long',
  real: 'Real',
  string: 'String',
  timespan: 'TimeSpan',
};

/** The library itself, for the plugins' symbols. */
export const languageLibrary = (): Library => library().library;
/** A column as the library has it. */
export const columnSymbol = (c: { readonly name: string; readonly type: KqlType | 'unknown' }): KustoSymbol => {
  const { ColumnSymbol, ScalarTypes } = library().library.Symbols;
  const type = c.type === 'unknown' ? 'Unknown' : scalarTypeNames[c.type];
  return new ColumnSymbol(c.name, ScalarTypes[type]!, null, null, null, null);
};

const tableSymbols = new WeakMap<TableSchema, KustoSymbol>();
/** The symbol of a table, made once: catalogues that differ in a few tables share the others. */
function tableSymbol(table: TableSchema): KustoSymbol {
  const made = tableSymbols.get(table);
  if (made) return made;
  const { TableSymbol } = library().library.Symbols;
  const symbol = new TableSymbol.$ctor4(table.name, table.columns.map(columnSymbol));
  tableSymbols.set(table, symbol);
  return symbol;
}

let builtIns: readonly KustoSymbol[] | undefined;
/** Kusto's functions, and those that it lacks: each takes a string and gives a dynamic. */
function builtInSymbols(): readonly KustoSymbol[] {
  const { library: lib } = library();
  const { FunctionSymbol, Parameter, ScalarTypes } = lib.Symbols;
  return (builtIns ??= [
    ...lib.Functions.All,
    ...ownFunctions.map(({ name, parameters }) => {
      const parameter = new Parameter.$ctor2(/\w+/.exec(parameters)?.[0] ?? '', ScalarTypes[scalarTypeNames.string]!);
      return new FunctionSymbol.$ctor5(name, ScalarTypes[scalarTypeNames.dynamic]!, [parameter]);
    }),
  ]);
}

/** The library goes through all members of a database for each name that it meets, a quarter of its time: an index by name gives the same. */
function indexed(database: DatabaseSymbol, byName: ReadonlyMap<string, readonly KustoSymbol[]>): DatabaseSymbol {
  const { Matches$1: matches } = library().library.Symbols.SymbolMatchExtensions;
  const all = database.GetMembers$1.bind(database);
  database.GetMembers$1 = (name, match, found, ignoreCase = false) => {
    if (name === null || ignoreCase) all(name, match, found, ignoreCase);
    else for (const one of byName.get(name) ?? []) if (matches(one, name, match, false)) found.add(one);
  };
  return database;
}

/** Builds the library's state of names. About 0.1 s for 1,400 tables: keep one per catalogue version. */
export function buildGlobals(catalogue: KqlCatalogue, plugins: readonly KustoSymbol[]): GlobalState {
  const { library: lib } = library();
  const { FunctionSymbol, DatabaseSymbol, ClusterSymbol } = lib.Symbols;
  const tables = catalogue.tables.map(tableSymbol);
  // The library keeps in a function's symbol what its body gives, which other columns of a table may change: these are never shared.
  const functions = catalogue.functions.map(
    (f) => new FunctionSymbol.$ctor16(f.name, f.parameters, `{ ${f.body}\n}`, null),
  );
  const members = [...tables, ...functions];
  const byName = Map.groupBy(members, ({ Name }) => Name);
  const [database, ...others] = ['lake', ...(catalogue.names ?? [])].map((name) =>
    indexed(new DatabaseSymbol.ctor(name, members), byName),
  );
  const cluster = new ClusterSymbol.ctor('lake', [database, ...others]);
  return lib.GlobalState.Default.WithFunctions(builtInSymbols())
    .WithCluster(cluster)
    .WithDatabase(database)
    .WithPlugIns(plugins);
}

export const parseAndAnalyze = (text: string, globals: GlobalState): KustoCode =>
  library().library.KustoCode.ParseAndAnalyze(text, globals);
/** The syntax alone, about 1 ms: names mean nothing in it. */
export const parseOnly = (text: string): KustoCode => {
  const { KustoCode, GlobalState } = library().library;
  return KustoCode.Parse(text, GlobalState.Default);
};
