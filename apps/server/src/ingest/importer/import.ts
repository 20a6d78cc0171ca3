import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/contracts';
import { sqlString, type Lake } from '@sallyport/lake';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { importStream } from '../loading.ts';
import type { Source } from '../sources/load.ts';
import { recognise, type Recognised } from '../sources/recognise.ts';
import type { Streams } from '../sources/streams.ts';
import { Batches } from './batches.ts';
import { inputFiles, messageOf, type InputFile } from './files.ts';
import { binaryMessage, framingsOf, type Framing } from './kind.ts';
import { lineSplitter } from './splitter.ts';
import { headOf, utf8Of } from './text.ts';
import type { ImportTracker } from './tracker.ts';

/** Where lines of files go that no source recognises: every one is refused. */
export const unrecognisedStream = 'Unrecognised';

export interface FileResult {
  readonly file: string;
  /** Id of the source that recognised it; null when none did, or the file was not read. */
  readonly source: string | null;
  /** Records stored: accepted by the stream. */
  readonly rows: number;
  /** Records refused; each is kept in DCRLogErrors, with the file in `CorrelationId`. */
  readonly unparsed: number;
  /** Why it was not read, or not to its end. */
  readonly message?: string;
}

export interface ImportResult {
  readonly files: readonly FileResult[];
  readonly segmentIds: readonly string[];
  /** First and last TimeGenerated of the rows stored; undefined when there are none. */
  readonly range: { readonly from: Date; readonly to: Date } | undefined;
  /** Rows stored, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface ImportOptions {
  /** What a single file is called in the results; default its base name. */
  readonly name?: string;
  /** Id of the source to use; default: each file's is recognised. */
  readonly source?: string;
  readonly signal?: AbortSignal;
}

export interface ImporterServices {
  readonly lake: Lake;
  readonly streams: Streams;
  readonly append: (spoolStream: string, lines: Uint8Array) => Promise<void>;
  readonly tracker: ImportTracker;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Importer {
  /**
   * Loads a file, the files of a folder, or of a zip (not of a zip inside it); gzip is unpacked. Resolves when every line is stored.
   * For each file: non-empty lines (or JSON objects) = `rows` + `unparsed`. Memory stays small, whatever the size. Throws when `path` does not
   * exist, or `source` does not; a file that can't be read has a `message`.
   */
  importPath(path: string, options?: ImportOptions): Promise<ImportResult>;
}

interface Read {
  readonly tag: string;
  readonly file: string;
  readonly source: string | null;
  readonly records: number;
  readonly message?: string;
}

/** How a file is read: cut how, to which stream. */
interface Plan {
  readonly framing: Pick<Framing, 'splitter'>;
  readonly recognised: Recognised | undefined;
}

function planOf(sources: readonly Source[], head: Uint8Array, complete: boolean, pinned: boolean): Plan {
  const framings = framingsOf(head, complete);
  for (const framing of framings) {
    const recognised = recognise(sources, framing.sample);
    if (recognised !== undefined) return { framing, recognised };
  }
  const [source] = sources;
  const [stream] = source?.streams ?? [];
  const recognised = pinned && source !== undefined && stream !== undefined ? { source, stream } : undefined;
  return {
    framing: recognised === undefined ? { splitter: lineSplitter } : (framings[0] ?? { splitter: lineSplitter }),
    recognised,
  };
}

export function createImporter(services: ImporterServices): Importer {
  const { lake, streams, tracker, clock, log } = services;

  const sourcesFor = (id: string | undefined): readonly Source[] => {
    if (id === undefined) return streams.sources;
    const source = streams.sources.find((s) => s.id === id);
    if (source === undefined)
      throw new SallyportError('NotFound', `no source is named \`${id}\``, { target: 'source' });
    return [source];
  };

  /** Appends to the spool; waits while it is full. */
  const append = async (importId: string, stream: string, lines: Uint8Array, signal: AbortSignal | undefined) => {
    tracker.appending(importId, lines.length);
    for (;;)
      try {
        return await services.append(importStream(importId, stream), lines);
      } catch (error) {
        const full = error instanceof SallyportError && error.code === 'TooManyRequests';
        if (!full || signal?.aborted) {
          tracker.refused(importId, lines.length);
          throw error;
        }
        await clock.sleep((error.retryAfterSeconds ?? 1) * 1_000, signal);
      }
  };

  const readFile = async (file: InputFile, batches: Batches, options: ImportOptions): Promise<Read> => {
    const tag = batches.tagOf(file.name);
    const nothing = { tag, file: file.name, source: null, records: 0 };
    if (file.message !== undefined) return { ...nothing, message: file.message };
    let [records, source]: [number, string | null] = [0, null];
    try {
      const { head, complete, rest } = await headOf(utf8Of(file.open()));
      const message = binaryMessage(head);
      if (message !== undefined) {
        await rest.return?.();
        return { ...nothing, message };
      }
      const plan = planOf(sourcesFor(options.source), head, complete, options.source !== undefined);
      source = plan.recognised?.source.id ?? null;
      const stream = plan.recognised?.stream.name ?? unrecognisedStream;
      const splitter = plan.framing.splitter((record, broken) => {
        records++;
        batches.add(stream, tag, record, broken);
      });
      splitter.push(head);
      await batches.settle();
      for (let next = await rest.next(); !next.done; next = await rest.next()) {
        options.signal?.throwIfAborted();
        splitter.push(next.value);
        await batches.settle();
      }
      splitter.end();
      const unknown = plan.recognised === undefined && records > 0;
      return { tag, file: file.name, source, records, ...(unknown ? { message: 'no source recognises it' } : {}) };
    } catch (error) {
      if (options.signal?.aborted || error instanceof SallyportError) throw error;
      log.info({ err: error, file: file.name }, 'a file could not be read to its end');
      return { tag, file: file.name, source, records, message: messageOf(error) };
    }
  };

  return {
    importPath: async (path, options = {}) => {
      sourcesFor(options.source);
      const importId = randomUUID();
      tracker.begin(importId);
      const reads: Read[] = [];
      const batches = new Batches((stream, lines) => append(importId, stream, lines, options.signal));
      try {
        for await (const file of inputFiles(path, options.name)) reads.push(await readFile(file, batches, options));
        await batches.end();
      } catch (error) {
        void tracker.end(importId).catch(() => undefined);
        throw error;
      }
      const { segmentIds, rows, poisoned } = await tracker.end(importId);
      if (poisoned.length > 0)
        throw new SallyportError(
          'InternalError',
          `${poisoned.length} segments could not be stored; they are kept in the spool`,
        );
      const refused =
        (rows['DCRLogErrors'] ?? 0) > 0 ? await refusedByFile(lake, segmentIds) : new Map<string, number>();
      return {
        segmentIds,
        rows,
        range: await rangeOf(lake, Object.keys(rows), segmentIds),
        files: reads.map((read) => resultOf(read, refused.get(read.tag) ?? 0)),
      };
    },
  };
}

function resultOf({ file, source, records, message }: Read, refused: number): FileResult {
  const unparsed = Math.min(refused, records);
  return { file, source, rows: records - unparsed, unparsed, ...(message === undefined ? {} : { message }) };
}

const inSegments = (segmentIds: readonly string[]): string => `_SegmentId IN (${segmentIds.map(sqlString).join(', ')})`;

async function refusedByFile(lake: Lake, segmentIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await lake.query(
    `SELECT CorrelationId, toUInt32(count()) FROM DCRLogErrors WHERE ${inSegments(segmentIds)} GROUP BY CorrelationId`,
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
