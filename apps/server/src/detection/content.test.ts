import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createQueries } from '../hunting/index.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { loadRules, shippedRules } from './index.ts';
import { testRule, type RuleTestBench, type RuleTestResult } from './testing.ts';

let bench: RuleTestBench;
let stop: () => Promise<void>;
beforeAll(async () => {
  const ephemeral = await startEphemeralPlatform();
  stop = ephemeral.stop;
  bench = { platform: ephemeral.platform, queries: createQueries(ephemeral.platform.lake) };
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

it('each rule that ships finds what its tests say, and is quiet on the rest', { timeout: 120_000 }, async () => {
  const folders = await ruleFolders();
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
