import { useSyncExternalStore } from 'react';
import { newDraft, type Draft } from './draft.ts';

/** What is being written, and the raw text it is tried on. */
export interface Work {
  readonly draft: Draft;
  readonly sample: string;
  /** Whether anything was typed since it was opened or saved. */
  readonly changed: boolean;
}

const KEY = 'sallyport-source-draft-2';
const empty: Work = { draft: newDraft, sample: '', changed: false };

/** It was written by this page, in this tab; what an older version wrote may look otherwise, and is let go. */
function kept(): Work {
  try {
    const work = JSON.parse(window.sessionStorage.getItem(KEY) ?? '') as Partial<Work>;
    if (Array.isArray(work.draft?.streams) && typeof work.sample === 'string') return { ...empty, ...work };
  } catch {
    // Nothing was kept.
  }
  return empty;
}

let work = kept();
const listeners = new Set<() => void>();

export const getWork = (): Work => work;

/** Leaving the page, or the portal, loses nothing while the tab is open. */
export function setWork(change: Partial<Work>): void {
  work = { ...work, changed: true, ...change };
  try {
    window.sessionStorage.setItem(KEY, JSON.stringify(work));
  } catch {
    // A browser that keeps nothing still has it until the page is left.
  }
  for (const listener of listeners) listener();
}

export const startAnew = (sample = ''): void => setWork({ draft: newDraft, sample, changed: false });

export const useWork = (): Work =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => work,
  );
