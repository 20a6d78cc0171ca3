import { describe, expect, it } from 'vitest';
import { gathered } from '../pull/files/gathered.ts';
import type { Page } from '../pull/types.ts';
import { containerLine, PartialLines } from './container.ts';

const at = '2026-01-08T03:37:09.123456789Z';
const text = (line: string) => containerLine({ text: line, object: undefined });

describe('a line of a container runtime', () => {
  it('says whether it goes on', () => {
    expect(text(`${at} stdout F all of it`)).toEqual({ time: at, text: 'all of it', stream: 'stdout', partial: false });
    expect(text(`${at} stderr P the beg`)).toMatchObject({ text: 'the beg', stream: 'stderr', partial: true });
    expect(text(`${at} stdout X else`)).toBeUndefined();
  });

  it('is put together of its parts, each stream’s for itself', () => {
    const parts = new PartialLines();
    const lines = ['stdout P a', 'stderr P x', 'stdout P b', 'stderr F y', 'stdout F c', 'stdout F d', 'stderr P left'];
    const whole = lines.flatMap((line) => parts.add(text(`${at} ${line}`)!) ?? []);
    expect(whole).toEqual(['xy', 'abc', 'd']);
    expect(parts.end()).toEqual(['left']);
    expect(parts.end()).toEqual([]);
  });

  it('comes in pieces when it has no end', () => {
    const parts = new PartialLines();
    const piece = text(`${at} stdout P ${'x'.repeat(16_384)}`)!;
    const given = Array.from({ length: 130 }, () => parts.add(piece)).filter((line) => line !== undefined);
    expect(given.map((line) => line.length)).toEqual([1_048_576, 1_048_576]);
  });
});

describe('pages of files', () => {
  it('of lines become few, and those of whole files stay apart', async () => {
    const page = (bytes: number, n: number): Page => ({ arrivals: [], bytes, checkpoint: n, caughtUp: false });
    async function* pages(): AsyncGenerator<Page> {
      yield page(10, 1);
      yield page(20, 2);
      yield { files: [{ path: 'p', name: 'n' }], bytes: 5, checkpoint: 3, caughtUp: false };
      yield page(5_000_000, 4);
      yield page(1, 5);
    }
    const got: (readonly [number, unknown])[] = [];
    for await (const { bytes, checkpoint } of gathered(pages())) got.push([bytes, checkpoint]);
    expect(got).toEqual([
      [30, 2],
      [5, 3],
      [5_000_000, 4],
      [1, 5],
    ]);
  });
});
