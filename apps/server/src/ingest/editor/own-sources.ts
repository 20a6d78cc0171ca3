import {
  SallyportError,
  sourceLimits,
  type OwnSourceInfo,
  type SourceFiles,
  type SourceReport,
} from '@sallyport/contracts';
import { strToU8, zipSync } from 'fflate';
import { Follower } from '../../platform/follow.ts';
import type { Platform } from '../../platform/types.ts';
import type { IngestCore } from '../core.ts';
import type { PreviewOptions } from '../preview/preview.ts';
import type { LoadedSources } from '../sources/load.ts';
import { withOwn, type OwnSource } from '../sources/own.ts';
import { checkFixtures, fixturesOf } from './fixtures.ts';
import { expressionsOf, forbidden, readOwnSource, type Problem } from './folder.ts';
import { hashOf, shippedFiles } from './shipped.ts';
import { ownSourceStore, type OwnSourceRow, type OwnSourceStore } from './store.ts';

export interface OwnSourceServices {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'log'>;
  readonly core: () => IngestCore;
  readonly shipped: LoadedSources;
}

export interface SaveRequest {
  readonly id: string;
  readonly files: SourceFiles;
  readonly version: number | null;
  readonly replaceShipped: boolean;
  readonly note: string;
}

interface Folder {
  readonly id: string;
  readonly version: number;
  readonly files: SourceFiles;
}

interface Read {
  readonly version: number;
  readonly source: OwnSource | undefined;
  readonly problems: readonly Problem[];
}

/** Sources that people make here: kept in the database, in use on all servers a moment after they were saved. */
export class OwnSources {
  readonly #services: OwnSourceServices;
  readonly #store: OwnSourceStore;
  readonly #follower: Follower;
  readonly #trusted: ReadonlyMap<string, RegExp>;
  #revision = -1;
  /** By id: what was read of the version that is in use, so that the same version stays the same object. */
  #read: ReadonlyMap<string, Read> = new Map();

  constructor(services: OwnSourceServices) {
    this.#services = services;
    this.#follower = new Follower(services.platform);
    this.#trusted = expressionsOf(services.shipped.sources);
    this.#store = ownSourceStore(services.platform.database);
  }

