import type { Upload, UploadedFile } from '@sallyport/contracts';
import { useSyncExternalStore } from 'react';

/** What a person chose for a file: another stream, or null to leave it out. What is not here goes where it was recognised. */
export type Choices = Readonly<Record<string, string | null>>;

export const fileKey = (uploadId: string, file: string): string => `${uploadId}/${file}`;

let choices: Choices = {};
const listeners = new Set<() => void>();

/** Kept while the portal is open: leaving the page loses nothing. */
export function choose(uploadId: string, file: string, stream: string | null | undefined): void {
  const key = fileKey(uploadId, file);
  const { [key]: _, ...others } = choices;
  choices = stream === undefined ? others : { ...others, [key]: stream };
  for (const listener of listeners) listener();
}

export const useChoices = (): Choices =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => choices,
  );

/** What was chosen of one upload's files, as the server takes it. */
export const choicesOf = (all: Choices, { id, files }: Upload): Record<string, string | null> =>
  Object.fromEntries(
    files.flatMap(({ file }) => {
      const chosen = all[fileKey(id, file)];
      return chosen === undefined ? [] : [[file, chosen]];
    }),
  );

export type Destination =
  | { readonly kind: 'unread'; readonly why: string }
  | { readonly kind: 'leftOut' }
  | { readonly kind: 'stream'; readonly stream: string; readonly chosen: boolean }
  | { readonly kind: 'unknown' };

/** Where a file's records go. */
export function destinationOf(file: UploadedFile, chosen: string | null | undefined): Destination {
  if (file.message !== undefined) return { kind: 'unread', why: file.message };
  if (chosen === null) return { kind: 'leftOut' };
  const stream = chosen ?? file.stream;
  return stream === null ? { kind: 'unknown' } : { kind: 'stream', stream, chosen: chosen !== undefined };
}
