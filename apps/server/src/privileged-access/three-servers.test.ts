import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sleep } from '../crash-server.ts';
import { startNodes, type Nodes } from './nodes.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

let nodes: Nodes;
beforeAll(async () => {
  nodes = await startNodes(3);
  for (const { output } of nodes.servers) if (!output.endsWith('exit: null')) throw new Error(output);
});
afterAll(() => nodes.stop());

const all = [0, 1, 2];
/** Processes share two cores here with whatever else is tested. */
const soonMs = 2_000;

describe('three servers on one database', () => {
  it('let somebody within a moment of an activation on one, and no longer than it lasts', async () => {
    const ann = await nodes.eligible('ann');
    for (const node of all) expect(await ann.may(node)).toBe(false);
    const asked = performance.now();
    const end = await ann.activate(0, 12);
    for (const at of await Promise.all(all.map((node) => ann.until(node, true))))
      expect(at - asked).toBeLessThan(soonMs);
    await sleep(end.getTime() - Date.now() - 4_000);
    expect(await Promise.all(all.map((node) => ann.may(node)))).toEqual([true, true, true]);
    await Promise.all(all.map((node) => ann.until(node, false)));
    expect(Date.now() - end.getTime()).toBeLessThan(soonMs);
  });

  it('that are killed lengthen nothing', async () => {
    const bob = await nodes.eligible('bob');
    const end = await bob.activate(1, 8);
    await Promise.all(all.map((node) => bob.until(node, true)));
    await nodes.servers[0]?.kill();
    await nodes.servers[1]?.kill();
    await bob.until(2, false);
    expect(Date.now()).toBeGreaterThanOrEqual(end.getTime());
    expect(Date.now() - end.getTime()).toBeLessThan(soonMs);
    const later = await bob.activate(2, 3);
    await nodes.servers[2]?.kill();
    await sleep(Math.max(0, later.getTime() - Date.now()) + 500);
    await nodes.servers[0]?.startBeside();
    expect(await bob.may(0)).toBe(false);
    await vi.waitFor(
      async () => {
        const open = await nodes.platform.database.query(
          `SELECT 1 FROM role_assignments WHERE principal_id = $1 AND assignment_type = 'Activated' AND removed_at IS NULL`,
          [bob.id],
        );
        expect(open).toEqual([]);
      },
      { timeout: 10_000, interval: 100 },
    );
  });
});
