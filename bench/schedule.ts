/**
 * Scheduled rules on their periods while rows arrive. Prints one JSON object.
 *
 *   node bench/schedule.ts [--rules FOLDER,…] [--count 1000] [--rate 10000] [--minutes 15] [--history 60] [--tables SecurityEvent,Syslog,…]
 *
 * The rules are those that ship and those of the folders (Sentinel's YAML), all switched on. The clock is set so that midnight (UTC) comes after a third of the time: the rules of each hour and
 * each day all come due in it. `history` minutes of rows at the same rate are there before. Late is what was not stored before the rule's next window was due.
 * Processor seconds do not depend on what else the machine does; lateness does.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadFunctions } from '@sallyport/lake';
import {
  createDetection,
  Exceptions,
  loadRules,
  queueDue,
  RuleWorker,
  shippedRules,
} from '../apps/server/src/detection/index.ts';
import { createHunting } from '../apps/server/src/hunting/index.ts';
import { createIncidents } from '../apps/server/src/incidents/index.ts';
import { systemClock, type Clock } from '../apps/server/src/platform/clock.ts';
import { startEphemeralPlatform } from '../apps/server/src/supervisor/ephemeral-platform.ts';

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '' },
    count: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '15' },
    history: { type: 'string', default: '60' },
    tables: {
      type: 'string',
      default: 'SecurityEvent,Syslog,CommonSecurityLog,SigninLogs,DeviceProcessEvents,DeviceNetworkEvents',
    },
  },
});
const [count, rate, minutes, history] = [values.count, values.rate, values.minutes, values.history].map(Number) as [
  number,
  number,
  number,
  number,
];
const tables = values.tables.split(',');
/** What the rows of a table say, for the so-manieth host (0 to 499). */
const estate: Record<string, (host: number, i: number) => Record<string, unknown>> = {
  SecurityEvent: (host, i) => ({
    Computer: `host-${host}`,
    EventID: [4624, 4625, 4688, 4672, 5156][i % 5],
    Account: `CONTOSO\\person${host}`,
    ...(i % 5 === 2 && {
      NewProcessName: 'C:\\Windows\\System32\\svchost.exe',
      CommandLine: `svchost.exe -k group${i % 40}`,
    }),
  }),
  Syslog: (host, i) => ({
    Computer: `host-${host}`,
    Facility: i % 3 === 0 ? 'auth' : 'daemon',
    ProcessName: i % 3 === 0 ? 'sshd' : 'systemd',
    SyslogMessage:
      i % 3 === 0
        ? `Accepted publickey for person${host} from 10.0.${host % 250}.7 port ${i}`
        : `Started unit ${i % 90}.`,
  }),
  CommonSecurityLog: (host, i) => ({
    DeviceVendor: 'Palo Alto Networks',
    DeviceProduct: 'PAN-OS',
    Activity: 'TRAFFIC',
    DeviceAction: i % 20 === 0 ? 'deny' : 'allow',
    SourceIP: `10.0.${host % 250}.7`,
    DestinationIP: `52.1.${i % 200}.9`,
    DestinationPort: 443,
  }),
  SigninLogs: (host) => ({
    UserPrincipalName: `person${host}@contoso.com`,
    ResultType: '0',
    IPAddress: `10.0.${host % 250}.7`,
    AppDisplayName: 'Office 365',
  }),
  DeviceProcessEvents: (host, i) => ({
    DeviceName: `host-${host}`,
    ActionType: 'ProcessCreated',
    FileName: 'svchost.exe',
    ProcessCommandLine: `svchost.exe -k group${i % 40}`,
    AccountName: `person${host}`,
  }),
  DeviceNetworkEvents: (host, i) => ({
    DeviceName: `host-${host}`,
    ActionType: 'ConnectionSuccess',
    RemoteIP: `52.1.${i % 200}.9`,
    RemotePort: 443,
    RemoteUrl: `www${i % 300}.example.com`,
  }),
};
for (const table of tables) if (!(table in estate)) throw new Error(`--tables: no rows are known for ${table}`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const day = 86_400_000;
const midnight = Math.ceil(Date.now() / day) * day;
const offset = midnight - (minutes / 3) * 60_000 - Date.now();
const clock: Clock = {
  now: () => new Date(Date.now() + offset),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
};

/** Processor seconds of this process and of the engine so far (Linux). */
function cpu(): { server: number; engine: number } {
  const of = (pid: string): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  const engine = readdirSync('/proc').find((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(process.pid) &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine/main.ts')
      );
    } catch {
      return false;
    }
  });
  const own = process.cpuUsage();
  return { server: (own.user + own.system) / 1e6, engine: engine === undefined ? 0 : of(engine) };
}

