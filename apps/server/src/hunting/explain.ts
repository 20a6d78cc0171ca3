import type { QueryExplanation } from '@sallyport/contracts';
import type { Compiled, CompiledTable } from '@sallyport/kql';
import type { Lake, QueryOptions } from '@sallyport/lake';
import { z } from 'zod';
import { ownTables } from './own-tables.ts';

/**
 * What becomes of a query: its plan, its SQL, and what the engine makes of that, with the parts of its indexes that it uses and what it expects to
 * read; with `run` also what it did read. `compiled` is with `plan`.
 */
export async function explain(
  lake: Lake,
  compiled: Compiled,
  options: QueryOptions & { readonly run: boolean },
): Promise<QueryExplanation> {
  const { run, ...asked } = options;
  const query = { ...asked, tables: ownTables(compiled) };
  const tables: QueryExplanation['tables'] = [];
  for (const table of [compiled, ...(compiled.further ?? [])]) tables.push(await explainTable(lake, table, query, run));
  return { tables };
}

async function explainTable(
  lake: Lake,
  { name, sql, plan }: CompiledTable,
  query: QueryOptions,
  run: boolean,
): Promise<QueryExplanation['tables'][number]> {
  const steps = await lake.query(`EXPLAIN indexes = 1 ${sql}`, query);
  const estimate = await lake.query(`EXPLAIN ESTIMATE ${sql}`, query);
  const ran = run ? await lake.query(sql, query) : undefined;
  return {
    ...(name === undefined ? {} : { name }),
    plan: plan ?? '',
    sql,
    enginePlan: steps.rows.map(([line]) => String(line)).join('\n'),
    estimate: estimate.rows.map((row) => {
      const [, table, parts, rows, marks] = Estimate.parse(row);
      return { table, parts, rows, marks };
    }),
    ...(ran ? { ran: { rows: ran.rows.length, ...ran.statistics } } : {}),
  };
}

/** Database, table, parts, rows, marks. */
const Estimate = z.tuple([z.string(), z.string(), z.coerce.number(), z.coerce.number(), z.coerce.number()]);
