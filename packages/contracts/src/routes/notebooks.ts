import { z } from 'zod';
import { route } from '../route.ts';

export const notebookLimits = { notebooks: 2_000, cells: 200, cellLength: 100_000 } as const;

/** A part of a notebook: text in Markdown, or a query whose answer stands below it. */
export const NotebookCell = z.discriminatedUnion('kind', [
  z.object({ id: z.uuid(), kind: z.literal('markdown'), text: z.string().max(notebookLimits.cellLength) }),
  z.object({
    id: z.uuid(),
    kind: z.literal('query'),
    text: z.string().max(notebookLimits.cellLength),
    /** As the pages' time range: `24h`, or two instants with `/` between; empty: that of the notebook. */
    range: z.string().max(64),
  }),
]);
export type NotebookCell = z.infer<typeof NotebookCell>;

const Stated = {
  name: z.string().trim().min(1).max(256),
  description: z.string().max(5_000),
  /** Of its queries that name none. */
  range: z.string().max(64),
  /** False: only its owner sees it. Everybody who sees one may run it; those who manage alerts may change a shared one. */
  shared: z.boolean(),
  cells: z.array(NotebookCell).max(notebookLimits.cells),
};
export const Notebook = z.object({
  id: z.uuid(),
  ...Stated,
  owner: z.string(),
  version: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type Notebook = z.infer<typeof Notebook>;
export const NotebookSummary = Notebook.omit({ cells: true }).extend({ cellCount: z.int() });
export type NotebookSummary = z.infer<typeof NotebookSummary>;

const ById = z.object({ id: z.uuid() });
const bodyLimit = 8 * 1024 ** 2;

export const notebookRoutes = {
  listNotebooks: route({
    method: 'GET',
    path: '/api/notebooks',
    permission: 'securityData.read',
    summary: 'Notebooks of the caller, and shared ones; those changed last first',
    response: z.object({ notebooks: z.array(NotebookSummary) }),
  }),
  getNotebook: route({
    method: 'GET',
    path: '/api/notebooks/:id',
    permission: 'securityData.read',
    summary: 'One notebook with its cells',
    params: ById,
    response: Notebook,
  }),
  createNotebook: route({
    method: 'POST',
    path: '/api/notebooks',
    permission: 'securityData.read',
    summary: 'Make a notebook. A shared one takes `alerts.manage`',
    body: z.object(Stated),
    bodyLimit,
    response: Notebook,
  }),
  updateNotebook: route({
    method: 'PUT',
    path: '/api/notebooks/:id',
    permission: 'securityData.read',
    summary: 'Change a notebook. `version` is the one that was read: Conflict when there is a later one',
    params: ById,
    body: z.object({ ...Stated, version: z.int().min(1) }),
    bodyLimit,
    response: Notebook,
  }),
  deleteNotebook: route({
    method: 'DELETE',
    path: '/api/notebooks/:id',
    permission: 'securityData.read',
    summary: 'Delete a notebook',
    params: ById,
    response: z.object({}),
  }),
} as const;
