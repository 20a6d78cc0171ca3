import { useSyncExternalStore } from 'react';
import { sendFile } from './send.ts';

/** A file on its way from this browser. */
export interface Sending {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly sent: number;
  readonly error?: unknown;
}

let next = 0;
let list: readonly Sending[] = [];
const stops = new Map<number, AbortController>();
const listeners = new Set<() => void>();
let queue: Promise<void> = Promise.resolve();

function set(change: (before: readonly Sending[]) => readonly Sending[]): void {
  list = change(list);
  for (const listener of listeners) listener();
}
const update = (id: number, change: Partial<Sending>): void =>
  set((before) => before.map((one) => (one.id === id ? { ...one, ...change } : one)));

/** Takes a file off the list; one that is on its way is stopped. */
export function forget(id: number): void {
  stops.get(id)?.abort();
  stops.delete(id);
  set((before) => before.filter((one) => one.id !== id));
}

/** Sends files, one after another; they go on while other pages are shown. `onArrived` is called after each. */
export function send(files: readonly File[], onArrived: () => void): void {
  for (const file of files) {
    const id = next++;
    const stop = new AbortController();
    stops.set(id, stop);
    set((before) => [...before, { id, name: file.name, bytes: file.size, sent: 0 }]);
    queue = queue.then(async () => {
      if (stop.signal.aborted) return;
      try {
        await sendFile(file, (sent) => update(id, { sent: Math.min(sent, file.size) }), stop.signal);
        onArrived();
        forget(id);
      } catch (error) {
        if (!stop.signal.aborted) update(id, { error });
      }
    });
  }
}

export const useSending = (): readonly Sending[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => list,
  );
