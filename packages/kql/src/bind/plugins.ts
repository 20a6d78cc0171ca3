import type { Column, KqlType } from '../types.ts';
import {
  child,
  columnSymbol,
  elements,
  kindOf,
  languageLibrary,
  nameOf,
  SymbolKind,
  type KustoList,
  type KustoSymbol,
  type SyntaxNode,
} from './kusto.ts';

/**
 * Plugins as the library is to see them. Its own list lacks parameters and plugins that the real engine has, and it cannot know the
 * columns of `bag_unpack` and `pivot` when nobody states them: they are in the data. Once the data has been asked, an analysis is given the
 * answers, and the library binds what follows against them.
 */

/** A column as the library is told of it. What has no known type goes everywhere. */
export interface ToldColumn {
  readonly name: string;
  readonly type: KqlType | 'unknown';
}
/** One call of such a plugin in one analysis. */
export interface PluginSite {
  /** Names the call in every analysis of the same text. */
  readonly key: string;
  /** The same for all calls of one function. */
  readonly place: string;
  /** Whether the library works out the result of the function around it anew for each call. */
  readonly variable: boolean;
  /** The columns that the library was given; undefined when the call's result was left open. */
  readonly told: readonly ToldColumn[] | undefined;
  /** Columns of the input that the library knows no type of. */
  readonly untyped: ReadonlySet<string>;
}

/** What is known of the plugins of one query. */
export class PluginColumns {
  readonly known = new Map<string, readonly ToldColumn[]>();
  readonly #sites = new Map<SyntaxNode, PluginSite>();
  readonly #counts = new Map<string, number>();
  readonly #saidAt = new Map<string, string>();

