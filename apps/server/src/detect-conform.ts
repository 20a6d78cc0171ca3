import {
  alertCounts,
  countMatches,
  readLabels,
  type AnalyticsRule,
  type Detection,
  type LabelledLog,
  type Matches,
  type RowRule,
} from './detection/index.ts';
import type { IngestCore } from './ingest/core.ts';
import type { FileResult } from './ingest/importer/import.ts';
import type { Platform } from './platform/types.ts';
import { withDetection } from './with-detection.ts';

export interface DetectConformOptions {
  /** A folder with `labels.json` and the logs that it names. */
  readonly folder: string;
  /** Rule files and folders. */
  readonly rules: readonly string[];
  readonly onProgress?: (text: string) => void;
}

export interface DetectConformReport {
  /** Labelled logs. */
  readonly total: number;
  /** Those on which their rule fired. */
  readonly fired: number;
  readonly missed: readonly { readonly rule: string; readonly path: string; readonly reason: string }[];
  /** Of the logs whose number of matches was recorded, those on which the rule matched as often. */
  readonly countAgrees: number;
  /** Logs whose number of matches was recorded. */
  readonly counted: number;
  readonly countDiffers: readonly {
    readonly rule: string;
    readonly path: string;
    readonly expected: number;
    readonly matches: number;
  }[];
  /** Other rules that fired, on how many logs; most first. */
  readonly alsoFired: readonly {
    readonly rule: string;
    readonly name: string;
    readonly severity: string;
    readonly logs: number;
  }[];
  /** Rules that could not be read or run. */
  readonly problems: readonly string[];
  readonly seconds: number;
}

/**
 * Loads recorded logs into a fresh workspace by the ordinary import, runs the rules over each by itself (over what its segments brought), and compares what
 * fires with the labels. Throws SallyportError when the labels can't be read.
 */
export async function detectConform(options: DetectConformOptions): Promise<DetectConformReport> {
  const started = performance.now();
  const labels = await readLabels(options.folder);
  return withDetection(options.rules, async ({ platform, queries, detection, core, problems: faults }) => {
    const imported = await importLogs(core, labels, options.onProgress);
    const problems = [...faults];
    const fail = (rule: AnalyticsRule, message: string) => void problems.push(`${rule.path}: ${message}`);
    const logs = new Map([...imported].map(([file, { segmentIds }]) => [file, segmentIds]));
    const { rules } = detection.rules;
    const ofRows = rules.flatMap((rule): RowRule[] => (rule.rows ? [{ rule, ...rule.rows }] : []));
    options.onProgress?.(`running ${rules.length} rules`);
    const matches = await countMatches({ lake: platform.lake, queries }, ofRows, logs, {
      now: platform.clock.now(),
      fail,
    });
    const swept = await sweepLogs(
      platform,
      detection,
      rules.filter((rule) => !rule.rows),
      logs,
    );
    problems.push(...swept.problems);
    return {
      ...compare(labels, imported, [matches, swept.matches], rules),
      problems,
      seconds: Math.round((performance.now() - started) / 10) / 100,
    };
  });
}

async function importLogs(
  core: IngestCore,
  labels: readonly LabelledLog[],
  onProgress: DetectConformOptions['onProgress'],
): Promise<ReadonlyMap<string, FileResult>> {
  const paths = [...new Set(labels.flatMap((label) => label.file ?? []))];
  const { files } = await core.importer.importPaths(paths, {
    onProgress: ({ records }) => onProgress?.(`${records} records read`),
  });
  return new Map(
    [...Map.groupBy(files, ({ root }) => root)].map(([root, [first, ...parts]]) => [
      root,
      { ...first!, segmentIds: [first!, ...parts].flatMap(({ segmentIds }) => segmentIds) },
    ]),
  );
}

/** Rules that look at more than one row run as in a replay: what counts is alerts. */
async function sweepLogs(
  platform: Platform,
  detection: Detection,
  rules: readonly AnalyticsRule[],
  logs: ReadonlyMap<string, readonly string[]>,
): Promise<{ matches: Matches; problems: readonly string[] }> {
  const matches = new Map<string, ReadonlyMap<string, number>>();
  const problems = new Set<string>();
  if (rules.length > 0)
    for (const [log, segments] of logs) {
      const before = await alertCounts(platform.database);
      const { failures } = await detection.sweep({ rules, segments });
      for (const { ruleName, message } of failures) problems.add(`${ruleName}: ${message}`);
      const after = await alertCounts(platform.database);
      const more = [...after].map(([rule, count]) => [rule, count - (before.get(rule) ?? 0)] as const);
      matches.set(log, new Map(more.filter(([, count]) => count > 0)));
    }
  return { matches, problems: [...problems] };
}

type Comparison = Omit<DetectConformReport, 'problems' | 'seconds'>;

function compare(
  labels: readonly LabelledLog[],
  imported: ReadonlyMap<string, FileResult>,
  found: readonly Matches[],
  rules: readonly AnalyticsRule[],
): Comparison {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const countOf = (file: string, rule: string): number =>
    found.reduce((sum, matches) => sum + (matches.get(file)?.get(rule) ?? 0), 0);
  const missed: { rule: string; path: string; reason: string }[] = [];
  const countDiffers: { rule: string; path: string; expected: number; matches: number }[] = [];
  const wanted = new Map<string, Set<string>>();
  for (const { rule, path, file, expected } of labels) {
    const count = file === undefined ? 0 : countOf(file, rule);
    if (file !== undefined) wanted.set(file, (wanted.get(file) ?? new Set()).add(rule));
    if (expected !== undefined && expected !== count) countDiffers.push({ rule, path, expected, matches: count });
    if (count === 0) missed.push({ rule, path, reason: reasonOf(file, imported, byId.has(rule)) });
  }
  const others = new Map<string, number>();
  for (const [file, own] of wanted)
    for (const rule of new Set(found.flatMap((matches) => [...(matches.get(file)?.keys() ?? [])])))
      if (!own.has(rule)) others.set(rule, (others.get(rule) ?? 0) + 1);
  const counted = labels.filter(({ expected }) => expected !== undefined).length;
  return {
    total: labels.length,
    fired: labels.length - missed.length,
    missed,
    counted,
    countAgrees: counted - countDiffers.length,
    countDiffers,
    alsoFired: [...others]
      .map(([rule, logs]) => ({
        rule,
        name: byId.get(rule)?.name ?? '',
        severity: byId.get(rule)?.severity ?? '',
        logs,
      }))
      .toSorted((a, b) => b.logs - a.logs || (a.name < b.name ? -1 : 1)),
  };
}

function reasonOf(file: string | undefined, imported: ReadonlyMap<string, FileResult>, known: boolean): string {
  if (file === undefined) return 'there is no such log';
  if (!known) return 'there is no such rule';
  const result = imported.get(file);
  if (!result || result.rows === 0) return result?.message ?? 'nothing of the log was stored';
  return 'no row met the condition';
}
