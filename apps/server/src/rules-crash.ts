import { freePort, type Administrator } from '@sallyport/testkit/running';
import { loadFunctions } from '@sallyport/lake';
import {
  evaluateWindow,
  noteArrival,
  ownRuleStore,
  parseRule,
  queueDue,
  startBackfill,
  type AnalyticsRule,
} from './detection/index.ts';
import { ServerProcess, sleep, switchOffShippedRules } from './crash-server.ts';
import { createHunting } from './hunting/index.ts';
import type { OpenPlatform } from './platform/create.ts';
import { startEphemeralPlatform } from './supervisor/ephemeral-platform.ts';

export interface CrashOptions {
  readonly kills: number;
  /** Scheduled rules; each has `windows` of five minutes to run. */
  readonly rules: number;
  readonly windows: number;
  /** From 0 to 1: how long after a sign of work the process is killed. */
  readonly random: () => number;
  readonly onKill?: (kill: number, state: string) => void;
}

export interface CrashReport {
  readonly kills: number;
  /** Kills while windows of rules were being run. */
  readonly killsInRuns: number;
  readonly windows: number;
  readonly windowsSkipped: number;
  readonly windowsRunAgain: number;
  readonly alerts: number;
  readonly alertsMissing: number;
  /** Of which an undisturbed evaluation knows nothing: alerts made twice under another id are among them. */
  readonly alertsTooMany: number;
  readonly arrivedRows: number;
  readonly arrivedRowsAlertedOtherThanOnce: number;
  readonly uploads: number;
  readonly uploadAlerts: number;
  readonly uploadAlertsWrong: number;
  readonly seconds: number;
}

const minute = 60_000;
const step = 5 * minute;
/** How long what is left may take after the last kill. */
const patienceMs = 1_800_000;
const isScheduled = ({ id }: AnalyticsRule): boolean => /^crash-\d+$/.test(id);

const ruleText = (id: string, kind: 'Scheduled' | 'NRT', query: string, more = ''): string =>
  `id: ${id}\nname: ${id}\nkind: ${kind}\nseverity: Low\n${kind === 'NRT' ? '' : 'queryFrequency: 5m\nqueryPeriod: 5m\n'}${more}query: |\n  ${query}\n`;
const eachRow =
  'eventGroupingSettings: { aggregationKind: AlertPerResult }\nalertDetailsOverride: { alertDisplayNameFormat: "{{Computer}}" }\n';
const scheduledText = (n: number): string =>
  n % 2 === 0
    ? ruleText(
        `crash-${n}`,
        'Scheduled',
        `SecurityEvent | where EventID == ${1_000 + n} | project TimeGenerated, Computer`,
        eachRow,
      )
    : ruleText(
        `crash-${n}`,
        'Scheduled',
        // Rows of uploads are not counted: one that is sent again brings them twice, and what counts them finds something else then.
        `SecurityEvent | where EventID between (${1_000 + n} .. 4000) | summarize N = count() by Computer`,
      );
const arrivalText = ruleText(
  'crash-arrived',
  'NRT',
  'Syslog | where Facility == "crash" | project TimeGenerated, Computer',
  eachRow,
);
const uploadText = ruleText(
  'crash-upload',
  'Scheduled',
  'SecurityEvent | where EventID == 4720 | project TimeGenerated, Computer',
  eachRow,
);

/**
 * Kills the server process (`kill -9`) again and again while it runs windows that are due, a back-fill, rows as they arrive and the sweeps of uploads, then lets
 * it end and compares what was raised with an undisturbed evaluation of each window. The engine and PostgreSQL live on.
 */
