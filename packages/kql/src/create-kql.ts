import { compile, compileAsking, tablesOf, type Ask } from './compile.ts';
import { dependsOn, type Depends } from './depends.ts';
import { KqlError } from './errors.ts';
import { namedTables } from './named-tables.ts';
import { rowQuery, type NotRowLevel, type RowQuery } from './row-query/row-query.ts';
import type { Compiled, CompileOptions, KqlCatalogue, TableRead } from './types.ts';
import { watchlistText, withWatchlists } from './watchlists.ts';
import { inWorkspaces, withWorkspaces } from './workspaces.ts';

export interface Kql {
  /** Compiles KQL to one ClickHouse SELECT. Throws KqlError. */
  compile(text: string, options: CompileOptions): Compiled;
  /** The same, asking `ask` where only the data knows. Throws KqlError, and what `ask` throws. */
  compileAsking(text: string, options: CompileOptions, ask: Ask): Promise<Compiled>;
  /** The base tables that a query reads, by name, each once. Throws KqlError as `compile` does. */
  tablesOf(text: string): readonly string[];
  /** The tables that a query names, read off its text: see `namedTables`. */
  namedTables(text: string): readonly string[];
  /** The query as a condition on each row of its source, or why it is none: see `rowQuery`. */
  rowQuery(text: string): RowQuery | NotRowLevel;
  /** What the query reads, whenever it is asked. Throws KqlError as `compile` does, and for one that reads other workspaces too: what is there is not known here. */
  readsOf(text: string): readonly Read[];
  /** What the meaning of the query depends on. */
  dependsOn(text: string): Depends;
  /** Of the catalogue as it is now: while it is the same, so is what each query means. */
  version(): string;
}

/** A read of a base table, and what holds of each row that counts there: see `TableRead`. */
export type Read = Pick<TableRead, 'table' | 'condition'>;

/** Options that do not change from one query to the next. */
type Always = Pick<CompileOptions, 'lookups' | 'tenantId' | 'within'>;

/** A compiler bound to a changing catalogue: asks for it at each call; what it builds is kept by the catalogue's version. */
export function createKql(catalogue: () => KqlCatalogue, always: Always = {}): Kql {
  let given: KqlCatalogue | undefined;
  let known: KqlCatalogue | undefined;
  const now = (): KqlCatalogue => {
    const current = catalogue();
    const isSame =
      given?.version === current.version && given.held === current.held && given.workspaces === current.workspaces;
    if (known && isSame) return known;
    given = current;
    return (known = withWatchlists(withWorkspaces(current)));
  };
  const as = (text: string, known: KqlCatalogue): [string, KqlCatalogue] => {
    const placed = inWorkspaces(text, known);
    return [watchlistText(placed.text, placed.catalogue), placed.catalogue];
  };
  return {
    compile: (text, options) => compile(...as(text, now()), { ...always, ...options }),
    compileAsking: async (text, options, ask) => compileAsking(...as(text, now()), { ...always, ...options }, ask),
    tablesOf: (text) => tablesOf(...as(text, now()), always),
    // A list is named by its function, which is over the table of all lists.
    namedTables: (text) => namedTables(text, catalogue()),
    rowQuery: (text) => rowQuery(...as(text, now())),
    readsOf: (text) => {
      const { reads } = compile(...as(text, now()), {
        ...always,
        now: new Date(0),
        noData: true,
        rewrites: { promotePaths: false },
      });
      if (reads.some(({ database }) => database !== undefined))
        throw new KqlError('UnsupportedExpression', 'it reads other workspaces', { start: 0, end: text.length });
      return reads.map(({ table, condition }) => ({ table, condition }));
    },
    dependsOn: (text) => dependsOn(...as(text, now()), always.lookups),
    version: () => {
      const { version, held = '' } = now();
      return `${version} ${held}`;
    },
  };
}
