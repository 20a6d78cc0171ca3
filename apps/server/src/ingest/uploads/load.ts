import type { UploadOutcome } from '@sallyport/contracts';
import type { Clock } from '../../platform/clock.ts';
import type { IngestCore } from '../core.ts';
import type { ImportResult } from '../importer/import.ts';
import type { UploadPlace } from './place.ts';
import type { Progress, UploadRow, UploadStore } from './store.ts';

/** How often progress goes to the database. */
const tellEveryMs = 500;
/** Files told one by one. */
const filesToldMax = 5_000;
/** More are not told apart: the rules then look at all rows of the time. */
const segmentsMax = 2_000;

export interface LoadServices {
  readonly core: IngestCore;
  readonly store: UploadStore;
  readonly place: UploadPlace;
  readonly clock: Clock;
}

/** Deletes the rows that an upload has stored. Nothing of it may be on its way. */
export async function takeBack(
  { core, store }: Pick<LoadServices, 'core' | 'store'>,
  { id, workspace_id: workspaceId }: Pick<UploadRow, 'id' | 'workspace_id'>,
): Promise<void> {
  const lake = await core.lakeOf(workspaceId ?? undefined);
  for (const { segment_id: segment, tables } of await store.segments(id)) await lake.forget(segment, tables);
  await store.forgetSegments(id);
}

/**
 * Loads an upload. Resolves with what came of it, and throws what ended it: what it had stored is still there then. `stop` is called when a person asks, in the
 * database, to stop it.
 */
export async function loadUpload(
  services: LoadServices,
  row: UploadRow,
  signal: AbortSignal,
  stop: () => void,
): Promise<{ outcome: UploadOutcome; rowSegments: readonly string[] | null }> {
  const { core, store, place, clock } = services;
  let progress: Progress = { bytes: 0, records: 0, file: '' };
  const ended = new AbortController();
  const telling = (async () => {
    while (!ended.signal.aborted) {
      await clock.sleep(tellEveryMs, ended.signal);
      if (await store.saveProgress(row.id, progress).catch(() => false)) stop();
    }
  })();
  const from = clock.now();
  try {
    const result = await core.importer.importPath(place.path(row.id), {
      name: row.name,
      importId: row.id,
      origin: { door: 'upload', sender: '', workspaceId: row.workspace_id ?? undefined },
      signal,
      streamOf: (file) => (Object.hasOwn(row.choices, file) ? row.choices[file] : undefined),
      onProgress: ({ file, bytes, records }) => {
        progress = { file: file.slice(0, 1_000), bytes, records };
      },
    });
    signal.throwIfAborted();
    const rowSegments = result.segmentIds.length > segmentsMax ? null : result.segmentIds;
    return { outcome: outcomeOf(result, from, clock.now()), rowSegments };
  } finally {
    ended.abort();
    await telling;
    await store.saveProgress(row.id, progress).catch(() => false);
  }
}

function outcomeOf({ files, rows, range }: ImportResult, from: Date, to: Date): UploadOutcome {
  return {
    rows: files.reduce((sum, f) => sum + f.rows, 0),
    unparsed: files.reduce((sum, f) => sum + f.unparsed, 0),
    tables: Object.entries(rows)
      .filter(([table, count]) => table !== 'DCRLogErrors' && count > 0)
      .map(([table, count]) => ({ table, rows: count })),
    perFile: files.slice(0, filesToldMax).map(({ file, source, rows: stored, unparsed, message }) => ({
      file,
      source,
      rows: stored,
      unparsed,
      ...(message === undefined ? {} : { message }),
    })),
    range: range === undefined ? null : { from: range.from.toISOString(), to: range.to.toISOString() },
    loadedFrom: from.toISOString(),
    loadedTo: to.toISOString(),
  };
}
