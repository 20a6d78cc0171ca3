import { recognise, sampleRecord } from '../sources/recognise.ts';
import type { Source } from '../sources/load.ts';
import { inSuiteZone, isEmpty, same } from './compare.ts';
import { ecsToAsim } from './ecs.ts';
import { readSuite, type SuiteFile } from './suite.ts';
import { viewOf, type ViewOptions } from './view.ts';

export interface Tally {
  readonly events: number;
  /** Expected values of the core fields. */
  readonly fields: number;
  readonly agree: number;
  /** We have nothing there. */
  readonly missing: number;
  /** We have something else. */
  readonly wrong: number;
}
export interface SetReport extends Tally {
  readonly set: string;
  /** Streams that its files were taken for; `-` for none. */
  readonly streams: readonly string[];
  /** What is missing and wrong most often, with one example of each. */
  readonly faults: readonly {
    readonly field: string;
    readonly kind: 'missing' | 'wrong';
    readonly count: number;
    readonly example: string;
  }[];
  readonly problems: readonly string[];
}
export interface SourcesReport extends Tally {
  /** Sets with the most fields that do not agree first. */
  readonly worst: readonly SetReport[];
}

export interface ConformOptions extends ViewOptions {
  /** In the order in which recognition asks them. */
  readonly sources: readonly Source[];
}

interface Fault {
  readonly field: string;
  readonly kind: 'missing' | 'wrong';
  readonly example: string;
}
interface Compared {
  readonly fields: number;
  readonly faults: readonly Fault[];
}

const short = (value: unknown): string => JSON.stringify(value)?.slice(0, 120) ?? '';

/** What ASIM would say where ECS means the same by another word: a connection that was denied is ECS's success (of the firewall) and ASIM's failure. */
function wantedOf(ecs: string, expected: Readonly<Record<string, unknown>>): unknown {
  const value = expected[ecs];
  if (ecs !== 'event.outcome') return value;
  return value === 'success' && [expected['event.type']].flat().includes('denied') ? [value, 'failure'] : value;
}

/** Compares the expected fields of one record with our rows of it. */
function compareRecord(
  expected: Readonly<Record<string, unknown>>,
  rows: readonly Readonly<Record<string, unknown>>[],
): Compared {
  const faults: Fault[] = [];
  let fields = 0;
  for (const { ecs, asim, as } of ecsToAsim) {
    const wanted = wantedOf(ecs, expected);
    if (isEmpty(wanted)) continue;
    fields++;
    const ours = asim.flatMap((column) => rows.map((row) => row[column])).filter((value) => !isEmpty(value));
    const zoned =
      as === 'time' && expected['event.timezone'] === '-02:00' && Number.isFinite(Date.parse(String(wanted)));
    const accepted = zoned ? [wanted, inSuiteZone(wanted)] : [wanted];
    if (accepted.some((one) => ours.some((value) => same(as, one, value)))) continue;
    const kind = ours.length === 0 ? 'missing' : 'wrong';
    faults.push({
      field: ecs,
      kind,
      example: kind === 'missing' ? short(wanted) : `${short(wanted)}, ours ${short(ours)}`,
    });
  }
  return { fields, faults };
}

interface FileView {
  readonly file: SuiteFile;
  readonly stream: string;
  readonly rows: (record: number) => readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly string[];
}

/** Most characters of the records that one statement holds. */
const chunkLength = 400_000;

/** Files of one stream in parts whose records one statement can hold. */
function chunks(files: readonly SuiteFile[]): SuiteFile[][] {
  const parts: SuiteFile[][] = [];
  let room = 0;
  for (const file of files) {
    const length = file.records.reduce((sum, r) => sum + r.text.length, 0);
    if (parts.length === 0 || length > room) {
      parts.push([]);
      room = chunkLength;
    }
    parts.at(-1)?.push(file);
    room -= length;
  }
  return parts;
}

/** Each file is recognised by itself; those of one stream are looked at together, since a statement costs more than its rows. */
async function viewFiles(files: readonly SuiteFile[], options: ConformOptions): Promise<FileView[]> {
  const found = files.map((file) => ({
    file,
    found: recognise(
      options.sources,
      file.records.map((r) => sampleRecord(r.text)),
    ),
  }));
  const views: FileView[] = [];
  for (const [stream, group] of Map.groupBy(found, (f) => f.found?.stream)) {
    if (stream === undefined) {
      views.push(...group.map(({ file }) => ({ file, stream: '-', rows: () => [], problems: [] })));
      continue;
    }
    for (const part of chunks(group.map((g) => g.file))) {
      const { view, problems } = await viewOf(
        stream,
        part.flatMap((file) => file.records.map((r) => r.text)),
        options,
      );
      let first = 0;
      for (const file of part) {
        const offset = first;
        views.push({ file, stream: stream.name, rows: (record) => view.get(offset + record) ?? [], problems });
        first += file.records.length;
      }
    }
  }
  return views;
}

const faultsShown = 25;

function tallyOf(events: number, compared: readonly Compared[]): Tally {
  const fields = compared.reduce((sum, c) => sum + c.fields, 0);
  const count = (kind: Fault['kind']): number =>
    compared.reduce((sum, c) => sum + c.faults.filter((f) => f.kind === kind).length, 0);
  const [missing, wrong] = [count('missing'), count('wrong')];
  return { events, fields, agree: fields - missing - wrong, missing, wrong };
}

function groupedFaults(compared: readonly Compared[]): SetReport['faults'] {
  const grouped = new Map<string, Fault & { count: number }>();
  for (const fault of compared.flatMap((c) => c.faults)) {
    const key = `${fault.kind} ${fault.field}`;
    const known = grouped.get(key);
    if (known) known.count++;
    else grouped.set(key, { ...fault, count: 1 });
  }
  return [...grouped.values()].toSorted((a, b) => b.count - a.count).slice(0, faultsShown);
}

/**
 * How far our view of raw log lines agrees with the fields that another product's parser finds in them (`<log>-expected.json` with ECS fields), for the
 * core fields of `ecs.ts`. Each file is recognised by its content, as an upload is. Throws when the folder cannot be read.
 */
export async function conformSources(path: string, options: ConformOptions): Promise<SourcesReport> {
  const views = await viewFiles(readSuite(path), options);
  const reports: SetReport[] = [];
  for (const [set, files] of Map.groupBy(views, ({ file }) => file.set)) {
    const compared: Compared[] = [];
    const streams = new Set<string>();
    const problems = new Set<string>();
    for (const { file, stream, rows, problems: found } of files) {
      streams.add(stream);
      found.forEach((p) => problems.add(p));
      compared.push(...file.records.map((record, n) => compareRecord(record.expected, rows(n))));
    }
    reports.push({
      set,
      ...tallyOf(compared.length, compared),
      streams: [...streams],
      faults: groupedFaults(compared),
      problems: [...problems].slice(0, 10),
    });
  }
  const sum = (of: (r: SetReport) => number): number => reports.reduce((total, r) => total + of(r), 0);
  return {
    events: sum((r) => r.events),
    fields: sum((r) => r.fields),
    agree: sum((r) => r.agree),
    missing: sum((r) => r.missing),
    wrong: sum((r) => r.wrong),
    worst: reports.toSorted((a, b) => b.missing + b.wrong - (a.missing + a.wrong)),
  };
}
