import { describe, expect, it } from 'vitest';
import { faultsIn, whenRested } from './check.ts';

describe('faults of a text', () => {
  it('stand at their places in the whole text, and the language service keeps its own', async () => {
    const asked: string[] = [];
    const text = '// only a comment\n\nT | count\n\nprint x = nope(1)';
    const found = await faultsIn(text, (query) => {
      asked.push(query);
      return Promise.resolve(
        query.includes('nope')
          ? [
              { code: 'UnsupportedFunction', message: 'not here', start: 10, end: 17 },
              { code: 'KS211', message: 'unknown', start: 10, end: 14 },
            ]
          : [],
      );
    });
    expect(asked.at(-1)).toBe('print x = nope(1)');
    expect(found.map((f) => text.slice(f.start, f.end))).toEqual(['nope(1)']);
  });
});

describe('a text that rests', () => {
  it('is asked about once, and not when it changed meanwhile', async () => {
    let runs = 0;
    const first = whenRested(() => Promise.resolve(void runs++), 5);
    first();
    whenRested(() => Promise.resolve(void runs++), 5);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(runs).toBe(1);
  });
});
