import { SallyportError } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { Platform } from '../platform/types.ts';
import type { BehaviourContent, Part } from './content.ts';
import {
  anomalyQuery,
  partQuery,
  ruleIdOf,
  rowsMax,
  type AnomalyRule,
  type ParametrisedQuery,
  type Values,
  type Window,
} from './query.ts';
import { saveRun } from './store.ts';
import { endsDay, hourMs, type DueWindow } from './windows.ts';
import { systemPrincipal, type Principal } from '../platform/principal.ts';

export interface Parts {
  readonly platform: Platform;
  readonly queries: Queries;
  readonly content: BehaviourContent;
  /** Told of rows that were stored, so that rules which look at rows as they arrive see them. */
  readonly onStored: (segment: {
    readonly id: string;
    readonly rows: Readonly<Record<string, number>>;
  }) => Promise<void>;
}

/** Bounds of one statement: time, and the memory of the engine. */
const limits = { seconds: 300, memoryBytes: 2 * 2 ** 30 };
/** Peers and identities are made anew this often. */
const refreshHours = 24;

const segmentTime = (at: Date): string => at.toISOString().replaceAll(/[-:]|\.\d+/g, '');

interface Step {
  /** A part's name, or an anomaly rule's id. */
  readonly name: string;
  readonly table: string;
  readonly window: Window;
  readonly query: ParametrisedQuery;
  readonly segmentId: string;
}

/**
 * Runs a query and stores its rows, those of an earlier run of the same step going. Answers how many. A fault of the query is noted and answered as 0: other
 * steps go on. Throws what will pass (Unavailable, TooManyRequests).
 */
async function run({ platform, queries, onStored }: Parts, step: Step): Promise<number> {
  const { clock, database, lake, log } = platform;
  const started = performance.now();
  const startedAt = clock.now();
  let rows = 0;
  let error: string | null = null;
  try {
    const compiled = queries.compile(step.query.query, {
      now: step.window.to,
      output: 'engine',
      parameters: step.query.parameters,
      as: systemPrincipal('behaviour'),
    });
    const { segmentId } = step;
    const tables = compiled.reads.map((read) => read.table);
    const columns = compiled.columns.map(({ name }) => name);
    rows = await lake.insertSelect(step.table, columns, compiled.sql, { segmentId, tables, limits });
  } catch (caught) {
    if (!(caught instanceof SallyportError) || caught.code === 'Unavailable' || caught.code === 'TooManyRequests')
      throw caught;
    error = caught.message;
    log.warn({ part: step.name, to: step.window.to, error }, 'a part of behaviour analytics failed');
  }
  if (rows > 0) await onStored({ id: step.segmentId, rows: { [step.table]: rows } });
  await saveRun(database, {
    part: step.name,
    window_from: step.window.from,
    window_to: step.window.to,
    started_at: startedAt,
    elapsed_seconds: (performance.now() - started) / 1_000,
    rows,
    error,
  });
  return rows;
}

const runPart = (parts: Parts, part: Part, window: Window, segmentId: string, values: Values = {}): Promise<number> =>
  run(parts, { name: part.name, table: part.table, window, query: partQuery(part, window, values), segmentId });

/** Learns a window. A day that is over takes the place of its hours. */
async function learn(parts: Parts, window: DueWindow): Promise<void> {
  const { learn } = parts.content;
  await runPart(parts, learn, window, learnedSegment(window), { grain: window.grain });
  if (!endsDay(window)) return;
  const day = { ...window, from: new Date(window.to.getTime() - 24 * hourMs), grain: 'day' } as const;
  await runPart(parts, learn, day, learnedSegment(day), { grain: 'day' });
  for (let at = day.from.getTime(); at < day.to.getTime(); at += hourMs)
    await parts.platform.lake.forget(learnedSegment({ from: new Date(at), grain: 'hour' }), [learn.table]);
}

const learnedSegment = ({ from, grain }: Pick<DueWindow, 'from' | 'grain'>): string =>
  `behaviour-learn-${grain}-${segmentTime(from)}`;

/** Learns a window, and judges it: activities first, then each anomaly rule. Doing it again leaves the same rows. Answers how many anomalies there are. */
export async function runWindow(parts: Parts, window: DueWindow, rules: readonly AnomalyRule[]): Promise<number> {
  const { content } = parts;
  await learn(parts, window);
  if (!window.judged) return 0;
  const at = `${segmentTime(window.from)}-${segmentTime(window.to)}`;
  if (window.to.getTime() % (refreshHours * hourMs) === 0 || window.grain === 'day') await refresh(parts, window);
  await runPart(parts, content.activities, window, `behaviour-activities-${at}`);
  return runRules(parts, window, rules);
}

/** Anomaly rules alone, over a window whose activities are there. */
export async function runRules(parts: Parts, window: Window, rules: readonly AnomalyRule[]): Promise<number> {
  const at = `${segmentTime(window.from)}-${segmentTime(window.to)}`;
  let anomalies = 0;
  for (const rule of rules) anomalies += await runRule(parts, rule, window, at);
  return anomalies;
}

/** Identities and peers, as of a window's end. */
async function refresh(parts: Parts, window: Window): Promise<void> {
  const { identities, peers } = parts.content;
  await runPart(parts, identities, window, `behaviour-identities-${segmentTime(window.to)}`);
  await parts.platform.lake.refreshEntities();
  await runPart(parts, peers, window, `behaviour-peers-${segmentTime(window.to)}`);
}

const runRule = (parts: Parts, rule: AnomalyRule, window: Window, at: string): Promise<number> => {
  const name = ruleIdOf(rule.template.id, rule.status);
  const segmentId = `behaviour-anomaly-${name}-${at}`;
  return run(parts, { name, table: 'Anomalies', window, query: anomalyQuery(rule, window), segmentId });
};

/** What an anomaly rule would tell of a window, without storing it; `columns` is KQL over the rows of Anomalies. Throws as `Queries.run` does. */
export async function preview({ queries }: Parts, rule: AnomalyRule, window: Window, as: Principal, columns = '') {
  const { query, parameters } = anomalyQuery(rule, window, { again: true });
  return queries.run({
    query: `${query}${columns}`,
    parameters,
    now: window.to,
    maxRows: rowsMax,
    as,
    operation: 'rule',
    limits: { seconds: 60 },
  });
}
