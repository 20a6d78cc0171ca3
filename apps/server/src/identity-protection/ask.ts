import type { Cell } from '@sallyport/contracts';
import type { Queries, QueryAnswer } from '../hunting/index.ts';
import type { Principal } from '../platform/principal.ts';

/** The time that a query judges: from (included) to (excluded). */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}
export type Answered = Readonly<Record<string, Cell>>;

const datetime = (at: Date): string => `datetime(${at.toISOString()})`;
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A query over a window: `windowStart` and `windowEnd`, and texts beside. */
export function windowed(query: string, window: Window, texts: Readonly<Record<string, string>> = {}) {
  const names = Object.keys(texts).map((name) => `, ${name}:string`);
  return {
    query: `declare query_parameters(windowStart:datetime, windowEnd:datetime${names.join('')});\n${query}`,
    parameters: {
      windowStart: datetime(window.from),
      windowEnd: datetime(window.to),
      ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, text(value)])),
    },
    now: window.to,
  };
}

export const objectsOf = ({ columns, rows }: Pick<QueryAnswer, 'columns' | 'rows'>): Answered[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])));

/** Runs it and answers rows by column. Throws as `Queries.run` does. */
export async function ask(
  queries: Queries,
  request: ReturnType<typeof windowed>,
  how: { readonly as: Principal; readonly maxRows: number; readonly seconds: number },
): Promise<Answered[]> {
  const { as, maxRows, seconds } = how;
  return objectsOf(await queries.run({ ...request, as, maxRows, operation: 'rule', limits: { seconds } }));
}

export const textOf = (value: Cell | undefined): string => (typeof value === 'string' ? value : '');
export const numberOf = (value: Cell | undefined): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
