import type { JobName } from '@sallyport/contracts';
import { conclude, forget, keepDevices } from './conclude.ts';
import { refresh, type Parts } from './refresh.ts';

/** Looks at what arrived every two minutes, works out criticality and risk every ten, and forgets once an hour: each once among all servers. */
export function scheduleInventory(parts: Parts): void {
  const { jobs, log } = parts.platform;
  const running = new Set<string>();
  const every = (name: JobName, cron: string, work: () => Promise<unknown>): void =>
    jobs.schedule(name, cron, async () => {
      if (running.has(name)) return;
      running.add(name);
      try {
        await work();
      } catch (err) {
        log.error({ err, job: name }, 'the inventory of entities could not be kept; that is tried again');
      } finally {
        running.delete(name);
      }
    });
  every('entities', '*/2 * * * *', () => refresh(parts));
  every('entities-conclude', '4-59/10 * * * *', () => conclude(parts));
  every('entities-devices', '37 * * * *', async () => {
    await keepDevices(parts);
    await forget(parts);
  });
}
