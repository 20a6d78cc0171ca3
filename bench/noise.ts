/**
 * Alerts of the rules that ship on the demo estate's normal life, where each is a false alarm. Prints one JSON object: alerts a day, scaled to 1,000 people, by rule and by
 * severity, and the incidents they make.
 *
 *   node bench/noise.ts [--people 1000] [--learn 7] [--days 2] [--rules PATH]... [--seed TEXT]
 *
 * `learn` days come before those that are judged, so that what rules look back at is there. The time is a working week's: Monday to Friday are judged first.
 */
import { parseArgs } from 'node:util';
import { contosoLife } from '../apps/server/src/demo/index.ts';
import type { NewAlert } from '../apps/server/src/incidents/index.ts';
import { withDetection } from '../apps/server/src/with-detection.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '1000' },
    learn: { type: 'string', default: '7' },
    days: { type: 'string', default: '2' },
    rules: { type: 'string', multiple: true },
    seed: { type: 'string', default: 'noise' },
  },
});
const [people, learn, days] = [Number(values.people), Number(values.learn), Number(values.days)];
const dayMs = 86_400_000;
const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** A Tuesday: Monday's first sign-ins after a weekend are in what was learned. */
const judgedFrom = Date.parse('2026-03-10T00:00:00Z');
const [from, to] = [new Date(judgedFrom - learn * dayMs), new Date(judgedFrom + days * dayMs)];
const raised = new Map<string, NewAlert>();
const scaled = (count: number): number => Number(((count / days / people) * 1_000).toFixed(2));

const counted = (alerts: readonly NewAlert[], nameOf: (alert: NewAlert) => string): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(alerts, nameOf)]
      .map(([name, some]) => [name, some.length] as const)
      .toSorted(([, a], [, b]) => b - a),
  );

const report = await withDetection(
  values.rules,
  async ({ platform, detection, incidents, core }) => {
    let rows = 0;
    for await (const { stream, payload, rows: count } of contosoLife({ seed: values.seed, people, from, to })) {
      await core.append(stream, payload);
      rows += count;
    }
    await core.flush();
    note(`${rows} rows`);
    await platform.lake.refreshEntities();
    await incidents.learnShared({ from, to });
    const { failures } = await detection.sweep({
      from: new Date(judgedFrom),
      to,
      onProgress: ({ done, total, alerts }) => note(`${done} of ${total} windows, ${alerts} alerts`),
    });
    const made = await platform.database.first<{ n: number }>('SELECT count(*)::int AS n FROM incidents');
    return { rows, failures, incidents: made?.n ?? 0 };
  },
  { onRaise: (alerts) => alerts.forEach((alert) => raised.set(alert.id, alert)) },
);
const alerts = [...raised.values()];
console.log(
  JSON.stringify({
    bench: 'noise',
    people,
    learn,
    days,
    rows: report.rows,
    alerts: alerts.length,
    alertsADayOfThousandPeople: scaled(alerts.length),
    incidentsADayOfThousandPeople: scaled(report.incidents),
    bySeverity: counted(alerts, ({ severity }) => severity),
    byRule: counted(alerts, ({ name }) => name),
    failures: report.failures.map(({ ruleName, message }) => `${ruleName}: ${message}`),
  }),
);
