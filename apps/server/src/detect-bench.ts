import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchItem, BenchReport, BenchSet } from '@sallyport/contracts';
import { readDatabases, shippedLocations } from '@sallyport/lake';
import { z } from 'zod';
import {
  asksForPlaces,
  evaluateItems,
  readSet,
  type ItemAlert,
  type LabelledItem,
  type LabelledSet,
} from './detection/index.ts';
import type { IngestCore } from './ingest/core.ts';
import type { FileResult } from './ingest/importer/import.ts';
import type { Platform } from './platform/types.ts';
import { withDetection } from './with-detection.ts';

export interface DetectBenchOptions {
  /** Labelled sets: folders and files. */
  readonly sets: readonly string[];
  /** Rule files and folders; default: the rules that ship. */
  readonly rules?: readonly string[];
  readonly onProgress?: (text: string) => void;
}

/**
 * Runs rules over labelled recordings and says which were hit, which were missed, and where there was noise. All recordings come into one fresh workspace
 * by the ordinary import, and rules see each of them alone. Throws SallyportError when a set or its labels can't be read.
 */
export async function detectBench(options: DetectBenchOptions): Promise<BenchReport> {
  const started = performance.now();
  const sets: LabelledSet[] = [];
  for (const path of options.sets) sets.push(await readSet(path));
  return withDetection(options.rules, async ({ platform, queries, detection, core, problems: faults }) => {
    const rules = detection.rules.rules.filter((rule) => rule.enabled);
    if (rules.some(({ query }) => asksForPlaces.test(query)))
      await platform.lake.loadIpLocations(await readDatabases([shippedLocations()]));
    const problems = [...faults];
    const { loaded, tables } = await loadSets(core, sets, options.onProgress);
    const segments = new Map(loaded.flatMap(({ key, result }) => (result ? [[key, result.segmentIds] as const] : [])));
    const fired = await evaluateItems({ platform, queries }, rules, segments, {
      fail: (rule, message) => void problems.push(`${rule.path}: ${message}`),
      onRule: (done, total) => options.onProgress?.(`ran ${done} of ${total} rules`),
    });
    const reports: BenchSet[] = [];
    for (const [at, set] of sets.entries()) {
      const own = loaded.filter((one) => one.set === at);
      const items = own.map(({ item, key, result }) => outcomeOf(item, result, fired.get(key) ?? []));
      const days = await daysOf(
        platform,
        tables,
        own.flatMap(({ result }) => result?.segmentIds ?? []),
      );
      reports.push(reportOf(set, items, days));
    }
    return {
      at: platform.clock.now().toISOString(),
      rules: rules.length,
      sets: reports,
      problems,
      seconds: Math.round((performance.now() - started) / 10) / 100,
    };
  });
}

interface LoadedItem {
  readonly set: number;
  readonly item: LabelledItem;
  /** Of its recording: items that share one are evaluated once. */
  readonly key: string;
  readonly result: LoadedLog | undefined;
}

interface LoadedLog {
  readonly sources: readonly string[];
  readonly rows: number;
  readonly unparsed: number;
  readonly segmentIds: readonly string[];
  readonly message?: string;
}