  /** Forgets the nodes of the analysis before. */
  restart(): void {
    this.#sites.clear();
    this.#counts.clear();
  }
  site(call: SyntaxNode): PluginSite | undefined {
    return this.#sites.get(call);
  }
  /** Whether another call of the same function gives other columns, where the library takes them for the same. */
  disagrees(site: PluginSite, columns: string): boolean {
    if (site.variable) return false;
    const said = this.#saidAt.get(site.place) ?? columns;
    this.#saidAt.set(site.place, said);
    return said !== columns;
  }
  /** The columns for a call that the library has come to. */
  at(context: CallContext): readonly ToldColumn[] | undefined {
    const call = callAround(context.Location);
    const columns = columnsOf(context.RowScope);
    const scope = columns.map((c) => `${c.Name}:${c.Type?.Name}`).join();
    const place = `${rootOf(call).ToString(0)}\0${call.TextStart}\0${scope}`;
    const count = (this.#counts.get(place) ?? 0) + 1;
    this.#counts.set(place, count);
    const key = `${place}\0${count}`;
    const told = this.known.get(key);
    const around = context.CurrentFunction?.Signatures?.getItem(0).Parameters;
    const parameters = Array.from({ length: around?.Count ?? 0 }, (_, i) => around!.getItem(i));
    const variable = parameters.some((p) => (p as { readonly IsTabular?: boolean }).IsTabular === true);
    const untyped = new Set(columns.filter((c) => c.Type?.Name === 'unknown').map((c) => c.Name));
    this.#sites.set(call, { key, place, variable: variable || !around, told, untyped });
    return told;
  }
}

let current: PluginColumns | undefined;
/** Runs an analysis, and the binding of what it gave, with these columns. */
export function withPluginColumns<T>(columns: PluginColumns, work: () => T): T {
  const outer = current;
  current = columns;
  columns.restart();
  try {
    return work();
  } finally {
    current = outer;
  }
}

interface CallContext {
  readonly Location: SyntaxNode;
  readonly RowScope: KustoSymbol | null;
  readonly CurrentFunction: KustoSymbol | null;
  GetArgument$1(name: string): SyntaxNode | null;
}
type ReturnType = (context: CallContext) => KustoSymbol;
interface Parameter {
  readonly Name: string;
}
interface Signature {
  readonly CustomReturnType: ReturnType;
}
interface PluginLibrary {
  readonly PlugIns: { readonly All: readonly KustoSymbol[] };
  readonly Symbols: {
    readonly FunctionSymbol: {
      readonly ctor: new (
        name: string,
        result: ReturnType,
        tabularity: number,
        parameters: readonly Parameter[],
      ) => KustoSymbol;
    };
    readonly Parameter: {
      readonly ctor: new (
        name: string,
        kind: number,
        argument: number,
        values: null,
        examples: null,
        isCaseSensitive: boolean,
        defaultValueIndicator: string | null,
        minOccurring: number,
        maxOccurring: number,
        defaultValue: null,
        description: null,
      ) => Parameter;
    };
    readonly ParameterTypeKind: Readonly<Record<string, number>>;
    readonly ArgumentKind: Readonly<Record<string, number>>;
    readonly Tabularity: Readonly<Record<string, number>>;
    readonly TableSymbol: { readonly $ctor3: new (columns: unknown) => KustoSymbol };
    readonly ColumnSymbol: { readonly Combine$1: (kind: number, lists: readonly KustoSymbol[][]) => unknown };
    readonly CombineKind: Readonly<Record<string, number>>;
  };
}

const callAround = (node: SyntaxNode): SyntaxNode =>
  kindOf(node) === 'FunctionCallExpression' || !node.Parent ? node : callAround(node.Parent);
const rootOf = (node: SyntaxNode): SyntaxNode => {
  let root = node;
  while (root.Parent) root = root.Parent;
  return root;
};
const columnsOf = (table: KustoSymbol | null): KustoSymbol[] =>
  Array.from({ length: table?.Columns?.Count ?? 0 }, (_, i) => table!.Columns!.getItem(i));

let built: readonly KustoSymbol[] | undefined;
/** The list of plugins for the library's state. */
export function pluginSymbols(): readonly KustoSymbol[] {
  return (built ??= buildSymbols(languageLibrary() as unknown as PluginLibrary));
}

function buildSymbols(lib: PluginLibrary): readonly KustoSymbol[] {
  const { ColumnSymbol, CombineKind } = lib.Symbols;
  const {
    FunctionSymbol,
    Parameter,
    ParameterTypeKind: kind,
    ArgumentKind: argument,
    Tabularity,
    TableSymbol,
  } = lib.Symbols;
  const optional = (name: string, type: number, as: number = argument['Expression']!, many = 1): Parameter =>
    new Parameter.ctor(name, type, as, null, null, false, null, 0, many, null, null);
  const required = (name: string, type: number, as: number = argument['Expression']!): Parameter =>
    new Parameter.ctor(name, type, as, null, null, false, null, 1, 1, null, null);
  const symbol = (name: string, result: ReturnType, parameters: readonly Parameter[]): KustoSymbol =>
    new FunctionSymbol.ctor(name, result, Tabularity['Tabular']!, parameters);

  const own = new Map(lib.PlugIns.All.map((p) => [p.Name, p]));
  const resultOf = (name: string): ReturnType => {
    const signature = own.get(name)!.Signatures!.getItem(0) as unknown as Signature;
    return (context) => {
      const told = current?.at(context);
      return told ? new TableSymbol.$ctor3(told.map(columnSymbol)) : signature.CustomReturnType(context);
    };
  };
  const asTable = (columns: readonly Column[]): ReturnType => {
    const table = new TableSymbol.$ctor3(columns.map(columnSymbol));
    return () => table;
  };
  const scalar = kind['Scalar']!;
  /** The same plugin with another result. */
  const withResult = (
    plugin: KustoSymbol,
    result: (c: CallContext, original: ReturnType) => KustoSymbol,
  ): KustoSymbol => {
    const signature = plugin.Signatures!.getItem(0) as unknown as { CustomReturnType: ReturnType };
    const original = signature.CustomReturnType;
    signature.CustomReturnType = (context) => result(context, original);
    return plugin;
  };
  const ipv6 = own.get('ipv6_lookup')!;
  const replaced = [
    // The real engine gives the columns of the looked up table first.
    withResult(ipv6, (context, original) => {
      const lookup = context.GetArgument$1('LookupTable')?.ResultType?.Columns;
      if (!lookup || !context.RowScope) return original(context);
      const list = (columns: KustoList<KustoSymbol>): KustoSymbol[] =>
        Array.from({ length: columns.Count }, (_, i) => columns.getItem(i));
      const all = [...list(lookup), ...list(context.RowScope.Columns!)];
      return new TableSymbol.$ctor3(ColumnSymbol.Combine$1(CombineKind['UniqueNames']!, [all]));
    }),
    symbol('bag_unpack', resultOf('bag_unpack'), [
      required('column', scalar, argument['Column']),
      optional('OutputColumnPrefix', kind['StringOrDynamic'] ?? scalar),
      optional('columnsConflict', scalar),
      optional('ignoredProperties', scalar),
    ]),
    symbol('pivot', resultOf('pivot'), [
      required('pivotColumn', kind['NotDynamic']!, argument['Column']),
      optional('aggregateFunction', scalar, argument['Aggregate']),
      optional('columnName', scalar, argument['Column'], 1000),
    ]),
    symbol(
      'schema_merge',
      asTable([
        { name: 'ColumnName', type: 'string' },
        { name: 'ColumnOrdinal', type: 'long' },
        { name: 'DataType', type: 'string' },
        { name: 'ColumnType', type: 'string' },
      ]),
      [optional('PreserveOrder', scalar)],
    ),
    symbol(
      'diffpatterns_text',
      asTable([
        { name: 'Count_of_True', type: 'long' },
        { name: 'Count_of_False', type: 'long' },
        { name: 'Percent_of_True', type: 'real' },
        { name: 'Percent_of_False', type: 'real' },
        { name: 'Pattern', type: 'string' },
      ]),
      [
        required('TextColumn', scalar, argument['Column']),
        required('BooleanCondition', scalar),
        optional('MinTokens', scalar),
        optional('Threshold', scalar),
        optional('MaxTokens', scalar),
      ],
    ),
  ];
  for (const s of replaced) own.set(s.Name, s);
  // Windows may also be week, month or year.
  for (const name of ['activity_metrics', 'activity_counts_metrics', 'sliding_window_counts']) {
    const signatures = own.get(name)!.Signatures!;
    for (let i = 0; i < signatures.Count; i++) {
      const { Parameters } = signatures.getItem(i);
      for (let j = 0; j < Parameters.Count; j++) {
        const parameter = Parameters.getItem(j) as { readonly Name: string; TypeKind?: number };
        if (parameter.Name === 'Step') parameter.TypeKind = scalar;
      }
    }
  }
  return [...own.values()];
}

const ofDatetimes =
  /^(startof|endof|datetime_|format_datetime$|dayof|hourofday$|monthofyear$|getmonth$|getyear$|weekofyear$|week_of_year$)/;
/** What a name must be for the call that it stands in: everything else takes a dynamic as it comes. */
function neededType(node: SyntaxNode): KqlType | undefined {
  let call: SyntaxNode | null = node.Parent;
  while (call && kindOf(call) !== 'FunctionCallExpression') {
    if (/(Operator|Statement)$/.test(kindOf(call))) return undefined;
    call = call.Parent;
  }
  if (!call) return undefined;
  const name = nameOf(child(call, 'Name'));
  if (ofDatetimes.test(name)) return 'datetime';
  if (name !== 'bin' && name !== 'floor' && name !== 'bin_at') return undefined;
  const size = elements(child(call, 'ArgumentList'), 'Expressions')[1]?.ResultType?.Name;
  return size === 'timespan' ? 'datetime' : size === undefined ? undefined : 'real';
}

/** A column that nothing in the query made: the library inferred it, or was told of it. */
function isInferred(symbol: KustoSymbol): boolean {
  const { Kind, Type, Source, OriginalColumns } = symbol as KustoSymbol & {
    readonly Source?: unknown;
    readonly OriginalColumns?: { readonly length?: number; readonly Count?: number } | null;
  };
  const originals = OriginalColumns?.Count ?? OriginalColumns?.length ?? 0;
  return Kind === SymbolKind.column && Type?.Name === 'unknown' && !Source && originals === 0;
}

/** Names that the library took for columns of an open result: columns without a type. With the types that they must have. */
export function inferredNames(root: SyntaxNode): ReadonlyMap<string, KqlType | undefined> {
  const names = new Map<string, KqlType | undefined>();
  const seen = new Set<SyntaxNode>();
  const walk = (node: SyntaxNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const symbol = kindOf(node) === 'NameReference' ? node.ReferencedSymbol : undefined;
    if (symbol && isInferred(symbol)) {
      const needed = neededType(node);
      if (needed || !names.has(symbol.Name)) names.set(symbol.Name, needed);
    }
    const body = node.GetCalledFunctionBody?.();
    if (body) walk(body);
    for (let i = 0; i < node.ChildCount; i++) {
      const c = node.GetChild(i);
      if (c) walk(c);
    }
  };
  walk(root);
  return names;
}
