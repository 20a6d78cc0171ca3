/**
 * Kills a process of a running Sallyport at random moments, again and again, while the official Azure client uploads without a pause; then counts.
 * `npx sallyport bench crash [kills] [seed]` prints { kills, batches, rowsAcknowledged, rowsStored, missing, duplicated, … }.
 * Exits with 1 when an acknowledged row is missing or a row is there twice, or when an incident was damaged.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import {
  firstAdministrator,
  startSallyport,
  type Administrator,
  type RunningSallyport,
} from '@sallyport/testkit/running';

const kills = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? 1);
const rowsPerBatch = 500;
const table = 'CrashTest_CL';

/** mulberry32 (public domain): a repeatable choice of what dies when. */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Part = 'server' | 'lake' | 'postgres';
const partOf = (command: string): Part | undefined =>
  command.includes('engine/main.ts')
    ? 'lake'
    : command.includes('postgres')
      ? 'postgres'
      : command.includes('server/src/main.ts')
        ? 'server'
        : undefined;

function processesOf(supervisor: number): Map<Part, number> {
  const found = new Map<Part, number>();
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  for (const line of lines) {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    const part = match && Number(match[2]) === supervisor ? partOf(match[3]!) : undefined;
    if (part) found.set(part, Number(match![1]));
  }
  return found;
}