export async function crashRules(options: CrashOptions): Promise<CrashReport> {
  const started = performance.now();
  const { platform, stop } = await startEphemeralPlatform();
  const server = new ServerProcess(platform, await freePort());
  try {
    const texts = [...Array.from({ length: options.rules }, (_, n) => scheduledText(n)), arrivalText, uploadText];
    const rules = texts.map((text) => parseRule(text, 'crash.yaml').rule!);
    const end = Math.floor((Date.now() - step) / step) * step;
    await prepare(platform, rules, texts, { end, windows: options.windows });
    const scheduled = rules.filter(isScheduled);
    let admin = await server.start();
    let killsInRuns = 0;
    let arrived = 0;
    let uploads = 0;
    const uploading: Promise<unknown>[] = [];
    for (let kill = 0; kill < options.kills; kill++) {
      for (let n = 0; n < 3; n++) await arrive(platform, `arrived-${arrived++}`);
      if (kill % 3 === 0) uploading.push(upload(admin, end, uploads++));
      if (kill === Math.min(1, options.kills - 1))
        for (const rule of scheduled)
          await startBackfill(
            platform,
            rule,
            { after: new Date(end - 2 * options.windows * step), upto: new Date(end) },
            'test',
          );
      await works(platform);
      await sleep(options.random() * 1_500);
      const state = await busyness(platform);
      if (state.taken > 0) killsInRuns++;
      await server.kill();
      options.onKill?.(kill + 1, `${state.taken} windows taken, ${state.waiting} waiting`);
      admin = await server.start();
    }
    await Promise.all(uploading);
    // What was not taken, or was lost with its caller, is sent again.
    for (let n = 0; n < uploads; n++) await upload(admin, end, n, true);
    await settled(platform);
    await server.kill();
    return {
      kills: options.kills,
      killsInRuns,
      ...(await compare(platform, scheduled, { end, from: end - 2 * options.windows * step })),
      ...(await compareArrived(platform)),
      uploads,
      ...(await compareUploads(
        platform,
        rules.find(({ id }) => id === 'crash-upload')!,
      )),
      seconds: Math.round((performance.now() - started) / 1_000),
    };
  } finally {
    await server.kill();
    await stop();
  }
}

/** Rows of the past, and rules whose windows over them are due. */
async function prepare(
  platform: OpenPlatform,
  rules: readonly AnalyticsRule[],
  texts: readonly string[],
  { end, windows }: { end: number; windows: number },
): Promise<void> {
  const { database, lake } = platform;
  const first = end - 2 * windows * step;
  const rows = Array.from({ length: Math.floor((end - first) / minute) }, (_, i) => ({
    TimeGenerated: new Date(first + i * minute + 1_000).toISOString(),
    EventID: 1_000 + ((i * 7) % (rules.length + 3)),
    Computer: `host-${i % 5}`,
  }));
  for (let at = 0; at < rows.length; at += 5_000) await lake.insertRows('SecurityEvent', rows.slice(at, at + 5_000));
  await lake.ensureTables(['Syslog']);
  await switchOffShippedRules(platform);
  await database.execute(
    'INSERT INTO rule_states (rule_id, scheduled_to, updated_at) SELECT unnest($1::text[]), $2, now()',
    [rules.filter(isScheduled).map(({ id }) => id), new Date(end - windows * step)],
  );
  // What the server does each minute: the first kill needn't wait for it.
  await queueDue({ platform }, new Map(rules.filter(isScheduled).map((rule) => [rule.id, rule])));
  const common = { format: 'sentinel', path: null, template: undefined, note: '', by: 'test', at: new Date() } as const;
  await ownRuleStore(database).save(rules.map(({ id }, i) => ({ id, text: texts[i]!, ...common })));
}

let sent = 0;
/** A row that has arrived: in the lake, and noted as the spool and the outbox do. */
async function arrive({ lake, database }: OpenPlatform, name: string): Promise<void> {
  const id = `crash-segment-${process.pid}-${sent++}`;
  const row = { TimeGenerated: new Date().toISOString(), Facility: 'crash', Computer: name };
  await lake.insertRows('Syslog', [row], { segmentId: id });
  await noteArrival(database, { id, rows: { Syslog: 1 } }, new Date());
}

/** Rows of three days before `end`, as an export of their table: the same ones when they are sent again, however long that takes. */
async function upload(admin: Administrator, end: number, number: number, isLast = false): Promise<void> {
  const base = end - 3 * 24 * 60 * minute - number * 60 * minute;
  const lines = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({
      TimeGenerated: new Date(base + i * 73_000).toISOString(),
      Type: 'SecurityEvent',
      EventID: 4720,
      Computer: `upload-${number}-${i}`,
    }),
  );
  const body = new Blob([lines.join('\n')]);
  await admin.client.uploadFile({ query: { name: `crash-${number}.jsonl` }, body }).catch((error: unknown) => {
    if (isLast) throw error;
  });
}

