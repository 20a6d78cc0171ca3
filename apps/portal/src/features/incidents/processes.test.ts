import type { ProcessNode } from '@sallyport/contracts';
import { describe, expect, it } from 'vitest';
import { linesOf, withMore } from './processes.ts';

const node = (key: string, parentKey: string | null, childCount = 0): ProcessNode => ({
  key,
  parentKey,
  startedAt: '2026-01-01T00:00:00.000Z',
  processId: 1,
  image: '',
  fileName: key,
  commandLine: '',
  account: '',
  integrityLevel: '',
  sha256: '',
  alertIds: [],
  childCount,
  wasSeen: true,
});

describe('the lines of a process tree', () => {
  const nodes = [node('a', null, 3), node('b', 'a', 1), node('c', 'b'), node('d', 'a'), node('lost', 'gone')];

  it('go downwards, with places among those beside them', () => {
    expect(linesOf(nodes, new Set()).map(({ node: { key }, level, place, of }) => [key, level, place, of])).toEqual([
      ['a', 1, 1, 2],
      ['b', 2, 1, 2],
      ['c', 3, 1, 1],
      ['d', 2, 2, 2],
      ['lost', 1, 2, 2],
    ]);
  });

  it('leave out what is below a closed one, and tell what is not loaded', () => {
    const lines = linesOf(nodes, new Set(['b']));
    expect(lines.map(({ node: { key } }) => key)).toEqual(['a', 'b', 'd', 'lost']);
    expect(lines.map(({ missing }) => missing)).toEqual([1, 0, 0, 0]);
    expect(
      linesOf(withMore(nodes, [node('e', 'a'), node('d', 'a')]), new Set()).filter(({ level }) => level === 2),
    ).toHaveLength(3);
  });
});
