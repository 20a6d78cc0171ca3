import { describe, expect, test } from 'vitest';
import { manualClock } from '../platform/clock.ts';
import { silentLog } from '../platform/log.ts';
import { minute } from './calendar.ts';
import { liveDemo, loadDemo, type DemoMarker, type DemoState } from './load.ts';
import { allBatches, testEnd } from './testing.ts';

function memoryMarker(): DemoMarker & { state: DemoState | undefined } {
  const marker = {
    state: undefined as DemoState | undefined,
    read: () => Promise.resolve(marker.state),
    write: (state: DemoState) => {
      marker.state = state;
      return Promise.resolve();
    },
  };
  return marker;
}

class Full extends Error {
  readonly code = 'TooManyRequests';
  readonly retryAfterSeconds = 0;
}

/** A door that writes down what it took, after `before` had its say. */
function door(before: (n: number) => void = () => undefined) {
  const taken: string[] = [];
  let calls = 0;
  return {
    taken,
    append: async (stream: string, payload: Buffer) => {
      before(calls++);
      taken.push(`${stream} ${payload.length}`);
      return Promise.resolve();
    },
  };
}

const small = { seed: 'test', people: 24, days: 1, log: silentLog };

describe('loading', () => {
  const expected = async () => (await allBatches(small)).map((b) => `${b.stream} ${b.payload.length}`);

  test('sends everything once', async () => {
    const [marker, clock, one] = [memoryMarker(), manualClock(testEnd), door()];
    const result = await loadDemo({ ...small, door: one, marker, clock });
    expect(result).toMatchObject({ loaded: true, batches: one.taken.length, to: testEnd });
    expect(one.taken).toEqual(await expected());
    clock.advance(10 * minute);
    expect(await loadDemo({ ...small, door: one, marker, clock })).toMatchObject({ loaded: false, rows: 0 });
    expect(one.taken).toEqual(await expected());
  });

  test('goes on after a failure, with the same week', async () => {
    const [marker, clock] = [memoryMarker(), manualClock(testEnd)];
    const broken = door((n) => {
      if (n === 50) throw new Error('gone');
    });
    await expect(loadDemo({ ...small, door: broken, marker, clock })).rejects.toThrow('gone');
    clock.advance(60 * minute);
    const second = door();
    await loadDemo({ ...small, door: second, marker, clock });
    expect([...broken.taken.slice(0, 40), ...second.taken]).toEqual(await expected());
  });

  test('waits for a door that is full', async () => {
    const clock = manualClock(testEnd);
    const full = door((n) => {
      if (n % 3 === 1) throw new Full();
    });
    const waiting = { ...clock, sleep: () => Promise.resolve() };
    await loadDemo({ ...small, door: full, marker: memoryMarker(), clock: waiting });
    expect(full.taken).toEqual(await expected());
  });
});

test('life goes on by the minute until it is told to stop, and catches up', async () => {
  const [marker, clock, first] = [memoryMarker(), manualClock(testEnd), door()];
  const stop = new AbortController();
  await liveDemo({ door: first, marker, clock, log: silentLog, signal: stop.signal });
  expect(first.taken).toEqual([]);
  await loadDemo({ ...small, door: first, marker, clock });
  clock.advance(30 * minute);
  const live = door();
  const running = liveDemo({ door: live, marker, clock, log: silentLog, signal: stop.signal });
  const until = (time: number) => expect.poll(() => marker.state?.livedUntil).toBe(new Date(time).toISOString());
  await until(testEnd.getTime() + 30 * minute);
  const caughtUp = live.taken.length;
  expect(caughtUp).toBeGreaterThan(10);
  clock.advance(minute + 2_000);
  await until(testEnd.getTime() + 31 * minute);
  expect(live.taken.length).toBeGreaterThan(caughtUp);
  stop.abort();
  clock.advance(2 * minute);
  await running;
});
