import type { TablePolicy, tableRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../../platform/http/handlers.ts';
import type { Platform } from '../../platform/types.ts';
import { checkColumns } from '../custom-columns.ts';
import { conditionSql } from './condition.ts';
import { createHold, liftHold, toldHold } from './holds.ts';
import type { PolicyBook } from './book.ts';
import { itemCountColumn } from './policy.ts';
import { checkPolicy, previewPolicy } from './preview.ts';
import { savingsOfTable } from './savings.ts';
import { SearchJobs } from './search-jobs.ts';
import { changeRetention, known, tableInfo } from './tables.ts';

/** How tables take and keep their rows: ingest policies, retention, holds, purges. */
export function tableHandlers(platform: Platform, book: PolicyBook): Handlers<typeof tableRoutes> {
  const { lake, clock } = platform;
  const searches = new SearchJobs(platform);
  const toldPolicy = async (name: string): Promise<TablePolicy> => {
    const entry = book.entry(name);
    const [savedLastDay, savedLastMonth] = await Promise.all([1, 30].map((days) => savingsOfTable(lake, name, days)));
    return {
      policy: entry?.policy ?? {},
      updatedBy: entry?.updatedBy ?? null,
      updatedAt: entry?.updatedAt.toISOString() ?? null,
      savedLastDay: savedLastDay ?? [],
      savedLastMonth: savedLastMonth ?? [],
    };
  };
  return {
    updateTable: async (context, { params: { name }, body }) => {
      context.audit({ target: `table ${name}`, details: body });
      known(lake, name);
      const { addColumns, ...retention } = body;
      if (addColumns !== undefined) {
        checkColumns(addColumns, 'addColumns');
        await lake.addColumns(name, addColumns);
      }
      if (Object.keys(retention).length > 0) {
        const changed = await changeRetention(lake, name, retention);
        context.audit({ target: `table ${name}`, details: { ...body, ...changed } });
      }
      return tableInfo(lake, book, name);
    },
    previewRetention: (_, { params: { name }, query }) => {
      known(lake, name);
      return lake.expiring(name, query.totalRetentionInDays);
    },
    deleteTable: async (context, { params: { name } }) => {
      context.audit({ target: `table ${name}` });
      known(lake, name);
      await lake.dropTable(name);
      return {};
    },
    purgeRows: async (context, { params: { name }, body: { filter, deleteRows } }) => {
      context.audit({ target: `table ${name}`, details: { filter, deleteRows } });
      const condition = conditionSql(filter, known(lake, name), clock.now(), 'body.filter');
      if (!deleteRows) return lake.purgeable(name, condition);
      const deletion = await lake.purge(name, condition);
      context.audit({ target: `table ${name}`, details: { filter, deleteRows, ...deletion } });
      return deletion;
    },
    getTablePolicy: (_, { params: { name } }) => {
      known(lake, name);
      return toldPolicy(name);
    },
    setTablePolicy: async (context, { params: { name }, body }) => {
      context.audit({ target: `table ${name}`, details: { policy: body } });
      checkPolicy(body, known(lake, name), clock.now());
      const before = book.of(name) ?? {};
      context.audit({ target: `table ${name}`, details: { before, policy: body } });
      // Before the first row that needs it.
      if (body.sample !== undefined) await lake.addOwnColumn(name, itemCountColumn);
      await book.set(name, body, requireCaller(context).name, clock.now());
      return toldPolicy(name);
    },
    previewTablePolicy: (_, { params: { name }, body }) => previewPolicy(lake, body, known(lake, name), clock.now()),
    listSearchJobs: async () => ({ jobs: await searches.list() }),
    startSearchJob: async (context, { body }) => {
      context.audit({ target: `table ${body.table}`, details: body });
      return searches.start(body, requireCaller(context).name);
    },
    listLegalHolds: async () => ({ holds: (await lake.holds()).map((hold) => toldHold(hold, clock.now())) }),
    createLegalHold: async (context, { body }) => {
      context.audit({ target: `legal hold ${body.name}`, details: body });
      const hold = await createHold(lake, body, requireCaller(context).name, clock.now());
      return toldHold(hold, clock.now());
    },
    liftLegalHold: async (context, { params: { id }, body: { reason } }) => {
      context.audit({ target: `legal hold ${id}`, details: { reason } });
      const hold = await liftHold(lake, id, requireCaller(context).name, clock.now());
      context.audit({ target: `legal hold ${hold.name}`, details: { id, reason, tables: hold.tables } });
      return toldHold(hold, clock.now());
    },
  };
}
