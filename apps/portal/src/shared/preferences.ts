import { useSyncExternalStore } from 'react';
import { z } from 'zod';

/** What one browser remembers of how a person likes the portal. Nothing secret is kept here. */
const Preferences = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  zone: z.enum(['local', 'utc']).catch('local'),
  navCollapsed: z.boolean().catch(false),
  /** Columns left out, by grid. */
  hiddenColumns: z.record(z.string(), z.array(z.string())).catch({}),
  /** What stands in the hunting editor. */
  draft: z.string().catch(''),
  /** Height of the editor in the workbench, percent. */
  editorShare: z.number().min(10).max(90).catch(38),
  schemaShown: z.boolean().catch(true),
});
export type Preferences = z.infer<typeof Preferences>;

const KEY = 'sallyport';
const listeners = new Set<() => void>();

function read(): Preferences {
  try {
    return Preferences.parse(JSON.parse(window.localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return Preferences.parse({});
  }
}

let current = read();

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    window.localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still shows the change until the page is left.
  }
  for (const listener of listeners) listener();
}

export const getPreferences = (): Preferences => current;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener('storage', (event) => {
  if (event.key !== KEY) return;
  current = read();
  for (const listener of listeners) listener();
});

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, getPreferences);
