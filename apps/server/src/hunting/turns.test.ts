import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.ts';

const never = new AbortController().signal;

describe('turns', () => {
  it('are given in order, to each caller apart', async () => {
    const turns = createTurns({ running: 1, waiting: 2, waitMs: 10_000 });
    const seen: string[] = [];
    const first = await turns.take('a', never);
    const second = turns.take('a', never).then((end) => (seen.push('second'), end));
    const third = turns.take('a', never).then((end) => (seen.push('third'), end));
    (await turns.take('b', never))();
    await expect(turns.take('a', never)).rejects.toMatchObject({ code: 'TooManyRequests' });
    expect(seen).toEqual([]);
    first();
    // Ending twice gives no second turn.
    first();
    (await second)();
    expect(seen).toEqual(['second']);
    (await third)();
    (await turns.take('a', never))();
  });

  it('are not waited for too long, nor by who has left', async () => {
    const turns = createTurns({ running: 1, waiting: 5, waitMs: 20 });
    const first = await turns.take('a', never);
    await expect(turns.take('a', never)).rejects.toMatchObject({ code: 'TooManyRequests' });
    const leave = new AbortController();
    const waiting = turns.take('a', leave.signal);
    leave.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await expect(turns.take('a', leave.signal)).rejects.toMatchObject({ name: 'AbortError' });
    first();
    (await turns.take('a', never))();
  });
});
