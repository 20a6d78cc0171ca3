import { incidentRoutes } from '@sallyport/contracts';
import { listIncidents, type Incidents } from '../incidents/index.ts';
import { resolveEntities, type NewAlert } from '../incidents/index.ts';
import type { Platform } from '../platform/types.ts';
import { uuidOf } from './noise.ts';
import { treeCpuSeconds } from './processor.ts';

interface Times {
  /** Milliseconds of the middle and the slowest of 20 calls. */
  readonly p50: number;
  readonly max: number;
  /** Milliseconds of processor a call, of this process and the database. */
  readonly processor: number;
}

export interface QueueReport {
  readonly incidents: number;
  readonly lists: readonly { readonly query: object; readonly ms: Times }[];
  readonly open: { readonly alerts: number; readonly bytes: number; readonly ms: Times };
}

const calls = 20;

/** How fast a queue answers, and how fast an incident of 500 alerts opens: what the routes' handlers answer, made into JSON. */
export async function measureQueue(
  { database }: Pick<Platform, 'database'>,
  incidents: Incidents,
  count: number,
): Promise<QueueReport> {
  await database.execute('TRUNCATE incidents, alerts, entities, alert_rates CASCADE');
  await raiseOne(database, incidents, 500);
  await fill(database, count);
  const now = new Date();
  const lists: QueueReport['lists'][number][] = [];
  for (const query of [
    {},
    { status: 'New,Active', severity: 'High', sort: 'createdAt' },
    { sort: 'severity' },
    { sort: 'alertCount', owner: 'user7@contoso.com' },
    { search: 'host9999' },
    { search: 'quarterly' },
    { status: 'Closed', sort: 'number', order: 'asc' },
    { offset: 50_000 },
  ]) {
    const parsed = incidentRoutes.listIncidents.query.parse(query);
    lists.push({ query, ms: await times(() => listIncidents(database, parsed, now)) });
  }
  const deep = await listIncidents(database, incidentRoutes.listIncidents.query.parse({ offset: 50_000 }), now);
  const cursor = deep.nextCursor ?? '';
  const page = incidentRoutes.listIncidents.query.parse({ cursor });
  lists.push({ query: { cursor: 'of row 50,100' }, ms: await times(() => listIncidents(database, page, now)) });
  const open = () => incidents.get(1);
  const bytes = JSON.stringify(await open()).length;
  return {
    incidents: count,
    lists,
    open: { alerts: 500, bytes, ms: await times(async () => JSON.stringify(await open())) },
  };
}

async function times(work: () => Promise<unknown>): Promise<Times> {
  const all: number[] = [];
  const before = await treeCpuSeconds();
  for (let n = 0; n < calls; n++) {
    const began = performance.now();
    await work();
    all.push(performance.now() - began);
  }
  all.sort((a, b) => a - b);
  const processor = Math.round(((await treeCpuSeconds()) - before) * (1_000 / calls));
  return { p50: Math.round(all[calls / 2]!), max: Math.round(all.at(-1)!), processor };
}

async function raiseOne(database: Platform['database'], incidents: Incidents, alerts: number): Promise<void> {
  const at = (n: number) => new Date(Date.UTC(2026, 2, 2) + n * 60_000);
  const made = Array.from({ length: alerts }, (_, n): NewAlert => ({
    id: uuidOf(`one ${n}`),
    ruleId: `rule ${n % 40}`,
    name: `What rule ${n % 40} found`,
    description: 'Someone did what people rarely do. '.repeat(6),
    severity: 'Medium',
    tactics: ['Execution'],
    techniques: ['T1059'],
    startTime: at(n),
    endTime: at(n),
    entities: resolveEntities([
      { kind: 'Host', identifiers: { HostName: 'pc1', DnsDomain: 'contoso.com' } },
      { kind: 'Account', identifiers: { Name: `user${n % 5}`, NTDomain: 'CONTOSO' } },
      {
        kind: 'Process',
        identifiers: { ProcessId: String(n), CommandLine: `cmd.exe /c tool ${n} ${'x'.repeat(150)}` },
      },
      { kind: 'File', identifiers: { Name: `tool${n % 50}.exe`, Directory: 'C:\\ProgramData\\x' } },
    ]),
    customDetails: { CommandLine: ['cmd.exe /c tool'], Parent: ['explorer.exe'] },
    query: `DeviceProcessEvents\n| where ${'FileName =~ "cmd.exe" or '.repeat(60)}true`,
    queryFrom: at(n),
    queryTo: at(n),
    createIncident: true,
    grouping: undefined,
    row: undefined,
  }));
  await database.transaction((tx) => incidents.raise(made, tx));
}

/** Incidents as a year leaves them: most closed, each with a machine and some of 2,000 titles. */
async function fill(database: Platform['database'], count: number): Promise<void> {
  await database.execute(
    `INSERT INTO incidents (number, name, title, severity, status, owner, classification, tactics, alert_count, entity_count, rule_ids,
       first_activity_at, last_activity_at, created_at, updated_at, closed_at, modified_by)
     SELECT n, gen_random_uuid(), CASE WHEN n % 500 = 0 THEN 'Quarterly report opened on host' || n ELSE 'What rule ' || n % 2000 || ' found on host' || n END,
       (ARRAY['High', 'Medium', 'Low', 'Informational'])[1 + n % 4], CASE WHEN n % 20 = 0 THEN 'Active' WHEN n % 20 = 1 THEN 'New' ELSE 'Closed' END,
       'user' || n % 50 || '@contoso.com', CASE WHEN n % 20 > 1 THEN 'FalsePositive' END, '{Execution,Persistence}', n % 90, 1, ARRAY['rule ' || n % 300],
       t, t, t, t + interval '1 hour', CASE WHEN n % 20 > 1 THEN t END, 'Sallyport'
     FROM generate_series(2, $1::int) AS n, LATERAL (SELECT timestamptz '2025-03-01' + n * interval '5 minutes' AS t) x`,
    [count],
  );
  await database.execute(
    `INSERT INTO entities (id, kind, name, identifiers, strong) SELECT 'h' || n, 'Host', 'host' || n || '.contoso.com', '{}', true FROM generate_series(2, $1::int) AS n`,
    [count],
  );
  await database.execute(
    `INSERT INTO incident_entities SELECT n, 'Host', 'h' || n, 1, now(), now() FROM generate_series(2, $1::int) AS n`,
    [count],
  );
  await database.execute('ANALYZE');
}
