import { randomUUID } from 'node:crypto';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql, sqlIdentifier, sqlJoin, sqlString, type CompileOptions } from '@sallyport/kql';
import type { Lake, LoadStatement } from '@sallyport/lake';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Queries } from '../hunting/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Platform } from '../platform/types.ts';
import { parseRule, type AnalyticsRule } from './rules/index.ts';
import { evaluate } from './run/evaluate.ts';
import { planRule } from './sweep/plan.ts';
import { allTime } from './sweep/sweep.ts';

const Events = z.union([
  z.strictObject({ stream: z.string(), lines: z.array(z.string()).min(1).max(10_000) }),
  z.strictObject({ table: z.string(), rows: z.array(z.record(z.string(), z.unknown())).min(1).max(10_000) }),
]);

/** `tests.yaml` beside a rule: events, and whether the rule must find something in them. */
export const RuleTests = z
  .array(
    z.strictObject({
      name: z.string().min(1),
      expect: z.enum(['match', 'quiet']),
      events: z.array(Events).min(1).max(100),
    }),
  )
  .min(1)
  .max(1_000);
export type RuleTest = z.infer<typeof RuleTests>[number];

export interface RuleTestBench {
  readonly platform: { readonly lake: Lake; readonly spool: Platform['spool'] };
  readonly queries: Queries;
  /** How lines of a stream are stored (ingest's `Streams`). Needed by cases with `stream` events. */
  readonly streams?: { statements(stream: string, framing: 'door'): { readonly loads: readonly LoadStatement[] } };
}

export interface RuleTestResult {
  readonly rule: AnalyticsRule;
  readonly cases: readonly {
    readonly name: string;
    readonly expect: RuleTest['expect'];
    readonly alerts: number;
    /** Of the first alert: what it is called, and its entities by name. */
    readonly alertName?: string;
    readonly entities: readonly string[];
    readonly ok: boolean;
  }[];
}

/**
 * Runs a rule's own tests: stores each case's events as a source or table would get them, runs the rule over their time as a sweep does, and tells which
 * cases found something. Cases don't see each other's events, nor other rows of the lake. Stores no alert. Throws when the rule or its tests can't be
 * read, or the rule doesn't run.
 */
export async function testRule(folder: string, bench: RuleTestBench): Promise<RuleTestResult> {
  const file = join(folder, 'rule.yaml');
  const { rule, problems } = parseRule(await readFile(file, 'utf8'), file);
  if (!rule) throw new Error(`${file}: ${problems?.[0]?.message ?? 'no rule'}`);
  const tests = RuleTests.parse(parse(await readFile(join(folder, 'tests.yaml'), 'utf8')));
  const cases = [];
  for (const test of tests) cases.push(await runCase(test, await storeEvents(test, bench), rule, bench));
  return { rule, cases };
}

async function runCase(
  test: RuleTest,
  segments: readonly string[],
  rule: AnalyticsRule,
  { platform, queries }: RuleTestBench,
): Promise<RuleTestResult['cases'][number]> {
  const source = fromSegments(segments);
  const { tasks } = await planRule({ platform: { ...platform, clock: systemClock }, queries }, rule, {
    ...allTime,
    source,
  });
  const alerts = [];
  for (const { window, found } of tasks)
    alerts.push(...(found ?? (await evaluate(queries, rule, window, { source }))).alerts);
  const [first] = alerts;
  return {
    name: test.name,
    expect: test.expect,
    alerts: alerts.length,
    ...(first ? { alertName: first.name } : {}),
    entities: first?.entities.map((entity) => `${entity.kind} ${entity.name}`) ?? [],
    ok: alerts.length > 0 === (test.expect === 'match'),
  };
}

/** Tables as if they had only these segments' rows. */
export const fromSegments =
  (segments: readonly string[]): NonNullable<CompileOptions['source']> =>
  (table) =>
    sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _SegmentId IN (${sqlJoin(segments.map(sqlString))}))`;

/** Stores the events of a case, and answers the segments that they are in. */
export async function storeEvents(test: RuleTest, { platform, streams }: RuleTestBench): Promise<string[]> {
  const ids: string[] = [];
  for (const events of test.events) {
    const id = randomUUID();
    ids.push(id);
    if ('table' in events) await platform.lake.insertRows(events.table, events.rows, { segmentId: id });
    else if (streams) await storeLines(platform, streams.statements(events.stream, 'door').loads, id, events.lines);
    else throw new Error(`${test.name}: stream events need the sources`);
  }
  return ids;
}

async function storeLines(
  { lake, spool }: RuleTestBench['platform'],
  statements: readonly LoadStatement[],
  id: string,
  lines: readonly string[],
): Promise<void> {
  const path = join(spool.folder, `test-${id}`);
  await writeFile(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o640 });
  try {
    if (spool.groupId !== undefined) await chown(path, process.getuid?.() ?? -1, spool.groupId);
    await lake.load({ id, path, reader: { kind: 'lines' }, retry: false }, statements);
  } finally {
    await rm(path, { force: true });
  }
}
