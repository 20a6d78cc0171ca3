import type { TableDefinition } from '@sallyport/lake';
import { recognise, sampleRecord, type Recognised } from '../sources/recognise.ts';
import type { Source } from '../sources/load.ts';
import type { Streams } from '../sources/streams.ts';
import type { CustomTables } from './exports/custom.ts';
import type { ExportedRows } from './exports/rows.ts';
import { chosenTable, likelyTable, toldTable, type TableQuestion, type TableTaker } from './exports/table.ts';
import { framingsOf, joinedFraming, listFraming, type Framing } from './kind.ts';
import { lineSplitter, type RecordSink } from './splitter.ts';
import { streamOfTable } from './table-rows.ts';

/** How a file is read: cut how, to which stream. */
export interface Plan {
  readonly framing: Pick<Framing, 'splitter'>;
  /** What takes its records, and what that is called in the result: a source, or a table. */
  readonly taker: { readonly name: string; readonly stream: string; readonly table?: string } | undefined;
  /** What a person should know once the file is read: of the choice, and of what its records have beside. */
  readonly message: () => string | undefined;
}

/** The beginning of a file, and what may become of it. */
export interface PlanQuestion {
  readonly head: Uint8Array;
  /** The head is the whole file. */
  readonly complete: boolean;
  readonly fileName: string;
  readonly streams: Streams;
  readonly tables: ReadonlyMap<string, TableDefinition>;
  readonly custom: CustomTables;
}

/** Where JSON and CSV go that no source and no table knows. */
const genericStream = 'Custom-GenericJson';

const bySource =
  (sources: readonly Source[]) =>
  (framing: Framing): Plan | undefined => {
    const recognised = recognise(sources, framing.sample);
    return recognised && { framing, taker: takerOf(recognised), message: () => undefined };
  };
const takerOf = ({ source, stream }: Recognised): Plan['taker'] => ({ name: source.id, stream: stream.name });

/** Records of several lines, where a stream says how they begin. */
function byBeginnings({ head, complete }: PlanQuestion, sources: readonly Source[]): Plan | undefined {
  for (const source of sources)
    for (const stream of source.streams) {
      if (stream.begins === undefined) continue;
      const plan = bySource([{ ...source, streams: [stream] }])(joinedFraming(head, stream.begins, complete));
      if (plan !== undefined) return plan;
    }
  return undefined;
}

function byTable(question: PlanQuestion, find: (question: TableQuestion) => TableTaker | undefined) {
  const { streams, tables, custom, fileName } = question;
  const mayLoad = (table: TableDefinition): boolean => streams.has(streamOfTable(table));
  return (framing: Framing): Plan | undefined => {
    const found = find({ tables, custom, fileName, mayLoad, sample: framing.sample });
    if (found === undefined) return undefined;
    const { table, stream, rows } = found;
    return {
      framing: rows === undefined ? framing : { splitter: (sink) => framing.splitter(reshaping(rows, sink)) },
      taker: { name: table, stream, table },
      message: () => rows?.message,
    };
  };
}

/** Passes each record on as the row of a table that it becomes. */
function reshaping(rows: ExportedRows, sink: RecordSink): RecordSink {
  return (record, broken) => {
    const { object } = broken ? { object: undefined } : sampleRecord(Buffer.from(record).toString());
    if (object === undefined) sink(record, true);
    else sink(Buffer.from(JSON.stringify(rows.row(object))), false);
  };
}

const holdsObjects = ({ sample }: Framing): boolean =>
  sample.length > 0 && sample.filter(({ object }) => object !== undefined).length * 2 >= sample.length;

function asEvents({ streams }: PlanQuestion) {
  return (framing: Framing): Plan | undefined =>
    streams.has(genericStream) && holdsObjects(framing)
      ? {
          framing,
          taker: { name: 'generic-json', stream: genericStream },
          message: () => 'no source recognises it; kept in GenericEvents_CL',
        }
      : undefined;
}

const refused: Plan = {
  framing: { splitter: lineSplitter },
  taker: undefined,
  message: () => 'no source recognises it',
};

/** The first framing of which something is known, and that. */
function first(framings: readonly Framing[], planOf: (framing: Framing) => Plan | undefined): Plan | undefined {
  for (const framing of framings) {
    const plan = planOf(framing);
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/**
 * Decides what becomes of a file by its beginning. Rows that say whose they are come first, then what a source recognises, then rows of a table by their columns or the
 * file's name. JSON objects and CSV that nothing knows are kept as events, lists in files named `.csv` too; any other text is refused line by line. `pinned`: the source that a person chose.
 */
export function planOf(question: PlanQuestion, pinned?: Source): Plan {
  const framings = framingsOf(question.head, question.complete);
  if (pinned !== undefined)
    return (
      byBeginnings(question, [pinned]) ?? first(framings, bySource([pinned])) ?? pinnedPlan(pinned, framings) ?? refused
    );
  return (
    first(framings, byTable(question, toldTable)) ??
    byBeginnings(question, question.streams.sources) ??
    first(framings, bySource(question.streams.sources)) ??
    first(framings, byTable(question, likelyTable)) ??
    first(framings, asEvents(question)) ??
    (/\.[ct]sv$/i.test(question.fileName)
      ? first(listFraming(question.head, question.complete), asEvents(question))
      : undefined) ??
    refused
  );
}

/** The stream that the source declares first, though it does not recognise the file. */
function pinnedPlan(source: Source, framings: readonly Framing[]): Plan | undefined {
  const [stream] = source.streams;
  if (stream === undefined) return undefined;
  const fit = stream.format === 'lines' ? undefined : framings.find(holdsObjects);
  const framing = fit ?? framings[0] ?? { splitter: lineSplitter };
  return { framing, taker: takerOf({ source, stream }), message: () => undefined };
}

/** Reads a file for a stream that a person chose, whatever it looks like. The stream must be one that `streams` has. */
export function planFor(question: PlanQuestion, stream: string): Plan {
  const { streams, head, complete } = question;
  const framings = framingsOf(head, complete);
  const source = streams.sources.find((one) => one.streams.some(({ name }) => name === stream));
  const rows = source === undefined ? byTable(question, (asked) => chosenTable(asked, stream)) : undefined;
  const asRows = rows && first(framings.filter(holdsObjects), rows);
  if (asRows !== undefined) return asRows;
  const own = source === undefined ? [] : [{ ...source, streams: source.streams.filter((s) => s.name === stream) }];
  const begins = own[0]?.streams[0]?.begins;
  const framing =
    (begins && joinedFraming(head, begins, complete)) ??
    framings.find(({ sample }) => recognise(own, sample) !== undefined) ??
    (streams.takesLines(stream) ? undefined : framings.find(holdsObjects)) ??
    framings[0];
  const name = source?.id ?? streams.tablesOf(stream)[0] ?? stream;
  return { framing: framing ?? { splitter: lineSplitter }, taker: { name, stream }, message: () => undefined };
}
