import { createHash } from 'node:crypto';
import {
  createKql,
  sql,
  type Kql,
  type KqlCatalogue,
  type RowScope,
  type Sql,
  type TableSchema,
  type Within,
  type WorkspaceSchema,
} from '@sallyport/kql';
import type { LookupNames } from '@sallyport/lake';
import { knowsOf, type DataScope } from '../../platform/data-scope.ts';
import { seenOf, withinOf, type Place, type Seen } from './within.ts';

/** The compiler for those who see the same, and what they see. */
export interface Seeing {
  readonly scope: DataScope;
  readonly kql: Kql;
  /** Undefined: everything. */
  readonly within: Within | undefined;
  /** The tables of which they see anything, the functions, and the workspaces that they know of. */
  readonly catalogue: () => KqlCatalogue;
  /** What stands behind FROM where a table is read as `alias`: PREWHERE with its condition, or nothing. `workspace`: default: the table's own. */
  readonly rowsOf: (table: TableSchema, alias: Sql, workspace: Place | undefined, now: Date) => Sql;
}

interface Parts {
  readonly catalogue: () => KqlCatalogue;
  readonly lookups: LookupNames;
  readonly tenantId: string | undefined;
  readonly here: Place;
}

/** What is about accounts and devices in dictionaries tells of all rows of these. */
const entityTables = ['IdentityInfo', 'DeviceInfo', 'DeviceNetworkInfo'];
/** Different scopes whose compilers are kept, those used last. */
const scopesMax = 200;

/** Compilers by scope: those who see the same share one, and everybody who sees everything has the plain one. */
export class Sights {
  readonly #parts: Parts;
  readonly whole: Seeing;
  readonly #others = new Map<string, Seeing>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { lookups, tenantId, catalogue } = parts;
    this.whole = {
      scope: { whole: true, key: '', parts: [] },
      kql: createKql(catalogue, { lookups, ...(tenantId === undefined ? {} : { tenantId }) }),
      within: undefined,
      catalogue,
      rowsOf: () => sql``,
    };
  }

  of(scope: DataScope): Seeing {
    if (scope.whole) return this.whole;
    const known = this.#others.get(scope.key) ?? this.#make(scope);
    this.#others.delete(scope.key);
    this.#others.set(scope.key, known);
    if (this.#others.size > scopesMax) this.#others.delete(this.#others.keys().next().value!);
    return known;
  }

  #make(scope: DataScope): Seeing {
    const { here, lookups, tenantId, catalogue } = this.#parts;
    const within = withinOf(scope, here);
    const hash = createHash('sha256').update(scope.key).digest('hex').slice(0, 12);
    const { tables } = catalogue();
    const sees = (name: string): Seen => {
      const table = tables.find((one) => one.name === name);
      return table ? within.of(table) : 'whole';
    };
    const { entities, ...others } = lookups;
    const shown = entityTables.every((name) => sees(name) === 'whole') ? { ...others, entities } : others;
    const narrow = narrowing(scope, within, sees('Watchlist') === 'whole');
    const narrowed = (): KqlCatalogue => narrow(catalogue());
    return {
      scope,
      within,
      kql: createKql(narrowed, { lookups: shown, within, ...(tenantId === undefined ? {} : { tenantId }) }),
      catalogue: () => {
        const all = narrowed();
        return {
          ...all,
          version: `${all.version} within ${hash}`,
          tables: all.tables.filter((table) => within.of(table) !== 'nothing'),
        };
      },
      rowsOf: (table, alias, workspace, now) => {
        const seen = workspace ? seenOf(scope, tableThere(table, workspace, here), workspace) : within.of(table);
        if (seen === 'whole') return sql``;
        if (seen === 'nothing') return sql` PREWHERE false`;
        const of: RowScope = {
          tenantId: workspace?.id ?? tenantId,
          lookups: others,
          now: () => ticksOf(now),
          isStored: true,
        };
        return sql` PREWHERE ${seen.sql(alias, of)}`;
      },
    };
  }
}

/** Which columns tell of devices is known of the tables here. */
function tableThere({ deviceKey, ...table }: TableSchema, workspace: Place, here: Place): TableSchema {
  return workspace.database === here.database && deviceKey !== undefined ? { ...table, deviceKey } : table;
}

const ticksOf = (at: Date): bigint => 621_355_968_000_000_000n + BigInt(at.getTime()) * 10_000n;

/** The catalogue in which wildcards pass over what somebody does not see, and other workspaces without a row for them are not known. */
function narrowing(scope: DataScope, within: Within, lists: boolean): (all: KqlCatalogue) => KqlCatalogue {
  let tablesBefore: KqlCatalogue['tables'] | undefined;
  let tables: KqlCatalogue['tables'] = [];
  let workspacesBefore: readonly WorkspaceSchema[] | undefined;
  let workspaces: readonly WorkspaceSchema[] = [];
  return ({ watchlists, ...all }) => {
    if (all.tables !== tablesBefore) {
      tablesBefore = all.tables;
      tables = all.tables.map((table) => (within.of(table) === 'nothing' ? emptied(table) : table));
    }
    if (all.workspaces !== workspacesBefore) {
      workspacesBefore = all.workspaces;
      workspaces = (all.workspaces ?? []).filter(({ tenantId }) => knowsOf(scope, tenantId));
    }
    return {
      ...all,
      version: lists || !watchlists?.length ? all.version : `${all.version} without watchlists`,
      held: `${all.held ?? ''} within ${scope.key}`,
      tables,
      ...(all.workspaces ? { workspaces } : {}),
      ...(lists && watchlists ? { watchlists } : {}),
    };
  };
}

const empties = new WeakMap<TableSchema, TableSchema>();
/** The same object for the same: what the library makes of a table is kept by it. */
function emptied(table: TableSchema): TableSchema {
  if (table.empty) return table;
  const made = empties.get(table) ?? { ...table, empty: true };
  empties.set(table, made);
  return made;
}