/** Brings every recording to the lake, few imports for many. */
async function loadSets(
  core: IngestCore,
  sets: readonly LabelledSet[],
  onProgress: DetectBenchOptions['onProgress'],
): Promise<{ readonly loaded: readonly LoadedItem[]; readonly tables: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  try {
    const items: { set: number; item: LabelledItem; path: string }[] = [];
    for (const [set, { items: own }] of sets.entries())
      for (const item of own) items.push({ set, item, path: await pathOf(item, join(folder, String(items.length))) });
    const { logs, tables } = await importLogs(core, items, onProgress);
    const loaded = items.map(({ set, item, path }) => {
      const key = keyOf(item, path);
      return { set, item, key, result: logs.get(key) };
    });
    return { loaded, tables };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const keyOf = (item: LabelledItem, path: string): string => `${item.source ?? ''} ${path}`;

async function pathOf({ log }: LabelledItem, written: string): Promise<string> {
  if ('path' in log) return log.path;
  await writeFile(written, log.text);
  return written;
}

async function importLogs(
  core: IngestCore,
  items: readonly { readonly item: LabelledItem; readonly path: string }[],
  onProgress: DetectBenchOptions['onProgress'],
): Promise<{ readonly logs: ReadonlyMap<string, LoadedLog>; readonly tables: readonly string[] }> {
  const tables = new Set<string>();
  const logs = new Map<string, LoadedLog>();
  for (const [source, own] of Map.groupBy(items, ({ item }) => item.source)) {
    const paths = [...new Set(own.map(({ path }) => path))];
    const pinned = source === undefined ? {} : { source };
    const { files, rows } = await core.importer.importPaths(paths, {
      ...pinned,
      onProgress: ({ records }) => onProgress?.(`${records} records read`),
    });
    for (const table of Object.keys(rows)) if (table !== 'DCRLogErrors') tables.add(table);
    for (const [root, parts] of Map.groupBy(files, (file) => file.root))
      logs.set(`${source ?? ''} ${root}`, logOf(parts));
  }
  return { logs, tables: [...tables] };
}

function logOf(files: readonly FileResult[]): LoadedLog {
  const message = files.find((file) => file.message !== undefined)?.message;
  return {
    sources: [...new Set(files.flatMap(({ source }) => source ?? []))],
    rows: sum(files.map(({ rows }) => rows)),
    unparsed: sum(files.map(({ unparsed }) => unparsed)),
    segmentIds: files.flatMap(({ segmentIds }) => segmentIds),
    ...(message === undefined ? {} : { message }),
  };
}

function outcomeOf(item: LabelledItem, log: LoadedLog | undefined, fired: readonly ItemAlert[]): BenchItem {
  const wanted = item.rules;
  const right = wanted ? fired.some(({ rule }) => wanted.includes(rule.toLowerCase())) : fired.length > 0;
  const attack = item.expect === 'attack';
  const message = log?.message ?? (log && log.rows > 0 ? undefined : 'nothing of it was stored');
  return {
    id: item.id,
    expect: item.expect,
    outcome: attack ? (right ? 'hit' : 'missed') : right ? 'noise' : 'quiet',
    sources: [...(log?.sources ?? [])],
    rows: log?.rows ?? 0,
    unparsed: log?.unparsed ?? 0,
    ...(message === undefined ? {} : { message }),
    fired: fired.toSorted((a, b) => (a.rule < b.rule ? -1 : 1)),
  };
}

function reportOf({ name, form, unlabelled }: LabelledSet, items: BenchItem[], days: number): BenchSet {
  const ids = (outcome: BenchItem['outcome']) => items.filter((one) => one.outcome === outcome).map(({ id }) => id);
  const alerts = sum(items.flatMap(({ fired }) => fired.map((one) => one.alerts)));
  const attacks = items.filter(({ expect }) => expect === 'attack').length;
  return {
    name,
    form,
    files: items.length,
    unlabelled,
    attacks,
    hit: ids('hit').length,
    missed: ids('missed'),
    quiet: items.length - attacks,
    noise: ids('noise'),
    alerts,
    days,
    alertsPerDay: days === 0 ? 0 : Math.round((alerts / days) * 100) / 100,
    items,
  };
}

/** Days (UTC) of which segments have rows. */
async function daysOf({ lake }: Platform, tables: readonly string[], segments: readonly string[]): Promise<number> {
  const days = new Set<string>();
  for (const name of tables) {
    const { rows } = await lake.query(
      `SELECT DISTINCT toString(toDate(TimeGenerated)) FROM \`${name}\` WHERE _SegmentId IN {segments:Array(String)}`,
      { operation: 'detect bench', tables: [name], params: { segments } },
    );
    for (const row of rows) days.add(z.tuple([z.string()]).parse(row)[0]);
  }
  return days.size;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
