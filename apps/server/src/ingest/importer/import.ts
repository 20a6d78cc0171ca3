import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { sqlString, type Column, type Lake } from '@sallyport/lake';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Origin } from '../doors/arrivals.ts';
import { importStream, inWorkspace, pageStream, type StoredPage } from '../loading.ts';
import type { Source } from '../sources/load.ts';
import type { Streams } from '../sources/streams.ts';
import { Batches, fileTag, type FileTag, type Flush } from './batches.ts';
import { inputFiles, messageOf, type InputFile } from './files.ts';
import { CustomTables } from './exports/custom.ts';
import { binaryMessage } from './kind.ts';
import { planFor, planOf, type Plan, type PlanQuestion } from './plan.ts';
import type { Splitter } from './splitter.ts';
import { headOf, utf8Of } from './text.ts';
import type { ImportedSegments, ImportTracker } from './tracker.ts';

/** Where lines of files go that no source recognises: every one is refused. */
export const unrecognisedStream = 'Unrecognised';

export interface FileResult {
  readonly file: string;
  /** The path given that it was found at. */
  readonly root: string;
  /** Id of the source that recognised it, or the table whose rows it holds; null when none did, or the file was not read. */
  readonly source: string | null;
  /** Records stored: accepted by the stream. */
  readonly rows: number;
  /** Records refused; each is kept in DCRLogErrors, with the file in `CorrelationId`. */
  readonly unparsed: number;
  /** What its rows have in `_SegmentId`. */
  readonly segmentIds: readonly string[];
  /** Why it was not read, or not to its end. */
  readonly message?: string;
}

