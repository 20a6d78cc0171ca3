import { interactiveDays, SallyportError, type BodyOf, type TableInfo, type tableRoutes } from '@sallyport/contracts';
import { auxiliaryInteractiveDays, noRows, type Lake, type Retention, type TableStatus } from '@sallyport/lake';

type Change = BodyOf<(typeof tableRoutes)['updateTable']>;

/** A table's status as routes tell it. */
export function tableInfoOf(status: TableStatus): TableInfo {
  const { interactiveDays: retentionInDays, retentionDays: totalRetentionInDays, ...rest } = status;
  return { ...rest, retentionInDays, totalRetentionInDays };
}

/** Throws SallyportError NotFound. */
export async function tableInfo(lake: Lake, name: string): Promise<TableInfo> {
  const found = (await lake.tableInfo()).find((t) => t.name === name);
  if (found !== undefined) return tableInfoOf(found);
  const table = lake.catalogue.get(name);
  if (table === undefined)
    throw new SallyportError('NotFound', `no table is named \`${name}\``, { target: 'params.name' });
  const { custom, columns, plan, interactiveDays: days, retentionDays } = table;
  return tableInfoOf({
    name,
    custom,
    columns: columns.length,
    plan,
    interactiveDays: days,
    retentionDays,
    held: false,
    ...noRows,
  });
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
  const table = lake.catalogue.get(name);
  if (table === undefined)
    throw new SallyportError('NotFound', `no table is named \`${name}\``, { target: 'params.name' });
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
