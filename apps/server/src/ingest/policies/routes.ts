import { SallyportError, type tableRoutes } from '@sallyport/contracts';
import type { TableDefinition } from '@sallyport/lake';
import { requireCaller, type Handlers } from '../../platform/http/handlers.ts';
import type { Platform } from '../../platform/types.ts';
import { checkColumns } from '../custom-columns.ts';
import { conditionSql } from './condition.ts';
import { createHold, liftHold, toldHold } from './holds.ts';
import { changeRetention, tableInfo } from './tables.ts';

/** How tables keep their rows: retention, holds, purges. */
export function tableHandlers({ lake, clock }: Platform): Handlers<typeof tableRoutes> {
  const known = (name: string): TableDefinition => {
    const table = lake.catalogue.get(name);
    if (table === undefined)
      throw new SallyportError('NotFound', `no table is named \`${name}\``, { target: 'params.name' });
    return table;
  };
  return {
    updateTable: async (context, { params: { name }, body }) => {
      context.audit({ target: `table ${name}`, details: body });
      known(name);
      const { addColumns, ...retention } = body;
      if (addColumns !== undefined) {
        checkColumns(addColumns, 'addColumns');
        await lake.addColumns(name, addColumns);
      }
      if (Object.keys(retention).length > 0) {
        const changed = await changeRetention(lake, name, retention);
        context.audit({ target: `table ${name}`, details: { ...body, ...changed } });
      }
      return tableInfo(lake, name);
    },
    previewRetention: (_, { params: { name }, query }) => {
      known(name);
      return lake.expiring(name, query.totalRetentionInDays);
    },
    deleteTable: async (context, { params: { name } }) => {
      context.audit({ target: `table ${name}` });
      known(name);
      await lake.dropTable(name);
      return {};
    },
    purgeRows: async (context, { params: { name }, body: { filter, deleteRows } }) => {
      context.audit({ target: `table ${name}`, details: { filter, deleteRows } });
      const condition = conditionSql(filter, known(name), clock.now(), 'body.filter');
      if (!deleteRows) return lake.purgeable(name, condition);
      const deletion = await lake.purge(name, condition);
      context.audit({ target: `table ${name}`, details: { filter, deleteRows, ...deletion } });
      return deletion;
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
