import { createHash } from 'node:crypto';
import { SallyportError, type ConnectorTest } from '@sallyport/contracts';
import type { IngestCore } from '../core.ts';
import { arrivalStreams, storeArrivals } from '../doors/arrivals.ts';
import { inputFiles } from '../importer/files.ts';
import { unrecognisedStream } from '../importer/import.ts';
import { binaryMessage } from '../importer/kind.ts';
import { headOf, utf8Of } from '../importer/text.ts';
import type { StoredPage } from '../loading.ts';
import type { FetchedFile, Page } from './types.ts';

/** A short name for something long: what the table of taken items keeps. */
export const itemOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32);

/**
 * Makes a page durable, through the same recognition as what doors and uploads bring. Answers how many records it had. `page` is what it was opened as: by that it is taken
 * back if its poll does not come to the end.
 */
export async function storePage(
  core: IngestCore,
  page: Page,
  options: {
    readonly page: StoredPage | undefined;
    readonly door: string;
    /** The connector's name. */
    readonly sender: string;
    /** Where it goes. Undefined: the first. */
    readonly workspaceId: string | undefined;
    readonly stream: string | null;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly rows: number; readonly note: string | undefined }> {
  const { page: stored, door, sender, workspaceId, stream, signal } = options;
  const origin = { door, sender, workspaceId };
  let [rows, note]: [number, string | undefined] = [0, undefined];
  if (page.arrivals !== undefined && page.arrivals.length > 0) {
    await storeArrivals(core, origin, page.arrivals, stored);
    rows += page.arrivals.length;
  }
  if (page.files !== undefined && page.files.length > 0) {
    const names = new Map(page.files.map(({ path, name }) => [path, name]));
    const paths = [...names.keys()];
    const { files } = await core.importer.importPaths(paths, {
      nameOf: (path) => names.get(path),
      streamOf: () => stream ?? undefined,
      origin,
      signal,
      ...(stored === undefined ? {} : { page: stored }),
    });
    rows += files.reduce((sum, file) => sum + file.rows + file.unparsed, 0);
    const odd = files.filter(({ message }) => message !== undefined);
    const [first] = odd;
    if (first !== undefined)
      note = `${first.file}: ${first.message ?? ''}${odd.length > 1 ? `, and ${odd.length - 1} files more` : ''}`;
  }
  return { rows, note };
}

/** The first records of a fetched file, and the stream they would go to. */
async function beginningOf({ importer }: IngestCore, { path, name }: FetchedFile, stream: string | null) {
  const records: string[] = [];
  for await (const file of inputFiles(path)) {
    const { head, complete, rest } = await headOf(utf8Of(file.open()));
    await rest.return?.();
    const message = file.message ?? binaryMessage(head);
    if (message !== undefined) throw new SallyportError('UnsupportedMediaType', message);
    const { framing, taker } = importer.planOf({ head, complete, fileName: name }, stream ?? undefined);
    const splitter = framing.splitter((record) => records.push(Buffer.from(record).toString()));
    splitter.push(head);
    if (complete || records.length === 0) splitter.end();
    return { stream: taker?.stream ?? unrecognisedStream, records };
  }
  return { stream: unrecognisedStream, records };
}

const shownMax = 20;
const textMax = 4_000;

/** The first records of a page and the streams they would go to. Nothing is stored. */
export async function previewPage(
  core: IngestCore,
  page: Page,
  stream: string | null,
): Promise<ConnectorTest['records']> {
  const shown = (text: string, from: string, to: string) => ({
    text: text.slice(0, textMax).toWellFormed(),
    from,
    stream: to,
    tables: [...core.streams.tablesOf(to)],
  });
  const arrivals = page.arrivals ?? [];
  const streams = arrivalStreams(core, arrivals);
  const records = arrivals
    .slice(0, shownMax)
    .map(({ content, labels }, i) => shown(content, labels.source ?? '', streams[i] ?? ''));
  for (const { path, name } of page.files ?? []) {
    if (records.length >= shownMax) break;
    const beginning = await beginningOf(core, { path, name }, stream);
    records.push(
      ...beginning.records.slice(0, shownMax - records.length).map((text) => shown(text, name, beginning.stream)),
    );
  }
  return records;
}
