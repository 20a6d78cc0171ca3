import type { Column } from '../types.ts';
import {
  columnSymbol,
  kindOf,
  languageLibrary,
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

/** One call of such a plugin in one analysis. */
export interface PluginSite {
  /** Names the call in every analysis of the same text. */
  readonly key: string;
  /** The same for all calls of one function. */
  readonly place: string;
  /** Whether the library works out the result of the function around it anew for each call. */
  readonly variable: boolean;
  /** The columns that the library was given; undefined when the call's result was left open. */
  readonly told: readonly Column[] | undefined;
}

/** What is known of the plugins of one query. */
export class PluginColumns {
  readonly known = new Map<string, readonly Column[]>();
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
  at(context: CallContext): readonly Column[] | undefined {
    const call = callAround(context.Location);
    const scope = columnsOf(context.RowScope).join();
    const place = `${rootOf(call).ToString(0)}\0${call.TextStart}\0${scope}`;
    const count = (this.#counts.get(place) ?? 0) + 1;
    this.#counts.set(place, count);
    const key = `${place}\0${count}`;
    const told = this.known.get(key);
    const around = context.CurrentFunction?.Signatures?.getItem(0).Parameters;
    const parameters = Array.from({ length: around?.Count ?? 0 }, (_, i) => around!.getItem(i));
    const variable = parameters.some((p) => (p as { readonly IsTabular?: boolean }).IsTabular === true);
    this.#sites.set(call, { key, place, variable: variable || !around, told });
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
const columnsOf = (table: KustoSymbol | null): string[] =>
  Array.from({ length: table?.Columns?.Count ?? 0 }, (_, i) => {
    const column = table!.Columns!.getItem(i);
    return `${column.Name}:${column.Type?.Name}`;
  });

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

/** Names that the library took for columns of an open result: columns without a type. */
export function inferredNames(root: SyntaxNode): readonly string[] {
  const names = new Set<string>();
  const seen = new Set<SyntaxNode>();
  const walk = (node: SyntaxNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const symbol = node.ReferencedSymbol;
    if (symbol?.Kind === SymbolKind.column && symbol.Type?.Name === 'unknown') names.add(symbol.Name);
    const body = node.GetCalledFunctionBody?.();
    if (body) walk(body);
    for (let i = 0; i < node.ChildCount; i++) {
      const c = node.GetChild(i);
      if (c) walk(c);
    }
  };
  walk(root);
  return [...names];
}
