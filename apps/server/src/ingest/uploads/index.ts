import { workspaceIdOf } from '../../platform/workspaces/index.ts';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { SallyportError, type StreamPreview, type Upload } from '@sallyport/contracts';
import type { Platform } from '../../platform/types.ts';
import type { IngestCore } from '../core.ts';
import { messageOf } from '../importer/files.ts';
import type { LoadedSegment } from '../loading.ts';
import type { PreviewOptions } from '../preview/preview.ts';
import { examine, previewFile } from './examine.ts';
import { loadUpload, takeBack } from './load.ts';
import { UploadPlace } from './place.ts';
import { uploadOf, uploadStore, type UploadRow } from './store.ts';
import { defineSweeps, type RunRules, type Sweeps } from './sweep.ts';

export type { RunRules } from './sweep.ts';

/** How long a file waits to be loaded. */
const keptMs = 24 * 3_600_000;
const pollMs = 100;
/** The stream of a custom table: one that is not there yet is made when the file is loaded. */
const newTable = /^Custom-[A-Za-z]\w{0,59}_CL$/;

export interface UploadServices {
  readonly platform: Pick<Platform, 'config' | 'database' | 'clock' | 'log' | 'jobs' | 'workspaces'>;
  readonly core: () => IngestCore;
  readonly runRules: RunRules;
  /** Whether jobs run here at all: replay has none. */
  readonly jobs: boolean;
}

/** Files from browsers: looked at, loaded, and the rules run over them. What is said here of an upload stands in the database, so any server can tell. */
export class Uploads {
  readonly #services: UploadServices;
  readonly #place: UploadPlace;
  readonly #store: ReturnType<typeof uploadStore>;
  readonly #sweeps: Sweeps | undefined;
  readonly #running = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  #stopping = new AbortController();

  constructor(services: UploadServices) {
    const { platform } = services;
    this.#services = services;
    this.#place = new UploadPlace(platform.config.dataDir);
    this.#store = uploadStore(platform.database);
    this.#sweeps = services.jobs ? defineSweeps(platform, this.#store, services.runRules) : undefined;
  }

