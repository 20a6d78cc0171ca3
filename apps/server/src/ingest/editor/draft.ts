import type { DraftResult, StreamDraft } from '@sallyport/contracts';
import { compile, expressionFaults, rowLevelFaults, type RowFault } from '@sallyport/kql';
import type { IngestCore } from '../core.ts';
import { messageOf } from '../importer/files.ts';
import { framingsOf } from '../importer/kind.ts';
import { joinedSplitter, lineSplitter, type Beginning, type RecordSink } from '../importer/splitter.ts';
import { previewable, previewRecords, type PreviewOptions, type PreviewRecord } from '../preview/preview.ts';
import type { SourceStream } from '../sources/load.ts';
import { recognise, sampleRecord } from '../sources/recognise.ts';
import type { TransformFault } from '../sources/faults.ts';
import { compileStream, sourceColumns } from '../sources/statements.ts';
import { isOwnTable } from '../sources/streams.ts';
import { shown } from '../uploads/examine.ts';
import { expressionsOf, lineTest } from './folder.ts';

/** Faults told of one text. */
const faultsMax = 50;

/** Raw text as records: lines, or JSON objects however they are written. */
export function recordsOf(text: string, json: boolean, begins?: Beginning): PreviewRecord[] {
  const bytes = Buffer.from(text);
  const framings = json ? framingsOf(bytes, true) : [];
  const lines = (sink: RecordSink) => (begins === undefined ? lineSplitter(sink) : joinedSplitter(sink, begins));
  const framing = framings.find(({ sample }) => sample.some((r) => r.object !== undefined)) ?? { splitter: lines };
  const records: PreviewRecord[] = [];
  const cut = framing.splitter((record, broken) => records.push({ text: Buffer.from(record).toString(), broken }));
  cut.push(bytes);
  cut.end();
  return previewable(records);
}

const ruleFault = ({ message, start, end }: RowFault): TransformFault => ({ code: 'Transform', message, start, end });

const prepareFile = 'prepare';

/** The expression by which records begin; nothing where there is none, or why it is none. */
function beginningOf(
  { begins = '', format }: StreamDraft,
  trusted: ReadonlyMap<string, RegExp>,
): Beginning | { readonly message: string } | Record<never, never> {
  if (begins === '' || format !== 'lines') return {};
  try {
    return lineTest(begins, trusted);
  } catch (error) {
    return { message: messageOf(error) };
  }
}

const flowFile = (index: number): string => `flow-${index}`;

/** What keeps a flow from being a person's, told at its place. Empty texts are not complained of while they are being written. */
function ownFaults(
  { table, transform }: StreamDraft['flows'][number],
  stream: Pick<SourceStream, 'columns' | 'format'>,
) {
  const faults = rowLevelFaults(transform, { name: 'source', columns: sourceColumns(stream) }).map(ruleFault);
  if (isOwnTable(table))
    faults.push({
      code: 'Transform',
      message: `${table} is written by Sallyport alone`,
      start: 0,
      end: transform.length,
    });
  return faults;
}

/** Tries a stream that is being written on some raw text: with what compiles of it. Writes nothing. */
export async function tryDraft(
  core: Pick<IngestCore, 'lake' | 'streams'>,
  draft: StreamDraft,
  sample: string,
  options: PreviewOptions & { readonly now: () => Date },
): Promise<DraftResult> {
  const { now, ...rest } = options;
  const beginning = beginningOf(draft, expressionsOf(core.streams.sources));
  const records = recordsOf(sample, draft.format !== 'lines', 'test' in beginning ? beginning : undefined);
  const { format, columns, prepare } = draft;
  const shape = { format, ...(columns === undefined ? {} : { columns }) };
  const acceptRules = expressionFaults(draft.accept, sourceColumns(shape)).map(ruleFault);
  const flowRules = draft.flows.map((flow) => ownFaults(flow, shape));
  const prepareRules =
    prepare === undefined
      ? []
      : rowLevelFaults(prepare, { name: 'source', columns: sourceColumns(shape) }).map(ruleFault);
  const prepared =
    prepare === undefined || prepareRules.length > 0 ? undefined : { file: prepareFile, transform: prepare };
  const usable = draft.flows
    .map(({ table, transform }, i) => ({ table, transform, file: flowFile(i) }))
    .filter((_, i) => flowRules[i]?.length === 0);
  const stream: SourceStream = {
    ...shape,
    name: 'Custom-Draft',
    recognise: [],
    accept: acceptRules.length > 0 || draft.accept.trim() === '' ? 'true' : draft.accept,
    flows: usable,
    prepared,
  };
  const compiler = { compile, table: (name: string) => core.lake.catalogue.get(name), now };
  const first = compileStream(stream, compiler);
  const acceptFaults = [...acceptRules, ...first.problems.filter((p) => p.file === undefined).flatMap((p) => p.faults)];
  // A fault of the expression alone must not hide what the flows make.
  const compiled = acceptFaults.length > 0 ? compileStream({ ...stream, accept: 'true' }, compiler) : first;
  const found =
    compiled.tables.length === 0
      ? { tables: [], refused: [], failures: [] }
      : await previewRecords({ lake: core.lake, compile, now }, compiled.statements('import'), records, rest);
  const faultsOfFlow = (i: number): TransformFault[] => [
    ...(flowRules[i] ?? []),
    ...compiled.problems.filter((p) => p.file === flowFile(i)).flatMap((p) => p.faults),
  ];
  const isJson = draft.format !== 'lines';
  const known = recognise(core.streams.sources, records.map(({ text }) => sampleRecord(text)).slice(0, 50));
  return {
    accept: acceptFaults.slice(0, faultsMax),
    flows: draft.flows.map((_, i) => faultsOfFlow(i).slice(0, faultsMax)),
    prepare: [...prepareRules, ...compiled.problems.filter((p) => p.file === prepareFile).flatMap((p) => p.faults)],
    begins: 'message' in beginning ? beginning.message : null,
    columns: [...compiled.flowColumns],
    preview: shown(records, found, (record) =>
      isJson && !/^\s*\{/.test(record?.text ?? '') ? 'it is not a JSON object' : '`accept` is not true for it',
    ),
    untaken: compiled.tables.length === 0 ? [] : untakenOf(records.length, found),
    recognisedBy: known === undefined ? null : { source: known.source.id, stream: known.stream.name },
  };
}

/** Accepted records that no row came from; none while a flow does not tell where its rows came from, or fails. */
export function untakenOf(count: number, found: Awaited<ReturnType<typeof previewRecords>>): number[] {
  const from = found.tables.flatMap((t) => t.records);
  if (from.includes(null) || found.failures.length > 0) return [];
  const seen = new Set([...from, ...found.refused]);
  return Array.from({ length: count }, (_, i) => i).filter((i) => !seen.has(i));
}
