import {
  SallyportError,
  type HuntingQuery,
  type QueryResult,
  type ResponseOf,
  type savedQueryRoutes,
} from '@sallyport/contracts';
import type { Lake } from '@sallyport/lake';
import type { Queries } from '../queries.ts';
import type { Descriptions } from './descriptions.ts';
import type { Principal } from '../../platform/principal.ts';

export type TableSample = ResponseOf<(typeof savedQueryRoutes)['sampleTable']>;

const sampleRows = 10;
const queriesMax = 20;
/** How far back newest rows are looked for, hours: the shorter time first, since it reads less. */
const hoursBack = [1, 24, 24 * 30];

interface Parts {
  readonly lake: Lake;
  readonly queries: Queries;
  readonly descriptions: Descriptions;
  readonly shipped: readonly HuntingQuery[];
}

/** A table as one who has not used it wants it shown. Throws NotFound. */
export async function tableSample(
  { lake, queries, descriptions, shipped }: Parts,
  table: string,
  asked: { as: Principal; now: Date; signal: AbortSignal },
): Promise<TableSample> {
  const definition = lake.catalogue.get(table);
  if (!definition || !queries.sees(asked.as, definition.name))
    throw new SallyportError('NotFound', `there is no table ${table}`);
  const { name, columns } = definition;
  const newest = (hours: number): Promise<QueryResult> =>
    queries.run({
      query: `['${name}'] | top ${sampleRows} by TimeGenerated desc`,
      timespan: {
        from: new Date(asked.now.getTime() - hours * 3_600_000),
        to: new Date(asked.now.getTime() + 3_600_000),
      },
      now: asked.now,
      as: asked.as,
      operation: 'hunting',
      limits: { seconds: 20 },
      signal: asked.signal,
    });
  let sample = await newest(hoursBack[0]!);
  for (const hours of hoursBack.slice(1)) if (sample.rows.length === 0) sample = await newest(hours);
  const word = new RegExp(String.raw`\b${name}\b`);
  return {
    name,
    description: definition.description?.trim() || descriptions.table(name),
    reference: name.endsWith('_CL')
      ? null
      : `https://learn.microsoft.com/azure/azure-monitor/reference/tables/${name.toLowerCase()}`,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      description: descriptions.column(name, column.name),
    })),
    sample,
    queries: shipped
      .filter(({ query }) => word.test(query))
      .slice(0, queriesMax)
      .map((one) => ({ name: one.name, query: one.query })),
  };
}
