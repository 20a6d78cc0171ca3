import type { AssignmentScope } from '@sallyport/contracts';
import { KqlError, rowCondition, sqlJoin, sql, type RowCondition, type TableSchema, type Within } from '@sallyport/kql';
import { admits, type DataScope } from '../../platform/data-scope.ts';
import { dataSourceOf, productCondition } from './data-sources.ts';
import { deviceGroupCondition } from './device-groups.ts';

/** What somebody sees of a table. */
export type Seen = ReturnType<Within['of']>;
/** A workspace, by its id and its database of the engine. */
export interface Place {
  readonly id: string;
  readonly database: string;
}
type Table = Pick<TableSchema, 'name' | 'columns' | 'deviceKey'>;

/** Lists come from the table of all lists, whose columns theirs are not. */
const listsTable = 'Watchlist';

/** What a scope shows of the tables that a query in a workspace can name. */
export function withinOf(scope: DataScope, here: Place): Within {
  const seen = new WeakMap<TableSchema, Seen>();
  const look = (table: TableSchema): Seen => {
    if (table.reference)
      return seenOf(scope, { name: listsTable, columns: [] }, here) === 'whole' ? 'whole' : 'nothing';
    const { place } = table;
    if (!place) return seenOf(scope, table, here);
    return seenOf(scope, { ...table, name: place.table }, { id: place.tenantId, database: place.database });
  };
  return {
    key: scope.key,
    of: (table) => {
      const known = seen.get(table) ?? look(table);
      seen.set(table, known);
      return known;
    },
  };
}

/** What a scope shows of a table of a workspace: what any of its parts does. */
export function seenOf(scope: DataScope, table: Table, place: Place): Seen {
  if (scope.whole) return 'whole';
  const conditions: RowCondition[] = [];
  for (const part of scope.parts) {
    const one = seenByPart(part, table, place);
    if (one === 'whole') return one;
    if (one !== 'nothing') conditions.push(one);
  }
  const [first, ...others] = conditions;
  if (!first) return 'nothing';
  return others.length === 0 ? first : joined(conditions, sql` OR `);
}

const joined = (conditions: readonly RowCondition[], by: ReturnType<typeof sql>): RowCondition => ({
  sql: (alias, of) =>
    sql`(${sqlJoin(
      conditions.map((one) => one.sql(alias, of)),
      by,
    )})`,
});

/**
 * Tables of rows that were taken from others, which say no more whose they were: what search jobs found, rows that people kept, what investigations and the inventory concluded. Who may see some rows of the
 * others only sees them where they are named.
 */
const isTaken = (name: string): boolean =>
  name.endsWith('_SRCH') || ['HuntingBookmark', 'InvestigationEvidence_CL', 'EntityInventory_CL'].includes(name);

function seenByPart(part: AssignmentScope, table: Table, place: Place): Seen {
  const { name } = table;
  if (!admits(part.workspaces, place.id) || !admits(part.tables, name)) return 'nothing';
  const bound = part.rows.length > 0 || part.deviceGroups !== 'all' || part.dataSources !== 'all';
  if (part.tables === 'all' && bound && isTaken(name)) return 'nothing';
  const source = dataSourceOf(name);
  if (source !== undefined && !admits(part.dataSources, source)) return 'nothing';
  const texts = part.rows.filter((one) => one.table === name).map(({ where }) => where);
  if (source === undefined && part.dataSources !== 'all') texts.push(productCondition(name, part.dataSources));
  const devices =
    part.deviceGroups === 'all' ? 'whole' : deviceGroupCondition(table, name, part.deviceGroups, place.database);
  const conditions = texts.map((text) => conditionOf(text, table));
  if (conditions.includes(undefined)) return 'nothing';
  const all = [...conditions.filter((one) => one !== undefined), ...(devices === 'whole' ? [] : [devices])];
  const [first, ...others] = all;
  if (!first) return 'whole';
  return others.length === 0 ? first : joined(all, sql` AND `);
}

/** Undefined for one that is wrong, which shows nothing. */
function conditionOf(text: string, table: Table): RowCondition | undefined {
  try {
    return rowCondition(text, table);
  } catch (error) {
    if (error instanceof KqlError) return undefined;
    throw error;
  }
}