const count = async (platform: OpenPlatform, sql: string): Promise<number> =>
  Number((await platform.database.first<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`))?.n);

async function busyness(platform: OpenPlatform): Promise<{ taken: number; waiting: number }> {
  return {
    taken: await count(platform, 'rule_windows WHERE claimed_until > now()'),
    waiting: await count(platform, 'rule_windows'),
  };
}

/** Resolves once the server has windows of rules in hand, or there are none. */
async function works(platform: OpenPlatform): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const { taken, waiting } = await busyness(platform);
    if (taken > 0 || waiting === 0) return;
    await sleep(100);
  }
}

async function settled(platform: OpenPlatform): Promise<void> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    const left =
      (await count(platform, "rule_windows WHERE rule_id LIKE 'crash-%'")) +
      (await count(platform, "rule_backfills WHERE state = 'running'")) +
      (await count(platform, 'arrived_segments WHERE looked_at IS NULL'));
    if (left === 0) return;
    await sleep(500);
  }
  throw new Error('what was queued did not end');
}

/** Every window from the first to the newest that was run, as it is evaluated now. Before `from` only the sweeps of uploads run some. */
async function compare(
  platform: OpenPlatform,
  rules: readonly AnalyticsRule[],
  { from, end }: { from: number; end: number },
) {
  const { queries } = createHunting(platform, { functions: await loadFunctions() });
  let [windows, windowsSkipped, windowsRunAgain] = [0, 0, 0];
  const wanted = new Set<string>();
  const found = new Set<string>();
  for (const rule of rules) {
    const runs = await platform.database.query<{ window_to: Date; attempts: number; state: string }>(
      "SELECT window_to, attempts, state FROM rule_runs WHERE rule_id = $1 AND state = 'succeeded' ORDER BY window_to",
      [rule.id],
    );
    const byEnd = new Map(runs.map((run) => [run.window_to.getTime(), run]));
    const first = runs[0]?.window_to.getTime() ?? end;
    const last = Math.max(end, runs.at(-1)?.window_to.getTime() ?? end);
    for (let to = first; to <= last; to += step) {
      const run = byEnd.get(to);
      if (to > from) windows++;
      if (!run && to > from) windowsSkipped++;
      // The back-fill, too, runs what stands in its time; before it each upload's sweep does.
      if (run && to > from && run.attempts > (to <= end ? 2 : 1)) windowsRunAgain++;
      const { alerts } = await evaluateWindow(queries, rule, { from: new Date(to - step), to: new Date(to) });
      for (const { id } of alerts) wanted.add(id);
    }
    const alerts = await platform.database.query<{ id: string }>('SELECT id FROM alerts WHERE rule_id = $1', [rule.id]);
    for (const { id } of alerts) found.add(id);
  }
  return {
    windows,
    windowsSkipped,
    windowsRunAgain,
    alerts: found.size,
    alertsMissing: [...wanted].filter((id) => !found.has(id)).length,
    alertsTooMany: [...found].filter((id) => !wanted.has(id)).length,
  };
}

async function compareArrived(platform: OpenPlatform) {
  const { rows } = await platform.lake.query("SELECT DISTINCT Computer FROM Syslog WHERE Facility = 'crash'", {});
  const alerts = await platform.database.query<{ name: string; n: number }>(
    "SELECT name, count(*)::int AS n FROM alerts WHERE rule_id = 'crash-arrived' GROUP BY name",
  );
  const byName = new Map(alerts.map(({ name, n }) => [name, n]));
  return {
    arrivedRows: rows.length,
    arrivedRowsAlertedOtherThanOnce: rows.filter(([name]) => byName.get(String(name)) !== 1).length,
  };
}

/** Of a file that was sent again there are rows again, and an alert of each. */
async function compareUploads(platform: OpenPlatform, rule: AnalyticsRule) {
  const { rows } = await platform.lake.query(
    'SELECT Computer, count() FROM SecurityEvent WHERE EventID = 4720 GROUP BY Computer',
    {},
  );
  const alerts = await platform.database.query<{ name: string; n: number }>(
    'SELECT name, count(*)::int AS n FROM alerts WHERE rule_id = $1 GROUP BY name',
    [rule.id],
  );
  const byName = new Map(alerts.map(({ name, n }) => [name, n]));
  return {
    uploadAlerts: alerts.reduce((sum, { n }) => sum + n, 0),
    uploadAlertsWrong: rows.filter(([name, n]) => byName.get(String(name)) !== Number(n)).length,
  };
}