  /** What is in use, for the spool to be opened with: lines of these sources may wait in it. */
  async enabled(): Promise<OwnSource[]> {
    const revision = await this.#store.revision();
    const rows = await this.#store.all();
    const read = new Map<string, Read>();
    for (const row of rows) {
      const before = this.#read.get(row.id);
      read.set(row.id, before?.version === row.version ? before : this.#readRow(row));
    }
    this.#read = read;
    this.#revision = revision;
    return rows.filter((row) => row.enabled).flatMap((row) => read.get(row.id)?.source ?? []);
  }

  /** Follows what other servers save. */
  follow(): void {
    this.#follower.start(() => this.refresh(), 'could not look for sources that were saved');
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  /** Uses what is saved now, if it is not what is in use. */
  async refresh(): Promise<void> {
    if ((await this.#store.revision()) !== this.#revision) this.#services.core().streams.use(await this.enabled());
  }

  #readRow(row: OwnSourceRow): Read {
    const result = readOwnSource(row.id, row.files, row.version, this.#trusted);
    const problems = 'source' in result ? [] : result.problems;
    for (const problem of problems)
      this.#services.platform.log.error({ source: row.id, ...problem }, 'a source that was made here was not loaded');
    return { version: row.version, source: 'source' in result ? result.source : undefined, problems };
  }

  async list(): Promise<OwnSourceInfo[]> {
    return Promise.all((await this.#store.all()).map((row) => this.#infoOf(row)));
  }

  /** The newest folder of each source made here. */
  async folders(): Promise<readonly Folder[]> {
    return this.#store.all();
  }

  /** That of one. */
  async folder(id: string): Promise<Folder | undefined> {
    return this.#store.get(id);
  }

  /** The folder of the source in use, or of the shipped one. */
  async filesOf(
    id: string,
    shipped: boolean,
  ): Promise<{ origin: 'shipped' | 'own'; version: number | null; files: SourceFiles }> {
    const row = shipped ? undefined : await this.#store.get(id);
    if (row !== undefined) return { origin: 'own', version: row.version, files: row.files };
    const source = this.#shipped(id);
    if (source === undefined) throw new SallyportError('NotFound', `no source is named \`${id}\``);
    return { origin: 'shipped', version: null, files: await shippedFiles(source.folder) };
  }

  /** What is wrong with a folder, and the folder with what was recorded. */
  async check(
    id: string,
    files: SourceFiles,
    record: readonly string[],
    options: PreviewOptions,
  ): Promise<SourceReport & { files: SourceFiles; source: OwnSource | undefined }> {
    const wrong = (problems: readonly Problem[]) => ({
      problems: [...problems],
      fixtures: [],
      notes: [],
      files,
      source: undefined,
    });
    const size = Object.values(files).reduce((sum, text) => sum + text.length, 0);
    if (Object.keys(files).length > sourceLimits.files || size > sourceLimits.totalLength)
      return wrong([
        {
          file: '',
          path: '',
          message: `at most ${sourceLimits.files} files and ${sourceLimits.totalLength / 1024} KiB`,
        },
      ]);
    const read = readOwnSource(id, files, 0, this.#trusted);
    if (!('source' in read)) return wrong(read.problems);
    const { source } = read;
    const rules = source.streams.flatMap((stream, s) => forbidden(stream, `streams.${s}`));
    if (rules.length > 0) return wrong(rules);
    const core = this.#services.core();
    const others = [...this.#read.values()].flatMap((one) =>
      one.source === undefined || one.source.id === id ? [] : [one.source],
    );
    const beside = withOwn(this.#services.shipped, [...others, source]).problems.filter((p) => p.source === id);
    if (beside.length > 0) return wrong(beside.map(({ path, message }) => ({ file: 'source.yml', path, message })));
    const compiled = core.streams.check(source);
    if (compiled.length > 0) return wrong(compiled);
    const { reports, recorded } = await checkFixtures(core, source, files, new Set(record), options);
    const notes = fixturesOf(files).length === 0 ? ['it has no fixture: nothing tells when a change breaks it'] : [];
    return { problems: [], fixtures: reports, notes, files: { ...files, ...recorded }, source };
  }

  /** Saves a version and uses it. Throws BadRequest with what is wrong, Conflict. */
  async save(request: SaveRequest, by: string, options: PreviewOptions): Promise<OwnSourceInfo> {
    const { id, files, version, replaceShipped, note } = request;
    const shipped = this.#shipped(id);
    if (shipped !== undefined && !replaceShipped && version === null)
      throw new SallyportError(
        'Conflict',
        `a source \`${id}\` ships with Sallyport: take another id, or make it your version of that one`,
      );
    const report = await this.check(id, files, [], options);
    refuseFaulty(report);
    const basedOnHash = shipped === undefined ? null : hashOf(await shippedFiles(shipped.folder));
    const at = this.#services.platform.clock.now();
    const saved = await this.#store.save({ id, files, note, by, at, basedOnHash, before: version });
    if (saved === undefined)
      throw new SallyportError(
        'Conflict',
        version === null
          ? `there is a source \`${id}\` already, or there are too many`
          : 'somebody else has saved this source since',
      );
    await this.refresh();
    return this.#info(id);
  }

  async revert(id: string, version: number, by: string, options: PreviewOptions): Promise<OwnSourceInfo> {
    const row = await this.#row(id);
    const files = await this.version(id, version);
    return this.save(
      { id, files, version: row.version, replaceShipped: true, note: `back to version ${version}` },
      by,
      options,
    );
  }

  async setEnabled(id: string, enabled: boolean, by: string): Promise<OwnSourceInfo> {
    await this.#row(id);
    await this.#store.setEnabled(id, enabled, by, this.#services.platform.clock.now());
    await this.refresh();
    return this.#info(id);
  }

  async remove(id: string): Promise<void> {
    if (!(await this.#store.remove(id))) throw noSource(id);
    await this.refresh();
  }

  async versions(id: string) {
    await this.#row(id);
    return this.#store.versions(id);
  }

  async version(id: string, version: number): Promise<SourceFiles> {
    const files = await this.#store.filesOf(id, version);
    if (files === undefined) throw new SallyportError('NotFound', `source \`${id}\` has no version ${version}`);
    return files;
  }

  /** The folder as a zip. */
  async export(id: string): Promise<Uint8Array> {
    const { files } = await this.#row(id);
    return zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${id}/${path}`, strToU8(text)])));
  }

  #shipped(id: string) {
    return this.#services.shipped.sources.find((source) => source.id === id);
  }

  async #row(id: string): Promise<OwnSourceRow> {
    const row = await this.#store.get(id);
    if (row === undefined) throw noSource(id);
    return row;
  }

  async #info(id: string): Promise<OwnSourceInfo> {
    return this.#infoOf(await this.#row(id));
  }

  async #infoOf(row: OwnSourceRow): Promise<OwnSourceInfo> {
    const { streams } = this.#services.core();
    const shipped = this.#shipped(row.id);
    const read = this.#read.get(row.id);
    const names = read?.source?.streams.map((s) => s.name) ?? [];
    const until = names.flatMap((name) => streams.suspendedUntil(name)?.toISOString() ?? []).toSorted();
    const problems = [
      ...(read?.problems ?? []).map(({ file, path, message }) => `${file} ${path}: ${message}`),
      ...(read?.source === undefined ? [] : streams.check(read.source)).map(
        ({ file, message }) => `${file}: ${message}`,
      ),
    ];
    return {
      id: row.id,
      name: read?.source?.name ?? row.id,
      version: row.version,
      enabled: row.enabled,
      replacesShipped: shipped !== undefined,
      shippedChanged: shipped !== undefined && row.based_on_hash !== hashOf(await shippedFiles(shipped.folder)),
      changedAt: row.changed_at.toISOString(),
      changedBy: row.changed_by,
      tables: [...new Set((read?.source?.streams ?? []).flatMap((s) => s.flows.map((f) => f.table)))],
      problems,
      suspendedUntil: until.at(-1) ?? null,
    };
  }
}

const noSource = (id: string): SallyportError =>
  new SallyportError('NotFound', `no source made here is named \`${id}\``);

/** Throws BadRequest with the first things that are wrong. */
function refuseFaulty({ problems, fixtures }: SourceReport): void {
  const details = [
    ...problems.map(({ file, path, message }) => ({ code: 'Source', message, target: `${file} ${path}`.trim() })),
    ...fixtures.map(({ fixture, message, differences }) => ({
      code: 'Fixture',
      target: fixture,
      message: message ?? `${differences.map((d) => d.table).join(', ')}: other rows come than are expected`,
    })),
  ];
  const [first] = details;
  if (first === undefined) return;
  throw new SallyportError('BadRequest', `${first.target}: ${first.message}`, {
    target: first.target,
    details: details.slice(0, 50),
  });
}
