import { z } from 'zod';
import { route } from '../route.ts';
import { Column } from './hunting.ts';

/** Twelve years. https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure */
export const retentionMaxDays = 4_383;
/** Of the interactive time of the Analytics plan. */
export const interactiveDays = { min: 4, max: 730 } as const;

const TierSize = z.object({
  rows: z.number(),
  bytesOnDisk: z.number(),
  /** Before compression. */
  bytesUncompressed: z.number(),
});

export const TablePlan = z.enum(['Analytics', 'Auxiliary']);
export type TablePlan = z.infer<typeof TablePlan>;

export const TableInfo = z.object({
  name: z.string(),
  custom: z.boolean(),
  columns: z.int(),
  rows: z.number(),
  bytesOnDisk: z.number(),
  firstRowAt: z.iso.datetime().nullable(),
  lastRowAt: z.iso.datetime().nullable(),
  plan: TablePlan,
  /** Days after arrival in which ordinary queries find a row. */
  retentionInDays: z.int(),
  /** Days after arrival when it is deleted. */
  totalRetentionInDays: z.int(),
  rowsLastDay: z.number(),
  /** Rows that the engine keeps as cheaply as it can: recompressed, and on the cold disk where there is one. */
  longTerm: TierSize,
  /** The others. */
  interactive: TierSize,
  /** Whether a legal hold keeps rows of it. */
  held: z.boolean(),
  /** Whether an ingest policy says what of its rows is stored. */
  policed: z.boolean(),
  /** Rows that the policy did not store in the last day, and their bytes before compression. */
  droppedLastDay: z.object({ rows: z.number(), bytes: z.number() }),
});
export type TableInfo = z.infer<typeof TableInfo>;

const TableName = z.object({ name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/) });
const Condition = z.string().trim().min(1).max(10_000);

const ColumnNames = z
  .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/))
  .min(1)
  .max(10);

/** What of a table's rows is stored. A part that is missing lets every row pass. */
export const IngestPolicy = z.object({
  /** KQL condition on a row, as behind `where`: rows for which it is not true are dropped. */
  filter: Condition.optional(),
  /** Of the values that rows have in `by`, one in `oneIn` is kept, with all of its rows; `ItemCount` of a row says how many it stands for. */
  sample: z.object({ oneIn: z.int().min(2).max(10_000), by: ColumnNames }).optional(),
  /** A row is dropped when one with the same values in `by` arrived within the last hours. */
  dedupe: z
    .object({
      by: ColumnNames,
      withinHours: z
        .number()
        .min(0.1)
        .max(24 * 30),
    })
    .optional(),
});
export type IngestPolicy = z.infer<typeof IngestPolicy>;

/** Rows that a policy does not store, and their bytes before compression. */
export const Saving = z.object({
  reason: z.enum(['filter', 'sample', 'duplicate']),
  rows: z.number(),
  bytes: z.number(),
});
export type Saving = z.infer<typeof Saving>;

export const TablePolicy = z.object({
  policy: IngestPolicy,
  updatedBy: z.string().nullable(),
  updatedAt: z.iso.datetime().nullable(),
  savedLastDay: z.array(Saving),
  savedLastMonth: z.array(Saving),
});
export type TablePolicy = z.infer<typeof TablePolicy>;

/** What a policy would have dropped of the rows that arrived in the last day. */
export const PolicyPreview = z.object({
  rows: z.number(),
  bytesOnDisk: z.number(),
  dropped: z.array(Saving),
  /** Of `bytesOnDisk`, by the share of the bytes. */
  bytesOnDiskSaved: z.number(),
});
export type PolicyPreview = z.infer<typeof PolicyPreview>;

/** What a deletion takes, or would take. */
export const Deletion = z.object({
  rows: z.number(),
  /** By the share of the rows. */
  bytesOnDisk: z.number(),
  /** Rows that it leaves because they are held. */
  heldRows: z.number(),
});
export type Deletion = z.infer<typeof Deletion>;

export const LegalHold = z.object({
  id: z.uuid(),
  name: z.string(),
  reason: z.string(),
  /** `*`: every table. */
  tables: z.array(z.string()),
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
  filter: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  until: z.iso.datetime().nullable(),
  liftedBy: z.string().nullable(),
  liftedAt: z.iso.datetime().nullable(),
  active: z.boolean(),
});
export type LegalHold = z.infer<typeof LegalHold>;

const NewHold = z
  .object({
    name: z.string().trim().min(1).max(128),
    reason: z.string().trim().min(1).max(2_000),
    tables: z
      .array(z.union([z.literal('*'), TableName.shape.name]))
      .min(1)
      .max(100),
    /** Of TimeGenerated: from, and up to but without. */
    from: z.iso.datetime().optional(),
    to: z.iso.datetime().optional(),
    /** KQL condition on a row of each of the tables. */
    filter: Condition.optional(),
    until: z.iso.datetime().optional(),
  })
  .refine(({ tables, filter }) => filter === undefined || !tables.includes('*'), {
    path: ['filter'],
    message: 'a filter needs tables by name',
  })
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'must be after `from`',
  });

