import { SallyportError } from '@sallyport/contracts';
import { sql, sqlIdentifier } from '@sallyport/kql';
import { z } from 'zod';
import { inChunks } from './rows/statements.ts';
import type { RuleWindow } from './run/alerts.ts';
import { instant } from './run/evaluate.ts';
import type { Parts } from './run/run.ts';

/** What a rule's query wants of the rows of a table in a window, as SQL over a row `r`. */
export interface Asked {
  readonly window: RuleWindow;
  readonly table: string;
  readonly condition: string;
}

/** With fewer there is no scan to share: the run is as cheap. */
const togetherMin = 2;
const limits = { seconds: 120 };

/**
 * Which conditions some row of their window meets: those of one table and window in one statement, so that many rules share a scan. Where they can't be asked together, each counts
 * as met: its rule's own run tells. Throws SallyportError Unavailable.
 */
export async function metConditions<A extends Asked>(
  { platform }: Pick<Parts, 'platform'>,
  asked: readonly A[],
): Promise<ReadonlySet<A>> {
  const met = new Set<A>();
  // A rule that wants every row has them.
  for (const one of asked) if (one.condition === 'true') met.add(one);
  const groups = Map.groupBy(
    asked.filter((one) => !met.has(one)),
    ({ table, window }) => `${table} ${window.from.getTime()} ${window.to.getTime()}`,
  );
  for (const group of groups.values()) {
    if (group.length < togetherMin) {
      for (const one of group) met.add(one);
      continue;
    }
    for (const chunk of inChunks(group, ({ condition }) => condition.length)) {
      const answer = await askTogether(platform, chunk);
      for (const [i, one] of chunk.entries()) if (answer?.[i] !== 0) met.add(one);
    }
  }
  return met;
}

const Answer = z.tuple([z.array(z.number())]);

async function askTogether(
  { lake, log }: Parts['platform'],
  chunk: readonly Asked[],
): Promise<readonly number[] | undefined> {
  const [first] = chunk;
  if (!first) return [];
  const { table, window } = first;
  const conditions = [...new Set(chunk.map(({ condition }) => condition))];
  const span = sql`TimeGenerated >= ${instant(window.from)} AND TimeGenerated < ${instant(window.to)}`;
  try {
    const { rows } = await lake.query(
      `SELECT [${conditions.map((condition) => `toUInt8(countIf(${condition}) > 0)`).join(',\n')}] FROM ${sqlIdentifier(table).text} AS r WHERE ${span.text}`,
      { who: 'rules', operation: 'rule', tables: [table], limits },
    );
    const [found] = Answer.parse(rows[0]);
    return chunk.map(({ condition }) => found[conditions.indexOf(condition)] ?? 1);
  } catch (err) {
    if (!(err instanceof SallyportError) || err.code === 'Unavailable' || err.code === 'TooManyRequests') throw err;
    log.info({ err, table, rules: chunk.length }, 'rules are run without asking for their rows first');
    return undefined;
  }
}
