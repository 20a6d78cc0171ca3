/**
 * Row-level rules in one pass over a quiet Windows estate, beside a plain evaluator that asks each rule's query by itself. Prints one JSON object.
 *
 *   node bench/detect.ts [--rules FOLDER,…] [--events 1000000] [--counts 100,300,1000,3000] [--plain-events 20000] [--plain-rules 300] [--latency 20]
 *
 * Rules are Sigma's or Sentinel's, from the folders (default ../shared/suites/sigma, its rules for Windows); of more than `counts` says, every so-manieth is taken. The
 * plain evaluator has fewer events and rules, since it would take hours; the pass with all rules is run over the same events too, and both must find the same. Read processor seconds: they do
 * not depend on what else the machine does. `--latency` says how many events are followed to their incidents, with those rules and the shipped ones (0: none): that is wall time,
 * so of a quiet machine only. The aims are given for two cores, so `eventsPerSecond` is twice the events for a second of one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { sql, sqlIdentifier, sqlString, type CompileOptions } from '@sallyport/kql';
import { Catalogue, loadFunctions } from '@sallyport/lake';
import { startTestLake } from '@sallyport/testkit';
import { loadRules, shippedRules } from '../apps/server/src/detection/index.ts';
import { plannerOf, type RowPlan } from '../apps/server/src/detection/rows/plan.ts';
import { settleRound, settlingRoundsMax } from '../apps/server/src/detection/rows/settle.ts';
import { createQueries } from '../apps/server/src/hunting/index.ts';
import { inserts } from './detect/events.ts';
import { latency } from './detect/latency.ts';
import { systemPrincipal } from '../apps/server/src/platform/principal.ts';

const { values } = parseArgs({
  options: {
    rules: {
      type: 'string',
      default: ['rules', 'rules-emerging-threats', 'rules-threat-hunting']
        .map((name) => `../shared/suites/sigma/${name}`)
        .join(','),
    },
    events: { type: 'string', default: '1000000' },
    counts: { type: 'string', default: '100,300,1000,3000' },
    'plain-events': { type: 'string', default: '20000' },
    'plain-rules': { type: 'string', default: '300' },
    latency: { type: 'string', default: '20' },
  },
});
const events = Number(values.events);
const plainEvents = Number(values['plain-events']);
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

const folders = values.rules.split(',').filter((folder) => existsSync(folder));
if (folders.length === 0) throw new Error(`no rules in ${values.rules}: give a folder with --rules`);
await using stack = new AsyncDisposableStack();
const test = stack.adopt(await startTestLake({ catalogue: await Catalogue.load() }), (t) => t.stop());
const { lake, engine } = test;
const queries = createQueries(lake, await loadFunctions());
const parts = { lake, queries };

/** Processor seconds of the engine and of this process so far (Linux). */
function cpuSeconds(): number {
  const fields = readFileSync(`/proc/${engine.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const own = process.cpuUsage();
  return (Number(fields[11]) + Number(fields[12])) / 100 + (own.user + own.system) / 1e6;
}
async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number; cpu: number }> {
  const [start, before] = [performance.now(), cpuSeconds()];
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1_000, cpu: cpuSeconds() - before };
}
async function send(statement: string): Promise<void> {
  const response = await fetch(`${engine.url}/?database=main`, {
    method: 'POST',
    body: statement,
    headers: { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password },
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(answer.slice(0, 1_000));
}

await lake.ensureTables(['WindowsEvent', 'SecurityEvent']);
for (let from = 0; from < events; from += 250_000)
  for (const statement of inserts(from, Math.min(250_000, events - from), from === 0 ? 'first' : 'bench'))
    await send(statement);
for (const statement of inserts(events, plainEvents, 'plain')) await send(statement);
note(`${events} events`);

const of =
  (segments: readonly string[]): NonNullable<CompileOptions['source']> =>
  (table) =>
    sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE ${segments.map((id) => sql`_SegmentId = ${sqlString(id)}`).reduce((a, b) => sql`${a} OR ${b}`)})`;
const all = of(['first', 'bench']);
const plainRows = of(['plain']);
const newest: NonNullable<CompileOptions['source']> = (table) =>
  sql`(SELECT * FROM ${sqlIdentifier(table.name)} LIMIT 200000)`;
/** Times of hits aren't asked for past a bound; a batch of this size is what the live server would take. */
const limits = { seconds: 600, memoryBytes: 6 * 2 ** 30 };

const ofWindows = /^_Sigma_windows_|\b(?:SecurityEvent|WindowsEvent)\b/;
const loaded = (await loadRules(folders)).rules.filter(({ query }) => ofWindows.test(query));
const planner = plannerOf(queries);
const planning = await timed(() => planner.plan(loaded));
const usable = planning.value.sources.flatMap(({ rules }) => rules);
note(`${usable.length} of ${loaded.length} rules are row-level; planned in ${round(planning.cpu)} s of processor`);

async function pass(plan: RowPlan, rows: NonNullable<CompileOptions['source']>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const source of plan.sources)
    for (const hit of await source.hits(parts, { source: rows }, { limits })) found.set(hit.rule.id, hit.rows);
  return found;
}
/** How often a rule is to look at an event of its source, but for those that look at every one. */
async function candidates(plan: RowPlan): Promise<number> {
  let looks = 0;
  for (const source of plan.sources)
    for (const n of (await source.candidates(parts, { source: all }, { limits })).values()) looks += n;
  return looks;
}
const rates = [];
let full: { plan: RowPlan } | undefined;
for (const count of values.counts.split(',').map(Number)) {
  const step = Math.max(1, usable.length / count);
  const some = Array.from({ length: Math.min(count, usable.length) }, (_, i) => usable[Math.floor(i * step)]!);
  const plan = await planner.plan(some);
  const measured = await timed(async () => {
    for (const source of plan.sources) await source.measure(parts, { source: newest }, { limits });
  });
  const settled = await timed(async () => {
    for (let round = 0; round < settlingRoundsMax; round++)
      if (!(await settleRound(plan.sources, parts, { limits }))) return round;
    return settlingRoundsMax;
  });
  const first = await timed(() => pass(plan, plainRows));
  const took = await timed(() => pass(plan, all));
  const looks = await candidates(plan);
  const hits = [...took.value.values()].reduce((a, b) => a + b, 0);
  rates.push({
    rules: some.length,
    sources: plan.sources.length,
    eventsPerSecond: Math.round((2 * events) / took.cpu),
    candidatesPerEvent: round(looks / events, 4),
    rulesOfEveryEvent: plan.sources.reduce((sum, { index }) => sum + index.everywhere.length, 0),
    eventsPerSecondOfOneCore: Math.round(events / took.cpu),
    cpuSeconds: round(took.cpu),
    seconds: round(took.seconds),
    measuringCpuSeconds: round(measured.cpu),
    settlingCpuSeconds: round(settled.cpu),
    settlingRounds: settled.value,
    preparingCpuSeconds: round(first.cpu),
    rulesThatHit: took.value.size,
    hits,
  });
  note(JSON.stringify(rates.at(-1)));
  full = { plan };
}

const { plan } = full!;
const inPlan = plan.sources.flatMap(({ rules }) => rules);
const plainStep = Math.max(1, inPlan.length / Number(values['plain-rules']));
const asked = inPlan.filter((_, i) => Math.floor(i / plainStep) !== Math.floor((i - 1) / plainStep));
const small = await timed(() => pass(plan, plainRows));
let different = 0;
const plain = await timed(async () => {
  for (const rule of asked) {
    const compiled = queries.compile(`${rule.query}\n| count`, {
      now: new Date(0),
      source: plainRows,
      as: systemPrincipal('bench'),
    });
    const n = Number((await lake.query(compiled.sql, { limits })).rows[0]?.[0]);
    if (n !== (small.value.get(rule.id) ?? 0)) {
      different++;
      note(`${rule.id} ${rule.name}: ${n} by itself, ${small.value.get(rule.id) ?? 0} in the pass`);
    }
  }
});
const followed = Number(values.latency);
const latencies = followed > 0 ? await latency([...folders, shippedRules], followed) : undefined;
process.stdout.write(
  `${JSON.stringify({
    bench: 'detect',
    events,
    rules: { loaded: loaded.length, rowLevel: usable.length, planningCpuSeconds: round(planning.cpu) },
    rates,
    plain: {
      events: plainEvents,
      rules: asked.length,
      passRules: inPlan.length,
      cpuSeconds: round(plain.cpu),
      eventsPerSecond: Math.round((2 * plainEvents) / plain.cpu),
      passCpuSeconds: round(small.cpu),
      rulesThatDiffer: different,
    },
    ...(latencies ? { latency: latencies } : {}),
  })}\n`,
);
