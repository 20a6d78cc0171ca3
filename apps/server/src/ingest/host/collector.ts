import { systemLog } from './journal.ts';
import { listeners } from './listeners.ts';
import { packageInventory, packageLog } from './packages.ts';
import type { HostHealth, HostPart, HostServices } from './types.ts';

export type { HostHealth, HostServices } from './types.ts';

const shippedParts: readonly HostPart[] = [systemLog, packageLog, packageInventory, listeners];

const pauseMs = { first: 1_000, max: 5 * 60_000 };
/** A part that ran this long had recovered. */
const soundMs = 10 * 60_000;

export interface HostCollector {
  start(): void;
  stop(): Promise<void>;
  /** What is collected, and what can't be. */
  health(): readonly HostHealth[];
}

/** Collects this machine's own logs, packages and listening services. Each part runs by itself: one that fails is started again, and the others go on. */
export function createHostCollector(services: HostServices, parts: readonly HostPart[] = shippedParts): HostCollector {
  const { clock, log } = services;
  const states = new Map<string, HostHealth>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<unknown> | undefined;

  const keepRunning = async (part: HostPart): Promise<void> => {
    for (let pause = pauseMs.first; !signal.aborted; pause = Math.min(pauseMs.max, pause * 2)) {
      const startedAt = clock.now().getTime();
      try {
        await part.run(services, signal, (state, message) => {
          const before = states.get(part.name);
          states.set(part.name, { part: part.name, state, message });
          if (before?.state !== state || before.message !== message)
            log.info({ part: part.name, state }, `this machine: ${message}`);
        });
      } catch (err) {
        if (signal.aborted) return;
        const message = err instanceof Error ? err.message : String(err);
        states.set(part.name, { part: part.name, state: 'unavailable', message });
        log.warn({ err, part: part.name }, 'a part of this machine can’t be collected; it is tried again');
      }
      if (clock.now().getTime() - startedAt > soundMs) pause = pauseMs.first;
      await clock.sleep(pause, signal);
    }
  };

  return {
    start: () => {
      running ??= Promise.all(parts.map(keepRunning));
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
    health: () => [...states.values()],
  };
}
