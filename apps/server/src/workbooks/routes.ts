import { randomUUID } from 'node:crypto';
import {
  itemsOf,
  NotAWorkbook,
  parseWorkbook,
  SallyportError,
  workbookLimits,
  type Workbook,
  type workbookRoutes,
  type WorkbookSummary,
} from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { askedWorkspace } from '../platform/workspaces/index.ts';
import { loadWorkbooks, shippedWorkbooks, type ShippedWorkbook } from './shipped.ts';
import { workbookStore, type WorkbookRow } from './store.ts';

const tablesMax = 50;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function workbookHandlers(platform: Platform): Handlers<typeof workbookRoutes> {
  const store = workbookStore(platform.database);
  let reading: Promise<readonly ShippedWorkbook[]> | undefined;
  const shipped = (): Promise<readonly ShippedWorkbook[]> => (reading ??= loadWorkbooks(shippedWorkbooks));

  const tablesOf = (document: string): string[] => {
    const found = new Set<string>();
    for (const item of itemsOf(parseWorkbook(document).document.items))
      if (item.type === 3)
        for (const [word] of item.content.query.matchAll(/(?<![{.'"])\b[A-Z]\w{3,100}\b(?![}:'"(])/g))
          if (found.size < tablesMax && platform.lake.catalogue.get(word)) found.add(word);
    return [...found].toSorted();
  };
  const known = new Map<string, { document: string; tables: string[] }>();
  const tables = (id: string, document: string): string[] => {
    const before = known.get(id);
    if (before?.document === document) return before.tables;
    const now = tablesOf(document);
    if (known.size > workbookLimits.workbooks) known.clear();
    known.set(id, { document, tables: now });
    return now;
  };
  const ofShipped = ({ id, name, description, document }: ShippedWorkbook): WorkbookSummary => ({
    id,
    name,
    description,
    kind: 'shipped',
    tables: tables(id, document),
    updatedAt: null,
    updatedBy: null,
    canChange: false,
  });
  const mayChange = (context: RequestContext, row: WorkbookRow): boolean => {
    const { id, permissions } = requireCaller(context);
    return row.owner === id
      ? !row.shared || permissions.has('alerts.manage')
      : row.shared && permissions.has('alerts.manage');
  };
  const ofRow = (context: RequestContext, row: WorkbookRow): WorkbookSummary => ({
    id: row.id,
    name: row.name,
    description: row.description,
    kind: row.shared ? 'shared' : 'own',
    tables: tables(row.id, row.document),
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
    canChange: mayChange(context, row),
  });
  const workspaceName = (context: RequestContext, name?: string): string =>
    askedWorkspace(platform.workspaces, requireCaller(context), name).name;
  const whole = (context: RequestContext, row: WorkbookRow): Workbook => ({
    ...ofRow(context, row),
    version: row.version,
    document: row.document,
    workspace: workspaceName(context),
  });
  /** Of others' own workbooks nobody learns that they are there. */
  const found = async (context: RequestContext, id: string): Promise<WorkbookRow> => {
    const row = uuid.test(id) ? await store.get(id) : undefined;
    if (row && (row.shared || row.owner === requireCaller(context).id)) return row;
    throw new SallyportError('NotFound', `there is no workbook ${id}`);
  };
  const changeable = async (context: RequestContext, id: string): Promise<WorkbookRow> => {
    if ((await shipped()).some((one) => one.id === id))
      throw new SallyportError('Forbidden', 'a workbook that ships can’t be changed: keep a copy');
    const row = await found(context, id);
    if (!mayChange(context, row)) throw new SallyportError('Forbidden', 'a shared workbook needs alerts.manage');
    return row;
  };
  const mayShare = (context: RequestContext): void => {
    if (!requireCaller(context).permissions.has('alerts.manage'))
      throw new SallyportError('Forbidden', 'sharing a workbook needs alerts.manage');
  };
  const checked = (document: string): void => {
    try {
      parseWorkbook(document);
    } catch (error) {
      if (error instanceof NotAWorkbook) throw new SallyportError('BadRequest', error.message, { target: 'document' });
      throw error;
    }
  };

  return {
    listWorkbooks: async (context) => {
      const [ours, theirs] = await Promise.all([
        shipped(),
        store.seenBy(requireCaller(context).id, workbookLimits.workbooks),
      ]);
      const all = [...ours.map(ofShipped), ...theirs.map((row) => ofRow(context, row))];
      return { workbooks: all.toSorted((a, b) => a.name.localeCompare(b.name, 'en')) };
    },
    getWorkbook: async (context, { params: { id }, query }) => {
      const workspace = workspaceName(context, query.workspace);
      const ours = (await shipped()).find((one) => one.id === id);
      if (ours) return { ...ofShipped(ours), version: 1, document: ours.document, workspace };
      return { ...whole(context, await found(context, id)), workspace };
    },
    createWorkbook: async (context, { body: { name, description, document, shared } }) => {
      const id = randomUUID();
      context.audit({ target: `workbook ${id}`, details: { name, shared } });
      if (shared) mayShare(context);
      checked(document);
      if ((await store.count()) >= workbookLimits.workbooks)
        throw new SallyportError('Conflict', `there are ${workbookLimits.workbooks} workbooks: remove some first`);
      const { id: owner, name: by } = requireCaller(context);
      const at = platform.clock.now();
      return whole(
        context,
        await store.create({ id, name, description, document, owner, shared, updated_at: at, updated_by: by }),
      );
    },
    updateWorkbook: async (context, { params: { id }, body: { version, ...change } }) => {
      const { document, ...told } = change;
      context.audit({ target: `workbook ${id}`, details: { ...told, document: document !== undefined } });
      const before = await changeable(context, id);
      if (change.shared === true && !before.shared) mayShare(context);
      if (document !== undefined) checked(document);
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const row = await store.change(id, version, given, requireCaller(context).name, platform.clock.now());
      if (!row) throw new SallyportError('Conflict', 'the workbook was changed meanwhile: look at it again');
      return whole(context, row);
    },
    deleteWorkbook: async (context, { params: { id } }) => {
      context.audit({ target: `workbook ${id}` });
      const { name } = await changeable(context, id);
      context.audit({ target: `workbook ${id}`, details: { name } });
      await store.remove(id);
      return {};
    },
  };
}
