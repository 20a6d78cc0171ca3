import { interactiveDays, SallyportError, type BodyOf, type TableInfo, type tableRoutes } from '@sallyport/contracts';
import {
  auxiliaryInteractiveDays,
  noRows,
  type Lake,
  type Retention,
  type TableDefinition,
  type TableStatus,
} from '@sallyport/lake';
import type { Policies } from './policy.ts';
import { savingsLastDay } from './savings.ts';

type Change = BodyOf<(typeof tableRoutes)['updateTable']>;

/** Tables' status as routes tell it. */
export async function tableInfos(lake: Lake, policies: Policies): Promise<TableInfo[]> {
  const [all, dropped] = await Promise.all([lake.tableInfo(), savingsLastDay(lake)]);
  return all.map((status) => told(status, policies, dropped.get(status.name)));
}

/** What somebody sees of tables, by name: whole, or what is told of their rows. */
export type TablesSeen = ReadonlyMap<
  string,
  'whole' | Pick<TableInfo, 'rows' | 'rowsLastDay' | 'firstRowAt' | 'lastRowAt'>
>;

/** Those that are seen. One that is seen in part has no size: what the engine keeps of a table is of all its rows. */
export const onlySeen = (infos: readonly TableInfo[], seen: TablesSeen): TableInfo[] =>
  infos.flatMap((info) => {
    const how = seen.get(info.name);
    if (how === undefined) return [];
    return how === 'whole' ? info : { ...info, ...unsized, ...how };
  });
const noSize = { rows: 0, bytesOnDisk: 0, bytesUncompressed: 0 };
const unsized = {
  bytesOnDisk: 0,
  longTerm: noSize,
  interactive: noSize,
  held: false,
  policed: false,
  droppedLastDay: { rows: 0, bytes: 0 },
};

function told(
  status: TableStatus,
  policies: Policies,
  droppedLastDay: TableInfo['droppedLastDay'] = { rows: 0, bytes: 0 },
): TableInfo {
  const { interactiveDays: retentionInDays, retentionDays: totalRetentionInDays, ...rest } = status;
  const policed = policies.of(status.name) !== undefined;
  return { ...rest, retentionInDays, totalRetentionInDays, policed, droppedLastDay };
}

/** Throws SallyportError NotFound. */
export async function tableInfo(lake: Lake, policies: Policies, name: string): Promise<TableInfo> {
  const found = (await tableInfos(lake, policies)).find((t) => t.name === name);
  if (found !== undefined) return found;
  const { custom, columns, plan, interactiveDays: days, retentionDays } = known(lake, name);
  const status = { name, custom, columns: columns.length, plan, interactiveDays: days, retentionDays };
  return told({ ...status, held: false, ...noRows }, policies);
}

/** Throws SallyportError NotFound. */
export function known(lake: Lake, name: string): TableDefinition {
  const table = lake.catalogue.get(name);
  if (table === undefined)
    throw new SallyportError('NotFound', `no table is named \`${name}\``, { target: 'params.name' });
  return table;
}

/**
 * What a table's retention becomes. Only the total given: the interactive time follows, as far as the plan lets it. Throws SallyportError BadRequest for
 * what the plan does not have.
 */
export function changedRetention(old: Retention, change: Change): Retention {
  const plan = change.plan ?? old.plan;
  const retentionDays = change.totalRetentionInDays ?? Math.max(old.retentionDays, change.retentionInDays ?? 0);
  if (plan === 'Auxiliary') {
    if ((change.retentionInDays ?? auxiliaryInteractiveDays) !== auxiliaryInteractiveDays)
      throw new SallyportError('BadRequest', `the Auxiliary plan has ${auxiliaryInteractiveDays} interactive days`, {
        target: 'body.retentionInDays',
      });
    return { plan, interactiveDays: Math.min(auxiliaryInteractiveDays, retentionDays), retentionDays };
  }
  const split = old.interactiveDays < old.retentionDays && old.plan === plan;
  const wanted = change.retentionInDays ?? (split ? Math.min(old.interactiveDays, retentionDays) : retentionDays);
  if (wanted > retentionDays)
    throw new SallyportError('BadRequest', 'rows can’t be interactive for longer than they are kept', {
      target: 'body.retentionInDays',
    });
  return { plan, interactiveDays: Math.min(wanted, interactiveDays.max), retentionDays };
}

/** Changes how a table's rows are kept. Throws SallyportError Conflict when that deletes rows and nobody agreed. */
export async function changeRetention(
  lake: Lake,
  name: string,
  change: Change,
): Promise<Readonly<Record<string, unknown>>> {
  const table = known(lake, name);
  const next = changedRetention(table, change);
  const deletes = next.retentionDays < table.retentionDays ? await lake.expiring(name, next.retentionDays) : undefined;
  if (deletes !== undefined && deletes.rows > 0 && change.deleteRows !== true)
    throw new SallyportError(
      'Conflict',
      `${deletes.rows} rows of \`${name}\` (about ${deletes.bytesOnDisk} bytes on disk) are older than ${next.retentionDays} days and would be deleted for good; say \`deleteRows\` to go on`,
      { target: 'body.totalRetentionInDays' },
    );
  await lake.setRetention(name, next);
  const { plan, interactiveDays: retentionInDays, retentionDays: totalRetentionInDays } = table;
  return {
    before: { plan, retentionInDays, totalRetentionInDays },
    after: { plan: next.plan, retentionInDays: next.interactiveDays, totalRetentionInDays: next.retentionDays },
    ...(deletes === undefined ? {} : { deletes }),
  };
}
