/**
 * An inventory of many entities: what taking them in costs, and how long the searches of the page Assets take. Prints one JSON object.
 *
 *   node bench/entities.ts [--entities 200000] [--times 20]
 *
 * Half of them are accounts, the rest devices and addresses, told of by rows of sign-ins and syslog that arrive at once. Milliseconds are medians and the slowest of `times`.
 */
import { parseArgs } from 'node:util';
import { entityRoutes } from '@sallyport/contracts';
import { loadFunctions } from '@sallyport/lake';
import { createEntities } from '../apps/server/src/entities/index.ts';
import { listEntities } from '../apps/server/src/entities/list.ts';
import { createHunting } from '../apps/server/src/hunting/index.ts';
import { sightOf } from '../apps/server/src/incidents/index.ts';
import { systemClock } from '../apps/server/src/platform/clock.ts';
import { systemPrincipal } from '../apps/server/src/platform/principal.ts';
import { startEphemeralPlatform } from '../apps/server/src/supervisor/ephemeral-platform.ts';

const { values } = parseArgs({
  options: { entities: { type: 'string', default: '200000' }, times: { type: 'string', default: '20' } },
});
const [wanted, times] = [Number(values.entities), Number(values.times)];
const rowsAtOnce = 20_000;
/** Rows count as arrived once they have settled. */
const clock = { ...systemClock, now: () => new Date(Date.now() + 20_000) };
const { platform, stop } = await startEphemeralPlatform({ clock });
try {
  const { database, lake } = platform;
  const { queries, queriesOf } = createHunting(platform, { functions: await loadFunctions() });
  const entities = await createEntities(platform, { queries, queriesOf, scheduled: false });
  let spent = 0;
  lake.onAsked(({ statistics }) => (spent += statistics.cpuSeconds));
  const time = new Date().toISOString();
  const addressOf = (i: number): string => `${20 + (i % 150)}.${(i >> 8) % 256}.${(i >> 16) % 256}.${i % 256}`;
  for (let from = 0; from < wanted / 2; from += rowsAtOnce) {
    const some = Array.from({ length: Math.min(rowsAtOnce, wanted / 2 - from) }, (_, i) => from + i);
    await lake.insertRows(
      'SigninLogs',
      some.map((i) => ({
        TimeGenerated: time,
        UserPrincipalName: `person.${i}@unit${i % 40}.contoso.com`,
        UserId: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
        UserDisplayName: `Person ${i}`,
        ResultType: '0',
        IPAddress: i % 2 === 0 ? addressOf(i) : '',
      })),
    );
    await lake.insertRows(
      'Syslog',
      some.filter((i) => i % 2 === 0).map((i) => ({ TimeGenerated: time, Computer: `host-${i}.contoso.com` })),
    );
  }
  const started = performance.now();
  const { created } = await entities.refresh();
  const taken = { entities: created, seconds: (performance.now() - started) / 1_000, engineCpuSeconds: spent };
  const again = performance.now();
  await entities.refresh();
  const empty = (performance.now() - again) / 1_000;
  spent = 0;
  const judging = performance.now();
  await entities.conclude();
  const conclude = { seconds: (performance.now() - judging) / 1_000, engineCpuSeconds: spent };
  await database.execute('ANALYZE inventory');
  const searches: Record<string, Record<string, string>> = {
    'first page': {},
    'of one kind': { kind: 'Host' },
    'a whole name': { search: 'person.77777@unit17.contoso.com' },
    'a piece of a name': { search: 'host-123' },
    'many matches': { search: 'contoso' },
    'no match': { search: 'qqqqq' },
    'by name': { sort: 'name', order: 'asc' },
    'by last seen, of accounts': { kind: 'Account', sort: 'lastSeen' },
    'a tag': { tag: 'board' },
  };
  const sight = sightOf(systemPrincipal('bench'), platform.workspaces);
  const milliseconds: Record<string, { median: number; slowest: number; total: number }> = {};
  for (const [name, query] of Object.entries(searches)) {
    const asked = entityRoutes.listEntities.query.parse(query);
    const took: number[] = [];
    let total = 0;
    for (let n = 0; n < times; n++) {
      const begun = performance.now();
      ({ total } = await listEntities(database, asked, sight));
      took.push(performance.now() - begun);
    }
    const sorted = took.toSorted((a, b) => a - b);
    const round = (value: number | undefined): number => Math.round((value ?? 0) * 10) / 10;
    milliseconds[name] = { median: round(sorted[Math.floor(times / 2)]), slowest: round(sorted.at(-1)), total };
  }
  process.stdout.write(`${JSON.stringify({ taken, emptyPassSeconds: empty, conclude, milliseconds })}\n`);
} finally {
  await stop();
}
