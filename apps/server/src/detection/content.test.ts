import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadFunctions } from '@sallyport/lake';
import { createQueries } from '../hunting/index.ts';
import { loadSources, openIngestCore, shippedSources } from '../ingest/index.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { loadRules, shippedRules } from './index.ts';
import { testRule, type RuleTestBench, type RuleTestResult } from './testing.ts';

const spoolSizes = { totalBytes: 64 * 2 ** 20, segmentBytes: 2 ** 20, segmentAgeMs: 50 };
let bench: RuleTestBench;
let stop: () => Promise<void>;
beforeAll(async () => {
  const ephemeral = await startEphemeralPlatform();
  const { platform } = ephemeral;
  const core = await openIngestCore(platform, await loadSources(shippedSources), spoolSizes);
  stop = async () => {
    await core[Symbol.asyncDispose]();
    await ephemeral.stop();
  };
  bench = { platform, queries: createQueries(platform.lake, await loadFunctions()), streams: core.streams };
});
afterAll(() => stop());

const ruleFolders = async (): Promise<string[]> =>
  (await readdir(shippedRules, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.name === 'rule.yaml')
    .map((entry) => entry.parentPath)
    .toSorted();

it('the rules that ship load without a problem', async () => {
  expect((await loadRules([shippedRules])).problems).toEqual([]);
});

it('events may be lines of a stream, through its source', { timeout: 90_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rule-'));
  await writeFile(
    join(folder, 'rule.yaml'),
    'id: r\nname: n\nseverity: Low\nqueryFrequency: 5m\nqueryPeriod: 5m\nquery: SecurityEvent | where EventID == 4625\n',
  );
  const event = (id: number) =>
    JSON.stringify({
      System: {
        EventID: id,
        Channel: 'Security',
        Computer: 'pc1',
        Provider: { Name: 'Microsoft-Windows-Security-Auditing' },
        TimeCreated: { SystemTime: '2026-01-01T00:00:00Z' },
      },
      EventData: {},
    });
  const line = (id: number) => JSON.stringify([{ stream: 'Custom-WindowsEventJson', lines: [event(id)] }]);
  await writeFile(
    join(folder, 'tests.yaml'),
    `- { name: a, expect: match, events: ${line(4625)} }\n- { name: b, expect: quiet, events: ${line(4624)} }\n`,
  );
  const { cases } = await testRule(folder, bench);
  await rm(folder, { recursive: true });
  expect(cases.map(({ alerts }) => alerts)).toEqual([1, 0]);
});

/** RULES=flood|ssh runs those whose folders have one of the words: all of them take two minutes. */
const words = process.env['RULES']?.split('|');
const isChosen = (folder: string): boolean => words === undefined || words.some((word) => folder.includes(word));

it('each rule that ships finds what its tests say, and is quiet on the rest', { timeout: 300_000 }, async () => {
  const folders = (await ruleFolders()).filter(isChosen);
  const wrong: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let folder = folders[next++]; folder !== undefined; folder = folders[next++]) {
      const place = folder.slice(shippedRules.length + 1);
      try {
        wrong.push(...faultsOf(await testRule(folder, bench)).map((fault) => `${place}: ${fault}`));
      } catch (error) {
        wrong.push(`${place}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  expect(wrong).toEqual([]);
});

function faultsOf({ rule, cases }: RuleTestResult): string[] {
  const faults = cases
    .filter((one) => !one.ok)
    .map((one) => `“${one.name}” gave ${one.alerts} alerts, expected ${one.expect}`);
  for (const kind of ['match', 'quiet'] as const)
    if (!cases.some((one) => one.expect === kind))
      faults.push(`no case that must ${kind === 'match' ? 'match' : 'stay quiet'}`);
  if (rule.entityMappings.length > 0 && cases.every((one) => one.entities.length === 0))
    faults.push('its mappings give no entity');
  return faults;
}
