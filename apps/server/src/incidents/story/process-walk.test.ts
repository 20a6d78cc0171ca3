import { describe, expect, it } from 'vitest';
import { childrenOf, linked, walkFrom, type Seed, type StartedProcess } from './process-walk.ts';

const at = (minute: number, second = 0): string => new Date(Date.UTC(2026, 0, 1, 0, minute, second)).toISOString();
const row = (
  minute: number,
  pid: number,
  parentPid: number,
  file: string,
  more: Partial<StartedProcess> = {},
): StartedProcess => ({
  at: at(minute),
  pid,
  guid: '',
  parentPid,
  parentGuid: '',
  image: `C:\\Windows\\${file}`,
  file,
  command: file,
  account: '',
  level: '',
  sha256: '',
  parentImage: '',
  parentFile: '',
  parentCommand: '',
  ...more,
});
const seed = (more: Partial<Seed>): Seed => ({
  alert: 'a',
  pid: null,
  command: '',
  since: at(3),
  until: at(3),
  ...more,
});
const rows = [
  row(1, 100, 4, 'explorer.exe', { parentImage: 'C:\\Windows\\userinit.exe' }),
  row(2, 200, 100, 'winword.exe', { parentFile: 'explorer.exe' }),
  row(3, 300, 200, 'powershell.exe', { parentFile: 'winword.exe' }),
  // The same start, as another log has it.
  { ...row(3, 300, 200, 'powershell.exe', { command: 'powershell.exe -enc x', guid: '{g}' }), at: at(3, 1) },
  // The same number again, of another name.
  row(4, 200, 100, 'notepad.exe'),
  row(5, 400, 300, 'cmd.exe', { parentGuid: '{g}' }),
  row(6, 500, 400, 'whoami.exe'),
  row(7, 600, 100, 'calc.exe'),
];
const told = (walk: { nodes: ReturnType<typeof walkFrom>['nodes'] }) => {
  const names = new Map(walk.nodes.map((node) => [node.key, node.fileName]));
  return walk.nodes.map(
    ({ fileName, parentKey }) => `${fileName} < ${parentKey === null ? '' : (names.get(parentKey) ?? '?')}`,
  );
};
const chain = [
  'userinit.exe < ',
  'explorer.exe < userinit.exe',
  'winword.exe < explorer.exe',
  'powershell.exe < winword.exe',
  'cmd.exe < powershell.exe',
  'whoami.exe < cmd.exe',
];

describe('the walk over processes', () => {
  it('goes up and down from what alerts name, by number or command line', () => {
    const processes = linked(rows);
    expect(processes).toHaveLength(7);
    const walk = walkFrom(processes, [seed({ pid: 300 })]);
    expect(told(walk)).toEqual(chain);
    expect(walk).toMatchObject({ basis: 'alerts', cut: false });
    expect(walk.nodes.map(({ alertIds }) => alertIds.length)).toEqual([0, 0, 0, 1, 0, 0]);
    expect(walk.nodes[1]).toMatchObject({ childCount: 3 });
    expect(told(walkFrom(processes, [seed({ command: 'powershell.exe -enc x' })]))).toEqual(chain);
  });

  it('begins at what started when the alert did, where that names nothing that was seen', () => {
    const walk = walkFrom(linked(rows), [seed({ pid: 999, since: at(6), until: at(6) })]);
    expect(walk.basis).toBe('time');
    expect(told(walk)).toContain('calc.exe < explorer.exe');
  });

  it('has a bound on children, and gives more when asked', () => {
    const many = linked([
      row(1, 10, 1, 'sh'),
      ...Array.from({ length: 60 }, (_, n) => row(2, 100 + n, 10, `child${n}`)),
    ]);
    const walk = walkFrom(many, [seed({ pid: 10 })]);
    expect(walk.cut).toBe(true);
    expect(walk.nodes).toHaveLength(2 + 25);
    const top = walk.nodes.find(({ fileName }) => fileName === 'sh')!;
    expect(top.childCount).toBe(60);
    expect(childrenOf(many, top.key).nodes).toHaveLength(60);
  });

  it('ends, whatever the log says of who started whom', () => {
    const circle = linked([
      row(1, 1, 2, 'a', { guid: 'A', parentGuid: 'B' }),
      row(1, 2, 1, 'b', { guid: 'B', parentGuid: 'A' }),
    ]);
    expect(walkFrom(circle, [seed({ pid: 1 })]).nodes.length).toBeLessThanOrEqual(2);
    expect(linked([row(1, 1, 1, 'a', { guid: 'A', parentGuid: 'A' })])[0]?.parent).toBeNull();
  });
});
