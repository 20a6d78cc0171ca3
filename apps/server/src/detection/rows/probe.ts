import { sqlIdentifier } from '@sallyport/kql';
import type { QueryOptions } from '@sallyport/lake';
import { z } from 'zod';
import { plansOf } from '../plans/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { Parts } from '../run/run.ts';
import type { PassRows, SourceRules } from './pass.ts';
import { inChunks } from './statements.ts';

type Source = SourceRules<AnalyticsRule>;

/**
 * The sources that have rows among those of some tables: many views read the same table, and one statement a table tells which of them have something to see. Those of which
 * that can't be told are among them. Throws as `Lake.query`.
 */
export async function sourcesWithRows(
  { platform, queries }: Parts,
  sources: readonly Source[],
  tables: ReadonlySet<string>,
  rows: PassRows,
  options: QueryOptions,
): Promise<readonly Source[]> {
  const plans = await plansOf(queries, platform).reads.of(sources.map(({ source }) => source));
  const found = new Set<Source>();
  const asked = new Map<string, { source: Source; condition: string }[]>();
  for (const source of sources) {
    const plan = plans.get(source.source);
    if (!plan || 'fault' in plan) found.add(source);
    else
      for (const { table, condition } of plan.reads)
        if (!tables.has(table)) continue;
        else if (condition === 'true') found.add(source);
        else asked.set(table, [...(asked.get(table) ?? []), { source, condition }]);
  }
  for (const [table, conditions] of asked)
    for (const chunk of inChunks(
      conditions.filter(({ source }) => !found.has(source)),
      ({ condition }) => condition.length,
    )) {
      const met = chunk.map(({ condition }, i) => `if(${condition}, ${i}, -1)`);
      const schema = platform.lake.kqlCatalogue().tables.find(({ name }) => name === table);
      const from = (schema && rows.source(schema)?.text) ?? sqlIdentifier(table).text;
      const answer = await platform.lake.query(
        `SELECT DISTINCT arrayJoin(arrayFilter(i -> i >= 0, [${met.join(',\n')}])) AS i FROM ${from} AS r`,
        { ...options, tables: [table], ...(rows.params ? { params: rows.params } : {}) },
      );
      for (const [i] of z.array(z.tuple([z.number()])).parse(answer.rows)) found.add(chunk[i]!.source);
    }
  return sources.filter((source) => found.has(source));
}
