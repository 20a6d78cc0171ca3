import { repositoryLimits, ruleLimits } from '@sallyport/contracts';

/** What was read of a repository or folder. */
export interface FetchedContent {
  /** Of a Git repository; of a folder empty. */
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Files that were left out, and why. */
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
}

/** Folders below folders, and names looked at: a hostile tree may have more than anybody could list. */
export const depthMax = 32;
export const namesMax = 200_000;
export const leftOutMax = 500;

/** Whether a file may hold content: rules, hunting queries, watchlists. */
export const isContent = (path: string): boolean =>
  /\.(?:ya?ml|json|kql)$/i.test(path) &&
  !/(?:^|\/)(?:\.|node_modules\/)/.test(path) &&
  !/(?:^|\/)tests\.ya?ml$/i.test(path);

/** Gathers files within the bounds. `add` throws RangeError past what may be read altogether. */
export class ContentFiles {
  readonly #files: { path: string; text: string }[] = [];
  readonly #leftOut: { path: string; reason: string }[] = [];
  #bytes = 0;

  add(path: string, bytes: Uint8Array): void {
    if (bytes.length > repositoryLimits.fileBytes)
      return this.leaveOut(path, `larger than ${repositoryLimits.fileBytes / 1_048_576} MiB`);
    this.#bytes += bytes.length;
    if (this.#files.length >= ruleLimits.importFiles || this.#bytes > ruleLimits.importBytes)
      throw new RangeError(
        `more than ${ruleLimits.importFiles} files of ${ruleLimits.importBytes / 1_048_576} MiB together: name a folder in it`,
      );
    this.#files.push({ path, text: Buffer.from(bytes).toString('utf8') });
  }

  leaveOut(path: string, reason: string): void {
    if (this.#leftOut.length < leftOutMax) this.#leftOut.push({ path, reason });
  }

  done(commit: string): FetchedContent {
    return { commit, files: this.#files, leftOut: this.#leftOut };
  }
}