/** A query over all rows of tables, those past their interactive time too; its answer is a table of its own. */
export const SearchJob = z.object({
  id: z.uuid(),
  /** Ends in `_SRCH`. */
  table: z.string(),
  query: z.string(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  state: z.enum(['running', 'succeeded', 'failed']),
  rows: z.number().nullable(),
  message: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
});
export type SearchJob = z.infer<typeof SearchJob>;

export const tableRoutes = {
  updateTable: route({
    method: 'PATCH',
    path: '/api/tables/:name',
    permission: 'data.manage',
    summary:
      'Change plan and retention, or add columns to a custom table. 409 when rows would be deleted and `deleteRows` is not given',
    params: TableName,
    body: z
      .object({
        plan: TablePlan,
        /** Days; of the Analytics plan 4 to 730. */
        retentionInDays: z.int().min(interactiveDays.min).max(interactiveDays.max),
        /** Days; not less than `retentionInDays`. */
        totalRetentionInDays: z.int().min(1).max(retentionMaxDays),
        /** Go on although rows that are older than the new total retention are deleted. */
        deleteRows: z.boolean(),
        addColumns: z.array(Column).max(100),
      })
      .partial(),
    response: TableInfo,
  }),
  previewRetention: route({
    method: 'GET',
    path: '/api/tables/:name/retention-preview',
    permission: 'data.read',
    summary: 'What keeping rows for that many days would delete at once',
    params: TableName,
    query: z.object({ totalRetentionInDays: z.coerce.number().int().min(1).max(retentionMaxDays) }),
    response: Deletion,
  }),
  deleteTable: route({
    method: 'DELETE',
    path: '/api/tables/:name',
    permission: 'data.manage',
    summary: 'Delete a custom table with its rows. 409 while a legal hold covers it',
    params: TableName,
    response: z.object({}),
  }),
  purgeRows: route({
    method: 'POST',
    path: '/api/tables/:name/purge',
    permission: 'data.purge',
    summary: 'Delete rows for good by a KQL condition; held rows stay. Without `deleteRows`: only what it would delete',
    params: TableName,
    body: z.object({ filter: Condition, deleteRows: z.boolean().default(false) }),
    response: Deletion,
  }),
  getTablePolicy: route({
    method: 'GET',
    path: '/api/tables/:name/ingest-policy',
    permission: 'data.read',
    summary: 'What of a table’s rows is stored, and what that has saved',
    params: TableName,
    response: TablePolicy,
  }),
  setTablePolicy: route({
    method: 'PUT',
    path: '/api/tables/:name/ingest-policy',
    permission: 'data.manage',
    summary: 'Say what of a table’s rows is stored from now on: filter, sample, no duplicates. Empty: all',
    params: TableName,
    body: IngestPolicy,
    response: TablePolicy,
  }),
  previewTablePolicy: route({
    method: 'POST',
    path: '/api/tables/:name/ingest-policy/preview',
    permission: 'data.read',
    summary: 'What a policy would have dropped of the rows of the last day',
    params: TableName,
    body: IngestPolicy,
    response: PolicyPreview,
  }),
  listSearchJobs: route({
    method: 'GET',
    path: '/api/search-jobs',
    permission: 'analyticsJobs.read',
    summary: 'The newest 200 search jobs',
    response: z.object({ jobs: z.array(SearchJob) }),
  }),
  startSearchJob: route({
    method: 'POST',
    path: '/api/search-jobs',
    permission: 'analyticsJobs.manage',
    summary: 'Query all rows, those past their interactive time too, into a table `…_SRCH`; answers when it has begun',
    body: z.object({
      table: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9_]{0,57}_SRCH$/, 'a letter, then letters, digits or _, ending in _SRCH'),
      query: z.string().trim().min(1).max(100_000),
      from: z.iso.datetime(),
      to: z.iso.datetime(),
    }),
    response: SearchJob,
  }),
  listLegalHolds: route({
    method: 'GET',
    path: '/api/legal-holds',
    permission: 'data.read',
    summary: 'Legal holds, newest first, those that ended too',
    response: z.object({ holds: z.array(LegalHold) }),
  }),
  createLegalHold: route({
    method: 'POST',
    path: '/api/legal-holds',
    permission: 'legalHold.manage',
    summary: 'Keep rows from every deletion until the hold is lifted, or until a date',
    body: NewHold,
    response: LegalHold,
  }),
  liftLegalHold: route({
    method: 'POST',
    path: '/api/legal-holds/:id/lift',
    permission: 'legalHold.manage',
    summary: 'End a legal hold: rows that are past their retention are then deleted',
    params: z.object({ id: z.uuid() }),
    body: z.object({ reason: z.string().trim().min(1).max(2_000) }),
    response: LegalHold,
  }),
} as const;
