import {
  alertCounts,
  asksForPlaces,
  createDetection,
  type AnalyticsRule,
  type SweepResult,
} from './detection/index.ts';
import { loadFunctions, readDatabases, shippedLocations } from '@sallyport/lake';
import { createHunting } from './hunting/index.ts';
import { createIncidents, listIncidents } from './incidents/index.ts';
import { openIngestCore } from './ingest/core.ts';
import { loadSources, shippedSources } from './ingest/sources/load.ts';
import type { ImportResult } from './ingest/importer/import.ts';
import type { Platform } from './platform/types.ts';
import { withEphemeralPlatform } from './supervisor/ephemeral-platform.ts';

export interface ReplayOptions {
  /** Files, zips and folders. */
  readonly paths: readonly string[];
  /** Id of the source that every file is of; default: recognised. */
  readonly source?: string;
  /** Rule files and folders; default: the rules that ship. */
  readonly rules?: readonly string[];
  readonly onProgress?: (text: string) => void;
}

export interface ReplayedFile {
  readonly file: string;
  readonly source: string | null;
  readonly rows: number;
  readonly unparsed: number;
  readonly alerts: number;
  readonly message?: string;
}

export interface ReplayReport {
  readonly files: number;
  readonly rows: number;
  readonly unparsed: number;
  readonly alerts: number;
  readonly incidents: number;
  /** From the first file to the last incident, engines started and stopped included. */
  readonly seconds: number;
  readonly perFile: readonly ReplayedFile[];
  /** The incidents, most severe first. */
  readonly incidentList: readonly {
    number: number;
    title: string;
    severity: string;
    alerts: number;
    entities: number;
  }[];
  readonly perRule: readonly { name: string; severity: string; alerts: number }[];
  /** Rules that could not be run, and windows left out. */
  readonly problems: readonly string[];
}

/**
 * Loads logs into a fresh workspace on engines of its own, runs the rules over them as if time passed, and says what came out.
 * Nothing of it stays.
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const started = performance.now();
  const settings = { collectHost: 'off', spoolSegmentAge: '50 ms', spoolMaxBytes: '4 GiB' };
  return withEphemeralPlatform({ settings }, async (platform) => {
    const hunting = createHunting(platform, { functions: await loadFunctions() });
    const incidents = createIncidents(platform, { queries: hunting.queries });
    const ruleFolders = options.rules ? { ruleFolders: options.rules } : {};
    const detection = await createDetection(platform, {
      queries: hunting.queries,
      incidents,
      scheduled: false,
      ...ruleFolders,
    });
    if (detection.rules.rules.some(({ query }) => asksForPlaces.test(query)))
      await platform.lake.loadIpLocations(await readDatabases([shippedLocations()]));
    const core = await openIngestCore(platform, await loadSources(shippedSources), {
      totalBytes: platform.config.spoolMaxBytes,
      segmentBytes: platform.config.spoolSegmentBytes,
      segmentAgeMs: platform.config.spoolSegmentAge,
    });
    const pinned = options.source === undefined ? {} : { source: options.source };
    let imported: ImportResult;
    try {
      imported = await core.importer.importPaths(options.paths, pinned);
    } finally {
      await core[Symbol.asyncDispose]();
    }
    options.onProgress?.(`${imported.files.length} files loaded`);
    const swept = await detection.sweep({
      onProgress: ({ done, total, alerts }) =>
        options.onProgress?.(`ran ${done} of ${total} windows, ${alerts} alerts`),
    });
    const problems = detection.rules.problems.map((p) => `${p.path}:${p.line}: ${p.message}`);
    return {
      ...totals(imported, swept),
      ...(await outcome(platform, detection.rules.rules)),
      problems: [...problems, ...swept.failures.map((f) => `${f.ruleName}: ${f.message}`), ...swept.skipped],
      seconds: Math.round((performance.now() - started) / 10) / 100,
    };
  });
}

function totals(imported: ImportResult, swept: SweepResult) {
  const perFile = imported.files.map(({ file, source, rows, unparsed, segmentIds, message }): ReplayedFile => ({
    file,
    source,
    rows,
    unparsed,
    alerts: sum(segmentIds.map((id) => swept.alertsBySegment.get(id) ?? 0)),
    ...(message === undefined ? {} : { message }),
  }));
  return {
    files: perFile.length,
    rows: sum(perFile.map((f) => f.rows)),
    unparsed: sum(perFile.map((f) => f.unparsed)),
    alerts: swept.alerts,
    incidents: swept.incidents.length,
    perFile,
  };
}

async function outcome(platform: Platform, rules: readonly AnalyticsRule[]) {
  const query = { time: 'created', sort: 'severity', order: 'desc', limit: 1_000, offset: 0 } as const;
  const { incidents } = await listIncidents(platform.database, query, platform.clock.now());
  const counts = await alertCounts(platform.database);
  const perRule = rules.map(({ name, severity, id }) => ({ name, severity, alerts: counts.get(id) ?? 0 }));
  return {
    incidentList: incidents.map((i) => ({
      number: i.number,
      title: i.title,
      severity: i.severity,
      alerts: i.alertCount,
      entities: i.entityCount,
    })),
    perRule: perRule.toSorted((a, b) => b.alerts - a.alerts),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
