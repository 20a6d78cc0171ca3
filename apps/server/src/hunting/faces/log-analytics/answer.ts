import { SallyportError } from '@sallyport/contracts';
import { resourceIdOf, type Workspace } from '../../../platform/workspaces/index.ts';
import type { OpenAnswer, OpenTable } from '../../queries.ts';
import { queryStatistics, visualizationOf } from '../kusto/statistics.ts';
import type { Preferences } from './prefer.ts';
import { partialError } from './errors.ts';

export interface AnswerContext {
  /** Those that the query was over. */
  readonly workspaces: readonly Workspace[];
  readonly preferences: Preferences;
  readonly correlationId: string;
}

/**
 * `{tables, statistics?, render?, error?}`, in pieces. https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format
 * Rows left out since they are past their interactive time are told in `statistics.notices`, to those who ask for statistics: as `error` they would be a failure to Microsoft's clients.
 */
export async function* answerOf(answer: OpenAnswer, context: AnswerContext): AsyncGenerator<string | Buffer> {
  const done: OpenTable[] = [];
  let problem: unknown;
  yield '{"tables":[';
  for (const open of [() => Promise.resolve<OpenTable>(answer), ...answer.further.map((table) => () => table.open())]) {
    let table: OpenTable;
    try {
      table = await open();
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      problem = partialError({ limit: 'resources', message: error.message }, context.correlationId);
      break;
    }
    const head = {
      name: table.name ?? 'PrimaryResult',
      columns: table.columns.map(({ name, type }) => ({ name, type })),
    };
    yield `${done.length > 0 ? ',' : ''}${JSON.stringify(head).slice(0, -1)},"rows":[`;
    try {
      yield* table.rows;
    } catch {
      // Nothing else can be said of an answer that has begun.
      problem = partialError(
        { limit: 'resources', message: 'not all rows came from the engine' },
        context.correlationId,
      );
    }
    yield ']}';
    done.push(table);
    if (problem !== undefined) break;
    if (table.rows.cut) problem ??= partialError(table.rows.cut, context.correlationId);
  }
  yield `]${await extras(done, context, answer)}${problem === undefined ? '' : `,"error":${JSON.stringify(problem)}`}}`;
}

/** An answer without rows for a query that the engine could not finish within its limits. */
export const failedAnswer = (error: SallyportError, { correlationId }: AnswerContext): string =>
  JSON.stringify({ tables: [], error: partialError({ limit: 'resources', message: error.message }, correlationId) });

async function extras(
  tables: readonly OpenTable[],
  { workspaces, preferences }: AnswerContext,
  { leftOut }: OpenAnswer,
): Promise<string> {
  const notice = preferences.statistics ? await leftOut().catch(() => undefined) : undefined;
  const parts: readonly (readonly [boolean, string, () => unknown])[] = [
    [
      preferences.statistics,
      'statistics',
      () => ({
        query: camelCased(queryStatistics(tables)),
        ...(notice === undefined ? {} : { notices: [notice] }),
      }),
    ],
    [preferences.render, 'render', () => renderOf(tables)],
    [preferences.dataSources, 'dataSources', () => workspaces.map((one) => ({ resourceId: resourceIdOf(one) }))],
    [
      preferences.permissions,
      'permissions',
      () => ({ resources: [], dataSources: workspaces.map((one) => ({ resourceId: resourceIdOf(one) })) }),
    ],
  ];
  return parts
    .filter(([wanted]) => wanted)
    .map(([, name, value]) => `,"${name}":${JSON.stringify(value())}`)
    .join('');
}

/** As for Kusto, with names that begin small. */
const renderOf = (tables: readonly OpenTable[]): unknown =>
  Object.fromEntries(
    Object.entries(visualizationOf(tables[0]?.visualization)).map(([name, value]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      value,
    ]),
  );

/** `resource_usage` → `resourceUsage`, `ExecutionTime` → `executionTime`, all the way down. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  const camel = (name: string) =>
    (name.charAt(0).toLowerCase() + name.slice(1)).replaceAll(/[_ ](\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), camelCased(inner)]));
}
