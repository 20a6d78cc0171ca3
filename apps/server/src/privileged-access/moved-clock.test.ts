import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock, type Clock } from '../platform/clock.ts';
import { makeAdministrator, makePerson, startTestServer, type TestServer } from '../testing.ts';

vi.setConfig({ testTimeout: 120_000 });

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const operator = '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f';

/** A clock whose time somebody moves, while the time that passes goes on. */
function movableClock() {
  let passed = 0;
  let offset = Date.now();
  const clock: Clock = {
    now: () => new Date(offset + passed),
    elapsed: () => passed,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal),
  };
  return {
    clock,
    pass: (milliseconds: number) => void (passed += milliseconds),
    set: (by: number) => void (offset += by),
  };
}

let test: TestServer | undefined;
afterEach(async () => {
  await test?.stop();
  test = undefined;
});

async function withGrant(minutes: number) {
  const time = movableClock();
  test = await startTestServer({ clock: time.clock });
  await makeAdministrator(test, test.browser());
  const { database } = test.platform;
  const { sweep } = test.server.domains.privilegedAccess;
  await sweep();
  const { person } = await makePerson(test.platform, 'bob');
  const now = time.clock.now();
  const eligible = randomUUID();
  const row = (kind: string, id: string, more: string, values: readonly unknown[]) =>
    database.execute(
      `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by, ${more})
       VALUES ($1, $2, $3, 'user', $4, $5, $5, 'test', ${values.map((_, i) => `$${i + 6}`).join(', ')})`,
      [id, operator, person.id, kind, now, ...values],
    );
  await row('eligible', eligible, 'justification', ['']);
  const granted = randomUUID();
  const end = new Date(now.getTime() + minutes * minuteMs);
  await row('active', granted, 'assignment_type, activated_from, ends_at', ['Activated', eligible, end]);
  const isOver = async (): Promise<boolean> =>
    (await database.first(
      'SELECT 1 FROM role_assignments WHERE id = $1 AND (removed_at IS NOT NULL OR ends_at <= $2 OR starts_at > $2)',
      [granted, time.clock.now()],
    )) !== undefined;
  return { time, sweep, isOver, database, granted };
}

describe('a clock that is set back', () => {
  it('lengthens no activation while servers run', async () => {
    const { time, sweep, isOver } = await withGrant(60);
    time.pass(30 * minuteMs);
    await sweep();
    expect(await isOver()).toBe(false);
    time.pass(1_000);
    time.set(-2 * hourMs);
    expect((await sweep()).setBackMs).toBe(2 * hourMs);
    expect(await isOver()).toBe(false);
    time.pass(29 * minuteMs + 58_000);
    await sweep();
    expect(await isOver()).toBe(false);
    time.pass(1_000);
    expect((await sweep()).ended).toBe(1);
    expect(await isOver()).toBe(true);
  });

  it('ends activations when no server ran meanwhile', async () => {
    const { time, sweep, isOver } = await withGrant(60);
    time.pass(10 * minuteMs);
    await sweep();
    time.set(-5 * hourMs);
    // A server that starts knows only what the one before has written down.
    const { createSweep } = await import('./sweep.ts');
    const { platform } = test!;
    const quiet = { expire: () => Promise.resolve(0) };
    const anew = createSweep({ platform, approvals: quiet });
    expect((await anew.sweep()).setBackMs).toBe(5 * hourMs);
    expect(await isOver()).toBe(true);
    time.set(5 * hourMs);
    expect(await isOver()).toBe(true);
  });

  it('that is set forward and back again gives nothing back', async () => {
    const { time, sweep, isOver } = await withGrant(60);
    time.set(2 * hourMs);
    expect((await sweep()).ended).toBe(1);
    time.set(-2 * hourMs);
    await sweep();
    expect(await isOver()).toBe(true);
  });
});
