import { z } from 'zod';
import { route } from '../route.ts';

export const KqlType = z.enum([
  'bool',
  'datetime',
  'decimal',
  'dynamic',
  'guid',
  'int',
  'long',
  'real',
  'string',
  'timespan',
]);
export type KqlType = z.infer<typeof KqlType>;
export const Column = z.object({ name: z.string(), type: KqlType });
export type Column = z.infer<typeof Column>;

/**
 * A cell as JSON: null; bool as boolean; int, long, real as number (a long past 2^53 and a non-finite real as text); decimal, guid as text;
 * datetime as ISO 8601 with seven digits and Z; timespan as `d.hh:mm:ss.fffffff`; dynamic as its JSON text.
 */
export const Cell = z.union([z.null(), z.boolean(), z.number(), z.string()]);
export type Cell = z.infer<typeof Cell>;

export const Timespan = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });
export type Timespan = z.infer<typeof Timespan>;

export const QueryResult = z.object({
  columns: z.array(Column),
  rows: z.array(z.array(Cell)),
  /** What `render` asked for, when it did. */
  visualization: z.object({ kind: z.string(), properties: z.record(z.string(), z.string()) }).optional(),
  /** Set when a limit cut the answer: says which, and at what number. */
  partial: z.object({ reason: z.string() }).optional(),
  statistics: z.object({ elapsedSeconds: z.number(), rowsRead: z.number(), bytesRead: z.number() }),
});
export type QueryResult = z.infer<typeof QueryResult>;

/** A workspace's name or GUID. Default: the first that the caller sees anything of. */
const WorkspaceOfQuery = z.string().min(1).max(512).optional();

/** A fault of a query: Microsoft's code (`KS142`) or our own, and where, in UTF-16 units of the text, the end left out. */
export const QueryFault = z.object({ code: z.string(), message: z.string(), start: z.int(), end: z.int() });
export type QueryFault = z.infer<typeof QueryFault>;

/** What becomes of a query, for each of its tables. */
export const QueryExplanation = z.object({
  tables: z.array(
    z.object({
      name: z.string().optional(),
      /** Our own plan, one line a step, inputs further in. */
      plan: z.string(),
      sql: z.string(),
      /** The engine's plan, with the parts of its indexes that it uses. */
      enginePlan: z.string(),
      /** What the engine expects to read. */
      estimate: z.array(z.object({ table: z.string(), parts: z.number(), rows: z.number(), marks: z.number() })),
      /** What it gave and read, when it was run. */
      ran: z
        .object({ rows: z.number(), elapsedSeconds: z.number(), rowsRead: z.number(), bytesRead: z.number() })
        .optional(),
    }),
  ),
});
export type QueryExplanation = z.infer<typeof QueryExplanation>;

/** A query that ships or was imported, for a person to run. */
export const HuntingQuery = z.object({
  id: z.string(),
  name: z.string(),
  /** Why one runs it, and what to look at in the answer. */
  description: z.string(),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  query: z.string(),
});
export type HuntingQuery = z.infer<typeof HuntingQuery>;

/**
 * The lines of an answer that is read as it comes: first this, then each row as a JSON array of cells behind a comma (but the first), and
 * last `AnswerEnd`. Cells as in `QueryResult`, but a datetime without zeros at the end of its fraction.
 */
export const AnswerHead = QueryResult.pick({ columns: true, visualization: true });
export type AnswerHead = z.infer<typeof AnswerHead>;
export const AnswerEnd = QueryResult.pick({ statistics: true, partial: true }).extend({
  /** Set when it broke off half way. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type AnswerEnd = z.infer<typeof AnswerEnd>;

export const huntingRoutes = {
  listHuntingQueries: route({
    method: 'GET',
    path: '/api/hunting/queries',
    permission: 'securityData.read',
    summary: 'The hunting queries that ship and those that were imported, by name',
    response: z.object({ queries: z.array(HuntingQuery).max(12_000) }),
  }),
  runQuery: route({
    method: 'POST',
    path: '/api/query',
    permission: 'securityData.read',
    summary:
      'Run KQL over the workspace. `timespan` bounds TimeGenerated of every table read. A fault of the query answers InvalidQuery with its span',
    body: z.object({
      query: z.string().min(1).max(100_000),
      workspace: WorkspaceOfQuery,
      timespan: Timespan.optional(),
      maxRows: z.int().min(1).max(500_000).default(10_000),
    }),
    response: QueryResult,
  }),
  streamQuery: route({
    method: 'POST',
    path: '/api/query/rows',
    permission: 'securityData.read',
    summary:
      'Run KQL and get the rows as lines, up to 500,000 of them and 256 MB: for readers that keep them in less room than JSON takes',
    body: z.object({
      query: z.string().min(1).max(100_000),
      workspace: WorkspaceOfQuery,
      timespan: Timespan.optional(),
      maxRows: z.int().min(1).max(500_000).default(30_000),
    }),
    response: 'raw',
  }),
  checkQuery: route({
    method: 'POST',
    path: '/api/query/check',
    permission: 'securityData.read',
    summary: 'What keeps some KQL from running here, without running it: no faults, or each with its place',
    body: z.object({ query: z.string().min(1).max(100_000) }),
    response: z.object({ faults: z.array(QueryFault) }),
  }),
  explainQuery: route({
    method: 'POST',
    path: '/api/query/explain',
    permission: 'securityData.read',
    summary: 'What becomes of some KQL: plan, SQL, the engine’s plan and estimate, and with `run` what it read',
    body: z.object({
      query: z.string().min(1).max(100_000),
      workspace: WorkspaceOfQuery,
      timespan: Timespan.optional(),
      run: z.boolean().default(false),
    }),
    response: QueryExplanation,
  }),
  getSchema: route({
    method: 'GET',
    path: '/api/schema',
    permission: 'securityData.read',
    summary: 'Tables, columns and stored functions, for the editor',
    response: z.object({
      version: z.string(),
      tables: z.array(z.object({ name: z.string(), columns: z.array(Column) })),
      functions: z.array(z.object({ name: z.string(), parameters: z.string(), body: z.string() })),
    }),
  }),
} as const;
