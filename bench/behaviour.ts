/**
 * Behaviour analytics over the demo estate: how many anomalies a day its normal life makes, of which rules, and what learning and judging cost. Prints one JSON object.
 *
 *   node bench/behaviour.ts [--people 120] [--days 9] [--judged 2] [--story]
 *
 * `days` of Contoso's life are loaded, all but the last `judged` are only learned, those are judged a day at a time. `--story` adds the intrusion: its anomalies are told by who they
 * are about. Read processor seconds: they do not depend on what else the machine does.
 */
import { parseArgs } from 'node:util';
import { loadFunctions } from '@sallyport/lake';
import { createBehaviour } from '../apps/server/src/behaviour/index.ts';
import { enabledRules, loadSettings } from '../apps/server/src/behaviour/rules.ts';
import { runWindow } from '../apps/server/src/behaviour/run.ts';
import { dayMs } from '../apps/server/src/behaviour/windows.ts';
import { contoso } from '../apps/server/src/demo/index.ts';
import { createHunting } from '../apps/server/src/hunting/index.ts';
import { withEphemeralPlatform } from '../apps/server/src/supervisor/ephemeral-platform.ts';
import { systemPrincipal } from '../apps/server/src/platform/principal.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '120' },
    days: { type: 'string', default: '9' },
    judged: { type: 'string', default: '2' },
    story: { type: 'boolean', default: false },
  },
});
const [people, days, judged] = [Number(values.people), Number(values.days), Number(values.judged)];
const end = new Date('2026-11-19T16:20:00Z');
const rowsAtOnce = 20_000;
const note = (text: string): void => void process.stderr.write(`${text}\n`);

const report = await withEphemeralPlatform({}, async (platform) => {
  let rows = 0;
  const waiting = new Map<string, Record<string, unknown>[]>();
  const store = async (table: string): Promise<void> => {
    const batch = waiting.get(table) ?? [];
    waiting.set(table, []);
    rows += batch.length;
    await platform.lake.insertRows(table, batch);
  };
  for await (const { stream, payload } of contoso({ seed: 'contoso', end, people, days, story: values.story })) {
    if (!stream.startsWith('Microsoft-')) continue;
    const table = stream.slice('Microsoft-'.length);
    const batch = waiting.get(table) ?? [];
    waiting.set(table, batch);
    for (const line of payload.toString().split('\n')) batch.push(JSON.parse(line));
    if (batch.length >= rowsAtOnce) await store(table);
  }
  for (const table of waiting.keys()) await store(table);
  await platform.lake.refreshEntities();
  note(`${rows} rows`);

  const { queries } = createHunting(platform, { functions: await loadFunctions() });
  const { content } = await createBehaviour(platform, { queries, scheduled: false });
  const parts = { platform, queries, content, onStored: () => Promise.resolve() };
  const rules = enabledRules(await loadSettings(platform.database, content));
  const today = Math.floor(end.getTime() / dayMs) * dayMs;
  const seconds = { learned: 0, judged: 0 };
  for (let back = days; back >= 0; back--) {
    const [from, to] = [new Date(today - back * dayMs), new Date(today - (back - 1) * dayMs)];
    const isJudged = back < judged;
    const started = process.cpuUsage();
    await runWindow(parts, { from, to, grain: 'day', judged: isJudged }, rules);
    const { user, system } = process.cpuUsage(started);
    seconds[isJudged ? 'judged' : 'learned'] += (user + system) / 1e6;
    note(`${from.toISOString().slice(0, 10)} ${isJudged ? 'judged' : 'learned'}`);
  }
  const ask = async (query: string) =>
    (await queries.run({ query, now: new Date(today + 2 * dayMs), as: systemPrincipal('bench'), operation: 'hunting' }))
      .rows;
  return {
    people,
    days,
    judged,
    story: values.story,
    rows,
    // Of this process; the engine's own are in behaviour_runs as elapsed seconds.
    cpuSeconds: seconds,
    parts: await platform.database.query(
      "SELECT part, rows, round(elapsed_seconds::numeric, 2)::float8 AS seconds, error FROM behaviour_runs WHERE part !~ '^[0-9a-f]{8}-' ORDER BY part",
    ),
    failed: await platform.database.query('SELECT part, error FROM behaviour_runs WHERE error IS NOT NULL'),
    priorities: await ask(
      'BehaviorAnalytics | summarize Activities = count() by InvestigationPriority | order by InvestigationPriority asc',
    ),
    anomalies: await ask(
      'Anomalies | project Day = format_datetime(TimeGenerated, "yyyy-MM-dd"), RuleName, Score, Description | order by Day asc, Score desc',
    ),
  };
});
console.log(JSON.stringify(report));