export interface ImportResult {
  readonly files: readonly FileResult[];
  /** Those of all files. */
  readonly segmentIds: readonly string[];
  /** First and last TimeGenerated of the rows stored; undefined when there are none. */
  readonly range: { readonly from: Date; readonly to: Date } | undefined;
  /** Rows stored, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** What is told of an import's lines when they are made durable. */
export interface Appended {
  readonly records: number;
  readonly origin: Origin | undefined;
}

export interface ImportOptions {
  /** What a single file is called in the results; default its base name. */
  readonly name?: string;
  /** The same for several, by their paths. */
  readonly nameOf?: (path: string) => string | undefined;
  /** Id of the source to use; default: each file's is recognised. */
  readonly source?: string;
  readonly signal?: AbortSignal;
  /** Which door they came through, who sent them, and the workspace that they go to; default: files of people, the first. */
  readonly origin?: Origin;
  /** What the import is called in the spool; default random. One that ended may be begun again. */
  readonly importId?: string;
  /** The page of a connector that it is, and may be taken back as. */
  readonly page?: StoredPage;
  /** The stream that a file's records go to, by its name; null leaves the file out; undefined: as `source` says. */
  readonly streamOf?: (file: string) => string | null | undefined;
  /** Called for each chunk that is read. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** The file that is read. */
  readonly file: string;
  /** Of all files so far, unpacked. */
  readonly bytes: number;
  readonly records: number;
}

export interface ImporterServices {
  readonly lake: Lake;
  /** The rows of a workspace; of the first, where none is said. */
  readonly lakeOf: (workspaceId: string | undefined) => Lake | Promise<Lake>;
  readonly streams: Streams;
  readonly append: (spoolStream: string, lines: Uint8Array, about: Appended) => Promise<void>;
  readonly tracker: ImportTracker;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Importer {
  /**
   * Loads a file, the files of a folder, or of a zip (not of a zip inside it); gzip is unpacked. Resolves when every line is stored.
   * For each file: non-empty lines (or JSON objects, or rows of CSV) = `rows` + `unparsed`. Memory stays small, whatever the size. Throws when `path` does not
   * exist, or `source` does not; a file that can't be read has a `message`.
   */
  importPath(path: string, options?: ImportOptions): Promise<ImportResult>;
  /** The same for several paths in one import, which is much faster than one import each: small files share segments. */
  importPaths(paths: readonly string[], options?: ImportOptions): Promise<ImportResult>;
  /** How a file that begins with `head` would be read: for looking before loading. `stream`: one that a person chose. */
  planOf(file: Pick<PlanQuestion, 'head' | 'complete' | 'fileName'>, stream?: string): LookedAtPlan;
}

/** A plan that nothing is loaded by. */
export interface LookedAtPlan extends Plan {
  /** The columns that a custom table has, or would have once the records that went through the plan's framing were loaded. */
  columnsOf(table: string): ReadonlyMap<string, Column['type']> | undefined;
}

/** What a person chose for a file; nothing: it is recognised. */
interface PlanChoice {
  readonly stream?: string | undefined;
  readonly source?: string | undefined;
}

interface Read {
  readonly tag: FileTag;
  readonly root: string;
  readonly file: string;
  readonly source: string | null;
  readonly records: number;
  readonly message?: string;
}

export function createImporter(services: ImporterServices): Importer {
  const { lake, lakeOf, streams, tracker, clock, log } = services;

  const sourceOf = (id: string): Source => {
    const source = streams.sources.find((s) => s.id === id);
    if (source === undefined)
      throw new SallyportError('NotFound', `no source is named \`${id}\``, { target: 'source' });
    return source;
  };

  const plan = (asked: Omit<PlanQuestion, 'streams' | 'tables'>, choice: PlanChoice): Plan => {
    const question = { ...asked, streams, tables: lake.catalogue.tables };
    if (choice.stream !== undefined) return planFor(question, choice.stream);
    return planOf(question, choice.source === undefined ? undefined : sourceOf(choice.source));
  };

  /** Appends to the spool; waits while it is full. */
  const flusher =
    (importId: string, custom: CustomTables, { origin, signal, page }: ImportOptions): Flush =>
    async (stream, lines, parts, records) => {
      await custom.ready(stream);
      const imported = importStream(importId, stream);
      const paged = page === undefined ? imported : pageStream(page, imported);
      for (;;)
        try {
          await services.append(inWorkspace(origin?.workspaceId, paged), lines, { records, origin });
          return tracker.appended(importId, stream, lines.length, parts);
        } catch (error) {
          const full = error instanceof SallyportError && error.code === 'TooManyRequests';
          if (!full || signal?.aborted) throw error;
          await clock.sleep((error.retryAfterSeconds ?? 1) * 1_000, signal);
        }
    };

  const readFile = async (
    file: InputFile,
    about: Pick<Read, 'tag' | 'root'>,
    { batches, custom }: { readonly batches: Batches; readonly custom: CustomTables },
    options: ImportOptions,
    tell: (file: string, bytes: number, records: number) => void,
  ): Promise<Read> => {
    const { tag } = about;
    const chosen = options.streamOf?.(file.name);
    const nothing = { ...about, file: file.name, source: null, records: 0 };
    if (file.message !== undefined) return { ...nothing, message: file.message };
    if (chosen === null) return { ...nothing, message: 'left out' };
    let [records, source]: [number, string | null] = [0, null];
    let splitter: Splitter | undefined;
    let toldRecords = 0;
    const progress = (bytes: number, all: number): void => {
      tell(file.name, bytes, all - toldRecords);
      toldRecords = all;
    };
    try {
      const { head, complete, rest } = await headOf(utf8Of(file.open()));
      const message = binaryMessage(head, complete);
      if (message !== undefined) {
        await rest.return?.();
        return { ...nothing, message };
      }
      const {
        framing,
        taker,
        message: tellOf,
      } = plan({ head, complete, fileName: file.name, custom }, { stream: chosen, source: options.source });
      source = taker?.name ?? null;
      const stream = taker?.stream ?? unrecognisedStream;
      splitter = framing.splitter((record, broken) => {
        records++;
        batches.add(stream, tag, record, broken);
      });
      splitter.push(head);
      progress(head.length, records);
      await batches.settle();
      for (let next = await rest.next(); !next.done; next = await rest.next()) {
        options.signal?.throwIfAborted();
        splitter.push(next.value);
        progress(next.value.length, records);
        await batches.settle();
      }
      splitter.end();
      const told = records === 0 ? undefined : tellOf();
      return { ...nothing, source, records, ...(told === undefined ? {} : { message: told }) };
    } catch (error) {
      if (options.signal?.aborted || error instanceof SallyportError) throw error;
      splitter?.end();
      log.info({ err: error, file: file.name }, 'a file could not be read to its end');
      return { ...nothing, source, records, message: messageOf(error) };
    }
  };

  const importPaths = async (paths: readonly string[], options: ImportOptions = {}): Promise<ImportResult> => {
    if (options.source !== undefined) sourceOf(options.source);
    const importId = options.importId ?? randomUUID();
    tracker.begin(importId);
    const reads: Read[] = [];
    let [bytes, records] = [0, 0];
    const tell = (file: string, more: number, moreRecords: number): void => {
      bytes += more;
      records += moreRecords;
      options.onProgress?.({ file, bytes, records });
    };
    const custom = new CustomTables(lake);
    const batches = new Batches(flusher(importId, custom, options));
    let stored: ImportedSegments;
    try {
      for (const root of paths)
        for await (const file of inputFiles(root, options.nameOf?.(root) ?? options.name))
          reads.push(
            await readFile(file, { tag: fileTag(reads.length, file.name), root }, { batches, custom }, options, tell),
          );
      await batches.end();
    } finally {
      // Also after a failure: what was appended is on its way, and the tracker has to forget it.
      stored = await tracker.end(importId);
    }
    if (stored.poisoned.length > 0)
      throw new SallyportError(
        'InternalError',
        `${stored.poisoned.length} segments could not be stored; the spool keeps them`,
      );
    const own = await lakeOf(options.origin?.workspaceId);
    const refused = await refusedBySegment(own, stored);
    const files = reads.map((read) => resultOf(read, stored, refused));
    const segmentIds = files.flatMap((f) => f.segmentIds);
    return {
      files,
      segmentIds,
      rows: stored.rows,
      range: await rangeOf(own, Object.keys(stored.rows), stored.segmentIds),
    };
  };

  return {
    importPaths,
    importPath: (path, options) => importPaths([path], options),
    planOf: (file, stream) => {
      const custom = new CustomTables(lake);
      const found = plan({ ...file, custom }, { stream });
      return { ...found, columnsOf: (table) => custom.columnsOf(table) };
    },
  };
}

function resultOf(read: Read, stored: ImportedSegments, refused: ReadonlyMap<string, number>): FileResult {
  const { file, root, source, records, message, tag } = read;
  const segmentIds = (stored.segmentsOfPart.get(tag.part) ?? []).map((id) => `${id}.${tag.part}`);
  const found = segmentIds.reduce((sum, id) => sum + (refused.get(id) ?? 0), 0);
  const unparsed = Math.min(found, records);
  return {
    file,
    root,
    source,
    rows: records - unparsed,
    unparsed,
    segmentIds,
    ...(message === undefined ? {} : { message }),
  };
}

/** Segment ids as in `_SegmentId`, without parts. */
const inSegments = (segmentIds: readonly string[]): string =>
  `splitByChar('.', _SegmentId)[1] IN (${segmentIds.map(sqlString).join(', ')})`;

/** Lines refused, by `_SegmentId`. */
async function refusedBySegment(
  lake: Lake,
  { segmentIds, rows: stored }: ImportedSegments,
): Promise<Map<string, number>> {
  if (!((stored['DCRLogErrors'] ?? 0) > 0)) return new Map();
  const { rows } = await lake.query(
    `SELECT _SegmentId, toUInt32(count()) FROM DCRLogErrors WHERE ${inSegments(segmentIds)} GROUP BY _SegmentId`,
    { operation: 'import', tables: ['DCRLogErrors'] },
  );
  return new Map(rows.map((row) => z.tuple([z.string(), z.number()]).parse(row)));
}

async function rangeOf(
  lake: Lake,
  tables: readonly string[],
  segmentIds: readonly string[],
): Promise<ImportResult['range']> {
  const read = tables.filter((t) => t !== 'DCRLogErrors');
  if (read.length === 0 || segmentIds.length === 0) return undefined;
  const one = (table: string): string =>
    `SELECT toUnixTimestamp64Milli(min(TimeGenerated)) AS a, toUnixTimestamp64Milli(max(TimeGenerated)) AS b, count() AS n FROM \`${table}\` WHERE ${inSegments(segmentIds)}`;
  const { rows } = await lake.query(
    `SELECT toFloat64(min(a)), toFloat64(max(b)), toUInt32(sum(n)) FROM (${read.map(one).join(' UNION ALL ')}) WHERE n > 0`,
    { operation: 'import', tables: read },
  );
  const [from, to, count] = z.tuple([z.number(), z.number(), z.number()]).parse(rows[0]);
  return count === 0 ? undefined : { from: new Date(from), to: new Date(to) };
}