const { platform, stop } = await startEphemeralPlatform({ clock });
try {
  const hunting = createHunting(platform, { functions: await loadFunctions() });
  const incidents = createIncidents(platform, { queries: hunting.queries });
  const folders = [shippedRules, ...values.rules.split(',').filter((folder) => folder !== '')];
  await createDetection(platform, { queries: hunting.queries, incidents, ruleFolders: folders, scheduled: false });
  const loaded = (await loadRules(folders)).rules.filter(({ kind }) => kind === 'Scheduled');
  const rules = new Map(loaded.slice(0, count).map((rule) => [rule.id, { ...rule, enabled: true }]));
  note(`${rules.size} of ${loaded.length} rules`);

  let rows = 0;
  /** A second's rows, spread over the tables and a small estate. */
  const insert = async (at: number, n: number, spreadMs: number): Promise<void> => {
    await Promise.all(
      tables.map((table, t) =>
        platform.lake.insertRows(
          table,
          Array.from({ length: Math.ceil(n / tables.length) }, (_, i) => ({
            TimeGenerated: new Date(at - Math.floor((i / n) * spreadMs)).toISOString(),
            ...estate[table]?.((i * 31 + t) % 500, i),
          })),
        ),
      ),
    );
    rows += n;
  };
  const seconds = history * 60;
  for (let done = 0; done < seconds; done += 2)
    await insert(clock.now().getTime() - (seconds - done) * 1_000, rate * 2, 2_000);
  note(`${rows} rows of history`);

  const exceptions = new Exceptions({ platform, queries: hunting.queries, rules: () => rules });
  const results: Record<string, number> = {};
  const late: number[] = [];
  const worker = new RuleWorker(
    { platform, queries: hunting.queries, incidents, exceptions },
    () => rules,
    (result, seconds) => {
      results[result] = (results[result] ?? 0) + 1;
      if (seconds !== undefined) late.push(seconds);
    },
  );
  // Each rule has just been run: what comes due from now on is measured.
  await queueDue({ platform }, rules);
  await platform.database.execute('TRUNCATE rule_windows');
  const before = cpu();
  const started = Date.now();
  const end = started + minutes * 60_000;
  worker.start();
  let rowsBehind = 0;
  const arriving = (async () => {
    for (let second = 0; Date.now() < end; second++) {
      const due = started + second * 1_000;
      if (Date.now() < due) await sleep(due - Date.now());
      rowsBehind = Math.max(rowsBehind, Date.now() - due);
      await insert(due + offset, rate, 1_000);
    }
  })();
  while (Date.now() < end) {
    await queueDue({ platform }, rules);
    worker.wake();
    await sleep(Math.max(0, Math.min(60_000 - ((Date.now() + offset) % 60_000), end - Date.now())));
  }
  await arriving;
  const [left] = await platform.database.query<{ n: number; overdue: number }>(
    'SELECT count(*)::int AS n, count(*) FILTER (WHERE deadline < $1)::int AS overdue FROM rule_windows',
    [clock.now()],
  );
  const failures = await platform.database.query<{ error: string; n: number; rule: string }>(
    `SELECT error, count(*)::int AS n, min(rule_id) AS rule FROM rule_runs WHERE error IS NOT NULL GROUP BY error ORDER BY n DESC LIMIT 20`,
  );
  for (const { error, n, rule } of failures) note(`${n} × ${error} (${rule})`);
  const after = cpu();
  await worker.stop();
  const elapsed = (Date.now() - started) / 1_000;
  const sorted = late.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1));
  process.stdout.write(
    `${JSON.stringify({
      bench: 'schedule',
      rules: rules.size,
      rowsPerSecond: Math.round(rows / (elapsed + seconds)),
      seconds: Math.round(elapsed),
      windows: late.length,
      results,
      lateSeconds: { p50: at(0.5), p95: at(0.95), max: at(1) },
      notRunAtTheEnd: left?.n ?? 0,
      pastTheirDeadline: left?.overdue ?? 0,
      rowsBehindSeconds: Math.round(rowsBehind / 1_000),
      cores: {
        server: Number(((after.server - before.server) / elapsed).toFixed(2)),
        engine: Number(((after.engine - before.engine) / elapsed).toFixed(2)),
      },
    })}\n`,
  );
} finally {
  await stop();
}
