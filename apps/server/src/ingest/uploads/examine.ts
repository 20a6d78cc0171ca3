import type { StreamPreview, UploadedFile } from '@sallyport/contracts';
import { inputFiles, messageOf, type InputFile } from '../importer/files.ts';
import type { Importer, LookedAtPlan } from '../importer/import.ts';
import { binaryMessage } from '../importer/kind.ts';
import { headOf, utf8Of } from '../importer/text.ts';
import {
  previewable,
  previewRecords,
  type PreviewOptions,
  type PreviewRecord,
  type PreviewServices,
} from '../preview/preview.ts';
import { compile } from '@sallyport/kql';
import type { Catalogue, TableDefinition } from '@sallyport/lake';
import { tableStatements } from '../sources/statements.ts';
import type { IngestCore } from '../core.ts';

/** Files of one upload that are looked at and listed. */
const filesMax = 300;
/** A refused record's text as the portal shows it, characters. */
const textMax = 2_000;
/** Refused records told one by one. */
const refusedMax = 100;

type CoreParts = Pick<IngestCore, 'streams' | 'importer' | 'lake'>;

interface Looked {
  readonly plan: LookedAtPlan;
  readonly records: readonly PreviewRecord[];
  readonly message?: string;
}

/** The beginning of a file, and how it would be read. */
async function look(
  file: InputFile,
  importer: Importer,
  stream?: string,
): Promise<Looked | { readonly message: string }> {
  if (file.message !== undefined) return { message: file.message };
  try {
    const { head, complete, rest } = await headOf(utf8Of(file.open()));
    await rest.return?.();
    const message = binaryMessage(head, complete);
    if (message !== undefined) return { message };
    const plan = importer.planOf({ head, complete, fileName: file.name }, stream);
    const records: PreviewRecord[] = [];
    const splitter = plan.framing.splitter((record, broken) => {
      records.push({ text: Buffer.from(record).toString(), broken });
    });
    splitter.push(head);
    // What the head cuts off is no record.
    if (complete) splitter.end();
    return { plan, records: previewable(records) };
  } catch (error) {
    return { message: messageOf(error) };
  }
}

/** What an upload's files are, each looked at in its beginning. */
export async function examine(
  path: string,
  name: string,
  { importer, streams }: CoreParts,
): Promise<{ files: UploadedFile[]; leftOut: number }> {
  const files: UploadedFile[] = [];
  let leftOut = 0;
  for await (const file of inputFiles(path, name)) {
    if (files.length >= filesMax) {
      leftOut++;
      continue;
    }
    const looked = await look(file, importer);
    const known = 'plan' in looked ? looked.plan.taker : undefined;
    const message = looked.message;
    files.push({
      file: file.name,
      bytes: file.bytes ?? null,
      sampled: 'plan' in looked ? looked.records.length : 0,
      stream: known?.stream ?? null,
      source: known?.name ?? null,
      tables:
        known === undefined
          ? []
          : known.table === undefined
            ? [...new Set(streams.tablesOf(known.stream))]
            : [known.table],
      ...(message === undefined ? {} : { message }),
    });
  }
  return { files, leftOut };
}

const parts = (core: CoreParts, now: () => Date): PreviewServices => ({ lake: core.lake, compile, now });

/** Why a stream does not take a record. */
function reasonOf(record: PreviewRecord | undefined, takesLines: boolean): string {
  if (record?.broken) return 'the file is damaged there';
  if (!takesLines && !/^\s*\{/.test(record?.text ?? '')) return 'it is not a JSON object';
  return 'it does not have the form that the stream accepts';
}

/**
 * What a file of an upload would become, through the stream that recognises it or another one; undefined when the upload has no such file. Its beginning alone
 * is looked at.
 */
export async function previewFile(
  core: CoreParts,
  where: { readonly path: string; readonly name: string; readonly file: string; readonly stream?: string | undefined },
  options: PreviewOptions & { readonly now: () => Date },
): Promise<StreamPreview | undefined> {
  for await (const file of inputFiles(where.path, where.name)) {
    if (file.name !== where.file) continue;
    const looked = await look(file, core.importer, where.stream);
    const nothing = { records: 0, tables: [], refused: [], failures: [] };
    if (!('plan' in looked)) return { ...nothing, failures: [{ table: '', message: looked.message }] };
    const { plan, records } = looked;
    if (plan.taker === undefined) return unrecognised(records);
    const { now, ...rest } = options;
    const { stream, table } = plan.taker;
    const made = table === undefined ? undefined : tableToBe(core.lake.catalogue, table, plan);
    const statements =
      made === undefined ? core.streams.statements(stream, 'import') : tableStatements(stream, made, 'import');
    const tableOf = (name: string) => (name === made?.name ? made : core.lake.catalogue.get(name));
    const found = await previewRecords({ ...parts(core, now), table: tableOf }, statements, records, rest);
    const takesLines = core.streams.takesLines(stream);
    return shown(records, found, (record) => reasonOf(record, takesLines));
  }
  return undefined;
}

/** A custom table with the columns that it has once the file is loaded; undefined for a shipped one. */
function tableToBe(catalogue: Catalogue, name: string, plan: LookedAtPlan): TableDefinition | undefined {
  const have = catalogue.get(name);
  if (!name.endsWith('_CL')) return have;
  const known = plan.columnsOf(name);
  if (known === undefined) return have;
  const columns = [...known].map(([column, type]) => ({ name: column, type }));
  const base = { description: undefined, sortKey: [], promoted: [], partitionBy: 'month', custom: true } as const;
  return { ...base, plan: 'Analytics', retentionDays: 90, interactiveDays: 90, ...have, name, columns };
}

const unrecognised = (records: readonly PreviewRecord[]): StreamPreview =>
  shown(
    records,
    { tables: [], refused: records.map((_, i) => i), failures: [] },
    () => 'no source recognises the file',
  );

/** A preview as contracts have it. */
export function shown(
  records: readonly PreviewRecord[],
  found: Awaited<ReturnType<typeof previewRecords>>,
  reason: (record: PreviewRecord | undefined) => string,
): StreamPreview {
  return {
    records: records.length,
    tables: found.tables.map(({ table, columns, rows, records: from }) => ({
      table,
      columns: [...columns],
      rows: rows.map((row) => [...row]),
      records: [...from],
    })),
    refused: found.refused.slice(0, refusedMax).map((record) => ({
      record,
      reason: reason(records[record]),
      text: (records[record]?.text ?? '').slice(0, textMax),
    })),
    failures: [...found.failures],
  };
}
