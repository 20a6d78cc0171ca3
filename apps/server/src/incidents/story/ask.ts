import type { Cell, Column } from '@sallyport/contracts';
import type { z } from 'zod';
import type { Queries, QueryRequest } from '../../hunting/index.ts';
import type { Principal } from '../../platform/principal.ts';

/** Who asks the lake for a page of an incident. */
export interface Asked {
  readonly as: Principal;
  readonly now: Date;
  readonly signal?: AbortSignal;
}

type Question = Asked & Pick<QueryRequest, 'query' | 'parameters' | 'timespan' | 'maxRows'>;

/** Rows of a query of ours as objects, each as `schema` has it. Throws as `Queries.run` does. */
export async function askedRows<T extends z.ZodType>(
  queries: Queries,
  schema: T,
  question: Question,
): Promise<z.infer<T>[]> {
  const { columns, rows } = await queries.run({ ...question, operation: 'alert' });
  return rows.map((row) => schema.parse(objectOf(columns, row)));
}

const objectOf = (columns: readonly Column[], row: readonly Cell[]): Record<string, Cell> =>
  Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]));
