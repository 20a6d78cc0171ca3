import { z } from 'zod';
import { route } from '../route.ts';

export const workbookLimits = { documentLength: 5_000_000, workbooks: 1_000 } as const;

/** `shipped` ones come with Sallyport and can't be changed; `own` is the caller's alone; `shared` everybody's. */
export const WorkbookKind = z.enum(['shipped', 'own', 'shared']);

export const WorkbookSummary = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  kind: WorkbookKind,
  /** Tables that its queries name, at most 50. */
  tables: z.array(z.string()),
  updatedAt: z.iso.datetime().nullable(),
  updatedBy: z.string().nullable(),
  /** Whether the caller may change it. */
  canChange: z.boolean(),
});
export type WorkbookSummary = z.infer<typeof WorkbookSummary>;

/** `version` goes up with every change; a change names the one it was made from. */
export const Workbook = WorkbookSummary.extend({
  version: z.int(),
  document: z.string(),
  /** Name of the workspace that it asks: what pickers of workspaces offer. */
  workspace: z.string(),
});
export type Workbook = z.infer<typeof Workbook>;

const Id = z.object({ id: z.string().min(1).max(200) });
const Given = {
  name: z.string().trim().min(1).max(200),
  description: z.string().trim().max(2_000),
  /** The workbook’s JSON (`Notebook/1.0`), or an ARM template that holds it. */
  document: z.string().min(2).max(workbookLimits.documentLength),
  shared: z.boolean(),
};

export const workbookRoutes = {
  listWorkbooks: route({
    method: 'GET',
    path: '/api/workbooks',
    permission: 'securityData.read',
    summary: 'Workbooks that ship, the caller’s own and the shared ones, by name',
    response: z.object({ workbooks: z.array(WorkbookSummary) }),
  }),
  getWorkbook: route({
    method: 'GET',
    path: '/api/workbooks/:id',
    permission: 'securityData.read',
    summary: 'A workbook with its JSON, as it was brought, to ask a workspace',
    params: Id,
    /** Name or GUID. Default: the first that the caller sees anything of. NotFound for one of which they see nothing. */
    query: z.object({ workspace: z.string().min(1).max(512).optional() }),
    response: Workbook,
  }),
  createWorkbook: route({
    method: 'POST',
    path: '/api/workbooks',
    permission: 'securityData.read',
    summary: 'Keep a workbook, for oneself or (with alerts.manage) for everybody',
    body: z.object({ ...Given, description: Given.description.default(''), shared: Given.shared.default(false) }),
    bodyLimit: 2 * workbookLimits.documentLength,
    response: Workbook,
  }),
  updateWorkbook: route({
    method: 'PATCH',
    path: '/api/workbooks/:id',
    permission: 'securityData.read',
    summary: 'Change a workbook: one’s own, or with alerts.manage a shared one',
    params: Id,
    body: z.object({
      version: z.int(),
      name: Given.name.optional(),
      description: Given.description.optional(),
      document: Given.document.optional(),
      shared: Given.shared.optional(),
    }),
    bodyLimit: 2 * workbookLimits.documentLength,
    response: Workbook,
  }),
  deleteWorkbook: route({
    method: 'DELETE',
    path: '/api/workbooks/:id',
    permission: 'securityData.read',
    summary: 'Remove a workbook: one’s own, or with alerts.manage a shared one',
    params: Id,
    response: z.object({}),
  }),
} as const;
