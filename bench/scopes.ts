/**
 * What data scopes cost queries: typical questions of hunting, asked by one who sees everything and, in turn with it, by people whose scopes admit the same rows by a
 * condition on each. Prints one JSON object; ratios compare medians of the engine's processor time.
 *
 *   node bench/scopes.ts [--rows 2000000] [--runs 7] [--only TEXT]
 *
 * `rows`: a condition in KQL on each table. `groups`: device groups, by DeviceInfo where a row does not say its own. `tables`: the tables by name, with no condition on rows.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { AssignmentScope } from '@sallyport/contracts';
import { startTestLake } from '@sallyport/testkit';
import { createQueries } from '../apps/server/src/hunting/index.ts';
import { systemPrincipal, type Principal } from '../apps/server/src/platform/principal.ts';
import { end, tables } from './kql/data.ts';
import { queries as questions } from './kql/queries.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
  },
});
const rows = Number(options.rows);
const runs = Number(options.runs);
const note = (text: string): void => void process.stderr.write(`${text}\n`);

const bench = await startTestLake();
const { lake } = bench;
const blockRows = 50_000;
for (const table of tables) {
  const total = Math.round(rows * table.share);
  note(`${table.name}: making ${total} rows`);
  const names = Object.keys(table.columns);
  for (let from = 0; from < total; from += blockRows) {
    const numbers = `(SELECT number + ${from} AS n, ${total} AS total FROM numbers(${Math.min(blockRows, total - from)}))`;
    const cells = Object.entries(table.columns).map(([name, expression]) => `${expression} AS \`${name}\``);
    const id = `bench-${table.name}-${from}`;
    await lake.insertSelect(table.name, names, `SELECT ${cells.join(', ')} FROM ${numbers}`, {
      segmentId: id,
      tables: [],
    });
  }
}
const devices = `SELECT toDateTime64('2026-11-15 00:00:00', 7, 'UTC') AS TimeGenerated, concat('pc', toString(number), '.contoso.com') AS DeviceName,
  lower(hex(sipHash128(toUInt64(number)))) AS DeviceId, if(number % 2 = 0, 'A', 'B') AS MachineGroup FROM numbers(5000)`;
await lake.insertSelect('DeviceInfo', ['TimeGenerated', 'DeviceName', 'DeviceId', 'MachineGroup'], devices, {
  segmentId: 'bench-devices',
  tables: [],
});
await lake.refreshEntities();
// Which columns the engine has is known by looking.
await lake.reloadTables();

const someone = (name: string, scope: Partial<AssignmentScope>): Principal => ({
  name,
  grants: [{ permissions: new Set(['securityData.read' as const]), scope: AssignmentScope.parse(scope) }],
});
const names = tables.map(({ name }) => name);
const scopes = {
  tables: someone('tables', { tables: names }),
  rows: someone('rows', {
    rows: [
      { table: 'SigninLogs', where: 'AppDisplayName != "Payroll"' },
      { table: 'DeviceProcessEvents', where: 'FileName !in ("payroll.exe", "board.exe")' },
      { table: 'CommonSecurityLog', where: 'DeviceVendor != "Nobody"' },
    ],
  }),
  groups: someone('groups', { deviceGroups: ['A', 'B', ''] }),
};
const everybody = systemPrincipal('bench');
const queries = createQueries(lake);

interface Ran {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly answer: string;
}
async function ask(as: Principal, query: string): Promise<Ran> {
  const started = performance.now();
  const { rows: found, statistics } = await queries.run({ query, now: end, as, operation: 'hunting' });
  const wallMs = performance.now() - started;
  return { cpuMs: statistics.cpuSeconds * 1_000, wallMs, answer: JSON.stringify(found) };
}
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

interface Beside {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly equal: boolean;
  readonly cpuRatio: number;
  readonly wallRatio: number;
}
const results: { id: string; unscoped: { cpuMs: number; wallMs: number }; scoped: Record<string, Beside> }[] = [];
for (const { id, kql } of questions.filter((one) => one.id.includes(options.only))) {
  const plain: Ran[] = [];
  const scoped = Object.fromEntries(Object.keys(scopes).map((name): [string, Ran[]] => [name, []]));
  for (let run = 0; run < runs + 1; run++) {
    const first = await ask(everybody, kql);
    // The first run of each warms up.
    if (run > 0) plain.push(first);
    for (const [name, as] of Object.entries(scopes)) {
      const ran = await ask(as, kql);
      if (run > 0) scoped[name]?.push(ran);
    }
  }
  const of = (ran: readonly Ran[]) => ({
    cpuMs: round(median(ran.map(({ cpuMs }) => cpuMs)), 1),
    wallMs: round(median(ran.map(({ wallMs }) => wallMs)), 1),
  });
  const base = of(plain);
  const beside = Object.fromEntries(
    Object.entries(scoped).map(([name, ran]): [string, Beside] => {
      const took = of(ran);
      const equal = ran.every(({ answer }, i) => answer === plain[i]?.answer);
      return [
        name,
        { ...took, equal, cpuRatio: round(took.cpuMs / base.cpuMs), wallRatio: round(took.wallMs / base.wallMs) },
      ];
    }),
  );
  note(`${id}: ${Object.entries(beside).map(([name, one]) => `${name} ${one.cpuRatio}`).join(', ')}`); // prettier-ignore
  results.push({ id, unscoped: base, scoped: beside });
}
await bench.stop();

/** Of all questions together, by what they took, and by ratio. */
const summary = Object.fromEntries(
  Object.keys(scopes).map((name) => {
    const ratios = results.map(({ scoped }) => scoped[name]?.cpuRatio ?? NaN);
    const geometric = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    return [
      name,
      {
        cpuRatioMean: round(geometric),
        cpuRatioMedian: round(median(ratios)),
        cpuRatioMax: round(Math.max(...ratios)),
      },
    ];
  }),
);
process.stdout.write(`${JSON.stringify({ rows, runs, load: loadavg(), summary, questions: results })}\n`);