async function uploadUntil(
  stop: AbortSignal,
  running: RunningSallyport,
  secret: string,
): Promise<{ acknowledged: number[]; doubtful: number[]; batches: number }> {
  const client = new LogsIngestionClient(
    running.url,
    { getToken: () => Promise.resolve({ token: secret, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    {
      retryOptions: { maxRetries: 10, retryDelayInMs: 200, maxRetryDelayInMs: 3_000 },
      tlsOptions: { ca: readFileSync(join(running.dataDir, 'tls', 'ca.pem'), 'utf8') },
    },
  );
  const acknowledged: number[] = [];
  const doubtful: number[] = [];
  let batch = 0;
  for (; !stop.aborted; batch += 1) {
    const number = batch;
    const rows = Array.from({ length: rowsPerBatch }, (_, i) => ({
      TimeGenerated: new Date().toISOString(),
      Batch_d: number,
      Row_d: i,
      Text_s: `batch ${number} row ${i} ${'x'.repeat(100)}`,
    }));
    try {
      await client.upload('dcr-default', `Custom-${table}`, rows);
      acknowledged.push(number);
    } catch (error) {
      doubtful.push(number);
      process.stderr.write(
        `batch ${number} in doubt: ${JSON.stringify(error, Object.getOwnPropertyNames(error)).slice(0, 300)}\n`,
      );
      await sleep(250);
    }
  }
  return { acknowledged, doubtful, batches: batch };
}

async function ready(running: RunningSallyport, seconds: number): Promise<number> {
  const fetch = running.newFetch();
  const start = Date.now();
  while (Date.now() - start < seconds * 1000) {
    const answer = await fetch(`${running.url}/readyz`).catch(() => undefined);
    if (answer?.ok) return (Date.now() - start) / 1000;
    await sleep(100);
  }
  throw new Error(`not ready again after ${seconds} s:\n${running.output().slice(-4_000)}`);
}

async function cell(admin: Administrator, query: string): Promise<(string | number | boolean | null)[]> {
  const { rows } = await admin.client.runQuery({ body: { query } });
  return rows[0] ?? [];
}

const attack = readFileSync(new URL('../apps/portal/e2e/attack.jsonl', import.meta.url), 'utf8');

/** The attack of the end-to-end test, on another computer by another person; tried again until it is taken. Answers the alerts it gave. */
async function attackOn(admin: Administrator, number: number, stop: AbortSignal): Promise<void> {
  const text = attack.replaceAll('WS-FIN-07', `WS-${number}`).replaceAll('SRV-FILE-02', `SRV-${number}`);
  const body = new Blob([text.replaceAll('petra.novak', `person${number}`).replaceAll('-1180', `-${2_000 + number}`)]);
  for (let tries = 0; tries < 300 && !stop.aborted; tries += 1) {
    try {
      await admin.client.uploadFile({ query: { name: `attack-${number}.jsonl` }, body });
      return;
    } catch {
      await sleep(1_000);
    }
  }
}

/** What must hold of alerts and incidents: each alert is in one incident, and a row of the lake, once. */
async function story(
  admin: Administrator,
): Promise<{ incidents: number; alerts: number; alertRows: number; alertIds: number; incidentRows: number }> {
  const { total, incidents } = await admin.client.listIncidents({ query: { limit: 1_000 } });
  const [alertRows, alertIds] = await cell(admin, 'SecurityAlert | summarize count(), count_distinct(SystemAlertId)');
  const [incidentRows] = await cell(admin, 'SecurityIncident | summarize count_distinct(IncidentNumber)');
  const alerts = incidents.reduce((sum, incident) => sum + incident.alertCount, 0);
  return {
    incidents: total,
    alerts,
    alertRows: Number(alertRows),
    alertIds: Number(alertIds),
    incidentRows: Number(incidentRows),
  };
}

async function settled(admin: Administrator): Promise<number> {
  let last = -1;
  for (let same = 0; same < 4; await sleep(1_000)) {
    const count = Number((await cell(admin, `${table} | count`))[0]);
    same = count === last ? same + 1 : 0;
    last = count;
  }
  return last;
}

const running = await startSallyport();
const admin = await firstAdministrator(running);
await admin.client.createTable({
  body: {
    name: table,
    columns: [
      { name: 'Batch_d', type: 'long' },
      { name: 'Row_d', type: 'long' },
      { name: 'Text_s', type: 'string' },
    ],
  },
});
const { secret } = await admin.client.createToken({ body: { name: 'crash', scopes: ['data.ingest'] } });

const stop = new AbortController();
await attackOn(admin, 0, stop.signal);
const before = await admin.client.listIncidents({ query: { limit: 1_000 } });
const uploads = uploadUntil(stop.signal, running, secret);
const attacks: Promise<void>[] = [];
const next = random(seed);
const killed: Record<Part, number> = { server: 0, lake: 0, postgres: 0 };
const recoverySeconds: number[] = [];
for (let n = 0; n < kills; n += 1) {
  if (n % 5 === 0) attacks.push(attackOn(admin, n + 1, stop.signal));
  await sleep(300 + next() * 1_700);
  const part = (['server', 'lake', 'postgres'] as const)[n % 3]!;
  const pid = processesOf(running.child.pid!).get(part);
  if (pid === undefined) throw new Error(`no ${part} process to kill`);
  process.kill(pid, 'SIGKILL');
  killed[part] += 1;
  recoverySeconds.push(await ready(running, 60));
  process.stderr.write(`${n + 1}/${kills} ${part} killed, ready after ${recoverySeconds.at(-1)} s\n`);
}
await Promise.all(attacks);
stop.abort();
const { acknowledged, doubtful, batches } = await uploads;
await ready(running, 60);
const rowsStored = await settled(admin);
const [distinct] = await cell(admin, `${table} | distinct Batch_d, Row_d | count`);
const [stored] = await cell(admin, `${table} | where Batch_d !in (dynamic([${[-1, ...doubtful].join(',')}])) | count`);
const after = await admin.client.listIncidents({ query: { limit: 1_000 } });
const damaged = before.incidents.filter(
  (i) => !after.incidents.some((j) => j.number === i.number && j.alertCount >= i.alertCount),
).length;
const told = await story(admin);
const missing = acknowledged.length * rowsPerBatch - Number(stored);
const duplicated = rowsStored - Number(distinct);
const sorted = recoverySeconds.toSorted((a, b) => a - b);
await running.stop();
console.log(
  JSON.stringify({
    kills: killed,
    batches,
    batchesAcknowledged: acknowledged.length,
    batchesInDoubt: doubtful.length,
    rowsAcknowledged: acknowledged.length * rowsPerBatch,
    rowsStored,
    missing,
    duplicated,
    ...told,
    incidentsDamaged: damaged,
    recoverySecondsMedian: sorted[Math.floor(sorted.length / 2)],
    recoverySecondsMax: sorted.at(-1),
  }),
);
const intact =
  damaged === 0 &&
  told.incidents > 0 &&
  told.alerts === told.alertRows &&
  told.alerts === told.alertIds &&
  told.incidents === told.incidentRows;
process.exitCode = acknowledged.length > 0 && missing === 0 && duplicated === 0 && intact ? 0 : 1;