  /** Notes what a segment stored. To be waited for before it leaves the spool. */
  async stored({ id, origin, rows }: LoadedSegment): Promise<void> {
    if (origin.importId !== undefined && this.#services.jobs)
      await this.#store.addSegment(origin.importId, id, Object.keys(rows));
  }

  /** Takes up what a killed server left half loaded. Ingest must have been opened. */
  async open(): Promise<void> {
    this.#stopping = new AbortController();
    await this.#place.open();
    if (!this.#services.jobs) return;
    const own = (await this.#store.inState('loading')).filter((row) => row.holder === this.#place.holder);
    const staged = (await this.#store.inState('staged')).map((row) => row.id);
    await this.#place.removeOthers(new Set([...staged, ...own.map((row) => row.id)]));
    for (const row of own) this.#begin(row, true);
    await this.#removeStale();
  }

  /** What is loading stays so, and goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async receive(body: Readable, name: string, who: string): Promise<Upload> {
    return uploadOf(await this.#receive(body, name, who));
  }

  async list(): Promise<Upload[]> {
    return (await this.#store.newest()).map(uploadOf);
  }

  async get(id: string): Promise<Upload> {
    return uploadOf(await this.#row(id));
  }

  async preview(
    id: string,
    choice: { readonly file: string; readonly stream?: string | undefined },
    options: PreviewOptions,
  ): Promise<StreamPreview> {
    const row = await this.#row(id);
    this.#mustBeHere(row);
    this.#mustBeStreams([choice.stream ?? null]);
    const where = { path: this.#place.path(id), name: row.name, ...choice };
    const { clock } = this.#services.platform;
    const found = await previewFile(this.#services.core(), where, { ...options, now: () => clock.now() }).catch(
      async (error: unknown) => {
        // A load that ends meanwhile takes the file away.
        if (!(await this.#place.has(id))) throw gone();
        throw error;
      },
    );
    if (found === undefined) throw new SallyportError('NotFound', `the upload has no file \`${choice.file}\``);
    return found;
  }

  /** Begins to load, and answers at once. `workspaceId`: where its rows go; default: the first. */
  async load(id: string, choices: Readonly<Record<string, string | null>>, workspaceId?: string): Promise<Upload> {
    this.#mustBeHere(await this.#row(id));
    this.#mustBeStreams(Object.values(choices));
    const row = await this.#store.beginLoading(
      id,
      this.#place.holder,
      { ...choices },
      workspaceIdOf(this.#services.platform.workspaces, workspaceId),
    );
    if (row === undefined) throw gone();
    this.#begin(row, false);
    return uploadOf(row);
  }

  /** Takes a file, loads it, and resolves when the rules have run over it: for those who don't look first. */
  async whole(body: Readable, name: string, who: string, workspaceId?: string): Promise<Upload> {
    const { clock } = this.#services.platform;
    const { id } = await this.#receive(body, name, who);
    await this.load(id, {}, workspaceId);
    await this.#running.get(id)?.done;
    for (;;) {
      const upload = await this.get(id);
      if (upload.state !== 'loading' && upload.state !== 'sweeping') return upload;
      if (this.#stopping.signal.aborted)
        throw new SallyportError('Unavailable', 'the server stops; the upload goes on');
      await clock.sleep(pollMs, this.#stopping.signal);
    }
  }

  async cancel(id: string): Promise<Upload> {
    const row = await this.#row(id);
    if (row.state === 'staged') {
      await this.#place.remove(id);
      return uploadOf((await this.#store.end(id, 'cancelled', null)) ?? row);
    }
    if (row.state !== 'loading' && row.state !== 'sweeping') return uploadOf(row);
    const asked = await this.#store.askStop(id);
    this.#running.get(id)?.stop.abort();
    return uploadOf(asked ?? row);
  }

  async #receive(body: Readable, name: string, who: string): Promise<UploadRow> {
    await this.#removeStale();
    const { id, bytes } = await this.#place.receive(body);
    try {
      const { files, leftOut } = await examine(this.#place.path(id), basename(name), this.#services.core());
      const row = await this.#store.add({
        id,
        name: basename(name),
        bytes,
        holder: this.#place.holder,
        created_by: who,
        created_at: this.#services.platform.clock.now(),
        files,
        files_left_out: leftOut,
      });
      if (row === undefined) throw new Error('no row came back');
      return row;
    } catch (error) {
      await this.#place.remove(id);
      throw error;
    }
  }

  #begin(row: UploadRow, again: boolean): void {
    const stop = new AbortController();
    const done = this.#run(row, again, stop)
      .catch((err: unknown) =>
        this.#services.platform.log.error({ err, upload: row.id }, 'an upload ended with an error'),
      )
      .finally(() => this.#running.delete(row.id));
    this.#running.set(row.id, { stop, done });
  }

  async #run(row: UploadRow, again: boolean, stop: AbortController): Promise<void> {
    const { clock, log } = this.#services.platform;
    const core = this.#services.core();
    const services = { core, store: this.#store, place: this.#place, clock };
    try {
      if (again) {
        // Its lines in the spool first: only then is known what has to go.
        await core.flush();
        await takeBack(services, row);
        if (row.stop_asked) return await this.#end(row.id, 'cancelled', 'stopped; none of its rows is stored');
        if (!(await this.#place.has(row.id)))
          return await this.#end(row.id, 'failed', 'its file is gone; none of its rows is stored');
        log.info({ upload: row.id }, 'an upload that a stopped server left is loaded anew');
      }
      const { outcome, rowSegments } = await loadUpload(services, row, stop.signal, () => stop.abort());
      await this.#store.loaded(row.id, outcome, rowSegments);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const stopped = stop.signal.aborted;
      if (!stopped) log.warn({ err: error, upload: row.id }, 'an upload could not be loaded');
      await takeBack(services, row);
      const message = stopped ? 'stopped' : messageOf(error);
      return this.#end(row.id, stopped ? 'cancelled' : 'failed', `${message}; none of its rows is stored`);
    }
    await this.#store.forgetSegments(row.id);
    await this.#place.remove(row.id);
    // When this fails, the jobs' own schedule does it.
    if ((await this.#row(row.id)).state === 'sweeping') await this.#sweeps?.queue(row.id);
  }

  async #end(id: string, state: 'failed' | 'cancelled', message: string): Promise<void> {
    await this.#place.remove(id);
    await this.#store.end(id, state, message);
  }

  async #removeStale(): Promise<void> {
    const now = this.#services.platform.clock.now();
    for (const { id } of await this.#store.staleOf(this.#place.holder, new Date(now.getTime() - keptMs))) {
      await this.#place.remove(id);
      await this.#store.end(id, 'cancelled', 'it waited for a day');
    }
    await this.#store.removeOld(now);
  }

  async #row(id: string): Promise<UploadRow> {
    const row = await this.#store.get(id);
    if (row === undefined) throw new SallyportError('NotFound', 'there is no such upload');
    return row;
  }

  #mustBeHere(row: UploadRow): void {
    if (row.state !== 'staged') throw gone();
    if (row.holder !== this.#place.holder)
      throw new SallyportError('Conflict', 'the file lies on the disk of another server, which alone can load it');
  }

  #mustBeStreams(names: readonly (string | null)[]): void {
    const { streams } = this.#services.core();
    const unknown = names.find((name) => name !== null && !streams.has(name) && !newTable.test(name));
    if (unknown !== undefined && unknown !== null)
      throw new SallyportError('NotFound', `there is no stream \`${unknown}\``, { target: 'body.stream' });
  }
}

const gone = (): SallyportError => new SallyportError('Conflict', 'the upload was loaded or discarded already');
