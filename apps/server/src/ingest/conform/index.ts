import { basename } from 'node:path';
import { recognise, sampleRecord } from '../sources/recognise.ts';
import type { Source, SourceStream } from '../sources/load.ts';
import { compareRecord, type ComparedField, type Verdict } from './record.ts';
import { readSuite, type SuiteFile } from './suite.ts';
import { recordZones, suiteZone } from './zone.ts';
import { Viewer, type FileRecord, type ViewOptions, type ViewRow } from './view.ts';

export interface Tally {
  readonly events: number;
  /** Expected values of the core fields. */
  readonly fields: number;
  /** Those of the next three. */
  readonly agree: number;
  /** In rows of an ASIM schema. */
  readonly agreeInAsim: number;
  /** Only in the raw table. */
  readonly agreeInTable: number;
  /** In ASIM, under another name than ECS says (`renamed` of `ecs.ts`). */
  readonly agreeRenamed: number;
  /** We have nothing there. */
  readonly missing: number;
  /** We have something else. */
  readonly wrong: number;
  /** Names of hosts that the lines do not hold; not among `fields`. */
  readonly untold: number;
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
  /** Where a record does not say in which zone its time was read, this one was tried beside UTC. */
  readonly zone?: string;
  /** Sets with the most fields that do not agree first. */
  readonly worst: readonly SetReport[];
}

export interface ConformOptions extends ViewOptions {
  /** In the order in which recognition asks them. */
  readonly sources: readonly Source[];
  /** The zone (`-02:00`) in which the other product's agent read times without one, where its records do not say. Default: what those of most files say. */
  readonly zone?: string;
}

interface FileView {
  readonly file: SuiteFile;
  readonly stream: string;
  readonly rows: (record: number) => readonly ViewRow[];
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

const recordsOf = (file: SuiteFile): FileRecord[] =>
  file.records.map(({ text }) => ({ text, file: basename(file.path) }));

/** Streams looked at together: the engine shows the rows of one while another is compiled. */
const atOnce = 3;

/** Files of one stream whose records one statement holds. */
interface Part {
  readonly stream: SourceStream;
  readonly files: readonly SuiteFile[];
}

async function viewPart(viewer: Viewer, { stream, files }: Part): Promise<FileView[]> {
  const { view, problems } = await viewer.view(stream, files.flatMap(recordsOf));
  let first = 0;
  return files.map((file) => {
    const offset = first;
    first += file.records.length;
    return { file, stream: stream.name, rows: (record) => view.get(offset + record) ?? [], problems };
  });
}

/** Each file is recognised by itself; those of one stream are looked at together, since a statement costs more than its rows. */
async function viewFiles(files: readonly SuiteFile[], options: ConformOptions): Promise<FileView[]> {
  const streamOf = (file: SuiteFile): SourceStream | undefined =>
    recognise(
      options.sources,
      file.records.map((r) => sampleRecord(r.text)),
    )?.stream;
  const groups = Map.groupBy(files, streamOf);
  const unknown = groups.get(undefined) ?? [];
  const parts = [...groups].flatMap(([stream, group]): Part[] =>
    stream === undefined ? [] : chunks(group).map((part) => ({ stream, files: part })),
  );
  const viewer = new Viewer(options);
  const views: FileView[][] = [];
  const queue = parts.entries();
  const work = async (): Promise<void> => {
    for (const [i, part] of queue) views[i] = await viewPart(viewer, part);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return [...unknown.map((file): FileView => ({ file, stream: '-', rows: () => [], problems: [] })), ...views.flat()];
}

const faultsShown = 25;

function tallyOf(events: number, compared: readonly ComparedField[]): Tally {
  const count = (verdict: Verdict): number => compared.filter((c) => c.verdict === verdict).length;
  const [agreeInAsim, agreeInTable, agreeRenamed] = [count('asim'), count('raw'), count('renamed')];
  return {
    events,
    fields: compared.length - count('untold'),
    agree: agreeInAsim + agreeInTable + agreeRenamed,
    agreeInAsim,
    agreeInTable,
    agreeRenamed,
    missing: count('missing'),
    wrong: count('wrong'),
    untold: count('untold'),
  };
}

function faultsOf(compared: readonly ComparedField[]): SetReport['faults'] {
  const grouped = new Map<string, SetReport['faults'][number]>();
  for (const { field, verdict, example } of compared) {
    if (verdict !== 'missing' && verdict !== 'wrong') continue;
    const key = `${verdict} ${field}`;
    const known = grouped.get(key);
    grouped.set(key, known ? { ...known, count: known.count + 1 } : { field, kind: verdict, count: 1, example });
  }
  return [...grouped.values()].toSorted((a, b) => b.count - a.count).slice(0, faultsShown);
}

function sumOf(tallies: readonly Tally[]): Tally {
  const sum = (of: (t: Tally) => number): number => tallies.reduce((total, t) => total + of(t), 0);
  return {
    events: sum((t) => t.events),
    fields: sum((t) => t.fields),
    agree: sum((t) => t.agree),
    agreeInAsim: sum((t) => t.agreeInAsim),
    agreeInTable: sum((t) => t.agreeInTable),
    agreeRenamed: sum((t) => t.agreeRenamed),
    missing: sum((t) => t.missing),
    wrong: sum((t) => t.wrong),
    untold: sum((t) => t.untold),
  };
}

/**
 * How far our view of raw log lines agrees with the fields that another product's parser finds in them (`<log>-expected.json` with ECS fields), for the
 * core fields of `ecs.ts`. Each file is recognised by its content, as an upload is. Throws when the folder cannot be read.
 */
export async function conformSources(path: string, options: ConformOptions): Promise<SourcesReport> {
  const suite = readSuite(path);
  const zone = options.zone ?? suiteZone(suite);
  const views = await viewFiles(suite, options);
  const reports = [...Map.groupBy(views, ({ file }) => file.set)].map(([set, files]): SetReport => {
    const compared = files.flatMap(({ file, rows }) => {
      const zones = recordZones(file, zone);
      return file.records.flatMap((record, n) => compareRecord(set, record.expected, rows(n), zones[n], record.text));
    });
    const events = files.reduce((sum, { file }) => sum + file.records.length, 0);
    return {
      set,
      ...tallyOf(events, compared),
      streams: [...new Set(files.map((f) => f.stream))],
      faults: faultsOf(compared),
      problems: [...new Set(files.flatMap((f) => f.problems))].slice(0, 10),
    };
  });
  return {
    ...sumOf(reports),
    ...(zone === undefined ? {} : { zone }),
    worst: reports.toSorted((a, b) => b.missing + b.wrong - (a.missing + a.wrong)),
  };
}
