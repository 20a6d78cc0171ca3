import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSet } from './forms.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sallyport-sets-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

test('set.yml names its recordings', async () => {
  await write(
    'set.yml',
    'items:\n- {path: a.log, expect: attack, rules: [ABC]}\n- {path: b, expect: quiet, source: nginx}\n',
  );
  expect(await readSet(folder)).toMatchObject({
    form: 'set.yml',
    items: [
      { id: 'a.log', expect: 'attack', rules: ['abc'], log: { path: join(folder, 'a.log') } },
      { id: 'b', expect: 'quiet', source: 'nginx' },
    ],
  });
});

test('a fault of set.yml is told with its place', async () => {
  await write('set.yml', 'items:\n- {path: a.log, expect: maybe}\n');
  await expect(readSet(folder)).rejects.toThrow(/set\.yml: items\.0\.expect/);
});

test('labels of Sigma name the rule of each log', async () => {
  await write(
    'labels.json',
    JSON.stringify([
      { rule: 'R1', path: 'logs/a.json' },
      { rule: 'R2', path: 'gone.json' },
    ]),
  );
  await write('logs/a.json', '{}');
  const { form, items, unlabelled } = await readSet(folder);
  expect({ form, unlabelled }).toEqual({ form: 'labels.json', unlabelled: 1 });
  expect(items).toMatchObject([{ rules: ['r1'], log: { path: join(folder, 'logs/a.json') } }]);
});

test('tests of Panther: those over events count', async () => {
  const test = (type: string, expected: boolean) =>
    JSON.stringify({ rule: 'X', type, test: 't', expected, event: { a: 1 } });
  await write('events.jsonl', [test('rule', true), test('scheduled_rule', false), test('policy', false)].join('\n'));
  const { form, items, unlabelled } = await readSet(folder);
  expect({ form, unlabelled }).toEqual({ form: 'events.jsonl', unlabelled: 1 });
  expect(items.map(({ expect: expected, log }) => [expected, log])).toEqual([
    ['attack', { text: '{"a":1}\n' }],
    ['quiet', { text: '{"a":1}\n' }],
  ]);
});

test('cases of CrowdSec: a scenario, none, or only a parser', async () => {
  const config = (scenario: string) => `scenarios:\n- "${scenario}"\nlog_file: x.log\n`;
  await write('found/config.yaml', config('a/ssh-bf'));
  await write('found/scenario.assert', 'len(results) == 1\n');
  await write('none/config.yaml', config('a/ssh-bf'));
  await write('none/scenario.assert', 'len(results) == 0\n');
  await write('parser/config.yaml', config(''));
  await write('parser/parser.assert', 'len(results) == 4\n');
  const { items, unlabelled } = await readSet(folder);
  expect(items.map(({ id, expect: expected }) => [id, expected])).toEqual([
    ['found', 'attack'],
    ['none', 'quiet'],
  ]);
  expect(unlabelled).toBe(1);
});

test('a folder without labels is one of attacks', async () => {
  await write('Execution/a.jsonl', '{}');
  await write('README.md', 'about');
  await write('INDEX.tsv', 'about');
  const { form, items } = await readSet(folder);
  expect([form, items.map(({ id }) => id)]).toEqual(['attacks', ['Execution/a.jsonl']]);
  await expect(readSet(join(folder, 'gone'))).rejects.toThrow('no set');
});
