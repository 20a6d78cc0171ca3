import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { silentLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createProblems, diskCheck, spoolCheck } from './problems.ts';

const parts = () => ({ clock: systemClock, log: silentLog, metrics: createMetrics() });

test('problems keep the time of their beginning, end, and stand errors first', async () => {
  let broken = true;
  const services = parts();
  const problems = createProblems(services, {
    slow: async () => ({ severity: 'warning', title: 'Slow', detail: 'It is slow.' }),
    engine: async () => (broken ? { severity: 'error', title: 'Down', detail: 'It is down.' } : undefined),
  });
  await problems.look();
  expect(problems.list().map(({ id, severity }) => [id, severity])).toEqual([
    ['engine', 'error'],
    ['slow', 'warning'],
  ]);
  const since = problems.list()[0]!.since;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await problems.look();
  expect(problems.list()[0]!.since).toBe(since);
  broken = false;
  await problems.look();
  expect(problems.list().map(({ id }) => id)).toEqual(['slow']);
  expect(await services.metrics.registry.metrics()).toMatch(/sallyport_problems\{problem="engine"\} 0/);
});

test('a check that fails or hangs is a problem of its own', async () => {
  const problems = createProblems(parts(), {
    failing: () => Promise.reject(new Error('no such folder')),
    hanging: () => new Promise(() => {}),
  });
  await problems.look();
  expect(problems.list().map(({ id, detail }) => [id, detail])).toEqual([
    ['failing', 'no such folder'],
    ['hanging', 'no answer within 2 s'],
  ]);
});

test('a spool that is full, slow or holds what could not be stored says so', async () => {
  const check = (bytes: number, oldestMs = 0, poisonedSegments = 0, refusedMs?: number) =>
    spoolCheck(() => ({ bytes, oldestMs, poisonedSegments, refusedMs }), 1_000)();
  expect(await check(100)).toBeUndefined();
  expect(await check(960)).toMatchObject({ severity: 'error', title: 'Doors refuse logs: the spool is full' });
  expect(await check(750, 0, 0, 1_000)).toMatchObject({
    severity: 'error',
    title: expect.stringContaining('share of the spool') as string,
  });
  expect(await check(600, 0, 0, 61_000)).toMatchObject({ severity: 'warning' });
  expect(await check(600)).toMatchObject({ severity: 'warning' });
  expect(await check(10, 61_000)).toMatchObject({ severity: 'warning' });
  expect(await check(10, 0, 2)).toMatchObject({ title: 'Some logs could not be stored' });
});

test('a disk without room is a problem, in two degrees; a folder that is gone is an error', async () => {
  const disk = (freeGib: number, totalGib: number) =>
    diskCheck('/data', 'all data', async () => ({
      bavail: freeGib * 2 ** 18,
      blocks: totalGib * 2 ** 18,
      bsize: 4_096,
    }))();
  expect(await disk(6, 1_000)).toBeUndefined();
  expect(await disk(0.6, 10)).toBeUndefined();
  expect(await disk(4, 1_000)).toMatchObject({ severity: 'warning', title: 'The disk is nearly full' });
  expect(await disk(0.04, 10)).toMatchObject({ severity: 'error', title: 'The disk is full' });
  await expect(diskCheck('/nowhere/at/all', 'nothing')()).rejects.toThrow('ENOENT');
});
